"""Records, as `dissect --jsonl` and `--json` print them, back to frames."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dissectors.build import build
from dissectors.errors import EncodeError
from dissectors.ipv6.reassembly import Reassembler, Whole
from dissectors.profile import Profile
from dissectors.records import layers_from_json
from dissectors.walk import Dissector
from mhatool.capture import CaptureError, linktype
from mhatool.capture.errors import STANDARD_INPUT
from mhatool.protocol import instant

_LINK_TYPES = {
    "ethernet": linktype.ETHERNET,
    "linux_sll": linktype.LINUX_SLL,
    "linux_sll2": linktype.LINUX_SLL2,
    "null": linktype.NULL,
    "ipv6": linktype.RAW,
}
_BARE = frozenset({"ipv6", "payload"})
#: Which layer a frame begins with: of bare packets IPv4 is a payload to us.
_FIRST_LAYERS = {
    **{number: frozenset({name}) for name, number in _LINK_TYPES.items()},
    linktype.LOOP: frozenset({"null"}),
    **dict.fromkeys((linktype.RAW, linktype.RAW_BSD, linktype.RAW_OPENBSD, linktype.IPV6), _BARE),
}


class Frame(NamedTuple):
    """A packet ready to be written; `original_length` where the capture had cut it."""

    time_ns: int
    link_type: int
    octets: bytes
    original_length: int | None = None


def read_records(path: str, tell: Callable[[str], object] = lambda _: None) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each record with its number from 1, from JSON Lines, one document or a list. CaptureError where it is none.

    `tell` is given a word where the lines break off inside a record: those before it are there.
    """
    if path == "-" and sys.stdin is None:
        raise CaptureError(STANDARD_INPUT, "it is closed", "name a file, or pipe records into it")
    lines = iter(sys.stdin) if path == "-" else _open(path)
    number = 0
    for at, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            if number and not line.endswith("\n"):
                tell(f"records break off (line {at})")
                return
            if number or isinstance(error, RecursionError):
                raise _not_json(path, number + 1, error) from None
            data = _document(path, line + "".join(lines))
        packets = data.get("packets") if isinstance(data, dict) else None
        for record in packets if isinstance(packets, list) else data if isinstance(data, list) else [data]:
            number += 1
            yield number, record


def _document(path: str, text: str) -> Any:
    """One JSON document over several lines: what doesn't begin with a record a line."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_json(path, 1, error) from None


def _open(path: str) -> Iterator[str]:
    try:
        with Path(path).open(encoding="utf-8-sig") as stream:
            yield from stream
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, "strerror", None) or "not text"
        raise CaptureError(path, what, "give what `mhatool dissect --jsonl` prints", None) from None


def _not_json(path: str, number: int, error: Exception) -> CaptureError:
    return CaptureError(
        STANDARD_INPUT if path == "-" else path,
        f"record {number} is not JSON ({error})",
        "give what `mhatool dissect --jsonl` prints",
    )


def frame_of(record: Mapping[str, Any], profile: Profile, *, fix_checksum: bool = True) -> Frame:
    """The frame that a record describes.

    Where its layers can't be built but it holds the frame (-x), that is taken, as long as the layers are still what
    that frame holds: of an edit that can't be built the error is raised.
    """
    layers = record.get("layers") if isinstance(record, dict) else None
    if not isinstance(layers, list):
        raise EncodeError("no list of layers in it")
    first = str(layers[0].get("type")) if layers and isinstance(layers[0], dict) else ""
    link_type = _whole(record, "link_type", _LINK_TYPES.get(first, linktype.RAW), 0xFFFF)
    length = _whole(record, "original_length", 0, 0xFFFFFFFF)
    try:
        time_ns = instant.parse(str(record.get("time", "0")))
    except ValueError as error:
        raise EncodeError(str(error)) from None
    try:
        octets = build(layers_from_json(layers, profile), profile, fix_checksum=fix_checksum)
        _check_first(first, link_type)
    except EncodeError:
        if "octets" not in record:
            raise
        octets = _octets(record["octets"])
        if _layers_of(octets, link_type, length, layers, profile) != layers:
            raise
    return Frame(time_ns, link_type, octets, max(length, len(octets)))  # an edit may have made a cut frame longer


def _layers_of(
    octets: bytes, link_type: int, length: int, layers: Iterable[Any], profile: Profile
) -> list[dict[str, Any]]:
    """The layers that `dissect -x` prints of these octets; packets that fragments complete are taken from `layers`."""
    dissector = Dissector(profile)
    dissector.fragments = _Stated(layers)
    packet = dissector.dissect(octets, link_type, original_length=length or None)
    shown: list[dict[str, Any]] = json.loads(json.dumps(packet.json(octets=True)))
    return shown


class _Stated(Reassembler):
    """Gives the packets that a record's fragment headers say they complete, in their order."""

    def __init__(self, layers: Iterable[Any]) -> None:
        super().__init__()
        named = [data for data in layers if isinstance(data, dict) and "reassembled_octets" in data]
        self._wholes = [
            Whole(
                _octets(data["reassembled_octets"]), _whole(data, "first_next_header", 0, 255), data.get("frames", [])
            )
            for data in named
        ]

    def add(self, *_: Any) -> Whole | None:
        """The next of them."""
        return self._wholes.pop(0) if self._wholes else None


def _check_first(first: str, link_type: int) -> None:
    """A frame of that link type begins with this layer."""
    expected = _FIRST_LAYERS.get(link_type)
    if expected is None or first in expected:
        return
    known = ", ".join(f"{number} for {name}" for name, number in _LINK_TYPES.items())
    what = f"{first}, which link type {link_type} doesn't begin with" if first else "not there"
    raise EncodeError(f"the first layer is {what}: link_type is {known}", field="link_type")


def _octets(text: Any) -> bytes:
    try:
        return bytes.fromhex(text)
    except (TypeError, ValueError):
        raise EncodeError(f"octets: {text!r} is not hexadecimal") from None


def _whole(record: Mapping[str, Any], name: str, default: int, most: int) -> int:
    value = record.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise EncodeError(f"{name} is {value!r}, not a number from 0 to {most}")
    return value
