"""What a timeline says of correspondents and of all that is around bindings, as JSON and as text."""

from typing import Any

import jsonschema
import pytest

from mhatool.observe import observe
from mhatool.timeline import TIMELINE, Timeline, as_json, as_text, build
from tests.mhatool import manifest
from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, ba, bu, echo, recording, scene, tunnel
from tests.recipes import packets as made

Packet = tuple[float, bytes]
RO = ["ro-mn.pcap", "ro-core.pcap", "ro-cn.pcap"]
#: Return routability, an update with the A flag, its refusal, an error, discovery and prefixes; most once unanswered.
EVERYTHING: list[Packet] = [
    (0, bu(seq=1)),
    (1, ba(seq=1)),
    (2, tunnel(AGENT, CARE1, echo(PEER, HOME))),
    (3, made.dhaad_request()),
    (3.1, made.dhaad_reply()),
    (4, made.dhaad_request(identifier=8)),
    (4.5, made.dhaad_reply(identifier=77)),
    (5, made.prefix_solicitation()),
    (6, made.prefix_advertisement(identifier=10)),
    (7, made.home_test_init()),
    (7.1, made.home_test()),
    (7.2, made.care_of_test_init()),
    (8, made.bu(made.nonce_indices(1, 1), to=PEER, flags="A", seq=5)),
    (8.1, made.ba(source=PEER, seq=5, status=137)),
    (9, made.bu(to=PEER, flags="", seq=6, life=4)),
    (10, made.binding_error()),
    (11, made.refresh_request()),
    (12, made.bu(to=PEER, flags="", seq=7, life=4)),
    (17, made.icmp_packet(1, bytes(4) + bu(), PEER, CARE1)),
    (18, made.router_advertisement(made.prefix_information(AGENT), made.home_agent_information(9, 0))),
    (19, tunnel(PEER, CARE1, echo(PEER, CARE1))),
]


def told(*packets: Packet) -> Timeline:
    return build(observe([scene(*packets)]))


def recorded(*names: str) -> dict[str, Any]:
    return as_json(build(observe([recording(name) for name in names])))


@pytest.mark.parametrize("name", RO)
def test_updates_at_the_correspondent(name: str) -> None:
    (found,) = recorded(name)["correspondents"]
    facts = manifest.entry(name)["correspondent_update"]
    assert [
        (u["sequence_number"], u["lifetime_s"], [u["home_nonce_index"], u["care_of_nonce_index"]], u["authenticator"])
        for u in found["updates"]
    ] == [(f["sequence_number"], f["lifetime_s"], f["nonce_indices"], f["authenticator"]) for f in facts]
    assert [u["frames"] for u in found["updates"]] == [[f["frame"]] for f in facts]
    requests = manifest.entry(name)["refresh_request"]
    assert [r["frame"] for r in found["refresh_requests"]] == [f["frame"] for f in requests]


@pytest.mark.parametrize("name", RO)
def test_which_tests_an_update_used(name: str) -> None:
    """24350 used the home test of the first run and a care-of test of its own (captures/README.md, trap 8)."""
    home, care_of, second = manifest.entry(name)["routability_test"]
    document = recorded(name)
    (found,) = document["correspondents"]
    used = {u["sequence_number"]: (u["home_test"]["frame"], u["care_of_test"]["frame"]) for u in found["updates"]}
    assert used[24349] == (home["test_frame"], care_of["test_frame"])
    assert used[24350] == (home["test_frame"], second["test_frame"])
    assert used[24353] == (home["test_frame"], None)
    runs = document["return_routability"]["runs"]
    assert [(run["sequence_number"], run["home_test"]["reused"]) for run in runs] == [(24347, False), (24350, True)]


def test_the_binding_at_the_correspondent() -> None:
    """Until the deregistration; the last lifetime of 56 s would have ended 56 s after 09:53:49.039."""
    ((binding,),) = (c["bindings"] for c in recorded("ro-mn.pcap")["correspondents"])
    assert (binding["start"][11:23], binding["end"][11:23]) == ("09:51:36.811", "09:54:10.322")
    assert (binding["expires"][11:23], binding["end_reason"]) == ("09:54:45.039", "deregistered")
    assert [(s["shown_by"], s["shown"]["frame"]) for s in binding["care_of_addresses"]] == [
        ("type_2_routing_header", 97),
        ("type_2_routing_header", 968),
    ]


def test_discovery_and_prefixes() -> None:
    document, facts = recorded("tour-core.pcap"), manifest.entry("tour-core.pcap")
    (discovery,), (fact,) = document["discoveries"], facts["discovery"]
    assert [(r["identifier"], r["frame"]) for r in discovery["requests"]] == [(0, fact["request_frame"])]
    assert [(r["home_agents"], r["frame"]) for r in discovery["replies"]] == [
        (fact["home_agents"], fact["reply_frame"])
    ]
    (exchange,), (fact,) = document["prefix_exchanges"], facts["prefix_exchange"]
    assert exchange["advertisements"][0]["prefixes"] == [
        {
            "prefix": fact["prefix"],
            "prefix_length": 64,
            "flags": ["A", "L", "R"],
            "valid_lifetime_s": 86398,
            "preferred_lifetime_s": 14398,
        }
    ]


def test_everything_fits_the_schema() -> None:
    document = as_json(told(*EVERYTHING))
    jsonschema.validate(document, TIMELINE)
    empty = [
        key for key, value in document.items() if value in ([], {}) and key not in ("gaps", "failures", "findings")
    ]
    assert empty == []


@pytest.mark.parametrize("name", ["ro-mn.pcap", "failover60-core.pcap", "tour-all.pcapng"])
def test_recordings_fit_the_schema(name: str) -> None:
    jsonschema.validate(recorded(name), TIMELINE)


# --- text ---


def test_the_text_of_route_optimisation() -> None:
    text = as_text(build(observe([recording("ro-mn.pcap")])), width=100)
    lines = text.splitlines()
    bars = [line for line in lines if line.startswith("  2001:200:1:")]
    assert [len(bar) for bar in bars] == [100, 100]  # the home agent's, and the correspondent's
    assert "  Correspondent 2001:200:1:c::10" in lines
    after = [line.split() for line in lines if line.startswith("    09:5")]
    assert ["09:52:30.829", "refresh", "request", "frame", "724"] in after
    assert any(line[:5] == ["09:52:57.039", "move", "B", "seq", "24350"] and "1/2" in line for line in after)
    assert "  09:51:36.788  home test     2001:200:1:2:240:26ff:fe4c:51fd  frames 92 94  nonce 1, in 7 updates" in lines
    assert max(map(len, lines)) <= 120


def test_a_correspondent_alone() -> None:
    """The correspondent's link sees no home registration, but the binding there."""
    text = as_text(build(observe([recording("ro-cn.pcap")])))
    assert "No home registrations." in text
    assert "Correspondent 2001:200:1:c::10" in text
    assert "  correspondent  2001:200:1:c::10  home test init, frame 70" in text


def test_everything_as_text() -> None:
    lines = as_text(told(*EVERYTHING)).splitlines()
    said = "\n".join(" ".join(line.split()) for line in lines)
    for wanted in (
        "00:00:08.000 registration A seq 5 60 s frames 13 14 nonces 1/1 refused, status 137",
        "00:00:09.000 registration A seq 6 4 s frame 15 refused by a Binding Error",
        "00:00:10.000 binding error frame 16",
        "00:00:11.000 refresh request frame 17",
        "00:00:16.000 expired A no packet: the lifetime was over",
        "care-of test 2001:db8:a::100 frame 12 unanswered",
        "00:00:04.000 asked by 2001:db8:a::100 id 8 frame 6 unanswered",
        "00:00:04.500 not seen asked",
        "00:00:04.500 answered id 77 frame 7: 2001:db8:1::1, 2001:db8:1::2",
        "asked of 2001:db8:1::1 id 9 frame 8 unanswered",
        "unsolicited, by 2001:db8:1::1 id 10 frame 9: 2001:db8:1::1/64 valid 86400 s",
        "advertised by 2001:db8:1::1 preference 9 lifetime 0 s until 00:00:18.000, ceased 00:00:18.000",
        "2001:db8:1::1 > 2001:db8:a::100 1 packet, 88 octets",
        "00:00:17.000 binding update to 2001:db8:1::1 frame 19",
        "Destination Unreachable, code 0, says 2001:db8:c::10",
        "mobile node 2001:db8:1::100 binding update, frame 1",
    ):
        assert wanted in said, said


def test_each_answer_has_its_own_time_and_each_question_its_number() -> None:
    """Three requests 0, 3 and 9 s after the start, the second and the third answered at 9.2 and 9.3 s."""
    asked = [(at, made.dhaad_request(identifier=i)) for at, i in ((0, 7), (3, 8), (9, 9))]
    replies = [(9.2, made.dhaad_reply(identifier=9)), (9.3, made.dhaad_reply(identifier=8))]
    solicited = [(20, made.prefix_solicitation(identifier=5)), (23, made.prefix_solicitation(identifier=6))]
    text = as_text(told(*asked, *replies, *solicited))
    said = "\n".join(" ".join(line.split()) for line in text.splitlines())
    assert "00:00:09.200 answered after 9.200 s id 9" in said
    assert "00:00:09.300 answered after 9.300 s id 8" in said
    assert "asked of 2001:db8:1::1 id 5, id 6 frames 6 7 unanswered" in said


def test_names_stand_for_addresses_everywhere() -> None:
    names = {AGENT: "ha1", PEER: "cn", HOME: "mn", CARE1: "abroad"}
    text = as_text(told(*EVERYTHING), names=names)
    assert "Correspondent cn" in text
    assert "ha1 > abroad" in text
    assert [line for line in text.splitlines() if "2001:db8:a::100" in line or "2001:db8:c::10" in line] == []
