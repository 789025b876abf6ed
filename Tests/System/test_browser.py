"""Registering, removing and following hosts, in real browsers, behind the real front door."""

import concurrent.futures
import os
import re
import signal
import time
import unittest

from playwright.sync_api import expect

from browser import HOSTILE, SERVER_TYPES, BrowserTest


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


class Discovering(BrowserTest):
    def test_S2_a_machine_that_netboots_appears_and_is_adopted_with_one_action(self):
        page = self.open()
        mac = self.new_host()[1]
        self.box.saw(mac, manufacturer="Minisforum", product=HOSTILE)
        card = page.locator(".discovery").filter(has_text=mac)
        expect(card).to_contain_text(f"Minisforum {HOSTILE}")
        card.get_by_label("Server type").select_option("ms-01")
        card.get_by_role("button", name="Adopt").click()
        expect(page.locator(".discovery")).to_have_count(0)
        expect(page.locator(".tile").filter(has_text=mac)).to_be_visible()

    def test_S2_a_refused_adoption_is_shown_again_as_it_was_filled_in(self):
        host = self.register()
        mac = self.new_host()[1]
        self.box.saw(mac)
        page = self.open("/discoveries")
        self.expected = "status of 409"
        card = page.locator(".discovery").filter(has_text=mac)
        card.get_by_label("Server type").select_option("ms-01")
        card.get_by_label("Host name").fill(host["hostname"])
        card.get_by_role("button", name="Adopt").click()
        name = card.get_by_label("Host name")
        expect(name).to_have_value(host["hostname"])
        expect(name).to_be_focused()
        expect(name).to_have_attribute("aria-invalid", "true")
        expect(card.get_by_role("alert")).to_contain_text(host["hostname"])
        expect(card.get_by_label("Server type")).to_have_value("ms-01")
        page.reload()
        name.fill(self.new_host()[0])
        card.get_by_role("button", name="Adopt").click()
        expect(page.locator(".tile").filter(has_text=mac)).to_be_visible()
        gone = self.open(f"/discoveries/{mac}/accept")
        self.assertEqual(gone.url, f"{self.box.url}/discoveries")

    def test_S2_a_machine_that_is_ignored_is_gone_in_every_browser(self):
        page, other = self.open(), self.open()
        mac = self.new_host()[1]
        self.box.saw(mac)
        expect(other.locator(".discovery").filter(has_text=mac)).to_be_visible()
        page.locator(".discovery").filter(has_text=mac).get_by_role("button", name="Ignore").click()
        expect(page.locator(".discovery")).to_have_count(0)
        expect(other.locator(".discovery")).to_have_count(0)


class Netbooting(BrowserTest):
    def test_E2_a_near_miss_is_shown_on_the_host_s_page_and_corrected_with_one_click(self):
        host = self.register()
        self.box.command("POST", f"/hosts/{host['id']}/advance", {"event": "rebuild"})
        page = self.open(f"/hosts/{host['id']}")
        seen = host["mac"][:-1] + ("f" if host["mac"][-1] != "f" else "e")
        self.box.saw(seen)
        notice = page.get_by_role("status").filter(has_text="did you mean")
        expect(notice).to_contain_text(f"{seen} is netbooting: did you mean {host['hostname']}")
        notice.get_by_role("button", name=f"boot {host['hostname']} from {seen}").click()
        expect(page.get_by_role("definition").filter(has_text=seen)).to_be_visible()
        expect(notice).to_have_count(0)
        after = self.box.get(f"/api/hosts/{host['id']}").json
        self.assertEqual((after["mac"], after["state"]), (seen, "pxe_ready"))
        expect(self.open().locator(".discovery").filter(has_text=seen)).to_have_count(0)
        self.box.command("POST", f"/hosts/{host['id']}/advance", {"event": "cancel"})


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
        self.hide(hidden, True)
        host = self.register()
        expect(self.tile(seen, host["hostname"])).to_have_count(1)
        expect(self.tile(hidden, host["hostname"])).to_have_count(0)
        self.hide(hidden, False)
        expect(self.tile(hidden, host["hostname"])).to_have_count(1)

    def test_P12_a_page_that_was_away_for_thousands_of_events_has_them_all_and_is_not_loaded_anew(self):
        page = self.open()
        page.evaluate("window.isUntouched = true")
        hosts = [self.register() for _ in range(8)]
        for host in hosts:
            expect(self.tile(page, host["hostname"])).to_have_count(1)
        self.hide(page, True)

        def rename(host):
            for number in range(300):
                name = f"{host['hostname']}-{number}"
                answer = self.box.request("PATCH", f"/api/hosts/{host['id']}", {"hostname": name})
                self.assertEqual(answer.status, 200, answer.body)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(rename, hosts))
        self.hide(page, False)
        for host in hosts:
            expect(self.tile(page, f"{host['hostname']}-299")).to_have_count(1, timeout=20_000)
        self.assertTrue(page.evaluate("window.isUntouched"), "the page was loaded again")

    def hide(self, page, is_hidden):
        page.evaluate(
            "isHidden => { Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });"
            " document.dispatchEvent(new Event('visibilitychange')); }", is_hidden)

    def test_a_state_is_followed_on_both_pages(self):
        host = self.register()
        dashboard, page = self.open(), self.open(f"/hosts/{host['id']}")
        self.record(host, f"{host['hostname']} went from registered to installing.", "installing")
        expect(dashboard.locator("[data-under-way]")).to_have_text("1 installing")
        expect(page.locator("article .badge")).to_have_text("installing")
        expect(page.locator("[data-under-way]")).to_have_text("1 installing")
        self.record(host, f"{host['hostname']} went from installing to failed: the disk is full.", "failed")
        for where in (self.tile(dashboard, host["hostname"]), page.locator("article")):
            expect(where).to_have_attribute("data-state", "failed")
            expect(where.locator(".badge")).to_have_text("failed")
            expect(where.locator("[data-field=sentence]")).to_have_text("the disk is full.")
        expect(dashboard.locator(".pill")).to_have_text("0 installing · 1 needs you")
        self.assertTrue(dashboard.title().startswith("(1) "), dashboard.title())
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


del BrowserTest

if __name__ == "__main__":
    unittest.main()
