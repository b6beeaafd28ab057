"""A live node's configuration file: TOML, checked strictly; an error names file, line, key, and what to give.

The tables `mobile_node`, `home_agent` and `correspondent` are those of scenarios (docs/simulate.md): the fields of the
engine's configurations. Exactly one of them is there.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from dissectors import toml_text
from dissectors.ipv6.address import text
from dissectors.profile import Profile
from mhatool.engine.constants import Constants
from mhatool.live.data_plane.tunnels import Wanted
from mhatool.live.keys import with_keys
from mhatool.live.ledger import SUFFIX
from mhatool.network.scenario.convert import convert, dataclass_of
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.lines import key_lines, line_of
from mhatool.network.scenario.roles import ROLES

RUN_FOLDER: Final = "/run/mhatool"
ROLE_TABLES: Final = ("mobile_node", "home_agent", "correspondent")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,14}")
_LONGEST_SOCKET: Final = 107
"""Octets of a Unix socket's name (unix(7)); one more ends it."""
_INTERFACE: Final = re.compile(r"[^\s/:]{1,15}")
"""What Linux takes for an interface's name, but for `.` and `..`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFile:
    """What the file says.

    `control` is the Unix socket for `mhatool node show`, `state` where bindings outlive a restart ("" for nowhere),
    `trace` a file for the node's events. `log_level` is the least that is said; `debug` says each event. `keys` is a
    file of security associations, its owner's alone. `insecure`: run without any. `packet_rate` is how many messages of
    one kind a second it reads from one source; 0: all of them. `interfaces` are those of a correspondent, and further
    ones of a home agent; other nodes name theirs in their own table. `data_plane` is what carries tunnelled packets:
    `ip6tnl` or `seg6` in the kernel, `tun` in user space, `auto` the first of them that this machine has; `mtu` is the
    longest packet that a tunnel takes.
    """

    name: str
    profile: Profile
    constants: Constants
    control: str = ""
    state: str = ""
    trace: str = ""
    keys: str = ""
    insecure: bool = False
    mtu: int = 1460
    data_plane: Wanted = "auto"
    packet_rate: float = 1_000.0
    interfaces: tuple[str, ...] = ()
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    mobile_node: Mapping[str, Any] | None = None
    home_agent: Mapping[str, Any] | None = None
    correspondent: Mapping[str, Any] | None = None

    CHANGEABLE: ClassVar = frozenset({"keys", "insecure", "log_level", "packet_rate"})
    """What may change while the node runs; its role's own fields have a list of their own."""

    def __post_init__(self) -> None:
        """ValueError where a field can't be."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name = {self.name!r}: 1 to 15 of a-z, 0-9, - and _, a letter or digit first")
        if not 1280 <= self.mtu <= 65_495:
            raise ValueError(f"mtu = {self.mtu}: IPv6 needs 1280, and a tunnel takes 40 octets of 65535")
        length = len(os.fsencode(self.control_path))
        if length > _LONGEST_SOCKET:
            raise ValueError(f"control = {length} octets: a Unix socket's name has at most {_LONGEST_SOCKET}")
        if not self._tables:
            raise ValueError(f"one of the tables {', '.join(ROLE_TABLES)} is needed")
        if len(self._tables) > 1:
            raise ValueError(
                f"{self._tables[1]} = there is {self._tables[0]} already: give each role a file of its own"
            )

    @property
    def _tables(self) -> list[str]:
        return [name for name in ROLE_TABLES if getattr(self, name) is not None]

    @property
    def role(self) -> str:
        """The name of its table."""
        return self._tables[0]

    @property
    def control_path(self) -> Path:
        """Where its control socket is."""
        return Path(self.control or f"{RUN_FOLDER}/{self.name}.sock")

    @property
    def ledger_path(self) -> Path:
        """Where it keeps what it has changed: beside its control socket, under a name that no other's gives."""
        return self.control_path.with_name(self.control_path.name + SUFFIX)


@dataclass(frozen=True, slots=True)
class LiveNode:
    """A configuration that can be run: the file's, the engine's, and the interfaces that the node uses.

    `path` is where it was read, and is read again.
    """

    file: NodeFile
    configuration: Any
    interfaces: tuple[str, ...]
    path: str


def load(path: str) -> LiveNode:
    """What a file says. ScenarioError where it can't be run: with file, line, key, and what to give."""
    try:
        written = Path(path).read_text("utf-8")
        data = toml_text.read(written)
    except OSError as error:
        raise ScenarioError(
            f"{(error.strerror or '').lower()}; give a TOML file that you may read", file=path
        ) from None
    except UnicodeDecodeError:
        raise ScenarioError("no UTF-8 text; give a TOML file", file=path) from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"no TOML: {error}", file=path) from None
    data.setdefault("profile", "rfc6275")
    data.setdefault("constants", "rfc6275")
    try:
        return _node(data, path)
    except ScenarioError as error:
        if error.file:
            raise
        line = line_of(key_lines(written), error.path)
        raise ScenarioError(error.what, error.path, file=path, line=line) from None


def check(data: dict[str, Any], path: str) -> LiveNode:
    """What a table says that is to be written to this path. ScenarioError where it can't be run: key and remedy."""
    return _node({"profile": "rfc6275", "constants": "rfc6275", **data}, path)


def _node(data: dict[str, Any], path: str) -> LiveNode:
    file: NodeFile = convert(data, NodeFile, ())
    given = {"name": file.name, "profile": file.profile, "constants": file.constants}
    table = getattr(file, file.role)
    configuration = dataclass_of(table, ROLES[file.role].configuration_class(), (file.role,), given=given)
    if file.state and file.role == "correspondent":
        raise ScenarioError("a correspondent keeps nothing: its bindings are tested anew; leave it out", ("state",))
    if file.keys:
        keys = Path(path).parent / file.keys
        configuration = with_keys(configuration, file.role, keys, required=not file.insecure)
    _refuse_insecurity(configuration, file)
    return LiveNode(file, configuration, _interfaces(configuration, file), path)


def _interfaces(configuration: Any, file: NodeFile) -> tuple[str, ...]:
    for index, name in enumerate(file.interfaces):
        _check_interface(name, ("interfaces", index))
    if file.role == "correspondent" and not file.interfaces:
        raise ScenarioError("'interfaces' is missing: give it, as interfaces = [\"eth0\"]")
    if file.role == "correspondent":
        return file.interfaces
    where = ("advertising", "interface") if file.role == "home_agent" else ("interface",)
    _check_interface(configuration.interface, (file.role, *where))
    return tuple(dict.fromkeys((configuration.interface, *file.interfaces)))


def _check_interface(name: str, path: tuple[str | int, ...]) -> None:
    if name in {".", ".."} or not _INTERFACE.fullmatch(name):
        raise ScenarioError(f"{name!r}: an interface's name has 1 to 15 characters; `ip link` lists them", path)


def _refuse_insecurity(configuration: Any, file: NodeFile) -> None:
    """Home registrations without keys let anybody take a home address over (RFC 6275, 15.3)."""
    if file.role == "correspondent" or file.insecure:
        return
    field = "associations" if file.role == "home_agent" else "security_associations"
    if not getattr(configuration, field):
        what = (
            "no keys: whoever sends a Binding Update would be believed; give `keys`, or say `insecure = true` in a lab"
        )
        raise ScenarioError(what, (file.role,))


def shown_addresses(live: LiveNode) -> tuple[str, ...]:
    """The addresses that a node is known by, for the log."""
    configuration = live.configuration
    own = getattr(configuration, "addresses", None) or (configuration.home_address,)
    return tuple(text(address) for address in own)


__all__ = ["ROLE_TABLES", "RUN_FOLDER", "LiveNode", "NodeFile", "check", "load", "shown_addresses"]
