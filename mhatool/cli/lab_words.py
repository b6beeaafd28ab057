"""Which lab, node and command the words of `mhatool lab` mean: a lab's name may stand first, or `--lab` gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhatool.cli.common import fail

if TYPE_CHECKING:
    from mhatool.lab.lab import Lab


def lab_named(name: str | None) -> Lab:
    """The named lab, or the only one that stands."""
    from mhatool.lab.lab import standing

    return standing(name)


def one_of(name: str | None, lab: str | None) -> str | None:
    """The lab's name, as an argument or by its flag."""
    if name is not None and lab is not None:
        fail(f"{name} and --lab {lab} both name a lab", "give one of them")
    return name if lab is None else lab


def lab_and(words: list[str], wanted: tuple[str, ...], lab: str | None) -> tuple[Lab, list[str]]:
    """The lab and the words that are wanted; before these its name may stand."""
    if len(words) not in (len(wanted), len(wanted) + 1):
        fail(f"{' '.join(words)}: give {' '.join(wanted)}, and a lab's name before it where several stand")
    name = words[0] if len(words) > len(wanted) else None
    return lab_named(one_of(name, lab)), words[-len(wanted) :]


def command_in(words: list[str], lab: str | None) -> tuple[Lab, str, list[str]]:
    """The lab, the node and what is run there; a lab's name may stand first where a node of it follows."""
    from mhatool.lab.lab import all_labs

    chosen = None
    if lab is None and len(words) > 1 and words[0] in all_labs():
        named = lab_named(words[0])
        if words[1] in named.topology.nodes and (len(words) > 2 or words[0] not in named.topology.nodes):
            chosen, words = named, words[1:]
    node, *command = words
    command = command[1:] if command[:1] == ["--"] else command
    if not command:
        fail(f"what is to run in {node}?", "give NODE COMMAND...")
    return lab_named(lab) if chosen is None else chosen, node, command
