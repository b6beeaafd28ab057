"""Code points that differ by era.

A declaration names IANA's numbers, and where there are none ours; a profile holds what is different: `rfc6275` nothing,
`kame2003` the numbers of the paper's testbed (draft 19, KAME snapshot of January 2003). A TOML file makes another one.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dissectors import toml_text
from dissectors.spec.flags import FlagTable

if TYPE_CHECKING:
    from dissectors.codec import Codec
    from dissectors.spec.declaration import Declaration

_EMPTY: Mapping[str, Any] = MappingProxyType({})


class ProfileError(ValueError):
    """A profile file that doesn't say what it should; the text names file and key."""


@dataclass(eq=False)
class Profile:
    """Code points by symbol.

    `numbers[family][symbol]` overrides a declaration's number; `closed` families know no other symbols than those
    listed. `flags[key]` overrides the letters of a flags field. `protocols` are numbers of the IPv6 next header by
    layer family.
    """

    name: str
    protocols: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    flags: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    flag_tables: dict[object, FlagTable] = field(default_factory=dict, repr=False)  # by field kind, when first used
    _tables: dict[tuple[str, int], FlagTable] = field(default_factory=dict, repr=False)
    _codec: Codec | None = field(default=None, repr=False)

    def protocol(self, family: str) -> int:
        """The next header value of that layer: `mobility`, `icmpv6` ..."""
        return self.protocols.get(family, PROTOCOLS[family])

    def code_points(self, declaration: Declaration) -> tuple[int, ...]:
        """The numbers of a declaration here; none where this profile doesn't have it."""
        own = self.numbers.get(declaration.family, _EMPTY)
        if declaration.symbol in own:
            return (own[declaration.symbol],)
        return () if declaration.family in self.closed else declaration.numbers

    def flag_table(self, key: str, bits: int, letters: Mapping[str, int]) -> FlagTable:
        """The flags of the field `key`, with the declaration's own letters where this profile has no others."""
        chosen = self.flags.get(key, letters) if key else letters
        signature = (f"{key}{sorted(chosen.items())}", bits)
        if signature not in self._tables:
            self._tables[signature] = FlagTable(bits, chosen)
        return self._tables[signature]

    @property
    def codec(self) -> Codec:
        """The compiled parsers and emitters of this profile."""
        if self._codec is None:
            from dissectors.codec import Codec

            self._codec = Codec(self)
        return self._codec


#: IPv6 next header values (IANA).
PROTOCOLS: Mapping[str, int] = MappingProxyType(
    {
        "hop_by_hop": 0,
        "ipv4": 4,
        "tcp": 6,
        "udp": 17,
        "ipv6": 41,
        "routing": 43,
        "fragment": 44,
        "esp": 50,
        "ah": 51,
        "icmpv6": 58,
        "no_next_header": 59,
        "destination_options": 60,
        "mobility": 135,
    }
)

RFC6275 = Profile("rfc6275")

KAME2003 = Profile(
    "kame2003",
    protocols={"mobility": 62},
    numbers={
        "mobility_option": {
            "pad1": 0,
            "pad_n": 1,
            "unique_identifier": 2,
            "alternate_care_of_address": 3,
            "nonce_indices": 4,
            "binding_authorization_data": 5,
            "binding_refresh_advice": 6,
            "multiple_home_agents": 7,
        },
        "icmpv6": {
            "dhaad_request": 150,
            "dhaad_reply": 151,
            "mobile_prefix_solicitation": 152,
            "mobile_prefix_advertisement": 153,
        },
    },
    flags={
        "binding_update": {"A": 0x8000, "H": 0x4000, "S": 0x2000, "D": 0x1000, "L": 0x0800, "M": 0x0400},
        "binding_acknowledgement": {},
    },
    closed=frozenset({"mobility_option"}),
)

_EXAMPLE: Final = "`numbers.mobility_option.multiple_home_agents = 200`"

BUILT_IN: Mapping[str, Profile] = MappingProxyType({p.name: p for p in (RFC6275, KAME2003)})


def chosen(profile: Profile | None) -> Profile:
    """That profile, or the usual one; TypeError for its name, which is `load`'s to read."""
    if profile is None:
        return RFC6275
    if not isinstance(profile, Profile):
        raise TypeError(f"a profile can't be {profile!r}: give dissectors.profile.KAME2003, or what its load() returns")
    return profile


def load(name_or_path: str) -> Profile:
    """A built-in profile by name, or one from a TOML file.

    The file: `name`, `base` (a built-in profile), tables `[protocols]`, `[numbers.FAMILY]` and `[flags.KEY]` of whole
    numbers, each replacing single entries of the base.
    """
    if name_or_path in BUILT_IN:
        return BUILT_IN[name_or_path]
    path = Path(name_or_path)
    try:
        data = toml_text.read(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        known = ", ".join(BUILT_IN)
        raise ProfileError(f"no profile {name_or_path!r}: give one of {known}, or a TOML file") from None
    except OSError as error:
        reason = (error.strerror or "it can't be read").lower()
        raise ProfileError(f"profile {name_or_path}: {reason}; give a TOML file that you may read") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"profile {name_or_path}: {error}; give TOML, as {_EXAMPLE}") from None
    return _from_toml(data, str(path))


def _from_toml(data: dict[str, Any], where: str) -> Profile:
    unknown = set(data) - {"name", "base", "protocols", "numbers", "flags"}
    if unknown:
        raise ProfileError(f"profile {where}: unknown key {sorted(unknown)[0]!r}")
    base_name = data.get("base", "rfc6275")
    if not isinstance(base_name, str) or base_name not in BUILT_IN:
        raise ProfileError(f"profile {where}: base = {base_name!r} is none of {', '.join(BUILT_IN)}")
    base = BUILT_IN[base_name]
    protocols = dict(base.protocols)
    for name, value in _table(data.get("protocols", {}), f"profile {where}: protocols").items():
        if name not in PROTOCOLS:
            raise ProfileError(f"profile {where}: protocols.{name} is none of {', '.join(PROTOCOLS)}")
        protocols[name] = _code_point(value, 255, f"profile {where}: protocols.{name}")
    numbers = _numbers(base, _tables(data, "numbers", where), where)
    flags = _flags(base, _tables(data, "flags", where), where)
    name = data.get("name", Path(where).stem)
    if not isinstance(name, str):
        raise ProfileError(f"profile {where}: name = {name!r}: a text is needed")
    made = Profile(name, protocols, numbers, flags, base.closed)
    _refuse_collisions(made, base, where)
    return made


def _refuse_collisions(made: Profile, base: Profile, where: str) -> None:
    """Two meanings of one number. Only those may share one that do in the base, where their shape tells them apart."""
    from dissectors.spec.families import load_all

    taken: dict[int, str] = {}
    for name in PROTOCOLS:
        number = made.protocol(name)
        if number in taken:
            raise ProfileError(f"profile {where}: protocols.{name} = {number} is {taken[number]}'s: give a free one")
        taken[number] = name
    for family, items in load_all().items():
        owners: dict[int, Declaration] = {}
        for item in items:
            for number in made.code_points(item):
                other = owners.setdefault(number, item)
                if other is not item and set(base.code_points(other)).isdisjoint(base.code_points(item)):
                    both = f"{other.symbol}'s and {item.symbol}'s"
                    raise ProfileError(f"profile {where}: numbers.{family}: {number} is {both}: give a free one")


def _numbers(base: Profile, tables: dict[str, dict[str, Any]], where: str) -> dict[str, dict[str, int]]:
    """The base's numbers with the file's in place of them; only declared symbols."""
    from dissectors.spec import kinds
    from dissectors.spec.families import load_all  # only a file's check needs every declaration

    symbols = {family: {d.symbol for d in items} for family, items in load_all().items()}
    fixed = {(d.family, d.symbol) for items in load_all().values() for d in items if d.first(kinds.Number) is None}
    numbers = {family: dict(table) for family, table in base.numbers.items()}
    for family, table in tables.items():
        if family not in symbols:
            known = ", ".join(sorted(symbols))
            next_headers = "next headers stand in protocols, as protocols.mobility"
            raise ProfileError(f"profile {where}: numbers.{family} is no family (there are {known}; {next_headers})")
        for symbol, value in table.items():
            if symbol not in symbols[family]:
                raise ProfileError(f"profile {where}: numbers.{family}.{symbol} is no declared message or option")
            place = f"profile {where}: numbers.{family}.{symbol}"
            if symbol in ("pad1", "pad_n"):
                raise ProfileError(f"{place}: padding is 0 and 1 in every profile")
            if (family, symbol) in fixed:
                raise ProfileError(f"{place}: its number is a field of the message, and the same in every profile")
            numbers.setdefault(family, {})[symbol] = _code_point(value, 255, place)
    return numbers


def _flags(base: Profile, tables: dict[str, dict[str, Any]], where: str) -> dict[str, dict[str, int]]:
    """The base's flags with the file's in place of them; only fields that have a key."""
    flags = {key: dict(table) for key, table in base.flags.items()}
    for key, table in tables.items():
        if key not in FLAG_FIELDS:
            raise ProfileError(f"profile {where}: flags.{key} is none of {', '.join(FLAG_FIELDS)}")
        letters, bits = FLAG_FIELDS[key]
        own = flags.setdefault(key, dict(letters()))
        for letter, value in table.items():
            place = f"profile {where}: flags.{key}.{letter}"
            if not (letter.isascii() and letter.isalnum() and letter[:1].isalpha()):
                raise ProfileError(f"{place}: a flag's name is letters and digits, a letter first")
            bit = _code_point(value, (1 << bits) - 1, place)
            if bit & (bit - 1) or not bit:
                raise ProfileError(f"{place} = {bit:#x}: one bit is needed")
            if (
                other := next((name for name, taken in own.items() if taken == bit and name != letter), None)
            ) is not None:
                raise ProfileError(f"{place} = {bit:#x} is {other}'s bit: give {other} another one too")
            own[letter] = bit
    return flags


def _declared_flags(module: str, name: str) -> Callable[[], Mapping[str, int]]:
    return lambda: dict(getattr(importlib.import_module(module), name))


#: The flags fields whose letters a profile may change: where their declared letters stand, and how many bits there are.
FLAG_FIELDS: Mapping[str, tuple[Callable[[], Mapping[str, int]], int]] = MappingProxyType(
    {
        "binding_update": (_declared_flags("dissectors.mobility.binding", "UPDATE_FLAGS"), 16),
        "binding_acknowledgement": (_declared_flags("dissectors.mobility.binding", "ACKNOWLEDGEMENT_FLAGS"), 8),
    }
)


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProfileError(f"{where}: a table is needed")
    return value


def _tables(data: dict[str, Any], key: str, where: str) -> dict[str, dict[str, Any]]:
    outer = _table(data.get(key, {}), f"profile {where}: {key}")
    return {name: _table(table, f"profile {where}: {key}.{name}") for name, table in outer.items()}


def _code_point(value: Any, most: int, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ProfileError(f"{where} = {value!r}: a whole number from 0 to {most} is needed")
    return value
