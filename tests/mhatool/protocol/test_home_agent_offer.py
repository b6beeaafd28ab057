"""What a router advertisement offers as a home agent's (RFC 6275, 7.4)."""

import pytest

from dissectors.icmpv6.neighbour_discovery import RouterAdvertisement
from dissectors.icmpv6.options import HomeAgentInformation
from dissectors.profile import KAME2003, RFC6275, Profile
from dissectors.spec import Flags
from mhatool.protocol.home_agent_offer import offer


@pytest.mark.parametrize("profile", [RFC6275, KAME2003], ids=lambda profile: profile.name)
@pytest.mark.parametrize(("octets", "preference"), [("0000", 0), ("0001", 1), ("8000", 32768), ("ffff", 65535)])
def test_preferences_are_unsigned(profile: Profile, octets: str, preference: int) -> None:
    option = profile.codec.parse(HomeAgentInformation.__declaration__.family, bytes.fromhex(f"0801 0000 {octets} 0384"))
    message = RouterAdvertisement(flags=Flags("H"), router_lifetime_s=1800, options=(option,))
    assert offer(message) == (preference, 900)


def test_without_the_option_it_is_0_and_the_routers_lifetime() -> None:
    assert offer(RouterAdvertisement(flags=Flags("H"), router_lifetime_s=1800, options=())) == (0, 1800)
