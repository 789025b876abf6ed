"""What somebody on the network may send at nginx: requests that two readers could read in two ways, too much, too slowly.

Each is refused, or read in one way by everybody; and meanwhile the others are served.
"""

import contextlib
import json
import select
import socket
import time
import unittest

from harness import Sprout, until

HIDDEN = "52:54:00:66:66:66"


class FrontTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = cls.enterClassContext(Sprout())

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.box.port), 20)

    def send(self, *parts):
        """What is answered to bytes that are sent as they are, until nothing has followed for a second."""
        with self.connect() as connection:
            connection.sendall(b"".join(part.encode() if isinstance(part, str) else part for part in parts))
            answer = b""
            connection.settimeout(1)
            # Who has been refused, and sends on, is reset.
            with contextlib.suppress(ConnectionResetError, TimeoutError):
                while more := connection.recv(65536):
                    answer += more
        return answer

    def status(self, *parts):
        answer = self.send(*parts)
        return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else None

    @property
    def hidden(self):
        """A request that registers a host, to be hidden in the body of another."""
        body = json.dumps({"mac": HIDDEN, "server_type": "vm"})
        return (f"POST /api/hosts HTTP/1.1\r\nHost: sprout\r\nAuthorization: Bearer {self.box.token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")

    def head(self, *lines, path="/api/hosts/nobody/cancel"):
        return "\r\n".join([f"POST {path} HTTP/1.1", "Host: sprout", f"Authorization: Bearer {self.box.token}",
                            "Content-Type: application/json", *lines, "", ""])

    def test_a_request_that_is_hidden_in_the_body_of_another_is_never_carried_out(self):
        hidden = self.hidden
        chunk = f"{len(hidden):x}\r\n{hidden}\r\n0\r\n\r\n"
        closed = f"0\r\n\r\n{hidden}"
        cases = {
            "both lengths": [self.head(f"Content-Length: {len(closed)}", "Transfer-Encoding: chunked"), closed],
            "both lengths, the other way": [self.head("Transfer-Encoding: chunked", f"Content-Length: {len(closed)}"), closed],
            "two lengths": [self.head(f"Content-Length: {len(hidden)}", "Content-Length: 0"), hidden],
            "a list of lengths": [self.head(f"Content-Length: {len(hidden)}, 0"), hidden],
            "a length with a sign": [self.head(f"Content-Length: +{len(hidden)}"), hidden],
            "a coding that nobody knows": [self.head("Transfer-Encoding: xchunked"), chunk],
            "a coding after another": [self.head("Transfer-Encoding: identity, chunked"), chunk],
            "a space before the colon": [self.head("Transfer-Encoding : chunked"), chunk],
            "a tab before the coding": [self.head(f"Content-Length: {len(closed)}", "Transfer-Encoding:\tchunked"), closed],
            "a folded line": [self.head("X-Folded: a\r\n Transfer-Encoding: chunked", f"Content-Length: {len(closed)}"), closed],
            "a bare line feed": [self.head(f"Content-Length: {len(closed)}\nTransfer-Encoding: chunked"), closed],
            "a NUL in a header": [self.head("X-A: a\0b", f"Content-Length: {len(hidden)}"), hidden],
            "a chunk size with 0x": [self.head("Transfer-Encoding: chunked"), f"0x{chunk}"],
            "a chunk size that overflows": [self.head("Transfer-Encoding: chunked"), f"ffffffffffffffff1\r\n{hidden}"],
            "a chunk as its body": [self.head("Transfer-Encoding: chunked"), chunk],
            "its length as it should be": [self.head(f"Content-Length: {len(hidden)}"), hidden],
            "a GET with a body": [
                f"GET /api/hosts HTTP/1.1\r\nHost: sprout\r\nContent-Length: {len(hidden)}\r\n\r\n", hidden],
            "the oldest HTTP": ["GET /api/hosts\r\n", hidden],
        }
        for name, parts in cases.items():
            with self.subTest(name):
                answer = self.send(*parts)
                self.assertNotIn(b" 201 ", answer)
                self.assertLessEqual(answer.count(b"HTTP/1.1 "), 1, "one question has one answer")
        self.assertEqual(self.box.get(f"/api/hosts/{HIDDEN}").status, 404)
        self.assertEqual(self.status(self.hidden), 201, "sent openly it is carried out: the test would have seen it")

    def test_too_much_is_refused_and_nothing_breaks(self):
        token = f"Authorization: Bearer {self.box.token}\r\n"
        start = f"GET /api/hosts HTTP/1.1\r\nHost: sprout\r\nConnection: close\r\n{token}"
        cases = [
            (414, [f"GET /api/hosts?q={'a' * 40_000} HTTP/1.1\r\nHost: sprout\r\n{token}\r\n"]),
            (400, [start, f"X-Large: {'a' * 40_000}\r\n\r\n"]),
            (400, [start, "".join(f"X-{number}: {'a' * 4000}\r\n" for number in range(20)), "\r\n"]),
            (413, [self.head("Content-Length: 3000000", path="/api/hosts"), "x" * 1000]),
            (413, [self.head("Transfer-Encoding: chunked", path="/api/hosts"), f"200000\r\n{'x' * 0x200000}\r\n0\r\n\r\n"]),
        ]
        for expected, parts in cases:
            with self.subTest(expected):
                self.assertEqual(self.status(*parts), expected)
        deep = "[" * 100_000
        self.assertEqual(self.status(self.head(f"Content-Length: {len(deep)}", path="/api/hosts"), deep), 400)
        self.assertEqual(self.box.get("/health").status, 200)
        self.assertNotIn("started again", self.box.log())

    def test_what_nginx_refuses_itself_is_told_as_the_daemons_tell_it(self):
        long, host = "a" * 40_000, "Host: sprout\r\nConnection: close\r\n"
        cases = [
            (413, self.head("Content-Length: 3000000", path="/api/hosts")),
            (413, self.head("Content-Length: 3000000", path="/api/hosts/x/installed")),
            (414, f"GET /api/hosts?q={long} HTTP/1.1\r\n{host}\r\n"),
            (400, f"GET /api/hosts HTTP/1.1\r\n{host}X-Large: {long}\r\n\r\n"),
            (405, f"POST /api/openapi.yaml HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n"),
            (405, f"TRACE /api/hosts HTTP/1.1\r\n{host}\r\n"),
        ]
        pages = [
            (413, self.head("Content-Length: 3000000", path="/hosts")),
            (414, f"GET /hosts?q={long} HTTP/1.1\r\n{host}\r\n"),
            (400, f"GET / HTTP/1.1\r\n{host}X-Large: {long}\r\n\r\n"),
            (405, f"POST /assets/sprout.css HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n"),
            (404, f"GET /assets/nothing.js HTTP/1.1\r\n{host}\r\n"),
        ]
        for status, question in cases + pages:
            with self.subTest(status=status, question=question[:40]):
                head, _, body = self.send(question).partition(b"\r\n\r\n")
                head = head.decode().lower()
                self.assertTrue(head.startswith(f"http/1.1 {status} "), head)
                self.assertRegex(head, r"x-request-id: [0-9a-f]{32}")
                self.assertIn("x-content-type-options: nosniff", head)
                self.assertNotIn("retry-after", head)
                if (status, question) in cases:
                    self.assertIn("content-type: application/problem+json\r", head)
                    problem = json.loads(body)
                    self.assertEqual((problem["status"], set(problem)), (status, {"status", "title", "detail"}))
                else:
                    self.assertIn("content-type: text/html; charset=utf-8\r", head)
                    self.assertIn(b'<header class="top">', body)
                    self.assertIn(f"Status {status}".encode(), body)

    def slow(self, source, count, *parts):
        """Clients at another address that send this, and then nothing more."""
        clients = []
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", self.box.port), 20, source_address=(source, 0))
            self.addCleanup(client.close)
            client.sendall("".join(parts).encode())
            clients.append(client)
        return clients

    def test_five_hundred_slow_clients_at_one_address_leave_another_served(self):
        bodies = self.slow("127.0.0.2", 500, self.head("Content-Length: 1000", path="/api/hosts"), "{")
        self.slow("127.0.0.3", 500, "GET /api/hosts HTTP/1.1\r\nHost: spr")
        began = time.monotonic()
        for _ in range(20):
            self.assertEqual(self.box.get("/api/hosts").status, 200)
        self.assertLess(time.monotonic() - began, 8)
        refused = until(
            lambda: len(answered := select.select(bodies, [], [], 0)[0]) >= 500 - 256 and answered, what="the refusals")
        self.assertEqual(len(refused), 500 - 256, "what one address may have at once is bounded")
        head, _, body = refused[0].recv(10_000).partition(b"\r\n\r\n")
        self.assertRegex(head, rb"^HTTP/1.1 429 (?s:.*)Retry-After: 5\r\n")
        self.assertEqual(json.loads(body)["title"], "Too Many Requests")
        page = self.slow("127.0.0.2", 1, "GET / HTTP/1.1\r\nHost: sprout\r\n\r\n")[0].recv(10_000)
        self.assertRegex(page, rb"^HTTP/1.1 429 ")
        self.assertIn(b'<header class="top">', page)

    def test_fifty_browsers_and_sixty_four_machines_at_one_address_are_all_served(self):
        self.slow("127.0.0.4", 50, "GET /events HTTP/1.1\r\nHost: sprout\r\n",
                  f"Authorization: Bearer {self.box.token}\r\n\r\n")
        machines = self.slow("127.0.0.4", 64, "GET /ipxe/52:54:00:64:00:01 HTTP/1.1\r\nHost: sprout\r\n\r\n")
        for machine in machines:
            self.assertTrue(machine.recv(1000).startswith(b"HTTP/1.1 200 "))

    def test_who_sends_slowly_is_cut_off_and_holds_nobody_up(self):
        slow = []
        for number in range(150):
            connection = self.connect()
            slow.append(connection)
            connection.sendall(
                b"GET /api/hosts HTTP/1.1\r\nHost: spr" if number % 2
                else self.head("Content-Length: 1000", path="/api/hosts").encode() + b"{")
        began = time.monotonic()
        for _ in range(20):
            self.assertEqual(self.box.get("/api/hosts").status, 200)
        self.assertLess(time.monotonic() - began, 8, "they are served while the slow ones are waited for")
        for connection in slow:
            connection.settimeout(max(0.1, began + 25 - time.monotonic()))
            try:
                answer = connection.recv(1000)
            except ConnectionResetError:
                answer = b""
            self.assertTrue(answer == b"" or b" 408 " in answer, answer)
            connection.close()

    def test_no_file_beside_the_dashboards_own_is_given_out(self):
        for path in ["/assets/../../../../etc/passwd", "/assets/..%2f..%2f..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/x",
                     "/images/", "/images/x/body", "/assets/sprout.css/..%00", "/assets//etc/passwd", "/.git/config",
                     "/api/../../../etc/passwd", "/boot/..%2f..%2fdb%2fsprout.db", "/netboot/..%2f..%2fdb%2fsprout.db"]:
            with self.subTest(path):
                answer = self.send(f"GET {path} HTTP/1.1\r\nHost: sprout\r\nConnection: close\r\n\r\n")
                self.assertNotIn(b" 200 ", answer.split(b"\r\n")[0])
                self.assertNotIn(b"root:", answer)
                self.assertNotIn(b"SQLite format", answer)


if __name__ == "__main__":
    unittest.main()
