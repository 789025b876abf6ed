"""A network of machines without a router, where Sprout gives out the addresses; and real DHCP clients in it.

Needs, beside what lab.py needs, Debian's udhcpc and isc-dhcp-client.
"""

import contextlib
import ctypes
import os
import shutil
import socket
import struct
import subprocess
import time

import lab
from harness import until

CLIENTS = {"udhcpc": "udhcpc", "dhclient": "isc-dhcp-client"}
RANGE = "192.168.77.100-192.168.77.199"
# Of Linux; Python has no name for it.
SO_RCVBUFFORCE = 33
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)

# Takes the address, and writes down all that was said.
UDHCPC = """#!/bin/sh
echo "$1 $ip" >> {folder}/{name}.events
case "$1" in
    deconfig) ip addr flush dev "$interface" ;;
    bound|renew) ip addr replace "$ip/24" dev "$interface"; env > {folder}/{name}.new; mv {folder}/{name}.new {folder}/{name}.lease ;;
esac
"""
DHCLIENT = """#!/bin/sh
echo "$reason $new_ip_address" >> {folder}/{name}.events
case "$reason" in
    BOUND|RENEW|REBIND|REBOOT) ip addr replace "$new_ip_address/24" dev "$interface"; env > {folder}/{name}.new; mv {folder}/{name}.new {folder}/{name}.lease ;;
    EXPIRE|RELEASE|STOP) ip addr flush dev "$interface" ;;
esac
"""


def obstacle():
    """Why there can be no such lab here, as a sentence, or None."""
    for program, package in CLIENTS.items():
        if not shutil.which(program, path=lab.PATH):
            return f"There is no {program} here: apt-get install {package}"
    return lab.obstacle()


class Isolated(lab.Lab):
    """The lab without its router's DHCP server; `server()` starts one."""

    def start(self, namespace, name, *words):
        return None if name == "dnsmasq" else super().start(namespace, name, *words)

    def box(self, **settings):
        box = super().box(**{"mode": "server", "range": RANGE, **settings})
        if settings.get("mode") != "proxy":
            self.until_serving(box)
        return box

    def until_serving(self, box):
        until(lambda: "no other DHCP server answers on eth0" in box.log(), 20, "Sprout to find that it is alone")

    def server(self, *options, address=None):
        """Another DHCP server, in the namespace that is the router's elsewhere; gives its process."""
        if address:
            self.in_("router", "ip", "addr", "add", f"{address}/24", "dev", "eth0")
        return super().start(
            "router", "other", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping",
            "--interface=eth0", "--bind-interfaces", "--log-dhcp", "--leasefile-ro", "--user=root",
            f"--pid-file={self.folder}/other.pid", *options)

    def hardware(self, namespace):
        """The MAC address of a namespace's card."""
        return subprocess.run(
            [*self.prefix(namespace), "cat", "/sys/class/net/eth0/address"], check=True, capture_output=True,
            text=True).stdout.strip()

    def client(self, name, mac=None):
        """A namespace with a card on the bridge and no address."""
        self.namespace(name)
        port = f"{self.name}{name}"[:15]
        lab.run("ip", "link", "add", port, "netns", f"{self.name}-lan", "type", "veth", "peer", "name", "eth0", "netns",
                f"{self.name}-{name}")
        if mac:
            self.in_(name, "ip", "link", "set", "eth0", "address", mac)
        self.in_("lan", "ip", "link", "set", port, "master", "br0", "up")
        self.in_(name, "ip", "link", "set", "eth0", "up")
        return Client(self, name)


class Client:
    """A machine whose system asks for an address with a real DHCP client."""

    def __init__(self, network, name):
        self.network, self.name = network, name
        self.process = None

    def start(self, program, *options):
        script = self.network.folder / f"{self.name}.script"
        text = {"udhcpc": UDHCPC, "dhclient": DHCLIENT}[program]
        script.write_text(text.format(folder=self.network.folder, name=self.name))
        script.chmod(0o755)
        words = {
            "udhcpc": ["udhcpc", "-f", "-i", "eth0", "-s", script, "-t", "5", "-T", "2", "-A", "2"],
            "dhclient": ["dhclient", "-d", "-4", "-sf", script, "-lf", self.path("leases"), "-pf", self.path("pid"),
                         "-cf", "/dev/null", "eth0"],
        }[program]
        self.process = super(Isolated, self.network).start(self.name, f"client-{self.name}", *words, *options)

    def path(self, kind):
        return self.network.folder / f"{self.name}.{kind}"

    def events(self):
        return self.path("events").read_text().splitlines() if self.path("events").exists() else []

    def address(self, seconds=30):
        """The address that the client has, once it has one."""
        until(lambda: self.path("lease").exists(), seconds, f"{self.name} to get an address")
        said = dict(line.split("=", 1) for line in self.path("lease").read_text().splitlines() if "=" in line)
        return said.get("ip") or said.get("new_ip_address")

    def said(self):
        """What the script was told, by name."""
        return dict(line.split("=", 1) for line in self.path("lease").read_text().splitlines() if "=" in line)

    def end(self, signal=None):
        if signal:
            self.process.send_signal(signal)
        else:
            self.process.kill()
        self.process.wait(10)


def message(kind, mac, xid, options=(), ciaddr="0.0.0.0", broadcast=True):
    """A message of a client, as bytes."""
    fixed = struct.pack("!BBBBIHH4s12x", 1, 1, 6, 0, xid, 0, 0x8000 if broadcast else 0, socket.inet_aton(ciaddr))
    text = fixed + bytes.fromhex(mac.replace(":", "")) + bytes(10 + 192) + b"\x63\x82\x53\x63" + bytes([53, 1, kind])
    for code, value in options:
        text += bytes([code, len(value)]) + value
    return text + b"\xff"


def parsed(bytes_):
    """The fields of a server's message that tests look at, options by their numbers."""
    options, at = {}, 240
    while at < len(bytes_) and bytes_[at] != 255:
        if bytes_[at] == 0:
            at += 1
            continue
        options[bytes_[at]] = bytes_[at + 2:at + 2 + bytes_[at + 1]]
        at += 2 + bytes_[at + 1]
    return {
        "xid": struct.unpack("!I", bytes_[4:8])[0], "yiaddr": socket.inet_ntoa(bytes_[16:20]),
        "siaddr": socket.inet_ntoa(bytes_[20:24]), "mac": bytes_[28:34].hex(":"), "options": options,
        "kind": options.get(53, b"\0")[0], "file": bytes_[108:236].split(b"\0")[0].decode()}


@contextlib.contextmanager
def inside(network, namespace):
    """Runs the block with this process's sockets opened in a namespace."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(f"/var/run/netns/{network.name}-{namespace}", os.O_RDONLY)
    try:
        setns(other)
        yield
    finally:
        setns(own)
        os.close(own)
        os.close(other)


def setns(descriptor):
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Crowd:
    """Many clients behind one socket, each known by its MAC address."""

    def __init__(self, network, namespace):
        with inside(network, namespace):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
            self.socket.bind(("0.0.0.0", 68))
        network.stack.callback(self.socket.close)

    def send(self, bytes_):
        self.socket.sendto(bytes_, ("255.255.255.255", 67))

    def receive(self, seconds):
        """The next message of a server, or None."""
        self.socket.settimeout(max(0.001, seconds))
        try:
            bytes_, sender = self.socket.recvfrom(2048)
        except (socket.timeout, BlockingIOError):
            return None
        return parsed(bytes_) | {"from": sender[0]}

    def answer(self, kinds, mac, seconds=5):
        """The next message to one of the clients, or None."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            said = self.receive(end - time.monotonic())
            if said and said["mac"] == mac and said["kind"] in kinds:
                return said
        return None

    def lease(self, mac, xid=1, server=None):
        """A whole DORA; gives the address."""
        self.send(message(DISCOVER, mac, xid))
        offer = self.answer([OFFER], mac)
        assert offer, "no offer"
        self.send(message(REQUEST, mac, xid, [(50, socket.inet_aton(offer["yiaddr"])), (54, offer["options"][54])]))
        done = self.answer([ACK, NAK], mac)
        assert done and done["kind"] == ACK, done
        return done
