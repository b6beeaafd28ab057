"""When a peer is asked for a sign of life, and what its answer means: the handlers that `peer.PEERS` names.

A Heartbeat leaves `probe_idle_s` after an answered one. One that isn't answered within `probe_interval_s` has failed,
and the next one leaves at once. After `probe_failures` in a row the peer is unreachable, which is found within
(failures + 1) x interval where the constants are one another's equals. Peers that are unreachable, or that say they
leave, are asked more often. Who knows no Heartbeats is asked in the same rhythm by other means (`heartbeats.py`).
"""

from __future__ import annotations

from typing import Final, Protocol

from mhatool.engine.constants import Constants
from mhatool.engine.failure_events import PeerChanged
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.peer import PEERS, Peer, PeerInput, PeerState
from mhatool.engine.home_agent.peers import Peers
from mhatool.engine.node import Output
from mhatool.engine.timers import Timers
from mhatool.protocol.lifetime import nanoseconds

HASTE_S: Final = 0.5
"""The longest time for which the answer of a peer that is unreachable, or leaves, is waited for."""
LEAST_GAP_NS: Final = 50_000_000
"""Between two Heartbeats to one peer, whatever others say: nobody can make this agent flood it."""


class Consequences(Protocol):
    """Whom it concerns that bindings aren't held by a peer any more, or again."""

    def lost(self, bindings: list[Binding], now: int) -> None: ...

    def regained(self, bindings: list[Binding], now: int) -> None: ...


class Asking(Protocol):
    """Asks by a Heartbeat, or by what the peer knows instead: anew, or what is out once more."""

    def ask(self, peer: Peer, now: int) -> None: ...

    def repeat(self, peer: Peer, now: int) -> None: ...


class Probing:
    """Asks peers, and takes them through their states."""

    def __init__(
        self, constants: Constants, peers: Peers, asking: Asking, consequences: Consequences, output: Output
    ) -> None:
        self._failures = constants.probe_failures
        self._patience_ns = nanoseconds(constants.probe_interval_s)
        self._haste_ns = min(self._patience_ns, nanoseconds(HASTE_S))
        self._idle_ns = nanoseconds(constants.probe_idle_s)
        self._peers = peers
        self._asking = asking
        self._consequences = consequences
        self._output = output
        self._timers: Timers[Peer] = Timers()
        self.is_paused = False

    # --- what happens ---

    def feed(self, peer: Peer, given: PeerInput, now: int) -> None:
        """Something happened to a peer."""
        peer.state = PEERS.feed(peer.state, given, self, peer, now)

    def answered(self, peer: Peer, counter: int | None, now: int) -> None:
        """It answered the Heartbeat that is out; `counter` is None where the answer doesn't tell one."""
        peer.out, peer.failures = False, 0
        had, peer.counter = peer.counter, counter if counter is not None else peer.counter
        has_restarted = had is not None and peer.counter != had
        doubted = peer.doubted_ns
        leaves = has_restarted and peer.resigned
        if has_restarted or (doubted is not None and doubted <= peer.asked_ns):
            peer.doubted_ns, peer.resigned = None, leaves
        self._timers.set(peer, now + self._idle_ns)
        self.feed(peer, _ANSWERS[has_restarted] if not leaves else PeerInput.LEFT, now)
        if peer.doubted_ns is not None and peer.state is not PeerState.UNKNOWN:
            self.hurry(peer, now)

    def doubt(self, peer: Peer, now: int) -> None:
        """Somebody says that it leaves: nothing is believed before its own answer, or its silence."""
        if peer.state is not PeerState.UNKNOWN:
            peer.doubted_ns = now
            self.hurry(peer, now)

    def hurry(self, peer: Peer, now: int) -> None:
        """Ask it at once, but never sooner than the gap.

        A question that is out is repeated with its number, and its time goes on: however often somebody gives a reason
        to ask, what isn't answered is counted.
        """
        if self.is_paused:
            return
        at = peer.sent_ns + LEAST_GAP_NS if peer.number is not None else now
        due = self._timers.deadline(peer)
        if at <= now:
            self._ask_again(peer, now)
        elif due is None or at < due:
            self._timers.set(peer, at)

    def pause(self) -> None:
        """The agent's own interface is down: it can accuse nobody."""
        self.is_paused = True
        for peer in self._peers:
            self._timers.cancel(peer)
            peer.out = False

    def go_on(self, now: int) -> None:
        """It is up again."""
        self.is_paused = False
        for peer in self._peers:
            if peer.state is not PeerState.UNKNOWN:
                self.feed(peer, PeerInput.LINK_BACK, now)

    def stop(self) -> None:
        """Ask nobody any more."""
        self.pause()

    # --- time ---

    def next_timer(self) -> int | None:
        """When a Heartbeat is due, or the time for its answer over."""
        return self._timers.next()

    def handle_timer(self, now: int) -> None:
        """Count what wasn't answered, and ask again."""
        for peer in self._timers.due(now):
            if peer.out and now < peer.deadline_ns:
                self._ask_again(peer, now)
                continue
            if peer.out:
                peer.failures += 1
                if peer.failures >= self._failures:
                    self.feed(peer, PeerInput.UNANSWERED, now)
            if not self._is_silent(peer):
                self._ask(peer, now)

    def _ask(self, peer: Peer, now: int) -> None:
        hastes = peer.state is PeerState.UNREACHABLE or peer.doubted_ns is not None
        peer.out, peer.asked_ns, peer.sent_ns = True, now, now
        peer.deadline_ns = now + (self._haste_ns if hastes else self._patience_ns)
        self._asking.ask(peer, now)
        self._timers.set(peer, peer.deadline_ns)

    def _ask_again(self, peer: Peer, now: int) -> None:
        if not peer.out or peer.state is PeerState.UNREACHABLE:
            self._ask(peer, now)
            return
        peer.sent_ns = now
        self._asking.repeat(peer, now)
        self._timers.set(peer, peer.deadline_ns)

    def _is_silent(self, peer: Peer) -> bool:
        """Who left, and advertises itself no longer, isn't asked any more."""
        return self.is_paused or (peer.state is PeerState.UNREACHABLE and peer.resigned)

    # --- the handlers ---

    def begin(self, peer: Peer, now: int) -> PeerState:
        """Ask it from now on."""
        if peer.state is PeerState.UNREACHABLE and not peer.shared:
            self.forget(peer, now)
            return PeerState.UNKNOWN
        peer.state, peer.failures, peer.doubted_ns = PeerState.ASKED, 0, None
        peer.out = peer.told = False
        if not self.is_paused:
            self._ask(peer, now)
        return PeerState.ASKED

    def greet(self, peer: Peer, now: int) -> PeerState:
        """It answers for the first time, or for the first time since this agent's own link was down."""
        peer.state = PeerState.EMPTY if peer.lacking else PeerState.REACHABLE
        self._tell(peer, "probed", now)
        return peer.state

    def restart(self, peer: Peer, now: int) -> PeerState:
        """What it held is gone there: it is held again when it shows that, one binding after another."""
        if not peer.shared:
            self._tell_state(peer, "reachable", "probed", now)
            self._drop(peer)
            return PeerState.UNKNOWN
        lost = [binding for binding in peer.shared if not peer.fails(binding)]
        peer.lacking = dict(peer.shared)
        peer.state = PeerState.EMPTY
        self._tell(peer, "restarted", now)
        self._consequences.lost(lost, now)
        return PeerState.EMPTY

    def relearn(self, peer: Peer, now: int) -> None:
        """It holds all bindings again."""
        peer.state = PeerState.REACHABLE
        self._tell(peer, "probed", now)

    def time_out(self, peer: Peer, now: int) -> None:
        """It doesn't answer. Whether it leaves its advertisements say: by a Heartbeat anybody could say so for it."""
        self._lose(peer, "left" if peer.resigned else "unanswered", now)

    def leave(self, peer: Peer, now: int) -> None:
        """It says that it leaves, and its answer tells another counter: so it does, and isn't asked any more."""
        self._lose(peer, "left", now)
        self.retire(peer, now)

    def retire(self, peer: Peer, _now: int) -> None:
        """It was unreachable, and leaves now. Should it come back, it has to show what it holds."""
        peer.lacking = dict(peer.shared)
        self._timers.cancel(peer)

    def resume(self, peer: Peer, now: int) -> None:
        """An unreachable one is there after all."""
        self.hurry(peer, now)

    def recover(self, peer: Peer, now: int) -> PeerState:
        """It answers again, and still holds what it held."""
        if not peer.shared:
            self._tell_state(peer, "reachable", "probed", now)
            self._drop(peer)
            return PeerState.UNKNOWN
        peer.state = PeerState.EMPTY if peer.lacking else PeerState.REACHABLE
        self._tell(peer, "probed", now)
        self._consequences.regained([binding for binding in peer.shared if binding not in peer.lacking], now)
        return peer.state

    def watch(self, peer: Peer, now: int) -> PeerState:
        """No binding lists it, but as long as it doesn't answer no mobile node shall be offered it."""
        if not peer.resigned:
            return PeerState.UNREACHABLE
        self.forget(peer, now)
        return PeerState.UNKNOWN

    def forget(self, peer: Peer, now: int) -> None:
        """Nothing is shared with it any more."""
        if peer.told:
            self._tell(peer, "unshared", now)
        self._drop(peer)

    # --- what they have in common ---

    def _drop(self, peer: Peer) -> None:
        self._timers.cancel(peer)
        self._peers.remove(peer)

    def _lose(self, peer: Peer, cause: str, now: int) -> None:
        lost = [binding for binding in peer.shared if not peer.fails(binding)]
        peer.state, peer.out = PeerState.UNREACHABLE, False
        self._tell(peer, cause, now)
        self._consequences.lost(lost, now)

    def _tell(self, peer: Peer, cause: str, now: int) -> None:
        self._tell_state(peer, peer.state.name.lower(), cause, now)

    def _tell_state(self, peer: Peer, state: str, cause: str, now: int) -> None:
        peer.told = True
        self._output.tell(
            PeerChanged(time_ns=now, node=self._output.node, address=peer.address, state=state, cause=cause)
        )


_ANSWERS = (PeerInput.ANSWERED, PeerInput.RESTARTED)

__all__ = ["HASTE_S", "LEAST_GAP_NS", "Asking", "Consequences", "Probing"]
