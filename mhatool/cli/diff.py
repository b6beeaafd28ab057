"""`mhatool diff`: two captures compared as exchanges."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mhatool.cli.common import (
    FOUND,
    Form,
    JsonlOption,
    JsonOption,
    Out,
    ProfileOption,
    chosen_profile,
    duration_ns,
    fail,
    form_of,
    styled,
    use_color,
    warn,
)
from mhatool.cli.other_profile import tell_of_another
from mhatool.cli.reading import sources

if TYPE_CHECKING:
    from mhatool.compare import Comparison, Renaming


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A capture; - is standard input.", show_default=False)],
    b: Annotated[str, typer.Argument(metavar="B", help="The capture to compare.", show_default=False)],
    renamed: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OLD=NEW", help="A's address or prefix OLD is NEW in B; repeatable."),
    ] = None,
    tolerance: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0, help="Compare times too; they may be off by this much.")
    ] = None,
    json: JsonOption = False,
    jsonl: JsonlOption = False,
    profile: ProfileOption = None,
) -> None:
    """Compare two captures as exchanges, not as octets: what is in one only, and what differs.

    Exchanges are compared by home address and peer, in their order: registrations, refreshes, moves and
    deregistrations with their acknowledgements, home agent discovery, prefixes, return routability, errors. Absolute
    times, sequence numbers, identifiers, cookies and checksums don't matter, nor does it how often one packet was
    captured. The status is 1 where something differs.

    Examples:
      mhatool diff before.pcap after.pcap
      mhatool diff lab.pcap field.pcap --map 2001:db8:1::/64=2001:db8:9::/64 --tolerance 0.5
      mhatool diff before.pcap after.pcap --jsonl | jq .changes
    """
    from mhatool.capture.wanted import signalling
    from mhatool.compare import compare, transactions_of

    form = form_of(json, jsonl)
    chosen = chosen_profile(profile)
    tolerance_ns = duration_ns("--tolerance", tolerance)
    rename = _renaming(renamed or [])
    first, second = sources([a, b], sieve=signalling(chosen))
    ours, theirs = transactions_of(first, chosen, rename), transactions_of(second, chosen)
    _warn_unused(rename)
    comparison = compare(ours, theirs, tolerance_ns)
    _print(form, a, b, comparison)
    without = [file for file, found in ((a, ours), (b, theirs)) if not found]
    tell_of_another(without, chosen)
    if comparison.differences:
        raise typer.Exit(FOUND)


def _renaming(texts: list[str]) -> Renaming:
    from mhatool.compare import Renaming, RenamingError, rule_of

    try:
        return Renaming([rule_of(text) for text in texts])
    except RenamingError as error:
        fail(f"--map: {error}", "give OLD=NEW, as 2001:db8:1::/64=2001:db8:2::/64")


def _warn_unused(rename: Renaming) -> None:
    for rule in rename.rules:
        if rule not in rename.used:
            warn(f"--map {rule}: no exchange of A has such an address; OLD is A's, NEW is B's")


def _print(form: Form, a: str, b: str, comparison: Comparison) -> None:
    from mhatool.compare import report

    out = Out(form)
    if form == "json":
        out.document(report.document(a, b, comparison))
    elif form == "jsonl":
        for difference in comparison.differences:
            out.record(report.record(difference))
    else:
        for line in report.lines(comparison, styled if use_color(sys.stdout) else report.plain):
            out.line(line)
