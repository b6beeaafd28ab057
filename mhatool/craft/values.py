"""Values as a person types them: `field=value,field=value` for options and headers, `FIELD=VALUE` for any field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dissectors.errors import EncodeError
from dissectors.ipv6 import address
from dissectors.profile import Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration
from dissectors.spec.families import declarations
from dissectors.spec.fields import REQUIRED
from dissectors.spec.flags import Flags
from dissectors.spec.kind import Kind


def zero(kind: Kind) -> Any:
    """What a field holds that nobody named."""
    if isinstance(kind, kinds.AddressList | kinds.OptionList | kinds.Records):
        return ()
    if isinstance(kind, kinds.FlagBits):
        return Flags()
    return bytes(kind.bits // 8) if kind.is_octets else 0


def typed(declaration: Declaration, name: str, text: str, profile: Profile) -> Any:
    """A field's value from text; EncodeError names the field."""
    spec = declaration.by_name.get(name)
    if spec is None:
        known = ", ".join(f.name for f in declaration.fields)
        raise EncodeError(f"{declaration.title} has no field {name!r} (it has {known})", field=name)
    if isinstance(spec.kind, kinds.OptionList | kinds.Records):
        flag = "--option" if isinstance(spec.kind, kinds.OptionList) else "--rte"
        raise EncodeError(f"{declaration.title}: {name} are given by {flag}", field=name)
    try:
        return spec.kind.from_text(text.replace("+", ",") if "+" in text else text, profile)
    except EncodeError as error:
        raise EncodeError(f"{declaration.title}: {name}: {error}", field=name) from None


def value(declaration: Declaration, given: Mapping[str, str], profile: Profile) -> Any:
    """A message, option or header with the given fields; the others are their defaults, or zero."""
    values = {name: typed(declaration, name, text, profile) for name, text in given.items()}
    for spec in declaration.values:
        if spec.name not in values:
            values[spec.name] = zero(spec.kind) if spec.default is REQUIRED else spec.default
    unknown = set(values) - {spec.name for spec in declaration.values}
    if unknown:
        raise EncodeError(f"{declaration.title}: {sorted(unknown)[0]} follows from the rest and can't be given here")
    return declaration.cls(**values)


def assignments(text: str) -> dict[str, str]:
    """`a=1,b=2` as a table; a part without `=` belongs to the value before it."""
    found: dict[str, str] = {}
    last = ""
    for part in text.split(",") if text else ():
        name, equals, content = part.partition("=")
        if equals:
            last = name.strip().replace("-", "_")
            found[last] = content
        elif last:
            found[last] += f",{part}"
        else:
            raise EncodeError(f"{part!r} is not FIELD=VALUE")
    return found


def option(text: str, family: str, profile: Profile) -> Any:
    """An option from `TYPE:HEX` or `NAME:field=value,...`; NAME is its symbol, with dashes or underscores."""
    name, _, rest = text.partition(":")
    codec = profile.codec
    number = _number(name)
    if number is not None:
        content = octets(f"option {name}:", rest)
        _check_size(family, name, len(content))
        if number == 0 and family != "nd_option":
            if content:
                raise EncodeError(f"option 0 is Pad1, one octet without a length: {rest} can't stand in it")
            return codec.option_parser(family)(b"\0", 0, 1)[0]
        header = bytes([number, (len(content) + 2) // 8 if family == "nd_option" else len(content)])
        fallback = codec.fallback(family).cls
        try:
            return codec.option_parser(family)(header + content, 0, len(content) + 2)[0]
        except ValueError:  # the wrong length for its type: exactly what was asked for
            return fallback(type=number, data=content)
    symbol = name.replace("-", "_")
    for declaration in declarations(family):
        if declaration.symbol == symbol:
            return value(declaration, assignments(rest), profile)
    known = ", ".join(sorted(d.symbol.replace("_", "-") for d in declarations(family)))
    raise EncodeError(f"there is no option {name!r}: give TYPE:HEX, or one of {known}")


def _check_size(family: str, name: str, size: int) -> None:
    """The length octet can say it: up to 255 octets, or in neighbour discovery 255 times 8 with the two before them."""
    if family == "nd_option":
        if (size + 2) % 8 or size + 2 > 255 * 8:
            raise EncodeError(
                f"option {name}: {size} octets; with its two of header it needs a multiple of 8 up to 2040"
            )
    elif size > 255:
        raise EncodeError(f"option {name}: {size} octets, its length can say 255 at most")


def _number(text: str) -> int | None:
    try:
        number = int(text, 0)
    except ValueError:
        return None
    if not 0 <= number <= 255:
        raise EncodeError(f"option type {number} is outside 0..255")
    return number


def one_address(flag: str, text: str) -> bytes:
    """The address of a flag; EncodeError names the flag."""
    try:
        return address.parse(text)
    except EncodeError as error:
        raise EncodeError(f"{flag}: {error}: give one like 2001:db8::1") from None


def octets(what: str, text: str) -> bytes:
    """Octets in hexadecimal; EncodeError names what they were given for."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise EncodeError(f"{what} {text!r} is not hexadecimal octets") from None
