#!/usr/bin/env bash
# Judges a capture of a real mobile node and tells its story.
set -euo pipefail
. "$(dirname "$0")/common.sh"

capture=captures/umip/tour-mn.pcap

printf '$ mhatool validate %s\n' "$capture"
status=0
.venv/bin/mhatool validate "$capture" || status=$?
# 1 says that there are findings: that is an answer, not a failure.
[ "$status" -le 1 ] || exit "$status"

printf '\n$ mhatool timeline %s --style text\n' "$capture"
.venv/bin/mhatool timeline "$capture" --style text
