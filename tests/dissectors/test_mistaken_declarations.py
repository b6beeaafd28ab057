"""A class that can't be meant so is refused when it is read: what a mistake would do to octets, nobody would see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dissectors.icmpv6.header import Icmpv6Message
from dissectors.mobility.binding import BindingUpdate
from dissectors.mobility.header import MobilityMessage
from dissectors.options.header import MobilityOption
from dissectors.spec import Flags, Message, Option, message, option
from dissectors.spec import fields as wire
from dissectors.spec.declaration import REGISTRY
from dissectors.spec.families import load_all
from mhatool.craft import recipe

load_all()


def behind_a_tail() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        data: bytes = wire.octets_tail()
        number: int = wire.uint(16)


def two_tails() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        first: bytes = wire.octets_tail()
        second: bytes = wire.octets_tail()


def behind_options() -> None:
    @message("mobility", 200)
    class Mistake(BindingUpdate):
        more: int = wire.uint(16)


def three_octets() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        number: int = wire.uint(24)


def octets_among_bits() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        first: int = wire.uint(4)
        token: bytes = wire.octets(4)
        last: int = wire.uint(4)


def a_flag_beyond() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        flags: Flags = wire.flags(8, {"C": 0x8000})


def a_flag_of_two_bits() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        flags: Flags = wire.flags(8, {"C": 0xC0})


def two_flags_in_one() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        flags: Flags = wire.flags(8, {"C": 0x80, "D": 0x80})


def no_unit() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        time_s: int = wire.uint(8, unit=0)


def a_count_of_nothing() -> None:
    @message("mobility", 200)
    class Mistake(MobilityMessage):
        number = wire.count("nodes")
        reserved2: int = wire.reserved(8)
        agents: tuple[bytes, ...] = wire.address_list()


def counted_by_nothing() -> None:
    @message("mobility", 200)
    class Mistake(MobilityMessage):
        reserved2: int = wire.reserved(16)
        agents: tuple[bytes, ...] = wire.address_list(counted_by="number")


def another_ones_number() -> None:
    @option("mobility_option", 3, title="Mistake")
    class Mistake(MobilityOption):
        number: int = wire.uint(16)


def another_ones_symbol() -> None:
    @option("mobility_option", 200, title="Mistake", symbol="nonce_indices")
    class Mistake(MobilityOption):
        number: int = wire.uint(16)


def no_octet() -> None:
    @message("icmpv6", 256)
    class Mistake(Icmpv6Message):
        number: int = wire.uint(32)


def no_family() -> None:
    @option("mobilty_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        number: int = wire.uint(16)


def options_of_no_family() -> None:
    @message("mobility", 200)
    class Mistake(MobilityMessage):
        reserved2: int = wire.reserved(16)
        options: tuple[Option, ...] = wire.options("mobilty_option")


def no_envelope() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(Option):
        number: int = wire.uint(16)


def no_envelope_of_a_message() -> None:
    @message("mobility", 200)
    class Mistake(Message):
        number: int = wire.uint(32)


def an_alignment_of_nothing() -> None:
    @option("mobility_option", 200, title="Mistake", align=(0, 4))
    class Mistake(MobilityOption):
        number: int = wire.uint(16)


def no_annotation() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        number = wire.uint(16)


def an_annotated_count() -> None:
    @message("mobility", 200)
    class Mistake(MobilityMessage):
        number: int = wire.count("agents")
        reserved2: int = wire.reserved(8)
        agents: tuple[bytes, ...] = wire.address_list(counted_by="number")


def a_key_of_records() -> None:
    @message("mobility", 200)
    class Mistake(MobilityMessage):
        offset: int = wire.uint(16)


def a_key_of_options() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        name: bytes = wire.octets_tail()


def the_name_of_anothers_value() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        kind: int = wire.uint(8, names={1: "one"})
        kind_name: int = wire.uint(8)


def a_method() -> None:
    @option("mobility_option", 200, title="Mistake")
    class Mistake(MobilityOption):
        replace: int = wire.uint(8)


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        (behind_a_tail, "Mistake: number stands behind data, which has no fixed size: put it before"),
        (two_tails, "Mistake: second stands behind first, which runs to the end"),
        (behind_options, "Mistake: more stands behind options"),
        (three_octets, "Mistake: number: a number in 3 octets; 1, 2, 4 or 8 can be"),
        (octets_among_bits, "Mistake: first: a number in 5 octets"),
        (a_flag_beyond, "Mistake: flags: C = 0x8000 isn't one of its 8 bits"),
        (a_flag_of_two_bits, "Mistake: flags: C = 0xc0 isn't one of its 8 bits"),
        (two_flags_in_one, "Mistake: flags: D and C are one bit, 0x80"),
        (no_unit, "Mistake: time_s: a unit of 0"),
        (a_count_of_nothing, "Mistake: number counts 'nodes', which is no address list with counted_by='number'"),
        (counted_by_nothing, "Mistake: agents is counted by 'number', which is no count"),
        (another_ones_number, "Mistake: 3 is AlternateCareOfAddress's number: give another one"),
        (another_ones_symbol, "Mistake: NonceIndices has the symbol 'nonce_indices' already"),
        (no_octet, "Mistake: the number 256 isn't within an octet"),
        (no_family, "Mistake: no family 'mobilty_option': there are mobility, mobility_option"),
        (options_of_no_family, "Mistake: no family 'mobilty_option'"),
        (no_envelope, "Mistake: no type in octet 0: begin with the envelope of mobility_option"),
        (no_envelope_of_a_message, "Mistake: no type in octet 2: begin with the envelope of mobility"),
        (an_alignment_of_nothing, r"Mistake: align = \(0, 4\)"),
        (no_annotation, "Mistake.number has no type: annotate it"),
        (an_annotated_count, "Mistake.number follows from the rest"),
        (a_key_of_records, "Mistake: records have a key 'offset' of their own"),
        (a_key_of_options, "Mistake: records have a key 'name' of their own"),
        (the_name_of_anothers_value, "Mistake: records have a key 'kind_name' of their own"),
        (a_method, "Mistake.replace: every message has a method of that name"),
    ],
)
def test_it_is_refused(mistake: Callable[[], None], told: str) -> None:
    before = {family: list(known) for family, known in REGISTRY.items()}
    with pytest.raises(TypeError, match=f"^{told}"):
        mistake()
    assert before == REGISTRY


def test_a_name_of_craft_is_one_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        craft = "bu"
        cls = BindingUpdate

    def declared(family: str) -> list[Any]:
        return [*REGISTRY[family], *([Other] if family == "mobility" else [])]

    monkeypatch.setattr(recipe, "declarations", declared)
    with pytest.raises(TypeError, match="craft = 'bu' is BindingUpdate's and BindingUpdate's"):
        recipe._messages()
