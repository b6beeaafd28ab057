"""Names of tshark's fields and our `mha.*` ones, by our own names.

tshark's meaning is kept, units too (`mip6.bu.lifetime` counts 4 seconds), and so is its text in columns. Like tshark's
own, they also look into the packet that an ICMPv6 error quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from dissectors.spec import kinds
from dissectors.spec.families import declarations
from mhatool.display.filter import values
from mhatool.display.filter.names import OPTION_FAMILIES, Field, layers_by_name, resolve, resolve_together
from mhatool.display.filter.values import ValueType

if TYPE_CHECKING:
    from dissectors.profile import Profile


class Alias(NamedTuple):
    """What an alias stands for: our names, and how values are turned into tshark's."""

    names: tuple[str, ...]
    how: str = ""
    argument: str = ""


def _of(names: str, how: str = "", argument: str = "") -> Alias:
    return Alias(tuple(names.split()), how, argument)


def _flags(prefix: str, field: str, letters: str) -> dict[str, Alias]:
    """`mip6.bu.%s_flag` and the letters a, h ...: one alias a letter."""
    return {prefix % letter.lower(): _of(field, "flag", letter) for letter in letters}


_BU, _BA, _HB = "binding_update", "binding_acknowledgement", "heartbeat"
_ANY_MH, _ANY_ICMP = "any_mobility", "any_icmpv6"
_ND = "router_advertisement"
_PREFIX = "option.prefix_information"
_AGENT = "option.home_agent_information"

_MOBILITY: dict[str, Alias] = {
    "mip6": _of(_ANY_MH),
    "mipv6": _of(_ANY_MH),
    "mip6.proto": _of(f"{_ANY_MH}.payload_proto"),
    "mip6.hlen": _of(f"{_ANY_MH}.header_length"),
    "mip6.mhtype": _of(f"{_ANY_MH}.mh_type"),
    "mip6.reserved": _of(f"{_ANY_MH}.reserved", "hex", "2"),
    "mip6.csum": _of(f"{_ANY_MH}.checksum", "hex", "4"),
    "mip6.hoti.cookie": _of("home_test_init.home_init_cookie", "whole", "16"),
    "mip6.coti.cookie": _of("care_of_test_init.care_of_init_cookie", "whole", "16"),
    "mip6.hot.nindex": _of("home_test.home_nonce_index"),
    "mip6.hot.cookie": _of("home_test.home_init_cookie", "whole", "16"),
    "mip6.hot.token": _of("home_test.home_keygen_token care_of_test.care_of_keygen_token", "whole", "16"),
    "mip6.cot.nindex": _of("care_of_test.care_of_nonce_index"),
    "mip6.cot.cookie": _of("care_of_test.care_of_init_cookie", "whole", "16"),
    "mip6.bu.seqnr": _of(f"{_BU}.sequence_number"),
    "mip6.bu.lifetime": _of(f"{_BU}.lifetime_s", "units", "4"),
    **_flags("mip6.bu.%s_flag", f"{_BU}.flags", "AHLKMPFTB"),
    "mip6.nemo.bu.r_flag": _of(f"{_BU}.flags", "flag", "R"),
    "mip6.ba.status": _of(f"{_BA}.status"),
    "mip6.ba.seqnr": _of(f"{_BA}.sequence_number"),
    "mip6.ba.lifetime": _of(f"{_BA}.lifetime_s", "units", "4"),
    **_flags("mip6.ba.%s_flag", f"{_BA}.flags", "KPTB"),
    "mip6.nemo.ba.r_flag": _of(f"{_BA}.flags", "flag", "R"),
    "mip6.be.status": _of("binding_error.status"),
    "mip6.be.haddr": _of("binding_error.home_address"),
    "mip6.has.num_addrs": _of("ha_switch.address_count"),
    "mip6.has.reserved": _of("ha_switch.reserved2", "hex", "2"),
    "mip6.has.address": _of("ha_switch.addresses"),
    **_flags("mip6.hb.%s_flag", f"{_HB}.flags", "UR"),
    "mip6.hb.seqnr": _of(f"{_HB}.sequence_number"),
}

_MOBILITY_OPTIONS: dict[str, Alias] = {
    "mip6.mobility_opt": _of(f"{_ANY_MH}.options.type"),
    "mip6.mobility_opt.len": _of(f"{_ANY_MH}.options.length"),
    "mip6.padn": _of(f"{_ANY_MH}.options.pad_n.padding"),
    "mip6.bra.interval": _of("option.binding_refresh_advice.refresh_interval_s", "units", "4"),
    "mip6.acoa.acoa": _of("option.alternate_care_of_address.care_of_address"),
    "mip6.ni.hni": _of("option.nonce_indices.home_nonce_index"),
    "mip6.ni.cni": _of("option.nonce_indices.care_of_nonce_index"),
    "mip6.bad.auth": _of("option.binding_authorization_data.authenticator"),
    "mip6.nemo.mnp.pfl": _of("option.mobile_network_prefix.prefix_length"),
    "mip6.nemo.mnp.mnp": _of("option.mobile_network_prefix.prefix"),
    "mip6.lla": _of("option.mobility_link_layer_address.link_layer_address"),
    "mip6.lla.optcode": _of("option.mobility_link_layer_address.option_code"),
    "mip6.mnid.subtype": _of("option.mobile_node_identifier.subtype"),
    "mip6.mnid.identifier": _of("option.mobile_node_identifier.identifier", "text"),
    "mip6.auth.subtype": _of("option.mobility_message_authentication.subtype"),
    "mip6.auth.mobility_spi": _of("option.mobility_message_authentication.spi"),
    "mip6.auth.auth_data": _of("option.mobility_message_authentication.authenticator"),
    "mip6.mocot.co_keygen_tok": _of("option.care_of_test_option.care_of_keygen_token"),
    "mip6.em.data": _of("option.experimental_mobility_option.data experimental_mobility.data"),
    "mip6.vsm.vendorId": _of("option.vendor_specific.vendor_id"),
    "mip6.vsm.subtype": _of("option.vendor_specific.subtype"),
    "mip6.rc": _of("option.restart_counter.restart_counter"),
    "mip6.bi.bid": _of("option.binding_identifier.binding_id"),
    "mip6.bi.status": _of("option.binding_identifier.status"),
    "mip6.bi.h_flag": _of("option.binding_identifier.flags", "flag", "H"),
    "mip6.bi.coa_ipv6": _of("option.binding_identifier.care_of_address", "size", "16"),
    "mip6.bi.coa_ipv4": _of("option.binding_identifier.care_of_address", "size", "4"),
}

_IPV6: dict[str, Alias] = {
    "ipv6.src": _of("ipv6.source"),
    "ipv6.dst": _of("ipv6.destination"),
    "ipv6.addr": _of("ipv6.source ipv6.destination"),
    "ipv6.version": _of("ipv6.version"),
    "ipv6.tclass": _of("ipv6.traffic_class", "hex", "8"),
    "ipv6.flow": _of("ipv6.flow_label", "hex", "6"),
    "ipv6.plen": _of("ipv6.payload_length"),
    "ipv6.nxt": _of("ipv6.next_header"),
    "ipv6.hlim": _of("ipv6.hop_limit"),
    "ipv6.opt.type": _of("hop_by_hop.options.type destination_options.options.type", "hex", "2"),
    "ipv6.opt.length": _of("hop_by_hop.options.length destination_options.options.length"),
    "ipv6.opt.padn": _of("hop_by_hop.options.pad_n.padding destination_options.options.pad_n.padding"),
    "ipv6.opt.mipv6.home_address": _of("option.home_address.home_address"),
    "ipv6.opt.router_alert": _of("option.router_alert.value"),
    "ipv6.opt.tel": _of("option.tunnel_encapsulation_limit.limit"),
    "ipv6.routing.type": _of("routing.routing_type"),
    "ipv6.routing.segleft": _of("routing.segments_left"),
    "ipv6.routing.mipv6.home_address": _of("routing.home_address"),
    "ipv6.fraghdr": _of("fragment"),
    "ipv6.fraghdr.offset": _of("fragment.fragment_offset", "units", "8"),
    "ipv6.fraghdr.more": _of("fragment.flags", "flag", "M"),
    "ipv6.fraghdr.ident": _of("fragment.identification", "hex", "8"),
    "ipv6.hopopts": _of("hop_by_hop"),
    "ipv6.dstopts": _of("destination_options"),
    "ah.spi": _of("ah.spi", "hex", "8"),
    "esp.spi": _of("esp.spi", "hex", "8"),
}

_ICMPV6: dict[str, Alias] = {
    "icmpv6": _of(_ANY_ICMP),
    "icmpv6.type": _of(f"{_ANY_ICMP}.icmp_type"),
    "icmpv6.code": _of(f"{_ANY_ICMP}.code"),
    "icmpv6.checksum": _of(f"{_ANY_ICMP}.checksum", "hex", "4"),
    "icmpv6.checksum.status": _of(f"{_ANY_ICMP}.checksum_status", "status"),
    "icmpv6.echo.identifier": _of("echo.identifier", "hex", "4"),
    "icmpv6.echo.sequence_number": _of("echo.sequence_number"),
    "icmpv6.mip6.identifier": _of(
        "dhaad_request.identifier dhaad_reply.identifier mobile_prefix_solicitation.identifier "
        "mobile_prefix_advertisement.identifier"
    ),
    "icmpv6.mip6.home_agent_address": _of("dhaad_reply.home_agents"),
    "icmpv6.mip6.flag": _of("mobile_prefix_advertisement.flags", "bits", "4"),
    "icmpv6.mip6.flag.m": _of("mobile_prefix_advertisement.flags", "flag", "M"),
    "icmpv6.mip6.flag.o": _of("mobile_prefix_advertisement.flags", "flag", "O"),
    "icmpv6.nd.ra.cur_hop_limit": _of(f"{_ND}.current_hop_limit"),
    "icmpv6.nd.ra.flag": _of(f"{_ND}.flags", "bits", "2"),
    **_flags("icmpv6.nd.ra.flag.%s", f"{_ND}.flags", "MOHP"),
    "icmpv6.nd.ra.router_lifetime": _of(f"{_ND}.router_lifetime_s"),
    "icmpv6.nd.ra.reachable_time": _of(f"{_ND}.reachable_time_ms"),
    "icmpv6.nd.ra.retrans_timer": _of(f"{_ND}.retransmission_timer_ms"),
    "icmpv6.nd.ns.target_address": _of("neighbor_solicitation.target"),
    "icmpv6.nd.na.target_address": _of("neighbor_advertisement.target"),
    "icmpv6.nd.na.flag": _of("neighbor_advertisement.flags", "bits", "8"),
    **_flags("icmpv6.nd.na.flag.%s", "neighbor_advertisement.flags", "RSO"),
    "icmpv6.nd.rd.target_address": _of("redirect.target"),
    "icmpv6.rd.na.destination_address": _of("redirect.destination"),
    "icmpv6.fmip6.subtype": _of("fmipv6.subtype"),
    "icmpv6.fmip6.identifier": _of("fmipv6.identifier"),
}

_ND_OPTIONS: dict[str, Alias] = {
    "icmpv6.opt.type": _of(f"{_ANY_ICMP}.options.type"),
    "icmpv6.opt.length": _of(f"{_ANY_ICMP}.options.length"),
    "icmpv6.opt.linkaddr": _of(
        "option.source_link_layer_address.link_layer_address option.target_link_layer_address.link_layer_address"
    ),
    "icmpv6.opt.src_linkaddr": _of("option.source_link_layer_address.link_layer_address"),
    "icmpv6.opt.target_linkaddr": _of("option.target_link_layer_address.link_layer_address"),
    "icmpv6.opt.prefix": _of(f"{_PREFIX}.prefix"),
    "icmpv6.opt.prefix.length": _of(f"{_PREFIX}.prefix_length"),
    "icmpv6.opt.prefix.flag": _of(f"{_PREFIX}.flags", "bits", "2"),
    **_flags("icmpv6.opt.prefix.flag.%s", f"{_PREFIX}.flags", "LAR"),
    "icmpv6.opt.prefix.valid_lifetime": _of(f"{_PREFIX}.valid_lifetime_s"),
    "icmpv6.opt.prefix.preferred_lifetime": _of(f"{_PREFIX}.preferred_lifetime_s"),
    "icmpv6.opt.mtu": _of("option.mtu.mtu"),
    "icmpv6.opt.advertisement_interval": _of("option.advertisement_interval.advertisement_interval_ms"),
    "icmpv6.opt.home_agent_preference": _of(f"{_AGENT}.home_agent_preference"),
    "icmpv6.opt.home_agent_lifetime": _of(f"{_AGENT}.home_agent_lifetime_s"),
}

_OTHERS: dict[str, Alias] = {
    "frame.number": _of("frame"),
    "frame.time_epoch": _of("time", "epoch"),
    "frame.len": _of("length"),
    "frame.cap_len": _of("captured_length"),
    "frame.comment": _of("comment"),
    "eth": _of("ethernet"),
    "eth.src": _of("ethernet.source"),
    "eth.dst": _of("ethernet.destination"),
    "eth.type": _of("ethernet.ethertype", "hex", "4"),
    "vlan.id": _of("vlan.vlan_id"),
    "udp.srcport": _of("udp.source_port"),
    "udp.dstport": _of("udp.destination_port"),
    "udp.port": _of("udp.source_port udp.destination_port"),
    "udp.checksum": _of("udp.checksum", "hex", "4"),
    "tcp.srcport": _of("tcp.source_port"),
    "tcp.dstport": _of("tcp.destination_port"),
    "tcp.port": _of("tcp.source_port tcp.destination_port"),
    "mha": _of(
        f"{_ANY_MH} home_agent_unreachable dhaad_request dhaad_reply mobile_prefix_solicitation "
        "mobile_prefix_advertisement"
    ),
    "mha.flag.multiple": _of(_BU, "multiple"),
}

ALIASES: dict[str, Alias] = _MOBILITY | _MOBILITY_OPTIONS | _IPV6 | _ICMPV6 | _ND_OPTIONS | _OTHERS

OF_THE_SCRIPT = "mha."
"""What names of our script's fields begin with."""

Turn = Callable[[Any], Iterable[Any]]


def alias_of(name: str) -> Alias | None:
    """The alias of that name, if there is one: of tshark's, or of our script's in Wireshark."""
    if name in ALIASES or not name.startswith(OF_THE_SCRIPT):
        return ALIASES.get(name)
    from mhatool.display.filter.script_names import meanings  # late: few filters name its fields

    meaning = meanings().get(name)
    return None if meaning is None else Alias(*meaning)


def resolve_alias(name: str, alias: Alias, profile: Profile) -> Field:
    """The meaning of an alias."""
    several = len(alias.names) > 1
    field = resolve_together(alias.names, profile) if several else resolve(alias.names[0], profile, quoted=None)
    type_, turn = _turned(alias, field.type, profile)
    if turn is None:
        return Field(name, type_, field.values)
    return Field(name, type_, lambda frame: [value for each in field.values(frame) for value in turn(each)])


def _turned(alias: Alias, type_: ValueType, profile: Profile) -> tuple[ValueType, Turn | None]:
    """The alias's own type, and what makes its values of ours."""
    number = int(alias.argument) if alias.argument.isdigit() else 0
    match alias.how:
        case "":
            return type_, None
        case "some":  # of no octets the script, as tshark, has no field
            return type_, lambda value: (value,) if value else ()
        case "hex":
            return values.Integer(number), None
        case "whole":
            return values.Integer(number), lambda value: (int.from_bytes(value, "big"),)
        case "bits":
            encode = _flag_bits(alias.names[0], profile)
            return values.Integer(number), lambda value: (encode(value),)
        case "letter":  # a bit that has no such letter by this profile isn't shown
            has_it = isinstance(type_, values.FlagSet) and alias.argument in type_.letters
            return values.BOOLEAN, lambda value: (alias.argument in value,) if has_it else ()
    return _SIMPLE_TYPES[alias.how], _simple_turns(alias.argument, number).get(alias.how)


#: As Wireshark numbers and names them.
_STATUS = {0: "Bad", 1: "Good", 2: "Unverified"}
_SIMPLE_TYPES: dict[str, ValueType] = {
    "units": values.INTEGER,
    "flag": values.BOOLEAN,
    "size": values.ADDRESS,
    "text": values.TEXT,
    "epoch": values.EPOCH,
    "status": values.Named(_STATUS),
    "multiple": values.BOOLEAN,
}


def _simple_turns(argument: str, number: int) -> dict[str, Turn]:
    return {
        "units": lambda value: (value // number,),
        "flag": lambda value: (argument in value,),
        "size": lambda value: (value,) if len(value) == number else (),
        "text": lambda value: (value.decode("utf-8", "backslashreplace"),),
        "status": lambda value: (next(number for number, name in _STATUS.items() if name.lower() == value),),
        "multiple": _multiple,
    }


def _multiple(view: Any) -> Iterable[bool]:
    from mhatool.display.labels import is_multiple

    return (True,) if is_multiple(view) else ()


def _flag_bits(name: str, profile: Profile) -> Callable[[Any], int]:
    """The bits of a flags field as the wire has them."""
    layer, _, field = name.rpartition("options.")[2].removeprefix("option.").partition(".")
    options = (d for family in OPTION_FAMILIES for d in declarations(family))
    members = layers_by_name().get(layer) or [d for d in options if d.symbol == layer]
    kind = members[0].by_name[field].kind
    assert isinstance(kind, kinds.FlagBits)
    encode = kind.table(profile).encode
    return lambda value: encode[value]
