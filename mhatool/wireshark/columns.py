"""What is compared: a column is a field of Wireshark's or of our script, and how our own decoding gives its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from dissectors.profile import Profile
from mhatool.display.filter import resolve_column
from mhatool.display.filter.aliases import ALIASES
from mhatool.display.filter.script_names import meanings

if TYPE_CHECKING:
    from mhatool.display.frame import Frame

#: Texts that say that there are no octets: no field to us.
_NOTHING = ("", "<none>", "<MISSING>")
Texts = Callable[["Frame"], list[str]]
#: Aliases that aren't a field with a value in Wireshark: presence of a layer, and what has another form there.
_NOT_COMPARED = frozenset({"mha", "mip6", "mipv6", "icmpv6", "eth", "ipv6.fraghdr", "ipv6.hopopts", "ipv6.dstopts"})


class Column(Struct, frozen=True):
    """A field by Wireshark's name; `texts` gives our values of a frame in Wireshark's form."""

    name: str
    texts: Texts
    is_octets: bool = False

    def sorted(self, texts: Iterable[str]) -> tuple[str, ...]:
        """In an order that both sides have, without those that say that there are no octets."""
        if self.is_octets:
            texts = (text.replace(":", "") for text in texts)
        return tuple(sorted(text for text in texts if text not in _NOTHING))

    def shown(self, frame: Frame) -> tuple[str, ...]:
        """Our values of a frame."""
        return self.sorted(self.texts(frame))


def columns(profile: Profile, known: frozenset[str]) -> list[Column]:
    """All of them whose names this tshark knows."""
    return [column(profile, name) for name in _names() if name in known]


@cache
def column(profile: Profile, name: str) -> Column:
    """The one of that name."""
    field = resolve_column(name, profile)
    return Column(name, _texts(field.values, field.type.text), type(field.type).__name__ == "Octets")


def _names() -> dict[str, None]:
    """Our aliases and the script's fields, each once."""
    own = (name for name in ALIASES if name not in _NOT_COMPARED and not name.startswith("frame."))
    return dict.fromkeys((*own, *meanings()))


def _texts(values: Callable[[Frame], Iterable[Any]], text: Callable[[Any], str]) -> Texts:
    return lambda frame: [text(value) for value in values(frame)]
