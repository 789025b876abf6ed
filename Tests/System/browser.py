"""A Sprout of one's own and browsers that look at it: what the tests of the pages have in common.

Needs Debian's chromium, and playwright from PyPI.
"""

import contextlib
import itertools
import re
import sqlite3
import time
import unittest

from playwright.sync_api import expect, sync_playwright

from harness import Sprout

HOSTILE = "<img src=x onerror=alert(1)>"
SERVER_TYPES = f"""
server_types:
  ms-01:
    boot_disk: /dev/nvme0n1
    display_name: Minisforum MS-01
    hostname_prefix: pve-ms-
  hostile:
    boot_disk: /dev/sda
    display_name: {HOSTILE}
    hostname_prefix: pve-
"""


class BrowserTest(unittest.TestCase):
    # Whether its browsers have the session of an admin.
    signs_in = True

    @classmethod
    def setUpClass(cls):
        cls.box = cls.enterClassContext(Sprout(server_types=SERVER_TYPES))
        cls.chromium = cls.enterClassContext(sync_playwright()).chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        cls.addClassCleanup(cls.chromium.close)
        cls.numbers = itertools.count(1)
        cls.cookie = cls.box.sign_in(*cls.box.new_user("anna", "admin")) if cls.signs_in else None

    def setUp(self):
        self.complaints = []
        self.expected = None

    def tearDown(self):
        unexpected = [text for text in self.complaints if not self.expected or not re.search(self.expected, text)]
        self.assertEqual(unexpected, [], "the browser's console must stay empty")

    # Helpers

    def browser(self, **options):
        context = self.chromium.new_context(**options)
        self.addCleanup(context.close)
        if self.cookie:
            name, _, value = self.cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": self.box.url}])
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"a dialog: {dialog.message}"))
        return page

    def open(self, path="/", **options):
        page = self.browser(**options)
        page.goto(self.box.url + path)
        if options.get("java_script_enabled", True):
            expect(page.locator("[data-live]")).to_have_text("live")
        return page

    def new_host(self, prefix="pve-test"):
        number = next(self.numbers)
        return f"{prefix}-{number:03}", f"52:54:00:7e:57:{number:02x}"

    def register(self, hostname=None, mac=None, **fields):
        """Registers a host through the API, as somebody else would."""
        free_name, free_mac = self.new_host()
        draft = {"hostname": hostname or free_name, "mac": mac or free_mac, "server_type": "ms-01", **fields}
        answer = self.box.request("POST", "/api/hosts", draft)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json

    def remove(self, host):
        self.assertEqual(self.box.request("DELETE", f"/api/hosts/{host['id']}").status, 204)

    def record(self, host, message, state=None):
        """Has something happen to a host, and the browsers told with the next event."""
        with contextlib.closing(sqlite3.connect(self.box.state / "db" / "sprout.db", timeout=10)) as database, database:
            now = int(time.time() * 1000)
            if state:
                database.execute("UPDATE host SET state = ?, state_since = ? WHERE id = ?", (state, now, host["id"]))
            database.execute(
                "INSERT INTO event (at, kind, message, reason, host, hostname, actor)"
                " VALUES (?, 'host.advanced', ?, ?, ?, ?, ?)",
                (now, message, message.partition(": ")[2] or None, host["id"], host["hostname"], HOSTILE),
            )
        self.register()

    def fill(self, page, hostname, mac):
        page.get_by_label("MAC address").fill(mac)
        page.get_by_label("Host name").fill(hostname)
        page.get_by_label("Server type").select_option("ms-01")

    def tile(self, page, hostname):
        return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=hostname, exact=True))

    def names(self, page):
        return page.locator(".tile [data-field=hostname]").all_inner_texts()
