"""Failing home agents: one place that hands each message to whom it concerns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dissectors.ipv6.address import is_multicast
from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Latest
from mhatool.exchange.first_link import on_its_first_link
from mhatool.observe.failure.accusation import Accusations
from mhatool.observe.failure.carriers import Carriers, Place
from mhatool.observe.failure.defence import Defences
from mhatool.observe.failure.life import Life, LifeKind, LifeSign, Neighbours
from mhatool.observe.failure.outages import Outages
from mhatool.observe.failure.probing import Probes
from mhatool.observe.failure.recoveries import Recoveries
from mhatool.observe.failure.recovery import AlarmSeen, Recovery
from mhatool.observe.failure.roster import Rosters
from mhatool.observe.moment import Moment

MOST: Final = 100_000
UNSPECIFIED: Final = bytes(16)
ECHO_REQUEST: Final = 128
UNKNOWN_TYPE: Final = 2
"""The status of a Binding Error about a Mobility Header type (RFC 6275, 6.1.9)."""


class Failures:
    """What packets tell of mobile nodes with several home agents, and of those that fail.

    Fed with each message once, copies left out, in the order of time; messages with a wrong checksum are passed over.
    Mostly kept by mobile node: only probes, signs of life and outages belong to home agents, which all nodes share.
    """

    def __init__(self, most: int = MOST) -> None:
        self.rosters = Rosters(most)
        self.life = Life()
        self.neighbours = Neighbours()
        self.probes = Probes()
        self.defences = Defences()
        self.carriers = Carriers()
        self.accusations = Accusations(self.life, self.probes)
        self.outages = Outages(self.life, self.probes)
        self._recoveries = Recoveries()
        self._offered: Latest[bytes, Moment] = Latest(most)

    @property
    def recoveries(self) -> list[Recovery]:
        """What came of each failure at each mobile node, in the order of first alarms, then those without alarm."""
        return self._recoveries.all(self.rosters, list(self.outages), self.carriers, self.defences)

    def recovery(self, home_address: bytes, home_agent: bytes) -> Recovery | None:
        """The latest recovery of a mobile node from an agent's failure, without flows and take-over."""
        return self._recoveries.of(home_address, home_agent)

    def drops(self, home_address: bytes, home_agent: bytes) -> list[Moment]:
        """When a mobile node went on without an agent after an alarm, the latest of many times."""
        return self._recoveries.drops(home_address, home_agent)

    def offered(self, home_agent: bytes) -> Moment | None:
        """When home agent discovery or its own advertisement named an agent last."""
        return self._offered.get(home_agent)

    # --- what is seen ---

    def concerns(self, datagram: Datagram) -> bool:
        """Whether a message of these types says anything: anybody's echo requests but home agents' say nothing."""
        if datagram.carries != "echo":
            return True
        return self.rosters.is_agent(datagram.source) and self.rosters.is_agent(datagram.destination)

    def see(self, moment: Moment, datagram: Datagram, message: View) -> None:
        """Take in what a datagram carries."""
        handler = _HANDLERS.get(message.type)
        if handler is not None and message.checksum_status != "bad":
            handler(self, moment, datagram, message)

    def tunnelled(self, moment: Moment, place: Place, inner: Datagram, outer: Datagram) -> None:
        """Take in a packet in a tunnel, wherever it is seen."""
        roster = self.rosters.get(inner.destination)
        if roster is None or outer.source not in roster.named:
            return
        if self.carriers.see(moment, place, inner, outer.source):
            self._lives(outer.source, moment, LifeKind.TUNNELLED_PACKET)

    def _lives(self, home_agent: bytes, moment: Moment, kind: LifeKind) -> None:
        sign = LifeSign(moment, kind)
        self.life.note(home_agent, sign)
        self.accusations.lives(home_agent, sign)
        self.outages.lives(home_agent, sign)

    # --- a method for each message ---

    def _update(self, moment: Moment, datagram: Datagram, message: View) -> None:
        seen = self.rosters.update(moment, datagram, message)
        if seen is not None:
            self._recoveries.update(*seen, datagram.length)

    def _acknowledgement(self, moment: Moment, datagram: Datagram, message: View) -> None:
        seen = self.rosters.acknowledge(moment, datagram)
        if seen is not None:
            self._lives(datagram.source, moment, LifeKind.ACKNOWLEDGEMENT)
            self._recoveries.acknowledge(*seen, moment, datagram.length)

    def _heartbeat(self, moment: Moment, datagram: Datagram, message: View) -> None:
        source, destination = datagram.source, datagram.destination
        flags = message.get("flags") or ()
        changed = self.probes.heartbeat(moment, source, destination, message)
        if changed or "U" in flags:
            self.accusations.explain(source, moment)
        if changed or ("U" in flags and changed is None and self.rosters.is_agent(source)):
            self.outages.restarted(source, moment)
        if "U" in flags:
            return
        self._lives(source, moment, LifeKind.HEARTBEAT)
        if "R" in flags:
            self.accusations.answers(moment, destination, source)
        else:
            self._asked(moment, source, destination)

    def _error(self, moment: Moment, datagram: Datagram, message: View) -> None:
        source, destination = datagram.source, datagram.destination
        if message.get("status") == UNKNOWN_TYPE and self.probes.refuse(moment, destination, source):
            self.accusations.answers(moment, destination, source)

    def _asked(self, moment: Moment, prober: bytes, probed: bytes) -> None:
        probing = self.probes.get(prober, probed)
        if probing is not None:
            self.outages.probed(probing, moment)

    def _alarm(self, moment: Moment, datagram: Datagram, message: View) -> None:
        sender, home_address = datagram.source, datagram.true_destination
        identifier, forwarded = message.get("identifier") or 0, not on_its_first_link(datagram)
        alarm = AlarmSeen(moment, sender, datagram.destination, identifier, forwarded)
        for accused in dict.fromkeys(message.get("unreachable") or ()):
            self.accusations.note(moment, (sender, home_address, accused, identifier))
            outage = self.outages.accused(accused, sender, moment)
            self._recoveries.alarm(home_address, outage, alarm, datagram.length)
        if self.rosters.is_agent(sender):
            self._lives(sender, moment, LifeKind.ALARM)

    def _solicitation(self, moment: Moment, datagram: Datagram, message: View) -> None:
        target: bytes | None = message.get("target")
        if target is None or datagram.source == UNSPECIFIED:
            return
        if is_multicast(datagram.destination) and self.rosters.get(target) is not None:
            self.carriers.seek(target, moment)
        prober = self.neighbours.agent(datagram.source)
        if not self.rosters.is_agent(prober):
            return
        if is_multicast(datagram.destination):
            self.probes.resolve(prober, moment)
        if self.rosters.is_agent(target):
            self.probes.ask(moment, prober, target, ("neighbor", target))
            self._asked(moment, prober, target)

    def _advertisement(self, moment: Moment, datagram: Datagram, message: View) -> None:
        target: bytes | None = message.get("target")
        sender = self.neighbours.agent(datagram.source)
        if target is None:
            return
        if self.rosters.get(target) is not None:
            flags = message.get("flags") or frozenset()
            self.defences.note(moment, target, sender, flags, datagram.destination)
        if self.rosters.is_agent(target):
            asker = self.neighbours.agent(datagram.destination)
            if self.probes.answer(moment, asker, target, ("neighbor", target)):
                self.accusations.answers(moment, asker, target)
            sender = target
        if self.rosters.is_agent(sender):
            self._lives(sender, moment, LifeKind.NEIGHBOR_ADVERTISEMENT)

    def _router(self, moment: Moment, datagram: Datagram, message: View) -> None:
        agent, leaves = self.neighbours.advertisement(moment, datagram, message)
        if leaves:
            self.probes.take_leave(agent, moment)
            self.accusations.explain(agent, moment)
        if not self.rosters.is_agent(agent):
            return
        if leaves:
            self.outages.left(agent, moment)
        else:
            self._offered.note(agent, moment)
            self._lives(agent, moment, LifeKind.ROUTER_ADVERTISEMENT)

    def _echo(self, moment: Moment, datagram: Datagram, message: View) -> None:
        if not self.concerns(datagram):
            return
        source, destination = datagram.source, datagram.destination
        self._lives(source, moment, LifeKind.ECHO)
        carried = ("echo", message.bytes[4:8])
        if message.bytes[0] == ECHO_REQUEST:
            self.probes.ask(moment, source, destination, carried)
            self._asked(moment, source, destination)
        elif self.probes.answer(moment, destination, source, carried):
            self.accusations.answers(moment, destination, source)

    def _request(self, moment: Moment, datagram: Datagram, message: View) -> None:
        home_address = self.rosters.home_of(datagram.source)
        if home_address is not None:
            self._recoveries.request(home_address, moment, datagram.length)

    def _reply(self, moment: Moment, datagram: Datagram, message: View) -> None:
        for agent in message.get("home_agents") or ():
            self._offered.note(agent, moment)
        if self.rosters.is_agent(datagram.source):
            self._lives(datagram.source, moment, LifeKind.DISCOVERY_REPLY)
        home_address = self.rosters.home_of(datagram.destination)
        if home_address is not None:
            self._recoveries.reply(home_address, moment, datagram, message)


_Handler = Callable[[Failures, Moment, Datagram, View], None]

_HANDLERS: Final[dict[str, _Handler]] = {
    "binding_update": Failures._update,
    "binding_acknowledgement": Failures._acknowledgement,
    "heartbeat": Failures._heartbeat,
    "binding_error": Failures._error,
    "home_agent_unreachable": Failures._alarm,
    "neighbor_solicitation": Failures._solicitation,
    "neighbor_advertisement": Failures._advertisement,
    "router_advertisement": Failures._router,
    "echo": Failures._echo,
    "dhaad_request": Failures._request,
    "dhaad_reply": Failures._reply,
}
MESSAGES: Final = frozenset(_HANDLERS)
"""The types of the messages that it wants to see."""
