"""From power-on to the machine's script, beside dnsmasq and nginx with the same programs and the same script."""

import shutil
import statistics
import time

import lab
from bench_dhcp import dnsmasq
from harness import until

MAC = "52:54:00:77:00:42"
FIRMWARE = {"bios": "BIOS", "uefi": "UEFI, PXE", "http": "UEFI, HTTP boot"}
ROUNDS = 3
LAST_WORDS = "is not known here"
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    server {{ listen 80; root {folder}/site; location ~ report$ {{ return 200 "#!ipxe\\n"; }} }}
}}
"""


def booted(network, firmware):
    """Seconds from power-on until the machine shows its script."""
    began = time.monotonic()
    network.machine(firmware, MAC, firmware)
    until(lambda: LAST_WORDS in network.screen(firmware), 120, f"the {firmware} machine to show its script")
    return time.monotonic() - began


def ours(firmware):
    with lab.Lab(capture=False) as network:
        network.box(answer="all")
        return booted(network, firmware)


def scripts():
    """What Sprout serves, to be served as files."""
    with lab.Lab(capture=False) as network:
        box = network.box(answer="all")
        paths = [f"/ipxe/{MAC.replace(':', '-')}", "/netboot/autoexec.ipxe"]
        return {path: box.socket_request("boot.sock", "GET", path, headers={"Host": lab.BOX}).body for path in paths}


def peer_words(folder):
    site = f"http://{lab.BOX}"
    return dnsmasq(
        folder, "--enable-tftp", f"--tftp-root={folder}/site/netboot", "--dhcp-pxe-vendor=PXEClient,HTTPClient",
        "--dhcp-vendorclass=set:http,HTTPClient", f"--dhcp-boot=tag:http,{site}/netboot/snponly.efi",
        f"--dhcp-boot=tag:ipxe,{site}/ipxe/${{net0/mac:hexhyp}},,{lab.BOX}")


def peer(firmware, files):
    with lab.Lab(capture=False) as network:
        network.folder.chmod(0o755)
        shutil.copytree(lab.NETBOOT, network.folder / "site" / "netboot")
        (network.folder / "site" / "ipxe").mkdir()
        for path, content in files.items():
            (network.folder / "site" / path[1:]).write_bytes(content)
        (network.folder / "nginx.conf").write_text(NGINX.format(folder=network.folder))
        network.start("box", "nginx", "nginx", "-c", network.folder / "nginx.conf", "-p", network.folder)
        network.start("box", "dnsmasq-proxy", *peer_words(network.folder))
        return booted(network, firmware)


def figures(say):
    say(f"Seconds from power-on to the script, QEMU without KVM, {ROUNDS} runs each, in turn")
    say(f"  dnsmasq: {' '.join(peer_words('FOLDER'))}")
    say("  nginx: serves the programs, autoexec.ipxe and the script as files")
    files = scripts()
    for firmware, name in FIRMWARE.items():
        rows = {"Sprout": [], "dnsmasq and nginx": []}
        for _ in range(ROUNDS):
            rows["Sprout"].append(ours(firmware))
            rows["dnsmasq and nginx"].append(peer(firmware, files))
        say(f"  {name}")
        for who, times in rows.items():
            say(f"    {who:18} median {statistics.median(times):5.1f}   ({min(times):.1f} to {max(times):.1f})")
        ratio = statistics.median(rows["dnsmasq and nginx"]) / statistics.median(rows["Sprout"])
        say(f"    ratio              {ratio:.2f}   (more than 1: Sprout is the faster)")
