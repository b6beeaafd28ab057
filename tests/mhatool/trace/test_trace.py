"""A trace is written, read back as the same values, and is as its schema says."""

import io
import json
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dissectors.ipv6.address import parse as address
from mhatool.engine.events import CacheEntry, Event, MessageDropped, MessageSent
from mhatool.engine.mobile_node_events import HomePrefixesLearned, UpdateSent
from mhatool.protocol import octets
from mhatool.trace import Header, NodeNames, TraceError, TraceWriter, catalogue, event_classes, is_trace, read
from mhatool.trace.catalogue import name_of
from mhatool.trace.reader import parse
from mhatool.trace.schema import SCHEMA

NAMES = {"ha1": NodeNames(addresses=("2001:db8::1",), interface="ed1", interface_index=8)}
HEADER = Header(vantage_point="network", profile="rfc6275", names=NAMES, clock_offsets_ns={"mn": -5})
HOME, CARE_OF, AGENT = (address(text) for text in ("2001:db8:1::9", "2001:db8:2::9", "2001:db8:1::1"))


def written(events: list[Event]) -> bytes:
    stream = io.BytesIO()
    writer = TraceWriter(stream, HEADER)
    for event in events:
        writer.write(event)
    return stream.getvalue()


def test_a_line_in_full() -> None:
    dropped = MessageDropped(
        time_ns=7, node="ha1", reason="malformed", detail="x", source=CARE_OF, destination=AGENT, frame=b"\x60\x00"
    )
    line = json.loads(written([dropped]).splitlines()[1])
    assert line == {
        "time_ns": 7,
        "name": "mh:dropped",
        "node": "ha1",
        "data": {"detail": "x", "source": "2001:db8:2::9", "destination": "2001:db8:1::1"},
        "reason": "malformed",
        "frame": "6000",
    }


def test_the_header_is_the_first_line() -> None:
    first = json.loads(written([]))
    assert first["schema"] == "mhatool.trace/1"
    assert (first["vantage_point"], first["profile"]) == ("network", "rfc6275")
    jsonschema.Draft202012Validator(SCHEMA["oneOf"][0]).validate(first)
    assert parse(written([]).splitlines()).header == HEADER
    assert is_trace(written([]))
    assert not is_trace(b'{"schema":"mhatool.timeline/1"}')


def test_nested_octets_come_back() -> None:
    events: list[Event] = [
        HomePrefixesLearned(time_ns=1, node="mn", home_agent=AGENT, prefixes=((address("2001:db8:1::"), 64, 9, 8),)),
        UpdateSent(
            time_ns=2,
            node="mn",
            peer=AGENT,
            home_address=HOME,
            care_of_address=CARE_OF,
            sequence_number=3,
            flags="AH",
            lifetime_s=60,
            home_agents=(AGENT, HOME),
        ),
    ]
    assert parse(written(events).splitlines()).events == events


OCTETS = st.one_of(st.binary(min_size=16, max_size=16), st.binary(min_size=6, max_size=6), st.binary(max_size=40))


@given(OCTETS)
def test_octets_are_told_by_their_text(value: bytes) -> None:
    assert octets.parse(octets.text(value)) == value


def an_instance(cls: type[Event]) -> st.SearchStrategy[Event]:
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    return st.fixed_dictionaries({field.name: a_value(field.type) for field in info.fields}).map(
        lambda fields: cls(**fields)
    )


def a_value(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    inspect = msgspec.inspect
    simple: dict[type, st.SearchStrategy[Any]] = {
        inspect.IntType: st.integers(0, 2**63 - 1),
        inspect.StrType: st.text(max_size=8),
        inspect.BoolType: st.booleans(),
        inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
        inspect.BytesType: OCTETS,
        inspect.NoneType: st.none(),
    }
    if type(kind) in simple:
        return simple[type(kind)]
    if isinstance(kind, inspect.UnionType):
        return st.one_of([a_value(item) for item in kind.types])
    if isinstance(kind, inspect.VarTupleType):
        return st.lists(a_value(kind.item_type), max_size=3).map(tuple)
    assert isinstance(kind, inspect.TupleType), f"{kind}: the trace has no such field so far"
    return st.tuples(*[a_value(item) for item in kind.item_types])


@pytest.mark.parametrize("name", list(event_classes()))
def test_every_event_there_is_comes_back_and_fits_the_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)

    @settings(max_examples=10)
    @given(an_instance(event_classes()[name]))
    def check(event: Event) -> None:
        octets_of_it = written([event])
        assert parse(octets_of_it.splitlines()).events == [event]
        own = next(part for part in SCHEMA["oneOf"] if part["properties"].get("name", {}).get("const") == name)
        validator.evolve(schema=own).validate(json.loads(octets_of_it.splitlines()[1]))

    check()


def test_names_are_category_and_event() -> None:
    categories = {"agent", "binding", "link", "mh", "nd", "packet", "route", "rr", "timer", "traffic", "tunnel"}
    for name in event_classes():
        category, _, event = name.partition(":")
        assert category in categories
        assert event.replace("_", "").isalpha()
    assert name_of(CacheEntry) == "binding:cache_entry"
    assert event_classes()["mh:sent"] is MessageSent


def test_two_events_have_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(msgspec.Struct, frozen=True, tag_field="name", tag="mh:sent"):
        pass

    monkeypatch.setattr(catalogue, "_below", lambda cls: iter((MessageSent, Other)))
    with pytest.raises(TypeError, match="MessageSent and Other are both mh:sent"):
        event_classes.__wrapped__()


BROKEN = [
    (b"", "trace:1: no header of a trace"),
    (b"\xd4\xc3\xb2\xa1", "trace:1: no header of a trace"),
    (written([]).replace(b"trace/1", b"trace/2"), "this reads mhatool.trace/1"),
    (written([]) + b"{}\n", "trace:2: no event: time_ns, name, node and data are needed"),
    (written([]) + b'{"time_ns":1,"name":"x:y","node":"n","data":{}}\n', "there is no event 'x:y'"),
    (written([]) + b'{"time_ns":1,"name":"timer:started","node":"n","data":{}}\n', "missing required field `list`"),
    (written([]) + b'{"time_ns":1,"name":"timer:started","node":"n","data":{"list":"a","more":1}}\n', "unknown field"),
    (written([]) + b'{"time_ns":1,"name":"timer:started","node":"n","data":{"list":"a","node":"n"}}\n', "beside it"),
    (b'{"schema":"\xff"}\n', "trace:1: no header of a trace"),
    (b'{"schema":"mhatool.trace/1","names":' + b"[" * 100_000, "trace:1: no header of a trace"),
    (written([]) + b"[" * 100_000 + b"\n", "trace:2: no event: brackets too deep"),
]


@pytest.mark.parametrize(("content", "words"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_trace_is_refused_with_its_line(content: bytes, words: str) -> None:
    with pytest.raises(TraceError, match="trace:") as caught:
        parse(content.splitlines())
    assert words in str(caught.value)


def _sent(time_ns: int, node: str = "ha1") -> MessageSent:
    return MessageSent(time_ns=time_ns, node=node, message="ra", source=AGENT, destination=CARE_OF, frame=b"\x60")


@pytest.mark.parametrize("left", [1, 20])
def test_a_trace_that_was_cut_is_read_up_to_the_break(tmp_path: Any, left: int) -> None:
    """Its run ends for a reader with the last event, by the clock of the vantage point; mn's is 5 ns behind it."""
    lines = written([_sent(7), _sent(9, "mn"), _sent(11)]).splitlines(keepends=True)
    before, path = b"".join(lines[:-1]), tmp_path / "cut.jsonl"
    path.write_bytes(before + lines[-1][:left])
    trace = read(path)
    assert [event.time_ns for event in trace.events] == [7, 9]
    assert trace.warnings == (f"trace breaks off (line 4, at octet {len(before)})",)
    assert trace.header.end_ns == 9 + 5


def test_a_last_line_needs_no_line_feed(tmp_path: Any) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(written([_sent(7), _sent(9)])[:-1])
    assert (len(read(path).events), read(path).warnings) == (2, ())


@pytest.mark.parametrize("damage", [b"\0" * 40, b'{"a":"\xff"}\n', b"\n", b"\xc3"])
def test_what_is_no_json_ends_a_trace(damage: bytes) -> None:
    whole = written([_sent(7)])
    trace = parse((whole + damage + b"\n" + written([_sent(8)])).splitlines(keepends=True))
    assert [event.time_ns for event in trace.events] == [7]
    assert trace.warnings == (f"trace breaks off (line 3, at octet {len(whole)})",)


def test_a_header_tells_the_end_unless_nobody_knew_it() -> None:
    """A live node's trace is begun before its end is known."""
    told = msgspec.structs.replace(HEADER, start_ns=5, end_ns=100)
    stream = io.BytesIO()
    TraceWriter(stream, told).write(_sent(7))
    assert parse(stream.getvalue().splitlines(keepends=True)).header.end_ns == 100
    assert parse(written([_sent(7)]).splitlines(keepends=True)).header.end_ns == 7


def test_a_file_is_read(tmp_path: Any) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(written([]))
    assert read(path).header == HEADER
