"""Extension headers as `mhatool craft --header` names them, by the reference's names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dissectors.build import Layer, layer
from dissectors.errors import EncodeError
from dissectors.ipv6.header import Esp
from dissectors.padding import padded
from dissectors.profile import Profile
from dissectors.spec.families import declarations
from mhatool.craft import values

#: HMAC-SHA-1-96's; an Authentication Header then has 24 octets, a multiple of 8 (RFC 4302, 3.3.3.2.1).
_USUAL_ICV = "00" * 12


def headers(texts: Iterable[str], profile: Profile) -> list[Layer]:
    """The layers of these, each as `NAME:FIELD=VALUE,...`, in their order. EncodeError says what can't be meant."""
    found = []
    for text in texts:
        name, _, rest = text.partition(":")
        found.append(_HEADERS.get(name.replace("-", "_"), _plain_header)(name, rest, profile))
    return found


def _plain_header(name: str, rest: str, profile: Profile) -> Layer:
    symbol = name.replace("-", "_")
    for declaration in (*declarations("ipv6"), *declarations("routing")):
        named = symbol in (declaration.cls.__name__, declaration.symbol)
        if named and declaration.symbol not in ("ipv6", "routing"):
            usual = {"icv": _USUAL_ICV} if symbol == "ah" else {}
            return layer(padded(values.value(declaration, {**usual, **values.assignments(rest)}, profile), profile))
    known = "hop-by-hop, destination-options, routing, routing-type-0, routing-type-2, fragment, ah, esp"
    raise EncodeError(f"--header {name}: give one of {known}")


def _options_header(name: str, rest: str, profile: Profile) -> Layer:
    """Options of a header as `NAME:option,option`, each as --option takes them with `/` for its fields' commas."""
    declaration = next(d for d in declarations("ipv6") if d.symbol == name.replace("-", "_"))
    words = [word for word in rest.removeprefix("options=").split(",") if word]
    options = tuple(values.option(word.replace("/", ","), "ipv6_option", profile) for word in words)
    return layer(padded(declaration.cls(options=options), profile))


def _routing_header(name: str, rest: str, profile: Profile) -> Layer:
    """A routing header by its type, in the name or as a field; with `data` one whose layout nobody knows."""
    given = values.assignments(rest)
    unknown = profile.codec.fallback("routing")
    _, _, number = name.replace("-", "_").partition("routing_type_")
    kind = int(number) if number else values.typed(unknown, "routing_type", given.get("routing_type", "0"), profile)
    known = profile.codec.table("routing").get(kind)
    if known and "data" not in given:
        if not number:
            given.pop("routing_type", None)
        return layer(values.value(known[0], given, profile))
    return layer(values.value(unknown, {"data": "00" * 4, **given, "routing_type": str(kind)}, profile))


def _esp_header(_name: str, rest: str, profile: Profile) -> Layer:
    given = values.assignments(rest)
    icv = given.pop("icv", _USUAL_ICV)
    item = layer(values.value(Esp.__declaration__, given, profile))
    item.esp = (b"", values.octets("--header esp: icv", icv))
    return item


#: By the reference's names; dashes are as good.
_HEADERS: dict[str, Callable[[str, str, Profile], Layer]] = {
    "hop_by_hop": _options_header,
    "destination_options": _options_header,
    "routing": _routing_header,
    "routing_type_0": _routing_header,
    "routing_type_2": _routing_header,
    "esp": _esp_header,
}

__all__ = ["headers"]
