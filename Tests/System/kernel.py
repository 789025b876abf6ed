"""A real kernel with a small initramfs, which tells on the serial port what it was given: for tests of what machines load.

Both come from Debian's packages, which are unpacked, not installed, into .build, once for each machine.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import zlib

from harness import ROOT

PROGRAMS = {"apt-get": "apt", "dpkg-deb": "dpkg", "cpio": "cpio", "zstd": "zstd"}
# What mounts an ISO, and what drives the lab's network card, in the order in which it is loaded; what the kernel has
# built in is in no file.
MODULES = [
    "drivers/block/loop", "drivers/cdrom/cdrom", "fs/isofs/isofs",
    "drivers/virtio/virtio_ring", "drivers/virtio/virtio", "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev", "drivers/virtio/virtio_pci",
    "net/core/failover", "drivers/net/net_failover", "drivers/net/virtio_net"]
# A cache that was made with other modules is another's.
CACHE = ROOT / ".build" / f"kernel-{zlib.crc32(' '.join(MODULES).encode()):08x}"
LAST_WORDS = "That is all."

INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox --install -s /bin
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1 </dev/null
for module in /modules/*; do insmod "$module"; done
echo
echo "cmdline: $(cat /proc/cmdline)"
dmesg | grep 'unpacking failed'
sum=$(sha256sum /proxmox.iso)
echo "sha256 of /proxmox.iso: ${sum%% *} $(stat -c %s /proxmox.iso)"
mount -t iso9660 -o loop,ro /proxmox.iso /iso
echo "mode file, packed: $(gzip -9 </iso/auto-installer-mode.toml | base64 -w 0)"
echo "root: $(ls -A /iso | tr '\\n' ' ')"
%MORE%
echo "%LAST_WORDS%"
%END% -f
"""

# What the real installer does first: it takes an address, and asks with what it knows of its machine for its answer.
ASK = r"""
card=$(ls /sys/class/net | grep -v lo)
ip link set "$card" up
udhcpc -q -n -i "$card" -s /lease
told() { sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" /iso/auto-installer-mode.toml; }
dmi() { cat "/sys/class/dmi/id/product_$1"; }
mac=$(tr a-f A-F <"/sys/class/net/$card/address")
wget -O /answer -S --header "Authorization: Bearer $(told token)" --header 'Content-Type: application/json' \
    --post-data "{\"product\": {\"fullname\": \"Proxmox VE\", \"product\": \"pve\"},
        \"iso\": {\"release\": \"9.2\", \"isorelease\": \"1\"},
        \"dmi\": {\"system\": {\"serial\": \"$(dmi serial)\", \"uuid\": \"$(dmi uuid)\"}},
        \"network_interfaces\": [{\"link\": \"$card\", \"mac\": \"$mac\"}]}" "$(told url)"
echo "answer: $(base64 -w 0 /answer)"
"""
LEASE = """#!/bin/busybox sh
[ "$1" != bound ] || ip addr add "$ip/$mask" dev "$interface"
"""


def obstacle():
    """Why there can be no kernel here, as a sentence, or None."""
    for program, package in PROGRAMS.items():
        if not shutil.which(program, path="/usr/bin:/bin"):
            return f"There is no {program} here: apt-get install {package}"
    return None


def fetch():
    """Brings a kernel, its modules and a busybox into the cache, from Debian."""
    if (CACHE / "busybox").exists():
        return
    CACHE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kernel-", dir=CACHE.parent) as folder:
        folder = pathlib.Path(folder)
        told = output("apt-cache", "depends", "--important", "linux-image-cloud-amd64").split()
        for package in [told[told.index("Depends:") + 1], "busybox-static"]:
            output("apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", package, cwd=folder)
        for archive in folder.glob("*.deb"):
            output("dpkg-deb", "--extract", archive, folder / "root")
        made = folder / "made"
        (made / "modules").mkdir(parents=True)
        [kernel] = folder.glob("root/boot/vmlinuz-*")
        shutil.copy(kernel, made / "vmlinuz")
        for number, module in enumerate(MODULES):
            for file in folder.glob(f"root/lib/modules/*/kernel/{module}.ko"):
                shutil.copy(file, made / "modules" / f"{number:02}-{file.name}")
        shutil.copy(folder / "root" / "bin" / "busybox", made / "busybox")
        try:
            made.rename(CACHE)
        except OSError:
            # Another test run was quicker.
            if not (CACHE / "busybox").exists():
                raise


def boot_set(end="poweroff", more=""):
    """The kernel, and an initramfs that tells what it sees, does `more`, and ends as `end` says: both as bytes."""
    fetch()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ["bin", "dev", "iso", "proc", "sys"]:
            (root / name).mkdir()
        shutil.copy(CACHE / "busybox", root / "bin")
        shutil.copytree(CACHE / "modules", root / "modules")
        init = INIT.replace("%MORE%", more.strip()).replace("%LAST_WORDS%", LAST_WORDS).replace("%END%", end)
        for name, script in {"init": init, "lease": LEASE}.items():
            (root / name).write_text(script)
            (root / name).chmod(0o755)
        names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
        initramfs = subprocess.run(
            ["cpio", "--quiet", "--create", "--format=newc", "--owner=0:0", "--reproducible"], cwd=root,
            input=names.encode(), capture_output=True, check=True).stdout
    return (CACHE / "vmlinuz").read_bytes(), initramfs


def output(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"}, **options).stdout
