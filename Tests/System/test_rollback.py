"""A version that does not answer, from the image: too long for every day (`make endurance`)."""

import threading
import unittest

import appliance
import debian
from appliance import Appliance, Owner

LONG = True


@unittest.skipIf(appliance.obstacle(), appliance.obstacle())
class RollbackTest(unittest.TestCase):
    def test_A3_a_version_that_does_not_answer_is_left_for_the_one_before_and_the_reason_is_told(self):
        box = Appliance(debian.image())
        self.addCleanup(box.close)
        box.start()
        owner = Owner(box)
        before = owner.report()["version"]
        bundle = str(debian.image("0.1.2", without="sprout-metadata").with_suffix(".update"))
        told = []
        command = threading.Thread(target=lambda: told.append(owner.cli("box", "update", bundle)))
        command.start()
        # It is started three times, and then the one before: QEMU restarts as a machine does.
        command.join(2400)
        self.assertFalse(command.is_alive(), box.screen())
        status, said = told[0]
        print(said, f"after {box.seconds():.0f} s", box.entries())
        self.assertEqual(status, 1, said)
        self.assertRegex(said, f"the box runs {before} again. 0.1.2 was started three times.*sprout-metadata does not answer")
        self.assertEqual(sorted(box.entries()), [f"sprout_{before}.conf", "sprout_0.1.2+0-3.conf"])
        report = owner.report()
        self.assertEqual((report["version"], [bad["version"] for bad in report["bad"]]), (before, ["0.1.2"]))
        status, said = owner.cli("box", "update", bundle)
        self.assertEqual(status, 1)
        self.assertIn("0.1.2 was tried here, and did not work", said)


if __name__ == "__main__":
    unittest.main()
