"""Two hundred machines netboot at once, and each reaches its own script."""

import json
import subprocess
import sys
import time
import unittest

import harness
import lab

COUNT = 200
SWARM = harness.ROOT / "Tests" / "System" / "swarm.py"


@unittest.skipIf(lab.obstacle(), lab.obstacle())
class SwarmTest(unittest.TestCase):
    """All are served, none is told what belongs to another, and nobody is answered more often than it asked."""

    def swarm(self, loss, seed=2):
        with lab.Lab(capture=False, addresses="192.168.77.10,192.168.77.250") as network:
            box = network.box(answer="all")
            network.crowd("swarm", [f"192.168.77.{last}/24" for last in range(10, 251)])
            wishes = {"box": lab.BOX, "files": str(lab.NETBOOT), "count": COUNT, "loss": loss, "seed": seed}
            began = time.monotonic()
            run = subprocess.run(
                [*network.prefix("swarm"), sys.executable, SWARM, json.dumps(wishes)], capture_output=True, text=True,
                timeout=150)
            self.assertEqual(run.returncode, 0, run.stderr)
            machines = json.loads(run.stdout)
            self.check(machines)
            self.assertEqual(box.socket_request("boot.sock", "GET", "/health").status, 200)
            lost = sum(machine["lost"] for machine in machines)
            print(f"{COUNT} machines in {time.monotonic() - began:.1f} s, {lost} packets lost")
            return machines

    def check(self, machines):
        self.assertEqual([machine for machine in machines if machine["failure"]], [])
        self.assertEqual(len({machine["mac"] for machine in machines}), COUNT)
        self.assertEqual({machine["kind"] for machine in machines}, {"BIOS", "UEFI x64", "UEFI arm64", "iPXE"})
        for machine in machines:
            self.assertLessEqual(machine["offers"], machine["questions"], f"{machine} was answered more than once")

    def test_two_hundred_machines_reach_their_scripts(self):
        machines = self.swarm(loss=0)
        self.assertEqual([machine for machine in machines if machine["given_up"]], [])

    def test_two_hundred_machines_reach_their_scripts_though_packets_are_lost(self):
        machines = self.swarm(loss=0.05)
        self.assertGreater(sum(machine["lost"] for machine in machines), 1000)


if __name__ == "__main__":
    unittest.main()
