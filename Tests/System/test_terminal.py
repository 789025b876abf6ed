"""What the sprout command draws while something takes its time: in place on a terminal, and nothing of it elsewhere."""

import contextlib
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import unittest

from harness import PROGRAMS, Sprout, until
from terminal import Terminal
from test_images import synthetic_iso

SPROUT = PROGRAMS / "sprout"


class WatchTest(unittest.TestCase):
    def setUp(self):
        self.box = self.enterContext(Sprout())
        self.host = self.box.register(1, hostname="pve-1").json

    def advance(self, event):
        answer = self.box.command("POST", f"/hosts/{self.host['id']}/advance", {"event": event})
        self.assertEqual(answer.status, 200, answer.body)

    def watch(self, **options):
        return self.enterContext(Terminal([SPROUT, "watch", "pve-1", "--after", "0", "--state", self.box.state], **options))

    def test_the_steps_of_an_operation_are_drawn_below_its_events_with_what_is_usual(self):
        for number in range(2, 5):
            other = self.box.register(number).json
            for event in ["rebuild", "fetched_kernel"]:
                self.box.command("POST", f"/hosts/{other['id']}/advance", {"event": event})
        # What is usual is worked out anew after half a minute, or at its start.
        self.box.kill("sprout-web")
        terminal = self.watch()
        self.advance("rebuild")
        until(lambda: "Walk of pve-1: pxe_ready" in terminal.lines, what="the head of the operation")
        self.assertIn("Now: waiting for the machine to netboot. Next: the installer's kernel is loading", terminal.text)
        self.assertRegex(terminal.text, r"▸ pxe_ready +0:0\d +[━─]{20}  (usually|longer than the usual) 0:00\n· pxe_booted\n")
        until(lambda: re.search(r"▸ pxe_ready +0:0[2-9]", terminal.text), what="the time to go on")
        self.advance("fetched_kernel")
        until(lambda: re.search(r"✓ pxe_ready +0:\d\d  usually 0:00\n▸ pxe_booted +0:0\d\n· installing", terminal.text),
              what="the next step")
        self.assertEqual(terminal.text.count("Walk of pve-1"), 1, "it is drawn in one place")
        [event] = [number for number, line in enumerate(terminal.lines) if re.match(r"\d{4}-\S+  pve-1 went from pxe_ready", line)]
        self.assertLess(event, terminal.lines.index("Walk of pve-1: pxe_booted"), "events stay above it")
        self.box.kill("sprout-web")
        self.advance("broke")
        until(lambda: "Walk of pve-1: failed" in terminal.lines)
        self.assertRegex(terminal.text, r"It failed, after 0:\d\d\.\n✓ pxe_ready .*\n✗ pxe_booted .*\n  ")
        self.assertNotIn("· installing", terminal.text)
        self.assertIn(b"\x1b[31m", terminal.drawn)

    def test_E9_a_step_that_lasts_twice_as_long_as_usual_is_told_in_words_and_in_amber(self):
        for number in range(2, 5):
            other = self.box.register(number).json
            for event in ["rebuild", "fetched_kernel"]:
                self.box.command("POST", f"/hosts/{other['id']}/advance", {"event": event})
        with contextlib.closing(sqlite3.connect(self.box.state / "db" / "sprout.db", timeout=10)) as database, database:
            database.execute("UPDATE operation_step SET ended_at = started_at + 2000 WHERE state = 'pxe_ready'")
        self.box.kill("sprout-web")
        terminal = self.watch()
        self.advance("rebuild")
        until(lambda: re.search(r"▸ pxe_ready .* usually 0:02", terminal.text), what="what is usual")
        self.assertNotIn(b"\x1b[33m", terminal.drawn)
        until(lambda: re.search(r"▸ pxe_ready +0:0[5-9].* longer than the usual 0:02", terminal.text), what="twice as long")
        self.assertRegex(terminal.drawn, rb"\x1b\[33m[^\x1b]*longer than the usual 0:02")

    def test_what_is_remarked_meanwhile_stands_above_the_steps(self):
        terminal = self.watch()
        self.advance("rebuild")
        until(lambda: "Walk of pve-1: pxe_ready" in terminal.lines)
        self.box.stop()
        until(lambda: sum("Trying again" in line for line in terminal.lines) > 1, what="two remarks")
        until(lambda: terminal.lines[-2] == "· ready", what="the steps below them")
        self.assertEqual(terminal.text.count("Walk of pve-1"), 1)

    def test_a_narrow_window_cuts_lines_and_one_that_becomes_narrower_leaves_nothing_behind(self):
        terminal = self.watch(columns=90)
        self.advance("rebuild")
        until(lambda: "Walk of pve-1: pxe_ready" in terminal.lines)
        terminal.drawn = b""
        terminal.resize(44)
        until(lambda: "Now: waiting for the machine to netboot. N…" in terminal.lines, what="the lines to be cut")
        self.assertLessEqual(max(map(len, terminal.lines)), 44)

    def test_without_colours_and_without_a_cursor_it_is_told_plainly(self):
        plain = self.watch(NO_COLOR="1")
        dumb = self.watch(TERM="dumb")
        self.advance("rebuild")
        until(lambda: "Walk of pve-1: pxe_ready" in plain.lines)
        until(lambda: "pve-1" in dumb.text)
        self.assertNotRegex(plain.drawn, rb"\x1b\[\d*m")
        self.assertNotIn(b"\x1b", dumb.drawn)
        for line in dumb.lines[:-1]:
            self.assertRegex(line, r"^\d{4}-\S+  .*pve-1")

    def test_in_a_pipe_there_are_events_alone(self):
        with tempfile.TemporaryFile() as output:
            terminal = self.watch(stdout=output)
            self.advance("rebuild")
            until(lambda: os.pread(output.fileno(), 10_000, 0).count(b"\n") == 2, what="both events")
            for line in os.pread(output.fileno(), 10_000, 0).decode().splitlines():
                self.assertRegex(line, r"^\d{4}-\S+  .*pve-1")
            self.assertEqual(terminal.drawn, b"")
        process = subprocess.Popen(
            [SPROUT, "watch", "pve-1", "--after", "0", "--state", self.box.state], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.assertIn(b"pve-1 was registered", process.stdout.readline())
        process.terminate()
        self.assertEqual(process.communicate()[1], b"")


class MeterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.iso, _ = synthetic_iso(pathlib.Path(folder), size=60_000_000)

    def test_an_import_shows_a_bar_on_a_terminal_and_ends_without_one(self):
        with Sprout() as box, Terminal([SPROUT, "images", "import", self.iso, "--state", box.state]) as terminal:
            self.assertEqual(terminal.wait(), 0, terminal.text)
            self.assertEqual(terminal.lines, ["proxmox-ve-9.2-1 is ready to be installed.", ""])
            drawn = terminal.drawn.decode()
            self.assertRegex(drawn, r"sending  ━+─+  \d+ %, [\d.]+ MB of 6\d\.\d MB, [\d.]+ MB/s, \d:\d\d left")
            self.assertLess(max(len(line) for line in re.split(r"\r\x1b\[K|\n", drawn)), 100)
            with Terminal([SPROUT, "images", "verify", "proxmox-ve-9.2-1", "--state", box.state]) as verifying:
                self.assertEqual(verifying.wait(), 0)
                self.assertEqual(verifying.lines, ["proxmox-ve-9.2-1 is as it was imported.", ""])
                self.assertIn("reading all files of proxmox-ve-9.2-1  0:00", verifying.drawn.decode())

    def test_a_terminal_without_a_cursor_is_told_in_tenths(self):
        with Sprout() as box, Terminal(
                [SPROUT, "images", "import", self.iso, "--state", box.state], TERM="dumb") as terminal:
            self.assertEqual(terminal.wait(), 0, terminal.text)
            self.assertNotIn(b"\x1b", terminal.drawn)
            sending = [line for line in terminal.lines if line.startswith("sending  ")]
            self.assertTrue(8 <= len(sending) <= 11, sending)

    def test_a_rehearsal_shows_how_far_its_hosts_are(self):
        with Sprout() as box, Terminal(
                [SPROUT, "rehearse", "--hosts", "2", "--speed", "500", "--without-cluster", "--state", box.state],
                columns=120) as terminal:
            self.assertEqual(terminal.wait(), 0, terminal.text)
            self.assertRegex(terminal.drawn.decode(), r"2 hosts  [━─]+  (\d \w+, )*\d done")
            self.assertNotIn("━", terminal.text)


if __name__ == "__main__":
    unittest.main()
