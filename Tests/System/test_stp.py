"""A switch that looks for loops first: its port forwards nothing for half a minute after the link came up."""

import unittest

import lab
from harness import until

MAC = "52:54:00:77:00:26"
FORWARD_DELAY = 15


@unittest.skipIf(lab.obstacle(), lab.obstacle())
class SpanningTreeTest(unittest.TestCase):
    def test_E26_a_machine_reaches_its_script_though_its_port_listens_for_loops_when_iPXE_starts(self):
        """A real bridge with STP: it blocks the port for twice its forward delay after the port was put in."""
        with lab.Lab() as network:
            box = network.box(answer="all")
            network.in_("lan", "ip", "link", "set", "br0", "type", "bridge", "forward_delay", str(FORWARD_DELAY * 100))
            network.machine("uefi", MAC, "uefi")
            until(lambda: "has autoexec.ipxe" in box.log(), 120, "iPXE to have its first script")
            network.replug("tap0")
            until(lambda: network.port_state("tap0") in ("listening", "learning"), 5, "the port to listen for loops")
            until(lambda: "port is in STP listening - enable portfast/edge" in network.screen("uefi"), 60, "the hint")
            self.assertNotEqual(network.port_state("tap0"), "forwarding", "the hint came while the port was blocked")
            # What comes later on the screen is the next boot entry of the firmware.
            until(lambda: f"Machine {MAC} is not known here" in network.screen("uefi").split("BdsDxe: failed")[0], 90,
                  "its own script")
            self.assertEqual(network.port_state("tap0"), "forwarding")


if __name__ == "__main__":
    unittest.main()
