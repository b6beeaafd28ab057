"""Captures of a network: what passes on links, or what machines send and receive, as pcapng."""

from __future__ import annotations

from collections.abc import Callable

from dissectors.ipv6.link import ETHERNET
from mhatool.capture.writer import ByteSink, PcapngWriter
from mhatool.network.interface import Interface
from mhatool.network.link import Link

APPLICATION = "mhatool"


class Recorder:
    """Writes frames as they pass. On a link a frame is seen once, as it was sent, with a comment where it is lost; at a
    machine's interface as it leaves and as it comes."""

    def __init__(self, stream: ByteSink) -> None:
        self._writer = PcapngWriter(stream, application=APPLICATION)
        self.frames = 0

    def watch_link(self, link: Link) -> None:
        """Write what is sent on it."""
        link.taps.append(self._tap(link.name))

    def watch_interface(self, interface: Interface) -> None:
        """Write what it sends and receives."""
        interface.taps.append(self._tap(interface.name))

    def _tap(self, name: str) -> Callable[[int, bytes, str | None], None]:
        def write(now: int, frame: bytes, comment: str | None) -> None:
            self.frames += 1
            self._writer.write(now, ETHERNET, frame, comment=comment, interface_name=name)

        return write


__all__ = ["Recorder"]
