"""Downloads over TFTP from the real sprout-boot, by clients that nobody here wrote, and by hostile ones."""

import concurrent.futures
import contextlib
import pathlib
import random
import subprocess
import tempfile
import threading
import time
import unittest

from harness import Sprout
from tftp import DATA, FILES, WRITE, Boot, Peer, Relay, ack, request


def curl(port, name, *options, address="127.0.0.1"):
    run = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "90", "--interface", address, *options,
         f"tftp://127.0.0.1:{port}/{name}"], capture_output=True, timeout=100)
    return run.stdout if run.returncode == 0 else run


class TFTPTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.box = stack.enter_context(Sprout())
        cls.boot = stack.enter_context(Boot(cls.box.state))
        cls.port = cls.boot.port

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def tearDown(self):
        self.assertIsNone(self.boot.process.poll(), self.boot.log())

    def assertSame(self, got, name):
        self.assertIsInstance(got, bytes, got)
        self.assertTrue(got == FILES[name], f"{name}: {len(got)} of {len(FILES[name])} bytes, or others")

    def fetched(self, *command, text=None):
        """What a client that writes a file has written."""
        run = subprocess.run(
            command, cwd=self.folder.name, input=text, capture_output=True, text=True, timeout=90)
        path = pathlib.Path(self.folder.name, "file")
        return path.read_bytes() if path.exists() and "rror" not in run.stdout + run.stderr else run

    def test_curl(self):
        for name in ["undionly.kpxe", "snponly.efi", "ipxe-amd64.efi", "ipxe-arm64.efi"]:
            for options in [["--tftp-no-options"], [], ["--tftp-blksize", "1428"], ["--tftp-blksize", "8192"]]:
                with self.subTest(name, options=options):
                    if not FILES[name] and options != ["--tftp-no-options"]:
                        continue  # curl takes a size of 0 for a mistake.
                    self.assertSame(curl(self.port, name, *options), name)

    def test_tftp_hpa(self):
        for mode in ["binary", "ascii"]:
            with self.subTest(mode):
                text = f"mode {mode}\nget ipxe.pxe file\n"
                if mode == "binary":
                    self.assertSame(self.fetched("tftp", "127.0.0.1", str(self.port), text=text), "ipxe.pxe")
                else:
                    # This client makes something else of bytes that look like the end of a line.
                    self.assertIsInstance(self.fetched("tftp", "127.0.0.1", str(self.port), text=text), bytes)

    def test_atftp_with_windows(self):
        for options in [["windowsize 4"], ["windowsize 16", "blksize 1428"], ["windowsize 64"], ["timeout 2"]]:
            with self.subTest(options):
                words = [word for option in options for word in ("--option", option)]
                got = self.fetched(
                    "atftp", *words, "--get", "--remote-file", "snponly.efi", "--local-file", "file", "127.0.0.1",
                    str(self.port))
                self.assertSame(got, "snponly.efi")

    def test_names_as_firmware_writes_them(self):
        for name in [b"/undionly.kpxe", b"\\UNDIONLY.KPXE", b"tftp://10.0.0.1/undionly.kpxe", b"undionly.kpxe\xff",
                     b"52-54-00-aa-00-01/undionly.kpxe"]:
            with self.subTest(name), Peer(self.port) as peer:
                self.assertEqual(peer.ask(request(name)), bytes([0, DATA, 0, 1]) + FILES["undionly.kpxe"][:512])
        with Peer(self.port) as peer:
            self.assertEqual(peer.ask(b"\0\1undionly.kpxe\0\0octet\0")[:4], bytes([0, DATA, 0, 1]))

    def test_names_are_refused_at_once(self):
        for name in ["../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd", "x", "undionly.kpxe/..", "a" * 400, "\xff"]:
            with self.subTest(name), Peer(self.port) as peer:
                began = time.monotonic()
                self.assertEqual(peer.ask(request(name)), b"\0\5\0\1File not found\0")
                self.assertLess(time.monotonic() - began, 1)

    def test_writing_and_mail_are_refused(self):
        with Peer(self.port) as peer:
            self.assertEqual(peer.ask(request("undionly.kpxe", operation=WRITE))[:4], b"\0\5\0\2")
            self.assertEqual(peer.ask(request("undionly.kpxe", mode=b"mail"))[:4], b"\0\5\0\4")

    def test_autoexec_leads_back_to_the_address_that_was_asked(self):
        for name in ["autoexec.ipxe", "/52-54-00-aa-00-01/autoexec.ipxe"]:
            script = curl(self.port, name).decode()
            self.assertTrue(script.startswith("#!ipxe\n"))
            self.assertIn("chain --replace --autofree http://127.0.0.1:8080/ipxe/", script)

    def test_edk2_probes_the_size_and_then_downloads_in_windows(self):
        # At an address of its own: another test's download that stalls makes Sprout cautious with whoever has the same.
        with Peer(self.port, "127.0.0.60") as peer:
            answer = peer.ask(request("snponly.efi", "tsize", 0, "blksize", 1468, "windowsize", 4))
            size = len(FILES["snponly.efi"])
            self.assertEqual(answer, b"\0\6blksize\x001468\0tsize\0" + str(size).encode() + b"\0windowsize\x004\0")
            peer.send(b"\0\5\0\x08User aborted the transfer\0")
            answer = peer.ask(request("snponly.efi", "blksize", 1468, "windowsize", 4))
            self.assertEqual(answer, b"\0\6blksize\x001468\0windowsize\x004\0")
            got, block = b"", 0
            while True:
                peer.send(ack(block))
                for _ in range(4):
                    packet = peer.receive()
                    block += 1
                    self.assertEqual(packet[:4], bytes([0, DATA]) + block.to_bytes(2, "big"))
                    got += packet[4:]
                    if len(packet) < 1472:
                        break
                if len(packet) < 1472:
                    break
            peer.send(ack(block))
            self.assertSame(got, "snponly.efi")
            self.assertIsNone(peer.receive(1.5), "after the last acknowledgement nothing is sent")

    def test_the_answer_comes_from_the_address_that_was_asked(self):
        for address in ["127.0.0.1", "127.0.0.77"]:
            with self.subTest(address), Peer(self.port, server=address) as peer:
                self.assertEqual(peer.ask(request("undionly.kpxe"))[:4], bytes([0, DATA, 0, 1]))
                peer.send(b"\0\5\0\0enough\0")

    def test_duplicate_acknowledgements_send_nothing(self):
        with Peer(self.port) as peer:
            self.assertEqual(peer.ask(request("undionly.kpxe"))[:4], bytes([0, DATA, 0, 1]))
            for _ in range(10):
                peer.send(ack(1))
            self.assertEqual(peer.receive()[:4], bytes([0, DATA, 0, 2]))
            self.assertIsNone(peer.receive(0.5))
            self.assertEqual(peer.receive(2)[:4], bytes([0, DATA, 0, 2]), "time alone makes it send again")

    def test_another_port_does_not_disturb_a_download(self):
        with Peer(self.port) as peer, Peer(self.port) as stranger:
            peer.ask(request("undionly.kpxe"))
            self.assertEqual(stranger.ask(ack(1))[:4], b"\0\5\0\5")
            stranger.send(b"\0\5\0\0go away\0")
            self.assertEqual(peer.ask(ack(1))[:4], bytes([0, DATA, 0, 2]))

    def test_twenty_at_once(self):
        names = ["undionly.kpxe", "snponly.efi", "ipxe-amd64.efi", "ipxe.pxe"]
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            downloads = [
                (names[number % 4], pool.submit(
                    curl, self.port, names[number % 4], "--tftp-blksize", "1428", address=f"127.0.0.{10 + number}"))
                for number in range(20)]
            for name, download in downloads:
                self.assertSame(download.result(), name)

    def test_losses_cost_time_and_nothing_else(self):
        # One packet in fifty: of a window of four and its answer more than one in five would be lost at 5 %, and then, once
        # in a hundred runs, all five tries of one of its thirteen windows.
        with Relay(self.port, 0.02) as relay:
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                downloads = [pool.submit(curl, relay.port, "ipxe.pxe", "--tftp-blksize", "1428") for _ in range(3)]
                got = self.fetched(
                    "atftp", "--option", "windowsize 4", "--tftp-timeout", "2", "--get", "--remote-file", "ipxe.pxe",
                    "--local-file", "file", "127.0.0.1", str(relay.port))
                self.assertSame(got, "ipxe.pxe")
                for download in downloads:
                    self.assertSame(download.result(), "ipxe.pxe")
            self.assertGreater(relay.lost, 0)

    def test_one_client_cannot_take_every_place(self):
        peers = [Peer(self.port, "127.0.0.99") for _ in range(10)]
        answers = [peer.ask(request("undionly.kpxe"), 0.3) and peer.ask(ack(1)) for peer in peers]
        self.assertEqual([answer is not None for answer in answers], [True] * 8 + [False] * 2)
        for peer in peers:
            peer.send(b"\0\5\0\0enough\0")
            peer.socket.close()
        self.assertSame(curl(self.port, "ipxe.pxe", address="127.0.0.99"), "ipxe.pxe")

    def test_hostile_packets_leave_it_standing(self):
        numbers = random.Random(7)
        fixtures = [request("undionly.kpxe", "blksize", 1468), request("x" * 300), ack(1), b"\0\6blksize\x008\0",
                    b"\0\5\0\0x\0", b"\0\3\0\1" + bytes(512), b"\0\0\0\0", b"", b"\xff" * 1472]
        before = self.boot.resident()
        for number in range(5000):
            packet = bytearray(numbers.choice(fixtures))
            for _ in range(numbers.randint(0, 4)):
                if packet:
                    packet[numbers.randrange(len(packet))] = numbers.randrange(256)
            with Peer(self.port, f"127.0.{numbers.randint(1, 3)}.{numbers.randint(1, 250)}") as peer:
                peer.send(bytes(packet[:numbers.randint(0, len(packet))]))
            if number % 50 == 0:
                # Now all of them have been read: none was lost because they came too fast.
                with Peer(self.port, f"127.0.9.{number // 50 + 1}") as peer:
                    self.assertEqual(peer.ask(request("x"))[:4], b"\0\5\0\1")
        self.assertSame(curl(self.port, "ipxe.pxe"), "ipxe.pxe")
        self.assertLess(self.boot.resident() - before, 16 * 1024)


    def test_a_flood_does_not_stop_the_rest(self):
        end = threading.Event()

        def flood(number):
            with Peer(self.port, f"127.1.0.{number}") as peer:
                while not end.is_set():
                    peer.send(request("undionly.kpxe", "blksize", 1468, "windowsize", 16))

        threads = [threading.Thread(target=flood, args=[number]) for number in [1, 2]]
        for thread in threads:
            thread.start()
        try:
            for _ in range(10):
                began = time.monotonic()
                self.assertEqual(self.boot.health(), 200)
                self.assertLess(time.monotonic() - began, 1)
                time.sleep(0.1)
        finally:
            end.set()
            for thread in threads:
                thread.join()
        self.assertSame(curl(self.port, "ipxe.pxe"), "ipxe.pxe")


class MissingFilesTest(unittest.TestCase):
    def test_a_missing_file_is_told_with_its_package(self):
        with Sprout() as box, Boot(box.state, files={"snponly.efi": b"x"}) as boot:
            self.assertEqual(curl(boot.port, "snponly.efi"), b"x")
            with Peer(boot.port) as peer:
                self.assertEqual(peer.ask(request("undionly.kpxe")), b"\0\5\0\1File not found\0")
            log = boot.log()
            self.assertIn("undionly.kpxe cannot be read (No such file or directory): install Debian", log)
            self.assertNotIn("snponly.efi cannot", log)
            boot.process.terminate()
            self.assertEqual(boot.process.wait(5), 0)
