"""Rules for IPsec around the signalling of mobile node and home agent (RFC 6275, 5.1; RFC 3776)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from dissectors.ipv6 import address
from dissectors.packet import Datagram
from mhatool.validate.finding import Severity
from mhatool.validate.home_registrations import HomeRegistrations
from mhatool.validate.once import Said
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.situation import HOME

_OWN_AUTHENTICATION = "mobility_message_authentication"


def esp_protects(datagram: Datagram | None) -> bool:
    """Whether a datagram, or a tunnel around it, has an ESP or authentication header with something to check."""
    while datagram is not None:
        headers = datagram.headers
        if "ah" in headers or ("esp" in headers and not _is_unauthenticated(datagram)):
            return True
        datagram = datagram.outer
    return False


def _is_unauthenticated(datagram: Datagram) -> bool:
    """Whether its ESP has no integrity check value."""
    return any(view.type == "esp" and view.extra.get("icv") == "" for view in datagram.extensions)


@rule(
    "MIP6-SEC-001",
    "Home registrations are protected by ESP",
    reference="RFC 6275, 5.1; RFC 3776, 4.1",
    severity=Severity.WARNING,
    role="MN/HA",
    scope="timeline",
    needs="A Binding Update with the H flag, or the answer to one",
    on=("binding_update", "binding_acknowledgement"),
    only=HOME,
)
def registrations_protected(case: Case) -> Iterable[Breach]:
    """Binding Updates to a home agent and their answers are protected by IPsec: ESP in transport mode, authenticated.

    IPsec is a MUST (5.1), and ESP what both SHOULD use for it; AH with its authentication protects as well. In clear,
    anybody who knows a home address can have the mobile node's packets sent to himself. NULL encryption is fine, NULL
    authentication isn't. A message with the authentication option of RFC 4285 is protected in another way and isn't
    reported. Usual in laboratories; reported once for each mobile node and home agent. (Encrypted messages don't show
    at all.)
    """
    exchange = case.exchange
    if exchange is None or "H" not in exchange.update.flags or not exchange.update.trusted:
        return ()
    pair = (exchange.update.home_address, exchange.update.peer)
    said = case.surroundings.known(Said)
    if said.has("MIP6-SEC-001", pair) or _is_protected(case):
        return ()
    said.note("MIP6-SEC-001", pair)
    datagram = case.seen.datagram
    seen = "ESP without authentication" if "esp" in datagram.headers else "in clear"
    nodes = f"{address.text(pair[0])} and {address.text(pair[1])}"
    return (Breach(f"ESP with authentication between {nodes}", seen, case.seen.message.start),)


def _is_protected(case: Case) -> bool:
    message = case.seen.message
    if message.checksum_status == "bad" or message.truncated or esp_protects(case.seen.datagram):
        return True
    return message.option(_OWN_AUTHENTICATION) is not None


@rule(
    "MIP6-SEC-002",
    "The home address stands before ESP",
    reference="RFC 3776, 3.1",
    role="MN/HA",
    scope="packet",
    needs="A Binding Update, an acknowledgement or a prefix message inside ESP with NULL encryption",
    on=("esp",),
)
def home_address_before_esp(case: Case) -> Iterable[Breach]:
    """Home Address option and type 2 routing header stand before the ESP header, never inside.

    The receiver finds the security association by the home address: it has to put it in the place of the care-of
    address before it can look into ESP. The order is IPv6, destination options or routing, ESP, Mobility Header. Only
    ESP with NULL encryption shows what is inside.
    """
    datagram = case.seen.datagram
    views = datagram.extensions
    before = sum(1 for _ in takewhile(lambda view: view.type != "esp", views))
    return [
        Breach("Home Address option and type 2 routing header before ESP", "behind it", view.start)
        for view in views[before:]
        if view.get("home_address") is not None or any(option.type == "home_address" for option in view.options)
    ]


@rule(
    "MIP6-SEC-003",
    "Home Test Init and Home Test are encrypted between mobile node and home agent",
    reference="RFC 3776, 4.1; RFC 6275, 10.4.6",
    level="SHOULD",
    severity=Severity.WARNING,
    role="MN/HA",
    scope="timeline",
    needs="A Home Test Init or Home Test in the tunnel of care-of address and home agent, and the home registration",
    on=("home_test_init", "home_test"),
)
def home_tests_protected(case: Case) -> Iterable[Breach]:
    """In the tunnel of mobile node and home agent, Home Test Init and Home Test should be inside ESP, tunnel mode.

    Who reads the home keygen token on the foreign link, where the care-of keygen token passes as well, can register
    the home address with the correspondent. (Both nodes MUST be able to use it and SHOULD use it.) Judged for tunnels
    that end at the home agent the mobile node registered with; reported once for each of these pairs.
    """
    datagram = case.seen.datagram
    outer = datagram.outer
    if outer is None:
        return ()
    if case.seen.message.type == "home_test_init":
        home, agent = datagram.source, outer.destination
    else:
        home, agent = datagram.destination, outer.source
    said, ends = case.surroundings.known(Said), home + agent
    if said.has("MIP6-SEC-003", ends) or case.surroundings.known(HomeRegistrations).agent_of(home) != agent:
        return ()
    if esp_protects(datagram):
        return ()
    said.note("MIP6-SEC-003", ends)
    nodes = f"{address.text(home)} and {address.text(agent)}"
    return (Breach(f"ESP in tunnel mode between {nodes}", "a tunnel in clear", datagram.ipv6.start),)
