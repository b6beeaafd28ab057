"""The declaration language: a message's class is its layout, and everything else is derived from it.

A layout reads `lifetime_s: int = wire.uint(16, unit=4)`, with `wire` the module `dissectors.spec.fields`.
"""

from dissectors.spec.declaration import Declaration, FieldSpec, Message, Option, envelope, message, option
from dissectors.spec.flags import Flags

__all__ = ["Declaration", "FieldSpec", "Flags", "Message", "Option", "envelope", "message", "option"]
