"""Takes pictures of the dashboard's pages for docs/screenshots: light, dark, and on a phone.

    .build/venv/bin/python Tests/System/screenshots.py [NAME…]

Runs a Sprout of its own with a small rack: hosts that were really installed over HTTP, by machines that do not exist.
Only the times of what they did are set back, so that the pictures show days instead of seconds.
"""

import contextlib
import pathlib
import sqlite3
import sys
import time

from playwright.sync_api import sync_playwright

from harness import ROOT, Sprout
from installing import PROVISIONING, Machine, import_image

SERVER_TYPES = """
server_types:
  ms-01:
    boot_disk: /dev/nvme0n1
    display_name: Minisforum MS-01
    hostname_prefix: pve-ms-
  optiplex:
    boot_disk: /dev/sda
    display_name: Dell OptiPlex 7060 Micro
    hostname_prefix: pve-dell-
"""
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
USUAL = {"pxe_ready": 42_000, "pxe_booted": 31_000, "installing": 221_000, "installed": 64_000, "first_boot": 12_000,
         "joining": 23_000}


class Rack:
    def __init__(self, box):
        self.box = box
        self.machines = []

    def add(self, number, kind, disk):
        machine = Machine(self.box, number, mac=f"58:47:ca:70:{number:02x}:1e", serial=f"MS{number:06}")
        answer = self.box.request(
            "POST", "/api/hosts", {"mac": machine.mac, "server_type": kind, "labels": {"rack": f"shelf-{number % 3 + 1}"}})
        assert answer.status == 201, answer.body
        machine.disk = {"DEVNAME": disk, "ID_MODEL": "Samsung SSD 990 PRO 1TB", "ID_SERIAL_SHORT": f"S6Z1NJ0W{number:06}"}
        self.machines.append(machine)
        return machine

    def install(self, machine, days):
        machine.begin()
        for step in [machine.first_boot_script,
                     lambda: machine.tell_installed(disks=[{"size": 1 << 40, "is-bootdisk": True, "udev-properties": machine.disk}]),
                     machine.phone_home]:
            answer = step()
            assert answer.status == 200, answer.body
        deadline = time.monotonic() + 20
        while machine.state() != "ready":
            assert time.monotonic() < deadline, machine.host()
            time.sleep(0.05)
        self.age(machine, days * DAY)

    def age(self, machine, by):
        """Sets back the latest operation, with steps as long as real ones."""
        with self.database() as database:
            host = machine.host()["id"]
            operation, = database.execute(
                "SELECT id FROM operation WHERE host = ? ORDER BY rowid DESC LIMIT 1", [host]).fetchone()
            at = int(time.time() * 1000) - by
            begin = at
            for number, state in database.execute(
                    "SELECT number, state FROM operation_step WHERE operation = ? ORDER BY number", [operation]).fetchall():
                took = USUAL[state] * (90 + (number * 7 + by // DAY * 3) % 21) // 100
                database.execute(
                    "UPDATE operation_step SET started_at = ?, ended_at = ? WHERE operation = ? AND number = ?",
                    [at, at + took, operation, number])
                at += took
            database.execute("UPDATE operation SET started_at = ?, ended_at = ? WHERE id = ?", [begin, at, operation])
            database.execute("UPDATE host SET state_since = ? WHERE id = ?", [at, host])
            database.execute("UPDATE inventory SET installed_at = ?, started_at = ? WHERE host = ?", [at, at, host])
            database.execute("UPDATE event SET at = ? WHERE operation = ?", [at, operation])

    def set_back(self, machine, *seconds):
        """Lets the steps of the operation that is under way have taken so long, and last so long by now."""
        with self.database() as database:
            host = machine.host()["id"]
            operation, = database.execute(
                "SELECT id FROM operation WHERE host = ? AND ended_at IS NULL", [host]).fetchone()
            now = int(time.time() * 1000)
            at = now - 1000 * sum(seconds)
            database.execute("UPDATE operation SET started_at = ? WHERE id = ?", [at, operation])
            steps = database.execute("SELECT number FROM operation_step WHERE operation = ? ORDER BY number", [operation])
            for (number,), took in zip(steps.fetchall(), seconds, strict=True):
                database.execute(
                    "UPDATE operation_step SET started_at = ?, ended_at = iif(ended_at IS NULL, NULL, ?)"
                    " WHERE operation = ? AND number = ?", [at, at + took * 1000, operation, number])
                at += took * 1000
            last = seconds[-1] * 1000
            if len(seconds) > 1:  # what a person was asked for has been done
                database.execute("DELETE FROM effect WHERE operation = ? AND kind = 'notify'", [operation])
            database.execute("UPDATE host SET state_since = ? WHERE id = ?", [now - last, host])
            database.execute("UPDATE deadline SET due_at = due_at - ? WHERE host = ?", [last, host])
            database.execute("UPDATE event SET at = at - ? WHERE operation = ?", [last, operation])
            database.execute("UPDATE sighting SET at = at - ? WHERE mac = ?", [last, machine.mac])

    @contextlib.contextmanager
    def database(self):
        with contextlib.closing(sqlite3.connect(self.box.state / "db" / "sprout.db", timeout=10)) as database, database:
            yield database


def furnish(box):
    """A rack in which something of everything is going on."""
    rack = Rack(box)
    import_image(box, size=100_000)
    import_image(box, release="8.4", size=100_000)
    for number in range(1, 7):
        machine = rack.add(number, "ms-01", "/dev/nvme0n1")
        for days in ([60, 31, 9] if number < 4 else [12]):
            rack.install(machine, days - number)
    for number in range(7, 10):
        rack.add(number, "optiplex", "/dev/sda")
    at_work, broken, waiting = rack.machines[2], rack.machines[4], rack.machines[6]
    at_work.begin()
    rack.set_back(at_work, 44, 33, 134)
    broken.begin()
    rack.set_back(broken, 39, 30, 58)
    box.command("POST", f"/hosts/{broken.host()['id']}/advance", {"event": "broke", "reason":
                "the installer found no disk /dev/nvme0n1: the machine has /dev/sda (WD Blue SA510) alone."})
    waiting.arm()
    rack.set_back(waiting, 95)
    for number, (maker, product) in enumerate([("LENOVO", "ThinkCentre M920q"), ("Intel", "NUC11ATKC4")]):
        box.saw(f"6c:4b:90:1f:0a:{number:02x}", manufacturer=maker, product=product, address=f"192.168.1.{140 + number}",
                serial=f"PC0{number}YXQ3", architecture=7)
    return rack


def pages(rack):
    at_work, broken, done = rack.machines[2], rack.machines[4], rack.machines[0]

    def latest(machine):
        return rack.box.get(f"/api/hosts/{machine.mac}/operations").json["operations"][0]["id"]

    return {
        "hosts": "/",
        "wall": "/wall",
        "host": f"/hosts/{done.host()['id']}",
        "operation": f"/ops/{latest(at_work)}",
        "failure": f"/ops/{latest(broken)}",
        "plan": f"/hosts/{done.host()['id']}/rebuild",
        "discoveries": "/discoveries",
        "images": "/images",
        "wire": "/wire",
        "events": "/timeline",
        "settings": "/settings",
        "server-types": "/server-types",
        "notifications": "/notifications",
        "appliance": "/appliance",
        "users": "/users",
        "backups": "/backups",
    }


LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}, "device_scale_factor": 2},
}


def main(wanted):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        with Sprout(server_types=SERVER_TYPES) as box:
            shoot(chromium, box, {"welcome": "/welcome"}, wanted)
        with Sprout(server_types=SERVER_TYPES, provisioning=PROVISIONING) as box:
            shoot(chromium, box, pages(furnish(box)), wanted)
        chromium.close()


def shoot(chromium, box, pages, wanted):
    folder = ROOT / "docs" / "screenshots"
    folder.mkdir(exist_ok=True)
    name, _, session = box.sign_in(*box.new_user("anna", "admin")).partition("=")
    cookie = {"name": name, "value": session, "url": box.url}
    for name, path in pages.items():
        if wanted and name not in wanted:
            continue
        for look, options in LOOKS.items():
            context = chromium.new_context(**options)
            context.add_cookies([cookie])
            page = context.new_page()
            page.goto(box.url + path)
            page.wait_for_timeout(700)
            page.screenshot(path=folder / f"{name}-{look}.png")
            page.context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
