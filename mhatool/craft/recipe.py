"""What `mhatool craft` was asked for, and the layers that it means."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from dissectors.build import Layer, esp_padding, layer
from dissectors.errors import EncodeError
from dissectors.ipv6 import address
from dissectors.ipv6.header import DestinationOptions, HomeAddress, Ipv6, RoutingType2
from dissectors.ipv6.link import Udp
from dissectors.options.binding import AlternateCareOfAddress, BindingRefreshAdvice
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.packet import ON_LINK
from dissectors.padding import padded
from dissectors.profile import Profile
from dissectors.ripng import PORT, RouteTableEntry
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration
from dissectors.spec.families import declarations
from mhatool.craft import values
from mhatool.craft.headers import headers

_FAMILIES = ("mobility", "icmpv6", "upper")
#: What the mobile node gets carries a type 2 routing header, what it sends (all else) the Home Address option.
_SENT_TO_MOBILE_NODE = frozenset({"ba", "brr", "hot", "cot", "ha-switch", "dhaad-reply", "mpa", "ha-unreachable", "ra"})
#: What manages bindings beside updates and acknowledgements: it bypasses them (RFC 6275, 6.1).
_BYPASSES_BINDINGS = frozenset({"brr", "hoti", "coti", "hot", "cot"})
_ROUTER_SOLICITATION_FOR_PROXY_ADVERTISEMENT = 2
#: What a message says unless told otherwise: a response, a request, destination unreachable, a solicitation, 8 octets.
_DEFAULTS = {
    "ripng": {"command": "2"},
    "echo": {"icmp_type": "128"},
    "icmpv6-error": {"icmp_type": "1"},
    "fmipv6": {"subtype": "2"},
    "experimental": {"data": "0000"},
}
#: 16 octets each in an option of at most 255 (WIRE: 1 to 15 on the wire).
MOST_HOME_AGENTS = 15
#: A flag of the command line, and the fields that it may mean: the first that the message has.
_FIELDS = {
    "seq": ("sequence_number",),
    "lifetime": ("lifetime_s", "router_lifetime_s"),
    "status": ("status",),
    "identifier": ("identifier",),
    "target": ("target",),
    "cookie": ("home_init_cookie", "care_of_init_cookie"),
    "token": ("home_keygen_token", "care_of_keygen_token"),
    "nonce": ("home_nonce_index", "care_of_nonce_index"),
    "flags": ("flags",),
    "data": ("data",),
    "address": ("addresses",),
    "agent": ("home_agents",),
    "unreachable": ("unreachable",),
}


def _messages() -> dict[str, Declaration]:
    found: dict[str, Declaration] = {}
    for declaration in (d for family in _FAMILIES for d in declarations(family) if d.craft):
        other = found.setdefault(declaration.craft, declaration)
        if other is not declaration:
            both = f"{other.cls.__name__}'s and {declaration.cls.__name__}'s"
            raise TypeError(f"craft = {declaration.craft!r} is {both}: give one of them another name")
    return found


#: name on the command line -> declaration
MESSAGES = _messages()


class Recipe(Struct):
    """A message by name and everything that was said about it, as text: `fields` by flag, the rest by its own name."""

    message: str
    profile: Profile
    source: str = ""
    destination: str = ""
    home_address: str = ""
    care_of_address: str = ""
    alternate_care_of_address: str = ""
    home_agents: list[str] = field(default_factory=list)
    refresh: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    tunnels: list[str] = field(default_factory=list)
    assignments: list[str] = field(default_factory=list)
    hop_limit: int | None = None
    raw: str | None = None
    pad: bool = True

    @property
    def declaration(self) -> Declaration:
        """The message's declaration."""
        found = MESSAGES.get(self.message)
        if found is None:
            raise EncodeError(f"there is no message {self.message!r}: give one of {', '.join(sorted(MESSAGES))}")
        return found


def layers(recipe: Recipe) -> list[Layer]:
    """The packet's layers, outermost first. EncodeError says which word can't be meant."""
    declaration = recipe.declaration
    given, overrides, outer = _assigned(recipe, declaration)
    upper = _message(recipe, declaration, given)
    upper.overrides = {**upper.overrides, **overrides}
    sent_to = _is_sent_to_mobile_node(recipe, upper)
    source, destination = _ends(recipe, sent_to)
    ip_layer = layer(Ipv6(hop_limit=_hop_limit(recipe), source=source, destination=destination))
    head = [ip_layer, *_automatic(recipe, sent_to), *headers(recipe.headers, recipe.profile)]
    if declaration.family == "upper":
        head.append(layer(Udp(source_port=PORT, destination_port=PORT)))
    result = [*_tunnels(recipe), *_ordered(head), upper]
    for name, text in outer:
        _assign_outer(result, name, text, recipe.profile)
    _finish_esp(result, recipe.profile)
    return result


def _is_sent_to_mobile_node(recipe: Recipe, upper: Layer) -> bool:
    """Of FMIPv6's the advertisement is, the solicitation (subtype 2) the node's own (RFC 5568, 6.1.1 and 6.1.2)."""
    if recipe.message != "fmipv6":
        return recipe.message in _SENT_TO_MOBILE_NODE
    octets = upper.octets if upper.octets is not None else recipe.profile.codec.emit(upper.message)
    return octets[4:5] != bytes([_ROUTER_SOLICITATION_FOR_PROXY_ADVERTISEMENT])


def _ends(recipe: Recipe, sent_to: bool) -> tuple[bytes, bytes]:
    """Source and destination; the care-of address is the mobile node's end."""
    source = values.one_address("--src", recipe.source or "::")
    destination = values.one_address("--dst", recipe.destination or "::")
    if not recipe.care_of_address:
        return source, destination
    care_of = values.one_address("--coa", recipe.care_of_address)
    flag, given = ("--dst", recipe.destination) if sent_to else ("--src", recipe.source)
    if given and values.one_address(flag, given) != care_of:
        raise EncodeError(
            f"{flag} and --coa contradict each other: give one of them"
            + (", or --alt-coa for a care-of address that isn't the source" if recipe.message == "bu" else "")
        )
    return (source, care_of) if sent_to else (care_of, destination)


def _hop_limit(recipe: Recipe) -> int:
    if recipe.hop_limit is not None:
        return recipe.hop_limit
    return 255 if recipe.declaration.symbol in ON_LINK else 64


def _assigned(recipe: Recipe, declaration: Declaration) -> tuple[dict[str, str], dict[str, int], list[tuple[str, str]]]:
    """The `--set` words: values of the message, raw values of its derived fields, and fields of other layers."""
    given: dict[str, str] = {}
    overrides: dict[str, int] = {}
    outer: list[tuple[str, str]] = []
    for word in recipe.assignments:
        name, equals, text = word.partition("=")
        if not equals:
            raise EncodeError(f"--set {word}: give FIELD=VALUE")
        layer_name, dot, field_name = name.partition(".")
        if dot and layer_name != declaration.symbol:
            outer.append((name, text))
            continue
        name = field_name if dot else name
        spec = declaration.by_name.get(name)
        if spec is None and name in Ipv6.__declaration__.by_name:
            outer.append((f"ipv6.{name}", text))
        elif spec is not None and (spec.kind.derived or isinstance(spec.kind, kinds.Checksum)):
            overrides[name] = values.typed(declaration, name, text, recipe.profile)
        else:
            given[name] = text
    return given, overrides, outer


def _assign_outer(result: list[Layer], name: str, text: str, profile: Profile) -> None:
    layer_name, _, field_name = name.partition(".")
    for item in result:
        if item.declaration.symbol == layer_name:
            spec = item.declaration.by_name.get(field_name)
            new = values.typed(item.declaration, field_name, text, profile)
            if spec is not None and spec.kind.derived:
                item.overrides[field_name] = new
            else:
                item.message = item.message.replace(**{field_name: new})
            return
    raise EncodeError(f"--set {name}: this packet has no layer {layer_name!r}")


def _message(recipe: Recipe, declaration: Declaration, given: dict[str, str]) -> Layer:
    """The message itself."""
    if recipe.raw is not None:
        return _raw(recipe, declaration, given)
    for flag, text in recipe.fields.items():
        given.setdefault(_field_of(declaration, flag), text)
    if recipe.message == "be" and recipe.home_address:
        given.setdefault("home_address", address.text(values.one_address("--hoa", recipe.home_address)))
    if recipe.home_agents and recipe.message == "bu":
        given.setdefault("flags", "AHM")  # a home registration, with several agents
    given = {**_DEFAULTS.get(recipe.message, {}), **given}
    if recipe.message == "ha-unreachable" and not given.get("unreachable"):
        raise EncodeError("it names no home agent: give --unreachable, again for each")
    message = values.value(declaration, given, recipe.profile)
    if recipe.entries:
        if "entries" not in declaration.by_name:
            raise EncodeError(f"--rte says nothing about {declaration.title}")
        message = message.replace(entries=tuple(_entry(text) for text in recipe.entries))
    options = _options(recipe, declaration)
    if options:
        message = message.replace(options=tuple(options))
    if recipe.pad:
        return layer(padded(message, recipe.profile))
    return _unpadded(message, options, recipe.profile)


def _raw(recipe: Recipe, declaration: Declaration, given: dict[str, str]) -> Layer:
    """The message's octets as they were given."""
    if given or recipe.fields or recipe.entries or recipe.options or recipe.home_agents or recipe.refresh:
        raise EncodeError("--raw and what says something about the message contradict each other: give one of them")
    return Layer(declaration, octets=values.octets("--raw", str(recipe.raw)))


def _field_of(declaration: Declaration, flag: str) -> str:
    for name in _FIELDS[flag]:
        if name in declaration.by_name:
            return name
    raise EncodeError(f"--{flag} says nothing about {declaration.title}")


def _entry(text: str) -> RouteTableEntry:
    prefix, *numbers = text.split(",")
    network, slash, size = prefix.partition("/")
    try:
        metric, tag = int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0
        return RouteTableEntry(
            prefix=address.parse(network), route_tag=tag, prefix_length=int(size) if slash else 128, metric=metric
        )
    except (IndexError, ValueError):
        raise EncodeError(f"--rte {text}: give PREFIX/LENGTH,METRIC[,TAG]") from None


def _options(recipe: Recipe, declaration: Declaration) -> list[Any]:
    """Options in the order: alternate care-of address, refresh advice, home agents, then those given by --option."""
    spec = declaration.first(kinds.OptionList)
    family = spec.kind.family if spec is not None and isinstance(spec.kind, kinds.OptionList) else ""
    _refuse_foreign(recipe, declaration, family)
    given = [part for text in recipe.home_agents for part in text.split(",")]
    if len(given) > MOST_HOME_AGENTS:
        raise EncodeError(f"--home-agent: {len(given)} given, {MOST_HOME_AGENTS} fit into the option")
    found: list[Any] = []
    if recipe.alternate_care_of_address:
        alternate = values.one_address("--alt-coa", recipe.alternate_care_of_address)
        found.append(AlternateCareOfAddress(care_of_address=alternate))
    if recipe.refresh:
        advice: Declaration = BindingRefreshAdvice.__declaration__
        found.append(values.value(advice, {"refresh_interval_s": recipe.refresh}, recipe.profile))
    if given:
        agents = tuple(values.one_address("--home-agent", text) for text in given)
        found.append(MultipleHomeAgents(home_agents=agents))
    return [*found, *(values.option(text, family, recipe.profile) for text in recipe.options)]


def _refuse_foreign(recipe: Recipe, declaration: Declaration, family: str) -> None:
    """Mobility options go into mobility messages, others only where there are options at all."""
    asked = {
        "--alt-coa": recipe.alternate_care_of_address,
        "--refresh": recipe.refresh,
        "--home-agent": recipe.home_agents,
    }
    for flag, content in asked.items():
        if content and family != "mobility_option":
            raise EncodeError(f"{flag} says nothing about {declaration.title}")
    if recipe.options and not family:
        raise EncodeError(f"--option: {declaration.title} has no options")


def _unpadded(message: Any, options: list[Any], profile: Profile) -> Layer:
    """A message whose options stand where they fall; its length is rounded up, as a sender that forgot to pad would."""
    declaration: Declaration = message.__declaration__
    length = declaration.first(kinds.Length)
    if "options" not in declaration.by_name or length is None or not isinstance(length.kind, kinds.Length):
        return layer(message)
    content = b"".join(profile.codec.emit(option) for option in options)
    step = length.kind.step
    fill = -declaration.fixed_size % step  # only to let the codec emit it
    filler = values.option(f"1:{'00' * (fill - 2)}", "mobility_option", profile) if fill >= 2 else None
    bare = message.replace(options=())
    emitted = profile.codec.emit(bare.replace(options=(filler,)) if filler is not None else bare)
    octets = bytearray(emitted[: len(emitted) - fill] + content)
    stated = -(-(len(octets) - length.kind.bias) // step)
    if stated >> length.kind.bits:
        raise EncodeError(f"{declaration.title}: {len(octets)} octets are too many for its length field")
    octets[length.offset] = stated
    return Layer(declaration, message, octets=bytes(octets))


def _automatic(recipe: Recipe, sent_to: bool) -> list[Layer]:
    """What the home address asks for: an option on what the mobile node sends, a routing header on what it gets."""
    if not recipe.home_address or recipe.message == "be":
        return []
    if recipe.message in _BYPASSES_BINDINGS:
        raise EncodeError(
            f"--hoa: {recipe.declaration.title} has no Home Address option and no type 2 routing header: give the home "
            "address as --src or --dst (or make them by --header)"
        )
    home = values.one_address("--hoa", recipe.home_address)
    if sent_to:
        return [layer(RoutingType2(segments_left=1, home_address=home))]
    return [layer(padded(DestinationOptions(options=(HomeAddress(home_address=home),)), recipe.profile))]


_ORDER = {"ipv6": 0, "hop_by_hop": 1, "routing": 2}


def _ordered(head: list[Layer]) -> list[Layer]:
    """Hop-by-hop options first, then routing headers (RFC 8200, 4.1); the rest as given."""
    return sorted(head, key=lambda item: _ORDER.get(item.declaration.symbol, 3))


def _tunnels(recipe: Recipe) -> list[Layer]:
    found = []
    for text in recipe.tunnels:
        source, comma, destination = text.partition(",")
        if not comma:
            raise EncodeError(f"--tunnel {text}: give SOURCE,DESTINATION")
        ends = [values.one_address("--tunnel", end) for end in (source, destination)]
        found.append(layer(Ipv6(source=ends[0], destination=ends[1])))
    return found


def _finish_esp(result: list[Layer], profile: Profile) -> None:
    """The padding of an ESP trailer depends on the size of what it protects."""
    for position, item in enumerate(result):
        if item.esp is not None:
            size = sum(
                len(x.octets if x.octets is not None else profile.codec.emit(x.message)) for x in result[position + 1 :]
            )
            item.esp = (esp_padding(size), item.esp[1])


__all__ = ["MESSAGES", "Recipe", "layers"]
