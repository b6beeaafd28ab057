"""`python -m bench`: every measurement, as one table. Absolute figures are of one machine; ratios hold elsewhere."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from bench import decode, start


def main() -> int:
    """Run all and print the table; a missing peer is named, never passed over in silence."""
    table = Table("measurement", "ours", "peer", "peer's", "ratio", "runs", title="mhatool against its peers (medians)")
    for result in [*decode.results(), *start.results()]:
        table.add_row(result.what, result.ours, result.peer, result.theirs, f"{result.ratio:.2f} x", str(result.runs))
    Console(width=150 if not sys.stdout.isatty() else None).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
