"""What the shell completes for words of ours that are no files: called on Tab, so each imports what it needs alone."""

from __future__ import annotations

from collections.abc import Iterable


def rule_ids(incomplete: str) -> list[str]:
    """Ids of rules."""
    from mhatool.validate import RULES

    return _beginning(RULES, incomplete)


def rule_families(incomplete: str) -> list[str]:
    """What ids of rules begin with."""
    from mhatool.validate import RULES

    return _beginning(sorted({id_.rpartition("-")[0] for id_ in RULES}), incomplete)


def rule_lists(incomplete: str) -> list[str]:
    """Ids and families with commas between: the last one is completed, none comes twice."""
    done, comma, last = incomplete.rpartition(",")
    chosen = done.split(",")
    found = [*rule_families(last), *rule_ids(last)]
    return [f"{done}{comma}{name}" for name in found if name not in chosen]


def messages(incomplete: str) -> list[str]:
    """What `craft` makes."""
    from mhatool.craft.recipe import MESSAGES

    return _beginning(MESSAGES, incomplete)


def scenarios(incomplete: str) -> list[str]:
    """Built-in scenarios; where none begins so, the shell goes on with files."""
    from mhatool.network.scenario import built_in_names

    return _beginning(built_in_names(), incomplete)


def topologies(incomplete: str) -> list[str]:
    """Built-in testbeds."""
    from mhatool.lab.topology import names

    return _beginning(names(), incomplete)


def experiments(incomplete: str) -> list[str]:
    """Built-in experiments on them."""
    from mhatool.lab.experiment import names

    return _beginning(names(), incomplete)


def outputs(incomplete: str) -> list[str]:
    """Outputs that have a JSON Schema."""
    from mhatool.cli.schema import available

    return _beginning(available(), incomplete)


def profiles(incomplete: str) -> list[str]:
    """Built-in profiles."""
    from dissectors.profile import BUILT_IN

    return _beginning(BUILT_IN, incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


__all__ = [
    "experiments",
    "messages",
    "outputs",
    "profiles",
    "rule_families",
    "rule_ids",
    "rule_lists",
    "scenarios",
    "topologies",
]
