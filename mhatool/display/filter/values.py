"""Types of field values: which literals they are compared with, how, and their text in columns."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from dissectors.errors import EncodeError
from dissectors.ipv6 import address as addresses

Test = Callable[[Any], bool]
Compare = Callable[[Any, Any], bool]
ORDER: Mapping[str, Compare] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class LiteralError(ValueError):
    """A literal or an operator that doesn't suit the type; the text says what does."""


class ValueType:
    """What the values of a field are. `expected` completes "expected ..."."""

    expected = "text"
    json_type: Mapping[str, Any] = {"type": "string"}

    def literal(self, text: str, quoted: bool) -> Any:
        """The value that a literal stands for. Raises LiteralError."""
        return text

    def equal(self, text: str, quoted: bool) -> Test:
        """The test for `== literal`."""
        wanted = self.literal(text, quoted)
        return lambda value: bool(value == wanted)

    def ordered(self, op: str, text: str, quoted: bool) -> Test:
        """The test for `< <= > >=`. Raises LiteralError where values have no order."""
        raise LiteralError(f"{op} needs values with an order; here == != in")

    def contains(self, text: str, quoted: bool) -> Test:
        """The test for `contains`."""
        raise LiteralError("contains needs text, octets or flags; here == != < <= > >= in")

    def text(self, value: Any) -> str:
        """The value in a column."""
        return str(value)


class Text(ValueType):
    """Words and names; case doesn't matter."""

    def literal(self, text: str, quoted: bool) -> str:
        return text.casefold()

    def equal(self, text: str, quoted: bool) -> Test:
        wanted = self.literal(text, quoted)
        return lambda value: bool(value.casefold() == wanted)

    def contains(self, text: str, quoted: bool) -> Test:
        wanted = self.literal(text, quoted)
        return lambda value: wanted in value.casefold()


class Integer(ValueType):
    """Whole numbers; `width` hexadecimal digits in columns where tshark shows them so."""

    expected = "a whole number (decimal or 0x...)"
    json_type: Mapping[str, Any] = {"type": "integer"}

    def __init__(self, width: int = 0) -> None:
        self.width = width

    def literal(self, text: str, quoted: bool) -> int:
        try:
            return int(text, 16 if text[:2].lower() == "0x" else 10)
        except ValueError:
            raise LiteralError(f"expected {self.expected}") from None

    def equal(self, text: str, quoted: bool) -> Test:
        low, dots, high = text.partition("..")
        if not dots:
            return super().equal(text, quoted)
        first, last = self.literal(low, quoted), self.literal(high, quoted)
        return lambda value: bool(first <= value <= last)

    def ordered(self, op: str, text: str, quoted: bool) -> Test:
        compare, wanted = ORDER[op], self.literal(text, quoted)
        return lambda value: compare(value, wanted)

    def text(self, value: Any) -> str:
        return f"0x{value:0{self.width}x}" if self.width else str(value)


class Named(Integer):
    """Numbers with names, which may be written for them; case doesn't matter."""

    def __init__(self, names: Mapping[int, str]) -> None:
        super().__init__()
        self._numbers = {name.casefold(): number for number, name in names.items()}
        self.expected = f"a number, or one of {' '.join(names.values())}"

    def literal(self, text: str, quoted: bool) -> int:
        number = self._numbers.get(text.casefold())
        return super().literal(text, quoted) if number is None else number


class Boolean(ValueType):
    """Single bits."""

    expected = "1, 0, true or false"
    json_type: Mapping[str, Any] = {"type": "boolean"}

    def literal(self, text: str, quoted: bool) -> bool:
        known = {"1": True, "true": True, "0": False, "false": False}
        if text.lower() not in known:
            raise LiteralError(f"expected {self.expected}")
        return known[text.lower()]

    def text(self, value: Any) -> str:
        return "1" if value else "0"


class Address(ValueType):
    """IPv6 addresses (and IPv4 ones in the options that carry them); a prefix equals what lies in it."""

    expected = "an address or a prefix, like 2001:db8::1 or 2001:db8::/32"

    def literal(self, text: str, quoted: bool) -> bytes:
        parts = text.split(".")
        if len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts):
            return bytes(map(int, parts))
        try:
            return addresses.parse(text)
        except EncodeError:
            raise LiteralError(f"expected {self.expected}") from None

    def equal(self, text: str, quoted: bool) -> Test:
        base, slash, length = text.partition("/")
        wanted = self.literal(base, quoted)
        if not slash:
            return lambda value: bool(value == wanted)
        bits = len(wanted) * 8
        if not length.isdigit() or int(length) > bits:
            raise LiteralError(f"expected a prefix length from 0 to {bits}")
        shift = bits - int(length)
        prefix = int.from_bytes(wanted, "big") >> shift
        return lambda value: len(value) * 8 == bits and int.from_bytes(value, "big") >> shift == prefix

    def text(self, value: Any) -> str:
        return ".".join(map(str, value)) if len(value) == 4 else addresses.text(bytes(value))


class Octets(ValueType):
    """Octets, in hexadecimal; a quoted literal that isn't hexadecimal is a text's octets."""

    expected = "octets in hexadecimal, like 0x0102 or 01:02, or quoted text"

    def __init__(self, separator: str = "") -> None:
        self.separator = separator

    def literal(self, text: str, quoted: bool) -> bytes:
        digits = text[2:] if text[:2].lower() == "0x" else text
        if re.fullmatch(r"([0-9A-Fa-f]{2}[:.-]?)+", digits):
            return bytes.fromhex(re.sub(r"[:.-]", "", digits))
        if not quoted:
            raise LiteralError(f"expected {self.expected}")
        return text.encode("utf-8", "surrogateescape")

    def contains(self, text: str, quoted: bool) -> Test:
        wanted = self.literal(text, quoted)
        return lambda value: wanted in value

    def text(self, value: Any) -> str:
        return bytes(value).hex(self.separator) if self.separator else bytes(value).hex()


class FlagSet(ValueType):
    """A set of flag letters: `contains M`, `== AH`."""

    json_type: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}

    def __init__(self, letters: tuple[str, ...]) -> None:
        self.letters = letters
        self.expected = f"flags of {' '.join(letters)}" if letters else "bits like 0x0001"

    def literal(self, text: str, quoted: bool) -> frozenset[str]:
        if text in self.letters or text.startswith("0x"):
            return frozenset({text})
        parts = [part.strip() for part in text.split(",")] if "," in text else list(text)
        if not all(part in self.letters or part.startswith("0x") for part in parts):
            raise LiteralError(f"expected {self.expected}")
        return frozenset(parts)

    def contains(self, text: str, quoted: bool) -> Test:
        wanted = self.literal(text, quoted)
        return lambda value: wanted <= value

    def text(self, value: Any) -> str:
        ordered = [letter for letter in self.letters if letter in value]
        ordered += sorted(value.difference(self.letters), reverse=True)
        return "".join(ordered) if all(len(letter) == 1 for letter in ordered) else ",".join(ordered)


class Instant(ValueType):
    """A time, in nanoseconds since 1970."""

    expected = "a time like 2026-11-23T09:51:50.43Z, or seconds since 1970"

    def __init__(self, epoch: bool = False) -> None:
        self.epoch = epoch

    def literal(self, text: str, quoted: bool) -> int:
        from mhatool.protocol.instant import parse

        try:
            return parse(text)
        except ValueError:
            raise LiteralError(f"expected {self.expected}") from None

    def ordered(self, op: str, text: str, quoted: bool) -> Test:
        compare, wanted = ORDER[op], self.literal(text, quoted)
        return lambda value: compare(value, wanted)

    def text(self, value: Any) -> str:
        from mhatool.protocol.instant import rfc3339

        return f"{value // 10**9}.{value % 10**9:09}" if self.epoch else rfc3339(value)


class Presence(ValueType):
    """A layer or an option as such: there or not."""

    expected = "nothing: it is there or not"

    def equal(self, text: str, quoted: bool) -> Test:
        raise LiteralError("this is a layer or an option: it is there or not; name one of its fields to compare")

    def ordered(self, op: str, text: str, quoted: bool) -> Test:
        return self.equal(text, quoted)

    def contains(self, text: str, quoted: bool) -> Test:
        return self.equal(text, quoted)

    def text(self, value: Any) -> str:
        return str(value.type)


TEXT, INTEGER, BOOLEAN, ADDRESS, OCTETS = Text(), Integer(), Boolean(), Address(), Octets()
HARDWARE_ADDRESS, PRESENCE, TIME, EPOCH = Octets(":"), Presence(), Instant(), Instant(epoch=True)
