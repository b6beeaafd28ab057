"""What attackers make up, or hear and say again: nothing of it may change a binding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mhatool.search.dice import Dice
from mhatool.search.shape import (
    STRANGER,
    Shape,
    agent_address,
    care_of_address,
    correspondent_address,
    home_address,
)
from mhatool.search.times import FIRST_FAULT_S

Row = dict[str, Any]
LONGEST_S = 600
"""Longer than any search lasts."""
_NUMBERS, _HEARTBEATS = 0xFFFF, 0xFFFF_FFFF


def draw_forgery(dice: Dice, shape: Shape, at_s: float) -> tuple[str, Row, str]:
    """The table of a scenario, its row, and what it is in words.

    Without keys nothing tells a stranger's Binding Update from a mobile node's own: such forgeries are for networks
    with keys.
    """
    forgers: list[_Forger] = [_alarm, _heartbeat, _restarted, _discovery_reply]
    if shape.protected:
        forgers += [_update, _deletion, _acknowledgement, _replay, _replay]
    if shape.correspondents:
        forgers += [_update_to_correspondent]
    table, row, what = dice.one_of(forgers)(dice, shape)
    return table, {"at": at_s, **row}, what


def draw_impossible_update(dice: Dice, shape: Shape, at_s: float) -> tuple[str, Row, str]:
    """A Binding Update that an agent refuses for what it asks, keys or none."""
    destination = _agent(dice, shape)
    home = home_address(shape.mobile_nodes + 1)
    home, care_of, listed, why = dice.one_of(
        (
            (STRANGER, STRANGER, "", "a home address of another link"),
            (_agent(dice, shape), STRANGER, "", "an agent's address"),
            (home, destination, "", "packets for itself"),
            (home, STRANGER, STRANGER, "a list without it"),
        )
    )
    fields = {"sequence_number": dice.count(0, _NUMBERS), "lifetime_s": LONGEST_S, "flags": "AHM" if listed else "AH"}
    options = [f"alternate_care_of_address:care_of_address={care_of}"]
    options += [f"multiple_home_agents:home_agents={listed}"] if listed else []
    row = _by_mallory("binding_update", STRANGER, destination, home_address=home, fields=fields, options=options)
    return "forgeries", {"at": at_s, **row}, f"forged: {destination} is asked for {why}"


_Forger = Callable[[Dice, Shape], tuple[str, Row, str]]


def _agent(dice: Dice, shape: Shape) -> str:
    return agent_address(dice.count(1, shape.agents))


def _away(dice: Dice, shape: Shape) -> tuple[str, str]:
    """A mobile node's home address, and a care-of address that it may have."""
    number = dice.count(1, shape.mobile_nodes)
    return home_address(number), care_of_address(number, dice.count(1, shape.foreign))


def _by_mallory(message: str, source: str, destination: str, **more: Any) -> Row:
    return {"node": "mallory", "message": message, "source": source, "destination": destination, **more}


def _alarm(dice: Dice, shape: Shape) -> tuple[str, Row, str]:
    home, care_of = _away(dice, shape)
    source, named = _agent(dice, shape), _agent(dice, shape)
    fields = {"identifier": dice.count(0, _NUMBERS), "unreachable": named}
    row = _by_mallory("home_agent_unreachable", source, care_of, home_address=home, fields=fields)
    return "forgeries", row, f"forged: {source} tells {care_of} that {named} is unreachable"


def _heartbeat(dice: Dice, shape: Shape) -> tuple[str, Row, str]:
    source, destination = dice.one_of((STRANGER, _agent(dice, shape))), _agent(dice, shape)
    fields = {"sequence_number": dice.count(0, _HEARTBEATS)}
    row = _by_mallory("heartbeat", source, destination, fields=fields)
    return "forgeries", row, f"forged: a Heartbeat from {source} to {destination}"


def _restarted(dice: Dice, shape: Shape) -> tuple[str, Row, str]:
    source, destination = _agent(dice, shape), _agent(dice, shape)
    flags = dice.one_of(("R", "UR"))
    fields = {"sequence_number": 0 if flags == "UR" else dice.count(0, _HEARTBEATS), "flags": flags}
    options = [f"restart-counter:restart_counter={dice.count(1, 99)}"]
    row = _by_mallory("heartbeat", source, destination, fields=fields, options=options)
    return "forgeries", row, f"forged: {source} tells {destination} that it restarted ({flags})"


def _discovery_reply(dice: Dice, shape: Shape) -> tuple[str, Row, str]:
    source, (_, care_of) = _agent(dice, shape), _away(dice, shape)
    fields = {"identifier": dice.count(0, _NUMBERS), "home_agents": STRANGER}
    row = _by_mallory("dhaad_reply", source, care_of, fields=fields)
    return "forgeries", row, f"forged: {source} offers {care_of} a stranger as home agent"


def _update(dice: Dice, shape: Shape) -> tuple[str, Row, str]:
    (home, _), destination = _away(dice, shape), _agent(dice, shape)
    fields = {"sequence_number": dice.count(0, _NUMBERS), "lifetime_s": 600, "flags": "AHL"}
    row = _by_mallory("binding_update", STRANGER, destination, home_address=home, fields=fields)
    return "forgeries", row, f"forged: {home} says to {destination} that it is at the stranger's"


def _deletion(dice: Dice, shape: Shape) -> tuple[str, Row, str]:
    (home, care_of), destination = _away(dice, shape), _agent(dice, shape)
    fields = {"sequence_number": dice.count(0, _NUMBERS), "lifetime_s": 0, "flags": "AHL"}
    row = _by_mallory("binding_update", care_of, destination, home_address=home, fields=fields)
    return "forgeries", row, f"forged: {home} says to {destination} that it is at home"


def _acknowledgement(dice: Dice, shape: Shape) -> tuple[str, Row, str]:
    (home, care_of), source = _away(dice, shape), _agent(dice, shape)
    fields = {"sequence_number": dice.count(0, _NUMBERS), "status": dice.one_of((0, 129, 135)), "lifetime_s": 0}
    row = _by_mallory("binding_acknowledgement", source, care_of, home_address=home, fields=fields)
    return "forgeries", row, f"forged: {source} answers {care_of} with status {fields['status']}"


def _update_to_correspondent(dice: Dice, shape: Shape) -> tuple[str, Row, str]:
    (home, _), destination = _away(dice, shape), correspondent_address(dice.count(1, shape.correspondents))
    fields = {"sequence_number": dice.count(0, _NUMBERS), "lifetime_s": 200, "flags": "A"}
    row = _by_mallory("binding_update", STRANGER, destination, home_address=home, fields=fields)
    return "forgeries", row, f"forged: {home} says to {destination} that it is at the stranger's"


def _replay(dice: Dice, shape: Shape) -> tuple[str, Row, str]:
    """By one on the first foreign link: to the same agent, or to another one."""
    message = dice.one_of(("binding_update", "binding_acknowledgement"))
    row: Row = {
        "node": "eve",
        "link": "foreign1",
        "message": message,
        "number": dice.count(1, 4),
        "since": FIRST_FAULT_S / 5,
    }
    what = f"replayed: {message} number {row['number']} of foreign1"
    if dice.happens(0.5):
        agent = _agent(dice, shape)
        row["new_destination" if message == "binding_update" else "new_source"] = agent
        what += f" with {agent} in an agent's place"
    return "replays", row, what


__all__ = ["draw_forgery", "draw_impossible_update"]
