#!/usr/bin/env bash
# Usage: scripts/check_unit.sh
# Boots systemd in a container over this machine's files and runs packaging/mhatool@.service there, as an administrator
# would: start, reload, SIGKILL, stop. What is written goes into a layer in memory; the machine's network isn't touched.
# Needs root. The record goes to docs/unit.txt.
set -euo pipefail
. "$(dirname "$0")/common.sh"

unit='mhatool@.service'
work=/run/mhatool-check-unit

# --- in the container ---------------------------------------------------------------------------------------------------

# expect WHAT COMMAND...: a line of the record; the rest isn't tried where the command fails.
expect() {
    local what=$1
    shift
    if "$@" >/var/log/said 2>&1; then
        printf 'ok      %s\n' "$what" >>/var/log/record
    else
        printf 'failed  %s\n' "$what" >>/var/log/record
        { cat /var/log/said; journalctl --no-pager -u mhatool@agent; } >>/var/log/record 2>&1
        exit 1
    fi
}

process() { systemctl show -p MainPID --value mhatool@agent; }
status_says() { grep -qE "$1" "/proc/$(process)/status"; }
empty() { [ -z "$("$@")" ]; }
eventually() {
    local try
    for try in $(seq 100); do "$@" && return; sleep 0.1; done
    return "$try"
}

has_binding() { mhatool node show bindings --node agent | grep -q 'care_of_address 2001:db8:9::100 .*sequence_number 1 '; }
register() {
    mhatool craft bu --src 2001:db8:9::100 --dst 2001:db8:2::1 --hoa 2001:db8:2::100 --seq 1 --lifetime 60 --flags AH -w - |
        mhatool send - -i far --to "$(cat /sys/class/net/eth0/address)"
}
leads() { ip -6 route show 2001:db8:2::100 | grep -q mha-agent; }
has_read() { journalctl -u mhatool@agent | grep -q 'again: packet_rate'; }
network() { ip -6 address show scope global; ip -6 rule; ip -6 route show table all; nft list ruleset; }

make_machine() {
    ip link set lo up
    sysctl -qw net.ipv6.conf.default.accept_dad=0
    ip link add eth0 type veth peer name far
    ip link set eth0 up
    ip link set far up
    ip -6 route add 2001:db8:9::/64 dev eth0
    useradd --system --no-create-home --shell /usr/sbin/nologin mhatool
    mkdir -p /etc/mhatool
    mhatool node example ha | sed 's/"ha1"/"agent"/; s|^insecure = true.*|&\nstate = "/var/lib/mhatool/agent.state"|' \
        >/etc/mhatool/agent.toml
}

in_container() {
    trap 'systemctl poweroff --no-block' EXIT
    printf '%s, Linux %s\n' "$(systemctl --version | head -n 1)" "$(uname -r)" >/var/log/record
    make_machine
    local before
    before=$(network)
    expect 'starts, and tells systemd when it is up' systemctl start mhatool@agent
    expect 'runs as user mhatool' status_says "^Uid:[[:space:]]$(id -u mhatool)[[:space:]]"
    expect 'has CAP_NET_ADMIN and CAP_NET_RAW, and nothing else' status_says '^CapEff:[[:space:]]0*3000$'
    expect 'can gain no rights, and its system calls are filtered' status_says '^Seccomp:[[:space:]]2$'
    expect 'takes a Binding Update' register
    expect 'has the binding' eventually has_binding
    expect 'leads the home address into a tunnel' eventually leads
    sed -i '1i packet_rate = 50' /etc/mhatool/agent.toml
    expect 'reads its file again' systemctl reload mhatool@agent
    expect 'says what is otherwise now' eventually has_read
    expect 'is killed' kill -KILL "$(process)"
    expect 'is started again' eventually mhatool node show stats --node agent
    expect 'has its binding still' has_binding
    expect 'stops' systemctl stop mhatool@agent
    expect 'leaves addresses, rules, routes and tables as they were' [ "$(network)" = "$before" ]
    expect 'leaves no file but its state' empty ls /run/mhatool
}

# --- in a mount namespace -----------------------------------------------------------------------------------------------

boot() {
    mount -t tmpfs tmpfs "$work"
    mkdir -p "$work"/{layer,scratch,root} "$work/layer"/{etc/systemd/system,usr/local/bin,var/log}
    cp "packaging/$unit" "$work/layer/etc/systemd/system/"
    ln -s "$PWD/.venv/bin/mhatool" "$work/layer/usr/local/bin/mhatool"
    printf '[Service]\nType=oneshot\nExecStart=/bin/bash %s --in-container\n' "$PWD/scripts/check_unit.sh" \
        >"$work/layer/etc/systemd/system/check.service"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$work/layer,workdir=$work/scratch" "$work/root"
    mknod -m 666 "$work/tun" c 10 200  # as udev makes it; here it may be root's alone
    if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
        umount -R /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
    fi
    timeout 120 systemd-nspawn --quiet --register=no --keep-unit --private-network --directory="$work/root" \
        --capability=CAP_NET_ADMIN,CAP_NET_RAW --bind="$work/tun:/dev/net/tun" \
        --boot systemd.unit=check.service >"$work/console" 2>&1 || { tail -n 20 "$work/console" >&2; return 1; }
    cat "$work/layer/var/log/record"
}

case ${1:-} in
    --in-container) in_container ;;
    --boot) boot ;;
    *)
        [ "$(id -u)" = 0 ] || fail 'needs root, for a container.'
        command -v systemd-nspawn >/dev/null || apt_install systemd-container ||
            fail 'needs systemd-nspawn: apt-get install systemd-container'
        mkdir -p "$work"
        trap 'rmdir "$work"' EXIT
        unshare --mount --propagation private scripts/check_unit.sh --boot | tee docs/unit.txt
        ! grep -q ^failed docs/unit.txt
        ;;
esac
