#!/usr/bin/env bash
# Runs every gate, also after one has failed, and says at the end which did.
set -euo pipefail
. "$(dirname "$0")/common.sh"
PATH=$PWD/.venv/bin:$PATH

failed=()
gate() {
    printf '\n== %s\n' "$*"
    "$@" || failed+=("$*")
}

gate ruff check --quiet .
gate ruff format --check --quiet .
gate mypy
gate lint-imports
gate codespell
gate python scripts/house_sizes.py

if [ ${#failed[@]} -gt 0 ]; then
    printf '\nFailed: %s\n' "${failed[@]}" >&2
    exit 1
fi
printf '\nAll gates passed.\n'
