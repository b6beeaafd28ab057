"""Home agents beside radvd: it advertises them, they send no advertisements, and know each other by what it says."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import Namespace, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.nft, pytest.mark.radvd]
RADVD = """\
interface {interface} {{
    AdvSendAdvert on;
    MinRtrAdvInterval 0.05;
    MaxRtrAdvInterval 0.1;
    AdvDefaultLifetime 30;
    AdvHomeAgentFlag on;
    AdvHomeAgentInfo on;
    HomeAgentLifetime 1800;
    HomeAgentPreference {preference};
    prefix {address}/64 {{ AdvOnLink on; AdvAutonomous on; AdvRouterAddr on; }};
}};
"""


@contextmanager
def radvd(machine: Namespace, interface: str, address: str, preference: int, without: str = "") -> Iterator[None]:
    """Debian's, on an interface: it wants a file that nobody else may write. What matches `without` isn't in it."""
    file = machine.folder / f"{interface}.conf"
    file.write_text(re.sub(without, "", RADVD.format(interface=interface, address=address, preference=preference)))
    file.chmod(0o600)
    command = ["radvd", "-n", "-C", str(file), "-p", str(file.with_suffix(".pid")), "-m", "stderr", "-u", "root"]
    with (machine.folder / f"{interface}.radvd.log").open("wb") as log:
        process = subprocess.Popen(["ip", "netns", "exec", machine.name, *command], stdout=log, stderr=log)
    try:
        yield
        assert process.poll() is None, Path(log.name).read_text("utf-8")
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Namespace]:
    """Return two home agents on one link, and a mobile node."""
    with namespace(tmp_path) as made:
        for name, interface, address in (("ha", "left", "2001:db8:2::1"), ("ha2", "right", "2001:db8:2::2")):
            file = made.file(name, "ha")
            text = file.read_text("utf-8").replace("2001:db8:2::1", address).replace('"left"', f'"{interface}"')
            file.write_text(text.replace("[home_agent.", "[home_agent]\nadvertises = false\n[home_agent.", 1))
        made.file("mn", "mn")
        yield made


def _agents(machine: Namespace, name: str) -> list[tuple[Any, ...]]:
    return [(row["address"], row["preference"], row["lifetime_s"]) for row in machine.show(name, "agents")]


def test_they_are_known_by_what_radvd_says(machine: Namespace) -> None:
    for name in ("ha", "ha2", "mn"):
        machine.starts(name)
    with radvd(machine, "left", "2001:db8:2::1", 20), radvd(machine, "right", "2001:db8:2::2", 10):
        until(lambda: _agents(machine, "ha") == [("2001:db8:2::2", 10, 1800)])
        until(lambda: _agents(machine, "ha2") == [("2001:db8:2::1", 20, 1800)])
        until(lambda: _agents(machine, "mn") == [("2001:db8:2::1", 20, 1800)])
    for name in ("ha", "ha2"):
        stats = machine.show(name, "stats")
        assert stats["received"]["router_advertisement"] > 0
        assert "router_advertisement" not in stats["sent"], "radvd sends them"
        assert "router_solicitation" in stats["sent"], "an agent that comes up asks who else is there"


def _doctor(machine: Namespace, name: str) -> tuple[str, str]:
    told = machine.does("mhatool", "doctor", str(machine.folder / f"{name}.toml"), "--listen", "0.5", "--json")
    (found,) = [check for check in json.loads(told)["checks"] if check["name"] == "advertisements"]
    return found["state"], found["detail"]


@pytest.mark.parametrize(
    ("without", "state", "said"),
    [
        (r"\w*HomeAgent\w* \w+;", "trap", "is no home agent"),
        ("AdvRouterAddr on;", "trap", "doesn't give 2001:db8:2::1: others can't know"),
        ("", "ok", "; 1 of them as home agents"),
    ],
)
def test_doctor_hears_whether_radvd_says_what_it_has_to(
    machine: Namespace, without: str, state: str, said: str
) -> None:
    """It pauses for a second where addresses have just changed."""
    with radvd(machine, "left", "2001:db8:2::1", 20, without):
        until(lambda: (found := _doctor(machine, "ha"))[0] == state and said in found[1])


def test_doctor_hears_that_nobody_advertises(machine: Namespace) -> None:
    assert _doctor(machine, "ha") == (
        "trap",
        "nothing on this machine advertises on left within 0.5 s, and the node doesn't",
    )


def _way_out(machine: Namespace) -> str:
    """Where the mobile node's packets for elsewhere go."""
    return machine.does("ip", "-6", "route", "show", "default", "dev", "right", "proto", "135").strip()


def _link_local(machine: Namespace, interface: str) -> str:
    shown = machine.does("ip", "-o", "-6", "address", "show", "dev", interface, "scope", "link")
    return shown.split()[3].partition("/")[0]


def test_a_mobile_node_leaves_a_dead_default_router_for_another_one_of_the_link(machine: Namespace) -> None:
    """Both advertise themselves each 0.1 s, with a lifetime of 30 s; the one that is used goes down."""
    trace = machine.folder / "mn.jsonl"
    machine.file("mn", "mn", f'constants = "fast-lab"\ntrace = "{trace}"')
    for name in ("first", "second"):
        machine.does("ip", "link", "add", name, "link", "left", "type", "macvlan", "mode", "bridge")
        machine.does("ip", "link", "set", name, "up")
    with radvd(machine, "first", "2001:db8:f1::1", 1, r"\w*HomeAgent\w* \w+;"):
        machine.starts("mn")
        until(lambda: f"via {_link_local(machine, 'first')} " in _way_out(machine))
        with radvd(machine, "second", "2001:db8:f1::2", 1, r"\w*HomeAgent\w* \w+;"):
            until(lambda: trace.read_text("utf-8").count("nd:router_found") == 2)
            machine.does("ip", "link", "set", "first", "down")
            until(lambda: f"via {_link_local(machine, 'second')} " in _way_out(machine))


def _by_the_kernel(machine: Namespace) -> set[str]:
    """Where the kernel's own routes from advertisements lead: those that end some day."""
    listed = json.loads(machine.does("ip", "-6", "-j", "route", "show", "dev", "right"))
    return {route["dst"] for route in listed if "expires" in route}


def test_a_mobile_node_removes_what_the_kernel_has_learned_and_has_it_learn_again_later(machine: Namespace) -> None:
    """With radvd's own times the kernel would wait for minutes; what somebody set by hand stays."""
    machine.does("sysctl", "-qw", "net.ipv6.conf.left.forwarding=1")
    machine.does("ip", "address", "add", "2001:db8:7::1/64", "dev", "right")
    slow = r"M\w\wRtrAdvInterval [\d.]+;|AdvDefaultLifetime \d+;|\w*HomeAgent\w* \w+;"
    with radvd(machine, "left", "2001:db8:2::1", 1, slow):
        until(lambda: _by_the_kernel(machine) == {"default", "2001:db8:2::/64"})
        machine.starts("mn")
        assert _by_the_kernel(machine) == set()
        assert "2001:db8:7::/64" in machine.does("ip", "-6", "route", "show", "dev", "right")
        assert "right: removed 2 routes that the kernel had from advertisements" in machine.log("mn")
        machine.does("sysctl", "-qw", "net.ipv6.conf.right.accept_ra=1")
        until(lambda: "back to 0" in machine.log("mn"))
        assert machine.ends("mn") == 0
        until(lambda: _by_the_kernel(machine) == {"default", "2001:db8:2::/64"}, 5)
