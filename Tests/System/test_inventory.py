"""P11: a host that was installed is registered in the inventory; one that is down leaves it ready, with a task to do."""

import hashlib
import hmac
import json
import pathlib
import ssl
import tempfile
import unittest

from fileserver import make_certificate
from harness import Sprout, until
from installing import PROVISIONING, Machine, import_image
from netbox import TOKEN, NetBox
from receiver import Receiver

KEY = "canary-key-of-the-signature"


def installed(box, number=1):
    """A host from registered to ready; it is told of what Sprout would do first."""
    box.register(number, hostname=f"pve-{number}")
    machine = Machine(box, number)
    machine.install()
    assert machine.state() == "ready", machine.state()
    return machine


def tasks(box, host="pve-1", kind="register_in_inventory"):
    return [task for task in box.get(f"/api/hosts/{host}/tasks").json["tasks"] if task["kind"] == kind]


def registrations(box):
    return box.sql("SELECT message FROM event WHERE kind = 'host.registered_in_inventory' ORDER BY id")


class WebhookTest(unittest.TestCase):
    def setUp(self):
        self.receiver = self.enterContext(Receiver())

    def box(self, receiver=None, more=""):
        receiver = receiver or self.receiver
        box = self.enterContext(Sprout(provisioning=PROVISIONING + (
            f"infrastructure:\n  kind: webhook\n  base_url: {receiver.url}/hosts\n"
            f"  server_type_map: {{vm: lab-machine}}\n{more}")))
        import_image(box)
        return box

    def test_P11_an_inventory_that_is_down_and_then_fails_is_told_once_when_it_is_back(self):
        box = self.box()
        box.store_secret("infrastructure", KEY)
        machine = installed(box)
        task = until(lambda: [task for task in tasks(box) if task["problem"]], what="the task with its problem")[0]
        self.assertEqual(machine.state(), "ready")
        self.assertIn("gives no answer", task["problem"])
        self.assertEqual(task["sentence"], "register it in the inventory")
        self.assertGreater(task["next_try"], "2026")
        shown = box.cli("hosts", "show", "pve-1").stdout
        self.assertIn("Still to be done:", shown)
        self.assertIn("register it in the inventory", shown)
        page = box.get(f"/hosts/{machine.host()['id']}").body.decode()
        self.assertIn("Still to be done", page)
        self.assertIn(f"/tasks/{task['id']}/retry", page)

        self.receiver.statuses = [500]
        self.receiver.up()
        until(lambda: self.receiver.received, 30, "the next try, by itself")
        until(lambda: "answers 500" in "".join(task["problem"] or "" for task in tasks(box)), what="the answer to be told")
        self.assertEqual(machine.state(), "ready")
        retried = box.cli("hosts", "retry", "pve-1", str(task["id"]))
        self.assertEqual(retried.returncode, 0, retried.stderr)
        until(lambda: registrations(box), 5, "the try that a person asked for")
        self.assertEqual(registrations(box), [f"The inventory at {self.receiver.url}/hosts was told of pve-1."])
        self.assertEqual(tasks(box), [])
        self.assertIn("Nothing is left", box.cli("hosts", "tasks", "pve-1").stdout)
        self.assertEqual(machine.state(), "ready")

        failed, accepted = self.receiver.received
        self.assertEqual(failed.body, accepted.body)
        for request in [failed, accepted]:
            self.assertEqual((request.method, request.path), ("POST", "/hosts"))
            signature = hmac.new(KEY.encode(), request.body, hashlib.sha256).hexdigest()
            self.assertEqual(request.headers["x-sprout-signature"], f"sha256={signature}")
        operation = box.get("/api/hosts/pve-1/operations").json["operations"][0]["id"]
        self.assertEqual(failed.headers["x-sprout-delivery"], f"{operation}.registered")
        self.assertEqual(accepted.headers["x-sprout-delivery"], f"{operation}.registered")
        body = json.loads(accepted.body)
        self.assertEqual(body["delivery"], f"{operation}.registered")
        host = body["host"]
        self.assertEqual(
            (body["event"], host["hostname"], host["server_type"], host["inventory_type"], host["address"],
             host["prefix_length"], host["serial"], host["system"]["version"]),
            ("host.installed", "pve-1", "vm", "lab-machine", "10.0.0.13", 24, "S-1", "9.2.4"))
        self.assertEqual(host["disks"], [{"installed_on": True, "model": "QEMU", "name": "/dev/vda", "serial": "D-1"}])
        self.assertEqual({port["name"]: port["management"] for port in host["ports"]}, {"mgmt0": True, "nic1": False})
        box.stop()
        box.start()
        until(lambda: "ready: 1 hosts" in box.log(), what="the orchestrator to be back")
        self.assertEqual(len(self.receiver.received), 2, "what was told is not told again")
        self.assertNotIn("canary", box.log() + "".join(box.sql("SELECT message FROM event")))

    def test_P11_a_task_that_is_pending_survives_a_restart_and_a_call_without_a_key_says_so(self):
        box = self.box()
        host = installed(box).host()["id"]
        task = until(lambda: [task for task in tasks(box) if task["problem"]], what="the first try")[0]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        page = box.request("POST", f"/hosts/{host}/tasks/{task['id']}/retry", b"", form)
        self.assertEqual((page.status, "it is tried at once to register it" in page.body.decode()), (200, True))
        strange = box.request("POST", f"/hosts/{host}/tasks/{task['id']}/retry", b"", {"Sec-Fetch-Site": "cross-site"})
        self.assertEqual(strange.status, 403)
        until(lambda: tasks(box)[0]["attempts"] == 2, 10, "the try that the page asked for")
        box.stop()
        self.receiver.up()
        box.start()
        until(lambda: registrations(box), 30, "the next try")
        self.assertIn("The call was not signed", registrations(box)[0])
        self.assertIn("sprout secrets set infrastructure", registrations(box)[0])
        self.assertEqual(len(self.receiver.received), 1)
        self.assertNotIn("x-sprout-signature", self.receiver.received[0].headers)

    def test_P11_a_rebuild_is_a_registration_of_its_own(self):
        box = self.box()
        self.receiver.up()
        machine = installed(box)
        until(lambda: registrations(box))
        machine.install()
        until(lambda: len(registrations(box)) == 2)
        deliveries = [request.headers["x-sprout-delivery"] for request in self.receiver.received]
        self.assertEqual(len(set(deliveries)), 2, deliveries)

    def test_hosts_of_rehearsals_are_registered_nowhere(self):
        box = self.box()
        self.receiver.up()
        box.register(1, hostname="pve-1", labels={"rehearsal": "yes"})
        Machine(box, 1).install()
        done = "SELECT count(*) FROM effect WHERE kind IN ('register_in_inventory', 'notify') AND done_at IS NOT NULL"
        until(lambda: box.sql(done) == ["2"], what="both to be done with")
        self.assertEqual(self.receiver.received, [])

    def test_a_certificate_that_nobody_vouches_for_is_known_by_its_fingerprint(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        receiver = self.enterContext(Receiver(make_certificate(folder)))
        receiver.up()
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert((folder / "cert.pem").read_text())).hexdigest().upper()
        fingerprint = ":".join(digest[place:place + 2] for place in range(0, 64, 2))
        box = self.box(receiver)
        installed(box)
        task = until(lambda: [task for task in tasks(box) if task["problem"]], what="the refusal")[0]
        self.assertEqual(receiver.received, [], "nothing is told to a stranger")
        self.assertIn("certificate", task["problem"])
        file = box.config / "provisioning.yaml"
        file.write_text(file.read_text() + f"  fingerprint: \"{fingerprint}\"\n")
        def retried():
            box.cli("hosts", "retry", "pve-1")
            return registrations(box)
        until(retried, 20, "the certificate to be taken")
        self.assertEqual(len(receiver.received), 1)

    def test_what_is_no_task_cannot_be_tried_again(self):
        box = self.box()
        box.register(1, hostname="pve-1")
        for task in ["7", "x"]:
            answer = box.request("POST", f"/api/hosts/pve-1/tasks/{task}/retry", {})
            self.assertEqual(answer.status, 404, answer.body)
        self.assertEqual(box.request("POST", "/api/hosts/pve-1/tasks/7/retry").status, 415)
        self.assertEqual(box.cli("hosts", "retry", "pve-1").stdout, "Nothing is left to be done for it.\n")


class NetBoxTest(unittest.TestCase):
    def setting(self, version="4.2.5", type_name="lab-machine", templates=()):
        self.netbox = NetBox(version, templates)
        self.receiver = self.enterContext(Receiver(answer=self.netbox.answer))
        self.receiver.up()
        box = self.enterContext(Sprout(provisioning=PROVISIONING + (
            f"infrastructure:\n  kind: netbox\n  base_url: {self.receiver.url}\n  site: home\n  role: hypervisor\n"
            f"  server_type_map: {{vm: {type_name}}}\n")))
        import_image(box)
        return box

    def registered(self, box, times=1):
        until(lambda: len(registrations(box)) == times, 20, "the registration")

    def check(self, mac_of):
        [device] = self.netbox.all("dcim/devices")
        self.assertEqual((device["name"], device["serial"], device["status"]), ("pve-1", "S-1", "active"))
        ports = {port["name"]: port for port in self.netbox.all("dcim/interfaces")}
        self.assertEqual(mac_of(ports["mgmt0"]).lower(), "52:54:00:00:00:01")
        self.assertEqual(mac_of(ports["nic1"]).lower(), "52:54:00:00:00:f0")
        [address] = self.netbox.all("ipam/ip-addresses")
        self.assertEqual((address["address"], address["assigned_object_id"]), ("10.0.0.13/24", ports["mgmt0"]["id"]))
        self.assertEqual(device["primary_ip4"], address["id"])

    def mac_object(self, port):
        mac = self.netbox.tables["dcim/mac-addresses"][port["primary_mac_address"]]
        self.assertEqual(mac["assigned_object_id"], port["id"])
        return mac["mac_address"]

    def again(self, box, machine):
        """A second registration of the same machine finds everything as it is."""
        before = len(self.netbox.changes)
        machine.install()
        self.registered(box, 2)
        self.assertEqual(self.netbox.changes[before:], [])

    def test_P11_a_host_is_a_device_in_NetBox_4_2_and_a_second_time_changes_nothing(self):
        box = self.setting()
        box.store_secret("infrastructure", TOKEN)
        machine = installed(box)
        self.registered(box)
        self.assertEqual(registrations(box), [f"pve-1 is registered in NetBox at {self.receiver.url}/."])
        self.check(self.mac_object)
        self.again(box, machine)

    def test_P11_the_same_in_NetBox_3_7_whose_ports_have_their_MAC_addresses_themselves(self):
        box = self.setting("3.7.8", templates=["nic1", "mgmt0"])
        box.store_secret("infrastructure", TOKEN)
        machine = installed(box)
        self.registered(box)
        self.check(lambda port: port["mac_address"])
        self.again(box, machine)

    def test_P11_what_NetBox_lacks_is_named_and_the_host_stays_ready(self):
        box = self.setting(type_name="no-such-type")
        machine = installed(box)
        until(lambda: [task for task in tasks(box) if "sprout secrets set infrastructure" in (task["problem"] or "")])
        self.assertEqual(self.receiver.received, [], "without a token nobody is asked")
        box.store_secret("infrastructure", "wrong")
        box.cli("hosts", "retry", "pve-1")
        until(lambda: [task for task in tasks(box) if "Store the right secret" in (task["problem"] or "")])
        box.store_secret("infrastructure", TOKEN)
        box.cli("hosts", "retry", "pve-1")
        until(lambda: [task for task in tasks(box) if "none with the slug no-such-type" in (task["problem"] or "")])
        self.assertIn("the server type vm", tasks(box)[0]["problem"])
        self.assertEqual(machine.state(), "ready")
        self.netbox.add("dcim/device-types", slug="no-such-type", display="It exists now")
        box.cli("hosts", "retry", "pve-1")
        self.registered(box)
        self.assertNotIn(TOKEN, box.log() + "".join(box.sql("SELECT message FROM event")))

    def test_what_people_have_written_in_NetBox_stays_and_is_used(self):
        box = self.setting()
        netbox = self.netbox
        rack = netbox.add("dcim/sites", slug="rack", display="Rack")
        role = netbox.add("dcim/device-roles", slug="lab", display="Lab")
        kind = netbox.all("dcim/device-types")[0]["id"]
        device = netbox.add(
            "dcim/devices", name="old-name", serial="s-1", device_type=kind, site=rack, role=role, status="planned")
        port = netbox.add("dcim/interfaces", device=device, name="left socket", type="1000base-t")
        mac = netbox.add(
            "dcim/mac-addresses", mac_address="52:54:00:00:00:01", assigned_object_type="dcim.interface",
            assigned_object_id=port)
        netbox.tables["dcim/interfaces"][port]["primary_mac_address"] = mac
        reserved = netbox.add("ipam/ip-addresses", address="10.0.0.13/16", status="reserved")
        box.store_secret("infrastructure", TOKEN)
        installed(box)
        self.registered(box)
        [row] = netbox.all("dcim/devices")
        self.assertEqual((row["name"], row["status"], row["site"], row["role"]), ("pve-1", "active", rack, role))
        self.assertEqual(sorted(p["name"] for p in netbox.all("dcim/interfaces")), ["left socket", "nic1"])
        self.assertEqual(row["primary_ip4"], reserved)
        self.assertEqual(netbox.tables["ipam/ip-addresses"][reserved]["assigned_object_id"], port)

    def test_what_is_another_machines_in_NetBox_is_not_taken(self):
        box = self.setting()
        netbox = self.netbox
        kind, site, role = (netbox.all(f"dcim/{name}")[0]["id"] for name in ["device-types", "sites", "device-roles"])
        other = netbox.add(
            "dcim/devices", name="PVE-1", serial="OTHER", device_type=kind, site=site, role=role, status="active")
        port = netbox.add("dcim/interfaces", device=other, name="eth0", type="other")
        netbox.add(
            "ipam/ip-addresses", address="10.0.0.13/24", status="active", assigned_object_type="dcim.interface",
            assigned_object_id=port)
        box.store_secret("infrastructure", TOKEN)
        installed(box)
        until(lambda: [task for task in tasks(box) if "with the serial number OTHER" in (task["problem"] or "")])
        self.assertEqual(netbox.changes, [])
        netbox.tables["dcim/devices"][other]["name"] = "retired"
        box.cli("hosts", "retry", "pve-1")
        until(lambda: [task for task in tasks(box) if "10.0.0.13 belongs to retired" in (task["problem"] or "")])
        netbox.tables["ipam/ip-addresses"].clear()
        box.cli("hosts", "retry", "pve-1")
        self.registered(box)
        self.assertEqual(len(netbox.all("dcim/devices")), 2)


if __name__ == "__main__":
    unittest.main()
