"""Renewing bindings, the lifetimes of prefixes, and tokens over time."""

from collections.abc import Iterable

import pytest

from mhatool.exchange import Source
from mhatool.validate import validate
from tests.mhatool.scenes import AGENT, AGENT2, CARE1, CARE2, HOME, PEER, S, record
from tests.mhatool.validate.scenes import Packet, Said, told
from tests.recipes.packets import (
    LINK_LOCAL,
    alternate,
    ba,
    bu,
    care_of_test,
    care_of_test_init,
    home_bu,
    home_test,
    home_test_init,
    multiple_home_agents,
    nonce_indices,
    prefix_advertisement,
    prefix_information,
    refresh_advice,
    router_advertisement,
)
from tests.recipes.protected import correspondent_bu
from tests.recipes.renewal import FOREIGN_PREFIX, at_correspondent

REGISTERED: list[Packet] = [(0.0, home_bu(seq=10)), (0.1, ba(seq=10))]


def renewed(at: float, seq: int = 11, source: bytes = CARE1, advice: int | None = None) -> list[Said]:
    answer = ba(*([] if advice is None else [refresh_advice(advice)]), seq=10)
    return told(["MIP6-BU-016"], (0, home_bu(seq=10)), (0.1, answer), (at, home_bu(seq=seq, source=source)))


def test_refreshes() -> None:
    late = [("MIP6-BU-016", 3, False)]
    assert renewed(60.5) == []
    assert renewed(61.5) == late
    assert renewed(200, seq=900) == []  # it began anew, or the capture missed what was between
    assert renewed(200, source=CARE2) == []  # it was on its way
    assert renewed(35.2, advice=32) == []  # 0.1 s + 32 s, and a tenth of that
    assert renewed(35.4, advice=32) == late


def test_one_of_several_home_agents_may_have_been_given_up_meanwhile() -> None:
    """And taken again, without a word to it between."""
    first, second = (
        bu(alternate(CARE1), multiple_home_agents(AGENT, AGENT2), seq=number, flags="AHM") for number in (10, 11)
    )
    found = told(["MIP6-BU-016"], (0, first), (0.1, ba(seq=10)), (90, second))
    assert found == [("MIP6-BU-016", 3, True)]


def test_a_binding_at_a_correspondent_may_lapse() -> None:
    """RFC 6275, 11.7.2; the same packets with the H flag are found."""

    def twice(flags: str) -> list[Said]:
        first, second = (bu(nonce_indices(1, 1), to=PEER, seq=number, flags=flags) for number in (10, 11))
        return told(["MIP6-BU-016"], (0, first), (0.1, ba(source=PEER, seq=10)), (90, second))

    assert twice("A") == []
    assert twice("AH") == [("MIP6-BU-016", 3, False)]


def test_the_kind_of_a_binding() -> None:
    assert told(["MIP6-BU-011"], *at_correspondent(home_registration=True)) == [("MIP6-BU-011", 3, False)]
    first, _, third, _ = at_correspondent(home_registration=True)
    assert told(["MIP6-BU-011"], first, third) == []  # nobody accepted it
    assert told(["MIP6-BU-011"], *at_correspondent(home_registration=True)[:2], (60, third[1])) == []  # it is over


def home_prefix(valid: int, preferred: int, source: bytes = LINK_LOCAL) -> bytes:
    return router_advertisement(prefix_information(AGENT, valid=valid, preferred=preferred), source=source)


def granted(*advertisements: bytes, life: int = 400, status: int = 0, gap: float = 0.1) -> list[Said]:
    seen = [(gap * i, octets) for i, octets in enumerate(advertisements)]
    rules = ["MIP6-BA-005", "MIP6-BA-006"]
    found = told(rules, *seen, (50, home_bu(life=life)), (50.1, ba(life=life, status=status)))
    return [(rule, 0, unsure) for rule, _, unsure in found]


def test_what_a_home_agent_grants() -> None:
    too_long = ("MIP6-BA-005", 0, False)
    wrong_status = ("MIP6-BA-006", 0, False)
    assert granted() == []
    assert granted(home_prefix(400, 400)) == []
    assert granted(home_prefix(396, 396)) == []  # one unit of 4 s
    assert granted(home_prefix(392, 392), status=1) == [too_long]
    assert granted(home_prefix(86400, 300)) == [wrong_status]
    assert granted(home_prefix(86400, 300), status=1) == []
    assert granted(home_prefix(86400, 86400), status=1) == [wrong_status]
    assert granted(home_prefix(86400, 86400), life=0, status=1) == []  # a deletion


def test_two_hours_can_not_be_taken_away() -> None:
    """RFC 4862, 5.5.3: after 86,400 s one of 100 s leaves 7,200 s."""
    assert granted(home_prefix(86400, 0), home_prefix(100, 0), status=1) == []


def test_the_longest_of_several_routers_counts() -> None:
    other = LINK_LOCAL[:-1] + b"\x02"
    assert granted(home_prefix(86400, 0, other), home_prefix(100, 0), status=1) == []


def preferred(*told_at: tuple[float, bytes], asked_at: float, status: int) -> list[Said]:
    """About a binding of 60 s."""
    packets = (*told_at, (asked_at, home_bu()), (asked_at + 0.1, ba(status=status)))
    return [(rule, 0, unsure) for rule, _, unsure in told(["MIP6-BA-006"], *packets)]


def test_a_preferred_lifetime_may_be_fixed_or_counted_down() -> None:
    """RFC 4861, 6.2.1. Of 100 s, 80 s are left after 20 s, and 25 s after 75 s: fewer than the binding's 60 s."""
    said = (0.0, home_prefix(1000, 100))
    assert preferred(said, asked_at=20, status=1) == [("MIP6-BA-006", 0, False)]
    assert preferred(said, asked_at=75, status=1) == []
    assert preferred(said, asked_at=75, status=0) == []
    assert preferred((0.0, home_prefix(1000, 40)), asked_at=20, status=0) == [("MIP6-BA-006", 0, False)]
    endless = (0.0, home_prefix(0xFFFFFFFF, 0xFFFFFFFF))
    assert preferred(endless, asked_at=10_000, status=1) == [("MIP6-BA-006", 0, False)]


def test_the_home_agent_goes_by_what_it_said_last_itself() -> None:
    """The R flag tells that the Router Advertisement is the home agent's, too; without it, it is another router's."""
    wrong_status = [("MIP6-BA-006", 0, False)]
    unnamed = router_advertisement(prefix_information(AGENT[:8] + bytes(8), flags=0xC0, preferred=14_400))
    sent = (30.0, prefix_advertisement(prefix_information(AGENT, valid=7200, preferred=40)))
    for earlier in (home_prefix(86_400, 14_400), unnamed):
        assert preferred((0.0, earlier), sent, asked_at=50, status=1) == []
        assert preferred((0.0, earlier), sent, asked_at=50, status=0) == wrong_status
    assert preferred(sent, (40.0, home_prefix(86_400, 14_400)), asked_at=50, status=1) == wrong_status
    later = (40.0, unnamed)
    assert preferred(sent, later, asked_at=50, status=1) == preferred(sent, later, asked_at=50, status=0) == []


@pytest.mark.parametrize(("asked", "found"), [(100, False), (104, False), (108, True)])
def test_what_a_mobile_node_asks_for(asked: int, found: bool) -> None:
    prefix = router_advertisement(prefix_information(FOREIGN_PREFIX, flags=0xC0, valid=100, preferred=50), flags=0)
    said = told(["MIP6-BU-009"], (0.0, prefix), (50.0, home_bu(life=asked)))
    assert said == ([("MIP6-BU-009", 2, False)] if found else [])


def with_tests(*more: Packet, home: int = 1, care_of: int = 1) -> list[Packet]:
    asked: list[Packet] = [(0.0, home_test_init()), (0.0, care_of_test_init())]
    return [*asked, (0.1, home_test(index=home)), (0.1, care_of_test(index=care_of)), *more]


def late(packets: Iterable[Packet], by: float = 220.0) -> list[Packet]:
    """Behind a packet so many seconds before: after 210 s a capture shows all tokens that are still good."""
    return [(0.0, home_bu()), *((at + by, octets) for at, octets in packets)]


def test_the_nonce_indices() -> None:
    rule = ["MIP6-RR-006"]
    wrong = with_tests((1.0, correspondent_bu(care_of_index=2)))
    assert told(rule, *late(wrong)) == [("MIP6-RR-006", 6, False)]
    assert told(rule, *late(wrong, by=200)) == [("MIP6-RR-006", 6, True)]
    assert told(rule, *with_tests((1.0, correspondent_bu()))) == []
    assert told(rule, *with_tests((9.0, correspondent_bu(home_index=2)))) == [("MIP6-RR-006", 5, True)]
    assert told(rule, *with_tests((1.0, correspondent_bu(care_of_index=0, life=0)))) == []  # a deletion needs none
    assert told(rule, (1.0, correspondent_bu(home_index=7))) == []
    older = with_tests((1.0, home_test(index=2)), (1.1, correspondent_bu(home_index=1)))
    assert told(rule, *older) == []  # the older token is still good


def test_the_index_of_a_cut_test_is_unknown() -> None:
    """The Mobility Header begins at octet 40, the nonce index at its octet 6."""
    packets = with_tests((1.0, correspondent_bu(care_of_index=2)))
    records = [
        record(i, round(at * S), octets, snap=46 if i == 4 else None) for i, (at, octets) in enumerate(packets, 1)
    ]
    assert validate([Source("cut", records)], select=["MIP6-RR-006"]) == []


def test_the_age_of_tokens() -> None:
    rule = ["MIP6-RR-008"]
    assert told(rule, *with_tests((212.9, correspondent_bu()))) == []
    assert told(rule, *with_tests((213.2, correspondent_bu()))) == [("MIP6-RR-008", 5, False)]
    again = with_tests((100.0, care_of_test_init()), (100.1, care_of_test()), (213.2, correspondent_bu()))
    assert told(rule, *again) == [("MIP6-RR-008", 7, True)]  # only the home token is old, as far as is seen


def test_an_update_before_its_test() -> None:
    rule, asked = ["MIP6-BU-014"], with_tests()[:3]
    early = (*asked, (0.2, correspondent_bu()), (0.5, care_of_test()))
    assert told(rule, *late(early)) == [("MIP6-BU-014", 5, False)]
    assert told(rule, *early) == [("MIP6-BU-014", 4, True)]  # the token may be one from before the capture
    assert told(rule, *late([*asked, (0.2, correspondent_bu(care_of_index=9)), (0.5, care_of_test())])) == []
    assert told(rule, *asked, (0.2, correspondent_bu()), (0.28, care_of_test())) == []  # jitter
    assert told(rule, *asked, (0.2, correspondent_bu())) == []  # its test isn't in the capture
    assert told(rule, *asked, (0.2, correspondent_bu(life=0)), (0.5, care_of_test())) == []
    assert told(rule, (0.2, correspondent_bu()), (0.5, care_of_test())) == []


def test_cookies() -> None:
    rule = ["MIP6-RR-005"]
    away = (0.0, bu(alternate(CARE1), seq=1))
    cookie = bytes(range(8))
    both: list[Packet] = [(1.0, home_test_init(cookie=cookie)), (1.1, care_of_test_init(cookie=cookie))]
    assert told(rule, away, *both) == [("MIP6-RR-005", 3, False)]
    assert told(rule, *both) == []  # perhaps two mobile nodes
    other = HOME[:-1] + b"\x77"
    assert told(rule, (0.0, home_test_init(cookie=cookie)), (9.0, home_test_init(other, cookie=cookie))) == []
