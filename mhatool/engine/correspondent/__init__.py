"""The correspondent: who mobile nodes talk to, directly or through their home agents (RFC 6275, section 9)."""

from mhatool.engine.correspondent.configuration import CorrespondentConfiguration
from mhatool.engine.correspondent.node import Correspondent

__all__ = ["Correspondent", "CorrespondentConfiguration"]
