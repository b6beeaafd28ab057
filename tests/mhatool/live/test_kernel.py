"""Routes in the kernel, in a namespace of their own."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from mhatool.live.kernel import Kernel
from mhatool.live.ledger import Ledger
from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import Namespace, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2]
SET_TWICE = """
import sys
from pathlib import Path
from dissectors.ipv6.address import parse
from mhatool.live.kernel import Kernel
from mhatool.live.ledger import Ledger

kernel = Kernel(Ledger(Path(sys.argv[1])))
hops = [parse(hop) if hop != "-" else None for hop in sys.argv[2:]]
sys.stdin.readline()
for hop in hops:
    kernel.set_route(parse("2001:db8:77::"), 64, "right", hop)
print(flush=True)
sys.stdin.readline()
kernel.close()
"""
FIRST, SECOND = "fe80::1", "fe80::2"


@pytest.mark.parametrize(
    ("hops", "left", "removed"),
    [
        ((FIRST, SECOND), f"via {SECOND} dev right", 0),
        (("-", "-"), "dev right", 0),
        (("-", FIRST), f"via {FIRST} dev right", 1),
        ((FIRST, "-"), "dev right", 1),
    ],
)
def test_a_route_takes_the_place_of_the_one_before(
    tmp_path: Path, hops: tuple[str, str], left: str, removed: int
) -> None:
    """At no moment there is none, unless the kernel would keep both; one is left, and afterwards none."""
    told = tmp_path / "told"
    with namespace(tmp_path) as machine, told.open("w") as out:
        inside = ["ip", "netns", "exec", machine.name]
        setter = [*inside, sys.executable, "-c", SET_TWICE, str(tmp_path / "ledger"), *hops]
        watching = subprocess.Popen([*inside, "ip", "-6", "monitor", "route"], stdout=out)
        setting = subprocess.Popen(setter, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            until(lambda: _mark(machine, "98") in told.read_text())
            _say(setting)
            assert setting.stdout is not None
            setting.stdout.readline()
            shown = machine.does("ip", "-6", "route", "show", "2001:db8:77::/64").splitlines()
            assert len(shown) == 1
            assert left in shown[0]
            until(lambda: _mark(machine, "99") in told.read_text())
            assert told.read_text().count("Deleted 2001:db8:77::/64") == removed
            _say(setting)
            assert setting.wait(20) == 0
        finally:
            setting.kill()
            watching.kill()
        assert machine.does("ip", "-6", "route", "show", "2001:db8:77::/64") == ""


def _say(process: subprocess.Popen[str]) -> None:
    """Let it go on."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _mark(machine: Namespace, number: str) -> str:
    """Change a route that is told of."""
    machine.does("ip", "-6", "route", "replace", f"2001:db8:{number}::/64", "dev", "left")
    return f"2001:db8:{number}::/64"


def test_a_setting_that_cant_be_set_back_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has made /proc/sys read-only since; an interface that is gone has none, and that is said elsewhere."""
    said: list[str] = []
    kernel = Kernel(Ledger(tmp_path / "ha.made"), said.append)
    kernel._settings = {("eth0", "forwarding"): "1", ("gone", "forwarding"): "1"}

    def write(interface: str, name: str, value: str) -> None:
        if interface == "gone":
            raise FileNotFoundError
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("mhatool.live.settings.read", lambda interface, name: "0")
    monkeypatch.setattr("mhatool.live.settings.write", write)
    for _ in range(2):
        kernel.keep_settings()
    assert said == [
        "somebody has set net.ipv6.conf.eth0.forwarding to 0, and it can't be set back: read-only file system"
    ]
    assert kernel.close() == []


ON_LINK = """
import os, signal, sys
from pathlib import Path
from dissectors.ipv6.address import parse
from mhatool.live.kernel import Kernel
from mhatool.live.ledger import Ledger

kernel = Kernel(Ledger(Path(sys.argv[1])))
made = {
    "route": lambda: kernel.set_route(parse("2001:db8:77::"), 64, "right"),
    "address": lambda: kernel.claim_address("right", parse("2001:db8:77::1"), 64),
    "close": kernel.close,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "clean": lambda: kernel.clean(alone=True),
}
for what in sys.argv[2:]:
    made[what]()
"""


def test_with_an_address_the_route_to_its_prefix_goes(tmp_path: Path) -> None:
    """The kernel's own, of a claimed one; it has two then, and removes the first it finds, whichever came first."""
    with namespace(tmp_path) as machine:
        for runs in (
            ["address route close"],
            ["route address close"],
            ["address route kill", "clean close"],
            ["route address kill", "clean close"],
        ):
            for steps in runs:
                machine.run(sys.executable, "-c", ON_LINK, str(tmp_path / "ledger"), *steps.split())
                if "kill" in steps:
                    assert machine.does("ip", "-6", "route", "show", "2001:db8:77::/64").count("dev right") == 2
            assert machine.does("ip", "-6", "route", "show", "2001:db8:77::/64") == "", runs


ADD_AND_REMOVE = """
import sys
from pathlib import Path
from dissectors.ipv6.address import parse
from mhatool.live.kernel import Kernel
from mhatool.live.ledger import Ledger

kernel = Kernel(Ledger(Path(sys.argv[1])))
kernel.claim_address("left", parse("2001:db8:1::1"), 64)
kernel.add_address("right", parse("2001:db8:2::100"), 64)
kernel.add_address("right", parse("fe80::100"), 64)
sys.stdin.readline()
kernel.remove_address("right", parse("2001:db8:2::100"))
print(flush=True)
sys.stdin.readline()
kernel.close()
"""


def test_an_address_makes_no_route_that_another_one_of_the_prefix_would_keep(tmp_path: Path) -> None:
    """RFC 5942, 4: it doesn't say that the prefix is on the link. A home agent's own does: its prefix is the link's."""
    with namespace(tmp_path) as machine:
        learned = ("2001:db8:2::7/64", "dev", "right", "valid_lft", "1000", "preferred_lft", "1000", "noprefixroute")
        machine.does("ip", "address", "add", *learned)
        machine.does("ip", "address", "flush", "dev", "right", "scope", "link")
        assert machine.does("ip", "-6", "route", "show", "fe80::/64", "dev", "right") == ""
        inside = ["ip", "netns", "exec", machine.name, sys.executable, "-c", ADD_AND_REMOVE, str(tmp_path / "ledger")]
        adding = subprocess.Popen(inside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            until(lambda: "2001:db8:2::100/64" in machine.does("ip", "-6", "address", "show", "dev", "right"))
            assert machine.does("ip", "-6", "route", "show", "2001:db8:2::/64") == ""
            assert "dev left" in machine.does("ip", "-6", "route", "show", "2001:db8:1::/64")
            until(lambda: machine.does("ip", "-6", "route", "show", "fe80::/64", "dev", "right"))
            _say(adding)
            assert adding.stdout is not None
            adding.stdout.readline()
            assert machine.does("ip", "-6", "route", "show", "2001:db8:2::/64") == ""
            _say(adding)
            assert adding.wait(20) == 0
        finally:
            adding.kill()
