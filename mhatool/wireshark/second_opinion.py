"""tshark's decoding of a capture with the script loaded, through pyshark: the only module that imports it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mhatool.wireshark.generate import SCRIPT
from mhatool.wireshark.tshark import WiresharkError, program, run

#: How tshark has to be set so that both look into the same: null encryption, and no names for addresses.
PREFERENCES = ("esp.enable_null_encryption_decode_heuristic:TRUE", "mha.other_fields:TRUE")


#: Where tshark looks for what a user or an administrator has set or installed.
_PLACES = ("HOME", "XDG_CONFIG_HOME", "WIRESHARK_CONFIG_DIR", "WIRESHARK_PLUGIN_DIR")
_SETTINGS = "settings"


class Value(NamedTuple):
    """A field as tshark shows it, and the octets that it stands for in hexadecimal ("" where it tells none)."""

    text: str
    octets: str


class Opinion(NamedTuple):
    """A frame: its number, and each field's values in their order."""

    frame: int
    fields: dict[str, list[Value]]


@contextlib.contextmanager
def script_file(text: str) -> Iterator[Path]:
    """The script in a file of its own, so that it doesn't matter what is installed."""
    with tempfile.TemporaryDirectory(prefix="mhatool-") as folder:
        path = Path(folder) / SCRIPT
        path.write_text(text, encoding="utf-8")
        (path.parent / _SETTINGS).mkdir()
        yield path


def settings_of_its_own(script: Path) -> dict[str, str]:
    """An environment in which tshark finds nobody's settings, scripts and plugins."""
    return dict.fromkeys(_PLACES, str(script.parent / _SETTINGS))


@cache
def known_fields(text: str) -> frozenset[str]:
    """The names of all fields that tshark has, with this script. WiresharkError where it can't load it."""
    with script_file(text) as script:
        said = run(["-G", "fields", "-X", f"lua_script:{script}"], settings_of_its_own(script))
    ours = [line for line in said.lua_trouble if SCRIPT in line]
    if ours:
        raise WiresharkError(f"tshark doesn't take the script: {ours[0]}")
    rows = (line.split("\t") for line in said.out.splitlines() if line.startswith("F\t"))
    return frozenset(row[2] for row in rows if len(row) > 2)


def opinions(capture: Path, script: Path, wanted: frozenset[str], only: str = "") -> Generator[Opinion, None, None]:
    """A frame after the other, with those fields; `only` is a display filter. WiresharkError where tshark fails."""
    import pyshark
    from pyshark.capture.capture import TSharkCrashException

    parameters = ["-n", "-X", f"lua_script:{script}", *(word for each in PREFERENCES for word in ("-o", each))]
    source: Any = pyshark.FileCapture(
        str(capture),
        eventloop=_event_loop(),
        keep_packets=False,
        tshark_path=program(),
        display_filter=only or None,
        custom_parameters=parameters,
    )
    packets = iter(source)
    try:
        with _environment(settings_of_its_own(script)):  # tshark is started for the first of them
            packet = _next(packets)
        while packet is not None:
            yield Opinion(int(packet.number), _fields(packet.layers, wanted))
            packet = _next(packets)
    finally:
        with contextlib.suppress(TSharkCrashException):
            source.close()
        source._running_processes.clear()  # else it complains again when it is forgotten
        with contextlib.suppress(TSharkCrashException):
            source.close()


def _event_loop() -> Any:
    """None where pyshark finds a loop itself: the thread's, which one that has run another loop has to be given.

    Looking for it, pyshark also sets a SafeChildWatcher. Python 3.14 has none and needs none: the loop is handed over.
    """
    import asyncio

    if not hasattr(asyncio, "SafeChildWatcher"):
        return asyncio.new_event_loop()
    try:
        asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())
    return None


def _next(packets: Iterator[Any]) -> Any:
    """The next packet; None where the file ends, also inside a packet: what came before was told."""
    from pyshark.capture.capture import TSharkCrashException

    try:
        return next(packets, None)
    except TSharkCrashException:
        return None
    except (LookupError, ValueError, AttributeError, TypeError, SyntaxError) as error:
        raise WiresharkError(f"tshark's output can't be read ({error}); see what tshark -T pdml prints") from None


@contextlib.contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _fields(layers: Sequence[Any], wanted: frozenset[str]) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for layer in layers:
        for name, container in layer._all_fields.items():  # no other way to the names as tshark writes them
            if name in wanted:
                values = [Value(field.show or "", field.raw_value or "") for field in container.all_fields]
                found.setdefault(name, []).extend(values)
    return found
