"""The JSON Schema of records holds for what is printed, and knows every layer."""

import json
from pathlib import Path

import jsonschema
import pytest

from mhatool.display.frame import Frame
from mhatool.display.record import SCHEMA_NAME, packet_json, record_json
from mhatool.display.schema import SCHEMA
from tests.peers.frames import frames_of

UMIP = Path(__file__).parents[3] / "captures" / "umip"
# The list in design/CLI.md.
TYPES = """
ethernet vlan ipv6 hop_by_hop destination_options routing fragment ah esp icmpv6_error echo
router_solicitation router_advertisement neighbor_solicitation neighbor_advertisement redirect dhaad_request
dhaad_reply mobile_prefix_solicitation mobile_prefix_advertisement fmipv6 home_agent_unreachable
binding_refresh_request home_test_init care_of_test_init home_test care_of_test binding_update
binding_acknowledgement binding_error ha_switch heartbeat experimental_mobility mobility ripng udp tcp payload
"""


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


def test_every_layer_type_is_in_it() -> None:
    assert set(TYPES.split()) <= set(SCHEMA["$defs"]["layers"])


@pytest.mark.parametrize("name", ["ro-mn.pcap", "failover60-core.pcap"])
def test_records_of_captures(validator: jsonschema.Draft202012Validator, name: str) -> None:
    for frame in frames_of(UMIP / name)[::20]:
        for octets in (False, True):
            validator.validate(json.loads(json.dumps(record_json(frame, octets=octets))))


def test_signalling_and_documents(validator: jsonschema.Draft202012Validator) -> None:
    packets = [packet_json(frame) for frame in frames_of(UMIP / "ro-mn.pcap") if frame.packet.is_signalling]
    assert len(packets) == 29
    validator.validate({"schema": SCHEMA_NAME, "packets": packets})


@pytest.fixture(scope="module")
def whole() -> Frame:
    return frames_of(UMIP / "ro-mn.pcap")[86]


@pytest.mark.parametrize("cut", range(0, 110, 3))
def test_cut_frames(validator: jsonschema.Draft202012Validator, whole: Frame, cut: int) -> None:
    """What is missing is missing, and nothing else is there in its place."""
    from dissectors.walk import dissect

    record = whole.record._replace(captured=whole.record.captured[:cut])
    frame = whole._replace(record=record, packet=dissect(record.captured, record.link_type))
    shown = record_json(frame, octets=True)
    validator.validate(shown)
    assert shown["octets"] == record.captured.hex()
    assert shown["original_length"] == len(whole.record.captured)


def test_what_a_schema_refuses(validator: jsonschema.Draft202012Validator, whole: Frame) -> None:
    shown = record_json(whole)
    update = shown["layers"][-1]
    for change in ({"lifetime_s": -4}, {"lifetime_s": "60"}, {"unheard_of": 1}, {"flags": "AH"}, {"type": "nothing"}):
        changed = {**shown, "layers": [*shown["layers"][:-1], {**update, **change}]}
        assert not validator.is_valid(changed), change
