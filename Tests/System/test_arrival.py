"""A report that is lost on its way: Sprout looks for the host itself, and says what is in the way (E27).

Each host is a network namespace with a real sshd. All are waited for at once, since the shortest deadline is a minute.
"""

import json
import pathlib
import unittest

import lab
from harness import until
from installing import PROVISIONING, Machine, import_image
from test_key_removal import Node, obstacle

TYPES = """server_types:
  vm:
    boot_disk: /dev/vda
    deadlines: {installing: 1m, installed: 1m}
  fixed:
    boot_disk: /dev/vda
    network: {mode: static, cidr: 192.168.77.0/24, gateway: 192.168.77.1, dns: 192.168.77.1}
    deadlines: {installing: 1m, installed: 1m}
"""


def firmware(name):
    """What this machine says of itself, which its namespaces cannot change."""
    file = pathlib.Path("/sys/class/dmi/id") / name
    return file.read_text().strip() if file.exists() else ""


class Scene:
    """A box, and hosts that are installed up to a point."""

    def __init__(self, network):
        self.network = network
        self.box = network.box(more=PROVISIONING.split("\n", 2)[2])
        import_image(self.box)
        (self.box.config / "server-types.yaml").write_text(TYPES)
        until(lambda: len(json.loads(self.box.cli("hosts", "list", "-o", "json").stdout or "[]")) == 0, what="the box")
        until(lambda: "fixed" in self.box.sql("SELECT key FROM server_type ORDER BY version DESC LIMIT 2"), what="the types")

    def begin(self, number, type="vm", at=None):
        """Armed, with its answer; its namespace has the address that it will have, or is `at` another one."""
        name, address, mac = f"lab-{number}", f"192.168.77.{50 + number}", f"52:54:00:77:00:{50 + number:02x}"
        words = ["--address", address] if type == "fixed" else []
        added = self.box.cli("hosts", "add", name, "--mac", mac, "--type", type, *words)
        assert added.returncode == 0, added.stderr
        armed = self.box.cli("hosts", "rebuild", name, "--yes")
        assert armed.returncode == 0, armed.stderr
        node = Node(self.network, name, at or address, mac)
        machine = Machine(node, number, mac=mac, seen_by=self.box)
        machine.serial, machine.uuid = firmware("product_serial"), firmware("product_uuid")
        machine.boot()
        for file in ["vmlinuz", "tail"]:
            assert machine.load(file).status == 200
        assert machine.ask().status == 200
        node.let_in(machine.answer["global"]["root-ssh-keys"][0])
        return node, machine

    def install(self, number, type="vm", knows_address=True, at=None):
        """Its installer has told its webhook, and nothing is heard afterwards."""
        node, machine = self.begin(number, type, at)
        port = {"name": "mgmt0", "mac": machine.mac, "is-management": True}
        if knows_address:
            port["address"] = f"{node.address}/24"
        told = machine.tell_installed(**{"ssh-public-host-keys": node.host_keys(), "network-interfaces": [port]})
        assert told.status == 200, told.body
        return node, machine

    def reason(self, machine, state="failed"):
        until(lambda: machine.state() == state, 90, f"{machine.mac} to be {state}")
        return self.box.sql(
            f"SELECT message FROM event WHERE host = '{machine.host()['id']}' AND kind = 'host.advanced' ORDER BY id")[-1]


@unittest.skipIf(obstacle(), obstacle())
class ArrivalTest(unittest.TestCase):
    def test_E27_a_host_that_does_not_call_is_found_or_it_is_said_which_step_is_missing(self):
        with lab.Lab(capture=False) as network:
            scene = Scene(network)
            found, found_machine = scene.install(1)
            found.start_sshd()
            _, silent = scene.install(2)
            other, other_machine = scene.install(3)
            other.change_host_keys()
            other.start_sshd()
            closed, closed_machine = scene.install(4)
            closed.let_in()
            closed.start_sshd()
            _, nowhere = scene.install(5, knows_address=False)
            unheard, unheard_machine = scene.begin(6, "fixed")
            unheard.start_sshd()
            _, absent = scene.begin(7, "fixed")

            self.assertIn("to ready", scene.reason(found_machine, "ready"))
            events = scene.box.sql("SELECT message FROM event WHERE kind = 'host.noticed' AND hostname = 'lab-1' ORDER BY id")
            self.assertEqual(
                events[0], "lab-1 did not tell that its new system runs: it was found by asking it at 192.168.77.51.")
            inventory = scene.box.sql("SELECT start_address, start_report FROM inventory WHERE start_address IS NOT NULL")
            self.assertTrue(inventory[0].startswith("192.168.77.51|{"), inventory)
            self.assertIn("192.168.77.51/24", inventory[0])
            until(lambda: found.authorized_keys == [], 20, "its key to be taken off it, as off every other")

            for machine, words in [
                    (silent, "192.168.77.52 is not reached over SSH: nobody listens at port 22"),
                    (other_machine, "192.168.77.53 is not the host that is known: it shows the SSH host key SHA256:"),
                    (closed_machine, "192.168.77.54 does not let root log in with this key"),
                    (nowhere, "It could not be asked either: no address of it is known."),
                    (unheard_machine, "A machine answers at port 22 of 192.168.77.56, its address: it may be installed, and its"
                                      " report lost."),
                    (absent, "it cannot be asked; nobody answers at port 22 of 192.168.77.57 either.")]:
                reason = scene.reason(machine)
                self.assertIn(words, reason)
                self.assertIn(" in 1 minutes", reason)
            self.assertNotIn("Accepted", (network.folder / "sshd-lab-3.log").read_text(), "who is not known is told nothing")
            self.assertNotIn("Accepted", (network.folder / "sshd-lab-6.log").read_text())


if __name__ == "__main__":
    unittest.main()
