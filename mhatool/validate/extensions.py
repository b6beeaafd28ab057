"""What messages have of protocols around Mobile IPv6: RFC 3963, 4285, 5213, 5380 and 5648."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dissectors.options.extensions import BindingIdentifier, MobileNetworkPrefix
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.view import View
from mhatool.exchange import Frame, Latest, Update
from mhatool.validate.binding_facts import FLAGS, has_option, is_damaged, kind, option
from mhatool.validate.finding import Severity
from mhatool.validate.home_agent_list import lists
from mhatool.validate.once import Said
from mhatool.validate.overtaken import DISORDER_NS, was_overtaken
from mhatool.validate.rule import Breach, Case, Era, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import UNUSUAL

AUTHENTICATION = 9
FIRST_REAL_OPTION = 2
"""Below are Pad1 and PadN."""
MOST = 100_000
_UPDATE = "A Binding Update"
_NOW: Final[tuple[Era]] = ("rfc6275",)
_OPTIONS_OF_4285 = frozenset({MobilityMessageAuthentication, MessageIdentification})


def _note(case: Case, what: str, expected: str, seen: str, at: int | None = None) -> Iterable[Breach]:
    """The one finding for these two nodes, whichever of them speaks; none where it was made already."""
    datagram = case.seen.datagram
    nodes = frozenset((datagram.true_source, datagram.true_destination))
    said = case.surroundings.known(Said)
    if is_damaged(case.seen.message) or said.has(what, nodes):
        return ()
    said.note(what, nodes)
    return (Breach(expected, seen, at),)


@rule(
    "X-001",
    "A registration at a mobility anchor point (HMIPv6)",
    reference="RFC 5380, 4.1",
    role="MN",
    scope="exchange",
    needs=_UPDATE,
    on=("binding_update",),
    level="-",
    severity=Severity.NOTE,
    profiles=_NOW,
    only=UNUSUAL,
)
def is_anchor_registration(case: Case) -> Iterable[Breach]:
    """M without H and without the Multiple Home Agents option registers at a mobility anchor point.

    The bit has two meanings; this one is RFC 5380's, and the rules of the Multiple Home Agents mechanism don't apply.
    Wireshark calls every M bit that. It is told once for each pair of nodes.
    """
    update, message = case.update, case.seen.message
    if update is None or "M" not in update.flags or "H" in update.flags or update.truncated or lists(message):
        return ()
    return _note(case, "X-001", "Mobile IPv6 without hierarchy", "M without H and list", message.start + FLAGS)


@rule(
    "X-003",
    "Several care-of addresses at once (MCoA)",
    reference="RFC 5648, 4.1",
    role="MN",
    scope="exchange",
    needs=_UPDATE,
    on=("binding_update",),
    level="-",
    severity=Severity.NOTE,
    profiles=_NOW,
    only=UNUSUAL,
)
def has_binding_identifier(case: Case) -> Iterable[Breach]:
    """A Binding Identifier option registers one of several care-of addresses of a home address.

    Then a second care-of address doesn't replace the first; rules that know one binding for a home address and peer may
    misjudge such mobile nodes. It is told once for each pair of nodes.
    """
    message = case.seen.message
    if case.update is None or not has_option(message, BindingIdentifier):
        return ()
    found = option(message, "binding_identifier")
    return _note(
        case, "X-003", "one care-of address", "a Binding Identifier", found.start if found is not None else None
    )


@rule(
    "X-005",
    "A mobile router (NEMO)",
    reference="RFC 3963, 4.1 and 4.3",
    role="MN",
    scope="exchange",
    needs=_UPDATE,
    on=("binding_update",),
    level="-",
    severity=Severity.NOTE,
    profiles=_NOW,
    only=UNUSUAL,
)
def is_mobile_router(case: Case) -> Iterable[Breach]:
    """The R flag, or a Mobile Network Prefix option, registers a router with the network behind it.

    Tunnels then carry packets of that network as well, whose addresses are no home addresses. It is told once for each
    pair of nodes.
    """
    update, message = case.update, case.seen.message
    if update is None:
        return ()
    if "R" in update.flags:
        return _note(case, "X-005", "a mobile node", "the R flag", message.start + FLAGS)
    if not has_option(message, MobileNetworkPrefix):
        return ()
    found = option(message, "mobile_network_prefix")
    at = found.start if found is not None else None
    return _note(case, "X-005", "a mobile node", "a Mobile Network Prefix", at)


@rule(
    "X-006",
    "Proxy Mobile IPv6",
    reference="RFC 5213, 8.1 and 8.2",
    role="any",
    scope="exchange",
    needs="A Binding Update or Acknowledgement",
    on=("binding_update", "binding_acknowledgement"),
    level="-",
    severity=Severity.NOTE,
    profiles=_NOW,
    only=UNUSUAL,
)
def is_proxys(case: Case) -> Iterable[Breach]:
    """The P flag: a mobile access gateway registers mobile nodes at a local mobility anchor, in their place.

    The rules for mobile nodes, home agents and the Multiple Home Agents mechanism pass such messages over. It is told
    once for each pair of nodes.
    """
    if case.update is not None or case.acknowledgement is not None:
        return ()
    message = case.seen.message
    if "P" not in message.get("flags", ()):
        return ()
    at = message.start + (FLAGS if message.type == "binding_update" else FLAGS - 1)
    return _note(case, "X-006", "a mobile node that registers itself", "the P flag", at)


# --- RFC 4285 ---


def _timestamp(message: View) -> int | None:
    found = option(message, "message_identification")
    return found.get("timestamp") if found is not None else None


class Timestamps:
    """The latest time stamps against replays, by home address, peer and sequence number; the rule itself keeps them."""

    def __init__(self) -> None:
        self._by_update: Latest[tuple[bytes, bytes, int], tuple[int, Frame]] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Nothing: the rule looks at every update."""

    def note(self, seen: Seen) -> None:
        """Take in a Binding Update with a time stamp."""
        message, datagram = seen.message, seen.datagram
        stamp = _timestamp(message)
        number = message.get("sequence_number")
        if stamp is not None and number is not None:
            self._by_update.note((datagram.source, datagram.true_destination, number), (stamp, seen.frame))

    def of(self, update: Update) -> tuple[int, Frame] | None:
        """That of an update, and the frame; None where it had none."""
        return self._by_update.get((update.source, update.peer, update.sequence_number))


@rule(
    "X-004",
    "The authentication option is last, and time stamps go up",
    reference="RFC 4285, 5 and 6",
    role="MN",
    scope="exchange",
    needs="A Binding Update or Acknowledgement with these options, for the time stamps an accepted one before it",
    on=("binding_update", "binding_acknowledgement"),
    profiles=_NOW,
    only=UNUSUAL,
)
def proves_itself(case: Case) -> Iterable[Breach]:
    """The Mobility Message Authentication option is the last one, with no padding behind; several stand together.

    The keyed hash covers all octets before its own, so what stands behind isn't protected. And each Binding Update has
    a later time stamp than the last accepted one (Mobility Message Replay Protection): a home agent takes anything
    else for a replay and refuses it with 144. Inconclusive where a number shortly behind wasn't seen up to 3 s before,
    so that it may have been overtaken, and within 0.1 s, when the two may have been captured the other way round. The
    hash itself is computed only where a key is given, which nobody can do yet.
    """
    message = case.seen.message
    known = message.value
    if known is not None and _OPTIONS_OF_4285.isdisjoint(map(type, known.options)):
        return ()
    if not (has_option(message, MobilityMessageAuthentication) or has_option(message, MessageIdentification)):
        return ()
    if is_damaged(message):
        return ()
    found = () if message.truncated else _last_in_place(message) or _later_than_before(case)
    if message.type == "binding_update":
        case.surroundings.known(Timestamps).note(case.seen)
    return found


def _last_in_place(message: View) -> tuple[Breach, ...]:
    kinds = [kind(found) for found in message.options]
    if AUTHENTICATION not in kinds:
        return ()
    behind = kinds[kinds.index(AUTHENTICATION) :]
    stray = next((k for k, number in enumerate(behind) if number != AUTHENTICATION), None)
    if stray is None:
        return ()
    found = message.options[kinds.index(AUTHENTICATION) + stray]
    what = "padding" if kind(found) < FIRST_REAL_OPTION else f"option {kind(found)}"
    return (Breach("the authentication option as the last one", f"{what} behind it", found.start),)


def _later_than_before(case: Case) -> Iterable[Breach]:
    message, update, conversation = case.seen.message, case.update, case.conversation
    if update is None or conversation is None or not has_option(message, MessageIdentification):
        return ()
    stamp = _timestamp(message)
    accepted = (e for e in reversed(conversation.recent) if e.acknowledgement is not None and e.acknowledgement.accepts)
    last = next(accepted, None)
    before = case.surroundings.known(Timestamps).of(last.update) if last is not None else None
    if stamp is None or before is None or stamp > before[0]:
        return ()
    found = option(message, "message_identification")
    at = found.start + 2 if found is not None else None
    expected = f"a time stamp later than {_seconds(before[0])} s (NTP)"
    unsure = was_overtaken(conversation, update) or update.time_ns - before[1].time_ns <= DISORDER_NS
    return (Breach(expected, f"{_seconds(stamp)} s", at, (before[1],), unsure),)


def _seconds(timestamp: int) -> str:
    """An NTP time stamp in seconds since 1900."""
    return f"{timestamp / 2**32:.3f}"
