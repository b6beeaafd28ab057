"""Configuration files to start from, one a role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_HOME_AGENT = """\
# A home agent on one home link. It advertises itself there, and routes between that link and the rest.
name = "ha1"
insecure = true     # no keys: for a lab. Else: keys = "ha1.keys"

[home_agent.advertising]
interface = "eth0"
prefixes = [{ prefix = "2001:db8:2::", router_address = "2001:db8:2::1" }]
min_interval_s = 1
max_interval_s = 3
home_agent = { preference = 10, lifetime_s = 1800 }
"""

_MOBILE_NODE = """\
# A mobile node with one interface. It finds its home agents itself, and registers with two of them at once.
name = "mn"
insecure = true     # no keys: for a lab. Else: keys = "mn.keys"

[mobile_node]
interface = "eth0"
home_address = "2001:db8:2::100"
home_agents = 2
lifetime_s = 60
"""

_CORRESPONDENT = """\
# A correspondent that mobile nodes can talk to without the way round by their home agents.
name = "cn"
interfaces = ["eth0"]

[correspondent]
addresses = ["2001:db8:c::a"]
"""

EXAMPLES: Final[Mapping[str, str]] = {"ha": _HOME_AGENT, "mn": _MOBILE_NODE, "cn": _CORRESPONDENT}

__all__ = ["EXAMPLES"]
