"""P5: the golden answers, read by a TOML reader that is not ours, and held to what each release's installer takes."""

import ipaddress
import pathlib
import re
import tomllib
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "RecipesTests" / "GoldenAnswers"
RELEASES = ["8.3", "8.4", "9.0", "9.1", "9.2"]

GLOBAL = {
    "country", "fqdn", "keyboard", "mailto", "timezone", "root-password-hashed", "root-ssh-keys", "reboot-on-error"}
TABLES = {
    "lvm": {"hdsize", "swapsize", "maxroot", "maxvz", "minfree"},
    "zfs": {"raid", "ashift", "arc-max", "checksum", "compress", "copies", "hdsize"},
    "btrfs": {"raid", "compress", "hdsize"},
}
FEWEST = {
    "zfs": {"raid0": 1, "raid1": 2, "raid10": 4, "raidz-1": 3, "raidz-2": 4, "raidz-3": 5},
    "btrfs": {"raid0": 1, "raid1": 2, "raid10": 4},
}


def answers(release):
    """Every answer of a release by its heading."""
    parts = re.split(r"^######## (.*)\n", (FOLDER / f"{release}.txt").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def spelled(keys, release):
    """Underscores until 8.3: an unknown key ends the installation."""
    return {key.replace("-", "_") for key in keys} if release == "8.3" else set(keys)


def each(check):
    """Runs a test for every answer of every release that has any."""
    def checks(self):
        for release in RELEASES:
            for heading, text in answers(release).items():
                with self.subTest(release=release, answer=heading):
                    check(self, release, heading, tomllib.loads(text))
    return checks


class GoldenAnswersTest(unittest.TestCase):
    def test_P5_every_release_has_every_answer_and_8_2_none(self):
        headings = [list(answers(release)) for release in ["8.2", *RELEASES]]
        self.assertEqual(len(headings[0]), 21)
        self.assertTrue(all(one == headings[0] for one in headings))
        for text in answers("8.2").values():
            self.assertEqual(tomllib.loads(text), {})
            self.assertIn("# refused: release: ", text)

    @each
    def test_P5_P19_each_release_gets_the_keys_that_it_knows(self, release, _heading, answer):
        self.assertEqual(
            set(answer), {"global", "network", "disk-setup", "post-installation-webhook", "first-boot"})
        mode = {"reboot-mode"} if release >= "8.4" else set()
        self.assertEqual(set(answer["global"]), spelled(GLOBAL, release) | mode)
        hashed = answer["global"][spelled({"root-password-hashed"}, release).pop()]
        self.assertRegex(hashed, r"^\$y\$")
        webhook = {"url"} | spelled({"cert-fingerprint"}, release) | ({"auth-token"} if release >= "9.2" else set())
        self.assertLessEqual(set(answer["post-installation-webhook"]), webhook)
        self.assertEqual("auth-token" in answer["post-installation-webhook"], release >= "9.2")
        self.assertNotEqual("token=" in answer["post-installation-webhook"]["url"], release >= "9.2")
        self.assertLessEqual(
            set(answer["first-boot"]), {"source", "ordering", "url", "cert-fingerprint"})
        self.assertIn("token=", answer["first-boot"]["url"])

    @each
    def test_P5_P20_the_network_is_the_one_of_the_case(self, release, heading, answer):
        network = answer["network"]
        if "DHCP" in heading:
            self.assertEqual(network, {"source": "from-dhcp"})
            return
        pinning = network.pop("interface-name-pinning", None)
        self.assertEqual(set(network), {"source", "cidr", "gateway", "dns", "filter"})
        self.assertIn("/", network["cidr"])
        self.assertIn(
            ipaddress.ip_address(network["gateway"]), ipaddress.ip_interface(network["cidr"]).network)
        self.assertEqual(network["filter"], {"ID_NET_NAME_MAC": "*bc2411498d75"})
        if "pinning" in heading and release >= "9.1":
            self.assertEqual(pinning, {"enabled": True, "mapping": {"bc:24:11:49:8d:75": "mgmt0"}})
        else:
            self.assertIsNone(pinning, "the section alone pins, whatever is in it")

    @each
    def test_P5_E11_disks_are_named_in_one_way_and_are_enough(self, release, heading, answer):
        setup = answer["disk-setup"]
        names = setup.pop(spelled({"disk-list"}, release).pop(), None)
        pattern = setup.pop("filter", None)
        self.assertNotEqual(names is None, pattern is None)
        kind = setup.pop("filesystem")
        self.assertTrue(heading.startswith(kind))
        family = "lvm" if kind in ("ext4", "xfs") else kind
        options = setup.pop(family, {})
        self.assertEqual(setup, {}, "there are options of another file system, or a key that is unknown")
        self.assertLessEqual(set(options), spelled(TABLES[family], release))
        if names:
            self.assertEqual(len(names), FEWEST.get(kind, {}).get(options.get("raid"), 1))
            self.assertTrue(all(re.fullmatch(r"/dev/[a-z0-9]+", name) for name in names))
        for size in set(options) & {"hdsize", "swapsize", "maxroot", "maxvz", "minfree"}:
            self.assertIsInstance(options[size], float)


if __name__ == "__main__":
    unittest.main()
