"""Tell who started the node how it is: systemd's protocol, a datagram to the socket that it names (sd_notify(3))."""

from __future__ import annotations

import os
import socket


def notify(state: str) -> bool:
    """Send `READY=1`, `STOPPING=1` or another state; False where nobody wants to know."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    name = "\0" + address[1:] if address[0] == "@" else address  # the abstract namespace begins with a NUL
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        try:
            link.sendto(state.encode(), name)
        except OSError:
            return False  # whoever asked is gone: that is no reason to end
    return True


__all__ = ["notify"]
