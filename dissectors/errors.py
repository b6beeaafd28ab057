"""What can go wrong between octets and messages, and what a receiver must do about it."""

from __future__ import annotations

from enum import StrEnum


class Reaction(StrEnum):
    """What RFC 6275, section 9.2 asks of the node that receives a message it can't use."""

    DISCARD = "discard"
    BINDING_ERROR = "binding_error"
    PARAMETER_PROBLEM = "parameter_problem"
    NOT_JUDGED = "not_judged"  # not the sender's doing: cut by the capture, or more octets than the message


class WireError(ValueError):
    """Octets and messages that don't fit each other."""


class DecodeError(WireError):
    """Octets that aren't a message.

    `code` is a stable word (`too_short`, `length_exceeds`, `option_length` ...), `offset` the octet from the start of
    the buffer at which it shows, `field` the field's name, `rfc` the clause that is broken and `reaction` what the
    receiver does. A Parameter Problem (always code 0 here) points at `offset`.
    """

    def __init__(
        self,
        code: str,
        offset: int,
        message: str,
        *,
        field: str = "",
        rfc: str = "",
        reaction: Reaction = Reaction.DISCARD,
    ) -> None:
        super().__init__(code, offset, message)  # all that it can't be made again without, so that it can be pickled
        self.code = code
        self.offset = offset
        self.message = message
        self.field = field
        self.rfc = rfc
        self.reaction = reaction

    def __str__(self) -> str:
        return f"{self.message} (at octet {self.offset})"


class EncodeError(WireError):
    """A value that the wire can't carry: `field` says which, the text why."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field
