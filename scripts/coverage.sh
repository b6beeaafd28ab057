#!/usr/bin/env bash
# Usage: scripts/coverage.sh [PYTEST ARGUMENTS]
# Branch coverage of what knows bytes and of the engine, by their own tests; fails where a package has under 95 %, and
# names the lines that no test reaches.
set -euo pipefail
. "$(dirname "$0")/common.sh"

report=$(mktemp)
trap 'rm -f "$report"' EXIT

status=0
.venv/bin/python -m pytest -n "${JOBS:-$(nproc)}" -q \
    --cov=dissectors --cov=mhatool.engine --cov=mhatool.protocol --cov-branch \
    --cov-report=term-missing:skip-covered --cov-report="json:$report" \
    tests/dissectors tests/mhatool/protocol tests/mhatool/engine tests/mhatool/network "$@" || status=$?
.venv/bin/python scripts/branches.py "$report"
exit "$status"
