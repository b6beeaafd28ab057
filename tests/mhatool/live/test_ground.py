"""The ground that a node stands on is taken away while it runs: it goes on, or says why not."""

import sys
from collections.abc import Iterator
from ipaddress import IPv6Address

import pytest

from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import REPOSITORY, Namespace, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.nft]
BACK = "ip link add left {} type veth peer name right && ip link set left up && ip link set right up"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """Return a namespace with the file of a home agent."""
    with namespace(tmp_path_factory.mktemp("ground")) as made:
        made.file("ha", "ha", 'constants = "fast-lab"')
        yield made


@pytest.fixture
def machine(place: Namespace) -> Namespace:
    """Return it with the agent running, whatever the test before has done to it."""
    if "ha" not in place.nodes or place.nodes["ha"].poll() is not None:
        place.starts("ha")
    return place


def _numbers(machine: Namespace) -> list[int]:
    return [row["sequence_number"] for row in machine.show("ha", "bindings")]


def _takes_away_the_interface(machine: Namespace) -> str:
    """As somebody does who unplugs it; its address on the link."""
    address = machine.does("cat", "/sys/class/net/left/address").strip()
    said = "left is gone: nothing is heard or said there until it is back"
    before = machine.log("ha").count(said)
    machine.does("ip", "link", "del", "left")
    until(lambda: machine.log("ha").count(said) > before)
    return address


def test_a_firewall_that_is_loaded_anew_takes_nothing_from_it(machine: Namespace) -> None:
    """Such files begin with `flush ruleset`. The kernel would answer a tunnelled packet with a Parameter Problem."""
    machine.registers(1)
    until(lambda: "2001:db8:2::100 " in machine.does("ip", "-6", "route"))  # who leads has admitted before
    table = ("nft", "-s", "list", "table", "ip6", "mhatool_ha")
    before = machine.does(*table)
    machine.does("nft", "flush ruleset; add table inet firewall")
    until(lambda: "somebody has removed the table mhatool_ha of nf_tables: put back" in machine.log("ha"))
    assert machine.does("nft", "list", "tables").splitlines() == ["table inet firewall", "table ip6 mhatool_ha"]
    assert machine.does(*table) == before, "with what it admits"
    machine.registers(2)
    until(lambda: _numbers(machine) == [2])
    machine.does("nft", "delete table ip6 mhatool_ha")
    until(lambda: "table ip6 mhatool_ha" in machine.does("nft", "list", "tables"))
    until(lambda: machine.log("ha").count("put back") == 2)
    machine.does("nft", "delete table inet firewall")


def _link_local(machine: Namespace) -> str:
    """The address from which `left`'s agent advertises itself (RFC 4291, appendix A)."""
    first, *rest = bytes.fromhex(machine.does("cat", "/sys/class/net/left/address").strip().replace(":", ""))
    return str(IPv6Address(b"\xfe\x80" + bytes(6) + bytes([first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]])))


def test_the_address_from_which_it_advertises_is_its_machines(place: Namespace) -> None:
    """RFC 4861, 4.2. The kernel makes another one (`stable-privacy` is mode 3), or somebody flushes it."""
    if "ha" in place.nodes:
        place.ends("ha")
    own, shows = _link_local(place), ("ip", "-6", "-o", "address", "show", "dev", "left", "scope", "link")
    settings = "sysctl -qw net.ipv6.conf.left.stable_secret=2001:db8::1 net.ipv6.conf.left.addr_gen_mode={}"
    cycle = f"ip link set left down && {settings} && ip link set left up"
    place.does("sh", "-c", cycle.format(3))
    until(lambda: "stable-privacy" in place.does(*shows))
    before = place.looks()
    place.starts("ha")
    assert own in place.does(*shows)
    assert place.ends("ha") == 0
    assert place.looks() == before
    place.does("sh", "-c", cycle.format(0))
    until(lambda: own in place.does(*shows))
    place.starts("ha")
    place.does("ip", "-6", "address", "flush", "dev", "left")
    until(lambda: f"{own} had gone from left: put back, the node needs it" in place.log("ha"))
    assert own in place.does(*shows)
    assert place.ends("ha") == 0
    assert own in place.does(*shows), "the kernel had it before"


@pytest.mark.parametrize("plane", ["seg6", "tun"])
def test_routes_and_rules_that_somebody_removes_are_put_back(place: Namespace, plane: str) -> None:
    """As they were, a rule before that of local addresses; what the node removes itself stays away."""
    if "ha" in place.nodes:
        place.ends("ha")
    place.file("ha", "ha", f'constants = "fast-lab"\ndata_plane = "{plane}"')
    place.starts("ha")
    place.registers(1)
    looks = ("ip -6 rule", "ip -6 route show table all proto 135")
    until(lambda: "2001:db8:2::100 " in place.does(*looks[1].split()))
    before = [place.does(*look.split()) for look in looks]
    said = place.log("ha").count("put back")
    removed = ["ip -6 route del 2001:db8:2::100"]
    removed += ["ip -6 rule del table 1351", "ip -6 route del 2001:db8:2::1 table 1351"] if plane == "seg6" else []
    for number, how in enumerate(removed, said + 1):
        place.does(*how.split())
        until(lambda number=number: place.log("ha").count("put back") == number)
        assert [place.does(*look.split()) for look in looks] == before, how
    assert "removed the route to 2001:db8:2::100/128 in table 254: put back, the node needs it" in place.log("ha")
    place.registers(2, lifetime_s=0)
    until(lambda: "2001:db8:2::100 " not in place.does(*looks[1].split()))
    place.registers(3)
    until(lambda: "2001:db8:2::100 " in place.does(*looks[1].split()))
    assert place.log("ha").count("put back") == said + len(removed)
    assert place.ends("ha") == 0, place.log("ha")


def test_a_mobile_nodes_way_out_comes_back(machine: Namespace) -> None:
    """Its router goes on advertising, and hosts keep it until its lifetime is over (RFC 4861, 6.3.4)."""
    machine.file("mn", "mn")
    machine.starts("mn")

    def routes() -> list[str]:
        return machine.does("ip", "-6", "route", "show", "dev", "right", "proto", "135").splitlines()

    until(lambda: len(routes()) == 2)
    before = routes()
    machine.does("ip", "-6", "route", "del", "default", "proto", "135")
    until(lambda: "removed the route to ::/0 in table 254: put back, the node needs it" in machine.log("mn"))
    assert routes() == before
    off, link = "sysctl -qw net.ipv6.conf.right.disable_ipv6={}", "ip link set right {}"
    for how in (off.format(1), off.format(0)), (link.format("down"), link.format("up")):
        machine.does(*how[0].split())
        until(lambda: routes() == [])
        machine.does(*how[1].split())
        until(lambda: routes() == before)
    assert machine.ends("mn") == 0


def test_an_interface_that_comes_back_is_heard_again(machine: Namespace) -> None:
    machine.registers(3)
    until(lambda: _numbers(machine) == [3])
    address = _takes_away_the_interface(machine)
    assert _numbers(machine) == [3]
    machine.does("sh", "-c", BACK.format(f"address {address}"))
    until(lambda: "2001:db8:2::1/64" in machine.does("ip", "-6", "address", "show", "left"))
    machine.registers(4)
    until(lambda: _numbers(machine) == [4])
    assert machine.does("sysctl", "-n", "net.ipv6.conf.left.forwarding") == "1\n"
    assert "unexpected" not in machine.log("ha")
    assert machine.ends("ha") == 0, machine.log("ha")


def test_where_ipv6_is_switched_off_it_says_so_and_goes_on_once_it_is_on(machine: Namespace) -> None:
    """Once: the kernel tells of each address that goes. Nothing is said to be put back that isn't."""
    off = "IPv6 is switched off on left: the node has no address there until it is on again; sysctl -w "
    before = machine.log("ha")
    machine.does("sysctl", "-qw", "net.ipv6.conf.left.disable_ipv6=1")
    until(lambda: off in machine.log("ha"))
    machine.does("ip", "address", "add", "2001:db8:7::1/64", "dev", "right")
    until(lambda: "2001:db8:7::1" in machine.does("ip", "-6", "address"))
    machine.does("sysctl", "-qw", "net.ipv6.conf.left.disable_ipv6=0")
    until(lambda: "2001:db8:2::1/64" in machine.does("ip", "-6", "address", "show", "left"))
    machine.registers(5)
    until(lambda: _numbers(machine) == [5])
    said = [line.partition(": ")[2] for line in machine.log("ha").removeprefix(before).splitlines()]
    assert [line.partition("; ")[0] for line in said if "left" in line] == [
        off.partition("; ")[0],
        "2001:db8:2::1 had gone from left: put back, the node needs it",
    ]


def test_an_mtu_that_ipv6_cant_have_is_no_end(machine: Namespace) -> None:
    """RFC 8200, 5: 1280. The kernel forgets all that is IPv6's: addresses, routes, groups, anycast, settings."""
    machine.file("mn", "mn")
    machine.starts("mn")
    machine.registers(6)
    until(lambda: _numbers(machine) == [6])
    said = "IPv6 is switched off on {}: the node has no address there until it is on again; its MTU is less than 1280"

    def is_whole() -> bool:
        return (
            machine.does("ip", "-6", "route", "show", "dev", "right", "proto", "135").count("\n") == 2
            and "20010db800020000fdfffffffffffffe" in machine.does("cat", "/proc/net/anycast6")
            and "ff02::1:ff00:100\n" in machine.does("ip", "-6", "maddr", "show", "left")
            and machine.does("sysctl", "-n", "net.ipv6.conf.left.forwarding") == "1\n"
            and machine.does("sysctl", "-n", "net.ipv6.conf.right.accept_ra") == "0\n"
        )

    until(is_whole)
    for interface, node in (("left", "ha"), ("right", "mn")):
        machine.does("ip", "link", "set", interface, "mtu", "1279")
        until(lambda interface=interface, node=node: said.format(interface) in machine.log(node))
        machine.does("ip", "link", "set", interface, "mtu", "1500")
        until(lambda: "2001:db8:2::1/64" in machine.does("ip", "-6", "address", "show", "left"))
        until(is_whole)
    assert "can't be given" not in machine.log("ha") + machine.log("mn")
    assert machine.ends("mn") == 0


def test_it_doesnt_start_where_ipv6_is_switched_off(machine: Namespace) -> None:
    """As `doctor` says, with what to do."""
    assert machine.ends("ha") == 0
    before = machine.looks()
    machine.does("sysctl", "-qw", "net.ipv6.conf.left.disable_ipv6=1")
    done = machine.run(sys.executable, "-m", "mhatool", "node", "run", str(machine.folder / "ha.toml"), cwd=REPOSITORY)
    what = "mhatool: left: IPv6 is switched off there, and a node needs addresses"
    assert (done.returncode, done.stderr) == (2, f"{what}; sysctl -w net.ipv6.conf.left.disable_ipv6=0\n")
    machine.does("sysctl", "-qw", "net.ipv6.conf.left.disable_ipv6=0")
    assert machine.looks() == before


def test_it_doesnt_start_on_another_name_of_an_interface(machine: Namespace) -> None:
    """The kernel finds it by that one, and tells of it by the other."""
    assert machine.ends("ha") == 0
    machine.does("ip", "link", "property", "add", "dev", "left", "altname", "leftmost")
    file = machine.folder / "other.toml"
    file.write_text((machine.folder / "ha.toml").read_text("utf-8").replace('"left"', '"leftmost"'))
    done = machine.run(sys.executable, "-m", "mhatool", "node", "run", str(file), cwd=REPOSITORY)
    assert (done.returncode, done.stderr) == (
        2,
        "mhatool: leftmost: another name of left; give that one in the node's file\n",
    )
    machine.does("ip", "link", "property", "del", "dev", "left", "altname", "leftmost")


def test_an_interface_that_was_renamed_gets_its_settings_back(machine: Namespace) -> None:
    assert machine.ends("ha") == 0
    before = machine.looks()
    machine.file("mn", "mn")
    for node in ("ha", "mn"):
        machine.starts(node)
    machine.does("sh", "-c", "ip link set left down && ip link set left name l2 && ip link set right name r2")
    for node, name in (("ha", "left"), ("mn", "right")):
        until(lambda node=node, name=name: f"{name} is gone" in machine.log(node))
        assert machine.ends(node) == 0
    machine.does("sh", "-c", "ip link set l2 name left && ip link set r2 name right && ip link set left up")
    until(lambda: machine.looks() == before)


@pytest.mark.parametrize("how", ["del mha-ha", "set mha-ha down"])
def test_a_tunnel_device_that_is_removed_or_taken_down_ends_it(machine: Namespace, how: str) -> None:
    """The kernel forgets the routes of a device that goes down."""
    machine.does("ip", "link", *how.split())
    assert machine.nodes["ha"].wait(20) == 2
    said = "mhatool: somebody has removed mha-ha or taken it down, the way of all home addresses' packets; "
    assert machine.log("ha").splitlines()[-1] == f"{said}start the node again"
    assert "mhatool" not in machine.does("nft", "list", "tables")


@pytest.mark.parametrize("how", ["ip link set {}", "ip link set left down && ip link set {} && ip link set left up"])
def test_another_address_on_the_link_ends_it(machine: Namespace, how: str) -> None:
    """It would go on telling neighbours the old one, at which nobody is (RFC 4861, 4.4 and 4.6.1)."""
    address = machine.does("cat", "/sys/class/net/left/address").strip()
    machine.does("sh", "-c", how.format("left address 02:00:00:00:00:77"))
    assert machine.nodes["ha"].wait(20) == 2
    assert machine.log("ha").splitlines()[-1] == (
        "mhatool: left has another address on the link now, 02:00:00:00:00:77: start the node again"
    )
    machine.does("ip", "link", "set", "left", "address", address)


def test_a_stranger_under_the_same_name_ends_it(machine: Namespace) -> None:
    """What neighbours know of the agent isn't true any more."""
    _takes_away_the_interface(machine)
    machine.does("sh", "-c", BACK.format("address 02:00:00:00:00:99"))
    assert machine.nodes["ha"].wait(20) == 2
    assert machine.log("ha").splitlines()[-1] == (
        "mhatool: left is back with another address on the link, 02:00:00:00:00:99: start the node again"
    )
