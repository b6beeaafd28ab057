"""What the kernel has learned from advertisements, in its own list of routes."""

from dissectors.ipv6.address import parse
from mhatool.live.learned import LearnedRoute, learned_in

_ANY, _ROUTER = "00000000000000000000000000000000", "fe80000000000000e02ecafffe870a71"
LISTED = f"""\
20010db8000200000000000000000000 40 {_ANY} 00 {_ANY} 00000100 00000001 00000000 004c0001    right
20010db8000300000000000000000000 40 {_ANY} 00 {_ANY} 00000100 00000001 00000000 000c0001    right
20010db8000500000000000000000000 40 {_ANY} 00 {_ANY} 00000100 00000001 00000000 00000001    right
20010db8007700000000000000000000 30 {_ANY} 00 {_ROUTER} 00000400 00000001 00000000 00c40003    right
{_ANY} 00 {_ANY} 00 {_ROUTER} 00000400 00000001 00000000 00450003    right
{_ANY} 00 {_ANY} 00 {_ROUTER} 00000400 00000001 00000000 00450003     left
20010db8000500000000000000000007 80 {_ANY} 00 {_ANY} 00000000 00000003 00000000 80200001    right
ff000000000000000000000000000000 08 {_ANY} 00 {_ANY} 00000100 00000004 00000000 00000001    right
"""
"""As Linux 6.18 lists them: a prefix for a day, one for ever, an address of somebody's own (2001:db8:5::7/64), a more
specific route (RFC 4191) and a default router.
"""


def test_what_came_in_advertisements_and_nothing_else() -> None:
    router = parse("fe80::e02e:caff:fe87:a71")
    assert list(learned_in(LISTED, "right")) == [
        LearnedRoute(parse("2001:db8:2::"), 64, None, 256),
        LearnedRoute(parse("2001:db8:3::"), 64, None, 256),
        LearnedRoute(parse("2001:db8:77::"), 48, router, 1024),
        LearnedRoute(parse("::"), 0, router, 1024),
    ]
