"""What an attack on the testbed has to leave as it is, and the reason that each packet of it is to get."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.mhatool.lab.standing import AGENTS, Standing, until

HELD = ("home_address", "care_of_address", "address", "flags", "sequence_number", "lifetime_s", "pending")
LISTED = ("peer", "home_address", "care_of_address", "state", "flags", "sequence_number", "lifetime_s")


def held(lab: Standing) -> dict[str, list[dict[str, Any]]]:
    """The bindings at both agents and what the mobile node's Binding Update List has of them, times aside."""
    found = {agent: [_only(row, HELD) for row in lab.show(agent, "bindings")] for agent in ("ha1", "ha2")}
    return {**found, "mn": [_only(row, LISTED) for row in registrations(lab)]}


def registrations(lab: Standing) -> list[dict[str, Any]]:
    """The mobile node's home registrations at the two agents of the lab; anywhere else it has none.

    Advertisements aren't authenticated: a forged one on the home link makes up an agent, which a true agent's answer to
    a discovery then names (RFC 6275, 15.5). The mobile node's updates there get no answer, and are given up.
    """
    rows = [row for row in lab.show("mn", "updates") if row["home_registration"]]
    assert [row for row in rows if row["peer"] not in AGENTS and row["state"] == "BOUND"] == []
    return [row for row in rows if row["peer"] in AGENTS]


def _only(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def without_numbers(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The same for attacks that make the mobile node ask its agents."""
    return {node: [{**row, "sequence_number": 0} for row in rows] for node, rows in tables.items()}


def counted(lab: Standing, node: str, what: str, reason: str) -> int:
    """How many packets a node has `dropped` or `refused` for this reason."""
    number: int = lab.show(node, "stats")[what].get(reason, 0)
    return number


@contextmanager
def withstands(
    lab: Standing, node: str, what: str, reason: str, times: int = 1, *, exactly: bool = True
) -> Iterator[None]:
    """So many of the packets that are sent meanwhile are dropped or refused for this reason, and nothing changes.

    Not `exactly`: others may be dropped for it as well.
    """
    before, tables = counted(lab, node, what, reason), held(lab)
    yield
    until(lambda: counted(lab, node, what, reason) >= before + times)
    assert not exactly or counted(lab, node, what, reason) == before + times
    assert held(lab) == tables


__all__ = ["counted", "held", "registrations", "without_numbers", "withstands"]
