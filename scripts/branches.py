"""Print how many branches of each package are taken, from coverage's JSON report; fail where one has under 95 %.

coverage's own figure counts lines as well, and all packages together: a package could hide behind another one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LEAST = 95.0
PACKAGES = ("dissectors", "mhatool/engine", "mhatool/protocol")


def taken(files: dict[str, Any], package: str) -> tuple[int, int]:
    """The branches that tests take in a package, and all that it has."""
    found = [report["summary"] for name, report in files.items() if name.startswith(f"{package}/")]
    return sum(each["covered_branches"] for each in found), sum(each["num_branches"] for each in found)


def main(path: str) -> int:
    """Read the report; the status: 1 where a package has too few."""
    files = json.loads(Path(path).read_text("utf-8"))["files"]
    status = 0
    for package in PACKAGES:
        covered, branches = taken(files, package)
        percent = 100 * covered / branches
        print(f"{package}: {covered:,} of {branches:,} branches, {percent:.1f} %")
        if percent < LEAST:
            print(f"{package}: {LEAST:g} % are wanted", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
