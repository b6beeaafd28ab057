"""`python -m tests.recipes`: writes captures/rules/ and captures/scenarios/, the same octets each time."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from mhatool.capture import PcapngWriter
from tests.recipes import every, scenarios
from tests.recipes.example import Example, Packet

FOLDER = Path(__file__).parents[2] / "captures" / "rules"
START_NS = 1_767_225_600 * 1_000_000_000
"""2026-01-01T00:00:00Z."""
RAW = 101

HEAD = """\
# For each rule of `mhatool validate` a small capture that keeps it and one that breaks it: the same packets with one
# change. Written by `make captures` from tests/recipes/, which says in octets how each is made; edit there.
#
# frames: where the breaking capture must be found fault with, one finding of the rule for each. also: other rules of
# level error that must fire then, and why. Nothing else of that level may. The captures are raw IPv6, as from a link at
# which all packets pass; all addresses are of 2001:db8::/32 (RFC 3849).
"""


def files() -> dict[str, bytes]:
    """Every file of the folder by its name."""
    found = {}
    for example in every.examples():
        found[name_of(example, "keeps")] = capture(example.clean, {})
        remarks = dict.fromkeys(example.at, f"{example.rule}: {example.breaks}")
        found[name_of(example, "breaks")] = capture(example.broken, remarks)
    found["MANIFEST.toml"] = manifest().encode()
    return found


def name_of(example: Example, kind: str) -> str:
    return f"{example.rule}.{kind}.pcapng"


def capture(packets: tuple[Packet, ...], remarks: dict[int, str]) -> bytes:
    stream = io.BytesIO()
    writer = PcapngWriter(stream, application="mhatool")
    for frame, (seconds, octets) in enumerate(packets, 1):
        writer.write(START_NS + round(seconds * 1e9), RAW, octets, comment=remarks.get(frame))
    return stream.getvalue()


def manifest() -> str:
    return HEAD + "".join(entry(example) for example in every.examples())


def entry(example: Example) -> str:
    lines = ["", f"[{example.rule}]"]
    if example.profile != "rfc6275":
        lines.append(f"profile = {quoted(example.profile)}")
    lines.append(f"keeps = {quoted(example.keeps)}")
    lines.append(f"breaks = {quoted(example.breaks)}")
    lines.append(f"frames = {list(example.at)}")
    for key, rules in (("also", example.also), ("clean_also", example.clean_also)):
        if rules:
            lines += [f"[{example.rule}.{key}]", *(f"{id_} = {quoted(why)}" for id_, why in sorted(rules.items()))]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def main() -> int:
    wanted = files()
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        if old.name not in wanted:
            old.unlink()
    for name, octets in wanted.items():
        (FOLDER / name).write_bytes(octets)
    scenarios.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
