"""What mobility options begin with (RFC 6275, 6.2.1), padding, and options without fields of their own."""

from __future__ import annotations

from dissectors.spec import Option, envelope, option
from dissectors.spec import fields as wire


@envelope
class MobilityOption(Option):
    """Type, length of the rest, the rest."""

    type = wire.number()
    length = wire.length(step=1, bias=2)


@option("mobility_option", 0, title="Pad1", rfc="RFC 6275, 6.2.2")
class Pad1(Option):
    """One octet of padding; it has no length."""

    type = wire.number()


@option("mobility_option", 1, title="PadN", rfc="RFC 6275, 6.2.3")
class PadN(MobilityOption):
    """Two or more octets of padding."""

    padding: bytes = wire.octets_tail("Zero when sent")


@option("mobility_option", None, symbol="mobility_option", title="Mobility option", rfc="RFC 6275, 6.2.1")
class UnknownMobilityOption(Option):
    """An option without fields of its own here: skipped by receivers, kept and emitted unchanged."""

    type: int = wire.uint(8, "The type, as it stands on the wire")
    length = wire.length(step=1, bias=2)
    data: bytes = wire.octets_tail()
