#!/usr/bin/env bash
# Usage: scripts/test.sh [PYTEST ARGUMENTS]
# Installs what the tests need from the system, then runs them. Where it can't, it says what is missing and leaves out,
# by their markers, the tests that need it. Nothing is ever left out with CI=true.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# missing: the lines of system_packages.txt whose command isn't there.
missing() {
    local marker package command
    while read -r marker package command; do
        command -v "$command" >/dev/null || printf '%s %s %s\n' "$marker" "$package" "$command"
    done < <(grep -v '^#' scripts/system_packages.txt)
}

packages=$(missing | awk '{ print $2 }' | sort -u)
# shellcheck disable=SC2086  # a list of words
if [ -n "$packages" ]; then apt_install $packages || true; fi

selection='not soak'
while read -r marker package command; do
    printf 'Left out: tests marked %s, because %s is missing (as root: apt-get install %s).\n' \
        "$marker" "$command" "$package"
    selection+=" and not $marker"
done < <(missing)

if [ "$(id -u)" != 0 ]; then
    printf 'Left out: tests marked root, because only root may make network namespaces.\n'
    selection+=' and not root'
fi

if [ "${CI:-}" = true ] && [ "$selection" != 'not soak' ]; then
    fail 'with CI=true no test may be left out.'
fi

# No more processes than cores: labs keep real time beside the others.
exec .venv/bin/python -m pytest -n "${JOBS:-$(nproc)}" -m "$selection" "$@"
