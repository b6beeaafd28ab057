"""Options of the protocols around Mobile IPv6: networks, link layers, vendors, restarts, several care-of addresses."""

from __future__ import annotations

from dissectors import registry
from dissectors.options.header import MobilityOption
from dissectors.spec import Flags, option
from dissectors.spec import fields as wire


@option("mobility_option", 6, title="Mobile Network Prefix", rfc="RFC 3963, 4.3", align=(8, 4))
class MobileNetworkPrefix(MobilityOption):
    """A prefix behind a mobile router."""

    reserved: int = wire.reserved(8)
    prefix_length: int = wire.uint(8)
    prefix: bytes = wire.address()


@option("mobility_option", 7, title="Mobility Header Link-Layer Address", rfc="RFC 5568, 6.4.4")
class MobilityLinkLayerAddress(MobilityOption):
    """A link-layer address inside a mobility message."""

    option_code: int = wire.uint(8)
    link_layer_address: bytes = wire.link_layer_address()


@option("mobility_option", 19, title="Vendor Specific Mobility Option", rfc="RFC 5094, 3", align=(4, 2))
class VendorSpecific(MobilityOption):
    """A vendor's own; `vendor_id` is its IANA private enterprise number."""

    vendor_id: int = wire.uint(32)
    subtype: int = wire.uint(8)
    data: bytes = wire.octets_tail()


@option("mobility_option", 28, title="Restart Counter", rfc="RFC 5847, 3.4", align=(4, 2))
class RestartCounter(MobilityOption):
    """Grows each time the sender has lost its state."""

    restart_counter: int = wire.uint(32)


@option(
    "mobility_option",
    35,
    title="Binding Identifier",
    rfc="RFC 5648, 4.1",
    align=(2, 0),
    align_by_size={10: (8, 2), 22: (8, 2)},
)
class BindingIdentifier(MobilityOption):
    """One of several care-of addresses of one home address; H: home and foreign link at once."""

    binding_id: int = wire.uint(16)
    status: int = wire.uint(8, names=registry.BINDING_ACKNOWLEDGEMENT_STATUS)
    flags: Flags = wire.flags(1, {"H": 1})
    priority: int = wire.uint(7, "RFC 6089, 4.1; reserved before", default=0)
    care_of_address: bytes = wire.optional_address()
