"""Flags as sets of letters, and the two tables that turn them into bits and back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dissectors.errors import EncodeError
from dissectors.spec.numbers import whole


class Flags(frozenset[str]):
    """A set of flag letters; bits without a letter are kept as `0x0001`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Flags({sorted(self)!r})"


class FlagTable:
    """Both directions of one flags field in one profile; each value is worked out once."""

    def __init__(self, bits: int, letters: Mapping[str, int]) -> None:
        self.bits = bits
        self.letters = letters
        self.decode: dict[int, Flags] = _Decoded(self)
        self.encode: dict[frozenset[str], int] = _Encoded(self)

    def known(self) -> int:
        """All bits that have a letter."""
        return sum(self.letters.values())

    def named(self, text: str) -> list[str]:
        """The names in a text: with commas between them, or one after the other, of two that begin alike the longer."""
        if "," in text or text.startswith("0x"):
            return text.split(",")
        names = sorted(self.letters, key=len, reverse=True)
        return re.findall("|".join((*map(re.escape, names), ".")), text, re.DOTALL)


class _Decoded(dict[int, Flags]):
    def __init__(self, table: FlagTable) -> None:
        self.table = table

    def __missing__(self, raw: int) -> Flags:
        names = [letter for letter, bit in self.table.letters.items() if raw & bit]
        rest = raw & ~self.table.known()
        width = (self.table.bits + 3) // 4
        names += [f"0x{1 << i:0{width}x}" for i in reversed(range(self.table.bits)) if rest >> i & 1]
        result = self[raw] = Flags(names)
        return result


class _Encoded(dict[frozenset[str], int]):
    def __init__(self, table: FlagTable) -> None:
        self.table = table

    def __missing__(self, flags: frozenset[str]) -> int:
        raw = 0
        for name in flags:
            bit = self.table.letters.get(name)
            if bit is None and name.startswith("0x"):
                bit = whole(name, "a flag bit")
            if bit is None or bit >> self.table.bits:
                known = " ".join(self.table.letters) or "none"
                raise EncodeError(f"flag {name!r} is unknown here (known: {known}; others as 0x bits)", field="flags")
            raw |= bit
        self[flags] = raw
        return raw
