"""What the Wireshark plugin costs: tshark with the script beside tshark without it, whole processes, a tap that counts.

Each mobility packet goes through Lua. With the ICMPv6 wrapper off, nothing else may cost more than reading the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_WITHOUT_ICMPV6 = ("-o", "mha.icmpv6:FALSE")


class Case(NamedTuple):
    """A measurement: its key, what is read, options of tshark, and how many times stock's time it may take."""

    key: str
    what: str
    mobility: bool
    options: tuple[str, ...]
    times: float


CASES = (
    Case("plugin-on", "mobility packets, ICMPv6 wrapper on", True, (), 2.5),
    Case("plugin-off", "mobility packets, ICMPv6 wrapper off", True, _WITHOUT_ICMPV6, 1.6),
    Case("plugin-others", "other packets, ICMPv6 wrapper off", False, _WITHOUT_ICMPV6, 1.05),
)


def results(folder: Path, scale: float = 1.0) -> Iterator[Result]:
    """Seconds of `tshark -q -z io,stat,0` with and without the script: medians of pairs."""
    packets = round(PACKETS * scale)
    captures = {True: folder / "mobility", False: folder / "others"}
    write_pcap(captures[True], _mobility(packets))
    write_pcap(captures[False], _others(packets))
    for case in CASES:
        capture = captures[case.mobility]
        script = ("-X", f"lua_script:{SCRIPT}", *case.options)
        ours = partial(_tshark, capture, folder / "counted", packets, script)
        stock = partial(_tshark, capture, folder / "counted", packets, ())
        stock()  # the file is in the page cache then
        theirs_s, ours_s, ratio = in_turn(stock, ours, PAIRS)
        what = f"tshark with the plugin: {packets:,} {case.what}"
        yield Result(case.key, what, "s", ours_s, "tshark", theirs_s, ratio, PAIRS, 1 / case.times)


def _tshark(capture: Path, output: Path, packets: int, options: tuple[str, ...]) -> float:
    """Seconds; WrongAnswerError unless it counted all packets."""
    took = process.seconds(["tshark", "-n", "-q", "-z", "io,stat,0", *options, "-r", str(capture)], output)
    found = re.search(r"<> *\S+ *\|\s*(\d+) *\|", output.read_text(encoding="utf-8"))
    demand("tshark", int(found[1]) if found else 0, packets)
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
