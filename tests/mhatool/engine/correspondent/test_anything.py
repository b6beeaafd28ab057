"""Whatever comes in whatever order: no input that a state has no row for, routes as told, nothing left in the end."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dissectors.mobility.binding import BindingUpdate
from dissectors.options.binding import BindingAuthorizationData, NonceIndices
from dissectors.spec import Flags
from mhatool.engine.actions import SetOptimisedRoute
from mhatool.engine.commands import RouteUsed
from mhatool.engine.events import CacheEntry
from mhatool.protocol.return_routability import authenticator
from tests.mhatool.engine.correspondent.test_correspondent import (
    CARE_OF,
    ELSEWHERE,
    HOME,
    OTHER,
    PEER,
    MobileNode,
    correspondent,
    unreachable,
)

HOMES, CARE_OFS = [HOME, OTHER], [CARE_OF, ELSEWHERE]


class Anything(RuleBasedStateMachine):
    """A correspondent and two mobile nodes, whose tests may be old and whose numbers may be any."""

    def __init__(self) -> None:
        super().__init__()
        self.play = correspondent(most_bindings=1)
        self.nodes = {home: MobileNode(self.play, home) for home in HOMES}
        self.routes: dict[bytes, bytes | None] = {}
        self.entries: dict[bytes, CacheEntry] = {}

    @rule(home=st.sampled_from(HOMES), care_of=st.sampled_from(CARE_OFS))
    def is_tested(self, home: bytes, care_of: bytes) -> None:
        self.nodes[home].tests(care_of)

    @rule(
        home=st.sampled_from(HOMES),
        care_of=st.sampled_from(CARE_OFS),
        number=st.integers(0, 65535),
        lifetime_s=st.sampled_from([0, 40, 420]),
    )
    def hears_an_update(self, home: bytes, care_of: bytes, number: int, lifetime_s: int) -> None:
        node = self.nodes[home]
        if node.home_test is None:
            return
        indices = NonceIndices(
            home_nonce_index=node.home_test.home_nonce_index,
            care_of_nonce_index=node.care_of_test.care_of_nonce_index,
        )
        options = (indices, BindingAuthorizationData(authenticator=bytes(12)))
        message = BindingUpdate(sequence_number=number, flags=Flags("A"), lifetime_s=lifetime_s, options=options)
        key, proven = node.key(lifetime_s == 0), care_of if lifetime_s else home
        self.play.hears(
            message,
            care_of,
            PEER,
            home_address=home,
            seal=lambda header: authenticator(key, proven, PEER, header, at=len(header) - 12),
        )

    @rule(care_of=st.sampled_from(CARE_OFS))
    def hears_an_error(self, care_of: bytes) -> None:
        unreachable(self.play, care_of)

    @rule(home=st.sampled_from(HOMES))
    def uses_a_route(self, home: bytes) -> None:
        self.play.is_told(RouteUsed(home, PEER))

    @rule(seconds=st.sampled_from([1.0, 25.0, 130.0, 500.0]))
    def waits(self, seconds: float) -> None:
        self.play.waits(seconds)

    @invariant()
    def actions_and_events_tell_what_the_cache_holds(self) -> None:
        for action in self.play.actions:
            if isinstance(action, SetOptimisedRoute):
                self.routes[action.home_address] = action.care_of_address
        for event in self.play.events:
            if isinstance(event, CacheEntry):
                self.entries[event.home_address] = event
        self.play.forgets()
        for home in HOMES:
            binding = self.play.node.binding(home, PEER)
            entry = self.entries.get(home)
            assert self.routes.get(home) == (binding.care_of_address if binding is not None else None)
            assert (entry is not None and not entry.gone) == (binding is not None)
        assert sum(self.play.node.binding(home, PEER) is not None for home in HOMES) <= 1  # most_bindings

    def teardown(self) -> None:
        """420 s of a binding and 240 s of its number are the most."""
        self.play.waits(661)
        assert self.play.node.next_timer() is None


TestAnything = Anything.TestCase
TestAnything.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
