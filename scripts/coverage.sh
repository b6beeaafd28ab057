#!/usr/bin/env bash
# Usage: scripts/coverage.sh [PYTEST ARGUMENTS]
# Branch coverage of what knows bytes and of the engine, by their own tests; fails under 95 %, and names the lines that
# no test reaches.
set -euo pipefail
. "$(dirname "$0")/common.sh"

exec .venv/bin/python -m pytest -n "${JOBS:-$(nproc)}" -q \
    --cov=dissectors --cov=mhatool.engine --cov=mhatool.protocol --cov-branch \
    --cov-report=term-missing:skip-covered --cov-fail-under=95 \
    tests/dissectors tests/mhatool/protocol tests/mhatool/engine tests/mhatool/network "$@"
