"""The five hard cases, octet by octet: what every back end must agree on.

The checksums were added up by `tests/vectors/arithmetic.py`, which knows none of our code; a test adds them up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HOME = "2001:db8:1::99"
CARE_OF = "2001:db8:f::99"
AGENT_1 = "2001:db8:1::1"
AGENT_2 = "2001:db8:2::1"


@dataclass(frozen=True)
class Case:
    """One packet, and what its last layer holds: fields by name, options as (type, fields)."""

    name: str
    type: str
    at: int  # where the layer begins
    octets: bytes
    fields: dict[str, Any]
    options: tuple[tuple[int, dict[str, Any]], ...]
    #: What tshark shows with our script: field -> the values' text, joined by commas.
    tshark: dict[str, str]

    def __str__(self) -> str:
        return self.name


def octets_of(text: str) -> bytes:
    """Hexadecimal text with comments from # on."""
    return bytes.fromhex("".join(line.split("#", 1)[0] for line in text.splitlines()))


_TO_AGENT = """
2001 0db8 000f 0000 0000 0000 0000 0099   # source: the care-of address
2001 0db8 0001 0000 0000 0000 0000 0001   # destination: the first home agent
"""
# Destination options in front of a Binding Update: 24 octets. The option begins at 2 + 4 = 6 = 8*0 + 6.
_HOME_ADDRESS = """
87 02                                     # Mobility Header follows; length (24 / 8) - 1 = 2
01 02 0000                                # PadN, 2 + 2 = 4 octets
c9 10 2001 0db8 0001 0000 0000 0000 0000 0099   # Home Address, 2 + 16 = 18 octets; 2 + 4 + 18 = 24
"""
_OUR_OPTION = """
01 00                                     # PadN of 2 octets at 12, so that the option begins at 14 = 8*1 + 6
12 20                                     # type 18, length 2 * 16 = 32
2001 0db8 0001 0000 0000 0000 0000 0001   # at 16
2001 0db8 0002 0000 0000 0000 0000 0001   # at 32; ends at 48
"""
_PREFIX = """
03 04 40 e0                               # type 3, 4 * 8 = 32 octets, /64, L 80 + A 40 + R 20 = e0
00000e10 00000708 00000000                # valid 3600 s, preferred 1800 s, reserved
2001 0db8 0001 0000 0000 0000 0000 0001   # R: the router's whole address
"""
_PREFIX_FIELDS = {
    "prefix_length": 64,
    "flags": ["L", "A", "R"],
    "valid_lifetime_s": 3600,
    "preferred_lifetime_s": 1800,
    "prefix": AGENT_1,
}
_PREFIX_TSHARK = {
    "mha.prefix.flags.r": "1",
    "mha.prefix.prefix": AGENT_1,
    "mha.prefix.valid_lifetime_s": "3600",
    "icmpv6.opt.prefix.flag.r": "1",
}
_UPDATE_FIELDS = {"sequence_number": 258, "flags": ["A", "H", "M"], "lifetime_s": 420}
_UPDATE_TSHARK = {
    "mha.update.flags.m": "1",
    "mha.update.lifetime_s": "420",
    "mha.option.home_agent": f"{AGENT_1},{AGENT_2}",
    "ipv6.opt.mipv6.home_address": HOME,
}
_OURS = (18, {"home_agents": [AGENT_1, AGENT_2]})

CASES = (
    Case(
        "Binding Update with our option",
        "binding_update",
        64,
        octets_of(
            "60000000 0048 3c 40"  # 24 + 48 = 72 = 48h octets; destination options follow
            + _TO_AGENT
            + _HOME_ADDRESS
            + """
            3b 05 05 00 2b32  # length (48 / 8) - 1 = 5, type 5, checksum
            0102 c800 0069    # number 258; A 8000 + H 4000 + M 0800 = c800; 420 s / 4 = 105 = 69h
            """
            + _OUR_OPTION
        ),
        _UPDATE_FIELDS,
        ((1, {"padding": ""}), _OURS),
        _UPDATE_TSHARK,
    ),
    Case(
        "Home Agent Unreachable",
        "home_agent_unreachable",
        64,
        octets_of("""
            60000000 0030 2b 40                       # 24 + 24 = 48 = 30h octets; a routing header follows
            2001 0db8 0001 0000 0000 0000 0000 0001   # source: the first home agent
            2001 0db8 000f 0000 0000 0000 0000 0099   # destination: the care-of address
            3a 02 02 01 00000000                      # ICMPv6 follows; (24 / 8) - 1 = 2; type 2, one segment left
            2001 0db8 0001 0000 0000 0000 0000 0099   # the home address: the checksum's destination
            9a 00 dbdb                                # type 154, checksum
            0000 0007                                 # octet 4 is zero: ours; identifier 7
            2001 0db8 0002 0000 0000 0000 0000 0001   # 8 + 16 = 24 octets
        """),
        {"identifier": 7, "unreachable": [AGENT_2]},
        (),
        {"mha.unreachable.identifier": "7", "mha.unreachable.address": AGENT_2, "_ws.malformed": ""},
    ),
    Case(
        "FMIPv6's type 154",
        "fmipv6",
        40,
        octets_of("""
            60000000 0010 3a ff                       # 8 + 8 = 16 octets
            fe80 0000 0000 0000 0000 0000 0000 0001
            fe80 0000 0000 0000 0000 0000 0000 0002
            9a 00 63a7                                # type 154, checksum
            02 00 0007                                # octet 4 is 2: Router Solicitation for Proxy Advertisement
            01 01 0200 0000 0001                      # source link-layer address: 8 octets
        """),
        {"subtype": 2, "identifier": 7},
        ((1, {"link_layer_address": "02:00:00:00:00:01"}),),
        {"icmpv6.fmip6.subtype": "2", "icmpv6.fmip6.identifier": "7", "mha": ""},  # left to Wireshark
    ),
    Case(
        "Home Agent Switch with two addresses",
        "ha_switch",
        40,
        octets_of("""
            60000000 0028 87 40                       # 8 + 32 = 40 = 28h octets
            2001 0db8 0001 0000 0000 0000 0000 0001
            2001 0db8 0001 0000 0000 0000 0000 0099
            3b 04 0c 00 fec6                          # length (40 / 8) - 1 = 4, type 12, checksum
            02 00                                     # two addresses, reserved
            2001 0db8 0001 0000 0000 0000 0000 0001   # at 8
            2001 0db8 0002 0000 0000 0000 0000 0001   # at 24; ends at 40
        """),
        {"addresses": [AGENT_1, AGENT_2]},
        (),
        {"mha.switch.address": f"{AGENT_1},{AGENT_2}", "mip6.mhtype": "12"},
    ),
    Case(
        "Prefix Information with R in a Router Advertisement",
        "router_advertisement",
        40,
        octets_of(
            """
            60000000 0030 3a ff                       # 16 + 32 = 48 = 30h octets
            fe80 0000 0000 0000 0000 0000 0000 0001
            ff02 0000 0000 0000 0000 0000 0000 0001
            86 00 ae2f                                # type 134, checksum
            40 20 0708                                # hop limit 64; H 20: a home agent; 1800 s
            00000000 00000000
            """
            + _PREFIX
        ),
        {"current_hop_limit": 64, "flags": ["H"], "router_lifetime_s": 1800},
        ((3, _PREFIX_FIELDS),),
        {"icmpv6.opt.prefix.flag.r": "1", "icmpv6.opt.prefix": AGENT_1, "mha": ""},  # left to Wireshark
    ),
    Case(
        "Prefix Information with R in a Mobile Prefix Advertisement",
        "mobile_prefix_advertisement",
        64,
        octets_of(
            """
            60000000 0040 2b 40                       # 24 + 8 + 32 = 64 = 40h octets; a routing header follows
            2001 0db8 0001 0000 0000 0000 0000 0001
            2001 0db8 000f 0000 0000 0000 0000 0099
            3a 02 02 01 00000000                      # ICMPv6 follows; type 2, one segment left
            2001 0db8 0001 0000 0000 0000 0000 0099
            93 00 09ce                                # type 147, checksum
            0009 8000                                 # identifier 9; M 8000
            """
            + _PREFIX
        ),
        {"identifier": 9, "flags": ["M"]},
        ((3, _PREFIX_FIELDS),),
        _PREFIX_TSHARK,
    ),
    Case(
        "option 9 behind our option, ending the header",
        "binding_update",
        64,
        octets_of(
            "60000000 0060 3c 40"  # 24 + 72 = 96 = 60h octets
            + _TO_AGENT
            + _HOME_ADDRESS
            + """
            3b 08 05 00 f9e5  # length (72 / 8) - 1 = 8, type 5, checksum
            0102 c800 0069
            """
            + _OUR_OPTION
            + """
            01 03 000000      # PadN of 5 octets at 48, so that the next begins at 53 = 8*6 + 5
            09 11 01          # type 9, length 1 + 4 + 12 = 17 = 11h, subtype 1; 53 + 2 + 17 = 72
            00000100          # SPI 256
            000102030405060708090a0b
            """
        ),
        _UPDATE_FIELDS,
        (
            (1, {"padding": ""}),
            _OURS,
            (1, {"padding": "000000"}),
            (9, {"subtype": 1, "spi": 256, "authenticator": "000102030405060708090a0b"}),
        ),
        {
            **_UPDATE_TSHARK,
            "mha.authentication.spi": "256",
            "mha.authentication.authenticator": "000102030405060708090a0b",
        },
    ),
)
