"""An ISO is imported from its address: from good servers, and from those that break, lie and forget."""

import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from fileserver import FileServer, make_certificate
from harness import PROGRAMS, Sprout, free_port, until
from test_images import synthetic_iso

READY = "proxmox-ve-9.2-1 is ready to be installed.\n"
NAME = "/iso/proxmox-ve_9.2-1.iso"
# What this machine reaches the internet by has no part in this.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


class ImagesUrlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.iso, _ = synthetic_iso(cls.folder)
        cls.content = cls.iso.read_bytes()
        cls.digest = hashlib.sha256(cls.content).hexdigest()
        cls.sums = f"{'0' * 64}  other.iso\n{cls.digest}  {cls.iso.name}\n".encode()

    def serve(self, more=(), **options):
        return self.enterContext(FileServer({NAME: self.content, **dict(more)}, **options))

    def start(self):
        return self.enterContext(Sprout())

    def run_import(self, box, url, *more):
        return box.cli("images", "import", url, *more, env=ENVIRONMENT)

    def assert_imported(self, box, done, digest=None):
        self.assertEqual((done.returncode, done.stdout), (0, READY), done.stderr)
        image = box.get("/api/images/proxmox-ve-9.2-1").json
        self.assertEqual((image["sha256"], image["source"]), (digest or self.digest, self.iso.name))
        self.assert_nothing_left(box)

    def assert_nothing_left(self, box):
        self.assertEqual(list((box.state / "images" / ".incoming").iterdir()), [])

    # A good server

    def test_P14_an_iso_is_imported_from_its_address_as_nginx_serves_it(self):
        (self.folder / "SHA256SUMS").write_bytes(self.sums)
        port, place = free_port(), pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (place / "nginx.conf").write_text(
            f"daemon off; pid {place}/pid; error_log {place}/error.log; events {{}}\n"
            f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {self.folder}; }} }}\n")
        self.folder.chmod(0o755)
        nginx = subprocess.Popen([shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-p", place, "-c", place / "nginx.conf"])
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.terminate)
        until((place / "pid").exists)
        box = self.start()
        url = f"http://127.0.0.1:{port}/{self.iso.name}"
        done = self.run_import(box, url)
        self.assert_imported(box, done)
        self.assertEqual(
            done.stderr, f"Its SHA-256 is compared with the one in http://127.0.0.1:{port}/SHA256SUMS, fetched without"
            " TLS: it tells a broken file, but not a forged one.\n")
        again = self.run_import(box, url)
        self.assertEqual(again.returncode, 1)
        self.assertIn("proxmox-ve-9.2-1 is already there: remove it first", again.stderr)

    def test_P14_an_address_may_lead_elsewhere(self):
        server = self.serve({NAME + ".sha256": self.digest.encode()})
        server.redirects = {"/latest/" + self.iso.name: NAME, "/latest/" + self.iso.name + ".sha256": NAME + ".sha256"}
        box = self.start()
        done = self.run_import(box, server.url(f"/latest/{self.iso.name}?token=secret"))
        self.assert_imported(box, done)
        self.assertIn(f"/latest/{self.iso.name}.sha256, fetched without TLS", done.stderr)
        self.assertNotIn("secret", done.stderr)

    # Checksums

    def test_P14_a_checksum_beside_the_file_that_is_another_refuses_it(self):
        server = self.serve({"/iso/SHA256SUMS": self.sums.replace(self.digest.encode(), b"1" * 64)})
        box = self.start()
        refused = self.run_import(box, server.url(NAME))
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"its SHA-256 is {self.digest}, but {'1' * 64} was expected", refused.stderr)
        self.assertEqual(box.get("/api/images").json["images"], [])
        self.assert_nothing_left(box)
        self.assert_imported(box, self.run_import(box, server.url(NAME), "--sha256", self.digest))

    def test_P14_a_file_without_a_checksum_beside_it_is_imported_with_a_word(self):
        page = f"<html>{self.digest}  {self.iso.name}\n</html>".encode()
        server, box = self.serve(), self.start()
        for missing in [(404, "text/plain", self.sums), (200, "text/html", self.sums), (200, "text/html; charset=utf-8", page),
                        (200, "text/plain", b"x" * (2 << 20) + b"\n" + self.sums)]:
            with self.subTest(missing[:2]):
                server.missing = missing
                done = self.run_import(box, server.url(NAME))
                self.assert_imported(box, done)
                self.assertIn("nor a SHA256SUMS beside it has its SHA-256: the file is fetched without TLS and", done.stderr)
                self.assertEqual(box.cli("images", "remove", "proxmox-ve-9.2-1").returncode, 0)

    # Bad servers

    def test_P14_a_connection_that_breaks_is_gone_on_with(self):
        server = self.serve({"/iso/SHA256SUMS": self.sums})
        server.breaks = [5_000_000, 7_000_000]
        box = self.start()
        done = self.run_import(box, server.url(NAME))
        self.assert_imported(box, done)
        starts = server.starts(NAME)
        self.assertEqual(len(starts), 3, starts)
        self.assertEqual(starts[0], 0)
        self.assertTrue(0 < starts[1] <= 5_000_000 < starts[2] <= 12_000_000, starts)
        self.assertEqual(done.stderr.count("the connection broke ("), 2)

    def interrupt(self, box, server, signal_=signal.SIGINT):
        """Ends the command when some of the file has arrived in the box, and says how much."""
        server.halt = 10_000_000
        command = subprocess.Popen(
            [PROGRAMS / "sprout", "images", "import", server.url(NAME), "--state", box.state], env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        incoming = box.state / "images" / ".incoming"

        def received():
            return sum(file.stat().st_size for file in incoming.glob("*/iso"))

        # The last whole piece before the server halts.
        until(lambda: received() == 9 << 20)
        command.send_signal(signal_)
        self.assertEqual(command.wait(10), -signal_)
        self.assertEqual(received(), 9 << 20)
        server.halt = None
        server.goes_on.set()
        return received()

    def test_P14_a_command_that_was_stopped_goes_on_when_it_is_run_again(self):
        server = self.serve({"/iso/SHA256SUMS": self.sums})
        box = self.start()
        received = self.interrupt(box, server)
        box.stop()
        box.start()
        done = self.run_import(box, server.url(NAME))
        self.assert_imported(box, done)
        self.assertEqual(server.starts(NAME), [0, 0, received])

    def test_P14_a_server_without_ranges_sends_it_once_more_with_a_word(self):
        server = self.serve({"/iso/SHA256SUMS": self.sums})
        server.knows_ranges = False
        box = self.start()
        self.interrupt(box, server, signal.SIGKILL)
        done = self.run_import(box, server.url(NAME))
        self.assert_imported(box, done)
        self.assertIn("the server cannot begin in the middle: 9 MB are fetched once more", done.stderr)

    def test_P14_a_file_that_was_changed_meanwhile_is_not_put_together_with_what_it_was(self):
        other, _ = synthetic_iso(self.folder / "other", "9.2", 29_000_000)
        padded = other.read_bytes().ljust(len(self.content), b"\0")
        server = self.serve()
        server.breaks = [5_000_000]
        box = self.start()

        def change():
            server.files[NAME], server.tag = padded, '"two"'

        server.on_break = change
        failed = self.run_import(box, server.url(NAME))
        self.assertEqual(failed.returncode, 1, failed.stderr)
        self.assertIn(f"{NAME} cannot be fetched: it was changed on the server meanwhile. Try again, and it begins anew.", failed.stderr)
        self.assert_imported_anew(box, server, padded)

    def test_P14_a_file_that_was_changed_between_two_runs_begins_anew(self):
        other, _ = synthetic_iso(self.folder / "another", "9.2", 29_000_000)
        padded = other.read_bytes().ljust(len(self.content), b"\0")
        server = self.serve()
        box = self.start()
        self.interrupt(box, server)
        server.files[NAME], server.tag = padded, '"two"'
        self.assert_imported_anew(box, server, padded)

    def assert_imported_anew(self, box, server, content):
        done = self.run_import(box, server.url(NAME))
        self.assertEqual((done.returncode, done.stdout), (0, READY), done.stderr)
        self.assertEqual(box.get("/api/images/proxmox-ve-9.2-1").json["sha256"], hashlib.sha256(content).hexdigest())

    # What cannot be

    def refuse(self, box, url, *words):
        refused = self.run_import(box, url)
        self.assertEqual((refused.returncode, refused.stdout), (1, ""), refused.stderr)
        for word in words:
            self.assertIn(word, refused.stderr)
        self.assert_nothing_left(box)

    def test_P14_what_cannot_be_fetched_is_told_with_its_address_the_fact_and_a_remedy(self):
        server = self.serve({"/iso/notes.txt": b"x" * 100_000, "/iso/page": b"<html>", "/iso/short": b"x"})
        for number in range(7):
            server.redirects[f"/{number}"] = f"/{number + 1}"
        server.redirects["/file"] = "file:///etc/passwd"
        gone = free_port()
        box = self.start()
        for url, words in [
                (server.url("/iso/none.iso"), ["no such file (404)", f"Look for it in {server.url('/iso/')}."]),
                (server.url("/iso/"), [server.url("/iso/"), "is a folder: give the address of the ISO itself"]),
                (server.url("/iso/notes.txt"), [server.url("/iso/notes.txt"), "does not begin as an ISO does"]),
                (server.url("/iso/short"), ["does not begin as an ISO does"]),
                (server.url("/0"), [server.url("/0"), "redirected more than 5 times. Give the address where it ends"]),
                (server.url("/file"), ["redirected to what is not followed", "Give the address of the file itself"]),
                ("http://nowhere.invalid/x.iso", ["http://nowhere.invalid/x.iso", "there is no host", "Check the name"]),
                (f"http://127.0.0.1:{gone}/x.iso", ["nobody answers there (", "Check the address"])]:
            with self.subTest(url):
                self.refuse(box, url, *words)
        server.missing = (200, "text/html", b"<html>not here</html>")
        self.refuse(box, server.url("/iso/x.iso"), "is a web page, and no ISO: give the address of the ISO itself")
        server.missing = (503, "text/plain", b"")
        self.refuse(box, server.url("/iso/x.iso"), "the server fails (503). Try again later.")
        server.tells_size = False
        self.refuse(box, server.url(NAME), "does not say how large it is. Download it, and import the file")

    # TLS

    def test_a_certificate_that_nobody_knows_is_refused(self):
        server = self.serve(certificate=make_certificate(self.folder))
        box = self.start()
        self.refuse(box, server.url(NAME), server.url(NAME), "its certificate cannot be trusted (", "update-ca-certificates")

    def test_over_TLS_nothing_is_doubted_and_nothing_leaves_it(self):
        server = self.serve({"/iso/SHA256SUMS": self.sums}, certificate=make_certificate(self.folder))
        plain = self.serve()
        server.redirects = {"/plain.iso": plain.url(NAME)}
        box = self.start()
        known = "/etc/ssl/certs/ca-certificates.crt"
        if subprocess.run(["unshare", "--map-root-user", "--mount", "true"], capture_output=True).returncode:
            self.skipTest("No command can be given a file system of its own here: run this as root.")
        script = f'mount --bind "$1" {known}; shift; exec "$@"'

        def run(url):
            # The certificate is known in a view of the file system that this command alone has.
            return subprocess.run(
                ["unshare", "--map-root-user", "--mount", "sh", "-ec", script, "sh", self.folder / "cert.pem",
                 PROGRAMS / "sprout", "images", "import", url, "--state", box.state],
                env=ENVIRONMENT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)

        refused = run(server.url("/plain.iso"))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("it is redirected to what is not followed (", refused.stderr)
        self.assertEqual(plain.asked, [])
        done = run(server.url(NAME))
        self.assert_imported(box, done)
        self.assertEqual(done.stderr, f"Its SHA-256 is compared with the one in {server.url('/iso/SHA256SUMS')}.\n")


if __name__ == "__main__":
    unittest.main()
