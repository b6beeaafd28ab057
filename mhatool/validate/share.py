"""Who judges by which rules where two processes judge the same packets.

What a rule finds depends on no other rule, so two judges that share the rules find together what one finds by all of
them, whatever the packets are. Each of them reads all packets, but looks only at those that its own rules need.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from mhatool.validate.needs import knowledge_of
from mhatool.validate.rule import Rule

_OF_THE_SECOND: Final = frozenset(
    {"binding_update", "binding_acknowledgement", "home_test_init", "home_test", "care_of_test"}
)
"""Messages that the second judge has to look at anyway."""
_SECOND: Final = frozenset(
    {
        *("advertised_lifetimes", "authenticators", "backoff", "correspondent_answers", "deletion", "extensions"),
        *("binding_acknowledgement", "binding_update", "home_subnet", "lifetime", "link_local", "newest_binding"),
        *("numbering", "protection", "refresh", "retransmission", "sequence", "sequence_answers"),
    }
)
"""Modules whose rules the second judge takes: about half of the time goes there. They need no `Requests`."""


class Share(Enum):
    """A judge's part of the rules: all, or one of two that are all together."""

    WHOLE = None
    FIRST = False
    SECOND = True

    def has(self, rule: Rule) -> bool:
        """Whether a rule's memory, and what it tells at the end, are in this share."""
        return self is Share.WHOLE or self.value == (rule.check.__module__.rpartition(".")[2] in _SECOND)

    def judges(self, rule: Rule, carries: str) -> bool:
        """Whether it judges by a rule what carries this. A rule that remembers nothing goes with the message."""
        if self is not Share.WHOLE and is_forgetful(rule):
            return bool(self.value) == (carries in _OF_THE_SECOND)
        return self.has(rule)

    @property
    def counts(self) -> bool:
        """Whether it looks at every mobility message, to count them."""
        return self is not Share.SECOND


def is_forgetful(rule: Rule) -> bool:
    """Whether a rule looks at one packet and can't get at any knowledge."""
    return rule.scope == "packet" and not knowledge_of((rule,))


def in_share(rules: Iterable[Rule], share: Share) -> list[Rule]:
    """The rules that have something to remember or to tell there."""
    return [rule for rule in rules if share.has(rule)]
