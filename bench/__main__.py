"""`python -m bench`: every measurement, as one table. Absolute figures are of one machine; ratios hold elsewhere."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import decode, engine, forwarding, memory, plugin, report, rivals, scan, signalling, start
from bench.files import NoRoomError, workspace
from bench.others import Others
from bench.process import FailedError
from bench.result import Result, WrongAnswerError

GROUPS = {
    "decode": decode.results,
    "start": start.results,
    "scan": scan.results,
    "signalling": signalling.results,
    "memory": memory.results,
    "plugin": plugin.results,
    "engine": engine.results,
    "forwarding": forwarding.results,
}
QUICK = 0.1


def main() -> int:
    """Measure, print the table, write the file; 1 where a promise isn't kept, 2 where nothing can be measured."""
    wanted, others = _arguments(), Others()
    absent = rivals.missing()
    try:
        if wanted.readme:
            report.rewrite_readme()
            return 0
        if absent:
            return _fail(f"{', '.join(absent)}: not installed; `make test` installs what the measurements need")
        results, failures = _measure(wanted.only or list(GROUPS), QUICK if wanted.quick else 1.0)
    except (NoRoomError, report.NoBlockError, OSError) as error:
        return _fail(str(error))
    report.print_table(results)
    if others.warning is not None:
        print(f"bench: {others.warning}", file=sys.stderr)
    file = wanted.output or (None if wanted.only or wanted.quick or failures else report.FILE)
    if file is not None:
        report.write(results, file, others.cores)
        then = "; `python -m bench --readme` puts them into the README" if file == report.FILE else ""
        print(f"bench: the figures are in {file}{then}", file=sys.stderr)
    for failure in failures + [_broken(each) for each in results if not each.held]:
        print(f"bench: {failure}", file=sys.stderr)
    return 1 if failures or not all(each.held for each in results) else 0


def _broken(result: Result) -> str:
    """A promise that isn't kept."""
    promised = report.promise(result.required) if result.required is not None else "nothing"
    return f"{result.key}: {report.comparison(result.ratio)} beside {result.peer}; promised: {promised}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=GROUPS, help="one group of measurements; may be repeated")
    parser.add_argument("--quick", action="store_true", help="a tenth of the data; ratios mean less then")
    parser.add_argument("--output", type=Path, help="where to write the figures (a whole run: docs/bench.json)")
    parser.add_argument("--readme", action="store_true", help="only put docs/bench.json into the README")
    return parser.parse_args()


def _measure(groups: list[str], scale: float) -> tuple[list[Result], list[str]]:
    """All results of these groups, and what kept others from being measured."""
    results: list[Result] = []
    failures: list[str] = []
    for group in groups:
        with workspace(scale) as folder:
            try:
                for result in GROUPS[group](folder, scale):
                    print(f"bench: {result.what}: done", file=sys.stderr)
                    results.append(result)
            except (WrongAnswerError, FailedError) as error:
                failures.append(f"{group}: {error}")
    return results, failures


def _fail(message: str) -> int:
    print(f"bench: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
