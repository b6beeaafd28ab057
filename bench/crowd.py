"""The scenario `crowd` in a process of its own: datagrams that came to a machine, and processor time; prints JSON."""

from __future__ import annotations

import json
import sys
from time import process_time

from mhatool.network.scenario import load
from mhatool.network.scenario.run import Run


def main() -> None:
    """`python -m bench.crowd SECONDS`: so much of it."""
    run = Run(load("crowd", [f"duration_s={sys.argv[1]}"]))
    begin = process_time()
    run.happen()
    took = process_time() - begin
    links = run.build.network.links.values()
    print(json.dumps({"datagrams": sum(link.delivered for link in links), "cpu_s": took}))


if __name__ == "__main__":
    main()
