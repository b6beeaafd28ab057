"""Route optimisation with correspondents: what each row of an entry's machine does (RFC 6275, 11.6 and 11.7.2)."""

from __future__ import annotations

from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.actions import End, SetOptimisedRoute
from mhatool.engine.mobile_node.binding_states import Input, State
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.correspondent_states import CORRESPONDENT
from mhatool.engine.mobile_node.correspondent_updates import CorrespondentUpdates
from mhatool.engine.mobile_node.home_prefix import Lifetimes
from mhatool.engine.mobile_node.routability import Routability
from mhatool.engine.mobile_node.tunnel import ReverseTunnel
from mhatool.engine.mobile_node.update_list import Entry, UpdateList
from mhatool.engine.mobile_node_events import RouteOptimised, TestFailed
from mhatool.protocol.lifetime import NS_PER_S, expiry, nanoseconds

SHARE_OF_LIFETIME = 0.8
"""When the tests for a refresh begin; a correspondent advises nothing (RFC 6275, 6.2.4)."""

AFTER_HOME_S = 1
"""So long after a home registration's refresh a correspondent's follows: the answer is there by then."""
_TESTING = (State.RRINIT, State.RRREDO, State.RRDEL)
TIME_FOR_TESTS_S = 4
"""What has to be left of a binding for its tests and one retransmission."""


class Correspondents:
    """The handlers of correspondents' entries, and who gets one."""

    def __init__(self, context: Context, update_list: UpdateList, tunnel: ReverseTunnel, lifetimes: Lifetimes) -> None:
        self._context = context
        self._list = update_list
        self._tunnel = tunnel
        self._lifetimes = lifetimes
        self._updates = CorrespondentUpdates(context)
        self._optimised: set[bytes] = set()
        self.tests = Routability(context, update_list, tunnel, self._tested, self._test_failed)

    # --- who is asked ---

    def use(self, peer: bytes) -> None:
        """A packet went through the tunnel: ask its correspondent, unless it is asked or doesn't take part."""
        context = self._context
        entry = self._list.find(peer)
        if entry is not None and (entry.state is not State.IDLE or context.now < entry.asks_again_ns):
            return
        if not context.configuration.optimise_routes or self._tunnel.first is None or self._lifetime_s() == 0:
            return
        if entry is None and not self._makes_room():
            return
        if entry is None:
            entry = self._list.create(peer, CORRESPONDENT, self, len(self._list.correspondents()), home=False)
        entry.unsupported = False
        self._list.feed(entry, Input.REVERSE_PACKET)

    def _makes_room(self) -> bool:
        """Whether there is room for one more: of those that aren't asked the first one is forgotten.

        Anybody can make up who sends through the tunnel: what follows from it has its bounds. Who may still hold a
        binding is forgotten last: once the node is home nobody else would delete it.
        """
        known = self._list.correspondents()
        if len(known) < self._context.configuration.most_correspondents:
            return True
        idle = min((entry for entry in known if entry.state is State.IDLE), key=self._may_hold, default=None)
        if idle is not None:
            idle.gone, idle.cause = True, "for another one"
            self._list.settle(idle)
        return idle is not None

    def moved(self) -> None:
        """Another care-of address: the tests begin anew; until then packets go by the tunnel."""
        for entry in self._list.correspondents():
            self._list.feed(entry, Input.MOVEMENT)

    def begin_again(self, since_ns: int) -> None:
        """The link is there again: tests that were asked for meanwhile begin anew."""
        for entry in self._list.correspondents():
            if entry.state in (State.RRINIT, State.RRREDO) and self.tests.asked_ns(entry) >= since_ns:
                self._list.feed(entry, Input.MOVEMENT)

    def stranded(self) -> None:
        """No care-of address is left: tests that are out end."""
        for entry in self._list.correspondents():
            if entry.state in _TESTING:
                self._list.feed(entry, Input.RR_FAILED)

    def returned(self) -> None:
        """Home again: each correspondent forgets the binding."""
        for entry in self._list.correspondents():
            self._list.feed(entry, Input.RETURNING_HOME)

    def leave(self) -> None:
        """The node stops."""
        for entry in self._list.correspondents():
            self._list.feed(entry, Input.LEAVING)

    def _tested(self, entry: Entry) -> None:
        self._list.feed(entry, Input.RR_DONE)

    def _test_failed(self, entry: Entry) -> None:
        """Nobody answered: MAX_RO_FAILURE times, and it counts as one that doesn't take part (RFC 6275, 12)."""
        entry.failures += 1
        self._list.feed(entry, Input.RR_FAILED)

    # --- handlers ---

    def test(self, entry: Entry) -> None:
        """Run both tests; with another care-of address the route so far leads nowhere."""
        care_of_address = self._care_of_address()
        if entry.care_of_address != care_of_address:
            self._route(entry, None)
        entry.care_of_address = care_of_address
        entry.is_deletion = False
        self._put_away_updates(entry)
        self.tests.start(entry)

    def follow(self, entry: Entry) -> State:
        """It isn't asked any more, but may still hold a binding with a care-of address of before: that one moves."""
        if entry.unsupported or not self._may_hold(entry):
            return State.IDLE
        self.test(entry)
        return State.RRINIT

    def forget(self, entry: Entry) -> State:
        """It isn't asked any more: what it may still hold is deleted, else its packets would go where nobody is."""
        if self._may_hold(entry):
            return self.begin_deletion(entry)
        self.drop(entry)
        return State.IDLE

    def refresh(self, entry: Entry) -> State:
        """Before the binding ends: with the tokens that are there, or with new ones."""
        lifetime_s = self._lifetime_s()
        if not (self._context.behaviour.reuses_tokens and self.tests.tokens_are_fresh(entry) and lifetime_s):
            self.test(entry)
            return State.RRREDO
        self._begin(entry, lifetime_s)
        if self._updates.asks_for_answer:
            return State.WAITAR
        self._hold(entry, lifetime_s, self._context.now)
        return State.BOUND

    def begin_anew(self, entry: Entry) -> None:
        """The correspondent has no binding: by the tunnel until it has one; its tokens may be worth nothing either."""
        self.unroute(entry)
        self.tests.tests_of(entry).home_token = None
        self.test(entry)

    def test_home(self, entry: Entry) -> None:
        """Run the home test alone, for a deletion."""
        self._put_away_updates(entry)
        self.tests.start(entry, home_only=True)

    def begin_deletion(self, entry: Entry) -> State:
        """Delete the binding, with the home token that is there or a new one; a peer without one has none to delete."""
        self._route(entry, None)
        entry.care_of_address = self._care_of_address()
        entry.is_deletion = True
        if not self._may_hold(entry):
            self.drop(entry)
            return State.IDLE
        if not self.tests.home_token_is_fresh(entry):
            self.test_home(entry)
            return State.RRDEL
        self.tests.stop(entry)
        return self.delete(entry)

    def delete(self, entry: Entry) -> State:
        """The Binding Update with lifetime 0; its proof rests on the home keygen token alone."""
        self.tests.tests_of(entry).care_of_token = None
        self._begin(entry, 0)
        if self._updates.asks_for_answer:
            return State.WAITD
        self.drop(entry)
        return State.IDLE

    def update(self, entry: Entry) -> State:
        """Both tokens are there: the Binding Update."""
        lifetime_s = self._lifetime_s()
        if lifetime_s == 0:
            return self._pause_unregistered(entry)
        was_redo = entry.state is State.RRREDO
        self._begin(entry, lifetime_s)
        if self._updates.asks_for_answer:
            return State.WAITAR if was_redo else State.WAITA
        self._hold(entry, lifetime_s, self._context.now)
        return State.BOUND

    def accept(self, entry: Entry, acknowledgement: BindingAcknowledgement) -> None:
        """The correspondent holds the binding."""
        sent = entry.outstanding.get(acknowledgement.sequence_number, self._context.now)
        self._hold(entry, min(acknowledgement.lifetime_s, entry.lifetime_s), sent)

    def retransmit(self, entry: Entry) -> State | None:
        """The same again with the next number, while the tokens may be used; then new ones."""
        if entry.is_deletion:
            if not self.tests.home_token_is_fresh(entry):
                self.test_home(entry)
                return State.RRDEL
        elif not self._lifetime_s():
            return self._pause_unregistered(entry)
        elif not self.tests.tokens_are_fresh(entry):
            self.test(entry)
            return State.RRREDO if entry.state is State.WAITAR else State.RRINIT
        if entry.is_postponed:
            entry.is_postponed = False
        else:
            entry.retries += 1
        self._repeat(entry)
        return None

    def resume(self, entry: Entry) -> State | None:
        """The correspondent said which number it has: go on from there."""
        if not entry.is_deletion and not self._lifetime_s():
            return self._pause_unregistered(entry)
        self._repeat(entry)
        return None

    def unroute(self, entry: Entry) -> None:
        """By the tunnel: the binding is over, or never was."""
        entry.holds_until_ns = 0
        self._route(entry, None)

    def give_up(self, entry: Entry) -> None:
        """It doesn't take part: by the tunnel, and it isn't asked again for a while."""
        self._mark(entry, "it doesn't take part")

    def fail(self, entry: Entry) -> None:
        """Nobody answered: by the tunnel; the next packet is a reason to try again, but not for ever."""
        if entry.failures >= self._context.constants.max_route_optimisation_failures:
            entry.failures = 0
            self.give_up(entry)
        else:
            self._pause(entry, "nobody answered")

    def drop(self, entry: Entry) -> None:
        """Nothing is left at this correspondent."""
        self._route(entry, None)
        self.tests.stop(entry)
        entry.gone, entry.cause = True, "deregistered" if entry.is_deletion else "its lifetime is over"
        entry.rests()

    # --- how ---

    def _may_hold(self, entry: Entry) -> bool:
        """Whether the correspondent may hold a binding, with whatever care-of address."""
        return self._context.now < entry.may_hold_until_ns

    def _care_of_address(self) -> bytes:
        return self._context.care_of_address or self._context.home_address

    def _lifetime_s(self) -> int:
        """At most 420 s and what the longest home registration and both addresses have left (RFC 6275, 11.7.2).

        In units of 4 s, as the wire has them.
        """
        now = self._context.now
        ends = [entry.holds_until_ns for entry in self._list.home_registrations() if entry.is_bound(now)]
        if not ends:
            return 0
        most = min(self._context.constants.max_rr_binding_lifetime_s, self._context.configuration.lifetime_s)
        return min(most, (max(ends) - now) // NS_PER_S, *self._lifetimes.left_s()) // 4 * 4

    def _refresh_s(self, sent: int, lifetime_s: int) -> int:
        """How long after the update: four fifths of the lifetime, or until just after the home registration's refresh.

        The latter where it comes in time. What is asked for is no longer than what the home registration has left, so
        refreshed before it a binding would get the short rest.
        """
        refresh_s = int(lifetime_s * SHARE_OF_LIFETIME)
        bound = [entry.due_ns for entry in self._list.home_registrations() if entry.state is State.BOUND]
        if not bound:
            return refresh_s
        after_home_s = (max(bound) - sent) // NS_PER_S + AFTER_HOME_S
        in_time = after_home_s + TIME_FOR_TESTS_S <= lifetime_s
        return max(refresh_s, after_home_s) if in_time else refresh_s

    def _hold(self, entry: Entry, lifetime_s: int, sent: int) -> None:
        entry.lifetime_s = lifetime_s
        entry.expires_ns = entry.holds_until_ns = expiry(sent, lifetime_s)
        entry.may_hold_until_ns = max(entry.may_hold_until_ns, entry.holds_until_ns)
        entry.outstanding.clear()
        entry.retries = entry.failures = 0
        entry.refresh_s = self._refresh_s(sent, lifetime_s)
        self._list.wait(entry, entry.refresh_s * NS_PER_S, sent)
        self._route(entry, entry.care_of_address)

    def _mark(self, entry: Entry, cause: str) -> None:
        self._pause(entry, cause)
        entry.unsupported = True
        entry.asks_again_ns = self._context.now + nanoseconds(self._context.configuration.give_up_s)

    def _pause(self, entry: Entry, cause: str) -> None:
        self.tests.stop(entry)
        self.unroute(entry)
        self._put_away_updates(entry)
        self._context.tell(TestFailed, correspondent=entry.peer, home_address=entry.home_address, cause=cause)

    def _pause_unregistered(self, entry: Entry) -> State:
        """No binding may outlive the home registration, and there is none (RFC 6275, 11.7.2)."""
        self._pause(entry, "no home registration")
        return State.IDLE

    def _put_away_updates(self, entry: Entry) -> None:
        """No Binding Update waits for an answer."""
        entry.outstanding.clear()
        entry.is_postponed = False
        entry.rests()

    def _begin(self, entry: Entry, lifetime_s: int) -> None:
        entry.retries = 0
        entry.outstanding.clear()
        entry.lifetime_s = entry.refresh_s = lifetime_s
        self._send(entry, lifetime_s)

    def _repeat(self, entry: Entry) -> None:
        """The same again, but for no longer than may be asked for now."""
        if not entry.is_deletion:
            entry.lifetime_s = entry.refresh_s = min(entry.lifetime_s, self._lifetime_s())
        self._send(entry, 0 if entry.is_deletion else entry.lifetime_s)

    def _send(self, entry: Entry, lifetime_s: int) -> None:
        not_before = self._updates.too_many(entry)
        if not_before is not None:
            entry.is_postponed = True
            entry.waits_until(not_before, not_before)
            return
        self._updates.send(entry, self.tests.tests_of(entry), lifetime_s)
        schedule, constants = self._context.behaviour.schedule, self._context.constants
        self._list.wait(entry, schedule.wait_ns(entry.retries, first=False, constants=constants))

    def _route(self, entry: Entry, care_of_address: bytes | None) -> None:
        if care_of_address is None and entry.peer not in self._optimised:
            return
        if care_of_address is None:
            self._optimised.discard(entry.peer)
        else:
            self._optimised.add(entry.peer)
        context = self._context
        context.output.act(SetOptimisedRoute(End.MOBILE_NODE, entry.home_address, entry.peer, care_of_address))
        context.tell(
            RouteOptimised,
            home_address=entry.home_address,
            correspondent=entry.peer,
            care_of_address=care_of_address,
        )


__all__ = ["SHARE_OF_LIFETIME", "Correspondents"]
