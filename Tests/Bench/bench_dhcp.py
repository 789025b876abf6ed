"""How long a machine waits for its offer, beside dnsmasq as a proxy, on the lab's own network."""

import json
import pathlib
import statistics
import subprocess
import sys

import lab

PEER = "192.168.77.3"
RATE, SECONDS, ROUNDS = 200, 5, 5


def dnsmasq(folder, *more):
    """dnsmasq as a proxy beside the router's DHCP."""
    return [
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--interface=eth0",
        "--bind-interfaces", f"--pid-file={folder}/peer.pid", f"--dhcp-leasefile={folder}/peer.leases",
        "--dhcp-range=192.168.77.0,proxy,255.255.255.0", "--dhcp-match=set:ipxe,175",
        "--pxe-service=tag:!ipxe,x86PC,boot,undionly.kpxe", "--pxe-service=tag:!ipxe,BC_EFI,boot,snponly.efi",
        "--pxe-service=tag:!ipxe,X86-64_EFI,boot,snponly.efi", *more]


def asked(network, server, first):
    program = pathlib.Path(__file__).with_name("discover_load.py")
    words = [*network.prefix("load"), sys.executable, program, server, RATE, SECONDS, first]
    return json.loads(subprocess.run(
        [str(word) for word in words], check=True, capture_output=True, text=True, timeout=60).stdout)


def figures(say):
    say(f"DISCOVER to OFFER, {RATE} machines a second, {ROUNDS} runs of {SECONDS} s each, in turn; microseconds")
    with lab.Lab(capture=False) as network:
        network.box(answer="all")
        network.attach("peer", f"{PEER}/24")
        words = dnsmasq(network.folder)
        network.start("peer", "peer", *words)
        say(f"  dnsmasq: {' '.join(words)}")
        network.attach("load", "192.168.77.4/24")
        rows = {"sprout-dhcp": [], "dnsmasq": []}
        for number in range(ROUNDS):
            for server, (name, runs) in zip([lab.BOX, PEER], rows.items()):
                runs.append(asked(network, server, (2 * number + (name == "dnsmasq")) * RATE * SECONDS))
        medians = {}
        for name, runs in rows.items():
            parts = [[statistics.quantiles(run["microseconds"], n=100)[part - 1] for run in runs] for part in (50, 99)]
            medians[name] = [statistics.median(part) for part in parts]
            lost = sum(run["unanswered"] for run in runs)
            say(f"  {name:12} p50 {medians[name][0]:6.0f} ({min(parts[0]):.0f} to {max(parts[0]):.0f})"
                f"   p99 {medians[name][1]:6.0f} ({min(parts[1]):.0f} to {max(parts[1]):.0f})   {lost} not answered")
        ratios = [theirs / ours for ours, theirs in zip(medians["sprout-dhcp"], medians["dnsmasq"])]
        say(f"  ratio        p50 {ratios[0]:6.2f}   p99 {ratios[1]:.2f}   (more than 1: Sprout is the faster)")
