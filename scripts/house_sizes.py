"""Print how large modules and functions are; fail where one passes the hard limit.

Large is where a noun is missing: over the soft limit it is worth a look, over the hard one it is a failure.
"""

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("dissectors", "mhatool")


@dataclass(frozen=True, slots=True)
class Size:
    """So many lines, at this place."""

    lines: int
    place: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Lines: a warning over `soft`, a failure over `hard`."""

    soft: int
    hard: int


def functions(path: Path, source: str) -> Iterator[Size]:
    """Yield each function of a module, methods and inner ones too, docstring included and decorators not."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Size(lines, f"{path}:{node.lineno} {node.name}")


def report(kind: str, sizes: list[Size], limits: Limits) -> bool:
    """Print the summary of one kind, and whatever is over a limit; return whether all is within the hard one."""
    if not sizes:
        print(f"{kind}: none")
        return True
    ordered = sorted(sizes, key=lambda size: size.lines)
    median = statistics.median(size.lines for size in ordered)
    ninetieth = ordered[(len(ordered) * 9 - 1) // 10].lines
    longest = ordered[-1]
    print(
        f"{kind}: {len(ordered)}, median {median:g} lines, 90 % within {ninetieth}, "
        f"longest {longest.lines} ({longest.place})"
    )
    for size in reversed(ordered):
        if size.lines > limits.soft:
            verdict = "FAILURE" if size.lines > limits.hard else "warning"
            limit = limits.hard if size.lines > limits.hard else limits.soft
            print(f"  {verdict}: {size.lines} lines, over {limit}: {size.place}")
    return longest.lines <= limits.hard


def main() -> int:
    """Measure both packages; return the exit status."""
    module_sizes: list[Size] = []
    function_sizes: list[Size] = []
    for package in PACKAGES:
        for path in sorted(Path(package).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            module_sizes.append(Size(source.count("\n"), str(path)))
            function_sizes.extend(functions(path, source))
    modules_fit = report("modules", module_sizes, Limits(soft=400, hard=500))
    functions_fit = report("functions", function_sizes, Limits(soft=40, hard=80))
    return 0 if modules_fit and functions_fit else 1


if __name__ == "__main__":
    sys.exit(main())
