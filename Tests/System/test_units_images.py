"""An import under the real units: what takes an ISO apart runs within the confinement of the orchestrator."""

import json
import pathlib
import shutil
import tempfile
import unittest

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
            except BaseException:
                print(container.journal())
                raise


if __name__ == "__main__":
    unittest.main()
