"""What a declaration writes after the equals sign: one function a field kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dissectors.spec import kinds
from dissectors.spec.flags import Flags
from dissectors.spec.kind import Kind

REQUIRED: Any = object()
_NO_FLAGS = Flags()


@dataclass(frozen=True, slots=True)
class Declared:
    """A field as written in a class body, before the class gives it its name."""

    kind: Kind
    doc: str
    default: Any = REQUIRED


def uint(
    bits: int, doc: str = "", *, unit: int = 1, names: Mapping[int, str] | None = None, default: int = REQUIRED
) -> Any:
    """An unsigned integer of so many bits; one step on the wire means `unit`."""
    return Declared(kinds.UInt(bits, unit, names), doc, default)


def reserved(bits: int, *, default: int = 0) -> Any:
    """Bits that are zero when sent and kept when read."""
    return Declared(kinds.Reserved(bits), "", default)


def flags(
    bits: int,
    letters: Mapping[str, int],
    doc: str = "",
    *,
    key: str = "",
    default: Flags = _NO_FLAGS,
) -> Any:
    """Single bits by letter; `key` is the name under which a profile can give other letters."""
    return Declared(kinds.FlagBits(bits, tuple(letters.items()), key), doc, default)


def octets(count: int, doc: str = "", *, default: bytes = REQUIRED) -> Any:
    """So many octets."""
    return Declared(kinds.Octets(count * 8), doc, default)


def address(doc: str = "", *, default: bytes = REQUIRED) -> Any:
    """An IPv6 address."""
    return Declared(kinds.Address(128), doc, default)


def code(doc: str = "", *, names: Mapping[int, str] | None = None, default: int = 0) -> Any:
    """ICMPv6's code octet."""
    return Declared(kinds.UInt(8, 1, names), doc, default)


def checksum(*, default: int = 0) -> Any:
    """The checksum as it stands on the wire."""
    return Declared(kinds.Checksum(16), "", default)


def number(bits: int = 8) -> Any:
    """The type; derived from the class by the profile."""
    return Declared(kinds.Number(bits), "")


def length(bits: int = 8, *, step: int = 1, bias: int = 0, bounds: bool = False, payload: bool = False) -> Any:
    """The length: octets = raw * step + bias."""
    return Declared(kinds.Length(bits, 1, None, step, bias, bounds, payload), "")


def next_header(*, only: int | None = None, bits: int = 8) -> Any:
    """The protocol of what follows."""
    return Declared(kinds.NextHeader(bits, 1, None, only), "")


def count(of: str, bits: int = 8) -> Any:
    """The number of entries of the list `of`."""
    return Declared(kinds.Count(bits, 1, None, of), "")


def address_list(
    doc: str = "", *, counted_by: str = "", at_least: int = 0, default: tuple[bytes, ...] = REQUIRED
) -> Any:
    """Addresses, counted or up to the end."""
    return Declared(kinds.AddressList(0, counted_by, at_least), doc, default)


def octets_tail(doc: str = "", *, default: bytes = b"") -> Any:
    """Octets up to the end."""
    return Declared(kinds.OctetsTail(), doc, default)


def link_layer_address(doc: str = "", *, default: bytes = b"") -> Any:
    """A link-layer address up to the end."""
    return Declared(kinds.LinkLayerAddress(), doc, default)


def hardware_address(doc: str = "", *, default: bytes = REQUIRED) -> Any:
    """A link-layer address of 6 octets."""
    return Declared(kinds.LinkLayerAddress(48), doc, default)


def optional_address(doc: str = "", *, default: bytes = b"") -> Any:
    """An address of either version, or nothing."""
    return Declared(kinds.OptionalAddress(), doc, default)


def options(family: str, *, default: tuple[Any, ...] = ()) -> Any:
    """Options of that family up to the end, padding included."""
    return Declared(kinds.OptionList(0, family), "", default)


def records(entry: type, doc: str = "", *, default: tuple[Any, ...] = ()) -> Any:
    """Entries of a fixed layout up to the end."""
    return Declared(kinds.Records(0, entry), doc, default)


def quoted_packet(doc: str = "", *, default: bytes = b"") -> Any:
    """The octets of the packet that an error quotes."""
    return Declared(kinds.QuotedPacket(), doc, default)
