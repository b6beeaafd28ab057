"""Scapy fields from declared ones: `kind.scapy()` says which, the profile gives code points and flag letters."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from ipaddress import IPv6Address
from typing import Any

import scapy.fields as scapy_fields
from scapy.config import conf
from scapy.layers.inet6 import IP6ListField
from scapy.packet import Packet
from scapy.volatile import RandBin, RandNum

from dissectors.codec import Codec
from dissectors.errors import EncodeError
from dissectors.padding import padding
from dissectors.profile import Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.fields import REQUIRED
from dissectors.spec.numbers import whole
from dissectors.view import View

_NOTHING_FOLLOWS = 59
_FITS_A_PACKET = 1200
#: Computed when the packet is built, unless the user gives a value: Scapy's None.
COMPUTED = (kinds.Length, kinds.Count, kinds.Checksum)


def field_name(name: str) -> str:
    """The field's name in Scapy: with an underscore where `Packet` has a method of that name (RIPng's command)."""
    return f"{name}_" if hasattr(Packet, name) else name


def list_field(layers: Any, declaration: Declaration, spec: FieldSpec) -> Any:
    """The field of a tail that holds packets: options or records."""
    cls = OptionsField if isinstance(spec.kind, kinds.OptionList) else RecordsField
    return cls(layers, declaration, spec)


def make_field(layers: Any, declaration: Declaration, spec: FieldSpec) -> Any:
    """The Scapy field of one declared field. `layers` (`scapy_layers.Layers`) holds profile and classes."""
    kind, name, profile = spec.kind, field_name(spec.name), layers.profile
    if isinstance(kind, kinds.OptionList | kinds.Records):
        return list_field(layers, declaration, spec)
    default = _default(declaration, spec, profile)
    if isinstance(kind, kinds.FlagBits):
        return scapy_fields.FlagsField(name, default, kind.bits, _letters(kind, profile))
    if isinstance(kind, kinds.OctetsTail) and spec.is_tail:
        return OctetsField(profile, declaration, spec, default)
    if isinstance(kind, kinds.AddressList):
        counted = field_name(kind.counted_by)
        return AddressesField(name, default, count_from=(lambda p: p.getfieldval(counted)) if kind.counted_by else None)
    if not kind.is_octets and spec.size * 8 != kind.bits:  # it shares its octets
        return scapy_fields.BitField(name, default, kind.bits)
    described = kind.scapy()
    field = getattr(scapy_fields, described.class_name)
    if isinstance(kind, kinds.UInt) and kind.unit != 1:
        field = _in_units(field, kind.unit)
    if isinstance(kind, kinds.Octets):
        field = FixedOctetsField
    return field(name, default, *described.arguments[1:])


def _default(declaration: Declaration, spec: FieldSpec, profile: Profile) -> Any:
    kind = spec.kind
    if isinstance(kind, COMPUTED):
        return None
    if isinstance(kind, kinds.Number):
        numbers = profile.code_points(declaration)
        return numbers[0] if numbers else 0
    if isinstance(kind, kinds.NextHeader):
        return _NOTHING_FOLLOWS if kind.only is None else kind.only
    if isinstance(kind, kinds.AddressList):
        return []
    if isinstance(kind, kinds.FlagBits):
        return kind.table(profile).encode[spec.default]
    return kind.scapy().arguments[0] if spec.default is REQUIRED else spec.default


def _letters(kind: kinds.FlagBits, profile: Profile) -> str | list[str]:
    """The names of the bits, the least significant first: text where each is one letter, so that `flags="AH"` works."""
    letters = kind.table(profile).letters
    names = {bit.bit_length() - 1: letter for letter, bit in letters.items()}
    if all(len(letter) == 1 for letter in letters):
        return "".join(names.get(i, "?") for i in range(kind.bits))
    return [names.get(i, f"0x{1 << i:0{(kind.bits + 3) // 4}x}") for i in range(kind.bits)]


@cache
def _in_units(base: Any, unit: int) -> Any:
    """A field whose value is what the wire counts times `unit` (lifetimes: seconds, on the wire units of 4)."""

    class InUnits(base):
        def m2i(self, pkt: Any, x: Any) -> Any:
            return None if x is None else x * unit

        def any2i(self, pkt: Any, x: Any) -> Any:
            return whole(x) if isinstance(x, str) else super().any2i(pkt, x)

        def i2m(self, pkt: Any, x: Any) -> Any:
            return (x or 0) // unit if (x or 0) % unit == 0 else kinds.whole_units(x, unit, self.name)

        def randval(self) -> Any:
            return _RandomUnits(unit, self.sz * 8)

    InUnits.__name__ = f"{base.__name__}InUnits"
    return InUnits


class _RandomUnits(RandNum):
    """What `fuzz()` puts there: any value that the wire can carry."""

    def __init__(self, unit: int, bits: int) -> None:
        super().__init__(0, (1 << bits) - 1)
        self.unit = unit

    def _fix(self) -> int:
        return int(super()._fix()) * self.unit


class AddressesField(IP6ListField):
    """Addresses; one alone may be given as it is."""

    def any2i(self, pkt: Any, x: Any) -> Any:
        return super().any2i(pkt, [x] if isinstance(x, str | bytes | IPv6Address) else x)

    def i2m(self, pkt: Any, x: Any) -> bytes:
        return b"".join(self._octets(pkt, address) for address in x)

    def _octets(self, pkt: Any, address: Any) -> bytes:
        try:
            octets: bytes = super().i2m(pkt, [address])
        except (OSError, TypeError, ValueError):  # Scapy looks up as a name what is no address
            raise EncodeError(f"{address!r} is not an IPv6 address as text", field=self.name) from None
        return octets


class FixedOctetsField(scapy_fields.XStrFixedLenField):
    """So many octets; none are zeros, as Scapy has it, and other numbers an EncodeError, which it would cut or fill."""

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        octets = self.i2m(pkt, val)
        if len(octets) not in (0, self.sz):
            what = f"{len(octets)} octets given where {self.sz} are needed"
            raise EncodeError(f"{pkt.name}: {self.name}: {what}", field=self.name)
        built: bytes = super().addfield(pkt, s, val)
        return built


class OctetsField(scapy_fields.XStrField):
    """Octets up to the end. Addresses among them are given as octets or as text, as our records show them."""

    __slots__ = ["kind", "most", "profile"]

    def __init__(self, profile: Profile, declaration: Declaration, spec: FieldSpec, default: Any) -> None:
        self.profile = profile
        self.kind = spec.kind
        self.most = _most(declaration)
        super().__init__(field_name(spec.name), default)

    def any2i(self, pkt: Any, x: Any) -> Any:
        if isinstance(x, str) and isinstance(self.kind, kinds.LinkLayerAddress | kinds.OptionalAddress):
            return self.kind.from_json(x, self.profile)
        return super().any2i(pkt, x)

    def randval(self) -> Any:
        return RandBin(RandNum(0, self.most))


def _most(declaration: Declaration) -> int:
    """Octets that `fuzz()` may put at the end: as many as the length can tell, or what fits a packet."""
    length = declaration.first(kinds.Length)
    if length is None or not isinstance(length.kind, kinds.Length) or length.kind.payload:
        return _FITS_A_PACKET
    return ((1 << length.kind.bits) - 1) * length.kind.step + length.kind.bias - declaration.fixed_size


class Dissected(list[Any]):
    """Packets found in octets, `size` of them: they keep their places while they still take as many."""

    def __init__(self, items: Iterable[Any] = (), size: int = 0) -> None:
        super().__init__(items)
        self.size = size

    def __reduce__(self) -> Any:
        return Dissected, (list(self), self.size)


def padding_octets(codec: Codec, family: str, size: int) -> bytes:
    """So many octets of padding options."""
    return b"".join(codec.emit(option) for option in padding(codec, family, size))


class _ViewedField(scapy_fields.PacketListField):
    """Packets that our view finds in the enclosing one: its rules, and broken ones are kept as they are."""

    __slots__ = ["declaration", "layers", "spec"]

    def __init__(self, layers: Any, declaration: Declaration, spec: FieldSpec) -> None:
        super().__init__(field_name(spec.name), [], Packet)
        self.layers = layers
        self.declaration = declaration
        self.spec = spec

    def found(self, view: View) -> list[View]:
        """The items of this field in that view of the enclosing packet."""
        raise NotImplementedError

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, list[Any]]:
        octets, profile = pkt.original, self.layers.profile
        end = pkt.extent(octets)
        start = at = end - len(s)
        items = Dissected()
        for item in self.found(View(self.declaration, octets, 0, end, profile)):
            items.append(self._packet(item, pkt))
            at = item.end
        items.size = at - start
        return octets[at:end], items

    def any2i(self, pkt: Any, x: Any) -> Any:
        """A list of packets; one alone, a tuple, and values of `dissectors` are taken for what they say."""
        items = x if isinstance(x, list | tuple) else [x]
        if isinstance(x, tuple) or any(hasattr(item, "__declaration__") for item in items):
            items = [self._of_value(item) if hasattr(item, "__declaration__") else item for item in items]
        return super().any2i(pkt, items)

    def _of_value(self, value: Any) -> Any:
        return self.layers.of(value.__class__)(self.layers.profile.codec.emit(value))

    def i2m(self, pkt: Any, i: Any) -> bytes:
        if isinstance(i, bytearray) or hasattr(i, "__bytes__"):
            return bytes(i)
        raise EncodeError(f"{self.name} can't be {i!r}: give a list of packets", field=self.name)

    def do_copy(self, x: Any) -> Any:
        copied: Any = super().do_copy(x)
        return Dissected(copied, x.size) if isinstance(x, Dissected) else copied

    def _packet(self, item: View, parent: Any) -> Any:
        try:
            return self.layers.of(item.declaration.cls)(item.bytes, _parent=parent)
        except Exception:  # Scapy's dissectors may raise anything; so does its own list field
            if conf.debug_dissector:
                raise
            return conf.raw_layer(load=item.bytes)


class OptionsField(_ViewedField):
    """Type-length-value options."""

    __slots__: list[str] = []

    def found(self, view: View) -> list[View]:
        return view.options

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        built = [self.i2m(pkt, option) for option in val]
        as_it_came = isinstance(val, Dissected) and val.size == sum(map(len, built))
        family = pkt.padded_family()
        if as_it_came or family is None or not pkt.is_padding():
            return s + b"".join(built)
        for option, octets in zip(val, built, strict=True):
            gap = option.alignment_delta(len(s)) if hasattr(option, "alignment_delta") else 0
            s += padding_octets(self.layers.profile.codec, family, gap) + octets
        return s


class RecordsField(_ViewedField):
    """Entries of one layout."""

    __slots__: list[str] = []

    def found(self, view: View) -> list[View]:
        entries: list[View] = view.get(self.spec.name, [])
        return entries
