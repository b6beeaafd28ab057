"""Live home agents: how many packets a second their tunnels carry, and how quickly they register mobile nodes.

The same kernel's forwarding of the same packets without a tunnel is the peer. The load is trafgen's (netsniff-ng), on
the first core; the agent's process has the last one. Root only.
"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from bench.crossing import AGENT, AGENT_ADDRESS, BESIDE, CARE_OF, HOME, HOST, NODE, PEER, ROUTER, UNTUNNELLED, Crossing
from bench.result import Result, WrongAnswerError, in_turn
from dissectors.icmpv6.header import Echo
from dissectors.mobility.binding import BindingUpdate
from dissectors.profile import RFC6275
from dissectors.spec import Flags
from mhatool.engine.departure import Writer
from mhatool.network import datagram as ipv6

SIZES: Final = (64, 1200)
"""Octets of the packet that the tunnel carries, its IPv6 header among them."""
REQUIRED: Final = {"seg6": 0.8, "tun": 0.35}
REQUIRED_BESIDE_A_ROUTER: Final = {"tun": 0.35}
TO, FROM, PLAIN, BARE = "to the mobile node", "from it", "untunnelled", "router without agent"
Rates = list[dict[str, float]]
RUNS, WINDOW, PATIENCE_S = 3, 32, 3.0
INSTALLED_MS: Final = 3.0
_NEEDED: Final = ("ip", "nft", "ethtool", "taskset", "trafgen")
_ETH_P_IPV6: Final = 0x86DD
_ROUTE_CHANGES: Final = 0x400  # RTMGRP_IPV6_ROUTE
_NEW_ROUTE: Final = 24


def results(folder: Path, scale: float = 1.0) -> Iterator[Result]:
    """Nothing, and why, where this machine can't be made to have namespaces or lacks the load."""
    absent = [name for name in _NEEDED if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    if os.geteuid() or absent:
        why = f"{', '.join(absent)} missing (apt-get install netsniff-ng)" if absent else "only root makes namespaces"
        print(f"bench: forwarding: left out: {why}", file=sys.stderr)
        return
    crossing = Crossing(folder)
    try:
        crossing.make()
        for plane, required in REQUIRED.items():
            with crossing.agent(plane):
                with closing(Client(crossing)) as client:
                    client.updates(1)
                    if plane == "seg6":
                        yield from _registered(client, max(round(2_000 * scale), 200))
                        client.updates(1)
                yield from _carried(crossing, plane, required, max(round(RUNS * scale), 1))
    finally:
        crossing.remove()


def _carried(crossing: Crossing, plane: str, required: float, runs: int) -> Iterator[Result]:
    """To the mobile node and from it, beside what its machine and a router without an agent forward untunnelled.

    What the one forwards less than the other is what the agent costs those that have nothing to do with it.
    """
    for size in SIZES:
        works = _works(crossing, size)
        rates = [{name: work() for name, work in works.items()} for _ in range(runs)]

        def result(key: str, what: str, ours: str, theirs: str, promised: float | None, rates: Rates = rates) -> Result:
            a, b = (median(each[name] for each in rates) for name in (ours, theirs))
            ratio = median(each[ours] / each[theirs] for each in rates)
            return Result(key, what, "packets/s", a, theirs, b, ratio, len(rates), promised)

        whole = f"home agent, {plane}: {size:,} octets"
        for key, name in (("to", TO), ("from", FROM)):
            made = f"carried-{plane}-{size}-{key}"
            yield result(made, f"{whole}, {name}", name, PLAIN, required)
            yield result(f"{made}-bare", f"{whole}, {name}", name, BARE, REQUIRED_BESIDE_A_ROUTER.get(plane))
        yield result(f"untunnelled-{plane}-{size}", f"{whole}, untunnelled", PLAIN, BARE, None)


def _works(crossing: Crossing, size: int) -> dict[str, Callable[[], float]]:
    """What is measured with packets of a size, by its name."""
    out, back = (PEER, "eth0", (NODE, "eth0")), (NODE, "eth0", (PEER, "eth0"))
    wrapped = ipv6.encapsulate(_udp(HOME, HOST, size), _octets(CARE_OF), _octets(AGENT_ADDRESS))
    beside = _frame(crossing, ROUTER, "peers", PEER, _udp("2001:db8:8::b", BESIDE, size), "eth1")
    return {
        BARE: partial(crossing.rate, PEER, "eth1", (NODE, "eth1"), beside),
        TO: partial(crossing.rate, *out, _frame(crossing, AGENT, "peers", PEER, _udp(HOST, HOME, size))),
        PLAIN: partial(crossing.rate, *out, _frame(crossing, AGENT, "peers", PEER, _udp(HOST, UNTUNNELLED, size))),
        FROM: partial(crossing.rate, *back, _frame(crossing, AGENT, "foreign", NODE, wrapped)),
    }


def _registered(client: Client, number: int) -> Iterator[Result]:
    """Updates of a binding, a window of them under way; echoes by the same sender in the same way beside them."""
    ours, theirs, ratio = in_turn(partial(client.updates, number), partial(client.echoes, number), 3)
    what = f"home agent: {number:,} Binding Updates over the wire, each answered"
    yield Result("registrations-wire", what, "updates/s", ours, "kernel's echo replies", theirs, ratio, 3)
    took = [client.installed() * 1_000 for _ in range(101)]
    middle = median(took)
    what = "home agent, seg6: from a Binding Update to the new tunnel in the kernel"
    yield Result("tunnel-installed", what, "ms", middle, "limit", INSTALLED_MS, INSTALLED_MS / middle, len(took), 1.0)


class Client:
    """A mobile node's signalling, on its foreign link, and the agent's routes as their kernel tells of changes."""

    def __init__(self, crossing: Crossing) -> None:
        with crossing.inside(NODE):
            self._link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IPV6))
            self._link.bind(("eth0", _ETH_P_IPV6))
            self._link.settimeout(PATIENCE_S)
        with crossing.inside(AGENT):
            self._routes = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
            self._routes.bind((0, _ROUTE_CHANGES))
            self._routes.settimeout(PATIENCE_S)
        self._to = ("eth0", _ETH_P_IPV6, 0, 0, crossing.link_address(AGENT, "foreign"))
        self._writer = Writer(RFC6275)
        self._number = 0
        self._link_number = 0

    def _update(self, care_of: bytes) -> bytes:
        self._number = (self._number + 1) % 65_536
        message = BindingUpdate(sequence_number=self._number, flags=Flags("AH"), lifetime_s=420)
        made: bytes = self._writer.write(message, care_of, _octets(AGENT_ADDRESS), home_address=_octets(HOME))
        return made

    def updates(self, number: int) -> float:
        """How many a second."""
        return self._exchange([self._update(_octets(CARE_OF)) for _ in range(number)], _is_acknowledgement)

    def echoes(self, number: int) -> float:
        """How many a second."""
        ends = _octets(CARE_OF), _octets(AGENT_ADDRESS)
        request = self._writer.write(Echo(icmp_type=128, identifier=1, sequence_number=1), *ends)
        return self._exchange([request] * number, _is_echo_reply)

    def _exchange(self, datagrams: list[bytes], is_answer: Callable[[bytes], bool]) -> float:
        begin, sent, answered = perf_counter(), 0, 0
        while answered < len(datagrams):
            while sent < len(datagrams) and sent - answered < WINDOW:
                self._link.sendto(datagrams[sent], self._to)
                sent += 1
            try:
                answered += is_answer(self._link.recv(2_000))
            except TimeoutError:
                raise WrongAnswerError(f"{answered:,} of {sent:,} requests were answered") from None
        return len(datagrams) / (perf_counter() - begin)

    def installed(self) -> float:
        """Seconds from a move's Binding Update to the kernel's word of the new route."""
        self._link_number = (self._link_number + 1) % 2
        care_of = _octets(f"2001:db8:3::10{self._link_number + 1}")
        update = self._update(care_of)
        begin = perf_counter()
        self._link.sendto(update, self._to)
        while True:
            told = self._routes.recv(65_536)
            if struct.unpack_from("=H", told, 4)[0] == _NEW_ROUTE and _octets(HOME) in told and care_of in told:
                return perf_counter() - begin

    def close(self) -> None:
        """No more of it."""
        self._link.close()
        self._routes.close()


def _is_acknowledgement(datagram: bytes) -> bool:
    """Behind a type 2 routing header; 0: accepted. WrongAnswerError where it isn't."""
    found = ipv6.carried(datagram)
    if found.protocol != 135 or datagram[found.at + 2] != 6:
        return False
    if datagram[found.at + 6]:
        raise WrongAnswerError(f"the agent refuses: status {datagram[found.at + 6]}")
    return True


def _is_echo_reply(datagram: bytes) -> bool:
    return datagram[6] == ipv6.ICMPV6 and datagram[40] == 129


def _frame(crossing: Crossing, router: str, at: str, sender: str, datagram: bytes, device: str = "eth0") -> bytes:
    """A frame from a sender's device to that of the agent or router."""
    ends = crossing.link_address(router, at) + crossing.link_address(sender, device)
    return ends + _ETH_P_IPV6.to_bytes(2) + datagram


def _udp(source: str, destination: str, size: int) -> bytes:
    """Nobody looks at the checksum on the way."""
    payload = struct.pack(">4H", 4000, 4001, size - ipv6.HEADER, 0).ljust(size - ipv6.HEADER, b"\0")
    return ipv6.compose(_octets(source), _octets(destination), ipv6.UDP, payload, 64)


def _octets(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, address)
