"""Sockets of a link, in a namespace of their own."""

import sys
from pathlib import Path

import pytest

from tests.mhatool.live.namespace import REPOSITORY, namespace

pytestmark = [pytest.mark.root, pytest.mark.iproute2]
MANY = 5_000
"""A socket has room for 2,340 groups at most where nobody has changed net.core.optmem_max."""
JOINS = f"""
from pathlib import Path
from dissectors.ipv6.address import parse
from mhatool.live.packets import LinkSocket

link = LinkSocket("left", (135,))
groups = [parse("ff02::1:ff00:0")[:13] + number.to_bytes(3) for number in range({MANY})]
def count(which="igmp6"):
    return sum(line.split()[1] == "left" for line in Path("/proc/net", which).read_text().splitlines())
before = count(), count("anycast6")
def told():
    print(count() - before[0], count("anycast6") - before[1])
for group in groups:
    link.join(group)
link.join_anycast(parse("fe80::fdff:ffff:ffff:fffe"))
told()
link.leave(groups[0])
link.leave(groups[-1])
told()
print(link.mtu())
link.close()
told()
"""


def test_a_link_has_as_many_groups_as_it_takes(tmp_path: Path) -> None:
    with namespace(tmp_path) as machine:
        machine.does("ip", "address", "add", "fe80::1/64", "dev", "left")
        done = machine.run(sys.executable, "-c", JOINS, cwd=REPOSITORY)
    assert done.stderr == ""
    assert done.stdout.split("\n")[:4] == [f"{MANY} 1", f"{MANY - 2} 1", "1500", "0 0"]
