"""The script and the profile in a folder, or in Wireshark's own folders, and out of them again."""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from dissectors.profile import RFC6275, Profile
from mhatool.wireshark import looks
from mhatool.wireshark.generate import MARK, SCRIPT, codes, plugin
from mhatool.wireshark.tshark import Folders, WiresharkError, folders, has_lua, run, version

#: The last line of what we wrote: how many folders to remove with it, and what the text before it was.
_SEAL = "mhatool wrote the text above, and made folders for it: {}; sha256 {}"
_SEAL_LINE = re.compile(r"^(?:--|#) " + _SEAL.format(r"(\d+)", r"([0-9a-f]{64})") + r"\n\Z", re.MULTILINE)
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


class File(Struct, frozen=True):
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
        if self.path.is_symlink():
            return "foreign"  # what it leads to isn't ours to write or leave behind
        if not self.path.exists():
            return "absent"
        try:
            there = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            reason = (error.strerror or "it can't be read").lower()
            raise WiresharkError(f"{self.path}: {reason}; move it away") from None
        if there == self.text:
            return "same"
        seal = _SEAL_LINE.search(there)
        if seal is None or not there.startswith(self.mark) or _digest(there[: seal.start()]) != seal[2]:
            return "foreign"
        return "same" if there[: seal.start()] == self.text else "ours"

    def sealed(self, folders_made: int) -> str:
        """What is written: the text, and a line by which a change to it is seen."""
        return f"{self.text}{self.comment} {_SEAL.format(folders_made, _digest(self.text))}\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


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
            raise WiresharkError(
                f"{file.path}: mhatool didn't write it, or it was changed since; move it away, or give -o"
            )


def write(files: list[File], *, remember: bool = False, dry_run: bool = False) -> list[str]:
    """Write them all or none, and say of each what was done. With `remember` the folders made are counted."""
    refuse_foreign(files)
    with _all_or_none(files):
        return [_written(file, remember=remember, dry_run=dry_run) for file in files]


def _written(file: File, *, remember: bool, dry_run: bool) -> str:
    state = file.state()
    if state in ("same", "foreign"):
        return f"{file.path} {_LEFT[state]}."
    verb = "replace" if state == "ours" else "write"
    if dry_run:
        return f"Would {verb} {file.path}."
    _write(file, remember=remember)
    return f"{'Replaced' if verb == 'replace' else 'Wrote'} {file.path}."


def _write(file: File, *, remember: bool) -> None:
    path, made = file.path, _folders_made(file.path) if file.path.exists() else 0
    folder = path.parent
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(file.sealed(made + len(missing) if remember else 0), encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "it can't be written").lower()
        raise WiresharkError(f"{error.filename or path}: {reason}; give another folder with -o") from None


def _folders_made(path: Path) -> int:
    found = _SEAL_LINE.search(path.read_text(encoding="utf-8", errors="replace"))
    return int(found[1]) if found else 0


@contextlib.contextmanager
def _all_or_none(files: list[File]) -> Iterator[None]:
    """Where it fails half-way the files are again what they were."""
    before = {file.path: file.path.read_bytes() if file.path.is_file() else None for file in files}
    missing = {folder for file in files for folder in file.path.parents if not folder.exists()}
    try:
        yield
    except WiresharkError:
        with contextlib.suppress(OSError):
            for path, octets in before.items():
                _put_back(path, octets)
        for folder in sorted(missing, key=lambda each: -len(each.parts)):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _put_back(path: Path, octets: bytes | None) -> None:
    if octets is None:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_bytes() != octets:
        path.write_bytes(octets)


def remove(files: list[File], *, dry_run: bool = False) -> list[str]:
    """Take away what is ours, all or nothing, and the folders made for it where nothing else is in them."""
    states = {file.path: file.state() for file in reversed(files)}
    ours = [path for path, state in states.items() if state not in ("absent", "foreign")]
    if not dry_run:
        with _all_or_none(files):
            made = [_unlink(path) for path in ours]
        for path, count in zip(ours, made, strict=True):
            _remove_folders(path, count)
    return [f"{path} {_without(state)}" if path not in ours else _gone(path, dry_run) for path, state in states.items()]


def _without(state: str) -> str:
    return "isn't there." if state == "absent" else f"{_LEFT[state]}."


def _gone(path: Path, dry_run: bool) -> str:
    return f"Would remove {path}." if dry_run else f"Removed {path}."


def _unlink(path: Path) -> int:
    """How many folders were made for it."""
    made = _folders_made(path)
    try:
        path.unlink()
    except OSError as error:
        raise WiresharkError(f"{path}: {(error.strerror or 'it stays').lower()}; see who may remove it") from None
    return made


def _remove_folders(path: Path, made: int) -> None:
    with contextlib.suppress(OSError):  # not empty: somebody else uses it
        for folder in list(path.parents)[:made]:
            folder.rmdir()


# --- Wireshark's own folders ------------------------------------------------------------------------------------------


def install(profile: Profile = RFC6275, *, dry_run: bool = False) -> list[str]:
    """Put the script and the profile where Wireshark finds them, and see that tshark loads the script."""
    if not has_lua():
        raise WiresharkError("this tshark was built without Lua; install one with it, as Debian's")
    files = files_installed(folders(), profile)
    said = []
    with _all_or_none(files):
        said += write(files, remember=True, dry_run=dry_run)
        trouble = "" if dry_run else check(files[0].path, profile)
        if trouble:
            raise WiresharkError(f"tshark {version()} doesn't take the script, so it was taken away again: {trouble}")
    if not dry_run:
        said.append(f"tshark {version()} loads it and shows a test packet.")
        said.append(f'In Wireshark, choose the profile "{looks.PROFILE}" for its colours and columns.')
    return said


def uninstall(*, dry_run: bool = False) -> list[str]:
    """Take them away again."""
    return remove(files_installed(folders()), dry_run=dry_run)


def check(script: Path, profile: Profile = RFC6275) -> str:
    """What is wrong with the installed script, by a packet of ours through tshark; "" where nothing is.

    tshark's status is 0 also where a script can't be loaded: that stands on standard error.
    """
    said = run(["-G", "plugins"])
    ours = [line for line in said.lua_trouble if SCRIPT in line]
    trouble = ours[0] if ours else _which_is_loaded(said.out, script)
    return trouble or _test_packet(codes(profile)["unreachable_type"])


def _which_is_loaded(plugins: str, script: Path) -> str:
    """Of a script that returned at once, because its protocol was there already, tshark tells no version."""
    rows = [(*line.split("\t"), "", "", "")[:4] for line in plugins.splitlines()]
    scripts = {path: (name, version) for name, version, kind, path in rows if kind == "lua script"}
    if str(script) in scripts:
        return "" if scripts[str(script)][1] else 'another script has a protocol "mha": see "tshark -G plugins"'
    other = next((path for path, (name, _) in scripts.items() if name == SCRIPT), None)
    return f"it loads {other} in its place; move that away" if other else f"it doesn't look into {script.parent}"


def _test_packet(kind: int) -> str:
    with tempfile.TemporaryDirectory(prefix="mhatool-") as folder:
        capture = Path(folder) / "unreachable.pcap"
        capture.write_bytes(bytes.fromhex(_PCAP + _RECORD + _PACKET.format(kind)))
        chosen = ["-o", "mha.icmpv6:TRUE", "-o", f"mha.unreachable_type:{kind}"]  # whatever the user has turned off
        said = run(["-n", *chosen, "-r", capture, "-V"])
    shown = re.search(r"Unreachable home agent: (\S+)", said.out)
    if shown and shown[1] == _REPORTED:
        return ""
    error = re.search(r"Lua Error: .*", said.out)
    return error[0] if error else f"a test packet doesn't show {_REPORTED}{_last(said.errors)}"


def _last(errors: str) -> str:
    """What it said at the end."""
    lines = [line for line in errors.splitlines() if "dangerous" not in line]
    return f": {lines[-1]}" if lines else ""
