"""The page of a box whose clock is wrong, in a browser that knows better."""

import functools
import json
import os
import pathlib
import shutil
import tempfile
import time
import unittest
from unittest import mock

from browser import BrowserTest, expect
from harness import PROGRAMS, Sprout, until


@unittest.skipIf(os.geteuid() != 0, "Only root may put another file in the orchestrator's place: run this with sudo.")
class Clock(BrowserTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sprout-box-")))
        orchestrator = PROGRAMS / "sprout-orchestrator"
        shutil.copy(orchestrator, cls.folder)
        start = cls.folder / "start"
        # Where sprout-system would find what it is to do: `sprout up` tells nobody of such a place.
        start.write_text(f"#!/bin/sh\nexport SPROUT_BOX={cls.folder}\nexec {cls.folder}/sprout-orchestrator\n")
        start.chmod(0o755)
        prefix = ["unshare", "--mount", "sh", "-c", f'mount --bind {start} {orchestrator} && exec "$@"', "sh"]
        with mock.patch("browser.Sprout", functools.partial(Sprout, prefix=prefix)):
            super().setUpClass()

    def test_E22_the_clock_is_offered_to_be_set_by_the_browsers_when_they_differ(self):
        page = self.open("/appliance")
        expect(page.get_by_role("heading", name="Update")).to_be_visible()
        expect(page.get_by_role("button", name="Set the clock by this browser")).to_be_hidden()
        ahead = int(time.time()) + 7200
        page.clock.set_fixed_time(ahead)
        page.reload()
        page.get_by_role("button", name="Set the clock by this browser").click()
        wish = self.folder / "wish.json"
        until(wish.exists, 10, "the wish")
        said = json.loads(wish.read_text())
        self.assertEqual(said["act"], "set-clock")
        since_start = time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
        self.assertAlmostEqual(said["started_at"] + since_start, ahead * 1000, delta=30_000)


if __name__ == "__main__":
    unittest.main()
