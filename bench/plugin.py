"""What the Wireshark plugin costs: tshark with the script beside tshark without it, whole processes, a tap that counts.

Each mobility packet goes through Lua. With the ICMPv6 wrapper off, nothing else may cost more than reading the script.
A tap that asks for one of the script's fields has it dissect each message; stock tshark then counts one of its own.
Whatever the account has installed or set doesn't count.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple

from bench import octets as wire
from bench import process
from bench.background import Background
from bench.files import Timed, write_pcap
from bench.messages import FREQUENCIES, draw
from bench.result import Result, in_turn
from bench.scan import demand
from bench.traffic import START_US

PACKETS = 100_000
PAIRS = 9
SCRIPT = Path(__file__).resolve().parent.parent / "wireshark-lua" / "mha.lua"
_GAP_US = 1_000
_PLACES = ("HOME", "XDG_CONFIG_HOME", "WIRESHARK_CONFIG_DIR", "WIRESHARK_PLUGIN_DIR")
_WITHOUT_ICMPV6 = ("-o", "mha.icmpv6:FALSE")


class Case(NamedTuple):
    """A measurement: its key, what is read, options of tshark, and how many times stock's time it may take.

    `fields` are what the taps count, with the script and without; "" is every packet.
    """

    key: str
    what: str
    mobility: bool
    options: tuple[str, ...]
    times: float | None
    fields: tuple[str, str] = ("", "")


CASES = (
    Case("plugin-on", "mobility packets, ICMPv6 wrapper on", True, (), 2.5),
    Case("plugin-off", "mobility packets, ICMPv6 wrapper off", True, _WITHOUT_ICMPV6, 1.6),
    Case("plugin-looked-at", "mobility packets, a tap on mha.type", True, (), None, ("mha.type", "mip6.mhtype")),
    Case("plugin-others", "other packets, ICMPv6 wrapper off", False, _WITHOUT_ICMPV6, 1.05),
)


def results(folder: Path, scale: float = 1.0) -> Iterator[Result]:
    """Seconds of `tshark -q -z io,stat,0` with and without the script: medians of pairs."""
    packets = round(PACKETS * scale)
    captures = {True: folder / "mobility", False: folder / "others"}
    write_pcap(captures[True], _mobility(packets))
    write_pcap(captures[False], _others(packets))
    with tempfile.TemporaryDirectory(prefix="mhatool-") as settings:
        environment = dict.fromkeys(_PLACES, settings)
        for case in CASES:
            yield _result(case, captures[case.mobility], folder / "counted", packets, environment)


def _result(case: Case, capture: Path, output: Path, packets: int, environment: Mapping[str, str]) -> Result:
    """The first run tells how many there are to count; the file is in the page cache then."""

    def runs(field: str, options: tuple[str, ...], expected: int | None) -> Callable[[], float]:
        tap = f"io,stat,0,{field}" if field else "io,stat,0"
        return partial(_tshark, capture, output, expected, ("-z", tap, *options), environment)

    # A preference of the script's: where it isn't loaded tshark doesn't know it, and fails.
    script = ("-X", f"lua_script:{SCRIPT}", "-o", "mha.options:TRUE", *case.options)
    ours_field, stock_field = case.fields
    expected = packets if not stock_field else None
    runs(stock_field, (), expected)()
    expected = _count(output)
    theirs_s, ours_s, ratio = in_turn(runs(stock_field, (), expected), runs(ours_field, script, expected), PAIRS)
    what = f"tshark with the plugin: {packets:,} {case.what}"
    promised = 1 / case.times if case.times is not None else None
    return Result(case.key, what, "s", ours_s, "tshark", theirs_s, ratio, PAIRS, promised)


def _count(output: Path) -> int:
    found = re.search(r"<> *\S+ *\|\s*(\d+) *\|", output.read_text(encoding="utf-8"))
    return int(found[1]) if found else 0


def _tshark(
    capture: Path, output: Path, expected: int | None, options: tuple[str, ...], environment: Mapping[str, str]
) -> float:
    """Seconds; WrongAnswerError unless it counted as many as expected."""
    took = process.seconds(["tshark", "-n", "-q", *options, "-r", str(capture)], output, environment)
    if expected is not None:
        demand("tshark", _count(output), expected)
    return took


def _mobility(packets: int) -> Iterator[Timed]:
    """Every kind of signalling as often as in a network, with the headers and tunnels that it needs."""
    random, kinds, weights = Random(6275), list(FREQUENCIES), list(accumulate(FREQUENCIES.values()))
    for number in range(packets):
        packet = draw(random, random.choices(kinds, cum_weights=weights)[0])
        octets = wire.ipv6(packet.source, packet.destination, *packet.headers())
        if packet.tunnel is not None:
            octets = wire.ipv6(*packet.tunnel, wire.IPV6, octets)
        yield START_US + number * _GAP_US, wire.link_header(wire.ETHERTYPE_IPV6) + octets


def _others(packets: int) -> Iterator[Timed]:
    """A link's traffic without any signalling."""
    background = Background(Random(6275))
    for number, template in enumerate(background.templates(packets)):
        yield START_US + number * _GAP_US, background.frame(template)
