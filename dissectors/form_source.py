"""Source for frames of one form: what takes their packet from fixed places.

As the parsers in `spec/compile.py`: a loop over facts that never change is unrolled once, and the facts are constants.
"""

from __future__ import annotations

from typing import Any, Final

from dissectors.form import Form, PacketReader, Part
from dissectors.glanced import GlancedDatagram, GlancedPacket, GlancedView, Later
from dissectors.profile import Profile
from dissectors.value_source import compiled
from dissectors.view import UNREAD

IPV6_SOURCE: Final = 8
"""Where the source address stands in an IPv6 header; the destination follows."""


class _Source:
    """Lines of Python, and what they name."""

    def __init__(self, **names: Any) -> None:
        self.lines: list[str] = []
        self.names = names

    def constant(self, value: Any) -> str:
        """A name for what is the same in all frames."""
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def made(self, name: str, cls: str, **attributes: object) -> None:
        """A new instance, and the expressions of its attributes."""
        self.lines.append(f"{name} = new({cls})")
        self.lines += [f"{name}.{attribute} = {expression}" for attribute, expression in attributes.items()]

    def datagram(self, name: str, part: Part, outer: str | None) -> None:
        """One inside another."""
        at = part.ipv6_at + IPV6_SOURCE
        facts = {
            "depth": part.depth,
            "quoted": False,
            "carries": part.carries,
            "headers": part.headers,
            "hop_limit": part.hop_limit,
            "length": part.length,
            "_at": part.ipv6_at,
        }
        self.made(
            name,
            "Datagram",
            source=_address(at),
            destination=_address(at + 16),
            home_address=_address(part.home_at),
            final_destination=_address(part.final_at),
            true_source=f"{name}.home_address" if part.home_at else f"{name}.source",
            true_destination=f"{name}.final_destination" if part.final_at else f"{name}.destination",
            outer=outer,
            form=None,
            _upper=None,
            _later="later",
            **{attribute: self.constant(value) for attribute, value in facts.items()},
        )


def packet_reader(form: Form, profile: Profile) -> PacketReader:
    """Compile `form.packet`, which makes the packet of any frame of the form."""
    source = _Source(
        new=object.__new__,
        number=int.from_bytes,
        unread=UNREAD,
        form=form,
        profile=profile,
        Later=Later,
        Packet=GlancedPacket,
        Datagram=GlancedDatagram,
        View=GlancedView,
    )
    source.made("later", "Later", octets="b", _dissector="dissector", _link_type="link_type", frame="frame")
    source.lines += ["later.is_fragment = False", "later.whole = later._found = None"]
    names = [f"d{depth}" for depth in range(len(form.parts))]
    for name, part, outer in zip(names, form.parts, (None, *names), strict=False):
        source.datagram(name, part, outer)
    declaration = source.constant(form.declaration)
    source.made("view", "View", declaration=declaration, octets="b", start=form.start, end=form.end)
    source.lines.append(f"view.type = {source.constant(form.declaration.symbol)}")
    source.lines += [
        "view.profile, view.form, view._value, view._options = profile, form, unread, None",
        "view.truncated = view.quoted = view.reassembled = view._read = False",
        f"view.checksum_status = 'bad' if {_rest(form)} else 'good'",
        f"{names[-1]}._upper, {names[-1]}.form = view, form",
    ]
    source.made("packet", "Packet", octets="b", datagrams=f"[{', '.join(names)}]", _later="later")
    body = [
        "def packet(b, dissector, link_type, frame):",
        *(f"    {line}" for line in source.lines),
        "    return packet",
    ]
    reader: PacketReader = compiled(body, source.names, "packet", form.declaration.symbol)
    form.packet = reader
    return reader


def _address(at: int) -> str:
    return f"b[{at}:{at + 16}]" if at else "None"


def _rest(form: Form) -> str:
    """What is left of the checksum's sum: 0 modulo 0xffff where it is right (see `ipv6/checksum.py`)."""
    part = form.parts[-1]
    at = part.ipv6_at + IPV6_SOURCE
    source, destination = part.home_at or at, part.final_at or at + 16
    ends = [(source, source + 16), (destination, destination + 16)]
    if destination == source + 16:
        ends = [(source, destination + 16)]
    terms = [f"number(b[{first}:{last}])" for first, last in (*ends, (form.start, form.end))]
    return f"({' + '.join(terms)} + {form.protocol + form.end - form.start}) % 0xFFFF"
