"""Binding Revocation Indications (RFC 5846, 5.1): a home agent ends a binding that lives."""

from __future__ import annotations

from dissectors.packet import Datagram

MESSAGE_TYPE = 16
INDICATION = 1
_TYPE, _REVOCATION_TYPE = 2, 6
"""Where they stand, counted from the start of the Mobility Header."""


def revoked_home_address(datagram: Datagram) -> bytes | None:
    """Whose binding a datagram revokes: the home address in its routing header, or its destination; None: nobody's."""
    view = datagram.upper
    if view is None or view.end - view.start <= _REVOCATION_TYPE or view.checksum_status == "bad":
        return None
    octets, start = view.octets, view.start
    if octets[start + _TYPE] != MESSAGE_TYPE or octets[start + _REVOCATION_TYPE] != INDICATION:
        return None
    return datagram.true_destination
