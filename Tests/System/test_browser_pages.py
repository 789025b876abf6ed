"""What every page must be: usable by everyone, on a phone, without JavaScript, and harmless whatever it shows.

Needs axe-playwright-python from PyPI, besides what browser.py needs.
"""

import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser import HOSTILE, BrowserTest

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LINE_SEPARATOR = "\u2028"


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
