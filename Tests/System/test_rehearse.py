"""Machines that do not exist are installed by the real Sprout: `sprout rehearse`, and what it finds."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import PROGRAMS, Sprout, until
from installing import PROVISIONING

STEPS = ["script", "kernel", "initrd", "body", "tail", "answer", "first-boot-script", "install", "webhook", "reboot",
         "phone-home", "join"]
QUICK = ["--speed", "5000"]
SERVER_TYPES = """
server_types:
  serial:
    boot_disk: {serial: S6Z1NJ0W123456}
    management_nic: eno1
  link:
    boot_disk: /dev/disk/by-id/nvme-Samsung_SSD_990_PRO_S6Z1NJ0W123456
  mirror:
    boot_disk: [/dev/nvme0n1, /dev/nvme1n1]
    filesystem: {kind: zfs, raid: raid1, compress: zstd}
  xfs:
    boot_disk: /dev/sda
    filesystem: {kind: xfs, hdsize: 100, swapsize: 8}
  static:
    boot_disk: /dev/vda
    network: {mode: static, cidr: 10.20.0.0/24, gateway: 10.20.0.1, dns: 10.20.0.1}
"""


def add_image(box, release="9.2", size=5):
    """An image that installs nothing, and stays until the box ends."""
    with tempfile.TemporaryDirectory() as folder:
        iso = pathlib.Path(folder) / "small.iso"
        for words in [("rehearse", "iso", iso, "--release", release, "--size", str(size)), ("images", "import", iso)]:
            done = subprocess.run(
                [PROGRAMS / "sprout", *words, *(["--state", box.state] if words[0] == "images" else [])],
                capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
    return f"proxmox-ve-{release}-rehearsal"


class Rehearsal:
    """A rehearsal that runs while the test does something else."""

    def __init__(self, box, *words, **environment):
        self.process = subprocess.Popen(
            [PROGRAMS / "sprout", "rehearse", *words, "--state", box.state], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env={**os.environ, **environment})
        self.said = []
        self.reader = threading.Thread(target=lambda: self.said.extend(iter(self.process.stderr.readline, "")))
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()

    @property
    def silent(self):
        return sum(" is silent, and " in line for line in self.said)

    def end(self, seconds=30):
        until(lambda: self.process.poll() is not None, seconds, f"the end of the rehearsal, which said {self.said}")
        self.reader.join()
        return self.process.returncode, self.process.stdout.read(), "".join(self.said)


def pass_time(box):
    """The time of all that is waited for is over; a host that appears makes the orchestrator look."""
    subprocess.run(
        ["sqlite3", "-cmd", ".timeout 5000", box.state / "db" / "sprout.db",
         "UPDATE deadline SET due_at = due_at - 3600000"], check=True)
    pass_time.count += 1
    assert box.register(pass_time.count).status == 201


pass_time.count = 0


class RehearseTest(unittest.TestCase):
    def test_twenty_machines_at_once_end_well_and_leave_nothing(self):
        with Sprout(provisioning=PROVISIONING) as box:
            add_image(box, size=30)
            words = ["rehearse", "--hosts", "20", "--speed", "300", "--keep", "--state", box.state]
            with tempfile.TemporaryFile("w+") as out:
                process = subprocess.Popen([PROGRAMS / "sprout", *words], stdout=out, stdin=subprocess.DEVNULL)
                # What the kernel keeps of a process that has ended counts the tests' own memory at the fork too.
                most = 0
                while process.poll() is None:
                    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                    most = max([most, *map(int, re.findall(r"VmHWM:\s+(\d+) kB", status))])
                    time.sleep(0.05)
                out.seek(0)
                lines = out.read().splitlines()
            self.assertEqual(process.returncode, 0, lines)
            self.assertEqual(re.split(r"  +", lines[0]), [
                "HOST", "SCRIPT", "FILES", "ANSWER", "INSTALLED", "RESTARTED", "PHONED HOME", "ITS TURN", "READY", "TOTAL",
                "SPROUT", "OUTCOME"])
            self.assertEqual([line.split()[0] for line in lines[1:]], [f"rehearsal-{n:02}" for n in range(1, 21)])
            for line in lines[1:]:
                self.assertRegex(line, r"^rehearsal-\d\d( +\d+\.\d){10} +ready$")
            self.assertTrue(0 < most < 200_000, f"{most} kB: the files are not kept in memory")
            hosts = box.hosts()
            self.assertEqual({host["state"] for host in hosts}, {"ready"})
            self.assertIn("02:53:50:00:00:14", hosts[-1]["macs"])
            again = box.cli("rehearse", "--hosts", "1", *QUICK)
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertEqual(box.hosts(), [], "an earlier rehearsal's hosts are gone too")

    def test_each_release_is_played_as_it_is(self):
        with Sprout(provisioning=PROVISIONING) as box:
            for release in ["8.3", "8.4", "9.0", "9.1", "9.2"]:
                done = box.cli("rehearse", "--hosts", "2", "--release", release, "--light", "-o", "json", *QUICK)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn(f"No image of {release} yet", done.stderr)
                result = json.loads(done.stdout)
                self.assertTrue(result["good"])
                self.assertEqual(result["image"], f"proxmox-ve-{release}-rehearsal")
                self.assertEqual([host["outcome"] for host in result["hosts"]], ["ready", "ready"])
                self.assertEqual(
                    set(result["hosts"][0]["seconds"]),
                    {"script", "files", "answer", "installed", "restarted", "phoned_home", "its_turn", "ready"})
            self.assertEqual(box.get("/api/images").json["images"], [], "what installs nothing does not stay")

    def test_machines_fit_their_server_type(self):
        with Sprout(server_types=SERVER_TYPES, provisioning=PROVISIONING) as box:
            add_image(box, size=1)
            for name in re.findall(r"^  ([a-z]+):", SERVER_TYPES, re.MULTILINE):
                with self.subTest(name):
                    done = box.cli("rehearse", "--hosts", "2", "--type", name, "--keep", *QUICK)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual([host["address"] for host in box.hosts()], ["10.20.0.254", "10.20.0.253"])
            unknown = box.cli("rehearse", "--hosts", "1", "--type", "cray", *QUICK)
            self.assertIn("there is no server type cray; there are: link, mirror,", unknown.stderr)

    def run_faults(self, option):
        with Sprout(provisioning=PROVISIONING) as box:
            add_image(box)
            # A node whose join never ends is not silent.
            for step in STEPS[:-1] if option == "--hang" else STEPS:
                with self.subTest(step), Rehearsal(box, "--hosts", "2", option, step, "--keep", *QUICK) as rehearsal:
                    until(lambda: rehearsal.silent == 2 or rehearsal.process.poll() is not None, 15, "silence")
                    if rehearsal.process.poll() is None:
                        pass_time(box)
                    status, table, said = rehearsal.end()
                    self.assertEqual(status, 0, table + said + box.log())
                    self.assertEqual(table.count("failed, as it should: "), 2, table)
                    yield step, table, said

    def test_each_step_that_fails_is_told_in_a_sentence(self):
        told = dict((step, table) for step, table, said in self.run_faults("--fail") if "is silent" not in said)
        self.assertEqual(set(told), {"kernel", "initrd", "body", "tail", "phone-home", "join"}, "these Sprout knows at once")
        self.assertIn("iPXE did not get the installer's kernel", told["kernel"])
        self.assertIn("this is not rehearsal-01: it is serial REHEARSAL-30001", told["phone-home"])

    def test_E9_each_step_that_hangs_is_told_when_its_time_is_over(self):
        sentences = {
            "script": "it never netbooted in 10 minutes", "answer": "never asked for its answer in",
            "install": "never reported that it is done in", "phone-home": "its new system was not heard in"}
        for step, table, said in self.run_faults("--hang"):
            self.assertEqual(len(re.findall(r"Sprout waits for it until 2\d{3}-", said)), 2, said)
            self.assertIn(sentences.get(step, " minutes"), table)

    def test_a_join_that_never_ends_is_told_when_its_time_is_over(self):
        with Sprout(provisioning=PROVISIONING) as box:
            add_image(box)
            with Rehearsal(box, "--hosts", "1", "--hang", "join", "--keep", *QUICK) as rehearsal:
                last = "SELECT count(*) FROM event WHERE message LIKE 'backup old database to %'"
                until(lambda: box.sql(last) == ["1"], 30, "the join to hang")
                pass_time(box)
                status, table, said = rehearsal.end()
            self.assertEqual(status, 0, table + said + box.log())
            self.assertIn("failed, as it should: it did not join its cluster in 10 minutes", table)

    def test_whoever_interrupts_it_finds_nothing_left(self):
        with Sprout(provisioning=PROVISIONING) as box:
            add_image(box)
            with tempfile.TemporaryDirectory(dir="/tmp") as folder, \
                    Rehearsal(box, "--hosts", "3", "--speed", "1", TMPDIR=folder) as rehearsal:
                until(lambda: [host["state"] for host in box.hosts()] == ["pxe_ready"] * 3)
                self.assertEqual(len(os.listdir(folder)), 1, "where its cluster and its nodes are")
                rehearsal.process.send_signal(signal.SIGINT)
                status, table, said = rehearsal.end()
                self.assertEqual(os.listdir(folder), [])
            self.assertEqual((status, table), (1, ""))
            self.assertIn("interrupted", said)
            self.assertEqual(box.hosts(), [])

    def test_real_hosts_are_not_disturbed(self):
        with Sprout(provisioning=PROVISIONING) as box:
            image = add_image(box)
            host = box.register(1, hostname="pve-1").json
            wish = {"confirm": "pve-1", "image": image}
            self.assertEqual(box.request("POST", f"/api/hosts/{host['id']}/rebuild", wish).status, 202)
            refused = box.cli("rehearse", "--hosts", "1", *QUICK)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("pve-1: under way. Wait, or rehearse all the same with --beside-real-hosts.", refused.stderr)
            done = box.cli("rehearse", "--hosts", "1", "--beside-real-hosts", *QUICK)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([host["hostname"] for host in box.hosts()], ["pve-1"])
            box.cli("hosts", "cancel", "pve-1")
            box.register(2, hostname="rehearsal-01")
            clash = box.cli("rehearse", "--hosts", "1", *QUICK)
            self.assertEqual(clash.returncode, 1)
            self.assertIn("rehearsal-01", clash.stderr)
            self.assertEqual(len(box.hosts()), 2)

    def test_wrong_use_is_told(self):
        for words, sentence in [
                ((), "--hosts is missing"), (("--hosts", "0"), "it must be a number from 1 to 200"),
                (("--hosts", "1", "--fail", "lunch"), "it can be script, kernel"),
                (("--hosts", "1", "--fail", "script", "--hang", "script"), "exclude each other"),
                (("--hosts", "1", "--speed", "0"), "--speed is"), (("--hosts", "1", "--release", "7.4"), "7.4"),
                (("--hosts", "1", "--socket", "/x"), "name it with --url, not --socket"),
                (("iso", "x.iso"), "--release is missing"),
                (("iso", "x.iso", "--release", "9.2", "--size", "0"), "1 to 4000 megabytes")]:
            done = subprocess.run(
                [PROGRAMS / "sprout", "rehearse", *words], capture_output=True, text=True, timeout=30,
                stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(sentence, done.stderr)

    def test_an_iso_has_the_kernel_and_the_initrd_that_are_given(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for name in ["kernel", "initrd"]:
                (folder / name).write_text(f"a real {name}")
            made = subprocess.run(
                [PROGRAMS / "sprout", "rehearse", "iso", folder / "a.iso", "--release", "8.4", "--size", "1", "--kernel",
                 folder / "kernel", "--initrd", folder / "initrd"], capture_output=True, text=True, timeout=60)
            self.assertEqual(made.returncode, 0, made.stderr)
            for path, word in [("boot/linux26", "a real kernel"), ("boot/initrd.img", "a real initrd"),
                               (".cd-info", "RELEASE='8.4'"), (".pve-cd-id.txt", "8.4")]:
                subprocess.run(
                    ["xorriso", "-osirrox", "on", "-indev", folder / "a.iso", "-extract", f"/{path}", folder / "out"],
                    check=True, capture_output=True)
                (folder / "out").chmod(0o600)
                self.assertIn(word, (folder / "out").read_text())
                (folder / "out").unlink()


class Meddler:
    """A door in front of a box's that changes what one path says: what a Sprout with a mistake in it would say."""

    def __init__(self, box, path, change):
        class Handler(http.server.BaseHTTPRequestHandler):
            def pass_on(self):
                length = int(self.headers.get("Content-Length") or 0)
                upstream = http.client.HTTPConnection("127.0.0.1", box.port, timeout=60)
                upstream.request(self.command, self.path, self.rfile.read(length), dict(self.headers))
                answer = upstream.getresponse()
                self.send_response(answer.status)
                if answer.getheader("Content-Type") == "text/event-stream":
                    self.send_header("Content-Type", "text/event-stream")
                    self.end_headers()
                    with contextlib.suppress(OSError):
                        while piece := answer.read1():
                            self.wfile.write(piece)
                    return
                body = answer.read()
                if re.search(path, self.path) and answer.status == 200:
                    body = change(body)
                for name in ["Content-Type", "Retry-After"]:
                    if value := answer.getheader(name):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = pass_on

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class RehearseMistakesTest(unittest.TestCase):
    """What a Sprout with a mistake in it would do to machines is found."""

    @staticmethod
    def loop():
        scripts = []

        def change(body):
            scripts.extend([body] if b"/boot/vmlinuz" in body else [])
            return scripts[0] if scripts else body

        return change

    def test_what_a_machine_would_stop_at_is_told(self):
        cases = [
            (r"^/ipxe/", lambda body: body.replace(b" quiet", b" quiet ip=dhcp"),
             "ip=dhcp would stay on the installed system's command line"),
            (r"^/ipxe/", lambda body: body.replace(b"initrd --name tail", b"#"), "loads 2 files beside the kernel"),
            (r"^/ipxe/", self.loop(), "it would be installed again: a loop"),
            (r"^/boot/tail", lambda body: body[:-4], "the installer would not start: body and tail have"),
            (r"^/boot/body", lambda body: body.replace(b"proxmox.iso", b"proxmox.img", 1),
             "the archive has a file proxmox.img"),
            (r"^/boot/tail", lambda body: body.replace(b"mode = ", b"made = ", 1), "there is no mode file in the tail"),
            (r"^/api/boot/answer", lambda body: body.replace(b"keyboard", b"keybord", 1),
             "Autoinstaller setup error: Failed parsing answer file: TOML parse error at line 4: unknown field `keybord`"),
            (r"^/api/boot/answer", lambda body: body.replace(b"/dev/nvme0n1", b"/dev/nvme9n1", 1),
             "Installation failed: disk in 'disk-selection' not found"),
            (r"/first-boot-script", lambda body: body.replace(b"url=", b"URL=", 1), "has no lines url="),
            (r"/first-boot-script", lambda body: body.replace(b"/phone-home", b"/phone", 1), "does not want to know"),
        ]
        with Sprout(provisioning=PROVISIONING) as box:
            add_image(box, size=1)
            for path, change, sentence in cases:
                with self.subTest(sentence), Meddler(box, path, change) as meddler:
                    done = subprocess.run(
                        [PROGRAMS / "sprout", "rehearse", "--hosts", "1", "--keep", *QUICK, "--url", meddler.url],
                        env={**os.environ, "SPROUT_TOKEN": box.token}, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
                    self.assertEqual(done.returncode, 1, done.stdout)
                    self.assertIn(sentence, done.stdout)
                    self.assertIn("1 of 1 hosts did not end as they should", done.stderr)


if __name__ == "__main__":
    unittest.main()
