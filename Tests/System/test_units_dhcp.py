"""Own DHCP under the real units: the daemon has no network of its own, only the sockets that systemd opened."""

import socket
import unittest

import dhcplab
import test_units
from container import Container
from dhcplab import Isolated
from harness import until
from swarm import OFFER, Message

ADDRESS = "192.168.77.3"


@unittest.skipIf(Container.obstacle() or dhcplab.obstacle(), Container.obstacle() or dhcplab.obstacle())
class ProxyUnitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        container = cls.container = Container()
        cls.addClassCleanup(container.close)
        test_units.UnitsTest.install(container)
        container.write("etc/sprout/provisioning.yaml", "pxe:\n  enabled: true\n  interface: lan0\n  answer: all\n")
        container.boot()

    def test_of_two_ports_that_systemd_listens_at_only_the_one_that_is_named_has_its_machines_answered(self):
        with Isolated() as network:
            machines = [machine(network, self.container, number) for number in range(2)]
            self.container.output("systemctl", "restart", "sprout-dhcp")
            for asking in reversed(machines):
                asking.ask()
            self.assertEqual(machines[0].hear(), OFFER)
            # They were taken in the order in which they were asked: what is not answered now is not answered at all.
            machines[1].socket.setblocking(False)
            with self.assertRaises(BlockingIOError):
                machines[1].hear()
            # Where there is no such port, network boot is not lost: the machines of all are answered.
            self.container.output("ip", "address", "flush", "dev", "lan0")
            machines[1].ask()
            machines[1].socket.settimeout(10)
            self.assertEqual(machines[1].hear(), OFFER)


class Asking:
    """A machine's firmware at the other end of a cable."""

    def __init__(self, number):
        self.mac = bytes([0x52, 0x54, 0, 0, 1, number])
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.bind(("", 68))
        self.socket.settimeout(10)

    def ask(self):
        self.socket.sendto(Message.fixture("composed/intel-rom-discover", self.mac).packed(), ("255.255.255.255", 67))

    def hear(self):
        return Message(self.socket.recv(2000)).kind


def machine(network, container, number):
    """One that is connected to the port `lan0` or `lan1` of the container, and to nothing else."""
    name, port = f"m{number}", f"lan{number}"
    network.namespace(name)
    dhcplab.lab.run(
        "ip", "link", "add", "eth0", "netns", f"{network.name}-{name}", "type", "veth", "peer", "name", port, "netns",
        str(container.leader))
    network.in_(name, "ip", "address", "add", f"10.0.{number}.9/24", "dev", "eth0")
    network.in_(name, "ip", "link", "set", "eth0", "up")
    network.in_(name, "ip", "route", "add", "default", "dev", "eth0")
    container.output("ip", "address", "add", f"10.0.{number}.1/24", "dev", port)
    container.output("ip", "link", "set", port, "up")
    with network.within(name):
        return Asking(number)


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
