"""`mhatool crosscheck`: our decoding beside tshark's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mhatool.cli.common import (
    FOUND,
    Form,
    JsonlOption,
    Out,
    ProfileOption,
    chosen_profile,
    fail,
    styled,
)

if TYPE_CHECKING:
    from mhatool.wireshark.crosscheck import Crosscheck, Difference

SHOWN_OCTETS = 48
"""Hexadecimal digits of a field in a line of text; records have all."""


def crosscheck(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A capture.", show_default=False)],
    jsonl: JsonlOption = False,
    profile: ProfileOption = None,
) -> None:
    """Decode a capture with our dissectors and with tshark and the plugin, and compare field by field.

    Each value of each field that both know, in each frame: Wireshark's own (mip6., icmpv6., ipv6. ...) and the plugin's
    (mha.). tshark is asked through pyshark; the plugin needn't be installed. Differences that are known faults of this
    tshark's version are counted and named, with --jsonl each of them is a record too. The status is 1 where something
    else differs.

    Examples:
      mhatool crosscheck tour.pcap
      mhatool crosscheck testbed.pcap --profile kame2003
      mhatool crosscheck tour.pcap --jsonl | jq 'select(.known_fault == null)'
    """
    if str(file) == "-":
        fail("standard input can't be read twice", "give a file", "-")
    chosen = chosen_profile(profile)
    from mhatool.wireshark.crosscheck import Crosscheck
    from mhatool.wireshark.tshark import WiresharkError

    comparison = Crosscheck(file, chosen)
    form: Form = "jsonl" if jsonl else "text"
    try:
        _print(comparison, Out(form))
    except WiresharkError as error:
        fail(str(error))
    if comparison.differences:
        raise typer.Exit(FOUND)


def _print(comparison: Crosscheck, out: Out) -> None:
    for difference in comparison:
        if out.form == "jsonl":
            out.record(difference.json())
        elif difference.fault is None:
            out.line(_line(difference))
    if out.form == "text":
        _summary(comparison, out)


def _line(difference: Difference) -> str:
    place = styled(f"{difference.file}:{difference.frame}:", "bold")
    ours, theirs = (" ".join(values) or "nothing" for values in (difference.ours, difference.theirs))
    octets = [each if len(each) <= SHOWN_OCTETS else each[:SHOWN_OCTETS] + "..." for each in difference.octets if each]
    from_ = f" (octets {' '.join(octets)})" if octets else ""
    return f"{place} {difference.field}: we have {ours}, tshark {theirs}{from_}"


def _summary(comparison: Crosscheck, out: Out) -> None:
    from mhatool.wireshark.faults import FAULTS

    for fault in FAULTS:
        count = comparison.known.get(fault.id)
        if count:
            out.line(f"known: {fault.id} x {count}: tshark {comparison.tshark} {fault.what}")
            out.line(f"       evidence: {fault.evidence}")
    known = sum(comparison.known.values())
    differ = f"{comparison.differences} differ" if comparison.differences else "no difference"
    beside = f", {known} of {len(comparison.known)} known kinds" if known else ""
    what = f"{comparison.compared} fields in {comparison.frames} frames beside tshark {comparison.tshark}"
    out.line(f"{what}: {differ}{beside}.")
