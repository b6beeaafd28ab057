"""Whether a Binding Update comes from who it says, and is no replay: RFC 4285, sections 5 and 6."""

from __future__ import annotations

import hmac

from msgspec import Struct

from dissectors.options.identity import MobilityMessageAuthentication
from mhatool.engine.home_agent.configuration import HomeAgentConfiguration, SecurityAssociation
from mhatool.engine.home_agent.request import Request, Signature
from mhatool.engine.home_agent.statuses import Status
from mhatool.protocol import ntp
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.mobility_authentication import MN_HA, authenticator


class Verdict(Struct, frozen=True):
    """`status` is `Status.ACCEPTED` where nothing is wrong; `signature` is how an answer is protected."""

    status: Status
    signature: Signature | None = None


_UNPROTECTED = Verdict(Status.ACCEPTED)
_REFUSED = Verdict(Status.AUTH_FAIL)


class Authentication:
    """The agent's keys, and the last timestamp that came with each."""

    def __init__(self, configuration: HomeAgentConfiguration) -> None:
        self._last: dict[bytes, int] = {}
        self._counts_restarts = configuration.restart_counter > 0
        self._first: int | None = None
        self.configure(configuration)

    def configure(self, configuration: HomeAgentConfiguration) -> None:
        """Other keys from now on; the last timestamps stay: what was a replay is one under a new key too."""
        self._associations = {each.home_address + each.home_agent: each for each in configuration.associations}
        self._is_required = configuration.requires_authentication
        self._window_ns = nanoseconds(configuration.timestamp_window_s)

    def excludes(self, home_address: bytes, agent: bytes) -> bool:
        """Whether it may not register at all: keys are required, and it has none."""
        return self._is_required and home_address + agent not in self._associations

    def start(self, now: int) -> None:
        """An agent that was there before has forgotten which timestamps it took: all from before now are old."""
        if self._counts_restarts:
            self._first = ntp.timestamp(now) - 1

    def check(self, request: Request, now: int) -> Verdict:
        """SPI and HMAC first, then the timestamp.

        A node without a key is taken unless keys are required, or it gives a proof, which nobody can check.
        """
        association, proof = self._associations.get(request.home_address + request.agent), request.proof
        if association is None:
            return _REFUSED if self._is_required or proof is not None else _UNPROTECTED
        if proof is None or proof.subtype != MN_HA or proof.spi != association.spi or not _holds(request, association):
            # Signed all the same: else anybody could refuse in the agent's name.
            return Verdict(Status.AUTH_FAIL, Signature(association, request.timestamp))
        return self._check_time(request, association, now)

    def _check_time(self, request: Request, association: SecurityAssociation, now: int) -> Verdict:
        stamp, own = request.timestamp, ntp.timestamp(now)
        if stamp is None:
            return Verdict(Status.MESG_ID_REQD, Signature(association, own))
        key = association.home_address + association.home_agent
        last = self._last.get(key, self._first)
        is_old = last is not None and not ntp.is_later(stamp, last)
        if is_old or abs(ntp.difference_ns(stamp, own)) > self._window_ns:
            return Verdict(Status.ID_MISMATCH, Signature(association, ntp.with_seconds_of(stamp, own)))
        self._last[key] = stamp
        return Verdict(Status.ACCEPTED, Signature(association, stamp))


def _holds(request: Request, association: SecurityAssociation) -> bool:
    proof = request.proof
    assert isinstance(proof, MobilityMessageAuthentication)  # the caller asked
    expected = authenticator(association.key, request.care_of_address, request.home_address, request.header)
    return hmac.compare_digest(expected, proof.authenticator)


__all__ = ["Authentication", "Verdict"]
