"""dpkt packets made from the declarations: `__hdr__` from `kind.dpkt()`, variable parts by our codec.

`packets(profile)` makes them: `packets().of(BindingUpdate)`, or `packets().BindingUpdate`. A Mobility Header class is
the whole header; an ICMPv6 class, as dpkt's own, what follows type, code and checksum. `dissect_with_dpkt(octets)` uses
them without touching dpkt's tables; `install()` puts them there and `uninstall()` restores them. Header fields are the
wire's integers, except that a field with a unit is in that unit (`lifetime_s` in seconds); addresses are 16 octets;
options are our own values where they were read, and may be given as those or as dpkt packets. What is made without a
length gets one, and its options are padded; so is what is changed, unless its length is set. One that can't be told is
a `dpkt.PackError`. The checksum is what it came with: dpkt has no way to know the Home Address option.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from itertools import groupby
from typing import Any, ClassVar

import dpkt
from dpkt.icmp6 import ICMP6
from dpkt.ip6 import IP6

from dissectors.adapters.declared import NOT_MOBILE, declared
from dissectors.adapters.dpkt_declared import DeclaredPacket
from dissectors.adapters.dpkt_ip6 import Ip6, UnreadableError
from dissectors.errors import DecodeError
from dissectors.ipv6.header import Ipv6
from dissectors.octets import Octets, plain
from dissectors.profile import PROTOCOLS, RFC6275, Profile, chosen
from dissectors.spec import kinds
from dissectors.spec.compile import too_short
from dissectors.spec.declaration import Declaration, FieldSpec

_ICMPV6_HEADER = 4  # type, code, checksum: dpkt.icmp6.ICMP6 has them
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Mobility(DeclaredPacket):
    """Any Mobility Header: given octets, it makes the class that they are (of its profile)."""

    made: ClassVar[Packets]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if args and "made" in cls.__dict__:
            cls = cls.made.mobility_class(args[0])  # noqa: PLW0642  (Python then initialises what it is)
        return super().__new__(cls)


class Packets:
    """The dpkt classes of one profile, by `of(BindingUpdate)` or as attributes."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.by_name: dict[str, Any] = {}
        self.by_qualname: dict[str, Any] = {}
        self._by_declared: dict[type, Any] = {}
        self.mobility: Any = type("Mobility", (Mobility,), {"made": self})
        for declaration in declared():
            self._add(declaration)
        self.icmpv6: Any = type("ICMP6", (ICMP6,), {"_typesw": {**ICMP6._typesw, **self.icmpv6_types()}})
        own = {**IP6._protosw, **self.protocols(), profile.protocol("icmpv6"): self.icmpv6}
        self.ip6: Any = type("IP6", (Ip6,), {"_protosw": own})
        own[profile.protocol("ipv6")] = self.ip6
        for cls in (self.mobility, self.icmpv6, self.ip6):
            self._named(cls)

    def _named(self, cls: type) -> None:
        """The name by which pickles find a class in this module (see its `__getattr__`)."""
        cls.__module__, cls.__qualname__ = __name__, f"{cls.__name__}_{self.profile.name}"
        self.by_qualname[cls.__qualname__] = cls

    def __getattr__(self, name: str) -> Any:
        try:
            return self.by_name[name]
        except KeyError:
            raise AttributeError(f"no dpkt packet {name}") from None

    def of(self, cls: type) -> Any:
        """The dpkt class of a declared one."""
        return self._by_declared[cls]

    def _add(self, declaration: Declaration) -> None:
        base = self.mobility if declaration.family == "mobility" else DeclaredPacket
        body = _body(declaration, self.profile)
        name = declaration.cls.__name__
        metaclass: Any = type(base)
        made = metaclass(name, (base,), body)
        self._named(made)
        made.__public_fields__ = [s.name for s in declaration.fixed if s.offset >= body["skip"]]
        self.by_name[name] = self._by_declared[declaration.cls] = made

    def mobility_class(self, octets: bytes) -> Any:
        """The class of a Mobility Header's octets."""
        codec = self.profile.codec
        found = codec.fallback("mobility")
        if len(octets) > 2:
            found = codec.declaration_at("mobility", bytes(octets), 0, len(octets))
        return self.of(found.cls)

    def protocols(self) -> dict[int, Any]:
        """Protocol number -> class."""
        return {self.profile.protocol("mobility"): self.mobility}

    def icmpv6_types(self) -> dict[int, Callable[[bytes], Any]]:
        """ICMPv6 type -> what makes a packet of the octets behind its checksum."""
        table = self.profile.codec.table("icmpv6").items()
        return {number: self._icmpv6_body(number) for number, variants in table if variants[0].symbol not in NOT_MOBILE}

    def _icmpv6_body(self, number: int) -> Callable[[bytes], Any]:
        codec = self.profile.codec

        def make(body: bytes) -> Any:
            octets = bytes([number, 0, 0, 0]) + bytes(body)
            found = codec.declaration_at("icmpv6", octets, 0, len(octets))
            if found is codec.fallback("icmpv6"):
                raise dpkt.UnpackError(f"no ICMPv6 message of type {number} has this shape")
            return self.of(found.cls)(body)

        return make


def _body(declaration: Declaration, profile: Profile) -> dict[str, Any]:
    """The class body: `__hdr__`, `__bit_fields__` and a property for each field with a unit."""
    skip = _ICMPV6_HEADER if declaration.family == "icmpv6" else 0
    header: list[tuple[str, str, Any]] = []
    bits: dict[str, tuple[tuple[str, int], ...]] = {}
    body: dict[str, Any] = {"__doc__": declaration.cls.__doc__, "__module__": __name__, "skip": skip}
    for _, group in groupby(declaration.fixed, key=lambda f: f.offset):
        members = list(group)
        first = members[0]
        if first.offset < skip:
            continue
        if len(members) > 1:
            name = "_" + "_".join(m.name for m in members)
            bits[name] = tuple((m.name, m.kind.bits) for m in members)
            together = sum(_default(m, declaration, profile) << m.shift for m in members)
            header.append((name, _CODES[first.size], together))
            continue
        unit = first.kind.unit if isinstance(first.kind, kinds.UInt) else 1
        name = first.name if unit == 1 else f"_{first.name}"
        if unit != 1:
            body[first.name] = _in_units(name, first.name, unit)
        default = _default(first, declaration, profile)
        header.append((name, first.kind.dpkt(), default if unit == 1 else default // unit))
    body |= {"__hdr__": tuple(header), "__bit_fields__": bits, "declaration": declaration, "profile": profile}
    return body


def _default(spec: FieldSpec, declaration: Declaration, profile: Profile) -> Any:
    kind = spec.kind
    if isinstance(kind, kinds.Number):
        return next(iter(profile.code_points(declaration)), 0)
    if isinstance(kind, kinds.NextHeader):
        return PROTOCOLS["no_next_header"] if kind.only is None else kind.only
    if isinstance(kind, kinds.FlagBits):
        return kind.table(profile).encode[spec.default]
    if kind.is_octets:
        return spec.default if isinstance(spec.default, bytes) else bytes(spec.size)
    return spec.default if isinstance(spec.default, int) else 0


def _in_units(raw: str, name: str, unit: int) -> property:
    """A property in the field's own unit over the integer of the wire."""

    def get(self: Any) -> int:
        return int(getattr(self, raw)) * unit

    def put(self: Any, value: int) -> None:
        if value % unit:
            raise ValueError(f"{name} = {value}: the wire counts in units of {unit}, give a multiple")
        setattr(self, raw, value // unit)

    return property(get, put)


_made: dict[str, Packets] = {}


def packets(profile: Profile = RFC6275) -> Packets:
    """The dpkt classes of a profile, made when first asked for."""
    found = _made.get(chosen(profile).name)
    if found is None or found.profile is not profile:
        found = _made[profile.name] = Packets(profile)
    return found


def __getattr__(name: str) -> Any:
    for made in (packets(), *_made.values()) if not name.startswith("__") else ():
        if name in made.by_qualname:
            return made.by_qualname[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def dissect_with_dpkt(octets: Octets, profile: Profile = RFC6275) -> Any:
    """The packet that begins with these octets of an IPv6 header; nothing need be installed.

    An IPv6 or extension header that dpkt can't read is a `DecodeError`; what is above them stays octets then.
    """
    octets = plain(octets)
    if len(octets) < Ipv6.__declaration__.fixed_size:
        raise too_short(Ipv6.__declaration__, 0, len(octets))
    try:
        return packets(profile).ip6(octets)
    except UnreadableError as error:
        raise DecodeError(error.code, error.offset, str(error)) from error


# --- in dpkt's own tables ---------------------------------------------------------------------------------------------

_MISSING: Any = object()
_before: list[tuple[MutableMapping[int, Any], int, Any]] = []


def install(profile: Profile = RFC6275) -> None:
    """Make dpkt's IP6 and ICMP6 find our packets. (dpkt's IPv4 shares the table of protocols.)"""
    uninstall()
    made = packets(profile)
    tables = ((IP6._protosw, made.protocols(), IP6.set_proto), (ICMP6._typesw, made.icmpv6_types(), None))
    for table, entries, setter in tables:
        for number, cls in entries.items():
            _before.append((table, number, table.get(number, _MISSING)))
            (setter or table.__setitem__)(number, cls)


def uninstall() -> None:
    """Restore dpkt's tables exactly; nothing where nothing was installed."""
    while _before:
        table, number, before = _before.pop()
        if before is _MISSING:
            del table[number]
        else:
            table[number] = before
