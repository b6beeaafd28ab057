"""From a name to what it means: the frame's own fields, `layer.field` by the declarations, and aliases.

Names, besides those of the frame: a layer type (`binding_update`); its fields (`binding_update.lifetime_s`), with
`X_name` beside numbers that have names, `checksum_status`, `offset` and `problems`; `LAYER.options` (the symbols of its
options), `LAYER.options.type`, `LAYER.options.SYMBOL` and `LAYER.options.SYMBOL.FIELD`; `option.SYMBOL...` in any
layer. `quoted.` before any of them looks into the packet that an ICMPv6 error quotes; without it nobody does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from dissectors.spec import kinds
from dissectors.spec.families import declarations
from mhatool.display.filter import values
from mhatool.display.filter.values import ValueType

if TYPE_CHECKING:
    from dissectors.profile import Profile
    from dissectors.spec.declaration import Declaration, FieldSpec
    from dissectors.view import View
    from mhatool.display.frame import Frame

Values = Callable[["Frame"], Iterable[Any]]
Views = Callable[["Frame"], Iterable["View"]]
OfView = Callable[["View"], Iterable[Any]]

LAYER_FAMILIES = ("mobility", "icmpv6", "ipv6", "routing", "link", "upper")
OPTION_FAMILIES = ("mobility_option", "ipv6_option", "nd_option")
#: Names for all layers of a family, which only aliases use.
GROUPS = {"any_mobility": "mobility", "any_icmpv6": "icmpv6"}

#: What layers show beside their declared fields.
EXTRA: dict[str, dict[str, ValueType]] = {
    "ethernet": {"trailer": values.OCTETS},
    "fragment": {"frames": values.INTEGER},
    "esp": {
        "null": values.BOOLEAN,
        "padding": values.OCTETS,
        "next_header": values.INTEGER,
        "icv": values.OCTETS,
    },
    "mobility": {"mh_type_name": values.TEXT},
    "payload": {
        "length": values.INTEGER,
        "ethertype": values.INTEGER,
        "ethertype_name": values.TEXT,
        "protocol": values.INTEGER,
        "protocol_name": values.TEXT,
        "encrypted": values.BOOLEAN,
        "trailing": values.BOOLEAN,
    },
}


class UnknownNameError(LookupError):
    """No such name; `known` are those that could have been meant."""

    def __init__(self, known: Iterable[str]) -> None:
        super().__init__(known)
        self.known = known


class Field(NamedTuple):
    """A name's meaning: the type of its values, and how to get those of a frame."""

    name: str
    type: ValueType
    values: Values

    def text(self, frame: Frame) -> str:
        """The column's text: values parted by commas."""
        return ",".join([self.type.text(value) for value in self.values(frame)])


FRAME_FIELDS: dict[str, tuple[ValueType, Values]] = {
    "file": (values.TEXT, lambda f: (f.file,)),
    "frame": (values.INTEGER, lambda f: (f.record.frame,)),
    "time": (values.TIME, lambda f: (f.record.time_ns,)),
    "link_type": (values.INTEGER, lambda f: (f.record.link_type,)),
    "length": (values.INTEGER, lambda f: (f.record.original_length,)),
    "captured_length": (values.INTEGER, lambda f: (len(f.record.captured),)),
    "comment": (values.TEXT, lambda f: f.record.comment.split("\n") if f.record.comment else ()),
    "src": (values.ADDRESS, lambda f: [d.source for d in f.packet.datagrams[:1]]),
    "dst": (values.ADDRESS, lambda f: [d.destination for d in f.packet.datagrams[:1]]),
    "problem": (values.TEXT, lambda f: [p.code for p in _problems(f)]),
    "signalling": (values.BOOLEAN, lambda f: (True,) if f.packet.is_signalling else ()),
    "summary": (values.TEXT, lambda f: (_summary(f),)),
}


def _problems(frame: Frame) -> Iterator[Any]:
    return chain(frame.packet.problems, *(layer.problems for layer in frame.packet.layers))


def _summary(frame: Frame) -> str:
    from mhatool.display.summary import summary

    return summary(frame.packet)


# --- layers -----------------------------------------------------------------------------------------------------------


def layers_by_name() -> dict[str, list[Declaration]]:
    """Layer type -> its declarations (the routing header has several)."""
    found: dict[str, list[Declaration]] = {}
    for family in LAYER_FAMILIES:
        for declaration in declarations(family):
            found.setdefault(declaration.symbol, []).append(declaration)
    return found


def _layer_views(symbols: frozenset[str], quoted: bool | None) -> Views:
    if quoted is None:
        return lambda frame: [v for v in frame.packet.layers if v.declaration.symbol in symbols]
    return lambda frame: [v for v in frame.packet.layers if v.declaration.symbol in symbols and v.quoted is quoted]


def _every_view(quoted: bool | None) -> Views:
    if quoted is None:
        return lambda frame: frame.packet.layers
    return lambda frame: [v for v in frame.packet.layers if v.quoted is quoted]


def resolve(name: str, profile: Profile, *, quoted: bool | None = False) -> Field:
    """The meaning of one of our own names. `quoted`: look into quoted packets only (None: too). UnknownNameError."""
    if name in FRAME_FIELDS:
        return Field(name, *FRAME_FIELDS[name])
    if name.startswith("quoted."):
        return resolve(name.removeprefix("quoted."), profile, quoted=True)._replace(name=name)
    symbols, type_, of_view = _of_layers(name, profile)
    views = _every_view(quoted) if symbols is None else _layer_views(symbols, quoted)
    return Field(name, type_, views if of_view is None else _each(views, of_view))


def resolve_together(names: Sequence[str], profile: Profile) -> Field:
    """Fields of layers under one name, of the first one's type: their values in the order of the layers, quoted too."""
    parts = [_of_layers(name, profile) for name in names]

    def found(frame: Frame) -> list[Any]:
        return [
            value
            for view in frame.packet.layers
            for symbols, _, of_view in parts
            if symbols is None or view.declaration.symbol in symbols
            for value in (of_view(view) if of_view is not None else (view,))
        ]

    return Field(names[0], parts[0][1], found)


def _of_layers(name: str, profile: Profile) -> tuple[frozenset[str] | None, ValueType, OfView | None]:
    """Which layers a name is about (None: any), the values' type, and what gives them (None: the layer itself)."""
    head, _, rest = name.partition(".")
    if head == "option":
        try:
            return None, *_option(OPTION_FAMILIES, rest, profile)
        except UnknownNameError as error:
            raise UnknownNameError([known.replace("options.", "option.", 1) for known in error.known]) from None
    members = declarations(GROUPS[head]) if head in GROUPS else layers_by_name().get(head)
    if not members:
        raise UnknownNameError([*layers_by_name(), *FRAME_FIELDS, "option"])
    symbols = frozenset(d.symbol for d in members)
    if not rest:
        return symbols, values.PRESENCE, None
    try:
        return symbols, *_of_declarations(members, rest, profile)
    except UnknownNameError as error:
        raise UnknownNameError([f"{head}.{known}" for known in error.known]) from None


def _each(views: Views, of_view: OfView) -> Values:
    return lambda frame: [value for view in views(frame) for value in of_view(view)]


# --- fields of layers, options and entries ----------------------------------------------------------------------------


def _of_declarations(members: list[Declaration], name: str, profile: Profile) -> tuple[ValueType, OfView]:
    head, _, rest = name.partition(".")
    spec = next((d.by_name[head] for d in members if head in d.by_name), None)
    if spec is not None and isinstance(spec.kind, kinds.OptionList):
        type_, of_view = _option((spec.kind.family,), rest, profile) if rest else (values.TEXT, _symbols)
        return type_, of_view
    if spec is not None and isinstance(spec.kind, kinds.Records) and rest:
        type_, of_entry = _of_declarations([spec.kind.entry.__declaration__], rest, profile)
        return type_, lambda view: [value for entry in view.get(head, ()) for value in of_entry(entry)]
    if spec is not None and not rest:
        return type_of(spec, profile), _values_of(spec)
    if not rest:
        beside = _beside(members, name)
        if beside is not None:
            return beside
    raise UnknownNameError(field_names(members))


def type_of(spec: FieldSpec, profile: Profile) -> ValueType:
    """The type of a declared field's values."""
    match spec.kind:
        case kinds.Address() | kinds.AddressList() | kinds.OptionalAddress():
            return values.ADDRESS
        case kinds.FlagBits():
            return values.FlagSet(tuple(spec.kind.table(profile).letters))
        case kinds.LinkLayerAddress():
            return values.HARDWARE_ADDRESS
        case kinds.UInt():
            return values.INTEGER
        case kinds.Records():
            return values.PRESENCE
    return values.OCTETS


def _values_of(spec: FieldSpec) -> OfView:
    name = spec.name
    if isinstance(spec.kind, kinds.AddressList | kinds.Records):
        return lambda view: view.get(name, ())
    if isinstance(spec.kind, kinds.OptionalAddress):
        return lambda view: [value for value in (view.get(name),) if value]
    return lambda view: [value for value in (view.get(name),) if value is not None]


def _beside(members: list[Declaration], name: str) -> tuple[ValueType, OfView] | None:
    """What records show beside the declared fields."""
    if name == "offset":
        return values.INTEGER, lambda view: (view.start,)
    if name == "problems":
        return values.TEXT, lambda view: [problem.code for problem in view.problems]
    if name == "checksum_status":
        return values.TEXT, lambda view: [view.checksum_status] if view.checksum_status else []
    for declaration in members:
        extra = EXTRA.get(declaration.symbol, {}).get(name)
        if extra is not None:
            return extra, _extra(name)
        spec = declaration.by_name.get(name.removesuffix("_name"))
        if spec is not None and isinstance(spec.kind, kinds.UInt) and spec.kind.names is not None:
            return values.TEXT, _name_of(spec)
    return None


def _extra(name: str) -> OfView:
    def found(view: View) -> Iterable[Any]:
        value = view.extra.get(name)
        if value is None:
            return ()
        return value if isinstance(value, list) else (value,)

    return found


def _name_of(spec: FieldSpec) -> OfView:
    names = spec.kind.names or {}  # type: ignore[attr-defined]
    return lambda view: [names.get(value, "unassigned") for value in (view.get(spec.name),) if value is not None]


def _symbols(view: View) -> list[str]:
    return [option.type for option in view.options]


def _option(families: tuple[str, ...], name: str, profile: Profile) -> tuple[ValueType, OfView]:
    """`SYMBOL`, `SYMBOL.FIELD`, or `type` and `length` of all options."""
    head, _, rest = name.partition(".")
    if name == "type":
        return values.INTEGER, lambda view: [option.octets[option.start] for option in view.options]
    if name == "length":
        return values.INTEGER, lambda view: [o.octets[o.start + 1] for o in view.options if o.end - o.start > 1]
    members = [d for family in families for d in declarations(family) if d.symbol == head]
    if not members:
        known = [d.symbol for family in families for d in declarations(family)]
        raise UnknownNameError([f"options.{symbol}" for symbol in known])

    def views(view: View) -> list[View]:
        return [option for option in view.options if option.declaration.symbol == head]

    if not rest:
        return values.PRESENCE, views
    try:
        type_, of_option = _of_declarations(members, rest, profile)
    except UnknownNameError as error:
        raise UnknownNameError([f"options.{head}.{known}" for known in error.known]) from None
    return type_, lambda view: [value for option in views(view) for value in of_option(option)]


def field_names(members: Iterable[Declaration]) -> list[str]:
    """The names that can stand after a layer's: for suggestions and for documentation."""
    found: dict[str, None] = {}
    for declaration in members:
        for spec in declaration.fields:
            found[spec.name] = None
            if isinstance(spec.kind, kinds.UInt) and spec.kind.names is not None:
                found[f"{spec.name}_name"] = None
            if isinstance(spec.kind, kinds.OptionList):
                found.update((f"options.{d.symbol}", None) for d in declarations(spec.kind.family))
            if isinstance(spec.kind, kinds.Records):
                found.update((f"{spec.name}.{s.name}", None) for s in spec.kind.entry.__declaration__.fields)
        found.update((name, None) for name in EXTRA.get(declaration.symbol, {}))
    found.update({"checksum_status": None, "offset": None, "problems": None})
    return list(found)
