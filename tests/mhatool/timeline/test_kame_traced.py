"""The paper's log and a figure from events as the nodes of a trace tell them."""

from collections.abc import Iterator
from pathlib import Path

from dissectors.ipv6 import address
from mhatool.engine import mobile_node_events as mobile
from mhatool.engine import nd_events as nd
from mhatool.engine.events import CacheEntry, Event, TimerStarted, UpdateListEntry
from mhatool.timeline.kame import as_log, as_tables
from mhatool.timeline.kame.document import as_document
from mhatool.timeline.kame.tables import NodeTables
from mhatool.timeline.kame.traced import TracedTables, lines_of_events
from mhatool.timeline.names import NamedNode
from mhatool.trace import Header, NodeNames, TraceWriter
from tests.mhatool.cli.process import complaint, mhatool
from tests.mhatool.timeline.paper_run import DAY, HA1, HA2, Agent, Run, S, clock

GOLDEN = Path(__file__).parent / "golden"
RUN = Run()
HOME, CARE = address.parse(RUN.home_address), address.parse(RUN.care_of_address)
MOBILE = NamedNode("mn", host="mobile-mn", interface_index=8)


def at(text: str) -> int:
    return (DAY + round(clock(text))) * S


def told(kind: type[Event], when: str, **facts: object) -> Event:
    return kind(time_ns=at(when), node="mn", **facts)


def start() -> Iterator[Event]:
    yield told(TimerStarted, "20:11:39", list="subnet")
    yield told(mobile.AuthenticationSet, "20:11:39", enabled=False)
    yield told(mobile.FunctionEnabled, "20:11:39", function="mobile_node")
    yield told(nd.CareOfAddressChanged, "20:11:39", care_of_address=HOME)
    yield told(nd.LocationChanged, "20:11:39", location="home")


def heard(when: str, agent: Agent) -> Iterator[Event]:
    router, prefix = address.parse(agent.link_local), address.parse(agent.address)
    yield told(nd.PrefixReceived, when, interface="wi0", prefix=prefix, prefix_length=64, router=router)
    yield told(nd.RouterFound, when, interface="wi0", prefix=prefix, router=router, home_agent=True)


def foreign() -> Iterator[Event]:
    router, prefix = address.parse(RUN.foreign_router), CARE[:8] + bytes(8)
    yield told(nd.PrefixReceived, "20:27:29", interface="wi0", prefix=prefix, prefix_length=64, router=router)
    yield told(nd.NewPrefix, "20:27:30", interface="wi0", prefix=prefix, prefix_length=64)
    yield told(nd.RouterFound, "20:27:30", interface="wi0", prefix=prefix, router=router, home_agent=False)
    yield told(nd.CareOfAddressChanged, "20:27:33", care_of_address=CARE)
    yield told(nd.LocationChanged, "20:27:33", location="foreign")


def entry(index: int, peer: bytes) -> Iterator[Event]:
    yield told(mobile.EntryCreated, "20:27:33", index=index, peer=peer, home_address=HOME)
    if not index:
        yield told(TimerStarted, "20:27:33", list="binding_update")
    yield told(mobile.EntryInserted, "20:27:33", index=index, peer=peer, home_address=HOME)


def sends(when: str, peer: bytes, state: str) -> Iterator[Event]:
    yield fed(when, peer, state)
    yield told(
        mobile.UpdateSent,
        when,
        peer=peer,
        home_address=HOME,
        care_of_address=CARE,
        sequence_number=1,
        flags="AHSL",
        lifetime_s=420,
    )


def answered(when: str, peer: bytes, number: int, state: str) -> Iterator[Event]:
    yield told(
        mobile.AcknowledgementReceived,
        when,
        peer=peer,
        home_address=HOME,
        status=0,
        sequence_number=number,
        lifetime_s=420,
        options=("binding_refresh_advice",),
        refresh_s=208,
    )
    yield fed(when, peer, state)


def fed(when: str, peer: bytes, state: str, machine: str = "primary") -> Event:
    return told(mobile.MachineFed, when, peer=peer, home_address=HOME, machine=machine, state=state, input="")


def whole() -> Iterator[Event]:
    """In the order of the sections of the appendix, which is that of its lines."""
    one, two = address.parse(HA1.address), address.parse(HA2.address)
    yield from start()
    yield from heard("20:16:06", HA2)
    yield from heard("20:18:56", HA1)
    yield from foreign()
    for index, peer in enumerate((one, two)):
        yield from entry(index, peer)
        yield from sends("20:27:33", peer, "WAITA")
        yield fed("20:27:33", peer, "START", machine="secondary")  # of which nothing is logged
    for peer in (one, two):
        yield from sends("20:27:36", peer, "WAITA")
    yield fed("20:27:36", two, "WAITA")  # that of the answer below: the authors sorted by home agent
    yield from answered("20:27:36", one, 34285, "WAITA")
    yield from list(answered("20:27:36", two, 10803, "WAITA"))[:1]
    for peer, number in ((one, 34286), (two, 10804)):
        yield from sends("20:31:05", peer, "BOUND")
        yield from answered("20:31:05", peer, number, "WAITAR")


def test_the_appendix_from_events() -> None:
    others = [TimerStarted(time_ns=0, node="ha1", list="binding_cache")]
    written = as_log(lines_of_events([*others, *whole()], MOBILE), MOBILE)
    assert written.splitlines() == [line[2:] for line in (GOLDEN / "appendix.log").read_text().splitlines()]


def update_entry(agent: Agent, number: int, **facts: object) -> Event:
    known: dict[str, object] = {
        "peer": address.parse(agent.address),
        "home_address": HOME,
        "care_of_address": CARE,
        "lifetime_s": 420,
        "expires_ns": at("20:34:36"),
        "refresh_s": 208,
        "next_send_ns": at("20:31:04"),
        "sequence_number": number,
        "flags": "AHSL",
        "state": "BOUND",
        "test_state": "START",
        "home_registration": True,
    }
    return told(UpdateListEntry, "20:27:36", **{**known, **facts})


def test_figure_15_from_events() -> None:
    tables = TracedTables()
    for event in (
        update_entry(HA1, 34284, state="WAITA"),
        update_entry(HA2, 10803),
        update_entry(HA1, 34285),
    ):
        tables.take(event)
    expected = (GOLDEN / "fig15-mn-registration.txt").read_text()
    now = at("20:28:41")
    assert as_tables(tables.updates(now), tables.cache(now), now) == expected
    tables.take(update_entry(HA1, 34285, gone=True))
    assert [row.peer for row in tables.updates(now)] == [address.parse(HA2.address)]
    tables.take(update_entry(HA2, 1, unsupported=True, expires_ns=0, next_send_ns=0, lifetime_s=0))
    text = as_tables(tables.updates(now), [], now)
    assert text.endswith("state      MU\n")
    assert "ltxp       0\n" in text  # no update was sent, so nothing runs out
    entry = as_document({"mn": NodeTables(tables.updates(now), [])}, now)["nodes"][0]["updates"][0]
    assert (entry["expires"], entry["next_send"], entry["no_mobility"]) == (None, None, True)


def cache_entry(home_address: bytes, **facts: object) -> CacheEntry:
    known: dict[str, object] = {
        "home_address": home_address,
        "care_of_address": CARE,
        "address": address.parse(HA1.address),
        "flags": "AHSL",
        "sequence_number": 34285,
        "lifetime_s": 420,
        "expires_ns": at("20:34:36"),
    }
    return CacheEntry(time_ns=at("20:27:36"), node="ha1", **{**known, **facts})  # type: ignore[arg-type]


def test_figure_11_from_events() -> None:
    tables = TracedTables()
    tables.take(cache_entry(bytes.fromhex("fe80000000000000") + HOME[8:], cloned=True))
    tables.take(cache_entry(HOME, pending=True))
    assert "state      D--\n" in as_tables([], tables.cache(at("20:28:24")), at("20:28:24"))
    tables.take(cache_entry(HOME))
    expected = (GOLDEN / "fig11-ha1-registration.txt").read_text()
    assert as_tables([], tables.cache(at("20:28:24")), at("20:28:24"), interface="ed1") == expected


def test_an_entry_that_waits_for_detection_counts_from_its_update() -> None:
    """RFC 6275, 10.3.1: the update came at 20:27:36 and asked for 420 s, seven minutes; a second later 419 are left."""
    tables = TracedTables()
    tables.take(cache_entry(HOME, pending=True, expires_ns=0))
    text = as_tables([], tables.cache(at("20:27:37")), at("20:27:37"))
    assert "ltxp       419\nstate      D--\n" in text
    (entry,) = as_document({"ha1": NodeTables([], tables.cache(at("20:27:37")))}, at("20:27:37"))["nodes"][0]["cache"]
    assert (entry["expires"], entry["waits_for_detection"]) == ("2003-02-18T20:34:36.000000000Z", True)


def test_a_binding_that_has_run_out_is_gone_though_nobody_says_so() -> None:
    """RFC 6275, 9.6: deleted after its lifetime, here until 20:34:36; at 20:34:37 KAME would have -1 s left."""
    tables = TracedTables()
    tables.take(cache_entry(HOME))
    assert "ltxp       0\n" in as_tables([], tables.cache(at("20:34:36")), at("20:34:36"))
    assert tables.cache(at("20:34:37")) == []
    tables.take(cache_entry(HOME, pending=True, expires_ns=0))  # from 20:27:36 on, for 420 s: the same end
    assert len(tables.cache(at("20:34:36"))) == 1
    assert tables.cache(at("20:34:37")) == []


def test_an_update_that_has_run_out_is_gone_at_a_correspondent_alone() -> None:
    """As from a capture: a home registration is sent again and again."""
    tables = TracedTables()
    tables.take(update_entry(HA1, 34285))
    tables.take(update_entry(HA2, 10803, home_registration=False))
    assert [row.peer for row in tables.updates(at("20:34:36"))] == [address.parse(each.address) for each in (HA2, HA1)]
    assert [row.peer for row in tables.updates(at("20:34:37"))] == [address.parse(HA1.address)]


def test_behind_its_end_a_trace_shows_what_the_capture_shows(tmp_path: Path) -> None:
    names, trace, capture = (tmp_path / name for name in ("names.toml", "paper.jsonl", "paper.pcapng"))
    assert mhatool("simulate", "paper", "--trace", trace, "-w", capture, "--names", names).status == 0
    for when in ("2003-02-18T20:28:24Z", "2003-02-18T20:38:06Z"):
        wanted = ("--style", "kame", "--node", "ha1", "--at", when)
        told = mhatool("timeline", trace, *wanted)
        seen = mhatool("timeline", capture, "--names", names, "--profile", "kame2003", *wanted)
        assert (told.status, told.out, told.err) == (0, seen.out, seen.err)
        assert bool(told.out) == when.startswith("2003-02-18T20:28")


def traced(path: Path, events: list[Event], **facts: object) -> Path:
    known: dict[str, object] = {"vantage_point": "network", "profile": "kame2003", "end_ns": at("20:40:00")}
    with path.open("wb") as stream:
        writer = TraceWriter(stream, Header(**{**known, **facts}))  # type: ignore[arg-type]
        for event in events:
            writer.write(event)
    return path


NODES = {
    "mn": NodeNames(addresses=(RUN.home_address,), host="mobile-mn", interface_index=8),
    "ha1": NodeNames(addresses=(HA1.address,), interface="ed1"),
}


def test_a_trace_names_its_nodes(tmp_path: Path) -> None:
    file = traced(tmp_path / "trace.jsonl", list(whole()), names=NODES)
    golden = "".join(line[2:] + "\n" for line in (GOLDEN / "appendix.log").read_text().splitlines())
    for node in ("mn", RUN.home_address):
        assert mhatool("timeline", file, "--style", "kame-log", "--node", node).out == golden
    # Without an index its kernel would print 0: other names than the header's.
    (tmp_path / "names.toml").write_text('[mn]\nhost = "other"\n')
    log = mhatool("timeline", file, "--style", "kame-log", "--node", "mn", "--names", tmp_path / "names.toml").out
    assert log.splitlines()[-1].startswith("Feb 18 20:31:05 other /kernel: ")


def test_tables_of_a_trace_by_each_node_s_own_clock(tmp_path: Path) -> None:
    entries = [update_entry(HA1, 34285), update_entry(HA2, 10803), cache_entry(HOME)]
    # The mobile node's clock, and so its events, are an hour ahead.
    offsets = {"mn": 3600 * S}
    file = traced(tmp_path / "trace.jsonl", entries, names=NODES, clock_offsets_ns=offsets)
    figure = (GOLDEN / "fig15-mn-registration.txt").read_text()
    command = ("timeline", file, "--style", "kame")
    assert mhatool(*command, "--node", "mn", "--at", "2003-02-18T19:28:41Z").out == figure
    assert mhatool(*command, "--node", "mn", "--at", "2003-02-18T19:27:35Z").out == ""
    every = mhatool(*command, "--at", "2003-02-18T20:30:00Z").out  # before the end of the agent's, at 20:34:36
    assert [line for line in every.splitlines() if line.endswith(":")] == ["mn:", "ha1:"]


def test_what_a_trace_has_not(tmp_path: Path) -> None:
    file = traced(tmp_path / "trace.jsonl", [], names=NODES)
    assert "a trace has no frames" in complaint("timeline", file, "--style", "kame", "--at", "#1")
    assert "stands alone" in complaint("timeline", file, file, "--style", "kame")
    file.write_bytes(file.read_bytes() + b"{}\n")
    assert "trace.jsonl:2: no event" in complaint("timeline", file, "--style", "kame")
