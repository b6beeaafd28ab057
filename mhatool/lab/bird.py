"""BIRD's configuration for a router of a lab."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from mhatool.lab.topology import LabRouting


def bird_configuration(name: str, routing: LabRouting) -> str:
    """RIPng as the testbed's routers speak it; one next hop for each network, as in 2004."""
    return "\n".join(_lines(name, routing)) + "\n"


def _lines(name: str, routing: LabRouting) -> Iterator[str]:
    yield f"router id {_router_id(name)};"
    yield "protocol device { scan time 5; }"
    yield f"protocol direct {{ ipv6; interface {_quoted((*routing.speaks, *routing.stubs))}; }}"
    yield "protocol kernel { ipv6 { export where source = RTS_RIP; import none; }; metric 64; }"
    if routing.bfd:
        yield f"protocol bfd {{ interface {_quoted(routing.speaks)} {{ interval 50 ms; multiplier 3; }}; }}"
    yield "protocol rip ng {"
    yield "    ecmp no;"
    own = f"if source = RTS_DEVICE then {{ rip_metric = {routing.metric}; accept; }}"
    yield f"    ipv6 {{ import all; export filter {{ {own} if source = RTS_RIP then accept; reject; }}; }};"
    timers = f"update time {routing.update_s}; timeout time {routing.timeout_s}; garbage time {routing.garbage_s};"
    yield f"    interface {_quoted(routing.speaks)} {{ mode multicast; {timers} bfd {_yes(routing.bfd)}; }};"
    if routing.stubs:
        yield f"    interface {_quoted(routing.stubs)} {{ passive yes; }};"
    yield "}"
    for interface in routing.advertises:
        yield f'protocol radv {{ interface "{interface}" {{ min ra interval 3; max ra interval 4; }}; }}'


def _router_id(name: str) -> str:
    """BIRD wants one, in the shape of an IPv4 address; RIPng doesn't use it."""
    return ".".join(map(str, (10, *zlib.crc32(name.encode()).to_bytes(4)[1:])))


def _quoted(interfaces: Iterable[str]) -> str:
    return ", ".join(f'"{interface}"' for interface in interfaces)


def _yes(wanted: bool) -> str:
    return "yes" if wanted else "no"


__all__ = ["bird_configuration"]
