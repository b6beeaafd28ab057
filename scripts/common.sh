# shellcheck shell=bash
# Sourced by the scripts beside it: works from the top of the checkout, and knows how to ask the system for a package.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# Where daemons live, for a user whose PATH leaves it out.
PATH=$PATH:/usr/sbin:/sbin

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

can_be_root() {
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# apt_install PACKAGE...: fails, without a word, where this system or this user can't.
apt_install() {
    command -v apt-get >/dev/null && can_be_root || return 1
    printf 'Installing with apt: %s\n' "$*" >&2
    # shellcheck disable=SC2016  # expanded by the inner shell
    as_root sh -c '
        # Asked by every package before it starts a service: 101 is "no".
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap "rm -f $policy" EXIT
            printf "#!/bin/sh\nexit 101\n" >"$policy"
            chmod +x "$policy"
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq || exit
        for package; do  # one that this system has not must not keep the others away
            shift
            if apt-cache show "$package" >/dev/null 2>&1; then set -- "$@" "$package"; fi
        done
        apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >/dev/null
    ' sh "$@"
}
