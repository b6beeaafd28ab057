"""Hypothesis strategies for every declared message and option, made from the declarations."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from dissectors.padding import padded
from dissectors.profile import BUILT_IN, Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.families import declarations

MESSAGES = ("mobility", "icmpv6", "routing", "ipv6", "upper", "link")
OPTIONS = ("mobility_option", "nd_option", "ipv6_option")
ADDRESS = st.binary(min_size=16, max_size=16)


def _flags(kind: kinds.FlagBits, profile: Profile) -> st.SearchStrategy[Any]:
    """Any bits, the unknown ones too."""
    return st.integers(0, (1 << kind.bits) - 1).map(lambda raw: kind.value(raw, profile))


def _fixed(kind: kinds.Kind, profile: Profile) -> st.SearchStrategy[Any]:
    if isinstance(kind, kinds.FlagBits):
        return _flags(kind, profile)
    if kind.is_octets:
        return st.binary(min_size=kind.bits // 8, max_size=kind.bits // 8)
    assert isinstance(kind, kinds.UInt)
    return st.integers(0, (1 << kind.bits) - 1).map(lambda raw: raw * kind.unit)


def _octets_tail(declaration: Declaration) -> st.SearchStrategy[bytes]:
    """Octets whose number the length field can say: its step divides the whole."""
    length = declaration.first(kinds.Length)
    step = length.kind.step if length is not None and isinstance(length.kind, kinds.Length) else 1
    rest = -declaration.fixed_size % step
    # An option of no octets beyond its length has length 0 on the wire, which neighbour discovery forbids.
    return st.integers(0, 40 // step).flatmap(lambda n: st.binary(min_size=n * step + rest, max_size=n * step + rest))


def _tail(declaration: Declaration, spec: FieldSpec, profile: Profile) -> st.SearchStrategy[Any]:
    kind = spec.kind
    if isinstance(kind, kinds.AddressList):
        return st.lists(ADDRESS, min_size=kind.at_least, max_size=4).map(tuple)
    if isinstance(kind, kinds.OptionList):
        return st.lists(any_option(kind.family, profile), max_size=3).map(tuple)
    if isinstance(kind, kinds.Records):
        return st.lists(values(kind.entry.__declaration__, profile), max_size=3).map(tuple)
    if isinstance(kind, kinds.OptionalAddress):
        return st.one_of(st.just(b""), st.binary(min_size=4, max_size=4), ADDRESS)
    return _octets_tail(declaration)


@cache
def values(declaration: Declaration, profile: Profile) -> st.SearchStrategy[Any]:
    """Values of one declaration that the profile can carry."""
    fields = {
        spec.name: _tail(declaration, spec, profile) if spec.is_tail else _fixed(spec.kind, profile)
        for spec in declaration.values
    }
    if declaration.symbol in ("icmpv6", "mobility", "routing", *OPTIONS) and not declaration.numbers:
        fields |= _unclaimed(declaration, profile)
    elif len(declaration.numbers) > 1:
        fields["icmp_type"] = st.sampled_from(declaration.numbers)
    made = st.builds(declaration.cls, **fields)
    if declaration.family in ("mobility", "ipv6"):
        made = made.map(lambda message: padded(message, profile))
    return made.filter(lambda message: reads_back_as_itself(declaration, message, profile))


def _unclaimed(declaration: Declaration, profile: Profile) -> dict[str, st.SearchStrategy[int]]:
    """The types that no declaration has: what the fallback class is for."""
    name = (
        "type"
        if declaration.family in OPTIONS
        else {"mobility": "mh_type", "icmpv6": "icmp_type"}.get(declaration.symbol, "routing_type")
    )
    free = sorted(set(range(256)) - set(profile.codec.table(declaration.family)))
    return {name: st.sampled_from(free)}


def reads_back_as_itself(declaration: Declaration, message: Any, profile: Profile) -> bool:
    """Variants of one number tell each other apart by shape: a value of another's shape isn't one of this variant."""
    from dissectors.errors import EncodeError

    try:
        profile.codec.emit(message)
    except EncodeError as error:
        if "read as another message" not in str(error):
            raise
        return False
    return True


def any_option(family: str, profile: Profile) -> st.SearchStrategy[Any]:
    """An option of a family."""
    return st.one_of([values(d, profile) for d in available(family, profile)])


def available(family: str, profile: Profile) -> list[Declaration]:
    """The declarations of a family that a profile has numbers for, and its fallback."""
    with_number = (
        {id(d) for table in profile.codec.table(family).values() for d in table} if _numbered(family) else set()
    )
    return [d for d in declarations(family) if not _numbered(family) or id(d) in with_number or d.symbol == family]


def _numbered(family: str) -> bool:
    return family not in ("ipv6", "upper", "link")


CASES = [
    (profile, declaration)
    for profile in BUILT_IN.values()
    for family in (*MESSAGES, *OPTIONS)
    for declaration in available(family, profile)
]
IDS = [f"{profile.name}-{d.family}-{d.cls.__name__}" for profile, d in CASES]
