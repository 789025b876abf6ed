"""How quickly people are answered while a hundred of five hundred hosts are being installed."""

import collections
import itertools
import os
import pathlib
import re
import statistics
import threading
import time

from harness import Sprout
from installing import PROVISIONING, Machine, import_image

HOSTS, UNDER_WAY, SECONDS = 500, 100, 30
# Machines that load and write take minutes from one step to the next: this is many more at once than there are.
STEPS_A_SECOND = 20
TICKS = os.sysconf("SC_CLK_TCK")


class Traffic:
    """Takes one step of one machine after the other, at a steady pace; who is ready is rebuilt."""

    STEPS = ["arm", "boot", "load_all", "ask", "first_boot_script", "tell_installed", "phone_home"]

    def __init__(self, machines):
        # Each is at another step, so that all kinds of steps come in turn.
        self.machines = [(machine, itertools.cycle(self.STEPS)) for machine in machines]
        for number, (machine, steps) in enumerate(self.machines):
            for _ in range(1 + number % (len(self.STEPS) - 1)):
                getattr(machine, next(steps))()
        self.taken = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        due = time.monotonic()
        for machine, steps in itertools.cycle(self.machines):
            due += 1 / STEPS_A_SECOND
            if self.stop.wait(max(0, due - time.monotonic())):
                return
            answer = getattr(machine, next(steps))()
            assert getattr(answer, "status", 200) in (200, 202), (answer.status, answer.body)
            self.taken += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def questions(box, hosts):
    """What people ask, each with an endless supply of hosts that no operation is at work on."""
    idle = itertools.cycle(hosts[UNDER_WAY:])
    numbers = itertools.count()
    return {
        "GET /api/hosts": lambda: box.get("/api/hosts?limit=1000"),
        "GET /api/hosts/ID": lambda: box.get(f"/api/hosts/{next(idle)}"),
        "rebuild, dry run": lambda: box.request("POST", f"/api/hosts/{next(idle)}/rebuild", {"dry_run": True}),
        "PATCH /api/hosts/ID": lambda: box.request(
            "PATCH", f"/api/hosts/{next(idle)}", {"labels": {"rack": str(next(numbers))}})}


def measure(asks):
    times = collections.defaultdict(list)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for name, ask in asks.items():
            began = time.monotonic()
            answer = ask()
            times[name].append((time.monotonic() - began) * 1000)
            assert answer.status == 200, (name, answer.status, answer.body)
            time.sleep(0.02)
    return times


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid):
    return int(re.search(r"^VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1]) / 1024


def figures(say):
    say(f"{HOSTS} hosts, {UNDER_WAY} of them under way, {STEPS_A_SECOND} steps of machines a second, for {SECONDS} s"
        " (aim: p95 under 50 ms)")
    with Sprout(provisioning=PROVISIONING) as box:
        import_image(box)
        for number in range(1, HOSTS + 1):
            box.register(number, hostname=f"pve-{number}")
        machines = [Machine(box, number) for number in range(1, UNDER_WAY + 1)]
        traffic = Traffic(machines)
        hosts = [host["id"] for host in box.hosts()]
        pid = box.pid("sprout-orchestrator")
        before = processor_seconds(pid)
        with traffic:
            times = measure(questions(box, hosts))
        for name, values in times.items():
            p95 = statistics.quantiles(values, n=20)[-1]
            say(f"  {name:22} p50 {statistics.median(values):6.1f} ms   p95 {p95:6.1f} ms   ({len(values)} requests)")
        say(f"  sprout-orchestrator    {processor_seconds(pid) - before:6.1f} s of processor   {resident(pid):6.1f} MB resident"
            f"   ({traffic.taken} steps)")
        say(f"  load average           {os.getloadavg()[0]:6.1f}")
