"""Attacks of a scenario: made into packets as it is read, so that nobody waits for a forgery that can't be made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from dissectors.build import build
from dissectors.errors import EncodeError
from dissectors.ipv6.address import text
from dissectors.profile import Profile
from mhatool.craft import MESSAGES, Recipe, layers
from mhatool.network.attacker import Eavesdropper, Forger, Wanted
from mhatool.network.network import Network
from mhatool.network.scenario.check_nodes import copy_names
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.plan_attacks import FieldValue, ForgeryPlan, ReplayPlan
from mhatool.protocol.lifetime import nanoseconds

if TYPE_CHECKING:
    from mhatool.network.scenario.plan import Scenario

#: From an instant in the scenario to nanoseconds.
At = Callable[[object], int]
_NAMES = {declaration.symbol: name for name, declaration in MESSAGES.items()}
"""What `craft` calls a layer's type."""


def check_attacks(scenario: Scenario) -> None:
    """ScenarioError for the first packet that can't be made, or message that nobody will hear."""
    for index, forgery in enumerate(scenario.forgeries):
        try:
            made(forgery, scenario.profile)
        except EncodeError as error:
            raise ScenarioError(str(error), ("forgeries", index)) from None
    hearers = {copy: node for name, node in scenario.nodes.items() for copy in copy_names(name, node.copies)}
    for index, replay in enumerate(scenario.replays):
        links = [interface.link for interface in hearers[replay.node].interfaces.values()]
        if replay.link not in links:
            raise ScenarioError(f"{replay.node} isn't on this link: it can't hear it", ("replays", index, "link"))


def made(forgery: ForgeryPlan, profile: Profile) -> bytes:
    """The datagram; EncodeError where it can't be."""
    recipe = Recipe(
        _NAMES[forgery.message],
        profile,
        source=text(forgery.source),
        destination=text(forgery.destination),
        home_address=_shown(forgery.home_address),
        alternate_care_of_address=_shown(forgery.alternate_care_of_address),
        home_agents=[text(agent) for agent in forgery.home_agents],
        options=list(forgery.options),
        headers=list(forgery.headers),
        tunnels=list(forgery.tunnels),
        assignments=[f"{name}={_typed(value)}" for name, value in forgery.fields.items()],
        hop_limit=forgery.hop_limit,
    )
    return build(layers(recipe), profile)


def _shown(address: bytes | None) -> str:
    return text(address) if address is not None else ""


def _typed(value: FieldValue) -> str:
    """A value as somebody types it."""
    return ",".join(value) if isinstance(value, tuple) else str(value)


def plan_attacks(scenario: Scenario, network: Network, at: At) -> None:
    """Let all of them happen."""
    for index, forgery in enumerate(scenario.forgeries):
        forger = Forger(
            machine=network.machines[forgery.node],
            name=f"forgeries[{index}]",
            datagram=made(forgery, scenario.profile),
            interface=forgery.interface or None,
            link_destination=forgery.link_destination,
        )
        for time in range(forgery.times):
            network.agenda.at(at(forgery.at) + time * nanoseconds(forgery.every_s), forger.send)
    for index, replay in enumerate(scenario.replays):
        _plan_replay(replay, f"replays[{index}]", scenario, network, at)


def _plan_replay(replay: ReplayPlan, name: str, scenario: Scenario, network: Network, at: At) -> None:
    wanted = Wanted(message=replay.message, number=replay.number, source=replay.source, destination=replay.destination)
    machine, link = network.machines[replay.node], network.links[replay.link]
    ear = Eavesdropper(machine, link, wanted, scenario.profile, name)
    network.agenda.at(at(replay.since), ear.listen)
    network.agenda.at(at(replay.at), partial(ear.replay, replay.new_source, replay.new_destination))


__all__ = ["check_attacks", "made", "plan_attacks"]
