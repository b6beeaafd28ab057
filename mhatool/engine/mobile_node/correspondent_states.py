"""The primary machine of a correspondent's entry, as a table. States and inputs are those of home registrations."""

from __future__ import annotations

from mhatool.engine.mobile_node.binding_states import Input, State
from mhatool.engine.states import Row, Table

_S, _I = State, Input
_START, _TOKENS, _SEND = "RFC 6275, 11.6.1", "RFC 6275, 11.6.2", "RFC 6275, 11.7.2"
_RESEND, _ANSWER, _ERROR = "RFC 6275, 11.8", "RFC 6275, 11.7.3", "RFC 6275, 11.3.6"
_BRR, _MOVED, _HOME, _PEER = "RFC 6275, 11.7.4", "RFC 6275, 11.7.2", "RFC 6275, 11.5.5", "RFC 6275, 11.3.5"


def _waiting(state: State) -> list[Row[State, Input]]:
    """The rows of WAITA and WAITAR: an update is out; in the second a binding holds meanwhile."""
    tests = _S.RRREDO if state is _S.WAITAR else _S.RRINIT
    return [
        Row(state, _I.BA, "accept", (_S.BOUND,), _ANSWER),
        Row(state, _I.RETRANS_TIMER, "retransmit", (state, tests, _S.IDLE), _RESEND),
        Row(state, _I.OUT_OF_STEP, "resume", (state, _S.IDLE), _ANSWER),
        Row(state, _I.NONCES_EXPIRED, "test", (tests,), _ANSWER),
        Row(state, _I.REFUSED, "give_up", (_S.IDLE,), _ANSWER),
        Row(state, _I.MOVEMENT, "test", (_S.RRINIT,), _MOVED),
        Row(state, _I.RETURNING_HOME, "begin_deletion", (_S.RRDEL, _S.WAITD, _S.IDLE), _HOME),
        Row(state, _I.LEAVING, "begin_deletion", (_S.RRDEL, _S.WAITD, _S.IDLE), _SEND),
        Row(state, _I.REVERSE_PACKET, "", (state,), _START),
        Row(state, _I.BRR, "", (state,), _BRR),
        Row(state, _I.UNVERIFIED_HAO, "", (state,), _ERROR),
        Row(state, _I.UNKNOWN_MH_TYPE, "give_up", (_S.IDLE,), _ERROR),
        Row(state, _I.ICMP_PARAMPROB, "give_up", (_S.IDLE,), _PEER),
        Row(state, _I.EXPIRED, "unroute", (_S.WAITA,), _SEND),
    ]


def _testing(state: State) -> list[Row[State, Input]]:
    """The rows of RRINIT and RRREDO: tests are out."""
    after = (_S.WAITAR, _S.BOUND) if state is _S.RRREDO else (_S.WAITA, _S.BOUND)
    return [
        Row(state, _I.RR_DONE, "update", (*after, _S.IDLE), _TOKENS),
        Row(state, _I.RR_FAILED, "fail", (_S.IDLE,), _RESEND),
        Row(state, _I.MOVEMENT, "test", (_S.RRINIT,), _MOVED),
        Row(state, _I.RETURNING_HOME, "begin_deletion", (_S.RRDEL, _S.WAITD, _S.IDLE), _HOME),
        Row(state, _I.LEAVING, "begin_deletion", (_S.RRDEL, _S.WAITD, _S.IDLE), _SEND),
        Row(state, _I.REVERSE_PACKET, "", (state,), _START),
        Row(state, _I.BA, "", (state,), _ANSWER),
        Row(state, _I.OUT_OF_STEP, "", (state,), _ANSWER),
        Row(state, _I.NONCES_EXPIRED, "", (state,), _ANSWER),
        Row(state, _I.REFUSED, "", (state,), _ANSWER),
        Row(state, _I.BRR, "", (state,), _BRR),
        Row(state, _I.UNVERIFIED_HAO, "unroute", (_S.RRINIT,), _ERROR),
        Row(state, _I.UNKNOWN_MH_TYPE, "give_up", (_S.IDLE,), _ERROR),
        Row(state, _I.ICMP_PARAMPROB, "give_up", (_S.IDLE,), _PEER),
        Row(state, _I.REFRESH_TIMER, "", (state,), _SEND),
        Row(state, _I.EXPIRED, "unroute", (_S.RRINIT,), _SEND),
    ]


_DELETING = [
    Row(_S.RRDEL, _I.RR_DONE, "delete", (_S.WAITD, _S.IDLE), _TOKENS),
    Row(_S.RRDEL, _I.RR_FAILED, "drop", (_S.IDLE,), _RESEND),
    Row(_S.RRDEL, _I.MOVEMENT, "test", (_S.RRINIT,), _MOVED),
    Row(_S.RRDEL, _I.RETURNING_HOME, "begin_deletion", (_S.RRDEL, _S.WAITD, _S.IDLE), _HOME),
    Row(_S.RRDEL, _I.LEAVING, "", (_S.RRDEL,), _SEND),
    Row(_S.RRDEL, _I.REVERSE_PACKET, "", (_S.RRDEL,), _START),
    Row(_S.RRDEL, _I.BA, "", (_S.RRDEL,), _ANSWER),
    Row(_S.RRDEL, _I.OUT_OF_STEP, "", (_S.RRDEL,), _ANSWER),
    Row(_S.RRDEL, _I.NONCES_EXPIRED, "", (_S.RRDEL,), _ANSWER),
    Row(_S.RRDEL, _I.REFUSED, "", (_S.RRDEL,), _ANSWER),
    Row(_S.RRDEL, _I.BRR, "", (_S.RRDEL,), _BRR),
    Row(_S.RRDEL, _I.UNVERIFIED_HAO, "", (_S.RRDEL,), _ERROR),
    Row(_S.RRDEL, _I.UNKNOWN_MH_TYPE, "drop", (_S.IDLE,), _ERROR),
    Row(_S.RRDEL, _I.ICMP_PARAMPROB, "drop", (_S.IDLE,), _PEER),
    Row(_S.RRDEL, _I.REFRESH_TIMER, "", (_S.RRDEL,), _SEND),
    Row(_S.RRDEL, _I.EXPIRED, "drop", (_S.IDLE,), _HOME),
    Row(_S.WAITD, _I.BA, "drop", (_S.IDLE,), _HOME),
    Row(_S.WAITD, _I.REFUSED, "drop", (_S.IDLE,), _ANSWER),
    Row(_S.WAITD, _I.RETRANS_TIMER, "retransmit", (_S.WAITD, _S.RRDEL), _RESEND),
    Row(_S.WAITD, _I.OUT_OF_STEP, "resume", (_S.WAITD,), _ANSWER),
    Row(_S.WAITD, _I.NONCES_EXPIRED, "test_home", (_S.RRDEL,), _ANSWER),
    Row(_S.WAITD, _I.MOVEMENT, "test", (_S.RRINIT,), _MOVED),
    Row(_S.WAITD, _I.RETURNING_HOME, "begin_deletion", (_S.RRDEL, _S.WAITD, _S.IDLE), _HOME),
    Row(_S.WAITD, _I.LEAVING, "", (_S.WAITD,), _SEND),
    Row(_S.WAITD, _I.REVERSE_PACKET, "", (_S.WAITD,), _START),
    Row(_S.WAITD, _I.BRR, "", (_S.WAITD,), _BRR),
    Row(_S.WAITD, _I.UNVERIFIED_HAO, "", (_S.WAITD,), _ERROR),
    Row(_S.WAITD, _I.UNKNOWN_MH_TYPE, "drop", (_S.IDLE,), _ERROR),
    Row(_S.WAITD, _I.ICMP_PARAMPROB, "drop", (_S.IDLE,), _PEER),
    Row(_S.WAITD, _I.EXPIRED, "drop", (_S.IDLE,), _HOME),
]

CORRESPONDENT: Table[State, Input] = Table(
    "correspondent",
    State.IDLE,
    [
        Row(_S.IDLE, _I.REVERSE_PACKET, "test", (_S.RRINIT,), _START),
        Row(_S.IDLE, _I.MOVEMENT, "follow", (_S.RRINIT, _S.IDLE), _MOVED),
        Row(_S.IDLE, _I.RETURNING_HOME, "forget", (_S.RRDEL, _S.WAITD, _S.IDLE), _HOME),
        Row(_S.IDLE, _I.LEAVING, "forget", (_S.RRDEL, _S.WAITD, _S.IDLE), _SEND),
        Row(_S.IDLE, _I.BA, "", (_S.IDLE,), _ANSWER),
        Row(_S.IDLE, _I.OUT_OF_STEP, "", (_S.IDLE,), _ANSWER),
        Row(_S.IDLE, _I.NONCES_EXPIRED, "", (_S.IDLE,), _ANSWER),
        Row(_S.IDLE, _I.REFUSED, "", (_S.IDLE,), _ANSWER),
        Row(_S.IDLE, _I.BRR, "", (_S.IDLE,), _BRR),
        Row(_S.IDLE, _I.UNVERIFIED_HAO, "", (_S.IDLE,), _ERROR),
        Row(_S.IDLE, _I.UNKNOWN_MH_TYPE, "give_up", (_S.IDLE,), _ERROR),
        Row(_S.IDLE, _I.ICMP_PARAMPROB, "give_up", (_S.IDLE,), _PEER),
        Row(_S.IDLE, _I.EXPIRED, "", (_S.IDLE,), _SEND),
        *_testing(State.RRINIT),
        *_waiting(State.WAITA),
        *_testing(State.RRREDO),
        *_waiting(State.WAITAR),
        Row(_S.BOUND, _I.REFRESH_TIMER, "refresh", (_S.RRREDO, _S.WAITAR, _S.BOUND), _SEND),
        Row(_S.BOUND, _I.BRR, "refresh", (_S.RRREDO, _S.WAITAR, _S.BOUND), _BRR),
        Row(_S.BOUND, _I.MOVEMENT, "test", (_S.RRINIT,), _MOVED),
        Row(_S.BOUND, _I.RETURNING_HOME, "begin_deletion", (_S.RRDEL, _S.WAITD, _S.IDLE), _HOME),
        Row(_S.BOUND, _I.LEAVING, "begin_deletion", (_S.RRDEL, _S.WAITD, _S.IDLE), _SEND),
        Row(_S.BOUND, _I.UNVERIFIED_HAO, "begin_anew", (_S.RRINIT,), _ERROR),
        Row(_S.BOUND, _I.REVERSE_PACKET, "", (_S.BOUND,), _START),
        Row(_S.BOUND, _I.BA, "", (_S.BOUND,), _ANSWER),
        Row(_S.BOUND, _I.OUT_OF_STEP, "", (_S.BOUND,), _ANSWER),
        Row(_S.BOUND, _I.NONCES_EXPIRED, "", (_S.BOUND,), _ANSWER),
        Row(_S.BOUND, _I.REFUSED, "", (_S.BOUND,), _ANSWER),
        Row(_S.BOUND, _I.UNKNOWN_MH_TYPE, "", (_S.BOUND,), _ERROR),
        Row(_S.BOUND, _I.ICMP_PARAMPROB, "give_up", (_S.IDLE,), _PEER),
        Row(_S.BOUND, _I.EXPIRED, "drop", (_S.IDLE,), _SEND),
        *_DELETING,
    ],
)
"""A correspondent with which the route is optimised, or that was found not to take part (IDLE)."""

__all__ = ["CORRESPONDENT"]
