"""What a home agent grants: for how long, with which status, and when it wants to be asked again (RFC 6275, 10.3.1)."""

from __future__ import annotations

from mhatool.engine.constants import Constants
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.prefixes import HomePrefixes
from mhatool.engine.home_agent.request import Request
from mhatool.engine.home_agent.statuses import Status
from mhatool.protocol.lifetime import LIFETIME_UNIT_S


class Grants:
    """Measures bindings by the constants and the prefixes of the home link."""

    def __init__(self, constants: Constants, prefixes: HomePrefixes) -> None:
        self._constants = constants
        self._prefixes = prefixes

    def lifetime_s(self, request: Request) -> int:
        """As asked for, within the agent's limit and that of the home prefix, in whole units."""
        prefix = self._prefixes.of(request.home_address)
        valid = prefix.valid_lifetime_s if prefix is not None else 0
        granted = min(request.lifetime_s, self._constants.max_home_binding_lifetime_s, valid)
        return granted // LIFETIME_UNIT_S * LIFETIME_UNIT_S

    def status(self, binding: Binding) -> Status:
        """Status 1 iff the home prefix is deprecated, or becomes so before the binding ends."""
        prefix = self._prefixes.of(binding.home_address)
        if prefix is not None and prefix.preferred_lifetime_s < binding.lifetime_s:
            return Status.PREFIX_DISCOVERY_NECESSARY
        return Status.ACCEPTED

    def refresh_s(self, binding: Binding) -> int:
        """When the mobile node shall ask again, in whole units and before the lifetime is over; 0: no advice."""
        advice = binding.lifetime_s * self._constants.refresh_advice_percent // 100 // LIFETIME_UNIT_S * LIFETIME_UNIT_S
        return advice if advice < binding.lifetime_s else 0


__all__ = ["Grants"]
