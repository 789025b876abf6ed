"""A host is rebuilt from its page, and the page follows what becomes of it."""

from playwright.sync_api import expect

from browser import BrowserTest
from installing import Machine, import_image


class Rebuilding(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import_image(cls.box, size=100_000)

    def test_a_host_is_rebuilt_once_its_name_was_typed_and_its_page_follows_it_to_the_end(self):
        host = self.register()
        page = self.open(f"/hosts/{host['id']}")
        self.expected = "status of 422"
        page.get_by_role("link", name="Rebuild with Proxmox VE").click()
        expect(page.get_by_role("region", name="What is lost")).to_contain_text("Everything on /dev/nvme0n1")
        expect(page.get_by_role("region", name="After")).to_contain_text("Proxmox VE 9.2, from proxmox-ve-9.2-1")
        expect(page.locator(".plan")).to_contain_text("Switch it on, or restart it, once it is armed")
        page.locator("#rebuild-confirm").fill("another")
        page.get_by_role("button", name="Rebuild").click()
        expect(page.locator("#rebuild-confirm")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_role("alert")).to_contain_text("which wipes /dev/nvme0n1, say its name")
        page.locator("#rebuild-confirm").fill(host["hostname"])
        page.get_by_role("button", name="Rebuild").click()
        steps = page.get_by_role("list", name="Steps").locator("> li")
        expect(steps.filter(has=page.get_by_role("img", name="at work"))).to_contain_text("pxe_ready")
        expect(steps).to_have_count(7)
        expect(page.locator(".sentence")).to_contain_text("Next: the installer's kernel is loading; at the latest in")
        followed = self.open(page.url.removeprefix(self.box.url))
        page.get_by_role("link", name=host["hostname"]).click()
        expect(page.locator("[data-live]")).to_have_text("live")
        expect(page.locator(".host .badge").first).to_have_text("pxe_ready")
        expect(page.get_by_text("Stop what is being done")).to_be_visible()
        machine = Machine(self.box, 1, mac=host["mac"])
        machine.boot()
        machine.load_all()
        expect(page.locator(".host .badge").first).to_have_text("pxe_booted")
        machine.ask()
        machine.tell_installed()
        expect(page.locator(".host .badge").first).to_have_text("installed")
        machine.phone_home()
        expect(page.locator(".host .badge").first).to_have_text("ready")
        expect(page.get_by_text("Rebuild with Proxmox VE")).to_be_visible()
        expect(page.locator(".facts").nth(1)).to_contain_text("/dev/vda, QEMU, S/N D-1")
        expect(page.get_by_role("list", name="Operations")).to_contain_text("ready")
        done = followed.get_by_role("list", name="Steps").locator("> li[data-step=done]")
        expect(done).to_have_count(6)
        done.nth(2).locator("summary").click()
        expect(done.nth(2)).to_contain_text("ended because its installer reported that it is done")
        page.get_by_role("link", name="Rebuild with Proxmox VE").click()
        expect(page.get_by_role("region", name="What is lost").locator("strong").last).to_have_text("D-1")
        page.goto(f"{self.box.url}/hosts/{host['id']}")
        expect(page.locator("[data-timeline]")).to_contain_text("its installer has its answer")

    def test_it_is_stopped_from_its_page_without_JavaScript_too(self):
        host = self.register()
        page = self.open(f"/hosts/{host['id']}", java_script_enabled=False)
        page.get_by_text("Rebuild with Proxmox VE").click()
        page.locator("#rebuild-confirm").fill(host["hostname"])
        page.get_by_role("button", name="Rebuild").click()
        page.get_by_role("link", name=host["hostname"]).click()
        page.get_by_text("Stop what is being done").click()
        page.get_by_role("button", name=f"Stop {host['hostname']}").click()
        expect(page.locator(".host .badge").first).to_have_text("registered")

    def test_what_failed_is_told_with_what_was_seen_last_and_with_what_can_be_done(self):
        host = self.register()
        machine = Machine(self.box, 2, mac=host["mac"])
        machine.begin()
        page = self.open(f"/hosts/{host['id']}")
        page.get_by_role("link", name="Follow its installation").click()
        expect(page.locator("[data-live]")).to_have_text("live")
        self.box.command("POST", f"/hosts/{host['id']}/advance", {"event": "broke", "reason": "the disk is full."})
        card = page.get_by_role("region", name="Failed in installing")
        expect(card).to_contain_text("the disk is full.")
        expect(card.get_by_role("listitem").filter(has_text="went from installing to failed")).to_have_count(1)
        expect(card.get_by_role("link", name="Switch its power")).to_be_visible()
        card.get_by_role("link", name="Rebuild from the start").click()
        expect(page.locator("h1")).to_have_text(f"Rebuild {host['hostname']}")

    def test_an_image_is_chosen_and_its_own_plan_is_shown(self):
        import_image(self.box, release="8.4", size=100_000)
        host = self.register()
        page = self.open(f"/hosts/{host['id']}/rebuild", java_script_enabled=False)
        page.get_by_label("What is installed").select_option("proxmox-ve-8.4-1")
        page.get_by_role("button", name="Show its plan").click()
        expect(page.get_by_role("region", name="After")).to_contain_text("Proxmox VE 8.4")
        self.assertEqual(page.locator("input[name=image]").get_attribute("value"), "proxmox-ve-8.4-1")
        page.get_by_text("What its installer is told").click()
        expect(page.locator("#answer pre")).to_contain_text("[disk-setup]")
