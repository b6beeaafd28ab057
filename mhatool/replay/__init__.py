"""The engine in a captured node's place: it is fed with what that node received, and what it answers is compared."""

from mhatool.replay.comparison import compared
from mhatool.replay.driver import Reply
from mhatool.replay.losses import noting_losses
from mhatool.replay.part import AbsentError, ReplayError
from mhatool.replay.replay import Replayed, replay

__all__ = ["AbsentError", "ReplayError", "Replayed", "Reply", "compared", "noting_losses", "replay"]
