"""The page Images, where the box fetches an ISO from its address."""

import hashlib
import os
import pathlib
import tempfile
import unittest
from unittest import mock

from browser import BrowserTest, expect
from fileserver import FileServer
from test_images import synthetic_iso

NAME = "/iso/proxmox-ve_9.1-1.iso"


class Downloads(BrowserTest):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        iso, _ = synthetic_iso(folder, "9.1", 8_000_000)
        cls.content = iso.read_bytes()
        cls.digest = hashlib.sha256(cls.content).hexdigest()
        with mock.patch.dict(os.environ, SPROUT_FETCH_BESIDES="127.0.0.1"):
            super().setUpClass()

    def serve(self, halt=None):
        server = self.enterContext(FileServer({NAME: self.content, NAME + ".sha256": self.digest.encode()}))
        server.halt = halt
        return server

    def fetch(self, page, url, sha256=""):
        page.get_by_label("Address of the ISO").fill(url)
        page.get_by_label("SHA-256 of the ISO").fill(sha256)
        page.get_by_role("button", name="Fetch").click()

    def fetched(self, pieces):
        return f"fetching: {(pieces << 20) * 100 // len(self.content)} %"

    def row(self, page):
        return page.get_by_role("list", name="Imports and images").get_by_role("listitem").filter(has_text="9.1-1")

    def remove_image(self):
        self.assertEqual(self.box.request("DELETE", "/api/images/proxmox-ve-9.1-1").status, 204)

    def test_P14_an_iso_is_fetched_and_its_progress_lives_on_every_page(self):
        server = self.serve(halt=4_500_000)
        page = self.open("/images")
        self.fetch(page, server.url(NAME))
        expect(self.row(page)).to_contain_text(self.fetched(4))
        expect(self.row(page)).to_contain_text(f"compared with the one in {server.url(NAME)}.sha256")
        expect(page.get_by_label("Address of the ISO")).to_have_value("")
        other = self.open("/images")
        expect(self.row(other)).to_contain_text(self.fetched(4))
        server.halt = None
        server.goes_on.set()
        for one in [page, other]:
            expect(self.row(one)).to_contain_text("checked when it was imported", timeout=20_000)
            expect(one.get_by_role("progressbar")).to_have_count(0)
        self.remove_image()

    def test_what_is_refused_is_said_in_a_sentence_and_what_was_typed_stays(self):
        self.expected = "status of 422"
        server = self.serve()
        page = self.open("/images")
        self.fetch(page, server.url("/iso/none.iso"))
        expect(page.get_by_role("alert")).to_contain_text("the server has no such file (404)")
        expect(page.get_by_label("Address of the ISO")).to_have_value(server.url("/iso/none.iso"))
        self.fetch(page, server.url(NAME), "0" * 64)
        expect(self.row(page)).to_contain_text(f"its SHA-256 is {self.digest}, but {'0' * 64} was expected", timeout=20_000)
        expect(page.get_by_role("alert")).to_have_count(0)
        self.row(page).get_by_role("button", name="Dismiss").click()
        expect(page.get_by_text("There is nothing to install yet.")).to_be_visible()

    def test_cancel_ends_it(self):
        server = self.serve(halt=3_000_000)
        page = self.open("/images")
        self.fetch(page, server.url(NAME))
        expect(self.row(page)).to_contain_text(self.fetched(2))
        self.row(page).get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
        self.assertEqual(list((self.box.state / "images" / ".incoming").iterdir()), [])

    def test_it_works_without_javascript(self):
        self.expected = "status of 422"
        server = self.serve(halt=3_000_000)
        page = self.open("/images", java_script_enabled=False)
        self.fetch(page, "http://127.0.0.2/x.iso", "abc")
        expect(page.get_by_role("alert")).to_have_text('"abc" is no SHA-256: it has 64 hexadecimal digits.')
        self.fetch(page, "http://127.0.0.2/x.iso")
        expect(page.get_by_role("alert")).to_contain_text("it leads to 127.0.0.2, which is this machine itself")
        expect(page.get_by_label("Address of the ISO")).to_have_value("http://127.0.0.2/x.iso")
        self.fetch(page, server.url(NAME))
        expect(page).to_have_url(self.box.url + "/images")
        expect(self.row(page)).to_contain_text("fetching: ")
        expect(self.row(page).get_by_role("progressbar")).to_be_visible()
        self.row(page).get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)

    def test_a_viewer_sees_how_far_it_is_and_changes_nothing(self):
        server = self.serve(halt=4_500_000)
        begun = self.box.request("POST", "/api/images/downloads", {"url": server.url(NAME)})
        self.assertEqual(begun.status, 202, begun.body)
        self.cookie = self.box.sign_in(*self.box.new_user("vera", "viewer"))
        page = self.open("/images")
        expect(self.row(page)).to_contain_text(self.fetched(4))
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
        expect(page.get_by_label("Address of the ISO")).to_have_count(0)
        server.halt = None
        server.goes_on.set()
        expect(self.row(page)).to_contain_text("checked when it was imported", timeout=20_000)
        self.remove_image()


del BrowserTest

if __name__ == "__main__":
    unittest.main()
