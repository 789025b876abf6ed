"""Installers that tell what they do, many at once: nothing lost, the API as quick as without them, the database bounded.

50 agents send 20 lines a second each for five minutes (SECONDS=30 is shorter). One of them is killed in each minute, sends again
what had no answer, and repeats all of its latest batch; the database may grow by no more than what is kept of each log.
"""

import os
import statistics
import threading
import time

from harness import Sprout
from installing import PROVISIONING, Machine, import_image

AGENTS, LINES = 50, 20
SECONDS = int(os.environ.get("SECONDS", "300"))
TEXT = "Setting up a package with a name of usual length (1.2.3-4+deb13u5) ..."


class Agent(threading.Thread):
    def __init__(self, machine, number):
        super().__init__()
        self.machine, self.number = machine, number
        self.wrong, self.times = [], []

    def run(self):
        begin = time.monotonic()
        for second in range(SECONDS):
            time.sleep(max(0, begin + self.number / AGENTS + second - time.monotonic()))
            first = second * LINES + 1
            self.send(first)
            # An answer that was lost: all of it comes once more.
            if second % 60 == self.number:
                self.send(first)

    def send(self, first):
        lines = [f"low {TEXT} {number}" for number in range(first, first + LINES)]
        asked = time.monotonic()
        answer = self.machine.tell(*lines, first=first, up=first)
        self.times.append(time.monotonic() - asked)
        if answer.body != f"next {first + LINES}\n".encode():
            self.wrong.append((first, answer.status, answer.body))


def ask(box, times, until):
    while time.monotonic() < until:
        asked = time.monotonic()
        assert box.get("/api/hosts").status == 200
        times.append(time.monotonic() - asked)
        time.sleep(0.05)


def row(say, name, times):
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    say(f"  {name:38} p50 {statistics.median(ordered) * 1000:6.1f}   p95 {p95 * 1000:6.1f}   worst {ordered[-1] * 1000:6.1f} ms")
    return p95


def size(box):
    return sum(file.stat().st_size for file in (box.state / "db").glob("sprout.db*"))


def figures(say):
    say(f"{AGENTS} installers tell {LINES} lines a second each, for {SECONDS} s (aim: nothing lost, p95 of the API under 50 ms)")
    with Sprout(provisioning=PROVISIONING) as box:
        import_image(box)
        machines = []
        for number in range(1, AGENTS + 1):
            box.register(number, hostname=f"pve-{number}")
            machines.append(Machine(box, number))
            machines[-1].begin()
        idle, busy = [], []
        ask(box, idle, time.monotonic() + 10)
        before = size(box)
        agents = [Agent(machine, number) for number, machine in enumerate(machines)]
        for agent in agents:
            agent.start()
        ask(box, busy, time.monotonic() + SECONDS)
        for agent in agents:
            agent.join()
        wrong = [one for agent in agents for one in agent.wrong]
        say(f"  answers that were not as they should be: {len(wrong)} {wrong[:3] if wrong else ''}")
        check(say, box, machines)
        row(say, "the API before", idle)
        row(say, "the API meanwhile", busy)
        row(say, "a batch, to its acknowledgement", [time for agent in agents for time in agent.times])
        say(f"  the database grew by {(size(box) - before) / 1e6:.1f} MB")


def check(say, box, machines):
    """The lines that are kept are in order, each once, and the last is the last that was told."""
    kept, bad = 0, 0
    for machine in machines:
        operation = box.get(f"/api/hosts/{machine.mac}/operations").json["operations"][0]["id"]
        numbers, after = [], 0
        while True:
            lines = box.get(f"/api/operations/{operation}/log?after={after}&limit=1000").json["lines"]
            if not lines:
                break
            numbers += [(line["number"], int(line["text"].split()[-1])) for line in lines]
            after = lines[-1]["number"]
        kept += len(numbers)
        in_order = all(one < other for one, other in zip(numbers, numbers[1:]))
        bad += not (in_order and all(number == told for number, told in numbers) and numbers[-1][0] == SECONDS * LINES)
    say(f"  lines told {AGENTS * SECONDS * LINES}, kept {kept}; logs that are not exact: {bad}")
