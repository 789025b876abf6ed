#!/bin/bash
# The first program of the live system, as its PID 1: in the order, with the words and with the logs of the real one. What is
# on the screen is on the serial port too, which is the stand-in's own.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root
set -o pipefail

screen() { tee -p /dev/ttyS0 2>/dev/null || true; }
say() { echo "$1" | screen; }

real_reboot() {
    say 'rebooting - please wait...'
    umount --quiet --recursive /target
    sync
    # Nothing else ends what still runs.
    kill -TERM -1
    sleep 1
    kill -KILL -1
    sync
    reboot --force --force
}

# As the real one does when it cannot go on: it tells nobody, and waits.
abort() {
    [ $# -eq 0 ] || say "$1"
    say ''
    say 'Installation aborted - unable to continue (type exit or CTRL-D to reboot)'
    bash
    real_reboot
}

mount -n -t proc proc /proc
mount -n -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/pts /dev/shm /run/proxmox-installer /var/lib/dhcp
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
[ ! -d /sys/firmware/efi ] || mount -t efivarfs efivarfs /sys/firmware/efi/efivars
hostname proxmox
read -r words </proc/cmdline
[[ " $words " =~ " proxmox-start-auto-installer "|" proxauto " ]] || abort 'The stand-in installs by an answer file only.'

say 'Starting the udev daemon'
/usr/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add --subsystem-match=pci --subsystem-match=virtio
udevadm settle
udevadm trigger --action=add --subsystem-match=block --subsystem-match=net
udevadm settle

cat >>/etc/dhcp/dhclient.conf <<'END'
option proxmox-auto-installer-manifest-url code 250 = text;
option proxmox-auto-installer-cert-fingerprint code 251 = text;
also request proxmox-auto-installer-manifest-url, proxmox-auto-installer-cert-fingerprint, ntp-servers;
END
ip link set lo up
say 'Attempting to get DHCP leases...'
dhclient -v 2>&1 | screen

say 'Collecting what there is'
proxmox-low-level-installer dump-env 2>&1 | screen
proxmox-low-level-installer dump-udev 2>&1 | screen

[ -e /cdrom/auto-installer-mode.toml ] || abort 'The ISO has no auto-installer-mode.toml.'
say 'Fetching answers...'
if ! proxmox-fetch-answer 2>&1 >/run/automatic-installer-answers | screen; then
    abort 'Fetching answers failed.'
fi
say 'Running the automated installer'
if ! proxmox-auto-installer </run/automatic-installer-answers 2>&1 | screen; then
    # It makes this file once it knows that the answer says so.
    [ ! -e /run/proxmox-reboot-on-error ] || real_reboot
    abort
fi
if ! proxmox-post-hook </run/automatic-installer-answers 2>&1 | screen; then
    [ -e /run/proxmox-reboot-on-error ] || abort
    say 'The webhook was not told. Rebooting in 30 seconds.'
    sleep 30
fi
if [ -e /run/proxmox-poweroff-after-install ]; then
    sync
    poweroff --force --force
fi
real_reboot
