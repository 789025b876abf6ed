"""Real firmware netboots beside a real router, and reaches the script of its machine."""

import unittest

import lab
from harness import until

BIOS, UEFI, HTTP = "52:54:00:77:00:01", "52:54:00:77:00:02", "52:54:00:77:00:03"


@unittest.skipIf(lab.obstacle(), lab.obstacle())
class FirmwareTest(unittest.TestCase):
    """Each firmware is booted twice over: as a stranger, and as a host."""

    def discovered(self, box, mac):
        for discovery in box.socket_request("web.sock", "GET", "/api/discoveries").json["discoveries"]:
            if discovery["mac"] == mac and "serial" in discovery:
                return discovery
        return None

    def check(self, firmware, mac, architecture):
        with lab.Lab() as network:
            box = network.box()
            identity = network.machine(firmware, mac, firmware)
            seen = until(lambda: self.discovered(box, mac), 120, f"the {firmware} machine to report itself")
            self.assertEqual(seen["uuid"].lower(), identity)
            self.assertEqual(seen["architecture"], architecture)
            self.assertEqual((seen["product"], seen["serial"]), (f"Lab-{firmware}", f"S-{firmware}"))
            self.assertTrue(seen["address"].startswith("192.168.77."))
            self.assertEqual(box.cli("discoveries", "accept", mac, "--type", "vm").returncode, 0)
            host = box.socket_request("web.sock", "GET", f"/api/hosts/{mac}").json
            self.assertEqual(host["state"], "registered", "nothing is installed by being seen")

    def test_a_BIOS_machine_reaches_its_script(self):
        self.check("bios", BIOS, 0)

    def test_a_UEFI_machine_reaches_its_script(self):
        self.check("uefi", UEFI, 7)

    def test_a_UEFI_machine_that_boots_over_HTTP_reaches_its_script(self):
        self.check("http", HTTP, 16)

    def test_a_host_sees_its_name_on_its_own_screen_and_is_no_discovery(self):
        for firmware, mac in [("bios", BIOS), ("uefi", UEFI)]:
            with self.subTest(firmware), lab.Lab() as network:
                box = network.box(answer="known")
                self.assertEqual(box.cli("hosts", "add", "pve-lab", "--mac", mac, "--type", "vm").returncode, 0)
                network.machine(firmware, mac, firmware)
                until(lambda: "pve-lab: known, and left alone" in network.screen(firmware), 120, "the script's words")
                self.assertIn("http://192.168.77.2/", network.screen(firmware))
                self.assertEqual(box.socket_request("web.sock", "GET", "/api/discoveries").json["discoveries"], [])

    def test_a_stranger_is_not_answered_where_only_hosts_are(self):
        with lab.Lab() as network:
            box = network.box(answer="known")
            network.machine("bios", BIOS, "bios")
            until(lambda: "Nothing to boot" in network.screen("bios") or "No bootable device" in network.screen("bios"),
                  120, "the firmware to give up")
            self.assertEqual(box.socket_request("boot.sock", "GET", "/health").status, 200)
            self.assertNotIn("Sprout", network.screen("bios"))


if __name__ == "__main__":
    unittest.main()
