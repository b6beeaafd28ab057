"""One line about a packet: what it says, by the message that matters in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from dissectors import registry
from dissectors.ipv6 import address as addresses
from dissectors.spec import kinds
from mhatool.display.labels import is_multiple, label, letters, unit, value_text

if TYPE_CHECKING:
    from dissectors.packet import Datagram, Packet
    from dissectors.view import View

Describe = Callable[["View", "Datagram"], str]


def endpoints(packet: Packet) -> str:
    """Source and destination of the outermost IPv6 header; of the link layer where there is none."""
    if packet.datagrams:
        first = packet.datagrams[0]
        return f"{addresses.text(first.source)} > {addresses.text(first.destination)}"
    for layer in packet.layers[:1]:
        source, destination = layer.get("source"), layer.get("destination")
        if source is not None and destination is not None:
            return f"{bytes(source).hex(':')} > {bytes(destination).hex(':')}"
    return ""


def summary(packet: Packet) -> str:
    """The line."""
    datagram = _chosen(packet)
    if datagram is None:
        text = _without_ipv6(packet)
    else:
        text = _of_datagram(packet, datagram)
        if datagram.depth:
            source, destination = addresses.text(datagram.source), addresses.text(datagram.destination)
            text += f" (in a tunnel: {source} > {destination})"
    return text + _blame(packet)


def _chosen(packet: Packet) -> Datagram | None:
    """The innermost datagram with signalling, else the innermost that isn't quoted."""
    own = [datagram for datagram in packet.datagrams if not datagram.quoted]
    signalling = [datagram for datagram in own if datagram.is_signalling]
    return (signalling or own)[-1] if own else None


def _blame(packet: Packet) -> str:
    """What is wrong with it, in a bracket."""
    said = [f"{layer.checksum_status} checksum" for layer in packet.layers if layer.checksum_status == "bad"]
    codes = [problem.code for layer in packet.layers for problem in layer.problems]
    codes += [problem.code for problem in packet.problems]
    said += [code.replace("_", " ") for code in dict.fromkeys(codes)]
    return f" [{', '.join(dict.fromkeys(said))}]" if said else ""


def _without_ipv6(packet: Packet) -> str:
    last = packet.layers[-1] if packet.layers else None
    if last is None or last.type != "payload":
        return packet.problems[0].message if packet.problems else f"{len(packet.octets)} octets"
    return _payload(last)


def _payload(view: View) -> str:
    name = view.extra.get("ethertype_name") or view.extra.get("protocol_name")
    if not name and "ethertype" in view.extra:
        name = f"Ethernet type 0x{view.extra['ethertype']:04x}"
    if not name and "protocol" in view.extra:
        name = f"Protocol {view.extra['protocol']}"
    return f"{name or 'Data'}, {view.end - view.start} octets"


def _of_datagram(packet: Packet, datagram: Datagram) -> str:
    upper = datagram.upper
    if upper is None:
        last = next((layer for layer in reversed(packet.layers) if not layer.quoted), None)
        inner = [view for view in datagram.extensions if view.type in ("fragment", "esp")]
        if inner:
            return _plain(inner[-1], datagram)
        return _payload(last) if last is not None and last.type == "payload" else "IPv6, no payload"
    text = _DESCRIBE.get(upper.type, _plain)(upper, datagram)
    if upper.type == "icmpv6_error":
        return text + _quoted(packet)
    if upper.type in ("udp", "tcp"):
        return text + _inside(packet)
    return text


# --- one message each -------------------------------------------------------------------------------------------------


def _homes(view: View, datagram: Datagram) -> str:
    """`, home address …` where an extension header names one."""
    home = datagram.home_address or (
        datagram.final_destination if datagram.final_destination != datagram.destination else None
    )
    return f", home address {addresses.text(home)}" if home is not None else ""


def _flags(view: View) -> str:
    spec = view.declaration.by_name["flags"]
    value = view.get("flags")
    if not value or not isinstance(spec.kind, kinds.FlagBits):
        return ""
    return " " + letters(view, value, spec.kind)


def _known(view: View, *parts: tuple[str, str]) -> str:
    """`word value` for the fields that are there."""
    found = []
    for word, name in parts:
        value = view.get(name)
        if value is not None:
            text = bytes(value).hex() if isinstance(value, bytes) else f"{value}{unit(name)}"
            found.append(f" {word} {text}")
    return "".join(found)


def _binding_update(view: View, datagram: Datagram) -> str:
    text = "Binding Update" + _known(view, ("seq", "sequence_number")) + _flags(view)
    text += _known(view, ("lifetime", "lifetime_s"))
    options = {option.type: option for option in reversed(view.options)}
    alternate = options.get("alternate_care_of_address")
    care_of = alternate.get("care_of_address") if alternate is not None else None
    care_of = datagram.source if care_of is None else care_of
    text += f", home address {addresses.text(datagram.true_source)}, care-of {addresses.text(bytes(care_of))}"
    agents = options.get("multiple_home_agents")
    if agents is not None:
        text += ", home agents " + " ".join(addresses.text(a) for a in agents.get("home_agents", ()))
    elif is_multiple(view):
        text += ", several home agents"
    return text


def _binding_acknowledgement(view: View, datagram: Datagram) -> str:
    text = "Binding Acknowledgement" + _known(view, ("seq", "sequence_number"))
    status = view.get("status")
    if status is not None:
        name = registry.BINDING_ACKNOWLEDGEMENT_STATUS.get(status, "unassigned").split("/")[0]
        text += f" status {status} ({'accepted' if status == 0 else name})"
    text += _flags(view) + _known(view, ("lifetime", "lifetime_s"))
    return text + f", home address {addresses.text(datagram.true_destination)}"


def _binding_error(view: View, datagram: Datagram) -> str:
    text = "Binding Error" + _known(view, ("status", "status"))
    name = registry.BINDING_ERROR_STATUS.get(view.get("status", 0))
    text += f" ({name})" if name else ""
    home = view.get("home_address")
    return text + (f", home address {addresses.text(home)}" if home is not None else "")


def _test(word: str, *parts: tuple[str, str]) -> Describe:
    return lambda view, datagram: word + _known(view, *parts) + _homes(view, datagram)


def _addresses(word: str, name: str, what: str, *parts: tuple[str, str]) -> Describe:
    def describe(view: View, datagram: Datagram) -> str:
        listed = " ".join(addresses.text(a) for a in view.get(name, ())) or "none"
        return f"{word}{_known(view, *parts)}, {what} {listed}{_homes(view, datagram)}"

    return describe


def _prefixes(word: str) -> Describe:
    def describe(view: View, datagram: Datagram) -> str:
        text = word + _known(view, ("id", "identifier")) + (_flags(view) if "flags" in view.declaration.by_name else "")
        text += _known(view, ("lifetime", "router_lifetime_s"))
        for option in view.options:
            if option.type == "prefix_information" and not option.problems:
                text += f", prefix {addresses.text(option.get('prefix'))}/{option.get('prefix_length')}"
            elif option.type == "home_agent_information" and not option.problems:
                text += ", home agent" + _known(
                    option, ("preference", "home_agent_preference"), ("lifetime", "home_agent_lifetime_s")
                )
        return text + _homes(view, datagram)

    return describe


def _neighbor(view: View, datagram: Datagram) -> str:
    text = "Neighbor Solicitation" if view.type == "neighbor_solicitation" else "Neighbor Advertisement"
    if "flags" in view.declaration.by_name:
        text += _flags(view)
    target = view.get("target")
    return text + (f" target {addresses.text(target)}" if target is not None else "")


def _unknown_mobility(view: View, datagram: Datagram) -> str:
    number = view.get("mh_type")
    name = registry.MOBILITY_HEADER_TYPE.get(-1 if number is None else number, "Mobility Header")
    return f"{name}{_known(view, ('type', 'mh_type'))}{_homes(view, datagram)}"


def _echo(view: View, datagram: Datagram) -> str:
    word = "Echo Reply" if view.get("icmp_type") == 129 else "Echo Request"
    text = word + _known(view, ("id", "identifier"), ("seq", "sequence_number"))
    return text + _homes(view, datagram)


def _icmpv6(view: View, datagram: Datagram) -> str:
    number = view.get("icmp_type")
    name = registry.ICMPV6_TYPE.get(-1 if number is None else number)
    if number == _SHARED:  # FMIPv6's subtypes are a layer of their own, and so is Home Agent Unreachable
        name = None
    return (f"ICMPv6 {name}" if name else "ICMPv6" + _known(view, ("type", "icmp_type"))) + _known(
        view, ("code", "code")
    )


def _ports(view: View, datagram: Datagram) -> str:
    return f"{view.type.upper()} {view.get('source_port', '?')} > {view.get('destination_port', '?')}"


def _plain(view: View, datagram: Datagram) -> str:
    """Any layer: its title and its plain fields."""
    shown = []
    for field in view.fields:
        kind = field.spec.kind
        plain = isinstance(kind, kinds.UInt | kinds.FlagBits | kinds.Address) and not kind.derived
        if plain and not isinstance(kind, kinds.Reserved | kinds.Checksum) and field.name not in ("code", "version"):
            shown.append(f" {label(field.name).lower()} {value_text(view, field.spec, field.value)}")
    return view.declaration.title + ",".join(shown)


def _quoted(packet: Packet) -> str:
    quoted = [datagram for datagram in packet.datagrams if datagram.quoted]
    if not quoted:
        return ""
    upper = quoted[-1].upper
    ends = f"{addresses.text(quoted[-1].source)} > {addresses.text(quoted[-1].destination)}"
    what = _DESCRIBE.get(upper.type, _plain)(upper, quoted[-1]) if upper is not None else "IPv6"
    return f", quoting {what} ({ends})"


def _inside(packet: Packet) -> str:
    last = packet.layers[-1]
    if last.type == "ripng":
        word = {1: "request", 2: "response"}.get(last.get("command", 0), "command")
        return f" RIPng {word}, {len(last.get('entries', ()))} routes"
    if last.type == "payload":
        name: Any = last.extra.get("protocol_name", "")
        return f" {name}".rstrip() + f", {last.end - last.start} octets"
    return ""


#: The ICMPv6 type of FMIPv6 and of Home Agent Unreachable: by itself it says neither.
_SHARED: Final = 154
_IDENTIFIER = ("id", "identifier")
_DESCRIBE: Mapping[str, Describe] = {
    "binding_update": _binding_update,
    "binding_acknowledgement": _binding_acknowledgement,
    "binding_error": _binding_error,
    "binding_refresh_request": _test("Binding Refresh Request"),
    "home_test_init": _test("Home Test Init", ("cookie", "home_init_cookie")),
    "care_of_test_init": _test("Care-of Test Init", ("cookie", "care_of_init_cookie")),
    "home_test": _test(
        "Home Test", ("nonce", "home_nonce_index"), ("cookie", "home_init_cookie"), ("token", "home_keygen_token")
    ),
    "care_of_test": _test(
        "Care-of Test",
        ("nonce", "care_of_nonce_index"),
        ("cookie", "care_of_init_cookie"),
        ("token", "care_of_keygen_token"),
    ),
    "ha_switch": _addresses("Home Agent Switch", "addresses", "to"),
    "mobility": _unknown_mobility,
    "dhaad_request": _test("Home Agent Address Discovery Request", _IDENTIFIER),
    "dhaad_reply": _addresses("Home Agent Address Discovery Reply", "home_agents", "home agents", _IDENTIFIER),
    "mobile_prefix_solicitation": _prefixes("Mobile Prefix Solicitation"),
    "mobile_prefix_advertisement": _prefixes("Mobile Prefix Advertisement"),
    "home_agent_unreachable": _addresses("Home Agent Unreachable", "unreachable", "unreachable", _IDENTIFIER),
    "router_solicitation": _test("Router Solicitation"),
    "router_advertisement": _prefixes("Router Advertisement"),
    "neighbor_solicitation": _neighbor,
    "neighbor_advertisement": _neighbor,
    "echo": _echo,
    "icmpv6": _icmpv6,
    "icmpv6_error": _icmpv6,
    "udp": _ports,
    "tcp": _ports,
}
