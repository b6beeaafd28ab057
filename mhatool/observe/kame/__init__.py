"""What KAME's mobile nodes and agents of 2003 hold at an instant, deduced from packets; no node's code runs here.

`Hearing` takes the messages from packets; `Deduction` takes them one by one and knows each table as KAME's
`mip6control` would print it. Its arithmetic is KAME's (docs/kame.md): what was sent and answered, and when, tells all.
"""

from mhatool.observe.kame.deduction import Deduction
from mhatool.observe.kame.hearing import Advertised, Answered, Heard, Hearing, Refusal, RefusalKind, Tested
from mhatool.observe.kame.rows import CacheRow, Primary, Secondary, UpdateRow
from mhatool.observe.kame.steps import (
    Acknowledged,
    Created,
    Entered,
    Located,
    PrefixHeard,
    Rejected,
    Returned,
    RouterFound,
    Sent,
    Step,
    Unmatched,
)
from mhatool.observe.kame.story import Story

__all__ = [
    "Acknowledged",
    "Advertised",
    "Answered",
    "CacheRow",
    "Created",
    "Deduction",
    "Entered",
    "Heard",
    "Hearing",
    "Located",
    "PrefixHeard",
    "Primary",
    "Refusal",
    "RefusalKind",
    "Rejected",
    "Returned",
    "RouterFound",
    "Secondary",
    "Sent",
    "Step",
    "Story",
    "Tested",
    "Unmatched",
    "UpdateRow",
]
