"""Asks a boot server so often a second, each time as another machine, and prints how long each answer took.

    python3 discover_load.py SERVER RATE SECONDS FIRST

The kernel says when an answer came, so what this program does meanwhile does not count.
"""

import json
import pathlib
import select
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "System"))

from swarm import OFFER, Message  # noqa: E402

SO_TIMESTAMPNS = 35


def receive(one, server, asked, times):
    packet, control, _, _ = one.recvmsg(2048, 64)
    message = Message(packet)
    if message.kind != OFFER or message.server != server or message.transaction not in asked:
        return
    seconds, nanoseconds = struct.unpack("qq", control[0][2][:16])
    times.append(seconds * 10**9 + nanoseconds - asked.pop(message.transaction))


def main(server, rate, seconds, first):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
    one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    one.bind(("0.0.0.0", 68))
    asked, times = {}, []
    start = time.monotonic()
    for number in range(rate * seconds + rate):
        due = start + number / rate
        while (left := due - time.monotonic()) > 0:
            if select.select([one], [], [], left)[0]:
                receive(one, server, asked, times)
        # The last second is for answers only.
        if number >= rate * seconds:
            continue
        machine = first + number
        message = Message.fixture("composed/intel-rom-discover", b"\x52\x54" + machine.to_bytes(4, "big"))
        message.head[4:8] = machine.to_bytes(4, "big")
        packet = message.packed()
        asked[message.transaction] = time.time_ns()
        one.sendto(packet, (server, 67))
    print(json.dumps({"microseconds": sorted(time / 1000 for time in times), "unanswered": len(asked)}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
