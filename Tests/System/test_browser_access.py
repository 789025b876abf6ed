"""The first start, signing in and out, users and tokens, in real browsers."""

import re
import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser import BrowserTest

PASSWORD = "correct horse battery"


class Entering(BrowserTest):
    signs_in = False

    def assert_usable(self, page):
        self.assertEqual([one["id"] for one in Axe().run(page).response["violations"]], [])
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), page.viewport_size["width"])

    def test_from_the_first_start_to_a_token_and_out_again(self):
        self.expected = r"status of 4\d\d"
        page = self.browser(viewport={"width": 360, "height": 740}, color_scheme="dark")
        page.goto(self.box.url)
        self.assertTrue(page.url.endswith("/setup"))
        self.assert_usable(page)
        self.set_up(page, "0000-0000")
        expect(page.get_by_role("alert")).to_have_text("This is not the code that Sprout shows.")
        self.assertEqual(page.get_by_label("Your name").input_value(), "anna", "what was typed is not lost")
        self.set_up(page, self.box.cli("setup").stdout.splitlines()[-1].lower())
        page.wait_for_url(self.box.url + "/welcome")

        page.get_by_role("link", name="anna").click()
        self.assert_usable(page)
        page.get_by_role("link", name="Users").click()
        page.get_by_label("Name").fill("bert")
        page.get_by_label("Role", exact=True).last.select_option("viewer")
        page.get_by_label("Password, of").fill(PASSWORD)
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("heading", name="bert")).to_be_visible()
        self.assert_usable(page)
        page.get_by_text("Change anna").click()
        page.get_by_role("button", name="Remove anna").click()
        expect(page.get_by_role("alert")).to_contain_text("anna is the last admin")

        page.goto(self.box.url + "/tokens")
        page.get_by_label("What it is for").fill("ci")
        page.get_by_role("button", name="Make it").click()
        token = page.locator("pre").inner_text()
        self.assertRegex(token, "^sprout_[0-9a-f]{72}$")
        expect(page.get_by_text(re.compile("good until in (89|90) d"))).to_be_visible()
        self.assert_usable(page)
        self.assertEqual(self.box.request("GET", "/api/hosts", headers={"Authorization": f"Bearer {token}"}).status, 200)
        page.goto(self.box.url + "/tokens")
        self.assertNotIn(token, page.content())
        page.get_by_role("button", name="Revoke ci").click()
        expect(page.get_by_role("heading", name="ci", exact=True)).to_have_count(0)
        self.assertEqual(self.box.request("GET", "/api/hosts", headers={"Authorization": f"Bearer {token}"}).status, 401)

        page.goto(self.box.url + "/account")
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.goto(self.box.url + "/hosts/nobody")
        self.assertTrue(page.url.endswith("/sign-in?next=%2Fhosts%2Fnobody"))
        self.assert_usable(page)
        self.sign_in(page, "bert", "wrong wrong")
        expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
        self.sign_in(page, "bert", PASSWORD)
        page.wait_for_url(self.box.url + "/hosts/nobody")
        page.goto(self.box.url)
        expect(page.get_by_role("button", name="Register")).to_have_count(0)
        page.goto(self.box.url + "/users")
        expect(page.get_by_text("This needs the role admin; bert is viewer.")).to_be_visible()

        # An open page whose session ends goes to the page to sign in by itself.
        page.goto(self.box.url)
        expect(page.locator("[data-live]")).to_have_text("live")
        self.assertEqual(self.box.cli("users", "remove", "bert").returncode, 0)
        page.wait_for_url(self.box.url + "/sign-in?next=%2F", timeout=15_000)

    def set_up(self, page, code):
        page.get_by_label("Code").fill(code)
        page.get_by_label("Your name").fill("anna")
        page.get_by_label("A password").fill(PASSWORD)
        page.get_by_role("button", name="Begin").click()

    def sign_in(self, page, name, password):
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()


if __name__ == "__main__":
    unittest.main()
