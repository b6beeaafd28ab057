"""What doctor says is what is so, and it always ends with 0."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.mhatool.cli.process import mhatool


def checks(**environment: str) -> dict[str, dict[str, str]]:
    result = mhatool("doctor", "--json", environment=environment)
    assert (result.status, result.err) == (0, "")
    return {check["name"]: check for check in json.loads(result.out)["checks"]}


def test_a_machine_without_programs(tmp_path: Path) -> None:
    found = checks(PATH=str(tmp_path))
    assert found["chromium"]["state"] == ("ok" if shutil.which("chromium", path="/usr/sbin:/sbin") else "missing")
    assert found["tshark"] == {
        "name": "tshark",
        "state": "missing",
        "detail": "not installed",
        "needed_by": "crosscheck, export wireshark",
        "remedy": "apt-get install tshark",
    }
    assert found["tshark's Lua"]["state"] == "missing"


def test_versions_are_what_programs_say(tmp_path: Path) -> None:
    program = tmp_path / "tshark"
    program.write_text("#!/bin/sh\necho 'TShark 4.2.9, with Kerberos (MIT), with\nLua 5.4.6, with brotli'\n")
    program.chmod(0o755)
    found = checks(PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert found["tshark"]["detail"] == f"4.2.9, {program}"
    assert found["tshark's Lua"]["detail"] == "5.4.6"


def test_a_program_is_listed_for_what_runs_it() -> None:
    """Live capture, the lab's too, is dumpcap's; nothing starts tcpdump."""
    found = checks()
    assert found["dumpcap"]["needed_by"] == "all that takes -i, lab capture, lab run"
    assert "tcpdump" not in found


def test_a_program_that_fails_is_still_there(tmp_path: Path) -> None:
    program = tmp_path / "radvd"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    assert checks(PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")["radvd"]["detail"] == str(program)


def test_as_text_each_missing_thing_has_its_remedy(tmp_path: Path) -> None:
    result = mhatool("doctor", environment={"PATH": str(tmp_path)})
    assert result.status == 0
    lines = result.out.splitlines()
    without_blanks = [" ".join(line.split()) for line in lines]
    assert "missing tshark not installed (for crosscheck, export wireshark): apt-get install tshark" in without_blanks
    assert all(line.startswith(("ok       ", "missing  ", "trap     ", "unknown  ")) for line in lines)


def test_for_a_node_only_what_it_needs_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "cn.toml"
    file.write_text('name = "cn"\ninterfaces = ["nowhere0"]\n[correspondent]\naddresses = ["2001:db8:c::a"]\n')
    result = mhatool("doctor", str(file), "--listen", "0", "--json")
    found = {check["name"]: check for check in json.loads(result.out)["checks"]}
    assert {"python", "nft", "TUN", "silent kernel"} <= set(found)
    assert {"chromium", "tshark", "radvd"}.isdisjoint(found)
    assert (found["interfaces"]["state"], found["interfaces"]["detail"]) == ("trap", "there is no nowhere0")
    assert found["advertisements"]["state"] == "unknown"


def test_a_file_that_is_wrong_is_said_as_by_check(tmp_path: Path) -> None:
    result = mhatool("doctor", str(tmp_path / "none.toml"))
    assert (result.status, result.out) == (2, "")
    assert "none.toml: no such file or directory; give a TOML file that you may read" in result.err


@pytest.mark.root
def test_rights_of_root() -> None:
    assert checks()["raw sockets"] == {
        "name": "raw sockets",
        "state": "ok",
        "detail": "usable",
        "needed_by": "send, node run",
        "remedy": None,
    }
