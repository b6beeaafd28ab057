"""Whose numbers are whose, and which may be refused."""

import pytest

from tests.mhatool.scenes import AGENT, AGENT2, HOME
from tests.mhatool.validate.scenes import Packet, Said, told
from tests.recipes.packets import alternate, ba, bu, home_bu, multiple_home_agents
from tests.recipes.timeline import two_agents


def refused(*packets: Packet) -> list[Said]:
    return told(["MIP6-SEQ-004"], *packets)


def second(number: int, held: int) -> list[Packet]:
    """Number 10 is accepted, then this one refused with the number that is held."""
    refusal = ba(seq=held, status=135, life=0)
    return [(0, home_bu(seq=10)), (0.1, ba(seq=10)), (20, home_bu(seq=number)), (20.1, refusal)]


# RFC 6275, 9.5.1: 1 to 32767 ahead of 10 is fresh; (10 + 32768) % 65536 and 10 itself aren't.
@pytest.mark.parametrize(("number", "fresh"), [(11, True), (32777, True), (32778, False), (10, False), (9, False)])
def test_the_window(number: int, fresh: bool) -> None:
    assert bool(refused(*second(number, 10))) is fresh


def test_the_wrap() -> None:
    packets = [(0.0, home_bu(seq=65535)), (0.1, ba(seq=65535)), (20.0, home_bu(seq=0))]
    assert refused(*packets, (20.1, ba(seq=65535, status=135, life=0))) == [("MIP6-SEQ-004", 4, False)]


def test_another_number_held_is_not_this_rules_business() -> None:
    """11 is behind 40: the agent accepted updates that the capture missed, or names a wrong number (SEQ-003)."""
    assert refused(*second(11, 40)) == []
    assert refused(*second(9, 3)) == []


def test_at_the_beginning_of_a_capture_it_is_inconclusive() -> None:
    refusal = ba(seq=10, status=135, life=0)
    assert refused((0, home_bu(seq=11)), (0.1, refusal)) == [("MIP6-SEQ-004", 2, True)]


def test_the_second_copy_of_an_update_is_refused_with_its_own_number() -> None:
    """A link doubles 10; the first copy is accepted, and the refusal of the second one crosses 11."""
    refusal = ba(seq=10, status=135, life=0)
    assert refused((0, home_bu(seq=10)), (0.1, ba(seq=10)), (2, home_bu(seq=11)), (2.1, refusal)) == []
    late = refused((0, home_bu(seq=10)), (0.1, ba(seq=10)), (4, home_bu(seq=11)), (4.1, refusal))
    assert late == [("MIP6-SEQ-004", 4, False)]


def test_a_refusal_that_comes_late_or_twice_is_the_old_updates() -> None:
    """10 and 11 are behind 20; their refusals cross 21."""
    refusal = ba(seq=20, status=135, life=0)
    packets = [(0.0, home_bu(seq=10)), (1.0, home_bu(seq=11)), (1.1, refusal), (1.2, home_bu(seq=21)), (1.3, refusal)]
    assert refused(*packets, (1.4, ba(seq=21))) == []
    assert refused((0, home_bu(seq=10)), (0.1, refusal), (0.2, home_bu(seq=21)), (0.5, refusal)) == []


def test_who_obeyed_a_refusal_may_be_stamped_before_it() -> None:
    """Started anew with 40000 at 20.03 s, refused, then 11: each stamp may be off by up to 50 ms."""
    packets = [(0, home_bu(seq=10)), (0.1, ba(seq=10)), (20, home_bu(seq=11)), (20.01, ba(seq=10, status=135, life=0))]
    rules = ["MIP6-SEQ-004", "MIP6-SEQ-005"]
    errors = [said for said in told(rules, *packets, (20.03, home_bu(seq=40000)), (20.05, ba(seq=11))) if not said[2]]
    assert errors == []
    assert refused(*packets, (20.111, home_bu(seq=40000))) == [("MIP6-SEQ-004", 4, False)]
    assert refused(*packets, (20.03, home_bu(seq=12))) == [("MIP6-SEQ-004", 4, False)]


def leaps(number: int, **later: int) -> list[Said]:
    return told(["MIP6-SEQ-007"], (0, home_bu(seq=10)), (0.1, ba(seq=10)), (later.get("at", 30), home_bu(seq=number)))


def test_leaps() -> None:
    assert leaps(1033) == []  # 1023 ahead
    assert leaps(1034) == [("MIP6-SEQ-007", 3, False)]
    assert leaps(32777) == [("MIP6-SEQ-007", 3, False)]
    assert leaps(32778) == []  # behind: SEQ-001's
    assert leaps(20000, at=61) == []  # the entry of 60 s is gone


def test_one_counter_needs_two_numbers_in_a_row() -> None:
    shared = two_agents(100, 101, 102, 103)
    assert told(["MHA-010"], *shared) == [("MHA-010", 6, False)]
    assert told(["MHA-010"], *shared[:5]) == []
    assert told(["MHA-010"], *two_agents(100, 200, 102, 201)) == []


def test_both_beginning_at_the_same_number_is_no_sharing() -> None:
    assert told(["MHA-010"], *two_agents(1, 1, 2, 2)) == []
    assert told(["MHA-010"], *two_agents(1, 1, 2, 3)) == []  # an update to the second agent was lost


def test_it_is_said_once() -> None:
    def ask(agent: bytes, seq: int) -> bytes:
        return bu(alternate(agent), multiple_home_agents(), to=agent, seq=seq, flags="AHM")

    packets = [(float(i), ask((AGENT, AGENT2)[i % 2], 65530 + i if i < 6 else i - 6)) for i in range(12)]
    assert told(["MHA-010"], *packets) == [("MHA-010", 4, False)]


def test_without_the_option_it_is_a_hint() -> None:
    """RFC 6275 allows one counter for all."""
    packets = [(float(i), home_bu(to=(AGENT, AGENT2)[i % 2], seq=100 + i)) for i in range(4)]
    assert told(["MHA-010"], *packets) == [("MHA-010", 4, True)]


def test_two_mobile_nodes_do_not_share() -> None:
    other = HOME[:-1] + b"\x77"
    homes, agents = (HOME, other, HOME, other), (AGENT, AGENT2, AGENT, AGENT2)
    packets = [
        (float(i), bu(multiple_home_agents(), to=agents[i], home=homes[i], seq=100 + i, flags="AHM")) for i in range(4)
    ]
    assert told(["MHA-010"], *packets) == []
