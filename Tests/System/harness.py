"""Runs the real Sprout for tests: `sprout up` with nginx and all daemons, on a port and a state of its own."""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("SPROUT_PROGRAMS", ROOT / ".build" / "debug")).resolve()

SERVER_TYPES = """
server_types:
  vm:
    boot_disk: /dev/vda
    display_name: Virtual machine
    hostname_prefix: vm-
  ms01:
    boot_disk: /dev/nvme0n1
    hostname_prefix: pve-ms-
"""

MACHINES = re.compile(
    "/(ipxe|boot|netboot)/|/api/boot/|/api/hosts/[^/]+/(installed|first-boot-script|phone-home)([?]|$)")


def written(disk):
    """What a disk holds that is a sparse file, as a digest; where its file has holes, the same as where it has zeros."""
    digest, end = hashlib.sha256(), 0
    with open(disk, "rb") as file, contextlib.suppress(OSError):
        while True:
            start = os.lseek(file.fileno(), end, os.SEEK_DATA) & -4096
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            for place in range(start, end, 4096):
                block = os.pread(file.fileno(), 4096, place)
                if block.strip(b"\0"):
                    digest.update(b"%d " % place + block)
    return digest.hexdigest()


def until(condition, seconds=15, what="the condition", pause=0.02):
    """Waits for a condition to give something true, and gives it back."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(pause)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Sprout:
    """`with Sprout() as box:` runs until the block ends; its log is printed when the block fails."""

    def __init__(
            self, server_types=SERVER_TYPES, provisioning="pxe:\n  enabled: false\n", listen=None, prefix=()):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="sprout-", dir="/tmp"))
        self.config = self.state / "config"
        self.config.mkdir()
        (self.config / "provisioning.yaml").write_text(provisioning)
        (self.config / "server-types.yaml").write_text(server_types)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = self.state / "up.log"
        self.listen = listen or f"127.0.0.1:{self.port}"
        self.prefix = list(prefix)
        # Further options of `sprout up`.
        self.more = []
        self.process = None
        # What lets this test in, as an admin.
        self.token = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind:
            print(self.log())
        shutil.rmtree(self.state, ignore_errors=True)

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, PROGRAMS / "sprout", "up", "--config", self.config / "provisioning.yaml", "--state", self.state,
                 "--listen", self.listen, *self.more],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        ready = self.log().count("sprout: ready")
        try:
            until(lambda: self.log().count("sprout: ready") > ready or self.process.poll() is not None, 30)
            assert self.process.poll() is None, f"sprout up ended with {self.process.returncode}"
        except BaseException:
            self.stop()
            print(self.log())
            raise
        # For years: a test may set the orchestrator's clock, and with it the end of a token.
        self.token = self.token or self.new_token("test", "admin", days=3650)

    def new_token(self, name, role, **wish):
        """Makes a token over the box's own socket, which lets in whoever may open it."""
        answer = self.socket_request(
            "web.sock", "POST", "/api/tokens", {"name": name, "role": role, **wish},
            {"Content-Type": "application/json", "X-Request-Id": uuid.uuid4().hex})
        assert answer.status == 201, answer.body
        return answer.json["token"]

    def new_user(self, name, role, password="correct horse battery"):
        """Adds a user over the box's own socket, and gives name and password."""
        answer = self.socket_request(
            "web.sock", "POST", "/api/users", {"name": name, "role": role, "password": password},
            {"Content-Type": "application/json", "X-Request-Id": uuid.uuid4().hex})
        assert answer.status == 201, answer.body
        return name, password

    def sign_in(self, name, password):
        """Signs in as a browser does, and gives the cookie."""
        answer = self.browse("POST", "/sign-in", {"name": name, "password": password, "next": "/"})
        assert answer.status == 303, answer.body
        return answer.headers["Set-Cookie"].partition(";")[0]

    def browse(self, method, path, form=None, cookie=None, headers=None):
        """Asks as a browser does: with a cookie instead of a token, for something to look at; follows nothing."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Accept": "text/html", **({"Cookie": cookie} if cookie else {}), **(headers or {})}
        body = None
        if form is not None:
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
            body = urllib.parse.urlencode(form)
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        result = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return result

    def authorization(self, path="/"):
        """The header that lets this test in; the routes of machines have tokens of their own."""
        return {} if MACHINES.match(path) else {"Authorization": f"Bearer {self.token}"}

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise

    def log(self):
        return self.log_path.read_text() if self.log_path.exists() else ""

    def pid(self, program):
        """The process id of one of our own children, by the name of its program."""
        for pid in children(self.process.pid):
            with contextlib.suppress(OSError):
                if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == program:
                    return pid
        return None

    def cli(self, *words, input="", **options):
        """Runs the sprout command against this Sprout."""
        return subprocess.run(
            [PROGRAMS / "sprout", *words, "--state", self.state], capture_output=True, text=True, timeout=60,
            input=input, **options)

    def store_secret(self, name, value):
        done = self.cli("secrets", "set", name, input=value)
        assert done.returncode == 0, done.stderr

    def kill(self, program):
        """Ends one of our own children as a crash would, and waits for the next one."""
        pid = self.pid(program)
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.pid(program) not in (None, pid), 30, f"another {program}")

    def request(self, method, path, body=None, headers=None, timeout=30):
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        headers = {**self.authorization(path), **(headers or {})}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        if isinstance(body, (dict, list)):
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def register(self, number, timeout=30, **fields):
        """Registers a host whose MAC address is made from a number."""
        mac = f"52:54:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        return self.request("POST", "/api/hosts", {"mac": mac, "server_type": "vm", **fields}, timeout=timeout)

    def hosts(self):
        hosts, after = [], ""
        while after is not None:
            page = self.get(f"/api/hosts?limit=1000&after={after}").json
            hosts += page["hosts"]
            after = page["next"]
        return hosts

    @contextlib.contextmanager
    def events(self, after=None, last_event_id=None):
        """Follows /events; gives a function that returns the next event, or the next of a kind, as a dictionary.

        A daemon tells that it has started when it gets to it: a test that waits for a host asks for that kind."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = self.authorization()
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        connection.request("GET", "/events" + ("" if after is None else f"?after={after}"), headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.status

        def next_event(kind=None):
            event = {}
            while True:
                line = answer.readline().decode().rstrip("\n")
                if not line and "data" in event and event.get("event") != "heartbeat":
                    if kind in (None, event["data"].get("kind")):
                        return event
                if not line:
                    event = {}
                if line and not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    event[name] = json.loads(value) if name == "data" else value

        try:
            yield next_event
        finally:
            connection.close()

    def command(self, method, path, body=None, request_id=None):
        """Asks the orchestrator on its command socket, as a daemon would."""
        headers = {"Content-Type": "application/json", "X-Sprout-Actor": "a test"}
        if request_id:
            headers["X-Request-Id"] = request_id
        return self.socket_request("command.sock", method, path, body, headers)

    def saw(self, mac, **traits):
        """Tells the orchestrator of a machine, as sprout-dhcp and sprout-boot do."""
        body = {"kind": "machine.seen", "daemon": "a test", "message": "seen", "mac": mac, "traits": traits}
        answer = self.socket_request("observe.sock", "POST", "/observations", body)
        assert answer.status == 202, answer.body

    def socket_request(self, name, method, path, body=None, headers=None):
        connection = UnixConnection(self.state / "run" / name)
        connection.request(method, path, None if body is None else json.dumps(body), headers or {})
        answer = connection.getresponse()
        result = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return result

    def sql(self, statement):
        """What the database says to sqlite3, a line a row."""
        return subprocess.run(
            ["sqlite3", "-readonly", self.state / "db" / "sprout.db", statement], check=True, capture_output=True,
            text=True).stdout.splitlines()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.unix_path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.unix_path)


def children(pid):
    """The descendants of a process."""
    found = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            for child in pathlib.Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
                found += [int(child)] + children(int(child))
    return found
