"""Keys and panes, in textual's terminal without a terminal."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from dissectors.ipv6.address import parse as address
from dissectors.profile import RFC6275
from mhatool.timeline import Timeline
from mhatool.timeline.names import NamedNode, Names
from mhatool.view.app import ViewApp
from mhatool.view.pane import Pane
from mhatool.view.story import Story, story_of
from tests.mhatool.view.stories import told

Script = Callable[["Keys"], Awaitable[None]]


class Keys:
    """Presses keys and reads panes."""

    def __init__(self, app: ViewApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press them, and wait until all that follows is shown."""
        await self.pilot.press(*keys)
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    def lines(self, pane: Pane) -> list[str]:
        """What is seen in it, its title first."""
        assert pane.display
        return [pane.render_line(y).text.rstrip() for y in range(pane.size.height)]

    @property
    def events(self) -> list[str]:
        return self.lines(self.app.events)

    @property
    def details(self) -> list[str]:
        return self.lines(self.app.details)


def play(story: Story, script: Script, *, size: tuple[int, int] = (80, 24), color: bool = True) -> ViewApp:
    """Let a script press keys in a view of this story."""
    app = ViewApp(story, color=color)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(Keys(app, pilot))

    asyncio.run(run())
    return app


@pytest.fixture
def keys(failover: tuple[Timeline, Story]) -> Callable[..., ViewApp]:
    """Return what plays a script of keys to a view of the failover."""
    return partial(play, failover[1])


def test_it_opens_on_bars_and_events(keys: Callable[..., ViewApp]) -> None:
    async def script(k: Keys) -> None:
        bars = k.lines(k.app.bars)
        assert bars[0].startswith("Bindings  2026-11-23 09:53:54.621 to 09:56:59.827 UTC")
        assert bars[1].startswith("2001:200:1:2:240:26ff:fe4c:51fd")
        assert bars[2].startswith("  2001:200:1:2::1  ...")
        assert "AAA???" in bars[2]
        assert k.events[0] == "Events  1/23"
        assert k.events[1].startswith(" 09:53:54.621  advertised")
        assert not k.app.details.display

    keys(script)


def test_trouble_packets_and_rule(keys: Callable[..., ViewApp]) -> None:
    async def script(k: Keys) -> None:
        await k.press("G", "N", "N", "N", "enter")  # the last but two: the note about silence
        text = [*k.app._lines]
        assert k.details[0] == "Packets  09:55:43.048 MIP6-BA-001"
        assert "expected           a Binding Acknowledgement" in text
        assert any("without an answer a mobile node" in line.lower() for line in text)  # what the rule says
        assert any(line.startswith("\x1b[36m378\x1b[0m  ") for line in text)
        assert any("Sequence number: 42222" in line for line in text)
        await k.press("x")
        assert any("0000" in line for line in k.app._lines)
        await k.press("n")
        assert "MIP6-BU-006" in k.details[0]
        await k.press("escape")
        assert not k.app.details.display

    keys(script)


def test_tables_at_the_instant(keys: Callable[..., ViewApp]) -> None:
    async def script(k: Keys) -> None:
        await k.press("slash", *"registered", "enter", "t")
        assert k.app._lines[0] == "Tables at 2026-11-23T09:54:16.110098000Z"
        assert "pcoa       2001:200:1:1:240:26ff:fe4c:51fd" in k.app._lines
        await k.press("t")
        assert not k.app.details.display

    keys(script)


def test_names_keep_to_their_line(failover_path: Path) -> None:
    """A name in TOML may hold anything; it is shown as elsewhere, with what would break the line escaped."""
    timeline, _ = told(failover_path)
    agent = address("2001:200:1:2::1")
    names = Names([NamedNode("a\nb\tc", frozenset({agent}))])
    path = str(failover_path)
    story = story_of(timeline, {path: path}, RFC6275, names=names, called=names)
    lines = list(story.tables.lines((agent,), timeline.last_ns))
    assert lines[2] == r"a\nb\tc: no binding"


def test_a_filter_and_back(keys: Callable[..., ViewApp]) -> None:
    async def script(k: Keys) -> None:
        await k.press("slash", *"frame 395", "enter")
        assert k.events[0] == "Events  1/3 of 23  with 'frame 395'"
        await k.press("slash", *"xyz")
        assert k.events[0] == "Events  0/0 of 23  with 'xyz'"
        await k.press("escape")
        assert k.events[0].endswith("/23")
        await k.press("tab", "down", "down", "enter")  # the second home agent's bar
        assert k.app.focused is k.app.bars
        assert k.events[0].startswith("Events  1/4 of 23  of 2001:200:1:2::2")
        await k.press("enter")
        assert k.events[0].endswith("/23")

    keys(script)


def test_left_and_right_in_the_bars(keys: Callable[..., ViewApp]) -> None:
    async def script(k: Keys) -> None:
        await k.press("shift+tab", "right", "right")
        assert k.app.events.cursor == 2
        await k.press("left", "plus")
        assert k.app.events.cursor == 1
        first, last = k.app._story.bindings.window
        await k.press("0")
        whole = k.app._story.bindings.window
        assert last - first == (whole[1] - whole[0]) // 2

    keys(script)


def test_help_takes_all_room(keys: Callable[..., ViewApp]) -> None:
    async def script(k: Keys) -> None:
        await k.press("question_mark")
        assert k.details[1] == "Keys"
        assert any("quit" in line for line in k.details)
        assert not k.app.events.display
        await k.press("question_mark")
        assert k.app.focused is k.app.events

    keys(script)


def test_any_size_and_any_key(keys: Callable[..., ViewApp]) -> None:
    """Narrow terminals show what they can."""

    async def script(k: Keys) -> None:
        for size in ((1, 1), (20, 9), (161, 30), (80, 24)):
            await k.pilot.resize_terminal(*size)
            await k.pilot.press("enter", "tab", "end", "t", "question_mark", "slash", "a", "escape", "escape")
        await k.press("escape")
        assert k.events[0].endswith("/23")

    keys(script)


def test_each_resize_shares_out_the_new_size(keys: Callable[..., ViewApp]) -> None:
    """By `layout.py`: three lines are fixed, of the rest a third at most is the bars', which need a title and four."""
    heights = [
        ((120, 5), (0, 2, 0)),
        ((120, 30), (5, 22, 0)),  # 30 - 3 - 5
        ((80, 24), (5, 16, 0)),
        ((170, 45), (5, 37, 37)),  # details beside events
        ((100, 45), (5, 12, 25)),  # beneath them: 37 // 3, and what is left
        ((80, 24), (5, 16, 0)),
    ]

    async def script(k: Keys) -> None:
        for size, shown in heights:
            await k.pilot.resize_terminal(*size)
            await k.pilot.pause()
            panes = k.app.bars, k.app.events, k.app.details
            assert tuple(pane.size.height if pane.display else 0 for pane in panes) == shown, size
        await k.press("enter")
        await k.pilot.resize_terminal(170, 20)
        await k.press("escape")  # who has closed the details gets them by a key alone
        assert not k.app.details.display
        await k.pilot.resize_terminal(170, 45)
        await k.pilot.pause()
        assert not k.app.details.display

    keys(script)


def test_more_room_is_used(keys: Callable[..., ViewApp]) -> None:
    async def script(k: Keys) -> None:
        assert k.app.details.display
        assert k.app.details.region.y == k.app.events.region.y
        assert k.details[2] == "home agent         2001:200:1:2::2"

    keys(script, size=(170, 40))


@pytest.mark.parametrize(("key", "status"), [("q", 0), ("ctrl+c", 130)])
def test_how_it_ends(keys: Callable[..., ViewApp], key: str, status: int) -> None:
    async def script(k: Keys) -> None:
        await k.pilot.press(key)

    assert keys(script).return_value == status


def test_without_colours(keys: Callable[..., ViewApp], failover_path: Path) -> None:
    async def script(k: Keys) -> None:
        await k.press("n", "enter")
        for pane in (k.app.bars, k.app.events, k.app.details):
            for y in range(pane.size.height):
                styles = [segment.style for segment in pane.render_line(y) if segment.style is not None]
                assert all(style.color is None and style.bgcolor is None for style in styles)

    keys(script, color=False)


def test_the_screen_in_the_docs(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what the keys show that are named there."""
    monkeypatch.chdir(repository)
    _, story = told(Path("captures/umip/failover60-mn.pcap"))
    screen: list[str] = []

    async def script(k: Keys) -> None:
        await k.press("n", "n", "n", "enter")
        screen.extend(strip.text.rstrip() for strip in k.app.screen._compositor.render_strips())

    play(story, script)
    text = (repository / "docs" / "view.md").read_text(encoding="utf-8")
    assert text.partition("```text\n")[2].partition("```")[0].splitlines() == screen
