"""An ISO as it was downloaded becomes an image that machines can load."""

import gzip
import hashlib
import pathlib
import subprocess
import tempfile
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
            before = hashlib.sha256(body.read_bytes()).hexdigest()
            with open(body, "r+b") as file:
                file.seek(1000)
                file.write(b"x")
            damaged = box.cli("images", "verify", "proxmox-ve-9.2-1")
            self.assertEqual(damaged.returncode, 1)
            self.assertIn(hashlib.sha256(body.read_bytes()).hexdigest(), damaged.stderr)
            self.assertIn(before, damaged.stderr)

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
