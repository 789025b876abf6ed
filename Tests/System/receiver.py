"""A web server that somebody is told things by: it notes each request, and answers as a test wants."""

import http.server
import json
import ssl
import threading


class Receiver:
    """`with Receiver() as receiver:` answers 200; its port is its own from the start, whether it is up or not."""

    def __init__(self, certificate=None, answer=None):
        self.received = []
        self.statuses = []
        self.answer = answer or (lambda request: (self.statuses.pop(0) if self.statuses else 200, {}))
        self.certificate = certificate
        self.lock = threading.Lock()
        self.server = self.thread = None
        # The port is taken, and nobody listens at it: who connects is refused.
        self.probe = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler, False)
        self.probe.server_bind()
        self.port = self.probe.server_port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()
        self.probe.server_close()

    def up(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with owner.lock:
                    request = Request(self.command, self.path, dict(self.headers.items()), body)
                    owner.received.append(request)
                    status, content = owner.answer(request)
                text = b"" if status == 204 else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                self.close_connection = True

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, *_):
                """A client that trusts no certificate hangs up."""

        self.probe.server_close()
        self.server = Server(("127.0.0.1", self.port), Handler)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def down(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()
            self.server = None

    @property
    def url(self):
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def bodies(self):
        with self.lock:
            return [json.loads(request.body) for request in self.received if request.body]


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.body = method, path, body
        self.headers = {name.lower(): value for name, value in headers.items()}
