"""Figures of Sprout beside those of a peer in the same run: memory, start, requests, events, and network boot.

    python3 bench.py                everything
    python3 bench.py tftp dhcp      only these: core, tftp, dhcp, addresses, boot, boot_set, operations,
                                    pages, metrics, events, agents, box

Prints a table, and writes it to out/bench.txt. Network boot is measured in the lab of Tests/System, for which it must
be root, as for the box; but for boot_set, operations, pages, metrics, events and agents, which are HTTP alone.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("SPROUT_PROGRAMS", str(ROOT / ".build" / "release"))
sys.path.insert(0, str(ROOT / "Tests" / "System"))

import bench_addresses  # noqa: E402
import bench_agents  # noqa: E402
import bench_boot  # noqa: E402
import bench_boot_set  # noqa: E402
import bench_box  # noqa: E402
import bench_dhcp  # noqa: E402
import bench_events  # noqa: E402
import bench_metrics  # noqa: E402
import bench_operations  # noqa: E402
import bench_pages  # noqa: E402
import bench_tftp  # noqa: E402
import lab  # noqa: E402
from harness import Sprout, children, until  # noqa: E402

DAEMONS = ["sprout-orchestrator", "sprout-web", "sprout-boot", "sprout-metadata", "sprout-dhcp", "sprout-fetch"]
lines = []


def say(text=""):
    print(text, flush=True)
    lines.append(text)


def pss(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) / 1024


def memory(box):
    say("Idle memory, PSS, MB (aim: 40 or less for the six daemons)")
    total = 0
    for name in DAEMONS:
        size = pss(box.pid(name))
        total += size
        say(f"  {name:22} {size:6.1f}")
    say(f"  {'the six together':22} {total:6.1f}")
    say(f"  {'nginx':22} {sum(pss(pid) for pid in [box.pid('nginx')] + children(box.pid('nginx'))):6.1f}")


def start():
    say("From start to ready, seconds (aim: under 1)")
    for name, box in [("first start", Sprout()), ("next start", None)]:
        times = []
        kept = box or kept_box
        for _ in range(5):
            if name == "first start" and times:
                kept.__exit__(None)
                kept = Sprout()
            begin = time.monotonic()
            kept.start()
            times.append(time.monotonic() - begin)
            kept.stop()
        kept_box = kept
        say(f"  {name:22} median {statistics.median(times):5.2f}   worst {max(times):5.2f}   (5 runs)")
    kept_box.__exit__(None)


def wrk(box, path, seconds=4):
    output = subprocess.run(
        ["wrk", "-t1", "-c50", f"-d{seconds}s", "--latency", "--header", f"Authorization: Bearer {box.token}",
         box.url + path], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        raise SystemExit(output)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])
    return rate, re.search(r"50%\s+([\d.]+\S+)", output)[1], re.search(r"99%\s+([\d.]+\S+)", output)[1]


def requests(box):
    for number in range(1, 1001):
        box.register(number)
    path = "/api/hosts?limit=1000"
    body = box.get(path).body
    static = ROOT / "rootfs" / "usr" / "share" / "sprout" / "www" / "assets" / "bench.bin"
    static.write_bytes(body)
    try:
        say(f"Requests a second through nginx, 50 connections: 1,000 hosts as JSON, {len(body):,} bytes")
        ratios = []
        for _ in range(3):
            ours = wrk(box, path)
            peer = wrk(box, "/assets/bench.bin")
            ratios.append(ours[0] / peer[0])
            say(f"  GET /api/hosts         {ours[0]:8.0f}/s   p50 {ours[1]:>8}   p99 {ours[2]:>8}")
            say(f"  nginx, a static file   {peer[0]:8.0f}/s   p50 {peer[1]:>8}   p99 {peer[2]:>8}   ratio {ratios[-1]:.2f}")
        say(f"  ratio                  median {statistics.median(ratios):.2f}")
    finally:
        static.unlink()
    small = wrk(box, f"/api/hosts/{box.hosts()[0]['id']}")
    say(f"  GET /api/hosts/ID      {small[0]:8.0f}/s   p50 {small[1]:>8}   p99 {small[2]:>8}")


def core(_):
    start()
    with Sprout() as box:
        until(lambda: box.get("/api/hosts").status == 200)
        time.sleep(2)
        memory(box)
        requests(box)


def in_lab(part):
    def figures(say):
        if obstacle := lab.obstacle():
            return say(f"Not measured: {obstacle}")
        part.figures(say)
    return figures


PARTS = {"core": core, "tftp": in_lab(bench_tftp), "dhcp": in_lab(bench_dhcp), "addresses": in_lab(bench_addresses),
         "boot": in_lab(bench_boot), "boot_set": bench_boot_set.figures,
         "operations": bench_operations.figures, "pages": bench_pages.figures,
         "metrics": bench_metrics.figures, "events": bench_events.figures, "agents": bench_agents.figures,
         "box": bench_box.figures}


def main(wanted):
    for name in wanted or PARTS:
        PARTS[name](say)
        say()
    out = ROOT / "out"
    out.mkdir(exist_ok=True)
    (out / "bench.txt").write_text("\n".join(lines) + "\n")


# The clients of bench_events are a process of their own, which reads this file too.
if __name__ == "__main__":
    main(sys.argv[1:])
