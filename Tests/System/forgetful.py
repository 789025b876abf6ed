"""A disk that loses, when its power is cut, what was written and not flushed: as the cache of a real one does."""

import os
import random
import socket
import struct
import threading

MAGIC, OPTION, REPLY = 0x4E42444D41474943, 0x49484156454F5054, 0x3E889045565A9
SIMPLE_REPLY, REQUEST = 0x67446698, 0x25609513
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
FORCED = 1
# Has flags, flushes, and writes what must be on the disk at once.
FLAGS = 1 | 4 | 8
PIECE = 4096


class ForgetfulDisk:
    """Serves a file over NBD at a Unix socket, one connection at a time: QEMU's."""

    def __init__(self, path, place, chance=None):
        self.file = os.open(path, os.O_RDWR)
        self.size = os.fstat(self.file).st_size
        self.chance = chance or random.Random()
        self.unflushed = {}
        self.lost = self.kept = 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(place))
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection:
                try:
                    self._shake_hands(connection)
                    while self._answer(connection):
                        pass
                except (ConnectionError, EOFError):
                    pass

    def _shake_hands(self, connection):
        connection.sendall(struct.pack(">QQH", MAGIC, OPTION, 1 | 2))
        need(connection, 4)
        while True:
            _, option, length = struct.unpack(">QII", need(connection, 16))
            data = need(connection, length)
            if option == 1:
                connection.sendall(struct.pack(">QH", self.size, FLAGS))
                return
            if option in (6, 7):
                info = struct.pack(">HQH", 0, self.size, FLAGS)
                connection.sendall(struct.pack(">QIII", REPLY, option, 3, len(info)) + info)
                connection.sendall(struct.pack(">QIII", REPLY, option, 1, 0))
                if option == 7:
                    return
            else:
                del data
                connection.sendall(struct.pack(">QIII", REPLY, option, 0x80000001, 0))

    def _answer(self, connection):
        _, flags, command, handle, offset, length = struct.unpack(">IHHQQI", need(connection, 28))
        if command == DISCONNECT:
            return False
        reply = struct.pack(">IIQ", SIMPLE_REPLY, 0, handle)
        if command == READ:
            reply += self._read(offset, length)
        elif command == WRITE:
            self._write(offset, need(connection, length), flags & FORCED)
        elif command == FLUSH:
            self._flush()
        connection.sendall(reply)
        return True

    def _read(self, offset, length):
        data = os.pread(self.file, length, offset)
        if not self.unflushed:
            return data
        changed = None
        for piece in range(offset // PIECE, (offset + length - 1) // PIECE + 1):
            if (held := self.unflushed.get(piece)) is not None:
                changed = changed or bytearray(data)
                start = piece * PIECE - offset
                part = held[max(0, -start):length - start]
                changed[max(0, start):max(0, start) + len(part)] = part
        return bytes(changed) if changed else data

    def _write(self, offset, data, is_forced):
        if is_forced:
            # What is written here counts, whatever was held of it before.
            data, offset = self._whole_pieces(offset, data)
            for piece in range(offset // PIECE, (offset + len(data)) // PIECE):
                self.unflushed.pop(piece, None)
            os.pwrite(self.file, data, offset)
            return
        data, offset = self._whole_pieces(offset, data)
        for start in range(0, len(data), PIECE):
            self.unflushed[(offset + start) // PIECE] = data[start:start + PIECE]
        # No disk's cache is larger.
        if len(self.unflushed) > 8192:
            self._flush()

    def _whole_pieces(self, offset, data):
        start = offset // PIECE * PIECE
        end = min(-(-(offset + len(data)) // PIECE) * PIECE, self.size)
        if (start, end) == (offset, offset + len(data)):
            return data, offset
        whole = bytearray(self._read(start, end - start))
        whole[offset - start:offset - start + len(data)] = data
        return bytes(whole), start

    def _flush(self):
        for piece, data in self.unflushed.items():
            os.pwrite(self.file, data, piece * PIECE)
        self.unflushed = {}

    def cut(self):
        """Once the machine is gone: of what was not flushed some reached the disk, in no order, and some did not."""
        for piece, data in self.unflushed.items():
            if self.chance.random() < 0.5:
                os.pwrite(self.file, data, piece * PIECE)
                self.kept += 1
            else:
                self.lost += 1
        self.unflushed = {}

    def close(self):
        self.listener.close()
        os.close(self.file)


def need(connection, length):
    data = bytearray()
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
