"""The story told: gaps against the facts of the recordings, text and JSON."""

import struct
from typing import Any

import jsonschema
import pytest

from dissectors.ipv6 import address
from mhatool.observe import observe
from mhatool.timeline import TIMELINE, EventKind, GapKind, Timeline, as_json, as_text, build
from mhatool.validate import FINDING, validate
from tests.mhatool import manifest
from tests.mhatool.scenes import (
    AGENT,
    AGENT2,
    CARE1,
    CARE2,
    HOME,
    PEER,
    S,
    Source,
    ba,
    bu,
    changed,
    echo,
    ipv6,
    mobility,
    recording,
    scene,
    tunnel,
)
from tests.mhatool.surgery import with_checksum_off_by_one
from tests.recipes import packets as made

NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]
USED = tunnel(AGENT, CARE1, echo(PEER, HOME))
USED2 = tunnel(AGENT2, CARE1, echo(PEER, HOME))
Packet = tuple[float, bytes]


def told(*sources: Source) -> Timeline:
    return build(observe(sources))


def gaps(*packets: Packet) -> list[tuple[GapKind, float, float | None]]:
    found = told(scene(*packets)).gaps
    return [(g.kind, g.start_ns / S, g.end_ns / S if g.end_ns is not None else None) for g in found]


@pytest.mark.parametrize("name", NAMES)
def test_gaps_are_those_of_the_manifest(name: str) -> None:
    found = as_json(told(recording(name)))["gaps"]
    facts = manifest.entry(name).get("gap", [])
    assert [gap["kind"] for gap in found] == [fact["kind"] for fact in facts]
    for gap, fact in zip(found, facts, strict=True):
        assert gap["duration_s"] == pytest.approx(fact["duration_s"], abs=fact["tolerance_s"])
        assert (gap["home_agent"], gap["next_home_agent"]) == (fact["home_agent"], fact["next_home_agent"])
        assert gap["reason"] == "updates_unanswered"


@pytest.mark.parametrize("name", NAMES)
def test_the_document_fits_its_schema(name: str) -> None:
    document = as_json(told(recording(name)))
    jsonschema.validate(document, TIMELINE)
    assert [b["unanswered"] for b in document["bindings"]] == [
        fact["unanswered"] for fact in manifest.entry(name).get("binding", [])
    ]


def test_a_home_agent_that_denies_its_binding_is_told() -> None:
    error = made.binding_error(source=AGENT)
    timeline = told(scene((0, bu(seq=1)), (1, ba(seq=1)), (20, error), (30, bu(seq=2)), (31, ba(seq=2))))
    said = "\n".join(" ".join(line.split()) for line in as_text(timeline).splitlines())
    for wanted in (
        "00:00:20.000 binding error A frame 3 it has no binding, as it says",
        "00:00:31.000 registered A seq 2 60 s frames 4 5 after 1.000 s",
        "No valid binding for 11.000 s, 00:00:20.000 to 00:00:31.000",
        "(since the home agent said that it has none; no update was seen: perhaps at home, out of sight)",
        "00:00:20.000 binding error 2001:db8:1::1 frame 3",
    ):
        assert wanted in said, said
    document = as_json(timeline)
    jsonschema.validate(document, TIMELINE)
    assert [binding["end_reason"] for binding in document["bindings"]] == ["binding_error", "capture_end"]
    assert [step["name"] for step in document["gaps"][0]["steps"]] == ["binding_error", "binding_accepted"]


def test_what_was_replaced_ends_before_what_replaces_it() -> None:
    """65000 isn't ahead of 2: who takes it has lost the binding (RFC 6275, 9.5.1)."""
    packets = [(0, bu(seq=2)), (1, ba(seq=2)), (9, bu(seq=65000)), (10, ba(seq=65000))]
    timeline = told(scene(*packets))
    assert [(event.kind, event.time_ns) for event in timeline.events] == [
        (EventKind.REGISTERED, 1 * S),
        (EventKind.REPLACED, 10 * S),
        (EventKind.REGISTERED, 10 * S),
    ]
    (line,) = [" ".join(line.split()) for line in as_text(timeline).splitlines() if " replaced " in line]
    assert line == "00:00:10.000 replaced A by an update with a number from before"


@pytest.mark.parametrize("schema", [TIMELINE, FINDING])
def test_schemas_are_schemas(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_failover_step_by_step() -> None:
    """captures/README.md, failover60: killed 09:54:28.839, first of six updates in vain 09:55:12.044, and so on."""
    gap = as_json(told(recording("failover60-mn.pcap")))["gaps"][0]
    assert [(step["name"], step["time"][11:23], step["frame"]) for step in gap["steps"]] == [
        ("last_tunnelled_packet", "09:54:28.700", 274),
        ("first_update_in_vain", "09:55:12.044", 349),
        ("binding_expired", "09:55:15.047", None),
        ("last_update_in_vain", "09:55:43.048", 378),
        ("binding_accepted", "09:56:16.116", 397),
    ]


def test_the_tours_moves() -> None:
    """captures/README.md, tour: the acknowledgements' times, and from update to acknowledgement."""
    moves = as_json(told(recording("tour-mn.pcap")))["moves"]
    assert [(move["kind"], move["time"][11:23], move["latency_s"]) for move in moves] == [
        ("registered", "09:51:51.485", 1.040727),
        ("moved", "09:53:08.686", 0.010988),
        ("deregistered", "09:54:31.212", 0.041163),
    ]
    assert moves[1]["from"] == "2001:200:1:1:240:26ff:fe4c:51fd"
    assert moves[1]["to"] == "2001:200:1:3:240:26ff:fe4c:51fd"


# --- gaps in small captures ---

DEAD: list[Packet] = [(0, bu(seq=1)), (1, ba(seq=1)), (10, USED), (50, bu(seq=2)), (51, bu(seq=3)), (53, bu(seq=4))]
OTHER: list[Packet] = [(70, bu(agent=AGENT2, seq=9)), (71, ba(agent=AGENT2, seq=9)), (72, USED2)]


def test_a_dead_agent_leaves_two_gaps() -> None:
    assert gaps(*DEAD, *OTHER) == [(GapKind.NO_USABLE_BINDING, 10, 71), (GapKind.NO_VALID_BINDING, 60, 71)]


def test_without_data_the_last_acknowledgement_is_the_last_sign() -> None:
    silent = [packet for packet in DEAD if packet[1] is not USED]
    assert gaps(*silent, *OTHER)[0] == (GapKind.NO_USABLE_BINDING, 1, 71)


def test_another_agent_in_time_leaves_only_the_unusable_one() -> None:
    soon = [(55, bu(agent=AGENT2, seq=9)), (56, ba(agent=AGENT2, seq=9)), (100, USED2)]
    assert gaps(*DEAD, *soon) == [(GapKind.NO_USABLE_BINDING, 10, 56)]


def test_two_agents_at_once_leave_none() -> None:
    """That is what several home agents are for."""
    both = [(0, bu(agent=AGENT2, seq=9)), (1, ba(agent=AGENT2, seq=9)), (50, bu(agent=AGENT2, seq=10))]
    both += [(50.1, ba(agent=AGENT2, seq=10)), (90, USED2)]
    assert gaps(*sorted([*DEAD, *both], key=lambda packet: packet[0])) == []


def test_the_same_agent_back_again() -> None:
    assert gaps(*DEAD, (55, ba(seq=4)), (60, USED)) == [(GapKind.NO_USABLE_BINDING, 10, 55)]


def test_one_lost_update_is_no_gap() -> None:
    assert gaps((0, bu(seq=1)), (1, ba(seq=1)), (50, bu(seq=2)), (51, bu(seq=3)), (51.1, ba(seq=3)), (60, USED)) == []


def test_an_agent_that_goes_on_tunnelling_is_alive() -> None:
    """Its answers get lost, or are out of sight."""
    packets = [*DEAD, (54, USED), (55, bu(seq=5)), (55.5, ba(seq=5)), (60, USED)]
    assert gaps(*packets) == []


def heartbeat(counter: int, flags: int = 0, source: bytes = AGENT, to: bytes = AGENT2) -> bytes:
    """RFC 5847, 3.1 and 3.2: flags U (2) and R (1), a number, a Restart Counter where 4n+2 comes, PadN around it."""
    body = struct.pack(">HI", flags, 7) + bytes.fromhex("0100") + struct.pack(">BBI", 28, 4, counter)
    return ipv6(source, to, 135, mobility(13, body + bytes.fromhex("01020000"), source, to))


says_something = pytest.mark.parametrize(
    "message",
    [
        pytest.param(heartbeat(1), id="heartbeat request"),
        pytest.param(heartbeat(1, flags=1), id="heartbeat response"),
        pytest.param(made.prefix_advertisement(), id="prefix advertisement"),
        pytest.param(made.refresh_request(AGENT, HOME), id="refresh request"),
        pytest.param(made.agent_switch(AGENT2), id="switch"),
        pytest.param(made.unreachable(AGENT2, source=AGENT), id="alarm"),
    ],
)


@says_something
def test_an_agent_that_says_anything_meanwhile_is_alive(message: bytes) -> None:
    """The updates or their answers were lost: it isn't silent who talks, to whomever."""
    assert gaps(*DEAD, (54, message), (55, bu(seq=5)), (55.5, ba(seq=5)), (60, USED)) == []
    assert told(scene(*DEAD, (54, message), (58, echo(PEER, HOME)))).silences == ()


@says_something
def test_the_last_thing_that_it_said_is_the_last_sign(message: bytes) -> None:
    packets = [*DEAD[:3], (30, message), *DEAD[3:]]
    (silence,) = told(scene(*packets, (58, echo(PEER, HOME)))).silences
    assert (silence.last_sign.time_ns, len(silence.unanswered)) == (30 * S, 3)
    document = as_json(told(scene(*packets, *OTHER)))
    jsonschema.validate(document, TIMELINE)
    step = document["gaps"][0]["steps"][0]
    assert (step["name"], step["time"][11:19], step["frame"]) == ("last_message", "00:00:30", 4)


def test_an_agent_dies_after_a_lost_update() -> None:
    """The heartbeat shows that it lived after the first; the next two had no answer any more."""
    updates = [(50, bu(seq=2)), (52, heartbeat(1)), (53, bu(seq=3)), (57, bu(seq=4))]
    (silence,) = told(scene(*DEAD[:3], *updates, (80, bu(seq=5)), (80.1, ba(seq=5)))).silences
    assert (silence.last_sign.time_ns, silence.until_ns) == (52 * S, round(80.1 * S))


@pytest.mark.parametrize("message", [heartbeat(2), heartbeat(1, flags=3)], ids=["counter", "farewell"])
def test_who_started_anew_holds_nothing_until_it_answers(message: bytes) -> None:
    """Another Restart Counter, or the farewell (U flag, RFC 5847, 3.1): the bindings are gone, heartbeats or not."""
    packets = [*DEAD[:3], (30, heartbeat(1)), *DEAD[3:], (54, message), (56, heartbeat(2))]
    assert gaps(*packets, (57, bu(seq=5)), (57.5, ba(seq=5)), (58, USED)) == [
        (GapKind.NO_USABLE_BINDING, 30, 57.5),
        (GapKind.NO_VALID_BINDING, 54, 57.5),
    ]
    again = [(57, bu(seq=5)), (57.5, ba(seq=5)), (70, heartbeat(2)), (90, bu(seq=6)), (91, bu(seq=7))]
    silences = told(scene(*packets, *again, (95, echo(PEER, HOME)))).silences
    assert [silence.last_sign.time_ns for silence in silences] == [30 * S, 70 * S]


def test_a_home_agent_that_has_lost_its_bindings_is_told() -> None:
    packets = [(0, bu(seq=1)), (1, ba(seq=1)), (2, heartbeat(1)), (20, heartbeat(2)), (30, bu(seq=2)), (31, ba(seq=2))]
    timeline = told(scene(*packets))
    said = "\n".join(" ".join(line.split()) for line in as_text(timeline).splitlines())
    for wanted in (
        "00:00:20.000 lost A frame 4 it has lost its bindings",
        "00:00:31.000 registered A seq 2 60 s frames 5 6 after 1.000 s",
        "No valid binding for 11.000 s, 00:00:20.000 to 00:00:31.000",
        "(since the home agent has lost its bindings; no update was seen",
        "00:00:20.000 bindings lost 2001:db8:1::1 frame 4",
    ):
        assert wanted in said, said
    document = as_json(timeline)
    jsonschema.validate(document, TIMELINE)
    assert [binding["end_reason"] for binding in document["bindings"]] == ["lost", "capture_end"]


@pytest.mark.parametrize(
    "packets",
    [
        [
            (20, bu(seq=2)),
            (21, ba(seq=2)),
            (22, heartbeat(2)),
        ],  # accepted before the Heartbeat, perhaps after the start
        [(20, heartbeat(2)), (24, USED)],  # who still tunnels has the binding
        [(20, heartbeat(1))],
        [(20, heartbeat(2, source=AGENT2, to=AGENT))],
    ],
)
def test_what_shows_no_loss_of_a_binding(packets: list[Packet]) -> None:
    timeline = told(scene((0, bu(seq=1)), (1, ba(seq=1)), (2, heartbeat(1)), *packets, (30, echo(PEER, HOME))))
    assert [binding.end_reason for binding in timeline.bindings] == [None]


@pytest.mark.parametrize(
    "message",
    [
        heartbeat(1, source=AGENT2, to=AGENT),
        heartbeat(1)[:-10] + b"\xff" + heartbeat(1)[-9:],  # a wrong checksum
        made.dhaad_reply(AGENT2, AGENT),
        made.router_advertisement(made.prefix_information(AGENT), made.home_agent_information()),
    ],
    ids=["another", "damaged", "discovery reply", "router advertisement"],
)
def test_what_shows_no_home_agent_with_bindings(message: bytes) -> None:
    """Another agent; or what a routing daemon, or an agent after its restart, says as well."""
    found = gaps(*DEAD, (54, message), *OTHER)
    assert found == [(GapKind.NO_USABLE_BINDING, 10, 71), (GapKind.NO_VALID_BINDING, 60, 71)]


def test_a_gap_that_lasts() -> None:
    lasting = gaps(*DEAD, (100, echo(PEER, HOME)))
    assert lasting == [(GapKind.NO_USABLE_BINDING, 10, None), (GapKind.NO_VALID_BINDING, 60, None)]


def test_at_home_nobody_misses_a_binding() -> None:
    home = [(20, bu(HOME, seq=2, life=0, home=None)), (21, ba(HOME, seq=2, life=0, home=None))]
    again = [(90, bu(seq=3)), (91, ba(seq=3)), (92, USED)]
    assert gaps((0, bu(seq=1)), (1, ba(seq=1)), *home, *again) == []


def test_at_home_before_a_dead_agent() -> None:
    """Two deregistrations in vain, and away again: the mobile node was at home meanwhile."""
    home = [(20, bu(HOME, seq=2, life=0, home=None)), (21, bu(HOME, seq=3, life=0, home=None))]
    packets = [(0, bu(seq=1)), (1, ba(seq=1)), (10, USED), *home, (80, echo(PEER, HOME))]
    assert gaps(*packets) == []
    assert told(scene(*packets)).silences == ()
    assert gaps(*packets, (90, bu(seq=4)), (91, ba(seq=4))) == []


def test_an_agent_that_tunnels_to_the_end_is_alive() -> None:
    assert gaps(*DEAD, (58, USED)) == []


def test_perhaps_at_home_out_of_sight() -> None:
    """The binding ran out and the mobile node didn't care: a gap, but nobody was seen to miss anything."""
    found = told(scene((0, bu(seq=1)), (1, ba(seq=1)), (90, bu(seq=3)), (91, ba(seq=3))))
    assert [(g.kind, str(g.reason), g.duration_ns) for g in found.gaps] == [
        (GapKind.NO_VALID_BINDING, "no_update_seen", 31 * S)
    ]
    assert gaps((0, bu(seq=1)), (1, ba(seq=1)), (90, echo(PEER, HOME))) == []


def test_a_binding_that_is_used_goes_on() -> None:
    """The answers to the refreshes were missed, but what is tunnelled shows that they came (RFC 6275, 10.4.2)."""
    packets = [(0, bu(seq=1)), (1, ba(seq=1)), (50, bu(seq=2)), (70, USED), (100, bu(seq=3)), (120, USED)]
    found = told(scene(*packets, (150, echo(PEER, HOME))))
    assert found.gaps == ()
    assert [(event.kind, event.time_ns / S) for event in found.events] == [
        (EventKind.REGISTERED, 1),
        (EventKind.REFRESHED, 70),
        (EventKind.REFRESHED, 120),
    ]
    text = as_text(found)
    assert "00:01:10.000  refreshed     A  seq 2                60 s  frame 3  no answer seen, shown by frame 4" in text
    assert _runs(next(line for line in text.splitlines() if line.startswith("  2001:db8:1::1 ")).split()[1]) == ".A"
    document = as_json(found)
    jsonschema.validate(document, TIMELINE)
    assert [(r["result"], r["status"]) for r in document["registrations"]] == [
        ("accepted", 0),
        *[("accepted", None)] * 2,
    ]
    assert (document["bindings"][0]["unanswered"], document["bindings"][0]["refreshes"]) == (0, 2)


def test_refusals_are_a_reason() -> None:
    packets = [(0, bu(seq=1)), (1, ba(seq=1)), (50, bu(seq=2)), (50.1, ba(seq=2, status=130))]
    found = told(scene(*packets, (90, bu(seq=3)), (91, ba(seq=3))))
    assert [(g.kind, str(g.reason)) for g in found.gaps] == [(GapKind.NO_VALID_BINDING, "updates_refused")]


# --- events ---


def test_events_in_order() -> None:
    packets = [
        *DEAD,
        *OTHER,
        (80, bu(CARE2, AGENT2, seq=10)),
        (81, ba(CARE2, AGENT2, seq=10)),
        (90, bu(CARE2, AGENT2, seq=11)),
        (90.1, ba(CARE2, AGENT2, seq=11, status=129)),
        (99, bu(CARE2, AGENT2, seq=12)),
    ]
    events = told(scene(*packets)).events
    assert [(event.kind, event.time_ns / S) for event in events] == [
        (EventKind.REGISTERED, 1),
        (EventKind.UNANSWERED, 50),
        (EventKind.EXPIRED, 60),  # the update and its lifetime
        (EventKind.REGISTERED, 71),
        (EventKind.MOVED, 81),
        (EventKind.REFUSED, 90.1),
        (EventKind.PENDING, 99),  # nobody had time to answer
    ]
    assert events[1].sequence_numbers == (2, 3, 4)
    assert events[1].until_ns == 53 * S


def test_latency_counts_from_the_first_try() -> None:
    (event,) = (e for e in told(scene((0, bu(seq=1)), (1, bu(seq=2)), (3, ba(seq=2)))).events if e.status == 0)
    assert event.latency_ns == 3 * S


# --- text ---


def test_the_text_of_the_failover() -> None:
    text = as_text(told(recording("failover60-mn.pcap")), width=100)
    assert "No usable binding for 107.416 s, 09:54:28.700 to 09:56:16.116" in text
    assert "No valid binding for 61.069 s, 09:55:15.047 to 09:56:16.116" in text
    assert "09:55:12.044  unanswered ×6 A  seq 42217-42222" in text
    assert "09:54:16.110  registered    A  seq 42216            60 s  frames 130 131  after 1.062 s" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_bars_of_the_failover() -> None:
    text = as_text(told(recording("failover60-mn.pcap")), width=80)
    bars = [line for line in text.splitlines() if line.startswith("  2001:200:1:2::")]
    assert [len(line) for line in bars] == [80, 80]
    assert [_runs(line.split()[1]) for line in bars] == [".A?.", ".A."]


def _runs(bar: str) -> str:
    return "".join(c for i, c in enumerate(bar) if not i or bar[i - 1] != c)


DAY = 86_400
TWO_DAYS: list[Packet] = [(DAY - 2, bu(seq=1)), (DAY - 1, ba(seq=1)), (2 * DAY, bu(seq=2)), (2 * DAY + 1, ba(seq=2))]
"""A registration for 60 s two seconds before midnight of 1970-01-01, and another at midnight of the day after."""


def test_over_midnight_times_have_their_day() -> None:
    text = as_text(told(scene(*TWO_DAYS)), width=80)
    assert text.startswith("4 packets, 1970-01-01 23:59:58.000 to 1970-01-03 00:00:01.000 UTC\n")
    assert "    01-01 23:59:59.000  registered    A  seq 1" in text
    assert "    01-02 00:00:58.000  expired       A" in text  # 60 s after the update
    assert "    01-03 00:00:01.000  registered    A  seq 2" in text
    gap = 80 - 2 - len("2001:db8:1::1") - 2 - 2 * len("01-01 23:59:58")
    assert f"  01-01 23:59:58{'':{gap}}01-03 00:00:01\n" in text


def test_within_a_day_times_have_none() -> None:
    text = as_text(told(scene(*TWO_DAYS[:1], (DAY - 1e-9, ba(seq=1)))))
    assert text.startswith("2 packets, 1970-01-01 23:59:58.000 to 23:59:59.999 UTC\n")
    assert "    23:59:59.999  registered" in text


def test_a_binding_that_is_short_beside_the_capture_is_in_the_bar() -> None:
    """Cells of about half an hour: a minute lies in the first, but not in its middle; the last second in the last."""
    text = as_text(told(scene(*TWO_DAYS)), width=80)
    (bar,) = (line.split()[1] for line in text.splitlines() if line.startswith("  2001:db8:1::1 "))
    assert bar == "A" + "." * (len(bar) - 2) + "A"
    held = as_text(told(scene(*TWO_DAYS[2:], (2 * DAY + 40, echo(PEER, HOME)))), width=80)
    (bar,) = (line.split()[1] for line in held.splitlines() if line.startswith("  2001:db8:1::1 "))
    assert set(bar[2:]) == {"A"}  # from 1 s of 40 on, as before


def test_several_care_of_addresses_at_once() -> None:
    """Binding Identifiers (RFC 5648, 4.1): the second address is no move of the first one's binding."""

    def both(care_of_address: bytes, number: int) -> list[Packet]:
        identifier = (35, struct.pack(">HBB", number, 0, 0), (2, 0))
        update = made.home_bu(identifier, source=care_of_address)
        return [(0, update), (1, made.ba(identifier, to=care_of_address))]

    packets = sorted([*both(CARE1, 1), *both(CARE2, 2)], key=lambda packet: packet[0])
    found = told(scene(*packets, (50, echo(PEER, HOME))))
    assert [event.kind for event in found.events] == [EventKind.REGISTERED] * 2
    text = as_text(found)
    assert _runs(next(line for line in text.splitlines() if line.startswith("  2001:db8:1::1 ")).split()[1]) == ".+"
    assert "    + several care-of addresses at once" in text
    document = as_json(found)
    jsonschema.validate(document, TIMELINE)
    assert [binding["binding_identifier"] for binding in document["bindings"]] == [1, 2]


def snapped(name: str, octets: int) -> Source:
    """A recording with what `editcap -s` would leave of it."""
    source = recording(name)
    return Source(source.name, [record._replace(captured=record.captured[:octets]) for record in source.records])


def test_what_the_capture_cut_is_marked_and_no_fact() -> None:
    """14 octets of Ethernet, 40 of IPv6, 8 of a message before its list, 16 of an advertisement before its options."""
    timeline = told(snapped("tour-mn.pcap", 14 + 40 + 8))
    text = as_text(timeline)
    assert "  answered after 0.004 s  id 0  frame 98: [truncated]\n" in text
    assert "  advertised by fe80::ff:fe00:201  [truncated]  until 09:54:49.137\n" in text
    document = as_json(timeline)
    jsonschema.validate(document, TIMELINE)
    assert [reply["truncated"] for found in document["discoveries"] for reply in found["replies"]] == [True]
    (agent,) = document["advertised_home_agents"]
    assert (agent["preference"], agent["lifetime_s"], agent["truncated"]) == (None, None, True)
    text = as_text(told(snapped("tour-mn.pcap", 14 + 40 + 24 + 8)))  # behind a type 2 routing header
    assert "  answered  id 53218  frame 716: [truncated]\n" in text
    text = as_text(told(snapped("failover60-mn.pcap", 14 + 40 + 8 + 16)))
    assert "  frame 129: 2001:200:1:2::1 [truncated]\n" in text
    text = as_text(told(recording("failover60-mn.pcap")))
    assert "  frame 129: 2001:200:1:2::1, 2001:200:1:2::2\n" in text
    assert "truncated" not in text


def test_names_stand_for_addresses() -> None:
    text = as_text(told(scene(*DEAD, *OTHER)), names={AGENT: "ha1", AGENT2: "ha2", HOME: "mn"})
    assert "Home address mn" in text
    assert "Home agent ha2" in text
    assert address.text(AGENT) not in text


def test_findings_are_shown_beside_it() -> None:
    source = recording("tour-mn.pcap")
    octets = {r.frame: r.captured for r in source.records}
    broken = changed(source, f99=with_checksum_off_by_one(octets[99]))
    timeline = build(observe([broken]), validate([broken]))
    assert "error  MIP6-MH-001  frame 99: expected checksum 0x" in as_text(timeline)
    document = as_json(timeline)
    assert document["findings"][0]["rule"] == "MIP6-MH-001"
    jsonschema.validate(document, TIMELINE)


def test_frames_of_several_files_carry_their_names() -> None:
    text = as_text(told(recording("tour-mn.pcap"), recording("tour-home.pcap")))
    assert "tour-mn.pcap:99" in text


def test_nothing_to_tell() -> None:
    assert as_text(told()) == "No packets.\n"
    assert "No home registrations." in as_text(told(scene((0, echo(PEER, HOME)))))
    jsonschema.validate(as_json(told()), TIMELINE)
