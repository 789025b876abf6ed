"""How fast boot files are sent, beside dnsmasq and tftpd-hpa, on the lab's own network."""

import os
import pathlib
import shutil
import statistics
import subprocess

import harness
import lab

HERE = pathlib.Path(__file__).resolve().parent
FILES = harness.ROOT / ".build" / "netboot"
NAME = "ipxe-amd64.efi"
PEER = "192.168.77.3"
FIRST_ADDRESS, ADDRESSES = "192.168.78.1", 250
ROUNDS = 5
# Block size, window, clients, downloads: what firmware asks for, and what it could.
CASES = [
    ("blocks of 512, no options", 0, 0, 1, 30), ("blocks of 512, no options", 0, 0, 50, 100),
    ("blksize 1468", 1468, 0, 1, 60), ("blksize 1468", 1468, 0, 50, 300),
    ("blksize 1468 windowsize 4", 1468, 4, 1, 60), ("blksize 1468 windowsize 4", 1468, 4, 50, 300),
    ("blksize 1468 windowsize 16", 1468, 16, 1, 60), ("blksize 1468 windowsize 16", 1468, 16, 50, 300),
]
WITHOUT_WINDOWS = "neither dnsmasq 2.90 nor tftpd-hpa 5.2 knows windowsize: they leave it out of their answer"


class Server:
    """A TFTP server of the comparison: where it answers, and how it was started."""

    def __init__(self, name, address, port, command):
        self.name, self.address, self.port, self.command = name, address, port, command


def peers(network, folder):
    """The peers, started in a namespace of their own."""
    network.attach("peer", f"{PEER}/16")
    servers = []
    for name, port, words in [
        ("dnsmasq", 69, [
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--enable-tftp",
            f"--tftp-root={folder}", "--tftp-max=200", "--user=root", f"--pid-file={network.folder}/peer.pid"]),
        ("tftpd-hpa", 2069, [
            "in.tftpd", "--foreground", "--secure", "--user", "root", "--address", f"{PEER}:2069", folder]),
    ]:
        network.start("peer", name, *words)
        servers.append(Server(name, PEER, port, " ".join(str(word) for word in words)))
    return servers


def load_program(folder):
    program = folder / "tftpload"
    subprocess.run(["cc", "-O2", "-o", program, HERE / "tftpload.c"], check=True)
    return program


def processors(clients):
    """One for one client: else its figure would be how fast this machine wakes another processor."""
    every = os.sched_getaffinity(0)
    return {min(every)} if clients == 1 else every


def use(network, chosen):
    """Lets all servers run on these processors only."""
    for namespace in ["box", "peer"]:
        listed = subprocess.run(
            ["ip", "netns", "pids", f"{network.name}-{namespace}"], check=True, capture_output=True, text=True).stdout
        for pid in listed.split():
            os.sched_setaffinity(int(pid), chosen)


def download(network, program, server, block, window, clients, downloads):
    """Megabytes a second, packets that were sent again, and the load generator's share of one processor."""
    listed = ",".join(map(str, processors(clients)))
    words = ["taskset", "--cpu-list", listed, program, server.address, server.port, NAME, FILES / NAME, clients,
             downloads, block, window, FIRST_ADDRESS, ADDRESSES]
    output = subprocess.run(
        [str(word) for word in [*network.prefix("load"), *words]], check=True, capture_output=True, text=True,
        timeout=300).stdout
    seconds, _, size, repeats, processor = output.split()
    return int(size) / float(seconds) / 1e6, int(repeats), float(processor) / float(seconds)


def compare(say, network, program, servers):
    for words, block, window, clients, downloads in CASES:
        rows = {server.name: [] for server in servers}
        use(network, processors(clients))
        for _ in range(ROUNDS):
            for server in servers:
                rows[server.name].append(download(network, program, server, block, window, clients, downloads))
        say(f"  {words}, {clients} clients" if clients > 1 else f"  {words}, 1 client, all on one processor")
        ours = statistics.median(rate for rate, _, _ in rows[servers[0].name])
        for server in servers:
            rates = [rate for rate, _, _ in rows[server.name]]
            rate = statistics.median(rates)
            again = sum(row[1] for row in rows[server.name])
            share = statistics.median(row[2] for row in rows[server.name])
            ratio = "" if server is servers[0] else f"   ratio {ours / rate:5.2f}"
            say(f"    {server.name:12} {rate:7.1f} MB/s ({min(rates):.0f} to {max(rates):.0f})   load generator"
                f" {share * 100:3.0f} % of a processor, {again} sent again{ratio}")


def figures(say):
    size = (FILES / NAME).stat().st_size
    say(f"TFTP: {NAME}, {size:,} bytes, median of {ROUNDS} runs each, in turn (aim: ratio 1 or more)")
    with lab.Lab(capture=False) as network:
        network.box(answer="all")
        network.in_("box", "ip", "addr", "add", f"{lab.BOX}/16", "dev", "eth0")
        folder = network.folder / "netboot"
        shutil.copytree(FILES, folder)
        folder.chmod(0o755)
        servers = [Server("sprout-boot", lab.BOX, 69, "sprout up"), *peers(network, folder)]
        for server in servers[1:]:
            say(f"  {server.name}: {server.command}")
        say(f"  {WITHOUT_WINDOWS}")
        network.crowd("load", [f"192.168.78.{number + 1}/16" for number in range(ADDRESSES)])
        compare(say, network, load_program(network.folder), servers)
