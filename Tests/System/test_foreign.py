"""Other DHCP and boot servers on the wire are heard, named and, where Sprout gives out addresses, given way to."""

import re
import subprocess
import time
import unittest

import dhcplab
import lab
from dhcplab import ACK, DISCOVER, REQUEST, Crowd, Isolated, message
from harness import until

OTHER = "192.168.77.1"
DHCP = "--dhcp-range=192.168.77.200,192.168.77.220,1h"
MAC = "52:54:00:77:00:31"


@unittest.skipIf(dhcplab.obstacle(), dhcplab.obstacle())
class SecondDHCPServerTest(unittest.TestCase):
    def name(self, network):
        return f"{OTHER} ({network.hardware('router')})"

    def health(self, box):
        return box.socket_request("dhcp.sock", "GET", "/health").json["detail"]

    def offers(self, network, crowd, seconds=2):
        """Who offers what to a new machine."""
        mac = f"52:54:00:79:00:{int(time.monotonic() * 10) % 256:02x}"
        crowd.send(message(DISCOVER, mac, 1))
        end, found = time.monotonic() + seconds, {}
        while time.monotonic() < end:
            said = crowd.receive(end - time.monotonic())
            if said and said["mac"] == mac:
                found[said["from"]] = said["yiaddr"]
        return found

    def test_E25_a_server_that_is_there_at_the_start_keeps_Sprout_silent_and_is_named(self):
        with Isolated() as network:
            network.server(DHCP)
            box = super(Isolated, network).box(mode="server", range=dhcplab.RANGE)
            name = self.name(network)
            until(lambda: f"{name} gives out addresses too: Sprout gives out none until it is gone" in box.log(), 10,
                  "the journal to name the other server")
            network.client("c1")
            crowd = Crowd(network, "c1")
            self.assertEqual(list(self.offers(network, crowd)), [OTHER])
            self.assertIn(f"gives out no addresses: {name} gives them out too", self.health(box))
            # It stays so after the first search, and after those that machines which ask bring about.
            end = time.monotonic() + 8
            while time.monotonic() < end:
                self.assertEqual(list(self.offers(network, crowd)), [OTHER])
            self.assertNotIn("no other DHCP server answers", box.log())
            self.assertEqual(box.sql("SELECT count(*) FROM lease"), ["0"])

    def test_E25_a_server_that_appears_silences_Sprout_within_5_s_and_it_resumes_when_it_is_gone(self):
        with Isolated() as network:
            box = network.box()
            network.client("c1")
            crowd = Crowd(network, "c1")
            self.assertEqual(list(self.offers(network, crowd, 1)), [lab.BOX])
            other = network.server(DHCP)
            end, first, last = time.monotonic() + 12, None, None
            while time.monotonic() < end:
                found = self.offers(network, crowd, 0.3)
                now = time.monotonic()
                if OTHER in found and first is None:
                    first = now
                if lab.BOX in found:
                    last = now
            self.assertIsNotNone(first, "the other server answered")
            self.assertLess(last - first, 5, "Sprout went on answering")
            name = self.name(network)
            self.assertIn(f"{name} gives out addresses too", box.log())

            other.terminate()
            other.wait(5)
            gone, resumed = time.monotonic(), None
            while resumed is None and time.monotonic() < gone + 40:
                if lab.BOX in self.offers(network, crowd, 0.5):
                    resumed = time.monotonic()
            self.assertIsNotNone(resumed, "Sprout did not resume")
            self.assertEqual(box.log().count("no other DHCP server answers on eth0: addresses are given out"), 2)

    def test_E25_a_server_whose_offers_only_their_machines_hear_silences_Sprout_within_5_s(self):
        with Isolated() as network:
            box = network.box()
            network.client("c1")
            crowd = Crowd(network, "c1")
            network.server(DHCP)
            began = last = time.monotonic()
            number = 0
            while time.monotonic() < began + 8:
                number += 1
                # Without the flag of broadcasts the other server answers to the machine's own address.
                crowd.send(message(DISCOVER, f"52:54:00:7a:00:{number:02x}", number, broadcast=False))
                said = crowd.receive(0.25)
                while said:
                    if said["from"] == lab.BOX:
                        last = time.monotonic()
                    said = crowd.receive(0.05)
            self.assertGreater(number, 10)
            self.assertLess(last - began, 5, "Sprout went on answering")
            self.assertIn(f"{self.name(network)} gives out addresses too", box.log())

    def test_E25_a_machine_that_takes_another_servers_offer_is_enough(self):
        with Isolated() as network:
            box = network.box()
            network.client("c1")
            crowd = Crowd(network, "c1")
            crowd.send(message(REQUEST, MAC, 9, [(50, bytes([192, 168, 77, 200])), (54, bytes([192, 168, 77, 1]))]))
            heard = time.monotonic()
            until(lambda: f"{self.name(network)} gives out addresses too" in box.log(), 5, "Sprout to be silent")
            self.assertLess(time.monotonic() - heard, 5)
            self.assertEqual(self.offers(network, crowd, 1), {})

    def test_E25_an_acknowledgement_that_is_heard_is_enough(self):
        with Isolated() as network:
            box = network.box()
            network.client("c1")
            crowd = Crowd(network, "c1")
            with dhcplab.inside(network, "router"):
                server = Crowd(network, "router").socket
            said = bytearray(message(ACK, MAC, 9, [(54, bytes([192, 168, 77, 1]))]))
            said[0] = 2
            server.sendto(bytes(said), ("255.255.255.255", 68))
            heard = time.monotonic()
            until(lambda: "gives them out too" in self.health(box), 5, "Sprout to be silent")
            self.assertLess(time.monotonic() - heard, 5)
            self.assertEqual(self.offers(network, crowd), {})
            until(lambda: lab.BOX in self.offers(network, crowd, 1), 40, "Sprout to find that nobody is there")


@unittest.skipIf(dhcplab.obstacle(), dhcplab.obstacle())
class SecondBootServerTest(unittest.TestCase):
    """Beside a router: lab.Lab's own."""

    def servers(self, box):
        servers = box.socket_request("web.sock", "GET", "/api/network/servers").json["servers"]
        return {server["address"]: server for server in servers}

    def test_E5_a_second_boot_server_is_named_with_its_addresses_within_15_s(self):
        with lab.Lab() as network:
            network.attach("other", "192.168.77.7/24")
            network.start(
                "other", "proxy", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0",
                "--interface=eth0", "--bind-interfaces", "--log-dhcp", "--user=root", "--dhcp-range=192.168.77.0,proxy",
                "--pxe-service=x86PC,Other,other.kpxe", "--pxe-service=X86-64_EFI,Other,other.efi",
                f"--pid-file={network.folder}/proxy.pid")
            box = network.box()
            began = time.monotonic()
            mac = subprocess.run(
                [*network.prefix("other"), "cat", "/sys/class/net/eth0/address"], check=True, capture_output=True,
                text=True).stdout.strip()
            found = until(lambda: self.servers(box).get("192.168.77.7"), 15, "the other boot server to be named")
            self.assertLess(time.monotonic() - began, 15)
            self.assertEqual((found["kind"], found["mac"]), ("boot", mac))
            self.assertIn(f"192.168.77.7 ({mac}) also answers machines that netboot", box.log())
            page = box.socket_request("web.sock", "GET", "/").body.decode()
            notice = re.search(r'<p class="notice"[^>]*>[^<]*192\.168\.77\.7[^<]*', page)
            self.assertIsNotNone(notice, "the dashboard names it")
            self.assertIn(mac, notice[0])
            appeared = box.sql("SELECT message FROM event WHERE kind = 'server.appeared'")
            self.assertIn(f"192.168.77.7 ({mac}) also answers", " ".join(appeared))
            router = until(lambda: self.servers(box).get(lab.ROUTER), 15, "the router to be known too")
            self.assertEqual(router["kind"], "dhcp")

    def test_E5_the_router_alone_is_no_boot_server_and_our_own_answers_are_not_taken_for_one(self):
        with lab.Lab() as network:
            box = network.box()
            until(lambda: lab.ROUTER in self.servers(box), 15, "the router to be known")
            network.machine("bios", "52:54:00:77:00:01", "bios")
            until(lambda: "52:54:00:77:00:01 asked what to boot" in box.log(), 60, "our own offer")
            self.assertNotRegex(box.log(), "02(:[0-9a-f]{2}){5} asked what to boot", "our own question is not answered")
            self.assertEqual({a: s["kind"] for a, s in self.servers(box).items()}, {lab.ROUTER: "dhcp"})
            self.assertNotIn('<p class="notice"', box.socket_request("web.sock", "GET", "/").body.decode())

    def test_the_boxs_own_DHCP_client_works_on(self):
        """Real clients on the box itself, which use the port that Sprout listens at."""
        for program in ("udhcpc", "dhclient"):
            with self.subTest(program), Isolated() as network:
                network.server(DHCP)
                box = network.box(mode="proxy")
                client = dhcplab.Client(network, "box")
                client.start(program)
                address = client.address()
                self.assertTrue(address.startswith("192.168.77.2"), address)
                events = len(client.events())
                if program == "udhcpc":
                    # A renewal is asked of the server alone, and answered to this machine alone.
                    client.process.send_signal(10)
                    until(lambda: len(client.events()) > events, 10, "the client to renew")
                    self.assertTrue(client.events()[-1].startswith("renew"), client.events())
                self.assertEqual(box.socket_request("dhcp.sock", "GET", "/health").status, 200)


if __name__ == "__main__":
    unittest.main()
