"""Runs the tests and ends with one line: how many passed, how many failed, how many were skipped and why.

    python3 Tests/run.py unit system            everything
    python3 Tests/run.py system CrashTest P13   only the system tests whose names contain one of these
    python3 Tests/run.py system RollbackTest    one of those that take too long for every day: only by their names
    python3 Tests/run.py system --machines      only those in which machines run in the lab or from the image; --others, the others

All system tests run in two processes: those whose machines are computed instruction by instruction keep one core busy, and
the others mostly wait.
"""

import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
SYSTEM = ROOT / "Tests" / "System"
FLAGS = ["--explicit-target-dependency-import-check", "error"]
TOTAL = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
LOCK = threading.Lock()


class Tally:
    passed = failed = skipped = 0


def unit():
    """Builds with warnings as errors, and runs the Swift tests; their own last line gives the numbers."""
    subprocess.run(["swift", "build", *FLAGS], cwd=ROOT, check=True)
    process = subprocess.Popen(
        ["swift", "test", *FLAGS], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    total = None
    failed = skipped = 0
    for line in process.stdout:
        if re.match(r"^[✘↳]|.*(error|fatal|Test run with|Compiling|Build complete)", line):
            print(line, end="", flush=True)
        failed += bool(re.match(r"^✘ Test (?!run with ).* failed after", line))
        # Those that need a peer are run again by the system test that starts it.
        skipped += bool(re.match(r"^➜ Test .* skipped", line))
        if match := re.match(r"^[✔✘] Test run with (\d+) tests? ", line):
            total = int(match[1])
    status = process.wait()
    if total is None or (status != 0 and failed == 0):
        print(f"the Swift tests did not come to their end (status {status})")
        total, failed = (total or 0) + 1, failed + 1
    Tally.passed += total - failed - skipped
    Tally.failed += failed
    Tally.skipped += skipped


class Report(unittest.TestResult):
    """One line a test, with its time."""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def say(self, word, test, detail=""):
        print(f"{word:8} {time.monotonic() - self.began:6.1f} s  {test.id()}{detail}", flush=True)

    def addSuccess(self, test):
        Tally.passed += 1
        self.say("passed", test)

    def addFailure(self, test, error):
        Tally.failed += 1
        self.say("FAILED", test, "\n" + self._exc_info_to_string(error, test))

    def addError(self, test, error):
        self.began = getattr(self, "began", time.monotonic())
        self.addFailure(test, error)

    def addSubTest(self, test, subtest, error):
        if error:
            self.addFailure(subtest, error)

    def addSkip(self, test, reason):
        self.began = getattr(self, "began", time.monotonic())
        Tally.skipped += 1
        self.say("skipped", test, f": {reason}")


def system(wanted):
    os.environ.setdefault("SPROUT_PROGRAMS", str(ROOT / ".build" / "debug"))
    if not wanted:
        return side_by_side(["--others", "--machines"])
    sys.path.insert(0, str(SYSTEM))
    chosen = []
    for group in unittest.defaultTestLoader.discover(str(SYSTEM)):
        for tests in group:
            for test in tests if isinstance(tests, unittest.TestSuite) else [tests]:
                lane = "--machines" if has_machines(test) else "--others"
                if any(word in test.id() or (word == lane and not is_long(test)) for word in wanted):
                    chosen.append(test)
    unittest.TestSuite(sorted(chosen, key=has_machines)).run(Report())


def side_by_side(lanes):
    """Shows each line as it comes, and adds up their last ones."""
    command = [sys.executable, "-u", __file__, "system"]
    processes = [subprocess.Popen([*command, lane], stdout=subprocess.PIPE, text=True) for lane in lanes]
    readers = [threading.Thread(target=take, args=(process,)) for process in processes]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()


def take(process):
    total = None
    for line in process.stdout:
        if match := TOTAL.match(line):
            total = [int(number or 0) for number in match.groups()]
        else:
            print(line, end="", flush=True)
    if process.wait() not in (0, 1) or total is None:
        print(f"{' '.join(process.args)} did not come to its end (status {process.returncode})")
        total = [0, 1, 0]
    with LOCK:
        Tally.passed, Tally.failed, Tally.skipped = (
            Tally.passed + total[0], Tally.failed + total[1], Tally.skipped + total[2])


def is_long(test):
    return hasattr(sys.modules[type(test).__module__], "LONG")


def has_machines(test):
    module = sys.modules[type(test).__module__]
    return any(hasattr(module, name) for name in ("lab", "dhcplab", "appliance"))


def main(words):
    if "unit" in words:
        unit()
    if "system" in words:
        system([word for word in words if word not in ("unit", "system")])
    skipped = f", {Tally.skipped} skipped" if Tally.skipped else ""
    print(f"{Tally.passed} passed, {Tally.failed} failed{skipped}")
    sys.exit(1 if Tally.failed or not Tally.passed else 0)


main(sys.argv[1:])
