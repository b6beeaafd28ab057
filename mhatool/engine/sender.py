"""How a node says something: the datagram is written, sent, and told."""

from __future__ import annotations

from typing import Any

from dissectors.profile import Profile
from mhatool.engine.departure import HOP_LIMIT, ON_LINK, Seal, Writer
from mhatool.engine.events import MessageSent
from mhatool.engine.node import Output


class Sender:
    """Sends messages by one profile; the parts of a node share it."""

    def __init__(self, profile: Profile, output: Output) -> None:
        self._writer = Writer(profile)
        self._output = output

    def send(
        self,
        message: Any,
        source: bytes,
        destination: bytes,
        now: int,
        *,
        home_address: bytes | None = None,
        routed_to: bytes | None = None,
        tunnel: tuple[bytes, bytes] | None = None,
        hop_limit: int = HOP_LIMIT,
        seal: Seal | None = None,
        via: tuple[str, bytes | None] | None = None,
    ) -> bytes:
        """Send a message, and return the datagram; `Writer.write` says what its way means.

        `via` is the interface, and the link-layer address there where it is known: see `Send`.
        """
        frame = self._writer.write(
            message,
            source,
            destination,
            home_address=home_address,
            routed_to=routed_to,
            tunnel=tunnel,
            hop_limit=hop_limit,
            seal=seal,
        )
        self._output.send(frame, *(via or ()))
        self._output.tell(
            MessageSent(
                time_ns=now,
                node=self._output.node,
                message=message.__declaration__.symbol,
                source=source,
                destination=destination,
                frame=frame,
            )
        )
        return frame

    def on_link(
        self,
        message: Any,
        source: bytes,
        destination: bytes,
        now: int,
        interface: str,
        link_destination: bytes | None = None,
    ) -> bytes:
        """Send a message of neighbour discovery: on this interface, with the hop limit that it has to have."""
        return self.send(message, source, destination, now, hop_limit=ON_LINK, via=(interface, link_destination))


__all__ = ["Sender"]
