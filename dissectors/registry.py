"""IANA's names of code points that the layouts themselves don't give (registries of 2026-11)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Mobility Header types.
MOBILITY_HEADER_TYPE: Mapping[int, str] = MappingProxyType(
    {
        0: "Binding Refresh Request",
        1: "Home Test Init",
        2: "Care-of Test Init",
        3: "Home Test",
        4: "Care-of Test",
        5: "Binding Update",
        6: "Binding Acknowledgement",
        7: "Binding Error",
        8: "Fast Binding Update",
        9: "Fast Binding Acknowledgment",
        10: "Fast Neighbor Advertisement (Deprecated)",
        11: "Experimental Mobility Header",
        12: "Home Agent Switch Message",
        13: "Heartbeat Message",
        14: "Handover Initiate Message",
        15: "Handover Acknowledge Message",
        16: "Binding Revocation Message",
        17: "Localized Routing Initiation",
        18: "Localized Routing Acknowledgment",
        19: "Update Notification",
        20: "Update Notification Acknowledgement",
        21: "Flow Binding Message",
        22: "Subscription Query",
        23: "Subscription Response",
    }
)

#: Mobility options.
MOBILITY_OPTION: Mapping[int, str] = MappingProxyType(
    {
        0: "Pad1",
        1: "PadN",
        2: "Binding Refresh Advice",
        3: "Alternate Care-of Address",
        4: "Nonce Indices",
        5: "Authorization Data",
        6: "Mobile Network Prefix Option",
        7: "Mobility Header Link-Layer Address option",
        8: "Mobile Node Identifier",
        9: "Mobility Message Authentication",
        10: "Mobility Message Replay Protection",
        11: "CGA Parameters Request",
        12: "CGA Parameters",
        13: "Signature",
        14: "Permanent Home Keygen Token",
        15: "Care-of Test Init",
        16: "Care-of Test",
        17: "DNS Update",
        18: "Experimental Mobility Option",
        19: "Vendor Specific Mobility Option",
        20: "Service Selection Mobility Option",
        21: "Binding Authorization Data for FMIPv6 (BADF)",
        22: "Home Network Prefix Option",
        23: "Handoff Indicator Option",
        24: "Access Technology Type Option",
        25: "Mobile Node Link-layer Identifier Option",
        26: "Link-local Address Option",
        27: "Timestamp Option",
        28: "Restart Counter",
        29: "IPv4 Home Address",
        30: "IPv4 Address Acknowledgement",
        31: "NAT Detection",
        32: "IPv4 Care-of Address",
        33: "GRE Key Option",
        34: "Mobility Header IPv6 Address/Prefix",
        35: "Binding Identifier",
        36: "IPv4 Home Address Request",
        37: "IPv4 Home Address Reply",
        38: "IPv4 Default-Router Address",
        39: "IPv4 DHCP Support Mode",
        40: "Context Request Option",
        41: "Local Mobility Anchor Address Option",
        42: "Mobile Node Link-local Address Interface Identifier Option",
        43: "Transient Binding",
        44: "Flow Summary Mobility Option",
        45: "Flow Identification Mobility Option",
        46: "Redirect-Capability Mobility Option",
        47: "Redirect Mobility Option",
        48: "Load Information Mobility Option",
        49: "Alternate IPv4 Care-of Address",
        50: "Mobile Node Group Identifier",
        51: "MAG IPv6 Address",
        52: "Access Network Identifier",
        53: "IPv4 Traffic Offload Selector",
        54: "Dynamic IP Multicast Selector",
        55: "Delegated Mobile Network Prefix",
        56: "Active Multicast Subscription IPv4",
        57: "Active Multicast Subscription IPv6",
        58: "Quality-of-Service",
        59: "LMA User-Plane Address",
        60: "Multicast Mobility Option",
        61: "Multicast Acknowledgement Option",
        62: "LMA-Controlled MAG Parameters",
        63: "MAG Multipath-Binding",
        64: "MAG Identifier",
        65: "Anchored Prefix",
        66: "Local Prefix",
        67: "Previous MAAR",
        68: "Serving MAAR",
        69: "DLIF Link-Local Address",
        70: "DLIF Link-Layer Address",
    }
)

#: Status codes of Binding Acknowledgements.
BINDING_ACKNOWLEDGEMENT_STATUS: Mapping[int, str] = MappingProxyType(
    {
        0: "Binding Update accepted/Proxy Binding Update accepted",
        1: "Accepted but prefix discovery necessary",
        2: "GRE_KEY_OPTION_NOT_REQUIRED",
        3: "GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED",
        4: "MCOA NOTCOMPLETE",
        5: "MCOA RETURNHOME WO/NDP",
        6: "PBU_ACCEPTED_TB_IGNORED_SETTINGSMISMATCH",
        128: "Reason unspecified",
        129: "Administratively prohibited",
        130: "Insufficient resources",
        131: "Home registration not supported",
        132: "Not home subnet",
        133: "Not home agent for this mobile node",
        134: "Duplicate Address Detection failed",
        135: "Sequence number out of window",
        136: "Expired home nonce index",
        137: "Expired care-of nonce index",
        138: "Expired nonces",
        139: "Registration type change disallowed",
        140: "Mobile Router Operation not permitted",
        141: "Invalid Prefix",
        142: "Not Authorized for Prefix",
        143: "Forwarding Setup failed",
        144: "MIPV6-ID-MISMATCH",
        145: "MIPV6-MESG-ID-REQD",
        146: "MIPV6-AUTH-FAIL",
        147: "Permanent home keygen token unavailable",
        148: "CGA and signature verification failed",
        149: "Permanent home keygen token exists",
        150: "Non-null home nonce index expected",
        151: "SERVICE_AUTHORIZATION_FAILED",
        152: "PROXY_REG_NOT_ENABLED",
        153: "NOT_LMA_FOR_THIS_MOBILE_NODE",
        154: "MAG_NOT_AUTHORIZED_FOR_PROXY_REG",
        155: "NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX",
        156: "TIMESTAMP_MISMATCH",
        157: "TIMESTAMP_LOWER_THAN_PREV_ACCEPTED",
        158: "MISSING_HOME_NETWORK_PREFIX_OPTION",
        159: "BCE_PBU_PREFIX_SET_DO_NOT_MATCH",
        160: "MISSING_MN_IDENTIFIER_OPTION",
        161: "MISSING_HANDOFF_INDICATOR_OPTION",
        162: "MISSING_ACCESS_TECH_TYPE_OPTION",
        163: "GRE_KEY_OPTION_REQUIRED",
        164: "MCOA MALFORMED",
        165: "MCOA NON-MCOA BINDING EXISTS",
        166: "MCOA PROHIBITED",
        167: "MCOA UNKNOWN COA",
        168: "MCOA BULK REGISTRATION PROHIBITED",
        169: "MCOA SIMULTANEOUS HOME AND FOREIGN PROHIBITED",
        170: "NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE",
        171: "NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS",
        172: "NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE",
        173: "MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED",
        174: "Invalid Care-of Address",
        175: "INVALID_MOBILE_NODE_GROUP_IDENTIFIER",
        176: "REINIT_SA_WITH_HAC",
        177: "NOT_AUTHORIZED_FOR_DELEGATED_MNP",
        178: "REQUESTED_DMNP_IN_USE",
        179: "CANNOT_MEET_QOS_SERVICE_REQUEST",
        180: "CANNOT_SUPPORT_MULTIPATH_BINDING",
    }
)

#: Status codes of Binding Errors (RFC 6275, 6.1.9).
BINDING_ERROR_STATUS: Mapping[int, str] = MappingProxyType(
    {
        1: "Unknown binding for Home Address destination option",
        2: "Unrecognized MH Type value",
    }
)

#: Subtypes of the Mobile Node Identifier option.
MOBILE_NODE_IDENTIFIER_SUBTYPE: Mapping[int, str] = MappingProxyType(
    {
        1: "NAI",
        2: "IPv6 Address",
        3: "IMSI",
        4: "P-TMSI",
        5: "EUI-48 address",
        6: "EUI-64 address",
        7: "GUTI",
        8: "DUID",
    }
)

#: Subtypes of the authentication option.
AUTHENTICATION_SUBTYPE: Mapping[int, str] = MappingProxyType(
    {
        1: "MN-HA authentication mobility option",
        2: "MN-AAA authentication mobility option",
    }
)

#: Hop-by-hop and destination options.
IPV6_OPTION: Mapping[int, str] = MappingProxyType(
    {
        0: "Pad1",
        1: "PadN",
        4: "Tunnel Encapsulation Limit",
        5: "Router Alert (DEPRECATED for New Protocols)",
        7: "CALIPSO",
        8: "SMF_DPD",
        15: "Performance and Diagnostic Metrics (PDM)",
        17: "IOAM Destination Option and IOAM Hop-by-Hop Option",
        18: "AltMark",
        30: "RFC3692-style Experiment",
        35: "RPL Option",
        38: "Quick-Start",
        48: "Minimum Path MTU Hop-by-Hop Option",
        49: "IOAM Destination Option and IOAM Hop-by-Hop Option",
        62: "RFC3692-style Experiment",
        77: "Deprecated",
        94: "RFC3692-style Experiment",
        99: "RPL Option (DEPRECATED)",
        109: "MPL Option",
        126: "RFC3692-style Experiment",
        138: "Endpoint Identification (DEPRECATED)",
        139: "ILNP Nonce",
        140: "Line-Identification Option",
        158: "RFC3692-style Experiment",
        190: "RFC3692-style Experiment",
        194: "Jumbo Payload",
        201: "Home Address",
        222: "RFC3692-style Experiment",
        238: "IP_DFF",
        254: "RFC3692-style Experiment",
    }
)

#: Neighbour discovery options (the older ones).
ND_OPTION: Mapping[int, str] = MappingProxyType(
    {
        1: "Source Link-Layer Address",
        2: "Target Link-Layer Address",
        3: "Prefix Information",
        4: "Redirected Header",
        5: "MTU",
        7: "Advertisement Interval",
        8: "Home Agent Information",
        14: "Nonce",
        24: "Route Information",
        25: "Recursive DNS Server",
        31: "DNS Search List",
    }
)

#: Routing header types.
ROUTING_TYPE: Mapping[int, str] = MappingProxyType(
    {
        0: "Source Route (DEPRECATED)",
        1: "Nimrod (DEPRECATED 2009-05-06)",
        2: "Type 2 Routing Header",
        3: "RPL Source Route Header",
        4: "Segment Routing Header (SRH)",
        5: "CRH-16",
        6: "CRH-32",
        253: "RFC3692-style Experiment 1",
        254: "RFC3692-style Experiment 2",
        255: "Reserved",
    }
)

#: ICMPv6 types that are met here.
ICMPV6_TYPE: Mapping[int, str] = MappingProxyType(
    {
        1: "Destination Unreachable",
        2: "Packet Too Big",
        3: "Time Exceeded",
        4: "Parameter Problem",
        128: "Echo Request",
        129: "Echo Reply",
        130: "Multicast Listener Query",
        131: "Multicast Listener Report",
        132: "Multicast Listener Done",
        133: "Router Solicitation",
        134: "Router Advertisement",
        135: "Neighbor Solicitation",
        136: "Neighbor Advertisement",
        137: "Redirect Message",
        143: "Version 2 Multicast Listener Report",
        144: "Home Agent Address Discovery Request",
        145: "Home Agent Address Discovery Reply",
        146: "Mobile Prefix Solicitation",
        147: "Mobile Prefix Advertisement",
        154: "FMIPv6",
    }
)

#: IPv6 next header values.
PROTOCOL: Mapping[int, str] = MappingProxyType(
    {
        0: "Hop-by-Hop Options",
        4: "IPv4",
        6: "TCP",
        17: "UDP",
        41: "IPv6",
        43: "Routing",
        44: "Fragment",
        50: "ESP",
        51: "AH",
        58: "ICMPv6",
        59: "No Next Header",
        60: "Destination Options",
        62: "Mobility (draft 19)",
        132: "SCTP",
        135: "Mobility Header",
    }
)
