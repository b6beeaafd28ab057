"""One direction of a capture has no error that the whole doesn't have, rule by rule: no rule speaks for another one."""

import tomllib

import pytest

from dissectors.profile import BUILT_IN
from mhatool.capture import Record, open_capture
from mhatool.exchange import Source
from mhatool.validate import Severity, validate
from tests.mhatool.scenes import REPOSITORY, S, record
from tests.mhatool.validate.scenes import Packet
from tests.mhatool.validate.spoiling import directions
from tests.recipes.packets import (
    ba,
    care_of_test,
    care_of_test_init,
    dhaad_reply,
    dhaad_request,
    home_bu,
    prefix_advertisement,
    prefix_solicitation,
)

RULES_FOLDER = REPOSITORY / "captures" / "rules"
RULES_MANIFEST = tomllib.loads((RULES_FOLDER / "MANIFEST.toml").read_text(encoding="utf-8"))


def errors(records: list[Record], profile: str = "rfc6275") -> set[tuple[str, int]]:
    """Which rules, and in which frames."""
    found = validate([Source("capture", records)], BUILT_IN[profile])
    return {(f.rule, f.frames[-1].number) for f in found if f.severity is Severity.ERROR}


def only_in_a_part(records: list[Record], profile: str = "rfc6275") -> dict[str, set[tuple[str, int]]]:
    """Errors that one direction has and the whole hasn't."""
    whole = errors(records, profile)
    extra = {how: errors(part, profile) - whole for how, part in directions(records)}
    return {how: found for how, found in extra.items() if found}


@pytest.mark.parametrize("kind", ["keeps", "breaks"])
@pytest.mark.parametrize("rule", sorted(RULES_MANIFEST))
def test_captures_of_rules(rule: str, kind: str) -> None:
    with open_capture(RULES_FOLDER / f"{rule}.{kind}.pcapng") as reader:
        records = list(reader)
    assert only_in_a_part(records, RULES_MANIFEST[rule].get("profile", "rfc6275")) == {}


#: What answers do to what comes after them; all of it is right.
SCENES: dict[str, list[Packet]] = {
    "a refusal ends the entry": [
        (0, home_bu(seq=5000)),
        (0.1, ba(seq=5000, status=130, life=0)),
        (1, home_bu(seq=100)),
        (1.1, ba(seq=100)),
    ],
    "the granted lifetime is over": [
        (0, home_bu(seq=5000, life=600)),
        (0.1, ba(seq=5000, life=60)),
        (70, home_bu(seq=100, life=600)),
        (70.1, ba(seq=100, life=60)),
    ],
    "135 over half the numbers": [
        (0, home_bu(seq=10)),
        (0.1, ba(seq=32777, status=135, life=0)),
        (0.2, home_bu(seq=32778)),
        (0.3, ba(seq=32778)),
    ],
    "searches, each answered": [
        packet for i in range(7) for packet in ((20.0 * i, dhaad_request()), (20.0 * i + 0.1, dhaad_reply()))
    ],
    "solicitations, each answered": [
        packet
        for i in range(5)
        for packet in ((1.0 * i, prefix_solicitation(i)), (i + 0.1, prefix_advertisement(identifier=i)))
    ],
    "tests every second, each answered": [
        packet
        for i in range(6)
        for cookie in [bytes(7) + bytes((i,))]
        for packet in ((1.0 * i, care_of_test_init(cookie=cookie)), (i + 0.1, care_of_test(cookie=cookie)))
    ],
}


@pytest.mark.parametrize("name", SCENES)
def test_what_answers_explain(name: str) -> None:
    records = [record(i, round((at + 100) * S), octets) for i, (at, octets) in enumerate(SCENES[name], 1)]
    assert only_in_a_part(records) == {}
