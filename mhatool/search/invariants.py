"""What has to be true once all misfortunes are over, or always: each invariant says what is wrong, in words.

Each of them looks at the tables of nodes and machines as they stand; none asks what a node means to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from dissectors.ipv6.address import text
from mhatool.engine.actions import End, SetTunnel
from mhatool.engine.correspondent.binding import BindingState as CorrespondentState
from mhatool.engine.home_agent import HomeAgent
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.peer import PeerState
from mhatool.engine.mobile_node import MobileNode
from mhatool.engine.mobile_node.binding_states import State
from mhatool.engine.mobile_node.update_list import Entry
from mhatool.network.machine import Machine
from mhatool.search.tables import Tables

_LATER_NS = 2_000_000_000
"""An update is on its way, and may wait there for a next hop's link-layer address."""

Invariant = Callable[[Tables], Iterator[str]]


def registered(tables: Tables) -> Iterator[str]:
    """Each mobile node that is away is registered with as many agents as it wants, as far as so many live."""
    for machine, node in tables.abroad:
        is_taken = node.configuration.home_address in tables.taken
        wanted = 0 if is_taken else min(node.configuration.home_agents, len(tables.agents))
        bound = [entry for entry in _entries(node) if entry.is_bound(tables.now)]
        living = [entry for entry in bound if tables.agent(entry.peer) is not None]
        if len(living) != wanted:
            yield f"{machine.name} is registered with {len(living)} agents that live, wanted {wanted}"
        for entry in bound:
            if tables.agent(entry.peer) is None:
                yield f"{machine.name} takes itself for registered with {text(entry.peer)}, which is gone"


def agreed(tables: Tables) -> Iterator[str]:
    """What a mobile node's list says of an agent or a correspondent is what that one's cache says."""
    for machine, node in tables.abroad:
        for entry in _entries(node):
            agent = tables.agent(entry.peer)
            if agent is not None and entry.state is State.BOUND:
                yield from _different(machine, entry, agent)
        for entry in node.update_list:
            if entry.is_bound(tables.now) and entry.care_of_address not in machine.addresses:
                yield f"{machine.name} told {text(entry.peer)} of {text(entry.care_of_address)}, which it hasn't"
        for entry in node.update_list.correspondents():
            yield from _different_at_correspondent(tables, machine, entry)


def _different(machine: Machine, entry: Entry, agent: HomeAgent) -> Iterator[str]:
    binding = agent.cache.get(entry.home_address, entry.peer)
    where = f"{machine.name} and {agent.name}"
    if binding is None or not binding.holds:
        yield f"{where}: the agent holds no binding"
        return
    if binding.care_of_address != entry.care_of_address:
        yield f"{where}: care-of addresses {text(entry.care_of_address)} and {text(binding.care_of_address)}"
    if binding.sequence_number != entry.sequence_number:
        yield f"{where}: sequence numbers {entry.sequence_number} and {binding.sequence_number}"
    if binding.agents != entry.home_agents:
        yield f"{where}: lists {_shown(entry.home_agents)} and {_shown(binding.agents)}"


def _different_at_correspondent(tables: Tables, machine: Machine, entry: Entry) -> Iterator[str]:
    for _, correspondent in tables.correspondents:
        binding = correspondent.binding(entry.home_address, entry.peer)
        if binding is None or binding.state is not CorrespondentState.BOUND or entry.state is not State.BOUND:
            continue
        if (binding.care_of_address, binding.sequence_number) != (entry.care_of_address, entry.sequence_number):
            yield f"{machine.name} and {correspondent.name} have different bindings"


def _entries(node: MobileNode) -> list[Entry]:
    return node.update_list.home_registrations()


def _shown(addresses: tuple[bytes, ...]) -> str:
    return "[" + ", ".join(map(text, addresses)) + "]"


def one_round(tables: Tables) -> Iterator[str]:
    """The agents of a mobile node hold the same list, which names them in the node's order, and nobody else."""
    for machine, node in tables.abroad:
        bound = [entry.peer for entry in _entries(node) if entry.state is State.BOUND]
        for entry in _entries(node):
            listed = entry.home_agents or (entry.peer,)
            if entry.state is State.BOUND and (set(listed) != set(bound) or listed != node.agents):
                yield f"{machine.name} registered with {_shown(tuple(bound))}, told {_shown(listed)}"


def forgotten(tables: Tables) -> Iterator[str]:
    """No agent and no correspondent holds a binding that its mobile node doesn't have."""
    for _, agent in tables.agents:
        for binding in agent.cache:
            if not binding.cloned and binding.holds and not _is_wanted(tables, binding):
                yield f"{agent.name} holds a binding of {tables.name(binding.home_address)} that nobody wants"
    homes = [node.configuration.home_address for _, node in tables.at_home]
    for _, correspondent in tables.correspondents:
        for kept in correspondent.bindings():
            if kept.state is CorrespondentState.BOUND and kept.home_address in homes:
                yield f"{correspondent.name} holds a binding of {tables.name(kept.home_address)}, which is home"


def _is_wanted(tables: Tables, binding: Binding) -> bool:
    for _, node in tables.abroad:
        if node.configuration.home_address == binding.home_address:
            return node.update_list.find(binding.agent) is not None
    return False


def defended(tables: Tables) -> Iterator[str]:
    """One agent, and only one, answers for each address of a mobile node that is away; for others' addresses none."""
    bindings = [binding for _, agent in tables.agents for binding in agent.cache]
    defenders = Counter(binding.home_address for binding in bindings if binding.defends)
    held = dict.fromkeys(binding.home_address for binding in bindings if binding.holds)
    for address, count in defenders.items():
        if count > 1:
            yield f"{count} agents answer for {text(address)}"
    for address in held:
        if not defenders[address]:
            yield f"nobody answers for {text(address)}, which agents hold"
    there = [node.configuration.home_address for _, node in tables.at_home] + tables.taken
    for address in there:
        if defenders[address]:
            yield f"an agent answers for {text(address)}, which is on the home link"


def at_home(tables: Tables) -> Iterator[str]:
    """A mobile node that is home has its home address back, and is registered nowhere."""
    for machine, node in tables.at_home:
        address = node.configuration.home_address
        if address not in machine.addresses and address not in tables.taken:
            yield f"{machine.name} is home without its home address"
        for entry in node.update_list:
            if entry.state is not State.IDLE and not entry.unsupported and entry.is_bound(tables.now):
                yield f"{machine.name} is home, and registered with {text(entry.peer)}"


def tunnelled(tables: Tables) -> Iterator[str]:
    """Machines tunnel what their agents hold, to where the mobile node is, and nothing goes in circles."""
    ways: dict[bytes, bytes] = {}
    for machine, agent in tables.agents:
        held = {b.home_address: b.care_of_address for b in agent.cache if b.holds and not b.cloned}
        tunnels = {t.home_address: t.remotes[0] for t in machine.detours.tunnels if t.end is End.HOME_AGENT}
        ways.update(tunnels)
        if tunnels != held:
            yield f"{machine.name} tunnels for {_shown(tuple(tunnels))}, its agent holds {_shown(tuple(held))}"
    for machine, node in tables.abroad:
        for tunnel in machine.detours.tunnels if node.configuration.home_address not in tables.taken else ():
            yield from _lost(tables, machine, tunnel)
    for address in ways:
        if _is_circle(address, ways):
            yield f"packets for {text(address)} go in circles"


def _lost(tables: Tables, machine: Machine, tunnel: SetTunnel) -> Iterator[str]:
    """What is wrong with a mobile node's own tunnel."""
    if tunnel.end is End.MOBILE_NODE and tunnel.local not in machine.addresses:
        yield f"{machine.name} tunnels from {text(tunnel.local)}, which it hasn't"
    if tunnel.end is End.MOBILE_NODE and tables.agents and tables.agent(tunnel.remotes[0]) is None:
        yield f"{machine.name} tunnels to {text(tunnel.remotes[0])}, which is gone"


def _is_circle(address: bytes, ways: Mapping[bytes, bytes]) -> bool:
    for _ in range(len(ways) + 1):
        address = ways.get(address, b"")
    return bool(address)


def quiet(tables: Tables) -> Iterator[str]:
    """No mobile node is told of failures any more, agents know which of them live, and offer no others."""
    for _, agent in tables.agents:
        if len(agent.failover.alarms):
            yield f"{agent.name} still has alarms"
        for peer in agent.failover.peers:
            is_gone = tables.agent(peer.address) is None
            if peer.shared and any(peer.fails(binding) for binding in peer.shared) != is_gone:
                yield f"{agent.name} holds {text(peer.address)} to be {peer.state.name}"
            if peer.state is PeerState.UNREACHABLE and agent.failover.offers(peer.address):
                yield f"{agent.name} offers {text(peer.address)}, which it holds to be unreachable"


# --- at any time ---


def remembered(tables: Tables) -> Iterator[str]:
    """A mobile node knows which agents may hold a binding: who forgets one can't ask it to forget.

    But for one that has lost its memory; and packets that the network doubled or held may have made a binding anew. The
    mobile node counts lifetimes from the sending of its update on (RFC 6275, 11.7.3), the agent from when it came.
    """
    for machine, node in tables.mobile_nodes if not tables.is_spoilt else ():
        for _, agent in tables.agents if machine.name not in tables.forgetful else ():
            for binding in agent.cache:
                is_its_own = binding.home_address == node.configuration.home_address and binding.holds
                is_over = binding.expires_ns - tables.now <= _LATER_NS
                if is_its_own and not is_over and not node.may_be_bound_at(binding.agent):
                    yield f"{machine.name} has forgotten that {agent.name} holds a binding"


def aware(tables: Tables) -> Iterator[str]:
    """A mobile node that has moved takes nobody for told who isn't: what it was told before is no binding any more."""
    for machine, node in tables.mobile_nodes:
        for entry in node.update_list if node.care_of_address is not None else ():
            if entry.state is State.BOUND and entry.care_of_address != node.care_of_address:
                yield f"{machine.name} is at {text(node.care_of_address or b'')}, told {text(entry.peer)} another one"


#: Those that hold at any time, by name.
ALWAYS: Mapping[str, Invariant] = {each.__name__: each for each in (remembered, aware)}

#: By name, in the order in which they are asked.
INVARIANTS: Mapping[str, Invariant] = {
    each.__name__: each for each in (registered, agreed, one_round, forgotten, defended, at_home, tunnelled, quiet)
}


def broken(tables: Tables, invariants: Mapping[str, Invariant] = INVARIANTS) -> list[tuple[str, str]]:
    """The invariants that don't hold, with what is wrong."""
    return [(name, wrong) for name, invariant in invariants.items() for wrong in invariant(tables)]


__all__ = ["ALWAYS", "INVARIANTS", "Invariant", "broken"]
