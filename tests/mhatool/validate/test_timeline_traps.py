"""What captures do to packets must not look like what nodes do: rules on order and time say nothing then."""

from collections.abc import Callable

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool import manifest
from tests.mhatool.scenes import recording, records_of
from tests.mhatool.validate.scenes import Packet, shaken, told, twice
from tests.recipes import renewal, timeline
from tests.recipes.example import Example

EXAMPLES = [*timeline.EXAMPLES, *renewal.EXAMPLES]
RULES = [example.rule for example in EXAMPLES]
NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]
AS_RETRANSMISSION = {"MIP6-SEQ-001": "MIP6-SEQ-002", "MIP6-RR-005": "MIP6-RTX-005"}
MOBILE_NODE = bytes.fromhex("0040264c51fd")

Spoil = Callable[[list[Packet]], list[Packet]]

#: Ways in which a capture may differ from what was sent; none of them is anybody's breach.
SPOILT: dict[str, Spoil] = {
    "shaken by 50 ms": shaken,
    "shaken the other way": lambda packets: shaken(packets, -0.05),
    "each twice": twice,
    "from the middle on": lambda packets: packets[len(packets) // 2 :],
    "from the second on": lambda packets: packets[1:],
    "without the end": lambda packets: packets[:-1],
    "every other one": lambda packets: packets[::2],
    "the others": lambda packets: packets[1::2],
}


NO_ERROR = "MIP6-SEQ-007"
"""A note, a hint at a leap: what is lost to a capture makes one."""


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize("example", EXAMPLES, ids=RULES)
def test_a_spoilt_clean_capture_has_no_error(example: Example, spoil: str) -> None:
    findings = told(RULES, *SPOILT[spoil](list(example.clean)))
    assert [finding for finding in findings if not finding[2] and finding[0] != NO_ERROR] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=RULES)
def test_each_direction_alone_has_no_error(example: Example) -> None:
    """The broken ones too, unless one direction alone shows the breach: then it is the same breach.

    Where no answer is seen, what follows a message with its own old number or cookie looks like its retransmission.
    """
    sources = {octets[8:24] for _, octets in example.broken}
    whole = {finding[0] for finding in told(RULES, *example.broken)}
    whole |= {AS_RETRANSMISSION[rule] for rule in whole if rule in AS_RETRANSMISSION}
    for source in sources:
        half = [(at, octets) for at, octets in example.broken if octets[8:24] == source]
        assert {rule for rule, _, inconclusive in told(RULES, *half) if not inconclusive} <= whole


@pytest.mark.parametrize("example", EXAMPLES, ids=RULES)
def test_the_broken_one_is_found_when_shaken(example: Example) -> None:
    """And each packet twice; only what rests on a moment of less than 0.1 s may be lost."""
    found = {finding[0] for finding in told(RULES, *twice(list(example.broken)))}
    assert example.rule in found


@pytest.mark.parametrize("example", EXAMPLES, ids=RULES)
def test_what_the_capture_cut_is_never_an_error(example: Example) -> None:
    for snap in (48, 64, 76, 80):
        findings = told(RULES, *example.clean, snap=snap)
        assert [finding for finding in findings if not finding[2]] == []


def certain(sources: list[Source]) -> list[Finding]:
    return [finding for finding in validate(sources, select=RULES) if finding.severity is not Severity.NOTE]


@pytest.mark.parametrize("name", NAMES)
def test_umip_keeps_them_all(name: str) -> None:
    assert validate([recording(name)], select=RULES) == []


@pytest.mark.parametrize("run", ["tour", "failover60", "ro"])
def test_several_vantage_points_at_once(run: str) -> None:
    assert validate([recording(name) for name in NAMES if name.startswith(run)], select=RULES) == []


@pytest.mark.parametrize("name", ["tour-mn.pcap", "failover60-mn.pcap", "ro-mn.pcap", "ro-core.pcap"])
def test_one_direction_of_umip(name: str) -> None:
    source = recording(name)
    for sent in (True, False):
        half = [r for r in source.records if (r.captured[6:12] == MOBILE_NODE) is sent]
        assert certain([Source(name, half)]) == []


@pytest.mark.parametrize("name", ["tour-mn.pcap", "failover60-mn.pcap", "ro-mn.pcap"])
def test_umip_cut_and_shaken(name: str) -> None:
    records = records_of(recording(name))
    jittered = [r._replace(time_ns=r.time_ns + (r.frame * 7919 % 101 - 50) * 1_000_000) for r in records]
    assert certain([Source(name, jittered)]) == []
    assert certain([Source(name, [r._replace(captured=r.captured[:96]) for r in records])]) == []


@pytest.mark.parametrize("name", ["tour-mn.pcap", "failover60-mn.pcap", "ro-mn.pcap"])
def test_umip_with_lost_frames(name: str) -> None:
    """Each message missing once, as where the capture dropped it."""
    records = records_of(recording(name))
    signalling = [r.frame for r in records if b"\x3b" in r.captured[54:100] and len(r.captured) < 200]
    for lost in signalling[::4]:
        assert certain([Source(name, [r for r in records if r.frame != lost])]) == [], lost
