"""A box as it is installed: its units, its users and its nginx, and machines that are rehearsed on it."""

import re
import shutil
import unittest

import test_units
from container import Container
from harness import until


@unittest.skipIf(Container.obstacle(), Container.obstacle())
class RehearsalUnitsTest(unittest.TestCase):
    def test_machines_are_installed_by_the_confined_daemons_through_the_boxs_own_nginx(self):
        container = Container()
        self.addCleanup(container.close)
        test_units.UnitsTest.install(container)
        shutil.copy(test_units.programs() / "sprout", container.layer / "usr/lib/sprout/sprout")
        container.write(
            "etc/sprout/server-types.yaml", test_units.server_types("vm") + "  plug:\n    boot_disk: /dev/vda\n    power:\n"
            "      kind: http\n      on_url: http://127.0.0.1:9/on\n  near:\n    boot_disk: /dev/vda\n    network:\n"
            "      mode: static\n      cidr: 10.99.0.0/24\n      gateway: 10.99.0.9\n      dns: 10.99.0.9\n")
        container.boot()
        until(lambda: container.output("systemctl", "is-active", "sprout-web").strip() == "active", 20, "sprout-web")
        try:
            made = container.output("/usr/lib/sprout/sprout", "tokens", "create", "--name", "rehearsal", "--role", "operator")
            container.path("/root/token").write_text(made.splitlines()[-1])
            words = ["/usr/lib/sprout/sprout", "rehearse", "--hosts", "3", "--speed", "2000", "--url", "http://127.0.0.1",
                     "--token-file", "/root/token"]
            table = container.output(*words, timeout=90)
            self.assertEqual(table.count(" ready"), 3, table)
            journal = container.output("journalctl", "--no-pager", "SPROUT_HOST=rehearsal-01", "--output=cat")
            self.assertIn("rehearsal-01 is now installed", journal)
            sprout = "/usr/lib/sprout/sprout"
            container.output(sprout, "hosts", "add", "pve-1", "--mac", "52:54:00:00:00:01", "--type", "plug")
            tried = container.run(sprout, "hosts", "power", "pve-1", "on").stderr
            self.assertIn("nobody answers there", tried, "the orchestrator may reach out")
            container.output("ip", "address", "add", "10.99.0.1/24", "dev", "lo")
            container.output(
                sprout, "hosts", "add", "pve-2", "--mac", "52:54:00:00:00:02", "--type", "near", "--address", "10.99.0.1")
            container.output(sprout, "rehearse", "iso", "/tmp/a.iso", "--release", "9.2", "--size", "1")
            container.output(sprout, "images", "import", "/tmp/a.iso")
            image = re.search(r"proxmox-ve-\S+", container.output(sprout, "images", "list"))[0]
            plan = container.run(sprout, "hosts", "rebuild", "pve-2", "--image", image, "--dry-run")
            self.assertIn("10.99.0.1 is the address of this box", plan.stdout + plan.stderr, "it may look at its networks")
            clock = container.output(
                "/usr/bin/sqlite3", "-readonly", "/var/lib/sprout/db/sprout.db", "SELECT value FROM setting WHERE key = 'clock'")
            self.assertRegex(clock, r"^[0-9a-f]{32} \d+ \d+$", "it knows which start of the machine this is")
            key = container.output("stat", "--format=%U %a", "/var/lib/sprout/key", "/var/lib/sprout/key/sealing-key")
            self.assertEqual(key, "sprout-orchestrator 700\nsprout-orchestrator 600\n")
            leaked = container.run("grep", "--recursive", "--files-with-matches", "token=", "/var/log", "/run/sprout-nginx").stdout
            self.assertEqual(leaked, "")
            self.assertNotIn("token=", container.output("journalctl", "--no-pager", "--output=cat"))
        except BaseException:
            print(container.journal())
            raise


if __name__ == "__main__":
    unittest.main()
