"""The statuses that a correspondent of ours gives (RFC 6275, 6.1.8)."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Of a Binding Acknowledgement; under 128 it accepts."""

    ACCEPTED = 0
    INSUFFICIENT_RESOURCES = 130
    HOME_REGISTRATION_NOT_SUPPORTED = 131
    SEQUENCE_NUMBER_OUT_OF_WINDOW = 135
    EXPIRED_HOME_NONCE_INDEX = 136
    EXPIRED_CARE_OF_NONCE_INDEX = 137
    EXPIRED_NONCES = 138

    @property
    def refuses(self) -> bool:
        """Whether the Binding Update is refused."""
        return self >= 128


__all__ = ["Status"]
