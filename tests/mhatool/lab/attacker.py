"""An attacker on the testbed: sends what it makes up, from any address, and what it heard; it knows its own keys."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingUpdate
from dissectors.options.binding import AlternateCareOfAddress
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.profile import RFC6275
from dissectors.spec import Flags, Option
from mhatool.engine.departure import Writer
from mhatool.network.attacker import redirected
from mhatool.protocol.mobility_authentication import AUTHENTICATOR_SIZE, MN_HA, authenticator
from tests.mhatool.lab.standing import Standing

ATTACKER: Final = parse("2001:db8:c::b")
"""Its own address: a host on the correspondent's link."""
_SENDS = """
import socket, sys, time
times, rate, device = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
octets = [bytes.fromhex(line) for line in sys.stdin]
if device:
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((device, 0))
else:
    out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
print(flush=True)
begin = time.monotonic()
for number in range(times or len(octets)):
    early = begin + number / rate - time.monotonic()
    if early > 0:
        time.sleep(early)
    each = octets[number % len(octets)]
    if device:
        out.send(each)
    else:
        out.sendto(each, (socket.inet_ntop(socket.AF_INET6, each[24:40]), 0))
"""


class Key:
    """What one mobile node shares with one home agent, or what somebody makes up."""

    def __init__(self, spi: int, key: bytes) -> None:
        self.spi, self.key = spi, key


class Attacker:
    """Sends datagrams as the routes of its host say, or frames on a link of the lab."""

    def __init__(self, lab: Standing, host: str = "cn2") -> None:
        self._lab = lab
        self._host = host
        self.writer = Writer(RFC6275)

    def sends(self, *datagrams: bytes) -> None:
        """These, once."""
        with self.keeps_sending(datagrams, times=0) as process:
            assert process.wait(30) == 0

    def puts_on(self, link: str, frames: Iterable[bytes], rate: float) -> None:
        """These frames on a link, from their link-layer header on, so many a second."""
        with self._sending("switch", frames, 0, rate, f"br-{link}") as process:
            assert process.wait(60) == 0

    def keeps_sending(self, datagrams: Iterable[bytes], times: int, rate: float = 1e6) -> Any:
        """These over and over in the background, `times` in all at most, so many a second."""
        return self._sending(self._host, datagrams, times, rate, "")

    @contextmanager
    def _sending(
        self, node: str, octets: Iterable[bytes], times: int, rate: float, device: str
    ) -> Iterator[subprocess.Popen[str]]:
        command = (sys.executable, "-c", _SENDS, str(times), str(rate), device)
        with self._lab.running(node, *command, stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n".join(each.hex() for each in octets))
            process.stdin.close()
            process.stdout.readline()  # it begins
            yield process

    # --- what it makes up ---

    def update(
        self,
        agent: bytes,
        home: bytes,
        care_of: bytes = ATTACKER,
        *,
        number: int = 1,
        lifetime_s: int = 420,
        agents: tuple[bytes, ...] = (),
        key: Key | None = None,
        timestamp: int = 0,
    ) -> bytes:
        """A Binding Update; with a key it is signed and has a timestamp, as RFC 4285 wants it."""
        options: tuple[Option, ...] = (AlternateCareOfAddress(care_of_address=care_of),)
        if agents:
            options += (MultipleHomeAgents(home_agents=agents),)
        seal: Callable[[bytes], bytes] | None = None
        if key is not None:
            secret, nothing = key.key, bytes(AUTHENTICATOR_SIZE)
            options += (
                MessageIdentification(timestamp=timestamp),
                MobilityMessageAuthentication(subtype=MN_HA, spi=key.spi, authenticator=nothing),
            )
            seal = lambda header: authenticator(secret, care_of, home, header)  # noqa: E731
        message = BindingUpdate(
            sequence_number=number, flags=Flags("AHM" if agents else "AH"), lifetime_s=lifetime_s, options=options
        )
        return self.writer.write(message, care_of, agent, home_address=home, seal=seal)


def summed(datagram: bytes) -> bytes:
    """The datagram with the checksum that fits it: an attacker knows how to add."""
    return redirected(datagram, datagram[8:24], None, RFC6275)


def heard(lab: Standing, node: str, message: str, destination: bytes) -> bytes:
    """The latest datagram with this message that a node sent there, as somebody on its way has seen it."""
    sent = [event for event in lab.show(node, "log") if event["event"] == "mh:sent" and event["message"] == message]
    frames = [bytes.fromhex(event["frame"]) for event in sent if parse(event["destination"]) == destination]
    return frames[-1]


__all__ = ["ATTACKER", "Attacker", "Key", "heard", "summed"]
