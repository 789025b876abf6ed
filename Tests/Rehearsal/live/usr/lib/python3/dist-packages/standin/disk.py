"""Writes the new system to the disk: what this prints is read by the auto-installer, a line of JSON each."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import uuid

from standin import machine

TARGET = pathlib.Path("/target")
BOOT = pathlib.Path("/usr/lib/standin-boot")
BIOS, ESP = "21686148-6449-6E6F-744E-656564454649", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
# What of the installer's own command line the new system does not get.
LEFT_OUT = re.compile(r"(BOOT_IMAGE|root|ramdisk_size|splash|vga)=.*|ro|rw|quiet|proxdebug|proxtui|proxauto|proxmox-.*")
UNITS = {"before-network": "network-pre", "network-online": "network-online", "fully-up": "multi-user"}


def tell(kind, text, **more):
    print(json.dumps({"type": kind, "text": text, **more}), flush=True)


def progress(ratio, text):
    tell("progress", text, ratio=ratio)


def run(*words, text=None):
    """What a program says goes into the log of this installer, which has our standard error."""
    done = subprocess.run([str(word) for word in words], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    sys.stderr.write(done.stdout)
    if done.returncode != 0:
        said = " ".join(done.stdout.split()) or f"exit code {done.returncode}"
        raise OSError(f"command '{' '.join(map(str, words))}' failed: {said}")


def inside(*words, text=None):
    run("chroot", TARGET, *words, text=text)


def install(plan):
    try:
        partition(plan["disk"])
        extract()
        for folder in ("dev", "proc", "sys"):
            run("mount", "--bind", f"/{folder}", TARGET / folder)
        packages(plan)
        configure(plan)
        start(plan)
    except OSError as error:
        tell("error", str(error))
        sys.exit(1)
    finally:
        for folder in ("dev", "proc", "sys"):
            subprocess.run(["umount", "--quiet", TARGET / folder], stderr=subprocess.DEVNULL)
    progress(1, "installation finished")


def part(disk, number):
    return f"{disk}{'p' if disk[-1].isdigit() else ''}{number}"


def partition(disk):
    progress(0.01, "create partitions")
    run("wipefs", "--all", "--quiet", disk)
    run("sfdisk", "--quiet", disk, text=f"label: gpt\nfirst-lba: 34\nstart=34, size=2014, type={BIOS}\nsize=128MiB, type={ESP}\ntype=L\n")
    run("udevadm", "settle")
    progress(0.02, "create filesystems")
    run("mkfs.vfat", "-F", "32", "-n", "EFI", part(disk, 2))
    run("mkfs.ext4", "-q", "-F", "-L", "pve-root", part(disk, 3))
    TARGET.mkdir(exist_ok=True)
    run("mount", part(disk, 3), TARGET)


def extract():
    """Unsquashfs tells how far it is in percent, a line each."""
    words = ["unsquashfs", "-force", "-percentage", "-dest", str(TARGET), "/cdrom/pve-base.squashfs"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=sys.stderr, text=True) as process:
        last = None
        for line in process.stdout:
            if line.strip().isdigit() and line != last:
                progress(round(0.05 + 0.007 * int(line), 3), "extracting base system")
            last = line
    if process.returncode != 0:
        raise OSError("unable to unpack the base system")


def packages(plan):
    found = sorted(pathlib.Path("/cdrom/proxmox/packages").glob("*.deb"))
    wanted = [file for file in found if plan["first_boot"] or not file.name.startswith("proxmox-first-boot")]
    for number, file in enumerate(wanted):
        progress(0.75 + 0.1 * number / len(wanted), f"extracting {file.name}")
        shutil.copy(file, TARGET / "tmp")
        inside("dpkg", "--install", "--force-unsafe-io", f"/tmp/{file.name}")
        (TARGET / "tmp" / file.name).unlink()


def write(name, text, mode=0o644):
    file = TARGET / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)


def configure(plan):
    progress(0.86, "configuring base system")
    hostname, domain = plan["fqdn"].split(".", 1)
    address = plan["cidr"].split("/")[0]
    write("etc/hostname", f"{hostname}\n")
    write("etc/hosts", f"127.0.0.1 localhost.localdomain localhost\n{address} {plan['fqdn']} {hostname}\n")
    write("etc/resolv.conf", f"search {domain}\nnameserver {plan['dns']}\n")
    write("etc/machine-id", f"{uuid.uuid4().hex}\n", 0o444)
    write("etc/fstab", "LABEL=pve-root / ext4 errors=remount-ro 0 1\nLABEL=EFI /boot/efi vfat defaults 0 1\nproc /proc proc defaults 0 0\n")
    write("etc/timezone", f"{plan['timezone']}\n")
    (TARGET / "etc/localtime").unlink(missing_ok=True)
    (TARGET / "etc/localtime").symlink_to(f"/usr/share/zoneinfo/{plan['timezone']}")
    network(plan)
    if plan["ntp"]:
        write("etc/chrony/conf.d/dhcp.conf", f"server {plan['ntp'].split(',')[0]} iburst\nmakestep 0.5 -1\n")
    progress(0.88, "generating SSH host keys")
    inside("ssh-keygen", "-A")
    hashed = ["--encrypted"] if plan["hash"] else []
    inside("chpasswd", *hashed, text=f"root:{plan['hash'] or plan['password']}\n")
    write("etc/ssh/sshd_config.d/pve.conf", "PermitRootLogin yes\nAuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys2\n")
    (TARGET / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    write("root/.ssh/authorized_keys", "\n".join(plan["keys"]), 0o600)
    if plan["first_boot"]:
        first_boot(plan["ordering"])


def network(plan):
    port = plan["port"]
    name = plan["pinned"][port]["name"] if port in plan["pinned"] else port
    # Proxmox's ifupdown2 gives a bridge the address of its port; Debian's leaves that to systemd, which makes one up.
    mac = pathlib.Path(f"/sys/class/net/{port}/address").read_text().strip()
    write("etc/network/interfaces", f"auto lo\niface lo inet loopback\n\niface {name} inet manual\n\nauto vmbr0\n"
          f"iface vmbr0 inet static\n\taddress {plan['cidr']}\n\tgateway {plan['gateway']}\n"
          f"\tbridge-ports {name}\n\tbridge-stp off\n\tbridge-fd 0\n\tbridge-maxwait 0\n\tbridge-hw {mac}\n")
    for pinned in plan["pinned"].values():
        write(f"usr/local/lib/systemd/network/50-pmx-{pinned['name']}.link",
              f"[Match]\nMACAddress={pinned['mac']}\nType=ether\n\n[Link]\nName={pinned['name']}\n")


def first_boot(ordering):
    folder = TARGET / "var/lib/proxmox-first-boot"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    shutil.copy(machine.RUN / "proxmox-first-boot", folder / "proxmox-first-boot")
    (folder / "proxmox-first-boot").chmod(0o700)
    (folder / "pending-first-boot-setup").touch()
    inside("systemctl", "enable", f"proxmox-first-boot-{UNITS[ordering]}.service")


def start(plan):
    progress(0.95, "make system bootable")
    kernel = next((TARGET / "boot").glob("vmlinuz-*")).name.removeprefix("vmlinuz-")
    kept = [word for word in pathlib.Path("/proc/cmdline").read_text().split() if not LEFT_OUT.fullmatch(word)]
    # The serial port is the stand-in's own: so a rehearsal sees what the new system says.
    words = " ".join(["root=LABEL=pve-root", "ro", "quiet", "console=tty0", "console=ttyS0,115200", *kept])
    write("boot/grub/grub.cfg", f"echo 'Loading Linux {kernel} ...'\nlinux /boot/vmlinuz-{kernel} {words}\n"
          f"initrd /boot/initrd.img-{kernel}\nboot\n")
    efi = TARGET / "boot/efi"
    efi.mkdir(exist_ok=True)
    run("mount", part(plan["disk"], 2), efi)
    for name in ("EFI/BOOT/BOOTX64.EFI", "EFI/proxmox/grubx64.efi"):
        (efi / name).parent.mkdir(parents=True)
        shutil.copy(BOOT / "x86_64-efi", efi / name)
    run("umount", efi)
    folder = TARGET / "boot/grub/i386-pc"
    folder.mkdir()
    shutil.copy(BOOT / "boot.img", folder)
    shutil.copy(BOOT / "i386-pc", folder / "core.img")
    run(BOOT / "grub-bios-setup", f"--directory={folder}", plan["disk"])
    shutil.rmtree(TARGET / "usr/lib/standin-boot")
    os.sync()
