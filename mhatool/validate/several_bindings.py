"""Mobile nodes with several bindings at one peer, told apart by Binding Identifiers (RFC 5648)."""

from __future__ import annotations

from dissectors.options.extensions import BindingIdentifier
from mhatool.validate.binding_facts import has_option
from mhatool.validate.lifetime import SeveralCareOfAddresses
from mhatool.validate.rule import Case


def has_several_bindings(case: Case) -> bool:
    """Whether updates of this home address have named their binding.

    Then each binding has a list entry of its own, with numbers, timers and answers of its own, and the update before
    may have been another one's.
    """
    conversation = case.conversation
    if conversation is None:
        return False
    known = case.surroundings.known(SeveralCareOfAddresses).home_addresses
    return conversation.home_address in known or has_option(case.seen.message, BindingIdentifier)
