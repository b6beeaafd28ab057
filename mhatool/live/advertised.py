"""What is advertised on a node's links, heard for a few seconds: by others, and by a program beside the node."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Final, NamedTuple

from dissectors.errors import DecodeError
from dissectors.icmpv6.neighbour_discovery import RouterAdvertisement
from dissectors.icmpv6.options import PrefixInformation
from dissectors.ipv6.address import text
from dissectors.profile import RFC6275
from mhatool.engine.advertising import AdvertisingConfiguration
from mhatool.engine.arrival import Reader
from mhatool.live.configuration import LiveNode
from mhatool.live.filter import attach, program
from mhatool.live.traps import Verdict
from mhatool.protocol.home_agent_offer import offer

_ETH_P_ALL: Final = 0x0003
"""Of the packets that leave, only such a socket hears."""
_PACKET_OUTGOING: Final = 4
_LONGEST: Final = 65_575
_ADVERTISEMENT: Final = 134
_LEAST_S: Final = 0.01


class Heard(NamedTuple):
    """An advertisement; `is_own`: this machine sent it."""

    interface: str
    source: str
    is_own: bool
    is_home_agent: bool
    router_lifetime_s: int
    router_addresses: tuple[str, ...] = ()
    """Those that it gives whole, with the R flag."""
    own_lifetime_s: int | None = None
    """The home agent's, where an option tells it; else the router's counts (RFC 6275, 7.4)."""

    @property
    def home_agent_lifetime_s(self) -> int:
        """How long it wants to be taken for a home agent, which may be no default router."""
        return self.own_lifetime_s if self.own_lifetime_s is not None else self.router_lifetime_s


def listen(interfaces: Iterable[str], seconds: float) -> list[Heard]:
    """What is heard in so many seconds. OSError without the right to, and for an interface that isn't there."""
    reader, heard = Reader(RFC6275), []
    end = time.monotonic() + seconds
    with ExitStack() as stack:
        waiting = stack.enter_context(selectors.DefaultSelector())
        for name in interfaces:
            link = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, 0))
            attach(link, program((), (_ADVERTISEMENT,), looks_inside=False))
            link.bind((name, _ETH_P_ALL))
            waiting.register(link, selectors.EVENT_READ, name)
        while (left := end - time.monotonic()) > 0:
            for key, _ in waiting.select(max(left, _LEAST_S)):
                octets, address = key.fileobj.recvfrom(_LONGEST)  # type: ignore[union-attr]
                heard.append(_heard(reader, octets, key.data, address[2] == _PACKET_OUTGOING))
    return [each for each in dict.fromkeys(heard) if each is not None]


def _heard(reader: Reader, octets: bytes, interface: str, is_own: bool) -> Heard | None:
    try:
        arrival = reader.read(octets, interface, b"", 0)
    except DecodeError:
        return None  # a node would drop it too
    if arrival is None or not isinstance(arrival.message, RouterAdvertisement):
        return None
    message = arrival.message
    prefixes = [option for option in message.options if isinstance(option, PrefixInformation)]
    whole = tuple(text(prefix.prefix) for prefix in prefixes if "R" in prefix.flags)
    is_home_agent, lifetime_s = "H" in message.flags, offer(message).lifetime_s
    return Heard(interface, text(arrival.source), is_own, is_home_agent, message.router_lifetime_s, whole, lifetime_s)


def judged(live: LiveNode, heard: list[Heard], seconds: float, *, runs: bool) -> Verdict:
    """Whether it is what the node needs; `runs`: the node does, and what is advertised here may be its own."""
    if live.file.role == "mobile_node":
        return _routers(live.configuration.interface, heard, seconds)
    if live.file.role != "home_agent" or runs:
        return Verdict(_summary(heard, seconds))
    advertising: AdvertisingConfiguration = live.configuration.advertising
    own = [each for each in heard if each.is_own and each.interface == advertising.interface]
    if not live.configuration.advertises:
        return _by_another_program(live, own, seconds) or Verdict(_summary(heard, seconds))
    if own:
        what = f"a program of this machine advertises on {advertising.interface} already"
        return Verdict(what, "stop it, or advertises = false in the node's file, under [home_agent]")
    return Verdict(_summary(heard, seconds))


def _routers(interface: str, heard: list[Heard], seconds: float) -> Verdict:
    """A mobile node knows by them where it is."""
    if any(each.router_lifetime_s for each in heard if not each.is_own):
        return Verdict(_summary(heard, seconds))
    what = f"no router on {interface} within {seconds:g} s"
    return Verdict(what, "radvd on the link's router, with a MaxRtrAdvInterval of seconds; or --listen longer")


def _by_another_program(live: LiveNode, own: list[Heard], seconds: float) -> Verdict | None:
    """Whether radvd, or another one, says of this agent what it has to say."""
    name = live.configuration.interface
    if not own:
        what = f"nothing on this machine advertises on {name} within {seconds:g} s, and the node doesn't"
        return Verdict(what, "start radvd, with a MaxRtrAdvInterval of seconds; or leave `advertises` out")
    latest = own[-1]
    missing = [text(each) for each in live.configuration.addresses if text(each) not in latest.router_addresses]
    if not live.configuration.serves and not latest.router_lifetime_s:
        return Verdict(f"what is advertised on {name} is no router", "AdvDefaultLifetime over 0 in radvd's file")
    if live.configuration.serves and not latest.is_home_agent:
        return Verdict(f"what is advertised on {name} is no home agent", "AdvHomeAgentFlag on in radvd's file")
    if live.configuration.serves and not latest.home_agent_lifetime_s:
        what = f"what is advertised on {name} is a home agent for 0 s"
        return Verdict(what, "AdvDefaultLifetime over 0 in radvd's file, or AdvHomeAgentInfo on with HomeAgentLifetime")
    if missing:
        what = f"what is advertised on {name} doesn't give {missing[0]}: others can't know this agent's address"
        return Verdict(what, f"prefix {missing[0]}/64 {{ AdvRouterAddr on; }} in radvd's file")
    return None


def _summary(heard: list[Heard], seconds: float) -> str:
    routers = {each.source for each in heard}
    agents = {each.source for each in heard if each.is_home_agent}
    if not routers:
        return f"none within {seconds:g} s"
    return f"{', '.join(sorted(routers))}; {len(agents)} of them as home agents"


__all__ = ["Heard", "judged", "listen"]
