"""The script and the profile in a folder, or in Wireshark's own folders, and out of them again."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dissectors.profile import RFC6275, Profile
from mhatool.wireshark import looks
from mhatool.wireshark.generate import MARK, SCRIPT, codes, plugin
from mhatool.wireshark.tshark import Folders, WiresharkError, folders, has_lua, run, version

_MADE = "folders made for this file:"
#: A comment at the end of an installed file: how many folders to remove with it.
_MADE_LINE = re.compile(rf"^(?:--|#) {_MADE} (\d+)\n?", re.MULTILINE)
#: A raw IPv6 packet, Home Agent Unreachable from 2001:db8::1 to 2001:db8::9 about 2001:db8::2, in a capture.
_ADDRESS = "20010db8" + "00" * 11
_PACKET = f"60000000 0018 3a40 {_ADDRESS}01 {_ADDRESS}09 {{:02x}}00 0000 0000 0007 {_ADDRESS}02"
_REPORTED = "2001:db8::2"
_PCAP = "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 65000000"  # link type 101: bare IP
_RECORD = "00000000 00000000 40000000 40000000"  # 64 octets

_LEFT = {
    "same": "is there already",
    "foreign": "is left alone: mhatool didn't write it, or it was changed since",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file to write, and the beginning by which a copy of it is known as ours."""

    path: Path
    text: str
    mark: str

    @property
    def is_script(self) -> bool:
        """Whether it is the script, without which nothing works; the rest is looks."""
        return self.path.suffix == ".lua"

    @property
    def comment(self) -> str:
        """What comments begin with."""
        return "--" if self.is_script else "#"

    def state(self) -> str:
        """`absent`, `same`, `ours` (another version) or `foreign`. WiresharkError where it can't be read."""
        if not self.path.exists() and not self.path.is_symlink():
            return "absent"
        try:
            there = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            reason = (error.strerror or "it can't be read").lower()
            raise WiresharkError(f"{self.path}: {reason}; move it away") from None
        if not there.startswith(self.mark):
            return "foreign"
        return "same" if _MADE_LINE.sub("", there) == self.text else "ours"


def files_in(folder: Path, profile: Profile) -> list[File]:
    """What `-o` writes: the script, and a profile folder to copy or whose colouring rules can be imported."""
    return [File(folder / SCRIPT, plugin(profile), MARK), *_profile_files(folder / looks.PROFILE)]


def files_installed(places: Folders, profile: Profile = RFC6275) -> list[File]:
    """What `--install` writes."""
    own = places.configuration / "profiles" / looks.PROFILE
    return [File(places.plugins / SCRIPT, plugin(profile), MARK), *_profile_files(own)]


def _profile_files(folder: Path) -> list[File]:
    return [
        File(folder / "colorfilters", looks.colour_filters(), looks.MARK),
        File(folder / "preferences", looks.preferences(), looks.MARK),
    ]


# --- writing ----------------------------------------------------------------------------------------------------------


def refuse_foreign(files: list[File]) -> None:
    """WiresharkError where somebody else's script is in the way."""
    for file in files:
        if file.is_script and file.state() == "foreign":
            raise WiresharkError(f"{file.path}: there is a file that mhatool didn't write; move it away, or give -o")


def write(files: list[File], *, remember: bool = False, dry_run: bool = False) -> Iterator[str]:
    """Write them, and say of each what was done. With `remember` the folders made are counted for `remove`."""
    refuse_foreign(files)
    for file in files:
        state = file.state()
        if state in ("same", "foreign"):
            yield f"{file.path} {_LEFT[state]}."
            continue
        verb = "replace" if state == "ours" else "write"
        if not dry_run:
            _write(file, remember=remember)
        done = {"replace": "replaced", "write": "wrote"}[verb]
        yield f"Would {verb} {file.path}." if dry_run else f"{done.capitalize()} {file.path}."


def _write(file: File, *, remember: bool) -> None:
    path, made = file.path, _folders_made(file.path) if file.path.exists() else 0
    try:
        folder = path.parent
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        comment = f"{file.comment} {_MADE} {made + len(missing)}\n" if remember else ""
        path.write_text(file.text + comment, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "it can't be written").lower()
        raise WiresharkError(f"{error.filename or path}: {reason}; give another folder with -o") from None


def _folders_made(path: Path) -> int:
    found = _MADE_LINE.search(path.read_text(encoding="utf-8", errors="replace"))
    return int(found[1]) if found else 0


def remove(files: list[File], *, dry_run: bool = False) -> Iterator[str]:
    """Take away what is ours, and the folders that were made for it where nothing else is in them."""
    for file in reversed(files):
        state = file.state()
        if state == "absent":
            yield f"{file.path} isn't there."
        elif state == "foreign":
            yield f"{file.path} {_LEFT[state]}."
        elif dry_run:
            yield f"Would remove {file.path}."
        else:
            _remove(file.path)
            yield f"Removed {file.path}."


def _remove(path: Path) -> None:
    made = _folders_made(path)
    try:
        path.unlink()
    except OSError as error:
        raise WiresharkError(f"{path}: {(error.strerror or 'it stays').lower()}; see who may remove it") from None
    with contextlib.suppress(OSError):  # not empty: somebody else uses it
        for folder in list(path.parents)[:made]:
            folder.rmdir()


# --- Wireshark's own folders ------------------------------------------------------------------------------------------


def install(profile: Profile = RFC6275, *, dry_run: bool = False) -> Iterator[str]:
    """Put the script and the profile where Wireshark finds them, and see that tshark loads the script."""
    if not has_lua():
        raise WiresharkError("this tshark was built without Lua; install one with it, as Debian's")
    files = files_installed(folders(), profile)
    refuse_foreign(files)
    before = {file.path: file.path.read_bytes() if file.path.exists() else None for file in files}
    yield from write(files, remember=True, dry_run=dry_run)
    if dry_run:
        return
    trouble = check(files[0].path, profile)
    if trouble:
        _undo(files, before)
        raise WiresharkError(f"tshark {version()} doesn't take the script, so it was taken away again: {trouble}")
    yield f"tshark {version()} loads it and shows a test packet."
    yield f'In Wireshark, choose the profile "{looks.PROFILE}" for its colours and columns.'


def _undo(files: list[File], before: dict[Path, bytes | None]) -> None:
    for file in reversed(files):
        octets = before[file.path]
        if octets is None:
            _remove(file.path)
        else:
            file.path.write_bytes(octets)


def uninstall(*, dry_run: bool = False) -> Iterator[str]:
    """Take them away again."""
    yield from remove(files_installed(folders()), dry_run=dry_run)


def check(script: Path, profile: Profile = RFC6275) -> str:
    """What is wrong with the installed script, by a packet of ours through tshark; "" where nothing is.

    tshark's status is 0 also where a script can't be loaded: that stands on standard error.
    """
    kind = codes(profile)["unreachable_type"]
    with tempfile.TemporaryDirectory(prefix="mhatool-") as folder:
        capture = Path(folder) / "unreachable.pcap"
        capture.write_bytes(bytes.fromhex(_PCAP + _RECORD + _PACKET.format(kind)))
        chosen = ["-o", "mha.icmpv6:TRUE", "-o", f"mha.unreachable_type:{kind}"]  # whatever the user has turned off
        said = run(["-n", *chosen, "-r", capture, "-T", "fields", "-e", "mha.unreachable.address"])
    ours = [line for line in said.lua_trouble if SCRIPT in line]
    if ours:
        return ours[0]
    if "unknown preference" in said.errors or "Some fields aren't valid" in said.errors:
        return f"it doesn't look into {script.parent}"
    shown = said.out.strip()
    return "" if shown == _REPORTED else f"a test packet shows {shown or 'nothing'}"
