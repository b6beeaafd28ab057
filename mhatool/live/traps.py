"""What has kept nodes from working elsewhere, looked for on this machine, with what to do about it.

Each check reads `Facts` alone. What the node or its data plane sees to itself is no check: docs/doctor.md has the list.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from mhatool.live.facts import Chain, Daemon, Facts
from mhatool.live.marks import MARK, RULE_PRIORITY, TABLE
from mhatool.live.settings import how_to_set


class Verdict(NamedTuple):
    """How it is, and what to do; `remedy` is "" where nothing is wrong, and `known` False where nobody could look."""

    detail: str
    remedy: str = ""
    known: bool = True


class Check(NamedTuple):
    """One trap: whom it catches, and how it is told."""

    name: str
    catches: str
    look: Callable[[Facts], Verdict]


_NO_LOOK: Final = Verdict("couldn't be looked at", "use root, with iproute2 and nftables", known=False)
_RA_BY_OTHERS: Final = ("NetworkManager", "systemd-network", "dhcpcd")


def _settings(facts: Facts) -> Verdict:
    if facts.are_settings_writable:
        return Verdict("can be changed")
    what = "net.ipv6.conf can't be changed: no CAP_NET_ADMIN, or /proc/sys is mounted read-only"
    return Verdict(what, "use root; in a container --privileged, in a systemd unit ProtectKernelTunables=no")


def _ipv6(facts: Facts) -> Verdict:
    off = [each.name for each in facts.concerned if each.settings.get("disable_ipv6")]
    if not off:
        return Verdict("on")
    return Verdict(f"switched off on {_names(off)}", how_to_set(off[0], "disable_ipv6", "0"))


def _interfaces(facts: Facts) -> Verdict:
    known = {each.name: each for each in facts.interfaces}
    for name in facts.uses:
        if name not in known:
            return Verdict(f"there is no {name}", "`ip link` lists them; name one in the node's file")
        if not known[name].is_up:
            return Verdict(f"{name} is down", f"ip link set {name} up")
        if not known[name].has_carrier:
            return Verdict(f"{name} has no carrier", "plug it in, or look at its other end")
    return Verdict(f"{_names(facts.uses)}: up" if facts.uses else "doctor CONFIG.toml looks at those of a node")


def _silence(facts: Facts) -> Verdict:
    refused = facts.silence_refused
    if refused is None:
        return _NO_LOOK
    if not refused:
        return Verdict("the kernel takes the table that keeps it from answering signalling")
    return Verdict(refused, "a kernel with CONFIG_NF_TABLES_IPV6, CONFIG_NFT_FIB_IPV6 and nftables 0.9.1 or later")


def _checksums(facts: Facts) -> Verdict:
    found = [each.name for each in facts.concerned if each.driver == "veth" and each.leaves_checksums]
    if not found:
        return Verdict("none")
    what = f"{_names(found)}: left out, and who reads packets at the other end drops them"
    return Verdict(what, f"ethtool -K {found[0]} tx off, at both ends")


def _proxies(facts: Facts) -> Verdict:
    if facts.proxies is None:
        return _NO_LOOK
    if facts.proxies:
        what = f"the kernel answers for {_names(facts.proxies)}, late and without Override, beside the node"
        address, _, device = facts.proxies[0].partition(" on ")
        return Verdict(what, f"ip -6 neigh del proxy {address} dev {device}: a home agent answers itself")
    if _runs(facts, "ndppd"):
        return Verdict("ndppd answers beside the node", "leave home addresses out of its rules, or stop it")
    return Verdict("none")


def _default_route(facts: Facts) -> Verdict:
    """A kernel that forwards takes no advertisements, and forgets what it has learned from them."""
    if facts.default_routes is None:
        return _NO_LOOK
    settings = {each.name: each.settings for each in facts.interfaces}
    lost = [
        name
        for protocol, name in facts.default_routes
        if protocol == "ra" and settings.get(name, {}).get("accept_ra", 0) < 2 and facts.role != "mobile_node"
    ]
    if not lost:
        return Verdict("stays")
    return Verdict(f"{lost[0]} loses it once a home agent forwards", how_to_set(lost[0], "accept_ra", "2"))


def _other_nodes(facts: Facts) -> Verdict:
    if _runs(facts, "mip6d"):
        return Verdict("mip6d runs: two would register, answer and make tunnels", "stop it, or use another namespace")
    return Verdict("none")


def _address_programs(facts: Facts) -> Verdict:
    found = [name for name in _RA_BY_OTHERS if _runs(facts, name)]
    if not found:
        return Verdict("none")
    what = f"{_names(found)} takes addresses from advertisements itself"
    if facts.role in {"home_agent", "correspondent"}:
        return Verdict(f"{what}: no harm to this node")
    name = facts.uses[0] if facts.uses else "eth0"
    remedies = {
        "NetworkManager": f"nmcli device set {name} managed no",
        "systemd-network": f"Unmanaged=yes for {name} in its .network file; ManageForeignRoutingPolicyRules=no",
        "dhcpcd": f"denyinterfaces {name} in dhcpcd.conf",
    }
    return Verdict(f"{what}, also at a mobile node", remedies[found[0]])


def _learned(facts: Facts) -> Verdict:
    """A mobile node tells the kernel to take no more; those that it has keep it from noticing that it has moved."""
    if facts.learned is None:
        return _NO_LOOK
    found = [(address, name) for address, name in facts.learned if name in facts.uses or not facts.uses]
    if not found:
        return Verdict("none")
    what = f"the kernel has {_names(address for address, _ in found)} from advertisements"
    if facts.role in {"home_agent", "correspondent"}:
        return Verdict(f"{what}: no harm to this node")
    address, name = found[0]
    what = f"{what}, and keeps them on links where they are nobody's; remove them once the mobile node runs"
    return Verdict(what, f"ip -6 address flush dev {name} to {address}")


def _radvd(facts: Facts) -> Verdict:
    found = _latest(facts, "radvd")
    if found is None:
        return Verdict("none: home agents advertise themselves")
    if found.mode & stat.S_IWOTH:
        return Verdict(f"{found.file} can be written by others: radvd refuses to start", f"chmod 600 {found.file}")
    if _says(found, "UnicastOnly on"):
        what = f"{found.file} has UnicastOnly on: home agents of one link don't hear of each other"
        return Verdict(what, "take it out for the home link")
    return Verdict(f"{found.file}: well" if found.runs else f"{found.file}: well; it doesn't run")


def _routing(facts: Facts) -> Verdict:
    """What happens to the routes of a home agent that has died."""
    frr, bird = _latest(facts, "ripngd"), _latest(facts, "bird")
    if frr is not None and not frr.can_read:
        return Verdict(f"ripngd can't read {frr.file}, and runs without", f"chown frr:frr {frr.file}")
    if frr is not None and not (_says(frr, "allow-ecmp") or _says(frr, "offset-list")):
        what = "ripngd keeps a dead agent's route for ever where another has the same metric (FRR issue 10567)"
        return Verdict(what, "allow-ecmp, or offset-list for one of the agents, or BIRD")
    if bird is not None and _says(bird, "rip ng") and not _says(bird, "bfd"):
        what = f"{bird.file} has RIPng without BFD: a dead agent stays the next hop for up to 180 s"
        return Verdict(what, "protocol bfd, and `bfd yes` for RIPng's interfaces")
    running = [daemon.name for daemon in (frr, bird) if daemon is not None]
    return Verdict(f"{_names(running)}: well" if running else "no RIPng daemon here")


def _firewall(facts: Facts) -> Verdict:
    if facts.chains is None:
        return _NO_LOOK
    early = [chain for chain in facts.chains if chain.hook == "ingress" and chain.family == "netdev"]
    if early:
        return Verdict(f"chain {early[0]}: what it drops a node doesn't see", "let Mobility Headers and ICMPv6 through")
    closed = [chain for chain in facts.chains if _stops(chain)]
    if not closed:
        return Verdict("open to nodes")
    what = f"chain {closed[0]} drops what no rule allows, and none allows what tunnels carry"
    ways = {"input": ("iifname",), "output": ("oifname",), "forward": ("iifname", "oifname")}[closed[0].hook]
    carried = (*(f"{way} '\"mh*\"'" for way in ways), "meta l4proto 41")
    return Verdict(what, "; ".join(f"nft add rule {closed[0]} {each} accept" for each in carried))


def _stops(chain: Chain) -> bool:
    takes_ipv6 = chain.family in {"ip6", "inet"} and chain.hook in {"input", "forward", "output"}
    return takes_ipv6 and chain.policy == "drop" and not chain.knows_nodes


def _rules(facts: Facts) -> Verdict:
    if facts.rules is None:
        return _NO_LOOK
    if facts.nodes:
        return Verdict(f"in use by {_names(facts.nodes)}")
    ours = str(TABLE)
    foreign = [each for each in facts.rules if (each[0] == RULE_PRIORITY) != (each[1] == ours)]
    if not foreign:
        return Verdict("free")
    priority, table = foreign[0]
    what = f"rule {priority} with table {table} is somebody's, and a mobile node takes {RULE_PRIORITY} and {TABLE}"
    return Verdict(what, "give it another priority and table")


def _remains(facts: Facts) -> Verdict:
    """Of a node that was killed: its table drops signalling, and nobody is there to take it.

    Routes and rules of nodes that run have the same mark.
    """
    tables = [table for table in facts.tables if table not in facts.nodes]
    left = [f"mhatool_{table} still keeps the kernel from answering, and node {table} doesn't run" for table in tables]
    more = [f"addresses or settings, which {ledger} tells of" for ledger in facts.ledgers]
    if facts.marked and not facts.nodes:
        more.append(f"rules and routes with proto {MARK} ({facts.marked})")
    if more:
        return Verdict("; ".join((*left, *more)), "start the node again, and stop it: it gives back all of that")
    if left:
        remedy = f"start the node again, and it cleans up; or nft delete table ip6 mhatool_{tables[0]}"
        return Verdict(left[0], remedy)
    return Verdict("nothing") if facts.chains is not None and facts.marked is not None else _NO_LOOK


def _runs(facts: Facts, name: str) -> bool:
    return any(daemon.name == name and daemon.runs for daemon in facts.daemons)


def _latest(facts: Facts, name: str) -> Daemon | None:
    """The one that runs; for want of it, the one that would."""
    found = [daemon for daemon in facts.daemons if daemon.name == name]
    return next((daemon for daemon in found if daemon.runs), found[0] if found else None)


def _says(daemon: Daemon, words: str) -> bool:
    """Whether its file says so, outside of comments."""
    lines = (line.partition("#")[0].partition("!")[0] for line in daemon.text.splitlines())
    return words in " ".join(" ".join(lines).split())


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)


CHECKS: Final = (
    Check("kernel settings", "node run", _settings),
    Check("IPv6", "node run", _ipv6),
    Check("interfaces", "node run", _interfaces),
    Check("silent kernel", "node run", _silence),
    Check("unfinished checksums", "nodes on veth", _checksums),
    Check("proxies of neighbours", "home agents", _proxies),
    Check("default route", "home agents", _default_route),
    Check("radvd's file", "home agents beside radvd", _radvd),
    Check("RIPng", "several home agents", _routing),
    Check("firewall", "node run", _firewall),
    Check("rules and tables", "mobile nodes", _rules),
    Check("other Mobile IPv6", "node run", _other_nodes),
    Check("address programs", "mobile nodes", _address_programs),
    Check("kernel's addresses", "mobile nodes", _learned),
    Check("left by killed nodes", "node run", _remains),
)
"""In the order to show."""

__all__ = ["CHECKS", "Check", "Verdict"]
