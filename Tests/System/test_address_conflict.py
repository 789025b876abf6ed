"""Two machines with one address: found before a host is armed, or when its new system starts (E21)."""

import subprocess
import unittest

import lab
from harness import until
from test_arrival import Scene
from test_key_removal import obstacle

NEW = "192.168.77.51"


@unittest.skipIf(obstacle(), obstacle())
class AddressConflictTest(unittest.TestCase):
    def intruder(self, network):
        """Another machine that has the host's address, and is heard by now; its MAC address."""
        network.attach("intruder", f"{NEW}/24")
        until(lambda: network.port_state("intruder") == "forwarding", what="the bridge to take it in")
        words = [*network.prefix("intruder"), "cat", "/sys/class/net/eth0/address"]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    def plan(self, box):
        done = box.cli("hosts", "rebuild", "lab-1", "--dry-run")
        return done.stdout + done.stderr

    def test_E21_an_address_that_somebody_else_has_is_refused_before_anything_is_armed(self):
        with lab.Lab(capture=False) as network:
            scene = Scene(network)
            box = scene.box
            mac = self.intruder(network)
            # The kernel trusts a neighbour that it heard for half a minute, and asks it only then: here for a second.
            network.in_("box", "sysctl", "-w", "net.ipv4.neigh.eth0.base_reachable_time_ms=1000")
            box.cli("hosts", "add", "lab-1", "--mac", "52:54:00:77:00:33", "--type", "fixed", "--address", NEW)
            self.assertIn(f"{NEW} is used by {mac} now: give lab-1 another address", self.plan(box))
            refused = box.cli("hosts", "rebuild", "lab-1", "--yes")
            self.assertEqual(refused.returncode, 1)
            self.assertIn(f"is used by {mac} now", refused.stderr)
            self.assertEqual(box.sql("SELECT state FROM host"), ["registered"])
            network.in_("intruder", "ip", "addr", "flush", "dev", "eth0")
            until(lambda: "is used by" not in self.plan(box), 30, "who is gone not to be in the way")
            network.in_("intruder", "ip", "addr", "add", f"{NEW}/24", "dev", "eth0")
            self.assertIn("is used by", self.plan(box))
            self.assertEqual(box.cli("hosts", "set", "lab-1", "--add-mac", mac).returncode, 0)
            self.assertNotIn("is used by", self.plan(box), "a host may use its own address")

            box.cli("hosts", "add", "lab-2", "--mac", "52:54:00:77:00:34", "--type", "fixed", "--address", "192.168.77.60")
            with_lease = "INSERT INTO lease VALUES ('192.168.77.61', '52:54:00:77:00:99', 9999999999999)"
            subprocess.run(["sqlite3", "-cmd", ".timeout 5000", box.state / "db" / "sprout.db", with_lease], check=True)
            for address, words in [
                    (lab.BOX, "is the address of this box"), (lab.ROUTER, "is the gateway's"),
                    ("192.168.77.61", "was given to 52:54:00:77:00:99, as Sprout's own DHCP knows"),
                    ("192.168.78.51", "does not lie in 192.168.77.0/24"), ("192.168.77.0", "is the first or the last address"),
                    ("192.168.77.255", "is the first or the last address")]:
                done = box.cli("hosts", "set", "lab-1", "--address", address)
                self.assertIn(words, done.stderr if done.returncode else self.plan(box), address)
            taken = box.cli("hosts", "set", "lab-1", "--address", "192.168.77.60")
            self.assertIn("is already the address of the host lab-2", taken.stderr)

    def test_E21_a_new_system_whose_address_is_also_anothers_fails_and_goes_no_further(self):
        with lab.Lab(capture=False) as network:
            scene = Scene(network)
            _, machine = scene.install(1, "fixed", at="192.168.77.80")
            mac = self.intruder(network)
            told = machine.phone_home(addresses=[f"{NEW}/24"], serial=machine.serial, uuid=machine.uuid)
            self.assertEqual(told.status, 409)
            self.assertEqual(machine.state(), "failed")
            self.assertIn(
                f"lab-1 went from first_boot to failed: {NEW} is also used by {mac}. Take it off that machine",
                scene.reason(machine))
            self.assertEqual(machine.phone_home().status, 404)

    def test_E21_whoever_takes_the_address_before_the_new_system_calls_is_found(self):
        with lab.Lab(capture=False) as network:
            scene = Scene(network)
            _, machine = scene.install(1, "fixed", at="192.168.77.80")
            mac = self.intruder(network)
            until(lambda: machine.state() == "failed", 50, "the look for the host at half of its time")
            self.assertIn(f"from first_boot to failed: {NEW} is also used by {mac}.", scene.reason(machine))


if __name__ == "__main__":
    unittest.main()
