"""A profile's parsers and emitters, compiled when first used: octets to message values and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dissectors.errors import DecodeError, EncodeError, Reaction
from dissectors.spec import kinds
from dissectors.spec.compile import Emitter, Parser, compile_emitter, compile_parser
from dissectors.spec.declaration import Declaration, Message, Option, When
from dissectors.spec.families import NUMBER_OFFSET, declarations

if TYPE_CHECKING:
    from dissectors.profile import Profile

OptionsParser = Callable[[bytes, int, int], tuple[Option, ...]]

_PAD1_IS_0 = frozenset({"mobility_option", "ipv6_option"})


class Codec:
    """Octets to values and back, by one profile's code points."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._emitters: dict[type, Emitter] = {}
        self._parsers: dict[type, Parser] = {}
        self._tables: dict[str, dict[int, list[Declaration]]] = {}
        self._numbers: dict[tuple[str, str], frozenset[int]] = {}
        self._fallbacks: dict[str, Declaration] = {}
        self._families: dict[str, Parser] = {}
        self._option_parsers: dict[str, OptionsParser] = {}

    # --- which declaration ---

    def table(self, family: str) -> dict[int, list[Declaration]]:
        """Number -> the family's declarations there; those with a condition first."""
        if family not in self._tables:
            table: dict[int, list[Declaration]] = {}
            for declaration in declarations(family):
                for number in self.profile.code_points(declaration):
                    table.setdefault(number, []).append(declaration)
            for variants in table.values():
                variants.sort(key=lambda d: d.when is None)
            self._tables[family] = table
        return self._tables[family]

    def fallback(self, family: str) -> Declaration:
        """What a number without a declaration of its own is read as."""
        found = self._fallbacks.get(family)
        if found is None:
            found = next(d for d in declarations(family) if d.symbol == family and not d.numbers)
            self._fallbacks[family] = found
        return found

    def declaration_at(self, family: str, octets: bytes, start: int, end: int) -> Declaration:
        """Which declaration reads these octets: by their number, and by their shape where variants share it."""
        number = octets[start + NUMBER_OFFSET[family]]
        for declaration in self.table(family).get(number, ()):
            if declaration.when is None or declaration.when(octets, start, end):
                return declaration
        return self.fallback(family)

    def numbers(self, family: str, symbol: str) -> frozenset[int]:
        """The code points at which something of this symbol may stand."""
        found = self._numbers.get((family, symbol))
        if found is None:
            table = self.table(family)
            found = frozenset(number for number, variants in table.items() if any(d.symbol == symbol for d in variants))
            self._numbers[family, symbol] = found
        return found

    def number(self, declaration: Declaration) -> int:
        """The one code point of a declaration; EncodeError where this profile has none."""
        numbers = self.profile.code_points(declaration)
        if not numbers:
            raise EncodeError(f"the profile {self.profile.name} has no number for {declaration.title}", field="type")
        return numbers[0]

    # --- parsing ---

    def parser(self, cls: type) -> Parser:
        """The compiled parser of one class: (octets, start, end) -> value."""
        if cls not in self._parsers:
            self._parsers[cls] = compile_parser(self, cls.__declaration__)  # type: ignore[attr-defined]
        return self._parsers[cls]

    def parse(self, family: str, octets: bytes, start: int = 0, end: int | None = None) -> Any:
        """The message of a family (`mobility`, `icmpv6`, `routing`) in these octets, or DecodeError."""
        if family not in self._families:
            self._families[family] = self._family_parser(family)
        return self._families[family](octets, start, len(octets) if end is None else end)

    def parse_whole(self, family: str, octets: bytes) -> Any:
        """The message, header or option of a family that these octets are, all of them.

        Octets behind its end are a DecodeError (`trailing`, `offset` where it ends), an option's wrong length too.
        ValueError for a family that isn't told apart by a number.
        """
        if family not in NUMBER_OFFSET:
            raise ValueError(f"no messages or options of a family {family!r}: there are {', '.join(NUMBER_OFFSET)}")
        end = self._stated_end(family, octets)
        if family.endswith("option") and octets and not 0 < end <= len(octets):
            raise option_overrun(family, 0, end, len(octets))
        message = self.parse(family, octets, 0, min(end, len(octets)))
        if end < len(octets):
            raise trailing(message.__declaration__, end, len(octets))
        return message

    def _stated_end(self, family: str, octets: bytes) -> int:
        """Where what begins these octets ends by its length; behind the last octet where it has none."""
        if family in _PAD1_IS_0 and octets[:1] == b"\0":
            return 1
        length = self.fallback(family).first(kinds.Length)
        if length is None or not isinstance(length.kind, kinds.Length) or len(octets) <= length.offset:
            return len(octets)
        return octets[length.offset] * length.kind.step + length.kind.bias

    def _family_parser(self, family: str) -> Parser:
        offset = NUMBER_OFFSET[family]
        parsers: list[Parser] = [self._dispatch(family, number) for number in range(256)]

        def parse(octets: bytes, start: int, end: int) -> Any:
            if end - start <= offset:
                raise DecodeError("too_short", start, f"{family}: {end - start} octets, not even a type")
            return parsers[octets[start + offset]](octets, start, end)

        return parse

    def _dispatch(self, family: str, number: int) -> Parser:
        """The parser for one number: compiled at its first use, and choosing among variants where there are several."""
        variants = self.table(family).get(number, [])
        choices: list[tuple[When | None, type]] = [(d.when, d.cls) for d in variants]
        if not variants or variants[-1].when is not None:
            choices.append((None, self.fallback(family).cls))

        def parse(octets: bytes, start: int, end: int) -> Any:
            for when, cls in choices:
                if when is None or when(octets, start, end):
                    return self.parser(cls)(octets, start, end)
            raise AssertionError("the last choice has no condition")

        return parse

    def option_parser(self, family: str) -> OptionsParser:
        """(octets, start, end) -> the options there."""
        if family not in self._option_parsers:
            self._option_parsers[family] = self._options(family)
        return self._option_parsers[family]

    def _options(self, family: str) -> OptionsParser:
        direct: dict[int, Parser] = {}
        pad1 = next((d.cls() for d in declarations(family) if d.symbol == "pad1"), None)
        pads: dict[bytes, Any] = {}
        pad_n = next((d.cls for d in declarations(family) if d.symbol == "pad_n"), None)
        step = 8 if family == "nd_option" else 1
        bias = 0 if family == "nd_option" else 2

        def parser_of(number: int) -> Parser:
            variants = self.table(family).get(number, [])
            simple = len(variants) == 1 and variants[0].when is None
            direct[number] = found = self.parser(variants[0].cls) if simple else self._dispatch(family, number)
            return found

        def parse(octets: bytes, position: int, end: int) -> tuple[Option, ...]:
            result: list[Any] = []
            while position < end:
                number = octets[position]
                if number == 0 and pad1 is not None:
                    result.append(pad1)
                    position += 1
                    continue
                if position + 2 > end:
                    raise option_overrun(family, position, 2, end)
                stop = position + octets[position + 1] * step + bias
                if stop > end or stop == position:
                    raise option_overrun(family, position, stop - position, end)
                if number == 1 and pad_n is not None:
                    padding = octets[position + 2 : stop]
                    value = pads.get(padding)
                    if value is None:
                        value = pad_n(padding=padding)
                        if len(pads) < 64:  # zeros of every usual length; hostile padding isn't kept
                            pads[padding] = value
                    result.append(value)
                else:
                    parser = direct.get(number) or parser_of(number)
                    result.append(parser(octets, position, stop))
                position = stop
            return tuple(result)

        return parse

    def record_parser(self, cls: type) -> OptionsParser:
        """(octets, start, end) -> entries of one fixed layout."""
        parse_one = self.parser(cls)
        declaration: Declaration = cls.__declaration__  # type: ignore[attr-defined]
        size = declaration.fixed_size

        def parse(octets: bytes, start: int, end: int) -> tuple[Any, ...]:
            if (end - start) % size:
                raise DecodeError(
                    "wrong_size", start, f"{declaration.title}: {end - start} octets, not a multiple of {size}"
                )
            return tuple([parse_one(octets, at, at + size) for at in range(start, end, size)])

        return parse

    # --- emitting ---

    def emitter(self, cls: type) -> Emitter:
        """The compiled emitter of one class."""
        if cls not in self._emitters:
            if not hasattr(cls, "__declaration__"):
                raise EncodeError(f"{cls.__module__}.{cls.__qualname__} is no message or option of dissectors")
            self._emitters[cls] = self._emitter(cls)
        return self._emitters[cls]

    def _emitter(self, cls: type) -> Emitter:
        declaration: Declaration = cls.__declaration__  # type: ignore[attr-defined]
        derived_number = declaration.first(kinds.Number) is not None
        number = self.number(declaration) if derived_number else None
        plain = compile_emitter(self, declaration, number)
        family = declaration.family
        table = self.table(family) if family in NUMBER_OFFSET else {}
        shared = number is not None and len(table.get(number, ())) > 1
        if declaration.symbol == family and family in _PAD1_IS_0:
            return _without_type_0(declaration, plain)
        if not shared and declaration.when is None:
            return plain

        def emit(message: Any) -> bytes:
            octets = plain(message)
            if self.declaration_at(family, octets, 0, len(octets)) is not declaration:
                raise EncodeError(
                    f"{declaration.title}: with these contents it would be read as another message", field=""
                )
            return octets

        return emit

    def emit(self, message: Message) -> bytes:
        """The octets of a message or option; derived fields computed, its checksum as it stands in the value."""
        return self.emitter(message.__class__)(message)

    def option_emitter(self, family: str) -> Callable[[tuple[Option, ...]], bytes]:
        """Options -> octets."""
        emitters: dict[type, Emitter] = {}

        def emitter(cls: type) -> Emitter:
            found: Declaration = cls.__declaration__  # type: ignore[attr-defined]
            if found.family != family:
                raise EncodeError(f"{found.title} is no {family.replace('_', ' ')}", field="options")
            emitters[cls] = self.emitter(cls)
            return emitters[cls]

        def emit(options: tuple[Option, ...]) -> bytes:
            return b"".join([(emitters.get(x.__class__) or emitter(x.__class__))(x) for x in options])

        return emit


def _without_type_0(declaration: Declaration, emit: Emitter) -> Emitter:
    """An emitter of options of any type but Pad1's, which has no length."""

    def emit_other(option: Any) -> bytes:
        if option.type == 0:
            raise EncodeError(f"{declaration.title}: type 0 is Pad1's, one octet alone", field="type")
        return emit(option)

    return emit_other


def trailing(declaration: Declaration, end: int, octets: int) -> DecodeError:
    """More octets than the message has: a receiver ignores them (RFC 8200, 4.7), who wants a value is to know."""
    return DecodeError(
        "trailing",
        end,
        f"{declaration.title}: {end} octets by its length, {octets - end} more behind it",
        reaction=Reaction.NOT_JUDGED,
    )


def option_overrun(family: str, position: int, size: int, end: int) -> DecodeError:
    """An option that doesn't end inside its message."""
    what = family.replace("_", " ")
    return DecodeError(
        "option_overrun",
        position,
        f"{what}: {size} octets stated, {end - position} left" if size else f"{what}: a length of 0",
        field="options",
        rfc="RFC 4861, 4.6" if family == "nd_option" else "RFC 6275, 6.2.1",
        reaction=Reaction.DISCARD,
    )
