"""Sending again: with which number, how often in a second, how long, and after which waits."""

import pytest

from dissectors.profile import KAME2003
from mhatool.validate import chosen
from tests.mhatool.scenes import AGENT, AGENT2, CARE1, CARE2, HOME, PEER, ip, tunnel
from tests.mhatool.validate.scenes import Packet, Said, told
from tests.recipes.binding_updates import neighbor_solicitation
from tests.recipes.packets import (
    alternate,
    authorization,
    ba,
    bu,
    care_of_test,
    care_of_test_init,
    dhaad_reply,
    dhaad_request,
    home_bu,
    home_test,
    home_test_init,
    icmp_packet,
    multiple_home_agents,
    nonce_indices,
    prefix_advertisement,
    prefix_solicitation,
)
from tests.recipes.timeline import ANSWERED

ROUTER = ip("fe80::1")
REGISTERED: list[Packet] = [(0.0, home_bu(seq=10)), (0.1, ba(seq=10))]


def sent(*times: float, life: int = 400) -> list[Packet]:
    """Updates with rising numbers at these seconds after a registration that was answered."""
    return REGISTERED + [(at, home_bu(seq=11 + i, life=life)) for i, at in enumerate(times)]


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ((20, 21, 23, 27, 35, 51, 83, 115, 147), None),  # RFC 6275, 12: up to 32 s, then every 32 s
        ((20, 21, 23, 26.3, 31.6), None),  # 1.65 times the wait before
        ((20, 21, 22, 23), 6),
        ((20, 21, 22, 23, 24, 25), 6),  # said once
        ((20, 21, 22.5, 24.5), 6),  # waits of 1, 1.5 and 2 s
        ((20, 21, 23, 25), None),  # one shorter wait may be a movement to the same address
        ((20, 21, 23, 23.5, 24.5, 26.5), None),  # it began anew
        ((20, 51, 82, 113), None),  # 31 s pass for the longest wait
    ],
)
def test_waits_double(times: tuple[float, ...], found: int | None) -> None:
    expected = [] if found is None else [("MIP6-RTX-002", found, False)]
    assert told(["MIP6-RTX-002"], *sent(*times)) == expected


def test_refreshes_whose_answers_are_not_seen_are_no_retransmissions() -> None:
    """A lifetime of 16 s, refreshed every 8 s; only the mobile node's direction is in the capture."""
    assert told(["MIP6-RTX-002"], *[(8.0 * i, home_bu(seq=i, life=16)) for i in range(9)]) == []


def test_equal_waits_without_any_answer_are_inconclusive() -> None:
    assert told(["MIP6-RTX-002"], *sent(20, 21, 22, 23)[2:]) == [("MIP6-RTX-002", 4, True)]


ASKED_TWICE = care_of_test_init(cookie=bytes(8))


@pytest.mark.parametrize(
    ("rule", "asked", "answer"),
    [
        ("MIP6-RTX-002", [(float(i), home_bu(seq=i)) for i in range(4)], ba(seq=3)),
        ("MIP6-RTX-005", [(float(i), care_of_test_init(cookie=bytes((i,)) * 8)) for i in range(4)], care_of_test()),
        ("MIP6-RTX-005", [(0.0, ASKED_TWICE), (1.0, ASKED_TWICE)], care_of_test()),
        ("MIP6-RTX-006", [(5.0 * i, dhaad_request(identifier=1)) for i in range(4)], dhaad_reply(identifier=1)),
        ("MIP6-RTX-007", [(5.0 * i, prefix_solicitation()) for i in range(4)], prefix_advertisement()),
    ],
)
def test_an_answer_may_come_after_all_the_requests(rule: str, asked: list[Packet], answer: bytes) -> None:
    """It shows that the capture has answers, as one before them does."""
    last, last_at = len(asked), asked[-1][0]
    assert told([rule], *asked) == [(rule, last, True)]
    assert told([rule], *asked, (last_at + 0.5, answer)) == [(rule, last, False)]


def test_other_nodes_and_moves_are_other_series() -> None:
    packets = [(float(i), home_bu(source=(CARE1, CARE2)[i % 2], seq=i)) for i in range(8)]
    assert told(["MIP6-RTX-002"], *REGISTERED, *[(at + 20, octets) for at, octets in packets]) == []


@pytest.mark.parametrize(("wait", "found"), [(1.0, False), (0.81, False), (0.79, True)])
def test_the_first_wait(wait: float, found: bool) -> None:
    """RFC 6275, 12: 1 s where there is a binding; 0.8 of it passes."""
    expected = [("MIP6-RTX-001", 4, False)] if found else []
    assert told(["MIP6-RTX-001"], *sent(20, 20 + wait)) == expected


@pytest.mark.parametrize(
    ("searched", "wait", "unsure"),
    [(True, 1.1, True), (True, 1.21, None), (True, 0.79, False), (False, 1.1, None), (False, 0.79, False)],
)
def test_the_first_wait_of_a_first_registration(searched: bool, wait: float, unsure: bool | None) -> None:
    """RFC 6275, 11.8: 1.5 s without a binding at the agent, else 1 s. A search may show that it is the first."""
    before: list[Packet] = [(0.0, dhaad_request()), (0.1, dhaad_reply())] if searched else []
    packets: list[Packet] = [*before, (0.2, home_bu(seq=1)), (0.2 + wait, home_bu(seq=2)), (2.0, ba(seq=2))]
    again = len(before) + 2
    assert told(["MIP6-RTX-001"], *packets) == ([("MIP6-RTX-001", again, unsure)] if unsure is not None else [])


@pytest.mark.parametrize(
    ("at", "source", "target", "unsure"),
    [
        (20.0, ROUTER, AGENT, True),  # the last router looks for the home agent (RFC 4861, 7.2.2: up to 3 s)
        (18.9, ROUTER, AGENT, True),
        (17.9, ROUTER, AGENT, False),
        (20.0, ROUTER, AGENT2, False),
        (20.0, CARE1, ROUTER, True),  # the mobile node looks for its own
    ],
)
def test_the_first_may_have_been_held_on_its_way(at: float, source: bytes, target: bytes, unsure: bool) -> None:
    packets = sorted([*sent(21, 21.1), (at, neighbor_solicitation(source, target)), (21.2, ba(seq=12))])
    assert told(["MIP6-RTX-001"], *packets) == [("MIP6-RTX-001", 5, unsure)]


def test_a_search_in_the_same_instant_is_not_before() -> None:
    search = [(0.2, dhaad_request()), (0.2, home_bu(seq=1)), (1.3, home_bu(seq=2)), (2.0, ba(seq=2))]
    assert told(["MIP6-RTX-001"], *search) == []


@pytest.mark.parametrize(("index", "found"), [(1, True), (9, False)])
def test_other_nonces_make_another_update(index: int, found: bool) -> None:
    """RFC 6275, 11.7.3: after status 136 to 138, which may be out of sight, the mobile node fetches new tokens."""

    def to_peer(seq: int, nonce: int) -> bytes:
        return bu(nonce_indices(nonce, nonce), authorization(), to=PEER, seq=seq, flags="A")

    packets = [(0.0, to_peer(5, 1)), (0.3, to_peer(6, index)), (0.4, ba(authorization(), source=PEER, seq=6))]
    assert told(["MIP6-RTX-001"], *packets) == ([("MIP6-RTX-001", 2, False)] if found else [])


def test_four_in_a_second() -> None:
    ask = [(0.0, care_of_test_init(cookie=bytes(7) + bytes((i,)))) for i in range(5)]
    times = {"0.89 s": (0.0, 0.3, 0.6, 0.89), "0.95 s, within the jitter": (0.0, 0.3, 0.6, 0.95)}
    found = {
        name: told(["MIP6-RTX-003"], *[(at, octets) for at, (_, octets) in zip(moments, ask, strict=False)])
        for name, moments in times.items()
    }
    assert found == {"0.89 s": [("MIP6-RTX-003", 4, False)], "0.95 s, within the jitter": []}


def test_a_capture_without_times_has_no_rate() -> None:
    """A pcapng file of Simple Packet Blocks has none; every one is 0, which `told` begins 100 s after."""
    ask = [care_of_test_init(cookie=bytes(7) + bytes((i,))) for i in range(5)]
    assert told(["MIP6-RTX-003"], *[(-100.0, octets) for octets in ask]) == []
    assert told(["MIP6-RTX-003"], *burst(4, 0.0)) == [("MIP6-RTX-003", 4, False)]
    assert told(["MIP6-RTX-003"], *[(-100.0, octets) for _, octets in burst(4, 0.0)]) == []


def burst(count: int, apart: float, *, flags: str = "AH", named: bool = True) -> list[Packet]:
    """First registrations of so many home addresses from one care-of address."""
    homes = [ip(f"2001:db8:1::{200 + i}") for i in range(count)]
    options = (alternate(CARE1),) if named else ()
    return [(i * apart, bu(*options, home=home, seq=i, flags=flags)) for i, home in enumerate(homes)]


def test_several_home_addresses_of_one_node() -> None:
    """RFC 6275, 11.8: three a second to one node, also when bindings of several home addresses are registered."""
    rate = "MIP6-RTX-003"
    assert told([rate], *burst(4, 0.01)) == [(rate, 4, False)]
    assert told([rate], *burst(6, 0.2)) == [(rate, 4, False), (rate, 5, False), (rate, 6, False)]
    assert told([rate], *burst(8, 0.3)) == []  # four in 0.9 s
    assert told([rate], *burst(4, 0.01, named=False)) == [(rate, 4, True)]  # a translator may be between
    assert told([rate], *burst(4, 0.01, flags="AHR")) == [(rate, 4, True)]


def test_many_nodes_at_once_are_no_burst() -> None:
    """Each from a care-of address of its own."""
    packets = [
        (i * 0.01, bu(alternate(care_of), source=care_of, home=ip(f"2001:db8:1::{200 + i}"), seq=i))
        for i, care_of in enumerate(ip(f"2001:db8:a::{i + 1}") for i in range(8))
    ]
    assert told(["MIP6-RTX-003"], *packets) == []


@pytest.mark.parametrize(("looked", "unsure"), [(-3.3, False), (-2.0, True), (0.5, True), (1.0, False)])
def test_one_of_the_four_may_have_waited_for_its_next_hop(looked: float, unsure: bool) -> None:
    """For up to 3 s (RFC 4861, 7.2.2): that one was sent before the second began."""
    asked = [(at, care_of_test_init(cookie=bytes(7) + bytes((i,)))) for i, at in enumerate((0.0, 0.3, 0.6, 0.89))]
    packets = sorted([*asked, (looked, neighbor_solicitation(CARE1, ip("fe80::1")))])
    assert [inconclusive for _, _, inconclusive in told(["MIP6-RTX-003"], *packets)] == [unsure]


def test_to_different_peers_each_has_its_own_rate() -> None:
    packets = [(0.1 * i, home_bu(to=AGENT[:-1] + bytes((i,)), seq=1)) for i in range(1, 8)]
    assert told(["MIP6-RTX-003"], *packets) == []


def test_proxies_speak_for_many() -> None:
    packets = [(0.1 * i, bu(home=None, flags="AHP", seq=i)) for i in range(8)]
    assert told(["MIP6-RTX-003", "MIP6-RTX-001"], *packets) == []


def test_after_the_answer() -> None:
    """Without the packet through the tunnel; from the middle; at steps that no timer has; at another address."""
    rule = ["MIP6-RTX-004"]

    def again(*times: float, source: bytes = CARE1) -> list[Packet]:
        first = [(at, home_bu(source=source, seq=11 + i)) for i, at in enumerate(times)]
        answers = [(at + 0.1, ba(to=source, seq=11 + i)) for i, at in enumerate(times)]
        return sorted(first + answers)

    assert told(rule, *ANSWERED[:5], *again(1.6, 4.6)) == [("MIP6-RTX-004", 8, False)]
    assert told(rule, *ANSWERED[:4], *again(1.6, 4.6)) == [("MIP6-RTX-004", 7, True)]
    assert told(rule, *ANSWERED[2:5], *again(1.6, 4.6)) == [("MIP6-RTX-004", 6, True)]
    assert told(rule, *ANSWERED[:5], *again(1.1, 3.1)) == [("MIP6-RTX-004", 8, False)]
    assert told(rule, *ANSWERED[:5], *again(8.1, 24.1)) == [("MIP6-RTX-004", 8, True)]  # refreshes look like that too
    assert told(rule, *ANSWERED[:5], *again(1.6)) == []  # once may be a movement
    assert told(rule, *ANSWERED[:5], *again(1.6, 3.1)) == []
    assert told(rule, *ANSWERED[:5], *again(1.3, 3.7)) == []
    assert told(rule, *ANSWERED[:5], *again(16.1, 48.1)) == []  # 32 s is over half of 60 s
    assert told(rule, *ANSWERED[:5], *again(1.6, 4.6, source=CARE2)) == []


def test_a_tunnel_that_begins_long_after_the_registration_shows_no_answer() -> None:
    """The second of several home agents carries nothing until the first one has failed: the answers to its refreshes
    may all have been lost behind the place of capture."""
    later = [(at, home_bu(seq=11 + i)) for i, at in enumerate((20.1, 21.1, 23.1))]
    answers = [(at + 0.1, ba(seq=11 + i)) for i, at in enumerate((20.1, 21.1, 23.1))]
    packets = sorted([*ANSWERED[:4], *later, *answers, (22.0, ANSWERED[4][1])])
    found = told(["MIP6-RTX-004"], *packets)
    assert [(rule, inconclusive) for rule, _, inconclusive in found] == [("MIP6-RTX-004", True)]


def test_who_searches_beside_a_binding_that_it_has_registers_there_not_for_the_first_time() -> None:
    """Its agent was silent for a while; answers to the refresh may have been lost behind the place of capture."""
    refreshes = [(at, home_bu(seq=11 + i)) for i, at in enumerate((40.1, 41.1, 43.1))]
    answers = [(at + 0.1, ba(seq=11 + i)) for i, at in enumerate((40.1, 41.1, 43.1))]
    packets = sorted([*ANSWERED[:4], (38.0, dhaad_request()), *refreshes, *answers, (42.0, ANSWERED[4][1])])
    assert [inconclusive for _, _, inconclusive in told(["MIP6-RTX-004"], *packets)] == [True]


def test_an_answer_that_crosses_the_retransmission() -> None:
    """The home agent takes 1 s for duplicate address detection, so does the timer."""
    crossing: list[Packet] = [(0.1, home_bu(seq=10)), (1.05, ba(seq=10)), (1.1, home_bu(seq=11)), (1.2, ba(seq=11))]
    assert told(["MIP6-RTX-004"], *ANSWERED[:2], *crossing) == []


def test_a_retransmitted_deregistration_has_a_new_number_too() -> None:
    def away(seq: int) -> bytes:
        return bu(alternate(HOME), source=HOME, home=None, seq=seq, life=0)

    rules = ["MIP6-SEQ-001", "MIP6-SEQ-002", "MIP6-DEREG-002"]
    assert told(rules, *REGISTERED, (20, away(11)), (21, away(11))) == [("MIP6-SEQ-002", 4, False)]
    assert told(rules, *REGISTERED, (20, away(11)), (21, away(12))) == []


def test_a_deregistration_elsewhere_is_judged_by_its_own_rule() -> None:
    deletion = bu(alternate(HOME), source=HOME, home=None, seq=10, life=0)
    answered: list[Packet] = [(40, deletion), (40.1, ba(to=HOME, home=None, seq=10, life=0))]
    assert told(
        [f"MIP6-{name}" for name in ("SEQ-001", "SEQ-002", "SEQ-005", "DEREG-002")], *REGISTERED, *answered
    ) == [("MIP6-DEREG-002", 3, False)]


def identified(number: int, seq: int) -> bytes:
    """An update with a Binding Identifier (RFC 5648, 4.1: type 35; the identifier, then status and flags)."""
    return home_bu((35, number.to_bytes(2) + bytes(2), (2, 0)), seq=seq)


@pytest.mark.parametrize(
    ("rule", "packets"),
    [
        ("MIP6-RTX-001", [(0.0, identified(1, 10)), (0.3, identified(2, 11)), (0.4, ba(seq=11))]),
        ("MIP6-RTX-002", [(0.0, ba(seq=9)), *((1.0 * i, identified(i % 2, i + 10)) for i in range(1, 7))]),
        (
            "MIP6-SEQ-007",
            [(0.0, identified(1, 10)), (0.1, ba(seq=10)), (1.0, identified(2, 9000)), (1.1, ba(seq=9000))],
        ),
        ("MIP6-BU-016", [(0.0, identified(1, 10)), (0.1, ba(seq=10)), (90.0, identified(2, 11)), (90.1, ba(seq=11))]),
    ],
)
def test_bindings_with_identifiers_have_list_entries_of_their_own(rule: str, packets: list[Packet]) -> None:
    """The same updates without identifiers are found."""
    plain = [(at, octets if octets[6] == 43 else home_bu(seq=int.from_bytes(octets[70:72]))) for at, octets in packets]
    assert told([rule], *packets) == []
    assert [name for name, _, _ in told([rule], *plain)] == [rule]


# --- asking for other things ---


FOUND: list[Packet] = [(-90.0, dhaad_request(identifier=99)), (-89.9, dhaad_reply(identifier=99))]


def search(*moments: float, same: bool = True, answers_seen: bool = True) -> list[Said]:
    asked = [(at, dhaad_request(identifier=1 if same else i)) for i, at in enumerate(moments)]
    return told(["MIP6-RTX-006"], *(FOUND if answers_seen else FOUND[:1]), *asked)


def test_the_search_for_home_agents() -> None:
    """After one that was answered: frames 1 and 2."""
    assert search(0, 3, 9, 21, 45) == []  # RFC 6275, 12: 3 s, doubled, four retransmissions
    assert search(0, 2.41, 7.3) == []
    assert search(0, 2.3) == [("MIP6-RTX-006", 4, False)]
    assert search(0, 2.3, same=False) == [("MIP6-RTX-006", 4, True)]
    assert search(0, 3, 6, 9) == [("MIP6-RTX-006", 6, False)]
    assert search(0, 10, 20, 30, same=False) == [("MIP6-RTX-006", 6, True)]  # each may be a search of its own
    assert search(0, 3, 9, 21, 45, 80) == [("MIP6-RTX-006", 8, False)]
    assert search(0, 3, 9, 21, 45, 93) == [("MIP6-RTX-006", 8, False)]  # 48 s after the last one, as the timer doubles
    assert search(0, 3, 9, 21, 45, 98, 101, 107) == []  # a new search
    assert search(0, 3, 9, 21, 45, 145, 148, 154) == []


@pytest.mark.parametrize("at", [-0.5, 4.0])
def test_who_is_started_anew_begins_its_search_anew(at: float) -> None:
    """It checks its address for duplicates as it forms it (RFC 4862, 5.4), and has forgotten what it asked."""
    asked: list[Packet] = [(moment, dhaad_request(identifier=1)) for moment in (0, 3, 6, 9)]
    check = icmp_packet(135, bytes(4) + CARE1, bytes(16), ip("ff02::1:ff00:1"), hop_limit=255)
    found = told(["MIP6-RTX-006"], *sorted([*FOUND, (at, check), *asked]))
    assert [unsure for _, _, unsure in found] == [at > 0]


@pytest.mark.parametrize(("last", "found"), [((AGENT, AGENT2), True), ((AGENT2, AGENT), False)])
def test_a_list_that_changes_makes_another_registration(last: tuple[bytes, ...], found: bool) -> None:
    """Four updates 2 s apart; the waits of those with the same list are equal."""
    lists = [(AGENT, AGENT2)] * 3 + [last]
    updates = [
        (20.0 + 2 * i, bu(alternate(CARE1), multiple_home_agents(*agents), seq=11 + i, flags="AHM"))
        for i, agents in enumerate(lists)
    ]
    assert bool(told(["MIP6-RTX-002"], *REGISTERED, *updates)) is found


@pytest.mark.parametrize(
    ("times", "inconclusive"),
    [
        ((20, 21, 22, 23), True),
        ((20, 21, 22.24, 23.24), True),
        ((20, 21, 22, 23.3), False),
    ],
)
def test_one_of_several_agents_may_be_named_while_it_is_asked(times: tuple[float, ...], inconclusive: bool) -> None:
    """At an alarm 0.24 s after a retransmission it is asked 1 s later, and again after 1 s."""
    updates = [
        (at, bu(alternate(CARE1), multiple_home_agents(AGENT, AGENT2), seq=11 + i, flags="AHM", life=400))
        for i, at in enumerate(times)
    ]
    first = (0.0, bu(alternate(CARE1), multiple_home_agents(AGENT, AGENT2), seq=10, flags="AHM", life=400))
    found = told(["MIP6-RTX-002"], first, (0.1, ba(seq=10)), *updates)
    assert [unsure for _, _, unsure in found] == [inconclusive]


@pytest.mark.parametrize(("replied", "inconclusive"), [(25.95, True), (25.5, False)])
def test_who_asked_in_vain_may_ask_as_soon_as_another_one_answers(replied: float, inconclusive: bool) -> None:
    """Waits of 2 s each; the last update follows a discovery reply."""
    packets = sorted([*sent(20, 22, 24, 26), (19.0, dhaad_request()), (replied, dhaad_reply())])
    assert [unsure for _, _, unsure in told(["MIP6-RTX-002"], *packets)] == [inconclusive]


@pytest.mark.parametrize(("looked", "inconclusive"), [(-1.0, True), (-3.1, False)])
@pytest.mark.parametrize("moments", [(0, 2.0), (0, 3, 6, 9)])
def test_a_request_that_waited_for_its_next_hop_makes_no_wait_wrong(
    moments: tuple[float, ...], looked: float, inconclusive: bool
) -> None:
    """It leaves up to 3 s after it was sent, when the router's link-layer address is known (RFC 4861, 7.2.2)."""
    asked: list[Packet] = [(at, dhaad_request(identifier=1)) for at in moments]
    packets = (*FOUND, (looked, neighbor_solicitation(CARE1, ip("fe80::1"))), *asked)
    assert [unsure for _, _, unsure in told(["MIP6-RTX-006"], *packets)] == [inconclusive]


@pytest.mark.parametrize("moments", [(0, 2.3), (0, 20, 40, 60), (0, 3, 9, 21, 45, 93)])
def test_searches_whose_replies_are_not_seen(moments: tuple[float, ...]) -> None:
    """A search every 20 s, each one answered another way, is no retransmission."""
    assert [inconclusive for _, _, inconclusive in search(*moments, answers_seen=False)] == [True]


def test_the_first_wait_for_prefixes() -> None:
    """INITIAL_SOLICIT_TIMER is 3 s (RFC 6275, 12); 2.4 s pass."""
    rule, answered = ["MIP6-RTX-007"], [(0.0, prefix_solicitation(8)), (0.1, prefix_advertisement(identifier=8))]
    again: list[Packet] = [(20.0, prefix_solicitation()), (21.0, prefix_solicitation())]
    assert told(rule, *answered, *again) == [("MIP6-RTX-007", 4, False)]
    assert told(rule, *again) == [("MIP6-RTX-007", 2, True)]
    assert told(rule, *answered, again[0], (22.41, again[1][1])) == []
    assert told(rule, *answered, again[0], (21.0, prefix_solicitation(77))) == [("MIP6-RTX-007", 4, True)]


def test_short_equal_waits() -> None:
    """Six updates, 0.4 s apart; 0.2 s apart they may be copies."""
    assert told(["MIP6-RTX-002"], *sent(20, 20.4, 20.8, 21.2, 21.6, 22)) == [("MIP6-RTX-002", 6, False)]
    assert told(["MIP6-RTX-002"], *sent(20, 20.2, 20.4, 20.6, 20.8)) == []
    doubled = [(at + by, octets) for (at, octets), by in zip(sent(20, 20.3, 20.9, 22.1), JITTER, strict=True)]
    assert told(["MIP6-RTX-002"], *doubled) == []


JITTER = (0, 0, -0.05, 0.02, 0.05, -0.05)
"""The worst that time stamps off by 50 ms do to waits that double (0.4 w < 2.6 d1 - 1.6 d0 - d2)."""


def test_an_answered_search_ends_its_series() -> None:
    found = [(0.0, dhaad_request()), (0.1, dhaad_reply()), (1.0, dhaad_request()), (1.1, dhaad_reply())]
    assert told(["MIP6-RTX-006"], *found) == []


def test_tests_are_asked_for_with_doubled_waits() -> None:
    def asks(*moments: float) -> list[Packet]:
        return [(at, care_of_test_init(cookie=bytes((9,) * 7 + (i,)))) for i, at in enumerate(moments)]

    answered: list[Packet] = [(0.0, care_of_test_init()), (0.1, care_of_test())]
    assert told(["MIP6-RTX-005"], *answered, *asks(20, 21, 23, 27)) == []
    assert told(["MIP6-RTX-005"], *answered, *asks(20, 25, 30, 35)) == [("MIP6-RTX-005", 6, False)]
    assert told(["MIP6-RTX-005"], *asks(20, 25, 30, 35)) == [("MIP6-RTX-005", 4, True)]
    # Some were lost on their way here, and after the longest wait it began anew: 8 + 16, 32 + 1 + 2, 4 + 8 + 16.
    assert told(["MIP6-RTX-005"], *answered, *asks(20, 44, 79, 107)) == []


def test_tests_through_a_tunnel_from_another_care_of_address_begin_anew() -> None:
    def asks(*moments: float, moved: int = 9) -> list[Packet]:
        found: list[Packet] = []
        for index, at in enumerate(moments):
            inner = home_test_init(cookie=bytes((9,) * 7 + (index,)))
            found.append((at, tunnel(CARE2 if index >= moved else CARE1, AGENT, inner)))
        return found

    answered: list[Packet] = [(0.0, home_test_init()), (0.1, home_test())]
    assert told(["MIP6-RTX-005"], *answered, *asks(20, 32, 48, 68)) == [("MIP6-RTX-005", 6, False)]
    assert told(["MIP6-RTX-005"], *answered, *asks(20, 32, 48, 68, moved=3)) == []


def test_the_timers_are_not_kames() -> None:
    """Its snapshot waits 3, 5, 9 s and so on for updates, 5 s for tests (KAME, January 2003)."""
    assert [rule.id for rule in chosen(profile=KAME2003) if rule.id.startswith("MIP6-RTX")] == []


def test_announcements() -> None:
    registered: list[Packet] = [(0.0, home_bu(seq=10, life=400)), (0.1, ba(seq=10, life=400))]

    def announced(*moments: float, step: int = 0) -> list[Packet]:
        return [(at, prefix_advertisement(identifier=50 + i * step)) for i, at in enumerate(moments)]

    rule = ["MIP6-RTX-008"]
    assert told(rule, *registered, *announced(20, 23, 29, 41)) == []  # 3 s, doubled, three retransmissions
    assert told(rule, *registered, *announced(20, 23, 29, 41, 65)) == [("MIP6-RTX-008", 7, False)]
    assert told(rule, *registered, *announced(20, 22)) == [("MIP6-RTX-008", 4, False)]
    assert told(rule, *announced(20, 22)) == [("MIP6-RTX-008", 2, True)]
    other = told(rule, *registered, *announced(20, 22, step=1))
    assert other == [("MIP6-RTX-008", 4, True)]  # its solicitation may be lost
    refreshed = [*announced(20), (20.5, home_bu(seq=11, life=400)), *announced(21)]
    assert told(rule, *registered, *refreshed) == []
    asked: list[Packet] = [(20.0, prefix_solicitation()), (20.1, prefix_advertisement()), *announced(21)]
    assert told(rule, *registered, *asked) == []
