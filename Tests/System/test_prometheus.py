"""A real Prometheus reads the real Sprout, with the alerts and the dashboard of deploy/ (S19)."""

import contextlib
import json
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.parse
import urllib.request

from harness import ROOT, Sprout, free_port, until
from installing import PROVISIONING, Machine, import_image

PROGRAMS = ROOT / ".build" / "prometheus"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "sprout.json").read_text())
CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: sprout
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
# What there is only where network boot is on.
NETBOOT = re.compile(r"sprout_(dhcp|tftp)_")


class Prometheus:
    def __init__(self, box, stack):
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp")))
        (self.folder / "prometheus.yml").write_text(CONFIGURATION.format(
            rules=ALERTS, port=box.port, token=box.new_token("prometheus", "viewer")))
        self.port = free_port()
        log = stack.enter_context(open(self.folder / "log", "wb"))
        self.process = subprocess.Popen(
            [PROGRAMS / "prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        stack.callback(self.stop)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def ask(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def number(self, expression):
        """The one value of an expression, or None while there is none."""
        with contextlib.suppress(OSError):
            result = self.query(expression)
            return float(result[0]["value"][1]) if result else None


def expressions():
    """What the dashboard asks, with its variables as Grafana would fill them in."""
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    asked += [annotation["expr"] for annotation in DASHBOARD["annotations"]["list"]]
    for name, value in {"$box": ".*", "$__rate_interval": "1m", "$__range": "1h"}.items():
        asked = [expression.replace(name, value) for expression in asked]
    return asked


@unittest.skipUnless((PROGRAMS / "prometheus").exists(), "There is no Prometheus here: Tests/System/fetch-prometheus .build/prometheus")
class PrometheusTest(unittest.TestCase):
    def test_S19_the_alerts_are_rules_that_prometheus_takes(self):
        done = subprocess.run([PROGRAMS / "promtool", "check", "rules", ALERTS], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_S19_promtool_finds_nothing_wrong_with_the_text(self):
        with Sprout() as box:
            box.register(1)
            text = box.get("/metrics").body
        done = subprocess.run([PROGRAMS / "promtool", "check", "metrics"], input=text, capture_output=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_S19_the_dashboard_shows_what_happens_and_an_alert_fires(self):
        with contextlib.ExitStack() as stack:
            box = stack.enter_context(Sprout(provisioning=PROVISIONING))
            import_image(box)
            box.register(1, hostname="pve-1")
            box.register(2, hostname="pve-2")
            follow = stack.enter_context(box.events())
            prometheus = Prometheus(box, stack)
            until(lambda: prometheus.number('sprout_hosts{state="registered"}') == 2, 30, "Prometheus to see the hosts")

            Machine(box, 1).install()
            follow("host.advanced")
            Machine(box, 2).begin()
            late = box.get("/api/hosts/pve-2").json["id"]
            self.assertEqual(box.command("POST", f"/hosts/{late}/advance", {"event": "deadline_passed"}, "late").status, 200)
            until(lambda: prometheus.number("sum(sprout_deadlines_missed_total)") == 1, 20, "it to be scraped")
            firing = lambda: {alert["labels"]["alertname"]: alert["labels"] for alert in prometheus.ask("alerts")["alerts"]
                              if alert["state"] == "firing"}
            until(lambda: "SproutDeadlineMissed" in firing(), 20, "the alert")
            self.assertEqual(firing()["SproutDeadlineMissed"]["state"], "installing")

            for expression in expressions():
                with self.subTest(expression):
                    if NETBOOT.search(expression):
                        self.assertEqual(prometheus.query(expression), [])
                    else:
                        until(lambda: prometheus.query(expression), 10, expression)
            rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
            self.assertEqual({rule["name"]: rule["health"] for rule in rules}, {rule["name"]: "ok" for rule in rules})
            self.assertGreater(len(rules), 5)


if __name__ == "__main__":
    unittest.main()
