"""`mhatool crosscheck`: our decoding beside tshark's."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mhatool.cli.common import (
    FOUND,
    FileArgument,
    Form,
    JsonlOption,
    Out,
    ProfileOption,
    chosen_profile,
    fail,
    input_name,
    styled,
    warn,
)
from mhatool.cli.reading import kept_at_rest

if TYPE_CHECKING:
    from mhatool.wireshark.crosscheck import Crosscheck, Difference

SHOWN_OCTETS = 48
"""Hexadecimal digits of a field in a line of text; records have all."""


def crosscheck(
    file: FileArgument,
    jsonl: JsonlOption = False,
    profile: ProfileOption = None,
) -> None:
    """Decode a capture with our dissectors and with tshark and the plugin, and compare field by field.

    Each value of each field that both know, in each frame: Wireshark's own (mip6., icmpv6., ipv6. ...) and the plugin's
    (mha.). tshark is asked through pyshark; the plugin needn't be installed, and your settings don't count. Differences
    that are known faults of this tshark's version, or that we don't read, are counted and named, with --jsonl each of
    them is a record too. The status is 1 where something else differs. What a pipe gives is kept in a temporary file
    meanwhile.

    Examples:
      mhatool crosscheck tour.pcap
      mhatool crosscheck testbed.pcap --profile kame2003
      mhatool crosscheck tour.pcap --jsonl | jq 'select(.known_fault == null)'
    """
    chosen = chosen_profile(profile)
    from mhatool.wireshark.crosscheck import Crosscheck
    from mhatool.wireshark.tshark import WiresharkError

    comparison = Crosscheck(Path(file), chosen)
    form: Form = "jsonl" if jsonl else "text"
    try:
        with kept_at_rest([file]):
            _print(comparison, Out(form))
    except WiresharkError as error:
        fail(str(error))
    for warning in comparison.warnings:
        warn(f"{input_name(file)}: {warning}")
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
    place = styled(f"{input_name(difference.file)}:{difference.frame}:", "bold")
    ours, theirs = (" ".join(values) or "nothing" for values in (difference.ours, difference.theirs))
    ours, theirs = (text.encode("unicode_escape").decode() if _is_raw(text) else text for text in (ours, theirs))
    octets = [each if len(each) <= SHOWN_OCTETS else each[:SHOWN_OCTETS] + "..." for each in difference.octets if each]
    from_ = f" (octets {' '.join(octets)})" if octets else ""
    return f"{place} {difference.field}: we have {ours}, tshark {theirs}{from_}"


def _is_raw(text: str) -> bool:
    """Whether a terminal would do something with it."""
    return any(unicodedata.category(sign) == "Cc" for sign in text)


def _summary(comparison: Crosscheck, out: Out) -> None:
    from mhatool.wireshark.faults import FAULTS, knows_faults_of

    for fault in FAULTS:
        count = comparison.known.get(fault.id)
        if count:
            kind = "limit" if fault.is_ours else "known"
            out.line(f"{kind}: {fault.id} x {count}: tshark {comparison.tshark} {fault.what}")
            out.line(f"       evidence: {fault.evidence}")
    if comparison.differences and not knows_faults_of(comparison.tshark):
        out.line(
            f"The known faults are those of tshark 4.0: what differs may be one of them in {comparison.tshark} too."
        )
    known = sum(comparison.known.values())
    differ = f"{comparison.differences} differ" if comparison.differences else "no difference"
    kinds = len(comparison.known)
    beside = f", {known} known, of {kinds} kind{'s' * (kinds != 1)}" if known else ""
    what = f"{comparison.compared} fields in {comparison.frames} frames beside tshark {comparison.tshark}"
    out.line(f"{what}: {differ}{beside}.")
