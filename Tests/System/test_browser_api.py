"""The page of the API, in a real browser."""

import unittest

from axe_playwright_python.sync_playwright import Axe

from browser import BrowserTest


class APIPageTest(BrowserTest):
    def test_S21_the_api_can_be_read_without_javascript_on_a_phone_and_in_the_dark(self):
        for scheme, scripts in [("light", False), ("dark", True)]:
            context = self.chromium.new_context(
                color_scheme=scheme, viewport={"width": 360, "height": 740}, java_script_enabled=scripts)
            page = context.new_page()
            page.on("console", lambda message: self.complaints.append(message.text))
            page.goto(f"{self.box.url}/api")
            page.locator("#post-hosts > summary").click()
            for words in ["Register a machine", "sprout hosts add", "Idempotency-Key", "curl -X POST", "the role operator"]:
                self.assertIn(words, page.locator("#post-hosts").inner_text())
            page.locator("#post-hosts").get_by_role("link", name="HostDraft").click()
            self.assertTrue(page.url.endswith("#schema-HostDraft"))
            if scripts:
                self.assertEqual([one["id"] for one in Axe().run(page).response["violations"]], [])
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)
            context.close()


if __name__ == "__main__":
    unittest.main()
