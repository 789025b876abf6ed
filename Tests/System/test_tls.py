"""The dashboard over TLS: with a certificate that is made at the first start, or with one that somebody brings."""

import contextlib
import hashlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from harness import PROGRAMS, Sprout, free_port, until
from installing import CREDENTIALS
from test_images import synthetic_iso


class Encrypted(Sprout):
    """A Sprout that answers over TLS too."""

    def __init__(self, server=""):
        super().__init__(provisioning=f"server:\n  require_https: false\n{server}pxe:\n  enabled: false\n{CREDENTIALS}")
        self.tls_port = free_port()
        self.more = ["--listen-tls", f"127.0.0.1:{self.tls_port}"]

    @property
    def shown(self):
        """The certificate that it shows, in its DER form."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.tls_port), 10) as plain:
            with context.wrap_socket(plain, server_hostname="sprout.local") as encrypted:
                return encrypted.getpeercert(binary_form=True)

    @property
    def fingerprint(self):
        return ":".join(f"{byte:02X}" for byte in hashlib.sha256(self.shown).digest())

    def ask(self, method, path, body=None, headers=None, trusting=None):
        """Asks over TLS; `trusting` is the certificate that vouches for it."""
        context = ssl.create_default_context(cadata=trusting)
        if not trusting:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("localhost", self.tls_port, timeout=20, context=context)
        headers = {**self.authorization(path), **(headers or {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer, text

    def require(self, is_required):
        file = self.config / "provisioning.yaml"
        text = file.read_text()
        file.write_text(text.replace(f"require_https: {str(not is_required).lower()}", f"require_https: {str(is_required).lower()}"))
        until(lambda: self.sql("SELECT value FROM setting WHERE key = 'server.require_https'") == [str(is_required).lower()])


def make_certificate(folder, name):
    """A certificate of the test's own; gives its file and its key's."""
    files = [folder / f"{name}.{end}" for end in ("pem", "key")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True)
    return files


class CertificateTest(unittest.TestCase):
    def setUp(self):
        self.box = self.enterContext(Encrypted())

    def test_one_of_its_own_is_made_once_and_shown_everywhere(self):
        box = self.box
        made = box.fingerprint
        self.assertIn(f"https://localhost:{box.tls_port} shows the certificate {made}", box.log())
        told = box.cli("tls", "show")
        self.assertIn(made, told.stdout)
        self.assertIn("Sprout itself: compare the fingerprint", told.stdout)
        certificate = json.loads(box.cli("tls", "show", "-o", "json").stdout)
        self.assertEqual((certificate["fingerprint"], certificate["own"]), (made, True))
        self.assertLessEqual({"sprout.local", "127.0.0.1"}, set(certificate["names"]))
        answer, text = box.ask("GET", "/api/tls")
        self.assertEqual((answer.status, json.loads(text)), (200, certificate))
        box.stop()
        box.start()
        self.assertEqual(box.fingerprint, made, "it stays when Sprout is started again")
        renewed = box.cli("tls", "renew")
        self.assertEqual(renewed.returncode, 0, renewed.stderr)
        self.assertNotEqual(box.fingerprint, made)
        self.assertIn(box.fingerprint, renewed.stdout)
        self.assertEqual((box.state / "tls/served.pem").stat().st_mode & 0o777, 0o640)
        [event] = box.sql("SELECT actor FROM event WHERE kind = 'certificate.changed' AND message LIKE '%made anew%'")
        self.assertIn("on the box", event)

    def test_one_that_is_brought_is_shown_without_a_restart(self):
        box = self.box
        pid = box.pid("nginx")
        file, key = make_certificate(box.state, "home")
        self.assertEqual(box.cli("tls", "replace", file, key).returncode, 0)
        answer, _ = box.ask("GET", "/api/hosts", trusting=file.read_text())
        self.assertEqual(answer.status, 200, "a browser that trusts it needs no exception")
        self.assertEqual(box.pid("nginx"), pid)
        shown = json.loads(box.cli("tls", "show", "-o", "json").stdout)
        self.assertEqual((shown["names"], shown["issuer"], shown["own"]), (["localhost"], "home", False))
        both, other = box.state / "both.pem", make_certificate(box.state, "other")
        both.write_text("".join(path.read_text() for path in other))
        self.assertEqual(box.cli("tls", "replace", both).returncode, 0, "certificate and key may be in one file")
        self.assertIn(box.fingerprint, box.cli("tls", "show").stdout)
        box.stop()
        box.start()
        box.ask("GET", "/api/hosts", trusting=other[0].read_text())
        secret = "".join(other[1].read_text().split("\n")[1:-2])[:40]
        files = b"".join(path.read_bytes() for path in (box.state / "db").iterdir()) + box.log().encode()
        self.assertNotIn(secret.encode(), files, "its key is in its file alone")

    def test_what_cannot_be_shown_is_refused_and_changes_nothing(self):
        box, before = self.box, self.box.fingerprint
        (file, key), (_, other) = make_certificate(box.state, "home"), make_certificate(box.state, "other")
        empty = box.state / "empty.pem"
        empty.write_text("")
        for files, words in [
            ([file], "no private key"), ([key], "no certificate"), ([file, other], "not that of its first certificate"),
            ([empty, key], "no certificate"), ([box.state / "nowhere"], "nowhere"),
        ]:
            with self.subTest(words):
                refused = box.cli("tls", "replace", *files)
                self.assertEqual(refused.returncode, 1)
                self.assertIn(words, refused.stderr)
        over_http = box.request("PUT", "/api/tls", {"certificate": file.read_text(), "key": key.read_text()})
        self.assertEqual(over_http.status, 403)
        self.assertIn("where a key can be read along", over_http.json["detail"])
        self.assertEqual(box.fingerprint, before)
        answer, _ = box.ask("PUT", "/api/tls", {"certificate": file.read_text(), "key": key.read_text()})
        self.assertEqual(answer.status, 200, "over TLS it may be brought")
        self.assertNotEqual(box.fingerprint, before)

    def test_a_file_that_is_spoiled_is_replaced_at_the_next_start(self):
        box = self.box
        box.stop()
        (box.state / "tls/served.pem").write_text("spoiled")
        box.start()
        self.assertIn("served.pem: there is no certificate in it", box.log())
        self.assertIn(box.fingerprint, box.cli("tls", "show").stdout)


class CommandLineTest(unittest.TestCase):
    """The sprout command over https://, as from another machine."""

    def setUp(self):
        self.box = self.enterContext(Encrypted())

    def sprout(self, *words, url=None, token=None, timeout=60, prefix=(), **environment):
        environment = {**os.environ, "SPROUT_TOKEN": token or self.box.token, **environment}
        return subprocess.run(
            [*prefix, PROGRAMS / "sprout", *words, "--url", url or f"https://localhost:{self.box.tls_port}"], capture_output=True,
            text=True, timeout=timeout, stdin=subprocess.DEVNULL, env=environment)

    def test_what_is_larger_than_a_piece_is_fetched_whole(self):
        content = os.urandom(6 << 20)
        name = "sprout-2026-11-26-030000.backup"
        (self.box.state / "backups" / name).write_bytes(content)
        with tempfile.TemporaryDirectory() as folder:
            done = self.sprout("backup", "fetch", name, f"{folder}/copy", "--fingerprint", self.box.fingerprint)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(f"{folder}/copy", "rb") as copy:
                self.assertEqual(copy.read(), content)

    def test_it_asks_who_shows_the_fingerprint_that_it_was_given(self):
        fingerprint = self.box.fingerprint
        added = self.sprout("hosts", "add", "pve-1", "--mac", "52:54:00:00:0c:01", "--type", "vm", SPROUT_FINGERPRINT=fingerprint)
        self.assertEqual(added.returncode, 0, added.stderr)
        listed = self.sprout("hosts", "list", "--fingerprint", fingerprint.replace(":", "").lower())
        self.assertIn("pve-1", listed.stdout, listed.stderr)
        refused = self.sprout("hosts", "list", "--fingerprint", fingerprint, token="sprout_nonsense")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("token", refused.stderr)
        removed = self.sprout("hosts", "remove", "pve-1", "--yes", "--fingerprint", fingerprint)
        self.assertEqual(removed.returncode, 0, removed.stderr)

    def test_whom_nobody_vouches_for_is_sent_no_token_and_told_by_the_fingerprint(self):
        refused = self.sprout("hosts", "list")
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertIn("so nothing was sent to it", refused.stderr)
        self.assertIn("`sprout tls show` says on the box", refused.stderr)
        self.assertIn(f"--fingerprint {self.box.fingerprint}", refused.stderr)
        watching = self.sprout("watch", timeout=10)
        self.assertEqual(watching.returncode, 1, "it does not try for ever")
        self.assertIn(self.box.fingerprint, watching.stderr)

    def test_another_certificate_is_refused_with_both_fingerprints_before_anything_is_sent(self):
        before = self.box.fingerprint
        with Thief(self.box) as thief:
            refused = self.sprout("hosts", "list", "--fingerprint", before, url=thief.url)
        self.assertEqual(thief.got, b"")
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertIn(f"it shows   {thief.fingerprint}", refused.stderr)
        self.assertIn(f"you trust  {before}", refused.stderr)
        self.assertEqual(self.box.cli("tls", "renew").returncode, 0)
        refused = self.sprout("hosts", "list", "--fingerprint", before)
        self.assertIn(f"it shows   {self.box.fingerprint}", refused.stderr)

    def test_an_authority_that_this_machine_trusts_is_enough(self):
        file, key = make_certificate(self.box.state, "home")
        self.assertEqual(self.box.cli("tls", "replace", file, key).returncode, 0)
        if subprocess.run(["unshare", "--map-root-user", "--mount", "true"], capture_output=True).returncode:
            self.skipTest("No command can be given a file system of its own here: run this as root.")
        # The certificate is known in a view of the file system that this command alone has.
        mounting = 'mount --bind "$1" /etc/ssl/certs/ca-certificates.crt; shift; exec "$@"'
        listed = self.sprout(
            "hosts", "list", prefix=["unshare", "--map-root-user", "--mount", "sh", "-ec", mounting, "sh", file])
        self.assertEqual((listed.returncode, listed.stderr), (0, ""))
        elsewhere = self.sprout("hosts", "list")
        self.assertEqual(elsewhere.returncode, 1, "another machine does not trust it")

    def test_what_happens_is_followed_over_a_restart_and_not_over_another_certificate(self):
        box, fingerprint = self.box, self.box.fingerprint
        process = subprocess.Popen(
            [PROGRAMS / "sprout", "events", "follow", "--after", "0", "--url", f"https://localhost:{box.tls_port}",
             "--fingerprint", fingerprint], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "SPROUT_TOKEN": box.token})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.assertIn("Server types, version 1", next(line for line in process.stdout if "version 1" in line))
        box.kill("sprout-web")
        box.register(1, hostname="pve-w")
        self.assertIn("pve-w was registered", next(line for line in process.stdout if "pve-w" in line))
        box.cli("tls", "renew")
        box.kill("sprout-web")
        self.assertEqual(process.wait(20), 1)
        self.assertIn(f"it shows   {box.fingerprint}", process.stderr.read())

    def test_an_iso_is_sent_over_it_and_the_wire_shown(self):
        fingerprint = self.box.fingerprint
        with tempfile.TemporaryDirectory() as folder:
            iso, _ = synthetic_iso(folder, size=3_000_000)
            done = self.sprout("images", "import", str(iso), "--fingerprint", fingerprint)
        self.assertEqual((done.returncode, done.stdout), (0, "proxmox-ve-9.2-1 is ready to be installed.\n"), done.stderr)
        self.assertEqual(self.sprout("images", "verify", "proxmox-ve-9.2-1", "--fingerprint", fingerprint).returncode, 0)
        self.assertEqual(self.sprout("wire", "--once", "--fingerprint", fingerprint).stdout, "Nothing was seen.\n")


class Thief:
    """Answers at a port in the place of a Sprout, with a certificate of its own, and keeps what it is sent."""

    def __init__(self, box):
        self.files = make_certificate(box.state, "thief")
        self.got = b""

    @property
    def fingerprint(self):
        der = ssl.PEM_cert_to_DER_cert(self.files[0].read_text())
        return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())

    def __enter__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.server.getsockname()[1]}"
        self.thread = threading.Thread(target=self.take)
        self.thread.start()
        return self

    def take(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.files)
        connection, _ = self.server.accept()
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as encrypted:
            self.got = encrypted.recv(1000)

    def __exit__(self, *_):
        self.thread.join(10)
        self.server.close()


class RequiredTest(unittest.TestCase):
    def test_browsers_are_sent_to_https_programs_refused_and_machines_served(self):
        with Encrypted() as box:
            host = box.register(1, hostname="pve-1").json
            box.require(True)
            page = box.browse("GET", f"/hosts/{host['id']}?a=b")
            self.assertEqual(page.status, 303)
            self.assertEqual(page.headers["Location"], f"https://127.0.0.1:{box.tls_port}/hosts/{host['id']}?a=b")
            refused = box.get("/api/hosts")
            self.assertEqual(refused.status, 403)
            self.assertIn(f"ask at https://, port {box.tls_port}", refused.json["detail"])
            signing_in = box.browse("POST", "/sign-in", {"name": "anna", "password": "x", "next": "/"})
            self.assertEqual(signing_in.status, 403, "no password is taken in plain text")
            self.assertEqual(box.get("/health").status, 200)
            self.assertEqual(box.request("GET", f"/ipxe/{host['mac']}").status, 200)
            answer, text = box.ask("GET", "/api/hosts")
            self.assertEqual((answer.status, len(json.loads(text)["hosts"])), (200, 1))
            self.assertEqual(box.cli("hosts", "list").returncode, 0, "the box's own door stays as it is")
            forged = box.request("GET", "/api/hosts", headers={"X-Forwarded-Proto": "https"})
            self.assertEqual(forged.status, 403, "who asks does not say how")
            box.require(False)
            self.assertEqual(box.get("/api/hosts").status, 200)

    def test_a_session_over_tls_is_in_a_cookie_that_plain_http_never_carries(self):
        with Encrypted() as box:
            name, password = box.new_user("anna", "admin")
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection("localhost", box.tls_port, timeout=20, context=context)
            connection.request(
                "POST", "/sign-in", f"name={name}&password={password.replace(' ', '+')}&next=/",
                {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"})
            answer = connection.getresponse()
            cookie = answer.headers["Set-Cookie"]
            self.assertEqual(answer.status, 303, answer.read())
            self.assertTrue(cookie.startswith("__Host-sprout-session="), cookie)
            for word in ["Secure", "HttpOnly", "SameSite", "Path=/"]:
                self.assertIn(word, cookie)
            session = cookie.partition(";")[0]
            self.assertEqual(box.browse("GET", "/", cookie=session).status, 303, "over plain HTTP it is nothing")

    def test_without_https_the_setting_locks_nobody_out_without_saying_why(self):
        with Sprout(provisioning=f"server:\n  require_https: true\npxe:\n  enabled: false\n{CREDENTIALS}") as box:
            page = box.browse("GET", "/")
            self.assertEqual(page.status, 403)
            self.assertIn("--listen-tls", page.body.decode())
            self.assertEqual(box.cli("hosts", "list").returncode, 0)


if __name__ == "__main__":
    unittest.main()
