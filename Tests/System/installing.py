"""A machine that is installed, as Sprout sees it over HTTP: each step as the real one takes it, and none more."""

import json
import pathlib
import re
import tempfile
import tomllib

from test_images import synthetic_iso

HASH = "$6$canary8890123456$" + "c" * 86
CREDENTIALS = f"credentials:\n  root_password_hash: \"{HASH}\"\n"
PROVISIONING = f"pxe:\n  enabled: false\n{CREDENTIALS}"
AGENT = {"User-Agent": "iPXE/1.21.1+git20250501.dad20602+dfsg-1"}
SIXTEEN_GIB = "0040" + 15 * "-"


def import_image(box, release="9.2", size=1_000_000):
    with tempfile.TemporaryDirectory() as folder:
        iso, _ = synthetic_iso(pathlib.Path(folder), release, size)
        done = box.cli("images", "import", str(iso))
        assert done.returncode == 0, done.stderr
    return f"proxmox-ve-{release}-1"


class Machine:
    """One machine of a host, known by a number as `box.register(number)` makes it."""

    def __init__(self, box, number, release="9.2", serial=None, mac=None, seen_by=None):
        """What it asks it asks of `box`, which may be a way there; what is known of it `seen_by` says, the box itself."""
        self.box, self.release, self.seen_by = box, release, seen_by or box
        self.mac = mac or f"52:54:00:00:{number >> 8 & 255:02x}:{number & 255:02x}"
        self.serial = serial or f"S-{number}"
        self.uuid = f"4c4c4544-0042-3510-8052-b4c04f{number:06x}"
        self.token = self.installed_url = self.answer_text = None

    def arm(self, **wish):
        host = self.host()
        return self.box.request(
            "POST", f"/api/hosts/{host['id']}/rebuild", {"confirm": host["hostname"], **wish})

    def host(self):
        return self.seen_by.socket_request("web.sock", "GET", f"/api/hosts/{self.mac}").json

    def state(self):
        host = self.host()
        assert "state" in host, host
        return host["state"]

    def script(self, memory=SIXTEEN_GIB):
        return self.box.get(f"/ipxe/{self.mac}?memory={memory}", headers=AGENT)

    def boot(self):
        """Fetches the script and keeps its token."""
        text = self.script().body.decode()
        tokens = set(re.findall(r"token=([\w-]+)", text))
        assert len(tokens) == 1, text
        self.token = tokens.pop()
        return text

    def load(self, name, method="GET"):
        return self.box.request(method, f"/boot/{name}?token={self.token}", headers=AGENT)

    def load_all(self):
        for name in ["vmlinuz", "initrd.img", "body", "tail"]:
            answer = self.load(name)
            assert answer.status == 200, (name, answer.status, answer.body)
        return answer.body

    def information(self):
        mac = self.mac.upper() if self.release >= "9.2" else self.mac
        return {
            "$schema": {"version": "1.0"},
            "product": {"fullname": "Proxmox VE", "product": "pve", "enable_btrfs": True},
            "iso": {"release": self.release, "isorelease": "1"},
            "dmi": {"system": {"serial": self.serial, "uuid": self.uuid, "name": "Lab", "sku": "1"},
                    "baseboard": {}, "chassis": {}},
            "network_interfaces": [{"link": "enp1s0", "mac": mac}, {"link": "enp2s0", "mac": mac[:-2] + "F0"}]}

    def ask(self, token=None, bearer=True):
        """Posts the system information as the installer of its release does."""
        token = token or self.token
        headers = {"Content-Type": "application/json; charset=utf-8"}
        path = "/api/boot/answer"
        if self.release >= "9.2" and bearer:
            headers["Authorization"] = f"Bearer {token}"
        else:
            path += f"?token={token}"
        answer = self.box.request("POST", path, json.dumps(self.information()).encode(), headers)
        if answer.status == 200:
            self.answer_text = answer.body.decode()
            self.answer = tomllib.loads(self.answer_text)
            self.installed_url = self.path(self.answer["post-installation-webhook"]["url"])
        return answer

    def path(self, url):
        assert url.startswith(self.box.url), url
        return url[len(self.box.url):]

    def first_boot_script(self):
        return self.box.get(self.path(self.answer["first-boot"]["url"]))

    def report(self, **changes):
        report = {
            "$schema": {"version": "1.2"}, "debian-version": "13.5",
            "product": {"fullname": "Proxmox VE", "short": "pve", "version": "9.2.4"},
            "iso": {"release": self.release, "isorelease": "1"},
            "kernel-version": {"sysname": "Linux", "release": "7.0.2-5-pve", "version": "#1", "machine": "x86_64"},
            "boot-info": {"mode": "efi"}, "cpu-info": {"cores": 8, "model": "Lab"},
            "dmi": self.information()["dmi"], "filesystem": "ext4", "fqdn": "pve-1.home.arpa", "machine-id": "0" * 32,
            "disks": [{"size": 1 << 30, "is-bootdisk": True,
                       "udev-properties": {"DEVNAME": "/dev/vda", "ID_MODEL": "QEMU", "ID_SERIAL_SHORT": "D-1"}}],
            "network-interfaces": [{"name": "mgmt0", "mac": self.mac, "address": "10.0.0.13/24", "is-management": True},
                                   {"name": "nic1", "mac": self.mac[:-2] + "f0"}],
            "ssh-public-host-keys": {"ed25519": "ssh-ed25519 AAAA root@pve-1", "rsa": "ssh-rsa AAAA", "ecdsa": "x AAAA"},
            "reboot-mode": "reboot"}
        if self.release >= "9.2":
            report["token"] = self.token
        return {**report, **changes}

    def tell_installed(self, url=None, **changes):
        return self.box.request("POST", url or self.installed_url, self.report(**changes))

    def phone_home(self, host=None, **changes):
        host = host or self.host()
        body = {"token": self.token, "hostname": host["hostname"], "serial": self.serial, "uuid": self.uuid,
                "macs": [self.mac], "addresses": ["10.0.0.13/24"], **changes}
        return self.box.request("POST", f"/api/hosts/{host['id']}/phone-home", body)

    def tell(self, *lines, first=1, run="0123456789abcdef", up=100, token=None):
        """Posts lines of the installer's logs as the agent beside it does, and gives the answer."""
        body = "".join(f"{up - 1:.2f} {line}\n" for line in lines).encode()
        headers = {"Content-Type": "text/plain", "Authorization": f"Bearer {token or self.token}"}
        return self.box.request("POST", f"/api/boot/telemetry?run={run}&first={first}&up={up}", body, headers)

    def send_logs(self, order, archive, token=None):
        """Posts all logs as the agent does that has the order to."""
        headers = {"Content-Type": "application/gzip", "Authorization": f"Bearer {token or self.token}"}
        return self.box.request("POST", f"/api/boot/telemetry/logs?order={order}", archive, headers)

    def begin(self):
        """From armed to where its installer has its answer."""
        armed = self.arm()
        assert armed.status == 202, armed.body
        self.start_installer()

    def start_installer(self):
        """From where it netboots to where its installer has its answer."""
        self.boot()
        self.load_all()
        answer = self.ask()
        assert answer.status == 200, (answer.status, answer.body)

    def install(self):
        """All of it, from armed to phoned home."""
        self.begin()
        self.finish()

    def finish(self):
        """From the installer's answer to the first word of the new system."""
        for step in [self.first_boot_script, self.tell_installed, self.phone_home]:
            answer = step()
            assert answer.status == 200, (step, answer.status, answer.body)
