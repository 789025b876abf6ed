"""Addresses a second: Sprout's own DHCP beside Kea's, asked by perfdhcp in the same run, one after the other.

Kea keeps its leases in a file that it does not sync; Sprout has each on the disk before it acknowledges it, many in
one transaction. Needs root, and Debian's kea-dhcp4-server and kea-admin beside what the lab needs.
"""

import json
import os
import re
import shutil
import subprocess

import dhcplab
import lab
from harness import until

SERVER, CLIENT = "10.66.0.2", "10.66.0.9"
FIRST, LAST = "10.66.1.0", "10.66.200.255"
RATES = [500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10000, 12000]
SECONDS = 5


def obstacle():
    for program, package in {"kea-dhcp4": "kea-dhcp4-server", "perfdhcp": "kea-admin"}.items():
        if not shutil.which(program, path=lab.PATH):
            return f"There is no {program} here: apt-get install {package}"
    return dhcplab.obstacle()


def network():
    """The lab with a network that has room for each machine that is simulated."""
    isolated = dhcplab.Isolated()
    isolated.__enter__()
    for name, address in [("box", SERVER), ("router", CLIENT)]:
        isolated.in_(name, "ip", "addr", "flush", "dev", "eth0")
        isolated.in_(name, "ip", "addr", "add", f"{address}/16", "dev", "eth0")
    return isolated


def kea(isolated):
    configuration = isolated.folder / "kea.json"
    configuration.write_text(json.dumps({"Dhcp4": {
        "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "udp"},
        "lease-database": {"type": "memfile", "persist": True, "name": f"{isolated.folder}/kea.csv"},
        "valid-lifetime": 600, "subnet4": [{"subnet": "10.66.0.0/16", "pools": [{"pool": f"{FIRST} - {LAST}"}]}],
        "loggers": [{"name": "kea-dhcp4", "severity": "WARN", "output_options": [{"output": "stdout"}]}]}}))
    os.environ["KEA_LOCKFILE_DIR"] = os.environ["KEA_PIDFILE_DIR"] = str(isolated.folder)
    server = super(dhcplab.Isolated, isolated).start("box", "kea", "kea-dhcp4", "-c", configuration)
    until(lambda: listens(isolated), 15, "Kea to listen")
    return server


def listens(isolated):
    return ":67 " in subprocess.run(
        [*isolated.prefix("box"), "ss", "-lun"], capture_output=True, text=True).stdout


def load(isolated, rate, seed):
    """Asks at a rate for some seconds; gives what was done, what was lost, and how long an exchange took."""
    ran = subprocess.run(
        [*isolated.prefix("router"), "perfdhcp", "-4", "-l", "eth0", "-r", str(rate), "-R", "40000", "-p", str(SECONDS),
         "-W", "1000000", "-s", str(seed), SERVER], capture_output=True, text=True, timeout=120)
    text = ran.stdout
    done = float(re.search(r"Rate: ([\d.]+) 4-way exchanges/second", text)[1])
    sent, got = (sum(map(int, re.findall(rf"^{word} packets: (\d+)", text, re.M))) for word in ("sent", "received"))
    average = sum(float(value) for value in re.findall(r"avg delay: ([\d.]+) ms", text))
    worst = max(float(value) for value in re.findall(r"max delay: ([\d.]+) ms", text))
    return done, 100 * (sent - got) / max(1, sent), average, worst


def measure(say, name, isolated):
    best = 0
    for seed, rate in enumerate(RATES):
        done, lost, average, worst = load(isolated, rate, seed + 1)
        say(f"  {name:8} asked {rate:6} a second: {done:8.0f} DORA/s, {lost:5.1f} % unanswered,"
            f" {average:7.2f} ms a DORA on average, {worst:7.1f} ms at most")
        if lost <= 1:
            best = max(best, done)
        elif lost > 20:
            break
    return best


def figures(say):
    if reason := obstacle():
        return say(f"Addresses: not measured. {reason}")
    say("Addresses, perfdhcp through a relay on a network of this machine (aim: not behind Kea)")
    isolated = network()
    try:
        server = kea(isolated)
        peer = measure(say, "Kea", isolated)
        server.terminate()
        server.wait(10)
        box = isolated.box(range=f"{FIRST}-{LAST}")
        own = measure(say, "Sprout", isolated)
        say(f"  Most with at most 1 % unanswered: Kea {peer:.0f} DORA/s, Sprout {own:.0f}, ratio {own / max(peer, 1):.2f}")
        say("  Kea writes its leases to a file without sync; of Sprout's each was on the disk before its ACK:"
            f" {box.sql('SELECT count(*) FROM lease')[0]} leases")
    finally:
        isolated.__exit__(None)
