"""The Binding Cache of a home agent: found in constant time, expiring from a heap (RFC 6275, 9.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dissectors.mobility.binding import UPDATE_FLAGS
from dissectors.profile import Profile
from mhatool.engine.events import CacheEntry, TimerStarted
from mhatool.engine.home_agent.binding import Binding, BindingState
from mhatool.engine.node import Output
from mhatool.engine.timers import Timers
from mhatool.protocol.lifetime import expiry


def _nobody(*_: object) -> None:
    """Nobody wants to know."""


class BindingCache:
    """Bindings by home address and home agent; each change of one is told."""

    def __init__(self, profile: Profile, addresses: tuple[bytes, ...], output: Output) -> None:
        self._addresses = addresses
        self._bindings: dict[bytes, Binding] = {}
        self._by_home: dict[bytes, Binding] = {}
        self._timers: Timers[bytes] = Timers()
        self._output = output
        self._letters = tuple(profile.flags.get("binding_update", UPDATE_FLAGS))
        self._texts: dict[frozenset[str], str] = {}
        self._lists: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}
        self._at: dict[bytes, int] = {}
        self._kept: Callable[[Binding, int], None] = _nobody
        self._removed: Callable[[Binding], None] = _nobody
        self.registered = 0
        """How many bindings mobile nodes have asked for: those for link-local addresses aren't counted."""

    def __len__(self) -> int:
        return len(self._bindings)

    def watch(self, kept: Callable[[Binding, int], None], removed: Callable[[Binding], None]) -> None:
        """Tell these of each binding that is accepted or renewed, with when that was asked for, and of who is gone."""
        self._kept, self._removed = kept, removed

    def __iter__(self) -> Iterator[Binding]:
        return iter(self._bindings.values())

    def get(self, home_address: bytes, agent: bytes) -> Binding | None:
        """The binding of a home address at one of this agent's addresses."""
        return self._bindings.get(home_address + agent)

    def of_home(self, home_address: bytes) -> Binding | None:
        """A binding of this home address, or of this link-local one; None: nobody is away with it."""
        return self._by_home.get(home_address)

    def is_home_address(self, address: bytes) -> bool:
        """Whether somebody is away with it."""
        found = self._by_home.get(address)
        return found is not None and not found.cloned

    def count_at(self, care_of_address: bytes) -> int:
        """How many bindings have this care-of address; those for link-local addresses aren't counted."""
        return self._at.get(care_of_address, 0)

    def place(self, binding: Binding, care_of_address: bytes) -> None:
        """Its mobile node is there now; the binding may be in the cache or about to be."""
        if self._bindings.get(binding.home_address + binding.agent) is binding:
            self._count(binding, -1)
            binding.care_of_address = care_of_address
            self._count(binding, 1)
        else:
            binding.care_of_address = care_of_address

    def _count(self, binding: Binding, step: int) -> None:
        if binding.cloned:
            return
        self.registered += step
        count = self._at.get(binding.care_of_address, 0) + step
        if count:
            self._at[binding.care_of_address] = count
        else:
            del self._at[binding.care_of_address]

    def add(self, binding: Binding, now: int) -> None:
        """A new one; the first one starts the timer (KAME logs that)."""
        if not self._bindings:
            self._output.tell(TimerStarted(time_ns=now, node=self._output.node, list="binding_cache"))
        self._bindings[binding.home_address + binding.agent] = binding
        self._by_home[binding.home_address] = binding
        self._count(binding, 1)

    def remove(self, binding: Binding, now: int, cause: str) -> None:
        """It is gone, and why."""
        key = binding.home_address + binding.agent
        self._timers.cancel(key)
        del self._bindings[key]
        self._count(binding, -1)
        self._removed(binding)
        if self._by_home.get(binding.home_address) is binding:
            del self._by_home[binding.home_address]
            self._find_another(binding.home_address)
        self.tell(binding, now, gone=True, cause=cause)

    def _find_another(self, home_address: bytes) -> None:
        """A mobile node may have registered with several addresses of one agent."""
        for address in self._addresses:
            other = self._bindings.get(home_address + address)
            if other is not None:
                self._by_home[home_address] = other

    def keep(self, binding: Binding, since: int) -> None:
        """For its lifetime, which began then."""
        binding.expires_ns = expiry(since, binding.lifetime_s)
        if binding.cloned:
            return
        if not 0 < binding.rings_ns <= binding.expires_ns:
            self._ring(binding)
        self._kept(binding, since)

    def _ring(self, binding: Binding) -> None:
        binding.rings_ns = binding.expires_ns
        self._timers.set(binding.home_address + binding.agent, binding.expires_ns)

    def next_timer(self) -> int | None:
        """When the next one is over."""
        return self._timers.next()

    def expired(self, now: int) -> Iterator[Binding]:
        """Those whose lifetime is over; without clones, which go with what they are clones of.

        A refreshed one is looked at when it would have expired before: so most updates needn't touch the heap.
        """
        for key in self._timers.due(now):
            binding = self._bindings[key]
            if binding.expires_ns > now:
                self._ring(binding)
            else:
                yield binding

    def same_list(self, agents: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """One tuple for all who register with the same agents: a hundred thousand copies would fill the memory."""
        if len(self._lists) > 1_000:
            self._lists.clear()
        return self._lists.setdefault(agents, agents)

    def tell(self, binding: Binding, now: int, *, gone: bool = False, cause: str = "") -> None:
        """How it stands now."""
        flags = binding.flags
        text = self._texts.get(flags)
        if text is None:
            text = self._texts[flags] = "".join(letter for letter in self._letters if letter in flags)
        self._output.tell(
            CacheEntry(
                time_ns=now,
                node=self._output.node,
                home_address=binding.home_address,
                care_of_address=binding.care_of_address,
                address=binding.agent,
                flags=text,
                sequence_number=binding.sequence_number,
                lifetime_s=binding.lifetime_s,
                expires_ns=binding.expires_ns,
                cloned=binding.cloned,
                pending=binding.state is BindingState.CHECKING,
                gone=gone,
                cause=cause,
            )
        )


__all__ = ["BindingCache"]
