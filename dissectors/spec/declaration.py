"""From a class body to a declaration: the fields in wire order, where each lies, and a slotted dataclass."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, TypeVar, dataclass_transform

from dissectors.spec import check, fields
from dissectors.spec.kind import Kind
from dissectors.spec.kinds import UInt

T = TypeVar("T")
#: Tells variants of one number apart: (octets, start, end) of the whole item.
When = Callable[[bytes, int, int], bool]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: its name, wire kind and place. `offset` in octets from the start of the message; tails have none (-1).

    A field narrower than its octets lies `shift` bits above the least significant bit of `size` octets at `offset`.
    """

    name: str
    kind: Kind
    doc: str
    default: Any
    offset: int = -1
    size: int = 0
    shift: int = 0

    @property
    def is_tail(self) -> bool:
        """Whether it runs to the end of the message."""
        return self.kind.bits == 0


class Place(NamedTuple):
    """A field with a fixed place, ready to be read.

    From `first` to `last` in the layer; an integer's bits are there after `shift` under `mask` (0: octets). `unit`: the
    value is the integer times this (0: the kind makes the value).
    """

    spec: FieldSpec
    first: int
    last: int
    shift: int
    mask: int
    unit: int


def _readable(spec: FieldSpec) -> Place:
    kind = spec.kind
    mask = 0 if kind.is_octets else (1 << kind.bits) - 1
    unit = kind.unit if type(kind) is UInt else 0
    return Place(spec, spec.offset, spec.offset + spec.size, spec.shift, mask, unit)


@dataclass(eq=False)
class Declaration:
    """Everything that is known of one message, option, header or record."""

    cls: type[Any]
    symbol: str
    family: str
    title: str
    numbers: tuple[int, ...] = ()
    rfc: str = ""
    align: tuple[int, int] | None = None
    align_by_size: dict[int, tuple[int, int]] = field(default_factory=dict)
    when: When | None = None
    last: bool = False
    craft: str = ""
    fields: tuple[FieldSpec, ...] = ()
    fixed_size: int = 0
    by_name: dict[str, FieldSpec] = field(default_factory=dict)

    @cached_property
    def fixed(self) -> tuple[FieldSpec, ...]:
        """The fields with a fixed place."""
        return tuple(f for f in self.fields if not f.is_tail)

    @cached_property
    def fixed_by_name(self) -> dict[str, Place]:
        """The fields with a fixed place, by name."""
        return {f.name: _readable(f) for f in self.fixed}

    @cached_property
    def tails(self) -> tuple[FieldSpec, ...]:
        """The fields that run to the end."""
        return tuple(f for f in self.fields if f.is_tail)

    @cached_property
    def options_first(self) -> str:
        """The family of the options that follow the fixed part at once; "" where something else does."""
        family: str = getattr(self.tails[0].kind, "family", "") if self.tails else ""
        return family

    def surely_fits(self, size: int) -> bool:
        """Whether a layer of so many octets has no problem by its size, as far as that is quickly told."""
        return size == self.fixed_size and not self.tails

    @property
    def values(self) -> tuple[FieldSpec, ...]:
        """The fields that are attributes of the value."""
        return tuple(f for f in self.fields if not f.kind.derived)

    def alignment(self, size: int) -> tuple[int, int] | None:
        """(n, m): an option of so many octets starts at a multiple of n plus m. None: anywhere."""
        return self.align_by_size.get(size, self.align)

    def first(self, kind: type[Kind]) -> FieldSpec | None:
        """The first field of that kind."""
        return next((f for f in self.fields if isinstance(f.kind, kind)), None)


class Message:
    """Base of every message value. Frozen for the type checker only; don't assign to its fields."""

    __slots__ = ()
    __declaration__: ClassVar[Declaration]
    __declared__: ClassVar[dict[str, fields.Declared]] = {}

    # Written once instead of generated for each class: that halves the time to read all declarations.
    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, spec.name) for spec in self.__declaration__.values])

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((self.__class__, self._values()))

    def __repr__(self) -> str:
        names = [spec.name for spec in self.__declaration__.values]
        content = ", ".join(f"{name}={value!r}" for name, value in zip(names, self._values(), strict=True))
        return f"{self.__class__.__name__}({content})"

    def replace(self: T, **changes: Any) -> T:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


class Option(Message):
    """Base of every option value."""

    __slots__ = ()


#: family -> its declarations, in the order in which their modules were read.
REGISTRY: dict[str, list[Declaration]] = {}


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _title(name: str) -> str:
    """`CareOfTestInit` as the RFC writes it: Care-of Test Init."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("Care Of", "Care-of")


def _value_class(cls: type[T]) -> type[T]:
    """The slotted dataclass of a class body; its declared fields are kept in `__declared__`, in order."""
    own = {name: item for name, item in vars(cls).items() if isinstance(item, fields.Declared)}
    check.check_body(cls, own)
    for name, item in own.items():
        if item.kind.derived or item.default is fields.REQUIRED:
            delattr(cls, name)
        else:
            setattr(cls, name, item.default)
    made = dataclass(slots=True, kw_only=True, eq=False, repr=False)(cls)  # the rest: Message
    inherited = {n: d for base in reversed(cls.__mro__[1:]) for n, d in vars(base).get("__declared__", {}).items()}
    made.__declared__ = {**inherited, **own}  # type: ignore[attr-defined]
    return made


def _place(declared: dict[str, fields.Declared]) -> tuple[tuple[FieldSpec, ...], int]:
    """Where each field lies. Fields narrower than an octet are packed from the most significant bit on."""
    placed: list[FieldSpec] = []
    offset = 0
    group: list[tuple[str, fields.Declared]] = []
    for name, item in declared.items():
        if item.kind.bits == 0:
            placed.append(FieldSpec(name, item.kind, item.doc, item.default))
            continue
        group.append((name, item))
        bits = sum(d.kind.bits for _, d in group)
        if bits % 8:
            continue
        rest = bits
        for member, d in group:
            rest -= d.kind.bits
            placed.append(FieldSpec(member, d.kind, d.doc, d.default, offset, bits // 8, rest))
        offset += bits // 8
        group = []
    if group:
        raise TypeError(f"the fields {[n for n, _ in group]} don't fill their octets")
    return tuple(placed), offset


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    # Those whose fields must be given; to the type checker the others have a default.
    field_specifiers=(fields.uint, fields.octets, fields.address, fields.address_list, fields.hardware_address),
)
def envelope(cls: type[T]) -> type[T]:
    """The fields that a family's messages begin with; not a message itself."""
    return _value_class(cls)


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    # Those whose fields must be given; to the type checker the others have a default.
    field_specifiers=(fields.uint, fields.octets, fields.address, fields.address_list, fields.hardware_address),
)
def message(
    family: str,
    number: int | tuple[int, ...] | None = None,
    *,
    symbol: str = "",
    title: str = "",
    rfc: str = "",
    craft: str = "",
    when: When | None = None,
    align: tuple[int, int] | None = None,
    align_by_size: dict[int, tuple[int, int]] | None = None,
    last: bool = False,
) -> Callable[[type[T]], type[T]]:
    """Declare a message of a family.

    `number` is IANA's (a profile may give another; several where the class holds the type as a field), `symbol` the
    name in JSON and in profiles (from the class name by default), `craft` the name on the command line, `when` tells
    variants of one number apart. TypeError where the class can't be meant so (see `spec.check`).
    """

    def declare(cls: type[T]) -> type[T]:
        made = _value_class(cls)
        symbol_ = symbol or _snake_case(cls.__name__)
        placed, size = _place(made.__declared__)  # type: ignore[attr-defined]
        declaration = Declaration(
            cls=made,
            symbol=symbol_,
            family=family,
            title=title or _title(cls.__name__),
            numbers=number if isinstance(number, tuple) else () if number is None else (number,),
            rfc=rfc,
            align=align,
            align_by_size=align_by_size or {},
            when=when,
            last=last,
            craft=craft,
            fields=placed,
            fixed_size=size,
            by_name={f.name: f for f in placed},
        )
        check.check(declaration, REGISTRY.get(family, ()))
        made.__declaration__ = declaration  # type: ignore[attr-defined]
        REGISTRY.setdefault(family, []).append(declaration)
        return made

    return declare


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    # Those whose fields must be given; to the type checker the others have a default.
    field_specifiers=(fields.uint, fields.octets, fields.address, fields.address_list, fields.hardware_address),
)
def option(
    family: str,
    number: int | None,
    *,
    title: str,
    rfc: str = "",
    align: tuple[int, int] | None = None,
    align_by_size: dict[int, tuple[int, int]] | None = None,
    when: When | None = None,
    symbol: str = "",
    last: bool = False,
) -> Callable[[type[T]], type[T]]:
    """Declare an option.

    `align` = (n, m): it starts at a multiple of n octets plus m, from the header's start; `align_by_size` where that
    depends on its size in octets. `last`: nothing follows it, so it is aligned to end the header.
    """
    return message(
        family,
        number,
        symbol=symbol,
        title=title,
        rfc=rfc,
        align=align,
        align_by_size=align_by_size,
        when=when,
        last=last,
    )
