"""The addresses of bindings on the home link: in the cache, listened for, checked, defended (RFC 6275, 10.3.1, 10.4.1).

A binding has its home address; with L its link-local address too, an entry of its own: the clone.
"""

from __future__ import annotations

from mhatool.engine.constants import Constants
from mhatool.engine.home_agent.binding import Binding, BindingState
from mhatool.engine.home_agent.cache import BindingCache
from mhatool.engine.home_agent.defence import Defence
from mhatool.engine.home_agent.duplicates import DuplicateDetection
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent.request import Request
from mhatool.engine.node import Output
from mhatool.protocol.neighbourhood import link_local


class Presence:
    """Makes addresses appear on the home link and vanish from it."""

    def __init__(
        self, constants: Constants, cache: BindingCache, defence: Defence, link: HomeLink, output: Output
    ) -> None:
        self._constants = constants
        self._cache = cache
        self._link = link
        self.defence = defence
        self.duplicates = DuplicateDetection(constants, link, output)

    def needs_check(self, request: Request) -> bool:
        """Whether new addresses are looked for on the home link before they are accepted."""
        is_asked = "D" in request.flags or not self._constants.detects_duplicates_if_asked
        return is_asked and self._constants.duplicate_address_detection_transmits > 0

    def check(self, binding: Binding, faces: tuple[Binding, ...], now: int) -> None:
        """They appear, and are looked for: `duplicates` says how that ends."""
        self.appear(faces, BindingState.CHECKING, now)
        binding.checked = tuple(face.home_address for face in faces)
        self.duplicates.begin(binding, now)

    def appear(self, faces: tuple[Binding, ...], state: BindingState, now: int) -> None:
        """In the cache, and on the home link; the clone first, as KAME has it."""
        for face in reversed(faces):
            face.state = state
            self._cache.add(face, now)
            self._link.listen(face.home_address)
            if state is BindingState.CHECKING:
                self._cache.tell(face, now)

    def keep(self, binding: Binding, since: int, now: int) -> None:
        """For the binding's lifetime, since its update came."""
        for face in reversed(binding.faces):
            self._cache.keep(face, since)
            self._cache.tell(face, now)

    def vanish(self, faces: tuple[Binding, ...], now: int, cause: str) -> None:
        """They are gone, and why."""
        self.defence.stop(faces, now, cause)
        for face in faces:
            face.state = BindingState.ABSENT
            self._link.ignore(face.home_address)
            self._cache.remove(face, now, cause)

    # --- the link-local address ---

    def new_clone(self, request: Request) -> Binding | None:
        """What L asks for; nothing where another binding has that address, by the same interface identifier."""
        namesake = link_local(request.home_address[8:])
        if "L" not in request.flags or self._cache.get(namesake, request.agent) is not None:
            return None
        return Binding(namesake, request.agent, cloned=True)

    def sets_link_local(self, binding: Binding, request: Request) -> bool:
        """Whether a request asks for an entry that the binding hasn't."""
        return "L" in request.flags and binding.clone is None and self.new_clone(request) is not None

    def clears_link_local(self, binding: Binding, request: Request) -> bool:
        """Whether a request doesn't ask for an entry that the binding has."""
        return binding.clone is not None and "L" not in request.flags

    def lose_link_local(self, binding: Binding, now: int, cause: str) -> None:
        """The clone is gone, the binding stands."""
        clone, binding.clone = binding.clone, None
        assert clone is not None  # the callers looked
        self.vanish((clone,), now, cause)


__all__ = ["Presence"]
