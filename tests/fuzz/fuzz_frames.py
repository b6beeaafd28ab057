"""The coverage-guided fuzzer: `python tests/fuzz/fuzz_frames.py -max_total_time=60` (libFuzzer's flags).

It begins with every vector and shipped capture; a failing input is left as `crash-*` and replayed by naming it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["dissectors"]):
    import dissectors.build
    import dissectors.records
    import dissectors.walk  # noqa: F401

from tests.fuzz.corpus import corpus
from tests.fuzz.target import read


def fuzz(data: bytes) -> None:
    """One input: the first octet chooses the profile."""
    if data:
        read(data[1:], "kame2003" if data[0] & 1 else "rfc6275")


def main() -> None:
    """Write the corpus, then fuzz until libFuzzer's limits."""
    with tempfile.TemporaryDirectory() as folder:
        for number, octets in enumerate(corpus()):
            (Path(folder) / f"{number:04d}").write_bytes(b"\0" + octets)
        arguments = [*sys.argv, folder] if not any(Path(a).is_file() for a in sys.argv[1:]) else sys.argv
        atheris.Setup(arguments, fuzz)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
