"""The state machines of an entry of the Binding Update List, as tables.

States and inputs have KAME's names of 2003, in both behaviours; what follows from an input differs. Handlers whose name
begins with `drop` end the entry.
"""

from __future__ import annotations

from enum import Enum

from mhatool.engine.states import Row, Table


class State(Enum):
    """Of the primary machine. The middle ones are about home registrations and correspondents alike."""

    IDLE = "IDLE"
    """Nothing is registered, and nothing is tried."""
    RRINIT = "RRINIT"
    """Return routability before a first Binding Update to this care-of address."""
    RRREDO = "RRREDO"
    """Return routability before a refresh."""
    RRDEL = "RRDEL"
    """Return routability before a deletion."""
    WAITA = "WAITA"
    """A Binding Update waits for its acknowledgement."""
    WAITAR = "WAITAR"
    """A refresh waits for its acknowledgement, the binding holds."""
    WAITD = "WAITD"
    """A deletion waits for its acknowledgement."""
    BOUND = "BOUND"
    """Registered."""


class Input(Enum):
    """What an entry's primary machine is fed with."""

    MOVEMENT = "MOVEMENT"
    """Another care-of address."""
    RETURNING_HOME = "RETURNING_HOME"
    LEAVING = "LEAVING"
    """Deregister without being home: the node stops, or does without this agent."""
    REVERSE_PACKET = "REVERSE_PACKET"
    """A packet from the correspondent came through the tunnel."""
    RR_DONE = "RR_DONE"
    RR_FAILED = "RR_FAILED"
    BRR = "BRR"
    """A Binding Refresh Request."""
    BA = "BA"
    """A Binding Acknowledgement that accepts."""
    REFUSED = "REFUSED"
    """A Binding Acknowledgement that refuses for good."""
    OUT_OF_STEP = "OUT_OF_STEP"
    """One that refuses a number or a time stamp, and says the right one (135, 144, 145)."""
    NONCES_EXPIRED = "NONCES_EXPIRED"
    """One of a correspondent that wants new tests (136, 137, 138)."""
    LIST_CHANGED = "LIST_CHANGED"
    """A new round with other home agents."""
    SUSPECTED = "SUSPECTED"
    """A home agent is said to be unreachable: it is asked itself."""
    UNREACHABLE = "UNREACHABLE"
    """It doesn't answer, and another one does."""
    UNVERIFIED_HAO = "UNVERIFIED_HAO"
    """A Binding Error: the peer has no binding."""
    UNKNOWN_MH_TYPE = "UNKNOWN_MH_TYPE"
    """A Binding Error: the peer doesn't know the message."""
    ICMP_PARAMPROB = "ICMP_PARAMPROB"
    """An ICMPv6 error: the peer doesn't know the header."""
    RETRANS_TIMER = "RETRANS_TIMER"
    REFRESH_TIMER = "REFRESH_TIMER"
    EXPIRED = "EXPIRED"
    """The lifetime is over."""


_S, _I = State, Input
_REGISTER, _RESEND, _ANSWER = "RFC 6275, 11.7.1", "RFC 6275, 11.8", "RFC 6275, 11.7.3"
_HOME, _ERROR, _BRR, _PAPER = "RFC 6275, 11.5.5", "RFC 6275, 11.3.6", "RFC 6275, 11.7.4", "the paper, III-B"
_MOVED = "RFC 6275, 11.5.3 and 11.7.1"
_FAILED = "the paper, II and III-D"

_ENDING = (_S.WAITD, _S.IDLE)

HOME_REGISTRATION: Table[State, Input] = Table(
    "home_registration",
    State.IDLE,
    [
        Row(_S.IDLE, _I.MOVEMENT, "register_first", (_S.WAITA,), _REGISTER),
        Row(_S.IDLE, _I.RETURNING_HOME, "deregister", _ENDING, _HOME),
        Row(_S.IDLE, _I.LEAVING, "deregister", _ENDING, _REGISTER),
        Row(_S.WAITA, _I.MOVEMENT, "register", (_S.WAITA,), _MOVED),
        Row(_S.WAITA, _I.LIST_CHANGED, "register", (_S.WAITA,), _PAPER),
        Row(_S.WAITA, _I.SUSPECTED, "register", (_S.WAITA,), _FAILED),
        Row(_S.WAITA, _I.UNREACHABLE, "drop_unreachable", (_S.IDLE,), _FAILED),
        Row(_S.WAITA, _I.RETRANS_TIMER, "retransmit", (_S.WAITA, _S.IDLE), "RFC 6275, 11.8 and 11.4.1"),
        Row(_S.WAITA, _I.BA, "accept", (_S.BOUND,), _ANSWER),
        Row(_S.WAITA, _I.OUT_OF_STEP, "resume", (_S.WAITA,), _ANSWER),
        Row(_S.WAITA, _I.REFUSED, "drop_refused", (_S.IDLE,), _ANSWER),
        Row(_S.WAITA, _I.RETURNING_HOME, "deregister", _ENDING, _HOME),
        Row(_S.WAITA, _I.LEAVING, "deregister", _ENDING, _REGISTER),
        Row(_S.WAITA, _I.BRR, "", (_S.WAITA,), _BRR),
        Row(_S.WAITA, _I.UNVERIFIED_HAO, "", (_S.WAITA,), _ERROR),
        Row(_S.WAITA, _I.UNKNOWN_MH_TYPE, "drop_refused", (_S.IDLE,), _ERROR),
        Row(_S.WAITA, _I.ICMP_PARAMPROB, "drop_refused", (_S.IDLE,), _ERROR),
        Row(_S.WAITA, _I.EXPIRED, "", (_S.WAITA,), _RESEND),
        Row(_S.WAITAR, _I.MOVEMENT, "register", (_S.WAITAR,), _MOVED),
        Row(_S.WAITAR, _I.LIST_CHANGED, "register", (_S.WAITAR,), _PAPER),
        Row(_S.WAITAR, _I.SUSPECTED, "register", (_S.WAITAR,), _FAILED),
        Row(_S.WAITAR, _I.UNREACHABLE, "drop_unreachable", (_S.IDLE,), _FAILED),
        Row(_S.WAITAR, _I.RETRANS_TIMER, "retransmit", (_S.WAITAR,), _RESEND),
        Row(_S.WAITAR, _I.BA, "accept", (_S.BOUND,), _ANSWER),
        Row(_S.WAITAR, _I.OUT_OF_STEP, "resume", (_S.WAITAR,), _ANSWER),
        Row(_S.WAITAR, _I.REFUSED, "drop_refused", (_S.IDLE,), _ANSWER),
        Row(_S.WAITAR, _I.RETURNING_HOME, "deregister", _ENDING, _HOME),
        Row(_S.WAITAR, _I.LEAVING, "deregister", _ENDING, _REGISTER),
        Row(_S.WAITAR, _I.BRR, "", (_S.WAITAR,), _BRR),
        Row(_S.WAITAR, _I.UNVERIFIED_HAO, "", (_S.WAITAR,), _ERROR),
        Row(_S.WAITAR, _I.UNKNOWN_MH_TYPE, "", (_S.WAITAR,), _ERROR),
        Row(_S.WAITAR, _I.ICMP_PARAMPROB, "", (_S.WAITAR,), _ERROR),
        Row(_S.WAITAR, _I.EXPIRED, "lapse", (_S.WAITA, _S.IDLE), _REGISTER),
        Row(_S.BOUND, _I.MOVEMENT, "register", (_S.WAITAR,), _MOVED),
        Row(_S.BOUND, _I.LIST_CHANGED, "register", (_S.WAITAR,), _PAPER),
        Row(_S.BOUND, _I.SUSPECTED, "register", (_S.WAITAR,), _FAILED),
        Row(_S.BOUND, _I.REFRESH_TIMER, "refresh", (_S.WAITAR, _S.BOUND), _REGISTER),
        Row(_S.BOUND, _I.BRR, "register", (_S.WAITAR,), _BRR),
        Row(_S.BOUND, _I.UNVERIFIED_HAO, "register", (_S.WAITAR,), _ERROR),
        Row(_S.BOUND, _I.RETURNING_HOME, "deregister", _ENDING, _HOME),
        Row(_S.BOUND, _I.LEAVING, "deregister", _ENDING, _REGISTER),
        Row(_S.BOUND, _I.BA, "", (_S.BOUND,), _ANSWER),
        Row(_S.BOUND, _I.UNKNOWN_MH_TYPE, "", (_S.BOUND,), _ERROR),
        Row(_S.BOUND, _I.ICMP_PARAMPROB, "", (_S.BOUND,), _ERROR),
        Row(_S.BOUND, _I.EXPIRED, "register_first", (_S.WAITA,), _REGISTER),
        Row(_S.WAITD, _I.MOVEMENT, "register_first", (_S.WAITA,), _MOVED),
        Row(_S.WAITD, _I.RETURNING_HOME, "deregister", _ENDING, _HOME),
        Row(_S.WAITD, _I.LEAVING, "", (_S.WAITD,), _REGISTER),
        Row(_S.WAITD, _I.RETRANS_TIMER, "retransmit", (_S.WAITD,), _RESEND),
        Row(_S.WAITD, _I.BA, "drop_deregistered", (_S.IDLE,), _HOME),
        Row(_S.WAITD, _I.OUT_OF_STEP, "resume", (_S.WAITD,), _ANSWER),
        Row(_S.WAITD, _I.REFUSED, "drop_deregistered", (_S.IDLE,), _ANSWER),
        Row(_S.WAITD, _I.BRR, "", (_S.WAITD,), _BRR),
        Row(_S.WAITD, _I.UNVERIFIED_HAO, "", (_S.WAITD,), _ERROR),
        Row(_S.WAITD, _I.UNKNOWN_MH_TYPE, "drop_deregistered", (_S.IDLE,), _ERROR),
        Row(_S.WAITD, _I.ICMP_PARAMPROB, "drop_deregistered", (_S.IDLE,), _ERROR),
        Row(_S.WAITD, _I.EXPIRED, "drop_deregistered", (_S.IDLE,), _HOME),
    ],
)
"""A home registration as RFC 6275 has it, one of several as the paper has it."""

_KAME = "KAME, mip6_fsm.c"
BESIDE_THE_MACHINE = frozenset(
    {_I.LIST_CHANGED, _I.OUT_OF_STEP, _I.REFUSED, _I.LEAVING},
)
"""Inputs that KAME has no events for: its kernel did these things, or we do them, without a call of its machine."""

KAME_HOME_REGISTRATION: Table[State, Input] = Table(
    "kame_home_registration",
    State.WAITA,
    [
        Row(_S.IDLE, _I.MOVEMENT, "register", (_S.WAITA,), _KAME),
        Row(_S.WAITA, _I.BA, "accept", (_S.BOUND,), _KAME),
        Row(_S.WAITA, _I.RETRANS_TIMER, "retransmit", (_S.WAITA, _S.IDLE), _KAME),
        Row(_S.WAITA, _I.MOVEMENT, "register", (_S.WAITA,), _KAME),
        Row(_S.WAITA, _I.RETURNING_HOME, "deregister", (_S.WAITD,), _KAME),
        Row(_S.WAITA, _I.UNKNOWN_MH_TYPE, "", (_S.WAITA,), _KAME),
        Row(_S.WAITAR, _I.BA, "accept", (_S.BOUND,), _KAME),
        Row(_S.WAITAR, _I.RETRANS_TIMER, "retransmit", (_S.WAITAR,), _KAME),
        Row(_S.WAITAR, _I.MOVEMENT, "register", (_S.WAITA,), _KAME),
        Row(_S.WAITAR, _I.RETURNING_HOME, "deregister", (_S.WAITD,), _KAME),
        Row(_S.WAITD, _I.RETRANS_TIMER, "retransmit", (_S.WAITD,), _KAME),
        Row(_S.WAITD, _I.MOVEMENT, "register", (_S.WAITA,), _KAME),
        Row(_S.BOUND, _I.REFRESH_TIMER, "register", (_S.WAITAR,), _KAME),
        Row(_S.BOUND, _I.MOVEMENT, "register", (_S.WAITA,), _KAME),
        Row(_S.BOUND, _I.RETURNING_HOME, "deregister", (_S.WAITD,), _KAME),
        Row(_S.BOUND, _I.UNVERIFIED_HAO, "register", (_S.WAITA,), _KAME),
        Row(_S.BOUND, _I.BRR, "", (_S.BOUND,), _KAME),
        # What the kernel does beside its table, or we in its place.
        Row(_S.WAITA, _I.LIST_CHANGED, "register", (_S.WAITA,), _PAPER),
        Row(_S.WAITAR, _I.LIST_CHANGED, "register", (_S.WAITAR,), _PAPER),
        Row(_S.BOUND, _I.LIST_CHANGED, "register", (_S.WAITAR,), _PAPER),
        Row(_S.WAITA, _I.OUT_OF_STEP, "resume", (_S.WAITA,), "KAME, mip6_ip6ma_input"),
        Row(_S.WAITAR, _I.OUT_OF_STEP, "resume", (_S.WAITAR,), "KAME, mip6_ip6ma_input"),
        Row(_S.WAITD, _I.OUT_OF_STEP, "resume", (_S.WAITD,), "KAME, mip6_ip6ma_input"),
        Row(_S.WAITA, _I.REFUSED, "drop_refused", (_S.IDLE,), _PAPER),
        Row(_S.WAITAR, _I.REFUSED, "drop_refused", (_S.IDLE,), _PAPER),
        Row(_S.WAITD, _I.REFUSED, "drop_deregistered", (_S.IDLE,), "KAME, mip6_ip6ma_input"),
        Row(_S.WAITD, _I.BA, "drop_deregistered", (_S.IDLE,), "KAME, mip6_ip6ma_input"),
        Row(_S.WAITA, _I.LEAVING, "deregister", (_S.WAITD,), _REGISTER),
        Row(_S.WAITAR, _I.LEAVING, "deregister", (_S.WAITD,), _REGISTER),
        Row(_S.BOUND, _I.LEAVING, "deregister", (_S.WAITD,), _REGISTER),
    ],
)
"""KAME's rows for home registrations; what the kernel ignores is not in it."""


def is_a_call(table: Table[State, Input], state: State, given: Input) -> bool:
    """Whether an input is told as one of the machine's: KAME answers the end of a deregistration without it."""
    if table is not KAME_HOME_REGISTRATION:
        return True
    return given not in BESIDE_THE_MACHINE and (state, given) != (State.WAITD, Input.BA)


__all__ = ["HOME_REGISTRATION", "KAME_HOME_REGISTRATION", "Input", "State", "is_a_call"]
