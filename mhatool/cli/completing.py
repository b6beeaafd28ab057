"""What the shell completes for words of ours that are no files: called on Tab, so each imports what it needs alone."""

from __future__ import annotations

from collections.abc import Iterable


def rule_ids(incomplete: str) -> list[str]:
    """Ids of rules."""
    from mhatool.validate import RULES

    return beginning(RULES, incomplete)


def rule_families(incomplete: str) -> list[str]:
    """What ids of rules begin with."""
    from mhatool.validate import RULES

    return beginning(sorted({id_.rpartition("-")[0] for id_ in RULES}), incomplete)


def rule_lists(incomplete: str) -> list[str]:
    """Ids and families with commas between: the last one is completed, none comes twice."""
    done, comma, last = incomplete.rpartition(",")
    chosen = done.split(",")
    found = [*rule_families(last), *rule_ids(last)]
    return [f"{done}{comma}{name}" for name in found if name not in chosen]


def messages(incomplete: str) -> list[str]:
    """What `craft` makes."""
    from mhatool.craft.recipe import MESSAGES

    return beginning(MESSAGES, incomplete)


def scenarios(incomplete: str) -> list[str]:
    """Built-in scenarios; where none begins so, the shell goes on with files."""
    from mhatool.network.scenario import built_in_names

    return beginning(built_in_names(), incomplete)


def topologies(incomplete: str) -> list[str]:
    """Built-in testbeds."""
    from mhatool.lab.topology import names

    return beginning(names(), incomplete)


def experiments(incomplete: str) -> list[str]:
    """Built-in experiments on them."""
    from mhatool.lab.experiment import names

    return beginning(names(), incomplete)


def profiles(incomplete: str) -> list[str]:
    """Built-in profiles."""
    from dissectors.profile import BUILT_IN

    return beginning(BUILT_IN, incomplete)


def beginning(names: Iterable[str], incomplete: str) -> list[str]:
    """Those that begin so."""
    return [name for name in names if name.startswith(incomplete)]


__all__ = [
    "beginning",
    "experiments",
    "messages",
    "profiles",
    "rule_families",
    "rule_ids",
    "rule_lists",
    "scenarios",
    "topologies",
]
