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


if __name__ == "__main__":
    unittest.main()
