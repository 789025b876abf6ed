"""Whoever sits in the network of a rehearsal: with a browser, the command line, and root's password for the new host."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import secrets
import ssl
import subprocess

from playwright.sync_api import expect, sync_playwright

import lab
from harness import PROGRAMS

ADDRESS = "192.168.77.3"


class Person:
    """What it is told it keeps in `secrets`, by what it is: none of it may be in any log."""

    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        self.fingerprint = self.page = None
        self.secrets = {name: secrets.token_urlsafe(12) for name in ("password", "root")}

    def reaches_the_box(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            with self.network.within("person"):
                connection = http.client.HTTPConnection(lab.BOX, timeout=5)
                connection.connect()
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        return False

    def trust(self, fingerprint):
        """Goes on only where the box shows the certificate that its console says."""
        with self.network.within("person"):
            certificate = ssl.get_server_certificate((lab.BOX, 443))
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest().upper()
        assert digest == fingerprint.replace(":", ""), f"the console says {fingerprint}, and the box shows {digest}"
        self.fingerprint = fingerprint

    # The browser

    def open_browser(self, stack):
        """What Chromium is started by enters the network of the person first."""
        program = self.folder / "chromium"
        program.write_text(f"#!/bin/sh\nexec {' '.join(self.network.prefix('person'))} /usr/bin/chromium \"$@\"\n")
        program.chmod(0o755)
        chromium = stack.enter_context(sync_playwright()).chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        stack.callback(chromium.close)
        # Nobody vouches for the certificate, which has been compared.
        context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        self.page = context.new_page()

    def visit(self, path):
        self.page.goto(f"https://{lab.BOX}{path}")

    def become_the_first_user(self, code, picture):
        self.visit("/")
        self.page.get_by_label("Code").fill(code)
        self.page.get_by_label("Your name").fill("anna")
        self.page.get_by_label("A password").fill(self.secrets["password"])
        picture("box-setup")
        self.page.get_by_role("button", name="Begin").click()
        self.page.wait_for_url("**/welcome")
        picture("box-welcome")

    def make_token(self):
        self.visit("/tokens")
        self.page.get_by_label("What it is for").fill("rehearsal")
        self.page.get_by_role("combobox").last.select_option("admin")
        self.page.get_by_role("button", name="Make it").click()
        self.secrets["token"] = self.page.locator("pre").inner_text()

    def say_what_hosts_have_in_common(self):
        self.visit("/settings")
        hosts = self.page.get_by_role("region", name="What all new hosts have in common")
        hosts.get_by_label("Time zone").fill("Europe/Vienna")
        hosts.get_by_label("Root password").fill(self.secrets["root"])
        hosts.get_by_role("button", name="Save").click()
        expect(self.page.get_by_label("Root password")).to_have_attribute("placeholder", "is set; type another to change it")

    def press_rebuild(self, name, loses, picture, erase=None):
        self.visit("/")
        self.page.get_by_role("link", name=name, exact=True).click()
        self.page.get_by_role("link", name="Rebuild with Proxmox VE").click()
        expect(self.page.get_by_role("region", name="What is lost")).to_contain_text(loses)
        self.page.locator("#rebuild-confirm").fill(name)
        expect(self.page.locator("#rebuild-erase")).to_have_count(1 if erase else 0)
        if erase:
            self.page.locator("#rebuild-erase").fill(erase)
        picture("rebuild-plan-erase" if erase else "rebuild-plan")
        self.page.get_by_role("button", name="Rebuild").click()
        self.page.wait_for_url("**/ops/*")

    # The command line

    def sprout(self, *words, text=None):
        done = subprocess.run(
            [*self.network.prefix("person"), PROGRAMS / "sprout", *words], input=text,
            stdin=None if text is not None else subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
            env={**os.environ, "SPROUT_URL": f"https://{lab.BOX}", "SPROUT_FINGERPRINT": self.fingerprint,
                 "SPROUT_TOKEN": self.secrets["token"]})
        if done.returncode != 0:
            raise RuntimeError(f"sprout {' '.join(map(str, words))}: {done.stdout}{done.stderr}")
        return done.stdout

    def told(self, *words):
        return json.loads(self.sprout(*words, "-o", "json"))

    def on_host(self, address, command):
        """Logs in as root of the new host, by the password that was typed into the page."""
        answer = self.folder / "password"
        answer.touch(0o700)
        answer.write_text(f"#!/bin/sh\necho '{self.secrets['root']}'\n")
        done = subprocess.run(
            [*self.network.prefix("person"), "setsid", "ssh", "-F", "none", "-o", "StrictHostKeyChecking=no",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "PubkeyAuthentication=no", "-o", "LogLevel=ERROR", f"root@{address}", command],
            env={**os.environ, "SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"ssh root@{address}: {done.stderr}")
        return done.stdout


def small_talk(capture):
    """What was asked and answered in few bytes, as text: the tokens, keys and hashes that machines were told are in it."""
    text = capture.read_bytes().decode("latin-1")
    return {"tokens": set(re.findall(r"token=([\w-]{20,})", text)),
            "hashes": set(re.findall(r'root-password-hashed = "([^"]+)"', text)),
            "keys": set(re.findall(r'root-ssh-keys = \["ssh-ed25519 (\S+)', text))}
