"""Checks the vectors' own arithmetic: lengths and checksums, from the octets alone.

Stand-alone on purpose: it imports nothing of ours, so a mistake in the codec can't hide here as well.
`python arithmetic.py FILE...` checks each vector of those TOML files.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOP_BY_HOP, IPV6, UDP, ROUTING, FRAGMENT, ESP, AH, ICMPV6, DESTINATION_OPTIONS = 0, 41, 17, 43, 44, 50, 51, 58, 60
MOBILITY = {135, 62}  # 62: the testbed of 2003
HOME_ADDRESS_OPTION = 201
ESP_ICV = 12
CHECKSUM_AT = {ICMPV6: 2, UDP: 6, 135: 4, 62: 4}


class LengthError(ValueError):
    """A length in the octets doesn't fit what is there."""


@dataclass(frozen=True)
class Sum:
    """A checksummed message: where it lies, and its pseudo-header."""

    start: int
    end: int
    source: bytes
    destination: bytes
    protocol: int

    @property
    def place(self) -> int:
        """Where the checksum stands."""
        return self.start + CHECKSUM_AT[self.protocol]


def word_sum(octets: bytes) -> int:
    """16-bit words added one by one, each carry put back."""
    total = 0
    padded = octets + bytes(len(octets) % 2)
    for at in range(0, len(padded), 2):
        total += padded[at] << 8 | padded[at + 1]
        if total > 0xFFFF:
            total -= 0xFFFF
    return total


def expected(octets: bytes, item: Sum) -> int:
    """The checksum that belongs into the message."""
    body = bytearray(octets[item.start : item.end])
    at = item.place - item.start
    body[at : at + 2] = bytes(2)
    length = len(body)
    pseudo = item.source + item.destination + bytes([0, 0, length >> 8, length & 0xFF, 0, 0, 0, item.protocol])
    return 0xFFFF - word_sum(pseudo + bytes(body))


@dataclass
class Walk:
    """One way through a packet: where its headers begin and which sums it holds."""

    octets: bytes
    offsets: list[int] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    source: bytes = b""
    destination: bytes = b""

    def packet(self, start: int, end: int) -> None:
        """An IPv6 packet that fills start..end."""
        head = self.octets[start : start + 40]
        need(len(head) == 40 and head[0] >> 4 == 6, start, "no IPv6 header")
        need(start + 40 + int.from_bytes(head[4:6], "big") == end, start + 4, "payload length")
        self.offsets.append(start)
        self.source, self.destination = head[8:24], head[24:40]
        self.chain(head[6], start + 40, end)

    def chain(self, protocol: int, start: int, end: int) -> None:
        """Whatever `protocol` names, from start to end."""
        if protocol == IPV6:
            self.packet(start, end)
            return
        self.offsets.append(start)
        if protocol in CHECKSUM_AT:
            self.upper(protocol, start, end)
            return
        if protocol == ESP:
            self.esp(start, end)
            return
        size = self.extension(protocol, start)
        need(start + size < end, start, "header length")
        self.chain(self.octets[start], start + size, end)

    def extension(self, protocol: int, start: int) -> int:
        """The size of an extension header, and what it changes in the pseudo-header."""
        length = self.octets[start + 1]
        if protocol == FRAGMENT:
            return 8
        if protocol == AH:
            return (length + 2) * 4
        need(protocol in {HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS}, start, f"protocol {protocol}")
        size = (length + 1) * 8
        if protocol == ROUTING:
            if self.octets[start + 2] in {0, 2} and self.octets[start + 3]:
                self.destination = self.octets[start + size - 16 : start + size]
            return size
        for kind, at in options(self.octets, start + 2, start + size, unit=1):
            if kind == HOME_ADDRESS_OPTION:
                need((at - start) % 8 == 6, at, "alignment of the Home Address option")
                self.source = self.octets[at + 2 : at + 18]
        return size

    def esp(self, start: int, end: int) -> None:
        """NULL encryption: SPI, number, payload, padding, its length, next header, check value."""
        pad_length, protocol = self.octets[end - ESP_ICV - 2 : end - ESP_ICV]
        need((end - ESP_ICV - start) % 4 == 0, start, "ESP alignment")
        padding = self.octets[end - ESP_ICV - 2 - pad_length : end - ESP_ICV - 2]
        need(padding == bytes(range(1, pad_length + 1)), start, "ESP padding")
        self.chain(protocol, start + 8, end - ESP_ICV - 2 - pad_length)

    def upper(self, protocol: int, start: int, end: int) -> None:
        """A message with a checksum; its lengths, and what an ICMPv6 error quotes."""
        self.sums.append(Sum(start, end, self.source, self.destination, protocol))
        octets = self.octets
        if protocol in MOBILITY:
            need(start + (octets[start + 1] + 1) * 8 == end, start + 1, "Mobility Header length")
            for _ in options(octets, start + mobility_fields(octets[start + 2], end - start), end, unit=1):
                pass
        elif protocol == UDP:
            need(start + int.from_bytes(octets[start + 4 : start + 6], "big") == end, start + 4, "UDP length")
            if octets[start + 2 : start + 4] == (521).to_bytes(2, "big"):
                need((end - start - 12) % 20 == 0, start, "RIPng entries")
                self.offsets.append(start + 8)
        elif 1 <= octets[start] <= 4:
            self.packet(start + 8, end)
        else:
            for _ in options(octets, start + icmpv6_fields(octets, start, end), end, unit=8):
                pass


def need(holds: bool, at: int, what: str) -> None:
    """LengthError where it doesn't hold."""
    if not holds:
        raise LengthError(f"{what}, at octet {at}")


def options(octets: bytes, start: int, end: int, unit: int) -> Iterator[tuple[int, int]]:
    """(type, place) of each option; unit 1: length without its two octets, unit 8: with them, in eights."""
    while start < end:
        yield octets[start], start
        if unit == 1 and octets[start] == 0:
            start += 1
            continue
        need(start + 1 < end, start, "option without length")
        size = octets[start + 1] + 2 if unit == 1 else octets[start + 1] * 8
        need(size > 0, start, "empty option")
        start += size
    need(start == end, start, "options run over the end")


def mobility_fields(mh_type: int, size: int) -> int:
    """Octets before the mobility options; types without known options: all."""
    return {0: 8, 1: 16, 2: 16, 3: 24, 4: 24, 5: 12, 6: 12, 7: 24, 13: 12}.get(mh_type, size)


def icmpv6_fields(octets: bytes, start: int, end: int) -> int:
    """Octets before the neighbour discovery options; types without any: all."""
    kind = octets[start]
    if kind == 154:
        if octets[start + 4] == 0:
            need((end - start - 8) % 16 == 0, start, "list of addresses")
        return 8 if octets[start + 4] >= 2 else end - start
    if kind in {145, 151}:
        need((end - start - 8) % 16 == 0, start, "list of addresses")
    return {133: 8, 134: 16, 135: 24, 136: 24, 137: 40, 146: 8, 147: 8, 152: 8, 153: 8}.get(kind, end - start)


def walk(octets: bytes) -> Walk:
    """The way through a whole packet."""
    result = Walk(octets)
    result.packet(0, len(octets))
    return result


def octets_of(text: str) -> bytes:
    """Hexadecimal text with blanks, line ends and comments from # on."""
    return bytes.fromhex("".join(line.split("#", 1)[0] for line in text.splitlines()))


def complaints(vector: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a vector."""
    octets = octets_of(vector["hex"])
    layers: list[dict[str, Any]] = json.loads(vector["json"])
    try:
        found = walk(octets)
    except (LengthError, IndexError) as error:
        yield str(error) or type(error).__name__
        return
    offsets = [layer["offset"] for layer in layers]
    if offsets != found.offsets:
        yield f"offsets in the JSON {offsets}, in the octets {found.offsets}"
    summed = [layer for layer in layers if "checksum" in layer]
    if len(summed) != len(found.sums):
        yield f"{len(summed)} checksums in the JSON, {len(found.sums)} in the octets"
    for layer, item in zip(summed, found.sums, strict=False):
        there = int.from_bytes(octets[item.place : item.place + 2], "big")
        right = expected(octets, item)
        status = "good" if there == right else "bad"
        if layer["checksum"] != there:
            yield f"checksum {there} in the octets, {layer['checksum']} in the JSON ({layer['type']})"
        if layer["checksum_status"] != status:
            yield f"checksum of {layer['type']} is {there:#06x}, by the words {right:#06x}: {status}"


def main(paths: list[str]) -> int:
    """Check the files; 1 where anything is wrong."""
    wrong = count = 0
    for path in paths or [str(p) for p in sorted(Path(__file__).parent.glob("*.toml"))]:
        for vector in tomllib.loads(Path(path).read_text(encoding="utf-8"))["vector"]:
            count += 1
            for text in complaints(vector):
                wrong += 1
                print(f"{path}: {vector['name']}: {text}")
    print(f"{count} vectors, {wrong} complaints")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
