"""The reference page of all layouts: `python -m dissectors.reference > docs/reference.md`."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.profile import BUILT_IN
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration
from dissectors.spec.families import declarations

_TITLES = {
    "mobility": "Mobility Header messages",
    "mobility_option": "Mobility options",
    "icmpv6": "ICMPv6 messages",
    "nd_option": "Neighbour discovery options",
    "ipv6": "IPv6 headers",
    "routing": "Routing headers",
    "ipv6_option": "Options of IPv6 headers",
    "upper": "Upper layers",
    "link": "Link layers",
}


def markdown() -> str:
    """The whole page."""
    lines = [
        "# Layouts and field names",
        "",
        "Made from the declarations by `python -m dissectors.reference`; a test compares. The names are those of",
        "records (`dissect --jsonl`), filters (`-Y`), `craft --set` and of the message values. A unit after the",
        "width is what one step on the wire means.",
        "",
        "Behind each symbol stands the class of its values, with its module. Scapy's layer has that name behind `MHA`,",
        "as `MHABindingUpdate`, dpkt's packet the name itself; of link layers, IPv6, UDP and TCP these have their own.",
    ]
    for family, title in _TITLES.items():
        lines += ["", f"## {title}"]
        for declaration in sorted(declarations(family), key=lambda d: (d.numbers or (256,), d.cls.__name__)):
            lines += _declaration(declaration)
    return "\n".join(lines) + "\n"


def _declaration(declaration: Declaration) -> Iterator[str]:
    yield ""
    yield f"### {declaration.title}"
    yield ""
    facts = [f"`{declaration.symbol}`", f"`{declaration.cls.__module__}.{declaration.cls.__name__}`"]
    facts += [_numbers(declaration), declaration.rfc, _place(declaration)]
    if declaration.craft:
        facts.append(f"`mhatool craft {declaration.craft}`")
    summary = (declaration.cls.__doc__ or "").strip().splitlines()[0]
    yield " · ".join(fact for fact in facts if fact) + f". {summary}"
    yield ""
    yield "| octet | field | on the wire | meaning |"
    yield "|---|---|---|---|"
    for field in declaration.fields:
        place = str(field.offset) if field.offset >= 0 else "…"
        yield f"| {place} | `{field.name}` | {field.kind.doc()} | {field.doc} |"


def _place(declaration: Declaration) -> str:
    """Where an option may stand."""
    places = [] if declaration.align is None else [f"starts at {_aligned(declaration.align)}"]
    by_place: dict[tuple[int, int], list[int]] = {}
    for size, align in declaration.align_by_size.items():
        by_place.setdefault(align, []).append(size)
    places += [f"at {_aligned(align)} with {' or '.join(map(str, sizes))} octets" for align, sizes in by_place.items()]
    if declaration.last:
        places.append("the last one")
    return ", ".join(places)


def _aligned(align: tuple[int, int]) -> str:
    return f"{align[0]}n+{align[1]}"


def _numbers(declaration: Declaration) -> str:
    """The code points: of the default profile, and of another where it differs."""
    usual = declaration.numbers
    texts = ["type " + ", ".join(map(str, usual))] if usual else []
    for profile in BUILT_IN.values():
        own = profile.code_points(declaration)
        if own and own != usual:
            texts.append(f"type {own[0]} in `{profile.name}`")
    if not texts and declaration.first(kinds.Number) is not None and declaration.family in ("mobility", "icmpv6"):
        texts.append("no type")
    return ", ".join(texts)


if __name__ == "__main__":
    print(markdown(), end="")
