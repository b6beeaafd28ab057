"""From message values to a packet: next headers, lengths and checksums filled in, unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dissectors.errors import EncodeError
from dissectors.ipv6 import checksum
from dissectors.ipv6.header import DestinationOptions
from dissectors.ipv6.link import ETHERTYPE_IPV6, Udp
from dissectors.ipv6.true_ends import final_destination, home_addresses
from dissectors.profile import RFC6275, Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.view import View

_ETHERTYPE_VLAN = 0x8100
_NOTHING_FOLLOWS = 59
_ADDRESS = 16


@dataclass(slots=True)
class Layer:
    """One layer to be built.

    `message` is its value; or `octets` stand as they are, with a message beside them all but the checksum. `overrides`
    are raw wire values by field name, put in at last, so that what the standard forbids can be made. `protocol` is the
    number that the layer before it states, where it isn't the usual one; `esp` is the trailer's padding and integrity
    check value; `trailer` what follows a frame.
    """

    declaration: Declaration
    message: Any = None
    octets: bytes | None = None
    overrides: dict[str, int] = field(default_factory=dict)
    protocol: int | None = None
    esp: tuple[bytes, bytes] | None = None
    trailer: bytes = b""


def layer(message: Any, **facts: Any) -> Layer:
    """A layer from a message value."""
    return Layer(message.__declaration__, message, **facts)


def build(
    layers: Sequence[Layer], profile: Profile = RFC6275, *, fix_lengths: bool = True, fix_checksum: bool = True
) -> bytes:
    """The octets of a packet, outermost layer first.

    `fix_lengths` fills in next headers and the lengths that count payload, `fix_checksum` the checksums; without it a
    message's own `checksum` stands. EncodeError where a value doesn't fit.
    """
    each = [item.octets if item.octets is not None else profile.codec.emit(item.message) for item in layers]
    payload = b""
    trailer = layers[0].trailer if layers else b""
    for index in reversed(range(len(layers))):
        payload = _layer(layers, each, index, payload, profile, (fix_lengths, fix_checksum))
    return payload + trailer


def _layer(
    layers: Sequence[Layer], each: Sequence[bytes], index: int, payload: bytes, profile: Profile, fix: tuple[bool, bool]
) -> bytes:
    """The layer at `index` with what it carries; `each` are the octets of all of them, before anything is filled in."""
    current = layers[index]
    following = layers[index + 1] if index + 1 < len(layers) else None
    declaration = current.declaration
    own = bytearray(each[index])
    if current.esp is not None:
        padding, icv = current.esp
        payload += padding + bytes([len(padding), _number(following, 8, profile)]) + icv
    if current.octets is None:
        for spec in declaration.fixed if fix[0] else ():
            kind = spec.kind
            if isinstance(kind, kinds.NextHeader) and kind.only is None:
                _patch(own, spec, _number(following, kind.bits, profile))
            elif isinstance(kind, kinds.Length) and kind.payload and spec.name not in current.overrides:
                _patch(own, spec, _payload_length(kind, len(own) + len(payload), declaration))
    for name, raw in current.overrides.items():
        _patch(own, _fixed_field(declaration, name), raw)
    if current.message is not None and fix[1] and "checksum" not in current.overrides:
        ends = _addresses(layers[:index], each, profile)
        _fix_checksum(own, current, ends, payload, profile)  # last: it covers what was overridden
    return bytes(own) + payload


def _payload_length(kind: kinds.Length, total: int, declaration: Declaration) -> int:
    raw = total - kind.bias
    if raw >> kind.bits:
        raise EncodeError(f"{declaration.title}: {total} octets are too many for its length field")
    return raw


def _fixed_field(declaration: Declaration, name: str) -> FieldSpec:
    spec = declaration.by_name.get(name)
    if spec is None or spec.is_tail:
        known = ", ".join(f.name for f in declaration.fixed)
        raise EncodeError(f"{declaration.title} has no field {name!r} (it has {known})", field=name)
    return spec


def _patch(own: bytearray, spec: FieldSpec, raw: int) -> None:
    """Put a raw value into a field's bits."""
    if raw >> spec.kind.bits or raw < 0:
        raise EncodeError(f"{spec.name} = {raw}: its {spec.kind.bits} bits can't hold it", field=spec.name)
    place = slice(spec.offset, spec.offset + spec.size)
    if len(own) < spec.offset + spec.size:
        raise EncodeError(f"{spec.name}: these octets end before it", field=spec.name)
    mask = ((1 << spec.kind.bits) - 1) << spec.shift
    rest = int.from_bytes(own[place], "big") & ~mask
    own[place] = (rest | raw << spec.shift).to_bytes(spec.size, "big")


def _number(following: Layer | None, bits: int, profile: Profile) -> int:
    """What the header before states of the layer after it: a next header value, or an ethertype."""
    if following is None:
        return _NOTHING_FOLLOWS if bits == 8 else ETHERTYPE_IPV6
    if following.protocol is not None:
        return following.protocol
    declaration = following.declaration
    if bits == 16:
        return {"ipv6": ETHERTYPE_IPV6, "vlan": _ETHERTYPE_VLAN}.get(declaration.symbol, 0)
    name = declaration.family if declaration.family in ("mobility", "icmpv6", "routing") else declaration.symbol
    try:
        return profile.protocol(name)
    except KeyError:
        raise EncodeError(f"{declaration.title} can't follow an IPv6 header without a protocol number") from None


def _addresses(before: Sequence[Layer], each: Sequence[bytes], profile: Profile) -> tuple[bytes, bytes] | None:
    """The pseudo-header's addresses for a layer, from the headers before it; None without an IPv6 header."""
    source = destination = home = final = b""
    for item, octets in zip(before, each, strict=False):
        declaration = item.declaration
        if declaration.symbol == "ipv6":
            source, destination, home, final = octets[8:24], octets[24:40], b"", b""
        elif declaration.family == "routing" or declaration.cls is DestinationOptions:
            view = View(declaration, octets, 0, len(octets), profile)
            home = home or next(filter(None, home_addresses(view)), b"")
            final = final_destination(view, destination) or final
    return (home or source, final or destination) if len(destination) == _ADDRESS else None


def _fix_checksum(
    own: bytearray, current: Layer, ends: tuple[bytes, bytes] | None, payload: bytes, profile: Profile
) -> None:
    declaration = current.declaration
    spec = declaration.by_name.get("checksum")
    if spec is None or ends is None:
        return
    protocol = _number(current, 8, profile)
    _patch(own, spec, 0)
    # A Mobility Header ends at its own length: what follows it isn't covered.
    covered = bytes(own) if declaration.family == "mobility" else bytes(own) + payload
    value = checksum.checksum(*ends, protocol, covered)
    if value == 0 and (isinstance(current.message, Udp) or current.message.checksum == 0xFFFF):
        value = 0xFFFF  # the same sum; in UDP zero would mean none (RFC 8200, 8.1), elsewhere it may have come so
    _patch(own, spec, value)


def esp_padding(payload_size: int) -> bytes:
    """1, 2, 3 ... so that padding, its length and the next header end at a multiple of 4 (RFC 4303, 2.4)."""
    return bytes(range(1, (-payload_size - 2) % 4 + 1))


__all__ = ["Layer", "build", "esp_padding", "layer"]
