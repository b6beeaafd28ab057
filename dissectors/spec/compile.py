"""From a declaration to two functions, written as source and compiled once for each (declaration, profile).

`parse(octets, start, end) -> message` and `emit(message) -> octets`. Woven into one function a message because that is
three times faster than closures over fields; nothing here knows any particular message.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dissectors.errors import DecodeError, Reaction
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.refusal import bad_field, bad_tail, not_whole

if TYPE_CHECKING:
    from dissectors.codec import Codec

Parser = Callable[[bytes, int, int], Any]
Emitter = Callable[[Any], bytes]
_STRUCT_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def _struct_code(field: FieldSpec) -> str:
    return f"{field.size}s" if field.kind.is_octets else _STRUCT_CODES[field.size]


def _slots(declaration: Declaration) -> list[list[FieldSpec]]:
    """The fixed fields by the octets they share."""
    return [list(group) for _, group in groupby(declaration.fixed, key=lambda f: f.offset)]


def structure(declaration: Declaration) -> struct.Struct:
    """The `struct` of the fixed part."""
    return struct.Struct("!" + "".join(_struct_code(group[0]) for group in _slots(declaration)))


# --- parsing ----------------------------------------------------------------------------------------------------------


def too_short(declaration: Declaration, start: int, end: int) -> DecodeError:
    """Fewer octets than the fixed part."""
    return DecodeError(
        "option_length" if declaration.family.endswith("option") else "too_short",
        start,
        f"{declaration.title}: {end - start} octets where at least {declaration.fixed_size} are needed",
        rfc=declaration.rfc,
    )


def length_exceeds(declaration: Declaration, start: int, stated: int, end: int) -> DecodeError:
    """A length field that points past the end."""
    return DecodeError(
        "length_exceeds",
        start,
        f"{declaration.title}: its length says {stated - start} octets, {end - start} are there",
        field="header_length",
        rfc=declaration.rfc,
    )


def length_too_small(declaration: Declaration, start: int, stated: int) -> DecodeError:
    """A length field that doesn't cover the fixed part (RFC 6275, 9.2: Parameter Problem, pointer at the length)."""
    field = declaration.first(kinds.Length)
    assert field is not None  # only asked for declarations that have one
    return DecodeError(
        "length_too_small",
        start + field.offset,
        f"{declaration.title}: its length says {stated - start} octets, {declaration.fixed_size} are the least",
        field=field.name,
        rfc="RFC 6275, 9.2" if declaration.family == "mobility" else declaration.rfc,
        reaction=Reaction.PARAMETER_PROBLEM,
    )


def payload_follows(declaration: Declaration, start: int, protocol: int) -> DecodeError:
    """A Mobility Header with something behind it (RFC 6275, 9.2)."""
    return DecodeError(
        "payload_proto",
        start,
        f"{declaration.title}: payload protocol {protocol}, only 59 (nothing follows) is allowed",
        field="payload_proto",
        rfc="RFC 6275, 9.2",
        reaction=Reaction.PARAMETER_PROBLEM,
    )


def wrong_size(declaration: Declaration, start: int, end: int, name: str = "") -> DecodeError:
    """A message or option of another size than its fields have."""
    return DecodeError(
        "option_length" if declaration.family.endswith("option") else "wrong_size",
        start,
        f"{declaration.title}: {end - start} octets don't fit its fields" + (f" ({name})" if name else ""),
        field=name,
        rfc=declaration.rfc,
    )


def _field_value(field: FieldSpec, group: list[FieldSpec], raw: str) -> str:
    """The expression of a field's raw value inside the octets it shares."""
    if len(group) == 1:
        return raw
    shifted = f"({raw} >> {field.shift})" if field.shift else raw
    return f"({shifted} & {(1 << field.kind.bits) - 1:#x})"


class _ParserSource:
    """The body of one parser, line by line."""

    def __init__(self, codec: Codec, declaration: Declaration) -> None:
        self.codec = codec
        self.declaration = declaration
        self.namespace: dict[str, Any] = {
            "cls": declaration.cls,
            "new": object.__new__,
            "unpack": structure(declaration).unpack_from,
            "declaration": declaration,
            "too_short": too_short,
            "length_exceeds": length_exceeds,
            "length_too_small": length_too_small,
            "payload_follows": payload_follows,
            "wrong_size": wrong_size,
        }
        self.lines: list[str] = ["def parse(b, i, end):"]

    def add(self, *lines: str) -> None:
        self.lines += ["    " + line for line in lines]

    def fixed_part(self) -> list[str]:
        """Unpack, check lengths; returns the assignments of the values."""
        size = self.declaration.fixed_size
        self.add(f"if end - i < {size}: raise {self._short()}")
        raws: list[str] = []
        checks: list[str] = []
        assignments: list[str] = []
        for group in _slots(self.declaration):
            raw = f"r{len(raws)}"
            raws.append(raw)
            for field in group:
                value = _field_value(field, group, raw)
                if isinstance(field.kind, kinds.Length) and field.kind.bounds:
                    checks += self._bound(field, value)
                elif isinstance(field.kind, kinds.NextHeader) and field.kind.only is not None:
                    checks.insert(0, f"if {value} != {field.kind.only}: raise payload_follows(declaration, i, {value})")
                elif isinstance(field.kind, kinds.Count):
                    checks.append(f"n_{field.name} = {value}")
                elif not field.kind.derived:
                    source = field.kind.decode_source(value, field.name, self.namespace, self.codec.profile)
                    assignments.append(f"o.{field.name} = {source}")
        self.add(f"{', '.join(raws)}, = unpack(b, i)" if raws else "pass", *checks)
        return assignments

    def _short(self) -> str:
        """A Mobility Header cut before its fixed part may be one whose length is too small: its length says."""
        length = self.declaration.first(kinds.Length)
        if length is None or not isinstance(length.kind, kinds.Length) or not length.kind.bounds:
            return "too_short(declaration, i, end)"
        if length.size != 1 or length.shift or length.kind.bits != 8:
            return "too_short(declaration, i, end)"
        stated = f"i + b[i + {length.offset}] * {length.kind.step} + {length.kind.bias}"
        return (
            f"length_too_small(declaration, i, {stated}) if end - i > {length.offset} and {stated} <= end "
            "else too_short(declaration, i, end)"
        )

    def _bound(self, field: FieldSpec, value: str) -> list[str]:
        kind = field.kind
        assert isinstance(kind, kinds.Length)
        return [
            f"stop = i + {value} * {kind.step} + {kind.bias}",
            "if stop > end: raise length_exceeds(declaration, i, stop, end)",
            f"if stop - i < {self.declaration.fixed_size}: raise length_too_small(declaration, i, stop)",
            "end = stop",
        ]

    def tails(self) -> None:
        """The rest: each tail takes up to the end, a counted list what its count says."""
        position = f"i + {self.declaration.fixed_size}"
        tails = self.declaration.tails
        if not tails:
            self.add(f"if end - i != {self.declaration.fixed_size}: raise wrong_size(declaration, i, end)")
        for field in tails:
            position = self._tail(field, position)

    def _tail(self, field: FieldSpec, position: str) -> str:
        kind, name, namespace = field.kind, field.name, self.namespace
        if isinstance(kind, kinds.AddressList):
            if kind.counted_by:
                self.add(
                    f"p = {position}",
                    f"q = p + 16 * n_{kind.counted_by}",
                    f"if q > end: raise wrong_size(declaration, i, end, {name!r})",
                )
            else:
                self.add(
                    f"p = {position}",
                    "q = end",
                    f"if (q - p) % 16 or q - p < {16 * kind.at_least}: raise wrong_size(declaration, i, end, {name!r})",
                )
            self.add(f"o.{name} = tuple([b[k:k + 16] for k in range(p, q, 16)])")
            return "q"
        if isinstance(kind, kinds.OptionList):
            namespace["parse_options"] = self.codec.option_parser(kind.family)
            self.add(f"o.{name} = parse_options(b, {position}, end)")
        elif isinstance(kind, kinds.Records):
            namespace["parse_records"] = self.codec.record_parser(kind.entry)
            self.add(f"o.{name} = parse_records(b, {position}, end)")
        else:
            if isinstance(kind, kinds.OptionalAddress):
                self.add(f"if end - ({position}) not in (0, 4, 16): raise wrong_size(declaration, i, end, {name!r})")
            self.add(f"o.{name} = b[{position}:end]")
        return "end"

    def compile(self) -> Parser:
        """The function."""
        assignments = self.fixed_part()
        self.add("o = new(cls)", *assignments)
        self.tails()
        self.add("return o")
        parse: Parser = _compiled(self.lines, self.namespace, self.declaration, "parse")
        return parse


# --- emitting ---------------------------------------------------------------------------------------------------------


class _EmitterSource:
    """The body of one emitter, line by line."""

    def __init__(self, codec: Codec, declaration: Declaration, number: int | None) -> None:
        self.codec = codec
        self.declaration = declaration
        self.number = number
        self.namespace: dict[str, Any] = {
            "pack": structure(declaration).pack,
            "declaration": declaration,
            "codec": codec,
            "bad_field": bad_field,
            "not_whole": not_whole,
            "bad_tail": bad_tail,
            "sixteen": frozenset((16,)),
            "failures": (struct.error, TypeError, AttributeError, ZeroDivisionError),
        }
        self.lines = ["def emit(o):", "    try:"]

    def add(self, *lines: str) -> None:
        self.lines += ["        " + line for line in lines]

    def tails(self) -> str:
        """Emit the tails first (lengths depend on them); returns the expression that appends them."""
        names = []
        for field in self.declaration.tails:
            names.append(f"t_{field.name}")
            self._tail(field, names[-1])
        if not names:
            return ""
        if len(names) > 1:
            self.add(f"t = {' + '.join(names)}")
            return "t"
        return names[0]

    def _tail(self, field: FieldSpec, target: str) -> None:
        kind, name = field.kind, field.name
        if isinstance(kind, kinds.AddressList):
            self.add(
                f"{target} = b''.join(o.{name})",
                f"if not sixteen.issuperset(map(len, o.{name})) or len(o.{name}) < {kind.at_least}: "
                f"raise bad_tail(declaration, {name!r}, 'addresses of 16 octets, at least {kind.at_least}')",
            )
        elif isinstance(kind, kinds.OptionList):
            self.namespace["emit_options"] = self.codec.option_emitter(kind.family)
            self.add(f"{target} = emit_options(o.{name})")
        elif isinstance(kind, kinds.Records):
            self.namespace["emit_record"] = self.codec.emitter(kind.entry)
            self.add(f"{target} = b''.join([emit_record(x) for x in o.{name}])")
        else:
            self.add(f"{target} = b''.join((o.{name},))")  # bytes(4) would be four zeros
            if isinstance(kind, kinds.OptionalAddress):
                self.add(
                    f"if len({target}) not in (0, 4, 16): raise bad_tail(declaration, {name!r}, '0, 4 or 16 octets')"
                )

    def _derived(self, field: FieldSpec, tail: str) -> str:
        kind = field.kind
        total = f"({self.declaration.fixed_size} + len({tail}))" if tail else str(self.declaration.fixed_size)
        if isinstance(kind, kinds.Number):
            return str(self.number if self.number is not None else 0)
        if isinstance(kind, kinds.Length):
            if kind.step > 1:
                self.add(f"if {total} % {kind.step}: raise not_whole(declaration, {total}, {kind.step})")
            return f"({total} - {kind.bias}) // {kind.step}"
        if isinstance(kind, kinds.NextHeader):
            return str(59 if kind.only is None and kind.bits == 8 else kind.only or 0)
        if isinstance(kind, kinds.Count):
            return f"len(o.{kind.of})"
        raise TypeError(f"{kind} isn't derived")

    def fixed_part(self, tail: str) -> list[str]:
        """The arguments of `pack`."""
        arguments = []
        for group in _slots(self.declaration):
            parts = []
            for field in group:
                if field.kind.derived:
                    source = self._derived(field, tail)
                else:
                    source = field.kind.encode_source(f"o.{field.name}", field.name, self.namespace, self.codec.profile)
                if len(group) > 1:
                    self.namespace["narrow"] = narrow
                    source = f"narrow({source}, {field.kind.bits}) << {field.shift}"
                parts.append(source)
            if group[0].kind.is_octets:
                self.namespace["exactly"] = exactly
                parts = [f"exactly({parts[0]}, {group[0].size})"]
            arguments.append(" | ".join(parts))
        return arguments

    def compile(self) -> Emitter:
        """The function."""
        tail = self.tails()
        arguments = self.fixed_part(tail)
        self.add(f"return pack({', '.join(arguments)})" + (f" + {tail}" if tail else ""))
        self.lines += ["    except failures:", "        raise bad_field(codec, declaration, o) from None"]
        emit: Emitter = _compiled(self.lines, self.namespace, self.declaration, "emit")
        return emit


def narrow(value: int, bits: int) -> int:
    """The value, if so many bits hold it."""
    if not 0 <= value < 1 << bits:
        raise struct.error
    return value


def exactly(value: bytes, size: int) -> bytes:
    """The octets, if they are so many (`struct` would cut or fill)."""
    if len(value) != size:
        raise struct.error
    return value


def _compiled(lines: list[str], namespace: dict[str, Any], declaration: Declaration, name: str) -> Any:
    code = compile("\n".join(lines) + "\n", f"<{name} {declaration.symbol}>", "exec")
    exec(code, namespace)
    return namespace[name]


def compile_parser(codec: Codec, declaration: Declaration) -> Parser:
    """The parser of one declaration in the codec's profile."""
    return _ParserSource(codec, declaration).compile()


def compile_emitter(codec: Codec, declaration: Declaration, number: int | None) -> Emitter:
    """The emitter of one declaration with that code point."""
    return _EmitterSource(codec, declaration, number).compile()
