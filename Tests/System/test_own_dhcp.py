"""Sprout gives out the addresses itself: real clients, real firmware, and no other DHCP server on the wire (E25)."""

import os
import signal
import socket
import struct
import subprocess
import time
import unittest

import dhcplab
import lab
from dhcplab import ACK, DECLINE, DISCOVER, INFORM, NAK, OFFER, RELEASE, REQUEST, Crowd, Isolated, message
from harness import PROGRAMS, until

BIOS, UEFI, HTTP = "52:54:00:77:00:01", "52:54:00:77:00:02", "52:54:00:77:00:03"


@unittest.skipIf(dhcplab.obstacle(), dhcplab.obstacle())
class RealClientsTest(unittest.TestCase):
    def leases(self, box):
        rows = (row.split("|") for row in box.sql("SELECT mac, address, until FROM lease"))
        return {mac: (address, int(end)) for mac, address, end in rows}

    def test_real_clients_get_renew_and_release_an_address(self):
        with Isolated() as network:
            box = network.box(router="192.168.77.9", dns="192.168.77.8")
            for program, release in [("udhcpc", signal.SIGUSR2), ("dhclient", None)]:
                with self.subTest(program):
                    client = network.client(program[:3])
                    client.start(program)
                    address = client.address()
                    self.assertTrue(address.startswith("192.168.77.1"), address)
                    said = client.said()
                    names = ("mask", "subnet", "router", "dns") if program == "udhcpc" else (
                        None, "new_subnet_mask", "new_routers", "new_domain_name_servers")
                    self.assertEqual(
                        [said[name] for name in names[1:]], ["255.255.255.0", "192.168.77.9", "192.168.77.8"])
                    mac = network.hardware(program[:3])
                    first = self.leases(box)[mac]
                    self.assertEqual(first[0], address)
                    if program == "udhcpc":
                        client.process.send_signal(signal.SIGUSR1)
                    else:
                        client.end(signal.SIGTERM)
                        client.start(program)
                    until(lambda: self.leases(box)[mac][1] > first[1], 20, "the lease to be longer")
                    self.assertEqual(client.address(), address)
                    if program == "udhcpc":
                        client.process.send_signal(release)
                    else:
                        client.end(signal.SIGTERM)
                        subprocess.run(
                            [*network.prefix(program[:3]), "dhclient", "-r", "-sf", client.path("script"), "-lf",
                             client.path("leases"), "-pf", client.path("pid"), "eth0"], check=True, capture_output=True)
                    until(lambda: self.leases(box)[mac][1] <= time.time() * 1000, 10, "the lease to be over")

    def test_addresses_survive_whatever_is_killed(self):
        with Isolated() as network:
            box = network.box()
            client = network.client("c1")
            client.start("udhcpc")
            address = client.address()

            for victim in ("sprout-dhcp", "sprout-orchestrator"):
                with self.subTest(victim):
                    old = box.pid(victim)
                    served = box.log().count("no other DHCP server answers")
                    os.kill(old, signal.SIGKILL)
                    until(lambda: box.pid(victim) not in (None, old), 15, f"{victim} to be back")
                    if victim == "sprout-dhcp":
                        until(lambda: box.log().count("no other DHCP server answers") > served, 20, "it to serve")
                    renewals = len(client.events())
                    client.process.send_signal(signal.SIGUSR1)
                    until(lambda: len(client.events()) > renewals, 20, "the client to renew")
                    self.assertEqual((client.events()[-1].split()[0], client.address()), ("renew", address))
                    # The machine is switched off and on: it knows nothing any more, and gets the same.
                    other = network.client("c2" if victim == "sprout-dhcp" else "c3")
                    other.start("udhcpc")
                    self.assertNotEqual(other.address(), address)

            client.end()
            box.stop()
            box.start()
            network.until_serving(box)
            client.path("lease").unlink()
            client.start("udhcpc")
            self.assertEqual(client.address(), address)

    def test_a_renewal_is_acknowledged_while_the_orchestrator_hangs_but_nothing_new_is(self):
        with Isolated() as network:
            box = network.box()
            network.client("c1")
            crowd = Crowd(network, "c1")
            mac = "52:54:00:77:00:11"
            given = crowd.lease(mac)
            network.in_("c1", "ip", "addr", "add", f"{given['yiaddr']}/24", "dev", "eth0")
            orchestrator = box.pid("sprout-orchestrator")
            os.kill(orchestrator, signal.SIGSTOP)
            try:
                began = time.monotonic()
                crowd.send(message(REQUEST, mac, 2, ciaddr=given["yiaddr"]))
                new = "52:54:00:77:00:12"
                crowd.send(message(DISCOVER, new, 3))
                offer = crowd.answer([OFFER], new)
                self.assertIsNotNone(offer, "an offer needs no commit")
                self.assertLess(time.monotonic() - began, 1, "nothing waits behind the commit")
                crowd.send(message(REQUEST, new, 4, [
                    (50, socket.inet_aton(offer["yiaddr"])), (54, offer["options"][54])]))
                renewed = crowd.answer([ACK, NAK], mac, 6)
                self.assertEqual(renewed["kind"], ACK)
                rest = struct.unpack("!I", renewed["options"][51])[0]
                self.assertLess(rest, 600, "only the time that is written already")
                self.assertGreater(rest, 580)
                self.assertIsNone(crowd.answer([ACK], new, 2), "what is not on the disk is not acknowledged")
            finally:
                os.kill(orchestrator, signal.SIGCONT)
            done = crowd.answer([ACK], new, 8)
            self.assertIsNotNone(done, "it is acknowledged once it is written")
            self.assertEqual(self.leases(box)[new][0], done["yiaddr"])

    def test_two_hundred_machines_at_once_get_two_hundred_addresses(self):
        with Isolated() as network:
            box = network.box(range="192.168.77.20-192.168.77.230")
            network.client("c1")
            crowd = Crowd(network, "c1")
            macs = [f"52:54:00:78:{number >> 8:02x}:{number & 255:02x}" for number in range(200)]
            began, asked, got = time.monotonic(), 0, {}
            while len(got) < len(macs) and time.monotonic() - began < 20:
                if time.monotonic() > asked + 2:
                    # As real clients do, whoever has heard nothing asks again after a while.
                    asked = time.monotonic()
                    for number, mac in enumerate(macs):
                        if mac not in got:
                            crowd.send(message(DISCOVER, mac, number))
                said = crowd.receive(0.5)
                if said and said["kind"] == OFFER and said["mac"] not in got:
                    crowd.send(message(REQUEST, said["mac"], said["xid"], [
                        (50, socket.inet_aton(said["yiaddr"])), (54, said["options"][54])]))
                if said and said["kind"] == ACK:
                    self.assertEqual(got.setdefault(said["mac"], said["yiaddr"]), said["yiaddr"])
            seconds = time.monotonic() - began
            self.assertEqual(len(got), 200, f"after {seconds:.1f} s")
            self.assertEqual(len(set(got.values())), 200)
            self.assertLess(seconds, 5)
            self.assertEqual({mac: address for mac, (address, _) in self.leases(box).items()}, got)

    def test_the_table_of_messages_on_the_wire(self):
        with Isolated() as network:
            box = network.box(range="192.168.77.100-192.168.77.101")
            network.client("c1")
            crowd = Crowd(network, "c1")
            one, two, three = (f"52:54:00:77:00:2{number}" for number in (1, 2, 3))
            given = crowd.lease(one)
            self.assertEqual(given["yiaddr"], "192.168.77.100")
            crowd.send(message(REQUEST, one, 2, [(50, socket.inet_aton("10.9.9.9"))]))
            self.assertEqual(crowd.answer([ACK, NAK], one)["kind"], NAK)
            crowd.send(message(INFORM, one, 3, ciaddr="192.168.77.200"))
            crowd.send(message(DISCOVER, one, 4))
            self.assertEqual(crowd.answer([OFFER], one)["yiaddr"], "192.168.77.100")

            crowd.lease(two)
            crowd.send(message(DISCOVER, three, 5))
            self.assertIsNone(crowd.answer([OFFER], three, 1), "both addresses are in use")
            crowd.send(message(DISCOVER, three, 6))
            until(lambda: "all 2 of pxe.range are in use" in box.log(), 5, "the journal to say so")
            self.assertEqual(box.log().count("all 2 of pxe.range are in use"), 1, "once")
            detail = box.socket_request("dhcp.sock", "GET", "/health").json["detail"]
            self.assertIn("2 of 2 addresses are in use: a machine got none", detail)

            crowd.send(message(RELEASE, two, 7, [(54, socket.inet_aton(lab.BOX))], ciaddr="192.168.77.101"))
            self.assertEqual(crowd.lease(three)["yiaddr"], "192.168.77.101", "it is used again")
            crowd.send(message(DECLINE, three, 8, [
                (50, socket.inet_aton("192.168.77.101")), (54, socket.inet_aton(lab.BOX))]))
            until(lambda: f"{three} declined 192.168.77.101" in box.log(), 5, "the journal to say so")
            crowd.send(message(DISCOVER, three, 9))
            self.assertIsNone(crowd.answer([OFFER], three, 1), "nobody is given it")
            self.assertEqual(box.sql("SELECT address FROM lease WHERE mac IS NULL"), ["192.168.77.101"])

    def test_an_address_that_somebody_took_unasked_is_left_alone(self):
        with Isolated() as network:
            network.in_("router", "ip", "addr", "add", "192.168.77.100/24", "dev", "eth0")
            box = network.box()
            client = network.client("c1")
            client.start("udhcpc")
            self.assertEqual(client.address(), "192.168.77.101")
            self.assertIn(
                f"{network.hardware('router')} uses 192.168.77.100, which it was not given: nobody is given it for an hour",
                box.log())
            self.assertEqual(box.sql("SELECT address FROM lease WHERE mac IS NULL"), ["192.168.77.100"])

    def test_network_boot_is_switched_on_and_off_while_everything_runs(self):
        with Isolated() as network:
            box = super(Isolated, network).box(mode="server", range=dhcplab.RANGE, enabled="false")

            def listening():
                words = [*network.prefix("box"), "ss", "-uln"]
                return ":67 " in subprocess.run(words, capture_output=True, text=True, check=True).stdout

            self.assertFalse(listening())
            settings = box.socket_request("web.sock", "GET", "/api/settings").json
            self.assertNotIn("netboot_obstacle", settings)
            self.assertEqual(box.cli("config", "set", "pxe.enabled", "true").returncode, 0)
            client = network.client("c1")
            client.start("udhcpc")
            self.assertEqual(client.address(), "192.168.77.100")
            self.assertEqual(box.cli("config", "set", "pxe.enabled", "false").returncode, 0)
            until(lambda: not listening(), 10, "the end of network boot")
            # The doors of the daemons that were started again are the same.
            until(lambda: box.socket_request("dhcp.sock", "GET", "/health").status == 200, 10)

    def test_E25_it_is_not_served_where_the_way_to_the_Internet_is(self):
        with Isolated() as network:
            network.in_("box", "ip", "route", "add", "default", "via", lab.ROUTER)
            config = network.folder / "provisioning.yaml"
            config.write_text(f"pxe: {{enabled: true, interface: eth0, mode: server, range: {dhcplab.RANGE}}}")
            refused = subprocess.run(
                [*network.prefix("box"), PROGRAMS / "sprout", "up", "--config", config, "--state", network.folder / "s",
                 "--listen", "0.0.0.0:80"], capture_output=True, text=True, timeout=20)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("pxe.mode is server, but eth0 leads to the Internet (it holds the default route)", refused.stderr)


@unittest.skipIf(dhcplab.obstacle(), dhcplab.obstacle())
class OwnNetbootTest(unittest.TestCase):
    """Firmware that finds nobody but Sprout on the wire reaches the script of its machine."""

    def check(self, firmware, mac, *unwanted):
        with Isolated() as network:
            box = network.box()
            self.assertEqual(box.cli("hosts", "add", "pve-lab", "--mac", mac, "--type", "vm").returncode, 0)
            network.machine(firmware, mac, firmware)
            until(lambda: "pve-lab: known, and left alone" in network.screen(firmware), 120, "the script's words")
            given = box.sql(f"SELECT address FROM lease WHERE mac = '{mac}'")
            self.assertEqual(len(given), 1)
            for word in unwanted:
                self.assertNotIn(word, box.log())

    def test_a_BIOS_machine_reaches_its_script(self):
        self.check("bios", BIOS)

    def test_a_UEFI_machine_reaches_its_script_without_a_second_port(self):
        self.check("uefi", UEFI, "port 4011")

    def test_a_UEFI_machine_that_boots_over_HTTP_reaches_its_script(self):
        self.check("http", HTTP)


if __name__ == "__main__":
    unittest.main()
