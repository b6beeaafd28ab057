"""`python -m dissectors HEX`: one packet's layers, with nothing but the standard library."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from dissectors.packet import Packet
from dissectors.profile import ProfileError, load
from dissectors.spec import kinds
from dissectors.view import View, option_name
from dissectors.walk import LINK_TYPES, Dissector

IPV6 = 6
IPV6_LINK_TYPE = 229
WRONG_USE = 2
INTERRUPTED = 130


class InputError(ValueError):
    """What was given isn't a packet in hexadecimal; the text says what is wrong."""


def octets_of(text: str) -> bytes:
    """The octets that hexadecimal digits stand for; blanks, colons, new lines and a leading 0x are let through."""
    digits = "".join(text.split()).replace(":", "").removeprefix("0x")
    if not digits:
        raise InputError("no octets given: give the packet in hexadecimal, or - and pipe it in")
    for position, character in enumerate(digits):
        if character not in "0123456789abcdefABCDEF":
            raise InputError(f"{character!r} (digit {position + 1}) is not hexadecimal")
    if len(digits) % 2:
        raise InputError(f"{len(digits)} hexadecimal digits: an octet has two")
    return bytes.fromhex(digits)


def lines(packet: Packet) -> Iterator[str]:
    """A plain tree: a line a layer, a line a field, a line an option."""
    for layer in packet.layers:
        quoted = " (quoted)" if layer.quoted else ""
        yield f"{layer.start:4}  {layer.declaration.title}{quoted}"
        yield from _fields(layer)
        for problem in layer.problems:
            yield f"{problem.offset:4}    ! {problem.code}: {problem.message}"
    for problem in packet.problems:
        yield f"{problem.offset:4}  ! {problem.code}: {problem.message}"


def _fields(view: View) -> Iterator[str]:
    shown = view.field_json()
    for field in view.fields:
        if isinstance(field.spec.kind, kinds.OptionList):
            for option in field.value:
                facts = " ".join(f"{name}={_text(value)}" for name, value in option.field_json().items())
                yield f"{option.start:4}    {option_name(option)}: {facts}"
        elif field.name in shown:
            name = shown.get(f"{field.name}_name")
            yield f"{field.offset:4}    {field.name}: {_text(shown[field.name])}" + (f" ({name})" if name else "")
    if view.checksum_status:
        yield f"        checksum_status: {view.checksum_status}"
    for key, value in view.extra.items():
        yield f"        {key}: {_text(value)}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_text(item) for item in value) or "-"
    if isinstance(value, dict):
        return "{" + " ".join(f"{name}={_text(item)}" for name, item in value.items()) + "}"
    return str(value)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dissectors", description="Dissect one packet, given in hexadecimal from its IPv6 header on."
    )
    parser.add_argument("hex", nargs="+", metavar="HEX", help="the packet's octets; - reads them from standard input")
    parser.add_argument("--profile", default="rfc6275", help="rfc6275, kame2003 or a TOML file")
    parser.add_argument(
        "--link-type", type=int, default=IPV6_LINK_TYPE, metavar="N", help="LINKTYPE number (1: Ethernet)"
    )
    parser.add_argument("--json", action="store_true", help="print the layers as JSON")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit status: 0 also where who reads the output left early, 130 where it was interrupted."""
    try:
        if sys.stdout is None:
            return _complain("standard output is closed; open it, or send it to /dev/null")
        try:
            return _run(_arguments(arguments))
        finally:  # the end of --help, too
            sys.stdout.flush()
    except KeyboardInterrupt:
        _discard_output()
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return 0
    except OSError as error:
        _discard_output()
        return _complain(f"standard output: {(error.strerror or str(error)).lower()}")


def _discard_output() -> None:
    """Let the flush at the interpreter's end succeed."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _complain(text: object) -> int:
    """One line on standard error, where somebody hears it; the status for it."""
    if sys.stderr is not None:  # else `print` would take standard output
        with contextlib.suppress(OSError):
            print(f"dissectors: {text}", file=sys.stderr)
    return WRONG_USE


def _input() -> str:
    if sys.stdin is None:
        raise InputError("standard input is closed: give the packet in hexadecimal, or pipe it in")
    return sys.stdin.read()


def _run(given: argparse.Namespace) -> int:
    try:
        octets = octets_of(_input() if given.hex == ["-"] else " ".join(given.hex))
        if given.link_type not in LINK_TYPES:
            raise InputError(f"link type {given.link_type} is not one of {', '.join(map(str, sorted(LINK_TYPES)))}")
        if given.link_type == IPV6_LINK_TYPE and octets[0] >> 4 != IPV6:
            version = octets[0] >> 4
            raise InputError(f"no IPv6 header at the beginning (version {version}): give the packet from there on")
        packet = Dissector(load(given.profile)).dissect(octets, given.link_type)
    except (InputError, ProfileError, OSError, UnicodeDecodeError) as error:
        return _complain(error)
    if given.json:
        print(json.dumps(packet.json(octets=True), indent=2))
    else:
        print("\n".join(lines(packet)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
