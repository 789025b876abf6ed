"""An ISO is imported from its address by the box itself: sprout-fetch fetches it, the orchestrator keeps it."""

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

from fileserver import FileServer
from harness import Sprout, free_port, until
from test_images import synthetic_iso

NAME = "/iso/proxmox-ve_9.2-1.iso"
IMAGE = "proxmox-ve-9.2-1"
MEBIBYTE = 1 << 20


class DownloadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.iso, _ = synthetic_iso(cls.folder)
        cls.content = cls.iso.read_bytes()
        cls.digest = hashlib.sha256(cls.content).hexdigest()
        cls.sums = {"/iso/SHA256SUMS": f"{'0' * 64}  other.iso\n{cls.digest}  {cls.iso.name}\n".encode()}

    def serve(self, more=(), **options):
        return self.enterContext(FileServer({NAME: self.content, **dict(more)}, **options))

    def start(self, besides="127.0.0.1"):
        box = Sprout(prefix=["env", f"SPROUT_FETCH_BESIDES={besides}"])
        return self.enterContext(box)

    def begin(self, box, url, **more):
        answer = box.request("POST", "/api/images/downloads", {"url": url, **more})
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json

    def shown(self, box, one):
        """How an import is shown now."""
        imports = box.get("/api/images/imports").json["imports"]
        return next((other for other in imports if other["id"] == one["id"]), None)

    def end(self, box, one, seconds=60):
        def ended():
            now = self.shown(box, one)
            return now if now and ("image" in now or "problem" in now) else None
        return until(ended, seconds, "the end of the import", 0.1)

    def incoming(self, box):
        return box.state / "images" / ".incoming"

    def received(self, box):
        return sum(file.stat().st_size for file in self.incoming(box).glob("*/iso"))

    def assert_imported(self, box, ended, digest=None):
        self.assertEqual(ended.get("image"), IMAGE, ended)
        image = box.get(f"/api/images/{IMAGE}").json
        self.assertEqual((image["sha256"], image["source"]), (digest or self.digest, self.iso.name))
        until(lambda: list(self.incoming(box).iterdir()) == [], what="nothing to be left")

    def halt_at(self, box, server, count, whole, **more):
        """Begins an import whose server stops in the middle, and waits until all whole pieces before that are there."""
        server.halt = count
        one = self.begin(box, server.url(NAME), **more)
        until(lambda: self.received(box) == whole * MEBIBYTE, what="the bytes before the halt")
        return one

    def go_on(self, server, gives_up=False):
        server.halt, server.gives_up = None, gives_up
        server.goes_on.set()

    # What goes well

    def test_P14_the_box_fetches_an_iso_and_compares_the_checksum_beside_it(self):
        server, box = self.serve(self.sums), self.start()
        with box.events() as next_event:
            one = self.begin(box, server.url(NAME))
            self.assertEqual((one["source"], one["step"], one["total"]), (self.iso.name, "fetching", len(self.content)))
            ended = self.end(box, one)
            self.assertIn(f"Its SHA-256 is compared with the one in {server.url('/iso/SHA256SUMS')}", ended["note"])
            self.assert_imported(box, ended)
            event = next_event("image.imported")["data"]
        self.assertIn("test", event["actor"], "who asked for it is named")
        again = box.request("POST", "/api/images/downloads", {"url": server.url(NAME)})
        self.assertEqual(again.status, 409)
        self.assertIn(f"{IMAGE} is already there: remove it first", again.json["detail"])

    def test_P14_a_redirect_is_followed_and_no_token_is_told(self):
        server = self.serve({NAME + ".sha256": self.digest.encode()})
        server.redirects = {"/latest/" + self.iso.name: NAME + "?token=secret", f"/latest/{self.iso.name}.sha256": NAME + ".sha256"}
        box = self.start()
        ended = self.end(box, self.begin(box, server.url(f"/latest/{self.iso.name}?token=secret")))
        self.assert_imported(box, ended)
        self.assertIn(f"It comes from {server.url(NAME)}. Its SHA-256 is compared with", ended["note"])
        self.assertNotIn("secret", json.dumps(ended) + box.log())

    def test_P14_a_connection_that_breaks_is_gone_on_with(self):
        server, box = self.serve(self.sums), self.start()
        one = self.halt_at(box, server, 5_000_000, 4)
        server.breaks = [7_000_000]
        self.go_on(server, gives_up=True)
        self.assert_imported(box, self.end(box, one))
        starts = [start for start in server.starts(NAME) if start]
        self.assertTrue(4 * MEBIBYTE <= starts[0] < 5_100_000 < starts[1] < 12_200_000, starts)

    def test_P14_a_server_that_is_away_for_a_while_is_waited_for(self):
        server, box = self.serve(), self.start()
        one = self.halt_at(box, server, 10_000_000, 9, sha256=self.digest)
        content = server.files.pop(NAME)
        server.missing = (503, "text/plain", b"")
        self.go_on(server, gives_up=True)
        until(lambda: "the server fails (503)" in (self.shown(box, one).get("note") or ""), 30, "a word of it")
        self.assertIn("It is tried again.", self.shown(box, one)["note"])
        server.files[NAME] = content
        self.assert_imported(box, self.end(box, one))
        self.assertIn(9 * MEBIBYTE, server.starts(NAME))

    # Crashes

    def test_E19_a_download_goes_on_whoever_is_killed_meanwhile(self):
        server, box = self.serve(self.sums), self.start()
        one = self.halt_at(box, server, 6_000_000, 5)
        box.kill("sprout-fetch")
        until(lambda: self.received(box) == 10 * MEBIBYTE, what="the next bytes")
        box.kill("sprout-orchestrator")
        until(lambda: self.received(box) == 15 * MEBIBYTE, what="the bytes after those")
        self.assertEqual(self.shown(box, one)["step"], "fetching")
        box.stop()
        self.go_on(server)
        box.start()
        self.assert_imported(box, self.end(box, one))
        starts = [start // MEBIBYTE for start in server.starts(NAME) if start]
        self.assertEqual(starts, [5, 10, 15], "what had arrived is not fetched again")
        self.assertEqual(box.sql("SELECT count(*) FROM event WHERE kind = 'image.imported'"), ["1"])

    def test_P14_a_checksum_that_was_found_is_compared_after_a_crash_although_it_is_gone(self):
        wrong = self.sums["/iso/SHA256SUMS"].replace(self.digest.encode(), b"1" * 64)
        server, box = self.serve({"/iso/SHA256SUMS": wrong}), self.start()
        one = self.halt_at(box, server, 10_000_000, 9)
        del server.files["/iso/SHA256SUMS"]
        box.kill("sprout-orchestrator")
        self.go_on(server)
        ended = self.end(box, one)
        self.assertIn(f"but {'1' * 64} was expected", ended["problem"])
        self.assertEqual(box.get("/api/images").json["images"], [])

    def test_what_was_changed_while_nobody_fetched_is_not_put_together_with_what_it_was(self):
        server, box = self.serve(), self.start()
        one = self.halt_at(box, server, 10_000_000, 9)
        box.stop()
        server.tag = '"two"'
        self.go_on(server)
        box.start()
        ended = self.end(box, one)
        self.assertIn("it was changed on the server meanwhile. Try again, and it begins anew.", ended["problem"])
        self.assert_imported(box, self.end(box, self.begin(box, server.url(NAME))))

    def test_several_are_fetched_at_once_and_taken_apart_one_after_the_other(self):
        older, _ = synthetic_iso(self.folder / "older", "9.1", 12_000_000)
        newer, _ = synthetic_iso(self.folder / "newer", "9.3", 2_000_000)
        server = self.serve({f"/iso/{older.name}": older.read_bytes()})
        box = self.start()
        first = self.halt_at(box, server, 10_000_000, 9)
        second = self.begin(box, server.url(f"/iso/{older.name}"))
        until(lambda: self.received(box) == 18 * MEBIBYTE, what="both to be halted")
        self.assertEqual(box.cli("images", "import", str(newer)).returncode, 0, "an upload is in nobody's way")
        self.go_on(server)
        self.assertEqual({self.end(box, one).get("image") for one in [first, second]}, {IMAGE, "proxmox-ve-9.1-1"})
        self.assertEqual(len(box.get("/api/images").json["images"]), 3)

    # What cannot be

    def test_P14_another_checksum_refuses_it(self):
        server = self.serve({"/iso/SHA256SUMS": self.sums["/iso/SHA256SUMS"].replace(self.digest.encode(), b"1" * 64)})
        box = self.start()
        for more, wrong in [({}, "1" * 64), ({"sha256": "2" * 64}, "2" * 64)]:
            ended = self.end(box, self.begin(box, server.url(NAME), **more))
            self.assertIn(f"its SHA-256 is {self.digest}, but {wrong} was expected", ended["problem"])
            self.assertEqual(box.request("DELETE", f"/api/images/downloads/{ended['id']}").status, 204)
            self.assertIsNone(self.shown(box, ended))
            until(lambda: list(self.incoming(box).iterdir()) == [], what="nothing to be left")
        self.assertEqual(box.get("/api/images").json["images"], [])
        self.assert_imported(box, self.end(box, self.begin(box, server.url(NAME), sha256=self.digest)))

    def test_P14_what_cannot_be_fetched_is_refused_at_once_at_the_field(self):
        server = self.serve({"/iso/notes.txt": b"x" * 100_000})
        server.redirects = {
            "/self": f"http://127.0.0.2:{server.server.server_port}{NAME}", "/file": "file:///etc/passwd",
            "/link": "http://169.254.169.254/latest/meta-data"}
        gone, box = free_port(), self.start()
        unix = box.state / "run" / "command.sock"
        for url, words in [
                ("ftp://example.org/x.iso", "begins with http:// or https://"),
                (f"unix://{unix}", "begins with http:// or https://"), ("", "begins with http:// or https://"),
                ("http://anna:secret@127.0.0.1/x.iso", "with a name and a password"),
                (f"http://127.0.0.1/{'x' * 3000}", "at most 2000 characters"),
                (server.url("/iso/none.iso"), "no such file (404)"), (server.url("/iso/"), "is a folder"),
                (server.url("/iso/notes.txt"), "does not begin as an ISO does"),
                (server.url("/self"), "it leads to 127.0.0.2, which is this machine itself"),
                (f"http://[::1]:{gone}/x.iso", "it leads to ::1, which is this machine itself"),
                (server.url("/link"), "it leads to 169.254.169.254, which its own link alone reaches"),
                (server.url("/file"), "redirected to what is not followed"),
                ("http://nowhere.invalid/x.iso", "there is no host nowhere.invalid"),
                (f"http://127.0.0.1:{gone}/x.iso", "nobody answers there")]:
            with self.subTest(url):
                refused = box.request("POST", "/api/images/downloads", {"url": url})
                self.assertEqual((refused.status, refused.json.get("field")), (422, "url"), refused.body)
                self.assertIn(words, refused.json["detail"])
                self.assertNotIn("secret", refused.json["detail"])
        server.missing = (200, "text/html", b"<html>sign in</html>")
        refused = box.request("POST", "/api/images/downloads", {"url": server.url("/x.iso")})
        self.assertIn("is a web page, and no ISO: give the address of the ISO itself.", refused.json["detail"])
        wrong = box.request("POST", "/api/images/downloads", {"url": server.url(NAME), "sha256": "abc"})
        self.assertEqual((wrong.status, wrong.json["field"]), (422, "sha256"))
        server.size_told = 5 << 30
        large = box.request("POST", "/api/images/downloads", {"url": server.url(NAME)})
        self.assertEqual((large.status, large.json["field"]), (413, "url"))
        self.assertIn("larger than 4 GiB", large.json["detail"])
        server.size_told, server.tells_size = None, False
        refused = box.request("POST", "/api/images/downloads", {"url": server.url(NAME)})
        self.assertIn("does not say how large it is", refused.json["detail"])
        self.assertEqual(box.get("/api/images/imports").json["imports"], [])
        self.assertEqual(list(self.incoming(box).iterdir()), [])

    def test_what_leaves_the_database_no_room_is_refused_before_it_is_fetched(self):
        server = self.serve()
        box = Sprout()
        # A disk of 600 MB, which Sprout alone sees.
        (box.state / "images").mkdir()
        small = f'mount -t tmpfs -o size=600m none {box.state}/images && exec "$@"'
        box.prefix = [
            "env", "SPROUT_FETCH_BESIDES=127.0.0.1", "unshare", "--map-root-user", "--mount", "sh", "-ec", small, "sh"]
        self.enterContext(box)
        server.size_told = 50_000_000
        refused = box.request("POST", "/api/images/downloads", {"url": server.url(NAME)})
        self.assertEqual(refused.status, 507, refused.body)
        self.assertIn("500 MB are kept for the database", refused.json["detail"])
        self.assertEqual(box.get("/api/images/imports").json["imports"], [])

    def test_nothing_of_this_machine_is_fetched_unless_it_is_excepted(self):
        server, box = self.serve(), self.start(besides="")
        addresses = subprocess.run(["hostname", "--all-ip-addresses"], capture_output=True, text=True).stdout.split()
        for address in ["127.0.0.1", *[address for address in addresses if ":" not in address]]:
            url = server.url(NAME).replace("127.0.0.1", address)
            refused = box.request("POST", "/api/images/downloads", {"url": url})
            self.assertEqual(refused.status, 422)
            self.assertIn(f"it leads to {address}, which is this machine itself", refused.json["detail"])
        self.assertEqual(server.asked, [])

    # Who is away

    def test_a_cancelled_download_leaves_nothing_and_may_begin_anew(self):
        server, box = self.serve(self.sums), self.start()
        one = self.halt_at(box, server, 10_000_000, 9)
        again = self.begin(box, server.url(NAME))
        self.assertEqual(again["id"], one["id"], "the same wish is carried out once")
        otherwise = box.request("POST", "/api/images/downloads", {"url": server.url(NAME), "sha256": "0" * 64})
        self.assertEqual(otherwise.status, 409, otherwise.body)
        self.assertEqual(box.request("DELETE", f"/api/images/downloads/{one['id']}").status, 204)
        self.assertEqual((self.shown(box, one), list(self.incoming(box).iterdir())), (None, []))
        self.assertEqual(box.request("DELETE", f"/api/images/downloads/{one['id']}").status, 404)
        self.go_on(server)
        self.assert_imported(box, self.end(box, self.begin(box, server.url(NAME))))

    def test_without_sprout_fetch_it_is_said_who_does_not_answer(self):
        server, box = self.serve(self.sums), self.start()
        pid = box.pid("sprout-fetch")
        os.kill(pid, signal.SIGSTOP)
        try:
            refused = box.request("POST", "/api/images/downloads", {"url": server.url(NAME)})
            self.assertEqual(refused.status, 422)
            self.assertIn("gives nothing within 8 s", refused.json["detail"])
        finally:
            os.kill(pid, signal.SIGCONT)

    def test_a_viewer_fetches_nothing(self):
        box = self.start()
        token = box.new_token("looks", "viewer")
        headers = {"Authorization": f"Bearer {token}"}
        answer = box.request("POST", "/api/images/downloads", {"url": "http://127.0.0.1/x.iso"}, headers)
        self.assertEqual(answer.status, 403)
        self.assertEqual(box.request("DELETE", "/api/images/downloads/0", None, headers).status, 403)


if __name__ == "__main__":
    unittest.main()
