"""Machines that do not exist ask over DHCP on a real network, as firmware and iPXE do, before they are installed."""

import os
import subprocess
import unittest

import lab
from harness import PROGRAMS
from test_rehearse import QUICK, add_image


@unittest.skipIf(lab.obstacle(), lab.obstacle())
class RehearseLabTest(unittest.TestCase):
    def test_machines_ask_over_dhcp_before_they_have_their_script(self):
        with lab.Lab(capture=False) as network:
            box = network.box()
            add_image(box, size=1)
            network.attach("stage", "192.168.77.50/24")

            def rehearse(*words):
                return subprocess.run(
                    [*network.prefix("stage"), PROGRAMS / "sprout", "rehearse", "--hosts", "4", "--keep", *QUICK,
                     "--url", f"http://{lab.BOX}", *words],
                    env={**os.environ, "SPROUT_TOKEN": box.token}, capture_output=True, text=True, timeout=60,
                    stdin=subprocess.DEVNULL)

            done = rehearse("--interface", "eth0")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(done.stdout.count(" ready"), 4, done.stdout)
            for number, words in [(1, ["told to ask port 4011", "offered snponly.efi"]), (2, ["offered undionly.kpxe"])]:
                record = box.socket_request("web.sock", "GET", f"/api/wire/rehearsal-0{number}").json
                offered = [one["details"].get("offered") for one in record["sightings"] if "dhcp.asked" in one["kind"]]
                self.assertEqual(offered, [*words, "offered its script"])
            here = subprocess.run(
                [*network.prefix("box"), PROGRAMS / "sprout", "rehearse", "--hosts", "2", "--keep", *QUICK, "--interface",
                 "eth0", "--state", box.state], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
            self.assertEqual(here.returncode, 0, f"on the box itself: {here.stdout}{here.stderr}")
            self.assertEqual(rehearse("--interface", "nosuch0").returncode, 1)
            (box.config / "provisioning.yaml").write_text("pxe:\n  enabled: false\n")
            box.stop()
            box.start()
            silent = rehearse("--interface", "eth0")
            self.assertEqual(silent.returncode, 1)
            self.assertIn("its firmware was offered nothing to boot on eth0: is pxe.enabled true", silent.stdout)


if __name__ == "__main__":
    unittest.main()
