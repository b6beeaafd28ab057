"""What becomes of Binding Updates at a correspondent (RFC 6275, 9.5 and 9.6)."""

from __future__ import annotations

from dissectors.mobility.binding import UPDATE_FLAGS, BindingAcknowledgement, BindingRefreshRequest
from dissectors.options.binding import BindingAuthorizationData
from dissectors.spec import Flags, Option
from mhatool.engine.actions import End, SetOptimisedRoute
from mhatool.engine.arrival import Arrival
from mhatool.engine.correspondent.authorization import Authorization, is_proven
from mhatool.engine.correspondent.binding import BINDINGS, Binding, BindingInput, BindingState
from mhatool.engine.correspondent.configuration import CorrespondentConfiguration
from mhatool.engine.correspondent.request import Request, read_request
from mhatool.engine.correspondent.statuses import Status
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.events import CacheEntry, UpdateRefused
from mhatool.engine.node import Output
from mhatool.engine.sender import Sender
from mhatool.engine.timers import Timers
from mhatool.protocol.lifetime import LIFETIME_UNIT_S, NS_PER_S, expiry, nanoseconds
from mhatool.protocol.return_routability import AUTHENTICATOR_SIZE, authenticator
from mhatool.protocol.sequence import is_fresh

PERSISTENT = 3
"""So many errors about a care-of address, without an update between them, and the binding goes (RFC 6275, 9.3.4)."""
_NO_FLAGS = Flags()


class Registrations:
    """Accepts, refuses, deletes bindings, and asks for refreshed ones. Handlers are named in `binding.BINDINGS`."""

    def __init__(
        self,
        configuration: CorrespondentConfiguration,
        authorization: Authorization,
        sender: Sender,
        output: Output,
    ) -> None:
        self._configuration = configuration
        self._constants = configuration.constants
        self._authorization = authorization
        self._sender = sender
        self._output = output
        self._bindings: dict[tuple[bytes, bytes], Binding] = {}
        self._timers: Timers[tuple[BindingInput, bytes, bytes]] = Timers()
        self._letters = tuple(configuration.profile.flags.get("binding_update", UPDATE_FLAGS))

    def configure(self, configuration: CorrespondentConfiguration) -> None:
        """Other limits from now on."""
        self._configuration = configuration

    # --- what comes ---

    def receive(self, arrival: Arrival) -> Drop | None:
        """A Binding Update came: proof first, then its number, then room."""
        request = read_request(arrival)
        if isinstance(request, Drop):
            return request
        if "H" in request.flags:
            self._answer(request, Status.HOME_REGISTRATION_NOT_SUPPORTED, arrival.now)
            return None
        if request.nonces is None or request.proof is None:
            return Drop(DropReason.AUTHENTICATOR, "Nonce Indices or Authorization Data are missing, or not the last")
        key = self._authorization.key(request, arrival.now)
        if isinstance(key, Status):
            self._answer(request, key, arrival.now)
        elif is_proven(request, key):
            self._judge(request, key, arrival.now)
        else:
            return Drop(DropReason.AUTHENTICATOR, "the authenticator isn't the one that the tokens make")
        return None

    def _judge(self, request: Request, key: bytes, now: int) -> None:
        binding = self._bindings.get((request.home_address, request.address))
        if binding is not None and not is_fresh(request.sequence_number, binding.sequence_number):
            number = binding.sequence_number
            self._answer(request, Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, now, key=key, sequence_number=number)
            return
        if binding is None and len(self._bindings) >= self._configuration.most_bindings:
            self._answer(request, Status.INSUFFICIENT_RESOURCES, now, key=key)
            return
        binding = binding or Binding(request.home_address, request.address)
        self._bindings[request.home_address, request.address] = binding
        given = BindingInput.DEREGISTER if request.deletes else BindingInput.REGISTER
        self._feed(binding, given, request, now)
        if "A" in request.flags:
            self._answer(request, Status.ACCEPTED, now, key=key, lifetime_s=binding.lifetime_s)

    def hear_error(self, home_address: bytes, address: bytes, care_of_address: bytes, now: int) -> bool:
        """A router can't reach a care-of address with a packet that went by a binding; whether that one is still so."""
        binding = self.find(home_address, address)
        if binding is None or binding.care_of_address != care_of_address:
            return False
        binding.errors += 1
        if binding.errors >= PERSISTENT:
            self._feed(binding, BindingInput.UNREACHABLE, now)
        return True

    def use(self, home_address: bytes, address: bytes) -> None:
        """Packets go by a binding: it is worth asking for another one before it is over."""
        binding = self._bindings.get((home_address, address))
        if binding is not None:
            binding.is_used = True

    def all(self) -> tuple[Binding, ...]:
        """Every binding, those that are only kept for their numbers among them."""
        return tuple(self._bindings.values())

    def find(self, home_address: bytes, address: bytes) -> Binding | None:
        """The binding of a home address at one of this correspondent's, deleted ones not."""
        binding = self._bindings.get((home_address, address))
        return binding if binding is not None and binding.state is BindingState.BOUND else None

    def next_timer(self) -> int | None:
        """When the next binding ages, expires or is forgotten."""
        return self._timers.next()

    def handle_timer(self, now: int) -> None:
        """Age, expire or forget bindings whose time it is."""
        for given, home, address in self._timers.due(now):
            self._feed(self._bindings[home, address], given, now)

    def _feed(self, binding: Binding, given: BindingInput, *arguments: object) -> None:
        binding.state = BINDINGS.feed(binding.state, given, self, binding, *arguments)

    # --- the handlers ---

    def bind(self, binding: Binding, request: Request, now: int) -> None:
        """A new binding, or news of one."""
        had = binding.care_of_address
        binding.care_of_address = request.care_of_address
        binding.flags = request.flags
        binding.sequence_number = request.sequence_number
        lifetime = min(request.lifetime_s, self._constants.max_rr_binding_lifetime_s)
        binding.lifetime_s = lifetime // LIFETIME_UNIT_S * LIFETIME_UNIT_S
        binding.expires_ns = expiry(now, binding.lifetime_s)
        binding.is_used, binding.errors = False, 0
        self._timers.cancel((BindingInput.FORGET, binding.home_address, binding.address))
        self._set(BindingInput.EXPIRE, binding, binding.expires_ns)
        self._set(BindingInput.AGE, binding, binding.expires_ns - binding.lifetime_s * NS_PER_S // 4)
        if binding.care_of_address != had:
            self._route(binding, binding.care_of_address)
        self._tell(binding, now)

    def forgive(self, binding: Binding, request: Request, now: int) -> None:
        """Nothing to delete; the number counts all the same."""
        binding.sequence_number = request.sequence_number
        self._keep(binding, now)

    def release(self, binding: Binding, request: Request, now: int) -> None:
        """The mobile node asks to forget it."""
        binding.sequence_number = request.sequence_number
        self._end(binding, now, "released")

    def ask(self, binding: Binding, now: int) -> None:
        """A binding in use is nearly over: ask for another one, by the home agent (9.5.5, without routing header)."""
        if binding.is_used and self._configuration.asks_for_refresh:
            self._sender.send(BindingRefreshRequest(options=()), binding.address, binding.home_address, now)

    def expire(self, binding: Binding, now: int) -> None:
        """Its lifetime is over."""
        self._end(binding, now, "expired")

    def give_up(self, binding: Binding, now: int) -> None:
        """Nobody is there: packets go by the home agent again."""
        self._end(binding, now, "unreachable")

    def forget(self, binding: Binding, _now: int) -> None:
        """Its number doesn't count any more."""
        del self._bindings[binding.home_address, binding.address]

    # --- what they have in common ---

    def _end(self, binding: Binding, now: int, cause: str) -> None:
        for given in (BindingInput.EXPIRE, BindingInput.AGE):
            self._timers.cancel((given, binding.home_address, binding.address))
        self._tell(binding, now, gone=True, cause=cause)
        self._route(binding, None)
        binding.care_of_address = binding.home_address
        binding.lifetime_s = 0
        self._keep(binding, now)

    def _keep(self, binding: Binding, now: int) -> None:
        """Remember the number as long as a nonce may be good that authorised an update."""
        self._set(BindingInput.FORGET, binding, now + nanoseconds(self._constants.max_nonce_lifetime_s))

    def _set(self, given: BindingInput, binding: Binding, at: int) -> None:
        self._timers.set((given, binding.home_address, binding.address), at)

    def _route(self, binding: Binding, care_of_address: bytes | None) -> None:
        self._output.act(SetOptimisedRoute(End.CORRESPONDENT, binding.home_address, binding.address, care_of_address))

    def _answer(
        self,
        request: Request,
        status: Status,
        now: int,
        *,
        key: bytes | None = None,
        sequence_number: int | None = None,
        lifetime_s: int = 0,
    ) -> None:
        """A Binding Acknowledgement, proven with the key where there is one (9.5.4: not with statuses 136 to 138)."""
        if status.refuses:
            self._tell_refusal(request, status, now)
        options: tuple[Option, ...] = ()
        if key is not None:
            options = (BindingAuthorizationData(authenticator=bytes(AUTHENTICATOR_SIZE)),)
        message = BindingAcknowledgement(
            status=status,
            flags=_NO_FLAGS,
            sequence_number=request.sequence_number if sequence_number is None else sequence_number,
            lifetime_s=lifetime_s,
            options=options,
        )

        def prove(header: bytes) -> bytes:
            assert key is not None  # it isn't called without
            at = len(header) - AUTHENTICATOR_SIZE
            return authenticator(key, request.proven_address, request.address, header, at=at)

        self._sender.send(
            message,
            request.address,
            request.source,
            now,
            routed_to=request.routed_to,
            seal=prove if key is not None else None,
        )

    def _tell_refusal(self, request: Request, status: Status, now: int) -> None:
        self._output.tell(
            UpdateRefused(
                time_ns=now,
                node=self._output.node,
                home_address=request.home_address,
                care_of_address=request.care_of_address,
                address=request.address,
                status=status,
                reason=status.name.lower(),
            )
        )

    def _tell(self, binding: Binding, now: int, *, gone: bool = False, cause: str = "") -> None:
        self._output.tell(
            CacheEntry(
                time_ns=now,
                node=self._output.node,
                home_address=binding.home_address,
                care_of_address=binding.care_of_address,
                address=binding.address,
                flags="".join(letter for letter in self._letters if letter in binding.flags),
                sequence_number=binding.sequence_number,
                lifetime_s=binding.lifetime_s,
                expires_ns=binding.expires_ns,
                home_registration=False,
                gone=gone,
                cause=cause,
            )
        )


__all__ = ["PERSISTENT", "Registrations"]
