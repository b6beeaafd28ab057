"""What goes wrong around nodes on the paper's testbed: they go on, or say why not."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhatool.lab.commands import inside
from mhatool.lab.topology import BUILT_IN
from tests.mhatool.lab.standing import AGENTS, HOME, Standing, care_of, standing, until

pytestmark = [
    pytest.mark.root,
    pytest.mark.ping,
    pytest.mark.iproute2,
    pytest.mark.bird,
    pytest.mark.nft,
    pytest.mark.ethtool,
]
DISK_KIB = 64
CONSTANTS = {"base": "fast-lab", "probe_failures": 20, "probe_interval_s": 1, "probe_idle_s": 1}
"""Moves are quick; agents are patient with each other while one is started again."""
AN_HOUR_LATER = """\
import sys, time
now = time.time_ns
time.time_ns = lambda: now() + 3600 * 10**9
from mhatool.cli import main
main()
"""
"""The time of day jumps, the kernel's steady clock doesn't. The machine's own clock belongs to all that runs on it."""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a disk that is easily filled."""
    path = tmp_path_factory.mktemp("disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_KIB}k", "tmpfs", str(path)], check=True)
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture(scope="module")
def before() -> dict[str, list[str]]:
    """Return what the machine itself has, before a lab stands."""
    return _own()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, disk: Path, before: dict[str, list[str]]) -> Iterator[Standing]:
    """Return the testbed, its mobile node away; home agent 1 has its state on the small disk."""
    folder = tmp_path_factory.mktemp("lab")
    written = (BUILT_IN / "paper.toml").read_text("utf-8")
    topology = folder / "faults.toml"
    topology.write_text(written.replace("[nodes.ha1.live]", f'[nodes.ha1.live]\nstate = "{disk}/ha1.state"'))
    with standing(str(topology), folder, constants=CONSTANTS) as made:
        until(lambda: made.events("mn", "nd:address_assigned"))
        _move(made, 3)
        until(lambda: _reaches(made))
        yield made


@pytest.fixture(scope="module")
def hanging(lab: Standing) -> Iterator[list[socket.socket]]:
    """Return control clients of home agent 1 that say nothing, and one that watches the log and reads nothing."""
    made = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(20)]
    for client in made:
        client.connect(str(lab.lab.control("ha1")))
    made[0].sendall(b'{"command": "watch", "what": "log"}\n')
    yield made
    for client in made:
        client.close()


def _move(lab: Standing, link: int) -> None:
    """The mobile node goes to a foreign link, and both agents know it."""
    lab.lab.move("mn", f"foreign{link}")
    for agent in ("ha1", "ha2"):
        until(lambda agent=agent: lab.care_of_addresses(agent) == {care_of(link)})


def _reaches(lab: Standing) -> bool:
    return lab.run("cn2", "ping", "-c", "1", "-W", "1", HOME).returncode == 0


def _has(lab: Standing, node: str, address: str) -> bool:
    return f"{address}/" in lab.run(node, "ip", "-6", "address").stdout


def test_clients_that_hang_keep_nobody_waiting(lab: Standing, hanging: list[socket.socket]) -> None:
    assert lab.show("ha1", "stats")


def test_an_interface_goes_down_and_up_and_its_addresses_with_it(lab: Standing) -> None:
    """Linux takes them off with the interface, unless keep_addr_on_down says otherwise."""
    for node, interface in (("ha1", "home"), ("mn", "eth0")):
        lab.run(node, "sysctl", "-qw", f"net.ipv6.conf.{interface}.keep_addr_on_down=0")
        lab.run(node, "ip", "link", "set", interface, "down")
        until(lambda node=node: lab.answers(node))
        lab.run(node, "ip", "link", "set", interface, "up")
    until(lambda: _has(lab, "ha1", AGENTS[0]))
    assert f"{AGENTS[0]} had gone from home: put back, the node needs it" in lab.log("ha1")
    for agent in ("ha1", "ha2"):
        until(lambda agent=agent: lab.care_of_addresses(agent) == {care_of(3)})
    until(lambda: _reaches(lab))


def test_addresses_that_somebody_takes_away_come_back(lab: Standing) -> None:
    for node, address, interface in (("ha1", AGENTS[0], "home"), ("mn", care_of(3), "eth0")):
        until(lambda node=node, address=address: _has(lab, node, address))
        lab.run(node, "ip", "-6", "address", "del", f"{address}/64", "dev", interface)
        until(lambda node=node, address=address: _has(lab, node, address))
    until(lambda: _reaches(lab))


def test_the_routing_daemon_dies(lab: Standing) -> None:
    """Home agent 1 is reached by the other one and the home link; it registers on."""
    lab.lab.processes.end("ha1.bird", signal.SIGKILL)
    _move(lab, 1)
    until(lambda: _reaches(lab))
    lab.lab.start("ha1")


def test_the_disk_is_full(lab: Standing, disk: Path) -> None:
    """It starts and registers on, says what would be lost, and keeps all of it once there is room again."""
    rubbish = disk / "rubbish"
    with pytest.raises(OSError, match="No space left"):
        rubbish.write_bytes(bytes(2 * DISK_KIB * 1024))
    lab.lab.processes.end("ha1", signal.SIGKILL)
    lab.lab.start("ha1")
    until(lambda: lab.answers("ha1"))
    until(lambda: lab.care_of_addresses("ha1") == {care_of(1)})
    assert "no space left on device: bindings would be lost with a restart" in lab.log("ha1")
    _move(lab, 3)
    rubbish.unlink()
    _move(lab, 1)


def test_killed_and_the_clock_is_set_by_an_hour_meanwhile(lab: Standing) -> None:
    """What was kept, also after the full disk: the same binding, its lifetime gone on by the seconds between."""
    (before,) = [row for row in lab.show("ha1", "bindings") if not row["cloned"]]
    lab.lab.processes.end("ha1", signal.SIGKILL)
    known = len(lab.events("ha1", "binding:cache_entry"))
    own = ("node", "run", str(lab.lab.folder / "ha1.toml"))
    lab.lab.processes.start("ha1", inside(lab.lab.topology.name, "ha1", sys.executable, "-c", AN_HOUR_LATER, *own))
    until(lambda: lab.answers("ha1"))
    entries = until(lambda: lab.events("ha1", "binding:cache_entry")[known:])
    first = next(event for event in entries if not event.get("cloned"))
    assert (first["care_of_address"], first["sequence_number"]) == (care_of(1), before["sequence_number"])
    left_s = (first["expires_ns"] - first["time_ns"]) / 1e9
    assert before["lifetime_left_s"] - 60 < left_s < before["lifetime_left_s"]
    until(lambda: _reaches(lab))


def test_the_file_is_read_again_while_it_runs(lab: Standing) -> None:
    file = lab.lab.folder / "cn.toml"
    written = file.read_text("utf-8")
    file.write_text('log_level = "debug"\n' + written)
    lab.lab.processes.signal("cn", signal.SIGHUP)
    until(lambda: "again: log_level" in lab.log("cn"))
    file.write_text("mtu = 1400\n" + written)
    done = subprocess.run(
        ["mhatool", "node", "reload", "--node", str(lab.lab.control("cn"))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (f"mhatool: {file}: mtu can't change while the node runs; restart it. Nothing has changed\n")


def test_clients_that_hung_were_let_go(lab: Standing, hanging: list[socket.socket]) -> None:
    for client in hanging[1:]:
        client.settimeout(10)
        assert client.recv(1) == b""


def test_after_destroy_nothing_is_left(lab: Standing, before: dict[str, list[str]]) -> None:
    """Neither namespaces nor processes; the machine's own network is as it was."""
    folder = str(lab.lab.folder).encode()
    assert _processes(folder)
    lab.lab.destroy()
    assert (lab.lab.namespaces(), lab.lab.folder.exists(), _processes(folder)) == ([], False, [])
    assert _own() == before


def _own() -> dict[str, list[str]]:
    """Rules, routes, tables, links, addresses and settings of the namespace in which the tests run."""
    looks = (
        "ip -6 rule",
        "ip -6 route show table all",
        "nft list ruleset",
        "ip -o link | cut -d ' ' -f 2",
        "ip -o address",
        "sysctl -a -r 'net.ipv[46].conf.*(forwarding|accept_ra|proxy_ndp|disable_ipv6)$'",
    )
    seen = {look: subprocess.run(["sh", "-c", look], capture_output=True, text=True, check=True) for look in looks}
    return {
        look: re.sub(r"(expires|valid_lft|preferred_lft) \w+", "", seen[look].stdout).splitlines() for look in looks
    }


def _processes(folder: bytes) -> list[str]:
    """Those that have this folder's files on their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if folder in path.read_bytes():
                found.append(path.parent.name)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
    return found
