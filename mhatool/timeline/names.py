"""What nodes are called, and what no packet says of them: a TOML file with a table a node.

[mn]
addresses = ["2001:db8:1::99"]
host = "mobile"          # its name in its log; else the table's
interface = "wi0"        # the home link's at an agent, the mobile node's own: link-local addresses end with it
interface_index = 8      # its number in the kernel
clock_ahead_s = 0.25     # its clock minus the capture's
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from dissectors import toml_text
from dissectors.errors import EncodeError
from dissectors.ipv6 import address
from mhatool.protocol.lifetime import nanoseconds


class NamesError(ValueError):
    """A file that doesn't say what it should; the text names key and remedy."""


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    addresses: list[str] = []
    host: str = ""
    interface: str = ""
    interface_index: int = 0
    clock_ahead_s: float = 0.0


class NamedNode(Struct, frozen=True):
    """A node: its name, its addresses, and how its kernel and programs write about it.

    `told_as` is what a trace calls it, where it is shown by another name.
    """

    name: str
    addresses: frozenset[bytes] = frozenset()
    host: str = ""
    interface: str = ""
    interface_index: int = 0
    clock_ahead_ns: int = 0
    told_as: str = ""


class Names:
    """Nodes by name and by address."""

    def __init__(self, nodes: Iterable[NamedNode] = ()) -> None:
        self._nodes = tuple(nodes)
        self._by_name = {node.told_as: node for node in self._nodes} | {node.name: node for node in self._nodes}
        self._by_address = {octets: node for node in self._nodes for octets in node.addresses}

    def __iter__(self) -> Iterator[NamedNode]:
        return iter(self._nodes)

    @property
    def by_address(self) -> dict[bytes, str]:
        """What to write instead of an address."""
        return {octets: node.name for octets, node in self._by_address.items()}

    def find(self, text: str) -> NamedNode | None:
        """A node by its name, a trace's name of it or an address; an address without a name is a node of its own."""
        if text and text in self._by_name:
            return self._by_name[text]
        try:
            return self.at(address.parse(text))
        except EncodeError:
            return None

    def among(self, name: str, addresses: Iterable[bytes]) -> NamedNode | None:
        """The node that has one of these addresses; else the one of this name, where that says no addresses."""
        for octets in sorted(addresses):
            if octets in self._by_address:
                return self._by_address[octets]
        found = self._by_name.get(name)
        return found if found is not None and not found.addresses else None

    def at(self, octets: bytes) -> NamedNode:
        """The node with an address."""
        return self._by_address.get(octets) or NamedNode(address.text(octets), frozenset({octets}))


def read_names(path: str) -> Names:
    """The names in a file. NamesError where it isn't what it should be, OSError where it can't be read."""
    try:
        data = toml_text.read(Path(path).read_text(encoding="utf-8-sig"))
        tables = msgspec.convert(data, dict[str, _Table])
        return Names([_node(name, table) for name, table in tables.items()])
    except (ValueError, EncodeError) as error:  # TOML, UTF-8, types
        raise NamesError(str(error)) from None


def _node(name: str, table: _Table) -> NamedNode:
    return NamedNode(
        name,
        frozenset(map(address.parse, table.addresses)),
        table.host or name,
        table.interface,
        table.interface_index,
        nanoseconds(table.clock_ahead_s),
    )


__all__ = ["NamedNode", "Names", "NamesError", "read_names"]
