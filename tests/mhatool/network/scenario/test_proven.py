"""The tour with RFC 4285's proofs between mobile node and agents: keys for each pair, nobody is taken without."""

import pytest

from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.options.header import Pad1, PadN
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.profile import RFC6275
from dissectors.walk import dissect
from mhatool.engine.events import CacheEntry, MessageSent
from mhatool.protocol import mobility_authentication
from tests.mhatool.network.scenario.runs import QUIET, Happened, happen

HOME = "2001:db8:2:0:0:5eff:fe10:1"
KEYS = {"2001:db8:2::1": "01" * 20, "2001:db8:2::2": "02" * 20}


def protected(keys: dict[str, str]) -> Happened:
    """The tour; the mobile node has these keys, the agents those above."""
    changes = [*QUIET]
    own = ", ".join(f'{{ home_agent = "{agent}", spi = 1000, key = "{key}" }}' for agent, key in keys.items())
    changes.append(f"nodes.mn.mobile_node.security_associations=[{own}]")
    for node, (agent, key) in zip(("ha1", "ha2"), KEYS.items(), strict=True):
        entry = f'{{ home_address = "{HOME}", home_agent = "{agent}", spi = 1000, key = "{key}" }}'
        changes += [
            f"nodes.{node}.home_agent.associations=[{entry}]",
            f"nodes.{node}.home_agent.requires_authentication=true",
        ]
    return happen("tour", changes)


def home_signalling(happened: Happened) -> list[tuple[str, BindingUpdate | BindingAcknowledgement, bytes, bytes, str]]:
    """Sender, message, its octets, care-of address and agent, for all between the mobile node and its agents."""
    found = []
    for event in happened.told(MessageSent):
        datagram = dissect(event.frame, 229, RFC6275).datagrams[-1]
        if event.message in ("binding_update", "binding_acknowledgement") and datagram.upper is not None:
            agent = datagram.destination if event.message == "binding_update" else datagram.source
            care_of = datagram.source if event.message == "binding_update" else datagram.destination
            names = [name for name in KEYS if parse(name) == agent]
            if names:
                message, octets = datagram.upper.message(), bytes(datagram.upper.bytes)
                found.append((event.node, message, octets, care_of, names[0]))
    return found


def test_all_is_proven_and_accepted() -> None:
    happened = protected(KEYS)
    exchanged = home_signalling(happened)
    assert len(exchanged) > 12  # two agents, three moves, there and back, and refreshes
    for _, message, octets, care_of, agent in exchanged:
        options = [option for option in message.options if not isinstance(option, Pad1 | PadN)]
        stamp, proof = options[-2:]
        assert isinstance(stamp, MessageIdentification)
        assert isinstance(proof, MobilityMessageAuthentication)
        key = bytes.fromhex(KEYS[agent])
        expected = mobility_authentication.authenticator(key, care_of, parse(HOME), octets)
        assert octets.endswith(expected)
        if isinstance(message, BindingAcknowledgement):
            assert message.status == 0
    assert all(verdict.holds for verdict in happened.run.chronicle.verdicts)
    assert len(happened.run.chronicle.verdicts) > 10  # who holds which binding after each move: the scenario says


@pytest.mark.parametrize("keys", [{}, dict(zip(KEYS, reversed(KEYS.values()), strict=True))], ids=["none", "swapped"])
def test_without_the_right_key_nobody_is_registered(keys: dict[str, str]) -> None:
    happened = protected(keys)
    answers = [message for _, message, *_ in home_signalling(happened) if isinstance(message, BindingAcknowledgement)]
    assert {message.status for message in answers} == {146}
    assert not [entry for entry in happened.told(CacheEntry) if entry.node in ("ha1", "ha2")]
