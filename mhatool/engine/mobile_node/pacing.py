"""No peer is sent more than MAX_UPDATE_RATE Binding Updates in a second (RFC 6275, 11.8 and 12)."""

from __future__ import annotations

from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.update_list import Entry
from mhatool.protocol.lifetime import NS_PER_S


def too_many(context: Context, entry: Entry) -> int | None:
    """When the peer may be sent to again; None: now. What is older than a second is forgotten."""
    entry.sent_ns = [at for at in entry.sent_ns if at > context.now - NS_PER_S]
    most = context.constants.max_update_rate
    return entry.sent_ns[-most] + NS_PER_S if len(entry.sent_ns) >= most else None


__all__ = ["too_many"]
