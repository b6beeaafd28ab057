from mhatool.capture import linktype


def test_names() -> None:
    assert linktype.name(linktype.ETHERNET) == "ETHERNET"
    assert [linktype.name(number) for number in (12, 14, 101)] == ["RAW"] * 3
    assert linktype.name(276) == "LINUX_SLL2"


def test_a_number_without_a_name_is_shown_as_it_is() -> None:
    assert linktype.name(147) == "LINKTYPE 147"
