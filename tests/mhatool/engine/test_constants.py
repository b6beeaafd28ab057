"""Constants that would make a node say what it doesn't mean are refused."""

import pytest

from mhatool.engine.constants import BUILT_IN, Constants


@pytest.mark.parametrize("name", ["max_home_binding_lifetime_s", "max_rr_binding_lifetime_s"])
@pytest.mark.parametrize("seconds", [0, 3])
def test_6_1_8_a_limit_under_one_unit_of_lifetime_is_refused(name: str, seconds: int) -> None:
    """Lifetimes count 4 s: less would be granted as 0, which says that the binding is deleted."""
    with pytest.raises(ValueError, match=f"{name}: {seconds} s, but the least lifetime is 4 s"):
        Constants(**{name: seconds})
    assert getattr(Constants(**{name: 4}), name) == 4


def test_what_is_built_in_is_none_of_these() -> None:
    assert set(BUILT_IN) == {"rfc6275", "kame2003", "fast-lab"}
