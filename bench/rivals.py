"""The programs beside which ours are measured, called as people call them who know them well."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from bench.messages import ICMPV6_TYPES, MOBILITY_TYPES

NEEDED = ("bash", "cat", "tcpdump", "tshark")
SIGNALLING = "mipv6 || icmpv6.type in {144..147, 154}"
"""A display filter of tshark's."""
_TYPES = ("frame.number", "mip6.mhtype", "icmpv6.type")

#: What an analyst needs of a message: who, when, which binding, for how long, and the options.
ANALYST_FIELDS = (
    *("frame.number", "frame.time_epoch", "ipv6.src", "ipv6.dst"),
    *("ipv6.opt.mipv6.home_address", "ipv6.routing.mipv6.home_address", "mip6.mhtype", "icmpv6.type"),
    *("mip6.bu.seqnr", "mip6.bu.lifetime", "mip6.bu.a_flag", "mip6.bu.h_flag", "mip6.bu.m_flag"),
    *("mip6.ba.status", "mip6.ba.seqnr", "mip6.ba.lifetime", "mip6.csum"),
    *("mip6.acoa.acoa", "mip6.bra.interval", "mip6.ni.hni", "mip6.ni.cni", "mip6.bad.auth", "mip6.em.data"),
    *("mip6.hoti.cookie", "mip6.coti.cookie", "mip6.hot.cookie", "mip6.cot.cookie"),
    *("icmpv6.mip6.identifier", "icmpv6.mip6.home_agent_address"),
)

#: Types on the wire: the family and its number. Type 154 of ICMPv6 is two messages.
Tally = Counter[tuple[str, int]]


def missing() -> list[str]:
    """Which of them this machine doesn't have."""
    return [name for name in NEEDED if shutil.which(name) is None]


def tshark(capture: str, fields: Iterable[str] = _TYPES, display_filter: str | None = None) -> list[str]:
    """A line a packet."""
    chosen = [part for field in fields for part in ("-e", field)]
    narrowed = ["-Y", display_filter] if display_filter is not None else []
    return ["tshark", "-n", "-r", capture, *narrowed, "-T", "fields", *chosen]


def tcpdump_and_tshark(capture: str) -> list[str]:
    """What surely isn't signalling tcpdump drops; tshark looks into the rest."""
    sieve = ["tcpdump", "-r", capture, "-w", "-", prefilter()]
    pipe = f"{shell(sieve)} 2>/dev/null | {shell(tshark('-', display_filter=SIGNALLING))}"
    return ["bash", "-o", "pipefail", "-c", pipe]


def prefilter() -> str:
    """A BPF filter that lets all signalling pass, also in a tunnel, in one or two VLANs and behind other headers.

    It can't follow header chains, so it takes whatever begins with an extension header, and every tunnel but those of
    TCP and UDP. The word `vlan` moves all that stands behind it by four octets, so each nesting repeats the rest.
    """
    headers = " or ".join(f"ip6[6] = {protocol}" for protocol in (0, 43, 44, 50, 51, 60, 135))
    icmpv6 = "(ip6[6] = 58 and ip6[40] >= 144 and ip6[40] <= 154)"
    tunnel = "(ip6[6] = 41 and ip6[46] != 6 and ip6[46] != 17)"
    loose = f"(ip6 and ({headers} or {icmpv6} or {tunnel}))"
    return f"{loose} or (vlan and ({loose} or (vlan and {loose})))"


def shell(command: Iterable[str]) -> str:
    """As bash reads it."""
    return " ".join(map(quote, command))


def tally_of(output: Path) -> Tally:
    """What tshark found, from the columns of `_TYPES`: several messages of one frame are parted by commas."""
    found: Tally = Counter()
    icmpv6_types = set(ICMPV6_TYPES.values())
    with output.open(encoding="utf-8") as lines:
        for line in lines:
            _, mobility, icmpv6 = line.rstrip("\n").split("\t")
            found.update(("mobility", int(number)) for number in mobility.split(",") if number)
            found.update(("icmpv6", int(number)) for number in icmpv6.split(",") if number)
    return Counter({key: count for key, count in found.items() if key[0] == "mobility" or key[1] in icmpv6_types})


def tally_of_names(messages: Counter[str]) -> Tally:
    """The same from the names of `mhatool info --json`."""
    found: Tally = Counter()
    for name, count in messages.items():
        key = ("mobility", MOBILITY_TYPES[name]) if name in MOBILITY_TYPES else ("icmpv6", ICMPV6_TYPES[name])
        found[key] += count
    return found
