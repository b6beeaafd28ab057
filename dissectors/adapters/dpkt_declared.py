"""A dpkt packet whose fields come from a declaration: read and built by our codec, padded and counted."""

from __future__ import annotations

from typing import Any, ClassVar

import dpkt

from dissectors.errors import DecodeError, EncodeError
from dissectors.padding import aligned
from dissectors.profile import Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec

_ADDRESS = 16
_OCTETS = (bytes, bytearray, memoryview)
TUPLES = (kinds.OptionList, kinds.Records, kinds.AddressList)
"""Kinds of fields that hold several values."""


class DeclaredPacket(dpkt.Packet):
    """A packet whose fields come from a declaration; `skip` octets of it belong to the layer below."""

    declaration: ClassVar[Declaration]
    profile: ClassVar[Profile]
    skip: ClassVar[int] = 0
    data: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._trailing = b""
        self._given = frozenset(kwargs)
        for spec in self.declaration.tails:
            setattr(self, spec.name, () if isinstance(spec.kind, TUPLES) else b"")
        super().__init__(*args, **kwargs)
        if not args:
            self._fit(is_filled=any(spec.name in kwargs for spec in self.declaration.tails))

    def _fit(self, *, is_filled: bool) -> None:
        """Padding, lengths and counts for what the packet holds now."""
        self._pad()
        self._count(is_filled=is_filled)
        self._remember(self._tails())

    def _remember(self, tails: bytes) -> None:
        """What lengths and counts were right for, to tell what is changed afterwards."""
        self._fitting = tails
        self._fitted = self._computed()

    def _computed(self) -> dict[str, int]:
        """The lengths and counts."""
        kind = (kinds.Length, kinds.Count)
        named = [s.name for s in self.declaration.fixed if isinstance(s.kind, kind) and s.offset >= self.skip]
        return {name: getattr(self, name) for name in named}

    def _pad(self) -> None:
        """The options, padded so that the length can tell them; where that is given they stand."""
        spec, length = self.declaration.first(kinds.OptionList), self.declaration.first(kinds.Length)
        if spec is None or length is None or length.name in self._given or not isinstance(spec.kind, kinds.OptionList):
            return
        listed = self.declaration.first(kinds.AddressList)
        start = self.declaration.fixed_size + (16 * len(getattr(self, listed.name)) if listed is not None else 0)
        try:
            options = aligned(self.profile.codec, spec.kind.family, self._items(spec), start)
        except EncodeError as error:
            raise dpkt.PackError(str(error)) from None
        setattr(self, spec.name, options)

    def _count(self, *, is_filled: bool) -> None:
        """Lengths and counts; those given stand.

        Lengths are rounded up for a packet whose octets at the end are still to come.
        """
        size = self.declaration.fixed_size + len(self._tails())
        for spec in self.declaration.fixed:
            kind = spec.kind
            if spec.name in self._given or spec.offset < self.skip:
                continue
            if isinstance(kind, kinds.Count):
                value, missing = len(getattr(self, kind.of)), 0
            elif isinstance(kind, kinds.Length):
                missing = (kind.bias - size) % kind.step
                value = (size + missing - kind.bias) // kind.step
            else:
                continue
            if (missing and is_filled) or value >> kind.bits:
                title = self.declaration.title
                raise dpkt.PackError(f"{title}: {size} octets in all are nothing that {spec.name} can tell")
            setattr(self, spec.name, value)

    def unpack(self, buf: bytes) -> None:
        data = self.data
        super().unpack(buf)
        self.data = data
        octets = self._below() + bytes(buf)
        try:
            end = self._end(octets)
            message = self.profile.codec.parser(self.declaration.cls)(octets[:end], 0, end)
        except DecodeError as error:
            short = error.code in ("too_short", "length_exceeds", "option_overrun")
            raise (dpkt.NeedData if short else dpkt.UnpackError)(str(error)) from None
        for spec in self.declaration.tails:
            setattr(self, spec.name, getattr(message, spec.name))
        self._trailing = octets[end:]
        self._remember(octets[self.declaration.fixed_size : end])

    def _below(self) -> bytes:
        """The octets that the layer below holds, as far as the codec needs them."""
        return bytes([self.profile.codec.number(self.declaration), 0, 0, 0]) if self.skip else b""

    def _end(self, octets: bytes) -> int:
        length = self.declaration.first(kinds.Length)
        if length is None or not isinstance(length.kind, kinds.Length) or length.kind.payload:
            return len(octets) if self.declaration.tails or self.skip else self.declaration.fixed_size
        end = octets[length.offset] * length.kind.step + length.kind.bias
        if end > len(octets):
            raise DecodeError("length_exceeds", length.offset, f"{end} octets stated, {len(octets)} are there")
        return end

    def message(self) -> Any:
        """The message or option value, as `dissectors` has it."""
        octets = self._below() + bytes(self)
        return self.profile.codec.parser(self.declaration.cls)(octets, 0, len(octets) - len(self._trailing))

    def _items(self, spec: FieldSpec) -> tuple[Any, ...]:
        """Options or records as our values; a dpkt packet among them is read, as it is built."""
        given = getattr(self, spec.name)
        place = f"{self.declaration.title}: {spec.name}"
        found = []
        for item in given if isinstance(given, list | tuple) else (given,):
            value = item
            if isinstance(item, DeclaredPacket):
                try:
                    value = item.profile.codec.parse_whole(item.declaration.family, bytes(item))
                except ValueError as error:
                    raise dpkt.PackError(f"{place}: {error}") from None
            if not hasattr(value, "__declaration__"):
                raise dpkt.PackError(f"{place} can't be {item!r}: give a list of dpkt packets or values of dissectors")
            found.append(value)
        return tuple(found)

    def _tail(self, spec: FieldSpec) -> bytes:
        value, kind, codec = getattr(self, spec.name), spec.kind, self.profile.codec
        try:
            if isinstance(kind, kinds.OptionList):
                return codec.option_emitter(kind.family)(self._items(spec))
            if isinstance(kind, kinds.Records):
                return b"".join(codec.emit(entry) for entry in self._items(spec))
        except EncodeError as error:
            raise dpkt.PackError(str(error)) from None
        if isinstance(kind, kinds.AddressList):
            if any(len(item) != _ADDRESS for item in value):
                raise dpkt.PackError(f"{self.declaration.title}: {spec.name}: an address has 16 octets")
            return b"".join(value)
        return bytes(value)

    def _tails(self) -> bytes:
        return b"".join(self._tail(spec) for spec in self.declaration.tails)

    def _check(self) -> None:
        """PackError for octets of another size than their field's, which `struct` would cut or fill."""
        for spec in self.declaration.fields:
            kind, value, what = spec.kind, getattr(self, spec.name, None), ""
            if isinstance(kind, kinds.AddressList):
                if len(value or ()) < kind.at_least:
                    what = f"{len(value or ())} addresses, at least {kind.at_least} are needed"
            elif isinstance(kind, kinds.OptionalAddress):
                what = f"{len(value or b'')} octets are no address" if len(value or b"") not in (0, 4, 16) else ""
            elif kind.is_octets and not spec.is_tail and isinstance(value, _OCTETS) and len(value) != spec.size:
                what = f"{len(value)} octets given where {spec.size} are needed"
            if what:
                raise dpkt.PackError(f"{self.declaration.title}: {spec.name}: {what}")

    def __bytes__(self) -> bytes:
        self._check()
        if self._tails() != self._fitting:
            self._given |= {name for name, value in self._computed().items() if value != self._fitted[name]}
            self._fit(is_filled=True)
        tails = self._fitting
        payload = b"" if "data" in self.declaration.by_name else bytes(self.data)
        header: bytes = self.pack_hdr()
        return header + tails + payload + self._trailing

    def __len__(self) -> int:
        return len(bytes(self))


__all__ = ["TUPLES", "DeclaredPacket"]
