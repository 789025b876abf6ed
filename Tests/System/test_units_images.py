"""An import under the real units: what takes an ISO apart runs within the confinement of the orchestrator."""

import json
import pathlib
import shutil
import tempfile
import unittest
import uuid

import test_units
from container import Container
from harness import until
from test_images import synthetic_iso


@unittest.skipIf(Container.obstacle(), Container.obstacle())
class ImageUnitsTest(unittest.TestCase):
    def test_P14_an_iso_is_imported_by_the_confined_orchestrator(self):
        container = Container()
        self.addCleanup(container.close)
        test_units.UnitsTest.install(container)
        shutil.copy(test_units.programs() / "sprout", container.layer / "usr/lib/sprout/sprout")
        with tempfile.TemporaryDirectory() as folder:
            iso, _ = synthetic_iso(pathlib.Path(folder), size=2_000_000)
            (container.layer / "srv").mkdir(exist_ok=True)
            shutil.copy(iso, container.layer / "srv" / iso.name)
            # Its file server is this machine itself.
            container.write(
                "etc/systemd/system/sprout-fetch.service.d/test.conf",
                "[Service]\nEnvironment=SPROUT_FETCH_BESIDES=127.0.0.1\n")
            container.boot()
            until(lambda: container.output("systemctl", "is-active", "sprout-web").strip() == "active", 20, "sprout-web")
            try:
                said = container.output("/usr/lib/sprout/sprout", "images", "import", f"/srv/{iso.name}")
                self.assertEqual(said, "proxmox-ve-9.2-1 is ready to be installed.\n")
                listed = container.output("/usr/lib/sprout/sprout", "images", "list", "-o", "json")
                self.assertEqual([image["id"] for image in json.loads(listed)["images"]], ["proxmox-ve-9.2-1"])
                place = "/var/lib/sprout/images/proxmox-ve-9.2-1"
                owners = container.output("stat", "--format=%U %a", f"{place}/body", f"{place}/tail")
                self.assertEqual(owners, "sprout-orchestrator 644\n" * 2)
                self.download(container, iso.name)
            except BaseException:
                print(container.journal())
                raise

    def download(self, container, name):
        """The same, fetched by the confined sprout-fetch."""
        def ask(method, path, body=None):
            more = ["--header", "content-type: application/json", "--data", json.dumps(body)] if body else []
            return container.output(
                "curl", "--silent", "--fail-with-body", "--unix-socket", "/run/sprout/web.sock", "--request", method,
                "--header", f"x-request-id: {uuid.uuid4().hex}", *more, f"http://sprout{path}")

        container.output("/usr/lib/sprout/sprout", "images", "remove", "proxmox-ve-9.2-1")
        container.output(
            "systemd-run", "--unit=files", "python3", "-m", "http.server", "--bind=127.0.0.1", "--directory=/srv", "8000")
        until(lambda: container.run("curl", "--silent", "--output", "/dev/null", "http://127.0.0.1:8000/").returncode == 0)
        one = json.loads(ask("POST", "/api/images/downloads", {"url": f"http://127.0.0.1:8000/{name}"}))

        def ended():
            imports = json.loads(ask("GET", "/api/images/imports"))["imports"]
            return next((now for now in imports if now["id"] == one["id"] and ("image" in now or "problem" in now)), None)

        self.assertEqual(until(ended, 30, "the end of the import", 0.2).get("image"), "proxmox-ve-9.2-1")


if __name__ == "__main__":
    unittest.main()
