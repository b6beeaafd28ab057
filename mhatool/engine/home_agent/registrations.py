"""What becomes of Binding Updates at a home agent (RFC 6275, 9.5 and 10.3; the paper, Section III)."""

from __future__ import annotations

from collections.abc import Iterable

from mhatool.engine.actions import End, ForgetNeighbour, SetTunnel
from mhatool.engine.arrival import Arrival
from mhatool.engine.commands import KeptBinding
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.home_agent.agents_list import HomeAgentsList
from mhatool.engine.home_agent.answers import Answers
from mhatool.engine.home_agent.authentication import Authentication, Verdict
from mhatool.engine.home_agent.binding import BINDINGS, Binding, BindingInput, BindingState
from mhatool.engine.home_agent.cache import BindingCache
from mhatool.engine.home_agent.checks import Checks
from mhatool.engine.home_agent.configuration import HomeAgentConfiguration
from mhatool.engine.home_agent.defence import Defence
from mhatool.engine.home_agent.failover import Failover
from mhatool.engine.home_agent.grants import Grants
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent.pending import Pending, no_longer_pending, repeats
from mhatool.engine.home_agent.prefixes import HomePrefixes
from mhatool.engine.home_agent.presence import Presence
from mhatool.engine.home_agent.request import Request, kept_request, read_request
from mhatool.engine.home_agent.statuses import Status
from mhatool.engine.home_agent.update_pace import UpdatePace
from mhatool.engine.home_agent_events import UnknownAgentListed
from mhatool.engine.node import Output
from mhatool.engine.sender import Sender


class Registrations:
    """Accepts, refreshes, refuses and deletes bindings. The handlers are named in `binding.BINDINGS`."""

    def __init__(
        self,
        configuration: HomeAgentConfiguration,
        prefixes: HomePrefixes,
        cache: BindingCache,
        agents: HomeAgentsList,
        link: HomeLink,
        defence: Defence,
        failover: Failover,
        sender: Sender,
        output: Output,
    ) -> None:
        self._configuration = configuration
        self._constants = configuration.constants
        self._output = output
        self._cache = cache
        self._agents = agents
        self._failover = failover
        self._presence = Presence(configuration.constants, cache, defence, link, output)
        self.defence, self.duplicates = defence, self._presence.duplicates
        self._answers = Answers(configuration.interface, sender, output)
        self._authentication = Authentication(configuration)
        self._pace = UpdatePace(configuration.update_rate)
        self._checks = Checks(configuration, prefixes, cache, agents, link)
        self._grants = Grants(configuration.constants, prefixes)
        self._addresses = frozenset(configuration.addresses)

    def configure(self, configuration: HomeAgentConfiguration, now: int) -> None:
        """Other keys and limits, for requests that come from now on; bindings of who may not register any more end."""
        if configuration.update_rate != self._configuration.update_rate:
            self._pace = UpdatePace(configuration.update_rate)
        self._configuration = configuration
        self._authentication.configure(configuration)
        self._checks.configure(configuration)
        for binding in [each for each in self._cache if not each.cloned]:
            if self._checks.prohibits(binding.home_address):
                self._feed(binding, BindingInput.PROHIBITED, "prohibited", now)
            elif self._authentication.excludes(binding.home_address, binding.agent):
                self._feed(binding, BindingInput.PROHIBITED, "auth_fail", now)

    # --- what comes ---

    def start(self, now: int) -> None:
        """The agent comes up."""
        self._authentication.start(now)

    def receive(self, arrival: Arrival) -> Drop | None:
        """A Binding Update came."""
        request = read_request(arrival)
        if isinstance(request, Drop):
            return request
        if request.agent not in self._addresses:
            return Drop(DropReason.NOT_FOR_US, "none of the home agent's addresses")
        binding = self._cache.get(request.home_address, request.agent)
        if binding is None and "H" not in request.flags:
            return Drop(DropReason.NOT_OUR_ROLE, "no correspondent: a Binding Update without the H flag")
        if self._failover.has_left and not request.deletes:
            return Drop(DropReason.LEFT, "this home agent leaves: others are to be asked")
        if binding is not None and repeats(binding, request):
            return Drop(DropReason.REPEATED, "its home address is being checked")
        verdict = self._authentication.check(request, arrival.now)
        if not self._pace.allows(request, verdict, arrival.now):
            return Drop(DropReason.RATE_LIMIT, "more Binding Updates a second than update_rate allows")
        if "H" not in request.flags and verdict.signature is None:
            return Drop(DropReason.AUTHENTICATOR, "no home registration, and nothing that proves it (RFC 6275, 9.5.1)")
        status = verdict.status or self._checks.refusal(request, binding)
        if status:
            self._refuse(request, status, verdict, binding, arrival.now)
        else:
            binding = binding or Binding(request.home_address, request.agent)
            given = BindingInput.DEREGISTER if request.deletes else BindingInput.REGISTER
            self._feed(binding, given, Pending(request, verdict.signature, arrival.now), arrival.now)
        return None

    def take_back(self, kept: Iterable[KeptBinding], now: int) -> None:
        """What the agent held before a restart, but for what is over, or not for it, or would be refused now."""
        for each in kept:
            request = kept_request(each, now)
            known = self._cache.get(each.home_address, each.agent)
            if request is None or known is not None or each.agent not in self._addresses:
                continue
            binding = Binding(each.home_address, each.agent)
            excluded = self._authentication.excludes(each.home_address, each.agent)
            status = Status.AUTH_FAIL if excluded else self._checks.refusal_of_kept(request)
            if status is None:
                self._feed(binding, BindingInput.RESTORE, request, now)
            else:
                self._take(binding, request, now)
                self._cache.tell(binding, now, gone=True, cause=status.name.lower())

    def meet(self, binding: Binding, target: bytes, link_source: bytes, now: int) -> None:
        """Somebody has an address that is being checked for a binding."""
        self.duplicates.tell(binding, now, met=(target, link_source))
        self._feed(binding, BindingInput.DUPLICATE, now)

    def vouch(self, binding: Binding, target: bytes, now: int) -> None:
        """Another agent of its mobile node defends an address that is being checked: it has looked for it already."""
        if self.duplicates.vouch(binding, target):
            self._conclude(binding, now)

    def reconsider(self, now: int) -> None:
        """Another agent has become known: it may be who answered for an address that is being checked."""
        for binding in self.duplicates.in_doubt():
            for doubt in self.duplicates.doubts(binding):
                if not doubt.checks and self._agents.behind(doubt.link_source, binding.agents) is not None:
                    self.vouch(binding, doubt.target, now)

    def meet_agent(self, address: bytes, now: int) -> None:
        """Another home agent advertises this address: what was accepted for it before that was known is no binding."""
        for own in self._configuration.addresses:
            binding = self._cache.get(address, own)
            if binding is not None:
                self._feed(binding, BindingInput.PROHIBITED, "agent", now)

    def next_timer(self) -> int | None:
        """When the next check or lifetime is over."""
        timers = [at for at in (self.duplicates.next_timer(), self._cache.next_timer()) if at is not None]
        return min(timers, default=None)

    def handle_timer(self, now: int) -> None:
        """Accept those whose addresses are free, forget those whose lifetime is over."""
        for binding in self.duplicates.finished(now):
            if self.duplicates.is_held:
                self._feed(binding, BindingInput.EXPIRE, now)
            else:
                self._conclude(binding, now)
        for binding in self._cache.expired(now):
            self._feed(binding, BindingInput.EXPIRE, now)

    def _conclude(self, binding: Binding, now: int) -> None:
        """A check is over: nobody but other agents of the mobile node has spoken up, as far as is known now."""
        doubts = self.duplicates.doubts(binding)
        met = [doubt for doubt in doubts if self._agents.behind(doubt.link_source, binding.agents) is None]
        self.duplicates.tell(binding, now, met=(met[0].target, met[0].link_source) if met else None)
        self.duplicates.end(binding)
        unmet = BindingInput.EXPIRE if binding.pending.is_over(now) else BindingInput.UNIQUE
        self._feed(binding, BindingInput.DUPLICATE if met else unmet, now)

    def _feed(self, binding: Binding, given: BindingInput, *arguments: object) -> None:
        binding.state = BINDINGS.feed(binding.state, given, self, binding, *arguments)

    def _refuse(self, request: Request, status: Status, verdict: Verdict, binding: Binding | None, now: int) -> None:
        old = status is Status.SEQUENCE_NUMBER_OUT_OF_WINDOW and binding is not None
        number = binding.sequence_number if old and binding is not None else None
        self._answers.send(request, status, now, signature=verdict.signature, sequence_number=number)

    # --- the handlers ---

    def begin(self, binding: Binding, pending: Pending, now: int) -> BindingState:
        """A new one: look for its addresses on the home link before it is answered."""
        request = pending.request
        binding.clone = self._presence.new_clone(request)
        self._take(binding, request, now)
        binding.pending = pending
        if not self._presence.needs_check(request):
            self._presence.appear(binding.faces, BindingState.BOUND, now)
            self.admit(binding, now)
            return BindingState.BOUND
        self._presence.check(binding, binding.faces, now)
        return BindingState.CHECKING

    def restore(self, binding: Binding, request: Request, now: int) -> None:
        """It was accepted before: nobody is asked, nobody is answered."""
        binding.clone = self._presence.new_clone(request)
        self._take(binding, request, now)
        self._presence.appear(binding.faces, BindingState.BOUND, now)
        self._presence.keep(binding, now, now)
        self._tunnel(binding)
        self.defence.start(binding.faces, now)
        self._failover.bound(binding, now)

    def replace(self, binding: Binding, pending: Pending, now: int) -> BindingState:
        """A newer request while the addresses are being checked: that one is answered."""
        presence, request = self._presence, pending.request
        if presence.sets_link_local(binding, request) or presence.clears_link_local(binding, request):
            self.duplicates.end(binding)
            self._presence.vanish(binding.faces, now, "replaced")
            return self.begin(binding, pending, now)
        self._take(binding, pending.request, now)
        binding.pending = pending
        for face in reversed(binding.faces):
            self._cache.tell(face, now)
        return BindingState.CHECKING

    def admit(self, binding: Binding, now: int) -> None:
        """Nobody else has its addresses."""
        pending = no_longer_pending(binding)
        for face in reversed(binding.faces):
            face.state = BindingState.BOUND
        self._presence.keep(binding, pending.came_ns, now)
        self._tunnel(binding)
        self.defence.start(binding.faces, now)
        self._accept(binding, pending, now)
        self._failover.bound(binding, now)

    def deny(self, binding: Binding, now: int) -> None:
        """Somebody else has one of its addresses (status 134)."""
        self.duplicates.end(binding)
        self._presence.vanish(binding.faces, now, "duplicate")
        self._answer(no_longer_pending(binding), Status.DUPLICATE_ADDRESS_DETECTION_FAILED, now)

    def give_up(self, binding: Binding, cause: str, now: int) -> None:
        """It would be refused now (status 129): a request that waits is."""
        pending: Pending | None = binding.pending
        self.duplicates.end(binding)
        if binding.holds:
            self._end(binding, now, cause)
        else:
            self._presence.vanish(binding.faces, now, cause)
        if pending is not None:
            self._answer(pending, Status.PROHIBITED, now)

    def forget(self, binding: Binding, now: int) -> None:
        """The whole lifetime that was asked for is over, as where the home link was down: nobody is answered."""
        self.duplicates.end(binding)
        self._presence.vanish(binding.faces, now, "unchecked")

    def abandon(self, binding: Binding, pending: Pending, now: int) -> None:
        """The mobile node is back before it was registered."""
        self.duplicates.end(binding)
        self._presence.vanish(binding.faces, now, "abandoned")
        self.refuse_stranger(binding, pending, now)

    def refuse_stranger(self, _binding: Binding, pending: Pending, now: int) -> None:
        """Nothing here to delete (status 133)."""
        self._answer(pending, Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE, now)

    def update(self, binding: Binding, pending: Pending, now: int) -> BindingState:
        """It moved, or wants to stay, or to have its link-local address kept for it from now on (L)."""
        request = pending.request
        if not self._presence.sets_link_local(binding, request):
            self._renew(binding, pending, now)
            return BindingState.BOUND
        binding.clone = clone = self._presence.new_clone(request)
        assert clone is not None  # the question before said so
        binding.pending = pending
        self._copy(clone, request, self._cache.same_list(request.agents))
        if not self._presence.needs_check(request):
            self._presence.appear((clone,), BindingState.BOUND, now)
            self.extend(binding, now)
            return BindingState.BOUND
        self._count(binding, request, now)
        self._presence.check(binding, (clone,), now)
        return BindingState.EXTENDING

    def revise(self, binding: Binding, pending: Pending, now: int) -> BindingState:
        """A newer request while the link-local address is being checked: that one is answered."""
        if self._presence.clears_link_local(binding, pending.request):
            self.duplicates.end(binding)
            no_longer_pending(binding)
            self._renew(binding, pending, now)
            return BindingState.BOUND
        binding.pending = pending
        self._count(binding, pending.request, now)
        return BindingState.EXTENDING

    def extend(self, binding: Binding, now: int) -> None:
        """Nobody else has its link-local address: what the request says holds, and that one is kept for it too."""
        pending, clone = no_longer_pending(binding), binding.clone
        assert clone is not None  # it was being checked
        clone.state = BindingState.BOUND
        self.defence.start((clone,), now)
        self._renew(binding, pending, now)

    def decline(self, binding: Binding, now: int) -> None:
        """Somebody else has its link-local address: the whole request is refused (134), the binding stands."""
        self.duplicates.end(binding)
        self._presence.lose_link_local(binding, now, "duplicate")
        self._answer(no_longer_pending(binding), Status.DUPLICATE_ADDRESS_DETECTION_FAILED, now)

    def release(self, binding: Binding, pending: Pending, now: int) -> None:
        """The mobile node asks to forget it: nothing is intercepted any more when the answer leaves."""
        self._end(binding, now, "released")
        self._answer(pending, Status.ACCEPTED, now)

    def withdraw(self, binding: Binding, pending: Pending, now: int) -> None:
        """The mobile node asks to forget it, while its link-local address is being checked."""
        self.duplicates.end(binding)
        self.release(binding, pending, now)

    def expire(self, binding: Binding, now: int) -> None:
        """Its lifetime is over."""
        self._end(binding, now, "expired")

    def lapse(self, binding: Binding, now: int) -> None:
        """Its lifetime is over while a request waits: that one begins a new binding, unless it is over too."""
        self.duplicates.end(binding)
        self._end(binding, now, "expired")
        if not binding.pending.is_over(now):
            self._feed(Binding(binding.home_address, binding.agent), BindingInput.REGISTER, binding.pending, now)

    # --- what they have in common ---

    def _renew(self, binding: Binding, pending: Pending, now: int) -> None:
        """What a request says becomes a binding's that was there before, and is answered."""
        had, listed = binding.care_of_address, binding.agents
        if self._presence.clears_link_local(binding, pending.request):
            self._presence.lose_link_local(binding, now, "released")
        self._take(binding, pending.request, now)
        self._presence.keep(binding, pending.came_ns, now)
        if binding.care_of_address != had:
            self._tunnel(binding)
        self.defence.relist(binding, now)
        self._accept(binding, pending, now)
        if binding.agents or listed:
            self._failover.renewed(binding, listed, now)

    def _take(self, binding: Binding, request: Request, now: int) -> None:
        """What the request says becomes the binding's."""
        agents = self._cache.same_list(request.agents)
        if agents != binding.agents:
            self._count_unknown(request, now)
        for face in binding.faces:
            self._copy(face, request, agents)

    def _copy(self, face: Binding, request: Request, agents: tuple[bytes, ...]) -> None:
        self._cache.place(face, request.care_of_address)
        face.flags = request.flags
        face.sequence_number = request.sequence_number
        face.lifetime_s = self._grants.lifetime_s(request)
        face.agents = agents

    def _count(self, binding: Binding, request: Request, now: int) -> None:
        """The number of a request that waits is the last one received, whatever becomes of it (9.5.1)."""
        binding.sequence_number = request.sequence_number
        self._cache.tell(binding, now)

    def _count_unknown(self, request: Request, now: int) -> None:
        for address in request.agents:
            if not self._agents.knows(address):
                event = UnknownAgentListed(
                    time_ns=now, node=self._output.node, home_address=request.home_address, address=address
                )
                self._output.tell(event)

    def _accept(self, binding: Binding, pending: Pending, now: int) -> None:
        self._answers.send(
            pending.request,
            self._grants.status(binding),
            now,
            signature=pending.signature,
            lifetime_s=binding.lifetime_s,
            refresh_s=self._grants.refresh_s(binding),
        )

    def _answer(self, pending: Pending, status: Status, now: int) -> None:
        self._answers.send(pending.request, status, now, signature=pending.signature)

    def _tunnel(self, binding: Binding) -> None:
        remotes = (binding.care_of_address,)
        self._output.act(SetTunnel(End.HOME_AGENT, binding.home_address, binding.agent, remotes))

    def _end(self, binding: Binding, now: int, cause: str) -> None:
        self._failover.gone(binding, now)
        self._presence.vanish(binding.faces, now, cause)
        other = self._cache.of_home(binding.home_address)
        if other is not None and other.holds:  # at another address of this agent
            self._tunnel(other)
            return
        self._output.act(
            SetTunnel(End.HOME_AGENT, binding.home_address, binding.agent),
            ForgetNeighbour(self._configuration.interface, binding.home_address),
        )


__all__ = ["Registrations"]
