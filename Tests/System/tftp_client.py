"""A TFTP client among many in one process, which acknowledges and repeats itself as firmware does."""

import asyncio

from tftp import DATA, ERROR, OACK, ack, request


class Download(asyncio.DatagramProtocol):
    """One request and what comes of it: the bytes, or None if nobody answered, or if only the size was asked."""

    @classmethod
    async def start(cls, local, server, name, options, error, loses, patience):
        """With `error` the client ends with that packet as soon as it knows the size."""
        loop = asyncio.get_running_loop()
        words = [word for option in options for word in option]
        transport, self = await loop.create_datagram_endpoint(
            lambda: cls(request(name, *words), dict(options), error, loses, patience), local, server)
        try:
            return await self.done
        finally:
            self.timer.cancel()
            transport.close()

    def __init__(self, question, asked, error, loses, patience):
        self.last, self.asked, self.error, self.loses, self.patience = question, asked, error, loses, patience
        self.loop = asyncio.get_running_loop()
        self.done = self.loop.create_future()
        self.block = self.in_window = self.repeats = 0
        self.gap = None
        self.block_size, self.window = 512, 1
        self.content = bytearray()

    def connection_made(self, transport):
        self.transport = transport
        self.timer = self.loop.call_later(0, self.send)

    def say(self, packet):
        """Sends something new, which shows that something new has come."""
        self.last, self.repeats = packet, 0
        self.timer.cancel()
        self.send()

    def send(self):
        if self.done.done():
            return
        if self.repeats == len(self.patience):
            return self.done.set_result(None)
        self.timer = self.loop.call_later(self.patience[self.repeats], self.send)
        self.repeats += 1
        if not self.loses():
            self.transport.sendto(self.last)

    def end(self, content, farewell):
        if not self.loses():
            self.transport.sendto(farewell)
        self.done.set_result(content)

    def datagram_received(self, packet, _):
        if self.done.done() or self.loses():
            return
        kind = packet[1]
        if kind == ERROR:
            self.done.set_exception(OSError(f"the server refuses: {packet[4:-1].decode()}"))
        elif kind == OACK and self.block == 0:
            self.agreed(packet)
        elif kind == DATA:
            self.take(int.from_bytes(packet[2:4], "big"), packet[4:])

    def agreed(self, packet):
        words = packet[2:-1].decode().split("\0")
        granted = dict(zip(words[::2], map(int, words[1::2])))
        if not granted.keys() <= self.asked.keys() or granted.get("blksize", 0) > self.asked.get("blksize", 0):
            return self.done.set_exception(OSError(f"the server grants {granted}, asked were {self.asked}"))
        if self.error:
            return self.end(None, self.error)
        self.block_size, self.window = granted.get("blksize", 512), granted.get("windowsize", 1)
        self.say(ack(0))

    def take(self, block, content):
        if block != (self.block + 1) & 0xFFFF:
            # EDK2 says once which block it has when one behind it comes first; iPXE and Intel's ROMs keep silent.
            if self.window > 1 and self.gap != self.block and 1 < (block - self.block) & 0xFFFF <= self.window:
                self.gap, self.in_window = self.block, 0
                self.say(ack(self.block))
            return
        self.block = block
        self.content += content
        self.in_window += 1
        if len(content) < self.block_size:
            self.end(bytes(self.content), ack(block))
        elif self.in_window == self.window:
            self.in_window = 0
            self.say(ack(block))
