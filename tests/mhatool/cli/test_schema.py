"""Everything machines read says which schema it follows, and follows it."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from mhatool.cli.schema import SCHEMAS, available, schema_of
from tests.mhatool.cli.process import mhatool


def check(text: str, thing: str) -> None:
    document = json.loads(text)
    schema = json.loads(mhatool("schema", thing).out)
    assert document["schema"] == schema["$id"]
    jsonschema.Draft202012Validator(schema).validate(document)


def test_every_schema_is_there_and_is_one() -> None:
    assert available() == list(SCHEMAS)
    for name in SCHEMAS:
        found = schema_of(name)
        jsonschema.Draft202012Validator.check_schema(found)
        assert found["$id"].startswith(f"mhatool.{name}/")


def test_no_output_is_left_out(repository: Path) -> None:
    """Each `mhatool.THING/VERSION` that the code writes is an output's; but for the file that a live node keeps."""
    texts = [path.read_text(encoding="utf-8") for path in (repository / "mhatool").rglob("*.py")]
    written = {thing for text in texts for thing in re.findall(r'"mhatool\.([a-z-]+)/\d+"', text)}
    assert written - {"state"} == set(SCHEMAS)


def test_the_list_names_each() -> None:
    lines = mhatool("schema").out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCHEMAS)


def test_a_schema_is_found_by_the_name_that_records_hold() -> None:
    assert mhatool("schema", "mhatool.config/1") == mhatool("schema", "config")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a capture with findings."""
    path = tmp_path_factory.mktemp("broken") / "bu.pcapng"
    command = ["craft", "bu", "--src", "2001:db8::1", "--dst", "2001:db8::2", "--lifetime", "40", "--no-checksum"]
    assert mhatool(*command, "-w", path).status == 0
    return path


def captures_of(umip: Path, broken: Path) -> list[Path]:
    return [*(umip / name for name in ("tour-mn.pcap", "failover60-mn.pcap", "ro-cn.pcap")), broken]


@pytest.mark.parametrize(
    ("arguments", "thing"),
    [
        (["doctor", "--json"], "doctor"),
        (["config", "show", "--json"], "config"),
        (["rules", "--json"], "rules"),
        (["rule", "MIP6-MH-001", "--json"], "rule"),
    ],
)
def test_what_needs_no_capture(arguments: list[str], thing: str) -> None:
    result = mhatool(*arguments)
    assert (result.status, result.err) == (0, "")
    check(result.out, thing)


@pytest.mark.parametrize("thing", ["validate", "timeline", "infos", "dissect"])
def test_documents(thing: str, captures: Path, broken: Path) -> None:
    command = "info" if thing == "infos" else thing
    for path in captures_of(captures / "umip", broken):
        result = mhatool(command, path, "--json")
        assert (result.status, result.err) == (int(thing == "validate" and path == broken), "")
        check(result.out, thing)


@pytest.mark.parametrize(("command", "thing"), [("validate", "finding"), ("info", "info"), ("dissect", "dissect")])
def test_records(command: str, thing: str, captures: Path, broken: Path) -> None:
    result = mhatool(command, captures / "umip" / "tour-mn.pcap", broken, "--jsonl")
    lines = result.out.splitlines()
    assert lines
    for line in lines[:40]:
        check_record(line, thing)


def check_record(line: str, thing: str) -> None:
    record = json.loads(line)
    schema = schema_of(thing)
    assert record["schema"] == schema["$id"]
    jsonschema.Draft202012Validator(schema).validate(record)
