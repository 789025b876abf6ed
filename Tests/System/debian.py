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
def package(version=None):
    """The package, or one that differs in its version only."""
    environment = os.environ | {"SPROUT_COMPRESSION": "none"} | ({"SPROUT_VERSION": version} if version else {})
    folder = tempfile.mkdtemp(prefix="sprout-deb-")
    atexit.register(shutil.rmtree, folder)
    built = subprocess.run(
        [ROOT / "deploy/deb/build", PROGRAMS, folder], env=environment, capture_output=True, text=True)
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


def image(folder):
    """The disk image of these programs, less compressed than one that is given out."""
    tar = CACHE / "image.tar"
    subprocess.run([ROOT / "image/root", tar], check=True)
    built = subprocess.run(
        [ROOT / "image/build", tar, package(), folder], env=os.environ | {"SPROUT_COMPRESSION_LEVEL": "1"},
        capture_output=True, text=True)
    if built.returncode:
        raise RuntimeError(built.stdout + built.stderr)
    return Path(built.stdout.splitlines()[-1])
