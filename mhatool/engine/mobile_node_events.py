"""What a mobile node tells about its function, its Binding Update List, its agents and its correspondents.

Each docstring names the line that KAME's kernel of 2003, or the paper's patch of it, logs for it, where there is one.
Events come in the order of those lines: the state at entry before what is sent, the whole entry at last.
"""

from __future__ import annotations

from mhatool.engine.events import Event


class FunctionEnabled(Event, frozen=True, kw_only=True, tag="mh:function_enabled"):
    """A node has come up as `mobile_node`, `home_agent` or `correspondent`: KAME's `MN function enabled`."""

    function: str


class AuthenticationSet(Event, frozen=True, kw_only=True, tag="mh:authentication_set"):
    """Whether Binding Updates to home agents are authenticated: KAME's `Authdata protection disabled`, or enabled."""

    enabled: bool


class EntryCreated(Event, frozen=True, kw_only=True, tag="binding:entry_created"):
    """An entry of the Binding Update List was made, the `index`th of its round: `mip6_bu_create for (%d)th.`"""

    index: int
    peer: bytes
    home_address: bytes


class EntryInserted(Event, frozen=True, kw_only=True, tag="binding:entry_inserted"):
    """It stands at the head of the list: `bu_list_insert for (%d)th.`, then `haddr: %s, paddr: %s`.

    `TimerStarted` comes before the first one's, as `BU timer started.` does.
    """

    index: int
    peer: bytes
    home_address: bytes


class MachineFed(Event, frozen=True, kw_only=True, tag="binding:machine_fed"):
    """An entry's machine takes an input in this state: `MIP6_BU_PRI_FSM_STATE_%s` for `machine` `primary`.

    What it does about it follows; the `UpdateListEntry` at last holds the state after it. `machine` is `primary` or
    `secondary` (return routability).
    """

    peer: bytes
    home_address: bytes
    machine: str
    state: str
    input: str


class UpdateSent(Event, frozen=True, kw_only=True, tag="binding:update_sent"):
    """A Binding Update leaves: `create an ipv6 header to send a binding update`, `send a binding update.`

    KAME logs `paddr: %s, haddr: %s` after each of the two. `MessageSent` with the frame follows. `lifetime_s` is 0 for
    a deregistration, `home_agents` the Multiple Home Agents option's list.
    """

    peer: bytes
    home_address: bytes
    care_of_address: bytes
    sequence_number: int
    flags: str
    lifetime_s: int
    home_agents: tuple[bytes, ...] = ()


class AcknowledgementReceived(Event, frozen=True, kw_only=True, tag="binding:acknowledgement_received"):
    """A Binding Acknowledgement was taken, before anything is done about it.

    `Mobility options: %b`, `IN CHECK MOBILITY OPTIONS`, `ip6m_binding_ack: ip6ma_seqno: %d of peer %s`. `options` are
    the symbols of those that are there, padding left out; `refresh_s` is the refresh advice's.
    """

    peer: bytes
    home_address: bytes
    status: int
    sequence_number: int
    lifetime_s: int
    options: tuple[str, ...] = ()
    refresh_s: int | None = None


class RegistrationRefused(Event, frozen=True, kw_only=True, tag="binding:refused"):
    """A peer refused: KAME's `a binding update was rejected (error code %d).`; `consequence` says what follows."""

    peer: bytes
    home_address: bytes
    status: int
    consequence: str


class RoundStarted(Event, frozen=True, kw_only=True, tag="agent:round_started"):
    """The agents that the node registers with from now on, the most preferred first; `cause` says why."""

    home_address: bytes
    home_agents: tuple[bytes, ...]
    cause: str


class DiscoveryStarted(Event, frozen=True, kw_only=True, tag="agent:discovery_started"):
    """The node asks the home prefix's anycast address for agents: KAME's `no home agent.  start DHAAD.`"""

    prefix: bytes
    identifier: int


class DiscoveryAnswered(Event, frozen=True, kw_only=True, tag="agent:discovery_answered"):
    """An agent answered with these, in its order."""

    identifier: int
    home_agents: tuple[bytes, ...]


class DiscoveryFailed(Event, frozen=True, kw_only=True, tag="agent:discovery_failed"):
    """Nobody answered, or nobody was offered."""

    prefix: bytes
    cause: str


class HomePrefixesLearned(Event, frozen=True, kw_only=True, tag="agent:home_prefixes_learned"):
    """A home agent told the prefixes of the home link (RFC 6275, 11.4.3): prefix, its length, valid, preferred (s)."""

    home_agent: bytes
    prefixes: tuple[tuple[bytes, int, int, int], ...]


class TestStarted(Event, frozen=True, kw_only=True, tag="rr:started"):
    """Return routability with a correspondent began."""

    __test__ = False  # not a test of pytest's

    correspondent: bytes
    home_address: bytes
    care_of_address: bytes


class TestAnswered(Event, frozen=True, kw_only=True, tag="rr:answered"):
    """A keygen token came; `test` is `home` or `care_of`."""

    __test__ = False

    correspondent: bytes
    home_address: bytes
    test: str
    nonce_index: int


class TestDone(Event, frozen=True, kw_only=True, tag="rr:done"):
    """Both tokens are there (only the home one for a deletion): the Binding Update follows."""

    __test__ = False

    correspondent: bytes
    home_address: bytes


class TestFailed(Event, frozen=True, kw_only=True, tag="rr:failed"):
    """It goes by the tunnel, now and for a while; `cause` says why."""

    __test__ = False

    correspondent: bytes
    home_address: bytes
    cause: str


class ReverseTunnelSet(Event, frozen=True, kw_only=True, tag="tunnel:reverse_tunnel_set"):
    """Through which agents the node's packets come and go: the first one takes its own. Empty: the tunnel is gone."""

    home_address: bytes
    care_of_address: bytes
    home_agents: tuple[bytes, ...]


class RouteOptimised(Event, frozen=True, kw_only=True, tag="tunnel:route_optimised"):
    """Packets with a correspondent go without the tunnel, with this care-of address; None: by the tunnel again."""

    home_address: bytes
    correspondent: bytes
    care_of_address: bytes | None


__all__ = [
    "AcknowledgementReceived",
    "AuthenticationSet",
    "DiscoveryAnswered",
    "DiscoveryFailed",
    "DiscoveryStarted",
    "EntryCreated",
    "EntryInserted",
    "FunctionEnabled",
    "HomePrefixesLearned",
    "MachineFed",
    "RegistrationRefused",
    "ReverseTunnelSet",
    "RoundStarted",
    "RouteOptimised",
    "TestAnswered",
    "TestDone",
    "TestFailed",
    "TestStarted",
    "UpdateSent",
]
