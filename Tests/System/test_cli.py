"""The sprout command, as a person and as a script use it."""

import json
import os
import pty
import signal
import subprocess
import tempfile
import unittest

from harness import PROGRAMS, ROOT, Sprout, until


def sprout(*words, **options):
    return subprocess.run(
        [PROGRAMS / "sprout", *words], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, **options)


class HostsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = Sprout()
        cls.addClassCleanup(lambda: cls.box.__exit__(None))
        cls.box.start()

    def test_S21_lists_of_hosts_events_operations_and_types_are_filtered(self):
        self.box.cli("hosts", "add", "list-1", "--mac", "52:54:00:00:0b:01", "--type", "vm", "--label", "rack=zoo")
        self.box.cli("hosts", "add", "list-2", "--mac", "52:54:00:00:0b:02", "--type", "ms01")
        names = lambda *words: [host["hostname"] for host in json.loads(
            self.box.cli("hosts", "list", "-o", "json", *words).stdout)]
        self.assertEqual(names("--search", "list-", "--type", "ms01"), ["list-2"])
        self.assertEqual(names("--search", "zoo", "--in", "registered"), ["list-1"])
        self.assertEqual(self.box.cli("hosts", "list", "--in", "ready").stdout, "No host is like that.\n")
        wrong = self.box.cli("hosts", "list", "--in", "redy")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("Did you mean ready?", wrong.stderr)
        listed = self.box.cli("events", "list", "list-1", "--kind", "host.registered").stdout
        self.assertRegex(listed, r"ID +AT +KIND +WHAT +WHO\n\d+ .*host.registered +list-1 was registered as vm")
        self.assertEqual(len(listed.splitlines()), 2)
        page = json.loads(self.box.cli("events", "list", "--limit", "1", "-o", "json").stdout)
        self.assertEqual((len(page["events"]), page["next"]), (1, str(page["events"][0]["id"])))
        self.assertEqual(self.box.cli("events", "list", "nobody").returncode, 1)
        self.assertEqual(self.box.cli("operations", "list", "list-1").stdout, "Nothing was done yet.\n")
        self.assertIn("There is no operation none", self.box.cli("operations", "show", "none").stderr)
        self.assertRegex(self.box.cli("types", "list").stdout, r"vm +Virtual machine +/dev/vda +manual")
        self.assertRegex(self.box.cli("types", "show", "ms01").stdout, r"boot disk +/dev/nvme0n1")
        self.assertIn("There are: ms01, vm", self.box.cli("types", "show", "toaster").stderr)
        for host in ["list-1", "list-2"]:
            self.box.cli("hosts", "remove", host, "--yes")

    def test_the_manual_page_has_no_mistake(self):
        page = ROOT / "rootfs" / "usr" / "share" / "man" / "man1" / "sprout.1"
        shown = subprocess.run(
            ["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, text=True,
            env={**os.environ, "MANWIDTH": "100"})
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        for words in ["sprout doctor", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES"]:
            self.assertIn(words, shown.stdout)

    def test_hosts_are_added_listed_shown_and_removed(self):
        added = self.box.cli("hosts", "add", "pve-a", "--mac", "52:54:00:00:0a:01", "--mac", "5254.0000.0a02", "--type",
                             "ms01", "--label", "rack=a")
        self.assertEqual((added.returncode, added.stdout),
                         (0, "pve-a is registered as ms01, to boot from 52:54:00:00:0a:01.\n"), added.stderr)
        self.assertRegex(self.box.cli("hosts", "list").stdout, r"pve-a +registered +52:54:00:00:0a:01 +ms01 ")
        shown = self.box.cli("machines", "show", "52-54-00-00-0A-02").stdout
        self.assertIn("rack=a", shown)
        self.assertIn("pve-a was registered as ms01", shown)
        document = json.loads(self.box.cli("hosts", "show", "pve-a", "-o", "json").stdout)
        self.assertEqual(document["macs"], ["52:54:00:00:0a:01", "52:54:00:00:0a:02"])
        self.assertIn(document, json.loads(self.box.cli("hosts", "list", "-o", "json").stdout))
        self.assertEqual(self.box.cli("hosts", "remove", "pve-a").returncode, 2, "nobody is there to confirm")
        self.assertEqual(self.box.cli("hosts", "remove", "pve-a", "--yes").stdout, "pve-a is removed.\n")
        gone = self.box.cli("hosts", "show", "pve-a")
        self.assertEqual((gone.returncode, gone.stdout), (1, ""))
        self.assertIn('There is no host "pve-a"', gone.stderr)

    def test_a_host_is_changed_and_what_is_refused_is_told(self):
        self.box.cli("hosts", "add", "pve-s", "--mac", "52:54:00:00:05:01", "--type", "vm")
        shown = self.box.cli("hosts", "show", "pve-s").stdout
        self.assertIn("own disk  chosen by itself: exit on UEFI, sanboot on a BIOS\n", shown)
        changed = self.box.cli(
            "hosts", "set", "pve-s", "--local-boot", "file:/EFI/proxmox/grubx64.efi", "--netboot-program", "ipxe",
            "--hostname", "PVE-T", "--add-mac", "5254.0000.0502", "--type", "ms01", "--label", "rack=b")
        self.assertEqual(changed.returncode, 0, changed.stderr)
        self.assertEqual(
            changed.stdout, "pve-s: it is named pve-t; 52:54:00:00:05:02 is its own too; it is ms01, not vm; it has other"
            " labels; its netboot program is the one with drivers of its own (ipxe); its way to its own disk is"
            " the program \\EFI\\proxmox\\grubx64.efi on it.\n")
        shown = self.box.cli("hosts", "show", "pve-t").stdout
        self.assertIn("own disk  the program \\EFI\\proxmox\\grubx64.efi on it\n", shown)
        host = json.loads(self.box.cli("hosts", "set", "pve-t", "--mac", "52:54:00:00:05:02", "-o", "json").stdout)
        self.assertEqual((host["mac"], host["netboot_program"], host["local_boot"], host["labels"]),
                         ("52:54:00:00:05:02", "ipxe", "file:\\EFI\\proxmox\\grubx64.efi", {"rack": "b"}))
        again = self.box.cli("hosts", "set", "pve-t", "--netboot-program", "ipxe")
        self.assertEqual(again.stdout, "pve-t: it was so already.\n")
        for words, status, sentence in [
            (["--local-boot", "never"], 1, "There are: auto, exit, sanboot, file:PATH."),
            (["--local-boot", "file:/a b.efi"], 1, "only letters, digits and . _ - are allowed in its names"),
            (["--netboot-program", "grub"], 1, "There are: auto, snponly, ipxe."),
            (["--remove-mac", "52:54:00:00:05:02"], 1, "change mac to another one first"),
            ([], 2, "nothing to change is given"), (["--label", "x"], 2, "it must be KEY=VALUE"),
        ]:
            with self.subTest(words=words):
                result = self.box.cli("hosts", "set", "pve-t", *words)
                self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
                self.assertIn(sentence, result.stderr)

    def test_removing_asks_for_the_name(self):
        self.box.cli("hosts", "add", "pve-b", "--mac", "52:54:00:00:0b:01", "--type", "vm")
        for typed, status in [("no", 1), ("pve-b", 0)]:
            near, far = pty.openpty()
            process = subprocess.Popen(
                [PROGRAMS / "sprout", "hosts", "remove", "pve-b", "--state", self.box.state], stdin=far, stderr=far,
                stdout=subprocess.PIPE)
            os.close(far)
            question = b""
            while b": " not in question:
                question += os.read(near, 100)
            self.assertIn(b"Type pve-b to remove it: ", question)
            os.write(near, typed.encode() + b"\n")
            process.stdout.read()
            self.assertEqual(process.wait(10), status)
            process.stdout.close()
            os.close(near)

    def test_a_refusal_is_told_in_sprouts_words(self):
        result = self.box.cli("hosts", "add", "--mac", "nonsense", "--type", "vm")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, 'sprout: "nonsense" is not a MAC address: write six pairs of hexadecimal digits,'
                         " such as 52:54:00:12:34:56. (field: mac)\n")

    def test_a_url_a_socket_and_the_environment_lead_to_the_same_sprout(self):
        self.box.cli("hosts", "add", "pve-c", "--mac", "52:54:00:00:0c:01", "--type", "vm")
        for words, environment in [
            (["--url", self.box.url], {"SPROUT_TOKEN": self.box.token}), (["--socket", self.box.state / "run" / "web.sock"], {}),
            ([], {"SPROUT_STATE": str(self.box.state)}), ([], {"SPROUT_URL": self.box.url, "SPROUT_TOKEN": self.box.token}),
        ]:
            result = sprout("hosts", "show", "pve-c", *words, env={**os.environ, **environment})
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_watching_shows_what_happens_over_a_restart(self):
        process = subprocess.Popen(
            [PROGRAMS / "sprout", "watch", "--after", "0", "--state", self.box.state], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.assertIn("Server types, version 1", next(line for line in process.stdout if "version 1" in line))
        os.kill(self.box.pid("sprout-web"), signal.SIGKILL)
        self.box.cli("hosts", "add", "pve-w", "--mac", "52:54:00:00:0d:01", "--type", "vm")
        self.assertIn("pve-w was registered", next(line for line in process.stdout if "pve-w" in line))

    def test_watching_one_host_shows_no_other(self):
        self.box.cli("hosts", "add", "pve-x", "--mac", "52:54:00:00:0e:01", "--type", "vm")
        self.box.cli("hosts", "add", "pve-y", "--mac", "52:54:00:00:0e:02", "--type", "vm")
        process = subprocess.Popen(
            [PROGRAMS / "sprout", "watch", "pve-y", "--after", "0", "-o", "json", "--state", self.box.state],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.assertEqual(json.loads(next(process.stdout))["hostname"], "pve-y")


class AloneTest(unittest.TestCase):
    def test_where_no_sprout_answers_the_remedy_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            for words in [["--state", folder], ["--url", "http://127.0.0.1:1"], ["--url", "https://127.0.0.1:1"],
                          ["--socket", f"{folder}/s"]]:
                for verb in [["hosts", "list"], ["watch"]]:
                    result = sprout(*verb, *words)
                    self.assertEqual(result.returncode, 3, result.stderr)
                    self.assertIn("no Sprout answers at", result.stderr)

    def test_wrong_use_has_status_2_and_shows_the_usage(self):
        for words, sentence in [
            (["hosts", "ad"], 'there is no "hosts ad"; there are: hosts add, hosts list'),
            (["nonsense"], 'there is no "nonsense"'),
            (["hosts", "show"], "HOST is missing"),
            (["hosts", "add", "--type", "vm"], "--mac is missing"),
            (["hosts", "list", "--state", "a", "--url", "b"], "--state and --url exclude each other"),
            (["hosts", "list", "--url", "https://box", "--fingerprint", "AB:CD"], '"AB:CD" is no fingerprint'),
            (["hosts", "list", "--url", "http://box", "--fingerprint", "ab" * 32], "http://box shows no certificate"),
            (["hosts", "list", "--state", "a", "--fingerprint", "ab" * 32], "--fingerprint is for --url"),
            (["completion", "fish"], "there is no completion for fish"),
            (["watch", "--after", "yesterday", "--state", "/nowhere"], '--after is "yesterday"'),
        ]:
            with self.subTest(words=words):
                result = sprout(*words)
                self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
                self.assertIn(sentence, result.stderr)

    def test_help_is_there_for_everything(self):
        for words in [[], ["help"], ["--help"], ["help", "hosts"], ["hosts", "add", "--help"], ["help", "up"]]:
            result = sprout(*words)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("sprout", result.stdout)
        self.assertRegex(sprout("--version").stdout, r"^sprout \d+\.\d+\.\d+\n$")

    def test_the_examples_are_good_configuration(self):
        result = sprout("config", "check", ROOT / "deploy" / "provisioning.example.yaml")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.count(": good"), 2)

    def test_every_mistake_is_told_with_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/provisioning.yaml", "w") as file:
                file.write("pxe:\n  answer: everyone\nserver:\n  public_url: ftp://box\n")
            result = sprout("config", "check", f"{folder}/provisioning.yaml")
            self.assertEqual(result.returncode, 1)
            self.assertIn('provisioning.yaml:2:11: pxe.answer: found "everyone"', result.stderr)
            self.assertIn("provisioning.yaml:4:15: server.public_url: ", result.stderr)
            self.assertIn("server-types.yaml: No such file or directory", result.stderr)

    def test_completion_works_in_bash(self):
        script = sprout("completion", "bash").stdout
        for line, expected in [("sprout ho", "hosts"), ("sprout hosts ad", "add"), ("sprout hosts add --m", "--mac"),
                               ("sprout hosts set --local-boot s", "sanboot"),
                               ("sprout watch --u", "--url"), ("sprout completion z", "zsh"), ("sprout conf", "config")]:
            words = line.split(" ")
            command = (f"{script}\nCOMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _sprout;"
                       ' echo "${COMPREPLY[*]}"')
            result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
            self.assertEqual(result.stdout.split(), [expected], (line, result.stderr))

    def test_completion_loads_in_zsh(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/completion", "w") as file:
                file.write(sprout("completion", "zsh").stdout)
            script = f"autoload -U compinit; compinit -D; source {folder}/completion; echo $_comps[sprout]"
            result = subprocess.run(["zsh", "-fc", script], capture_output=True, text=True)
        self.assertIn("_sprout", result.stdout, result.stderr)


if __name__ == "__main__":
    unittest.main()
