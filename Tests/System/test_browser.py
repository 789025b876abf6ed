"""The pages, in a real browser, behind the real front door.

Needs Debian's chromium, and from PyPI playwright and axe-playwright-python.
"""

import contextlib
import itertools
import os
import re
import signal
import sqlite3
import time
import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from harness import Sprout

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HOSTILE = "<img src=x onerror=alert(1)>"
LINE_SEPARATOR = "\u2028"
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
    @classmethod
    def setUpClass(cls):
        cls.box = cls.enterClassContext(Sprout(server_types=SERVER_TYPES))
        cls.chromium = cls.enterClassContext(sync_playwright()).chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        cls.addClassCleanup(cls.chromium.close)
        cls.numbers = itertools.count(1)

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
                "INSERT INTO event (at, kind, message, host, hostname, actor) VALUES (?, 'host.advanced', ?, ?, ?, ?)",
                (now, message, host["id"], host["hostname"], HOSTILE),
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


class Registering(BrowserTest):
    def test_P1_a_host_registered_in_one_browser_appears_in_another_within_a_second(self):
        first, second = self.open(), self.open()
        second.evaluate("window.isUntouched = true")
        hostname, mac = self.new_host()
        self.fill(first, hostname, mac)
        begin = time.monotonic()
        first.get_by_role("button", name="Register").click()
        expect(self.tile(second, hostname)).to_contain_text("registered", timeout=1000)
        self.assertLess(time.monotonic() - begin, 1)
        expect(self.tile(first, hostname)).to_contain_text(mac)
        self.assertTrue(second.evaluate("window.isUntouched"), "the second page was loaded again")

    def refused(self, hostname, mac, field):
        page = self.open()
        self.expected = "status of 4(09|22)"
        self.fill(page, hostname, mac)
        page.get_by_role("button", name="Register").click()
        wrong = page.get_by_label(field)
        expect(wrong).to_have_attribute("aria-invalid", "true")
        expect(wrong).to_be_focused()
        expect(wrong).to_be_in_viewport()
        expect(page.locator("[aria-invalid]")).to_have_count(1)
        expect(page.get_by_label("MAC address")).to_have_value(mac)
        expect(page.get_by_label("Host name")).to_have_value(hostname)
        message = page.locator("#" + wrong.get_attribute("aria-describedby").split()[0])
        expect(message).to_be_visible()
        return message.inner_text()

    def test_P1_a_text_that_is_no_mac_address_is_refused_at_its_field(self):
        self.assertIn("is not a MAC address", self.refused("pve-bad", "52:54:00:12:34", "MAC address"))

    def test_P1_a_multicast_mac_address_is_refused_at_its_field(self):
        self.assertIn("multicast", self.refused("pve-bad", "01:00:5e:00:00:01", "MAC address"))

    def test_P1_a_mac_address_in_use_is_refused_however_it_is_written_and_names_its_host(self):
        host = self.register(mac="52:54:00:ab:cd:ef")
        for spelling in ("52-54-00-AB-CD-EF", "5254.00ab.cdef", "525400ABCDEF"):
            with self.subTest(spelling):
                self.assertIn(host["hostname"], self.refused("pve-twice", spelling, "MAC address"))

    def test_P1_a_host_name_in_use_is_refused_and_names_the_other_machine(self):
        host = self.register()
        _, mac = self.new_host()
        self.assertIn(host["mac"], self.refused(host["hostname"].upper(), mac, "Host name"))

    def test_P1_a_host_name_that_proxmox_refuses_is_refused(self):
        for name, reason in (("123", "digits alone"), ("a_b", "hyphens"), ("-a", "hyphen")):
            with self.subTest(name):
                self.assertIn(reason, self.refused(name, self.new_host()[1], "Host name"))

    def test_a_refused_form_can_be_corrected_and_sent_again(self):
        page = self.open()
        self.expected = "status of 422"
        hostname, mac = self.new_host()
        self.fill(page, hostname, "nonsense")
        page.get_by_role("button", name="Register").click()
        expect(page.locator("[aria-invalid]")).to_have_count(1)
        page.get_by_label("MAC address").fill(mac)
        page.get_by_role("button", name="Register").click()
        expect(self.tile(page, hostname)).to_be_in_viewport()

    def test_loading_the_address_of_a_refused_form_again_is_harmless(self):
        for path in ("/hosts", f"/hosts/{self.register()['hostname']}/remove"):
            page = self.open(path)
            expect(page.locator("h1")).to_be_visible()
            self.assertNotIn("remove", page.url)


class Removing(BrowserTest):
    def test_a_host_is_removed_only_when_its_name_was_typed(self):
        host = self.register()
        page, other = self.open(f"/hosts/{host['id']}"), self.open()
        self.expected = "status of 422"
        expect(self.tile(other, host["hostname"])).to_be_visible()
        page.get_by_text("Remove this host").click()
        page.get_by_label("to confirm").fill("something else")
        page.get_by_role("button", name="Remove").click()
        confirm = page.get_by_label("to confirm")
        expect(confirm).to_have_attribute("aria-invalid", "true")
        expect(confirm).to_have_value("something else")
        confirm.fill(host["hostname"])
        page.get_by_role("button", name="Remove").click()
        page.wait_for_url(self.box.url + "/")
        expect(self.tile(page, host["hostname"])).to_have_count(0)
        expect(self.tile(other, host["hostname"])).to_have_count(0)

    def test_a_host_removed_elsewhere_is_said_to_be_gone_on_its_page(self):
        host = self.register()
        page = self.open(f"/hosts/{host['hostname']}")
        self.remove(host)
        expect(page.get_by_role("alert")).to_contain_text(f"{host['hostname']} was removed")
        expect(page.get_by_text("Remove this host")).to_have_count(0)

    def test_the_focus_stays_while_tiles_come_and_goes_on_when_its_tile_goes(self):
        hosts = [self.register(f"focus-{letter}") for letter in "bc"]
        page = self.open()
        page.get_by_role("link", name="focus-b").focus()
        self.register("focus-a")
        expect(page.get_by_role("link", name="focus-a")).to_be_visible()
        expect(page.get_by_role("link", name="focus-b")).to_be_focused()
        self.assertEqual(self.names(page), sorted(self.names(page)))
        self.remove(hosts[0])
        expect(page.get_by_role("link", name="focus-c")).to_be_focused()


class Following(BrowserTest):
    def test_P12_a_browser_that_was_offline_misses_nothing_and_doubles_nothing(self):
        page = self.open()
        self.expected = "ERR_INTERNET_DISCONNECTED"
        page.evaluate("window.isUntouched = true")
        page.context.set_offline(True)
        expect(page.locator("[data-live]")).to_have_text("reconnecting,")
        expect(page.locator("[data-live-age]")).to_have_text(re.compile(r"last update \d+ s ago"))
        hosts = [self.register() for _ in range(5)]
        page.context.set_offline(False)
        for host in hosts:
            expect(self.tile(page, host["hostname"])).to_have_count(1)
            expect(page.locator("[data-timeline] li", has_text=f"{host['hostname']} was registered")).to_have_count(1)
        expect(page.locator("[data-live]")).to_have_text("live")
        names = self.names(page)
        self.assertEqual(names, sorted(set(names)))
        expect(page.locator("[data-hosts-count]")).to_have_text(str(len(names)))
        self.assertTrue(page.evaluate("window.isUntouched"), "the page was loaded again")

    def test_a_browser_gets_over_the_death_of_each_daemon_behind_it(self):
        page = self.open()
        self.expected = "ERR_INCOMPLETE_CHUNKED_ENCODING|status of 503"
        page.evaluate("window.isUntouched = true")
        for program in ("sprout-web", "sprout-orchestrator"):
            with self.subTest(program):
                os.kill(self.box.pid(program), signal.SIGKILL)
                host = self.register()
                expect(self.tile(page, host["hostname"])).to_be_visible(timeout=10_000)
                expect(page.locator("[data-live]")).to_have_text("live")
        self.assertTrue(page.evaluate("window.isUntouched"), "the page was loaded again")

    def test_a_page_from_before_the_database_was_put_back_loads_itself_again(self):
        page = self.browser()

        def age(route):
            answer = route.fetch()
            route.fulfill(
                response=answer, body=re.sub(r'data-event="\d+"', 'data-event="999999999"', answer.text(), count=1)
            )

        page.route(self.box.url + "/", age, times=1)
        page.goto(self.box.url + "/")
        expect(page.locator("body")).not_to_have_attribute("data-event", "999999999")
        expect(page.locator("[data-live]")).to_have_text("live")

    def test_a_front_door_that_answers_with_an_error_is_asked_again(self):
        page = self.browser()
        self.expected = "status of 502"
        page.route("**/events?*", lambda route: route.fulfill(status=502), times=1)
        page.goto(self.box.url + "/")
        expect(page.locator("[data-live]")).to_have_text("reconnecting,")
        expect(page.locator("[data-live]")).to_have_text("live")

    def test_a_hidden_page_holds_no_connection_and_catches_up_when_it_is_seen(self):
        hidden, seen = self.open(), self.open()
        hide = "isHidden => { Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true }); "
        hide += "document.dispatchEvent(new Event('visibilitychange')); }"
        hidden.evaluate(hide, True)
        host = self.register()
        expect(self.tile(seen, host["hostname"])).to_have_count(1)
        expect(self.tile(hidden, host["hostname"])).to_have_count(0)
        hidden.evaluate(hide, False)
        expect(self.tile(hidden, host["hostname"])).to_have_count(1)

    def test_a_state_is_followed_on_both_pages(self):
        host = self.register()
        dashboard, page = self.open(), self.open(f"/hosts/{host['id']}")
        self.record(host, f"{host['hostname']} went from registered to installing.", "installing")
        expect(dashboard.locator("[data-under-way]")).to_have_text("1")
        expect(page.locator("article .badge")).to_have_text("installing")
        expect(page.locator("[data-under-way]")).to_have_text("1")
        self.record(host, f"{host['hostname']} went from installing to failed: the disk is full.", "failed")
        for where in (self.tile(dashboard, host["hostname"]), page.locator("article")):
            expect(where).to_have_attribute("data-state", "failed")
            expect(where.locator(".badge")).to_have_text("failed")
            expect(where.locator("[data-field=sentence]")).to_have_text("the disk is full.")
        expect(dashboard.locator(".pill")).to_have_text("0 under way · 1 failed")
        expect(page.locator("[data-timeline] li").first).to_contain_text("the disk is full.")
        page.reload()
        expect(page.locator("[data-field=sentence]")).to_have_text("the disk is full.")

    def test_P13_a_mistake_in_the_server_types_is_shown_until_it_is_corrected_and_a_new_type_can_be_chosen(self):
        page = self.open()
        file = self.box.config / "server-types.yaml"
        self.addCleanup(file.write_text, SERVER_TYPES)
        page.get_by_label("MAC address").fill("half typed")
        page.get_by_label("Server type").select_option("ms-01")
        file.write_text(SERVER_TYPES.replace("boot_disk: /dev/sda", "bot_disk: /dev/sda"))
        expect(page.get_by_role("alert")).to_contain_text("did you mean boot_disk?")
        file.write_text(SERVER_TYPES + "  nuc:\n    boot_disk: /dev/sdb\n    hostname_prefix: nuc-\n")
        expect(page.locator("option[value=nuc]")).to_have_count(1)
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_label("MAC address")).to_have_value("half typed")
        expect(page.get_by_label("Server type")).to_have_value("ms-01")

    def test_what_happened_shows_the_latest_twenty(self):
        page = self.open()
        for _ in range(22):
            newest = self.register()
        entries = page.locator("[data-timeline] li")
        expect(entries.first).to_contain_text(newest["hostname"])
        expect(entries).to_have_count(20)
        times = entries.locator("time")
        expect(times.first).to_have_text(re.compile("just now|ago"))
        self.assertTrue(times.first.get_attribute("title"))


class Serving(BrowserTest):
    def test_everything_works_without_javascript(self):
        page = self.open(java_script_enabled=False)
        hostname, mac = self.new_host()
        self.fill(page, hostname, mac)
        page.get_by_role("button", name="Register").click()
        self.tile(page, hostname).get_by_role("link").click()
        expect(page.locator("h1")).to_have_text(hostname)
        expect(page.locator("[data-timeline]")).to_contain_text(f"{hostname} was registered")
        page.get_by_text("Remove this host").click()
        page.get_by_label("to confirm").fill(hostname)
        page.get_by_role("button", name="Remove").click()
        page.wait_for_url(self.box.url + "/")
        expect(self.tile(page, hostname)).to_have_count(0)

    def test_no_page_has_a_grave_accessibility_fault(self):
        host = self.register(labels={"rack": "shelf-2"})
        self.record(self.register(), "It went from installing to failed: the disk is full.", "failed")
        self.expected = "status of 4(04|22)"
        for scheme in ("light", "dark"):
            for path in ("/", f"/hosts/{host['id']}", "/nowhere"):
                with self.subTest(scheme=scheme, path=path):
                    page = self.browser(color_scheme=scheme)
                    page.goto(self.box.url + path)
                    self.check_accessibility(page)
            with self.subTest(scheme=scheme, path="a refused form"):
                page = self.open(color_scheme=scheme)
                self.fill(page, "a_b", self.new_host()[1])
                page.get_by_role("button", name="Register").click()
                expect(page.locator("[aria-invalid]")).to_be_visible()
                self.check_accessibility(page)

    def check_accessibility(self, page):
        violations = Axe().run(page).response["violations"]
        self.assertEqual(
            [(found["id"], found["nodes"][0]["html"]) for found in violations
             if found["impact"] in ("serious", "critical")], []
        )

    def test_nothing_scrolls_sideways_on_a_phone(self):
        long = "n" * 63
        host = self.register(long, labels={"l" * 63: "v" * 255})
        self.expected = "status of 4(04|22)"
        for path in ("/", f"/hosts/{host['id']}", "/hosts/" + "x" * 200):
            with self.subTest(path):
                page = self.browser(viewport={"width": 360, "height": 740})
                page.goto(self.box.url + path)
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)
        page = self.open(viewport={"width": 360, "height": 740})
        self.fill(page, long, "y" * 300)
        page.get_by_role("button", name="Register").click()
        expect(page.locator(".error")).to_be_in_viewport()
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)

    def test_hostile_text_is_only_text(self):
        host = self.register(labels={"note": HOSTILE, "break": f"a{LINE_SEPARATOR}b"})
        dashboard, page = self.open(), self.open(f"/hosts/{host['id']}")
        expect(page.locator(".label", has_text="note")).to_have_text(f"note={HOSTILE}")
        self.record(host, f"{HOSTILE} happened{LINE_SEPARATOR}twice.", "installing")
        for shown in (dashboard, page):
            expect(shown.locator("[data-timeline]")).to_contain_text(f"{HOSTILE} happened")
            expect(shown.locator("[data-timeline]")).to_contain_text(HOSTILE)
            expect(shown.locator("[src=x], [onerror]")).to_have_count(0)
        expect(self.tile(dashboard, host["hostname"])).to_contain_text("installing")
        expect(dashboard.locator("option", has_text="onerror")).to_have_text(HOSTILE)
        self.expected = "status of 4(04|22)"
        self.fill(dashboard, f'"{HOSTILE}', f"'{HOSTILE}")
        dashboard.get_by_role("button", name="Register").click()
        expect(dashboard.locator(".error")).to_contain_text(HOSTILE)
        expect(dashboard.get_by_label("Host name")).to_have_value(f'"{HOSTILE}')
        expect(dashboard.locator("[src=x], [onerror]")).to_have_count(0)
        dashboard.goto(f"{self.box.url}/hosts/%3Cimg%20src=x%20onerror=alert(1)%3E")
        expect(dashboard.locator("main")).to_contain_text(HOSTILE)
        expect(dashboard.locator("[src=x], [onerror]")).to_have_count(0)

    def test_a_browser_that_asks_for_what_is_not_there_gets_a_page_and_a_way_back(self):
        self.expected = "status of 404"
        for path in ("/hosts/nobody", "/nowhere"):
            page = self.browser()
            answer = page.goto(self.box.url + path)
            self.assertEqual(answer.status, 404)
            expect(page.locator("main")).to_contain_text(path.split("/")[-1])
            page.get_by_role("link", name="All hosts").click()
            expect(page.locator("h1")).to_contain_text("Hosts")
        answer = self.box.get("/api/hosts/nobody", headers={"Accept": "text/html"})
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (404, "application/problem+json"))

    def test_every_page_and_asset_is_sent_with_the_strict_policy_and_obeys_it(self):
        page = self.browser()
        answers = []
        page.on("response", lambda answer: answers.append(answer))
        page.goto(self.box.url + "/")
        expect(page.locator("[data-live]")).to_have_text("live")
        self.assertEqual(answers[0].headers["content-security-policy"], POLICY)
        self.assertTrue(all(answer.url.startswith(self.box.url) for answer in answers))


del BrowserTest

if __name__ == "__main__":
    unittest.main()
