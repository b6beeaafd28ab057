"""Which package holds which family's declarations; a family is read when it is first asked for."""

from __future__ import annotations

import importlib
import pkgutil

from dissectors.spec.declaration import REGISTRY, Declaration

#: family -> the packages or modules whose classes declare its members.
HOMES: dict[str, tuple[str, ...]] = {
    "mobility": ("dissectors.mobility",),
    "mobility_option": ("dissectors.options",),
    "icmpv6": ("dissectors.icmpv6",),
    "nd_option": ("dissectors.icmpv6",),
    "ipv6": ("dissectors.ipv6",),
    "routing": ("dissectors.ipv6",),
    "ipv6_option": ("dissectors.ipv6",),
    "link": ("dissectors.ipv6",),
    "upper": ("dissectors.ipv6", "dissectors.ripng"),
}
#: Families told apart by an octet: where it stands.
NUMBER_OFFSET = {"mobility": 2, "icmpv6": 0, "routing": 2, "mobility_option": 0, "nd_option": 0, "ipv6_option": 0}
_read: set[str] = set()


def _read_package(name: str) -> None:
    if name in _read:
        return
    _read.add(name)
    package = importlib.import_module(name)
    for module in pkgutil.iter_modules(getattr(package, "__path__", ())):
        importlib.import_module(f"{name}.{module.name}")


def declarations(family: str) -> list[Declaration]:
    """Every declaration of a family."""
    for package in HOMES.get(family, ()):
        _read_package(package)
    return REGISTRY.get(family, [])


def load_all() -> dict[str, list[Declaration]]:
    """Every declaration there is, by family."""
    return {family: declarations(family) for family in HOMES}
