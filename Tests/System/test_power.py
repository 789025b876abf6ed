"""The power drivers against a Redfish service that nobody here wrote: sushy-tools' emulator, over TLS, with a login."""

import base64
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from fileserver import make_certificate
from harness import ROOT, free_port, until

# The machines that RedfishEmulatorTests.swift asks for.
MACHINES = [
    {"uuid": "27946b59-9e44-4fa7-8e91-f3527a1ef094", "name": "one", "power_state": "Off",
     "nics": [{"mac": "52:54:00:aa:bb:01", "ip": "192.0.2.1"}]},
    {"uuid": "4c4c4544-0058-4b10-805a-b7c04f335032", "name": "two", "power_state": "On",
     "nics": [{"mac": "52:54:00:aa:bb:02", "ip": "192.0.2.2"}]},
]
PASSWORD = "a:pass word"


class PowerTest(unittest.TestCase):
    def setUp(self):
        import bcrypt  # It comes with the emulator.

        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        certificate = make_certificate(self.folder)
        digest = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        (self.folder / "users").write_text(f"admin:{digest}\n")
        self.port = free_port()
        config = {
            "SUSHY_EMULATOR_LISTEN_IP": "127.0.0.1", "SUSHY_EMULATOR_LISTEN_PORT": self.port,
            "SUSHY_EMULATOR_SSL_CERT": str(certificate), "SUSHY_EMULATOR_SSL_KEY": str(self.folder / "key.pem"),
            "SUSHY_EMULATOR_AUTH_FILE": str(self.folder / "users"), "SUSHY_EMULATOR_STATE_DIR": str(self.folder),
            "SUSHY_EMULATOR_FAKE_DRIVER": True, "SUSHY_EMULATOR_FAKE_SYSTEMS": MACHINES,
        }
        (self.folder / "emulator.conf").write_text("".join(f"{key} = {value!r}\n" for key, value in config.items()))
        self.log = open(self.folder / "log", "wb")
        self.addCleanup(self.log.close)
        program = pathlib.Path(sys.executable).with_name("sushy-emulator")
        self.assertTrue(program.exists(), f"{program} is missing: run make venv")
        self.emulator = subprocess.Popen(
            [program, "--config", self.folder / "emulator.conf"], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log)
        self.addCleanup(self.emulator.wait)
        self.addCleanup(self.emulator.terminate)
        until(self.answers, 30, "the emulator's answer")

    def answers(self):
        self.assertIsNone(self.emulator.poll(), (self.folder / "log").read_text())
        try:
            return self.get("/redfish/v1/")
        except OSError:
            return None

    def get(self, path):
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}")
        login = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {login}")
        context = ssl.create_default_context(cafile=self.folder / "cert.pem")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        with opener.open(request, timeout=5) as answer:
            return json.loads(answer.read())

    def test_a_real_redfish_service_is_switched(self):
        url = f"https://admin:{PASSWORD}@127.0.0.1:{self.port}"
        # A proxy that swallows everything must not come in between.
        environment = os.environ | {"SPROUT_EMULATOR": url, "https_proxy": "http://127.0.0.1:1"}
        done = subprocess.run(
            ["swift", "test", "--skip-build", "--filter", "RedfishEmulatorTests"], cwd=ROOT, env=environment,
            capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"Test run with 5 tests in 1 suite passed")
        # The emulator's own word, asked for by somebody else.
        one = self.get(f"/redfish/v1/Systems/{MACHINES[0]['uuid']}")
        self.assertEqual((one["PowerState"], one["Boot"]["BootSourceOverrideTarget"]), ("Off", "Pxe"))
        self.assertEqual(one["Boot"]["BootSourceOverrideMode"], "UEFI")
        two = self.get(f"/redfish/v1/Systems/{MACHINES[1]['uuid']}")
        self.assertEqual((two["PowerState"], two["Boot"]["BootSourceOverrideTarget"]), ("On", "Hdd"))
        resets = re.findall(r"POST (\S+)/Actions/ComputerSystem.Reset", (self.folder / "log").read_text())
        self.assertEqual(resets, [f"/redfish/v1/Systems/{MACHINES[0]['uuid']}"] * 3)

    def test_what_is_no_service_is_told_and_not_passed_over(self):
        for url in ["/nowhere", f"https://127.0.0.1:{self.port}"]:
            done = subprocess.run(
                ["swift", "test", "--skip-build", "--filter", "RedfishEmulatorTests"], cwd=ROOT,
                env=os.environ | {"SPROUT_EMULATOR": url}, capture_output=True, text=True, timeout=300)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f'SPROUT_EMULATOR is "{url}", and not https://user:password@host:port.', done.stdout)


if __name__ == "__main__":
    unittest.main()
