"""The box gets another router, and with it another address: what depended on the old one follows by itself."""

import json
import subprocess
import unittest
import urllib.request

import lab
from harness import until
from installing import AGENT, CREDENTIALS, SIXTEEN_GIB, import_image

OLD, NEW, THIRD = "192.168.77.2", "192.168.178.20", "10.9.0.7"
MAC = "52:54:00:00:00:01"


@unittest.skipIf(lab.obstacle(), lab.obstacle())
class NetworkChangeTest(unittest.TestCase):
    def test_E24_a_box_in_another_network_is_reached_there_and_asks_before_it_installs(self):
        with lab.Lab(capture=False) as network:
            box = network.box(more=CREDENTIALS)
            import_image(box)
            added = box.cli("hosts", "add", "pve-1", "--mac", MAC, "--type", "vm")
            self.assertEqual(added.returncode, 0, added.stderr)
            armed = box.socket_request(
                "web.sock", "POST", f"/api/hosts/{MAC}/rebuild", {"confirm": "pve-1"},
                {"Content-Type": "application/json", "X-Request-Id": "arm"})
            self.assertEqual(armed.status, 202, armed.body)
            self.seen_first(network, box)
            self.assertEqual(self.ports(network), {"67", "68", "69", "4011"}, "who looks at the network is not heard by it")
            first = certificate(box)
            self.assertIn(OLD, first["names"])
            move(network, NEW, "192.168.178")
            until(lambda: self.events(box, "network.changed"), 30, "the change to be noticed")
            [told] = self.events(box, "network.changed")
            self.assertEqual(
                told, f"Network changed 192.168.77.0/24 → 192.168.178.0/24: this box is {NEW} now. 1 installation waits"
                      " for a person.")
            self.assertIn("Network changed 192.168.77.0/24 → 192.168.178.0/24", box.log())
            self.certificate_follows(box, first)
            self.pages_say_so(box)
            self.machine_waits_until_a_person_has_said_so(network, box)
            until(lambda: "192.168.178.1" in servers(box) and lab.ROUTER not in servers(box), 30,
                  "the new router to be heard, and the old one to be forgotten")
            self.brought_certificate_stays(network, box)

    def events(self, box, kind):
        return box.sql(f"SELECT message FROM event WHERE kind = '{kind}' ORDER BY id")

    def ports(self, network):
        """At which UDP ports the box can be reached."""
        shown = subprocess.run(
            [*network.prefix("box"), "ss", "--no-header", "--listening", "--udp", "--numeric"], check=True, capture_output=True,
            text=True).stdout
        return {line.split()[3].rpartition(":")[2] for line in shown.splitlines()}

    def seen_first(self, network, box):
        until(lambda: OLD in str(report(box)["networks"]), 20, "the box to know where it is")
        self.assertEqual(report(box), {
            "networks": [{"interface": "eth0", "address": OLD, "network": "192.168.77.0/24"}], "change": None, "held": []})
        self.assertIn("token=", script(network, OLD))
        until(lambda: lab.ROUTER in servers(box), 30, "the router to be heard")

    def certificate_follows(self, box, first):
        until(lambda: NEW in certificate(box)["names"], 15, "a certificate for the new address")
        self.assertIn("sprout.local", certificate(box)["names"])
        self.assertNotEqual(certificate(box)["fingerprint"], first["fingerprint"])

    def pages_say_so(self, box):
        for path in ["/", "/hosts/pve-1", "/settings", "/timeline", "/images", "/wire", "/ops", "/appliance", "/server-types"]:
            page = box.socket_request("web.sock", "GET", path, headers={"Accept": "text/html"})
            self.assertIn("Network changed 192.168.77.0/24 → 192.168.178.0/24", page.body.decode(), path)
        host = box.socket_request("web.sock", "GET", "/hosts/pve-1", headers={"Accept": "text/html"}).body.decode()
        self.assertIn("Go on with pve-1", host)
        shown = box.cli("network", "show")
        self.assertIn("sprout hosts go-on pve-1", shown.stdout, shown.stderr)

    def machine_waits_until_a_person_has_said_so(self, network, box):
        text = script(network, NEW)
        self.assertIn("pve-1: waits for a person", text)
        self.assertIn(f"http://{NEW}/ipxe/", text)
        self.assertNotIn("token=", text)
        refused = box.cli("network", "seen")
        self.assertEqual((refused.returncode, "1 installations wait" in refused.stderr), (1, True), refused.stderr)
        gone_on = box.cli("hosts", "go-on", "pve-1")
        self.assertEqual(gone_on.returncode, 0, gone_on.stderr)
        self.assertIn(f"http://{NEW}/boot/vmlinuz?token=", script(network, NEW))
        self.assertEqual(box.cli("network", "seen").returncode, 0)
        self.assertIsNone(report(box)["change"])

    def brought_certificate_stays(self, network, box):
        files = [network.folder / "own.pem", network.folder / "own.key"]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
             "-subj", "/CN=sprout.example.org", "-addext", "subjectAltName=DNS:sprout.example.org", "-out", files[0],
             "-keyout", files[1]], check=True, capture_output=True)
        done = box.cli("tls", "replace", *map(str, files))
        self.assertEqual(done.returncode, 0, done.stderr)
        brought = certificate(box)["fingerprint"]
        move(network, THIRD, "10.9.0")
        until(lambda: len(self.events(box, "network.changed")) == 2, 30, "the second change to be noticed")
        page = box.socket_request("web.sock", "GET", "/", headers={"Accept": "text/html"}).body.decode()
        self.assertIn(f"The certificate, which was brought, does not name {THIRD}", page)
        self.assertEqual(certificate(box)["fingerprint"], brought)


def move(network, address, beginning):
    """Another router takes the place of the one before, and the box has its address from it."""
    network.router.terminate()
    network.router.wait()
    for name, new in [("router", f"{beginning}.1"), ("box", address)]:
        network.in_(name, "ip", "address", "flush", "dev", "eth0")
        network.in_(name, "ip", "address", "add", f"{new}/24", "dev", "eth0")
    network.addresses = f"{beginning}.100,{beginning}.200"
    network.router = network.start_router("/dev/null")


def report(box):
    return box.socket_request("web.sock", "GET", "/api/network").json


def servers(box):
    return [server["address"] for server in box.socket_request("web.sock", "GET", "/api/network/servers").json["servers"]]


def certificate(box):
    [text] = box.sql("SELECT value FROM setting WHERE key = 'tls.certificate'")
    return json.loads(text)


def script(network, address):
    """What the machine gets that netboots, from the box at this address."""
    with network.within("router"):
        wish = urllib.request.Request(f"http://{address}/ipxe/{MAC}?memory={SIXTEEN_GIB}", headers=AGENT)
        with urllib.request.urlopen(wish, timeout=10) as answer:
            return answer.read().decode()


if __name__ == "__main__":
    unittest.main()
