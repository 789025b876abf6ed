"""`GET /metrics`: what Prometheus is told, by the real daemons (S19)."""

import math
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import unittest

import dhcplab
import lab
from dhcplab import Crowd, Isolated
from harness import ROOT, Sprout, until
from installing import PROVISIONING, Machine, import_image
from metrics import Metrics, scrape

DAEMONS = ["sprout-boot", "sprout-dhcp", "sprout-fetch", "sprout-metadata", "sprout-orchestrator", "sprout-web"]


class MetricsTest(unittest.TestCase):
    def test_S19_what_becomes_of_hosts_is_counted_and_stays_counted(self):
        with Sprout(provisioning=PROVISIONING) as box:
            import_image(box)
            for number in range(1, 4):
                box.register(number, hostname=f"pve-{number}")
            before = scrape(box)
            self.assertEqual(before("sprout_hosts", state="registered"), 3)
            self.assertEqual(before("sprout_operation_duration_seconds_count", outcome="ready"), 0)
            self.assertEqual(before("sprout_images"), 1)

            began = time.monotonic()
            Machine(box, 1).install()
            took = time.monotonic() - began
            Machine(box, 2).arm()
            box.request("POST", "/api/hosts/pve-2/cancel", {})
            Machine(box, 3).begin()
            pve_3 = box.get("/api/hosts/pve-3").json["id"]
            # As the orchestrator itself does it when the time is over.
            late = box.command("POST", f"/hosts/{pve_3}/advance", {"event": "deadline_passed"}, "late")
            self.assertEqual(late.status, 200, late.body)
            self.assertEqual(box.request("DELETE", "/api/hosts/pve-1").status, 204)

            now = until(lambda: self.counted(scrape(box)), 5, "all to be counted")
            self.assertEqual(now("sprout_hosts", state="failed"), 1)
            self.assertEqual(now("sprout_hosts", state="ready"), 0)
            # Removed with its rows, and counted all the same.
            self.assertEqual(now("sprout_operation_duration_seconds_count", outcome="ready"), 1)
            self.assertLessEqual(now("sprout_operation_duration_seconds_sum", outcome="ready"), took)
            self.assertEqual(now("sprout_operation_duration_seconds_count", outcome="failed"), 1)
            self.assertEqual(now("sprout_deadlines_missed_total", state="installing"), 1)
            self.assertEqual(sum(now.by("sprout_deadlines_missed_total", "state").values()), 1)
            self.assertEqual(
                now.by("sprout_step_duration_seconds_count", "state"),
                {"pxe_ready": 3, "pxe_booted": 2, "installing": 2, "installed": 1, "first_boot": 1, "joining": 1})
            self.assertEqual(now("sprout_events_total", kind="host.removed"), 1)
            self.assertGreater(now("sprout_longest_in_state_seconds", state="failed"), 0)
            self.assertEqual(
                now("sprout_http_requests_total", daemon="sprout-boot", route="GET /boot/{file}", code="200"), 8)

    def counted(self, metrics):
        ended = metrics.by("sprout_operation_duration_seconds_count", "outcome")
        return metrics if metrics("sprout_events_total", kind="host.removed") == 1 and sum(ended.values()) == 3 else None

    def test_S19_each_daemon_tells_of_itself_and_one_that_hangs_keeps_nobody_waiting(self):
        with Sprout() as box:
            metrics = scrape(box)
            self.assertEqual(metrics.by("sprout_up", "daemon"), dict.fromkeys(DAEMONS, 1))
            for daemon in DAEMONS:
                age = time.time() - metrics("sprout_start_time_seconds", daemon=daemon)
                self.assertTrue(-1 < age < 120, (daemon, age))
                self.assertGreater(metrics("sprout_resident_memory_bytes", daemon=daemon), 1 << 20)
            disk = os.statvfs(box.state)
            self.assertEqual(metrics("sprout_disk_size_bytes", folder="database"), disk.f_blocks * disk.f_frsize)

            # The second is asked by the orchestrator, and keeps that one waiting no longer.
            for daemon in ["sprout-metadata", "sprout-fetch"]:
                hung = box.pid(daemon)
                os.kill(hung, signal.SIGSTOP)
                try:
                    began = time.monotonic()
                    metrics = scrape(box)
                    self.assertLess(time.monotonic() - began, 5)
                    self.assertEqual(metrics("sprout_up", daemon=daemon), 0)
                    self.assertEqual(sum(metrics.by("sprout_up", "daemon").values()), 5)
                finally:
                    os.kill(hung, signal.SIGCONT)
                until(lambda: scrape(box)("sprout_up", daemon=daemon) == 1, 20, "it to be up again")

    def test_S19_each_histogram_adds_up(self):
        with Sprout() as box:
            box.register(1)
            metrics = scrape(box)
            histograms = [family for family in metrics.families.values() if family.type == "histogram"]
            self.assertGreaterEqual(len(histograms), 4)
            for family in histograms:
                series = {}
                for sample in family.samples:
                    if sample.name.endswith("_bucket"):
                        own = {key: value for key, value in sample.labels.items() if key != "le"}
                        series.setdefault(frozenset(own.items()), []).append((float(sample.labels["le"]), sample.value))
                for labels, buckets in series.items():
                    self.assertEqual([bound for bound, _ in buckets], sorted(bound for bound, _ in buckets))
                    self.assertEqual([count for _, count in buckets], sorted(count for _, count in buckets))
                    self.assertEqual(buckets[-1], (math.inf, metrics(f"{family.name}_count", **dict(labels))))

    def test_S19_who_follows_events_is_counted_as_long_as_he_does(self):
        streams = {"daemon": "sprout-web", "route": "GET /events"}
        with Sprout() as box:
            with box.events() as first, box.events():
                until(lambda: scrape(box)("sprout_http_streams", **streams) == 2, 10, "both to be counted")
                box.register(1)
                first("host.registered")
                delay = until(
                    lambda: scrape(box)("sprout_event_delay_seconds_count", daemon="sprout-web"), 10, "the delay")
                self.assertGreaterEqual(delay, 1)
            until(lambda: scrape(box)("sprout_http_streams", **streams) == 0, 20, "both to be gone")

    def test_S19_nothing_on_the_network_can_add_to_the_labels(self):
        with Sprout() as box:
            names = set(scrape(box).samples)
            for number in range(50):
                box.get(f"/nothing/{number}")
                box.get(f"/ipxe/52:54:00:00:01:{number:02x}")
                box.saw(f"52:54:00:00:02:{number:02x}")
            added = {(name, *sorted(labels)) for name, labels in set(scrape(box).samples) - names}
            self.assertLess(len(added), 12, added)
            self.assertNotIn("52:54", str(added))


@unittest.skipIf(dhcplab.obstacle(), dhcplab.obstacle())
class NetbootMetricsTest(unittest.TestCase):
    def scrape(self, network, box):
        done = subprocess.run(
            [*network.prefix("router"), "curl", "--silent", "--fail", "--header", f"Authorization: Bearer {box.token}",
             f"http://{lab.BOX}/metrics"], check=True,
            capture_output=True, text=True)
        return Metrics(done.stdout)

    def test_S19_messages_of_DHCP_and_downloads_over_TFTP_are_counted(self):
        with Isolated() as network:
            box = network.box()
            network.in_("router", "ip", "link", "set", "eth0", "up")
            before = self.scrape(network, box)
            self.assertEqual(before("sprout_dhcp_sent_total", kind="acknowledgement"), 0)
            self.assertEqual((before("sprout_dhcp_addresses"), before("sprout_dhcp_addresses_used")), (100, 0))
            crowd = Crowd(network, "router")
            for number in range(1, 4):
                crowd.lease(f"52:54:00:77:00:{number:02x}", xid=number)
            crowd.send(b"no DHCP")
            content = self.download(network, "undionly.kpxe")
            self.assertIsNone(self.download(network, "nothing"))

            now = self.scrape(network, box)
            for name, kind in [("received", "discover"), ("received", "request"), ("sent", "offer"),
                               ("sent", "acknowledgement")]:
                self.assertEqual(now(f"sprout_dhcp_{name}_total", kind=kind), 3, (name, kind))
            self.assertEqual(now("sprout_dhcp_malformed_total") - before("sprout_dhcp_malformed_total"), 1)
            self.assertEqual(now("sprout_dhcp_addresses_used"), 3)
            self.assertEqual(now("sprout_tftp_transfers_total", result="finished"), 1)
            self.assertEqual(now("sprout_tftp_acknowledged_bytes_total"), len(content))
            self.assertEqual(now("sprout_tftp_requests_refused_total", reason="no_file"), 1)
            self.assertEqual(now("sprout_tftp_requests_total"), 2)

    def download(self, network, name):
        done = subprocess.run(
            [*network.prefix("router"), "curl", "--silent", "--max-time", "20", f"tftp://{lab.BOX}/{name}"],
            capture_output=True)
        return done.stdout if done.returncode == 0 else None


if __name__ == "__main__":
    unittest.main()
