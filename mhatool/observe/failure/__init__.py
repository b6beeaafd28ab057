"""Home agents that fail, rebuilt from packets alone: who noticed, who was told, and how mobile nodes got over it."""

from mhatool.observe.failure.accusation import Accusation, Probed
from mhatool.observe.failure.carriers import Double, Switch
from mhatool.observe.failure.defence import Contest, Turn
from mhatool.observe.failure.failures import MESSAGES, Failures
from mhatool.observe.failure.life import LifeKind, LifeSign
from mhatool.observe.failure.probing import Probing, Run
from mhatool.observe.failure.recovery import (
    PHASES,
    AlarmSeen,
    Notice,
    Outage,
    OutageCause,
    Phase,
    Recovery,
    phases_of,
)
from mhatool.observe.failure.roster import NamedList, Roster

__all__ = [
    "MESSAGES",
    "PHASES",
    "Accusation",
    "AlarmSeen",
    "Contest",
    "Double",
    "Failures",
    "LifeKind",
    "LifeSign",
    "NamedList",
    "Notice",
    "Outage",
    "OutageCause",
    "Phase",
    "Probed",
    "Probing",
    "Recovery",
    "Roster",
    "Run",
    "Switch",
    "Turn",
    "phases_of",
]
