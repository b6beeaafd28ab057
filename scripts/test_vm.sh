#!/usr/bin/env bash
# Usage: scripts/test_vm.sh
# Runs tests/vm/inside.py on Debian's stock kernel, emulated: tunnels by ip6_tunnel, which kernels made for virtual
# machines often lack. Needs apt's archive and qemu-system-x86; takes some minutes. The output goes to docs/test-vm.txt.
set -euo pipefail
. "$(dirname "$0")/common.sh"

for program in qemu-system-x86_64 busybox ping nft ip ethtool; do
    command -v "$program" >/dev/null || apt_install qemu-system-x86 busybox-static iputils-ping nftables iproute2 ethtool ||
        fail "$program is missing: apt-get install qemu-system-x86 busybox-static iputils-ping nftables iproute2 ethtool"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,run,tmp,etc,checkout}

package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
(cd "$work" && apt-get download -qq "$package" 2>/dev/null && dpkg -x linux-image-*.deb kernel)
version=$(basename "$work"/kernel/lib/modules/*)
modules=$root/lib/modules/$version/kernel
mkdir -p "$modules"
for folder in net/ipv6 net/ipv4 net/netfilter drivers/net lib; do
    mkdir -p "$modules/$folder"
    cp -r "$work/kernel/lib/modules/$version/kernel/$folder/." "$modules/$folder"
done
cp "$work/kernel/lib/modules/$version"/modules.{builtin,order} "$root/lib/modules/$version/"
busybox depmod -b "$root" "$version"

# with_libraries: programs at their own places, with what they load.
with_libraries() {
    local file
    for file in "$@"; do
        printf '%s\n' "$file"
        ldd "$file" 2>/dev/null | grep -o '/[^ ]*' || true
    done | sort -u | while read -r file; do
        mkdir -p "$root$(dirname "$file")"
        cp -L "$file" "$root$file"
    done
}

python=$(readlink -f .venv/bin/python)
standard=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
with_libraries "$python" "$(command -v nft)" "$(command -v ip)" "$(command -v ping)" "$(command -v ethtool)" \
    "$standard"/lib-dynload/*.so "$packages"/msgspec/*.so
mkdir -p "$root$standard" "$root/packages"
cp -r "$standard/." "$root$standard"
rm -rf "$root$standard"/{test,idlelib,ensurepip,lib2to3,tkinter,config-*}
for name in pyroute2 msgspec typer annotated_doc rich click typing_extensions.py shellingham markdown_it mdurl pygments platformdirs; do
    [ ! -e "$packages/$name" ] || cp -r "$packages/$name" "$root/packages/"
done
cp -r mhatool dissectors "$root/checkout/"
mkdir -p "$root/checkout/tests" && cp -r tests/vm "$root/checkout/tests/"
cp "$(command -v busybox)" "$root/bin/busybox"
cat >"$root/init" <<END
#!/bin/busybox sh
/bin/busybox mkdir -p /usr/bin /usr/sbin /sbin
/bin/busybox --install -s /bin
/bin/busybox ln -sf /bin/busybox /sbin/modprobe
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev; mount -t tmpfs run /run
mkdir -p /run/netns /dev/net /root
modprobe tun; modprobe veth; modprobe ip6_tunnel; modprobe nf_tables
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root PYTHONPATH=/checkout:/packages PYTHONDONTWRITEBYTECODE=1
cd /checkout
$python tests/vm/inside.py
poweroff -f
END
chmod +x "$root/init"
(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/root.gz"

timeout 600 qemu-system-x86_64 -accel tcg -m 2048 -smp 2 -nographic -no-reboot -nic none \
    -kernel "$work/kernel/boot/vmlinuz-$version" -initrd "$work/root.gz" \
    -append "console=ttyS0 quiet panic=-1" </dev/null | tr -d '\r' | grep -a -o 'vm: .*' | tee docs/test-vm.txt
grep -q '^vm: all is well' docs/test-vm.txt
