"""From records (what `dissect --jsonl` prints) back to layers that can be built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from dissectors.build import Layer, build
from dissectors.errors import EncodeError
from dissectors.ipv6.link import ETHERTYPE_VLAN, Payload, Vlan
from dissectors.profile import RFC6275, Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.families import declarations
from dissectors.spec.fields import REQUIRED
from dissectors.view import View

_FAMILIES = ("mobility", "icmpv6", "ipv6", "link", "upper")
#: What a layer's JSON holds beside its declared fields.
_SHOWN = frozenset(
    {
        "type",
        "offset",
        "quoted",
        "reassembled",
        "checksum_status",
        "problems",
        "octets",
        "problem",
        "mh_type_name",
        "trailer",
    }
)
_SHOWN_BY_TYPE = {
    "esp": frozenset({"null", "padding", "next_header", "icv"}),
    "fragment": frozenset({"frames", "first_next_header", "reassembled_octets"}),
}

Json = Mapping[str, Any]


def layers_from_json(items: Sequence[Json], profile: Profile = RFC6275) -> list[Layer]:
    """The layers of one record. EncodeError names layer and field where something is missing, unknown or wrong."""
    layers: list[Layer] = []
    for position, data in enumerate(items):
        if not isinstance(data, Mapping):
            raise EncodeError(f"layer {position + 1} is {data!r}, not an object")
    for position, data in enumerate(items):
        if data.get("quoted"):
            continue  # part of the error before it
        if data.get("reassembled"):
            raise EncodeError(
                "a packet reassembled from fragments can't be crafted from its last one: use dissect -x, and leave its "
                "layers as they are"
            )
        layers.append(_layer(data, _quoted_after(items, position), profile))
    _keep_tags(layers, items)
    if layers:
        _keep_next_header(layers[-1], items)
    if any(item.get("trailing") for item in items):
        if any(item.get("null") for item in items):
            raise EncodeError("octets behind a packet inside ESP can't be put back from a record: use dissect -x")
        _keep_stated(layers, [item for item in items if not item.get("quoted")])
    return layers


def _keep_tags(layers: Sequence[Layer], items: Sequence[Json]) -> None:
    """VLAN tags of customers and providers look alike: the layer before says which (IEEE 802.1Q, table 9-1)."""
    for (before, said), (tag, _) in pairwise(zip(layers, items, strict=False)):  # what is quoted comes after all links
        spec = before.declaration.first(kinds.NextHeader)
        if tag.declaration.cls is Vlan and spec is not None and spec.name in said:
            number = _whole(said, spec.name, 0xFFFF)
            tag.protocol = number if number in ETHERTYPE_VLAN else None


def _keep_next_header(last: Layer, items: Sequence[Json]) -> None:
    """Where nothing follows, only the record knows what was said to follow."""
    data = next(item for item in reversed(items) if not item.get("quoted"))
    spec = last.declaration.first(kinds.NextHeader)
    if spec is not None and last.octets is None and spec.name in data:
        last.overrides[spec.name] = _whole(data, spec.name, (1 << spec.kind.bits) - 1)


def _quoted_after(items: Sequence[Json], position: int) -> list[Json]:
    quoted: list[Json] = []
    for data in items[position + 1 :]:
        if not data.get("quoted"):
            break
        quoted.append({key: value for key, value in data.items() if key != "quoted"})
    return quoted


def declaration_of(data: Json, profile: Profile) -> Declaration:
    """Which declaration a layer's `type` means."""
    name = data.get("type")
    if name == "routing":
        table = profile.codec.table("routing").get(_whole(data, "routing_type", 255))
        return table[0] if table else profile.codec.fallback("routing")
    for family in _FAMILIES:
        for declaration in declarations(family):
            if declaration.symbol == name:
                return declaration
    raise EncodeError(f"there is no layer of type {name!r}", field="type")


def _layer(data: Json, quoted: Sequence[Json], profile: Profile) -> Layer:
    declaration = declaration_of(data, profile)
    if declaration.symbol == "payload":
        return _payload(data, declaration)
    result = Layer(declaration)
    if "octets" in data and _is_unchanged(declaration, data, profile):
        result.octets = _octets(data["octets"], declaration.title)
    else:
        _refuse_loss(declaration, data)
        quoted_octets = build_quoted(quoted, profile) if quoted else b""
        result.message = _value(declaration, data, profile, quoted_octets)
        if data.get("checksum_status") in ("bad", "unverified") and "checksum" in data:
            result.overrides["checksum"] = _whole(data, "checksum", 0xFFFF)
        if data.get("payload_length") == 0 == data.get("next_header"):
            result.overrides["payload_length"] = 0  # a jumbogram's, or a segment's that the network card cuts
        if declaration.symbol == "udp" and data.get("length") == 0:
            result.overrides["length"] = 0  # a jumbogram's
        if data.get("problems"):
            _keep_stated([result], [data])
    if "trailer" in data:
        result.trailer = _octets(data["trailer"], "trailer")
    if data.get("null"):
        result.esp = (_octets(data.get("padding", ""), "padding"), _octets(data.get("icv", ""), "icv"))
        if len(result.esp[0]) > 255:
            raise EncodeError(f"{declaration.title}: padding of {len(result.esp[0])} octets, 255 are the most")
    return result


_IPV6_HEADER: Final = 40
#: Problems that leave octets of a layer in no field. A length that is wrong isn't one: it is a field itself.
_LOSSY = frozenset({"too_short", "option_overrun", "wrong_size", "trailing_octets", "length_too_small"})
_LOSSY_WITHOUT_PAYLOAD = frozenset({"truncated", "length_exceeds"})


def _is_unchanged(declaration: Declaration, data: Json, profile: Profile) -> bool:
    """Whether a broken layer's fields still say what its octets do. Where somebody edited them, they count."""
    octets = _octets(data["octets"], declaration.title)
    shown = View(declaration, octets, 0, len(octets), profile).field_json()
    return all(data.get(name) == value for name, value in shown.items())


def _refuse_loss(declaration: Declaration, data: Json) -> None:
    """A layer that wasn't understood to its end can't be made from what was."""
    carries = any(isinstance(spec.kind, kinds.Length) and spec.kind.payload for spec in declaration.fields)
    lossy = _LOSSY if carries and not _lacks(declaration, data) else _LOSSY | _LOSSY_WITHOUT_PAYLOAD
    for problem in data.get("problems", ()):
        code = problem.get("problem") if isinstance(problem, Mapping) else None
        if code in lossy:
            what = "its octets say something else: change them too" if "octets" in data else "use dissect -x"
            raise EncodeError(f"{declaration.title} is broken ({code}), not all of it is in its fields; {what}")


def _lacks(declaration: Declaration, data: Json) -> bool:
    """Whether the capture ends before a field that must be there."""
    return any(spec.default is REQUIRED and spec.name not in data for spec in declaration.values)


def _payload(data: Json, declaration: Declaration) -> Layer:
    if "data" not in data:
        raise EncodeError(
            f"a payload of {data.get('length', 0)} octets isn't in the record: use dissect -x", field="data"
        )
    octets = _octets(data["data"], "payload")
    name = next((key for key in ("ethertype", "protocol") if key in data), None)
    protocol = None if name is None else _whole(data, name, 0xFFFF if name == "ethertype" else 255)
    return Layer(declaration, Payload(data=octets), protocol=protocol)


def _whole(data: Json, name: str, most: int) -> int:
    """A whole number of a layer."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise EncodeError(f"{name} is {value!r}, not a number from 0 to {most}", field=name)
    return value


def _keep_stated(layers: Sequence[Layer], items: Sequence[Json]) -> None:
    """Numbers, lengths and checksums as the record says: they aren't ours to mend."""
    for item, data in zip(layers, items, strict=True):
        for spec in item.declaration.fixed:
            kept = spec.kind.derived or isinstance(spec.kind, kinds.Checksum) or spec.name == "checksum"
            if kept and spec.name in data and item.octets is None:
                item.overrides[spec.name] = _whole(data, spec.name, (1 << spec.kind.bits) - 1)


def build_quoted(items: Sequence[Json], profile: Profile) -> bytes:
    """A quoted packet, with the lengths, numbers and checksums that it had: it may be cut, and isn't ours to mend."""
    packet = _as_stated(items[:-1], profile) if _may_end_before(items) else b""
    if packet and len(packet) >= _IPV6_HEADER + items[0]["payload_length"]:
        return packet + _as_stated(items[-1:], profile)
    return _as_stated(items, profile)


def _may_end_before(items: Sequence[Json]) -> bool:
    """Whether the last one may stand behind the packet: then the trailer of ESP is before it, else behind it."""
    stated = items[0].get("payload_length")
    is_clear = any(item.get("null") for item in items)
    return is_clear and items[-1].get("type") == "payload" and isinstance(stated, int) and stated > 0


def _as_stated(items: Sequence[Json], profile: Profile) -> bytes:
    layers = layers_from_json(items, profile)
    _keep_stated(layers, items)
    return build(layers, profile, fix_lengths=False, fix_checksum=False)


def _octets(text: Any, what: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except (TypeError, ValueError):
        raise EncodeError(f"{what}: {text!r} is not hexadecimal octets", field=what) from None


def _value(declaration: Declaration, data: Json, profile: Profile, quoted: bytes = b"") -> Any:
    """The message value of a layer, option or entry."""
    _refuse_unknown(declaration, data)
    values: dict[str, Any] = {}
    for spec in declaration.values:
        if isinstance(spec.kind, kinds.QuotedPacket) and spec.name not in data:
            values[spec.name] = quoted
        elif spec.name in data:
            values[spec.name] = _field(declaration, spec, data[spec.name], profile)
        elif spec.default is REQUIRED:
            raise EncodeError(f"{declaration.title}: {spec.name} is missing", field=spec.name)
    return declaration.cls(**values)


def _refuse_unknown(declaration: Declaration, data: Json) -> None:
    shown = _SHOWN | _SHOWN_BY_TYPE.get(declaration.symbol, frozenset())
    for key in data:
        if key in declaration.by_name or key in shown or key.removesuffix("_name") in declaration.by_name:
            continue
        if key == "name" and declaration.family.endswith("_option"):
            continue
        known = ", ".join(spec.name for spec in declaration.fields)
        raise EncodeError(f"{declaration.title} has no field {key!r} (it has {known})", field=key)


def _field(declaration: Declaration, spec: FieldSpec, data: Any, profile: Profile) -> Any:
    kind = spec.kind
    try:
        if isinstance(kind, kinds.OptionList):
            return tuple(option_from_json(kind.family, item, profile) for item in _list(data))
        if isinstance(kind, kinds.Records):
            return tuple(_value(kind.entry.__declaration__, item, profile) for item in _list(data))
        return kind.from_json(data, profile)
    except EncodeError as error:
        raise EncodeError(f"{declaration.title}: {spec.name}: {error}", field=spec.name) from None


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list) or not all(isinstance(item, Mapping) for item in data):
        raise EncodeError(f"{data!r} is not a list of objects")
    return data


def option_from_json(family: str, data: Json, profile: Profile = RFC6275) -> Any:
    """An option value from its JSON: its number says which, its fields which variant of a shared number."""
    number = data.get("type")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 255:
        raise EncodeError(f"an option's type is {number!r}, not a number from 0 to 255", field="type")
    codec = profile.codec
    if "octets" in data:
        return codec.fallback(family).cls(type=number, data=_octets(data["octets"], "option")[2:])
    variants = [*codec.table(family).get(number, ()), codec.fallback(family)]
    keys = set(data) - {"type", "name", "length", "problem"}
    for declaration in variants:
        if all(key in declaration.by_name or key.removesuffix("_name") in declaration.by_name for key in keys):
            return _value(declaration, data, profile)
    return _value(variants[0], data, profile)  # raises, naming the field
