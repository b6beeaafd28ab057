"""Profiles: WIRE's code points by symbol, and TOML files that change them; each error names file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from dissectors.mobility.binding import BindingUpdate
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.padding import padded
from dissectors.profile import BUILT_IN, FLAG_FIELDS, KAME2003, PROTOCOLS, RFC6275, Profile, ProfileError, load
from dissectors.spec import Flags
from dissectors.spec.declaration import Declaration
from dissectors.spec.families import declarations, load_all
from dissectors.spec.kinds import FlagBits

UPDATE = padded(
    BindingUpdate(
        sequence_number=1,
        flags=Flags("AHM"),
        lifetime_s=60,
        options=(MultipleHomeAgents(home_agents=(bytes(15) + b"\x01", bytes(15) + b"\x02")),),
    )
)


def declaration(family: str, symbol: str) -> Declaration:
    return next(d for d in declarations(family) if d.symbol == symbol)


@pytest.mark.parametrize(
    ("family", "symbol", "rfc6275", "kame2003"),
    [
        ("mobility_option", "multiple_home_agents", 18, 7),
        ("mobility_option", "binding_refresh_advice", 2, 6),
        ("mobility_option", "alternate_care_of_address", 3, 3),
        ("mobility_option", "nonce_indices", 4, 4),
        ("mobility_option", "binding_authorization_data", 5, 5),
        ("icmpv6", "dhaad_request", 144, 150),
        ("icmpv6", "dhaad_reply", 145, 151),
        ("icmpv6", "mobile_prefix_solicitation", 146, 152),
        ("icmpv6", "mobile_prefix_advertisement", 147, 153),
        ("icmpv6", "home_agent_unreachable", 154, 154),
    ],
)
def test_the_two_eras(family: str, symbol: str, rfc6275: int, kame2003: int) -> None:
    found = declaration(family, symbol)
    assert RFC6275.code_points(found) == (rfc6275,)
    assert KAME2003.code_points(found) == (kame2003,)


def test_protocols_and_options_of_the_eras() -> None:
    assert (RFC6275.protocol("mobility"), KAME2003.protocol("mobility")) == (135, 62)
    unique = declaration("mobility_option", "unique_identifier")
    assert (RFC6275.code_points(unique), KAME2003.code_points(unique)) == ((), (2,))
    identifier = declaration("mobility_option", "mobile_node_identifier")
    assert KAME2003.code_points(identifier) == ()


def test_a_file_changes_single_code_points(tmp_path: Path) -> None:
    path = tmp_path / "lab.toml"
    path.write_text(
        """
        name = "lab"
        base = "rfc6275"
        protocols = { mobility = 253 }
        numbers.mobility_option.multiple_home_agents = 200
        numbers.icmpv6.home_agent_unreachable = 201
        flags.binding_update.M = 0x0001
        """
    )
    profile = load(str(path))
    octets = profile.codec.emit(UPDATE)
    assert profile.name == "lab"
    assert profile.protocol("mobility") == 253
    assert octets[14] == 200  # the option stands at 8n+6
    assert octets[8:10].hex() == "c001"  # A 8000, H 4000, M 0001
    assert profile.codec.parse("mobility", octets) == UPDATE
    assert RFC6275.codec.emit(UPDATE)[14] == 18  # the built-in one is as it was


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense = 1", "unknown key 'nonsense'"),
        ('base = "rfc1"', "base = 'rfc1' is none of rfc6275, kame2003"),
        ("protocols.carrier_pigeon = 1", "protocols.carrier_pigeon is none of"),
        ("numbers.pigeons.bu = 1", "numbers.pigeons is no family"),
        ("numbers.protocol.mobility = 200", "; next headers stand in protocols, as protocols.mobility)"),
        ("numbers.mobility.pigeon = 1", "numbers.mobility.pigeon is no declared message"),
        (
            "numbers.mobility.binding_update = 256",
            "numbers.mobility.binding_update = 256: a whole number from 0 to 255",
        ),
        ("numbers.mobility = 5", "numbers.mobility: a table is needed"),
        ("flags.pigeons.A = 1", "flags.pigeons is none of binding_update"),
        ('flags.binding_update.A = "x"', "flags.binding_update.A = 'x'"),
        ("= = =", "Invalid statement"),
        ("base = []", "base = [] is none of"),
        ("name = 3", "name = 3: a text is needed"),
        ("numbers.mobility.binding_update = 6", "6 is "),
        ("numbers.mobility_option.multiple_home_agents = 3", "3 is "),
        ("numbers.mobility_option.pad1 = 7", "padding is 0 and 1 in every profile"),
        ("protocols.mobility = 58", "protocols.mobility = 58 is icmpv6's"),
        ("flags.binding_update.A = 3", "flags.binding_update.A = 0x3: one bit is needed"),
        ("flags.binding_update.A = 0", "one bit is needed"),
        ('flags.binding_update."0x0001" = 2', "a flag's name is letters and digits, a letter first"),
        ('flags.binding_update."," = 1', "a flag's name is letters and digits, a letter first"),
        ('flags.binding_update."" = 1', "a flag's name is letters and digits, a letter first"),
        ("numbers.icmpv6.echo = 99", "numbers.icmpv6.echo: its number is a field of the message"),
        ("flags.binding_update.Z = 0x8000", "flags.binding_update.Z = 0x8000 is A's bit"),
        ("flags.binding_acknowledgement.Z = 0x8000", "a whole number from 0 to 255 is needed"),
    ],
)
def test_errors_name_file_and_key(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "lab.toml"
    path.write_text(text)
    with pytest.raises(ProfileError) as caught:
        load(str(path))
    assert message in str(caught.value)
    assert "lab.toml" in str(caught.value)


def test_what_is_no_toml_is_told_with_an_example(tmp_path: Path) -> None:
    path = tmp_path / "lab.toml"
    path.write_text("= = =")
    with pytest.raises(ProfileError) as caught:
        load(str(path))
    path.write_text(str(caught.value).split("`")[1])
    assert load(str(path)).numbers["mobility_option"]["multiple_home_agents"] == 200


@pytest.mark.parametrize("profile", BUILT_IN.values(), ids=lambda profile: profile.name)
def test_a_built_in_one_names_what_there_is(profile: Profile) -> None:
    """A name that nothing has would change nothing, without a word; those of files are refused."""
    symbols = {family: {found.symbol for found in items} for family, items in load_all().items()}
    named = {(family, symbol) for family, table in profile.numbers.items() for symbol in table}
    assert {(family, symbol) for family, symbol in named if symbol not in symbols.get(family, ())} == set()
    assert set(profile.flags) <= set(FLAG_FIELDS)
    assert set(profile.protocols) <= set(PROTOCOLS)
    assert profile.closed <= set(symbols)


def test_every_flags_field_with_a_key_can_be_changed() -> None:
    fields = [spec for items in load_all().values() for found in items for spec in found.fixed]
    keyed = {spec.kind.key: spec.kind for spec in fields if isinstance(spec.kind, FlagBits) and spec.kind.key}
    assert {key: (dict(kind.letters), kind.bits) for key, kind in keyed.items()} == {
        key: (letters(), bits) for key, (letters, bits) in FLAG_FIELDS.items()
    }


def test_no_such_profile() -> None:
    with pytest.raises(ProfileError, match="no profile 'rfc1': give one of rfc6275, kame2003, or a TOML file"):
        load("rfc1")
