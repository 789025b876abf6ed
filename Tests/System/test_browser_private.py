"""What is asked for over HTTPS alone: passwords, secrets, keys, and what opens a backup."""

import pathlib
import tempfile
import unittest

from playwright.sync_api import expect, sync_playwright

from browser import BrowserTest
from harness import until
from test_tls import Encrypted

PASSPHRASE = "a passphrase to remember"


class Private(BrowserTest):
    @classmethod
    def setUpClass(cls):
        cls.chromium = cls.enterClassContext(sync_playwright()).chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        cls.addClassCleanup(cls.chromium.close)

    def setUp(self):
        super().setUp()
        self.box = self.enterContext(Encrypted())
        self.box.new_user("anna", "admin")

    def browse(self, path, box=None):
        """A page over HTTPS, whose certificate this browser takes as it is, for anna who signs in there."""
        context = self.chromium.new_context(ignore_https_errors=True)
        self.addCleanup(context.close)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.goto(f"https://localhost:{(box or self.box).tls_port}{path}")
        self.sign_in(page)
        page.wait_for_url(f"**{path}")
        return page

    def sign_in(self, page):
        page.get_by_label("Name").fill("anna")
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in").click()

    def test_A4_a_backup_is_made_fetched_and_restored_on_another_box(self):
        self.expected = "status of 4(22|09|01)|ERR_CONNECTION|502|503"
        self.box.register(1)
        page = self.browse("/backups")
        page.get_by_label("A passphrase").fill("short")
        page.get_by_role("button", name="Make a backup").click()
        expect(page.get_by_role("alert")).to_contain_text("at least 10 characters")
        page.get_by_label("A passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Make a backup").click()
        row = page.get_by_role("list", name="Backups").get_by_role("listitem")
        expect(row).to_have_count(1)
        # As the browser would fetch it, with its session: a context that has downloaded something may never close.
        link = row.get_by_role("link")
        self.assertEqual(link.get_attribute("download"), "")
        fetched = page.request.get(f"https://localhost:{self.box.tls_port}{link.get_attribute('href')}")
        self.assertIn(f'filename="{link.inner_text()}"', fetched.headers["content-disposition"])
        file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / link.inner_text()
        file.write_bytes(fetched.body())

        other = self.enterContext(Encrypted())
        other.new_user("anna", "admin")
        page = self.browse("/welcome", other)
        page.get_by_text("Restore a backup of another box instead").click()
        page.get_by_label("The file").set_input_files(file)
        page.get_by_label("Its passphrase").fill("another passphrase")
        page.get_by_role("button", name="Restore it").click()
        expect(page.get_by_role("alert")).to_contain_text("the passphrase is another")
        page.get_by_label("Its passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Restore it").click()
        expect(page.get_by_role("status").filter(has_text="This box becomes the one")).to_be_visible()
        page.wait_for_url("**/sign-in*", timeout=20_000)
        self.sign_in(page)
        expect(page.locator("[data-hosts] > li")).to_have_count(1)
        row_menu = self.browse("/backups").get_by_role("list", name="Backups").get_by_role("listitem")
        row_menu.get_by_text("Remove", exact=True).click()
        row_menu.get_by_label("Nobody needs it any more").check()
        row_menu.get_by_role("button", name="Remove it").click()
        until(lambda: not list((self.box.state / "backups").glob("*.backup")), 10)

    def test_a_root_password_a_secret_and_another_certificate_are_set(self):
        self.expected = "status of 422"
        page = self.browse("/settings")
        hosts = page.get_by_role("region", name="What all new hosts have in common")
        hosts.get_by_label("Root password").fill("short")
        hosts.get_by_role("button", name="Save").click()
        expect(hosts.get_by_role("alert")).to_contain_text("at least 8 characters")
        self.assertEqual(hosts.get_by_label("Root password").input_value(), "", "a password is not sent back")
        hosts.get_by_label("Root password").fill("correct horse battery")
        hosts.get_by_role("button", name="Save").click()
        until(lambda: 'root_password_hash: "$y$' in (self.box.config / "provisioning.yaml").read_text(), 10)
        expect(page.get_by_label("Root password")).to_have_attribute("placeholder", "is set; type another to change it")

        secrets = page.get_by_role("region", name="Secrets")
        secrets.get_by_label("Name").fill("cluster")
        secrets.get_by_label("Secret", exact=True).fill("a-value-that-nobody-sees")
        secrets.get_by_role("button", name="Keep it").click()
        expect(secrets.get_by_role("listitem")).to_contain_text("cluster")
        expect(page.locator("main")).not_to_contain_text("a-value-that-nobody-sees")
        secrets.get_by_text("Remove", exact=True).click()
        secrets.get_by_label("No setting needs it").check()
        secrets.get_by_role("button", name="Remove cluster").click()
        expect(secrets.get_by_role("listitem")).to_have_count(0)

        encryption = page.get_by_role("region", name="HTTPS")
        before = encryption.locator("pre").inner_text()
        encryption.get_by_text("Another certificate").click()
        encryption.get_by_label("Certificate").fill("no certificate")
        encryption.get_by_label("Its key").fill("no key")
        encryption.get_by_role("button", name="Show this one").click()
        expect(encryption.get_by_role("alert")).to_contain_text("This cannot be shown to browsers")
        encryption.get_by_text("Another certificate").click()
        encryption.get_by_role("button", name="Let Sprout make a new one").click()
        expect(encryption.locator("pre")).not_to_have_text(before)
        self.assertEqual(encryption.locator("pre").inner_text(), self.box.fingerprint)


if __name__ == "__main__":
    unittest.main()
