#!/usr/bin/env bash
# The long run: the tests marked soak, the search for faults over SOAK_SEEDS (default 10000) seeds, a thousand in each
# process, then the coverage-guided fuzzer. SOAK_SECONDS (default 600) is the fuzzer's time.
set -euo pipefail
. "$(dirname "$0")/common.sh"

search() {
    printf '\nSearching for faults\n'
    local seeds="${SOAK_SEEDS:-10000}" first status=0
    for ((first = 1; first <= seeds; first += 1000)); do
        .venv/bin/mhatool simulate --search "$((seeds - first < 999 ? seeds - first + 1 : 1000))" --seed "$first" 2>&1 || status=$?
    done
    return "$status"
}

soak() {
    printf 'mhatool soak, %s, commit %s\n\n' "$(date -u +%F)" "$(git rev-parse --short HEAD)"
    .venv/bin/python -m pytest --no-header -m soak --timeout 0 --hypothesis-profile soak
    search
    printf '\nFuzzing frames for %s s\n' "${SOAK_SECONDS:-600}"
    .venv/bin/python tests/fuzz/fuzz_frames.py "-max_total_time=${SOAK_SECONDS:-600}" -print_final_stats=1 2>&1 |
        grep -E "^(Done|stat::|crash|==|.*[Ee]rror)"  # not each step of libFuzzer
}

mkdir -p docs
# The record is committed: it names no folder of the machine that ran it.
soak 2>&1 | sed "s|$PWD|.|g" | tee docs/soak.txt
