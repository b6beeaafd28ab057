"""The mobile node of the paper's run: times, numbers and order as its Appendix and Figs. 15 and 16 print them.

The expected values are the paper's (20:27:30 is second 0 here) and KAME's timers: 2 s, doubled, plus one second for the
strict comparison and the tick; half the lifetime in 4-second units as the advice.
"""

from __future__ import annotations

from typing import Any

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement
from dissectors.mobility.binding import BindingError, BindingRefreshRequest
from dissectors.options.binding import BindingRefreshAdvice
from dissectors.profile import KAME2003
from mhatool.engine.commands import LinkChanged
from mhatool.engine.constants import KAME2003 as KAME_CONSTANTS
from mhatool.engine.events import TimerStarted, UpdateListEntry
from mhatool.engine.mobile_node.behaviour import KameSchedule
from mhatool.engine.mobile_node_events import (
    AcknowledgementReceived,
    AuthenticationSet,
    EntryCreated,
    EntryInserted,
    FunctionEnabled,
    MachineFed,
    UpdateSent,
)
from mhatool.engine.nd_events import CareOfAddressChanged, LocationChanged, NewPrefix, PrefixReceived, RouterFound
from mhatool.protocol.lifetime import NS_PER_S
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    AGENT2,
    CARE_OF,
    HOME,
    HOME_PREFIX,
    LINK,
    ROUTERS,
    Journey,
    options_of,
)
from tests.mhatool.engine.playbook import BEGIN, Sent

FIRST = {AGENT1: 34284, AGENT2: 10802}
LOGGED = (
    TimerStarted,
    AuthenticationSet,
    FunctionEnabled,
    CareOfAddressChanged,
    LocationChanged,
    PrefixReceived,
    NewPrefix,
    RouterFound,
    EntryCreated,
    EntryInserted,
    MachineFed,
    UpdateSent,
    AcknowledgementReceived,
)
ADVICE = (BindingRefreshAdvice(refresh_interval_s=208),)


def journey(**changes: Any) -> Journey:
    return Journey(
        profile=KAME2003,
        constants=KAME_CONSTANTS,
        attached_at_home=True,
        first_sequence_numbers=tuple(FIRST.items()),
        **changes,
    )


def logged(play: Journey) -> list[tuple[float, str]]:
    """What the kernel would log, by second and kind, with the state of the machine where it logs that."""
    found = []
    for event in play.events:
        if isinstance(event, LOGGED):
            state = f" {event.state}" if isinstance(event, MachineFed) else ""
            found.append(((event.time_ns - BEGIN) / NS_PER_S, type(event).__name__ + state))
    play.events.clear()
    return found


def reaches_foreign_link(play: Journey) -> list[Sent]:
    """Starts at home, hears both agents there, is carried off, and hears the other link's router at second 0."""
    play.starts(eth0=LINK)
    play.hears_router(HOME_PREFIX, agent=AGENT2, source=ROUTERS[HOME_PREFIX][:-1] + b"\x22")
    play.hears_router(HOME_PREFIX, agent=AGENT1, source=ROUTERS[HOME_PREFIX][:-1] + b"\x11")
    play.forgets()
    play.is_told(LinkChanged("eth0"))
    play.now = BEGIN
    play.hears_router(ABROAD)
    play.waits(3)
    return play.updates()


def test_what_the_kernel_logs_as_it_comes_up_at_home() -> None:
    play = journey()
    play.starts(eth0=LINK)
    assert [kind for _, kind in logged(play)] == [
        "TimerStarted",
        "AuthenticationSet",
        "FunctionEnabled",
        "CareOfAddressChanged",
        "LocationChanged",
    ]
    play.sends_nothing()


def test_at_home_a_known_prefix_is_not_new_but_its_router_is() -> None:
    play = journey()
    play.starts(eth0=LINK)
    play.forgets()
    play.hears_router(HOME_PREFIX, agent=AGENT2)
    assert [kind for _, kind in logged(play)] == ["PrefixReceived", "RouterFound"]


def test_the_first_registration_as_sections_c_to_e_print_it() -> None:
    play = journey()
    first, second = reaches_foreign_link(play)
    assert (first.arrival.destination, second.arrival.destination) == (AGENT1, AGENT2)  # learned last, taken first
    entry = ["EntryCreated", "EntryInserted", "MachineFed WAITA", "UpdateSent"]
    assert logged(play) == [
        *[(0, kind) for kind in ("PrefixReceived", "NewPrefix", "RouterFound")],
        *[(3, kind) for kind in ("CareOfAddressChanged", "LocationChanged")],
        *[(3, kind) for kind in (entry[0], "TimerStarted", *entry[1:])],
        *[(3, kind) for kind in entry],
    ]


def test_the_first_updates_are_kames() -> None:
    first, second = reaches_foreign_link(journey())
    for sent, agent in ((first, AGENT1), (second, AGENT2)):
        assert sent.message.sequence_number == FIRST[agent]
        assert sent.message.flags == set("AHSLM")  # KAME's AHSL, and the paper's M
        assert sent.message.lifetime_s == 420
        assert sent.arrival.home_address == HOME
        assert options_of(sent).keys() == {"multiple_home_agents"}
        assert options_of(sent)["multiple_home_agents"].home_agents == (AGENT1, AGENT2)


def test_unanswered_updates_leave_again_after_three_seconds_the_newest_entry_first() -> None:
    play = journey()
    reaches_foreign_link(play)
    play.waits(2.9)
    assert play.updates() == []
    play.waits(0.1)
    again = play.updates()
    assert [sent.arrival.destination for sent in again] == [AGENT2, AGENT1]
    assert [sent.message.sequence_number for sent in again] == [10803, 34285]


def test_the_answers_and_the_refresh_209_seconds_later_as_sections_h_to_m_print_them() -> None:
    play = journey()
    reaches_foreign_link(play)
    play.waits(3)
    again = play.updates()
    play.events.clear()
    for sent in again:
        play.is_answered(sent, options=ADVICE)
    answer = ["AcknowledgementReceived", "MachineFed WAITA"]
    assert logged(play) == [(6, kind) for kind in (*answer, *answer)]
    play.waits(208.9)
    assert play.updates() == []
    play.waits(0.1)
    refreshes = play.updates()
    assert [sent.message.sequence_number for sent in refreshes] == [10804, 34286]
    assert logged(play) == [(215, kind) for kind in ("MachineFed BOUND", "UpdateSent") * 2]
    for sent in refreshes:
        play.is_answered(sent, options=ADVICE)
    assert logged(play) == [(215, kind) for kind in ("AcknowledgementReceived", "MachineFed WAITAR") * 2]


def entries(play: Journey) -> dict[bytes, UpdateListEntry]:
    return {event.peer: event for event in play.events if isinstance(event, UpdateListEntry)}


def test_figure_15_sixty_five_seconds_after_both_registrations() -> None:
    play = journey()
    reaches_foreign_link(play)
    play.waits(3)
    for sent in play.updates():
        play.is_answered(sent, options=ADVICE)
    at = BEGIN + (6 + 65) * NS_PER_S
    for agent, number in ((AGENT1, 34285), (AGENT2, 10803)):
        entry = entries(play)[agent]
        assert (entry.home_address, entry.care_of_address) == (HOME, CARE_OF)
        assert (entry.lifetime_s, entry.refresh_s, entry.sequence_number) == (420, 208, number)
        assert (entry.expires_ns - at) // NS_PER_S == 355
        assert (entry.next_send_ns - at) // NS_PER_S == 143
        assert (entry.flags, entry.state, entry.test_state) == ("AHSLM", "BOUND", "START")


def test_while_it_waits_the_refresh_is_the_lifetime_and_the_rest_the_back_off() -> None:
    play = journey()
    reaches_foreign_link(play)
    entry = entries(play)[AGENT1]
    assert (entry.state, entry.refresh_s, entry.lifetime_s) == ("WAITA", 420, 420)
    assert entry.next_send_ns == BEGIN + 5 * NS_PER_S
    assert entry.expires_ns == BEGIN + 423 * NS_PER_S


def test_a_shorter_lifetime_moves_expiry_and_refresh() -> None:
    """300 s: the agent's advice is half of it, 150 s, in units of 4 s 148."""
    play = journey(lifetime_s=300)
    reaches_foreign_link(play)
    play.waits(3)
    for sent in play.updates():
        play.is_answered(sent, options=(BindingRefreshAdvice(refresh_interval_s=148),))
    play.waits(148.9)
    assert play.updates() == []
    play.waits(0.1)
    assert len(play.updates()) == 2
    assert entries(play)[AGENT1].lifetime_s == 300


def test_intervals_of_retransmission() -> None:
    """KAME.md: 3, 5, 9, 17, 33, 65, 129, 257, then 129 and 257 in turn."""
    play = journey(home_agents=1)
    (last,) = reaches_foreign_link(play)
    gaps = []
    while len(gaps) < 10:
        play.waits(1)
        for sent in play.updates():
            gaps.append((sent.at - last.at) / NS_PER_S)
            last = sent
    assert gaps == [3, 5, 9, 17, 33, 65, 129, 257, 129, 257]


def test_a_lone_agent_gets_neither_the_m_bit_nor_the_list() -> None:
    (sent,) = reaches_foreign_link(journey(home_agents=1))
    assert sent.message.flags == set("AHSL")
    assert options_of(sent) == {}


def test_without_advice_the_lifetime_runs_out() -> None:
    schedule = KameSchedule()
    assert schedule.refresh_s(420, None) == 420
    assert schedule.refresh_s(420, 500) == 420
    assert schedule.refresh_s(420, 208) == 208


def test_ticks_keep_the_phase_of_the_first_entry() -> None:
    """Due at second 35; the list's timer has run since 33.4, so it is done at 36.4: a whole second late."""
    schedule = KameSchedule()
    started = 33 * NS_PER_S + 400_000_000
    due = schedule.due(started, 2 * NS_PER_S)
    assert due == 35 * NS_PER_S
    assert schedule.rings(due, started) == 36 * NS_PER_S + 400_000_000


def test_the_router_so_far_is_asked_before_the_other_link_is_believed() -> None:
    """One solicitation a second; when it answers, its link has two prefixes and nothing moved."""
    play = journey()
    play.starts(eth0=LINK)
    play.hears_router(HOME_PREFIX, agent=AGENT1)
    play.forgets()
    play.hears_router(ABROAD)
    play.waits(0.5)
    asked = [sent for sent in play.solicitations() if sent.message.target == ROUTERS[HOME_PREFIX]]
    assert len(asked) == 1
    play.hears_router(HOME_PREFIX, agent=AGENT1)
    play.waits(5)
    assert play.updates() == []
    with pytest.raises(AssertionError):
        play.tells(LocationChanged)


def test_the_answer_to_a_deregistration_is_no_call_of_the_machine() -> None:
    """KAME.md, section 2: handled in mip6_ip6ma_input, no FSM call; then an unsolicited advertisement."""
    play = journey()
    reaches_foreign_link(play)
    play.waits(3)
    for sent in play.updates():
        play.is_answered(sent, options=ADVICE)
    play.hears_router(HOME_PREFIX, agent=AGENT1)
    play.waits(3)
    updates = play.updates()
    assert [(sent.message.lifetime_s, sent.arrival.source) for sent in updates] == [(0, HOME)] * 2
    play.events.clear()
    play.is_answered(updates[0])
    assert [kind for _, kind in logged(play)] == ["AcknowledgementReceived"]
    play.finds(NeighborAdvertisement, target=HOME)


def test_what_kames_table_does_not_list_is_ignored() -> None:
    play = journey()
    reaches_foreign_link(play)
    play.events.clear()
    play.hears(BindingRefreshRequest(options=()), AGENT1, CARE_OF, routed_to=HOME)
    play.hears(BindingError(status=1, home_address=HOME, options=()), AGENT1, CARE_OF)
    assert logged(play) == []
    assert play.updates() == []
