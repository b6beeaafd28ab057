#!/usr/bin/env bash
# Usage: scripts/demo_live.sh [OPTIONS OF mhatool lab run]
# A home agent dies on the paper's testbed, live, with real routers: a table in the terminal, then a report. Needs root
# and a few commands; without them it says what is missing, and what shows the same in virtual time.
set -euo pipefail
. "$(dirname "$0")/common.sh"

missing=()
[ "$(id -u)" = 0 ] || missing+=("root, who alone may make network namespaces: sudo make demo-live")
while read -r command package; do
    command -v "$command" >/dev/null || missing+=("$command: apt-get install $package")
done <<'END'
ip iproute2
bird bird2
nft nftables
ethtool ethtool
dumpcap tshark
END
.venv/bin/python -c 'import pyroute2' 2>/dev/null || missing+=("pyroute2: make setup")

if [ ${#missing[@]} -gt 0 ]; then
    printf 'The live testbed needs:\n' >&2
    printf '  %s\n' "${missing[@]}" >&2
    printf 'The same story in virtual time needs none of it:\n' >&2
    printf '  .venv/bin/mhatool simulate ha-failure-three\n' >&2
    exit 1
fi

exec .venv/bin/mhatool lab run failure --watch --out build/demo-live "$@"
