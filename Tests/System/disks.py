"""Disks for machines in the lab: each tells on the serial port that it was started, and restarts the machine."""

import shutil
import subprocess

from harness import ROOT

NETBOOT = ROOT / ".build" / "netboot"
PROGRAMS = {"mkfs.vfat": "dosfstools", "mcopy": "mtools"}
FLOPPY = 1440 << 10


def obstacle():
    """Why no disks can be made here, as a sentence, or None."""
    for program, package in PROGRAMS.items():
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin"):
            return f"There is no {program} here: apt-get install {package}"
    if not (NETBOOT / "ipxe-amd64.efi").exists():
        return f"There is no iPXE in {NETBOOT}: make deps"
    return None


def bios(path, line, size=1 << 20):
    """A boot sector that writes a line to the first serial port, and resets the machine by its keyboard controller."""
    code = bytes.fromhex(
        "fa 31c0 8ed8 be267c"  # cli; ds = 0; si = 7c26, the line behind this code
        "ac 84c0 7412"  # next: al = the byte at si, which goes on; zero: done
        "88c4 bafd03"  # ah = al; dx = the line status
        "ec a820 74fb"  # until the port takes a byte
        "baf803 88e0 ee"  # out
        "ebe9"  # next
        "b0fe e664 f4 ebfd")  # done: pulse the reset line; halt
    assert len(code) == 0x26
    sector = (code + f"\r\n{line}\r\n\0".encode()).ljust(510, b"\0") + b"\x55\xaa"
    path.write_bytes(sector.ljust(size, b"\0"))
    return path


def uefi(path, programs, stays=0):
    """A FAT file system with an iPXE at each path, which shows the line that is given for it, and stays a while."""
    with open(path, "wb") as image:
        image.truncate(64 << 20)
    subprocess.run(["/usr/sbin/mkfs.vfat", "-F", "32", path], check=True, capture_output=True)
    made = set()
    for program, line in programs.items():
        folders = program.split("/")[:-1]
        for depth in range(1, len(folders) + 1):
            folder = "/".join(folders[:depth])
            if folder not in made:
                subprocess.run(["mmd", "-i", path, f"::/{folder}"], check=True, capture_output=True)
                made.add(folder)
        script = path.with_suffix(".ipxe")
        script.write_text(f"#!ipxe\necho {line}\nsleep {stays}\nreboot\n")
        files = {program: NETBOOT / "ipxe-amd64.efi", "/".join([*folders, "autoexec.ipxe"]): script}
        for target, source in files.items():
            subprocess.run(["mcopy", "-i", path, source, f"::/{target}"], check=True, capture_output=True)
    return path


def words(path, order, name="d"):
    """The words for QEMU that attach a disk, at a place in the boot order or at none."""
    place = "" if order is None else f",bootindex={order}"
    return ["-drive", f"if=none,id={name},format=raw,file={path}", "-device", f"virtio-blk-pci,drive={name}{place}"]
