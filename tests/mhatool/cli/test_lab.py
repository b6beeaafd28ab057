"""Which lab a command of `mhatool lab` means, by its words: labs that stand are stood in for."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from mhatool.cli import main
from mhatool.lab import lab
from tests.mhatool.cli.process import mhatool

Run = Callable[..., list[tuple[str, ...]]]


class Standing:
    """A lab of that name, with one node; what is asked of it is written down."""

    def __init__(self, name: str, asked: list[tuple[str, ...]]) -> None:
        self.name, self._asked = name, asked
        self.topology = SimpleNamespace(name=name, nodes={"cn": None})

    def node(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(name=name, interfaces=["eth0"] if name == "mn" else ["eth0", "eth1"])

    def move(self, name: str, link: str, interface: str) -> str:
        self._asked.append((self.name, "move", name, link, interface))
        return interface or "eth0"

    def inspect(self) -> dict[str, object]:
        self._asked.append((self.name, "inspect"))
        return {"name": self.name, "namespaces": [], "processes": {}}

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *words: self._asked.append((self.name, name, *map(str, words)))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return how to run `lab` where the labs one and two stand: it gives what was asked of which."""
    asked: list[tuple[str, ...]] = []

    def standing(name: str | None) -> Standing:
        if name not in (None, "one", "two"):
            raise lab.LabError(f"no lab {name!r} stands")
        return Standing(name or "the only one", asked)

    def execute(_: str, command: list[str], environment: dict[str, str]) -> None:
        assert "/usr/sbin" in environment["PATH"].split(":")
        asked.append(tuple(command))

    monkeypatch.setattr(lab, "standing", standing)
    monkeypatch.setattr(lab, "all_labs", lambda: ["one", "two"])
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("os.execvpe", execute)

    def run_it(*words: str) -> list[tuple[str, ...]]:
        asked.clear()
        main(["lab", *words])
        return list(asked)

    return run_it


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("inspect",), ("inspect",)),
        (("recover", "ha1"), ("recover", "ha1")),
        (("fail", "ha1", "--how", "link"), ("fail", "ha1", "link")),
        (("move", "mn", "foreign3"), ("move", "mn", "foreign3", "")),
        (("move", "mn", ""), ("move", "mn", "", "")),
        (("move", "mn", "foreign3", "--interface", "eth0"), ("move", "mn", "foreign3", "eth0")),
    ],
)
def test_a_name_first_or_by_its_flag(run: Run, words: tuple[str, ...], asked: tuple[str, ...]) -> None:
    command, *rest = words
    assert run(*words) == [("the only one", *asked)]
    assert run(command, "two", *rest) == run(*words, "--lab", "two") == [("two", *asked)]


def test_of_several_interfaces_the_moved_one_is_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("mn", "left"), ("ha1", "left"), ("ha1", "left", "--interface", "eth1")):
        run("move", *words)
    assert capsys.readouterr().out == "mn is on left\nha1 (eth0) is on left\nha1 (eth1) is on left\n"


def test_a_name_before_what_is_run(run: Run) -> None:
    """What follows the node is run in its namespace; a lab's name is one where a node of it follows."""
    ends = [("mhatool-two-cn", "ping", "-c", "1", "::1"), ("mhatool-the only one-cn", "ping")]
    asked = run("exec", "two", "cn", "ping", "-c", "1", "::1")
    assert asked[-1][:3] == ("ip", "netns", "exec")
    assert asked[-1][-5:] == ends[0]
    assert run("exec", "cn", "ping")[-1][-2:] == ends[1]
    assert run("exec", "--lab", "two", "cn", "--", "ping", "-c", "1", "::1")[-1][-5:] == ends[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("recover", "three", "ha1"), "no lab 'three' stands"),
        (("recover", "one", "ha1", "ha2"), "one ha1 ha2: give NODE, and a lab's name before it where several stand"),
        (("move", "mn"), "mn: give NODE LINK, and a lab's name before it where several stand"),
        (("inspect", "one", "--lab", "two"), "one and --lab two both name a lab; give one of them"),
        (("exec", "cn"), "what is to run in cn?; give NODE COMMAND..."),
        (("exec", "two", "cn"), "what is to run in cn?; give NODE COMMAND..."),
    ],
)
def test_wrong_use(run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str) -> None:
    assert run(*words) == []
    assert capsys.readouterr().err == f"mhatool: {said}\n"


def test_usage_says_what_an_argument_is_called() -> None:
    for command, usage in (
        (("lab", "move"), "lab move [OPTIONS] [NAME] NODE LINK"),
        (("info",), "info [OPTIONS] [FILE...]"),
        (("diff",), "diff [OPTIONS] A B"),
    ):
        assert f"Usage: mhatool {usage}\n" in mhatool(*command, "--help").out
