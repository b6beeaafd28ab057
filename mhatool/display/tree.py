"""The text tree: a header line a packet, then its layers, their fields, their options, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from dissectors.spec import kinds
from dissectors.spec.kind import Kind
from dissectors.view import option_name
from mhatool.capture.errors import one_line
from mhatool.display.labels import label, value_text
from mhatool.display.summary import endpoints, summary
from mhatool.protocol.instant import rfc3339

if TYPE_CHECKING:
    from dissectors.view import FieldView, View
    from mhatool.display.frame import Frame

#: (text, style such as `bold red`) -> the text as it is shown.
Style = Callable[[str, str], str]
_STEP = "  "
#: Layers that fit in one line, and which of their fields.
_SHORT = {
    "ethernet": ("source", "destination"),
    "vlan": ("vlan_id",),
    "ipv6": ("source", "destination"),
    "udp": ("source_port", "destination_port"),
    "tcp": ("source_port", "destination_port"),
}
_STATUS_STYLE = {"good": "green", "bad": "bold red", "unverified": "yellow"}


def plain(text: str, style: str) -> str:
    """No colour."""
    return text


def when(time_ns: int) -> str:
    """The time in the header line: UTC, with the digits that the capture's clock has (six or nine)."""
    text = rfc3339(time_ns).replace("T", " ").rstrip("Z")
    return text.removesuffix("000")


def header(frame: Frame, style: Style = plain, *, file: str = "") -> str:
    """The header line: frame, time, source > destination, what it is; `file`: as it is called before the frame."""
    line = summary(frame.packet)
    text, bracket, blame = line.partition(" [")
    shown = style(text, "bold") + (style(bracket + blame, "bold red") if bracket else "")
    ends = endpoints(frame.packet)
    place = f"{file}:{frame.record.frame}" if file else str(frame.record.frame)
    columns = [style(place, "cyan"), style(when(frame.record.time_ns), "dim"), ends, shown]
    return "  ".join(column for column in columns if column)


def tree(frame: Frame, style: Style = plain, *, octets: bool = False, file: str = "") -> Iterator[str]:
    """The lines of a packet; with `octets` each with its offset, and the frame's octets after them."""
    yield header(frame, style, file=file)
    painter = _Tree(style, octets)
    for layer in frame.packet.layers:
        yield from painter.layer(layer)
    for problem in frame.packet.problems:
        yield painter.line(problem.offset, 1, style(f"! {problem.code}: {problem.message}", "bold red"))
    if frame.record.comment:
        yield painter.line(None, 1, f"Comment: {' / '.join(map(one_line, frame.record.comment.splitlines()))}")
    if octets:
        yield from hex_dump(frame.record.captured, style)
        yield from _reassembled(frame, style)


def _reassembled(frame: Frame, style: Style) -> Iterator[str]:
    """The octets that were put together from fragments: offsets of reassembled layers count in them."""
    for layer in frame.packet.layers:
        if layer.reassembled:
            yield f"{_STEP}Reassembled, {len(layer.octets)} octets"
            yield from hex_dump(layer.octets, style)
            return


class _Tree:
    """Lines in one style."""

    def __init__(self, style: Style, offsets: bool) -> None:
        self.style = style
        self.offsets = offsets

    def line(self, offset: int | None, depth: int, text: str) -> str:
        """A line, indented, behind its offset where offsets are shown."""
        place = ""
        if self.offsets:
            place = self.style(f"{'' if offset is None else f'{offset:04x}':4}", "dim")
        return f"{place}{_STEP * depth}{text}"

    def layer(self, view: View) -> Iterator[str]:
        """A layer: its title line, its fields, its problems."""
        depth = 2 if view.quoted else 1
        marks = [word for word, there in (("quoted", view.quoted), ("reassembled", view.reassembled)) if there]
        title = self.style(view.declaration.title, "bold") + "".join(f" ({mark})" for mark in marks)
        short = _SHORT.get(view.type)
        if short is not None:
            yield self.line(view.start, depth, title + self.short(view, short))
        else:
            yield self.line(view.start, depth, title + (self.facts(view) if view.type == "payload" else ""))
            for field in view.fields:
                yield from self.field(view, field, depth + 1)
            if view.type != "payload":
                yield from self.extra(view, depth + 1)
        for problem in view.problems:
            if problem.code == "option_length":
                continue  # stands below its option
            text = f"! {problem.code} at octet {problem.offset}: {problem.message}"
            yield self.line(problem.offset, depth + 1, self.style(text, "bold red"))

    def short(self, view: View, ends: tuple[str, ...]) -> str:
        """Ends first, then the rest, in one line."""
        shown = {f.name: value_text(view, f.spec, f.value) for f in view.fields}
        first = " > ".join(shown.pop(name, "?") for name in ends)
        rest = [
            f"{label(name).lower()} {text}"
            for name, text in shown.items()
            if name not in ("version", "reserved") and text
        ]
        if view.checksum_status:
            rest.append(self.status(view))
        rest += [f"{label(name).lower()} {value}" for name, value in view.extra.items()]
        return f" {first}" + (self.style(", " + ", ".join(rest), "dim") if rest else "")

    def status(self, view: View) -> str:
        return self.style(view.checksum_status, _STATUS_STYLE.get(view.checksum_status, ""))

    def facts(self, view: View) -> str:
        """What is known of octets that nobody looks into."""
        facts = {name: value for name, value in view.extra.items() if name != "length"}
        words = [name if value is True else f"{label(name).lower()} {value}" for name, value in facts.items()]
        return f", {view.end - view.start} octets" + "".join(f", {word}" for word in words)

    def field(self, view: View, field: FieldView, depth: int) -> Iterator[str]:
        """A field: a line, or a line for each option, address or entry."""
        kind, value = field.spec.kind, field.value
        name = label(field.name)
        if isinstance(kind, kinds.OptionList):
            for option in value:
                yield from self.option(option, depth)
        elif isinstance(kind, kinds.Records):
            for entry in value:
                yield self.line(entry.start, depth, f"{entry.declaration.title}: {_fields(entry)}")
        elif isinstance(kind, kinds.AddressList):
            for number, text in enumerate(kind.to_json(value, view.profile)):
                yield self.line(field.offset + 16 * number, depth, f"{name}: {text}")
        elif isinstance(kind, kinds.Checksum):
            text = f"{name}: 0x{value:04x} {self.status(view) if view.checksum_status else ''}"
            yield self.line(field.offset, depth, text.rstrip())
        elif not _silent(kind, value) and view.type != "payload":
            yield self.line(field.offset, depth, f"{name}: {value_text(view, field.spec, value)}")

    def option(self, view: View, depth: int) -> Iterator[str]:
        """An option in a line; lists of addresses and what doesn't fit below it."""
        number = view.octets[view.start]
        fields = _fields(view)
        padding = view.type in ("pad1", "pad_n")
        text = f"{option_name(view)} ({number})" + (f": {fields}" if fields else "")
        yield self.line(view.start, depth, self.style(text, "dim") if padding else text)
        for problem in view.problems:
            octets = f"! {problem.message}: {view.bytes.hex()}"
            yield self.line(problem.offset, depth + 1, self.style(octets, "bold red"))

    def extra(self, view: View, depth: int) -> Iterator[str]:
        """What a layer shows beside its fields."""
        for name, value in view.extra.items():
            yield self.line(None, depth, f"{label(name)}: {_extra_text(value)}")


def _extra_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _silent(kind: Kind, value: Any) -> bool:
    """Reserved bits that are zero, a quoted packet (its layers follow), no octets."""
    if isinstance(kind, kinds.Reserved):
        return not value
    return isinstance(kind, kinds.QuotedPacket) or (kind.is_octets and not value and kind.bits == 0)


def _fields(view: View) -> str:
    """The fields of an option or entry in one line, its type and length left out."""
    shown = []
    only = [f for f in view.fields if f.name not in ("type", "length") and not _silent(f.spec.kind, f.value)]
    for field in only:
        text = value_text(view, field.spec, field.value)
        alone = len(only) == 1 and isinstance(field.spec.kind, kinds.Address | kinds.AddressList | kinds.OctetsTail)
        shown.append(text if alone else f"{label(field.name).lower()} {text}")
    return ", ".join(shown)


def hex_dump(octets: bytes, style: Style = plain) -> Iterator[str]:
    """Sixteen octets a line: offset, hexadecimal, text."""
    for at in range(0, len(octets), 16):
        piece = octets[at : at + 16]
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in piece)
        halves = f"{piece[:8].hex(' '):23}  {piece[8:].hex(' '):23}"
        yield f"{_STEP}{style(f'{at:04x}', 'dim')}  {halves}  {style(text, 'dim')}"
