"""Each node's bindings, and what else captured packets tell of Mobile IPv6, rebuilt passively."""

from mhatool.observe.agency import Agency
from mhatool.observe.binding import Binding, EndReason, Kind, Registration, Sign, SignKind, Span
from mhatool.observe.correspondence import Correspondence
from mhatool.observe.correspondent import (
    CorrespondentBinding,
    CorrespondentEnd,
    CorrespondentSpan,
    CorrespondentUpdate,
    Proof,
    ProofKind,
)
from mhatool.observe.discovery import AdvertisedAgent, Discovery, DiscoveryReply
from mhatool.observe.facts import Facts
from mhatool.observe.inquiry import Asked
from mhatool.observe.limits import NO_HISTORY, Limits
from mhatool.observe.moment import Moment
from mhatool.observe.nodes import Evidence, Role
from mhatool.observe.observer import Observer, observe
from mhatool.observe.prefixes import AdvertisedPrefix, PrefixAdvertisement, PrefixExchange
from mhatool.observe.table import BindingTable, Holding
from mhatool.observe.testing import RoutabilityKind, RoutabilityRun, RoutabilityTest
from mhatool.observe.tunnels import Direction, Tunnel
from mhatool.observe.unreachable import DeliveryError

__all__ = [
    "NO_HISTORY",
    "AdvertisedAgent",
    "AdvertisedPrefix",
    "Agency",
    "Asked",
    "Binding",
    "BindingTable",
    "Correspondence",
    "CorrespondentBinding",
    "CorrespondentEnd",
    "CorrespondentSpan",
    "CorrespondentUpdate",
    "DeliveryError",
    "Direction",
    "Discovery",
    "DiscoveryReply",
    "EndReason",
    "Evidence",
    "Facts",
    "Holding",
    "Kind",
    "Limits",
    "Moment",
    "Observer",
    "PrefixAdvertisement",
    "PrefixExchange",
    "Proof",
    "ProofKind",
    "Registration",
    "Role",
    "RoutabilityKind",
    "RoutabilityRun",
    "RoutabilityTest",
    "Sign",
    "SignKind",
    "Span",
    "Tunnel",
    "observe",
]
