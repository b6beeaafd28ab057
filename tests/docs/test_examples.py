"""Every ```console block of README.md and docs/*.md is run, and its output compared.

A line that starts with `$ ` is a command, the lines after it are what it prints; a line `...` stands for any lines,
also none; `# exit N` at a command's end is its exit status (else 0). Words after `console` are markers:
```console tshark. Commands run in bash, at the top of a stand-in for the checkout, so that what they write stays there;
where `namespace` is among the words, in a network namespace of the block's own, with an interface eth0.
"""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mhatool.lab.remains import all_labs

REPOSITORY = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(?P<indent> *)```console(?P<markers>(?: +\w+)*) *$")
IN_NAMESPACE = "namespace"
PAUSE = threading.Event()
EXIT = re.compile(r"\s+# exit (?P<status>\d+)$")


@dataclass
class Command:
    """A command, its expected output and exit status."""

    text: str
    status: int
    output: list[str] = field(default_factory=list)


@dataclass
class Block:
    """A fenced block: its place, markers and commands."""

    place: str
    markers: list[str]
    commands: list[Command]


def blocks_of(name: str, text: str) -> Iterator[Block]:
    """Yield the console blocks of one document."""
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        if fence := FENCE.match(line):
            body = []
            for _, inner in lines:
                if inner.strip() == "```":
                    break
                body.append(inner.removeprefix(fence["indent"]))
            yield Block(f"{name}:{number}", fence["markers"].split(), commands_of(body))


def commands_of(body: list[str]) -> list[Command]:
    """Split the lines of a block into commands with their output."""
    commands: list[Command] = []
    for line in body:
        if line.startswith("$ "):
            end = EXIT.search(line)
            text = line[2 : end.start()] if end else line[2:]
            commands.append(Command(text, int(end["status"]) if end else 0))
        elif commands and line.startswith("> ") and not commands[-1].output:  # the command goes on
            commands[-1].text += f"\n{line[2:]}"
        elif commands:
            commands[-1].output.append(line)
        else:
            raise ValueError(f"a console block starts with a command, not with {line!r}")
    return commands


def matches(expected: list[str], seen: list[str]) -> bool:
    """Compare line by line; `...` stands for any lines."""
    pattern = "".join(r"(?:.*\n)*" if line == "..." else re.escape(line) + r"\n" for line in expected)
    return re.fullmatch(pattern, "".join(line + "\n" for line in seen)) is not None


def documents() -> list[Path]:
    return sorted(path for path in [REPOSITORY / "README.md", *REPOSITORY.glob("docs/*.md")] if path.is_file())


BLOCKS = [
    block
    for path in documents()
    for block in blocks_of(str(path.relative_to(REPOSITORY)), path.read_text(encoding="utf-8"))
]


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """Return a folder that looks like the checkout: a link for each entry."""
    for entry in REPOSITORY.iterdir():
        if entry.name != ".git":
            (tmp_path / entry.name).symlink_to(entry)
    return tmp_path


def test_the_readme_has_examples() -> None:
    assert [block for block in BLOCKS if block.place.startswith("README.md:")]


@contextmanager
def namespace(name: str) -> Iterator[list[str]]:
    """A machine with an interface, as far as its network goes; the command that leads there."""
    subprocess.run(["ip", "netns", "add", name], check=True)
    inside = ["ip", "netns", "exec", name]
    made = "ip link set lo up; ip link add eth0 type veth peer name far; ip link set eth0 up; ip link set far up"
    try:
        subprocess.run([*inside, "sh", "-ec", f"{made}; ethtool -K eth0 tx off >/dev/null"], check=True)
        yield inside
    finally:
        end_all(name)
        subprocess.run(["ip", "netns", "delete", name], check=True)


def end_all(namespace: str) -> None:
    """End what still runs in it, in an orderly way."""
    for number in running(namespace):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    while running(namespace):
        PAUSE.wait(0.05)


def running(namespace: str) -> list[int]:
    found = subprocess.run(["ip", "netns", "pids", namespace], stdout=subprocess.PIPE, text=True, check=True)
    return [int(number) for number in found.stdout.split()]


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Return the command that leads to where a block's commands run: [] for here."""
    if IN_NAMESPACE not in request.getfixturevalue("block").markers:
        yield []
        return
    with namespace(f"mhatool-d{os.getpid()}") as inside:
        yield inside


@pytest.fixture
def labs() -> Iterator[list[str]]:
    """Return a list for the labs that a block deploys: they are gone afterwards, also where it failed midway."""
    names: list[str] = []
    yield names
    for name in names:
        subprocess.run(["mhatool", "lab", "destroy", name], capture_output=True, check=False)  # most are gone by then
        assert name not in all_labs()


def marks(block: Block) -> list[pytest.MarkDecorator]:
    """What it needs."""
    return [getattr(pytest.mark, name) for name in block.markers if name != IN_NAMESPACE]


@pytest.mark.parametrize("block", [pytest.param(block, id=block.place, marks=marks(block)) for block in BLOCKS])
def test_example(block: Block, stand_in: Path, place: list[str], labs: list[str]) -> None:
    for command in block.commands:
        run = subprocess.run(
            [*place, "bash", "-c", command.text],
            cwd=stand_in,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seen = run.stdout.splitlines()
        assert run.returncode == command.status, f"$ {command.text}\n{run.stdout}"
        labs += re.findall(r"^mhatool lab deploy (\w+)$", command.text)
        if not matches(command.output, seen):
            # A list comparison: pytest shows the lines that differ.
            assert seen == command.output, f"$ {command.text}"


def test_a_block_is_split_into_commands() -> None:
    text = "a\n```console lua\n$ one  # exit 1\nx\n\ny\n$ two\n```\n```sh\n$ three\n```\n"
    assert list(blocks_of("d.md", text)) == [
        Block("d.md:2", ["lua"], [Command("one", 1, ["x", "", "y"]), Command("two", 0, [])])
    ]


@pytest.mark.parametrize(
    ("expected", "seen", "same"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["a.c"], ["abc"], False),
        (["...", "z"], ["a", "b", "z"], True),
        (["a", "...", "z"], ["a", "z"], True),
        (["a", "..."], ["b"], False),
    ],
)
def test_dots_stand_for_any_lines(expected: list[str], seen: list[str], same: bool) -> None:
    assert matches(expected, seen) is same
