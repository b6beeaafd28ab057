"""Scapy layers made from the declarations: nobody writes a layout twice.

`layers(profile)` makes them; class `MHABindingUpdate` is the declaration `BindingUpdate`'s, and an attribute of this
module too. `dissect_with_scapy(octets)` uses them without touching Scapy's own; `install()` puts them into its tables
and `uninstall()` restores those exactly. A field that is None (length, count, checksum) is computed when the packet is
built, as everywhere in Scapy. While the length is None the packet is padded as well, as Scapy's own are: its options to
where they may stand, its end to 8 octets. What was dissected has its length and is rebuilt as it came.
`packet.auto_pad()` puts the padding into the list of options, to be seen there; `MHAPacket.automatic_padding = False`
turns padding off, for one class when set there.

Checksums of our layers, and of the `MHAUDP` and `MHATCP` among them, see the Home Address option wherever it stands,
and routing headers, whether those are ours or Scapy's. Scapy's own upper layers (its Binding Update, ICMPv6, UDP) see
them once `install()` is called, with `replace` or without; before, and after `uninstall()`, they count neither our
headers' addresses nor a Home Address option beside padding.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from scapy.layers import inet6
from scapy.layers.inet import UDP
from scapy.packet import Packet

from dissectors.adapters.declared import NOT_MOBILE, declared
from dissectors.adapters.scapy_ends import on_the_way
from dissectors.adapters.scapy_fields import make_field
from dissectors.adapters.scapy_packets import (
    MHATCP,
    MHAUDP,
    MHAPacket,
    _Extension,
    _Icmpv6,
    _IPv6,
)
from dissectors.errors import DecodeError
from dissectors.ipv6.header import Ipv6
from dissectors.octets import Octets, plain
from dissectors.packet import ON_LINK
from dissectors.profile import PROTOCOLS, RFC6275, Profile, chosen
from dissectors.ripng import PORT as RIPNG_PORT
from dissectors.spec import kinds
from dissectors.spec.compile import too_short
from dissectors.spec.declaration import Declaration
from dissectors.spec.families import declarations

PREFIX = "MHA"
_BASES = {"icmpv6": _Icmpv6, "ipv6": _Extension, "routing": _Extension}
#: Families whose fallback class stands for all: given octets, it makes the packet that they are.
_DISPATCHING = ("mobility", "mobility_option", "icmpv6", "nd_option", "routing", "ipv6_option")


class Layers:
    """The Scapy classes of one profile: `by_name["MHABindingUpdate"]`, `of(BindingUpdate)`, or as attributes."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._by_declared: dict[type, Any] = {}
        self.by_name: dict[str, Any] = {MHAPacket.__name__: MHAPacket}
        self._protocols = {profile.protocol(name): name for name in PROTOCOLS}
        for declaration in declared():
            self.of(declaration.cls)
            for spec in declaration.tails:
                if isinstance(spec.kind, kinds.Records):
                    self.of(spec.kind.entry)
        self.ipv6 = self._class(f"{PREFIX}IPv6", _IPv6, {"layers": self, "name": "IPv6"})

    def __getattr__(self, name: str) -> Any:
        try:
            return self.by_name[name]
        except KeyError:
            raise AttributeError(f"no Scapy layer {name}") from None

    def of(self, cls: type) -> Any:
        """The Scapy class of a declared one."""
        if cls not in self._by_declared:
            self._by_declared[cls] = self._declared(cls.__declaration__)  # type: ignore[attr-defined]
        return self._by_declared[cls]

    def _class(self, name: str, base: Any, body: dict[str, Any]) -> Any:
        own = name if self.profile is RFC6275 else f"{name}_{self.profile.name}"
        made = type(base)(own, (base,), {"__module__": __name__, **body})
        self.by_name[name] = made
        return made

    def _declared(self, declaration: Declaration) -> Any:
        family = declaration.family
        body: dict[str, Any] = {
            "__doc__": declaration.cls.__doc__,
            "name": declaration.title,
            "declaration": declaration,
            "symbol": declaration.symbol,
            "layers": self,
            "fields_desc": [make_field(self, declaration, spec) for spec in declaration.fields],
            "overload_fields": self._overloads(declaration),
        }
        if family in _DISPATCHING and self.profile.codec.fallback(family) is declaration:
            body["dispatch_hook"] = classmethod(self._dispatch(family))
        return self._class(f"{PREFIX}{declaration.cls.__name__}", _BASES.get(family, MHAPacket), body)

    def _overloads(self, declaration: Declaration) -> dict[Any, dict[str, int]]:
        """What a layer sets in the one below it."""
        if declaration.symbol == "ripng":
            return {UDP: {"sport": RIPNG_PORT, "dport": RIPNG_PORT}}
        name = declaration.family if declaration.family in ("mobility", "icmpv6", "routing") else declaration.symbol
        if name not in PROTOCOLS:
            return {}
        number = self.profile.protocol(name)
        hop_limit = {"hlim": 255} if declaration.symbol in ON_LINK else {}
        return {inet6.IPv6: {"nh": number, **hop_limit}, inet6._IPv6ExtHdr: {"nh": number}}

    def _dispatch(self, family: str) -> Any:
        """Scapy's hook: which class these octets are."""
        codec = self.profile.codec

        def dispatch_hook(cls: Any, _pkt: bytes = b"", *args: Any, **fields: Any) -> Any:
            shortest = 3 if family in ("mobility", "routing") else 1
            if len(_pkt) < shortest:
                return cls
            end = self._end(family, _pkt)
            declaration = codec.declaration_at(family, bytes(_pkt), 0, end)
            if end < declaration.fixed_size:  # Scapy would fill its fields up when it builds
                return cls
            return self.of(declaration.cls)

        return dispatch_hook

    def _end(self, family: str, octets: bytes) -> int:
        """Where the item that begins these octets ends."""
        fallback = self._by_declared[self.profile.codec.fallback(family).cls]
        end: int = fallback.extent(octets)
        return end

    # --- what follows what ---

    def payload_class(self, number: int, payload: bytes) -> Any:
        """The class of what follows a header with that next header value."""
        name = self._protocols.get(number, "")
        simple = {"ipv6": self.ipv6, "udp": MHAUDP, "tcp": MHATCP}
        if name in simple:
            return simple[name]
        if name in ("mobility", "icmpv6", "routing"):
            return self.of(self.profile.codec.fallback(name).cls)
        for declaration in declarations("ipv6"):
            if declaration.symbol == name:
                return self.of(declaration.cls)
        return inet6.ipv6nhcls.get(number, inet6.Raw)

    def udp_payload_class(self, udp: Any) -> Any:
        """The class above UDP, if it is one of ours."""
        return self.by_name[f"{PREFIX}Ripng"] if RIPNG_PORT in (udp.sport, udp.dport) else None


_made: dict[str, Layers] = {}


def layers(profile: Profile = RFC6275) -> Layers:
    """The Scapy classes of a profile, made when first asked for."""
    found = _made.get(chosen(profile).name)
    if found is None or found.profile is not profile:
        found = _made[profile.name] = Layers(profile)
    return found


def __getattr__(name: str) -> Any:
    if name.startswith(PREFIX):
        for made in (layers(), *_made.values()):
            for cls in made.by_name.values():
                if cls.__name__ == name:
                    return cls
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def dissect_with_scapy(octets: Octets, profile: Profile = RFC6275) -> Packet:
    """The packet that begins with these octets of an IPv6 header, all in our layers; nothing need be installed.

    Octets that Scapy can't read, fewer than an IPv6 header to begin with, are a `DecodeError`; a header above it that
    it can't read is `Raw`.
    """
    first, octets = layers(profile).ipv6, plain(octets)
    if len(octets) < Ipv6.__declaration__.fixed_size:
        raise too_short(Ipv6.__declaration__, 0, len(octets))
    try:
        packet: Packet = first(octets)
    except Exception as error:  # Scapy's dissectors may raise anything
        raise DecodeError("unreadable", 0, f"Scapy: {type(error).__name__}: {error}") from error
    return packet


# --- in Scapy's own tables --------------------------------------------------------------------------------------------

_MISSING: Any = object()


def _seeing_our_headers(stock: Callable[..., Any]) -> Callable[..., Any]:
    """Scapy's `in6_pseudoheader`, which its checksums are made with, naming the end points that ours do."""

    def in6_pseudoheader(nh: int, u: Any, plen: int) -> Any:
        header = stock(nh, u, plen)
        _, source, destination = on_the_way(u)
        if header is not None and source is not None:
            header.src = source
        if header is not None and destination is not None:
            header.dst = destination
        return header

    in6_pseudoheader.__doc__ = stock.__doc__
    return in6_pseudoheader


class _Installation:
    """What was put into Scapy's tables, and what stood there before."""

    def __init__(self, profile: Profile, replace: bool) -> None:
        self.profile = profile
        self.replace = replace
        self._before: list[tuple[MutableMapping[Any, Any], Any, Any]] = []
        self._udp_guesses = UDP.payload_guess

    def put(self, table: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        """One entry."""
        self._before.append((table, key, table.get(key, _MISSING)))
        table[key] = value

    def fill(self) -> None:
        """All entries."""
        made = layers(self.profile)
        self._family(made, "mobility_option", inet6.moboptcls)
        protocol = self.profile.protocol("mobility")
        if protocol == PROTOCOLS["mobility"]:
            self._family(made, "mobility", inet6._mip6_mhtype2cls)
        else:
            self.put(inet6.ipv6nhcls, protocol, made.of(self.profile.codec.fallback("mobility").cls))
        self._family(made, "icmpv6", inet6.icmp6typescls)
        self.put(vars(inet6), "in6_pseudoheader", _seeing_our_headers(inet6.in6_pseudoheader))
        ripng = made.by_name[f"{PREFIX}Ripng"]
        UDP.payload_guess = [({"sport": RIPNG_PORT}, ripng), ({"dport": RIPNG_PORT}, ripng), *UDP.payload_guess]

    def _family(self, made: Layers, family: str, table: MutableMapping[int, Any]) -> None:
        codec, usual = self.profile.codec, RFC6275.codec.table(family)
        fallback = made.of(codec.fallback(family).cls)
        for number, variants in codec.table(family).items():
            if variants[0].symbol in NOT_MOBILE:
                continue
            ours = [v.symbol for v in variants] != [v.symbol for v in usual.get(number, ())]
            if number in table and not self.replace and not ours:
                continue  # Scapy's own stays
            single = len(variants) == 1 and variants[0].when is None
            self.put(table, number, made.of(variants[0].cls) if single else fallback)
            if family == "icmpv6":
                self.put(inet6.icmp6typesminhdrlen, number, min(v.fixed_size for v in variants))
        if self.replace and family == "mobility":
            for number in set(range(256)) - set(codec.table(family)):
                self.put(table, number, fallback)

    def remove(self) -> None:
        """Everything as it was."""
        for table, key, before in reversed(self._before):
            if before is _MISSING:
                del table[key]
            else:
                table[key] = before
        UDP.payload_guess = self._udp_guesses


_installed: list[_Installation] = []


def install(profile: Profile = RFC6275, *, replace: bool = False) -> None:
    """Put our layers into Scapy's tables: types and options that it lacks, or that the profile gives another meaning.

    Its own Binding Update, Acknowledgement and others stay unless `replace`. Their checksums, and those of its ICMPv6,
    UDP and TCP, then see our extension headers and a Home Address option beside padding, as ours do. Installing again
    replaces what was installed.
    """
    uninstall()
    installation = _Installation(profile, replace)
    _installed.append(installation)
    installation.fill()


def uninstall() -> None:
    """Restore Scapy's tables and checksums exactly; nothing where nothing was installed."""
    while _installed:
        _installed.pop().remove()
