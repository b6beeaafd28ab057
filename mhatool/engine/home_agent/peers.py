"""Which home agents share mobile nodes with this one, and which of their bindings: found in constant time."""

from __future__ import annotations

from collections.abc import Iterator

from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.peer import Peer, PeerState


class Peers:
    """Peers by the pair of addresses that ask each other. Bindings without a list cost nothing here."""

    def __init__(self, own: tuple[bytes, ...]) -> None:
        self._own = frozenset(own)
        self._by_pair: dict[bytes, Peer] = {}
        self._by_address: dict[bytes, list[Peer]] = {}

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._by_pair.values()))

    def __len__(self) -> int:
        return len(self._by_pair)

    def find(self, own: bytes, address: bytes) -> Peer | None:
        """The peer with this address, as seen from one of this agent's own."""
        return self._by_pair.get(own + address)

    def at(self, address: bytes) -> tuple[Peer, ...]:
        """The same agent's address, as seen from each of this agent's own that has something to do with it."""
        return tuple(self._by_address.get(address, ()))

    def of(self, binding: Binding) -> list[Peer]:
        """The other agents of a binding's list, in its order."""
        found = [self._by_pair.get(binding.agent + address) for address in binding.agents]
        return [peer for peer in found if peer is not None]

    def share(self, binding: Binding, address: bytes) -> Peer | None:
        """A binding lists this agent: the peer, which may be a new one. None where it is this agent itself."""
        if address in self._own:
            return None
        key = binding.agent + address
        peer = self._by_pair.get(key)
        if peer is None:
            peer = self._by_pair[key] = Peer(binding.agent, address)
            self._by_address.setdefault(address, []).append(peer)
        peer.shared[binding] = None
        return peer

    def part(self, binding: Binding, address: bytes) -> Peer | None:
        """It doesn't any more: the peer. None where there is none."""
        peer = self._by_pair.get(binding.agent + address)
        if peer is not None:
            peer.shared.pop(binding, None)
            peer.lacking.pop(binding, None)
        return peer

    def remove(self, peer: Peer) -> None:
        """Nothing is to be known of it any more."""
        del self._by_pair[peer.own + peer.address]
        others = self._by_address[peer.address]
        others.remove(peer)
        if not others:
            del self._by_address[peer.address]

    # --- questions about a binding ---

    def failing(self, binding: Binding) -> tuple[bytes, ...]:
        """The agents of its list that can't be relied on for it, in its order."""
        return tuple(peer.address for peer in self.of(binding) if peer.fails(binding))

    def fails(self, binding: Binding, address: bytes) -> bool:
        """Whether this agent of its list can't be relied on for it."""
        peer = self._by_pair.get(binding.agent + address)
        return peer is not None and peer.fails(binding)

    def turn(self, binding: Binding) -> int:
        """How many agents that live come before this one in its list; 0: this one is to act.

        Agents that nobody here knows don't count.
        """
        before = [self._by_pair.get(binding.agent + address) for address in binding.before()]
        living = (peer for peer in before if peer is not None and peer.state is not PeerState.UNKNOWN)
        return sum(not peer.fails(binding) for peer in living)

    def offers(self, address: bytes) -> bool:
        """Whether mobile nodes that look for home agents shall hear of an agent's address."""
        return all(peer.is_offered for peer in self._by_address.get(address, ()))


__all__ = ["Peers"]
