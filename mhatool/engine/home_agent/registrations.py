"""What becomes of Binding Updates at a home agent (RFC 6275, 9.5 and 10.3; the paper, Section III)."""

from __future__ import annotations

from dataclasses import dataclass

from mhatool.engine.actions import End, ForgetNeighbour, SetTunnel
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import DropReason
from mhatool.engine.home_agent.agents_list import HomeAgentsList
from mhatool.engine.home_agent.answers import Answers
from mhatool.engine.home_agent.authentication import Authentication, Verdict
from mhatool.engine.home_agent.binding import BINDINGS, Binding, BindingInput, BindingState
from mhatool.engine.home_agent.cache import BindingCache
from mhatool.engine.home_agent.checks import Checks
from mhatool.engine.home_agent.configuration import HomeAgentConfiguration
from mhatool.engine.home_agent.defence import Defence
from mhatool.engine.home_agent.duplicates import DuplicateDetection
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent.prefixes import HomePrefixes
from mhatool.engine.home_agent.request import Request, Signature, read_request
from mhatool.engine.home_agent.statuses import Status
from mhatool.engine.home_agent_events import UnknownAgentListed
from mhatool.engine.node import Output
from mhatool.engine.reception import Drop
from mhatool.engine.sender import Sender
from mhatool.protocol.neighbourhood import link_local

UNIT_S = 4
"""Of lifetimes on the wire."""


@dataclass(slots=True)
class Pending:
    """A request that waits for duplicate address detection, and how its answer is protected."""

    request: Request
    signature: Signature | None


class Registrations:
    """Accepts, refreshes, refuses and deletes bindings. The handlers are named in `binding.BINDINGS`."""

    def __init__(
        self,
        configuration: HomeAgentConfiguration,
        prefixes: HomePrefixes,
        cache: BindingCache,
        agents: HomeAgentsList,
        link: HomeLink,
        sender: Sender,
        output: Output,
    ) -> None:
        self._configuration = configuration
        self._constants = configuration.constants
        self._prefixes = prefixes
        self._output = output
        self._cache = cache
        self._agents = agents
        self._link = link
        self.defence = Defence(link, agents, output)
        self.duplicates = DuplicateDetection(configuration.constants, link, output)
        self._answers = Answers(configuration.interface, sender)
        self._authentication = Authentication(configuration)
        self._checks = Checks(configuration, prefixes, cache, agents)
        self._addresses = frozenset(configuration.addresses)

    # --- what comes ---

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
        if binding is not None and _repeats(binding, request):
            return Drop(DropReason.REPEATED, "its home address is being checked")
        verdict = self._authentication.check(request, arrival.now)
        status = verdict.status or self._checks.refusal(request, binding)
        if status:
            self._refuse(request, status, verdict, binding, arrival.now)
        else:
            binding = binding or Binding(request.home_address, request.agent)
            given = BindingInput.DEREGISTER if request.deletes else BindingInput.REGISTER
            self._feed(binding, given, Pending(request, verdict.signature), arrival.now)
        return None

    def meet(self, binding: Binding, target: bytes, link_source: bytes, now: int) -> None:
        """Somebody has an address that is being checked for a binding."""
        self.duplicates.tell(binding, now, met=(target, link_source))
        self._feed(binding, BindingInput.DUPLICATE, now)

    def next_timer(self) -> int | None:
        """When the next check or lifetime is over."""
        timers = [at for at in (self.duplicates.next_timer(), self._cache.next_timer()) if at is not None]
        return min(timers, default=None)

    def handle_timer(self, now: int) -> None:
        """Accept those whose addresses are free, forget those whose lifetime is over."""
        for binding in self.duplicates.finished(now):
            self.duplicates.tell(binding, now)
            self._feed(binding, BindingInput.UNIQUE, now)
        for binding in self._cache.expired(now):
            self._feed(binding, BindingInput.EXPIRE, now)

    def _feed(self, binding: Binding, given: BindingInput, *arguments: object) -> None:
        binding.state = BINDINGS.feed(binding.state, given, self, binding, *arguments)

    def _refuse(self, request: Request, status: Status, verdict: Verdict, binding: Binding | None, now: int) -> None:
        old = status is Status.SEQUENCE_NUMBER_OUT_OF_WINDOW and binding is not None
        number = binding.sequence_number if old and binding is not None else None
        self._answers.send(request, status, now, signature=verdict.signature, sequence_number=number)

    # --- the handlers ---

    def begin(self, binding: Binding, pending: Pending, now: int) -> BindingState | None:
        """A new one: look for its addresses on the home link before it is answered."""
        request = pending.request
        namesake = link_local(request.home_address[8:])
        if "L" in request.flags and self._cache.get(namesake, request.agent) is None:
            binding.clone = Binding(namesake, request.agent, cloned=True)
        self._take(binding, pending, now)
        needs_check = "D" in request.flags or not self._constants.detects_duplicates_if_asked
        if needs_check and self._constants.duplicate_address_detection_transmits:
            self._appear(binding, BindingState.CHECKING, now)
            self.duplicates.begin(binding, now)
            return BindingState.CHECKING
        self._appear(binding, BindingState.BOUND, now)
        self.admit(binding, now)
        return BindingState.BOUND

    def _appear(self, binding: Binding, state: BindingState, now: int) -> None:
        """In the cache, and on the home link; the clone first, as KAME has it."""
        for face in reversed(binding.faces):
            face.state = state
            self._cache.add(face, now)
            self._link.listen(face.home_address)
            if state is BindingState.CHECKING:
                self._cache.tell(face, now)

    def replace(self, binding: Binding, pending: Pending, now: int) -> None:
        """A newer request while the address is being checked: that one is answered."""
        self._take(binding, pending, now)
        for face in reversed(binding.faces):
            self._cache.tell(face, now)

    def admit(self, binding: Binding, now: int) -> None:
        """Nobody else has its addresses."""
        pending: Pending = binding.pending
        binding.pending = None
        for face in reversed(binding.faces):
            face.state = BindingState.BOUND
            self._cache.keep(face, now)
            self._cache.tell(face, now)
        self._tunnel(binding)
        self.defence.start(binding, now)
        self._accept(binding, pending, now)

    def deny(self, binding: Binding, now: int) -> None:
        """Somebody else has one of its addresses (status 134)."""
        pending: Pending = binding.pending
        self.duplicates.end(binding)
        self._vanish(binding, now, "duplicate")
        self._answers.send(pending.request, Status.DUPLICATE_ADDRESS_DETECTION_FAILED, now, signature=pending.signature)

    def abandon(self, binding: Binding, pending: Pending, now: int) -> None:
        """The mobile node is back before it was registered."""
        self.duplicates.end(binding)
        self._vanish(binding, now, "abandoned")
        self.refuse_stranger(binding, pending, now)

    def refuse_stranger(self, _binding: Binding, pending: Pending, now: int) -> None:
        """Nothing here to delete (status 133)."""
        self._answers.send(
            pending.request, Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE, now, signature=pending.signature
        )

    def update(self, binding: Binding, pending: Pending, now: int) -> None:
        """It moved, or wants to stay."""
        had, listed = binding.care_of_address, binding.agents
        self._take(binding, pending, now)
        for face in reversed(binding.faces):
            self._cache.keep(face, now)
            self._cache.tell(face, now)
        if binding.care_of_address != had:
            self._tunnel(binding)
        if binding.agents != listed:
            self.defence.relist(binding, now)
        self._accept(binding, pending, now)

    def release(self, binding: Binding, pending: Pending, now: int) -> None:
        """The mobile node asks to forget it: nothing is intercepted any more when the answer leaves."""
        self._end(binding, now, "released")
        self._answers.send(pending.request, Status.ACCEPTED, now, signature=pending.signature)

    def expire(self, binding: Binding, now: int) -> None:
        """Its lifetime is over."""
        self._end(binding, now, "expired")

    # --- what they have in common ---

    def _take(self, binding: Binding, pending: Pending, now: int) -> None:
        """What the request says becomes the binding's."""
        request = pending.request
        agents = self._cache.same_list(request.agents)
        if agents != binding.agents:
            self._count_unknown(request, now)
        for face in binding.faces:
            face.care_of_address = request.care_of_address
            face.flags = request.flags
            face.sequence_number = request.sequence_number
            face.lifetime_s = self._lifetime(request)
            face.agents = agents
        if binding.state is not BindingState.BOUND:
            binding.pending = pending

    def _count_unknown(self, request: Request, now: int) -> None:
        for address in request.agents:
            if not self._agents.knows(address):
                event = UnknownAgentListed(
                    time_ns=now, node=self._output.node, home_address=request.home_address, address=address
                )
                self._output.tell(event)

    def _lifetime(self, request: Request) -> int:
        """As asked for, within the agent's limit and that of the home prefix (RFC 6275, 10.3.1)."""
        prefix = self._prefixes.of(request.home_address)
        valid = prefix.valid_lifetime_s if prefix is not None else 0
        granted = min(request.lifetime_s, self._constants.max_home_binding_lifetime_s, valid)
        return granted // UNIT_S * UNIT_S

    def _accept(self, binding: Binding, pending: Pending, now: int) -> None:
        self._answers.send(
            pending.request,
            self._acceptance(binding),
            now,
            signature=pending.signature,
            lifetime_s=binding.lifetime_s,
            refresh_s=self._refresh(binding),
        )

    def _acceptance(self, binding: Binding) -> Status:
        """Status 1 iff the home prefix is deprecated, or becomes so before the binding ends (RFC 6275, 10.3.1)."""
        prefix = self._prefixes.of(binding.home_address)
        if prefix is not None and prefix.preferred_lifetime_s < binding.lifetime_s:
            return Status.PREFIX_DISCOVERY_NECESSARY
        return Status.ACCEPTED

    def _refresh(self, binding: Binding) -> int:
        """When the mobile node shall ask again, in whole units and before the lifetime is over; 0: no advice."""
        advice = binding.lifetime_s * self._constants.refresh_advice_percent // 100 // UNIT_S * UNIT_S
        return advice if advice < binding.lifetime_s else 0

    def _tunnel(self, binding: Binding) -> None:
        remotes = (binding.care_of_address,)
        self._output.act(SetTunnel(End.HOME_AGENT, binding.home_address, binding.agent, remotes))

    def _end(self, binding: Binding, now: int, cause: str) -> None:
        self.defence.stop(binding, now, cause)
        self._vanish(binding, now, cause)
        other = self._cache.of_home(binding.home_address)
        if other is not None and other.state is BindingState.BOUND:  # at another address of this agent
            self._tunnel(other)
            return
        self._output.act(
            SetTunnel(End.HOME_AGENT, binding.home_address, binding.agent),
            ForgetNeighbour(self._configuration.interface, binding.home_address),
        )

    def _vanish(self, binding: Binding, now: int, cause: str) -> None:
        for face in binding.faces:
            face.state = BindingState.ABSENT
            self._link.ignore(face.home_address)
            self._cache.remove(face, now, cause)


def _repeats(binding: Binding, request: Request) -> bool:
    """The network delivers a request twice, or a mobile node sends it again, before it is answered."""
    return binding.state is BindingState.CHECKING and request.sequence_number == binding.sequence_number


__all__ = ["Pending", "Registrations"]
