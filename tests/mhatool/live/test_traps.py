"""Each trap is seen where it is, with a remedy that gets one out of it; elsewhere nothing is said."""

import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mhatool.live.facts import Chain, Daemon, Facts, Interface
from mhatool.live.settings import how_to_set, how_to_switch_on
from mhatool.live.traps import CHECKS, Verdict
from tests.mhatool.live.namespace import Namespace, namespace

ETH0 = Interface("eth0")
FINE = Facts(interfaces=(ETH0,))


def verdict(name: str, facts: Facts) -> Verdict:
    (check,) = [check for check in CHECKS if check.name == name]
    return check.look(facts)


def at(*interfaces: Interface, **more: Any) -> Facts:
    return Facts(interfaces=interfaces, **more)


def beside(*daemons: Daemon, **more: Any) -> Facts:
    return replace(FINE, daemons=daemons, **more)


def set_to(**settings: int) -> Interface:
    return ETH0._replace(settings=settings)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_machine_that_is_as_it_should_be(check: Any) -> None:
    for facts in (FINE, replace(FINE, role="home_agent", uses=("eth0",)), replace(FINE, role="mobile_node")):
        assert (check.look(facts).remedy, check.look(facts).known) == ("", True)


@pytest.mark.parametrize(
    ("name", "facts", "said", "remedy"),
    [
        ("kernel settings", at(ETH0, are_settings_writable=False), "mounted read-only", "ProtectKernelTunables=no"),
        ("IPv6", at(set_to(disable_ipv6=1)), "switched off on eth0", "sysctl -w net.ipv6.conf.eth0.disable_ipv6=0"),
        ("interfaces", at(ETH0, uses=("eth1",)), "there is no eth1", "`ip link` lists them"),
        ("interfaces", at(ETH0._replace(is_up=False), uses=("eth0",)), "eth0 is down", "ip link set eth0 up"),
        ("interfaces", at(ETH0._replace(has_carrier=False), uses=("eth0",)), "no carrier", "plug it in"),
        ("silent kernel", at(silence_refused="nft refuses"), "nft refuses", "CONFIG_NFT_FIB_IPV6"),
        (
            "unfinished checksums",
            at(ETH0._replace(driver="veth", leaves_checksums=True)),
            "eth0: left out",
            "ethtool -K eth0 tx off, at both ends",
        ),
        (
            "proxies of neighbours",
            at(proxies=("2001:db8:2::100 on eth0",)),
            "the kernel answers for 2001:db8:2::100 on eth0",
            "ip -6 neigh del proxy 2001:db8:2::100 dev eth0",
        ),
        ("proxies of neighbours", beside(Daemon("ndppd")), "ndppd answers", "or stop it"),
        (
            "default route",
            at(set_to(accept_ra=1), default_routes=(("ra", "eth0"),)),
            "eth0 loses it",
            "sysctl -w net.ipv6.conf.eth0.accept_ra=2",
        ),
        (
            "radvd's file",
            beside(Daemon("radvd", "/etc/radvd.conf", mode=0o666, runs=False)),
            "radvd refuses to start",
            "chmod 600 /etc/radvd.conf",
        ),
        (
            "radvd's file",
            beside(Daemon("radvd", "r.conf", "interface home {\n  UnicastOnly  on; };", 0o600)),
            "don't hear of each other",
            "take it out",
        ),
        ("RIPng", beside(Daemon("ripngd", "frr.conf", "router ripng\n ! allow-ecmp")), "FRR issue 10567", "BIRD"),
        ("RIPng", beside(Daemon("ripngd", "frr.conf", can_read=False)), "runs without", "chown frr:frr frr.conf"),
        ("RIPng", beside(Daemon("bird", "b.conf", "protocol rip ng { } # bfd yes")), "up to 180 s", "protocol bfd"),
        (
            "firewall",
            at(chains=(Chain("inet", "filter", "forward", "forward", "drop"),)),
            "chain inet filter forward drops",
            "forward oifname '\"mh*\"' accept; nft add rule inet filter forward meta l4proto 41 accept",
        ),
        ("firewall", at(chains=(Chain("ip6", "f", "out", "output", "drop"),)), "chain ip6 f out", "oifname"),
        ("firewall", at(chains=(Chain("ip6", "f", "in", "input", "drop"),)), "ip6 f in", "f in meta l4proto 41 accept"),
        ("firewall", at(chains=(Chain("netdev", "f", "in", "ingress"),)), "a node doesn't see", "through"),
        ("rules and tables", at(rules=((0, "local"), (1350, "7"))), "rule 1350 with table 7", "another"),
        ("rules and tables", at(rules=((100, "1350"),)), "rule 100 with table 1350", "another"),
        ("other Mobile IPv6", beside(Daemon("mip6d")), "mip6d runs", "stop it"),
        (
            "address programs",
            beside(Daemon("NetworkManager"), role="mobile_node", uses=("eth0",)),
            "NetworkManager takes addresses",
            "nmcli device set eth0 managed no",
        ),
        ("address programs", beside(Daemon("systemd-network")), "also at a mobile node", "Unmanaged=yes"),
        (
            "kernel's addresses",
            at(ETH0, learned=(("2001:db8:7::1", "eth0"),)),
            "the kernel has 2001:db8:7::1 from",
            "ip -6 address flush dev eth0 to 2001:db8:7::1",
        ),
        ("left by killed nodes", at(tables=("ha-1",), nodes=("cn",)), "node ha-1 doesn't run", "mhatool_ha-1"),
        ("left by killed nodes", at(ledgers=("/run/mn.made.1",)), "which /run/mn.made.1 tells of", "and stop it"),
        ("left by killed nodes", at(marked=3), "rules and routes with proto 135 (3)", "start the node again, and stop"),
    ],
)
def test_what_would_catch_a_node(name: str, facts: Facts, said: str, remedy: str) -> None:
    found = verdict(name, facts)
    assert said in found.detail
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("IPv6", at(ETH0, Interface("eth1", settings={"disable_ipv6": 1}), uses=("eth0",))),
        ("unfinished checksums", at(ETH0._replace(driver="virtio_net", leaves_checksums=True))),
        ("unfinished checksums", at(ETH0._replace(driver="veth"))),
        ("default route", at(set_to(accept_ra=2), default_routes=(("ra", "eth0"),))),
        ("default route", at(set_to(accept_ra=1), default_routes=(("static", "eth0"),))),
        ("default route", at(set_to(accept_ra=1), default_routes=(("ra", "eth0"),), role="mobile_node")),
        ("radvd's file", beside(Daemon("radvd", "r.conf", "# UnicastOnly on;", 0o644))),
        ("RIPng", beside(Daemon("ripngd", "frr.conf", "router ripng\n allow-ecmp"))),
        ("RIPng", beside(Daemon("bird", "b.conf", "protocol rip ng { interface {bfd yes; }; }"))),
        ("RIPng", beside(Daemon("bird", "b.conf", "protocol ospf v3 { }"))),
        ("firewall", at(chains=(Chain("inet", "f", "forward", "forward", "drop", knows_nodes=True),))),
        ("firewall", at(chains=(Chain("ip", "f", "forward", "forward", "drop"), Chain("ip6", "f", "x", "input")))),
        ("rules and tables", at(rules=((1350, "1350"), (32766, "main")))),
        ("rules and tables", at(rules=((1350, "main"),), nodes=("mn",))),
        ("other Mobile IPv6", beside(Daemon("mip6d", runs=False))),
        ("address programs", beside(Daemon("NetworkManager"), role="home_agent")),
        ("kernel's addresses", at(ETH0, learned=(("2001:db8:7::1", "eth0"),), role="home_agent")),
        ("kernel's addresses", at(ETH0, learned=(("2001:db8:7::1", "eth1"),), role="mobile_node", uses=("eth0",))),
        ("left by killed nodes", at(tables=("ha-1",), nodes=("ha-1",))),
        ("left by killed nodes", at(marked=3, nodes=("ha-1",))),
    ],
)
def test_what_looks_alike_and_is_none(name: str, facts: Facts) -> None:
    assert verdict(name, facts).remedy == ""


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("silent kernel", at(silence_refused=None)),
        ("proxies of neighbours", at(proxies=None)),
        ("default route", at(default_routes=None)),
        ("firewall", at(chains=None)),
        ("rules and tables", at(rules=None)),
        ("kernel's addresses", at(learned=None)),
        ("left by killed nodes", at(chains=None)),
        ("left by killed nodes", at(marked=None)),
    ],
)
def test_what_nobody_may_look_at_is_said_to_be_unknown(name: str, facts: Facts) -> None:
    assert not verdict(name, facts).known


# --- in a real namespace ---

REAL = {
    "IPv6": ("sysctl -qw net.ipv6.conf.left.disable_ipv6=1", "sysctl -w net.ipv6.conf.left.disable_ipv6=0"),
    "interfaces": ("ip link set left down", "ip link set left up"),
    "unfinished checksums": ("ethtool -K left tx on", "ethtool -K left tx off"),
    "proxies of neighbours": (
        "ip -6 neigh add proxy 2001:db8:2::100 dev left",
        "ip -6 neigh del proxy 2001:db8:2::100 dev left",
    ),
    "default route": (
        "sysctl -qw net.ipv6.conf.left.accept_ra=1 && ip -6 route add default proto ra dev left",
        "sysctl -w net.ipv6.conf.left.accept_ra=2",
    ),
    "firewall": (
        "nft 'table inet mine { chain forward { type filter hook forward priority 0; policy drop; }; }'",
        "nft add rule inet mine forward iifname '\"mh*\"' accept; "
        "nft add rule inet mine forward oifname '\"mh*\"' accept; "
        "nft add rule inet mine forward meta l4proto 41 accept",
    ),
    "kernel's addresses": (
        "ip -6 address add 2001:db8:7::1/64 dev left valid_lft 1000 preferred_lft 1000",
        "ip -6 address flush dev left to 2001:db8:7::1",
    ),
    "left by killed nodes": ("nft add table ip6 mhatool_gone", "nft delete table ip6 mhatool_gone"),
}
"""How one gets into a trap, and the remedy that gets one out."""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """Return a namespace whose links are as they should be."""
    with namespace(tmp_path_factory.mktemp("traps")) as made:
        for interface in ("left", "right"):
            made.does("ethtool", "-K", interface, "tx", "off")
        yield made


LOOK = """\
import json, sys
from pathlib import Path
from mhatool.live.facts import look
from mhatool.live.traps import CHECKS
facts = look("", ("left",), tuple(map(Path, sys.argv[1:])))
print(json.dumps({check.name: check.look(facts) for check in CHECKS}))
"""
"""The part of doctor that is about traps: the rest of it takes longer, and is the same in each namespace."""


def _checked(machine: Namespace) -> dict[str, Verdict]:
    told = json.loads(machine.does(sys.executable, "-c", LOOK, str(machine.folder)))
    return {name: Verdict(*found) for name, found in told.items()}


def _caught(found: dict[str, Verdict]) -> list[str]:
    return [name for name, verdict in found.items() if verdict.remedy]


@pytest.mark.root
@pytest.mark.iproute2
@pytest.mark.nft
@pytest.mark.ethtool
def test_real_traps_are_seen_and_their_remedies_help(machine: Namespace) -> None:
    """One after another, in one namespace; what is over is seen as such together with the next one."""
    assert _caught(_checked(machine)) == []
    for name, (command, remedy) in REAL.items():
        machine.does("sh", "-c", command)
        found = _checked(machine)
        assert _caught(found) == [name]
        assert remedy in found[name].remedy
        machine.does("sh", "-c", remedy)
    assert _caught(_checked(machine)) == []


@pytest.mark.root
@pytest.mark.iproute2
@pytest.mark.nft
def test_a_killed_node_leaves_more_than_its_table(machine: Namespace) -> None:
    """Address, settings, routes and rules: as long as any of them is there, doctor says so, and its remedy helps."""
    machine.file("ha", "ha", 'data_plane = "seg6"')
    machine.starts("ha")
    assert _caught(_checked(machine)) == []
    machine.ends("ha", signal.SIGKILL)
    detail = _checked(machine)["left by killed nodes"].detail
    assert "mhatool_ha still keeps the kernel from answering" in detail
    machine.does("nft", "delete", "table", "ip6", "mhatool_ha")
    found = _checked(machine)
    assert _caught(found) == ["left by killed nodes"]
    assert "control.ha.made." in found["left by killed nodes"].detail
    assert "rules and routes with proto 135 (1)" in found["left by killed nodes"].detail
    assert found["left by killed nodes"].remedy == "start the node again, and stop it: it gives back all of that"
    machine.starts("ha")
    assert machine.ends("ha") == 0
    assert _caught(_checked(machine)) == []


@pytest.mark.root
@pytest.mark.iproute2
def test_daemons_are_found_with_their_files(machine: Namespace, tmp_path: Path) -> None:
    """By what the kernel calls them, in this namespace alone."""
    program = tmp_path / "mip6d"
    program.write_text("#!/bin/sh\nread nothing\n")
    program.chmod(0o755)
    told = machine.does("sh", "-c", f"{program} < /dev/zero & mhatool doctor --json; kill $!")
    found = {check["name"]: check for check in json.loads(told)["checks"]}
    assert found["other Mobile IPv6"]["state"] == "trap"
    assert _caught(_checked(machine)) == []


def test_a_setting_of_a_vlan_has_a_slash_for_its_dot() -> None:
    """sysctl(8): a dot would be a folder's end."""
    assert how_to_set("eth0.5", "disable_ipv6", "0") == "sysctl -w net.ipv6.conf.eth0/5.disable_ipv6=0"


def test_what_to_do_is_told_of_an_interface_that_has_gone_meanwhile_too() -> None:
    assert how_to_switch_on("nobody0") == "sysctl -w net.ipv6.conf.nobody0.disable_ipv6=0"
