"""Messages of types that a mobile node doesn't know (RFC 6275, 9.2, 9.3.3), those of extensions among them."""

from __future__ import annotations

from typing import NoReturn

from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import DropReason
from mhatool.engine.error_reports import UNKNOWN_TYPE
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.refusal import Refusal


def refuse_unknown(context: Context, arrival: Arrival) -> NoReturn:
    """Answer with a Binding Error, but only from an address of ours; then drop it."""
    if context.is_ours(arrival.destination):
        context.errors.report(UNKNOWN_TYPE, arrival.source, arrival.destination, arrival.home_address, context.now)
    raise Refusal(DropReason.UNKNOWN_MESSAGE, f"a mobile node knows no {arrival.message.__declaration__.title}")


__all__ = ["refuse_unknown"]
