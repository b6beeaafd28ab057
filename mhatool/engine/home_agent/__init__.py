"""The home agent: keeps bindings, answers for who is away, and tells who else could (RFC 6275, section 10)."""

from mhatool.engine.home_agent.configuration import ConfigurationError, HomeAgentConfiguration, SecurityAssociation
from mhatool.engine.home_agent.node import HomeAgent

__all__ = ["ConfigurationError", "HomeAgent", "HomeAgentConfiguration", "SecurityAssociation"]
