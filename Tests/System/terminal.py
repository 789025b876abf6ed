"""A terminal in which a test runs a command, and what it shows in the end of all that was drawn on it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading

# What moves the cursor or erases, as far as the sprout command uses it; colours are left out.
PIECE = re.compile(r"\x1b\[(\d*)([AJKm])|[\r\n]|[^\x1b\r\n]+")


class Terminal:
    """`with Terminal(words) as terminal:` runs a command; `terminal.lines` is what a person sees now."""

    def __init__(self, words, columns=100, rows=30, stdout=None, **environment):
        self.words, self.columns, self.rows, self.stdout = words, columns, rows, stdout
        self.environment = {**os.environ, "TERM": "xterm", **environment}
        self.environment.pop("NO_COLOR", None) if "NO_COLOR" not in environment else None
        self.drawn = b""

    def __enter__(self):
        self.near, far = pty.openpty()
        self.resize(self.columns)
        self.process = subprocess.Popen(
            self.words, stdin=far, stdout=self.stdout or far, stderr=far, env=self.environment, start_new_session=True)
        os.close(far)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        self.reader.join(20)
        os.close(self.near)

    def read(self):
        # A terminal whose last program has ended gives an error instead of an end.
        while True:
            try:
                self.drawn += os.read(self.near, 4096)
            except OSError:
                return

    def resize(self, columns):
        self.columns = columns
        fcntl.ioctl(self.near, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, columns, 0, 0))

    def wait(self):
        status = self.process.wait(60)
        self.reader.join(20)
        return status

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def lines(self):
        """The lines that are there after everything that was drawn; one that is too long goes on in the next."""
        lines, row, column = [""], 0, 0
        for match in PIECE.finditer(self.drawn.decode(errors="ignore")):
            count, command = int(match[1] or 1), match[2]
            if command == "A":
                row = max(0, row - count)
            elif command == "J":
                lines[row] = lines[row][:column]
                del lines[row + 1:]
            elif command == "K":
                lines[row] = lines[row][:column]
            elif match[0] == "\r":
                column = 0
            elif match[0] == "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif not command:
                for character in match[0]:
                    if column == self.columns:
                        row, column = row + 1, 0
                        lines += [""] * (row + 1 - len(lines))
                    lines[row] = lines[row].ljust(column)[:column] + character + lines[row][column + 1:]
                    column += 1
        return lines
