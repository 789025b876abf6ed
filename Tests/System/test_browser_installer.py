"""What is told from inside an installer, on the tile of its host and on the page of its operation, as it comes."""

import gzip
import pathlib
import time

from playwright.sync_api import expect

from browser import HOSTILE, BrowserTest
from installing import Machine, import_image


class InsideTheInstaller(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import_image(cls.box, size=100_000)

    def installing(self):
        host = self.register()
        machine = Machine(self.box, 1, mac=host["mac"])
        machine.begin()
        operation = self.box.get(f"/api/hosts/{host['id']}/operations").json["operations"][0]["id"]
        return host, machine, operation

    def test_P6_percentage_and_words_are_on_the_tile_within_a_second(self):
        host, machine, _ = self.installing()
        page = self.open()
        tile = self.tile(page, host["hostname"])
        expect(tile.get_by_role("progressbar")).to_have_count(0)
        for percent, words in [(4, "creating LVs"), (63, "unpacking base system")]:
            begin = time.monotonic()
            machine.tell(f"auto INFO: progress {percent:5.1f} % - {words}", first=1 if percent == 4 else 2)
            expect(tile).to_contain_text(f"{percent} %: {words}", timeout=2000)
            self.assertLess(time.monotonic() - begin, 2)
            expect(tile.get_by_role("progressbar")).to_have_attribute("value", str(percent))
        machine.tell_installed()
        expect(tile).to_contain_text("installed; the machine restarts")
        expect(tile.get_by_role("progressbar")).to_have_count(0)

    def test_P6_the_log_is_followed_searched_and_copied(self):
        _, machine, operation = self.installing()
        machine.tell(*[f"low line {number}" for number in range(1, 401)])
        page = self.open(f"/ops/{operation}")
        lines = page.get_by_role("log").locator("li")
        expect(lines).to_have_count(400)
        machine.tell(f"auto {HOSTILE}", "auto INFO: progress  63.0 % - unpacking", first=401)
        expect(lines).to_have_count(402, timeout=2000)
        page.get_by_role("log").evaluate("log => log.scrollIntoView({ block: 'end' })")
        expect(lines.last).to_be_in_viewport()
        expect(lines.nth(400)).to_contain_text(HOSTILE)
        expect(page.locator("[data-log-words]")).to_contain_text("63 %: unpacking")
        expect(page.get_by_role("region", name="Inside the installer").get_by_role("progressbar")).to_have_attribute("value", "63")
        follow = page.get_by_role("button", name="Follow")
        expect(follow).to_have_attribute("aria-pressed", "true")
        page.get_by_role("log").evaluate("log => { log.scrollTop = 0 }")
        expect(follow).to_have_attribute("aria-pressed", "false")
        machine.tell("low more", first=403)
        expect(lines).to_have_count(403)
        expect(lines.last).not_to_be_in_viewport()
        follow.click()
        expect(lines.last).to_be_in_viewport()
        page.get_by_label("Only lines with").fill("low 399")
        expect(lines.filter(visible=True)).to_have_count(1)
        page.get_by_label("Only lines with").fill("")
        wrap = page.get_by_role("button", name="Wrap")
        wrap.click()
        expect(wrap).to_have_attribute("aria-pressed", "false")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        self.assertEqual(len(pathlib.Path(download.value.path()).read_text().splitlines()), 403)

    def test_E12_what_lies_on_a_disk_is_shown_and_its_serial_number_typed(self):
        host = self.register()
        machine = Machine(self.box, 1, mac=host["mac"])
        machine.arm()
        machine.boot()
        machine.load_all()
        machine.tell("agent disk nvme0n1 size 1000", "agent disk nvme0n1 ID_SERIAL_SHORT D-1", "agent part nvme0n1 nvme0n1p1 ID_FS_TYPE ntfs",
                     f"agent part nvme0n1 nvme0n1p1 ID_FS_LABEL {HOSTILE}", "agent disks told")
        self.assertEqual(machine.ask().status, 422)
        page = self.open(f"/hosts/{host['id']}/rebuild", java_script_enabled=False)
        loss = page.get_by_role("region", name="What is lost")
        expect(loss).to_contain_text(f'nvme0n1p1: NTFS "{HOSTILE}"')
        expect(loss).to_contain_text("D-1")
        expect(page.get_by_text("Nothing: the agent beside its installer, which still runs, restarts it.")).to_be_visible()
        expect(page.get_by_role("heading", name="It cannot be rebuilt like this")).to_have_count(0)
        self.expected = "422"
        page.get_by_label("to confirm").fill(host["hostname"])
        page.get_by_label("to lose what lies there").fill("D-2")
        page.get_by_role("button", name=f"Rebuild {host['hostname']}").click()
        expect(page.get_by_role("alert")).to_contain_text("holds what Sprout has not put there")
        expect(page.get_by_label("to confirm")).to_have_value(host["hostname"])
        page.get_by_label("to lose what lies there").fill("D-1")
        page.get_by_role("button", name=f"Rebuild {host['hostname']}").click()
        page.wait_for_url("**/ops/*")

    def test_E10_an_installer_that_stopped_is_told_on_the_page_with_its_last_lines(self):
        host, machine, operation = self.installing()
        page = self.open(f"/ops/{operation}")
        machine.tell("low the last line", "auto ERROR: Installation failed: no disk", "agent stopped")
        expect(page.get_by_role("region", name="Failed in installing")).to_contain_text(
            "its installer stopped: Installation failed: no disk.", timeout=3000)
        expect(page.get_by_role("log")).to_contain_text("the last line")
        page.reload()
        expect(page.get_by_role("log")).to_contain_text("the last line")

    def test_P6_what_is_left_and_what_each_stage_usually_takes_are_told_without_reload(self):
        begin = ["auto INFO: progress   2.0 % - create partitions", "auto INFO: progress  25.0 % - extracting base system",
                 "auto INFO: progress  50.0 % - configuring base system", "auto INFO: Installation done."]
        for _ in range(3):
            _, machine, _ = self.installing()
            for first, (up, line) in enumerate(zip([100, 110, 175, 300], begin), 1):
                machine.tell(line, first=first, up=up)
            self.assertEqual(machine.tell_installed().status, 200)
        # What is usual is worked out anew after half a minute, or at its start.
        self.box.kill("sprout-web")
        host, machine, operation = self.installing()
        page, other = self.open(), self.open(f"/ops/{operation}")
        tile, pane = self.tile(page, host["hostname"]), other.get_by_role("region", name="Inside the installer")
        machine.tell(begin[0], up=100)
        expect(tile).to_contain_text("about 3 min left", timeout=3000)
        expect(pane).to_contain_text("about 3 min left", timeout=3000)
        stages = pane.get_by_role("list", name="Stages")
        expect(stages.locator("[data-step=now]")).to_contain_text("partitioning")
        expect(stages.locator("[data-step=next]").filter(has_text="unpacking")).to_contain_text("usually 1:05")
        machine.tell(begin[1], first=2, up=110)
        expect(stages.locator("[data-step=now]")).to_contain_text("unpacking", timeout=3000)
        expect(stages.locator("[data-step=done]").filter(has_text="partitioning")).to_contain_text("usually 0:10 0:10")
        expect(stages.locator("[data-step=now] [data-long]")).to_have_count(0)
        self.assertIn("25 %: extracting base system · about 3 min left",
                      self.box.cli("operations", "show", operation).stdout)
        installer = self.box.get(f"/api/operations/{operation}").json["installer"]
        self.assertTrue(180 <= installer["left"] <= 190 and 195 <= installer["usual"] <= 205, installer)
        # Its agent is heard again, and has nothing new.
        machine.tell(first=3, up=500)
        expect(tile).to_contain_text("longer than usual", timeout=3000)
        expect(pane.locator(".left")).to_have_text("longer than usual", timeout=3000)
        other.reload()
        expect(stages.locator("[data-step=now] [data-long]")).to_have_text("longer than the usual 1:05")
        self.assertEqual(self.box.get(f"/api/operations/{operation}").json["installer"]["left"], 0)
        machine.tell_installed()
        expect(tile.locator(".left")).to_be_hidden()
        expect(pane.locator(".left")).to_be_hidden()
        expect(stages.locator("[data-step=next]")).to_have_count(0)
    def send_logs(self, machine, archive):
        order = machine.tell(first=2).body.decode().split()[-2]
        self.assertEqual(machine.send_logs(order, archive).status, 204)

    def test_all_logs_are_asked_for_and_downloaded_once_they_came_without_a_reload(self):
        host, machine, operation = self.installing()
        page = self.open(f"/ops/{operation}")
        pane = page.get_by_role("region", name="Inside the installer")
        expect(pane.get_by_role("log")).to_be_visible()
        button = pane.get_by_role("button", name="Fetch all logs")
        expect(button).to_have_count(0)
        machine.tell("low a line")
        expect(button).to_be_visible(timeout=3000)
        pane.get_by_label("Why all logs are fetched").fill(f"to see {HOSTILE}")
        button.click()
        expect(pane.get_by_role("status")).to_contain_text("its agent collects them")
        expect(button).to_have_count(0)
        archive = gzip.compress(b"all of it")
        self.send_logs(machine, archive)
        link = pane.get_by_role("link", name="Download all logs")
        expect(link).to_be_visible(timeout=3000)
        expect(pane.get_by_role("button", name="Fetch all logs again")).to_be_visible()
        with page.expect_download() as download:
            link.click()
        self.assertEqual(pathlib.Path(download.value.path()).read_bytes(), archive)
        self.assertEqual(download.value.suggested_filename, f"{host['hostname']}-{operation}-logs.tar.gz")
        expect(page.get_by_role("list").filter(has_text="All logs inside the installer").first).to_contain_text("are here")
        page.goto(f"{self.box.url}/timeline?host={host['hostname']}")
        asked = page.get_by_role("listitem").filter(has_text=f"are asked for: to see {HOSTILE}")
        expect(asked).to_contain_text("anna")

    def test_all_logs_are_fetched_without_scripts_too(self):
        _, machine, operation = self.installing()
        machine.tell("low a line")
        page = self.open(f"/ops/{operation}", java_script_enabled=False)
        page.get_by_role("button", name="Fetch all logs").click()
        expect(page.get_by_text("Load this page again to see whether they are there.")).to_be_visible()
        archive = gzip.compress(b"all of it")
        self.send_logs(machine, archive)
        page.reload()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download all logs").click()
        self.assertEqual(pathlib.Path(download.value.path()).read_bytes(), archive)

    def test_logs_that_will_not_come_are_told_and_asked_for_again(self):
        _, machine, operation = self.installing()
        machine.tell("low a line")
        page = self.open(f"/ops/{operation}")
        pane = page.get_by_role("region", name="Inside the installer")
        pane.get_by_role("button", name="Fetch all logs").click()
        order = machine.tell(first=2).body.decode().split()[-2]
        machine.tell(f"agent order {order} failed", first=2)
        expect(pane.get_by_role("alert")).to_contain_text("could not send them", timeout=3000)
        expect(pane.get_by_role("button", name="Fetch all logs")).to_be_visible()

    def test_P6_it_is_readable_without_scripts(self):
        _, machine, operation = self.installing()
        machine.tell("low a line", "auto INFO: progress  63.0 % - unpacking")
        page = self.open(f"/ops/{operation}", java_script_enabled=False)
        expect(page.get_by_role("log")).to_contain_text("a line")
        expect(page.get_by_role("link", name="Download")).to_be_visible()
        expect(page.get_by_role("button", name="Follow")).to_have_count(0)
