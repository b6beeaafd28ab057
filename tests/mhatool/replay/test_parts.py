"""What each role takes from a capture, and what it is fed with: changes of recordings, and small scenes."""

from dissectors.profile import RFC6275
from dissectors.walk import Dissector
from mhatool.exchange import Sighting, Source, sightings
from mhatool.replay import Replayed, replay
from mhatool.replay.mobile_node import MobileNodePart
from mhatool.replay.traffic import traffic_of
from tests.mhatool.scenes import (
    AGENT,
    CARE1,
    CARE2,
    HOME,
    ba,
    bu,
    changed,
    echo,
    ip,
    ipv6,
    mobility,
    recording,
    records_of,
    scene,
    tunnel,
)

CORRESPONDENT = ip("2001:200:1:c::10")
UMIP_AGENT = ip("2001:200:1:2::1")
UMIP_HOME = bytes.fromhex("2001020000010002024026fffe4c51fd")


def seen(source: Source) -> list[Sighting]:
    return list(sightings([source]))


def sent_by(replayed: Replayed) -> list[str]:
    """The types of what ours sent."""
    look = Dissector(RFC6275).look
    packets = [look(reply.octets, 101, len(reply.octets), 0) for reply in replayed.replies]
    return [[each for each in packet.datagrams if not each.quoted][-1].carries for packet in packets]


def swapped(source: Source, frame: int, authenticator: str) -> Source:
    """The capture with two words of a frame's authenticator exchanged: the checksum stays right."""
    octets = records_of(source)[frame - 1].captured
    at = octets.index(bytes.fromhex(authenticator))
    return changed(
        source, **{f"f{frame}": octets[:at] + octets[at + 2 : at + 4] + octets[at : at + 2] + octets[at + 4 :]}
    )


def test_a_proof_that_did_not_hold_is_refused_by_ours_too() -> None:
    right = recording("ro-cn.pcap")
    wrong = swapped(recording("ro-cn.pcap"), 74, "f4decad80d10a3001525f9a0")
    asked = [sent_by(replay(seen(source), "cn", CORRESPONDENT)) for source in (right, wrong)]
    assert [answers.count("binding_refresh_request") for answers in asked] == [2, 1]  # the first one is of that binding
    # Traffic from where no binding is: a Binding Error (RFC 6275, 9.3.1).
    assert ["binding_error" in answers for answers in asked] == [False, True]


def test_a_correspondent_that_answers_no_test_optimises_nothing() -> None:
    init = ipv6(CARE1, CORRESPONDENT, 135, mobility(2, bytes(2) + b"cookie__", CARE1, CORRESPONDENT))
    replayed = replay(seen(scene((0, init), (1, init))), "cn", CORRESPONDENT)
    # What any node without it says (RFC 4443, 3.4): unrecognised next header.
    assert sent_by(replayed) == ["icmpv6_error"] * 2


def test_what_another_agent_answered_reached_that_one() -> None:
    source = recording("failover60-mn.pcap")
    first, second = (replay(seen(source), "ha", ip(f"2001:200:1:2::{n}")) for n in (1, 2))
    assert "dhaad_reply" in sent_by(first)
    assert "dhaad_reply" not in sent_by(second)


def test_an_agent_s_prefix_is_as_it_advertised_it() -> None:
    replayed = replay(seen(recording("tour-mn.pcap")), "ha", UMIP_AGENT)
    look = Dissector(RFC6275).look
    packets = [look(reply.octets, 101, len(reply.octets), 0) for reply in replayed.replies]
    messages = [packet.datagrams[-1].upper for packet in packets]
    advertised = next(m for m in messages if m is not None and m.type == "mobile_prefix_advertisement")
    option = next(option for option in advertised.options if option.type == "prefix_information")
    # The flags and the whole address that frame 716 has, and the lifetimes of its latest advertisement.
    assert (option.get("prefix"), set(option.get("flags"))) == (UMIP_AGENT, {"L", "A", "R"})
    assert 0 < option.get("valid_lifetime_s") <= 86400


def test_each_message_reaches_the_node_once_from_its_own_header_on() -> None:
    part = MobileNodePart(HOME, RFC6275)
    inside = echo(AGENT, HOME)
    packets = [
        (0, bu(seq=1)),
        (0.001, bu(seq=1, hop_limit=63)),
        (0.1, ba(seq=1)),
        (0.2, tunnel(AGENT, CARE1, inside)),
        (0.3, bu(seq=5, source=CARE2, home=ip("2001:db8:1::200"))),
    ]
    traffic = traffic_of(seen(scene(*packets)), part)
    assert [each.frame.number for each in traffic.sent] == [1]
    assert [(each.frame.number, each.outer.destination) for each in traffic.received] == [(3, CARE1), (4, CARE1)]
    assert traffic.received[1].octets == packets[3][1]
    assert part.addresses == {HOME, CARE1}


def test_the_same_capture_gives_the_same_answers() -> None:
    packets = seen(recording("ro-mn.pcap"))
    first, second = (replay(packets, "mn", UMIP_HOME).replies for _ in range(2))
    assert first == second


def test_a_clock_that_was_set_back() -> None:
    source = scene((100, bu()), (90, bu(seq=3)), (10, bu(seq=2)), (20, bu(seq=4)))
    replayed = replay(seen(source), "ha", AGENT)
    # Each is answered (RFC 6275, 10.3.1), the earliest too, which is the third in the file.
    assert sent_by(replayed).count("binding_acknowledgement") == 4
