"""How long a scrape of `/metrics` takes with a thousand hosts, beside an nginx that sends a file of that size."""

import os
import statistics
import time

from harness import ROOT, Sprout

HOSTS, TIMES = 1000, 200


def times(box, path):
    """How long each request takes, in milliseconds."""
    taken = []
    for _ in range(TIMES):
        began = time.monotonic()
        answer = box.get(path)
        taken.append((time.monotonic() - began) * 1000)
        assert answer.status == 200, (path, answer.status)
    return taken


def figures(say):
    static = ROOT / "rootfs" / "usr" / "share" / "sprout" / "www" / "assets" / "bench.bin"
    with Sprout() as box:
        for number in range(1, HOSTS + 1):
            assert box.register(number).status == 201
        body = box.get("/metrics").body
        say(f"A scrape of /metrics with {HOSTS} hosts: {len(body):,} bytes, {TIMES} times, one after the other"
            " (aim: 100 ms or less)")
        static.write_bytes(body)
        try:
            for name, path in [("Sprout", "/metrics"), ("nginx, a static file", "/assets/bench.bin")]:
                taken = times(box, path)
                p95 = statistics.quantiles(taken, n=20)[-1]
                say(f"  {name:22} p50 {statistics.median(taken):6.1f} ms   p95 {p95:6.1f} ms   worst {max(taken):6.1f} ms")
        finally:
            static.unlink()
        say(f"  load average           {os.getloadavg()[0]:6.1f}")
