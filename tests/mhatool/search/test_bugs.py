"""Bugs put into the engine on purpose: the search finds each of them, by an invariant, at a seed that holds without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mhatool.engine.home_agent.alarms import Alarms
from mhatool.engine.home_agent.cache import BindingCache
from mhatool.engine.home_agent.checks import Checks
from mhatool.engine.home_agent.defence import Defence
from mhatool.engine.home_agent.neighbours import Neighbours
from mhatool.engine.home_agent.peers import Peers
from mhatool.engine.home_agent.registrations import Registrations
from mhatool.engine.mobile_node.agent_checks import AgentChecks
from mhatool.engine.mobile_node.choice import Choice
from mhatool.engine.mobile_node.home_registrations import HomeRegistrations
from mhatool.engine.mobile_node.rounds import Rounds
from mhatool.engine.mobile_node.tunnel import ReverseTunnel
from mhatool.engine.mobile_node.updates import HomeUpdates
from mhatool.search import draw, run

Patch = pytest.MonkeyPatch
