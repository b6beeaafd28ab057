"""Nodes of one network namespace know of each other."""

import subprocess
import sys
from contextlib import closing

import pytest

from dissectors.ipv6.address import parse
from mhatool.live.errors import LiveError
from mhatool.live.presence import Other, Presence, others

NAME = "presence-test"
KILLED = """\
import os, signal
from mhatool.live.presence import Presence
kept = Presence("correspondent", "presence-test")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_name_is_taken_as_long_as_its_node_runs() -> None:
    with closing(Presence("home_agent", NAME)):
        assert Other("home_agent", NAME) in others()
        with pytest.raises(LiveError, match=f"{NAME}: a node of that name runs in this network namespace already"):
            Presence("correspondent", NAME)
    assert NAME not in [other.name for other in others()]


def test_there_is_one_mobile_node_beside_others() -> None:
    with closing(Presence("correspondent", NAME + "1")), closing(Presence("mobile_node", NAME + "2")) as second:
        assert Other("correspondent", NAME + "1") in second.others
        with pytest.raises(LiveError, match=f"{NAME}2: another mobile node runs"):
            Presence("mobile_node", NAME + "3")


def test_an_address_is_one_agents() -> None:
    """The kernel gives it to the interface once, and both would answer the same Binding Update."""
    address = parse("2001:db8:7::1")
    with closing(Presence("home_agent", NAME + "1", [address])):
        with pytest.raises(LiveError, match=r"^2001:db8:7::1: the home agent of that address runs"):
            Presence("home_agent", NAME + "2", [parse("2001:db8:7::2"), address])
        with closing(Presence("home_agent", NAME + "2", [parse("2001:db8:7::2")])):
            pass


def test_a_killed_nodes_name_is_free() -> None:
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    Presence("correspondent", NAME).close()
