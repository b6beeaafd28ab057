"""Rules for the Multiple Home Agents mechanism in single Binding Updates (the paper, III-B and III-C)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dissectors.ipv6 import address
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.view import View
from mhatool.validate.binding_facts import FLAGS, OPTIONS, care_of_address, flags_of, kind, shows_all_options
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen

ADDRESS = 16
FEWEST = 2
_UPDATE = "The whole Binding Update, with the extension headers before it"
_REGISTRATION = "The Binding Update with its options"


def lists(message: View) -> list[View]:
    """The options with the mechanism's number, well-formed or not."""
    numbers = message.profile.code_points(MultipleHomeAgents.__declaration__)
    octets = message.octets[message.start + OPTIONS : message.end]
    if not any(number in octets for number in numbers):
        return []
    return [found for found in message.options if kind(found) in numbers]


def is_surely_ours(seen: Seen, found: View) -> bool:
    """Whether an option that looks like a list of home agents is one: with M, or where it lists its receiver.

    All experiments share its number (RFC 5096), in any message.
    """
    if seen.message.type != "binding_update":
        return False
    return "M" in flags_of(seen.message) or seen.datagram.true_destination in found.get("home_agents", ())


def home_agents(message: View) -> tuple[View, tuple[bytes, ...]] | None:
    """The one list of a Binding Update with the M flag and its addresses; None where there isn't just one to read."""
    if "M" not in flags_of(message):
        return None
    found = lists(message)
    if len(found) != 1 or found[0].type != MultipleHomeAgents.__declaration__.symbol:
        return None
    return found[0], found[0].get("home_agents")


@rule(
    "MHA-001",
    "The M flag and one list of home agents go together",
    reference="paper, III-C",
    role="MN",
    scope="packet",
    needs=_REGISTRATION,
    on=("binding_update",),
)
def flag_with_list(case: Case) -> Iterable[Breach]:
    """A registration with several home agents sets M and has one Multiple Home Agents option; one agent has neither.

    A home agent learns from the list whom to watch, and who else may defend the home address. M without H and without
    the option is HMIPv6's (X-001). The option's number is shared by all experiments (RFC 5096): without M it is surely
    ours only where it lists the receiver; otherwise that is inconclusive.
    """
    message = case.seen.message
    flags = flags_of(message)
    if not flags or message.truncated:
        return ()
    found = lists(message)
    if "M" in flags:
        if len(found) > 1:
            return (Breach("one Multiple Home Agents option", f"{len(found)} of them", found[1].start),)
        if not found and "H" in flags and shows_all_options(case.seen):
            return (Breach("a Multiple Home Agents option with the M flag", "none", message.start + FLAGS),)
        return ()
    ours = next((o for o in found if o.type == MultipleHomeAgents.__declaration__.symbol), None)
    if ours is None:
        return ()
    expected = "the M flag with a Multiple Home Agents option"
    return (Breach(expected, "no M", message.start + FLAGS, inconclusive=not is_surely_ours(case.seen, ours)),)


@rule(
    "MHA-002",
    "The list has two home agents or more",
    reference="paper, III-C",
    role="MN",
    scope="packet",
    needs=_REGISTRATION,
    on=("binding_update",),
)
def two_or_more(case: Case) -> Iterable[Breach]:
    """A Multiple Home Agents option has 16 octets for each home agent, and more than one of them.

    With a single home agent there is nobody to watch or to take over: that is plain Mobile IPv6, without flag and
    option. Only updates with the M flag are judged.
    """
    message = case.seen.message
    if "M" not in flags_of(message):
        return
    for found in lists(message):
        octets = found.end - found.start - 2
        if octets % ADDRESS or octets < FEWEST * ADDRESS:
            expected = f"a length of {ADDRESS} octets for each of {FEWEST} to 15 home agents"
            yield Breach(expected, f"{octets} octets", found.start + 1)


@rule(
    "MHA-003",
    "The list holds different home agents",
    reference="paper, III-C",
    role="MN",
    scope="packet",
    needs=_UPDATE,
    on=("binding_update",),
)
def different_home_agents(case: Case) -> Iterator[Breach]:
    """Each address of the list is another node's unicast routable address, not the mobile node's own.

    Home agents probe the listed ones, and report those that don't answer: an address twice, one of the mobile node
    itself, or one that can't be routed to raises alarms about nobody.
    """
    message, datagram = case.seen.message, case.seen.datagram
    known = home_agents(message)
    if known is None:
        return
    found, listed = known
    own = {datagram.true_source: "the home address", care_of_address(message, datagram): "the care-of address"}
    for index, agent in enumerate(listed):
        at = found.start + 2 + ADDRESS * index
        text = address.text(agent)
        if not address.is_routable_unicast(agent):
            yield Breach("a unicast routable address", text, at)
        elif agent in own:
            yield Breach("a home agent's address", f"{own[agent]} {text}", at)
        elif agent in listed[:index]:
            yield Breach("each home agent once", f"{text} again", at)


@rule(
    "MHA-004",
    "The receiver is in the list",
    reference="paper, III-C",
    role="MN",
    scope="packet",
    needs=_UPDATE,
    on=("binding_update",),
)
def lists_the_receiver(case: Case) -> Iterable[Breach]:
    """The list names all home agents of the registration, so also the one to which the Binding Update goes.

    All get the same list; its order decides who defends the home address, so a receiver that isn't in it has no place
    in that order.
    """
    known = home_agents(case.seen.message)
    if known is None:
        return ()
    found, listed = known
    receiver = case.seen.datagram.true_destination
    if receiver in listed:
        return ()
    return (Breach(f"{address.text(receiver)} in the list", "a list without it", found.start),)


@rule(
    "MHA-005",
    "Only home registrations carry the M flag and the list",
    reference="paper, III-B",
    role="MN",
    scope="packet",
    needs=_REGISTRATION,
    on=("binding_update",),
)
def is_home_registration(case: Case) -> Iterable[Breach]:
    """A Binding Update with M and the Multiple Home Agents option has H and A: only home agents understand the list.

    In the profile rfc6275 M without H and without the option registers at a mobility anchor point (HMIPv6, RFC 5380),
    which X-001 reports; in kame2003 the bit has no other meaning.
    """
    message = case.seen.message
    flags = flags_of(message)
    if "M" not in flags or {"A", "H"} <= flags or message.truncated:
        return ()
    if "H" not in flags and message.profile.name != "kame2003" and not lists(message):
        return ()
    missing = " and no ".join(sorted({"A", "H"} - flags))
    return (Breach("the flags A and H with M", f"no {missing}", message.start + FLAGS),)
