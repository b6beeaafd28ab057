"""A lab is gone after `destroy`, whatever was lost or damaged before, and after one that couldn't be made."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from mhatool.lab.errors import LabError
from mhatool.lab.gathering import Gathering
from mhatool.lab.lab import Lab, meant, standing
from mhatool.lab.processes import Process, in_namespace
from mhatool.lab.remains import all_labs, namespaces, remove
from mhatool.lab.run import interrupt, output_of, unbroken, write_output_of
from mhatool.lab.topology import load
from tests.mhatool.lab.standing import until
from tests.mhatool.lab.test_wrong_topologies import WRITTEN

NAME = f"r{os.getpid() % 1_000_000}"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A topology of one node, which is gone afterwards in any case."""
    file = tmp_path / "small.toml"
    file.write_text(WRITTEN.replace("small", NAME))
    yield file
    remove(NAME, tmp_path / "labs")


def _inhabitants() -> list[Process]:
    """All that runs in the lab's namespaces."""
    spaces = [Path("/run/netns") / name for name in namespaces(NAME)]
    return [process for space in spaces for process in in_namespace(space)]


def test_an_empty_folder_is_no_lab(tmp_path: Path) -> None:
    """It has neither files nor namespaces: nobody has to say that another one is meant."""
    (tmp_path / f"{NAME}-left").mkdir()
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "topology.toml").touch()
    assert all_labs(tmp_path) == [NAME]


@pytest.mark.root
@pytest.mark.bird
@pytest.mark.iproute2
@pytest.mark.ethtool
@pytest.mark.parametrize("lost", ["processes.json", "topology.toml"])
def test_what_was_damaged_goes_too(lost: str, file: Path) -> None:
    labs = file.parent / "labs"
    lab = Lab(load(str(file)), labs)
    lab.deploy()
    inside = _inhabitants()
    assert len(inside) == 2  # BIRD and the node
    (lab.folder / lost).unlink()
    if lost == "processes.json":
        (lab.folder / lost).write_text("{")
        with pytest.raises(LabError, match=rf"processes.json is damaged: mhatool lab destroy {NAME}$"):
            standing(NAME, labs).inspect()
    else:
        with pytest.raises(LabError, match=rf"nobody knows what lab {NAME} is: mhatool lab destroy {NAME}$"):
            standing(NAME, labs)
    remove(meant(NAME, labs), labs)
    assert (namespaces(NAME), list(labs.iterdir())) == ([], [])
    assert not any(process.runs for process in inside)


@pytest.mark.root
@pytest.mark.bird
@pytest.mark.iproute2
@pytest.mark.ethtool
def test_a_node_that_ends_is_told_of(file: Path) -> None:
    lab = Lab(load(str(file)), file.parent / "labs")
    started = lab.start

    def start(name: str) -> None:
        started(name)
        lab.processes.end(name, signal.SIGKILL)  # in its place comes one that can't
        lab.processes.start(name, [sys.executable, "-c", "import sys; sys.exit('the disk is on fire')"])

    lab.start = start  # type: ignore[method-assign]
    with pytest.raises(LabError, match=r"^a has ended: the disk is on fire$"):
        lab.deploy()
    assert (namespaces(NAME), lab.folder.exists()) == ([], False)


@pytest.mark.root
@pytest.mark.bird
@pytest.mark.iproute2
@pytest.mark.ethtool
def test_one_that_is_ended_while_it_is_made_leaves_nothing(file: Path) -> None:
    command = [sys.executable, "-m", "mhatool", "lab", "deploy", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as deploying:
        until(lambda: len(namespaces(NAME)) == 2, pause_s=0.001)
        deploying.send_signal(signal.SIGTERM)
        deploying.wait(20)
    assert deploying.returncode
    assert (namespaces(NAME), Path("/run/mhatool/lab", NAME).exists()) == ([], False)


def test_a_lab_is_called_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"^no lab stands; begin with mhatool lab deploy paper$"):
        meant(None, tmp_path)
    for name in ("one", "another"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "topology.toml").touch()
    with pytest.raises(LabError, match=r"^several labs stand: another, one; name one of them$"):
        meant(None, tmp_path)
    with pytest.raises(LabError, match=r"^no lab 'third' stands; there are another, one$"):
        meant("third", tmp_path)
    assert meant("one", tmp_path) == "one"


def test_a_long_capture_is_waited_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr("mhatool.lab.lab.write_output_of", lambda _command, _to, *, within_s: asked.append(within_s))
    Lab(load(str(file)), file.parent / "labs").capture(BytesIO(), (), 3600)
    assert asked[0] > 3600


def test_a_command_that_hangs_is_told_of() -> None:
    with pytest.raises(LabError, match=r"^`sleep 60` didn't end within 0.1 s$"):
        output_of(("sleep", "60"), within_s=0.1)


def test_octets_are_written_as_they_come() -> None:
    written = BytesIO()
    write_output_of(("sh", "-c", r"printf '\012\015\377'"), written)
    assert written.getvalue() == b"\x0a\x0d\xff"
    with pytest.raises(LabError, match=r"^`sleep 60` didn't end within 0.1 s$"):
        write_output_of(("sleep", "60"), written, within_s=0.1)
    with pytest.raises(LabError, match=r": no such interface$"):
        write_output_of(("sh", "-c", "echo no such interface >&2; exit 1"), written)


def test_a_command_s_last_word_is_its_reason() -> None:
    with pytest.raises(LabError, match=r": no such interface$"):
        output_of(("sh", "-c", "echo Capturing on 5 interfaces >&2; echo no such interface >&2; exit 1"))


def test_two_experiments_dont_write_into_one_folder(tmp_path: Path) -> None:
    first, second = Gathering(tmp_path), Gathering(tmp_path)
    first.begin()
    first.raw.write_bytes(b"captured")
    with pytest.raises(LabError, match=rf"^{tmp_path}: another experiment writes there; give another --out$"):
        second.begin()
    assert first.raw.read_bytes() == b"captured"


@pytest.mark.root
@pytest.mark.bird
@pytest.mark.iproute2
@pytest.mark.ethtool
def test_what_has_ended_is_back_with_its_node(file: Path) -> None:
    """Of a router where only the node was killed, routing goes on."""
    lab = Lab(load(str(file)), file.parent / "labs")
    lab.deploy()
    daemon = lab.processes.all()["a.bird"]
    lab.processes.signal("a", signal.SIGKILL)
    until(lambda: not lab.inspect()["processes"]["a"])
    lab.recover("a")
    assert (lab.inspect()["processes"], lab.processes.all()["a.bird"]) == ({"a.bird": True, "a": True}, daemon)
    lab.fail("a", "stop")
    assert lab.inspect()["processes"] == {"a.bird": False, "a": False}
    with pytest.raises(LabError, match=r"^nothing runs in a that could hang$"):
        lab.fail("a", "silent")


@pytest.mark.root
@pytest.mark.bird
@pytest.mark.iproute2
@pytest.mark.ethtool
def test_a_node_s_own_routes_are_back_with_its_links(file: Path) -> None:
    """The kernel drops them with the link; the topology has a default route."""
    lab = Lab(load(str(file)), file.parent / "labs")
    lab.deploy()
    shown = ("ip", "-n", f"mhatool-{NAME}-a", "-6", "route", "show", "default")
    assert "via 2001:db8::2" in output_of(shown)
    lab.fail("a", "link")
    assert output_of(shown) == ""
    lab.recover("a")
    assert "via 2001:db8::2" in output_of(shown)


@pytest.mark.root
@pytest.mark.bird
@pytest.mark.iproute2
@pytest.mark.ethtool
def test_what_was_started_and_not_written_down_goes_too(file: Path) -> None:
    """As after SIGKILL between the two; what somebody else runs in a namespace of the lab is his."""
    lab = Lab(load(str(file)), file.parent / "labs")
    lab.deploy()
    sleep = ("ip", "netns", "exec", f"mhatool-{NAME}-a", "sleep", "60")
    written = (lab.folder / "processes.json").read_text("ascii")
    started = lab.processes.start("unwritten", sleep)
    (lab.folder / "processes.json").write_text(written, "ascii")
    with subprocess.Popen(sleep) as guest:
        until(lambda: len(_inhabitants()) == 4)  # these, BIRD and the node
        remove(NAME, lab.folder.parent)
        assert guest.poll() is None
        guest.kill()
    assert not started.runs


@pytest.mark.root
@pytest.mark.bird
@pytest.mark.iproute2
@pytest.mark.ethtool
@pytest.mark.tshark
def test_what_passes_comes_as_pcapng(file: Path) -> None:
    lab = Lab(load(str(file)), file.parent / "labs")
    lab.deploy()
    captured = BytesIO()
    lab.capture(captured, ("x",), 1)
    captured.seek(0)
    assert captured.read(4) == b"\x0a\x0d\x0d\x0a"  # a section header


@pytest.mark.root
@pytest.mark.iproute2
def test_a_namespace_that_was_left_goes_by_the_lab_s_name_alone(tmp_path: Path) -> None:
    """It may be another folder's: nobody who names no lab means it."""
    output_of(("ip", "netns", "add", f"mhatool-{NAME}-a"))
    with pytest.raises(LabError, match=r"^no lab stands"):
        meant(None, tmp_path)
    for pattern in ("*", NAME[:-1] + "?", ""):
        assert namespaces(pattern) == []
        with pytest.raises(LabError, match=r"^no lab stands"):
            meant(pattern, tmp_path)
    remove(meant(NAME, tmp_path), tmp_path)
    assert namespaces(NAME) == []


def _start(done: list[str]) -> None:
    with unbroken():
        with unbroken():
            interrupt()
            done.append("started")
        done.append("noted")


def test_an_interrupt_waits_until_a_process_is_known() -> None:
    """One that came between its start and its entry would leave a process that nobody ends."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _start(done)
    assert done == ["started", "noted"]
    with pytest.raises(KeyboardInterrupt):
        interrupt()
