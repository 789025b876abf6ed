"""Hostile packets by the hundred thousand: the daemons stay the processes they were, do not grow, and go on serving.

SPROUT_FUZZ in the environment is the number of packets; `make fuzz` sends a million, `make test` as many as fit into
half a minute.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

import harness
import lab

COUNT = int(os.environ.get("SPROUT_FUZZ", 500_000))
SEED = int(os.environ.get("SPROUT_SEED", 1))
# Beyond what a daemon has taken after the first tenth: tables that are full, and the heap's own loss.
MOST_GROWTH = 16 * 1024
DAEMONS = {"sprout-dhcp": "dhcp.sock", "sprout-boot": "boot.sock"}
FUZZ = harness.ROOT / "Tests" / "System" / "fuzz.py"


def resident(pid):
    """Kilobytes of memory."""
    return int(re.search(r"^VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])


@unittest.skipIf(lab.obstacle(), lab.obstacle())
class FuzzTest(unittest.TestCase):
    def test_the_daemons_survive_mutated_packets_and_serve_the_next_machine(self):
        with lab.Lab(capture=False, addresses="192.168.77.10,192.168.77.30") as network:
            box = network.box(answer="all")
            network.in_("box", "ip", "addr", "add", f"{lab.BOX}/16", "dev", "eth0")
            network.crowd("hostile", [f"192.168.79.{number}/16" for number in range(1, 201)])
            network.crowd("swarm", [f"192.168.77.{number}/16" for number in range(10, 31)])
            processes = {name: box.pid(name) for name in DAEMONS}
            self.fuzz(network, COUNT // 10, SEED)
            before = {name: resident(pid) for name, pid in processes.items()}
            began = time.monotonic()
            sent = self.fuzz(network, COUNT - COUNT // 10, SEED + 1)
            seconds = time.monotonic() - began
            self.assertEqual({name: box.pid(name) for name in DAEMONS}, processes, "a daemon was started anew")
            for name, socket in DAEMONS.items():
                self.assertEqual(box.socket_request(socket, "GET", "/health").status, 200, name)
                growth = resident(processes[name]) - before[name]
                print(f"{name} takes {resident(processes[name])} kB, {growth} kB more than after the first tenth")
                self.assertLess(growth, MOST_GROWTH, name)
            print(f"{sent}, {seconds:.0f} s")
            detail = box.socket_request("dhcp.sock", "GET", "/health").json["detail"]
            read = sum(map(int, re.findall(r"\d+", detail)))
            self.assertGreater(read, 0.9 * (sent["67"]["sent"] + sent["4011"]["sent"]), detail)
            self.served(network)

    def fuzz(self, network, count, seed):
        return self.carried_out(network, "hostile", FUZZ, {"box": lab.BOX, "count": count, "seed": seed})

    def served(self, network):
        """One machine of each kind boots, by the packets that its firmware sends."""
        wishes = {"box": lab.BOX, "files": str(lab.NETBOOT), "count": 4, "loss": 0, "seed": 1}
        machines = self.carried_out(network, "swarm", FUZZ.with_name("swarm.py"), wishes)
        self.assertEqual([machine for machine in machines if machine["failure"]], [])

    def carried_out(self, network, namespace, program, wishes):
        run = subprocess.run(
            [*network.prefix(namespace), sys.executable, program, json.dumps(wishes)], capture_output=True, text=True,
            timeout=600)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)


if __name__ == "__main__":
    unittest.main()
