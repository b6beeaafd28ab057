"""Our rules against the list that they were made from; what differs is in the table, with the reason."""

import json
import re
from typing import Any

import pytest

from mhatool.validate import RULES, Rule
from tests.conftest import SHARED

PLANNED: dict[str, dict[str, Any]] = {
    entry["id"]: entry for entry in json.loads((SHARED / "design" / "RULES.json").read_text(encoding="utf-8"))
}
FIELDS = ("level", "severity", "scope", "profiles", "clause")
TIMELINE = ("MIP6-SEQ-", "MIP6-LIFE-", "MIP6-RTX-", "MIP6-DEREG-002", "MHA-010", *(f"MHA-0{n}" for n in range(17, 31)))
"""Beside all rules on packets and exchanges, those on timelines that there have to be."""

NEEDS_ANSWER = "what it is judged by is in another message of the exchange"
NEEDS_HOME_REGISTRATION = "only a home registration tells home from care-of addresses"
ONCE = "said once for a pair of nodes, so it remembers them"
LATER = "the drafts of 2003 give these code points no meaning"
NOT_AGREED = "the standard's text has no such requirement; a node that does it may get into trouble"
SAME = "the same requirement in the section whose words it is taken from"

# (rule, field): what it is here, and why.
DIFFERENCES: dict[tuple[str, str], tuple[object, str]] = {
    ("MIP6-MH-006", "level"): ("MUST", "RFC 6275, 9.2; the rate limit of 9.3.3 is why it stays a warning"),
    ("MIP6-MH-010", "level"): ("SHOULD NOT", "RFC 8200, 5 discourages fragments where they can be avoided, no more"),
    ("MIP6-MH-010", "severity"): ("note", "fragments are allowed; that nothing follows the message is MIP6-MH-002's"),
    ("MIP6-MH-010", "clause"): ("5", "fragments of packets that fit every link are RFC 8200's matter"),
    ("MIP6-OPT-010", "level"): ("-", NOT_AGREED),
    ("MIP6-HAO-003", "severity"): ("warning", "from memory: no text or implementation that was at hand confirms it"),
    ("MIP6-RH2-002", "clause"): ("6.4", SAME),
    ("MIP6-RH2-003", "level"): ("SHOULD", "RFC 8200, 4.1 and RFC 6275, 6.4.1 both say should"),
    ("MIP6-RH2-003", "severity"): ("warning", "as its level"),
    ("MIP6-RH2-005", "scope"): ("exchange", NEEDS_ANSWER),
    ("MIP6-BU-002", "scope"): ("exchange", "a node at home needs no option, and only its conversation tells that"),
    ("MIP6-BU-005", "profiles"): (("rfc6275",), "the bit had another meaning in the drafts of 2003"),
    ("MIP6-BU-006", "scope"): ("exchange", "the link-local address is seen in neighbour discovery only"),
    ("MIP6-BU-007", "level"): ("MUST NOT", "the same requirement, as a prohibition; of Nonce Indices alone (6.2.6)"),
    ("MIP6-BU-007", "clause"): ("9.5.1", "there the home agent's reaction is, and 6.2.6 has the reason"),
    ("MIP6-BU-012", "scope"): ("exchange", NEEDS_HOME_REGISTRATION),
    ("MIP6-SEQ-007", "level"): ("MAY", "any number within the window will do; resets are MIP6-SEQ-001's"),
    ("MIP6-SEQ-007", "severity"): ("note", "a leap is a hint at a lost list, no breach"),
    ("MIP6-SEQ-007", "clause"): ("6.1.7", "there the window is"),
    ("MIP6-BA-002", "scope"): ("exchange", NEEDS_ANSWER),
    ("MIP6-BA-007", "scope"): ("exchange", NEEDS_ANSWER),
    ("MIP6-BA-008", "scope"): ("exchange", NEEDS_ANSWER),
    ("MIP6-BE-002", "scope"): ("exchange", "only the packet at fault tells where it came from"),
    ("MIP6-LIFE-002", "scope"): ("exchange", "longer ones are fine where something else than nonces proves the update"),
    ("MIP6-LIFE-002", "clause"): ("5.2.6", "there the limit is"),
    ("MIP6-LIFE-003", "level"): ("-", "the limit is the correspondent's to keep; nothing forbids to ask for more"),
    ("MIP6-LIFE-003", "severity"): ("note", "as its level"),
    ("MIP6-LIFE-003", "clause"): ("5.2.6", "there the limit is"),
    ("MIP6-RR-001", "scope"): ("exchange", NEEDS_HOME_REGISTRATION),
    ("MIP6-RR-002", "scope"): ("exchange", NEEDS_HOME_REGISTRATION),
    ("MIP6-RR-007", "scope"): ("exchange", "the tokens are in the Home Test and the Care-of Test"),
    ("MIP6-RR-007", "profiles"): (("rfc6275",), "the drafts of 2003 compute keys and authenticators in other ways"),
    ("MIP6-DHAAD-008", "scope"): ("timeline", "it takes some seconds, and other answers of the home link, to tell"),
    ("MIP6-MPD-001", "scope"): ("exchange", NEEDS_HOME_REGISTRATION),
    ("MIP6-ND-003", "scope"): ("timeline", "a router may spread its options over several advertisements"),
    ("MIP6-ND-004", "scope"): ("timeline", "gaps show between several advertisements"),
    ("MIP6-SEC-001", "scope"): ("timeline", ONCE),
    ("MIP6-SEC-003", "level"): ("SHOULD", "RFC 3776, 4.1: MUST be supported, SHOULD be used"),
    ("MIP6-SEC-003", "scope"): ("timeline", ONCE),
    ("MIP6-SEC-003", "clause"): ("4.1", SAME),
    ("MHA-022", "scope"): ("exchange", NEEDS_HOME_REGISTRATION),
    ("MHA-024", "clause"): ("Fig. 5", "the figure, written as elsewhere"),
    ("HARP-004", "level"): ("-", "RFC 5142 recommends ESP in its security considerations, without a keyword"),
    ("HARP-004", "severity"): ("note", "as its level"),
    ("HARP-004", "scope"): ("timeline", ONCE),
    ("X-001", "scope"): ("exchange", ONCE),
    ("X-001", "profiles"): (("rfc6275",), LATER),
    ("X-002", "scope"): ("timeline", ONCE),
    ("X-003", "scope"): ("exchange", ONCE),
    ("X-003", "profiles"): (("rfc6275",), LATER),
    ("X-004", "scope"): ("exchange", ONCE),
    ("X-004", "profiles"): (("rfc6275",), LATER),
    ("X-005", "scope"): ("exchange", ONCE),
    ("X-005", "profiles"): (("rfc6275",), LATER),
    ("X-006", "scope"): ("exchange", ONCE),
    ("X-006", "profiles"): (("rfc6275",), LATER),
}


def _clauses(reference: str) -> list[str]:
    """Documents and sections that a reference names: `RFC 3776, 4.1` -> RFC 3776, 4.1."""
    return re.findall(r"RFC \d+|\d+(?:\.\d+)*|\b[IVX]+(?:-[A-Z])?\b|Fig\. \d+", reference)


def _planned_clauses(entry: dict[str, Any]) -> list[str]:
    """`9.5.4`, `RFC3776-3.1`, `paper III-C`, `RFC5142`. A subsection of such a one will do."""
    return _clauses(re.sub(r"RFC(\d+)-?", r"RFC \1 ", entry["section"]))


def _planned(field: str, entry: dict[str, Any]) -> object:
    if field == "severity":
        return {"info": "note"}.get(entry["severity"], entry["severity"])
    return tuple(entry["profiles"]) if field == "profiles" else entry[field]


def _ours(field: str, rule: Rule) -> object:
    return str(rule.severity) if field == "severity" else getattr(rule, field)


def _differs(id_: str, field: str) -> bool:
    entry, rule = PLANNED[id_], RULES[id_]
    if field == "clause":
        named = _clauses(rule.reference)
        return not all(any(f"{ours}.".startswith(f"{clause}.") for ours in named) for clause in _planned_clauses(entry))
    return _planned(field, entry) != _ours(field, rule)


def test_every_rule_that_was_planned_for_packets_and_exchanges_is_there() -> None:
    wanted = {
        id_ for id_, entry in PLANNED.items() if entry["scope"] in ("packet", "exchange") or id_.startswith(TIMELINE)
    }
    assert wanted - set(RULES) == set()


def test_no_rule_is_there_that_was_not_planned() -> None:
    assert set(RULES) - set(PLANNED) == set()


@pytest.mark.parametrize("field", FIELDS)
def test_rules_are_as_planned_or_the_difference_is_explained(field: str) -> None:
    differing = {(id_, field) for id_ in RULES if _differs(id_, field)}
    assert differing == {key for key in DIFFERENCES if key[1] == field}


@pytest.mark.parametrize(("key", "row"), DIFFERENCES.items(), ids=[" ".join(key) for key in DIFFERENCES])
def test_each_difference_is_what_the_table_says(key: tuple[str, str], row: tuple[object, str]) -> None:
    (id_, field), (ours, reason) = key, row
    rule = RULES[id_]
    assert ours in _clauses(rule.reference) if field == "clause" else ours == _ours(field, rule)
    assert len(reason) > 10
