"""Own DHCP under the real units: the daemon has no network of its own, only the sockets that systemd opened."""

import unittest

import dhcplab
import test_units
from container import Container
from dhcplab import Isolated
from harness import until

ADDRESS = "192.168.77.3"


@unittest.skipIf(Container.obstacle() or dhcplab.obstacle(), Container.obstacle() or dhcplab.obstacle())
class OwnDHCPUnitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        container = cls.container = Container()
        cls.addClassCleanup(container.close)
        test_units.UnitsTest.install(container)
        container.write("etc/sprout/provisioning.yaml", (
            "pxe:\n  enabled: true\n  interface: lan0\n  mode: server\n"
            f"  range: {dhcplab.RANGE}\n"))
        container.boot()

    def journal(self):
        return self.container.output("journalctl", "--no-pager", "--unit=sprout-dhcp", "--output=cat")

    def test_E25_addresses_are_given_and_another_server_is_heard_through_the_sockets_alone(self):
        container = self.container
        with Isolated() as network:
            try:
                port = f"{network.name}units"
                dhcplab.lab.run(
                    "ip", "link", "add", port, "netns", f"{network.name}-lan", "type", "veth", "peer", "name", "lan0",
                    "netns", str(container.leader))
                network.in_("lan", "ip", "link", "set", port, "master", "br0", "up")
                container.output("ip", "address", "add", f"{ADDRESS}/24", "dev", "lan0")
                container.output("ip", "link", "set", "lan0", "up")
                container.output("systemctl", "restart", "sprout-dhcp")
                until(lambda: "no other DHCP server answers on lan0" in self.journal(), 20, "it to serve")

                client = network.client("c1")
                client.start("udhcpc")
                self.assertTrue(client.address().startswith("192.168.77.1"))
                self.assertEqual(client.said()["serverid"], ADDRESS)

                network.server("--dhcp-range=192.168.77.200,192.168.77.220,1h")
                name = f"192.168.77.1 ({network.hardware('router')})"
                other = network.client("c2")
                other.start("udhcpc")
                until(lambda: f"{name} gives out addresses too" in self.journal(), 15, "the other server to be named")
                status = container.properties("sprout-dhcp.service", "NRestarts")
                self.assertEqual(status["NRestarts"], "0")
            except BaseException:
                print(container.journal())
                raise


if __name__ == "__main__":
    unittest.main()
