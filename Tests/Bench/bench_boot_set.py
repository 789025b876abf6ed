"""How fast machines get all that they load to be installed, beside an nginx that sends one plain file of that size."""

import contextlib
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import harness
from installing import AGENT, PROVISIONING, Machine
from test_images import synthetic_iso

FILES = ["vmlinuz", "initrd.img", "body", "tail"]
# What the parts of Proxmox's ISOs have, but for the largest: this machine keeps both copies in memory.
KERNEL, INITRD, SYSTEM = 15_000_000, 60_000_000, 925_000_000
# How many load at once, and how often each loads all of it in one run: one client has it in half a second.
CLIENTS, ROUNDS = {1: 5, 10: 1}, 5
IMAGE = "proxmox-ve-9.2-1"
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 500; }}
http {{
    access_log off; sendfile on; tcp_nopush on;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi; uwsgi_temp_path {folder}/uwsgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/site; }}
}}
"""


def prepared(box):
    """Imports an ISO, and arms a host for each client; gives the addresses of the files of each."""
    with tempfile.TemporaryDirectory() as folder:
        iso, _ = synthetic_iso(
            pathlib.Path(folder), size=SYSTEM, kernel=os.urandom(KERNEL), initrd=os.urandom(INITRD))
        subprocess.run(
            [harness.PROGRAMS / "sprout", "images", "import", iso, "--state", box.state], check=True, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=600)
    sets = []
    for number in range(1, max(CLIENTS) + 1):
        box.register(number, hostname=f"pve-{number}")
        machine = Machine(box, number)
        assert machine.arm().status == 202
        machine.boot()
        sets.append([f"{box.url}/boot/{name}?token={machine.token}" for name in FILES])
    return sets


@contextlib.contextmanager
def peer(place):
    """A plain nginx that has the files of an image as one; gives the address of that."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        folder = pathlib.Path(folder)
        (folder / "site").mkdir()
        for path in [folder, folder / "site"]:
            path.chmod(0o755)
        with open(folder / "site" / "plain.iso", "wb") as plain:
            subprocess.run(["cat", *(place / name for name in FILES)], check=True, stdout=plain)
        port = harness.free_port()
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
        server = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "nginx.log"])
        try:
            harness.until((folder / "nginx.pid").exists, what="nginx to start")
            yield f"http://127.0.0.1:{port}/plain.iso"
        finally:
            server.terminate()
            server.wait(10)


def load(clients):
    """Seconds until each client, a curl, has all of its files, one after the other over one connection as iPXE does."""
    began = time.monotonic()
    running = [
        subprocess.Popen([
            "curl", "--silent", "--show-error", "--fail", "--fail-early", "--user-agent", AGENT["User-Agent"],
            *(word for url in urls for word in ["--output", "/dev/null", url])])
        for urls in clients]
    ends = [process.wait() for process in running]
    assert not any(ends), ends
    return time.monotonic() - began


def figures(say):
    with harness.Sprout(provisioning=PROVISIONING) as box:
        sets = prepared(box)
        place = box.state / "images" / IMAGE
        size = sum((place / name).stat().st_size for name in FILES)
        say(f"What a machine loads to be installed, {size / 1e6:.0f} MB in four files, beside one file of that size from a"
            f" plain nginx; {ROUNDS} runs each, in turn (aim: 0.95 or more)")
        with peer(place) as plain:
            for clients, times in CLIENTS.items():
                rows = {"Sprout": [urls * times for urls in sets[:clients]], "nginx": [[plain] * times] * clients}
                compare(say, clients, clients * times * size, rows)


def compare(say, clients, size, rows):
    """Each round measures both, and takes turns at who is first: what else this machine does changes meanwhile."""
    rates = {who: [] for who in rows}
    for number in range(ROUNDS + 1):
        for who in list(rows)[::(-1) ** number]:
            seconds = load(rows[who])
            # The first round brings the files into memory.
            if number > 0:
                rates[who].append(size / 1e6 / seconds)
    say(f"  {clients} at once")
    for who, each in rates.items():
        say(f"    {who:8} median {statistics.median(each):6.0f} MB/s   ({min(each):.0f} to {max(each):.0f})")
    each = [ours / theirs for ours, theirs in zip(*rates.values())]
    say(f"    {'ratio':8} median {statistics.median(each):6.2f}        ({min(each):.2f} to {max(each):.2f})")
