"""Keys and authenticators: those that UMIP sent, FIPS 180's example, and packets made by other code."""

import hashlib
import hmac

import pytest

from mhatool.protocol.return_routability import authenticator, binding_key
from tests.mhatool.scenes import CARE1, HOME, PEER, ip, recording
from tests.recipes.packets import TOKEN, TOKEN2
from tests.recipes.protected import correspondent_bu, key_of

HOA = ip("2001:200:1:2::")[:8] + bytes.fromhex("024026fffe4c51fd")
COA1, COA3 = (bytes.fromhex(f"200102000001000{link}") + HOA[8:] for link in (1, 3))
CORRESPONDENT = ip("2001:200:1:c::10")

# captures/README.md, run ro: the tokens of nonce index 1 (home), 1 and 2 (care-of).
HOME_TOKEN = bytes.fromhex("494321af9f20b376")
CARE_OF_TOKEN1, CARE_OF_TOKEN3 = bytes.fromhex("b42842ba48bd05fc"), bytes.fromhex("52ecaf549b62c2f9")

# Frames of ro-mn.pcap and ro-cn.pcap, the care-of token (none to delete), the address, the authenticator of the table.
UPDATES = [
    (96, 74, CARE_OF_TOKEN1, COA1, "f4decad80d10a3001525f9a0"),
    (725, 622, CARE_OF_TOKEN1, COA1, "527c6ae9a3849534541f9ce6"),
    (748, 641, CARE_OF_TOKEN1, COA1, "ab62d7b8cf2850d3999e67e0"),
    (967, 856, CARE_OF_TOKEN3, COA3, "716488a4813e33f27f051ddc"),
    (1543, 1363, CARE_OF_TOKEN3, COA3, "e3319390b1242b669c95e3d4"),
    (1568, 1384, CARE_OF_TOKEN3, COA3, "490bd2c6f558b7de9af44301"),
    (1774, 1579, b"", HOA, "355396a87411bad6e514625b"),
]


@pytest.mark.parametrize(("at_mobile", "at_correspondent", "token", "address", "proof"), UPDATES)
def test_what_umip_sent(at_mobile: int, at_correspondent: int, token: bytes, address: bytes, proof: str) -> None:
    key = binding_key(HOME_TOKEN, token)
    for name, frame in (("ro-mn.pcap", at_mobile), ("ro-cn.pcap", at_correspondent)):
        octets = next(r.captured for r in recording(name).records if r.frame == frame)
        header = octets[14 + 40 + (0 if octets[14 + 6] == 135 else 24) :]
        at = len(header) - 12
        assert header[at:].hex() == proof
        assert authenticator(key, address, CORRESPONDENT, header, at=at).hex() == proof


def test_the_key_is_the_hash_of_the_tokens_one_after_the_other() -> None:
    """SHA-1 of "abc" is FIPS 180's example, however it is divided."""
    assert binding_key(b"a", b"bc").hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert binding_key(b"abc").hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"


def test_the_packets_of_the_recipes_agree() -> None:
    """Those are made by code of their own."""
    packet = correspondent_bu()
    assert authenticator(key_of(TOKEN, TOKEN2), CARE1, PEER, packet[64:], at=len(packet) - 76) == packet[-12:]


def test_checksum_and_authenticator_do_not_count() -> None:
    key, header = bytes(range(20)), bytes(range(48))
    changed = header[:4] + b"\xff\xff" + header[6:36] + bytes(12)
    assert authenticator(key, CARE1, PEER, header, at=36) == authenticator(key, CARE1, PEER, changed, at=36)


@pytest.mark.parametrize("octet", [0, 3, 6, 35])
def test_all_else_counts(octet: int) -> None:
    key, header = bytes(range(20)), bytes(48)
    changed = header[:octet] + b"\x01" + header[octet + 1 :]
    assert authenticator(key, CARE1, PEER, header, at=36) != authenticator(key, CARE1, PEER, changed, at=36)


def test_addresses_count_in_their_order() -> None:
    key, header = bytes(20), bytes(48)
    expected = hmac.new(key, CARE1 + PEER + bytes(36), hashlib.sha1).digest()[:12]
    assert authenticator(key, CARE1, PEER, header, at=36) == expected
    assert authenticator(key, PEER, CARE1, header, at=36) != expected
    assert authenticator(key, HOME, PEER, header, at=36) != expected
