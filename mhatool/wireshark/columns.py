"""What is compared: a column is a field of Wireshark's or of our script, and how our own decoding gives its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from dissectors.profile import Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import FieldSpec
from mhatool.display.filter import resolve_column
from mhatool.display.filter.aliases import ALIASES
from mhatool.display.filter.names import resolve
from mhatool.wireshark.layouts import Shown, shown

if TYPE_CHECKING:
    from mhatool.display.frame import Frame

#: Texts that say that there are no octets: no field to us.
_NOTHING = ("", "<none>", "<MISSING>")
Texts = Callable[["Frame"], list[str]]
_STATUS = {"bad": "0", "good": "1", "unverified": "2"}
#: Aliases that aren't a field with a value in Wireshark: presence of a layer, and what has another form there.
_NOT_COMPARED = frozenset({"mip6", "mipv6", "icmpv6", "eth", "ipv6.fraghdr", "ipv6.hopopts", "ipv6.dstopts"})
#: The script's field that no declaration has: what the M bit means.
_MEANING = "mha.flag.multiple"
#: The layers in which the script shows neighbour discovery options.
_WITH_PREFIXES = ("mobile_prefix_advertisement", "mobile_prefix_solicitation")


@dataclass(frozen=True, slots=True)
class Column:
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
    return [column for column in (*_aliases(profile), *_own(profile)) if column.name in known]


@cache
def column(profile: Profile, name: str) -> Column:
    """The one of that name."""
    return next(each for each in (*_aliases(profile), *_own(profile)) if each.name == name)


def _aliases(profile: Profile) -> Iterator[Column]:
    for name in ALIASES:
        if name in _NOT_COMPARED or name.startswith("frame.") or (name.startswith("mha.") and name != _MEANING):
            continue
        field = resolve_column(name, profile)
        text = field.type.text
        yield Column(name, _texts(field.values, text), type(field.type).__name__ == "Octets")


def _texts(values: Callable[[Frame], Iterable[Any]], text: Callable[[Any], str]) -> Texts:
    return lambda frame: [text(value) for value in values(frame)]


# --- the script's own fields ---


def _own(profile: Profile) -> Iterator[Column]:
    for each in shown():
        for spec in each.fields:
            yield from _column(each, spec, profile)
    yield from (
        _plain("mha.option.type", ("any_mobility.options.type",), str, profile),
        _plain("mha.option.length", ("any_mobility.options.length",), str, profile),
        _plain("mha.type", ("any_mobility.mh_type",), str, profile),
        _plain("mha.checksum.status", _CHECKED, _STATUS.__getitem__, profile),
        _plain("mha.checksum", tuple(f"{name.rpartition('.')[0]}.checksum" for name in _CHECKED), _hex(4), profile),
    )


_CHECKED = tuple(
    f"{layer}.checksum_status"
    for layer in ("any_mobility", "home_agent_unreachable", "dhaad_request", "dhaad_reply", *_WITH_PREFIXES)
)


def _plain(name: str, own: tuple[str, ...], text: Callable[[Any], str], profile: Profile) -> Column:
    fields = [resolve(each, profile, quoted=None) for each in own]
    return Column(name, lambda frame: [text(value) for field in fields for value in field.values(frame)])


def _hex(digits: int) -> Callable[[int], str]:
    return lambda value: f"0x{value:0{digits}x}"


def _names(each: Shown, spec: FieldSpec) -> tuple[str, ...]:
    """Our own names of a field of the script."""
    declaration = each.declaration
    if declaration.family == "mobility_option":
        return (f"any_mobility.options.{declaration.symbol}.{spec.name}",)
    if declaration.family == "nd_option":
        return tuple(f"{layer}.options.{declaration.symbol}.{spec.name}" for layer in _WITH_PREFIXES)
    return (f"{declaration.symbol}.{spec.name}",)


def _column(each: Shown, spec: FieldSpec, profile: Profile) -> Iterator[Column]:
    name, kind = each.name(spec), spec.kind
    fields = [resolve(own, profile, quoted=None) for own in _names(each, spec)]

    def values(frame: Frame) -> list[Any]:
        return [value for field in fields for value in field.values(frame)]

    if isinstance(kind, kinds.OptionalAddress):
        text = fields[0].type.text
        yield Column(name, lambda frame: [text(value) for value in values(frame) if len(value) == 16])
        yield Column(f"{name}_ipv4", lambda frame: [text(value) for value in values(frame) if len(value) == 4])
    elif isinstance(kind, kinds.FlagBits):
        encode = kind.table(profile).encode
        digits = next(width for width in (2, 4, 6, 8) if width * 4 >= kind.bits)
        yield Column(name, lambda frame: [f"0x{encode[value]:0{digits}x}" for value in values(frame)])
    else:
        yield Column(name, _texts(values, fields[0].type.text), kind.is_octets and not isinstance(kind, kinds.Address))
