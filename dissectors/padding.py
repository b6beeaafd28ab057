"""Padding: where options may stand (RFC 6275, 6.2.1; RFC 8200, 4.2 and appendix A)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from dissectors.codec import Codec
from dissectors.profile import RFC6275, Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, Message, Option

M = TypeVar("M", bound=Message)


def padding(codec: Codec, family: str, size: int) -> list[Option]:
    """So many octets of padding: nothing, one Pad1 or one PadN."""
    if size == 0:
        return []
    symbol = "pad1" if size == 1 else "pad_n"
    declaration = next(d for table in codec.table(family).values() for d in table if d.symbol == symbol)
    return [declaration.cls() if size == 1 else declaration.cls(padding=bytes(size - 2))]


def gap_before(declaration: Declaration, position: int, size: int) -> int:
    """How many octets must stand before an option of that size for its alignment."""
    alignment = declaration.alignment(size)
    step, rest = alignment or (1, 0)
    for gap in range(16):
        start = position + gap
        if start % step == rest % step and not (declaration.last and (start + size) % 8):
            return gap
    return (rest - position) % step  # nothing ends it at 8 octets: its alignment alone


def aligned(codec: Codec, family: str, options: Sequence[Option], start: int) -> tuple[Option, ...]:
    """The options with the padding that their alignment and a multiple of 8 octets ask for.

    `start` is the offset of the first one from the start of the header.
    """
    result: list[Option] = []
    position = start
    for option in options:
        size = len(codec.emit(option))
        gap = gap_before(option.__declaration__, position, size)
        result += [*padding(codec, family, gap), option]
        position += gap + size
    return (*result, *padding(codec, family, -position % 8))


def padded(message: M, profile: Profile = RFC6275) -> M:
    """A message or options header with its options padded; as it is where it has none to pad."""
    declaration: Declaration = message.__declaration__
    field = declaration.first(kinds.OptionList)
    if field is None or not isinstance(field.kind, kinds.OptionList) or field.kind.family == "nd_option":
        return message
    start = declaration.fixed_size
    addresses = declaration.first(kinds.AddressList)
    if addresses is not None:
        start += 16 * len(getattr(message, addresses.name))
    options = aligned(profile.codec, field.kind.family, getattr(message, field.name), start)
    return message.replace(**{field.name: options})
