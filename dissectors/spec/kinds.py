"""The closed set of field kinds. Each class knows its kind for every back end.

A kind turns a *raw* wire value (an integer of `bits` bits, or octets) into a Python value and back, for:
the codec (`decode_source`, `encode_source`: Python expressions that `spec.compile` weaves into one function a
message), the view and JSON (`to_json`, `from_json`), Scapy (`scapy`), dpkt (`dpkt`), Wireshark (`lua`) and the
reference page (`doc`). A test fails where one is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dissectors.errors import EncodeError
from dissectors.ipv6 import address as addresses
from dissectors.spec.flags import Flags, FlagTable
from dissectors.spec.kind import Kind, LuaField, Namespace, ScapyField
from dissectors.spec.numbers import whole

if TYPE_CHECKING:
    from dissectors.profile import Profile

_STRUCT_CODES = {8: "B", 16: "H", 32: "I", 64: "Q"}
_SCAPY_INTEGERS = {8: "ByteField", 16: "ShortField", 32: "IntField", 64: "LongField"}


@dataclass(slots=True, eq=False, repr=False)
class UInt(Kind):
    """An unsigned integer; `unit` is what one step on the wire means (4: four seconds), `names` a table of names."""

    unit: int = 1
    names: Mapping[int, str] | None = None

    def decode_source(self, raw: str, name: str, namespace: Namespace, profile: Profile) -> str:
        return raw if self.unit == 1 else f"{raw} * {self.unit}"

    def encode_source(self, value: str, name: str, namespace: Namespace, profile: Profile) -> str:
        if self.unit == 1:
            return value
        namespace["whole_units"] = whole_units
        otherwise = f"whole_units({value}, {self.unit}, {name!r})"
        return f"({value} // {self.unit} if {value} % {self.unit} == 0 else {otherwise})"

    def value(self, raw: Any, profile: Profile) -> Any:
        return raw * self.unit

    def from_json(self, data: Any, profile: Profile) -> Any:
        value = whole(data)
        if not 0 <= value <= ((1 << self.bits) - 1) * self.unit:
            raise EncodeError(f"{value} is outside 0..{((1 << self.bits) - 1) * self.unit}")
        if value % self.unit:
            raise EncodeError(f"{value} is not a multiple of {self.unit}, the unit of the wire: give one that is")
        return value

    def scapy(self) -> ScapyField:
        if self.names and self.bits == 8:
            return ScapyField("ByteEnumField", (0, dict(self.names)))
        if self.bits in _SCAPY_INTEGERS:
            return ScapyField(_SCAPY_INTEGERS[self.bits], (0,))
        return ScapyField("BitField", (0, self.bits))

    def dpkt(self) -> str:
        return _STRUCT_CODES.get(self.bits, "")

    def lua(self) -> LuaField:
        bits = (((1 << self.bits) - 1) * self.unit).bit_length()  # its value is in the field's own unit
        return LuaField(f"uint{next(w for w in (8, 16, 24, 32, 64) if w >= bits)}", "base.DEC")

    def doc(self) -> str:
        return f"{self.bits} bits" + (f", in units of {self.unit}" if self.unit != 1 else "")


def whole_units(value: int, unit: int, name: str) -> int:
    """Called where the value isn't a whole number of units: always an error."""
    raise EncodeError(f"{name} = {value}: the wire counts in units of {unit}, give a multiple", field=name)


@dataclass(slots=True, eq=False, repr=False)
class Reserved(UInt):
    """Zero when sent, ignored when received; kept, and shown only where it isn't zero."""

    def lua(self) -> LuaField:
        return LuaField(f"uint{next(w for w in (8, 16, 24, 32, 64) if w >= self.bits)}", "base.HEX")

    def doc(self) -> str:
        return f"{self.bits} bits, reserved: zero when sent, kept when read"


@dataclass(slots=True, eq=False, repr=False)
class FlagBits(Kind):
    """Single bits with letters; a profile may give a field other letters (`key` names it there)."""

    letters: tuple[tuple[str, int], ...] = ()
    key: str = ""

    def table(self, profile: Profile) -> FlagTable:
        """The letters of this field in that profile."""
        if self not in profile.flag_tables:
            profile.flag_tables[self] = profile.flag_table(self.key, self.bits, dict(self.letters))
        return profile.flag_tables[self]

    def decode_source(self, raw: str, name: str, namespace: Namespace, profile: Profile) -> str:
        namespace[f"flags_of_{name}"] = self.table(profile).decode
        return f"flags_of_{name}[{raw}]"

    def encode_source(self, value: str, name: str, namespace: Namespace, profile: Profile) -> str:
        namespace[f"bits_of_{name}"] = self.table(profile).encode
        return f"bits_of_{name}[{value}]"

    def value(self, raw: Any, profile: Profile) -> Any:
        return self.table(profile).decode[raw]

    def to_json(self, value: Any, profile: Profile) -> Any:
        letters = self.table(profile).letters
        order = {letter: place for place, letter in enumerate(letters)}
        return sorted(value, key=lambda name: order[name] if name in order else len(order) + (1 << 64) - whole(name))

    def from_json(self, data: Any, profile: Profile) -> Any:
        names: list[Any] = (
            list(data) if isinstance(data, Iterable) and not isinstance(data, bytes | Mapping) else [None]
        )
        if not all(isinstance(name, str) for name in names):
            raise EncodeError(f"{data!r} is not a list of flags")
        flags = Flags(names)
        self.table(profile).encode[flags]  # raises where one is unknown
        return flags

    def from_text(self, text: str, profile: Profile) -> Any:
        return self.from_json(self.table(profile).named(text), profile)

    def scapy(self) -> ScapyField:
        names: list[str] = ["?"] * self.bits
        for letter, bit in self.letters:
            names[bit.bit_length() - 1] = letter
        return ScapyField("FlagsField", (0, self.bits, names))

    def dpkt(self) -> str:
        return _STRUCT_CODES.get(self.bits, "")

    def lua(self) -> LuaField:
        return LuaField(f"uint{next(w for w in (8, 16, 24, 32) if w >= self.bits)}", "base.HEX")

    def doc(self) -> str:
        named = ", ".join(f"{letter} {bit:#06x}" for letter, bit in self.letters)
        return f"{self.bits} bits of flags: {named}"


def _hexadecimal(data: Any) -> bytes:
    try:
        return bytes.fromhex(data)
    except (TypeError, ValueError):
        raise EncodeError(f"{data!r} is not hexadecimal octets") from None


@dataclass(slots=True, eq=False, repr=False)
class Octets(Kind):
    """A fixed number of octets (a cookie, a token), as hexadecimal in JSON."""

    is_octets = True

    def to_json(self, value: Any, profile: Profile) -> Any:
        return bytes(value).hex()

    def from_json(self, data: Any, profile: Profile) -> Any:
        value = _hexadecimal(data)
        if len(value) != self.bits // 8:
            raise EncodeError(f"{len(value)} octets given where {self.bits // 8} are needed")
        return value

    def scapy(self) -> ScapyField:
        return ScapyField("XStrFixedLenField", (bytes(self.bits // 8), self.bits // 8))

    def dpkt(self) -> str:
        return f"{self.bits // 8}s"

    def lua(self) -> LuaField:
        return LuaField("bytes")

    def doc(self) -> str:
        return f"{self.bits // 8} octets"


@dataclass(slots=True, eq=False, repr=False)
class Address(Kind):
    """An IPv6 address: 16 octets, as text in JSON."""

    is_octets = True

    def to_json(self, value: Any, profile: Profile) -> Any:
        return addresses.text(bytes(value))

    def from_json(self, data: Any, profile: Profile) -> Any:
        return addresses.parse(data) if isinstance(data, str) else addresses.parse(repr(data))

    def scapy(self) -> ScapyField:
        return ScapyField("IP6Field", ("::",))

    def dpkt(self) -> str:
        return "16s"

    def lua(self) -> LuaField:
        return LuaField("ipv6")

    def doc(self) -> str:
        return "an IPv6 address, 16 octets"


@dataclass(slots=True, eq=False, repr=False)
class Derived(UInt):
    """A field whose value follows from the rest of the message."""

    derived = True


@dataclass(slots=True, eq=False, repr=False)
class Number(Derived):
    """The code point that says which message or option this is; the profile gives it."""

    def doc(self) -> str:
        return f"{self.bits} bits, the type"


@dataclass(slots=True, eq=False, repr=False)
class Length(Derived):
    """The length on the wire: `octets = raw * step + bias`. `bounds`: it, not the enclosing layer, ends the message."""

    step: int = 1
    bias: int = 0
    bounds: bool = False
    payload: bool = False  # counts what follows the header as well (IPv6's payload length)

    def doc(self) -> str:
        return f"{self.bits} bits, the length in units of {self.step} octets, {self.bias} not counted"


@dataclass(slots=True, eq=False, repr=False)
class NextHeader(Derived):
    """The protocol number of what follows; `only` is the one value allowed (the Mobility Header's 59)."""

    only: int | None = None

    def doc(self) -> str:
        return f"{self.bits} bits, the protocol of what follows" + (f": always {self.only}" if self.only else "")


@dataclass(slots=True, eq=False, repr=False)
class Count(Derived):
    """How many entries the list `of` has."""

    of: str = ""

    def doc(self) -> str:
        return f"{self.bits} bits, the number of {self.of}"


@dataclass(slots=True, eq=False, repr=False)
class Checksum(UInt):
    """The Internet checksum. A message keeps what it came with; the packet's builder computes it."""

    def scapy(self) -> ScapyField:
        return ScapyField("XShortField", (0,))

    def lua(self) -> LuaField:
        return LuaField("uint16", "base.HEX")

    def doc(self) -> str:
        return "16 bits, the checksum with the IPv6 pseudo-header"


@dataclass(slots=True, eq=False, repr=False)
class AddressList(Kind):
    """Addresses: as many as the Count field `counted_by` says, or up to the end."""

    counted_by: str = ""
    at_least: int = 0

    def to_json(self, value: Any, profile: Profile) -> Any:
        return [addresses.text(bytes(item)) for item in value]

    def from_json(self, data: Any, profile: Profile) -> Any:
        if isinstance(data, str):
            data = [part for part in data.split(",") if part]
        if not isinstance(data, list | tuple):
            raise EncodeError(f"{data!r} is not a list of addresses")
        return tuple(addresses.parse(str(item)) for item in data)

    def scapy(self) -> ScapyField:
        return ScapyField("IP6ListField", ([],))

    def lua(self) -> LuaField:
        return LuaField("ipv6")

    def doc(self) -> str:
        return f"addresses, as many as {self.counted_by} says" if self.counted_by else "addresses, up to the end"


@dataclass(slots=True, eq=False, repr=False)
class OctetsTail(Kind):
    """Octets up to the end, as hexadecimal in JSON."""

    is_octets = True

    def to_json(self, value: Any, profile: Profile) -> Any:
        return bytes(value).hex()

    def from_json(self, data: Any, profile: Profile) -> Any:
        return _hexadecimal(data)

    def scapy(self) -> ScapyField:
        return ScapyField("XStrField", (b"",))

    def lua(self) -> LuaField:
        return LuaField("bytes")

    def doc(self) -> str:
        return "octets up to the end"


@dataclass(slots=True, eq=False, repr=False)
class LinkLayerAddress(OctetsTail):
    """A link-layer address up to the end, with colons in JSON. On Ethernet it is 6 octets."""

    def to_json(self, value: Any, profile: Profile) -> Any:
        return bytes(value).hex(":")

    def from_json(self, data: Any, profile: Profile) -> Any:
        return _hexadecimal(data.replace(":", "") if isinstance(data, str) else data)

    def scapy(self) -> ScapyField:
        return ScapyField("MACField", ("00:00:00:00:00:00",)) if self.bits else ScapyField("XStrField", (b"",))

    def dpkt(self) -> str:
        return f"{self.bits // 8}s" if self.bits else ""

    def lua(self) -> LuaField:
        return LuaField("bytes", "base.COLON")

    def doc(self) -> str:
        return "a link-layer address, up to the end"


@dataclass(slots=True, eq=False, repr=False)
class OptionalAddress(OctetsTail):
    """Nothing, an IPv4 or an IPv6 address (RFC 5648's care-of address): 0, 4 or 16 octets; null where absent."""

    def to_json(self, value: Any, profile: Profile) -> Any:
        if len(value) == 16:
            return addresses.text(bytes(value))
        return ".".join(map(str, value)) if value else None

    def from_json(self, data: Any, profile: Profile) -> Any:
        if not data:
            return b""
        parts = data.split(".") if isinstance(data, str) else []
        if len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts):
            return bytes(map(int, parts))
        return addresses.parse(str(data))

    def doc(self) -> str:
        return "an IPv6 address, an IPv4 address, or nothing"


@dataclass(slots=True, eq=False, repr=False)
class OptionList(Kind):
    """Type-length-value options of one family, padding included, up to the end."""

    family: str = ""

    def scapy(self) -> ScapyField:
        return ScapyField("PacketListField", ([],))

    def lua(self) -> LuaField:
        return LuaField("none")

    def doc(self) -> str:
        return f"{self.family.replace('_', ' ')}s, up to the end"


@dataclass(slots=True, eq=False, repr=False)
class Records(Kind):
    """Entries of one fixed layout, up to the end (RIPng's route table entries)."""

    entry: Any = None

    def scapy(self) -> ScapyField:
        return ScapyField("PacketListField", ([],))

    def lua(self) -> LuaField:
        return LuaField("none")

    def doc(self) -> str:
        return "entries up to the end"


@dataclass(slots=True, eq=False, repr=False)
class QuotedPacket(OctetsTail):
    """As much of the packet that caused this message as fits: an IPv6 packet, possibly cut."""

    def doc(self) -> str:
        return "the packet that caused it, as much as fits"
