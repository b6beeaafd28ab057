"""Binding Acknowledgements: what they say, which way they go, how they are protected (RFC 6275, 9.5.4, 10.3)."""

from __future__ import annotations

from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.options.binding import BindingRefreshAdvice
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.spec import Flags, Option
from mhatool.engine.departure import Seal
from mhatool.engine.events import UpdateRefused
from mhatool.engine.home_agent.request import Request, Signature
from mhatool.engine.home_agent.statuses import Status
from mhatool.engine.node import Output
from mhatool.engine.sender import Sender
from mhatool.protocol.mobility_authentication import AUTHENTICATOR_SIZE, MN_HA, authenticator

_NO_FLAGS = Flags()
"""K isn't set: this agent has no IKE."""


class Answers:
    """Sends what a home agent answers to Binding Updates."""

    def __init__(self, interface: str, sender: Sender, output: Output) -> None:
        self._interface = interface
        self._sender = sender
        self._output = output

    def send(
        self,
        request: Request,
        status: Status,
        now: int,
        *,
        signature: Signature | None,
        sequence_number: int | None = None,
        lifetime_s: int = 0,
        refresh_s: int = 0,
    ) -> None:
        """Answer a request; the sequence number is its own unless another one is given, advice only where it is not 0.

        A refusal is told too.

        At home the answer goes to where the request came from on the link: another agent may still answer for the
        home address (RFC 6275, 10.3.2, and PROTOCOL's Move 3).
        """
        if status.refuses:
            self._tell(request, status, now)
        message = BindingAcknowledgement(
            status=status,
            flags=_NO_FLAGS,
            sequence_number=request.sequence_number if sequence_number is None else sequence_number,
            lifetime_s=lifetime_s,
            options=_options(refresh_s, signature),
        )
        is_at_home = not request.routed and request.interface == self._interface
        self._sender.send(
            message,
            request.agent,
            request.source,
            now,
            routed_to=request.home_address if request.routed else None,
            seal=_seal(request, signature) if signature is not None else None,
            via=(self._interface, request.link_source) if is_at_home else None,
        )

    def _tell(self, request: Request, status: Status, now: int) -> None:
        self._output.tell(
            UpdateRefused(
                time_ns=now,
                node=self._output.node,
                home_address=request.home_address,
                care_of_address=request.care_of_address,
                address=request.agent,
                status=status,
                reason=status.name.lower(),
            )
        )


def _options(refresh_s: int, signature: Signature | None) -> tuple[Option, ...]:
    """Advice, then the time stamp, and the proof as the last one (RFC 4285, 5)."""
    options: list[Option] = []
    if refresh_s:
        options.append(BindingRefreshAdvice(refresh_interval_s=refresh_s))
    if signature is not None:
        if signature.timestamp is not None:
            options.append(MessageIdentification(timestamp=signature.timestamp))
        spi, empty = signature.association.spi, bytes(AUTHENTICATOR_SIZE)
        options.append(MobilityMessageAuthentication(subtype=MN_HA, spi=spi, authenticator=empty))
    return tuple(options)


def _seal(request: Request, signature: Signature) -> Seal:
    """What makes the proof that ends the answer."""
    key, care_of, home = signature.association.key, request.care_of_address, request.home_address
    return lambda header: authenticator(key, care_of, home, header)


__all__ = ["Answers"]
