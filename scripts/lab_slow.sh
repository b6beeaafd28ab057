#!/usr/bin/env bash
# Usage: scripts/lab_slow.sh
# A home agent dies on the live testbed, first with BFD in the routers, then with RIPng's default timers alone, which takes
# four minutes. What it prints goes to docs/lab-slow.txt as well.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ "$(id -u)" = 0 ] || fail 'needs root, for network namespaces: sudo make lab-slow'

measure() {
    printf 'mhatool lab-slow, %s, commit %s\n' "$(date -u +%F)" "$(git rev-parse --short HEAD)"
    local experiment
    for experiment in failure failure-slow; do
        printf '\n'
        .venv/bin/mhatool lab run "$experiment" --out "build/lab-slow/$experiment" --lab slow
    done
}

# The record is committed: what it says of packets and files is left to the report.
measure | grep -v -e pcapng -e '^report:' | tee docs/lab-slow.txt
