"""The menu of a box's console, typed at a terminal; and the network that it changes, checked, tried and undone."""

import contextlib
import fcntl
import os
import pathlib
import pty
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import unittest

import test_units
from container import Container, Identity
from harness import ROOT, until

IMAGE = ROOT / "image" / "rootfs"
CONSOLE, NETWORK = (IMAGE / "usr/lib/sprout" / name for name in ("console", "network"))
FIXED = "method=fixed\nport=eno1\naddress=192.168.1.10/24\ngateway=192.168.1.1\ndns=192.168.1.1 9.9.9.9\n"


@contextlib.contextmanager
def fake_root():
    """What the script finds of a box, with the port eno1."""
    with tempfile.TemporaryDirectory(prefix="sprout-console-") as name:
        root = pathlib.Path(name)
        for folder in ("run/sprout/network", "run/sprout-network", "run/systemd/network", "var/etc/network",
                       "sys/class/net/eno1/device"):
            (root / folder).mkdir(parents=True)
        shutil.copytree(IMAGE / "etc/systemd/network", root / "etc/systemd/network", symlinks=True)
        yield root


class Console:
    """A screen with a keyboard, in front of which the page runs as systemd starts it."""

    def __init__(self, words, environment):
        self.words, self.environment, self.drawn = words, environment, b""

    def __enter__(self):
        self.near, far = pty.openpty()
        fcntl.ioctl(self.near, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
        self.process = subprocess.Popen(
            self.words, stdin=far, stdout=far, stderr=far, env=self.environment, start_new_session=True,
            # Keys such as Ctrl-C send signals to whom the terminal belongs.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(far)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join()
        os.close(self.near)

    def read(self):
        # A terminal whose last program has ended gives an error instead of an end.
        with contextlib.suppress(OSError):
            while True:
                self.drawn += os.read(self.near, 4096)

    @property
    def text(self):
        """What is there since the screen was cleared."""
        return self.drawn.decode(errors="ignore").rpartition("\x1b[2J")[2].replace("\r", "")

    def sees(self, words, seconds=10):
        try:
            until(lambda: words in self.text, seconds, f'"{words}" to be shown')
        except AssertionError as error:
            raise AssertionError(f"{error}; there is:\n{self.text}") from None

    def types(self, keys):
        os.write(self.near, keys.encode())


class WishTest(unittest.TestCase):
    def check(self, text, verb="check"):
        with fake_root() as root:
            wish = root / "wish"
            wish.write_text(text)
            done = subprocess.run(
                [NETWORK, verb, wish], capture_output=True, text=True, env={"PATH": os.environ["PATH"], "SPROUT_ROOT": str(root)})
            fixed = root / "var/etc/network/fixed.network"
            return done.returncode, done.stdout + done.stderr, fixed.read_text() if fixed.exists() else None

    def test_what_is_good_becomes_a_file_of_networkd(self):
        self.assertEqual(self.check(FIXED), (0, "", None))
        status, said, text = self.check(FIXED, "keep")
        self.assertEqual((status, said), (0, ""))
        self.assertEqual(text, (
            "[Match]\nName=eno1\n\n[Network]\nAddress=192.168.1.10/24\nDNS=192.168.1.1\nDNS=9.9.9.9\nGateway=192.168.1.1\n"
            "IPv6AcceptRA=yes\nMulticastDNS=yes\n"))
        self.assertEqual(self.check("method=dhcp\n", "keep"), (0, "", None))

    def test_what_is_not_good_is_refused_with_its_reason_and_written_nowhere(self):
        wrong = {
            "method=magic\n": "method",
            FIXED.replace("eno1", "eno9"): "no such port",
            FIXED.replace("eno1", "../../etc"): "no such port",
            FIXED.replace("eno1", "eno1\nName=*"): "not understood",
            FIXED.replace(".10/24", ".10"): "size of its network",
            FIXED.replace(".10/24", ".10/7"): "size of its network",
            FIXED.replace(".10/24", ".010/24"): "size of its network",
            FIXED.replace(".10/24", ".256/24"): "size of its network",
            FIXED.replace(".10/24", ".10/a[$(touch /tmp/x)]"): "size of its network",
            FIXED.replace(".10/24", ".0/24"): "first or the last",
            FIXED.replace(".10/24", ".255/24"): "first or the last",
            FIXED.replace("192.168.1.10/24", "127.0.0.5/24"): "none that a machine",
            FIXED.replace("gateway=192.168.1.1", "gateway=192.168.2.1"): "not another machine of the same network",
            FIXED.replace("gateway=192.168.1.1", "gateway=192.168.1.10"): "not another machine of the same network",
            FIXED.replace("9.9.9.9", "*"): "DNS server",
            FIXED + "Address=1.2.3.4/8\n": "not understood",
            "": "method",
        }
        for text, reason in wrong.items():
            with self.subTest(text):
                status, said, written = self.check(text, "keep")
                self.assertEqual((status, written), (1, None))
                self.assertIn(reason, said)

    def test_a_link_in_the_place_of_a_wish_tells_nothing_of_what_it_leads_to(self):
        with fake_root() as root:
            (root / "wish").symlink_to("/etc/passwd")
            done = subprocess.run([NETWORK, "check", root / "wish"], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (1, "There is no wish.\n"))


class MenuTest(unittest.TestCase):
    def setUp(self):
        self.root = self.enterContext(fake_root())
        programs = self.root / "bin"
        programs.mkdir()
        for name, text in {
                "ip": 'case "$*" in "monitor address") exec sleep 600 ;; *) echo "2: eno1 inet 192.168.1.23/24 scope global" ;; esac',
                "systemctl": "exit 0", "networkctl": f'echo "$@" >> {self.root}/networkctl',
                "qrencode": "echo QR",
                "journalctl": 'case "$*" in *priority*) echo a warning ;; *) seq --format "line %g" 60 ;; esac',
                "sprout": f'echo "$@" >> {self.root}/asked\ncase "$*" in "tls show") echo "SHA-256 AB:CD" ;; setup) echo 7777-8888 ;;'
                          ' "box restart") echo "One host is being installed." >&2; exit 1 ;; *) echo "Done." ;; esac',
        }.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:/usr/bin:/bin", "TERM": "linux", "SPROUT_ROOT": str(self.root),
            "SPROUT_NETWORK": str(self.root / "run/sprout/network"), "SPROUT_PORTS": str(self.root / "sys/class/net"),
            "SPROUT_NETWORK_STATE": str(self.root / "run/sprout-network/state"), "SPROUT_HEADLESS": str(self.root)}
        self.terminal = self.enterContext(Console([str(CONSOLE)], self.environment))
        self.terminal.sees("Setup code   7777-8888")

    def asked(self):
        return [line for line in (self.root / "asked").read_text().splitlines() if line not in ("setup", "tls show")]

    def open_menu(self):
        self.terminal.types("x")
        self.terminal.sees("0  Back")

    def choose_address(self, address, gateway="192.168.1.1"):
        self.open_menu()
        self.terminal.types("1")
        self.terminal.sees("2  Give it a fixed address")
        self.terminal.types("2")
        self.terminal.sees("such as 192.168.1.10/24:")
        self.terminal.types(f"{address}\n")
        self.terminal.sees("or nothing:")
        self.terminal.types(f"{gateway}\n")
        self.terminal.sees("DNS server")
        self.terminal.types("\n")

    @contextlib.contextmanager
    def network_service(self, patience=30):
        """What sprout-network.path does."""
        wish = self.root / "run/sprout/network/wish"
        until(wish.exists, 10, "the wish")
        service = subprocess.Popen(
            [NETWORK, "try"], env={**self.environment, "SPROUT_PATIENCE": str(patience)}, stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            service.wait(15)

    def test_A1_the_page_says_how_to_get_in_and_any_key_opens_the_menu(self):
        screen = self.terminal.text
        self.assertRegex(screen, r"Open +http://192\.168\.1\.23 or http://\S+\.local\s+Address +192\.168\.1\.23\s+Certificate +SHA-256 AB:CD")
        self.open_menu()
        self.terminal.types("0")
        self.terminal.sees("QR")

    def test_the_log_is_shown_a_page_at_a_time_warnings_first(self):
        self.open_menu()
        self.terminal.types("2")
        self.terminal.sees("a warning")
        self.terminal.sees("-- any key: more, 0: back")
        self.assertNotIn("line 60", self.terminal.text)
        self.terminal.types(" ")
        self.terminal.sees("line 30")
        self.terminal.types(" ")
        self.terminal.sees("line 60")

    def test_restarting_asks_first_and_again_when_hosts_are_being_installed(self):
        self.open_menu()
        self.terminal.types("3")
        self.terminal.sees("Restart the box?")
        self.terminal.types("n")
        self.terminal.sees("0  Back")
        self.assertEqual(self.asked(), [])
        self.terminal.types("3")
        self.terminal.sees("Restart the box?")
        self.terminal.types("y")
        self.terminal.sees("One host is being installed.")
        self.terminal.sees("All the same?")
        self.terminal.types("y")
        self.terminal.sees("Done.")
        self.assertEqual(self.asked(), ["box restart", "box restart --anyway"])

    def test_a_factory_reset_wants_to_be_typed(self):
        for words, expected in (("erase", []), ("erase sprout", ["box factory-reset --confirm erase sprout --keep-images"])):
            self.open_menu()
            self.terminal.types("5")
            self.terminal.sees("Keep the images?")
            self.terminal.types("y")
            self.terminal.sees("Type erase sprout:")
            self.terminal.types(f"{words}\n")
            self.terminal.sees("Any key: back")
            self.assertEqual(self.asked() if expected else [], expected)
            self.terminal.types(" ")
            self.terminal.sees("0  Back")
            self.terminal.types("0")
            self.terminal.sees("QR")

    def test_another_address_is_kept_when_it_is_confirmed(self):
        self.choose_address("192.168.1.50/24")
        with self.network_service():
            self.terminal.sees("k: keep it")
            self.assertIn("Address=192.168.1.50/24", (self.root / "run/systemd/network/30-tried.network").read_text())
            self.assertFalse((self.root / "var/etc/network/fixed.network").exists(), "a restart undoes it until then")
            self.terminal.types("k")
            self.terminal.sees("It is kept.")
        self.assertIn("Gateway=192.168.1.1", (self.root / "var/etc/network/fixed.network").read_text())
        self.assertFalse((self.root / "run/systemd/network/30-tried.network").exists())

    def test_another_address_is_undone_when_nobody_confirms_it(self):
        self.choose_address("192.168.1.50/24")
        with self.network_service(patience=4):
            self.terminal.sees("It was undone", 15)
        self.assertEqual(list((self.root / "run/systemd/network").iterdir()), [])
        self.assertFalse((self.root / "var/etc/network/fixed.network").exists())
        self.assertGreaterEqual((self.root / "networkctl").read_text().count("reload"), 2)

    def test_an_address_from_the_router_is_tried_too(self):
        self.open_menu()
        self.terminal.types("1")
        self.terminal.sees("2  Give it a fixed address")
        self.terminal.types("1")
        with self.network_service():
            self.terminal.sees("k: keep it")
            wired = (self.root / "etc/systemd/network/50-wired.network").read_text()
            self.assertEqual((self.root / "run/systemd/network/30-tried.network").read_text(), wired)
            self.terminal.types("k")
            self.terminal.sees("It is kept.")

    def test_an_address_that_cannot_be_is_refused_with_its_reason(self):
        self.choose_address("192.168.1.300/24")
        with self.network_service():
            self.terminal.sees("The address is none")

    def test_nothing_that_is_typed_leads_out_of_the_menu(self):
        for typed in ("\x03", "\x1a", "\x1c", "\x1b[A", "\x1b[15~", "!", "`id`", "\x04", "$(id)\n"):
            self.terminal.types(typed)
        self.open_menu()
        self.assertIsNone(self.terminal.process.poll())
        self.terminal.types("0")
        self.terminal.sees("QR")
        self.choose_address("$(touch /tmp/x)/24", "a[$(touch /tmp/x)]")
        with self.network_service():
            self.terminal.sees("The address is none")
        self.assertEqual(self.asked(), [])


@unittest.skipIf(Container.obstacle(), Container.obstacle())
class NetworkUnitTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        container = cls.container = Container()
        cls.addClassCleanup(container.close)
        test_units.UnitsTest.install(container)
        for place in ("usr/lib/sprout/network", "etc/systemd/network/50-wired.network",
                      "usr/lib/systemd/system/sprout-network.path", "usr/lib/systemd/system/sprout-network.service",
                      "usr/lib/systemd/system/sprout-network-restore.service", "usr/lib/tmpfiles.d/sprout-console.conf"):
            (container.layer / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(IMAGE / place, container.layer / place)
        container.write("etc/systemd/system/sprout-network.service.d/patience.conf", "[Service]\nEnvironment=SPROUT_PATIENCE=4\n")
        for unit in ("sprout-network.path", "sprout-network-restore.service", "systemd-networkd.service"):
            (container.layer / f"etc/systemd/system/multi-user.target.wants/{unit}").symlink_to(f"/usr/lib/systemd/system/{unit}")
        container.boot()
        container.output("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "cable")
        container.output("ip", "link", "set", "cable", "up")
        container.output("networkctl", "reload")

    def wish(self, number, text):
        """As the console writes it, whose user has nothing but the group."""
        self.container.output(
            "sh", "-c", 'cat > /run/sprout/network/.wish && mv /run/sprout/network/.wish /run/sprout/network/wish',
            identity=Identity("nobody", "nogroup", "sprout"), text=f"wish={number}\n{text}")

    def state(self):
        return self.container.run("cat", "/run/sprout-network/state").stdout.splitlines()

    def addresses(self):
        return self.container.output("ip", "-oneline", "-4", "address", "show", "dev", "lan0")

    def test_an_address_is_tried_undone_and_kept(self):
        fixed = FIXED.replace("eno1", "lan0")
        self.wish(1, fixed)
        until(lambda: "192.168.1.10/24" in self.addresses(), 10, "the address to be there")
        until(lambda: self.state() == ["1", "undone"], 15, "it to be undone")
        until(lambda: "192.168.1.10/24" not in self.addresses(), 10, "the address to be gone")
        self.wish(2, fixed)
        until(lambda: self.state() == ["2", "tried"], 10, "it to be tried")
        self.container.output(
            "sh", "-c", "echo 2 > /run/sprout/network/kept", identity=Identity("nobody", "nogroup", "sprout"))
        until(lambda: self.state() == ["2", "kept"], 10, "it to be kept")
        self.container.output("rm", "/run/systemd/network/40-fixed.network")
        self.container.output("systemctl", "restart", "sprout-network-restore", "systemd-networkd")
        until(lambda: "192.168.1.10/24" in self.addresses(), 10, "the address to be there after a restart")
        self.wish(3, "method=fixed\nport=../etc\naddress=1.2.3.4/8\n")
        until(lambda: self.state() == ["3", "refused There is no such port."], 10, "it to be refused")

    def test_nobody_else_may_wish(self):
        done = self.container.run("sh", "-c", "echo > /run/sprout/network/wish", identity=Identity("nobody", "nogroup"))
        self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
