"""Names of the fields that our Wireshark script shows, `mha.*`, and what they stand for among our own names.

The script is generated from these names, and filters take them in the script's meaning, units too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

from msgspec import Struct

from dissectors.profile import BUILT_IN
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.families import declarations

#: What names in filters begin with, where that isn't `mha.` and the declaration's symbol.
_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "binding_update": "mha.update",
        "binding_acknowledgement": "mha.acknowledgement",
        "binding_error": "mha.error",
        "binding_refresh_request": "mha.refresh_request",
        "multiple_home_agents": "mha.option",
        "mobility_option": "mha.option",
        "mobility_message_authentication": "mha.authentication",
        "ha_switch": "mha.switch",
        "home_agent_unreachable": "mha.unreachable",
        "prefix_information": "mha.prefix",
    }
)
#: One of a list goes by its own name.
_SINGULAR: Mapping[str, str] = MappingProxyType(
    {"home_agents": "home_agent", "addresses": "address", "unreachable": "address"}
)
#: The ICMPv6 messages that the script shows; all others are Wireshark's alone.
_ICMPV6 = (
    "home_agent_unreachable",
    "dhaad_request",
    "dhaad_reply",
    "mobile_prefix_solicitation",
    "mobile_prefix_advertisement",
)
_HIDDEN = (kinds.Reserved, kinds.Checksum, kinds.OptionList)
FAMILIES = ("mobility", "mobility_option", "nd_option")
#: The messages in which the script shows neighbour discovery options.
_WITH_PREFIXES: Final = ("mobile_prefix_advertisement", "mobile_prefix_solicitation")
#: Those whose checksum it looks at.
_CHECKED: Final = ("any_mobility", "home_agent_unreachable", "dhaad_request", "dhaad_reply", *_WITH_PREFIXES)

#: What only Wireshark's script says, and who says it here.
ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mha.node": "`mhatool extract --home-address` finds a mobile node's packets",
        "mha.rule": "`mhatool validate` judges by rules",
        "mha.response_in": "`mhatool diff` matches requests and answers",
        "mha.response_to": "`mhatool diff` matches requests and answers",
        "mha.response_time": "`mhatool diff` matches requests and answers",
        "mha.checksum.calculated": "mha.checksum.status says whether it is right",
        "mha.flag.meaning": "mha.flag.multiple says where the M bit means several home agents",
    }
)


class Shown(Struct, frozen=True):
    """A declaration as the script shows it."""

    declaration: Declaration

    @property
    def prefix(self) -> str:
        """What the names of its fields begin with."""
        return _PREFIXES.get(self.declaration.symbol, f"mha.{self.declaration.symbol}")

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The fields that have a filter name: all values but those that Wireshark shows as well or that are empty."""
        first = "type" if self.declaration.symbol in ("mobility_option", "nd_option") else "mh_type"
        return tuple(s for s in self.declaration.values if not isinstance(s.kind, _HIDDEN) and s.name != first)

    def name(self, spec: FieldSpec) -> str:
        """A field's filter name."""
        return f"{self.prefix}.{_SINGULAR.get(spec.name, spec.name)}"


def shown() -> list[Shown]:
    """Every declaration that the script knows: all mobility messages and options, and the ICMPv6 messages of ours."""
    found = [declaration for family in FAMILIES for declaration in declarations(family)]
    found += [declaration for declaration in declarations("icmpv6") if declaration.symbol in _ICMPV6]
    # Not in the order in which modules happened to be read: the script is compared with the committed one.
    families = (*FAMILIES, "icmpv6")
    found.sort(key=lambda each: (families.index(each.family), each.numbers or (256,), each.symbol))
    return [Shown(declaration) for declaration in found]


class Meaning(NamedTuple):
    """What a name of the script's stands for: our own names, and how values are turned (see `aliases`)."""

    names: tuple[str, ...]
    how: str = ""
    argument: str = ""


def _own_names(each: Shown, spec: FieldSpec) -> tuple[str, ...]:
    """Our own names of a field of the script."""
    declaration = each.declaration
    if declaration.family == "mobility_option":
        return (f"any_mobility.options.{declaration.symbol}.{spec.name}",)
    if declaration.family == "nd_option":
        return tuple(f"{layer}.options.{declaration.symbol}.{spec.name}" for layer in _WITH_PREFIXES)
    return (f"{declaration.symbol}.{spec.name}",)


def _digits(kind: kinds.FlagBits) -> int:
    """How many hexadecimal digits Wireshark shows of flags."""
    return next(width for width in (2, 4, 6, 8) if width * 4 >= kind.bits)


@cache
def meanings() -> Mapping[str, Meaning]:
    """Every name of the script's that has a meaning without Wireshark."""
    found = {
        "mha.type": Meaning(("any_mobility.mh_type",)),
        "mha.icmpv6.type": Meaning(("home_agent_unreachable.icmp_type",)),
        "mha.checksum": Meaning(tuple(f"{layer}.checksum" for layer in _CHECKED), "hex", "4"),
        "mha.checksum.status": Meaning(tuple(f"{layer}.checksum_status" for layer in _CHECKED), "status"),
        "mha.flag.multiple": Meaning(("binding_update",), "multiple"),
    }
    for family, layers in (("option", ("any_mobility",)), ("nd_option", _WITH_PREFIXES)):
        for name in ("type", "length"):
            found[f"mha.{family}.{name}"] = Meaning(tuple(f"{layer}.options.{name}" for layer in layers))
    for each in shown():
        for spec in each.fields:
            for name, meaning in _of_field(each, spec):
                there = found.setdefault(name, meaning)
                if there != meaning:  # layouts that share a name
                    found[name] = there._replace(names=tuple(dict.fromkeys((*there.names, *meaning.names))))
    return found


def _of_field(each: Shown, spec: FieldSpec) -> Iterator[tuple[str, Meaning]]:
    name, kind, own = each.name(spec), spec.kind, _own_names(each, spec)
    if isinstance(kind, kinds.OptionalAddress):
        yield name, Meaning(own, "size", "16")
        yield f"{name}_ipv4", Meaning(own, "size", "4")
    elif isinstance(kind, kinds.FlagBits):
        yield name, Meaning(own, "bits", str(_digits(kind)))
        for letter in dict.fromkeys(letter for profile in BUILT_IN.values() for letter in kind.table(profile).letters):
            yield f"{name}.{letter.lower()}", Meaning(own, "letter", letter)
    elif isinstance(kind, kinds.OctetsTail):
        yield name, Meaning(own, "some")
    else:
        yield name, Meaning(own)


__all__ = ["ELSEWHERE", "FAMILIES", "Meaning", "Shown", "meanings", "shown"]
