#!/usr/bin/env bash
# Usage: scripts/screenshots.sh
# Pictures of real Wireshark with the plugin, under a virtual display, for docs/wireshark.md: a Binding Update with
# several home agents and a Home Agent Unreachable. In an account of its own; needs wireshark, xvfb, xdotool and
# imagemagick.
set -euo pipefail
. "$(dirname "$0")/common.sh"

width=1000 height=1230
work=$(mktemp -d)
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config XDG_RUNTIME_DIR=$work/run
mkdir -p -m 700 "$HOME" "$XDG_RUNTIME_DIR"
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

for command in wireshark Xvfb xdotool import; do
    command -v "$command" >/dev/null || fail "needs $command: apt-get install wireshark xvfb xdotool imagemagick"
done

mhatool() { "$PWD/.venv/bin/mhatool" "$@"; }

make_captures() {
    local agents=(--home-agent 2001:db8:1::1 --home-agent 2001:db8:2::1)
    local nodes=(--src 2001:db8:f1::99 --dst 2001:db8:1::1 --hoa 2001:db8:1::99)
    mhatool craft bu "${nodes[@]}" --seq 7 --lifetime 420 "${agents[@]}" --alt-coa 2001:db8:f1::99 \
        --time 2026-11-01T09:00:00Z -w "$work/bu.pcapng"
    mhatool craft ba --src 2001:db8:1::1 --dst 2001:db8:f1::99 --hoa 2001:db8:1::99 --seq 7 --lifetime 420 \
        --time 2026-11-01T09:00:00.125Z -w "$work/ba.pcapng"
    mhatool craft ha-unreachable --src 2001:db8:2::1 --dst 2001:db8:f1::99 --hoa 2001:db8:1::99 \
        --unreachable 2001:db8:1::1 --identifier 5 --time 2026-11-01T09:01:30Z -w "$work/unreachable.pcapng"
    mergecap -w "$work/all.pcapng" "$work/bu.pcapng" "$work/ba.pcapng" "$work/unreachable.pcapng"
}

start_display() {
    Xvfb -displayfd 3 -screen 0 ${width}x${height}x24 -nolisten tcp 3>"$work/display" 2>"$work/xvfb.log" &
    started+=($!)
    for _ in $(seq 100); do
        [ -s "$work/display" ] && break
        sleep 0.1
    done
    DISPLAY=:$(cat "$work/display")
    export DISPLAY
}

# settled FILE: take pictures until two in a row are the same.
settled() {
    local before='' now
    for _ in $(seq 40); do
        sleep 0.5
        import -silent -window root "$1"
        now=$(convert "$1" rgb:- | sha256sum)
        [ "$now" != "$before" ] || return 0
        before=$now
    done
    fail "Wireshark's window never came to rest"
}

# bar_of FILE: at which height the bar between list and tree lies: behind the frame of the list, about half way down.
bar_of() {
    local from=$((height * 2 / 5))
    convert "$1" -crop "1x$((height / 4))+$((width / 2))+$from" +repage txt:- |
        awk -F '[,:]' -v from=$from '/#B8B8B8/ { print from + $2 + 2; exit }'
}

# picture FRAME FILE: the tree of a frame, all of it open, down to its end.
picture() {
    wireshark -C 'Mobile IPv6' -o gui.layout_content_3:NONE -o gui.update.enabled:FALSE \
        -r "$work/all.pcapng" -g "$1" >"$work/wireshark.log" 2>&1 &
    local pid=$! window
    started+=($pid)
    window=$(timeout 60 xdotool search --sync --onlyvisible --name all.pcapng | tail -n 1) || fail 'Wireshark has no window'
    xdotool windowmove "$window" 0 0 windowsize "$window" $width $height
    settled "$2"
    # The list needs little room: draw the bar between it and the tree up.
    xdotool mousemove $((width / 2)) "$(bar_of "$2")" mousedown 1 mousemove $((width / 2)) 200 mouseup 1
    settled "$2"
    xdotool windowfocus "$window" mousemove 300 700 click 1 key ctrl+Left key Home key ctrl+Right
    settled "$2"
    xdotool key End # where our tree is
    settled "$2"
    ! grep -i 'lua' "$work/wireshark.log" || fail "Wireshark complains of a script"
    kill "$pid"
    wait "$pid" 2>/dev/null || true
}

mhatool export wireshark --install
make_captures
start_display
mkdir -p docs/pictures
picture 1 docs/pictures/wireshark-binding-update.png
picture 3 docs/pictures/wireshark-unreachable.png
printf 'Look at docs/pictures/wireshark-*.png before you commit them.\n'
