"""What is seen of machines that netboot, and what is made of it: over the real sockets, without firmware."""

import json
import subprocess
import time
import unittest
from datetime import datetime, timezone

from harness import PROGRAMS, Sprout, until

MAC = "52:54:00:00:00:01"


def told(box, kind, mac, seconds_ago=0, traits=None, daemon="sprout-dhcp", **details):
    """Tells the orchestrator what a daemon would."""
    moment = datetime.fromtimestamp(time.time() - seconds_ago, timezone.utc)
    sighting = {"id": 0, "at": moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z", "kind": kind,
                "daemon": daemon, "details": details}
    body = {"kind": "machine.seen", "daemon": daemon, "message": "seen", "sighting": sighting}
    if mac:
        body["mac"] = sighting["mac"] = mac
    if traits is not None:
        body["traits"] = traits
    answer = box.socket_request("observe.sock", "POST", "/observations", body)
    assert answer.status == 202, answer.body


def asked(box, mac, seconds_ago=0, transaction=1, **details):
    told(box, "dhcp.asked", mac, seconds_ago, stage="firmware", transaction=transaction, architecture=7,
         vendor_class="PXEClient:Arch:00007:UNDI:003016", offered="told to ask port 4011", server="192.168.1.5",
         **details)


class WireTest(unittest.TestCase):
    def armed(self, box, number=1):
        host = box.register(number).json
        answer = box.command("POST", f"/hosts/{host['id']}/advance", {"event": "rebuild"})
        self.assertEqual(answer.status, 200)
        return host

    def verdict(self, box, machine=MAC):
        return box.get(f"/api/wire/{machine}").json.get("verdict")

    def test_P4_a_host_that_asks_is_on_its_tile_within_a_second(self):
        with Sprout() as box:
            host = self.armed(box)
            with box.events() as next_event:
                start = time.monotonic()
                asked(box, MAC)
                event = next_event("netboot.began")["data"]
                self.assertLess(time.monotonic() - start, 1)
            for word in ["UEFI", "PXEClient:Arch:00007", "192.168.1.5"]:
                self.assertIn(word, event["message"])
                self.assertIn(word, event["sentence"])
                self.assertIn(word, box.get(f"/hosts/{host['id']}").body.decode())
            self.assertEqual(event["current"]["state"], "pxe_ready")

    def test_P4_a_script_is_served_within_50_milliseconds(self):
        with Sprout() as box:
            self.armed(box)
            box.register(2)
            times = []
            for _ in range(100):
                start = time.monotonic()
                answer = box.get("/ipxe/52-54-00-00-00-02")
                times.append(time.monotonic() - start)
                self.assertEqual(answer.status, 200)
            self.assertLess(sorted(times)[95], 0.05)

    def test_E1_a_host_that_is_not_heard_is_told_after_90_seconds_and_fails_with_it_in_the_end(self):
        with Sprout() as box:
            host = self.armed(box)
            self.move_clock(box, "UPDATE host SET state_since = state_since - 60000")
            time.sleep(1.5)
            self.assertIsNone(self.verdict(box))
            self.move_clock(box, "UPDATE host SET state_since = state_since - 30000")
            verdict = until(lambda: self.verdict(box), 3, "the hint")
            self.assertEqual(verdict["kind"], "nothing_heard")
            for cause in ["network boot first", "VLAN", "MAC address right"]:
                self.assertIn(cause, verdict["remedy"])
            self.assertIn("Nothing was heard of vm-01", box.get("/").body.decode())
            self.move_clock(box, "UPDATE deadline SET due_at = due_at - 600000")
            box.register(2)
            until(lambda: box.get(f"/api/hosts/{host['id']}").json["state"] == "failed", 20, "the failure")
            self.assertIn("it never netbooted in 10 minutes. Nothing was heard", box.get("/").body.decode())

    def move_clock(self, box, sql):
        """Lets what is in the database be longer ago."""
        subprocess.run(["sqlite3", "-cmd", ".timeout 5000", box.state / "db" / "sprout.db", sql], check=True)

    def test_E1_a_host_that_started_from_its_own_disk_is_told_so(self):
        with Sprout() as box:
            self.armed(box)
            told(box, "dhcp.address_only", MAC)
            self.assertEqual(until(lambda: self.verdict(box), 3, "the verdict")["kind"], "started_from_disk")

    def test_E2_a_near_miss_is_told_within_two_seconds(self):
        with Sprout() as box:
            self.armed(box)
            start = time.monotonic()
            asked(box, "52:54:00:00:00:0f", traits={"architecture": 7})
            verdict = until(lambda: self.verdict(box), 3, "the verdict")
            self.assertLess(time.monotonic() - start, 2)
            self.assertEqual((verdict["kind"], verdict["candidate"]), ("near_miss", "52:54:00:00:00:0f"))
            self.assertIn("did you mean vm-01", verdict["sentence"])
            self.assertEqual(box.get("/ipxe/52-54-00-00-00-0f").status, 200)
            self.assertIn("is not known here", box.get("/ipxe/52-54-00-00-00-0f").body.decode())
            asked(box, MAC)
            until(lambda: self.verdict(box) is None, 3, "the verdict to go when the host is heard")

    def test_E4_firmware_that_ignores_the_offer_is_told_with_lines_for_the_router(self):
        with Sprout() as box:
            host = box.register(1).json
            asked(box, MAC, 13)
            asked(box, MAC, 9)
            told(box, "dhcp.took_address", MAC, 8.5, transaction=1, server="192.168.1.1", address="192.168.1.70")
            verdict = until(lambda: self.verdict(box), 3, "the verdict")
            self.assertEqual(verdict["kind"], "offer_ignored")
            self.assertIn("asked twice", verdict["sentence"])
            events = [event["message"] for event in box.get(f"/api/hosts/{host['id']}/events").json]
            self.assertTrue(any("ignores boot servers beside the router" in message for message in events), events)
            page = box.get(f"/hosts/{host['id']}").body.decode()
            self.assertIn("ignores boot servers beside the router", page)
            for router in ["UniFi", "OPNsense", "pfSense", "MikroTik", "FRITZ!Box", "dnsmasq"]:
                self.assertIn(router, page)
            self.assertIn("192.168.1.5", box.cli("network", "options", "opnsense").stdout)
            wrong = box.cli("network", "options", "linksys")
            self.assertEqual(wrong.returncode, 2)
            self.assertIn("unifi, opnsense", wrong.stderr)

    def test_E3_a_contested_address_is_left_alone_until_a_person_has_said_which_it_is(self):
        with Sprout() as box:
            host = self.armed(box)
            box.saw(MAC, uuid="564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7", serial="S-ONE", address="192.168.1.10")
            waiting = f"/ipxe/{MAC}?memory=16384"
            self.assertEqual(box.get(waiting).status, 503, "an armed host waits for its installer")
            box.saw(MAC, uuid="11111111-3c4d-5e6f-7081-92a3b4c5d6e7", serial="S-TWO", address="192.168.1.11")
            until(lambda: box.get(f"/api/wire/{MAC}").json["contested"], 3, "the conflict")
            script = box.get(waiting).body.decode()
            self.assertIn("two machines claim this MAC address", script)
            self.assertIn("exit 1", script)
            events = [event["message"] for event in box.get(f"/api/hosts/{host['id']}/events").json]
            self.assertTrue(any("S-ONE" in message and "S-TWO" in message for message in events), events)
            self.assertEqual(box.cli("wire", "trust", "vm-01").returncode, 2)
            wrong = box.cli("wire", "trust", "vm-01", "--serial", "S-THREE")
            self.assertEqual(wrong.returncode, 1)
            self.assertIn("S-ONE", wrong.stderr)
            self.assertEqual(box.cli("wire", "trust", "vm-01", "--serial", "S-TWO").returncode, 0)
            self.assertEqual(box.get(waiting).status, 503)
            self.assertEqual([one["serial"] for one in box.get("/api/wire/vm-01").json["identities"]], ["S-TWO"])

    def test_the_wire_is_shown_live_in_the_terminal(self):
        with Sprout() as box:
            box.register(1)
            asked(box, MAC)
            until(lambda: box.get("/api/wire").json["sightings"], 3, "the first step")
            live = subprocess.Popen(
                [PROGRAMS / "sprout", "wire", "--state", box.state], stdout=subprocess.PIPE, text=True)
            try:
                self.assertIn("vm-01  asked what to boot (UEFI", live.stdout.readline())
                told(box, "tftp.finished", None, daemon="sprout-boot", address="192.168.1.99", file="snponly.efi")
                told(box, "dhcp.took_address", MAC, transaction=1, server="192.168.1.1", address="192.168.1.70")
                self.assertIn("takes the address 192.168.1.70 from 192.168.1.1", live.stdout.readline())
                told(box, "tftp.finished", None, daemon="sprout-boot", address="192.168.1.70", file="snponly.efi",
                     size=284672, milliseconds=300)
                self.assertIn("has snponly.efi: 284672 bytes in 300 ms", live.stdout.readline())
            finally:
                live.kill()
                live.communicate()
            once = box.cli("wire", "vm-01", "--once", "-o", "json")
            kinds = [line["kind"] for line in json.loads(once.stdout)["sightings"]]
            self.assertEqual(kinds, ["dhcp.asked", "dhcp.took_address", "tftp.finished"])
            self.assertEqual(box.cli("wire", "nobody", "--once").returncode, 1)

    def test_hostile_observations_are_shown_as_text_and_bounded(self):
        with Sprout() as box:
            box.register(1)
            told(box, "tftp.refused", MAC, file="<script>alert(1)</script>\u001b[2J", reason="no")
            until(lambda: box.get("/api/wire").json["sightings"], 3, "the step")
            page = box.get(f"/hosts/{box.hosts()[0]['id']}").body.decode()
            self.assertNotIn("<script>alert", page)
            self.assertNotIn("\u001b", box.cli("wire", "--once").stdout)


if __name__ == "__main__":
    unittest.main()
