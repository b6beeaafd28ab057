"""Registration with home agents: what each row of an entry's machine does (RFC 6275, 11.5.5, 11.7.1, 11.7.3)."""

from __future__ import annotations

from collections.abc import Callable

from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.options.binding import BindingRefreshAdvice
from mhatool.engine.mobile_node.binding_states import HOME_REGISTRATION, KAME_HOME_REGISTRATION, Input, State
from mhatool.engine.mobile_node.choice import Choice
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.home_neighbours import HomeNeighbours
from mhatool.engine.mobile_node.home_prefix import Lifetimes
from mhatool.engine.mobile_node.update_list import WAITING, Entry, UpdateList
from mhatool.engine.mobile_node.updates import HomeUpdates
from mhatool.protocol.lifetime import NS_PER_S, expiry

MOST_RESUMED = 3
"""So many refusals of a number or a time stamp in a row are answered at once; further ones wait their time."""
REFUSED, NO_ANSWER, DEREGISTERED = "refused", "no answer", "deregistered"
UNREACHABLE, OVER = "unreachable", "its lifetime is over"
"""Why an entry goes."""
_UNIT_S = 4


class HomeRegistrations:
    """The handlers of home registrations. `choice` says which agents each Binding Update lists."""

    def __init__(
        self,
        context: Context,
        update_list: UpdateList,
        updates: HomeUpdates,
        neighbours: HomeNeighbours,
        lifetimes: Lifetimes,
    ) -> None:
        self._context = context
        self._list = update_list
        self._updates = updates
        self._neighbours = neighbours
        self._lifetimes = lifetimes
        self.choice = Choice(context, update_list)
        neighbours.on_found = self._send_what_waited
        self.cycles = 0
        """How often all agents were tried in vain, one at a time: each time they are given twice the time."""
        self.on_silence: Callable[[bytes], None] = lambda agent: None
        """Called with an agent that leaves registrations unanswered, while nobody can stand in for it."""
        self.is_attached: Callable[[], bool] = lambda: True
        """Whether the node is reached somewhere: no agent is to blame for what it can't answer."""

    def create(self, agent: bytes, index: int) -> Entry:
        """An entry for an agent of this round."""
        is_kame = self._context.behaviour.ignores_unlisted
        return self._list.create(
            agent, KAME_HOME_REGISTRATION if is_kame else HOME_REGISTRATION, self, index, home=True
        )

    # --- handlers ---

    def register_first(self, entry: Entry) -> None:
        """Register where no binding is, as far as is known."""
        entry.is_first = True
        entry.holds_until_ns = 0
        self.register(entry)

    def register(self, entry: Entry) -> None:
        """Register, move or refresh: a new Binding Update, whose answer alone counts from now on."""
        entry.is_deletion = False
        self._begin(entry)

    def refresh(self, entry: Entry) -> State | None:
        """Ask for more time; where what bounds the binding would end it no later, it is over then (11.7.1)."""
        asked_s = self._lifetime_s()
        gain_ns = expiry(self._context.now, asked_s) - entry.holds_until_ns
        is_bounded = asked_s + _UNIT_S <= self._context.configuration.lifetime_s
        if is_bounded and gain_ns < _UNIT_S * NS_PER_S:
            entry.rests()
            return State.BOUND
        self.register(entry)
        return None

    def deregister(self, entry: Entry) -> State | None:
        """Delete the binding; the entry goes when that is acknowledged. At once where no agent can hold it any more."""
        if self._context.behaviour.expires and self._context.now >= entry.may_hold_until_ns:
            return self._drop(entry, OVER)
        entry.is_deletion, entry.is_first = True, False
        self._begin(entry)
        return None

    def retransmit(self, entry: Entry) -> State | None:
        """The same again with the next number; or, with one agent at a time, never again."""
        if entry.is_postponed:
            entry.is_postponed = False
            self._send(entry)
            return None
        if entry.outstanding:
            self._context.unanswered(max(entry.outstanding.values()))
        if entry.is_first and entry.state is State.WAITA and not entry.is_checked and self._gives_up(entry):
            return self._drop(entry, NO_ANSWER if self.choice.is_single else UNREACHABLE)
        entry.retries += 1
        self._may_be_silent(entry)
        self._send(entry)
        return None

    def _may_be_silent(self, entry: Entry) -> None:
        """Nothing is registered, and as many Binding Updates as a check has were left unanswered."""
        is_registering = entry.is_first and entry.state is State.WAITA and self.is_attached()
        if is_registering and entry.retries >= self._context.constants.agent_check_transmits:
            self.on_silence(entry.peer)

    def _gives_up(self, entry: Entry) -> bool:
        """One agent at a time gets one try (11.4.1); of several, each gets as many as a check."""
        if not self.is_attached():
            return False
        tries = 1 if self.choice.is_single else self._context.constants.agent_check_transmits
        return entry.retries + 1 >= tries and self.choice.can_replace(entry.peer)

    def check_begins(self, entry: Entry, since_ns: int) -> None:
        """The agent is asked whether it is there: when, others decide from now on.

        Who was asked since that instant, and hasn't answered, is being asked already: waits don't become shorter.
        """
        entry.is_checked = True
        is_out = entry.state in WAITING and not entry.is_postponed and not entry.is_deletion
        if is_out and entry.outstanding and max(entry.outstanding.values()) > since_ns:
            entry.rests()
            self._list.settle(entry)
        else:
            self._list.feed(entry, Input.SUSPECTED)

    def check_ends(self, entry: Entry) -> None:
        """What is still unanswered is retransmitted in the usual way."""
        entry.is_checked = False
        if entry.state in WAITING and not entry.is_postponed:
            self._wait(entry)
            self._list.settle(entry)

    def resume(self, entry: Entry) -> None:
        """The agent said which number or time it wants: go on from there."""
        entry.resumed += 1
        if entry.resumed <= MOST_RESUMED:
            self._send(entry)

    def urge(self, agents: tuple[bytes, ...]) -> None:
        """Something came through that didn't before: who of these was asked in vain meanwhile is asked now, once.

        Waits have doubled while nobody could answer. The next one is as long as after any other transmission (11.8).
        """
        for agent in agents:
            entry = self._list.find(agent)
            if entry is not None and entry.home_registration and self._was_asked_in_vain(entry):
                entry.was_urged = True
                entry.retries += 1
                self._send(entry)
                self._list.settle(entry)

    def begin_again(self, since_ns: int) -> None:
        """Nothing could leave the node since then: who was asked in vain is asked now, as if not before."""
        for entry in self._list.home_registrations():
            if entry.state not in WAITING or entry.is_checked or not entry.outstanding:
                continue
            left = sum(sent_ns < since_ns for sent_ns in entry.outstanding.values())
            if left == len(entry.outstanding):
                continue
            if left:
                entry.retries = left
                self._send(entry)
            else:
                self._begin(entry)
            self._list.settle(entry)

    def _was_asked_in_vain(self, entry: Entry) -> bool:
        """Whether it was sent to more than once, and the last answer has had the time that a first one has."""
        if entry.state not in (State.WAITA, State.WAITAR) or entry.was_urged or entry.is_checked or entry.is_postponed:
            return False
        schedule, constants = self._context.behaviour.schedule, self._context.constants
        patience_ns = schedule.wait_ns(0, first=entry.is_first, constants=constants)
        return entry.retries > 0 and self._context.now - entry.sent_ns[-1] >= patience_ns

    def accept(self, entry: Entry, acknowledgement: BindingAcknowledgement) -> None:
        """The binding holds, from the time of sending on (11.7.3); plan its refresh."""
        granted = min(acknowledgement.lifetime_s, entry.lifetime_s)
        entry.expires_ns -= (entry.lifetime_s - granted) * NS_PER_S
        entry.lifetime_s = granted
        sent = entry.outstanding.get(acknowledgement.sequence_number, self._context.now)
        entry.holds_until_ns = entry.may_hold_until_ns = expiry(sent, granted)
        entry.outstanding.clear()
        entry.retries = entry.resumed = 0
        entry.is_first = entry.is_postponed = entry.was_urged = False
        schedule = self._context.behaviour.schedule
        entry.refresh_s = schedule.refresh_s(granted, advice(acknowledgement))
        self._list.wait(entry, entry.refresh_s * NS_PER_S, schedule.counts_from(sent, self._context.now))

    def lapse(self, entry: Entry) -> State | None:
        """The refresh wasn't answered in time: as far as is known there is no binding any more."""
        entry.is_first = True
        if not self.is_attached():
            return None
        if self.choice.can_spare(entry.peer):
            return self._drop(entry, UNREACHABLE)
        self.on_silence(entry.peer)
        return None

    def drop_refused(self, entry: Entry) -> State | None:
        """The agent won't: the round goes on without it."""
        return self._drop(entry, REFUSED)

    def drop_deregistered(self, entry: Entry) -> State | None:
        """Nothing is left at this agent."""
        return self._drop(entry, DEREGISTERED)

    def drop_unreachable(self, entry: Entry) -> State | None:
        """The agent doesn't answer, and a deregistration wouldn't reach it."""
        return self._drop(entry, UNREACHABLE)

    def go_on(self) -> None:
        """What bounds bindings lasts longer: entries that had nothing to ask for look again."""
        for entry in self._list.home_registrations():
            if not entry.rings_ns and not entry.is_checked:
                entry.waits_until(self._context.now, self._context.now)
                self._list.settle(entry)

    # --- sending ---

    def _drop(self, entry: Entry, cause: str) -> State:
        entry.gone, entry.cause = True, cause
        entry.holds_until_ns = 0
        entry.rests()
        return State.IDLE

    def _begin(self, entry: Entry) -> None:
        entry.retries = self.cycles if entry.is_first else 0
        entry.is_postponed = entry.was_urged = False
        entry.outstanding.clear()
        self._send(entry)

    def _send(self, entry: Entry) -> None:
        lifetime_s = 0 if entry.is_deletion else self._lifetime_s()
        if not lifetime_s and not entry.is_deletion:
            entry.is_postponed = True
            entry.rests()
            return
        not_before = self._updates.too_many(entry)
        if not_before is not None:
            entry.is_postponed = True
            entry.waits_until(not_before, not_before)
            return
        at_home = entry.care_of_address == entry.home_address
        link = self._neighbours.link_address(entry.peer) if at_home else None
        if not at_home or link is not None or not self._neighbours.ask(entry.peer):
            self._updates.send(entry, self.choice.list_for(entry.peer), lifetime_s, link)
        if entry.is_checked:
            entry.rests()
        else:
            self._wait(entry)

    def _send_what_waited(self, agent: bytes) -> None:
        """Back home, the agent's link-layer address is known: what was to be sent to it leaves."""
        entry = self._list.find(agent)
        if entry is not None and entry.home_registration and entry.state in WAITING and entry.is_deletion:
            self._send(entry)
            self._list.settle(entry)

    def _wait(self, entry: Entry) -> None:
        schedule, constants = self._context.behaviour.schedule, self._context.constants
        self._list.wait(entry, schedule.wait_ns(entry.retries, first=entry.is_first, constants=constants))

    def _lifetime_s(self) -> int:
        """What is asked for: no more than home and care-of address have left (11.7.1), in units of 4 s. 0: nothing."""
        left = [self._context.configuration.lifetime_s, *self._lifetimes.left_s()]
        return min(left) // _UNIT_S * _UNIT_S


def advice(acknowledgement: BindingAcknowledgement) -> int | None:
    """The refresh interval that an answer advises, in seconds."""
    found = (o.refresh_interval_s for o in acknowledgement.options if isinstance(o, BindingRefreshAdvice))
    return next(found, None)


__all__ = [
    "DEREGISTERED",
    "MOST_RESUMED",
    "NO_ANSWER",
    "OVER",
    "REFUSED",
    "UNREACHABLE",
    "HomeRegistrations",
    "advice",
]
