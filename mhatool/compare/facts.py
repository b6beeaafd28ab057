"""What a message says, without what differs from run to run: numbers, identifiers, cookies, times, sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from dissectors.packet import Datagram
from dissectors.spec import kinds
from dissectors.view import FieldView, View, option_name
from mhatool.compare.renaming import Renaming

Value = int | str | tuple[Any, ...]
Facts = dict[str, Value]
"""By field, as records name it: numbers, texts, and tuples of them."""

INCIDENTAL: Final = frozenset(
    {
        "authenticator",
        "care_of_init_cookie",
        "care_of_keygen_token",
        "care_of_nonce_index",
        "home_init_cookie",
        "home_keygen_token",
        "home_nonce_index",
        "restart_counter",
        "sequence_number",
        "timestamp",
        "unique_identifier",
    }
)
"""Fields with another value in each run; so has an `identifier` that is a number."""
RUNNING_DOWN: Final = frozenset({"valid_lifetime_s", "preferred_lifetime_s"})
"""A prefix's lifetimes get shorter while it is advertised: whether they are over, or without end, is what counts."""
INFINITE: Final = 0xFFFFFFFF
"""RFC 4861, 4.6.2."""
_PADDING: Final = frozenset({"pad1", "pad_n"})


def facts_of(message: View, datagram: Datagram, rename: Renaming) -> Facts:
    """The message's fields, its options by name with theirs, and the extension headers before it."""
    facts = dict(_fields(message, rename))
    options = [option for option in message.options if option.type not in _PADDING]
    if options:
        facts["options"] = tuple(map(option_name, options))
    seen: Counter[str] = Counter()
    for option in options:
        seen[option.type] += 1
        name = option.type if seen[option.type] == 1 else f"{option.type}#{seen[option.type]}"
        facts.update((f"{name}.{field}", value) for field, value in _fields(option, rename))
    headers = tuple(view.type for view in datagram.extensions if view.type != "fragment")
    if headers:
        facts["headers"] = headers
    return facts


def _fields(view: View, rename: Renaming) -> Iterator[tuple[str, Value]]:
    for field in view.fields:
        if _counts(field):
            yield field.name, _value(field, view, rename)


def _counts(field: FieldView) -> bool:
    """Whether a field's value is something that the message says."""
    kind = field.spec.kind
    if kind.derived or isinstance(kind, kinds.Checksum | kinds.OptionList | kinds.QuotedPacket):
        return False
    if isinstance(kind, kinds.Reserved):
        return bool(field.value)
    return field.name not in INCIDENTAL and not (field.name == "identifier" and isinstance(kind, kinds.UInt))


def _value(field: FieldView, view: View, rename: Renaming) -> Value:
    kind, value = field.spec.kind, field.value
    if field.name in RUNNING_DOWN:
        return {0: "over", INFINITE: "infinite"}.get(value, "finite")
    if isinstance(kind, kinds.Address | kinds.OptionalAddress) and len(value) == 16:
        return rename.text(value)
    if isinstance(kind, kinds.AddressList):
        return tuple(map(rename.text, value))
    found = kind.to_json(value, view.profile)
    return found if isinstance(found, int | str) else tuple(found or ())
