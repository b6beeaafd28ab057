"""Stories of captures, as the command makes them."""

from pathlib import Path

from dissectors.profile import RFC6275
from mhatool.cli.timeline import built
from mhatool.timeline import Timeline
from mhatool.view.story import Story, story_of


def told(*files: Path) -> tuple[Timeline, Story]:
    """A timeline and its story."""
    names = [str(file) for file in files]
    made = built(names, None, None, for_people=True)
    return made, story_of(made, {name: name for name in names}, RFC6275)
