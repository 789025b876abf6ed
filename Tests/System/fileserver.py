"""A web server that does as badly as web servers do."""

import contextlib
import http.server
import socket
import ssl
import subprocess
import threading

PIECE = 1 << 16


class FileServer:
    """`with FileServer({"/x.iso": content}) as server:` serves over HTTP, or with a certificate over HTTPS."""

    def __init__(self, files, certificate=None):
        self.files = dict(files)
        self.redirects = {}
        # What is said where there is no file: a page with status 200 is what some servers say.
        self.missing = (404, "text/plain", b"not found")
        self.tag = '"one"'
        self.knows_ranges = True
        self.tells_size = True
        # How large the whole is said to be, where that is a lie.
        self.size_told = None
        # The answers that break off after so many bytes, the next one first.
        self.breaks = []
        self.on_break = lambda: None
        # An answer that has sent so many bytes waits there until `goes_on` is set, and ends there if it is to give up.
        self.halt = None
        self.goes_on = threading.Event()
        self.gives_up = False
        # What was asked for: the path and the first byte.
        self.asked = []
        self.certificate = certificate

    def __enter__(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    owner.answer(self)
                self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                """A client that hangs up, or trusts no certificate, is what some tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.goes_on.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def url(self, path):
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.server.server_port}{path}"

    def starts(self, path):
        """The first byte of each request for a file."""
        return [start for name, start in self.asked if name == path]

    def answer(self, request):
        path = request.path.split("?")[0]
        if path in self.redirects:
            request.send_response(302)
            request.send_header("Location", self.redirects[path])
            request.send_header("Content-Length", "0")
            return request.end_headers()
        status, kind, content = 200, "application/octet-stream", self.files.get(path)
        if content is None:
            status, kind, content = self.missing
        start = self.start(request)
        self.asked.append((path, start))
        if start:
            status = 206
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("ETag", self.tag)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.tells_size:
            request.send_header("Content-Length", str((self.size_told or len(content)) - start))
        request.end_headers()
        self.send(request, content[start:])

    def start(self, request):
        wish = request.headers.get("Range", "")
        if not self.knows_ranges or request.headers.get("If-Range", self.tag) != self.tag:
            return 0
        return int(wish[len("bytes="):-1]) if wish else 0

    def send(self, request, content):
        is_small = len(content) <= PIECE
        limit = len(content) if is_small or not self.breaks else self.breaks.pop(0)
        for sent in range(0, limit, PIECE):
            if self.halt is not None and sent >= self.halt:
                self.goes_on.wait()
                if self.gives_up:
                    return
            request.wfile.write(content[sent:min(sent + PIECE, limit)])
        request.wfile.flush()
        if limit < len(content):
            self.on_break()
        request.connection.shutdown(socket.SHUT_WR)


def make_certificate(folder):
    """A key and its own certificate for 127.0.0.1, which nobody knows."""
    path = folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
         folder / "cert.pem", "-subj", "/CN=a test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"],
        check=True, capture_output=True)
    path.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return path
