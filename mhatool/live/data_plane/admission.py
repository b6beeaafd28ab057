"""Which tunnelled packets the kernel may unpack: outer and inner addresses, in sets of the packet filter's.

A set is a hash table: a packet costs the same however many bindings there are. Rules by source address would cost
each packet a look at each of them.
"""

from __future__ import annotations

import errno
import socket
import struct
from typing import Final

from mhatool.engine.actions import End, SetTunnel
from mhatool.live.data_plane.tunnels import Hook
from mhatool.live.marks import ADMITTED
from mhatool.live.netlink import ACK, CREATE, NETFILTER, Netlink, RefusedError, attribute, attributes, nested

FLOW_GROUP: Final = 135
"""Of nfnetlink_log: a packet of each flow between a home address and a correspondent, at most one a second."""
IN, OUT = "in", "out"
SNAPSHOT: Final = 128
"""Octets of a flow's packet that are told: two IPv6 headers, a routing header and a Home Address option's."""
_SETS: Final = """
    counter tunnel_source { }
    set from_mobile_nodes { typeof ip6 saddr . ip6 daddr . @th,64,128; }
    set from_home_agents { typeof ip6 saddr . ip6 daddr . @th,192,128; }
    set homes { type ipv6_addr; }
    set flows_in { typeof @th,64,128 . @th,192,128; size 65535; flags dynamic,timeout; timeout 1s; }
    set flows_out { typeof ip6 saddr . ip6 daddr; size 65535; flags dynamic,timeout; timeout 1s; }
"""
"""Inner addresses are at 8 and 24 octets (`th`: what follows the outer header)."""
_FROM_A_MOBILE_NODE: Final = f"ip6 saddr . ip6 daddr . @th,64,128 @from_mobile_nodes meta mark set {ADMITTED} accept"
_CHAINS: Final = f"""
    chain tunnelled {{
        {_FROM_A_MOBILE_NODE}
        ip6 saddr . ip6 daddr . @th,192,128 @from_home_agents jump heard
        fib daddr type {{ local, anycast }} counter name tunnel_source drop
    }}
    chain heard {{
        @th,64,128 . @th,192,128 != @flows_in add @flows_in {{ @th,64,128 . @th,192,128 }} \
log group {FLOW_GROUP} snaplen {SNAPSHOT} prefix "{IN}"
        meta mark set {ADMITTED} accept
    }}
    chain leaving {{
        type filter hook output priority raw; policy accept;
        ip6 saddr @homes ip6 saddr . ip6 daddr != @flows_out add @flows_out {{ ip6 saddr . ip6 daddr }} \
log group {FLOW_GROUP} snaplen {SNAPSHOT} prefix "{OUT}"
    }}
"""
_JUMP: Final = "        ip6 nexthdr 41 jump tunnelled"
_BEFORE_DEFRAGMENTATION: Final = -450
"""NF_IP6_PRI_RAW_BEFORE_DEFRAG: where somebody's firewall knows connections, the kernel puts fragments together after
that. Those of tunnels are user space's, and must not come twice.
"""
_BEFORE_ROUTES: Final = f"""
    chain before {{
        type filter hook prerouting priority {_BEFORE_DEFRAGMENTATION}; policy accept;
        ip6 nexthdr 41 {_FROM_A_MOBILE_NODE}
{_JUMP}
    }}
"""
_PIECES: Final = f"""
    chain pieces {{
        type filter hook prerouting priority {_BEFORE_DEFRAGMENTATION}; policy accept;
        ip6 nexthdr 44 meta l4proto 41 fib daddr type {{ local, anycast }} drop
    }}
"""
_SUBSYSTEM, _BATCH_BEGIN, _BATCH_END, _IPV6 = 10, 0x10, 0x11, 10
_NEW_ELEMENT, _DELETE_ELEMENT, _GET_OBJECT = 12, 14, 19
_TABLE, _SET, _ELEMENTS, _ELEMENT, _KEY, _VALUE = 1, 2, 3, 1, 1, 1
_NAME, _TYPE, _DATA, _COUNTER, _PACKETS = 2, 3, 4, 1, 2
_FROM_MOBILE_NODES, _FROM_HOME_AGENTS, _HOMES = "from_mobile_nodes", "from_home_agents", "homes"


def chains(hook: Hook) -> tuple[str, str]:
    """What a table holds that admits tunnelled packets at this hook, and what its chain of what ends here begins with.

    At `prerouting` each packet that is forwarded looks at two rules; those of mobile nodes, of which there are most, at
    one, without a jump, which costs as much as a look into the set.
    """
    if hook == "prerouting":
        return _SETS + _CHAINS + _BEFORE_ROUTES, ""
    return _SETS + _CHAINS + _PIECES, _JUMP


class Admission:
    """The sets in a node's table of nf_tables; see `Silence`, which makes it."""

    def __init__(self, table: str) -> None:
        self._table = attribute(_TABLE, table.encode() + b"\0")
        self._netlink = Netlink(NETFILTER)
        self._admitted: dict[tuple[End, bytes], set[tuple[str, bytes]]] = {}
        self._counted = 0

    def set_tunnel(self, tunnel: SetTunnel) -> None:
        """Admit its packets, and no others of this home address and end any more. RefusedError where it can't be."""
        key = tunnel.end, tunnel.home_address
        before, after = self._admitted.get(key, set()), _elements(tunnel)
        self._change(before, after)
        if after:
            self._admitted[key] = after
        else:
            self._admitted.pop(key, None)

    def admit_again(self) -> None:
        """The table is a new one: its sets are empty, and it has counted nothing."""
        self._counted = 0
        self._change(set(), set().union(*self._admitted.values()))

    def _change(self, before: set[tuple[str, bytes]], after: set[tuple[str, bytes]]) -> None:
        changes = [(_NEW_ELEMENT, ACK | CREATE, self._element(*each)) for each in sorted(after - before)]
        changes += [(_DELETE_ELEMENT, ACK, self._element(*each)) for each in sorted(before - after)]
        if changes:
            whole = [(_BATCH_BEGIN, 0, _head(_SUBSYSTEM)), *map(_typed, changes), (_BATCH_END, 0, _head(_SUBSYSTEM))]
            self._netlink.do_all(whole)

    def _element(self, name: str, key: bytes) -> bytes:
        element = nested(_ELEMENT, nested(_KEY, attribute(_VALUE, key)))
        return _head(0) + self._table + attribute(_SET, name.encode() + b"\0") + nested(_ELEMENTS, element)

    def refused(self) -> int:
        """How many tunnelled packets no binding covered since this was asked last; 0 while there is no table."""
        name = attribute(_NAME, b"tunnel_source\0") + attribute(_TYPE, struct.pack(">I", _COUNTER))
        try:
            (answer,) = self._netlink.ask(_SUBSYSTEM << 8 | _GET_OBJECT, _head(0) + self._table + name)
        except RefusedError as error:
            if error.errno != errno.ENOENT:
                raise
            return 0
        data = attributes(attributes(answer[1][4:])[_DATA])
        counted: int = struct.unpack(">Q", data[_PACKETS])[0]
        since, self._counted = counted - self._counted, counted
        return since

    def close(self) -> None:
        """The sets go with their table."""
        self._netlink.close()


def _elements(tunnel: SetTunnel) -> set[tuple[str, bytes]]:
    """The sets' elements for a tunnel: who wraps, to where, and the inner address that goes with both."""
    if tunnel.end is End.HOME_AGENT:
        return {(_FROM_MOBILE_NODES, remote + tunnel.local + tunnel.home_address) for remote in tunnel.remotes[:1]}
    found = {(_FROM_HOME_AGENTS, remote + tunnel.local + tunnel.home_address) for remote in tunnel.remotes}
    return found | {(_HOMES, tunnel.home_address)} if found else set()


def _head(resource: int) -> bytes:
    family = _IPV6 if not resource else socket.AF_UNSPEC
    return struct.pack(">BBH", family, 0, resource)


def _typed(change: tuple[int, int, bytes]) -> tuple[int, int, bytes]:
    kind, flags, body = change
    return _SUBSYSTEM << 8 | kind, flags, body


__all__ = ["FLOW_GROUP", "IN", "OUT", "SNAPSHOT", "Admission", "chains"]
