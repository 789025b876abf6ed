"""Sends mutated packets to the ports of network boot, and sees to it that each was read before the next ones are sent.

    python3 fuzz.py '{"box": "192.168.77.2", "count": 100000, "seed": 1}'

Runs in a namespace of the lab. First come all truncations of all fixtures, then mutations of them. After each handful a
question that has an answer is asked at the same port: so none was lost because they came too fast, and a daemon that
stands still is noticed at once. Prints how many packets went to which port.
"""

import collections
import itertools
import json
import random
import socket
import sys

from swarm import FIXTURES, Message
from tftp import DATA, ERROR, OACK, WRITE, ack, request

HANDFUL = 48
# Numbers at which the parsers turn: operations, options that are read, ends, lengths.
TELLING = [0, 1, 2, 3, 4, 5, 6, 43, 52, 53, 54, 60, 77, 82, 93, 97, 127, 128, 175, 254, 255]
TFTP = [
    request("undionly.kpxe", "blksize", 1468, "tsize", 0, "windowsize", 4, "timeout", 3), request("snponly.efi"),
    request("a/b/autoexec.ipxe", "blksize", 1432, "tsize", 0), request("x" * 300), request("x", operation=WRITE),
    ack(0), ack(1), ack(65535), bytes([0, OACK]) + b"blksize\x008\0", bytes([0, ERROR, 0, 0]) + b"x\0",
    bytes([0, DATA, 0, 1]) + bytes(512), b"", b"\xff" * 1472]


def fixtures():
    for path in sorted(FIXTURES.glob("*/*.hex")):
        name = f"{path.parent.name}/{path.stem}"
        message = Message.fixture(name, b"\x52\x54\0\xfe\0\1")
        for port in [67, 4011]:
            yield port, message.packed()
    for packet in TFTP:
        yield 69, packet


def mutated(packet, numbers):
    packet = bytearray(packet)
    for _ in range(numbers.randint(1, 8)):
        place = numbers.randrange(len(packet) + 1)
        match numbers.randrange(5):
            case 0 if place < len(packet):
                packet[place] = numbers.randrange(256)
            case 1 if place < len(packet):
                packet[place] = numbers.choice(TELLING)
            case 2:
                packet.insert(place, numbers.choice(TELLING))
            case 3:
                del packet[place:place + 5]
            case _:
                packet[place:place] = packet[max(0, place - 20):place]
    return bytes(packet[:1472])


def packets(seed):
    """All truncations, and then mutations without end."""
    originals = list(fixtures())
    for port, packet in originals:
        for size in range(len(packet)):
            yield port, packet[:size]
    numbers = random.Random(seed)
    while True:
        port, packet = numbers.choice(originals)
        yield port, mutated(packet, numbers)


class Line:
    """The way to one port of the box, from many addresses: what one alone may ask is limited."""

    def __init__(self, box, port, addresses):
        self.target, self.sent, self.unheard = (box, port), 0, 0
        self.sockets = itertools.cycle([self.opened(address) for address in addresses])
        self.askers = itertools.cycle([self.opened(address, 1) for address in addresses])
        self.hearing = None
        if port == 67:
            self.hearing = self.opened("0.0.0.0", 1, 68)

    def opened(self, address, seconds=None, port=0):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((address, port))
        one.settimeout(seconds)
        return one

    def send(self, packet):
        next(self.sockets).sendto(packet, self.target)
        self.sent += 1

    def question(self, number):
        match self.target[1]:
            case 69:
                return request("there-is-no-such-file"), b"\0\5\0\1File not found\0"
            case 67:
                message = Message.fixture("captured/seabios-ipxe-rom-discover", b"\x52\x54\0\xfe\0\2")
            case 4011:
                message = Message.fixture("composed/ipxe-undionly-request-4011", b"\x52\x54\0\xfe\0\3")
        message.head[4:8] = number.to_bytes(4, "big")
        return message.packed(), message.transaction

    def is_read(self, number):
        """Whether all that was sent has been read: an answer comes to what was asked after it."""
        for again in range(10):
            question, answer = self.question(number << 4 | again)
            asker = next(self.askers)
            asker.sendto(question, self.target)
            hearing = self.hearing or asker
            try:
                while True:
                    heard = hearing.recv(2048)
                    if heard == answer or heard[4:8] == answer:
                        return True
            except TimeoutError:
                self.unheard += 1
        return False


def main(box, count, seed):
    addresses = [f"192.168.79.{number}" for number in range(1, 201)]
    lines = {port: Line(box, port, addresses) for port in [67, 4011, 69]}
    waiting = collections.Counter()
    for number, (port, packet) in enumerate(itertools.islice(packets(seed), count)):
        lines[port].send(packet)
        waiting[port] += 1
        if waiting[port] == HANDFUL:
            waiting[port] = 0
            if not lines[port].is_read(number):
                sys.exit(f"port {port} is silent after {number} packets (seed {seed})")
    print(json.dumps({port: {"sent": line.sent, "unheard": line.unheard} for port, line in lines.items()}))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
