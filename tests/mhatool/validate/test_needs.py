"""A rule by itself finds what it finds among all: it is fed with the knowledge that it needs."""

import pytest

from dissectors.profile import BUILT_IN
from mhatool.capture import open_capture
from mhatool.exchange import Source
from mhatool.validate import RULES, Finding, validate
from mhatool.validate.needs import knowledge_of
from mhatool.validate.surroundings import KNOWLEDGE
from tests.captures.test_rules import MANIFEST, judged
from tests.recipes.__main__ import FOLDER


def alone(rule: str) -> list[Finding]:
    name = f"{rule}.breaks.pcapng"
    with open_capture(FOLDER / name) as reader:
        profile = BUILT_IN[MANIFEST[rule].get("profile", "rfc6275")]
        return validate([Source(name, list(reader))], profile, select=[rule])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_alone_as_among_all(rule: str) -> None:
    assert alone(rule) == [finding for finding in judged(rule, "breaks") if finding.rule == rule]
    assert alone(rule)


def test_all_rules_need_all_knowledge() -> None:
    assert knowledge_of(RULES.values()) == set(KNOWLEDGE)


def test_few_rules_need_little() -> None:
    assert knowledge_of([RULES["MIP6-MH-001"]]) == set()
    assert 0 < len(knowledge_of([RULES["MIP6-RR-007"]])) < len(KNOWLEDGE) / 2
