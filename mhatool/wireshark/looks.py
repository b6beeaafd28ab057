"""A profile for Wireshark: colouring rules and columns for mobility signalling."""

from __future__ import annotations

from typing import NamedTuple

PROFILE = "Mobile IPv6"
MARK = "# Mobile IPv6 signalling, written by mhatool"


class Colour(NamedTuple):
    """A colouring rule; colours are of 16 bits for red, green and blue."""

    name: str
    display_filter: str
    background: tuple[int, int, int]
    foreground: tuple[int, int, int]


_BLACK, _RED = (0, 0, 0), (65535, 38000, 38000)
#: A finding that isn't inconclusive. (Wireshark compares no count of what isn't there.)
_BROKEN = "(mha.rule && !mha.rule.inconclusive) || count(mha.rule) > count(mha.rule.inconclusive)"
#: In their order: the first that fits counts.
COLOURS = (
    Colour("Mobility: checksum wrong", 'mha.checksum.status == "Bad"', (20000, 0, 0), (65535, 50000, 50000)),
    Colour("Mobility: home agent unreachable", "mha.unreachable.address", (65535, 45000, 20000), _BLACK),
    Colour("Mobility: refused", "mha.acknowledgement.status >= 128 || mha.error.status", _RED, _BLACK),
    Colour("Mobility: a rule is broken", _BROKEN, (65535, 58000, 30000), _BLACK),
    Colour("Mobility: several agents", "mha.flag.multiple || mha.option.home_agent", (40000, 56000, 65535), _BLACK),
    Colour("Mobility: signalling", "mha || mipv6", (56000, 62000, 65535), _BLACK),
)
_COLUMNS = (
    ("No.", "%m"),
    ("Time", "%t"),
    ("Source", "%s"),
    ("Destination", "%d"),
    ("Mobile node", "%Cus:mha.node:0:R"),
    ("Protocol", "%p"),
    ("Response", "%Cus:mha.response_in || mha.response_to:0:R"),
    ("Rule", "%Cus:mha.rule:0:R"),
    ("Info", "%i"),
)


def colour_filters() -> str:
    """The file `colorfilters`, also for View, Coloring Rules, Import."""
    lines = [MARK]
    for colour in COLOURS:
        back, fore = (",".join(map(str, each)) for each in (colour.background, colour.foreground))
        lines.append(f"@{colour.name}@{colour.display_filter}@[{back}][{fore}]")
    return "\n".join(lines) + "\n"


def preferences() -> str:
    """The file `preferences`: columns."""
    columns = ",\n\t".join(f'"{title}", "{form}"' for title, form in _COLUMNS)
    return f"{MARK}\ngui.column.format: \n\t{columns}\n"
