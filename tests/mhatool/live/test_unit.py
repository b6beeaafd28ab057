"""The systemd unit: systemd takes it, and a node runs as it says, as a user with two capabilities and nothing else."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import AWAY, REPOSITORY, Namespace, namespace

UNIT = REPOSITORY / "packaging" / "mhatool@.service"
USER = 1350
HOME = "2001:db8:2::100"
AS_THE_UNIT_SAYS = """\
mount --bind "$1" /mnt && mount --bind "$2" /srv
mount -t tmpfs -o mode=755 tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200
cd /mnt && export NOTIFY_SOCKET=/srv/notify && exec setpriv --reuid "$3" --regid "$3" --clear-groups --no-new-privs \
    --inh-caps "-all,$4" --ambient-caps "-all,$4" --bounding-set "-all,$4" \
    .venv/bin/python -m mhatool node run "/srv/${7##*/}"
"""
"""In a mount namespace that `ip netns exec` has made: a device that all may open, as udev makes it, and folders that
the user may enter wherever the checkout and the test's files are."""


def settings() -> dict[str, str]:
    """What the unit says, by key."""
    return dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE))


def capabilities() -> str:
    """Those that the unit gives, as setpriv takes them."""
    given = settings()["AmbientCapabilities"]
    assert settings()["CapabilityBoundingSet"] == given
    return ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in given.split())


@pytest.mark.systemd
def test_systemd_takes_it_and_finds_little_to_fear(tmp_path: Path) -> None:
    """Each key is one that it knows; of 100 for a unit that may do anything, 25 is little for one that serves a net."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/usr/local/bin/mhatool", sys.executable))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert [line for line in verified.stderr.splitlines() if "mhatool" in line] == []
    judged = ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=25", str(unit)]
    done = subprocess.run(judged, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout.splitlines()[-1:]


def test_what_it_starts_is_what_there_is() -> None:
    """Commands of ours, and folders where the documentation puts files."""
    said = settings()
    assert said["ExecStart"] == "/usr/local/bin/mhatool node run /etc/mhatool/%i.toml"
    assert (said["RuntimeDirectory"], said["StateDirectory"]) == ("mhatool", "mhatool")
    assert (said["Type"], said["ExecReload"]) == ("notify", "/bin/kill -HUP $MAINPID")
    assert said["KillMode"] == "mixed", "SIGTERM for the node alone: with nft it gives its table back"
    assert capabilities() == "+net_admin,+net_raw"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Namespace]:
    """Return a namespace with the file of a home agent that the unit's user owns."""
    os.chown(tmp_path, USER, USER)
    with namespace(tmp_path) as made:
        more = f'constants = "fast-lab"\nstate = "{tmp_path}/ha.state"'
        file = made.file("ha", "ha", more)
        file.write_text(file.read_text("utf-8").replace(str(tmp_path), "/srv"))
        made.does("ip", "-6", "route", "add", f"{AWAY}/128", "dev", "left")
        yield made


@pytest.fixture
def starter(machine: Namespace) -> Iterator[socket.socket]:
    """Return the socket by which systemd hears how its units are (sd_notify(3))."""
    path = machine.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(path))
        made.settimeout(20)
        os.chown(path, USER, USER)
        yield made


@pytest.mark.root
@pytest.mark.iproute2
@pytest.mark.nft
def test_a_node_runs_as_that_user_with_those_capabilities(machine: Namespace, starter: socket.socket) -> None:
    """It registers, makes its tunnel and its table, keeps its state, and takes all of it away again."""
    before = machine.looks()
    process = machine.starts(
        "ha", "sh", "-ec", AS_THE_UNIT_SAYS, "sh", str(REPOSITORY), str(machine.folder), str(USER), capabilities()
    )
    assert starter.recv(100) == b"READY=1"
    status = Path(f"/proc/{process.pid}/status").read_text("ascii")
    held = {name: int(value, 16) for name, value in re.findall(r"^(Cap\w+):\s*(\w+)$", status, re.MULTILINE)}
    assert held == dict.fromkeys(held, 1 << 12 | 1 << 13), "capabilities(7): CAP_NET_ADMIN is 12, CAP_NET_RAW 13"
    assert re.search(rf"^Uid:\t{USER}\t{USER}\t{USER}\t{USER}$", status, re.MULTILINE)
    machine.registers(1)
    until(lambda: [row["care_of_address"] for row in machine.show("ha", "bindings")] == [AWAY])
    until(lambda: re.search(f"^{HOME} .*dev mha-ha ", machine.does("ip", "-6", "route"), re.MULTILINE))
    assert "table ip6 mhatool_ha" in machine.does("nft", "list", "ruleset")
    assert (machine.folder / "ha.state").stat().st_uid == USER
    assert machine.ends("ha") == 0, machine.log("ha")
    assert starter.recv(100) == b"STOPPING=1"
    assert machine.looks() == before
    assert {path.name for path in machine.folder.iterdir()} == {"ha.toml", "ha.log", "ha.state", "notify"}
