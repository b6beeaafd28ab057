"""Link layers as captures hold them (tcpdump.org's LINKTYPE values), down to the network protocol's number."""

from __future__ import annotations

from dissectors.spec import Message, message
from dissectors.spec import fields as wire

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_IPV6 = 0x86DD
ETHERTYPE_VLAN = frozenset({0x8100, 0x88A8, 0x9100})
LEAST_ETHERTYPE = 0x0600
"""What is less is a length: an IEEE 802.3 frame with LLC, in which IPv6 isn't sent (RFC 2464, 3)."""

# LINKTYPE values (tcpdump.org/linktypes)
NULL, ETHERNET, LOOP, SLL, IPV6_ONLY, SLL2 = 0, 1, 108, 113, 229, 276
RAW = frozenset({12, 14, 101})


@message("link", rfc="IEEE 802.3")
class Ethernet(Message):
    """An Ethernet II header."""

    destination: bytes = wire.hardware_address()
    source: bytes = wire.hardware_address()
    ethertype = wire.next_header(bits=16)


@message("link", title="VLAN", rfc="IEEE 802.1Q")
class Vlan(Message):
    """A VLAN tag, customer's or service provider's."""

    priority: int = wire.uint(3, default=0)
    drop_eligible: int = wire.uint(1, default=0)
    vlan_id: int = wire.uint(12)
    ethertype = wire.next_header(bits=16)


@message("link", symbol="linux_sll", title="Linux cooked capture v1", rfc="LINKTYPE_LINUX_SLL")
class LinuxSll(Message):
    """What Linux's `any` interface gives."""

    packet_type: int = wire.uint(16)
    arphrd_type: int = wire.uint(16)
    address_length: int = wire.uint(16)
    address: bytes = wire.octets(8)
    protocol = wire.next_header(bits=16)


@message("link", symbol="linux_sll2", title="Linux cooked capture v2", rfc="LINKTYPE_LINUX_SLL2")
class LinuxSll2(Message):
    """What Linux's `any` interface gives, with the interface's index."""

    protocol = wire.next_header(bits=16)
    reserved: int = wire.reserved(16)
    interface_index: int = wire.uint(32)
    arphrd_type: int = wire.uint(16)
    packet_type: int = wire.uint(8)
    address_length: int = wire.uint(8)
    address: bytes = wire.octets(8)


@message("link", symbol="null", title="BSD loopback", rfc="LINKTYPE_NULL, LINKTYPE_LOOP")
class Null(Message):
    """BSD's loopback; the address family stands in the capturing machine's byte order (LOOP: in network order)."""

    protocol_family: bytes = wire.octets(4)


@message("upper", symbol="udp", title="UDP", rfc="RFC 768")
class Udp(Message):
    """A UDP header."""

    source_port: int = wire.uint(16)
    destination_port: int = wire.uint(16)
    length = wire.length(16, step=1, bias=0, payload=True)
    checksum: int = wire.uint(16, default=0)


@message("upper", symbol="tcp", title="TCP", rfc="RFC 9293, 3.1")
class Tcp(Message):
    """A TCP header."""

    source_port: int = wire.uint(16)
    destination_port: int = wire.uint(16)
    sequence_number: int = wire.uint(32)
    acknowledgement_number: int = wire.uint(32)
    data_offset = wire.length(4, step=4, bias=0, bounds=True)
    reserved: int = wire.reserved(3)
    flags: int = wire.uint(9)
    window: int = wire.uint(16)
    checksum: int = wire.uint(16, default=0)
    urgent_pointer: int = wire.uint(16, default=0)
    options: bytes = wire.octets_tail()


@message("upper", rfc="")
class Payload(Message):
    """Octets that nobody looks into."""

    data: bytes = wire.octets_tail()
