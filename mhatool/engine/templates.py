"""Datagrams of one shape, made once and then copied: they differ in addresses, numbers and tokens alone.

Nodes send the same few shapes over and over. The first datagram of a shape is built layer by layer; the next ones take
its octets, put their own values into the places that differ, and sum up again. A shape is everything else: the class of
the message and of its options, their fixed values, and which headers go before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from dissectors.form import FREE
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec

#: A field's place: the first octet and the one after the last, from the start of the message or option.
Place = tuple[int, int]


class Plan:
    """How a class of messages or options divides into its shape and the values that are free."""

    __slots__ = ("_fixed", "_free", "_tail", "has_options", "is_divided", "sizes", "specs")

    def __init__(self, declaration: Declaration) -> None:
        values = [spec for spec in declaration.values if not isinstance(spec.kind, kinds.Checksum)]
        options = [spec for spec in values if isinstance(spec.kind, kinds.OptionList)]
        self.has_options = [spec.name for spec in options] == ["options"] and values[-1] is options[0]
        self.specs = [spec for spec in values if _is_free(spec)] if _can_be_divided(declaration) else []
        free = [spec.name for spec in self.specs]
        fixed = [spec.name for spec in values if spec.name not in free and not (self.has_options and spec in options)]
        self._fixed = _getter(fixed)
        self._free = _getter(free)
        self.sizes = [spec.size for spec in self.specs]
        self._tail = bool(self.sizes) and self.sizes[-1] == 0
        self.is_divided = self.has_options or self._tail or not declaration.tails
        """Whether what runs to its end belongs to no shape: else each would have a shape of its own."""

    def shape(self, value: Any) -> tuple[Any, ...]:
        """All that isn't free, the size of a free tail included."""
        fixed = self._fixed(value)
        return (*fixed, len(self._free(value)[-1])) if self._tail else fixed

    def octets(self, value: Any) -> Iterator[bytes]:
        """The free values, as they stand on the wire."""
        for octets, size in zip(self._free(value), self.sizes, strict=True):
            if octets.__class__ is int:
                yield octets.to_bytes(size)
            else:
                yield octets if octets.__class__ is bytes else b"".join(octets)

    def places(self, value: Any, fixed_size: int) -> Iterator[Place]:
        """Where the free values stand."""
        for spec, octets in zip(self.specs, self.octets(value), strict=True):
            first = fixed_size if spec.is_tail else spec.offset
            yield first, first + len(octets)


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda value: (get(value),)


def _is_free(spec: FieldSpec) -> bool:
    return isinstance(spec.kind, kinds.Address | kinds.AddressList) or spec.name in FREE


def _can_be_divided(declaration: Declaration) -> bool:
    """Whether its free fields have octets of their own, and at most one runs to the end."""
    free = [spec for spec in declaration.values if _is_free(spec)]
    whole = all(spec.is_tail or (spec.shift == 0 and spec.kind.bits == spec.size * 8) for spec in free)
    return whole and all(spec is declaration.tails[-1] and len(declaration.tails) == 1 for spec in free if spec.is_tail)


class Template:
    """A datagram of a shape, and where its free values stand, in the order in which `values` gives them."""

    __slots__ = ("_base", "_places", "checksum_at", "octets", "upper_at")

    def __init__(self, octets: bytes, upper_at: int, checksum_at: int, places: list[Place], protocol: int) -> None:
        self.octets = bytearray(octets)
        self.upper_at = upper_at
        self.checksum_at = checksum_at
        self.octets[checksum_at : checksum_at + 2] = bytes(2)
        self._places = places
        self._base = len(octets) - upper_at + protocol

    def fill(
        self, values: list[bytes], true_source: bytes, true_destination: bytes, seal: Callable[[bytes], bytes] | None
    ) -> bytes:
        """The datagram with these values; `seal` gives the authenticator that ends it (see `Writer.write`)."""
        octets = self.octets[:]
        for (first, last), value in zip(self._places, values, strict=True):
            octets[first:last] = value
        upper = octets[self.upper_at :]
        if seal is not None:
            proof = seal(bytes(upper))
            octets[-len(proof) :] = upper[-len(proof) :] = proof
        summed = upper if len(upper) % 2 == 0 else upper + b"\0"
        total = int.from_bytes(true_source + true_destination + summed) + self._base
        at = self.checksum_at
        octets[at : at + 2] = (0xFFFF - (total % 0xFFFF or 0xFFFF)).to_bytes(2)
        return bytes(octets)


__all__ = ["Place", "Plan", "Template"]
