"""Rules for the return routability procedure (RFC 6275, 5.2.5, 6.1, 9.4 and 11.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dissectors.ipv6 import address
from dissectors.packet import Datagram
from mhatool.exchange.first_link import on_its_first_link
from mhatool.exchange.requests import Stray
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.home_registrations import HomeRegistrations, away, surely_away
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.surroundings import Surroundings

MAY_ANSWER_EARLIER_NS = nanoseconds(3)
"""An answer that soon after the first packet may belong to a request from before the capture."""
ASKED_AGAIN_NS = nanoseconds(1)
"""INITIAL_BINDACK_TIMEOUT (RFC 6275, 11.8 and 12): a later answer may belong to a request that was sent by another way.

A mobile node that has moved asks again on its new link, perhaps from its old address; the answer comes to the old one.
"""


@rule(
    "MIP6-RR-001",
    "A Home Test Init comes from the home address, and through the tunnel",
    reference="RFC 6275, 9.4.1 and 11.6.1",
    role="MN",
    scope="exchange",
    needs="The Home Test Init; to tell that it should be tunnelled, a home registration on the mobile node's own link",
    on=("home_test_init",),
)
def home_test_init_from_home(case: Case) -> Iterable[Breach]:
    """A Home Test Init has the home address as source, and no Home Address option.

    A mobile node away from home sends it through the tunnel to its home agent, since the answer has to prove that the
    node is reached at its home address. A correspondent ignores one with a Home Address option. That it went out
    without a tunnel can be seen only where nobody has forwarded it yet (its hop limit is one that nodes begin with):
    behind the home agent each one is plain. It is a breach where the mobile node sent a Binding Update or a
    Care-of Test Init from its care-of address within the second before, else it is inconclusive, for the node may have
    come home.
    """
    datagram = case.seen.datagram
    source = datagram.source
    if datagram.home_address is not None:
        return (_home_address_option(datagram),)
    if not address.is_routable_unicast(source):
        return (Breach("a home address as source", address.text(source), datagram.ipv6.start + 8),)
    found = _from_care_of_address(case, source)
    return found if datagram.outer is not None else (*found, *_outside_the_tunnel(case, source))


def _home_address_option(datagram: Datagram) -> Breach:
    at = next(view.start for view in datagram.extensions if view.type == "destination_options")
    home = address.text(datagram.home_address or b"")
    return Breach("no Home Address option", f"one with {home}", at)


def _from_care_of_address(case: Case, source: bytes) -> tuple[Breach, ...]:
    known = case.surroundings.known(HomeRegistrations)
    home = known.home_of(source)
    if home is None or known.agent_of(source) is not None:
        return ()
    update = away(case, home)
    if update is None or not update.care_of_address == source != home:
        return ()
    text = address.text(source)
    at = case.seen.datagram.ipv6.start + 8
    expected = f"the home address {address.text(home)} as source"
    return (Breach(expected, f"the care-of address {text}", at, (update.frame,)),)


def _outside_the_tunnel(case: Case, home: bytes) -> Iterable[Breach]:
    datagram = case.seen.datagram
    if not on_its_first_link(datagram):
        return ()
    update = away(case, home)
    if update is None or update.care_of_address == home:
        return ()
    expected = f"a tunnel from {address.text(update.care_of_address)} to {address.text(update.peer)} around it"
    certain = surely_away(case, update)
    return (Breach(expected, "none", datagram.ipv6.start, (update.frame,), inconclusive=not certain),)


@rule(
    "MIP6-RR-002",
    "A Care-of Test Init comes from the care-of address, and directly",
    reference="RFC 6275, 9.4.2 and 11.6.1",
    role="MN",
    scope="exchange",
    needs="The Care-of Test Init; to tell home from care-of addresses, a home registration",
    on=("care_of_test_init",),
)
def care_of_test_init_directly(case: Case) -> Iterable[Breach]:
    """A Care-of Test Init has the care-of address as source, no Home Address option, and no tunnel.

    Its answer has to prove that the mobile node is reached at that address, by the direct way. A correspondent ignores
    one with a Home Address option. A tunnel counts where it is the mobile node's own: it begins at the source itself.
    (Others on the way are nobody's fault.) The home address as source counts where the mobile node sent a Binding
    Update or another Care-of Test Init from its care-of address within the second before.
    """
    datagram = case.seen.datagram
    source, outer = datagram.source, datagram.outer
    if datagram.home_address is not None:
        return (_home_address_option(datagram),)
    if not address.is_routable_unicast(source):
        return (Breach("a care-of address as source", address.text(source), datagram.ipv6.start + 8),)
    if outer is not None and outer.source == source:
        return (Breach("no tunnel around it", f"one to {address.text(outer.destination)}", outer.ipv6.start),)
    update = away(case, source)
    if update is None or update.care_of_address == source or not surely_away(case, update):
        return ()
    expected = f"the care-of address {address.text(update.care_of_address)} as source"
    seen = f"the home address {address.text(source)}"
    return (Breach(expected, seen, datagram.ipv6.start + 8, (update.frame,)),)


# --- what correspondents answer ---


def _lost_cookies(answer: str, surroundings: Surroundings) -> Iterator[Late]:
    """Tests with a cookie that nobody sent, where the one who waited got no other."""
    for stray in surroundings.requests.strays(answer):
        if stray.waiting is not None:
            yield _late(stray, surroundings)


def _late(stray: Stray, surroundings: Surroundings) -> Late:
    name = "home_init_cookie" if stray.message.type == "home_test" else "care_of_init_cookie"
    waiting = stray.waiting
    assert waiting is not None, "only strays that something waited for come here"
    early = stray.time_ns - surroundings.first_ns < MAY_ANSWER_EARLIER_NS
    late = stray.time_ns - waiting.time_ns >= ASKED_AGAIN_NS
    breach = Breach(
        f"cookie {waiting.carried.hex()}",
        stray.message.get(name).hex(),
        stray.message.start + 8,
        before=(waiting.frame,),
        inconclusive=early or late or stray.message.truncated,
    )
    datagram = stray.datagram
    return Late(breach, stray.time_ns, stray.frame, datagram.true_source, datagram.true_destination)


def _lost_home_cookies(surroundings: Surroundings) -> Iterator[Late]:
    return _lost_cookies("home_test", surroundings)


def _lost_care_of_cookies(surroundings: Surroundings) -> Iterator[Late]:
    return _lost_cookies("care_of_test", surroundings)


@rule(
    "MIP6-RR-003",
    "A Home Test goes to the home address and returns the cookie",
    reference="RFC 6275, 9.4.3 and 6.1",
    role="CN",
    scope="exchange",
    needs="A Home Test; for cookie and address, the Home Test Init that it answers",
    on=("home_test",),
    finish=_lost_home_cookies,
)
def home_test_to_home(case: Case) -> Iterable[Breach]:
    """A Home Test goes to the address that the Home Test Init came from, with its cookie, and no type 2 routing header.

    The home keygen token in it has to travel by way of the home agent: whoever reads it there or is sent it at the
    care-of address could claim the home address. A mobile node drops what doesn't return the cookie that it sent. A
    strange cookie is a breach only where the capture shows a Home Test Init that gets no other answer. Shortly after
    the beginning of a capture it is inconclusive, since the answer may be to an earlier one, and a second or more after
    the Init, since it may be to a later one that went another way.
    """
    return _test_to_asker(case, "home address")


@rule(
    "MIP6-RR-004",
    "A Care-of Test goes to the care-of address and returns the cookie",
    reference="RFC 6275, 9.4.4 and 6.1",
    role="CN",
    scope="exchange",
    needs="A Care-of Test; for cookie and address, the Care-of Test Init that it answers",
    on=("care_of_test",),
    finish=_lost_care_of_cookies,
)
def care_of_test_to_care_of(case: Case) -> Iterable[Breach]:
    """A Care-of Test goes straight to the source of the Care-of Test Init, with its cookie, without routing header.

    The care-of keygen token in it proves to the correspondent that the mobile node is where it says. The binding cache
    isn't looked at for Mobility Header messages, so no type 2 routing header is added (6.1). Inconclusive as for Home
    Tests (MIP6-RR-003).
    """
    return _test_to_asker(case, "care-of address")


def _test_to_asker(case: Case, name: str) -> Iterable[Breach]:
    datagram, message = case.seen.datagram, case.seen.message
    routed = datagram.routed_home_address
    if routed is not None:
        at = next(view.start for view in datagram.extensions if view.get("home_address") == routed)
        return (Breach("no type 2 routing header", f"one with {address.text(routed)}", at),)
    if case.request is not None or message.checksum_status == "bad":
        return ()
    other = case.surroundings.requests.asked_by_another(datagram, message)
    if other is None or other.answers:
        return ()
    asker, receiver = other.asker, datagram.destination
    presence = case.conversations.presence
    if presence.away(asker, receiver) is None and presence.away(receiver, asker) is None:
        return ()  # cookies may be alike by chance: the two addresses must be one mobile node's
    at = datagram.ipv6.start + 24
    expected = f"the {name} {address.text(asker)} as destination"
    return (Breach(expected, address.text(receiver), at, (other.frame,)),)
