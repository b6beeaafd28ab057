"""The quick look at pcapng files against the exact reader: what it takes upon itself, and what it leaves to it."""

import io
import struct
from collections import Counter

import pytest

from mhatool.capture import CaptureReader, CaptureWarning, Record, pcapng_sieve
from mhatool.capture.pcapng import read_block
from mhatool.capture.sieve import Sieve
from mhatool.capture.source import RawInput
from tests.mhatool.capture.builders import block, enhanced, interface, obsolete, option, section, simple
from tests.mhatool.scenes import HOME, PEER, bu, ipv6

TCP, UDP, IPV6, ICMPV6 = 6, 17, 41, 58
SIEVE = Sieve(frozenset({TCP, UDP}), IPV6, frozenset({TCP, UDP}), ICMPV6, frozenset({144, 145, 146, 147}))
WANTED = bytes(12) + b"\x86\xdd" + bu()
PLAIN = bytes(12) + b"\x86\xdd" + ipv6(PEER, HOME, UDP, struct.pack(">4H", 9, 9, 8, 0))
FLAGS = option(2, b"\1\0\0\0") + option(0, b"")
"""epb_flags, inbound (draft-ietf-opsawg-pcapng, section 4.3.1), and the end of the options."""


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How many blocks the exact parsers were given, by type."""
    seen: Counter[int] = Counter()

    def counting(*arguments: object) -> Record | None:
        buffer, start = arguments[1], arguments[2]
        assert isinstance(buffer, bytes)
        assert isinstance(start, int)
        seen[int.from_bytes(buffer[start : start + 4], "little")] += 1
        return read_block(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pcapng_sieve, "read_block", counting)
    return seen


def opened(*blocks: bytes) -> CaptureReader:
    return CaptureReader(RawInput("capture", io.BytesIO(b"".join(blocks)), owned=True))


def compared(*blocks: bytes) -> tuple[list[int], list[CaptureWarning]]:
    """Frames that are given, and warnings: the same as without the sieve, like counts, times and interfaces.

    The first packet is always given, whatever it is.
    """
    with opened(*blocks) as reader:
        whole = list(reader)
    with opened(*blocks) as sieve:
        sifted = list(sieve.sift(SIEVE))
    frames = [record.frame for record in sifted]
    assert sifted == [record for record in whole if record.frame in frames]
    assert (sieve.warnings, sieve.interfaces) == (reader.warnings, reader.interfaces)
    assert sieve.tally.packets == Counter(record.link_type for record in whole)
    times = [record.time_ns for record in whole]
    assert (sieve.tally.first_ns, sieve.tally.last_ns) == (min(times, default=None), max(times, default=None))
    return frames, sieve.warnings


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_is_left_out_never_meets_the_exact_parsers(exact: Counter[int], order: str) -> None:
    ticks = (7 << 32, (7 << 32) + 5, 7 << 32, (6 << 32) + 0xFFFFFFFF, 8 << 32, 8 << 32, 1)
    plain = [enhanced(PLAIN + bytes(n), tick, order) for n, tick in enumerate(ticks)]
    wanted = [enhanced(WANTED, 2, order), enhanced(WANTED, 9 << 32, order)]
    frames, warnings = compared(section(order), interface(order), *plain, *wanted, *plain, section(order))
    assert (frames, warnings) == ([1, 8, 9], [])
    assert exact.total() == 6  # two sections, an interface, the first packet, two that are wanted


def test_interfaces_that_are_alike_and_one_that_is_not(exact: Counter[int]) -> None:
    alike = [enhanced(PLAIN, tick, number=number) for number, tick in enumerate((9, 8))] * 20
    mixed = [enhanced(PLAIN, 7, number=number) for number in range(3)]
    nanoseconds = interface(options=option(9, b"\x09"))
    frames, _ = compared(section(), interface(), interface(), *alike, nanoseconds, *mixed, enhanced(WANTED, 99))
    assert (frames, exact[6]) == ([1, 44], 5)
    exact.clear()
    other_link = compared(section(), interface(), interface(link_type=101), *mixed[:2], enhanced(bu(), 3, number=1))
    assert (other_link, exact[6]) == (([1, 3], []), 3)


def test_as_many_interfaces_as_packets() -> None:
    """100,000 in 4 MB. Where all were compared after each, this took hours."""
    blocks = [section(), *[interface()] * 100_000, *[enhanced(PLAIN, 1, number=number) for number in range(50)]]
    assert compared(*blocks, enhanced(WANTED, 2, number=99_999)) == ([1, 51], [])


def test_sections_of_different_orders_and_clocks() -> None:
    before = [section(), interface(), enhanced(PLAIN, 5), enhanced(WANTED, 6), enhanced(PLAIN, 1 << 40)]
    shifted = interface(">", options=option(9, b"\x03", ">") + option(14, struct.pack(">q", -5), ">"))
    after = [section(">"), shifted, enhanced(PLAIN, 4, ">"), enhanced(WANTED, 2, ">"), enhanced(PLAIN, 3, ">")]
    assert compared(*before, *after) == ([1, 2, 5], [])


def test_options_that_say_nothing_are_met_once(exact: Counter[int]) -> None:
    flagged = [enhanced(PLAIN + bytes(n), n, options=FLAGS) for n in range(9)]
    commented = enhanced(PLAIN, 3, options=option(1, b"why"))
    wanted = enhanced(WANTED, 3, options=option(1, b"why"))
    frames, _ = compared(section(), interface(), *flagged, *[commented] * 3, *flagged, enhanced(WANTED, options=FLAGS))
    assert (frames, exact[6]) == ([1, 22], 1 + 3 + 1)
    assert compared(section(), interface(), *flagged, wanted, wanted) == ([1, 10, 11], [])


def test_damaged_options_of_what_is_left_out_are_told_once() -> None:
    damaged = enhanced(PLAIN, options=struct.pack("<2H", 1, 4000))
    blocks = [section(), interface(), enhanced(PLAIN), *[damaged] * 3, enhanced(WANTED), damaged]
    offset = len(section() + interface() + enhanced(PLAIN))
    assert compared(*blocks) == ([1, 5], [CaptureWarning("damaged packet options, their comments are lost", offset, 2)])


def test_other_blocks_between(exact: Counter[int]) -> None:
    blocks = [simple(PLAIN), obsolete(WANTED, 7), block(5, bytes(16)), simple(WANTED), block(0x0BAD, PLAIN)]
    assert compared(section(), interface(), *(b + enhanced(PLAIN, 5) for b in blocks)) == ([1, 3, 6], [])
    assert exact[6] == 0


def changed(octets: bytes, at: int, value: int) -> bytes:
    """With 32 bits changed, counted from the end where `at` is negative."""
    at %= len(octets)
    return octets[:at] + struct.pack("<I", value) + octets[at + 4 :]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (changed(enhanced(PLAIN), -4, 40), "bad block length, it differs before and after the block"),
        (changed(enhanced(PLAIN), 4, 97), "bad block length, 97 octets"),
        (changed(changed(enhanced(PLAIN) + b"\0", 4, 97), -4, 97), "bad block length, 97 octets"),
        (changed(enhanced(PLAIN), 4, 0), "bad block length, 0 octets"),
        (changed(enhanced(PLAIN), 4, 1 << 26), "bad block length, 67108864 octets"),
        (block(6, bytes(16)), "packet block cut short"),
        (enhanced(PLAIN, number=1), "packet of interface 1, which the section doesn't describe"),
        (changed(enhanced(PLAIN), 20, 65), "packet of 65 octets in a block that has room for 64"),
        (changed(enhanced(PLAIN), 20, 0xFFFFFFFF), "packet of 4294967295 octets in a block that has room for 64"),
        (enhanced(PLAIN)[:-1], "block cut short, 95 of 96 octets are there"),
        (enhanced(PLAIN)[:50], "block cut short, 50 of 96 octets are there"),
        (enhanced(PLAIN)[:7], "block cut short, 7 of 12 octets are there"),
    ],
)
def test_what_is_wrong_with_a_packet_that_is_left_out(wrong: bytes, message: str) -> None:
    """The packet after 14 octets of Ethernet, 40 of IPv6 and 8 of UDP has 62, which takes 64, and the block 96."""
    before = [section(), interface(), enhanced(WANTED, 5), enhanced(PLAIN, 6)]
    is_cut = message.startswith("block cut")
    frames, warnings = compared(*before, wrong, *([] if is_cut else [bytes(1 << 10)]))
    assert frames == [1]
    assert warnings == [CaptureWarning(message, sum(map(len, before)), 3)]


def test_packets_larger_than_what_is_read_at_a_time() -> None:
    sizes = (300_000, 1, 262_144, 524_288 - 90)
    jumbos = [enhanced(PLAIN + bytes(size), n) + enhanced(WANTED, n) for n, size in enumerate(sizes)]
    assert compared(section(), interface(), *jumbos) == ([1, 2, 4, 6, 8], [])
