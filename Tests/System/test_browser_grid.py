"""The grid of hosts: in which order, which are found, and by which keys."""

import contextlib
import sqlite3
import unittest

from playwright.sync_api import expect

from browser import BrowserTest


class Finding(BrowserTest):
    def setUp(self):
        super().setUp()
        self.hosts = [self.register(f"{letter}-{self.id().rsplit('_', 1)[-1]}"[:20]) for letter in "abcd"]
        self.addCleanup(self.clear)

    def clear(self):
        for host in self.box.hosts():
            if host["state"] not in ("registered", "ready", "failed"):
                self.box.command("POST", f"/hosts/{host['id']}/advance", {"event": "broke", "reason": "a test"})
            self.remove(host)

    def advance(self, host, event, **more):
        answer = self.box.command("POST", f"/hosts/{host['id']}/advance", {"event": event, **more})
        self.assertEqual(answer.status, 200, answer.body)

    def shown(self, page):
        return page.locator(".tile:not([hidden]) [data-field=hostname]").all_inner_texts()

    def test_failed_hosts_come_first_then_those_under_way_and_who_is_done_stays_where_it_was(self):
        page = self.open()
        a, b, c, d = [host["hostname"] for host in self.hosts]
        self.assertEqual(self.shown(page), [a, b, c, d])
        self.advance(self.hosts[2], "rebuild")
        self.advance(self.hosts[3], "rebuild")
        self.advance(self.hosts[3], "broke", reason="the disk is full.")
        expect(page.locator(".tile").first).to_contain_text("the disk is full.")
        self.assertEqual(self.shown(page), [d, c, a, b])
        # It joins by itself, where there is no cluster.
        for event in ["fetched_kernel", "asked_for_answer", "reported_installed", "started_new_system", "phoned_home"]:
            self.advance(self.hosts[2], event)
        expect(self.tile(page, c)).to_contain_text("ready")
        self.assertEqual(self.shown(page), [d, c, a, b])
        page.reload()
        self.assertEqual(self.shown(page), [d, a, b, c])
        bar = self.tile(page, c).get_by_role("img", name="The latest operations: ready")
        expect(bar).to_be_visible()

    def test_hosts_are_found_by_words_and_by_how_they_are_with_and_without_javascript(self):
        labelled = self.register("labelled", labels={"rack": "Shelf-9"})
        self.advance(self.hosts[0], "rebuild")
        self.advance(self.hosts[0], "broke", reason="the disk is full.")
        for scripts in (True, False):
            with self.subTest(scripts=scripts):
                page = self.open(java_script_enabled=scripts)
                for words, expected in [("SHELF-9", ["labelled"]), (labelled["mac"], ["labelled"]), ("rack=shelf-7", [])]:
                    page.get_by_role("searchbox").fill(words)
                    if not scripts:
                        page.get_by_role("button", name="Search").click()
                    expect(page.locator(".tile:not([hidden]) h2")).to_have_text(expected)
                    expect(page.get_by_text("No host is like that.")).to_be_visible(visible=not expected)
                page.goto(f"{self.box.url}/?show=needs_you")
                self.assertEqual(self.shown(page), [self.hosts[0]["hostname"]])
                expect(page.get_by_role("radio", name="need you")).to_be_checked()

    def test_the_keys_find_hosts_and_go_from_one_to_the_next(self):
        page = self.open()
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.get_by_role("link", name=self.hosts[1]["hostname"])).to_be_focused()
        page.keyboard.press("k")
        expect(page.get_by_role("link", name=self.hosts[0]["hostname"])).to_be_focused()
        page.keyboard.press("/")
        page.keyboard.type("jk/?")
        expect(page.get_by_role("searchbox")).to_have_value("jk/?")
        page.keyboard.press("Escape")
        expect(page.get_by_role("searchbox")).to_have_value("")
        page.get_by_role("link", name=self.hosts[0]["hostname"]).focus()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(self.hosts[0]["hostname"])

    def test_E9_a_state_that_lasts_twice_as_long_as_usual_turns_amber_on_tile_and_page_without_reload(self):
        for _ in range(3):
            for event in ["rebuild", "fetched_kernel", "broke"]:
                self.advance(self.hosts[0], event)
        with contextlib.closing(sqlite3.connect(self.box.state / "db" / "sprout.db", timeout=10)) as database, database:
            database.execute("UPDATE operation_step SET ended_at = started_at + 3000 WHERE state = 'pxe_ready'")
        self.box.kill("sprout-web")
        page = self.open()
        self.advance(self.hosts[1], "rebuild")
        tile = self.tile(page, self.hosts[1]["hostname"])
        expect(tile.locator(".clock")).to_contain_text("usually 0:03")
        expect(tile.locator("[data-long]")).to_have_count(0)
        operation = self.box.get(f"/api/hosts/{self.hosts[1]['id']}/operations").json["operations"][0]["id"]
        other = self.open(f"/ops/{operation}")
        step = other.get_by_role("list", name="Steps").locator("[data-step=now]")
        amber = "rgb(122, 82, 0)"
        for part, badge in [(tile.locator(".clock"), tile.locator(".badge")), (step.locator(".took"), other.locator(".badge"))]:
            expect(part).to_contain_text("longer than the usual 0:03", timeout=15_000)
            expect(part.locator("[data-long]")).to_have_css("color", amber)
            icon = part.locator("[data-long]").evaluate("words => getComputedStyle(words, '::before').clipPath")
            self.assertIn("polygon", icon)
            expect(badge).to_have_css("color", amber)
        seconds = [clock.split(":") for clock in tile.locator("time").all_inner_texts()]
        self.assertGreaterEqual(int(seconds[0][0]) * 60 + int(seconds[0][1]), 6, "twice the usual is not long yet")
        page.reload()
        expect(tile.locator(".clock")).to_contain_text("longer than the usual 0:03")
        self.advance(self.hosts[1], "fetched_kernel")
        expect(tile.locator("[data-long]")).to_have_count(0)
        expect(step.locator("[data-long]")).to_have_count(0)

    def test_a_search_that_nobody_knows_is_refused_with_what_there_is(self):
        answer = self.box.get("/?show=needy")
        self.assertEqual(answer.status, 400)
        self.assertIn("it can be all, needs_you, under_way, ready", answer.json["detail"])


del BrowserTest

if __name__ == "__main__":
    unittest.main()
