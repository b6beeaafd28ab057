"""When packets by a binding must have stopped, and when they may go on."""

from tests.mhatool.scenes import AGENT, AGENT2, CARE1, CARE2, HOME, PEER, tunnel
from tests.mhatool.validate.scenes import Packet, Said, told
from tests.recipes.packets import alternate, ba, bu, echo_request, home_bu, nonce_indices
from tests.recipes.timeline import FROM_HOME, TO_HOME, moved, routed, tunnelled_after_a_move

RULES = ["MIP6-LIFE-001", "MIP6-LIFE-004", "MIP6-RH2-004"]
REGISTERED: list[Packet] = [(0.0, home_bu(seq=10)), (0.1, ba(seq=10))]


def life(*packets: Packet) -> list[Said]:
    return told(RULES, *packets)


def test_within_its_lifetime_and_shortly_after() -> None:
    """60 s from the answer at 0.1 s, 3 s for flight, 0.06 s for clocks: 63.16 s."""
    assert life(*REGISTERED, (60.0, TO_HOME), (63.1, TO_HOME)) == []
    assert life(*REGISTERED, (63.2, TO_HOME)) == [("MIP6-LIFE-001", 3, False)]


def test_both_ends_that_go_on_may_have_renewed_it_out_of_sight() -> None:
    """A capture may lose both messages of a refresh; a mobile node whose binding is over stops at 60 s."""
    assert life(*REGISTERED, (65.0, FROM_HOME), (70.0, TO_HOME)) == [("MIP6-LIFE-001", 4, True)]
    assert life(*REGISTERED, (59.0, FROM_HOME), (70.0, TO_HOME)) == [("MIP6-LIFE-001", 4, False)]


def test_what_the_mobile_node_says_next_decides_whether_a_refresh_was_lost() -> None:
    """Number 11 would be the next one; with 12 the capture has lost an update. So it has where the node answers."""
    late: Packet = (70.0, TO_HOME)
    sure, unsure = [("MIP6-LIFE-001", 3, False)], [("MIP6-LIFE-001", 3, True)]
    for number, found in ((11, sure), (12, unsure), (10, unsure)):
        assert life(*REGISTERED, late, (80.0, home_bu(seq=number)), (80.1, ba(seq=number))) == found
    assert life(*REGISTERED, late, (70.1, FROM_HOME)) == unsure
    elsewhere = tunnel(CARE2, AGENT, echo_request(HOME, PEER))
    assert life(*REGISTERED, late, (70.1, elsewhere)) == sure
    after_it = ((80.0, home_bu(seq=11)), (80.1, ba(seq=11)), (80.2, FROM_HOME))
    assert life(*REGISTERED, late, *after_it) == sure, "by the binding that it has then"
    to_another = ((80.0, home_bu(seq=40, to=AGENT2)), (80.1, ba(seq=40, source=AGENT2)))
    assert life(*REGISTERED, late, *to_another) == sure


def test_it_is_said_once_for_an_end() -> None:
    assert life(*REGISTERED, *[(70.0 + i, TO_HOME) for i in range(5)]) == [("MIP6-LIFE-001", 3, False)]


def test_what_prolongs_it() -> None:
    refreshed: list[Packet] = [(50.0, home_bu(seq=11)), (50.1, ba(seq=11))]
    assert life(*REGISTERED, *refreshed, (100.0, TO_HOME)) == []
    assert life(*REGISTERED, refreshed[0], (100.0, TO_HOME)) == []  # it may have been accepted, the answer lost
    assert life(*REGISTERED, refreshed[1], (100.0, TO_HOME)) == []  # its update wasn't seen
    assert life(*REGISTERED, *refreshed, (120.0, TO_HOME)) == [("MIP6-LIFE-001", 5, False)]


def test_a_refusal_prolongs_nothing() -> None:
    refused: list[Packet] = [(50.0, home_bu(seq=11)), (50.1, ba(seq=11, status=130, life=0))]
    assert life(*REGISTERED, *refused, (55.0, TO_HOME)) == []
    assert life(*REGISTERED, *refused, (70.0, TO_HOME)) == [("MIP6-LIFE-001", 5, False)]


def test_a_deletion_ends_it() -> None:
    deletion = bu(alternate(HOME), source=HOME, home=None, seq=11, life=0)
    deleted: list[Packet] = [(20.0, deletion), (20.1, ba(to=HOME, home=None, seq=11, life=0))]
    assert life(*REGISTERED, *deleted, (22.0, TO_HOME)) == []  # on its way
    assert life(*REGISTERED, *deleted, (25.0, TO_HOME)) == [("MIP6-LIFE-001", 5, False)]
    assert life(*REGISTERED, deleted[0], (25.0, TO_HOME)) == []  # nobody says that it arrived


def test_the_granted_lifetime_counts() -> None:
    packets: list[Packet] = [(0.0, home_bu(seq=10, life=400)), (0.1, ba(seq=10, life=40))]
    assert life(*packets, (70.0, TO_HOME)) == [("MIP6-LIFE-001", 3, False)]


def test_other_agents_nodes_and_addresses() -> None:
    """Each agent has its own binding; the mobile node's own packets are nobody's delivery."""
    others = [
        tunnel(AGENT2, CARE1, echo_request(PEER, HOME)),
        tunnel(AGENT, CARE2, echo_request(PEER, HOME)),
        tunnel(AGENT, CARE1, echo_request(PEER, PEER)),
        FROM_HOME,
    ]
    assert life(*REGISTERED, *[(70.0 + i, octets) for i, octets in enumerate(others)]) == []


def test_without_its_registration_nothing_is_said() -> None:
    assert life((70.0, TO_HOME)) == []
    assert life(REGISTERED[1], (70.0, TO_HOME)) == []


def test_without_answer_it_is_inconclusive() -> None:
    """Correspondents need not answer; a refresh may have gone another way."""
    update = bu(nonce_indices(1, 1), to=PEER, flags="", life=40)
    assert life((0.0, update), (30.0, routed(CARE1))) == []
    assert life((0.0, update), (50.0, routed(CARE1))) == [("MIP6-LIFE-001", 2, True)]


def test_signalling_goes_by_its_own_rules() -> None:
    """A refusal has a type 2 routing header without any binding (RFC 6275, 9.5.4)."""
    refused = ba(seq=11, status=130, life=0)
    assert life(*REGISTERED, (80.0, home_bu(seq=11)), (80.1, refused)) == []


def test_shortened() -> None:
    longer: list[Packet] = [(0.0, home_bu(seq=10, life=400)), (0.1, ba(seq=10, life=400))]
    shorter: list[Packet] = [(10.0, home_bu(seq=11, life=8)), (10.1, ba(seq=11, life=8))]
    assert life(*longer, *shorter, (21.0, TO_HOME)) == []
    assert life(*longer, *shorter, (30.0, TO_HOME)) == [("MIP6-LIFE-004", 5, False)]
    assert life(*longer, *shorter, (500.0, TO_HOME)) == [("MIP6-LIFE-001", 5, False)]
    assert life(*longer, shorter[0], (30.0, TO_HOME)) == []


def test_updates_that_crossed_are_not_judged() -> None:
    """By its number the longer one is the later one."""
    crossed: list[Packet] = [
        (0.00, home_bu(seq=11, life=400)),
        (0.02, home_bu(seq=10, life=8)),
        (0.1, ba(seq=10, life=8)),
        (0.12, ba(seq=11, life=400)),
    ]
    assert life(*crossed, (30.0, TO_HOME)) == []


def test_the_newest_care_of_address() -> None:
    assert life(*moved(CARE2)) == []
    assert life(*moved(CARE1)) == [("MIP6-RH2-004", 5, False)]
    assert life(*moved(CARE1)[:4], (13.0, routed(CARE1))) == []  # on its way
    assert life(*moved(CARE1)[:3], (20.0, routed(CARE1))) == []  # the new one may not have arrived
    assert life(*moved(CARE1)[:2], (20.0, routed(CARE2))) == []  # nobody registered that one


def tunnelled(*packets: Packet) -> list[Said]:
    return told(["MIP6-TUN-001"], *packets)


def test_a_tunnel_to_the_newest_care_of_address() -> None:
    """RFC 6275, 10.4.2: the primary care-of address. 3 s after the answer nothing is on its way any more."""
    move = tunnelled_after_a_move(CARE1)
    assert tunnelled(*tunnelled_after_a_move(CARE2)) == []
    assert tunnelled(*move) == [("MIP6-TUN-001", 5, False)]
    assert tunnelled(*move, (21.0, move[4][1])) == [("MIP6-TUN-001", 5, False)], "once for a move"
    assert tunnelled(*move[:4], (13.0, move[4][1])) == []
    assert tunnelled(*move[:3], (20.0, move[4][1])) == []  # the new one may not have arrived
    assert tunnelled(*move[:4], (20.0, tunnel(AGENT2, CARE1, echo_request(PEER, HOME)))) == []
    assert tunnelled(*move, (21.0, ba(seq=11, to=CARE2))) == [("MIP6-TUN-001", 5, False)]


def test_the_mobile_node_may_have_gone_back_out_of_sight() -> None:
    """A capture may lose a whole registration: number 12, or 13 after that."""
    move = tunnelled_after_a_move(CARE1)
    sure, unsure = [("MIP6-TUN-001", 5, False)], [("MIP6-TUN-001", 5, True)]
    assert tunnelled(*move, (20.1, FROM_HOME)) == unsure
    assert tunnelled(*move, (20.1, tunnel(CARE2, AGENT, echo_request(HOME, PEER)))) == sure
    for number, found in ((12, sure), (13, unsure)):
        assert tunnelled(*move, (30.0, home_bu(seq=number)), (30.1, ba(seq=number))) == found
    back = ((15.0, home_bu(seq=12)), (15.1, ba(seq=12)))
    assert tunnelled(*move[:4], *back, move[4]) == []
    assert tunnelled(*move[:4], back[1], move[4]) == []  # its update wasn't seen


def test_several_care_of_addresses_at_once() -> None:
    """Binding Identifier, option 35 (RFC 5648): both hold."""
    first, second = (
        bu((35, bytes((0, i, 0, 0)), (2, 0)), source=care_of, to=PEER, flags="A", seq=i)
        for i, care_of in ((1, CARE1), (2, CARE2))
    )
    answers = [ba(source=PEER, to=care_of, seq=i) for i, care_of in ((1, CARE1), (2, CARE2))]
    assert life((0.0, first), (0.1, answers[0]), (1.0, second), (1.1, answers[1]), (20.0, routed(CARE1))) == []
