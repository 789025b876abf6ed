"""An ISO as it was downloaded becomes an image that machines can load."""

import gzip
import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time
import unittest

from harness import Sprout, until


def synthetic_iso(folder, release="9.2", size=30_000_000, kernel=b"kernel" * 1000, initrd=None):
    """The files that an importer looks for, in an ISO made as the real ones are; gives the initrd too, not packed."""
    folder = pathlib.Path(folder)
    root = folder / "root"
    for name in ["boot", ".disk"]:
        (root / name).mkdir(parents=True)
    lines = f"PRODUCT='pve'\nPRODUCTLONG='Proxmox VE'\nRELEASE='{release}'\nISORELEASE='1'\n"
    (root / ".cd-info").write_text(lines)
    (root / ".disk" / "info").write_text(lines)
    (root / "auto-installer-capable").touch()
    (root / "boot" / "linux26").write_bytes(kernel)
    (root / "pve-base.squashfs").write_bytes(hashlib.shake_128(release.encode()).digest(size))
    initrd = initrd or hashlib.shake_128(b"initrd").digest(500_000)
    subprocess.run(["zstd", "-q", "-o", root / "boot" / "initrd.img"], input=initrd, check=True)
    iso = folder / f"proxmox-ve_{release}-1.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "PVE", "-o", iso, root], check=True, capture_output=True)
    return iso, initrd


class ImagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.iso, cls.initrd = synthetic_iso(cls.folder)

    def test_P14_an_iso_is_imported_listed_verified_and_removed(self):
        with Sprout() as box:
            self.assertIn("No image yet", box.cli("images", "list").stdout)
            digest = hashlib.sha256(self.iso.read_bytes()).hexdigest()
            done = box.cli("images", "import", str(self.iso), "--sha256", digest)
            self.assertEqual((done.returncode, done.stdout), (0, "proxmox-ve-9.2-1 is ready to be installed.\n"), done.stderr)
            image = box.get("/api/images/proxmox-ve-9.2-1").json
            self.assertEqual((image["release"], image["sha256"]), ("9.2", digest))
            place = box.state / "images" / "proxmox-ve-9.2-1"
            self.assertEqual(sorted(file.name for file in place.iterdir()), ["body", "initrd.img", "tail", "vmlinuz"])
            self.assertEqual(gzip.decompress((place / "initrd.img").read_bytes()), self.initrd)
            for file in image["files"]:
                self.assertEqual(hashlib.sha256((place / file["name"]).read_bytes()).hexdigest(), file["sha256"])
            self.assertEqual(list((box.state / "images" / ".incoming").iterdir()), [], "nothing is left behind")
            self.assertIn(digest, box.cli("images", "show", "proxmox-ve-9.2-1").stdout)
            self.assertEqual(box.cli("images", "verify", "proxmox-ve-9.2-1").returncode, 0)
            again = box.cli("images", "import", str(self.iso))
            self.assertEqual(again.returncode, 1)
            self.assertIn("proxmox-ve-9.2-1 is already there: remove it first", again.stderr)
            self.assertEqual(box.cli("images", "remove", "proxmox-ve-9.2-1").returncode, 0)
            self.assertFalse(place.exists())
            self.assertEqual(box.get("/api/images/proxmox-ve-9.2-1").status, 404)

    def test_E20_a_changed_file_is_told_with_both_checksums(self):
        with Sprout() as box:
            self.assertEqual(box.cli("images", "import", str(self.iso)).returncode, 0)
            body = box.state / "images" / "proxmox-ve-9.2-1" / "body"
            content = body.read_bytes()
            before = hashlib.sha256(content).hexdigest()
            with open(body, "r+b") as file:
                file.seek(1000)
                file.write(b"x")
            damaged = box.cli("images", "verify", "proxmox-ve-9.2-1")
            self.assertEqual(damaged.returncode, 1)
            self.assertIn(hashlib.sha256(body.read_bytes()).hexdigest(), damaged.stderr)
            self.assertIn(before, damaged.stderr)
            listed = box.cli("images", "list").stdout
            self.assertIn("  damaged\n", listed)
            self.assertIn(before, listed)
            self.assertIn(before, box.get("/api/images/proxmox-ve-9.2-1").json["damage"])
            with open(body, "r+b") as file:
                file.seek(1000)
                file.write(content[1000:1001])
            self.assertEqual(box.cli("images", "verify", "proxmox-ve-9.2-1").returncode, 0)
            self.assertIn("  ready\n", box.cli("images", "list").stdout)
            self.assertNotIn("damage", box.get("/api/images/proxmox-ve-9.2-1").json)

    @staticmethod
    def let_a_day_pass(box):
        """Moves the last check of the image to the day before yesterday."""
        box.stop()
        database = sqlite3.connect(box.state / "db" / "sprout.db")
        with database:
            body = json.loads(database.execute("SELECT body FROM image").fetchone()[0])
            body["imported_at" if "checked_at" not in body else "checked_at"] = "2026-01-01T00:00:00.000Z"
            database.execute("UPDATE image SET body = ?", [json.dumps(body)])
        database.close()
        box.start()

    def test_E20_an_image_is_read_once_a_day_and_damage_is_told_once(self):
        with Sprout() as box:
            self.assertEqual(box.cli("images", "import", str(self.iso)).returncode, 0)
            body = box.state / "images" / "proxmox-ve-9.2-1" / "body"
            content = body.read_bytes()
            self.assertEqual(box.cli("images", "verify", "proxmox-ve-9.2-1").returncode, 0)
            body.write_bytes(b"x" + content[1:])

            def image():
                return box.get("/api/images/proxmox-ve-9.2-1").json

            before = image()["checked_at"]
            box.stop()
            box.start()
            self.assertEqual((image()["checked_at"], "damage" in image()), (before, False), "a start is no reason to read it")
            self.let_a_day_pass(box)
            until(lambda: image()["checked_at"] >= before, what="the day's check")
            for file in [body.read_bytes(), content]:
                self.assertIn(hashlib.sha256(file).hexdigest(), image()["damage"])
            self.assertIn("proxmox-ve-9.2-1 is damaged: the SHA-256 of", box.log())
            first = image()["checked_at"]
            self.let_a_day_pass(box)
            until(lambda: image()["checked_at"] > first, what="the next day's check")
            told = box.sql("SELECT message FROM event WHERE kind = 'image.damaged'")
            self.assertEqual(len(told), 1, told)
            for file in [body.read_bytes(), content]:
                self.assertIn(hashlib.sha256(file).hexdigest(), told[0])

    def test_what_is_no_such_iso_is_refused_and_leaves_nothing(self):
        with Sprout() as box, tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder) / "notes.iso"
            other.write_bytes(b"x" * 100_000)
            old, _ = synthetic_iso(pathlib.Path(folder) / "old", "7.4", 1_000_000)
            cut = pathlib.Path(folder) / "cut.iso"
            cut.write_bytes(self.iso.read_bytes()[:-5_000_000])
            for iso, words, more in [
                    (other, "does not begin as an ISO does", []), (old, "needs 8.2 or newer", []),
                    (cut, "it is cut off", []), (self.iso, "was expected", ["--sha256", "0" * 64])]:
                refused = box.cli("images", "import", str(iso), *more)
                self.assertEqual(refused.returncode, 1)
                self.assertIn(words, refused.stderr)
                self.assertIn(iso.name, refused.stderr)
            self.assertEqual(box.get("/api/images").json["images"], [])
            self.assertEqual(list((box.state / "images" / ".incoming").iterdir()), [])
            self.assertEqual(box.cli("images", "import", "/nowhere.iso").returncode, 1)

    def test_what_is_left_of_an_import_or_an_upload_that_was_broken_off_is_in_nobodys_way(self):
        with Sprout() as box:
            images = box.state / "images"
            (images / "proxmox-ve-9.2-1").mkdir()
            (images / "proxmox-ve-9.2-1" / "body").write_bytes(b"half")
            for name, days in [("abcd", 8), ("0123", 6)]:
                upload = images / ".incoming" / name
                upload.mkdir()
                (upload / "iso").write_bytes(b"x")
                moment = time.time() - days * 86400
                os.utime(upload / "iso", (moment, moment))
            self.assertEqual(box.cli("images", "import", str(self.iso)).returncode, 0)
            self.assertEqual(box.cli("images", "verify", "proxmox-ve-9.2-1").returncode, 0)
            box.stop()
            box.start()
            until(lambda: [place.name for place in (images / ".incoming").iterdir()] == ["0123"], what="the old one to go")

    def test_P14_an_upload_goes_on_where_it_stopped(self):
        content = self.iso.read_bytes()
        with Sprout() as box:
            wish = {"name": self.iso.name, "size": len(content)}
            upload = box.request("POST", "/api/images/uploads", wish).json
            bytes_ = {"Content-Type": "application/octet-stream"}
            path = f"/api/images/uploads/{upload['id']}?offset="
            for offset in range(0, 3 << 20, 1 << 20):
                answer = box.request("PUT", path + str(offset), content[offset:offset + (1 << 20)], bytes_)
                self.assertEqual((answer.status, answer.json["received"]), (200, offset + (1 << 20)))
            self.assertEqual(box.request("PUT", path + "0", content[:100], bytes_).status, 409)
            early = box.request("POST", f"/api/images/uploads/{upload['id']}/import", {})
            self.assertEqual(early.status, 409)
            box.stop()
            box.start()
            self.assertEqual(box.request("POST", "/api/images/uploads", wish).json["received"], 3 << 20)
            self.assertEqual(box.cli("images", "import", str(self.iso)).returncode, 0)
            self.assertEqual(len(box.get("/api/images").json["images"]), 1)
            until(lambda: not box.get("/api/images/imports").json["imports"][0].get("problem"), 3)


if __name__ == "__main__":
    unittest.main()
