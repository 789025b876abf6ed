"""Hosts are switched on and off by a hook, as a person asks or an operation needs it."""

import http.server
import json
import threading
import unittest
import urllib.parse

from harness import Sprout, until
from installing import PROVISIONING, Machine, import_image


class Plug(http.server.ThreadingHTTPServer):
    """A smart plug on loopback, which notes what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), PlugHandler)
        self.asked, self.status, self.on = [], 200, {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def types(self, off=True, status=False):
        url = f"http://127.0.0.1:{self.server_port}"
        more = f"      off_url: {url}/off/{{host}}\n" if off else ""
        if status:
            more += f"      status: {{url: '{url}/status/{{host}}', key: ison}}\n"
        return (f"server_types:\n  vm:\n    boot_disk: /dev/vda\n    power:\n      kind: http\n      on_url: {url}/on/{{host}}\n{more}"
                "      secret_name: plug\n  hand:\n    boot_disk: /dev/vda\n")


class PlugHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        word, host = self.path.strip("/").split("/", 1)
        if word != "status" and self.server.status == 200:
            self.server.on[host] = word == "on"
        body = json.dumps({"ison": self.server.on.get(host, False)}).encode() if word == "status" else b""
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class PowerTest(unittest.TestCase):
    def setUp(self):
        self.plug = Plug()
        self.addCleanup(self.plug.server_close)
        self.addCleanup(self.plug.shutdown)
        self.box = self.enterContext(Sprout(provisioning=PROVISIONING, server_types=self.plug.types()))

    def events(self, kind):
        return self.box.sql(f"SELECT message FROM event WHERE kind = '{kind}' ORDER BY id")

    def test_a_person_switches_a_host_on_and_off_and_its_secret_goes_nowhere_else(self):
        box = self.box
        box.register(1, hostname="pve-1")
        box.register(2, hostname="pve-2", server_type="hand")
        stored = box.socket_request(
            "web.sock", "PUT", "/api/secrets/plug", {"value": "canary-token"},
            {"Content-Type": "application/json", "X-Request-Id": "set-1"})
        self.assertEqual(stored.status, 204, stored.body)
        done = box.cli("hosts", "power", "pve-1", "on")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Power for pve-1 was switched on", done.stdout)
        self.assertEqual(self.plug.asked, [("/on/pve-1", "Bearer canary-token")])
        self.assertEqual(box.cli("hosts", "power", "pve-1", "off").returncode, 2, "nobody confirmed")
        self.assertEqual(box.cli("hosts", "power", "pve-1", "off", "--hard", "--yes").returncode, 0)
        self.assertEqual(self.plug.asked[-1][0], "/off/pve-1")
        self.assertEqual(box.cli("hosts", "power", "pve-1", "state").stdout, "pve-1: unknown\n")
        self.assertIn("Press the power button of pve-2", box.cli("hosts", "power", "pve-2", "on").stdout)
        self.assertEqual(len(self.events("host.power")), 3)
        self.plug.status = 403
        refused = box.cli("hosts", "power", "pve-1", "on")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("sprout secrets set plug", refused.stderr)
        self.assertEqual(box.cli("hosts", "power", "pve-1", "jump").returncode, 2)
        self.assertNotIn("canary", box.log() + "".join(self.events("host.power")) + refused.stderr)

    def test_a_person_asks_for_the_power_and_switches_it_on_the_page_of_the_host(self):
        (self.box.config / "server-types.yaml").write_text(self.plug.types(status=True))
        until(lambda: "ison" in "".join(self.box.sql("SELECT body FROM server_type")), what="the server types")
        host = self.box.register(1, hostname="pve-1").json
        self.box.store_secret("plug", "canary-token")

        def press(**fields):
            return self.box.request(
                "POST", f"/hosts/{host['id']}/power", urllib.parse.urlencode(fields).encode(),
                {"Content-Type": "application/x-www-form-urlencoded"})

        self.assertIn("pve-1 is off.", press(action="state").body.decode())
        self.assertIn("Power for pve-1 was switched on", press(action="on").body.decode())
        self.assertIn("pve-1 is on.", press(action="state").body.decode())
        unsure = press(action="off")
        self.assertEqual(unsure.status, 422)
        self.assertIn("tick the box", unsure.body.decode())
        self.assertNotIn("/off/pve-1", [path for path, _ in self.plug.asked])
        self.assertIn("Shut pve-1 down, or press its power button", press(action="off", sure="yes").body.decode())
        self.assertEqual(press(action="cut", sure="yes").status, 200)
        self.assertIn("pve-1 is off.", press(action="state").body.decode())
        self.assertEqual(press(action="explode").status, 422)

    def test_an_operation_switches_its_machine_on_once_and_tries_again_when_that_failed(self):
        box = self.box
        import_image(box)
        box.register(1, hostname="pve-1")
        self.plug.status = 500
        self.assertEqual(Machine(box, 1).arm().status, 202)
        until(lambda: self.events("host.noticed"), what="the failure to be told")
        self.assertIn("pve-1: pve-1 cannot be switched on", self.events("host.noticed")[0])
        self.assertIn("Or switch it on yourself.", self.events("host.noticed")[0])
        self.plug.status = 200
        until(lambda: self.events("host.power"), 30, "the next try")
        asked = len(self.plug.asked)
        self.assertEqual(box.sql("SELECT count(*) FROM effect WHERE kind = 'arm_netboot' AND done_at IS NULL"), ["0"])
        box.stop()
        box.start()
        until(lambda: "ready: 1 hosts, 1 under way" in box.log(), what="the orchestrator to be back")
        self.assertEqual(len(self.plug.asked), asked, "what was done is not done again")

    def test_a_host_that_is_switched_by_hand_says_which_button_to_press(self):
        box = self.box
        import_image(box)
        box.register(2, hostname="pve-2", server_type="hand")
        self.assertEqual(Machine(box, 2).arm().status, 202)
        until(lambda: self.events("host.power"), what="the sentence")
        self.assertEqual(self.events("host.power"), ["Press the power button of pve-2."])


if __name__ == "__main__":
    unittest.main()
