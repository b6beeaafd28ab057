"""Why a value can't be emitted: which field, and what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dissectors.errors import EncodeError
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.kind import Kind

if TYPE_CHECKING:
    from dissectors.codec import Codec

_ADDRESS = 16


def bad_field(codec: Codec, declaration: Declaration, message: Any) -> EncodeError:
    """Says which field's value doesn't fit; called when packing failed."""
    for field in declaration.values:
        value = getattr(message, field.name)
        if not _is_of_kind(field.kind, value):
            return EncodeError(
                f"{declaration.title}: {field.name} can't be {value!r}: {_asked(field)}", field=field.name
            )
        if field.is_tail:
            continue
        try:
            if isinstance(field.kind, kinds.UInt) and not isinstance(value, int):
                raise TypeError
            field.kind.from_json(field.kind.to_json(value, codec.profile), codec.profile)
        except EncodeError as error:
            return EncodeError(f"{declaration.title}: {field.name}: {error}", field=field.name)
        except (TypeError, AttributeError, ValueError):
            return EncodeError(f"{declaration.title}: {field.name} can't be {value!r}", field=field.name)
    return EncodeError(f"{declaration.title}: too long for its length field")


def _is_of_kind(kind: Kind, value: Any) -> bool:
    """Whether a value of several parts, an address, or octets up to the end, is of the types that it needs."""
    if isinstance(kind, kinds.FlagBits):
        return isinstance(value, frozenset | str)
    if isinstance(kind, kinds.OctetsTail):
        return isinstance(value, bytes | bytearray | memoryview)
    if isinstance(kind, kinds.Address):
        return isinstance(value, bytes | bytearray) and len(value) == _ADDRESS
    if isinstance(kind, kinds.AddressList):
        return isinstance(value, tuple | list) and all(isinstance(item, bytes) for item in value)
    if isinstance(kind, kinds.OptionList | kinds.Records):
        return isinstance(value, tuple | list) and all(hasattr(item, "__declaration__") for item in value)
    return True


def _asked(field: FieldSpec) -> str:
    """What `_is_of_kind` asks for."""
    if isinstance(field.kind, kinds.FlagBits):
        return "give Flags, as Flags('A')"
    if isinstance(field.kind, kinds.OctetsTail):
        return "give octets"
    if isinstance(field.kind, kinds.Address):
        return "give the address's 16 octets, as dissectors.ipv6.address.parse('2001:db8::1')"
    return f"give a tuple of {'addresses, 16 octets each' if isinstance(field.kind, kinds.AddressList) else field.name}"


def not_whole(declaration: Declaration, total: int, step: int) -> EncodeError:
    """A size that the length field can't say: padding is missing."""
    remedy = (
        "pad the options, as dissectors.padding.padded does"
        if "options" in declaration.by_name
        else f"make its data {-total % step} octets longer"
    )
    return EncodeError(f"{declaration.title}: {total} octets, not a multiple of {step}: {remedy}", field="options")


def bad_tail(declaration: Declaration, name: str, why: str) -> EncodeError:
    """A tail that can't be emitted."""
    return EncodeError(f"{declaration.title}: {name}: {why}", field=name)
