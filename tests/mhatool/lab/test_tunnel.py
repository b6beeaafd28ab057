"""What travels through a home agent's tunnel: plain IPv6 in IPv6, big packets, TCP, nobody else's packets."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mhatool.lab.standing import AGENTS, HOME, Standing, care_of, records, standing, until

pytestmark = [
    pytest.mark.root,
    pytest.mark.tshark,
    pytest.mark.tcpdump,
    pytest.mark.iproute2,
    pytest.mark.bird,
    pytest.mark.nft,
    pytest.mark.ethtool,
    pytest.mark.ping,
]
HOST = "2001:db8:c::b"
MEGABYTES = 50
SERVER = f"""
import hashlib, socket, sys
server = socket.create_server(("{HOME}", 7001), family=socket.AF_INET6)
print("ready", flush=True)
connection, _ = server.accept()
digest = hashlib.sha256()
while data := connection.recv(65536):
    digest.update(data)
print(digest.hexdigest(), flush=True)
"""
CLIENT = f"""
import socket
with socket.create_connection(("{HOME}", 7001), 20) as connection:
    for number in range({MEGABYTES}):
        connection.sendall(bytes([number]) * 1_000_000)
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Return the testbed, its mobile node away and reachable for a host that knows nothing of mobility."""
    with standing("paper", tmp_path_factory.mktemp("lab")) as made:
        until(lambda: made.events("mn", "nd:address_assigned"))
        made.lab.move("mn", "foreign3")
        for agent in ("ha1", "ha2"):
            until(lambda agent=agent: made.care_of_addresses(agent) == {care_of(3)})
        until(lambda: made.run("cn2", "ping", "-c", "1", "-W", "1", HOME).returncode == 0)
        yield made


def test_on_the_wire_it_is_plain_ipv6_in_ipv6_both_ways(lab: Standing, tmp_path: Path) -> None:
    """No routing header, no options (RFC 6275, 10.4.2; RFC 2473, 3)."""
    capture = tmp_path / "core.pcapng"
    with lab.running("switch", "dumpcap", "-q", "-i", "br-foreign3", "-w", str(capture)) as process:
        until(lambda: capture.exists() and capture.stat().st_size)
        assert lab.run("cn2", "ping", "-c", "3", "-i", "0.2", "-W", "2", HOME).returncode == 0
        until(lambda: len(_echoes(capture)) >= 6)
        process.terminate()
        process.wait(10)
    for record in _echoes(capture):
        assert [layer["type"] for layer in record["layers"]] == ["ethernet", "ipv6", "ipv6", "echo"]
        ends = {record["src"], record["dst"]}
        assert care_of(3) in ends
        assert ends & set(AGENTS)


def _echoes(capture: Path) -> list[dict[str, object]]:
    return records("dissect", str(capture), "--all", "--jsonl", "-Y", "echo and ipv6.next_header == 41")


def test_what_is_too_big_for_the_tunnel_is_told_to_its_sender(lab: Standing) -> None:
    """1,500 octets of the link less 40 of the tunnel (RFC 2473, 7.1)."""
    said = lab.run("cn2", "ping", "-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", "1452", HOME).stdout
    assert "mtu=1460" in said.replace(" ", "").lower(), said


def test_tcp_carries_fifty_megabytes_through_it(lab: Standing) -> None:
    digest = hashlib.sha256()
    for number in range(MEGABYTES):
        digest.update(bytes([number]) * 1_000_000)
    with lab.running("mn", sys.executable, "-c", SERVER) as server:
        assert server.stdout is not None
        assert server.stdout.readline().strip() == "ready"
        sent = lab.run("cn2", sys.executable, "-c", CLIENT)
        assert sent.returncode == 0, sent.stderr
        assert server.stdout.readline().strip() == digest.hexdigest()


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(HOST, HOME), (care_of(3), "2001:db8:2::bad")],
    ids=["another outer source", "another inner source"],
)
def test_what_no_binding_covers_is_not_unpacked(lab: Standing, outer: str, inner: str) -> None:
    """RFC 6275, 10.4.5: the outer source is the care-of address that is bound to the inner one."""
    forged = (
        "from scapy.all import IPv6, ICMPv6EchoRequest, send\n"
        f"send(IPv6(src={outer!r}, dst={AGENTS[0]!r}) / IPv6(src={inner!r}, dst={HOST!r})"
        " / ICMPv6EchoRequest(id=4242), verbose=False)\n"
    )
    with lab.running("cn2", "tcpdump", "-l", "-n", "-i", "eth0", "icmp6 and ip6[40] == 128") as seen:
        done = lab.run("cn2" if outer == HOST else "mn", sys.executable, "-c", forged)
        assert done.returncode == 0, done.stderr
        assert lab.run("mn", "ping", "-c", "2", "-i", "0.3", "-I", HOME, HOST).returncode == 0
        seen.terminate()
        said = seen.communicate(timeout=10)[0]
    assert f"{HOME.replace(':0:0:', '::')} > {HOST}" in said
    assert "4242" not in said
