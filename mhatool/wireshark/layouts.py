"""From declarations to what the Lua script reads octets by: its fields' filter names, and a table a layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dissectors.profile import Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.families import declarations
from mhatool.display.filter.script_names import FAMILIES, Shown, shown
from mhatool.display.labels import FLAG_NAMES, label

#: What a bit means beside what its registry says.
_OTHER_MEANINGS = {"binding_update": {"M": "Multiple Home Agents, or MAP Registration"}}


def quoted(text: str) -> str:
    """A Lua string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# --- fields -----------------------------------------------------------------------------------------------------------


def value_names(names: Mapping[int, str]) -> str:
    """A Lua table of names by number."""
    return "{ " + ", ".join(f"[{number}] = {quoted(name)}" for number, name in sorted(names.items())) + " }"


def proto_field(name: str, constructor: str, text: str, base: str = "", names: Mapping[int, str] | None = None) -> str:
    """A line that makes a field known by its filter name."""
    arguments = [quoted(name), quoted(text)]
    if base or names:
        arguments.append(base or "base.DEC")
    if names:
        arguments.append(value_names(names))
    return f"F[{quoted(name)}] = ProtoField.{constructor}({', '.join(arguments)})"


def _unit(name: str) -> str:
    return " (s)" if name.endswith("_s") else " (ms)" if name.endswith("_ms") else ""


def _letters(kind: kinds.FlagBits, profiles: Sequence[Profile]) -> list[str]:
    """The letters of a flags field in any of these profiles."""
    return list(dict.fromkeys(letter for profile in profiles for letter in kind.table(profile).letters))


def proto_fields(profiles: Sequence[Profile]) -> Iterator[str]:
    """The lines that make every field."""
    made: set[str] = set()
    for each in shown():
        for spec in each.fields:
            name = each.name(spec)
            if name in made:
                continue
            made.add(name)
            yield from _proto_field(each, spec, name, profiles)


def _proto_field(each: Shown, spec: FieldSpec, name: str, profiles: Sequence[Profile]) -> Iterator[str]:
    kind = spec.kind
    described, text = kind.lua(), label(spec.name) + _unit(spec.name)
    if isinstance(kind, kinds.OptionalAddress):
        yield proto_field(name, "ipv6", text)
        yield proto_field(f"{name}_ipv4", "ipv4", text)
        return
    names = kind.names if isinstance(kind, kinds.UInt) else None
    yield proto_field(name, described.constructor, text, described.base, names)
    if isinstance(kind, kinds.FlagBits):
        known = {**FLAG_NAMES.get(each.declaration.symbol, {}), **_OTHER_MEANINGS.get(each.declaration.symbol, {})}
        for letter in _letters(kind, profiles):
            meaning = known.get(letter, "")
            words = f"{letter}: {meaning}" if meaning else letter
            yield proto_field(f"{name}.{letter.lower()}", "bool", words)


# --- layouts ----------------------------------------------------------------------------------------------------------


def _table(entries: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {value}" for key, value in entries.items() if value is not None) + " }"


def _letter_list(name: str, letters: Mapping[str, int]) -> str:
    entries = [f'{{ F["{name}.{letter.lower()}"], {bit:#x}, "{letter}" }}' for letter, bit in letters.items()]
    return "{ " + ", ".join(entries) + " }" if entries else "{}"


def _field(each: Shown, spec: FieldSpec) -> str:
    kind, name = spec.kind, each.name(spec)
    entries: dict[str, Any] = {"field": f'F["{name}"]', "at": spec.offset, "size": spec.size}
    is_part = not kind.is_octets and spec.size * 8 != kind.bits
    unit = kind.unit if isinstance(kind, kinds.UInt) else 1
    if isinstance(kind, kinds.FlagBits):
        entries |= {"flags": quoted(kind.key), "letters": _letter_list(name, dict(kind.letters))}
    elif not is_part and unit == 1:
        return _table(entries | {"whole": "true"})
    if is_part:
        entries |= {"shift": spec.shift, "mask": f"{(1 << kind.bits) - 1:#x}"}
    is_large = kind.lua().constructor == "uint64"  # Lua's numbers aren't taken for those
    return _table(entries | {"unit": unit, "is_large": "true" if is_large else None})


def _tail(each: Shown, spec: FieldSpec) -> str:
    kind, name = spec.kind, f'F["{each.name(spec)}"]'
    match kind:
        case kinds.OptionList():
            return _table({"kind": '"options"', "family": quoted(kind.family)})
        case kinds.AddressList():
            counter = each.declaration.by_name.get(kind.counted_by)
            at = counter.offset if counter is not None else None
            return _table({"kind": '"addresses"', "field": name, "counted_at": at})
        case kinds.OptionalAddress():
            return _table({"kind": '"address"', "field": name, "ipv4": f'F["{each.name(spec)}_ipv4"]'})
    return _table({"kind": '"octets"', "field": name})


def _tail_kind(declaration: Declaration) -> str | None:
    """How a message ends: what decides which sizes fit, and whether options are there."""
    if not declaration.tails:
        return None
    if any(isinstance(spec.kind, kinds.OptionList) for spec in declaration.tails):
        return '"options"'
    return '"address"' if isinstance(declaration.tails[0].kind, kinds.OptionalAddress) else '"octets"'


def _pair(pair: tuple[int, int]) -> str:
    return f"{{ {pair[0]}, {pair[1]} }}"


def layout(each: Shown) -> str:
    """The line that tells how a message or option lies."""
    declaration = each.declaration
    fixed = [_field(each, spec) for spec in each.fields if not spec.is_tail]
    by_size = ", ".join(f"[{size}] = {_pair(pair)}" for size, pair in declaration.align_by_size.items())
    entries: dict[str, Any] = {
        "title": quoted(declaration.title),
        "size": declaration.fixed_size,
        "fields": "{ " + ", ".join(fixed) + " }",
        "tails": "{ " + ", ".join(_tail(each, spec) for spec in declaration.tails) + " }",
        "tail": _tail_kind(declaration),
        "align": _pair(declaration.align) if declaration.align else None,
        "align_by_size": "{ " + by_size + " }" if by_size else "{}",
    }
    return f"LAYOUT.{declaration.symbol} = {_table(entries)}"


def flag_tables(profile: Profile) -> Iterator[tuple[str, str]]:
    """The flags fields whose letters depend on the profile: key and Lua table."""
    for each in shown():
        for spec in each.fields:
            if isinstance(spec.kind, kinds.FlagBits) and spec.kind.key:
                yield spec.kind.key, _letter_list(each.name(spec), spec.kind.table(profile).letters)


def numbers(profile: Profile, family: str) -> dict[int, str]:
    """Number -> symbol of a family. What shares its number with something else by its shape alone isn't among them."""
    found: dict[int, str] = {}
    for declaration in declarations(family):
        if declaration.when is None:
            found.update((number, declaration.symbol) for number in profile.code_points(declaration))
    return dict(sorted(found.items()))


__all__ = ["FAMILIES", "Shown", "flag_tables", "layout", "numbers", "proto_field", "proto_fields", "quoted", "shown"]
