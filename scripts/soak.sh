#!/usr/bin/env bash
# Usage: scripts/soak.sh [PART...]
# The long runs, all or some of them: `tests` are those marked soak, `search` draws networks and misfortunes from
# SOAK_SEEDS (default 10000) seeds, a thousand in each process, `fuzz` lets the coverage-guided fuzzer work for
# SOAK_SECONDS (default 600). Each leaves its record in docs/soak/.
set -euo pipefail
. "$(dirname "$0")/common.sh"

run_tests() {
    .venv/bin/python -m pytest --no-header -m soak --timeout 0 --hypothesis-profile soak
}

run_search() {
    # shellcheck disable=SC2016  # expanded by the inner shell
    seq 1 1000 "${SOAK_SEEDS:-10000}" | xargs -P "$(nproc)" -I '{}' sh -c '
        left=$(($2 - $1 + 1))
        .venv/bin/mhatool simulate --search "$((left < 1000 ? left : 1000))" --seed "$1"
    ' sh '{}' "${SOAK_SEEDS:-10000}"
}

run_fuzz() {
    .venv/bin/python tests/fuzz/fuzz_frames.py "-max_total_time=${SOAK_SECONDS:-600}" -print_final_stats=1 2>&1 |
        grep -E "^(Done|stat::|crash|==|.*[Ee]rror)"  # not each step of libFuzzer
}

soak() {
    local begin=$SECONDS status=0
    printf 'mhatool soak, %s, %s, commit %s\n\n' "$1" "$(date -u +%F)" "$(git rev-parse --short HEAD)"
    "run_$1" 2>&1 || status=$?
    printf '\n%s after %d s\n' "$([ "$status" = 0 ] && echo passed || echo failed)" "$((SECONDS - begin))"
    return "$status"
}

[ $# -gt 0 ] || set -- tests search fuzz
mkdir -p docs/soak
failed=()
for part; do
    declare -F "run_$part" >/dev/null || fail "no part called $part: tests, search, fuzz"
    # The record is committed: it names no folder of the machine that ran it.
    soak "$part" | sed "s|$PWD|.|g" | tee "docs/soak/$part.txt" || failed+=("$part")
done
[ ${#failed[@]} = 0 ] || fail "failed: ${failed[*]}"
