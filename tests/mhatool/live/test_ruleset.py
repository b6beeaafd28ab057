"""What the kernel says of tables that are removed: its own messages, from Linux 6.18 after `nft flush ruleset`."""

import pytest

from mhatool.live.ruleset import removed_tables

ADDED = (
    "40000000000a000001000000af3a00000a0000020f0001006d6861746f6f6c5f6861000008000300000000000c0004000000000000000001"
    "08000200000000003c000000000a000002000000af3a0000020000020b00010066696c746572000008000300000000000c00040000000000"
    "000000020800020000000000"
)
REMOVED = (
    "38000000020a000001000000b03a00000a0000030f0001006d6861746f6f6c5f6861000008000300000000000c0004000000000000000001"
    "34000000020a000001000000b03a0000020000030b00010066696c746572000008000300000000000c0004000000000000000002"
)
GENERATION = "2c0000000f0a000001000000b03a00000000000308000100000000030800020000003ab0080003006e667400"


@pytest.mark.parametrize(
    ("messages", "names"),
    [
        (REMOVED, ["mhatool_ha", "filter"]),
        (ADDED, []),
        (GENERATION, []),
        (GENERATION + REMOVED, ["mhatool_ha", "filter"]),
        ("", []),
        (REMOVED[:40], [""]),
    ],
    ids=["removed", "added", "generation", "both", "nothing", "cut off"],
)
def test_the_names_of_tables_that_are_gone(messages: str, names: list[str]) -> None:
    assert list(removed_tables(bytes.fromhex(messages))) == names
