"""Binding Updates to home agents: what stands in them, and how they are proved (RFC 6275, 11.7.1; RFC 4285)."""

from __future__ import annotations

from dissectors.mobility.binding import BindingUpdate
from dissectors.options.binding import AlternateCareOfAddress
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.spec import Flags, Option
from mhatool.engine.departure import Seal
from mhatool.engine.mobile_node.configuration import SecurityAssociation
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.pacing import too_many
from mhatool.engine.mobile_node.update_list import Entry
from mhatool.engine.mobile_node_events import UpdateSent
from mhatool.protocol import mobility_authentication, ntp
from mhatool.protocol.lifetime import expiry

FLAG_ORDER = "AHSDLKMRPFTB"
"""As flags are told: KAME's letters first, as its control program prints them."""


def letters(flags: Flags) -> str:
    """Flag letters in one order, whatever set they are in."""
    return "".join(letter for letter in FLAG_ORDER if letter in flags)


class HomeUpdates:
    """Sends the Binding Updates of home registrations and keeps the books of it in their entries."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def association(self, home_agent: bytes) -> SecurityAssociation | None:
        """The secret shared with an agent, where there is one."""
        known = self._context.configuration.security_associations
        return next((each for each in known if each.home_agent == home_agent), None)

    def send(self, entry: Entry, home_agents: tuple[bytes, ...], lifetime_s: int, link: bytes | None = None) -> None:
        """The next Binding Update to an agent: a registration with this round's agents, or a deregistration (0 s).

        `link` is the agent's link-layer address, where the node is on its link and knows it.
        """
        context, now = self._context, self._context.now
        entry.sequence_number = (entry.sequence_number + 1) % 0x10000
        entry.lifetime_s = entry.refresh_s = lifetime_s
        entry.home_agents = home_agents if len(home_agents) > 1 and lifetime_s else ()
        flags = self._flags(entry)
        entry.flags = letters(flags)
        self._book(entry, lifetime_s)
        message = BindingUpdate(
            sequence_number=entry.sequence_number, flags=flags, lifetime_s=lifetime_s, options=self._options(entry)
        )
        context.tell(
            UpdateSent,
            peer=entry.peer,
            home_address=entry.home_address,
            care_of_address=entry.care_of_address,
            sequence_number=entry.sequence_number,
            flags=entry.flags,
            lifetime_s=lifetime_s,
            home_agents=entry.home_agents,
        )
        at_home = entry.care_of_address == entry.home_address
        context.send(
            message,
            entry.care_of_address,
            entry.peer,
            home_address=None if at_home else entry.home_address,
            seal=self._seal(entry),
            via=(context.interface, link) if link is not None else None,
        )
        entry.sent_ns.append(now)

    def _flags(self, entry: Entry) -> Flags:
        behaviour, configuration = self._context.behaviour, self._context.configuration
        flags = behaviour.home_flags + (behaviour.link_local_flag if configuration.link_local else "")
        return Flags(flags + ("M" if entry.home_agents else ""))

    def _book(self, entry: Entry, lifetime_s: int) -> None:
        """What the entry remembers of what is about to leave (RFC 6275, 11.1)."""
        now = self._context.behaviour.schedule.due(self._context.now, 0)
        entry.expires_ns = expiry(now, lifetime_s)
        if lifetime_s:
            entry.may_hold_until_ns = max(entry.may_hold_until_ns, expiry(self._context.now, lifetime_s))
        if not self._context.behaviour.outstanding:
            entry.outstanding.clear()
        entry.outstanding[entry.sequence_number] = self._context.now

    def _options(self, entry: Entry) -> tuple[Option, ...]:
        options: list[Option] = []
        if self._context.behaviour.alternate_care_of_address:
            options.append(AlternateCareOfAddress(care_of_address=entry.care_of_address))
        if entry.home_agents:
            options.append(MultipleHomeAgents(home_agents=entry.home_agents))
        association = self.association(entry.peer)
        if entry.wants_timestamp or (association is not None and self._context.configuration.replay_protection):
            options.append(MessageIdentification(timestamp=self._timestamp(entry)))
        if association is not None:
            nothing = bytes(mobility_authentication.AUTHENTICATOR_SIZE)
            options.append(
                MobilityMessageAuthentication(
                    subtype=mobility_authentication.MN_HA, spi=association.spi, authenticator=nothing
                )
            )
        return tuple(options)

    def _timestamp(self, entry: Entry) -> int:
        """The agent's time as far as it is known; later than the last one (RFC 4285, 6)."""
        stamp = ntp.timestamp(self._context.now + entry.clock_offset_ns)
        if entry.last_timestamp and ntp.difference_ns(stamp, entry.last_timestamp) <= 0:
            stamp = (entry.last_timestamp + 1) % (1 << 64)
        entry.last_timestamp = stamp
        return stamp

    def _seal(self, entry: Entry) -> Seal | None:
        association = self.association(entry.peer)
        if association is None:
            return None
        key, care_of_address, home_address = association.key, entry.care_of_address, entry.home_address
        return lambda header: mobility_authentication.authenticator(key, care_of_address, home_address, header)

    def too_many(self, entry: Entry) -> int | None:
        """When the agent may be sent to again; None: now."""
        return too_many(self._context, entry)


__all__ = ["FLAG_ORDER", "HomeUpdates", "letters"]
