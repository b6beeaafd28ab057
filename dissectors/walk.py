"""From a frame to its layers: the exact walk down the header chain, judging nothing and never failing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dissectors import registry
from dissectors.ipv6 import checksum
from dissectors.ipv6.esp import NullEsp, look_inside
from dissectors.ipv6.header import MOST_HEADERS, Authentication, DestinationOptions, Esp, Fragment, HopByHop, Ipv6
from dissectors.ipv6.link import IPV6_ONLY, Payload, Tcp, Udp
from dissectors.ipv6.link_walk import LINK_TYPES, through_link
from dissectors.ipv6.reassembly import Reassembler
from dissectors.ipv6.rest import Rest
from dissectors.ipv6.true_ends import final_destination, home_addresses
from dissectors.packet import Datagram, Packet
from dissectors.profile import RFC6275, Profile
from dissectors.ripng import PORT as RIPNG_PORT
from dissectors.ripng import Ripng
from dissectors.view import Problem, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from dissectors.glance import Glance

MOST_TUNNELS = 8
DSMIPV6_PORT = 4191
_JUMBO_PAYLOAD = 194

_EXTENSIONS: dict[str, type] = {
    "hop_by_hop": HopByHop,
    "destination_options": DestinationOptions,
    "fragment": Fragment,
    "ah": Authentication,
}
_HEADERS = frozenset({*_EXTENSIONS, "routing", "esp"})


class Dissector:
    """Walks frames of one capture; it remembers fragments, so one of these serves one vantage point."""

    def __init__(self, profile: Profile = RFC6275) -> None:
        self.profile = profile
        self.fragments = Reassembler()
        self._glance: Glance | None = None
        names = ("hop_by_hop", "destination_options", "fragment", "ah", "routing", "esp", "icmpv6", "mobility")
        self._protocols = {profile.protocol(name): name for name in (*names, "ipv6", "udp", "tcp", "no_next_header")}

    def dissect(self, octets: bytes, link_type: int, *, original_length: int | None = None, frame: int = 0) -> Packet:
        """Everything in one frame. `original_length` tells a frame that the capture cut."""
        walk = _Walk(self, Packet(octets), frame)
        cut = original_length is not None and original_length > len(octets)
        walk.link(link_type, Rest(octets, 0, len(octets), cut))
        self.fragments.ahead = None
        return walk.packet

    @property
    def look(self) -> Callable[[bytes, int, int, int], Packet]:
        """The same as `dissect`, several times as fast for usual frames whose layers nobody asks for.

        Takes octets, link type, original length and frame number.
        """
        if self._glance is None:
            from dissectors.glance import Glance

            self._glance = Glance(self)
        return self._glance.look

    def glance(self, octets: bytes, link_type: int, *, original_length: int | None = None, frame: int = 0) -> Packet:
        """`look`, called as `dissect` is."""
        size = len(octets) if original_length is None else original_length
        return self.look(octets, link_type, size, frame)

    def view(self, cls: type, rest: Rest, end: int) -> View:
        """The view of one layer."""
        declaration = cls.__declaration__  # type: ignore[attr-defined]
        return View(
            declaration,
            rest.octets,
            rest.start,
            end,
            self.profile,
            truncated=rest.truncated,
            quoted=rest.quoted,
            reassembled=rest.reassembled,
        )

    def protocol(self, number: int) -> str:
        """Which layer a next header value stands for in this profile; "" for others."""
        return self._protocols.get(number, "")


class _Walk:
    """One frame's walk: each method takes what is left and says what comes next."""

    def __init__(self, dissector: Dissector, packet: Packet, frame: int) -> None:
        self.dissector = dissector
        self.profile = dissector.profile
        self.packet = packet
        self.frame = frame

    def layer(self, cls: type, rest: Rest, end: int) -> View:
        view = self.dissector.view(cls, rest, min(end, rest.end))
        self.packet.layers.append(view)
        return view

    def payload(self, rest: Rest, **facts: Any) -> None:
        """The octets that nobody looks into."""
        if rest.start >= rest.end:
            return
        view = self.layer(Payload, rest, rest.end)
        view.extra = {**facts, "length": rest.end - rest.start}

    # --- link layers ---

    def link(self, link_type: int, rest: Rest) -> None:
        if link_type not in LINK_TYPES:
            message = f"link type {link_type} is not supported"
            self.packet.problems.append(Problem("unknown_link_type", 0, message))
            return
        carried = through_link(self.layer, link_type, rest)
        if carried is None:
            return
        if carried.is_ipv6:
            self.trailer(self.ipv6(carried.rest, None, 0), carried.rest)
        else:
            self.payload(carried.rest, **carried.facts)

    def trailer(self, end: int, rest: Rest) -> None:
        """What follows the outermost packet: a link's padding; shown with the outermost layer."""
        if end < rest.end:
            self.packet.layers[0].extra["trailer"] = rest.octets[end : rest.end].hex()

    # --- IPv6 ---

    def ipv6(self, rest: Rest, outer: Datagram | None, depth: int) -> int:
        """One header and all that it carries; returns where its payload ends."""
        view = self.layer(Ipv6, rest, rest.start + 40)
        if view.end - view.start < 40:
            return rest.end
        if view.get("version") != 6:
            view.extra_problems.append(Problem("wrong_version", view.start, f"version {view.get('version')}, not 6"))
            self.payload(rest.at(view.end))
            return rest.end
        length = view.get("payload_length")
        end: int = view.end + length
        if length == 0 and view.get("next_header") == 0:
            end = rest.end  # a jumbogram, or a segment that the network card would have cut
        truncated = rest.truncated
        if end > rest.end:
            if not rest.quoted:
                code = "truncated" if rest.truncated else "length_exceeds"
                message = f"payload of {length} octets, {rest.end - view.end} are there"
                view.extra_problems.append(Problem(code, view.start + 4, message))
            truncated = truncated or rest.quoted or outer is None
            end = rest.end
        elif end <= rest.end:
            truncated = truncated and rest.quoted and end == rest.end
        datagram = Datagram(view, view.get("source"), view.get("destination"), depth, rest.quoted, outer=outer)
        self.packet.datagrams.append(datagram)
        inner = Rest(rest.octets, view.end, end, truncated, rest.quoted, rest.reassembled)
        self.chain(datagram, view.get("next_header"), inner)
        return end

    def chain(self, datagram: Datagram, protocol: int, rest: Rest) -> None:
        """The extension headers, then the upper layer."""
        while True:
            name = self.dissector.protocol(protocol)
            if len(datagram.extensions) >= MOST_HEADERS and name in _HEADERS:
                message = f"more than {MOST_HEADERS} extension headers: not looked into"
                datagram.ipv6.extra_problems.append(Problem("too_many_headers", rest.start, message))
                self.payload(rest, protocol=protocol)
                return
            if name == "routing":
                view = self.routing(rest)
            elif name in _EXTENSIONS:
                view = self.extension(_EXTENSIONS[name], rest)
            else:
                self.upper(datagram, name, protocol, rest)
                return
            datagram.extensions.append(view)
            next_header = view.get("next_header")
            # An option of a wrong length is passed by its length all the same (RFC 8200, 4.2).
            if next_header is None or any(problem.code != "option_length" for problem in view.problems):
                self.payload(rest.at(view.end))
                return
            datagram.name(home_addresses(view), final_destination(view, datagram.destination))
            rest = rest.at(view.end)
            if name == "fragment":
                found = self.fragment(datagram, view, next_header, rest)
                if found is None:
                    return
                rest = found
                next_header = view.extra.get("first_next_header", next_header)
            protocol = next_header

    def extension(self, cls: type, rest: Rest) -> View:
        """A header whose second octet is its length."""
        start, end = rest.start, rest.end
        if cls is Fragment:
            return self.layer(cls, rest, start + 8)
        size = 8
        if start + 1 < end:
            size = (rest.octets[start + 1] + 2) * 4 if cls is Authentication else (rest.octets[start + 1] + 1) * 8
        view = self.layer(cls, rest, start + size)
        if start + size > end:
            code = "truncated" if rest.truncated else "length_exceeds"
            view.extra_problems.append(Problem(code, start, f"a header of {size} octets, {end - start} are there"))
        return view

    def routing(self, rest: Rest) -> View:
        cls: type = self.profile.codec.fallback("routing").cls
        if rest.start + 3 < rest.end:
            cls = self.profile.codec.declaration_at("routing", rest.octets, rest.start, rest.end).cls
        return self.extension(cls, rest)

    def fragment(self, datagram: Datagram, view: View, next_header: int, rest: Rest) -> Rest | None:
        """What follows a fragment header: the rest of a whole packet, a reassembled one, or nothing yet."""
        offset, more = view.get("fragment_offset"), bool(view.get("flags"))
        if offset == 0 and not more:
            return rest
        if rest.truncated or rest.quoted:
            self.payload(rest, protocol=next_header)
            return None
        key = (datagram.source, datagram.destination, view.get("identification"))
        piece = rest.octets[rest.start : rest.end]
        whole = self.dissector.fragments.add(key, offset, more, piece, next_header, self.frame)
        if whole is None:
            self.payload(rest, protocol=next_header)
            return None
        view.extra = {"frames": whole.frames, "first_next_header": whole.next_header}
        return Rest(whole.octets, 0, len(whole.octets), truncated=False, reassembled=True)

    # --- upper layers ---

    def upper(self, datagram: Datagram, name: str, protocol: int, rest: Rest) -> None:
        if name == "ipv6":
            self.tunnel(datagram, rest)
        elif name == "mobility":
            self.mobility(datagram, protocol, rest)
        elif name == "icmpv6":
            self.icmpv6(datagram, protocol, rest)
        elif name == "udp":
            self.udp(datagram, protocol, rest)
        elif name == "tcp":
            self.tcp(datagram, protocol, rest)
        elif name == "esp":
            self.esp(datagram, rest)
        elif name != "no_next_header" or rest.start < rest.end:
            facts: dict[str, Any] = {"protocol": protocol}
            if protocol in registry.PROTOCOL:
                facts["protocol_name"] = registry.PROTOCOL[protocol]
            self.payload(rest, **facts)

    def checksum(self, datagram: Datagram, protocol: int, rest: Rest, end: int) -> str:
        if rest.truncated or end > rest.end or datagram.is_unsure:
            return "unverified"
        octets = rest.octets[rest.start : end]
        good = checksum.is_good(datagram.true_source, datagram.true_destination, protocol, octets)
        return "good" if good else "bad"

    def tunnel(self, datagram: Datagram, rest: Rest) -> None:
        if datagram.depth + 1 > MOST_TUNNELS:
            datagram.ipv6.extra_problems.append(
                Problem("too_deep", rest.start, f"more than {MOST_TUNNELS} tunnels in one another: not looked into")
            )
            self.payload(rest, protocol=self.profile.protocol("ipv6"))
            return
        end = self.ipv6(rest, datagram, datagram.depth + 1)
        if end < rest.end:
            self.payload(rest.at(end), trailing=True)

    def mobility(self, datagram: Datagram, protocol: int, rest: Rest) -> None:
        octets, start, end = rest.octets, rest.start, rest.end
        stated = start + (octets[start + 1] + 1) * 8 if start + 1 < end else start + 8
        codec = self.profile.codec
        declaration = codec.fallback("mobility")
        if start + 2 < end:
            declaration = codec.declaration_at("mobility", octets, start, min(stated, end))
        view = self.layer(declaration.cls, rest, stated)
        datagram.carry(view)
        view.checksum_status = self.checksum(datagram, protocol, rest, stated)
        if stated > end:
            code = "truncated" if rest.truncated else "length_exceeds"
            view.extra_problems.append(
                Problem(code, start + 1, f"the header says {stated - start} octets, {end - start} are there")
            )
        if start < end and octets[start] != 59:
            view.extra_problems.append(Problem("payload_proto", start, f"payload protocol {octets[start]}, not 59"))
        if stated < end:
            self.payload(rest.at(stated), protocol=octets[start], trailing=True)

    def icmpv6(self, datagram: Datagram, protocol: int, rest: Rest) -> None:
        codec = self.profile.codec
        declaration = codec.fallback("icmpv6")
        if rest.start < rest.end:
            declaration = codec.declaration_at("icmpv6", rest.octets, rest.start, rest.end)
        view = self.layer(declaration.cls, rest, rest.end)
        datagram.carry(view)
        view.checksum_status = self.checksum(datagram, protocol, rest, rest.end)
        if declaration.symbol == "icmpv6_error" and not view.problems:
            quoted = rest.at(view.start + 8)
            quoted.quoted = True
            if quoted.start < quoted.end and rest.octets[quoted.start] >> 4 == 6 and not rest.quoted:
                end = self.ipv6(quoted, datagram, datagram.depth)
                self.payload(quoted.at(end))
            else:
                self.payload(quoted)

    def udp(self, datagram: Datagram, protocol: int, rest: Rest) -> None:
        view = self.layer(Udp, rest, rest.start + 8)
        datagram.carry(view)
        length = view.get("length", 0)
        if view.problems:
            return
        end = rest.start + length if length else rest.end
        view.checksum_status = (
            "unverified" if not view.get("checksum") else self.checksum(datagram, protocol, rest, end)
        )
        if (length < 8 and not (length == 0 and _is_jumbogram(datagram))) or end > rest.end:
            code = "truncated" if rest.truncated and length >= 8 else "length_exceeds"
            message = f"{length} octets stated, {rest.end - rest.start} are there"
            view.extra_problems.append(Problem(code, rest.start + 4, message))
            end = rest.end
        inner = Rest(rest.octets, view.end, end, rest.truncated, rest.quoted, rest.reassembled)
        ports = (view.get("source_port"), view.get("destination_port"))
        if RIPNG_PORT in ports and inner.start < inner.end:
            self.layer(Ripng, inner, inner.end)
        else:
            self.payload(inner, **({"protocol_name": "DSMIPv6 (RFC 5555)"} if DSMIPV6_PORT in ports else {}))
        if end < rest.end:
            self.payload(rest.at(end), trailing=True)

    def tcp(self, datagram: Datagram, protocol: int, rest: Rest) -> None:
        size = (rest.octets[rest.start + 12] >> 4) * 4 if rest.start + 12 < rest.end else 20
        view = self.layer(Tcp, rest, rest.start + max(size, 20))
        datagram.carry(view)
        view.checksum_status = self.checksum(datagram, protocol, rest, rest.end)
        if size < 20:
            message = f"a header of {size} octets, 20 are the least"
            view.extra_problems.append(Problem("length_too_small", rest.start + 12, message))
        elif rest.start + size > rest.end and not view.problems:
            code = "truncated" if rest.truncated else "length_exceeds"
            message = f"a header of {size} octets, {rest.end - rest.start} are there"
            view.extra_problems.append(Problem(code, rest.start + 12, message))
        self.payload(rest.at(view.end))

    def esp(self, datagram: Datagram, rest: Rest) -> None:
        view = self.layer(Esp, rest, rest.start + 8)
        inside: NullEsp | None = None
        if not view.problems and not rest.truncated:
            addresses = (datagram.true_source, datagram.true_destination)
            inside = look_inside(rest.octets, view.end, rest.end, addresses, self.dissector.protocol)
        if inside is None:
            view.extra["null"] = False
            self.payload(rest.at(view.end), encrypted=True)
            return
        view.extra = {
            "null": True,
            "padding": inside.padding.hex(),
            "next_header": inside.next_header,
            "icv": inside.icv.hex(),
        }
        inner = Rest(rest.octets, view.end, inside.end, rest.truncated, rest.quoted, rest.reassembled)
        datagram.extensions.append(view)
        self.chain(datagram, inside.next_header, inner)


def _is_jumbogram(datagram: Datagram) -> bool:
    """Whether its length stands in a Jumbo Payload option, so that UDP's is 0 (RFC 2675, 4)."""
    headers = [view for view in datagram.extensions if view.type == "hop_by_hop"]
    is_there = any(option.octets[option.start] == _JUMBO_PAYLOAD for view in headers for option in view.options)
    return is_there and not datagram.ipv6.get("payload_length")


def dissect(octets: bytes, link_type: int = IPV6_ONLY, profile: Profile = RFC6275) -> Packet:
    """Everything in one frame that stands alone; a `Dissector` also reassembles fragments."""
    return Dissector(profile).dissect(octets, link_type)


__all__ = ["LINK_TYPES", "MOST_HEADERS", "MOST_TUNNELS", "Dissector", "dissect"]
