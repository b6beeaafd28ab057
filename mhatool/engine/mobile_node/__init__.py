"""The mobile node: where it is, who its home agents are, what they and its correspondents hold of it.

`movement` finds out on which link the node is (`routers`, `router_check`, `link_check`) and under which address it is
reached there (`care_of`, `addresses`); `rounds` chooses home agents (`discovery`, `agents`) and registers with all of
them at once (`home_registrations`, `home_neighbours`, `updates`); `correspondents` optimises routes (`routability`,
`correspondent_updates`). What the peers hold stands in the `update_list`, an entry each with a machine of
`binding_states` or `correspondent_states`; `acknowledgements` and `complaints` feed them. `behaviour` holds what
differs between RFC 6275 and KAME of 2003.
"""

from mhatool.engine.mobile_node.behaviour import KAME2003, RFC6275, Behaviour
from mhatool.engine.mobile_node.configuration import (
    ConfigurationError,
    MobileNodeConfiguration,
    SecurityAssociation,
)
from mhatool.engine.mobile_node.node import MobileNode

__all__ = [
    "KAME2003",
    "RFC6275",
    "Behaviour",
    "ConfigurationError",
    "MobileNode",
    "MobileNodeConfiguration",
    "SecurityAssociation",
]
