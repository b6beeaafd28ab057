"""The paper's run as packets: what its text and its logs tell, and nothing of the engine.

Times are seconds of 2003-02-18 UTC, as ../shared/paper/README.md lists them. `Run` varies what the tests vary.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dissectors.build import Layer, build, layer
from dissectors.icmpv6.neighbour_discovery import RouterAdvertisement
from dissectors.icmpv6.options import PrefixInformation
from dissectors.ipv6 import address
from dissectors.ipv6.header import DestinationOptions, HomeAddress, Ipv6, RoutingType2
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.options.binding import BindingRefreshAdvice
from dissectors.padding import padded
from dissectors.profile import KAME2003
from mhatool.capture import PcapngWriter, linktype

DAY = int(datetime(2003, 2, 18, tzinfo=UTC).timestamp())
S = 1_000_000_000
ALL_NODES = "ff02::1"


def clock(text: str) -> float:
    """Seconds since midnight of `20:27:33`."""
    hours, minutes, seconds = map(float, text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


@dataclass(frozen=True)
class Agent:
    """A home agent: its address, its link-local one, and the first number that the mobile node sends it."""

    address: str
    link_local: str
    first_number: int
    interface: str


HA1 = Agent("2001:200:1:2::1", "fe80::200:f4ff:fe4d:547a", 34284, "ed1")
HA2 = Agent("2001:200:1:2::2", "fe80::203:47ff:fe88:6ebd", 10802, "fxp0")


@dataclass(frozen=True)
class Run:
    """One run; `agents` in the order of registration (the last one heard comes first), `lost`: first updates too."""

    home_address: str = "2001:200:1:2:240:26ff:fe4c:51fd"
    care_of_address: str = "2001:200:1:3:240:26ff:fe4c:51fd"
    foreign_router: str = "fe80::240:26ff:fe94:eb2c"
    agents: tuple[Agent, ...] = (HA1, HA2)
    lifetime_s: int = 420
    lost: bool = True
    registered: float = field(default=clock("20:27:33"))

    @property
    def refresh_s(self) -> int:
        """Half of the lifetime, cut to units of four seconds."""
        return self.lifetime_s // 2 // 4 * 4

    def packets(self) -> Iterator[tuple[float, bytes]]:
        """Each with its time."""
        heard = [clock("20:16:06"), *(clock("20:18:56") + i for i in range(len(self.agents) - 1))]
        for at, agent in zip(heard, reversed(self.agents), strict=True):
            yield at, self.advertisement(agent.link_local, agent.address, home_agent=True)
        prefix = address.text(address.parse(self.care_of_address)[:8] + bytes(8))
        yield clock("20:27:29"), self.advertisement(self.foreign_router, prefix)
        number, at = 0, self.registered
        if self.lost:
            for agent in self.agents:
                yield at, self.update(agent, number)
            number, at = 1, at + 3  # two seconds and the tick after them
        yield from self.registration(at, number)
        yield from self.registration(at + self.refresh_s + 1, number + 1)

    def registration(self, at: float, number: int) -> Iterator[tuple[float, bytes]]:
        """An update to each agent, the last one made first, and the answers."""
        for agent in reversed(self.agents):
            yield at, self.update(agent, number)
        for agent in reversed(self.agents):
            yield at, self.acknowledgement(agent, number)

    def update(self, agent: Agent, number: int) -> bytes:
        """A home registration as KAME sends it."""
        sequence = (agent.first_number + number) % 65536
        message = BindingUpdate(
            sequence_number=sequence, flags=frozenset("AHSL"), lifetime_s=self.lifetime_s, options=()
        )
        option = DestinationOptions(options=(HomeAddress(home_address=address.parse(self.home_address)),))
        return _built(self.care_of_address, agent.address, layer(padded(option, KAME2003)), _padded(message))

    def acknowledgement(self, agent: Agent, number: int) -> bytes:
        """Its answer, with refresh advice."""
        sequence = (agent.first_number + number) % 65536
        advice = BindingRefreshAdvice(refresh_interval_s=self.refresh_s)
        message = BindingAcknowledgement(
            status=0, sequence_number=sequence, lifetime_s=self.lifetime_s, options=(advice,)
        )
        header = RoutingType2(segments_left=1, home_address=address.parse(self.home_address))
        return _built(agent.address, self.care_of_address, layer(header), _padded(message))

    def advertisement(self, router: str, prefix: str, *, home_agent: bool = False) -> bytes:
        """With the whole address of a home agent, the prefix alone of any other router."""
        letters = frozenset("LAR" if home_agent else "LA")
        option = PrefixInformation(
            prefix_length=64,
            flags=letters,
            valid_lifetime_s=2_592_000,
            preferred_lifetime_s=604_800,
            prefix=address.parse(prefix),
        )
        flags = frozenset("H" if home_agent else "")
        message = RouterAdvertisement(flags=flags, router_lifetime_s=1800, options=(option,))
        return _built(router, ALL_NODES, layer(message), hop_limit=255)

    def write(self, path: Path) -> Path:
        """The capture."""
        with path.open("wb") as stream:
            writer = PcapngWriter(stream, application="test")
            for at, octets in self.packets():
                writer.write((DAY + round(at)) * S, linktype.RAW, octets)
        return path

    def names(self, path: Path) -> Path:
        """The file that names the nodes."""
        tables = [f'[mn]\naddresses = ["{self.home_address}"]\nhost = "mobile-mn"\ninterface_index = 8\n']
        for i, agent in enumerate(self.agents, 1):
            tables.append(f'[ha{i}]\naddresses = ["{agent.address}"]\ninterface = "{agent.interface}"\n')
        path.write_text("\n".join(tables))
        return path


def _padded(message: object) -> Layer:
    return layer(padded(message, KAME2003))


def _built(source: str, destination: str, *layers: Layer, hop_limit: int = 64) -> bytes:
    header = Ipv6(source=address.parse(source), destination=address.parse(destination), hop_limit=hop_limit)
    return build([layer(header), *layers], KAME2003)
