"""The dashboard over TLS: with a certificate that is made at the first start, or with one that somebody brings."""

import hashlib
import http.client
import json
import socket
import ssl
import subprocess
import unittest

from harness import Sprout, free_port, until
from installing import CREDENTIALS


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


class CertificateTest(unittest.TestCase):
    def setUp(self):
        self.box = self.enterContext(Encrypted())

    def make(self, name, *words):
        """A certificate of the test's own; gives its file and its key's."""
        files = [self.box.state / f"{name}.{end}" for end in ("pem", "key")]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
             "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", "-out", files[0], "-keyout", files[1], *words],
            check=True, capture_output=True)
        return files

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
        file, key = self.make("home")
        self.assertEqual(box.cli("tls", "replace", file, key).returncode, 0)
        answer, _ = box.ask("GET", "/api/hosts", trusting=file.read_text())
        self.assertEqual(answer.status, 200, "a browser that trusts it needs no exception")
        self.assertEqual(box.pid("nginx"), pid)
        shown = json.loads(box.cli("tls", "show", "-o", "json").stdout)
        self.assertEqual((shown["names"], shown["issuer"], shown["own"]), (["localhost"], "home", False))
        both, other = box.state / "both.pem", self.make("other")
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
        (file, key), (_, other) = self.make("home"), self.make("other")
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
