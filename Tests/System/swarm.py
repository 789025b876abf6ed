"""Many machines that netboot at once, played by one process: DHCP, TFTP and HTTP as their firmware speaks them.

    python3 swarm.py '{"box": "192.168.77.2", "files": "…/netboot", "count": 200, "loss": 0.05, "seed": 1}'

Runs in the namespace `swarm` of the lab, which has all addresses that the router may give out. Their questions are the
messages of Tests/Fixtures/dhcp under other MAC addresses. A packet is lost here, in either direction, as the seed has
it; HTTP, which has TCP beneath it, loses none. Prints what became of each machine as one line of JSON.
"""

import asyncio
import contextlib
import json
import pathlib
import random
import socket

import sys
import time
import uuid

from tftp_client import Download

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "dhcp"
SO_RCVBUFFORCE = 33
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
MESSAGE_TYPE, SERVER, REQUESTED, VENDOR_CLASS, CLIENT, MACHINE = 53, 54, 50, 60, 61, 97
# Seconds until a question is asked again, and how long a boot server may take: EDK2's and Intel's, and iPXE's.
FIRMWARE_WAITS, IPXE_WAITS, BOOT_SERVER_WAITS = [4, 8, 16, 32], [1, 2, 4, 8], [1, 2, 3, 4]


class Wrong(Exception):
    """What a machine was told is not what it should be told."""


class GaveUp(Exception):
    """Nobody answered for as long as firmware waits."""


def expect(truth, what):
    if not truth:
        raise Wrong(what)


class Message:
    """A DHCP message: its fields, and its options in their order."""

    def __init__(self, packet):
        self.head = bytearray(packet[:240])
        self.options = {}
        rest = packet[240:]
        while rest and rest[0] != 255:
            if rest[0] == 0:
                rest = rest[1:]
                continue
            self.options[rest[0]] = self.options.get(rest[0], b"") + rest[2:2 + rest[1]]
            rest = rest[2 + rest[1]:]

    @classmethod
    def fixture(cls, name, mac):
        """A question as a machine of that kind asked it, now asked by this one."""
        lines = (FIXTURES / f"{name}.hex").read_text().splitlines()
        message = cls(bytes.fromhex("".join(line for line in lines if not line.startswith("#"))))
        message.head[28:34] = mac
        if CLIENT in message.options:
            message.options[CLIENT] = b"\1" + mac
        if MACHINE in message.options:
            message.options[MACHINE] = b"\0" + uuid.uuid5(uuid.NAMESPACE_OID, mac.hex()).bytes_le
        return message

    def packed(self):
        options = b"".join(bytes([code, len(value)]) + value for code, value in self.options.items())
        return bytes(self.head) + options + b"\xff"

    transaction = property(lambda self: bytes(self.head[4:8]))
    kind = property(lambda self: self.options.get(MESSAGE_TYPE, b"\0")[0])
    own_address = property(lambda self: socket.inet_ntoa(self.head[16:20]))
    next_server = property(lambda self: socket.inet_ntoa(self.head[20:24]))
    mac = property(lambda self: bytes(self.head[28:34]))
    file = property(lambda self: bytes(self.head[108:236]).split(b"\0")[0].decode())
    server = property(lambda self: socket.inet_ntoa(self.options[SERVER]))


class Port:
    """A UDP port of one or of all machines; what comes goes to whoever waits for its transaction."""

    def __init__(self, address, number, device=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        if device:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
        self.socket.bind((address, number))
        self.waiting = {}
        asyncio.get_running_loop().add_reader(self.socket, self.readable)

    def readable(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                message = Message(self.socket.recv(2048))
                if message.head[0] == 2 and (queue := self.waiting.get((message.transaction, message.mac))):
                    queue.put_nowait(message)

    def close(self):
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()


class Machine:
    """One machine, from power-on to its script. `boot` is what its firmware does."""

    def __init__(self, swarm, number):
        self.swarm, self.number = swarm, number
        self.mac = bytes([0x52, 0x54, 0, 0xAA, number >> 8, number & 255])
        self.kind = list(KINDS)[number % len(KINDS)]
        self.random = random.Random(f"{swarm.seed} {number}")
        self.lost = self.asked = self.offers = 0

    def loses(self):
        lost = self.random.random() < self.swarm.loss
        self.lost += lost
        return lost

    async def run(self):
        await asyncio.sleep(self.random.random())
        began, failure, given_up = time.monotonic(), None, []
        # Where its firmware gives up, a machine begins anew: the boot order has come round.
        for _ in range(3):
            try:
                failure = None
                await KINDS[self.kind](self)
                break
            except GaveUp as failed:
                failure = str(failed)
                given_up.append(failure)
            except (Wrong, OSError) as failed:
                failure = f"{type(failed).__name__}: {failed}"
                break
        return {
            "mac": self.mac.hex(":"), "kind": self.kind, "failure": failure, "given_up": given_up, "lost": self.lost,
            "questions": self.asked, "offers": self.offers, "seconds": round(time.monotonic() - began, 2)}

    async def ask(self, port, message, receiver, waits, is_enough):
        """Sends a question until its answers are enough, and gives them."""
        message.head[4:8] = self.random.randbytes(4)
        queue = port.waiting[message.transaction, self.mac] = asyncio.Queue()
        answers = []
        try:
            for wait in waits:
                if not self.loses():
                    self.asked += message.kind == DISCOVER
                    port.socket.sendto(message.packed(), receiver)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        while not is_enough(answers):
                            answer = await queue.get()
                            self.offers += self.is_proxy(answer)
                            if not self.loses():
                                answers.append(answer)
                        return answers
        finally:
            del port.waiting[message.transaction, self.mac]
        raise GaveUp(f"no answer on port {receiver[1]}")

    def is_proxy(self, answer):
        return answer.kind == OFFER and answer.own_address == "0.0.0.0"

    async def lease(self, fixture, waits):
        """DISCOVER, the router's offer and Sprout's, REQUEST: gives its address and what Sprout offered."""
        def is_enough(answers):
            return any(map(self.is_proxy, answers)) and any(a.own_address != "0.0.0.0" for a in answers)

        port, everyone = self.swarm.port, ("255.255.255.255", 67)
        discover = Message.fixture(fixture, self.mac)
        # One process cannot take in what is sent to the MAC address of each machine.
        discover.head[10] |= 0x80
        answers = await self.ask(port, discover, everyone, waits, is_enough)
        proxy = next(filter(self.is_proxy, answers))
        router = next(answer for answer in answers if answer.own_address != "0.0.0.0")
        expect(proxy.next_server == proxy.server == self.swarm.box, f"the boot server is {proxy.next_server}")
        expect(proxy.options[VENDOR_CLASS] == b"PXEClient", "the offer is not one for PXE")
        request = Message.fixture(fixture, self.mac)
        request.head[10] |= 0x80
        request.options |= {
            MESSAGE_TYPE: bytes([REQUEST]), SERVER: router.options[SERVER], REQUESTED: bytes(router.head[16:20])}
        acks = await self.ask(port, request, everyone, waits, lambda answers: any(a.kind == ACK for a in answers))
        for answer in acks:
            expect(answer.server != self.swarm.box, "Sprout answered what was asked of the router")
        return router.own_address, proxy

    async def download(self, address, name, *requests):
        """The file, by the last of the requests; those before it only ask for the size, and are broken off."""
        for number, (options, error) in enumerate(requests):
            content = await Download.start(
                (address, 0), (self.swarm.box, 69), name, options, error, self.loses, self.swarm.patience)
            if content is None and number == len(requests) - 1:
                raise GaveUp(f"the download of {name} did not come to its end")
        return content

    async def program(self, address, name, *requests):
        content = await self.download(address, name, *requests)
        expect(content == self.swarm.file(name), f"{name} came with other bytes")

    async def script(self, address, url):
        """Fetches its script, which must be its own."""
        expect(url.startswith(f"http://{self.swarm.box}/"), f"the script is said to be at {url}")
        reader, writer = await asyncio.open_connection(self.swarm.box, 80, local_addr=(address, 0))
        path = url.removeprefix(f"http://{self.swarm.box}")
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.swarm.box}\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode()
        writer.close()
        head, _, body = answer.partition("\r\n\r\n")
        expect(head.startswith("HTTP/1.1 200"), head.split("\r\n")[0])
        expect(body.startswith("#!ipxe\n"), "the script is none")
        expect(f"Machine  {self.mac.hex(':')} is not known here" in body, f"the script is another machine's: {body}")

    async def intel_bios(self):
        address, proxy = await self.lease("composed/intel-rom-discover", FIRMWARE_WAITS)
        expect(proxy.file == "undionly.kpxe", f"the program is said to be {proxy.file}")
        await self.program(
            address, proxy.file, ([("tsize", 0)], b"\0\5\0\0TFTP Aborted\0"), ([("blksize", 1456)], None))
        address, proxy = await self.lease("composed/ipxe-undionly-discover", IPXE_WAITS)
        await self.script(address, proxy.file)

    async def uefi(self, discover, request, program):
        address, proxy = await self.lease(discover, FIRMWARE_WAITS)
        question = Message.fixture(request, self.mac)
        question.head[12:16] = socket.inet_aton(address)
        port = Port(address, 4011)
        try:
            answers = await self.ask(port, question, (proxy.next_server, 4011), BOOT_SERVER_WAITS, bool)
        finally:
            port.close()
        expect(answers[0].kind == ACK and answers[0].file == program, f"the program is said to be {answers[0].file}")
        probe = ([("tsize", 0), ("blksize", 1468), ("windowsize", 4)], b"\0\5\0\x08User aborted the transfer\0")
        await self.program(address, program, probe, ([("blksize", 1468), ("windowsize", 4)], None))
        leading = (await self.download(address, "autoexec.ipxe", ([("blksize", 1432), ("tsize", 0)], None))).decode()
        site = f"http://{self.swarm.box}/ipxe/"
        expect(leading.startswith("#!ipxe\n") and f"{site}${{netX/mac:hexhyp}}" in leading, "autoexec leads elsewhere")
        await self.script(address, site + self.mac.hex("-"))

    async def uefi_x64(self):
        await self.uefi("captured/edk2-pxe-discover", "captured/edk2-pxe-request-4011", "snponly.efi")

    async def uefi_arm64(self):
        await self.uefi("composed/edk2-arm64-pxe-discover", "composed/edk2-arm64-pxe-request-4011", "ipxe-arm64.efi")

    async def ipxe_rom(self):
        address, proxy = await self.lease("captured/seabios-ipxe-rom-discover", IPXE_WAITS)
        await self.script(address, proxy.file)


KINDS = {
    "BIOS": Machine.intel_bios, "UEFI x64": Machine.uefi_x64, "UEFI arm64": Machine.uefi_arm64,
    "iPXE": Machine.ipxe_rom}


class Swarm:
    def __init__(self, box, files, count, loss, seed):
        self.box, self.files, self.count, self.loss, self.seed = box, pathlib.Path(files), count, loss, seed
        self.contents = {}
        # Seconds until a TFTP client says again what it said last: iPXE's 250 ms, doubled, is the least patient.
        self.patience = [0.25, 0.5, 1, 2, 4, 4]

    def file(self, name):
        if name not in self.contents:
            self.contents[name] = (self.files / name).read_bytes()
        return self.contents[name]

    async def run(self):
        self.port = Port("0.0.0.0", 68, b"eth0")
        return await asyncio.gather(*[Machine(self, number).run() for number in range(self.count)])


if __name__ == "__main__":
    print(json.dumps(asyncio.run(Swarm(**json.loads(sys.argv[1])).run())))
