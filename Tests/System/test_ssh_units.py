"""Commands that are started over SSH as units: the unit tests of that, where a real systemd carries them out."""

import unittest

from container import Container
from harness import ROOT

TESTS = ROOT / ".build/debug/sproutPackageTests.xctest"


@unittest.skipIf(Container.obstacle(), Container.obstacle())
@unittest.skipUnless(TESTS.exists(), "The unit tests are not built: run swift build --build-tests")
class SSHUnitsTest(unittest.TestCase):
    def test_units_outlive_the_session_that_started_them(self):
        container = Container()
        self.addCleanup(container.close)
        container.boot()
        words = ["env", "SPROUT_TEST_UNITS=1", TESTS, "--testing-library", "swift-testing", "--filter", "UnitsTests"]
        result = container.run(*map(str, words), timeout=100)
        said = result.stdout + result.stderr + container.journal()
        self.assertEqual(result.returncode, 0, said)
        self.assertRegex(result.stdout + result.stderr, r"Test run with [1-9]\d* tests? .* passed", said)
        self.assertNotIn("swordfish\n", container.journal())


if __name__ == "__main__":
    unittest.main()
