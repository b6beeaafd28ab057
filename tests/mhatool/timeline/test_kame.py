"""The paper's figures and log from a capture that is made of what the paper says of its run."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dissectors.ipv6 import address
from dissectors.profile import KAME2003
from mhatool.exchange import Source, sightings
from mhatool.observe.kame import Deduction, Hearing, Story
from mhatool.timeline.kame import Line, as_log, as_tables, lines_of
from mhatool.timeline.names import NamedNode, Names, read_names
from tests.mhatool.scenes import record
from tests.mhatool.timeline.paper_run import DAY, HA1, HA2, Agent, Run, S, clock

GOLDEN = Path(__file__).parent / "golden"
FIGURES = [
    ("fig11-ha1-registration", "ha1", "20:28:24"),  # 48 s after the answer of 20:27:36
    ("fig12-ha1-update", "ha1", "20:32:31"),  # 86 s after the update of 20:31:05
    ("fig13-ha2-registration", "ha2", "20:28:03"),  # 27 s
    ("fig14-ha2-update", "ha2", "20:31:56"),  # 51 s
    ("fig15-mn-registration", "mn", "20:28:41"),  # 65 s
    ("fig16-mn-update", "mn", "20:31:31"),  # 26 s
]
WITHOUT_CLONED = {"fig13-ha2-registration", "fig14-ha2-update"}


def hear(run: Run) -> Hearing:
    packets = enumerate(run.packets(), 1)
    records = [record(i, (DAY + round(at)) * S, octets) for i, (at, octets) in packets]
    hearing = Hearing()
    for sighting in sightings([Source("run", records)], KAME2003):
        hearing.see(sighting)
    return hearing


def names_of(run: Run, folder: Path) -> Names:
    return read_names(str(run.names(folder / "names.toml")))


def named(names: Names, name: str) -> NamedNode:
    found = names.find(name)
    assert found is not None
    return found


def shown(run: Run, node: NamedNode, at: float) -> str:
    now = (DAY + round(at)) * S
    deduction = Deduction()
    for heard in hear(run).messages:
        if heard.time_ns <= now:
            deduction.take(heard)
    rows = deduction.updates(node.addresses, now), deduction.cache(node.addresses, now)
    return as_tables(*rows, now, interface=node.interface, ahead_ns=node.clock_ahead_ns)


def entries(text: str) -> list[dict[str, str]]:
    return [dict(line.split(maxsplit=1) for line in entry.splitlines()) for entry in text.split("\n\n")]


def log(run: Run, node: NamedNode) -> list[str]:
    return as_log(lines_of(Story(hear(run).messages, node.addresses).steps(), node), node).splitlines()


def golden_log() -> list[str]:
    return [line[2:] for line in (GOLDEN / "appendix.log").read_text().splitlines()]


@pytest.mark.parametrize(("figure", "node", "at"), FIGURES)
def test_a_figure_is_printed_as_in_the_paper(figure: str, node: str, at: str, tmp_path: Path) -> None:
    expected = (GOLDEN / f"{figure}.txt").read_text()
    if figure in WITHOUT_CLONED:
        # The one place where we differ from the print: KAME always marks the link-local entry.
        first, second = expected.split("\n\n")
        expected = first + "\n\n" + second.replace("AHS-L-", "AHS-Lc")
    run = Run()
    assert shown(run, named(names_of(run, tmp_path), node), clock(at)) == expected


def test_the_log_is_the_appendix_but_for_the_start(tmp_path: Path) -> None:
    run = Run()
    written = log(run, named(names_of(run, tmp_path), "mn"))
    started, rest = golden_log()[:5], golden_log()[5:]
    assert all("20:11:39" in line for line in started)  # before the first packet
    assert Counter(text_of(line) for line in written) == Counter(map(text_of, rest))
    late = {"427: receive a new prefix", "461: found a new router fe80:0008::0240"}  # a second after the advertisement
    for line in rest:
        at = seconds_of(line)
        tolerance = 1 if any(part in line for part in late) else 0
        assert any(text_of(w) == text_of(line) and 0 <= at - seconds_of(w) <= tolerance for w in written), line


def text_of(line: str) -> str:
    return line[16:]


def seconds_of(line: str) -> float:
    assert line.startswith("Feb 18 ")
    return clock(line[7:15])


def test_the_log_of_a_run_without_loss_has_no_retransmission(tmp_path: Path) -> None:
    run = Run(lost=False)
    written = log(run, named(names_of(run, tmp_path), "mn"))
    # Two agents, an update each at registration and refresh, a second later than 20:27:33 + 208 s.
    assert sum("904: send" in line for line in written) == 4
    assert {line[7:15] for line in written if "904: send" in line} == {"20:27:33", "20:31:02"}


def test_a_lifetime_of_300_seconds(tmp_path: Path) -> None:
    run = Run(lifetime_s=300)
    names = names_of(run, tmp_path)
    # Half of it is 150, in units of four seconds 148; 65 s after the answer 235 and 83 are left.
    first = entries(shown(run, named(names, "mn"), clock("20:28:41")))[0]
    assert [first[key] for key in ("lifetim", "ltxp", "refresh", "retexp")] == ["300", "235", "148", "83"]
    # Refreshed at 20:27:36 + 149 s = 20:30:05; 48 s later 252 are left.
    cached = entries(shown(run, named(names, "ha1"), clock("20:30:53")))[0]
    assert [cached[key] for key in ("seqno", "lifetim", "ltxp")] == ["34286", "300", "252"]


def test_other_addresses(tmp_path: Path) -> None:
    run = Run(home_address="2001:db8:1::99", care_of_address="2001:db8:f::99", agents=(other(1, 7), other(2, 65535)))
    names = names_of(run, tmp_path)
    rows = entries(shown(run, named(names, "mn"), clock("20:28:41")))
    assert [(row["paddr"], row["coa"], row["seqno"]) for row in rows] == [
        ("2001:db8:1::2", "2001:db8:f::99", "0"),  # 65535 was the lost one
        ("2001:db8:1::1", "2001:db8:f::99", "8"),
    ]
    cached = entries(shown(run, named(names, "ha2"), clock("20:28:41")))
    assert [row["phaddr"] for row in cached] == ["2001:db8:1::99", "fe80::99%ep2"]
    written = log(run, named(names, "mn"))
    assert any(line.endswith("prefix 2001:0db8:0001::0001 from fe80:0008::0001") for line in written)


def other(number: int, first_number: int) -> Agent:
    return Agent(f"2001:db8:1::{number}", f"fe80::{number}", first_number, f"ep{number}")


def test_three_agents(tmp_path: Path) -> None:
    third = Agent("2001:200:1:2::3", "fe80::3", 100, "xl0")
    run = Run(agents=(HA1, HA2, third))
    names = names_of(run, tmp_path)
    rows = entries(shown(run, named(names, "mn"), clock("20:28:41")))
    assert [(row["paddr"][-1], row["seqno"], row["pfsm"]) for row in rows] == [
        ("3", "101", "BOUND"),
        ("2", "10803", "BOUND"),
        ("1", "34285", "BOUND"),
    ]
    written = log(run, named(names, "mn"))
    assert [line[-6:] for line in written if "mip6_bu_create for" in line] == ["(0)th.", "(1)th.", "(2)th."]
    assert sum("BU timer started" in line for line in written) == 1


def test_before_the_answer_an_entry_waits(tmp_path: Path) -> None:
    run = Run()
    row = entries(shown(run, named(names_of(run, tmp_path), "mn"), clock("20:27:34")))[0]
    # Sent at :33, due two seconds later; the lifetime stands where no refresh is advised yet.
    assert [row[key] for key in ("pfsm", "refresh", "retexp", "ltxp")] == ["WAITA", "420", "1", "419"]


def test_a_binding_that_is_not_refreshed_says_so_in_its_last_quarter(tmp_path: Path) -> None:
    run = Run()
    node = named(names_of(run, tmp_path), "ha1")
    # Of 420 s a quarter is 105; the update of 20:31:05 leaves 105 at 20:36:20.
    for at, state in (("20:36:20", "---"), ("20:36:21", "-R-"), ("20:38:05", "-R-")):
        assert {row["state"] for row in entries(shown(run, node, clock(at)))} == {state}, at
    assert shown(run, node, clock("20:38:06")) == ""


def test_a_clock_that_is_ahead(tmp_path: Path) -> None:
    run = Run()
    mobile = named(names_of(run, tmp_path), "mn")
    ahead = NamedNode("mn", mobile.addresses, "mobile-mn", interface_index=8, clock_ahead_ns=5 * 3600 * S)
    stamps = [line[:15] for line in log(run, ahead)]
    assert stamps[-1] == "Feb 19 01:31:05"  # 20:31:05 and five hours
    assert shown(run, ahead, clock("20:28:41")) == shown(run, mobile, clock("20:28:41"))


def test_an_address_without_a_name_is_a_node(tmp_path: Path) -> None:
    run = Run()
    node = Names().find(HA2.address)
    assert node is not None
    assert node.name == address.text(address.parse(HA2.address))
    # Nothing tells the interface.
    assert "phaddr     fe80::240:26ff:fe4c:51fd\n" in shown(run, node, clock("20:28:03"))
    assert Names().find("nobody") is None


def test_the_day_of_the_month_has_two_places() -> None:
    at = int(datetime(2003, 3, 7, 1, 2, 3, tzinfo=UTC).timestamp()) * S
    node = NamedNode("mn")
    assert as_log([Line(at, "location = 1")], node) == "Mar  7 01:02:03 mn /kernel: location = 1\n"
