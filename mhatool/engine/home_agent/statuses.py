"""The statuses that a home agent of ours gives (RFC 6275, 6.1.8; RFC 4285, 7)."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Of a Binding Acknowledgement; under 128 it accepts."""

    ACCEPTED = 0
    PREFIX_DISCOVERY_NECESSARY = 1
    """Accepted, but the home prefix is deprecated, or will be before the binding ends."""
    UNSPECIFIED = 128
    """The list of home agents doesn't fit the M flag, or doesn't name this agent once."""
    PROHIBITED = 129
    INSUFFICIENT_RESOURCES = 130
    HOME_REGISTRATION_NOT_SUPPORTED = 131
    NOT_HOME_SUBNET = 132
    NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE = 133
    DUPLICATE_ADDRESS_DETECTION_FAILED = 134
    SEQUENCE_NUMBER_OUT_OF_WINDOW = 135
    REGISTRATION_TYPE_CHANGE_DISALLOWED = 139
    ID_MISMATCH = 144
    MESG_ID_REQD = 145
    AUTH_FAIL = 146
    INVALID_CARE_OF_ADDRESS = 174

    @property
    def refuses(self) -> bool:
        """Whether the Binding Update is refused."""
        return self >= 128


__all__ = ["Status"]
