"""Forgeries and replays of a scenario: sent when and as it says, refused where they can't be."""

from collections.abc import Iterable

import pytest

from mhatool.engine.events import MessageDropped
from mhatool.engine.packet_events import PacketForged
from mhatool.network.scenario import ScenarioError, load
from tests.mhatool.network.scenario.runs import QUIET, Happened, happen

HOME, AWAY = "2001:db8:2:0:0:5eff:fe10:1", "2001:db8:1:0:0:5eff:fe10:1"
ANSWER = f'node="cn2", message="binding_acknowledgement", source="2001:db8:2::1", destination="{AWAY}"'


def attacked(*tables: str) -> Happened:
    return happen("tour", [*QUIET, "duration_s=50", *tables])


def refusals(happened: Happened, node: str) -> list[tuple[float, str]]:
    """When a node dropped what some forgery was, and why: routers change the hop limit alone."""
    forged = {event.frame[8:] for event in happened.told(PacketForged)}
    dropped = [event for event in happened.told(MessageDropped) if event.node == node and event.frame[8:] in forged]
    return [(round(happened.seconds(event.time_ns), 1), event.reason) for event in dropped]


def sent(happened: Happened) -> list[tuple[float, str, str]]:
    return [(happened.seconds(e.time_ns), e.node, e.forgery) for e in happened.told(PacketForged)]


def test_a_forged_acknowledgement_comes_and_is_dropped_for_its_number() -> None:
    """Nobody asks at 40 s: no Binding Update is out."""
    forgery = f'{{at=40, {ANSWER}, home_address="{HOME}", times=2, every_s=3, fields={{lifetime_s=60, status=0}}}}'
    happened = attacked(f"forgeries=[{forgery}]")
    assert sent(happened) == [(40, "cn2", "forgeries[0]"), (43, "cn2", "forgeries[0]")]
    assert refusals(happened, "mn") == [(40.0, "sequence_number"), (43.0, "sequence_number")]
    assert [verdict for verdict in happened.run.chronicle.verdicts if not verdict.holds] == []


def test_an_acknowledgement_that_is_heard_and_sent_again() -> None:
    """The router of the foreign link hears the first agent's answer, and repeats it later."""
    replay = f'{{at=40, node="ar1", link="foreign1", message="binding_acknowledgement", destination="{AWAY}"}}'
    happened = attacked(f"replays=[{replay}]")
    assert sent(happened) == [(40, "ar1", "replays[0]")]
    assert refusals(happened, "mn") == [(40.0, "sequence_number")]


def test_what_was_never_heard_makes_an_expectation_fail() -> None:
    replay = '{at=40, node="ar1", link="foreign1", message="binding_acknowledgement", number=99}'
    happened = attacked(f"replays=[{replay}]")
    failed = [verdict for verdict in happened.run.chronicle.verdicts if not verdict.holds]
    assert [(verdict.node, verdict.expected, verdict.seen) for verdict in failed] == [
        ("ar1", "something for replays[0]", "no binding_acknowledgement number 99 was heard on foreign1")
    ]


def forgery(**keys: str) -> str:
    table = {"at": "1", "node": '"cn2"', "message": '"heartbeat"', "source": '"::1"', "destination": '"::2"'} | keys
    return f"forgeries=[{{{', '.join(f'{key}={value}' for key, value in table.items())}}}]"


def replay(**keys: str) -> str:
    table = {"at": "1", "node": '"ar1"', "message": '"heartbeat"', "link": '"core"'} | keys
    return f"replays=[{{{', '.join(f'{key}={value}' for key, value in table.items())}}}]"


REFUSED: Iterable[tuple[str, str, str]] = [
    (forgery(message='"heartbeet"'), "forgeries[0].message", "did you mean 'heartbeat'?"),
    (forgery(node='"cn3"'), "forgeries[0].node", "there is no 'cn3'"),
    (forgery(at="999"), "forgeries[0].at", "isn't within the run"),
    (forgery(source='"2001:db8::x"'), "forgeries[0].source", "2001:db8::x"),
    (forgery(fields="{number=1}"), "forgeries[0]", "has no field 'number'"),
    (forgery(fields='{sequence_number="x"}'), "forgeries[0]", "sequence_number"),
    (forgery(options='["mood:0"]'), "forgeries[0]", "there is no option 'mood'"),
    (forgery(interface='"eth9"'), "forgeries[0].interface", "there is no 'eth9'"),
    (forgery(link_destination='"02:00:00:00:00:01"'), "forgeries[0]", "together with interface"),
    (forgery(times="0"), "forgeries[0].times", "0: 1 to 100,000"),
    (forgery(every_s="-1"), "forgeries[0].every_s", "-1: 0 to"),
    (forgery(reason="1"), "forgeries[0].reason", "unknown key"),
    (replay(message='"bu"'), "replays[0].message", "there is no 'bu'"),
    (replay(node='"ar9"'), "replays[0].node", "there is no 'ar9'"),
    (replay(link='"cor"'), "replays[0].link", "there is no 'cor'"),
    (replay(link='"home"'), "replays[0].link", "ar1 isn't on this link: it can't hear it"),
    (replay(number="0"), "replays[0].number", "0: they are counted from 1"),
    (replay(source='"02:00:00:00:00:01"'), "replays[0]", "source is no address"),
]


@pytest.mark.parametrize(("change", "place", "words"), REFUSED, ids=[case[0][:90] for case in REFUSED])
def test_what_cannot_be_sent_is_refused_with_its_key(change: str, place: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load("tour", [change])
    assert place in str(caught.value)
    assert words in str(caught.value)
