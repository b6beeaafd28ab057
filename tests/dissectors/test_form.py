"""Frames of a form that is known are read as the exact walk reads them, whatever stands where bits are free."""

from random import Random

import pytest

from dissectors.form import AT_FIRST, Forms
from dissectors.glanced import GlancedPacket
from dissectors.profile import BUILT_IN
from dissectors.walk import Dissector
from tests.dissectors.test_glance import LINKS
from tests.fuzz.target import check_glance
from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, echo, ipv6, mobility, tunnel
from tests.recipes.packets import (
    alternate,
    ba,
    bu,
    care_of_test,
    care_of_test_init,
    home_test,
    home_test_init,
    multiple_home_agents,
)
from tests.vectors.load import load


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second frame of a form is read by its form already."""
    monkeypatch.setattr("dissectors.glance.WORTH_COMPILING", 1)


USUAL = [
    bu(),
    bu(alternate(CARE1)),
    bu(alternate(CARE1), multiple_home_agents(AGENT, PEER), flags="AHM"),
    bu(home=None),
    ba(),
    tunnel(CARE1, AGENT, home_test_init()),
    tunnel(AGENT, CARE1, home_test()),
    care_of_test_init(),
    care_of_test(),
]


def bits_of(octets: bytes, mask: int, random: Random) -> bytes:
    """The same frame with other free bits."""
    number = int.from_bytes(octets)
    return (number & mask | random.getrandbits(len(octets) * 8) & ~mask & (1 << len(octets) * 8) - 1).to_bytes(
        len(octets)
    )


def mask_of(dissector: Dissector, octets: bytes, link_type: int) -> int | None:
    """The mask of the form that was learned from a frame; None where none was."""
    forms: Forms = dissector.look.__self__._forms  # type: ignore[attr-defined]
    tables = forms._by_size.get(len(octets) << 16 | link_type, [])
    number = int.from_bytes(octets)
    return next((mask for mask, table in tables if number & mask in table), None)


def check(octets: bytes, link_type: int, dissector: Dissector) -> None:
    exact = Dissector(dissector.profile).dissect(octets, link_type, frame=1)
    quick = dissector.look(octets, link_type, len(octets), 1)
    assert quick.datagrams[-1].form is not None
    check_glance(quick, exact)
    message, expected = quick.datagrams[-1].upper, exact.datagrams[-1].upper
    assert message is not None
    assert expected is not None
    assert message.value == expected.value
    assert message.checksum_status == expected.checksum_status


@pytest.mark.parametrize(("link_type", "header"), LINKS)
@pytest.mark.parametrize("packet", USUAL, ids=range(len(USUAL)))
def test_usual_frames_on_every_link(packet: bytes, link_type: int, header: bytes) -> None:
    random, octets = Random(6275), header + packet
    dissector = Dissector()
    first = dissector.look(octets, link_type, len(octets), 1)
    assert isinstance(first, GlancedPacket)
    mask = mask_of(dissector, octets, link_type)
    assert mask is not None
    check(octets, link_type, dissector)
    for _ in range(20):
        check(bits_of(octets, mask, random), link_type, dissector)


@pytest.mark.parametrize("profile", BUILT_IN)
def test_vectors(profile: str) -> None:
    random, learned = Random(1), 0
    for vector in load():
        if vector.profile == profile:
            dissector = Dissector(BUILT_IN[profile])
            dissector.look(vector.octets, 229, len(vector.octets), 1)
            mask = mask_of(dissector, vector.octets, 229)
            if mask is not None:
                learned += 1
                for _ in range(20):
                    check(bits_of(vector.octets, mask, random), 229, dissector)
    assert learned > 10


def test_every_other_bit_matters() -> None:
    """A frame that differs in a bit that isn't free is none of the form."""
    octets = bu(alternate(CARE1))
    dissector = Dissector()
    dissector.look(octets, 229, len(octets), 1)
    mask = mask_of(dissector, octets, 229)
    assert mask is not None
    number = int.from_bytes(octets)
    kept = [bit for bit in range(len(octets) * 8) if mask >> bit & 1]
    assert len(kept) > 150
    for bit in kept:
        changed = (number ^ 1 << bit).to_bytes(len(octets))
        quick = Dissector()
        quick.look(octets, 229, len(octets), 1)
        check_glance(quick.look(changed, 229, len(changed), 2), Dissector().dissect(changed, 229, frame=2))


def test_a_wrong_checksum_is_seen() -> None:
    octets = bu()
    dissector = Dissector()
    for _ in range(2):
        packet = dissector.look(octets, 229, len(octets), 1)
    message = packet.datagrams[0].upper
    assert message is not None
    assert message.checksum_status == "good"
    damaged = bytearray(octets)
    damaged[-28] ^= 1  # within the addresses or numbers that are free
    mask = mask_of(dissector, octets, 229)
    assert mask is not None
    wrong = bits_of(octets, mask, Random(3))
    message = dissector.look(wrong, 229, len(wrong), 2).datagrams[0].upper
    assert message is not None
    assert message.checksum_status == "bad"


def test_what_has_no_form() -> None:
    """Traffic, what isn't understood, messages without room for their fields."""
    short = mobility(5, b"\0\1", CARE1, AGENT)
    dissector = Dissector()
    for octets in (echo(HOME, PEER)[:47], ipv6(CARE1, AGENT, 6, bytes(20)), ipv6(CARE1, AGENT, 135, short)):
        for _ in range(2):
            assert dissector.look(octets, 229, len(octets), 1).datagrams[-1].form is None


def test_only_so_many_are_learned_in_vain() -> None:
    """Frames that are all different in what is kept cost no more than a few forms."""
    dissector = Dissector()
    for lifetime in range(4 * AT_FIRST):
        octets = bu(life=4 * lifetime)
        dissector.look(octets, 229, len(octets), 1)
    forms: Forms = dissector.look.__self__._forms  # type: ignore[attr-defined]
    assert forms._learned <= AT_FIRST + 1
