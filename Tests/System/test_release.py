"""The programs as people get them: what the optimiser does not take is no release, whatever the debug build does."""

import subprocess
import unittest

from harness import ROOT


class ReleaseTest(unittest.TestCase):
    def test_the_programs_are_built_with_the_optimiser_and_run(self):
        built = subprocess.run(
            ["swift", "build", "-c", "release", "--explicit-target-dependency-import-check", "error"], cwd=ROOT,
            capture_output=True, text=True, timeout=1800)
        self.assertEqual(built.returncode, 0, (built.stdout + built.stderr)[-4000:])
        said = subprocess.run([ROOT / ".build/release/sprout", "--version"], capture_output=True, text=True, timeout=30)
        self.assertRegex(said.stdout, r"^sprout \d+\.\d+\.\d+")


if __name__ == "__main__":
    unittest.main()
