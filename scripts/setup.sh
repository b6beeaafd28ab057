#!/usr/bin/env bash
# Usage: scripts/setup.sh [dev]
# Makes .venv with mhatool in it, editable, at the versions of constraints.txt; with `dev` also what tests and gates need.
# PYTHON=... chooses the interpreter. Else the distribution's comes first: it is built with profile-guided optimisation,
# and up to twice as fast as one that was compiled with the defaults, as a version manager does.
set -euo pipefail
. "$(dirname "$0")/common.sh"

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

# ensurepip, because Debian ships a python3 whose venv module is there and fails.
find_python() {
    local candidate
    local candidates=(/usr/bin/python3 python3 python3.13 python3.12 python3.11)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        if "$candidate" -c "import venv, ensurepip; $new_enough" 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    local python
    if ! python=$(find_python); then
        [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is no Python 3.11 or newer with its modules venv and ensurepip."
        apt_install python3 python3-venv ||
            fail "needs Python 3.11 or newer with its venv module. As root: 'apt-get install python3 python3-venv';" \
                "or name one: 'make setup PYTHON=/path/to/python3'."
        python=$(find_python) ||
            fail "this system's python3 is older than 3.11. Name a newer one: 'make setup PYTHON=/path/to/python3'."
    fi
    rm -rf .venv
    "$python" -m venv .venv
    printf '%s' "${PYTHON:-}" > .venv/.python
}

# Whether .venv is whole, and was made here: its scripts hold the path of the folder. Another PYTHON makes another one.
is_usable() {
    [ "$(cat .venv/.place 2>/dev/null)" = "$PWD" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(cat .venv/.python 2>/dev/null)" = "$PYTHON" ] || return 1
    .venv/bin/python -c "$new_enough" && .venv/bin/python -m pip --version
}

# Where a machine's pip installs, and whether, is its own affair; here it is .venv. Its index, proxy and so on hold.
unset PIP_TARGET PIP_PREFIX PIP_ROOT
export PIP_USER=0 PIP_NO_DEPS=0 PIP_DRY_RUN=0

pip_install() {
    # Twice quiet: warnings about a machine's own pip settings are noise here; errors are still shown.
    .venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt "$@"
}

is_usable >/dev/null 2>&1 || make_venv
printf 'Installing into .venv: mhatool%s\n' "${1:+ with what its tests and gates need}" >&2
# The build backend comes from here, at its pinned version, and not from an environment that pip makes of the newest.
pip_install setuptools
pip_install --no-build-isolation --editable ".[live,view${1:+,$1}]"
# Compiled once here: where Python may not write its cache (PYTHONDONTWRITEBYTECODE), every start would compile again.
.venv/bin/python -m compileall -q mhatool dissectors
.venv/bin/mhatool --version >/dev/null || fail "what was installed doesn't work: 'make clean', and again."
printf '%s' "$PWD" > .venv/.place
