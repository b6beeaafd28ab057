"""What a field kind is: one class that knows its kind for every back end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from dissectors.profile import Profile

Namespace = dict[str, Any]


class ScapyField(NamedTuple):
    """A class of `scapy.fields` by name, and its arguments after the field's name."""

    class_name: str
    arguments: tuple[Any, ...]


class LuaField(NamedTuple):
    """A `ProtoField` constructor of Wireshark's Lua by name, and the text of its `base` argument ("" for none)."""

    constructor: str
    base: str = ""


@dataclass(slots=True, eq=False, repr=False)
class Kind:
    """What every kind answers. `bits` is the width in the fixed part, 0 for what runs to the end (a tail)."""

    bits: int = 0

    #: Computed when the message is emitted, never an attribute of the value.
    derived = False
    #: Whether the raw value is octets (else an unsigned integer).
    is_octets = False

    def decode_source(self, raw: str, name: str, namespace: Namespace, profile: Profile) -> str:
        """A Python expression for the value, from the raw value's variable."""
        return raw

    def encode_source(self, value: str, name: str, namespace: Namespace, profile: Profile) -> str:
        """A Python expression for the raw value, from the value's expression."""
        return value

    def value(self, raw: Any, profile: Profile) -> Any:
        """The value, from a raw one: what `decode_source` says, one at a time."""
        return raw

    def to_json(self, value: Any, profile: Profile) -> Any:
        """The value as JSON shows it."""
        return value

    def from_json(self, data: Any, profile: Profile) -> Any:
        """The value from JSON; EncodeError tells what was expected."""
        return data

    def from_text(self, text: str, profile: Profile) -> Any:
        """The value from what a person types."""
        return self.from_json(text, profile)

    def scapy(self) -> ScapyField:
        """How Scapy declares it."""
        raise NotImplementedError

    def dpkt(self) -> str:
        """The `struct` code of dpkt's `__hdr__`; "" for tails, which dpkt classes take from the codec."""
        return ""

    def lua(self) -> LuaField:
        """How Wireshark's Lua declares it."""
        raise NotImplementedError

    def doc(self) -> str:
        """Width and unit in words."""
        raise NotImplementedError
