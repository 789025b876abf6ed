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
        page.get_by_text("Rebuild with Proxmox VE").click()
        expect(page.get_by_text("/dev/nvme0n1 is wiped")).to_be_visible()
        page.locator("#rebuild-confirm").fill("another")
        page.get_by_role("button", name="Rebuild").click()
        expect(page.locator("#rebuild-confirm")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_role("alert")).to_contain_text("which wipes /dev/nvme0n1, say its name")
        page.locator("#rebuild-confirm").fill(host["hostname"])
        page.get_by_role("button", name="Rebuild").click()
        expect(page.locator(".host [data-field=state]")).to_have_text("pxe_ready")
        expect(page.get_by_text("Stop what is being done")).to_be_visible()
        machine = Machine(self.box, 1, mac=host["mac"])
        machine.boot()
        machine.load_all()
        expect(page.locator(".host [data-field=state]")).to_have_text("pxe_booted")
        machine.ask()
        machine.tell_installed()
        expect(page.locator(".host [data-field=state]")).to_have_text("installed")
        machine.phone_home()
        expect(page.locator(".host [data-field=state]")).to_have_text("ready")
        expect(page.get_by_text("Rebuild with Proxmox VE")).to_be_visible()
        page.reload()
        expect(page.locator(".facts").nth(1)).to_contain_text("/dev/vda, QEMU, S/N D-1")
        expect(page.locator("[data-timeline]")).to_contain_text("its installer has its answer")

    def test_it_is_stopped_from_its_page_without_JavaScript_too(self):
        host = self.register()
        page = self.open(f"/hosts/{host['id']}", java_script_enabled=False)
        page.get_by_text("Rebuild with Proxmox VE").click()
        page.locator("#rebuild-confirm").fill(host["hostname"])
        page.get_by_role("button", name="Rebuild").click()
        page.get_by_text("Stop what is being done").click()
        page.get_by_role("button", name=f"Stop {host['hostname']}").click()
        expect(page.locator(".host [data-field=state]")).to_have_text("registered")
