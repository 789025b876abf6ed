"""How real machines go on to their own disks, restart during an installation, and are told that their memory is too small."""

import concurrent.futures
import socket
import struct
import time
import unittest

import disks
import lab
from harness import until
from test_installation import advance

MAC = "52:54:00:00:00:01"
DISK, LOADER, STALE = "The disk was started", "The loader was started", "The stale disk was started"
# That it netboots is told each time.
NEWEST = "SELECT max(id) FROM event WHERE host IS NOT NULL AND kind <> 'netboot.began'"
SHELL = "UEFI Interactive Shell"
WORDS = {
    "exit": "Now it goes on with the next", "sanboot": "Now it starts from its own first disk (sanboot 0x80).",
    "file:/EFI/alt/loader.efi": "Now it starts \\EFI\\alt\\loader.efi from its own disk (sanboot)."}


@unittest.skipIf(lab.obstacle() or disks.obstacle(), lab.obstacle() or disks.obstacle())
class DiskTest(unittest.TestCase):
    """Real firmware goes on to a real disk, which says that it was started and restarts the machine."""

    def test_E14_a_ready_host_that_netboots_first_starts_from_its_disk_each_time(self):
        # Automatic would soon take the other way: these disks do just what one does that cannot be started.
        def check(firmware, way):
            with lab.Lab() as network:
                machine = Machine(network, firmware)
                machine.choose(way)
                advance(machine.box, "rebuild", "fetched_kernel", "asked_for_answer", "reported_installed",
                        "started_new_system", "phoned_home")
                until(lambda: machine.box.sql("SELECT state FROM host") == ["ready"], what="the end, without a cluster")
                newest = machine.box.sql(NEWEST)
                # Each start of this UEFI asks over PXE and over HTTP: more than four in a minute are taken for a loop.
                machine.switch_on(machine.disk(1, stays=15))
                moments = [machine.started(number) for number in range(1, 7)]
                delays = [moment - machine.fetch(after=before) for before, moment in zip([0, *moments], moments)]
                print(f"from the script to the disk, {firmware}: " + ", ".join(f"{delay:.1f} s" for delay in delays))
                # Emulated machines share this one's processors with whatever else runs: the quickest start shows what is
                # added, the others what else was going on.
                self.assertLess(min(delays), 10)
                self.assertEqual(machine.host["state"], "ready")
                self.assertEqual(machine.box.sql("SELECT count(*) FROM operation"), ["1"], "nothing is installed again")
                self.assertEqual(machine.box.sql(NEWEST), newest)

        at_once(check, [("bios", "sanboot"), ("uefi", "exit")])

    def test_E13_a_machine_that_is_reset_during_the_installation_begins_once_more_and_then_fails(self):
        def check(firmware):
            with lab.Lab() as network:
                machine = Machine(network, firmware)
                advance(machine.box, "rebuild")
                machine.switch_on(machine.disk(1), memory=6144)
                seen = 0
                for restarts in [0, 1]:
                    # It asks for its script, tells its memory, and asks again every ten seconds while it waits.
                    until(lambda: len(machine.fetches()) >= seen + 3, 120, f"{seen + 3} questions")
                    until(lambda: machine.host["state"] == "pxe_ready", 5, "the restart to be known")
                    self.assertEqual(machine.box.sql("SELECT reentries, outcome FROM operation"), [f"{restarts}|"])
                    machine.reset()
                    seen = len(machine.fetches())
                    advance(machine.box, "fetched_kernel", "asked_for_answer")
                until(lambda: machine.host["state"] == "failed", 120, "the end of the operation")
                self.assertEqual(machine.box.sql("SELECT reentries, outcome FROM operation"), ["1|failed"])
                machine.started(1)
                self.assertIn("failed: it restarted a second time", network.screen(firmware))

        at_once(check, [("bios",), ("uefi",)])

    def test_each_way_to_the_disk_is_gone(self):
        def check(firmware, ways):
            with lab.Lab() as network:
                machine = Machine(network, firmware)
                machine.choose(ways[0])
                machine.switch_on(machine.disk(1))
                for number, way in enumerate(ways, 1):
                    line = LOADER if way.startswith("file:") else DISK
                    until(lambda: network.screen(firmware).count(line) == (1 if line == LOADER else number), 120,
                          f"{firmware} to start by {way}")
                    self.assertIn(WORDS[way], network.screen(firmware))
                    if number < len(ways):
                        machine.choose(ways[number])

        at_once(check, [("bios", ["exit", "sanboot"]), ("uefi", ["sanboot", "file:/EFI/alt/loader.efi"])])

    def test_a_UEFI_machine_without_a_boot_entry_for_its_disk_is_sent_there_the_other_way(self):
        with lab.Lab() as network:
            machine = Machine(network, "uefi")
            machine.switch_on(machine.disk(None))
            shells = 0
            while DISK not in network.screen("uefi"):
                until(lambda: DISK in network.screen("uefi") or network.screen("uefi").count(SHELL) > shells, 120,
                      "the disk, or the firmware to give up")
                if network.screen("uefi").count(SHELL) > shells:
                    shells += 1
                    self.assertLess(shells, 6, "it never starts from its disk")
                    machine.reset()
            self.assertEqual(machine.host["local_boot"], "auto:switched")
            self.assertGreaterEqual(shells, 2, "a person who restarts it once is not meant")
            self.assertIn(WORDS["sanboot"], network.screen("uefi"))
            self.assertIn("pve-lab came straight back twice", machine.box.log())
            told = machine.box.sql("SELECT message FROM event WHERE kind = 'host.changed'")
            self.assertEqual(len(told), 1)
            self.assertIn("UEFI by sanboot, a BIOS by exit", told[0])

    def test_a_BIOS_machine_whose_first_disk_only_restarts_it_is_sent_the_other_way(self):
        with lab.Lab() as network:
            machine = Machine(network, "bios")
            stale = disks.bios(network.folder / "stale.img", STALE)
            good = disks.bios(network.folder / "disk.img", DISK, size=disks.FLOPPY)
            machine.switch_on([
                *disks.words(stale, 2), "-drive", f"if=floppy,format=raw,file={good}",
                "-global", "isa-fdc.bootindexA=1"])
            until(lambda: DISK in network.screen("bios"), 240, "the disk")
            self.assertEqual(network.screen("bios").count(STALE), 3, "it is no sooner taken for failing")
            self.assertEqual(machine.host["local_boot"], "auto:switched")

    def test_a_host_loads_the_program_that_was_chosen_for_it_over_TFTP_and_over_HTTP(self):
        def check(firmware):
            with lab.Lab() as network:
                machine = Machine(network, firmware)
                chosen = machine.box.cli("hosts", "set", "pve-lab", "--netboot-program", "ipxe")
                self.assertEqual(chosen.returncode, 0, chosen.stderr)
                # The answer to this question is found by reading again what was chosen.
                self.assertEqual(machine.box.socket_request("dhcp.sock", "GET", "/health").status, 200)
                machine.switch_on([])
                until(lambda: WORDS["exit"] in network.screen(firmware), 120, "the script of the host")
                self.assertIn("ipxe-amd64.efi", machine.box.log())
                self.assertNotIn("snponly.efi", machine.box.log())

        at_once(check, [("uefi",), ("http",)])

    def test_E8_a_machine_of_1_GB_is_told_on_its_screen_and_goes_on_to_its_disk(self):
        def check(firmware):
            with lab.Lab() as network:
                machine = Machine(network, firmware)
                advance(machine.box, "rebuild")
                machine.switch_on(machine.disk(1))
                machine.started(1)
                self.assertIn("This machine has 1024 MiB of memory; installing Proxmox VE needs 6144",
                              network.screen(firmware))
                until(lambda: machine.host["state"] == "failed", 5, "the operation to fail")
                reasons = machine.box.sql("SELECT reason FROM event WHERE kind = 'host.advanced' ORDER BY id")
                self.assertEqual(
                    reasons[-1], "it has 1024 MiB of memory; installing Proxmox VE needs 6144. Give it more, or take"
                    " another machine, then rebuild it.")

        at_once(check, [("bios",), ("uefi",)])


def at_once(check, cases):
    """Runs a check for all cases side by side: most of their time, machines wait."""
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        for future in [pool.submit(check, *case) for case in cases]:
            future.result()


class Machine:
    """A machine in the lab that is a host, with what it shows and fetches."""

    def __init__(self, network, firmware):
        self.network, self.firmware = network, firmware
        self.box = network.box()
        self.monitor = network.folder / "monitor"
        added = self.box.cli("hosts", "add", "pve-lab", "--mac", MAC, "--type", "vm")
        assert added.returncode == 0, added.stderr

    @property
    def host(self):
        return self.box.socket_request("web.sock", "GET", "/api/hosts/pve-lab").json

    def choose(self, way):
        chosen = self.box.cli("hosts", "set", "pve-lab", "--local-boot", way)
        assert chosen.returncode == 0, chosen.stderr

    def disk(self, order, stays=0):
        """A good disk, whose system stays for some seconds; without a place in the boot order it has no entry there."""
        path = self.network.folder / "disk.img"
        if self.firmware == "bios":
            return disks.words(disks.bios(path, DISK), order)
        return disks.words(disks.uefi(path, {"EFI/BOOT/BOOTX64.EFI": DISK, "EFI/alt/loader.efi": LOADER}, stays), order)

    def switch_on(self, words, **settings):
        self.network.machine(
            self.firmware, MAC, self.firmware, *words, "-monitor", f"unix:{self.monitor},server,nowait", restarts=True,
            **settings)

    def reset(self):
        """Presses the button."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(10)
            monitor.connect(str(self.monitor))
            for command in [b"system_reset\n", b""]:
                answer = b""
                while not answer.endswith(b"(qemu) "):
                    answer += monitor.recv(4096)
                monitor.sendall(command)

    def started(self, number):
        """When the disk said for this time that it was started."""
        until(lambda: self.network.screen(self.firmware).count(DISK) >= number, 120, f"start {number} from the disk")
        return time.time()

    def fetch(self, after):
        """When the machine asked for its script first; what was captured reaches the file a little later."""
        return until(lambda: [moment for moment in self.fetches() if moment > after], 10, "the captured packet")[0]

    def fetches(self):
        capture = (self.network.folder / "lan.pcap").read_bytes()
        moments, place = [], 24
        while place + 16 <= len(capture):
            seconds, microseconds, length, _ = struct.unpack_from("<IIII", capture, place)
            packet = capture[place + 16:place + 16 + length]
            if b"GET /ipxe/" in packet:
                moments.append(seconds + microseconds / 1e6)
            place += 16 + length
        return moments


if __name__ == "__main__":
    unittest.main()
