"""What `make test-vm` runs on Debian's stock kernel: a home agent with each data plane, beside the kernel's own tunnel.

The mobile node is the kernel's `ip -6 tunnel` (another implementation); its Binding Updates are written here.
"""

import platform
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from dissectors.mobility.binding import BindingUpdate
from dissectors.profile import RFC6275
from dissectors.spec import Flags
from mhatool.engine.departure import Writer
from mhatool.live.control import ask
from mhatool.live.errors import LiveError

HOME, AGENT, CARE_OF, HOST = "2001:db8:2::100", "2001:db8:2::1", "2001:db8:3::100", "2001:db8:c::b"
PLANES = ("ip6tnl", "seg6", "tun")
MEGABYTES = 50
FILE = """
name = "ha"
control = "/run/ha.sock"
insecure = true
data_plane = "{plane}"
constants = "fast-lab"
interfaces = ["foreign", "peers"]
[home_agent.advertising]
interface = "home"
prefixes = [{{ prefix = "2001:db8:2::", router_address = "2001:db8:2::1" }}]
min_interval_s = 1
max_interval_s = 3
home_agent = {{ preference = 10 }}
"""
SERVER = f"""
import hashlib, socket
server = socket.create_server(("{HOME}", 7001), family=socket.AF_INET6)
print("ready", flush=True)
connection, _ = server.accept()
received = 0
while data := connection.recv(65536):
    received += len(data)
print(received, flush=True)
"""
CLIENT = f"""
import socket
with socket.create_connection(("{HOME}", 7001), 60) as connection:
    for _ in range({MEGABYTES}):
        connection.sendall(bytes(1_000_000))
"""
SEND = """
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
link.sendto(bytes.fromhex(sys.argv[1]), ("eth0", 0x86DD, 0, 0, bytes.fromhex(sys.argv[2])))
"""
HEAR = """
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
link.bind(("eth0", 0x0003))
link.settimeout(15)
print("ready", flush=True)
found = set()
try:
    while len(found) < 2:
        datagram, (_, protocol, kind, _, _) = link.recvfrom(2000)
        if protocol == 0x86DD and datagram[6] in (41, 43, 60):
            found.add(("leaves" if kind == 4 else "arrives", datagram[6], datagram[46]))
except TimeoutError:
    pass
print(sorted(found), flush=True)
"""


def say(text: str) -> None:
    """A line of the output."""
    print(f"vm: {text}", flush=True)


def run(node: str, *command: str, check: bool = True) -> str:
    """A command in a namespace; what it prints."""
    done = subprocess.run(
        ["ip", "netns", "exec", node, *command], capture_output=True, text=True, check=False, timeout=300
    )
    if check and done.returncode:
        raise AssertionError(f"{node}: {' '.join(command)}: {done.stdout} {done.stderr}")
    return done.stdout


def until(what: Callable[[], object], seconds: float = 60) -> object:
    """What it answers, as soon as that is true."""
    pause = threading.Event()
    for _ in range(round(seconds / 0.2)):
        if answer := what():
            return answer
        pause.wait(0.2)
    raise AssertionError(f"not within {seconds} s")


def octets(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, address)


def make() -> None:
    """A host, the agent, a mobile node with the kernel's tunnel."""
    for node in ("peer", "agent", "node"):
        subprocess.run(["ip", "netns", "add", node], check=True)
        Path("/proc/sys/net/ipv6/conf/default/accept_dad").exists()
        run(node, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; ip link set lo up")
    for device, host, other, prefix, number in (
        ("peers", "peer", "eth0", "2001:db8:c", "b"),
        ("foreign", "node", "eth0", "2001:db8:3", "100"),
        ("home", "node", "home", "2001:db8:7", "100"),
    ):
        run("agent", "ip", "link", "add", device, "type", "veth", "peer", "name", other, "netns", host)
        for node, name, address in (("agent", device, f"{prefix}::1/64"), (host, other, f"{prefix}::{number}/64")):
            run(node, "ip", "link", "set", name, "up")
            run(node, "ethtool", "-K", name, "tx", "off")
            run(node, "ip", "-6", "address", "add", address, "dev", name, "nodad")
    run("agent", "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
    run("peer", "ip", "-6", "route", "add", "default", "via", "2001:db8:c::1")
    run("node", "ip", "-6", "route", "add", "default", "via", "2001:db8:3::1")
    tunnel = ("mode", "ip6ip6", "local", CARE_OF, "remote", AGENT, "encaplimit", "none", "dev", "eth0")
    run("node", "ip", "-6", "tunnel", "add", "tunnel", *tunnel)
    run("node", "ip", "link", "set", "tunnel", "up")
    run("node", "ip", "-6", "address", "add", f"{HOME}/128", "dev", "tunnel", "nodad")
    run("node", "ip", "-6", "rule", "add", "from", HOME, "table", "9")
    run("node", "ip", "-6", "route", "add", "default", "dev", "tunnel", "table", "9")


def send(datagram: bytes) -> None:
    """From the mobile node to the agent."""
    to = run("agent", "cat", "/sys/class/net/foreign/address").strip().replace(":", "")
    run("node", sys.executable, "-c", SEND, datagram.hex(), to)


def update(number: int) -> bytes:
    """The mobile node's Binding Update."""
    message = BindingUpdate(sequence_number=number, flags=Flags("AH"), lifetime_s=400)
    return Writer(RFC6275).write(message, octets(CARE_OF), octets(AGENT), home_address=octets(HOME))


def show(what: str) -> object:
    """What the agent shows; nothing where it isn't up."""
    try:
        return ask(Path("/run/ha.sock"), {"command": "show", "what": what})[what]
    except LiveError:
        return None


def looks() -> str:
    """What the agent changes."""
    return run(
        "agent", "sh", "-c", "ip -o link | cut -d ' ' -f 2; ip -6 rule; ip -6 route show table all; nft list ruleset"
    )


def tried(plane: str) -> None:
    """All of it with one data plane."""
    before = looks()
    Path("/run/ha.toml").write_text(FILE.format(plane=plane))
    log = Path("/run/ha.log")
    with log.open("wb") as out:
        command = ["ip", "netns", "exec", "agent", sys.executable, "-m", "mhatool", "node", "run", "/run/ha.toml"]
        agent = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        until(lambda: show("stats") or agent.poll() is not None)
        assert agent.poll() is None, log.read_text()
        say(re.search("data plane: .*", log.read_text())[0])  # type: ignore[index]
        send(update(1))
        until(lambda: show("bindings"))
        until(lambda: run("peer", "ping", "-c", "1", "-W", "2", HOME, check=False).count(" 1 received"))
        say(f"{plane}: {run('agent', 'ip', '-6', 'route', 'show', HOME).strip()}")
        carried(plane)
        refused(plane)
        too_big(plane)
        fifty_megabytes(plane)
    finally:
        agent.terminate()
        agent.wait(60)
    assert looks() == before, looks()
    say(f"{plane}: after it has left, everything is as before")


def carried(plane: str) -> None:
    """Plain IPv6 in IPv6 on the mobile node's link: next header 41, and an echo in it."""
    command = ["ip", "netns", "exec", "node", sys.executable, "-c", HEAR]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as hearing:
        assert hearing.stdout is not None
        assert hearing.stdout.readline() == "ready\n"
        assert " 3 received" in run("peer", "ping", "-c", "3", "-W", "5", HOME)
        found = hearing.stdout.readline().strip()
    assert "('arrives', 41, 58)" in found, found
    assert found.count("41, 58)") == found.count("("), found
    say(f"{plane}: echoes there and back, with their next headers: {found}")


def refused(plane: str) -> None:
    """Another inner or outer source is dropped and counted."""
    from mhatool.network import datagram as ipv6

    counted = lambda: show("stats")["dropped"].get("tunnel_source", 0)  # type: ignore[index] # noqa: E731
    before = counted()
    for outer, inner in ((CARE_OF, "2001:db8:2::bad"), ("2001:db8:3::bad", HOME)):
        packet = ipv6.compose(octets(inner), octets(HOST), ipv6.UDP, bytes(8), 64)
        send(ipv6.encapsulate(packet, octets(outer), octets(AGENT)))
    until(lambda: counted() == before + 2)
    say(f"{plane}: packets with a wrong inner or outer source are dropped, and counted")


def too_big(plane: str) -> None:
    """1,500 octets don't fit: the sender is told 1,460."""
    run("peer", "ip", "-6", "route", "flush", "cache")  # what the data plane before has told
    told = run("peer", "ping", "-c", "2", "-W", "2", "-M", "do", "-s", "1452", HOME, check=False)
    found = re.search(r"[Pp]acket too big: mtu=\d+|mtu[ =:]+\d+", told)
    assert found is not None, told
    assert "1460" in found[0], told
    say(f"{plane}: {found[0]}")


def fifty_megabytes(plane: str) -> None:
    """By TCP."""
    command = ["ip", "netns", "exec", "node", sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        run("peer", sys.executable, "-c", CLIENT)
        assert server.stdout.readline().strip() == str(MEGABYTES * 1_000_000)
    say(f"{plane}: TCP has carried {MEGABYTES} MB")


def main() -> None:
    """Each data plane; the last line says whether all is well."""
    say(f"Linux {platform.release()}")
    failed = False
    try:
        make()
        for plane in PLANES:
            try:
                tried(plane)
            except Exception as error:  # the machine goes after it: this is where it is told
                failed = True
                say(f"{plane}: FAILED: {type(error).__name__}: {str(error)!r}")
    except Exception as error:
        failed = True
        say(f"FAILED: {type(error).__name__}: {str(error)!r}")
    say("something is wrong" if failed else "all is well")


if __name__ == "__main__":
    main()
