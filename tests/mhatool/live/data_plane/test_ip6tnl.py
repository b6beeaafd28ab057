"""The octets that ask the kernel for ip6_tunnel's device and routes: those of iproute2 6.1 for the same commands."""

import errno
import socket
from collections.abc import Callable

import pytest

from mhatool.engine.actions import End
from mhatool.live.data_plane import ip6tnl
from mhatool.live.data_plane.ip6tnl import Ip6Tunnel
from mhatool.live.data_plane.routes import MAIN, Routes
from mhatool.live.errors import LiveError
from mhatool.live.netlink import RefusedError, attributes

HOME, AGENT, CARE_OF = (socket.inet_pton(socket.AF_INET6, f"2001:db8:{each}") for each in ("2::100", "2::1", "3::100"))
NEW_LINK, DELETE_LINK, NEW_ROUTE, DELETE_ROUTE = 16, 17, 24, 25


class Kernel:
    """Keeps what it is asked to do; `refuses` says what it refuses."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, bytes]] = []
        self.refuses: Callable[[int], int] = lambda kind: 0

    def do(self, kind: int, body: bytes, flags: int = 0) -> None:
        """One request."""
        if code := self.refuses(kind):
            raise RefusedError(code, "no such thing")
        self.asked.append((kind, body))


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Return a kernel whose interface of any name is the seventh."""
    monkeypatch.setattr(ip6tnl.socket, "if_nametoindex", lambda name: 7)
    return Kernel()


def tunnel(kernel: Kernel) -> Ip6Tunnel:
    """Return its tunnels; what asking for them took is forgotten."""
    return Ip6Tunnel(Routes(kernel), kernel, "mht-ha")  # type: ignore[arg-type]


def test_the_device_is_as_iproute2_makes_it(kernel: Kernel) -> None:
    """`ip link add mht-ha type ip6tnl mode ip6ip6 external`; what a killed run has left goes before."""
    tunnel(kernel)
    (gone, _), (made, body) = kernel.asked
    assert (gone, made) == (DELETE_LINK, NEW_LINK)
    name, info = bytes.fromhex("0b000300 6d68742d686100 00"), body[16 + 12 :]
    assert body[16 : 16 + 12] == name
    assert info.hex(" ", 4) == (
        "20001280"  # IFLA_LINKINFO, marked as nested, which iproute2 leaves out
        " 0a000100 69703674 6e6c0000"  # ip6tnl
        " 10000280 05000900 29000000 04001300"  # IPv6 in IPv6 alone, ends from routes
    )


def test_a_route_is_as_iproute2_makes_it(kernel: Kernel) -> None:
    """`ip -6 route replace HOME/128 encap ip6 src AGENT dst CARE-OF hoplimit 64 dev mht-ha proto 135 metric 128`."""
    tunnels = tunnel(kernel)
    kernel.asked.clear()
    assert tunnels.lead(HOME, (HOME, 128, MAIN), AGENT, CARE_OF)
    ((kind, body),) = kernel.asked
    assert kind == NEW_ROUTE
    assert body[:12] == bytes((socket.AF_INET6, 128, 0, 0, 254, 135, 0, 1, 0, 0, 0, 0))
    found = attributes(body[12:])
    ends, kinds = found.pop(22), found.pop(21)
    assert kinds == b"\4\0", "LWTUNNEL_ENCAP_IP6"
    assert found == {1: HOME, 4: b"\7\0\0\0", 6: b"\x80\0\0\0", 15: b"\xfe\0\0\0"}
    asked = (
        "14000300 20010db8 00020000 00000000 00000001 14000200 20010db8 00030000 00000000 00000100 05000400 40000000"
    )
    assert attributes(ends) == attributes(bytes.fromhex(asked))


def test_it_takes_away_what_it_has_made(kernel: Kernel) -> None:
    tunnels = tunnel(kernel)
    tunnels.lead(HOME, (HOME, 128, MAIN), AGENT, CARE_OF)
    tunnels.accept(AGENT, End.HOME_AGENT)
    kernel.asked.clear()
    tunnels.unlead(HOME, (HOME, 128, MAIN))
    tunnels.unlead(HOME, (HOME, 128, MAIN))
    tunnels.close()
    assert [kind for kind, _ in kernel.asked] == [DELETE_ROUTE, DELETE_LINK]


@pytest.mark.parametrize(
    ("code", "said"), [(errno.EOPNOTSUPP, "no such thing"), (errno.EEXIST, "another tunnel here takes all packets")]
)
def test_a_kernel_without_it_says_so(kernel: Kernel, code: int, said: str) -> None:
    kernel.refuses = lambda kind: code
    with pytest.raises(LiveError, match=f"ip6tnl: {said}"):
        tunnel(kernel)
