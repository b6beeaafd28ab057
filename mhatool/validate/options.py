"""Rules for mobility options (RFC 6275, 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dissectors.ipv6 import address
from dissectors.profile import KAME2003
from dissectors.view import View, option_name
from mhatool.validate.finding import Severity
from mhatool.validate.home_agent_list import is_surely_ours
from mhatool.validate.occasion import EVERY_MOBILITY_MESSAGE
from mhatool.validate.rule import Breach, Case, rule

_PADDING = frozenset({"pad1", "pad_n"})
_ONCE = frozenset({"binding_refresh_advice", "alternate_care_of_address", "nonce_indices"})
MOST_PADDING = 7
"""Octets: more in a row align nothing."""
AUTHENTICATOR_SIZE = 12
"""Octets: the first 96 bits of the hash (RFC 6275, 6.2.7)."""
_UNAUTHORIZED = frozenset(
    {
        *("binding_refresh_request", "home_test_init", "care_of_test_init", "home_test", "care_of_test"),
        "binding_error",
    }
)
"""RFC 6275's messages but those that a binding management key protects."""


@rule(
    "MIP6-OPT-001",
    "Mobility options end where their message ends",
    reference="RFC 6275, 6.2.1",
    role="sender",
    scope="packet",
    needs="The whole Mobility Header",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def well_formed(case: Case) -> Iterable[Breach]:
    """Each option is a type, a length and as many octets of data; the last one ends with the Mobility Header.

    Only Pad1 is a single octet, so what is left over must be padding options too. A receiver that meets an option that
    goes beyond the message can't tell where any option lies and drops the message. (Where Header Len ends too early,
    so that octets are left behind it, MIP6-MH-003 is broken, not this rule.)
    """
    seen = case.seen
    problems = seen.message.problems
    if not problems or seen.left_over or seen.message.checksum_status == "bad":
        return ()
    codes = {problem.code for problem in problems}
    if "option_overrun" not in codes or "length_exceeds" in codes:
        return ()
    overrun = next(problem for problem in problems if problem.code == "option_overrun")
    end = seen.message.end - overrun.offset
    return (Breach(f"an option within the {end} octets left of its message", overrun.message, overrun.offset),)


@rule(
    "MIP6-OPT-002",
    "Mobility options are aligned",
    reference="RFC 6275, 6.2.1",
    role="sender",
    scope="packet",
    needs="The Mobility Header as far as its options",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def aligned(case: Case) -> Iterator[Breach]:
    """Each option begins where its own definition wants it, counted from the start of the Mobility Header.

    Binding Refresh Advice, Nonce Indices and Unique Identifier at 2n, Alternate Care-of Address at 8n+6, Authorization
    Data and Replay Protection at 8n+2, Mobile Network Prefix at 8n+4, Binding Identifier at 2n, with an IPv6 address at
    8n+2, Authentication at 4n+1, Restart Counter and Vendor Specific at 4n+2; Pad1 and PadN fill the room before. So
    addresses lie on multiples of eight octets. Other options, as those of RFC 5213 and RFC 5555, aren't judged. An
    experiment's option (RFC 5096) is as its own definition wants it: Multiple Home Agents at 8n+6 with the M flag, or
    where it lists its receiver.
    """
    message = case.seen.message
    for option in _options(case):
        alignment = option.declaration.alignment(option.end - option.start)
        offset = option.start - message.start
        if alignment is not None and offset % alignment[0] != alignment[1]:
            if option.type == "multiple_home_agents" and not is_surely_ours(case.seen, option):
                continue
            multiple, remainder = alignment
            place = f"{multiple}n+{remainder}" if remainder else f"{multiple}n"
            yield Breach(f"{option.declaration.title} at an offset of {place}", f"offset {offset}", option.start)


@rule(
    "MIP6-OPT-005",
    "The refresh advice is shorter than the lifetime",
    reference="RFC 6275, 6.2.4",
    role="HA",
    scope="packet",
    needs="The whole Binding Acknowledgement",
    on=("binding_acknowledgement",),
)
def advice_within_lifetime(case: Case) -> Iterator[Breach]:
    """A Binding Refresh Advice asks for a refresh while the binding still lives: more than 0, less than its lifetime.

    Both are counted in units of four seconds on the wire. In a refusal there is no lifetime, so only 0 is wrong there.
    A granted deletion has lifetime 0, so any advice is wrong there (10.3.2).
    """
    acknowledgement = case.acknowledgement
    if acknowledgement is None or acknowledgement.refresh_interval_s is None or not acknowledgement.trusted:
        return
    interval, lifetime = acknowledgement.refresh_interval_s, acknowledgement.lifetime_s
    message = case.seen.message
    at = next(option.start for option in message.options if option.type == "binding_refresh_advice")
    if interval == 0:
        yield Breach("a refresh interval over 0 s", "0 s", at)
    elif acknowledgement.accepts and interval >= lifetime:
        yield Breach(f"a refresh interval under the lifetime, {lifetime} s", f"{interval} s", at)


@rule(
    "MIP6-OPT-003",
    "Padding is zeros, and no more than aligns something",
    reference="RFC 6275, 6.2.3",
    role="sender",
    scope="packet",
    needs="The Mobility Header as far as its options",
    on=(EVERY_MOBILITY_MESSAGE,),
    severity=Severity.NOTE,
)
def plain_padding(case: Case) -> Iterable[Breach]:
    """The octets of PadN are zero. Receivers ignore them, so other values can carry what nobody should see.

    No alignment needs more than seven octets in a row; a standard doesn't forbid more, but some receivers take it for
    an attack or a hidden channel (Linux drops IPv6 headers with more).
    """
    breaches = []
    run: list[View] = []
    for option in _options(case):
        if option.type not in _PADDING:
            breaches += _too_much(run)
            run = []
            continue
        run.append(option)
        if option.type == "pad_n" and any(option.get("padding", b"")):
            breaches.append(Breach("zeros in PadN", option.get("padding").hex(), option.start + 2))
    return breaches + _too_much(run)


def _too_much(padding: list[View]) -> list[Breach]:
    if not padding:
        return []
    size = padding[-1].end - padding[0].start
    expected = f"at most {MOST_PADDING} octets of padding in a row"
    return [Breach(expected, f"{size} octets", padding[0].start)] if size > MOST_PADDING else []


@rule(
    "MIP6-OPT-004",
    "Only a home agent's acknowledgement advises when to refresh",
    reference="RFC 6275, 6.2.4",
    role="sender",
    scope="packet",
    needs="The Mobility Header as far as its options",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def advice_in_place(case: Case) -> Iterable[Breach]:
    """A Binding Refresh Advice has two octets of data and stands in a Binding Acknowledgement to a home registration.

    It tells the mobile node to come back before the lifetime ends, which only the home agent has reasons for. An
    acknowledgement with Authorization Data comes from a correspondent, so it has none (in 2003 home agents used that
    option as well, so in the profile kame2003 it tells nothing).
    """
    message = case.seen.message
    breaches = []
    for option in _options(case):
        if option.type != "binding_refresh_advice":
            continue
        breaches += _wrong_length(option, 2)
        if message.type != "binding_acknowledgement":
            breaches.append(_misplaced(option, message, "a Binding Acknowledgement"))
        elif message.profile is not KAME2003 and _has(message, "binding_authorization_data"):
            expected = "Binding Refresh Advice from a home agent alone"
            breaches.append(Breach(expected, "one beside Authorization Data, as correspondents send", option.start))
    return breaches


@rule(
    "MIP6-OPT-006",
    "An Alternate Care-of Address stands in a Binding Update and is a unicast routable address",
    reference="RFC 6275, 6.2.5 and 6.1.7",
    role="sender",
    scope="packet",
    needs="The Mobility Header as far as its options",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def alternate_in_place(case: Case) -> Iterable[Breach]:
    """The option names the care-of address where the source of the packet can't, or isn't protected (ESP).

    It means something in a Binding Update alone, has 16 octets, and holds what any care-of address must be: a unicast
    routable address, so not that of all home agents of a link (RFC 2526). Updates for another one are dropped silently.
    """
    message = case.seen.message
    breaches = []
    for option in _options(case):
        if option.type != "alternate_care_of_address":
            continue
        breaches += _wrong_length(option, 16)
        care_of_address = option.get("care_of_address")
        if message.type != "binding_update":
            breaches.append(_misplaced(option, message, "a Binding Update"))
        elif care_of_address is not None and not address.is_routable_unicast(care_of_address):
            text = address.text(care_of_address)
            breaches.append(Breach("a unicast routable care-of address", text, option.start + 2))
    return breaches


@rule(
    "MIP6-OPT-007",
    "Nonce Indices stand in a Binding Update",
    reference="RFC 6275, 6.2.6",
    role="MN",
    scope="packet",
    needs="The Mobility Header as far as its options",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def indices_in_place(case: Case) -> Iterable[Breach]:
    """Nonce Indices tell a correspondent which of its nonces made the tokens, so that it can check Authorization Data.

    Two numbers of 16 bits, in a Binding Update alone. (That a home registration has none is MIP6-BU-007's, that one to
    a correspondent has both options MIP6-BU-013's.)
    """
    message = case.seen.message
    breaches = []
    for option in _options(case):
        if option.type == "nonce_indices":
            breaches += _wrong_length(option, 4)
            if message.type != "binding_update":
                breaches.append(_misplaced(option, message, "a Binding Update"))
    return breaches


@rule(
    "MIP6-OPT-008",
    "Authorization Data are the last option, 96 bits",
    reference="RFC 6275, 6.2.7",
    role="sender",
    scope="packet",
    needs="The Mobility Header as far as its options",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def authorization_last(case: Case) -> Iterable[Breach]:
    """Authorization Data hold the first 96 bits of a keyed hash over the message before them, so they come last.

    They stand in Binding Updates and Acknowledgements; RFC 6275's other messages have no key for them.
    What stood behind them wouldn't be covered. There is one such option at most: a second one means that the first
    isn't last. Padding behind it is MIP6-OPT-002's matter, RFC 4285's authentication option may follow it.
    """
    breaches = []
    message = case.seen.message
    options = [option for option in _options(case) if option.type not in _PADDING]
    for position, option in enumerate(options, 1):
        if option.type != "binding_authorization_data":
            continue
        breaches += _wrong_length(option, AUTHENTICATOR_SIZE)
        if message.type in _UNAUTHORIZED:
            breaches.append(_misplaced(option, message, "a Binding Update or Acknowledgement"))
        if position < len(options) and options[position].type != "mobility_message_authentication":
            follows = f"{option_name(options[position])} behind it"
            breaches.append(Breach("Authorization Data as the last option", follows, option.start))
    return breaches


@rule(
    "MIP6-OPT-009",
    "A mobility option that no standard defines",
    reference="RFC 6275, 6.2.1",
    role="sender",
    scope="packet",
    needs="The Mobility Header as far as its options",
    on=(EVERY_MOBILITY_MESSAGE,),
    severity=Severity.NOTE,
)
def assigned(case: Case) -> Iterable[Breach]:
    """A receiver skips options that it doesn't know and goes on, so an unassigned type does no harm but means nothing.

    For experiments there is type 18 (RFC 5096), for vendors type 19 (RFC 5094).
    """
    return [
        Breach("an assigned option type", f"type {option.octets[option.start]}", option.start)
        for option in _options(case)
        if option.type == "mobility_option" and option_name(option) == option.declaration.title
    ]


@rule(
    "MIP6-OPT-010",
    "Options that say one thing come once",
    reference="RFC 6275, 6.2",
    role="sender",
    scope="packet",
    needs="The Mobility Header as far as its options",
    on=(EVERY_MOBILITY_MESSAGE,),
    level="-",
    severity=Severity.WARNING,
)
def once(case: Case) -> Iterable[Breach]:
    """A second Refresh Advice, Alternate Care-of Address or Nonce Indices leaves open which one counts.

    The standard doesn't say what a receiver does then, so each may do something else. (Two Authorization Data are
    MIP6-OPT-008's: the first isn't the last option.)
    """
    breaches = []
    found = set()
    for option in _options(case):
        if option.type in found:
            breaches.append(Breach(f"one {option.declaration.title}", "another one", option.start))
        elif option.type in _ONCE:
            found.add(option.type)
    return breaches


def _options(case: Case) -> Sequence[View]:
    """The message's options; none where its checksum is wrong: then they say nothing for certain."""
    message = case.seen.message
    return message.options if message.checksum_status != "bad" else ()


def _wrong_length(option: View, size: int) -> list[Breach]:
    """The breach of an option whose data have another size."""
    length = option.end - option.start - 2
    if length == size:
        return []
    return [Breach(f"{option.declaration.title} of length {size}", f"length {length}", option.start + 1)]


def _misplaced(option: View, message: View, place: str) -> Breach:
    title = option.declaration.title
    return Breach(f"{title} in {place} alone", f"one in a {message.declaration.title}", option.start)


def _has(message: View, type_: str) -> bool:
    return any(option.type == type_ for option in message.options)
