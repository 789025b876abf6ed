"""What tests of TFTP need: sprout-boot alone, a client that does as it is told, and a way on which packets get lost."""

import os
import pathlib
import random
import select
import shutil
import socket
import subprocess
import tempfile
import threading

from harness import PROGRAMS, UnixConnection, until

IP_PKTINFO = 8
READ, WRITE, DATA, ACK, ERROR, OACK = range(1, 7)


def content(size):
    return random.Random(size).randbytes(size)


# Sizes that end with a short block, with an empty one, and a file that is nothing else.
FILES = {
    "undionly.kpxe": content(108_847), "snponly.efi": content(1468 * 194), "ipxe-amd64.efi": content(996_864),
    "ipxe-arm64.efi": b"", "ipxe.pxe": content(25_000),
}


class Boot:
    """sprout-boot alone, beside the state of a Sprout, with the sockets that systemd would give it."""

    def __init__(self, state, files=FILES):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sprout-tftp-", dir="/tmp"))
        self.netboot = self.folder / "netboot"
        self.netboot.mkdir()
        for name, data in files.items():
            (self.netboot / name).write_bytes(data)
        self.log_path = self.folder / "log"
        self.state = state
        self.tftp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tftp.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self.tftp.bind(("0.0.0.0", 0))
        self.port = self.tftp.getsockname()[1]
        self.http = socket.socket(socket.AF_UNIX)
        self.http.bind(str(self.folder / "http.sock"))
        self.http.listen()

    def __enter__(self):
        environment = {
            **os.environ, "LISTEN_FDS": "2", "LISTEN_FDNAMES": "http:tftp", "SPROUT_HTTP_PORT": "8080",
            "SPROUT_DATABASE": str(self.state / "db" / "sprout.db"), "SPROUT_NETBOOT_FILES": str(self.netboot),
            "SPROUT_OBSERVE_SOCKET": str(self.state / "run" / "observe.sock")}
        sockets = [os.dup(self.http.fileno()), os.dup(self.tftp.fileno())]

        def place():
            # Out of the way first: one may lie where the other belongs.
            high = [os.dup2(fd, 100 + fd) for fd in sockets]
            for number, fd in enumerate(high):
                os.dup2(fd, 3 + number)

        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", 'LISTEN_PID=$$ exec "$0"', PROGRAMS / "sprout-boot"], env=environment, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, preexec_fn=place, pass_fds=(3, 4))
        for fd in sockets:
            os.close(fd)
        until(lambda: "ready:" in self.log() or self.process.poll() is not None)
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        self.status = self.process.wait(10)
        self.tftp.close()
        self.http.close()
        if kind:
            print(self.log())
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return self.log_path.read_text()

    def health(self):
        connection = UnixConnection(self.folder / "http.sock")
        connection.request("GET", "/health")
        status = connection.getresponse().status
        connection.close()
        return status

    def resident(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])


def request(name, *options, mode=b"octet", operation=READ):
    words = [name if isinstance(name, bytes) else name.encode(), mode, *(str(word).encode() for word in options)]
    return bytes([0, operation]) + b"".join(word + b"\0" for word in words)


def ack(block):
    return bytes([0, ACK]) + (block & 0xFFFF).to_bytes(2, "big")


class Peer:
    """A client that says exactly what the test wants it to say."""

    def __init__(self, port, address="127.0.0.1", server="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        # So nothing is heard that comes from another address or port.
        self.socket.connect((server, port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, packet):
        self.socket.send(packet)

    def receive(self, seconds=5.0):
        """The next packet, or None when none comes in time."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(65536)
        except TimeoutError:
            return None

    def ask(self, packet, seconds=5.0):
        self.send(packet)
        return self.receive(seconds)


class Relay:
    """A way between clients and the server on which packets get lost."""

    def __init__(self, port, loss, seed=1):
        self.random, self.loss, self.server = random.Random(seed), loss, ("127.0.0.1", port)
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.port = self.front.getsockname()[1]
        self.lost = 0
        self.backs = {}
        self.ends, self.end = socket.socketpair()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.send(b"x")
        self.thread.join()
        for one in [self.front, self.end, self.ends, *self.backs]:
            one.close()

    def run(self):
        while True:
            readable, _, _ = select.select([self.ends, self.front, *self.backs], [], [])
            if self.ends in readable:
                return
            for one in readable:
                packet, sender = one.recvfrom(65536)
                if self.random.random() < self.loss:
                    self.lost += 1
                elif one is self.front:
                    self.back(sender).sendto(packet, self.server)
                else:
                    self.front.sendto(packet, self.backs[one])

    def back(self, client):
        for one, owner in self.backs.items():
            if owner == client:
                return one
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        self.backs[one] = client
        return one
