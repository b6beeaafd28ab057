"""Scenarios: networks and what happens in them, written as TOML, checked strictly, and run."""

from mhatool.network.scenario.build import Build
from mhatool.network.scenario.builtin import built_in_names, built_in_path
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.load import file_of, load
from mhatool.network.scenario.plan import Scenario

__all__ = ["Build", "Scenario", "ScenarioError", "built_in_names", "built_in_path", "file_of", "load"]
