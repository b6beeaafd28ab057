"""What is wrong with a declaration, told when its class is read: else octets would be lost, or shown as others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dissectors.spec import kinds
from dissectors.spec.fields import Declared

if TYPE_CHECKING:
    from dissectors.spec.declaration import Declaration, FieldSpec

_INTEGERS = (1, 2, 4, 8)
"""Octets that one number, or several in it, can have."""
_OF_VALUES = frozenset({"replace"})
"""The methods of every message."""
_OF_RECORDS = frozenset({"type", "offset", "quoted", "reassembled", "problems", "octets", "checksum_status"})
_OF_OPTION_RECORDS = frozenset({"name", "octets", "problem"})
"""What records say of every layer, and of every option, beside its fields."""


def check_body(cls: type[Any], declared: Mapping[str, Declared]) -> None:
    """TypeError where a class body doesn't annotate what values hold, or annotates what is derived."""
    annotated = cls.__annotations__
    for name, item in declared.items():
        if item.kind.derived and name in annotated:
            raise TypeError(f"{cls.__name__}.{name} follows from the rest, no value holds it: leave the annotation out")
        if not item.kind.derived and name not in annotated:
            raise TypeError(f"{cls.__name__}.{name} has no type: annotate it, as `{name}: int = ...`")
        if name in _OF_VALUES:
            raise TypeError(f"{cls.__name__}.{name}: every message has a method of that name: give it another one")


def check(declaration: Declaration, others: Iterable[Declaration]) -> None:
    """TypeError where a declaration can't be meant, by itself or beside the `others` of its family."""
    for complaints in _CHECKS:
        for complaint in complaints(declaration):
            raise TypeError(f"{declaration.cls.__name__}: {complaint}")
    for other in others:
        if declaration.symbol == other.symbol != declaration.family:
            raise TypeError(f"{declaration.cls.__name__}: {other.cls.__name__} has the symbol {other.symbol!r} already")
        shared = set(declaration.numbers).intersection(other.numbers)
        if shared and declaration.when is other.when is None:
            raise TypeError(
                f"{declaration.cls.__name__}: {min(shared)} is {other.cls.__name__}'s number: give another one, or one "
                "of them a `when` that tells them apart"
            )


def _family(declaration: Declaration) -> Iterator[str]:
    from dissectors.spec.families import HOMES  # it takes the registry from where this is called

    families = [declaration.family] if declaration.family != "record" else []
    families += [spec.kind.family for spec in declaration.tails if isinstance(spec.kind, kinds.OptionList)]
    for family in families:
        if family not in HOMES:
            yield f"no family {family!r}: there are {', '.join(HOMES)}"
    for number in declaration.numbers:
        if not 0 <= number < 256:
            yield f"the number {number} isn't within an octet"
    if declaration.align is not None and not 0 <= declaration.align[1] < declaration.align[0]:
        yield f"align = {declaration.align}: (n, m) is a multiple of n octets plus m, which is less than n"


def _type_octet(declaration: Declaration) -> Iterator[str]:
    """Where the number stands that tells it from its family's others."""
    from dissectors.spec.families import NUMBER_OFFSET

    at = NUMBER_OFFSET.get(declaration.family)
    if at is None or (not declaration.numbers and declaration.symbol != declaration.family):
        return  # one that a profile gives a number has it by its envelope, too, but no other reads it
    found = next((f for f in declaration.fixed if f.offset == at), None)
    if found is None or found.size != 1 or not isinstance(found.kind, kinds.UInt):
        yield f"no type in octet {at}: begin with the envelope of {declaration.family}, which has it"


def _order(declaration: Declaration) -> Iterator[str]:
    """Tails run to the end: nothing fixed may follow one, nor another tail, unless a count bounds it."""
    tail: FieldSpec | None = None
    for spec in declaration.fields:
        if tail is None or not tail.is_tail:
            tail = spec
            continue
        if not spec.is_tail:
            yield f"{spec.name} stands behind {tail.name}, which has no fixed size: put it before"
        elif not getattr(tail.kind, "counted_by", ""):
            yield f"{spec.name} stands behind {tail.name}, which runs to the end: nothing is left for it"
        tail = spec


def _sizes(declaration: Declaration) -> Iterator[str]:
    for spec in declaration.fixed:
        if not spec.kind.is_octets and spec.size not in _INTEGERS:
            yield f"{spec.name}: a number in {spec.size} octets; 1, 2, 4 or 8 can be: divide it, or make it octets"
        elif spec.kind.is_octets and spec.size * 8 != spec.kind.bits:
            yield f"{spec.name} begins or ends within an octet: fill that with bits"


def _numbers(declaration: Declaration) -> Iterator[str]:
    for spec in declaration.fixed:
        kind = spec.kind
        if isinstance(kind, kinds.FlagBits):
            yield from _flags(spec.name, kind)
        elif isinstance(kind, kinds.UInt) and kind.unit < 1:
            yield f"{spec.name}: a unit of {kind.unit}"
        elif isinstance(kind, kinds.Count) and _by(declaration.by_name.get(kind.of)) != spec.name:
            yield f"{spec.name} counts {kind.of!r}, which is no address list with counted_by={spec.name!r}"


def _lists(declaration: Declaration) -> Iterator[str]:
    for spec in declaration.tails:
        if (name := _by(spec)) and not isinstance(getattr(declaration.by_name.get(name), "kind", None), kinds.Count):
            yield f"{spec.name} is counted by {name!r}, which is no count"


def _by(spec: FieldSpec | None) -> str:
    """The name of the field that counts a list; "" where none does, or it is no list."""
    return spec.kind.counted_by if spec is not None and isinstance(spec.kind, kinds.AddressList) else ""


def _flags(name: str, kind: kinds.FlagBits) -> Iterator[str]:
    taken: dict[int, str] = {}
    for letter, bit in kind.letters:
        if bit.bit_count() != 1 or bit >> kind.bits:
            yield f"{name}: {letter} = {bit:#x} isn't one of its {kind.bits} bits"
        if bit in taken:
            yield f"{name}: {letter} and {taken[bit]} are one bit, {bit:#x}"
        taken[bit] = letter


def _names(declaration: Declaration) -> Iterator[str]:
    """A field's name is a key of records, beside those that all layers or options have."""
    taken = set(_OF_OPTION_RECORDS if declaration.family.endswith("option") else _OF_RECORDS)
    for spec in declaration.values:
        if isinstance(spec.kind, kinds.UInt) and spec.kind.names is not None:
            taken.add(f"{spec.name}_name")
    for spec in declaration.fields:
        if spec.name in taken and not isinstance(spec.kind, kinds.QuotedPacket):  # that one's layers are shown
            yield f"records have a key {spec.name!r} of their own: give the field another name"


_CHECKS: tuple[Callable[[Declaration], Iterator[str]], ...] = (
    *(_family, _order, _sizes, _type_octet),
    *(_numbers, _lists, _names),
)
