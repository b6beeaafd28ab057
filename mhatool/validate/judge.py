"""Runs the rules over the packets of a capture, one at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from dissectors.form import Form
from dissectors.packet import Datagram
from dissectors.profile import RFC6275, Profile
from mhatool.exchange import (
    REQUESTS_AND_ANSWERS,
    Copies,
    Sameness,
    Sighting,
    Source,
    acknowledgement_of,
    revoked_home_address,
    sightings,
    update_of,
)
from mhatool.exchange.sighting import REORDER_NS
from mhatool.validate import situation
from mhatool.validate.finding import Finding, Severity
from mhatool.validate.found import finding_at_the_end, finding_of
from mhatool.validate.likeness import Likeness, Likenesses
from mhatool.validate.needs import ask_for_requests, knowledge_of
from mhatool.validate.occasion import Occasion, words
from mhatool.validate.rule import RULES, Case, Rule, WatchedCase
from mhatool.validate.seen import Seen, seen_in
from mhatool.validate.share import Share, in_share
from mhatool.validate.surroundings import KNOWLEDGE, CopyKnowledge, Knowledge, Surroundings

NO_BINDING = 1
"""The Binding Error status for a Home Address option without binding (RFC 6275, 6.1.9)."""
FOLLOWED = frozenset({"binding_update", "binding_acknowledgement", "binding_error", "mobility"})
"""What tells of conversations, whatever the rules; Binding Revocations have no type of their own here."""
MOST_LIKENESSES = 20_000
"""Kept for each kind of message."""


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


_Active = tuple[tuple[Rule, ...], tuple[Knowledge, ...]]
"""Rules to check and knowledge to feed."""


class _Plan(Struct):
    """What there is to do on one kind of occasion."""

    packet_rules: tuple[Rule, ...]
    other_rules: tuple[Rule, ...]
    knowledge: list[tuple[Knowledge, int]]
    """With the bits without which it isn't fed."""
    is_counted: bool
    situation: Callable[[Case, Form], int] | None
    """Tells the bits; None: all."""
    judged: dict[Likeness, tuple[Rule, ...]] = field(default_factory=dict)
    """By likeness: the rules of packet scope that such packets don't surely keep."""
    active: dict[int, _Active] = field(default_factory=dict)
    """By situation."""

    def of(self, bits: int) -> _Active:
        """What there is to do in a situation."""
        found = self.active.get(bits)
        if found is None:
            rules = tuple(rule for rule in self.other_rules if bits & rule.only == rule.only)
            fed = tuple(knowledge for knowledge, only in self.knowledge if bits & only == only)
            found = self.active[bits] = (rules, fed)
        return found


class Judge:
    """Judges packets in the order of their times, in bounded memory. It keeps no findings.

    Where times go back by more than `REORDER_NS`, nobody knows what came first: from there on all that rests on more
    than one packet is inconclusive.
    """

    def __init__(
        self,
        profile: Profile = RFC6275,
        *,
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        rules: list[Rule] | None = None,
    ) -> None:
        """`rules`: just these, whatever the others say."""
        self._rules = chosen(select, ignore, profile) if rules is None else rules
        self._ranks = {rule.id: rank for rank, rule in enumerate(self._rules)}
        self._plans: dict[Occasion, _Plan | None] = {}
        self._uneventful: set[Occasion] = set()
        """What shows nobody's presence."""
        self._likenesses = Likenesses()
        self._alarms = 0
        self._is_empty = True
        self._has_begun = False
        self._is_disordered = False
        self._copies: defaultdict[str, Copies] = defaultdict(Copies)
        """By what is carried: no message is a copy of one of another kind."""
        self._surroundings = Surroundings()
        #: Mobility Header messages looked at, copies of one and the same counted once.
        self.messages = 0
        self._take(Share.WHOLE)

    def _take(self, share: Share) -> None:
        self._share = share
        self._own = in_share(self._rules, share)
        needed = knowledge_of(self._own)
        self._knowledge = [kind for kind in KNOWLEDGE if kind in needed]
        self._asks = REQUESTS_AND_ANSWERS if ask_for_requests(self._own) else frozenset()

    def halve(self) -> Judge:
        """Leave a share of the rules to another judge, which is returned; both then see the same packets.

        Only this one counts messages. ValueError once it has seen something.
        """
        if self._plans or self._share is not Share.WHOLE:
            raise ValueError("it judges already")
        other = Judge(rules=self._rules)
        self._take(Share.FIRST)
        other._take(Share.SECOND)
        return other

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force, those of a share left to another one among them."""
        return tuple(self._rules)

    def rank(self, finding: Finding) -> int:
        """The place of its rule: what is told at the end comes in this order."""
        return self._ranks[finding.rule]

    def order(self, finding: Finding) -> tuple[int, int, str, str]:
        """What is found in one packet comes in this order: by rule, then by place."""
        return self._ranks[finding.rule], finding.offset or 0, finding.expected, finding.seen

    def see(self, sighting: Sighting) -> list[Finding]:
        """What one packet breaks."""
        findings: list[Finding] = []
        surroundings = self._surroundings
        if not self._has_begun:
            self._begin(sighting)
        if sighting.time_ns < surroundings.last_ns:
            self._is_disordered |= sighting.time_ns < surroundings.last_ns - REORDER_NS
        else:
            surroundings.last_ns = sighting.time_ns
        for datagram in sighting.packet.datagrams:
            if datagram.quoted:
                continue
            form = datagram.form
            if form is not None and (common := form.known.get(self)) is not None:
                plan, is_eventful = common
                findings += self._look(sighting, datagram, plan)
                if is_eventful:
                    self._passed(sighting, datagram)
                continue
            occasion = (datagram.carries, datagram.headers, datagram.outer is not None)
            plan = self._plans.get(occasion) or self._plan(occasion, datagram)
            if plan is not None:
                findings += self._look(sighting, datagram, plan)
            is_eventful = occasion not in self._uneventful
            if is_eventful:
                self._passed(sighting, datagram)
            if form is not None and plan is not None:
                form.known[self] = plan, is_eventful
        return sorted(map(self._as_sure, findings), key=self.order) if findings else findings

    def _as_sure(self, finding: Finding) -> Finding:
        """The same, as sure as it can be: where times went back, only what rests on one packet alone is."""
        if not self._is_disordered or self._rules[self._ranks[finding.rule]].scope == "packet":
            return finding
        return replace(finding, severity=Severity.NOTE, inconclusive=True)

    def _passed(self, sighting: Sighting, datagram: Datagram) -> None:
        """Take in who is seen where, and what tunnels carry; copies too."""
        self._surroundings.conversations.presence.see(sighting.time_ns, datagram)
        outer = datagram.outer
        if outer is not None:
            for known in self._surroundings.of_tunnels():
                known.tunnelled(sighting, datagram, outer)

    def _begin(self, sighting: Sighting) -> None:
        """A capture begins with its first frame; until that is seen, with the earliest packet."""
        surroundings = self._surroundings
        if self._is_empty:
            surroundings.first_ns = surroundings.last_ns = sighting.time_ns
        self._is_empty = False
        self._has_begun = sighting.frame.number == 1
        if self._has_begun or sighting.time_ns < surroundings.first_ns:
            surroundings.first_ns = sighting.time_ns

    def until(self, last_ns: int | None) -> None:
        """The capture went on until then, with packets that needn't be seen; None for none."""
        if last_ns is not None:
            self._surroundings.last_ns = max(self._surroundings.last_ns, last_ns)

    def finish(self) -> list[Finding]:
        """What shows only when nothing more comes."""
        found = [finding_at_the_end(rule, late) for rule in self._own for late in rule.finish(self._surroundings)]
        return list(map(self._as_sure, found))

    def _plan(self, occasion: Occasion, datagram: Datagram) -> _Plan | None:
        """None where nobody wants to know."""
        if occasion not in self._plans:
            self._plans[occasion] = self._made(occasion, datagram)
            carries, headers, is_tunnelled = occasion
            if not headers and not is_tunnelled and carries != "dhaad_request":
                self._uneventful.add(occasion)
        return self._plans[occasion]

    def _made(self, occasion: Occasion, datagram: Datagram) -> _Plan | None:
        is_mobility = datagram.upper is not None and datagram.upper.declaration.family == "mobility"
        fitting = words(occasion, is_mobility=is_mobility)
        carries = occasion[0]
        share = self._share
        rules = [rule for rule in self._rules if fitting.intersection(rule.on) and share.judges(rule, carries)]
        feeds = ((kind, KNOWLEDGE[kind]) for kind in self._knowledge)
        learners = [
            (self._surroundings.known(kind), feed.only)
            for kind, feed in feeds
            if fitting.intersection(feed.on) and carries not in feed.besides
        ]
        is_counted = is_mobility and share.counts
        is_followed = carries in self._asks or carries in FOLLOWED
        if not (rules or learners or is_counted or is_followed):
            return None
        of_packets = tuple(rule for rule in rules if rule.scope == "packet")
        others = tuple(rule for rule in rules if rule.scope != "packet")
        return _Plan(of_packets, others, learners, is_counted, situation.OF.get(carries))

    def _look(self, sighting: Sighting, datagram: Datagram, plan: _Plan) -> list[Finding]:
        message = datagram.upper
        if message is None:
            message = datagram.extensions[-1] if datagram.extensions else datagram.ipv6
        sameness = self._copies[datagram.carries].compare(sighting, datagram, message)
        if sameness is Sameness.COPY:
            return []
        seen = seen_in(sighting, datagram, message)
        if sameness is Sameness.CHANGED:
            return self._judge_alone(seen, plan)
        self.messages += plan.is_counted and sameness is Sameness.NEW
        case = self._case(seen)
        findings = self._judge_packet(case, plan) if plan.packet_rules else []
        bits, form = situation.ANYTHING, datagram.form
        if form is not None and plan.situation is not None and message.checksum_status == "good":
            bits = plan.situation(case, form) | self._alarms
        rules, knowledge = plan.active.get(bits) or plan.of(bits)
        for rule in rules:
            for breach in rule.check(case):
                findings.append(finding_of(rule, case, breach))
        for known in knowledge:
            known.see(seen)
        if bits & situation.UNUSUAL or self._alarms:
            self._listen()
        return findings

    def _listen(self) -> None:
        """Look which alarms there are now."""
        self._alarms = 0
        for alarmed in self._surroundings.alarmed():
            self._alarms |= alarmed.alarm

    def _judge_packet(self, case: Case, plan: _Plan) -> list[Finding]:
        """By the rules of packet scope: all of them, but for packets like one before only those that it didn't keep."""
        form = case.seen.datagram.form
        likeness = self._likenesses.of(form, case.seen.message) if form is not None else None
        doubtful = plan.judged.get(likeness) if likeness is not None else None
        if doubtful is not None:
            if not doubtful:
                return []
            return [finding_of(rule, case, breach) for rule in doubtful for breach in rule.check(case)]
        findings: list[Finding] = []
        left: list[Rule] = []
        for rule in plan.packet_rules:
            watched = WatchedCase(case)
            found = [finding_of(rule, case, breach) for breach in rule.check(watched)]
            if found or watched.looked_around:
                findings += found
                left.append(rule)
        if likeness is not None:
            if len(plan.judged) >= MOST_LIKENESSES:
                plan.judged.clear()
            plan.judged[likeness] = tuple(left)
        return findings

    def _judge_alone(self, seen: Seen, plan: _Plan) -> list[Finding]:
        """A damaged copy by itself: what it says between nodes was said by the first one."""
        case = Case(seen, self._surroundings)
        for knowledge, _ in plan.knowledge:
            if isinstance(knowledge, CopyKnowledge):
                knowledge.see_copy(seen)
        self._listen()
        return [finding_of(rule, case, breach) for rule in plan.packet_rules for breach in rule.check(case)]

    def _case(self, seen: Seen) -> Case:
        """The message with what is known around it; from here on it is known itself."""
        surroundings = self._surroundings
        conversations = surroundings.conversations
        kind = seen.datagram.carries
        if kind == "binding_update":
            update = update_of(seen.time_ns, seen.frame, seen.datagram)
            if update is not None:
                conversation, exchange = conversations.update(update)
                return Case(seen, surroundings, conversation, exchange, exchange.update)
        elif kind == "binding_acknowledgement":
            acknowledgement = acknowledgement_of(seen.time_ns, seen.frame, seen.datagram)
            if acknowledgement is None or not acknowledgement.trusted:
                return Case(seen, surroundings, acknowledgement=acknowledgement)
            answer = conversations.acknowledge(acknowledgement)
            return Case(seen, surroundings, answer.conversation, answer.exchange, None, answer.acknowledgement)
        elif kind in self._asks:
            request = surroundings.requests.see(seen.time_ns, seen.frame, seen.datagram)
            return Case(seen, surroundings, request=request)
        elif kind == "binding_error" and seen.message.get("status") == NO_BINDING:
            conversations.forget(seen.message.get("home_address"), seen.datagram.true_source)
        elif kind == "mobility" and (revoked := revoked_home_address(seen.datagram)) is not None:
            conversations.forget(revoked, seen.datagram.true_source)
        return Case(seen, surroundings)


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
