"""What rules and knowledge wait for can come: who waits for a word that nothing has is never called."""

from __future__ import annotations

from dissectors.profile import BUILT_IN
from dissectors.spec.families import load_all
from mhatool.validate import RULES, occasion
from mhatool.validate.surroundings import KNOWLEDGE

LAYERS = {declaration.symbol for family in load_all().values() for declaration in family}
WORDS = LAYERS | {
    occasion.EVERY_MOBILITY_MESSAGE,
    occasion.TUNNELLED,
    occasion.PLAINLY_TUNNELLED,
    occasion.OPTIMISED_DATA,
    occasion.EVERY_DATAGRAM,
}


def test_each_rule_waits_for_something_that_comes() -> None:
    assert {rule.id: unknown for rule in RULES.values() if (unknown := set(rule.on) - WORDS)} == {}


def test_all_knowledge_is_fed_by_something_that_comes() -> None:
    named = {kind.__name__: {*feed.on, *feed.besides} for kind, feed in KNOWLEDGE.items()}
    assert {kind: unknown for kind, words in named.items() if (unknown := words - WORDS)} == {}


def test_each_rule_has_an_era_that_there_is() -> None:
    assert {rule.id for rule in RULES.values() if not rule.profiles or not set(rule.profiles) <= set(BUILT_IN)} == set()
