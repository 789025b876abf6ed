"""The package of these programs, and a root of Debian 13 that it is installed in."""

import atexit
import functools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness import PROGRAMS, ROOT

CACHE = ROOT / ".build" / "debian"


def dependencies():
    """The packages that ours depends on."""
    control = (ROOT / "deploy/deb/control").read_text()
    listed = re.search(r"^Depends: (.*?)^\S", control, flags=re.MULTILINE | re.DOTALL)[1]
    return [entry.split()[0] for entry in listed.split(",")]


@functools.cache
def package(version=None, without=None):
    """The package, or one that differs in its version, and in one program that ends at once."""
    environment = os.environ | {"SPROUT_COMPRESSION": "none"} | ({"SPROUT_VERSION": version} if version else {})
    folder = tempfile.mkdtemp(prefix="sprout-deb-")
    atexit.register(shutil.rmtree, folder)
    programs = PROGRAMS
    if without:
        programs = Path(folder) / "programs"
        programs.mkdir()
        for program in PROGRAMS.glob("sprout*"):
            if program.is_file() and os.access(program, os.X_OK):
                (programs / program.name).symlink_to("/bin/false" if program.name == without else program)
    built = subprocess.run(
        [ROOT / "deploy/deb/build", programs, folder], env=environment, capture_output=True, text=True)
    if built.returncode:
        raise RuntimeError(built.stdout + built.stderr)
    return Path(built.stdout.splitlines()[-1])


@functools.cache
def root():
    """A folder with a small Debian that boots, and beside it, unpacked by nobody yet, what our package depends on."""
    tar = CACHE / "minimal.tar"
    download = f'chroot "$1" apt-get install --quiet=2 --yes --no-install-recommends --download-only {" ".join(dependencies())}'
    subprocess.run(
        [ROOT / "image/debian-root", tar, "--include=curl,dbus,iproute2,systemd-sysv", f"--customize-hook={download}",
         "--skip=cleanup/apt"], check=True)
    folder = CACHE / "minimal"
    state = Path(f"{tar}.state").read_text()
    unpacked = CACHE / "minimal.unpacked"
    if not unpacked.exists() or unpacked.read_text() != state:
        subprocess.run(["rm", "--recursive", "--force", "--one-file-system", folder, unpacked], check=True)
        folder.mkdir()
        subprocess.run(["tar", "--extract", f"--file={tar}", f"--directory={folder}", "--numeric-owner"], check=True)
        unpacked.write_text(state)
    return folder


@functools.cache
def image(version=None, without=None):
    """The disk image of these programs, or of such ones as above; its update lies beside it."""
    folder = tempfile.mkdtemp(prefix="sprout-image-")
    atexit.register(shutil.rmtree, folder)
    return build_image(folder, version, without)


def build_image(folder, version=None, without=None):
    """The same, made anew, less compressed than one that is given out."""
    tar = CACHE / "image.tar"
    subprocess.run([ROOT / "image/root", tar], check=True)
    built = subprocess.run(
        [ROOT / "image/build", tar, package(version, without), folder], env=os.environ | {"SPROUT_COMPRESSION_LEVEL": "1"},
        capture_output=True, text=True)
    if built.returncode:
        raise RuntimeError(built.stdout + built.stderr)
    return Path(built.stdout.splitlines()[-1])
