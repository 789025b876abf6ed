"""The wall: hosts on a screen that everybody passes, let in by a link that can be revoked."""

import http.client
import json
import re
import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser import BrowserTest
from harness import Sprout
from test_access import JSON, routes
from test_tls import Encrypted


class WallAccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = cls.enterClassContext(Sprout())
        cls.box.new_user("anna", "admin")
        cls.host = cls.box.register(1, hostname="pve-1", labels={"rack": "shelf-1"}).json

    def cookie(self, name):
        """What a screen has that has opened a new link."""
        answer = self.box.browse("GET", f"/wall?token={self.box.new_token(name, 'wall')}")
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/wall"))
        return answer.headers["Set-Cookie"].partition(";")[0]

    def test_a_link_becomes_a_cookie_and_leaves_the_address_bar(self):
        token = self.box.new_token("hall", "wall", days=2)
        answer = self.box.browse("GET", f"/wall?token={token}")
        self.assertEqual((answer.status, answer.headers["Location"], answer.body), (303, "/wall", b""))
        cookie = answer.headers["Set-Cookie"]
        self.assertTrue(cookie.startswith(f"sprout-wall={token}; Path=/; Max-Age=1"), cookie)
        self.assertIn("; HttpOnly; SameSite=Lax", cookie)
        page = self.box.browse("GET", "/wall", cookie=cookie.partition(";")[0])
        self.assertEqual(page.status, 200)
        self.assertIn(b"pve-1", page.body)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertNotIn(token, self.box.log())

    def test_over_tls_its_cookie_is_one_that_plain_http_never_carries(self):
        with Encrypted() as box:
            token = box.new_token("hall", "wall")
            answer, _ = box.ask("GET", f"/wall?token={token}", headers={"Accept": "text/html", "Authorization": ""})
            self.assertTrue(answer.headers["Set-Cookie"].startswith(f"__Host-sprout-wall={token}; "))
            self.assertTrue(answer.headers["Set-Cookie"].endswith("; Secure"))

    def test_its_token_is_refused_everywhere_else_and_its_cookie_is_nothing_there(self):
        token, cookie = self.box.new_token("elsewhere", "wall"), self.cookie("cookie-elsewhere")
        paths = [(method, path) for method, path, need in routes() if need != "wall"]
        paths += [("GET", path) for path in ["/", f"/hosts/{self.host['id']}", "/images", "/wire", "/timeline", "/settings",
                                             "/account", "/users", "/tokens", "/appliance"]]
        for method, path in paths:
            with self.subTest(f"{method} {path}"):
                refused = self.box.request(method, path, b"{}", {"Authorization": f"Bearer {token}", **JSON})
                self.assertEqual(refused.status, 403, refused.body)
                self.assertIn("the token elsewhere is wall", refused.body.decode())
                self.assertEqual(self.box.browse(method, path, cookie=cookie, headers={"Accept": "application/json", **JSON}).status, 401)
        self.assertEqual(self.box.browse("GET", "/", cookie=cookie).headers["Location"], "/sign-in?next=%2F")

    def test_a_wall_shows_nothing_that_its_tiles_do_not(self):
        cookie = self.cookie("sparing")
        connection = http.client.HTTPConnection("127.0.0.1", self.box.port, timeout=30)
        connection.request("GET", "/wall/events", headers={"Cookie": cookie})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.box.request("PATCH", f"/api/hosts/{self.host['id']}", {"labels": {"rack": "shelf-2"}}).status, 200)
        events = (json.loads(line[6:]) for line in iter(answer.readline, b"") if line.startswith(b"data: {\"co"))
        event = next(event for event in events if event.get("host") == self.host["id"])
        connection.close()
        self.assertEqual(set(event), {"id", "host", "current", "sentence", "glance", "counts"})
        self.assertEqual(set(event["current"]), {"hostname", "state", "state_since"})
        self.assertLessEqual(set(event["glance"]), {"needs_you", "under_way", "usual"})
        page = self.box.browse("GET", "/wall", cookie=cookie).body.decode()
        for secret in [self.host["mac"], "shelf-", "127.0.0.1", "<form", "<a ", "href=\"/hosts"]:
            self.assertNotIn(secret, page)
            self.assertNotIn(secret, json.dumps(event))
        self.assertIn('<noscript><meta http-equiv="refresh" content="30"></noscript>', page)

    def test_a_revoked_link_ends_its_stream_and_opens_nothing(self):
        cookie = self.cookie("revoked")
        connection = http.client.HTTPConnection("127.0.0.1", self.box.port, timeout=10)
        connection.request("GET", "/wall/events", headers={"Cookie": cookie})
        answer = connection.getresponse()
        self.assertEqual(self.box.cli("tokens", "remove", "revoked").returncode, 0)
        answer.read()
        connection.close()
        page = self.box.browse("GET", "/wall", cookie=cookie)
        self.assertEqual(page.status, 403)
        self.assertIn(b"This link is not valid any more", page.body)
        self.assertNotIn(b"pve-1", page.body)
        self.assertEqual(self.box.browse("GET", "/wall/events", cookie=cookie, headers={"Accept": "*/*"}).status, 401)
        again = self.box.browse("GET", f"/wall?{cookie.replace('sprout-wall', 'token')}")
        self.assertEqual((again.status, again.headers["Set-Cookie"]), (403, None))

    def test_only_the_token_of_a_wall_is_taken_in_a_link(self):
        for token in [self.box.new_token("mighty", "admin"), "sprout_nonsense", ""]:
            answer = self.box.browse("GET", f"/wall?token={token}")
            self.assertEqual((answer.status, answer.headers["Set-Cookie"]), (403, None))
        self.assertEqual(self.box.browse("GET", "/wall").headers["Location"], "/sign-in?next=%2Fwall")

    def test_a_viewer_sees_it_too_and_nobody_signs_in_as_a_wall(self):
        cookie = self.box.sign_in(*self.box.new_user("vera", "viewer"))
        self.assertEqual(self.box.browse("GET", "/wall", cookie=cookie).status, 200)
        refused = self.box.request("POST", "/api/users", {"name": "walter", "role": "wall", "password": "correct horse battery"})
        self.assertEqual((refused.status, refused.json["field"]), (422, "role"))
        self.assertIn("no role of a user", refused.json["detail"])
        self.assertEqual(self.box.request("PATCH", "/api/users/vera", {"role": "wall"}).status, 422)

    def test_the_command_line_makes_a_link(self):
        made = self.box.cli("tokens", "create", "--role", "wall", "--name", "from-cli", "--days", "30")
        self.assertEqual(made.returncode, 0, made.stderr)
        token = made.stdout.splitlines()[-1]
        self.assertIn(f"https://BOX/wall?token={token}\n", made.stdout)
        self.assertEqual(self.box.browse("GET", f"/wall?token={token}").status, 303)


class Wall(BrowserTest):
    SIZES = [(1280, 800), (1920, 1080)]

    def setUp(self):
        super().setUp()
        self.hosts = [self.register(f"pve-ms-{number:02}") for number in range(1, 13)]
        self.addCleanup(lambda: [self.remove(host) for host in self.box.hosts()])
        self.record(self.hosts[4], "pve-ms-05 failed: the disk is full", "failed")
        [self.remove(host) for host in self.box.hosts() if not host["hostname"].startswith("pve-ms-")]
        self.name = self.id().rsplit("_", 1)[-1]

    def link(self):
        return f"/wall?token={self.box.new_token(self.name, 'wall')}"

    def wall(self, **options):
        """A browser that nobody has signed in with, on the page behind a new link."""
        self.cookie, cookie = None, self.cookie
        try:
            return self.open(self.link(), **options)
        finally:
            self.cookie = cookie

    def test_twelve_hosts_fit_a_tablet_and_a_television_in_light_and_dark(self):
        for scheme in ["light", "dark"]:
            for width, height in self.SIZES:
                with self.subTest(scheme=scheme, width=width):
                    self.name = f"wall-{scheme}-{width}"
                    page = self.wall(viewport={"width": width, "height": height}, color_scheme=scheme)
                    expect(page.locator(".tile")).to_have_count(12)
                    self.assertTrue(page.url.endswith("/wall"), page.url)
                    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
                    self.assertEqual(size, [width, height], "nothing scrolls")
                    cut = page.evaluate(
                        "[...document.querySelectorAll('.tile')].filter(t => t.scrollHeight > t.clientHeight || t.scrollWidth > t.clientWidth).length")
                    self.assertEqual(cut, 0, "nothing is cut off in a tile")
                    self.assertEqual([one["id"] for one in Axe().run(page).response["violations"]], [])
                    self.assertEqual(self.names(page)[0], "pve-ms-05", "who needs somebody comes first")
                    self.assertGreaterEqual(
                        page.evaluate("parseFloat(getComputedStyle(document.querySelector('.tile .sentence')).fontSize)"), 17)

    def test_it_changes_as_things_happen_and_offers_no_way_elsewhere(self):
        page = self.wall(viewport={"width": 1280, "height": 800})
        expect(page.locator("a, form, input, button")).to_have_count(0)
        expect(page.get_by_role("heading", level=1)).to_have_text("12 hosts")
        expect(page.locator("header")).to_contain_text("1 needs you")
        self.assertRegex(page.locator("[data-now]").inner_text(), r"^\d?\d:\d\d")
        self.box.command("POST", f"/hosts/{self.hosts[8]['id']}/advance", {"event": "rebuild"})
        tile = page.locator(f"#host-{self.hosts[8]['id']}")
        expect(tile).to_contain_text("pxe_ready")
        expect(tile).to_contain_text("waiting for the machine to netboot")
        self.assertEqual(self.names(page)[:2], ["pve-ms-05", "pve-ms-09"])
        new = self.register("pve-ms-13")
        expect(page.locator(f"#host-{new['id']}")).to_contain_text("registered")
        expect(page.get_by_role("heading", level=1)).to_have_text("13 hosts")
        self.remove(new)
        expect(page.locator(f"#host-{new['id']}")).to_have_count(0)
        page.keyboard.press("/")
        self.assertTrue(page.url.endswith("/wall"))
        self.box.command("POST", f"/hosts/{self.hosts[8]['id']}/advance", {"event": "broke"})

    def test_what_is_stale_looks_stale_and_a_revoked_link_is_told(self):
        self.expected = "status of 40[13]|ERR_|status of 50"
        page = self.wall(viewport={"width": 1280, "height": 800})
        page.context.set_offline(True)
        expect(page.locator("[data-live]")).to_have_text("reconnecting,")
        expect(page.locator("[data-live-age]")).to_have_text(re.compile(r"last update \d+ s ago"))
        page.context.set_offline(False)
        expect(page.locator("[data-live]")).to_have_text("live", timeout=15_000)
        self.assertEqual(self.box.cli("tokens", "remove", self.name).returncode, 0)
        expect(page.get_by_role("heading", level=1)).to_have_text("This link is not valid any more", timeout=15_000)
        self.assertEqual([one["id"] for one in Axe().run(page).response["violations"]], [])

    def test_the_page_of_tokens_shows_a_link_once(self):
        page = self.browser()
        page.goto(f"{self.box.url}/tokens")
        page.get_by_label("What it is for").fill("hallway")
        page.get_by_label("Role").select_option("wall")
        page.get_by_role("button", name="Make it").click()
        link = page.locator(".made pre").inner_text()
        self.assertRegex(link, rf"^{self.box.url}/wall\?token=sprout_[0-9a-f]+$")
        page.goto(link)
        self.assertEqual(page.url, f"{self.box.url}/wall")
        page.goto(f"{self.box.url}/tokens")
        self.assertNotIn(link.partition("=")[2], page.content())


if __name__ == "__main__":
    unittest.main()
