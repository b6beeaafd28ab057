"""Mobility options (RFC 6275, 6.2), a family a file."""

from dissectors.options.header import MobilityOption, Pad1, PadN, UnknownMobilityOption

__all__ = ["MobilityOption", "Pad1", "PadN", "UnknownMobilityOption"]
