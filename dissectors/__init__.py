"""Mobile IPv6 wire formats from one declaration each; the standard library is enough.

`parse("mobility", octets)` gives a message value, `emit(message)` its octets, `dissect(frame, link_type)` everything a
frame holds.
"""

from dissectors.errors import DecodeError, EncodeError, WireError


def scapy_ext(ext: object) -> None:
    """Register our layers with Scapy: its extension loader calls this for `conf.exts.load("mhatool")`."""
    from dissectors.adapters.scapy_extension import register

    register(ext)


__all__ = ["DecodeError", "EncodeError", "WireError", "scapy_ext"]
