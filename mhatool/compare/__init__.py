"""Two captures compared as exchanges: what was asked and answered in both, in one only, or otherwise."""

from mhatool.compare.difference import Change, Comparison, Difference, Verdict, compare
from mhatool.compare.hearing import hear
from mhatool.compare.renaming import Renaming, RenamingError, Rule, rule_of
from mhatool.compare.transaction import Transaction
from mhatool.compare.transactions import transactions_of

__all__ = [
    "Change",
    "Comparison",
    "Difference",
    "Renaming",
    "RenamingError",
    "Rule",
    "Transaction",
    "Verdict",
    "compare",
    "hear",
    "rule_of",
    "transactions_of",
]
