"""What a router advertisement offers as a home agent's (RFC 6275, 7.1 and 7.4): one reading for all who hear it."""

from __future__ import annotations

from typing import NamedTuple

from dissectors.icmpv6.neighbour_discovery import RouterAdvertisement
from dissectors.icmpv6.options import HomeAgentInformation


class Offer(NamedTuple):
    """How much an agent wants to be taken, higher is taken first, and for how many seconds it is there.

    `preference` is 0 to 65535. Some programs' manuals speak of preferences below 0, as early drafts did; the field of
    RFC 6275, 7.4 is unsigned, so 0 is the least of all, and what is sent as -1 arrives as the greatest.
    """

    preference: int
    lifetime_s: int


def offer(message: RouterAdvertisement) -> Offer:
    """The Home Agent Information option's; without it preference 0, and the router's own lifetime."""
    option = next((option for option in message.options if isinstance(option, HomeAgentInformation)), None)
    if option is None:
        return Offer(0, message.router_lifetime_s)
    return Offer(option.home_agent_preference, option.home_agent_lifetime_s)


__all__ = ["Offer", "offer"]
