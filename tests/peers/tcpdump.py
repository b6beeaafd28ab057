"""tcpdump's words for Mobility Headers (its print-mobility.c), said by our dissection: lines that can be compared."""

from dissectors.ipv6 import address
from dissectors.packet import Packet
from dissectors.view import View

# tcpdump 4.99.3 says this after the last option, wrongly, and leaves that option out.
FALSE_END = " [|mobility]"


def halves(octets: bytes) -> str:
    return f"{octets[:4].hex()}:{octets[4:].hex()}"


def option(view: View) -> str:
    match view.type:
        case "pad1":
            return "(pad1)"
        case "pad_n":
            return "(padn)"
        case "binding_refresh_advice":
            return f"(refresh: {view.get('refresh_interval_s')})"
        case "alternate_care_of_address":
            return f"(alt-CoA: {address.text(view.get('care_of_address'))})"
        case "nonce_indices":
            return f"(ni: ho=0x{view.get('home_nonce_index'):04x} co=0x{view.get('care_of_nonce_index'):04x})"
        case "binding_authorization_data":
            return "(auth)"
    return f"(type-0x{view.octets[view.start]:02x}: len={view.end - view.start - 2})"


def letters(view: View, known: str) -> str:
    found = "".join(letter for letter in known if letter in view.get("flags"))
    return f" {found}" if found else ""


def test(word: str, view: View, *names: tuple[str, str]) -> str:
    return word + "".join(f" {label}={halves(view.get(name))}" for label, name in names)


def message(view: View, options: list[str]) -> str:
    """`mobility: ...` as tcpdump -v prints it, with these texts for the options."""
    return "mobility: " + _head(view) + "".join(options)


def _head(view: View) -> str:
    get = view.get
    match view.type:
        case "binding_refresh_request":
            return "BRR"
        case "home_test_init":
            return test("HoTI", view, ("Home Init Cookie", "home_init_cookie"))
        case "care_of_test_init":
            return test("CoTI", view, ("Care-of Init Cookie", "care_of_init_cookie"))
        case "home_test":
            word = f"HoT nonce id=0x{get('home_nonce_index'):x}"
            return test(
                word, view, ("Home Init Cookie", "home_init_cookie"), ("Home Keygen Token", "home_keygen_token")
            )
        case "care_of_test":
            word = f"CoT nonce id=0x{get('care_of_nonce_index'):x}"
            cookie = ("Care-of Init Cookie", "care_of_init_cookie")
            return test(word, view, cookie, ("Care-of Keygen Token", "care_of_keygen_token"))
        case "binding_update":
            return f"BU seq#={get('sequence_number')}{letters(view, 'AHLK')} lifetime={get('lifetime_s')}"
        case "binding_acknowledgement":
            flags, lifetime = letters(view, "K"), get("lifetime_s")
            return f"BA status={get('status')} seq#={get('sequence_number')}{flags} lifetime={lifetime}"
        case "binding_error":
            return f"BE status={get('status')} homeaddr {address.text(get('home_address'))}"
    raise AssertionError(view.type)


def says_the_same(packet: Packet, line: str) -> None:
    """Assert that the line ends with what this packet holds, but for the last option where tcpdump leaves it out."""
    upper = packet.datagrams[-1].upper
    assert upper is not None
    options = [option(each) for each in upper.options]
    _, mobility, text = line.partition("mobility: ")
    if text.endswith(FALSE_END) and options:
        text = text.removesuffix(FALSE_END)
        options.pop()
    assert mobility + text == message(upper, options)
    ipv6 = packet.datagrams[-1].ipv6
    ends = f"{address.text(ipv6.get('source'))} > {address.text(ipv6.get('destination'))}: "
    assert ends in line
    assert f"hlim {ipv6.get('hop_limit')}, " in line
