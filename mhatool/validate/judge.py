"""Runs the rules over the packets of a capture, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dissectors.profile import RFC6275, Profile
from dissectors.view import View
from mhatool.exchange import (
    Acknowledgement,
    Conversations,
    Copies,
    Frame,
    Sameness,
    Sighting,
    Source,
    acknowledgement_of,
    sightings,
    update_of,
)
from mhatool.validate.finding import Finding, Severity
from mhatool.validate.rule import EVERY_MOBILITY_MESSAGE, RULES, Breach, Case, Rule
from mhatool.validate.seen import Seen, seen_in

NO_BINDING = 1
"""The Binding Error status for a Home Address option without binding (RFC 6275, 6.1.9)."""


class UnknownRuleError(ValueError):
    """A rule that there isn't was asked for; the text names it and says what there is."""


def chosen(select: Iterable[str] = (), ignore: Iterable[str] = (), profile: Profile = RFC6275) -> list[Rule]:
    """The rules to run: those of the profile that `select` names (none given: all), without those of `ignore`.

    Names are whole ids or their beginnings up to a hyphen (`MIP6-MH`); UnknownRuleError where one fits nothing. A
    profile of one's own gets the rules of RFC 6275.
    """
    known_profiles = {name for rule in RULES.values() for name in rule.profiles}
    era = profile.name if profile.name in known_profiles else RFC6275.name
    selected = set().union(*map(named, select)) if select else set(RULES)
    selected -= set().union(*map(named, ignore))
    return [rule for rule in RULES.values() if rule.id in selected and era in rule.profiles]


def named(name: str) -> set[str]:
    """The ids that a name stands for; UnknownRuleError where it stands for none."""
    ids = {id_ for id_ in RULES if id_ == name.upper() or id_.startswith(f"{name.upper().rstrip('-')}-")}
    if not ids:
        families = sorted({id_.rpartition("-")[0] for id_ in RULES})
        raise UnknownRuleError(f"no rule {name!r}: `mhatool rules` lists them ({', '.join(families)})")
    return ids


class Judge:
    """Judges packets in the order of their times, in bounded memory. It keeps no findings."""

    def __init__(self, profile: Profile = RFC6275, *, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> None:
        self._rules = chosen(select, ignore, profile)
        self._on: dict[tuple[bool, str], list[Rule]] = {}
        self._copies = Copies()
        self._conversations = Conversations()
        #: Mobility Header messages looked at, copies of one and the same counted once.
        self.messages = 0

    def see(self, sighting: Sighting) -> list[Finding]:
        """What one packet breaks."""
        findings: list[Finding] = []
        for datagram in sighting.packet.datagrams:
            if datagram.quoted:
                continue
            message = datagram.upper
            if message is not None and self._matters(message):
                sameness = self._copies.compare(sighting, datagram, message)
                if sameness is Sameness.NEW:
                    self.messages += message.declaration.family == "mobility"
                    findings += self._judge(seen_in(sighting, datagram, message))
                elif sameness is Sameness.CHANGED:
                    findings += self._judge_alone(seen_in(sighting, datagram, message))
            self._conversations.presence.see(sighting.time_ns, datagram)
        return findings

    def finish(self) -> list[Finding]:
        """What shows only when nothing more comes."""
        return [
            _ended(rule, acknowledgement, breach)
            for rule in self._rules
            for conversation in self._conversations
            for acknowledgement, breach in rule.finish(conversation)
        ]

    def _matters(self, message: View) -> bool:
        """Every message of the Mobility Header does: a rule on another one may rest on it."""
        return message.declaration.family == "mobility" or bool(self._rules_on(message))

    def _rules_on(self, message: View) -> list[Rule]:
        key = (message.declaration.family == "mobility", message.type)
        if key not in self._on:
            names = {message.type, EVERY_MOBILITY_MESSAGE} if key[0] else {message.type}
            self._on[key] = [rule for rule in self._rules if names.intersection(rule.on)]
        return self._on[key]

    def _judge(self, seen: Seen) -> Iterator[Finding]:
        case = self._case(seen)
        for rule in self._rules_on(seen.message):
            for breach in rule.check(case):
                yield _finding(rule, case, breach)

    def _judge_alone(self, seen: Seen) -> Iterator[Finding]:
        """A damaged copy by itself: what it says between nodes was said by the first one."""
        case = Case(seen, self._conversations)
        for rule in self._rules_on(seen.message):
            if rule.scope == "packet":
                for breach in rule.check(case):
                    yield _finding(rule, case, breach)

    @property
    def rules(self) -> int:
        """How many rules there are in force."""
        return len(self._rules)

    def _case(self, seen: Seen) -> Case:
        """The message with what is known around it; from here on it is known itself."""
        conversations = self._conversations
        update = update_of(seen.time_ns, seen.frame, seen.datagram)
        if update is not None:
            conversation, exchange = conversations.update(update)
            return Case(seen, conversations, conversation, exchange, update=exchange.update)
        acknowledgement = acknowledgement_of(seen.time_ns, seen.frame, seen.datagram)
        if acknowledgement is not None and acknowledgement.trusted:
            answer = conversations.acknowledge(acknowledgement)
            return Case(
                seen, conversations, answer.conversation, answer.exchange, acknowledgement=answer.acknowledgement
            )
        if seen.message.type == "binding_error" and seen.message.get("status") == NO_BINDING:
            conversations.forget(seen.message.get("home_address"), seen.datagram.true_source)
        return Case(seen, conversations, acknowledgement=acknowledgement)


def _finding(rule: Rule, case: Case, breach: Breach) -> Finding:
    """The finding for a breach; what rests on a message that the capture cut is inconclusive."""
    seen = case.seen
    cut = seen.message.truncated or (case.exchange is not None and case.exchange.update.truncated)
    inconclusive = breach.inconclusive or cut
    return Finding(
        rule=rule.id,
        severity=Severity.NOTE if inconclusive else rule.severity,
        level=rule.level,
        frames=(*breach.before, seen.frame),
        time_ns=seen.time_ns,
        home_address=_home_address(case),
        node=seen.sender,
        expected=breach.expected,
        seen=breach.seen,
        reference=rule.reference,
        inconclusive=inconclusive,
        offset=breach.offset,
    )


def _home_address(case: Case) -> bytes | None:
    """Whose binding it is about, as far as the message and its conversation tell."""
    if case.conversation is not None:
        return case.conversation.home_address
    if case.acknowledgement is not None:
        return case.acknowledgement.home_address
    datagram = case.seen.datagram
    return datagram.home_address if datagram.home_address is not None else datagram.final_destination


def _ended(rule: Rule, acknowledgement: Acknowledgement, breach: Breach) -> Finding:
    frames: tuple[Frame, ...] = (*breach.before, acknowledgement.frame)
    inconclusive = breach.inconclusive or acknowledgement.truncated
    return Finding(
        rule=rule.id,
        severity=Severity.NOTE if inconclusive else rule.severity,
        level=rule.level,
        frames=frames,
        time_ns=acknowledgement.time_ns,
        home_address=acknowledgement.home_address,
        node=acknowledgement.peer,
        expected=breach.expected,
        seen=breach.seen,
        reference=rule.reference,
        inconclusive=inconclusive,
        offset=breach.offset,
    )


def validate(
    sources: Iterable[Source],
    profile: Profile = RFC6275,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
) -> list[Finding]:
    """Every finding in these captures, by time. Several sources are several views of one network."""
    judge = Judge(profile, select=select, ignore=ignore)
    findings = [finding for sighting in sightings(sources, profile) for finding in judge.see(sighting)]
    return sorted(findings + judge.finish(), key=lambda finding: finding.order)
