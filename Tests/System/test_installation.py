"""What becomes of a host whose machine asks for its script again, or has too little memory, while it is installed."""

import os
import signal
import unittest

from harness import Sprout, until

MAC = "52:54:00:00:00:01"


def fetch(box, memory=None, agent="iPXE/1.21.1+git20250501.dad20602+dfsg-1"):
    """Asks for the script of the host, as its machine or as somebody else."""
    query = "" if memory is None else f"?memory={memory}{15 * '-'}"
    return box.get(f"/ipxe/{MAC}{query}", headers={"User-Agent": agent})


def advance(box, *events):
    for event in events:
        answer = box.command("POST", f"/hosts/{box.sql('SELECT id FROM host')[0]}/advance", {"event": event})
        assert answer.status == 200, answer.body


def state(box):
    return box.get(f"/api/hosts/{MAC}").json["state"]


class InstallationTest(unittest.TestCase):
    def test_E13_a_host_that_restarts_during_the_installation_begins_once_more_and_then_fails(self):
        with Sprout() as box:
            box.register(1, hostname="pve-1")
            advance(box, "rebuild", "fetched_kernel", "asked_for_answer")
            self.assertEqual(fetch(box, agent="curl/7.88.1").status, 200, "who only looks changes nothing")
            with box.events() as next_event:
                again = fetch(box)
                self.assertIn(b"?memory=", again.body, "the script of a host that is to be installed")
                event = next_event("host.advanced")["data"]
                self.assertEqual(
                    event["message"], "pve-1 went from installing to pxe_ready: it restarted during the installation,"
                    " which begins once more.")
                for _ in range(5):
                    self.assertEqual(fetch(box, memory="0020").status, 503, "it waits, which is no restart")
                self.assertEqual(box.sql("SELECT reentries, ended_at IS NULL FROM operation"), ["1|1"])
                advance(box, "fetched_kernel")
                next_event("host.advanced")
                end = fetch(box).body.decode()
                self.assertIn("echo Host     pve-1: failed: it restarted a second time during the installation.", end)
                event = next_event("host.advanced")["data"]
                self.assertEqual(event["current"]["state"], "failed")
                self.assertIn("it restarted a second time during the installation. Look at", event["message"])
            self.assertIn(b"failed: it restarted a second time", fetch(box).body)
            self.assertEqual(box.sql("SELECT reentries, outcome FROM operation"), ["1|failed"])
            self.assertIn("pve-1 is now failed: it restarted a second time", box.log())

    def test_E13_a_restart_is_counted_though_the_orchestrator_is_away_and_only_once(self):
        with Sprout() as box:
            box.register(1, hostname="pve-1")
            advance(box, "rebuild", "fetched_kernel", "asked_for_answer")
            orchestrator = box.pid("sprout-orchestrator")
            for sign in [signal.SIGSTOP, signal.SIGCONT]:
                os.kill(orchestrator, sign)
                for memory in [None, "0020", "0020"]:
                    self.assertEqual(fetch(box, memory).status, 200 if memory is None else 503)
            until(lambda: state(box) == "pxe_ready", what="the restart to be known")
            self.assertEqual(box.sql("SELECT reentries FROM operation"), ["1"])

    def test_E13_after_the_installation_every_netboot_goes_to_the_own_disk(self):
        with Sprout() as box:
            box.register(1, hostname="pve-1")
            advance(box, "rebuild", "fetched_kernel", "asked_for_answer")
            for event in ["reported_installed", "started_new_system", "phoned_home"]:
                advance(box, event)
                before = state(box)
                self.assertIn(b"sanboot --no-describe --drive 0x80 || exit\n:uefi\n", fetch(box).body, before)
            until(lambda: state(box) == "ready", what="the end, without a cluster to join")
            self.assertIn(b"sanboot --no-describe --drive 0x80 || exit\n:uefi\n", fetch(box).body, "ready")
            self.assertEqual(box.sql("SELECT reentries, outcome FROM operation"), ["0|ready"])

    def test_E8_a_machine_with_too_little_memory_fails_at_once_with_what_is_needed(self):
        with Sprout() as box:
            box.register(1, hostname="pve-1")
            advance(box, "rebuild")
            self.assertIn(b"MiB of memory", fetch(box, "ff17", agent="curl/7.88.1").body)
            self.assertEqual(fetch(box, "").status, 503, "what is not known is no obstacle")
            self.assertEqual(fetch(box, "0018").status, 503)
            self.assertEqual(state(box), "pxe_ready")
            with box.events() as next_event:
                screen = fetch(box, "ff17").body.decode()
                event = next_event("host.advanced")["data"]
            self.assertIn("echo This machine has 6143 MiB of memory; installing Proxmox VE needs 6144.\n", screen)
            self.assertTrue(screen.endswith("exit 1\n"))
            self.assertEqual(event["current"]["state"], "failed")
            self.assertEqual(
                event["sentence"], "it has 6143 MiB of memory; installing Proxmox VE needs 6144. Give it more, or take"
                " another machine, then rebuild it.")
            self.assertIn(b"?memory=", fetch(box).body, "it may have been given more")
            self.assertIn(b"failed: it has 6143 MiB of memory", fetch(box, "ff17").body)

    def test_E8_what_is_no_memory_is_not_believed(self):
        with Sprout() as box:
            box.register(1, hostname="pve-1")
            advance(box, "rebuild")
            for query in ["memory=", "memory=0", "memory=" + "-" * 5000, "memory=%00", "memory=-0001" + "-" * 14,
                          "memory=" + "9" * 3000, "memory=zzzz" + "-" * 15]:
                answer = box.get(f"/ipxe/{MAC}?{query}", headers={"User-Agent": "iPXE/1"})
                self.assertEqual(answer.status, 503, query[:40])
            self.assertEqual(state(box), "pxe_ready")


if __name__ == "__main__":
    unittest.main()
