"""Messages of types that a mobile node doesn't know, updates and tests of others among them (RFC 6275, 9.2, 9.3.3)."""

from __future__ import annotations

from dissectors.ipv6.address import UNSPECIFIED, is_multicast
from dissectors.mobility.binding import BindingError
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import DropReason
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.refusal import Refusal

UNRECOGNISED_TYPE = 2


def refuse_unknown(context: Context, arrival: Arrival) -> None:
    """Answer with a Binding Error, but never a group, only from an address of ours, and not too often; then drop it."""
    is_one = not is_multicast(arrival.source) and arrival.source != UNSPECIFIED
    is_ours = arrival.destination in (context.home_address, context.care_of_address)
    if is_one and is_ours and context.errors.take(context.now):
        error = BindingError(status=UNRECOGNISED_TYPE, home_address=arrival.home_address or UNSPECIFIED, options=())
        context.send(error, arrival.destination, arrival.source)
    raise Refusal(DropReason.UNKNOWN_MESSAGE, f"a mobile node knows no {arrival.message.__declaration__.title}")


__all__ = ["UNRECOGNISED_TYPE", "refuse_unknown"]
