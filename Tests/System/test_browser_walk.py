"""The whole way in real browsers: from a box's first start to a host that is ready, with what goes wrong in between."""

import pathlib
import re
import tempfile
import unittest

from playwright.sync_api import expect

from browser import BrowserTest
from installing import CREDENTIALS, Machine
from test_images import synthetic_iso

PASSWORD = "correct horse battery"


class Walk(BrowserTest):
    signs_in = False

    def test_P1_P2_P14_from_the_first_start_to_a_ready_host_by_keyboard_with_a_second_browser_in_step(self):
        self.expected = "status of 422"
        page = self.browser(viewport={"width": 1280, "height": 900})
        page.goto(self.box.url)
        self.type_into(page, "Code", self.box.cli("setup").stdout.splitlines()[-1])
        self.type_into(page, "Your name", "anna")
        self.type_into(page, "A password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/welcome")
        self.assertEqual(self.steps_to_do(page), ["Network", "What all new hosts have in common", "What is installed", "Cluster if you have one"])

        # A second browser, of a viewer, on a phone: it only looks.
        self.box.new_user("bert", "viewer", PASSWORD)
        other = self.browser(viewport={"width": 360, "height": 740}, color_scheme="dark")
        other.goto(self.box.url)
        self.type_into(other, "Name", "bert")
        self.type_into(other, "Password", PASSWORD)
        other.keyboard.press("Enter")
        expect(other.locator("[data-live]")).to_have_text("live")

        # What all hosts have in common; the root password is given on the box, since this is plain HTTP.
        self.press(page, "What all new hosts have in common", "details#hosts summary")
        self.type_into(page, "Country", "de")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/welcome.at=image#image$"))
        file = self.box.config / "provisioning.yaml"
        file.write_text(file.read_text() + CREDENTIALS)
        page.reload()
        self.assertNotIn("What all new hosts have in common", self.steps_to_do(page))

        # An image: the file is chosen as a person would; everything else is the keyboard's.
        self.press(page, "Bring an ISO", "#image a.button")
        page.wait_for_url("**/images")
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        page.get_by_label("ISO as you downloaded it").set_input_files(synthetic_iso(folder, "9.2", 3_500_000)[0])
        self.press(page, "Upload", "[data-upload] button")
        expect(page.get_by_role("list", name="Imports and images")).to_contain_text("proxmox-ve-9.2-1", timeout=20_000)

        # The first machine netboots: the page that waits shows it by itself, and it is adopted there.
        page.goto(self.box.url + "/welcome")
        expect(page.locator("#machine")).to_contain_text("registered")
        mac = "52:54:00:00:00:01"
        self.box.saw(mac, manufacturer="Minisforum", product="MS-01", serial="S-1")
        card = page.locator("#machine").get_by_role("listitem").filter(has_text=mac)
        expect(card).to_contain_text("Minisforum")
        self.reach(page, card.get_by_role("combobox"))
        page.keyboard.type("Minisforum")
        self.press(page, "Adopt", card.get_by_role("button", name="Adopt"))
        page.wait_for_url(self.box.url + "/")
        tile = page.locator("[data-hosts] > li")
        expect(tile).to_have_count(1)
        expect(other.locator("[data-hosts] > li .badge")).to_have_text("registered")
        name = self.box.hosts()[0]["hostname"]

        # The plan, its confirmation, and the installation. Both browsers see each state.
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/hosts/*")
        self.press(page, "Rebuild", page.get_by_role("link", name="Rebuild with Proxmox VE"))
        expect(page.get_by_role("region", name="What is lost")).to_contain_text("/dev/nvme0n1")
        self.type_into(page, page.locator("#rebuild-confirm"), "another")
        page.keyboard.press("Enter")
        expect(page.locator("#rebuild-confirm")).to_be_focused()
        page.keyboard.press("Control+A")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        page.wait_for_url("**/ops/*")
        expect(other.locator("[data-hosts] > li .badge")).to_have_text("pxe_ready", timeout=1500)
        machine = Machine(self.box, 1, mac=mac)
        machine.boot()
        machine.load_all()
        self.see(page, other, "pxe_booted")
        machine.ask()
        self.see(page, other, "installing")

        # It fails; the card says why, the viewer's phone too, and it is tried again.
        host = self.box.hosts()[0]
        self.box.command("POST", f"/hosts/{host['id']}/advance", {"event": "broke", "reason": "the disk is full."})
        failure = page.get_by_role("region", name="Failed in installing")
        expect(failure).to_contain_text("the disk is full.")
        expect(other.locator(".pill .need")).to_have_text("1 needs you")
        expect(other.locator("[data-hosts] > li")).to_contain_text("the disk is full.")
        self.press(page, "Rebuild", failure.get_by_role("link", name="Rebuild from the start"))
        self.type_into(page, page.locator("#rebuild-confirm"), name)
        page.keyboard.press("Enter")
        page.wait_for_url("**/ops/*")
        expect(other.locator("[data-hosts] > li .badge")).to_have_text("pxe_ready")
        machine = Machine(self.box, 1, mac=mac)
        machine.boot()
        machine.load_all()
        machine.ask()
        machine.tell_installed()
        self.see(page, other, "installed")
        machine.phone_home()
        expect(other.locator("[data-hosts] > li .badge")).to_have_text("ready")
        expect(other.locator(".pill .need")).to_have_text("0 need you")
        expect(page.get_by_role("list", name="Steps").locator("> li[data-step=done]")).to_have_count(6)
        # Who only looks is offered nothing else.
        other.goto(f"{self.box.url}/hosts/{host['id']}")
        expect(other.get_by_text("Rebuild with Proxmox VE")).to_have_count(0)
        page.goto(self.box.url + "/welcome")
        self.assertEqual(self.steps_to_do(page), ["Network", "Cluster if you have one"])

    def see(self, page, other, state):
        expect(page.get_by_role("list", name="Steps").locator("> li").filter(has=page.get_by_role("img", name="at work"))).to_contain_text(state)
        expect(other.locator("[data-hosts] > li .badge")).to_have_text(state)

    def steps_to_do(self, page):
        items = page.locator(".welcome > li").filter(has=page.get_by_role("img", name="to do"))
        return [" ".join(text.replace("○", "").split()) for text in items.locator("summary h2").all_inner_texts()]

    # A person without a mouse: what is meant is reached with Tab, and has a ring around it when it is.

    def reach(self, page, target):
        for _ in range(120):
            if target.evaluate("one => one === document.activeElement"):
                outline = target.evaluate("one => getComputedStyle(one).outlineStyle + getComputedStyle(one).boxShadow")
                self.assertNotEqual(outline, "nonenone", "what has the focus is seen to have it")
                return
            page.keyboard.press("Tab")
        self.fail(f"{target} is not reached with the Tab key")

    def press(self, page, name, target):
        target = (page.locator(target) if isinstance(target, str) else target).first
        expect(target).to_be_visible()
        self.reach(page, target)
        page.keyboard.press("Enter")

    def type_into(self, page, label, text):
        target = page.get_by_label(label).first if isinstance(label, str) else label
        expect(target).to_be_visible()
        self.reach(page, target)
        page.keyboard.press("Control+A")
        page.keyboard.type(text)


if __name__ == "__main__":
    unittest.main()
