"""Mobility Header messages (RFC 6275, 6.1), a family a file."""

from dissectors.mobility.header import MobilityMessage, UnknownMobility

__all__ = ["MobilityMessage", "UnknownMobility"]
