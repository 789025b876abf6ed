"""Cuts the power of a box at random moments, from the image, while it writes: `make endurance CUTS=20 SEED=1`.

Every second cut falls into an update, from its first byte to its restart. The disk loses, in no order, what was not flushed
(forgetful.py). After each the box has to start, its database to be whole, and what it had acknowledged to be there.
"""

import json
import os
import random
import ssl
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import appliance
import debian
from appliance import Appliance, Owner
from forgetful import ForgetfulDisk
from test_images import synthetic_iso


class Box:
    """A freshly flashed box on a disk that forgets."""

    def __init__(self, chance):
        self.appliance = Appliance(debian.image())
        place = self.appliance.folder / "nbd"
        self.disk = ForgetfulDisk(self.appliance.disk, place, chance)
        self.appliance.drive = f"cache=writeback,file.driver=nbd,file.server.type=unix,file.server.path={place}"
        self.acknowledged = []
        self.appliance.start()
        self.owner = Owner(self.appliance)
        self.cli("config", "set", "credentials.root_password", input="correct horse battery")
        with tempfile.TemporaryDirectory() as folder:
            iso, _ = synthetic_iso(Path(folder), "9.2", 1_000_000)
            self.cli("images", "import", str(iso))

    def close(self):
        self.appliance.close()
        self.disk.close()

    def cli(self, *words, input=None):
        status, said = self.owner.cli(*words, input=input)
        if status:
            raise RuntimeError(said)

    def ask(self, method, path, body=None, type="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.appliance.tls_port}{path}", data, method=method,
            headers={"Authorization": f"Bearer {self.owner.token}", "Content-Type": type})
        with urllib.request.urlopen(request, timeout=30, context=ssl._create_unverified_context()) as answer:
            return answer.read().decode()

    def write(self, stop):
        """Registers hosts and arms them, until the box is gone; what was acknowledged is remembered."""
        while not stop.is_set():
            number = len(self.acknowledged) + 1
            name = f"cut-{number}-{random.getrandbits(32):08x}"
            mac = ":".join(f"{random.getrandbits(8) & (0xFE if place == 0 else 0xFF):02x}" for place in range(6))
            try:
                host = json.loads(self.ask("POST", "/api/hosts", {"mac": mac, "server_type": "vm", "hostname": name}))
                self.acknowledged.append((name, "registered"))
                self.ask("POST", f"/api/hosts/{host['id']}/rebuild", {"confirm": name})
                self.acknowledged[-1] = (name, "pxe_ready")
            except OSError:
                # Away, or busy with an update: what had no answer may be there or not.
                time.sleep(0.05)

    def update(self, bundle, stop):
        try:
            for offset in range(0, len(bundle), 1 << 20):
                self.ask("PUT", f"/api/box/update?offset={offset}", bundle[offset:offset + (1 << 20)], "application/octet-stream")
            self.ask("POST", "/api/box/update/check", {})
            self.ask("POST", "/api/box/update", {})
        except OSError:
            stop.wait()

    def cut(self, after, work):
        """Pulls the plug some seconds after work has begun."""
        stop = threading.Event()
        worker = threading.Thread(target=work, args=(stop,), daemon=True)
        worker.start()
        time.sleep(after)
        self.appliance.pull_plug()
        stop.set()
        self.disk.cut()
        worker.join(60)

    def check(self):
        self.appliance.start()
        page = self.ask("GET", "/appliance")
        assert "Its file is whole." in page, page
        hosts, after = {}, ""
        while after is not None:
            listed = json.loads(self.ask("GET", f"/api/hosts?limit=1000&after={after}"))
            hosts |= {host["hostname"]: host["state"] for host in listed["hosts"]}
            after = listed.get("next")
        lost = [name for name, state in self.acknowledged if hosts.get(name) is None]
        undone = [name for name, state in self.acknowledged if state == "pxe_ready" and hosts.get(name) == "registered"]
        assert not lost and not undone, f"acknowledged and lost: {lost}, {undone}"
        report = json.loads(self.ask("GET", "/api/box"))
        # A cut that has to be looked at was named a version that failed.
        assert not report["bad"], report
        return report


def main():
    if obstacle := appliance.obstacle():
        sys.exit(obstacle)
    cuts, seed = int(os.environ.get("CUTS", "20")), int(os.environ.get("SEED", str(random.getrandbits(32))))
    chance = random.Random(seed)
    print(f"{cuts} cuts, seed {seed}", flush=True)
    bundle = debian.image("0.1.1").with_suffix(".update").read_bytes()
    box = Box(chance)
    try:
        for number in range(1, cuts + 1):
            is_update = number % 2 == 0
            after = chance.uniform(0, 90 if is_update else 20)
            if is_update:
                box.cut(after, lambda stop: box.update(bundle, stop))
            else:
                box.cut(after, box.write)
            lost = box.disk.lost
            report = box.check()
            print(f"cut {number}: {'update' if is_update else 'operations'} after {after:.1f} s; {lost} pieces of 4 KiB lost so far;"
                  f" {len(box.acknowledged)} hosts acknowledged; up again after {box.appliance.seconds():.0f} s with"
                  f" {report['version']}", flush=True)
            if report["version"] != "0.1.0":
                box.close()
                box = Box(chance)
    finally:
        box.close()
    print(f"{cuts} passed, 0 failed")


if __name__ == "__main__":
    main()
