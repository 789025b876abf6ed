"""A network of a home, on this machine: a router that gives out addresses, the box, and machines that netboot.

Each part has a network namespace of its own around one bridge; everything is removed at the end, also after a failure.
Needs root, and Debian's iproute2, dnsmasq-base, qemu-system-x86, ovmf, ipxe-qemu and tcpdump.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import uuid

from harness import ROOT, SERVER_TYPES, Sprout

ROUTER, BOX = "192.168.77.1", "192.168.77.2"
PROGRAMS = {
    "ip": "iproute2", "dnsmasq": "dnsmasq-base", "qemu-system-x86_64": "qemu-system-x86", "tcpdump": "tcpdump"}
FILES = {"/usr/share/OVMF/OVMF_CODE_4M.fd": "ovmf", "/usr/lib/ipxe/qemu/pxe-virtio.rom": "ipxe-qemu"}
NETBOOT = ROOT / ".build" / "netboot"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
LIBC, CLONE_NEWNET = ctypes.CDLL(None, use_errno=True), 0x40000000


def obstacle():
    """Why there can be no lab here, as a sentence, or None."""
    if os.geteuid() != 0:
        return "The lab makes network namespaces and opens port 67, which only root may do: run this with sudo."
    for program, package in PROGRAMS.items():
        if not shutil.which(program, path=PATH):
            return f"There is no {program} here: apt-get install {package}"
    for file, package in FILES.items():
        if not os.path.exists(file):
            return f"There is no {file} here: apt-get install {package}"
    return None


def run(*words):
    subprocess.run(words, check=True, capture_output=True, text=True)


class Lab:
    """`with Lab() as lab:` has a router and a bridge; `lab.box()` is the Sprout in it, `lab.machine()` boots one.

    Where the box is a machine of its own, `person` takes its place: whoever sits in this network."""

    def __init__(self, capture=True, addresses="192.168.77.100,192.168.77.200", router=(), person=None):
        self.name = f"sp{uuid.uuid4().hex[:6]}"
        self.has_capture, self.addresses, self.router_options = capture, addresses, router
        self.person = person
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sprout-lab-", dir="/tmp"))
        self.stack = contextlib.ExitStack()
        self.taps = 0

    def __enter__(self):
        try:
            self.stack.callback(shutil.rmtree, self.folder, True)
            self.namespace("lan")
            self.in_("lan", "ip", "link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0")
            self.in_("lan", "ip", "link", "set", "br0", "up")
            self.attach("router", f"{ROUTER}/24")
            if self.person:
                self.attach("person", f"{self.person}/24")
            else:
                self.attach("box", f"{BOX}/24")
            if self.has_capture:
                self.start("lan", "capture", "tcpdump", "-i", "br0", "-U", "-w", self.folder / "lan.pcap",
                           "udp or arp or tcp port 80")
            self.router = self.start_router("/dev/null")
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind and issubclass(kind, Exception):
            kept = pathlib.Path(tempfile.gettempdir()) / f"sprout-{self.name}.pcap"
            with contextlib.suppress(OSError):
                shutil.copy(self.folder / "lan.pcap", kept)
                print(f"the packets are kept in {kept}")
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
        self.stack.close()

    # Parts

    def start_router(self, configuration):
        """A router's DHCP server, with what a user put into it."""
        return self.start(
            "router", "dnsmasq", "dnsmasq", "--keep-in-foreground", f"--conf-file={configuration}", "--port=0", "--no-ping",
            "--interface=eth0", "--bind-interfaces", "--log-dhcp", "--leasefile-ro", "--user=root",
            f"--dhcp-range={self.addresses},1h", f"--pid-file={self.folder}/dnsmasq.pid",
            *self.router_options)

    def box(self, files=None, more="", types=SERVER_TYPES, **settings):
        """Sprout on the LAN, answering on port 80 of its own address; `files` has other first programs.

        The settings are those of `pxe`; `more` has other sections."""
        lines = "".join(f"  {key}: {value}\n" for key, value in {"enabled": "true", "interface": "eth0", **settings}.items())
        prefix = self.prefix("box")
        if files:
            # A process in a network namespace of iproute2 has its own mounts too: nobody else sees these files.
            prefix += ["sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', str(files), str(NETBOOT)]
        box = Sprout(types, f"pxe:\n{lines}{more}", listen="0.0.0.0:80", prefix=prefix)
        return self.stack.enter_context(box)

    def machine(self, name, mac, firmware, *more, memory=1024, restarts=False):
        """Switches a blank machine on: `bios`, `uefi` (PXE), `http` (UEFI HTTP boot), or `secure` (PXE, Secure Boot)."""
        words = [
            "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", str(memory), "-display", "none",
            *([] if restarts else ["-no-reboot"]),
            "-uuid", str(uuid.uuid5(uuid.NAMESPACE_DNS, mac)), "-smbios", f"type=1,product=Lab-{name},serial=S-{name}",
            "-netdev", f"{self.tap()},id=n", "-serial", f"file:{self.folder}/{name}.serial.log",
            "-device", "virtio-rng-pci",
        ]
        if firmware == "bios":
            words += ["-machine", "pc,graphics=off", "-vga", "none",
                      "-device", f"virtio-net-pci,netdev=n,mac={mac},bootindex=0"]
        else:
            variables = self.folder / f"{name}.vars"
            kinds = (".secboot", ".ms") if firmware == "secure" else ("", "")
            shutil.copy(f"/usr/share/OVMF/OVMF_VARS_4M{kinds[1]}.fd", variables)
            if firmware == "secure":
                words += ["-machine", "smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"]
            words += ["-machine", "q35", "-vga", "none",
                      "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M{kinds[0]}.fd",
                      "-drive", f"if=pflash,unit=1,format=raw,file={variables}",
                      "-device", f"virtio-net-pci,netdev=n,mac={mac},romfile=,bootindex=0"]
            unwanted = ["IPv6PXESupport"] + (["IPv4PXESupport"] if firmware == "http" else [])
            for switch in unwanted:
                words += ["-fw_cfg", f"name=opt/org.tianocore/{switch},string=n"]
        self.start("lan", name, *words, *more)
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, mac))

    def tap(self):
        """A port of the bridge for QEMU, as the beginning of what it calls a network device."""
        tap = f"tap{self.taps}"
        self.taps += 1
        self.in_("lan", "ip", "tuntap", "add", tap, "mode", "tap")
        self.in_("lan", "ip", "link", "set", tap, "master", "br0", "up")
        return f"tap,ifname={tap},script=no,downscript=no"

    def replug(self, tap):
        """Puts a port into the bridge anew, which now looks for loops (STP) before it forwards."""
        self.in_("lan", "ip", "link", "set", tap, "nomaster")
        self.in_("lan", "ip", "link", "set", "br0", "type", "bridge", "stp_state", "1")
        self.in_("lan", "ip", "link", "set", tap, "master", "br0", "up")

    def port_state(self, tap):
        """What the bridge does with a port: `listening`, `learning`, `forwarding` …"""
        words = [*self.prefix("lan"), "ip", "--json", "--details", "link", "show", tap]
        link = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)[0]
        return link["linkinfo"]["info_slave_data"]["state"]

    def screen(self, name):
        """What a machine has shown so far."""
        file = self.folder / f"{name}.serial.log"
        return file.read_text(errors="replace") if file.exists() else ""

    @contextlib.contextmanager
    def within(self, namespace):
        """A socket that this thread opens in the block is one of that namespace, and stays there."""
        def enter(network):
            if LIBC.setns(network.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

        with open("/proc/thread-self/ns/net") as own, open(f"/run/netns/{self.name}-{namespace}") as other:
            enter(other)
            try:
                yield
            finally:
                enter(own)

    # Pieces

    def prefix(self, namespace):
        return ["ip", "netns", "exec", f"{self.name}-{namespace}"]

    def in_(self, namespace, *words):
        run(*self.prefix(namespace), *words)

    def namespace(self, name):
        run("ip", "netns", "add", f"{self.name}-{name}")
        self.stack.callback(subprocess.run, ["ip", "netns", "del", f"{self.name}-{name}"], capture_output=True)
        self.in_(name, "ip", "link", "set", "lo", "up")

    def attach(self, name, address):
        """A host of its own, with one interface on the bridge."""
        self.namespace(name)
        run("ip", "link", "add", name, "netns", f"{self.name}-lan", "type", "veth",
            "peer", "name", "eth0", "netns", f"{self.name}-{name}")
        self.in_("lan", "ip", "link", "set", name, "master", "br0", "up")
        self.in_(name, "ip", "addr", "add", address, "dev", "eth0")
        self.in_(name, "ip", "link", "set", "eth0", "up")

    def crowd(self, name, addresses):
        """A host of its own that has many addresses."""
        self.attach(name, addresses[0])
        for address in addresses[1:]:
            self.in_(name, "ip", "addr", "add", address, "dev", "eth0")

    def start(self, namespace, name, *words):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [str(word) for word in [*self.prefix(namespace), *words]], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def stop():
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

        self.stack.callback(stop)
        return process
