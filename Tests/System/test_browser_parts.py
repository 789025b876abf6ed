"""The other parts of the dashboard: discoveries, images, server types, the wire, events, settings, the appliance."""

import pathlib
import re
import tempfile
import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser import HOSTILE, BrowserTest
from harness import until
from installing import Machine, import_image
from test_images import synthetic_iso

PARTS = ["/discoveries", "/images", "/wire", "/timeline", "/settings", "/settings/files/provisioning", "/backups",
         "/server-types", "/notifications", "/appliance", "/welcome",
         "/ops"]


class Parts(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import_image(cls.box, size=100_000)

    def test_every_part_is_named_in_the_header_and_marked_where_one_is(self):
        page = self.open()
        for name in ["Discoveries", "Images", "Wire", "Events", "Settings", "Hosts"]:
            page.get_by_role("navigation", name="Parts of the dashboard").get_by_role("link", name=name).click()
            expect(page.locator("h1")).to_contain_text(name)
            expect(page.locator(".sections [aria-current=page]")).to_have_text(name)
            expect(page.locator("[data-live]")).to_have_text("live")

    def test_no_part_has_a_grave_fault_scrolls_sideways_or_trusts_what_a_machine_says(self):
        host = self.register(labels={"note": HOSTILE})
        self.box.saw(self.new_host()[1], manufacturer=HOSTILE, product=HOSTILE, serial=HOSTILE, vendor_class=HOSTILE)
        machine = Machine(self.box, 9, mac=host["mac"], serial=HOSTILE)
        machine.begin()
        disk = {"DEVNAME": HOSTILE, "ID_MODEL": HOSTILE, "ID_SERIAL_SHORT": HOSTILE}
        machine.tell_installed(
            disks=[{"size": 1, "is-bootdisk": True, "udev-properties": disk}], filesystem=HOSTILE)
        machine.phone_home()
        until(lambda: machine.state() == "ready")
        operation = self.box.get(f"/api/hosts/{host['id']}/operations").json["operations"][0]["id"]
        broken = self.register()
        self.box.command("POST", f"/hosts/{broken['id']}/advance", {"event": "rebuild"})
        self.box.command("POST", f"/hosts/{broken['id']}/advance", {"event": "broke", "reason": HOSTILE})
        failure = self.box.get(f"/api/hosts/{broken['id']}/operations").json["operations"][0]["id"]
        own = [f"/hosts/{host['id']}", f"/hosts/{host['id']}/rebuild", f"/ops/{operation}", f"/ops/{failure}"]
        for scheme, width in [("light", 1280), ("dark", 360)]:
            page = self.browser(color_scheme=scheme, viewport={"width": width, "height": 740})
            for path in PARTS + own:
                with self.subTest(scheme=scheme, path=path):
                    page.goto(self.box.url + path)
                    expect(page.locator("h1")).to_be_visible()
                    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                    violations = Axe().run(page).response["violations"]
                    self.assertEqual([
                        (found["id"], found["nodes"][0]["html"]) for found in violations
                        if found["impact"] in ("serious", "critical")], [])
                    self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
                    expect(page.locator("[src=x], [onerror]")).to_have_count(0)
                    if path in ["/discoveries", *own[:2], own[3]]:
                        expect(page.locator("main")).to_contain_text(HOSTILE)

    def test_S2_an_ignored_machine_is_shown_again_where_a_person_wants_it(self):
        mac = self.new_host()[1]
        page = self.open("/discoveries")
        self.box.saw(mac)
        card = page.locator(".discovery").filter(has_text=mac)
        card.get_by_role("button", name="Ignore").click()
        page.goto(self.box.url + "/discoveries")
        page.get_by_text(re.compile(r"Ignored \(")).click()
        row = page.locator("#ignored li").filter(has_text=mac)
        row.get_by_role("button", name="Show it again").click()
        expect(page.locator(".discovery").filter(has_text=mac)).to_be_visible()
        page.locator(".discovery").filter(has_text=mac).get_by_role("button", name="Ignore").click()

    def test_the_wire_shows_what_a_machine_does_as_it_does_it(self):
        host = self.register()
        page = self.open("/wire")
        self.box.get(f"/ipxe/{host['mac']}", headers={"User-Agent": "iPXE/1.21.1"})
        row = page.get_by_role("list", name="Seen on the wire").get_by_role("listitem").first
        expect(row).to_contain_text(host["hostname"])
        expect(row).to_contain_text("fetched its script")
        page.get_by_role("button", name="Pause").click()
        self.box.get(f"/ipxe/{self.register()['mac']}", headers={"User-Agent": "iPXE/1.21.1"})
        page.get_by_role("searchbox").fill("nothing like it")
        expect(page.locator(".wire li:not([hidden])")).to_have_count(0)
        page.get_by_role("searchbox").fill("")
        expect(row).to_contain_text(host["hostname"])
        page.get_by_role("button", name="Go on").click()
        expect(row).not_to_contain_text(host["hostname"])

    def test_events_are_found_by_host_kind_and_person_and_page_by_page(self):
        for _ in range(101):
            host = self.register()
        page = self.open("/timeline", java_script_enabled=False)
        entries = page.get_by_role("list", name="Events").get_by_role("listitem")
        expect(entries).to_have_count(100)
        newest = entries.first.get_attribute("data-event")
        page.get_by_role("link", name="Older").click()
        self.assertLessEqual(int(entries.first.get_attribute("data-event")), int(newest) - 100)
        page.goto(self.box.url + "/timeline")
        page.get_by_label("Host").fill(host["hostname"])
        page.get_by_label("What").select_option("host.registered")
        page.get_by_role("button", name="Show").click()
        expect(entries).to_have_count(1)
        page.get_by_label("Who").fill("nobody at all")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_text("Nothing like that has happened.")).to_be_visible()
        self.assertEqual(self.box.get("/timeline?kind=host.regstered").status, 400)

    def test_operations_are_found_by_how_they_ended(self):
        host = self.register()
        self.box.command("POST", f"/hosts/{host['id']}/advance", {"event": "rebuild"})
        page = self.open("/ops?outcome=under_way")
        row = page.get_by_role("list", name="Operations").get_by_role("listitem").filter(has_text=host["hostname"])
        expect(row).to_contain_text("pxe_ready")
        self.box.command("POST", f"/hosts/{host['id']}/advance", {"event": "broke", "reason": "the disk is full."})
        expect(row).to_have_count(0)
        page.get_by_role("navigation", name="How they ended").get_by_role("link", name="failed").click()
        expect(row).to_contain_text("failed")
        row.get_by_role("link").click()
        expect(page.get_by_role("region", name="Failed in pxe_ready")).to_contain_text("the disk is full.")

    def test_settings_are_changed_where_they_are_shown_and_the_cluster_is_asked_with_one_click(self):
        self.box.store_secret("phone", "a-value-that-nobody-sees")
        page = self.open("/settings")
        self.expected = r"status of 4(09|22)"
        hosts = page.get_by_role("region", name="What all new hosts have in common")
        hosts.get_by_label("Country").fill("uk")
        hosts.get_by_label("Domain").fill("lab.example.org")
        hosts.get_by_role("button", name="Save").click()
        expect(hosts.get_by_role("alert")).to_contain_text("did you mean gb?")
        self.assertEqual(hosts.get_by_label("Domain").input_value(), "lab.example.org", "what was typed is not lost")
        expect(hosts.get_by_label("Country")).to_be_focused()
        hosts.get_by_label("Country").fill("de")
        hosts.get_by_role("button", name="Save").click()
        page.wait_for_url("**/settings#hosts")
        self.assertEqual(self.box.get("/api/settings").json["values"]["installation.domain"], "lab.example.org")
        self.assertEqual(hosts.get_by_label("Country").input_value(), "de")
        # Over plain HTTP a password is neither asked for nor taken.
        expect(hosts).to_contain_text("It crosses no network in plain text")
        expect(page.get_by_role("region", name="Secrets")).to_contain_text("phone")
        expect(page.locator("main")).not_to_contain_text("a-value-that-nobody-sees")
        page.get_by_role("button", name="Check the cluster").click()
        expect(page.get_by_role("alert")).to_contain_text("set proxmox.existing_node in provisioning.yaml")

    def test_a_file_of_settings_is_edited_and_what_has_a_mistake_is_not_lost(self):
        self.expected = r"status of 4(12|22)"
        page = self.open("/server-types")
        page.get_by_role("link", name="Change them").click()
        text = page.get_by_label("The file")
        before = text.input_value()
        text.fill(before + "  nuc:\n    boot_dsk: /dev/sda\n")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("server_types.nuc.boot_dsk")
        self.assertEqual(text.input_value(), before + "  nuc:\n    boot_dsk: /dev/sda\n")
        # Meanwhile somebody else changes it: theirs is not overwritten.
        file = self.box.config / "server-types.yaml"
        file.write_text(before + "  other:\n    boot_disk: /dev/sdb\n")
        text.fill(before + "  nuc:\n    boot_disk: /dev/sda\n")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("changed by somebody else meanwhile")
        page.get_by_role("link", name="Take back what I changed").click()
        text.fill(text.input_value() + "  nuc:\n    boot_disk: /dev/sda\n")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status").filter(has_text="It is saved")).to_be_visible()
        keys = {one["key"] for one in self.box.get("/api/server-types").json["server_types"]}
        self.assertLessEqual({"nuc", "other", "ms-01"}, keys)
        file.write_text(before)

    def test_server_types_are_shown_with_their_hosts(self):
        self.register()
        page = self.open("/server-types")
        card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Minisforum MS-01"))
        expect(card).to_contain_text("/dev/nvme0n1")
        expect(card.get_by_role("link")).to_contain_text("host")

    def test_the_appliance_says_how_it_is_and_what_is_in_the_way(self):
        page = self.open("/appliance")
        rows = page.get_by_role("list", name="What was looked at").get_by_role("listitem")
        expect(rows.filter(has_text="Orchestrator")).to_contain_text("sprout-orchestrator 0.")
        expect(rows.filter(has_text="Room for the images")).to_contain_text("are free")
        expect(rows.filter(has_text="Network boot")).to_contain_text("It is off: no machine is answered")


class Images(BrowserTest):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.iso, _ = synthetic_iso(folder, "9.1", 3_500_000)

    def test_P14_an_iso_is_uploaded_goes_on_after_a_cut_and_a_reload_and_is_removed_again(self):
        page = self.open("/images")
        self.expected = "ERR_INTERNET_DISCONNECTED|ERR_FAILED|status of 4(09|22)"
        pieces = []

        def cut(route):
            pieces.append(route.request.url)
            route.abort() if len(pieces) == 2 else route.continue_()

        page.route("**/api/images/uploads/*?offset=*", cut)
        page.get_by_label("ISO as you downloaded it").set_input_files(self.iso)
        page.get_by_label("Its SHA-256").fill("0" * 64)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be imported", timeout=20_000)
        self.assertIn("offset=1048576", pieces[2], "the piece that was cut off is sent again, and no other")
        page.unroute("**/api/images/uploads/*?offset=*")

        sent = []
        page.reload()
        page.route("**/api/images/uploads/*?offset=*", lambda route: (sent.append(route.request.url), route.continue_()))
        page.get_by_label("ISO as you downloaded it").set_input_files(self.iso)
        page.get_by_role("button", name="Upload").click()
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("[data-said]")).to_contain_text("Paused")
        page.unroute("**/api/images/uploads/*?offset=*")
        before = int(re.search(r"offset=(\d+)", sent[-1])[1])
        page.reload()
        again = []
        page.route("**/api/images/uploads/*?offset=*", lambda route: (again.append(route.request.url), route.continue_()))
        page.get_by_label("ISO as you downloaded it").set_input_files(self.iso)
        page.get_by_role("button", name="Upload").click()
        expect(page.locator("[data-said]")).to_have_text("proxmox-ve-9.1-1 is ready to be installed.", timeout=20_000)
        self.assertGreater(int(re.search(r"offset=(\d+)", again[0])[1]), before)
        row = page.get_by_role("list", name="Imports and images").get_by_role("listitem").filter(has_text="9.1-1")
        expect(row).to_contain_text("checked when it was imported")

        row.get_by_text("More", exact=True).click()
        row.get_by_role("button", name="Check all its files now").click()
        expect(page.get_by_role("alert")).to_contain_text("All files of proxmox-ve-9.1-1 are as they were imported.")
        row.get_by_text("More", exact=True).click()
        row.get_by_label("Nobody needs it any more").check()
        row.get_by_role("button", name="Remove").click()
        expect(page.get_by_role("alert")).to_have_text("proxmox-ve-9.1-1 was removed.")
        expect(page.get_by_text("There is nothing to install yet.")).to_be_visible()


del BrowserTest

if __name__ == "__main__":
    unittest.main()
