"""An ISO that Sprout takes for one of Proxmox VE, whose installer really installs: a Debian that has the names of what Proxmox has.

    python3 Tests/Rehearsal/standin_iso.py FOLDER

makes one in a folder. It takes root's rights, since the files of a root belong to root, and Debian's mmdebstrap, squashfs-tools,
xorriso, cpio and zstd.
"""

import lzma
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".build" / "debian"
RELEASE = "9.2"
# What the initrd needs until the ISO's file systems are mounted.
MODULES = ["loop", "isofs", "squashfs", "overlay"]
INFORMATION = f"PRODUCT='pve'\nPRODUCTLONG='Proxmox VE'\nRELEASE='{RELEASE}'\nISORELEASE='1'\nISONAME='proxmox-ve'\n"
NEEDS = {"mmdebstrap": "mmdebstrap", "mksquashfs": "squashfs-tools", "xorriso": "xorriso", "cpio": "cpio", "zstd": "zstd",
         "dpkg-deb": "dpkg"}


def obstacle():
    """Why no such ISO can be made here, as a sentence, or None."""
    if os.geteuid() != 0:
        return "The files of what is installed belong to root: run this with sudo."
    for program, package in NEEDS.items():
        if not shutil.which(program):
            return f"There is no {program} here: apt-get install {package}"
    return None


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE, **options).stdout


def base():
    """The Debian as a tar file and as a squashfs, both kept for as long as the archive is the same."""
    tar, squashfs = CACHE / "standin.tar", CACHE / "standin.squashfs"
    run(HERE / "base", tar)
    state, made = pathlib.Path(f"{tar}.state").read_text(), pathlib.Path(f"{squashfs}.state")
    if not made.exists() or made.read_text() != state:
        squashfs.unlink(missing_ok=True)
        with open(tar, "rb") as content:
            run("mksquashfs", "-", squashfs, "-tar", "-quiet", "-no-progress", "-root-mode", "755", "-comp", "zstd",
                "-Xcompression-level", "6", stdin=content, stderr=subprocess.DEVNULL)
        made.write_text(state)
    return tar, squashfs


def initrd(system, folder):
    """An initrd with a busybox, the modules that it needs, and our /init: packed as Proxmox packs its own."""
    root = folder / "initrd"
    for name in ("bin", "sbin", "modules", "usr"):
        (root / name).mkdir(parents=True)
    shutil.copy(HERE / "initrd" / "init", root / "init")
    (root / ".cd-info").write_text(INFORMATION)
    shutil.copy(system / "usr/bin/busybox", root / "bin/busybox")
    for name in run(root / "bin/busybox", "--list", text=True).split():
        if name != "busybox":
            (root / "bin" / name).symlink_to("busybox")
    for number, path in enumerate(modules(system)):
        (root / "modules" / f"{number:02}-{path.name.removesuffix('.xz')}").write_bytes(lzma.decompress(path.read_bytes()))
    names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
    archive = run("cpio", "--quiet", "--create", "--format=newc", "--owner=0:0", cwd=root, input=names.encode())
    return run("zstd", "--quiet", "--stdout", input=archive)


def modules(system):
    """The files of the modules, each behind those that it depends on."""
    [folder] = (system / "usr/lib/modules").iterdir()
    depends = dict(line.split(":", 1) for line in (folder / "modules.dep").read_text().splitlines())
    paths = {path.rsplit("/", 1)[-1].partition(".")[0]: path for path in depends}
    ordered = []
    for name in MODULES:
        ordered += [folder / path for path in [*reversed(depends[paths[name]].split()), paths[name]] if folder / path not in ordered]
    return ordered


def package(source, folder, more=None):
    """One of our packages, with further files that go into /usr."""
    tree = folder / source.name
    shutil.copytree(source, tree, symlinks=True)
    if more:
        shutil.copytree(more, tree / "usr", dirs_exist_ok=True)
    for path in [tree, *tree.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    fields = dict(line.split(": ", 1) for line in (source / "DEBIAN/control").read_text().splitlines())
    target = folder / f"{source.name}_{fields['Version']}_{fields['Architecture']}.deb"
    run("dpkg-deb", "--build", "--root-owner-group", "-Zgzip", tree, target)
    return target


def make(folder, node=None):
    """The ISO in `folder`; `node` has the programs by which the new system joins a cluster, as /usr has them."""
    folder = pathlib.Path(folder)
    tar, squashfs = base()
    with tempfile.TemporaryDirectory(prefix="sprout-standin-", dir=folder) as work:
        work = pathlib.Path(work)
        system, disc = work / "system", work / "disc"
        system.mkdir()
        run("tar", "--extract", f"--file={tar}", f"--directory={system}", "./boot", "./usr/bin/busybox", "./usr/lib/modules")
        for name in ("boot", ".disk", ".base", ".installer", ".installer-mp", ".workdir", "proxmox/packages"):
            (disc / name).mkdir(parents=True)
        [kernel] = system.glob("boot/vmlinuz-*")
        shutil.copy(kernel, disc / "boot/linux26")
        (disc / "boot/initrd.img").write_bytes(initrd(system, work))
        for name in (".cd-info", ".disk/info"):
            (disc / name).write_text(INFORMATION)
        (disc / ".pve-cd-id.txt").write_text("stand-in\n")
        (disc / "auto-installer-capable").touch()
        (disc / "pve-base.squashfs").hardlink_to(squashfs)
        live = work / "live"
        shutil.copytree(HERE / "live", live, ignore=shutil.ignore_patterns("__pycache__"))
        run("mksquashfs", live, disc / "pve-installer.squashfs", "-quiet", "-no-progress", "-all-root", "-comp", "zstd")
        for source in sorted((HERE / "packages").iterdir()):
            more = node if source.name == "pve-manager" else None
            shutil.copy(package(source, work, more), disc / "proxmox/packages")
        iso = folder / f"proxmox-ve_{RELEASE}-1.iso"
        iso.unlink(missing_ok=True)
        run("xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "PVE", "-o", iso, disc, stderr=subprocess.DEVNULL)
    return iso


if __name__ == "__main__":
    print(make(sys.argv[1]))
