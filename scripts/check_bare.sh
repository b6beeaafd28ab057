#!/usr/bin/env bash
# Usage: scripts/check_bare.sh [SUITE] [MIRROR]
# Shows that a newcomer's commands work on a bare machine: in a chroot with nothing but git, make and ca-certificates
# added to the smallest SUITE (default bookworm), clones the last commit, runs `make demo` twice and `make test`.
# What this machine needs to reach its package registries (apt, pip, certificates, proxies) is handed on; MIRROR
# defaults to where this machine's own apt gets that suite. Needs root. Leaves nothing behind.
set -euo pipefail
. "$(dirname "$0")/common.sh"

home_of_clone=/src/mhatool

# --- inside: in a mount and a process namespace of our own, which end, with all in them, when we do ---------------------

build_chroot() {
    local log=$root/../debootstrap.log
    mkdir "$root"
    debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$root" "$mirror" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "debootstrap failed"
    }
    # A mount of its own, because `ip netns exec` inside changes how / is shared.
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
}

# copy_as_is FILE...: those that exist, to the same place.
copy_as_is() {
    local file
    for file; do
        [ ! -f "$file" ] || install -D -m 644 "$file" "$root$file"
    done
}

hand_on_network() {
    copy_as_is /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt \
        "${PIP_CERT:-}" "${SSL_CERT_FILE:-}" "${REQUESTS_CA_BUNDLE:-}" "${CURL_CA_BUNDLE:-}"
}

hand_on_apt() {
    # Proxies and the like, but not which indexes to fetch.
    apt-config dump Acquire | grep -v '^Acquire::IndexTargets' >"$root/etc/apt/apt.conf.d/99from-the-host"
    # Its sources only where they are for the same system; else debootstrap's own stay.
    if [ "$suite" = "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" ]; then
        rm -f "$root/etc/apt/sources.list"
        copy_as_is /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} \
            /etc/apt/{auth.conf.d,trusted.gpg.d,keyrings}/* /etc/apt/trusted.gpg /usr/share/keyrings/*
    fi
}

pip_files() {
    printf '%s\n' /etc/pip.conf /etc/xdg/pip/pip.conf "$HOME/.pip/pip.conf" \
        "${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf" "${PIP_CONFIG_FILE:-}"
}

# Folders of wheels or indexes on this machine that pip's settings name. An index refers to files beside it.
pip_folders() {
    local folder
    { pip_files | xargs -d '\n' cat 2>/dev/null || true; env | grep '^PIP_' || true; } |
        grep -oE '(file://)?/[^][ ,"=]+' | sed 's|^file://||; s|/simple/*$||' | sort -u |
        while read -r folder; do
            [ ! -d "$folder" ] || printf '%s\n' "$folder"
        done
}

hand_on_pip() {
    local file folder
    while read -r file; do
        [ ! -f "$file" ] || install -D -m 644 "$file" "$root${file/#$HOME//root}"
    done < <(pip_files)
    while read -r folder; do
        mkdir -p "$root$folder"
        mount -o bind,ro "$folder" "$root$folder"
    done < <(pip_folders)
}

clone_checkout() {
    git clone --quiet --no-local . "$root$home_of_clone"
    if [ -d ../shared ]; then
        mkdir -p "$root/src/shared"
        mount -o bind,ro ../shared "$root/src/shared"
    fi
}

# bare COMMAND: in the chroot, with an environment of its own and what reaches the registries.
bare() {
    local handed_on
    mapfile -t handed_on < <(env | grep -iE '^(PIP_|[a-z]+_proxy=|SSL_CERT_|REQUESTS_CA_BUNDLE=|CURL_CA_BUNDLE=)')
    chroot "$root" /usr/bin/env -i CI=true HOME=/root LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${handed_on[@]}" \
        sh -c "cd $home_of_clone && $1" </dev/null
}

# timed COMMAND: its time in milliseconds is left in $took.
timed() {
    local start
    start=$(date +%s%3N)
    printf '\n== %s\n' "$1"
    bare "$1" || fail "'$1' failed on bare $suite"
    took=$(($(date +%s%3N) - start))
}

inside() {
    root=$1 suite=$2 mirror=$3
    printf '== a bare %s\n' "$suite"
    build_chroot
    hand_on_network
    hand_on_apt
    hand_on_pip
    clone_checkout
    if bare 'command -v python3' >/dev/null; then echo 'It came with python3.'; else echo 'It has no python3.'; fi

    local summary=''
    timed 'make demo' && summary+="make demo, first time:  $took ms"$'\n'
    timed 'make demo' && summary+="make demo, second time: $took ms"$'\n'
    [ "$took" -lt 5000 ] || fail "the second 'make demo' took $took ms; 5000 is the limit"
    timed 'make test' && summary+="make test:              $took ms"$'\n'
    printf '\n== all of it works on bare %s\n%s' "$suite" "$summary"
}

# --- outside -----------------------------------------------------------------------------------------------------------

outside() {
    local suite=${1:-bookworm} mirror=${2:-}
    [ "$(id -u)" = 0 ] || fail 'needs root, for debootstrap and chroot.'
    command -v debootstrap >/dev/null || apt_install debootstrap || fail 'needs debootstrap: apt-get install debootstrap'
    # shellcheck disable=SC2016  # apt-get's own variables
    mirror=${mirror:-$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk -v suite="$suite" '$1 == suite && $2 == "main" { print $3; exit }')}
    [ -n "$mirror" ] || fail "this machine's apt doesn't know $suite: run 'apt-get update', or give a mirror as MIRROR=."

    work=$(mktemp -d)
    trap clean_up EXIT
    trap 'stop; exit 130' INT TERM
    # In the background, because bash puts a signal off until a command in the foreground is done.
    unshare --mount --pid --fork --kill-child --mount-proc \
        scripts/check_bare.sh --inside "$work/root" "$suite" "$mirror" &
    namespace=$!
    wait "$namespace"
}

# Ends the first process of the namespace; the kernel ends all others in it before that counts as done.
stop() {
    # shellcheck disable=SC2046  # a list of words
    kill -KILL $(cat "/proc/$namespace/task/$namespace/children") 2>/dev/null || true
    wait "$namespace" || true
}

# The mounts are gone with their namespace, and were never visible here. Should one be, nothing is removed.
clean_up() {
    if grep -qF " $work/" /proc/self/mounts; then
        printf 'Something is still mounted under %s; remove it by hand.\n' "$work" >&2
    else
        rm -rf --one-file-system "$work"
    fi
}

if [ "${1:-}" = --inside ]; then
    shift
    inside "$@"
else
    outside "$@"
fi
