"""Running tshark: its version, its folders, and what it says of Lua scripts, which is on standard error alone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

from mhatool import programs

LIMIT_S = 60
_LUA_TROUBLE = re.compile(r"^.*(?:\bLua\b|\.lua:\d+:).*$", re.MULTILINE)


class WiresharkError(Exception):
    """What can't be done with tshark or its folders; the text says what, where and what to do."""


class Said(Struct, frozen=True):
    """What tshark printed, and with which status it ended (0 also after a script failed to load)."""

    out: str
    errors: str
    status: int

    @property
    def lua_trouble(self) -> list[str]:
        """The lines of standard error that are about a script."""
        return [found.strip() for found in _LUA_TROUBLE.findall(self.errors)]


def program() -> str:
    """Where tshark is. WiresharkError where it isn't installed."""
    found = programs.find("tshark")
    if found is None:
        raise WiresharkError("tshark isn't installed; apt-get install tshark (or Wireshark's installer), then again")
    return found


def run(arguments: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Said:
    """Run tshark to its end."""
    command = [program(), *map(str, arguments)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
            env=programs.environment(LC_ALL="C.UTF-8", **(environment or {})),
        )
    except subprocess.TimeoutExpired:
        words = " ".join(command)
        raise WiresharkError(f"tshark didn't end within {LIMIT_S} s; see what '{words}' does") from None
    return Said(done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"), done.returncode)


@cache
def _about() -> str:
    said = run(["--version"])
    if said.status != 0:
        last = said.errors.strip().splitlines()[-1:]
        raise WiresharkError(f"tshark --version ends with status {said.status}; see what it says ({''.join(last)})")
    return said.out


def version() -> str:
    """Its version, as `4.0.17`; "" where it doesn't tell."""
    found = re.search(r"\d+(?:\.\d+)+", _about())
    return found[0] if found else ""


def has_lua() -> bool:
    """Whether it was built with Lua."""
    return re.search(r"with\s+Lua\s", _about()) is not None


class Folders(Struct, frozen=True):
    """Where a user's own scripts and profiles are; they needn't exist."""

    plugins: Path
    configuration: Path


def folders() -> Folders:
    """The folders that tshark names. WiresharkError where it names none."""
    said = run(["-G", "folders"])
    named = dict(re.findall(r"^([^:\n]+):[ \t]+(\S.*)$", said.out, re.MULTILINE))
    plugins = named.get("Personal Lua Plugins") or named.get("Personal Plugins")
    configuration = named.get("Personal configuration")
    if not plugins or not configuration:
        raise WiresharkError("tshark -G folders names no folder for a user's scripts; give one with -o")
    found = Folders(Path(plugins.strip()), Path(configuration.strip()))
    for folder in (found.plugins, found.configuration):
        if not folder.is_absolute():
            remedy = "set HOME, and XDG_CONFIG_HOME (if at all) to a name from / on, or give -o"
            raise WiresharkError(f"tshark -G folders names {folder}, which is nobody's home; {remedy}")
    return found
