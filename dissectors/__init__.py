"""Mobile IPv6 wire formats from one declaration each; the standard library is enough.

`parse("mobility", octets)` gives a message value, `emit(message)` its octets, `dissect(frame, link_type)` everything a
frame holds.
"""

from dissectors.errors import DecodeError, EncodeError, WireError

__all__ = ["DecodeError", "EncodeError", "WireError"]
