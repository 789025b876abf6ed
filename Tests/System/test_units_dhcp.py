"""Network boot under the real units: its daemons have no network of their own, only the sockets that systemd opened."""

import contextlib
import json
import re
import socket
import unittest
import uuid

import dhcplab
import test_units
from container import Container
from dhcplab import ACK, DISCOVER, OFFER, REQUEST, Crowd, Isolated
from harness import until
from swarm import Message
from tftp import Peer, request

ADDRESS, CLIENT = "192.168.77.3", "192.168.77.50"


class UnderUnits(unittest.TestCase):
    provisioning = None

    @classmethod
    def setUpClass(cls):
        container = cls.container = Container()
        cls.addClassCleanup(container.close)
        test_units.UnitsTest.install(container)
        container.write("etc/sprout/provisioning.yaml", cls.provisioning)
        container.boot()

    def journal(self):
        return self.container.output("journalctl", "--no-pager", "--unit=sprout-dhcp", "--output=cat")

    @contextlib.contextmanager
    def network(self):
        """A network without a router, to which the container is connected by its port lan0."""
        try:
            with Isolated() as network:
                dhcplab.lab.run(
                    "ip", "link", "add", f"{network.name}units", "netns", f"{network.name}-lan", "type", "veth", "peer",
                    "name", "lan0", "netns", str(self.container.leader))
                network.in_("lan", "ip", "link", "set", f"{network.name}units", "master", "br0", "up")
                self.container.output("ip", "address", "add", f"{ADDRESS}/24", "dev", "lan0")
                self.container.output("ip", "link", "set", "lan0", "up")
                yield network
        except BaseException:
            print(self.container.journal())
            raise


@unittest.skipIf(Container.obstacle() or dhcplab.obstacle(), Container.obstacle() or dhcplab.obstacle())
class ProxyUnitsTest(UnderUnits):
    provisioning = "pxe:\n  enabled: true\n  interface: lan0\n  answer: all\n"

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
            # Also while there is no such port, the machines of another are not answered.
            self.container.output("ip", "link", "set", "lan0", "down")
            self.container.output("ip", "link", "set", "lan0", "name", "lan9")
            machines[1].ask()
            self.container.output("ip", "link", "set", "lan9", "name", "lan0")
            self.container.output("ip", "link", "set", "lan0", "up")
            machines[0].ask()
            self.assertEqual(machines[0].hear(), OFFER)
            with self.assertRaises(BlockingIOError):
                machines[1].hear()


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
class OwnDHCPUnitsTest(UnderUnits):
    provisioning = f"pxe:\n  enabled: true\n  interface: lan0\n  mode: server\n  range: {dhcplab.RANGE}\n"

    def test_E25_addresses_are_given_and_another_server_is_heard_through_the_sockets_alone(self):
        container = self.container
        with self.network() as network:
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


class Netbooter:
    """Machines that netboot, one after the other, as far as it takes to know who answers them."""

    def __init__(self, network):
        self.network = network
        network.client("c1")
        network.in_("c1", "ip", "address", "add", f"{CLIENT}/24", "dev", "eth0")
        self.crowd = Crowd(network, "c1")
        self.questions = 0

    def is_offered(self, kind, server, ciaddr, answer):
        self.questions += 1
        # Another one each time: who asks too often is taken for one that loops, and not answered.
        mac = f"52:54:00:4e:42:{self.questions:02x}"
        options = [(60, b"PXEClient:Arch:00007:UNDI:003016"), (93, b"\0\7"), (94, b"\1\3\x10")]
        question = dhcplab.message(kind, mac, self.questions, options, ciaddr, broadcast=kind == DISCOVER)
        self.crowd.socket.sendto(question, server)
        said = self.crowd.answer([answer], mac, seconds=1)
        return said is not None and said["xid"] == self.questions

    def answered(self):
        """The ports at which it is answered."""
        ports = set()
        if self.is_offered(DISCOVER, ("255.255.255.255", 67), "0.0.0.0", OFFER):
            ports.add(67)
        if self.is_offered(REQUEST, (ADDRESS, 4011), CLIENT, ACK):
            ports.add(4011)
        with self.network.within("c1"):
            peer = Peer(69, CLIENT, ADDRESS)
        with peer, contextlib.suppress(ConnectionRefusedError):
            peer.send(request("there-is-no-such-file"))
            if peer.receive(1):
                ports.add(69)
        return ports


ALL = {67, 69, 4011}


@unittest.skipIf(Container.obstacle() or dhcplab.obstacle(), Container.obstacle() or dhcplab.obstacle())
class NetbootSwitchTest(UnderUnits):
    provisioning = "pxe:\n  enabled: false\n  interface: lan0\n"

    def ask(self, path, *options):
        return json.loads(self.container.output(
            "curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "10", "--unix-socket",
            "/run/sprout/web.sock", "--header", "content-type: application/json", "--header",
            f"x-request-id: {uuid.uuid4().hex}", *options, f"http://sprout{path}"))

    def set(self, **settings):
        changes = {f"pxe.{key}": value for key, value in settings.items()}
        self.ask("/api/settings", "--request", "PATCH", "--data", json.dumps(changes))

    def seen(self):
        return self.ask("/api/wire")["sightings"]

    def daemons(self):
        return [self.container.properties(daemon, "MainPID")["MainPID"] for daemon in ("sprout-boot", "sprout-dhcp")]

    def test_P17_with_network_boot_off_or_at_another_port_nobody_is_answered_without_a_restart(self):
        with self.network() as network:
            self.container.output("ip", "link", "add", "lan1", "type", "bridge")
            machine = Netbooter(network)
            daemons = self.daemons()
            self.assertEqual(machine.answered(), set())
            self.assertEqual(self.seen(), [])
            # So the box finds out whether what it was updated to works.
            self.container.output("curl", "--silent", "--fail", "--max-time", "5", "tftp://127.0.0.1/autoexec.ipxe")
            for wrong, right in [
                    ({"enabled": "false"}, {"enabled": "true"}), ({"interface": "lan1"}, {"interface": "lan0"}),
                    ({"subnet": "10.0.0.0/8"}, {"subnet": "192.168.77.0/24"})]:
                with self.subTest(wrong):
                    self.set(**right)
                    until(lambda: machine.answered() == ALL, 8, "all to answer")
                    until(self.seen, 5, "a machine to be seen")
                    self.set(**wrong)
                    until(lambda: machine.answered() == set(), 8, "all to be silent")
                    self.set(**right)
            self.set(enabled="false")
            self.assertEqual(self.daemons(), daemons)

    def ports(self):
        """The ports of network boot that are open, whoever holds them."""
        listed = self.container.output("ss", "--listening", "--udp", "--numeric", "--no-header")
        return {int(port) for port in re.findall(r":(67|68|69|4011)\s", listed)}

    def is_booting_over_http(self):
        return self.container.run(
            "curl", "--silent", "--fail", "--max-time", "10", "--unix-socket", "/run/sprout/boot.sock",
            "http://sprout/ipxe/52-54-00-00-00-01").returncode == 0

    def test_the_target_of_network_boot_closes_its_ports_and_opens_them_again(self):
        self.assertEqual(self.ports(), ALL | {68})
        self.container.output("systemctl", "disable", "--now", "sprout-netboot.target")
        # The command waits for the target alone.
        until(lambda: self.ports() == set(), 5, "the ports to be closed")
        # What else these daemons do is asked of them as before.
        self.assertTrue(self.is_booting_over_http())
        self.assertEqual(self.ports(), set())
        self.container.output("systemctl", "enable", "sprout-netboot.target")
        self.container.output("systemctl", "restart", "sprout.target")
        until(lambda: self.ports() == ALL | {68}, 5, "the ports to be open")


if __name__ == "__main__":
    unittest.main()
