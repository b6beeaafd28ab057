"""Each node's bindings, rebuilt passively from captured packets."""

from mhatool.observe.agency import Agency
from mhatool.observe.binding import Binding, EndReason, Kind, Registration, Sign, SignKind, Span
from mhatool.observe.observer import Limits, Observer, observe

__all__ = [
    "Agency",
    "Binding",
    "EndReason",
    "Kind",
    "Limits",
    "Observer",
    "Registration",
    "Sign",
    "SignKind",
    "Span",
    "observe",
]
