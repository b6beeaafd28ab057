"""Rules, and what they find in captures."""

# Reading these modules declares their rules, in this order.
from mhatool.validate import mobility_header, options, registration, sequence
from mhatool.validate.finding import Finding, Severity
from mhatool.validate.judge import Judge, UnknownRuleError, chosen, named, validate
from mhatool.validate.rule import RULES, Rule
from mhatool.validate.schema import FINDING

__all__ = [
    "FINDING",
    "RULES",
    "Finding",
    "Judge",
    "Rule",
    "Severity",
    "UnknownRuleError",
    "chosen",
    "mobility_header",
    "named",
    "options",
    "registration",
    "sequence",
    "validate",
]
