"""Who is let in, and how those who are not are turned away."""

import http.client
import os
import pwd
import re
import shutil
import signal
import socket
import statistics
import subprocess
import time
import unittest
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import yaml

from harness import PROGRAMS, ROOT, Sprout, UnixConnection, until

DOCUMENT = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
ROLES = ["wall", "viewer", "operator", "admin"]
JSON = {"Content-Type": "application/json"}


def routes():
    """Every operation of the API as sprout-web guards it: method, a path, and the least role."""
    for template, operations in DOCUMENT["paths"].items():
        for method, one in operations.items():
            if one["x-role"] != "none":
                yield method.upper(), re.sub(r"\{\w+\}", "1", template), one["x-role"]


def proof(page):
    return re.search(rb'<meta name="csrf" content="([0-9a-f]{64})">', page)[1].decode()


class AccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = cls.enterClassContext(Sprout())
        cls.tokens = {role: cls.box.new_token(f"a-{role}", role) for role in ROLES}
        cls.admin = cls.box.sign_in(*cls.box.new_user("anna", "admin"))

    def as_role(self, role, method, path, body=None):
        return self.box.request(method, path, body, {"Authorization": f"Bearer {self.tokens[role]}", **JSON})

    def raw(self, target, method="GET", headers=""):
        """An answer to a request line as it stands; clients would tidy the path up."""
        with socket.create_connection(("127.0.0.1", self.box.port), 10) as connection:
            connection.sendall(f"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return int(answer.split()[1]), answer

    # Nobody, and too little

    def test_without_a_session_or_a_token_every_route_is_closed(self):
        for method, path, _ in routes():
            with self.subTest(f"{method} {path}"):
                answer = self.box.browse(method, path, headers={"Accept": "application/json", **JSON})
                self.assertEqual(answer.status, 401)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                self.assertTrue(answer.headers["WWW-Authenticate"].startswith("Bearer"))

    def test_a_role_that_is_too_low_is_told_which_one_is_needed(self):
        for method, path, need in routes():
            for role in ROLES[:ROLES.index(need)]:
                with self.subTest(f"{method} {path} as {role}"):
                    answer = self.as_role(role, method, path, b"{}")
                    self.assertEqual(answer.status, 403, answer.body)
                    self.assertEqual(
                        answer.json["detail"], f"This needs the role {need}; the token a-{role} is {role}.")

    def test_a_role_that_is_enough_gets_past_the_door(self):
        for method, path, need in routes():
            if path in ("/events", "/wall/events", "/api/wire/live") or method != "GET":
                continue
            with self.subTest(f"{method} {path} as {need}"):
                self.assertNotIn("This needs the role", str(self.as_role(need, method, path).body))
                self.assertNotEqual(self.as_role(need, method, path).status, 401)

    def test_a_browser_is_led_to_the_page_to_sign_in_and_back(self):
        answer = self.box.browse("GET", "/hosts/pve-1?a=b")
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/sign-in?next=%2Fhosts%2Fpve-1%3Fa%3Db"))
        page = self.box.browse("GET", answer.headers["Location"])
        self.assertIn(b'name="next" value="/hosts/pve-1?a=b"', page.body)
        self.assertEqual(self.box.browse("POST", "/hosts", {"mac": "52:54:00:00:00:01"}).headers["Location"], "/sign-in")

    def test_what_is_open_tells_nothing(self):
        for path in ["/health", "/sign-in", "/assets/sprout.css", "/assets/sprout.js", "/api", "/api/openapi.yaml"]:
            self.assertEqual(self.box.browse("GET", path).status, 200, path)
        self.assertEqual(self.box.browse("GET", "/setup").headers["Location"], "/sign-in")

    def test_the_pages_show_a_viewer_nothing_to_press(self):
        host = self.box.register(0x77, hostname="pve-shown").json
        cookies = {role: self.box.sign_in(*self.box.new_user(f"{role}-of-pages", role)) for role in ["viewer", "operator"]}
        for path in ["/", f"/hosts/{host['id']}", "/settings"]:
            forms = {role: self.box.browse("GET", path, cookie=cookie).body.count(b'<form method="post"') for role, cookie in cookies.items()}
            self.assertEqual(forms["viewer"], 0, path)
            self.assertGreater(forms["operator"], 0, path)

    # Sessions

    def test_a_session_ends_with_its_sign_out_for_whoever_has_kept_a_copy(self):
        name, password = self.box.new_user("replayed", "viewer")
        cookie, other = self.box.sign_in(name, password), self.box.sign_in(name, password)
        page = self.box.browse("GET", "/account", cookie=cookie)
        answer = self.box.browse("POST", "/account", {"action": "sign-out", "csrf": proof(page.body)}, cookie)
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/sign-in"))
        self.assertIn("Max-Age=0", answer.headers["Set-Cookie"])
        self.assertEqual(self.box.browse("GET", "/", cookie=cookie).status, 303)
        self.assertEqual(self.box.browse("GET", "/", cookie=other).status, 200)

    def test_signing_out_everywhere_and_a_new_password_end_all_sessions(self):
        name, password = self.box.new_user("everywhere", "viewer")
        cookies = [self.box.sign_in(name, password) for _ in range(2)]
        page = self.box.browse("GET", "/account", cookie=cookies[0])
        form = {"action": "sign-out-everywhere", "csrf": proof(page.body)}
        self.assertEqual(self.box.browse("POST", "/account", form, cookies[0]).status, 303)
        for cookie in cookies:
            self.assertEqual(self.box.browse("GET", "/", cookie=cookie).status, 303)

        cookie, other = self.box.sign_in(name, password), self.box.sign_in(name, password)
        form = {"action": "password", "csrf": proof(self.box.browse("GET", "/account", cookie=cookie).body)}
        wrong = self.box.browse("POST", "/account", {**form, "current": "not it at all", "new": "another good one"}, cookie)
        self.assertEqual(wrong.status, 403)
        self.assertIn(b"This is not the current password.", wrong.body)
        short = self.box.browse("POST", "/account", {**form, "current": password, "new": "short"}, cookie)
        self.assertEqual(short.status, 422)
        done = self.box.browse("POST", "/account", {**form, "current": password, "new": "another good one"}, cookie)
        self.assertEqual(done.status, 303)
        self.assertEqual(self.box.browse("GET", "/", cookie=other).status, 303)
        self.assertEqual(self.box.browse("GET", "/", cookie=done.headers["Set-Cookie"].partition(";")[0]).status, 200)

    def test_a_user_is_made_from_the_hash_of_a_password(self):
        words = ["openssl", "passwd", "-6", "correct horse battery"]
        hashed = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
        made = self.box.cli("users", "add", "hashed", "--role", "viewer", "--hash", input=hashed)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertTrue(self.box.sign_in("hashed", "correct horse battery"))
        for wish in ({"password_hash": "plain"}, {"password_hash": hashed, "password": "correct horse battery"}, {}):
            answer = self.box.request("POST", "/api/users", {"name": "wrong", "role": "viewer", **wish})
            self.assertEqual(answer.status, 422, answer.body)
            self.assertNotIn(hashed.encode(), answer.body)

    def test_forged_and_cut_cookies_are_nobodys(self):
        name, _, value = self.admin.partition("=")
        version, session, user, generation, end, signature = value.split(".")
        self.assertEqual(self.box.browse("GET", "/", cookie=self.admin).status, 200)
        for forged in [
                "", "x", value[:-1], value[:-2] + ("00" if value[-2:] != "00" else "11"),
                f"{version}.{session}.{user}.{generation}.{int(end) + 1}.{signature}",
                f"{version}.{session}.{user}.{int(generation) + 1}.{end}.{signature}",
                f"{version}.{session}.{user}.{generation}.{end}.{'0' * 128}",
                f"{version}.{session}.{user}.{generation}.{end}.", "1" * 5000]:
            with self.subTest(forged[:40]):
                self.assertEqual(self.box.browse("GET", "/", cookie=f"{name}={forged}").status, 303)

    def test_a_session_and_a_token_are_known_while_the_orchestrator_is_away(self):
        orchestrator = self.box.pid("sprout-orchestrator")
        os.kill(orchestrator, signal.SIGSTOP)
        try:
            self.assertEqual(self.box.browse("GET", "/", cookie=self.admin).status, 200)
            self.assertEqual(self.box.get("/api/hosts").status, 200)
            self.assertEqual(self.box.browse("GET", "/", cookie=self.admin[:-1]).status, 303)
        finally:
            os.kill(orchestrator, signal.SIGCONT)

    def test_a_session_is_good_for_14_days(self):
        cookie = self.box.sign_in(*self.box.new_user("long", "viewer"))
        end = int(cookie.split(".")[4])
        self.assertAlmostEqual(end / 1000, time.time() + 14 * 86400, delta=60)

    def test_what_a_user_may_is_read_at_each_request(self):
        name, password = self.box.new_user("changing", "operator")
        cookie = self.box.sign_in(name, password)
        csrf = {"X-CSRF-Token": proof(self.box.browse("GET", "/", cookie=cookie).body), "Cookie": cookie}
        draft = '{"mac":"52:54:00:7a:00:01","server_type":"vm"}'

        self.assertEqual(self.box.cli("users", "set", name, "--role", "viewer").returncode, 0)
        answer = self.send("POST", "/api/hosts", draft, csrf)
        self.assertEqual(answer.status, 403, answer.body)
        self.assertEqual(self.box.cli("users", "set", name, "--role", "operator").returncode, 0)
        self.assertEqual(self.send("POST", "/api/hosts", draft, csrf).status, 201)
        with self.follow(cookie) as stream:
            self.assertEqual(self.box.cli("users", "remove", name).returncode, 0)
            self.assertEqual(self.send("POST", "/api/hosts", draft, csrf).status, 401)
            stream.settimeout(20)
            while stream.recv(65536):
                pass

    def send(self, method, path, body, headers):
        """Asks as a page's script does: with a cookie, for JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.box.port, timeout=30)
        connection.request(method, path, body, {**JSON, **headers})
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def follow(self, cookie):
        stream = socket.create_connection(("127.0.0.1", self.box.port), 10)
        stream.sendall(f"GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n".encode())
        self.assertIn(b" 200 ", stream.recv(65536))
        return stream

    def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(self):
        name, password = self.box.new_user("cookie", "viewer")
        form = {"name": name, "password": password, "next": "/"}
        answer = self.box.browse("POST", "/sign-in", form)
        flags = answer.headers["Set-Cookie"].split("; ")[1:]
        self.assertEqual(flags, ["Path=/", "Max-Age=1209600", "HttpOnly", "SameSite=Lax"])
        # Behind TLS: nginx says so, and nobody who comes through it can.
        self.assertNotIn("Secure", self.box.browse(
            "POST", "/sign-in", form, headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"])
        connection = UnixConnection(self.box.state / "run" / "front.sock")
        self.addCleanup(connection.close)
        connection.request("POST", "/sign-in", urllib.parse.urlencode(form), {
            "Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-Proto": "https", "X-Real-IP": "10.0.0.1",
            "X-Request-Id": "over-tls-1"})
        cookie = connection.getresponse().headers["Set-Cookie"]
        self.assertTrue(cookie.startswith("__Host-sprout-session="), cookie)
        self.assertTrue(cookie.endswith("; HttpOnly; SameSite=Lax; Secure"), cookie)

    # Forms of other sites

    def test_a_session_changes_nothing_without_the_proof_of_its_page(self):
        own = {"Cookie": self.admin}
        draft = '{"mac":"52:54:00:7b:00:01","server_type":"vm"}'
        other = self.box.sign_in(*self.box.new_user("neighbour", "admin"))
        strange = proof(self.box.browse("GET", "/", cookie=other).body)
        for headers in [{}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": strange}]:
            answer = self.send("POST", "/api/hosts", draft, {**own, **headers})
            self.assertEqual(answer.status, 403, answer.body)
            self.assertIn(b"not sent by a page of your session", answer.body)
        for path, form in [("/hosts", {"mac": "52:54:00:7b:00:01", "server_type": "vm"}),
                           ("/account", {"action": "sign-out-everywhere"}),
                           ("/users", {"action": "add", "name": "eve", "role": "admin", "password": "evil evil evil"}),
                           ("/tokens", {"action": "create", "name": "eve", "role": "admin", "days": "9"})]:
            for extra in [{}, {"csrf": strange}]:
                self.assertEqual(self.box.browse("POST", path, {**form, **extra}, self.admin).status, 403, path)
        self.assertEqual(self.box.browse("GET", "/", cookie=self.admin).status, 200)
        right = {"X-CSRF-Token": proof(self.box.browse("GET", "/", cookie=self.admin).body)}
        self.assertEqual(self.send("POST", "/api/hosts", draft, {**own, **right}).status, 201)
        self.assertEqual(self.box.sql("SELECT count(*) FROM user WHERE name = 'eve'"), ["0"])

    def test_every_form_of_every_page_has_the_proof(self):
        host = self.box.register(0x78, hostname="pve-forms").json
        for path in ["/", f"/hosts/{host['id']}", "/account", "/users", "/tokens", "/notifications", "/settings", "/images",
                     "/discoveries"]:
            page = self.box.browse("GET", path, cookie=self.admin).body
            self.assertEqual(
                len(re.findall(rb'<form method="post"', page)),
                len(re.findall(rb'<form method="post"[^>]*><input type="hidden" name="csrf" value="[0-9a-f]{64}">', page)),
                path)

    def test_a_form_to_sign_in_that_another_site_sent_is_refused(self):
        for headers in [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}]:
            answer = self.box.browse("POST", "/sign-in", {"name": "anna", "password": "x"}, headers=headers)
            self.assertEqual(answer.status, 403)

    # Links and paths

    def test_a_link_leads_nowhere_else_after_signing_in(self):
        name, password = self.box.new_user("linked", "viewer")
        for wish in ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "/%2f/evil.example",
                     "javascript:alert(1)", "", "/\r\nSet-Cookie: a=b", "/sign-in?next=/", "/..//evil"]:
            with self.subTest(wish):
                answer = self.box.browse("POST", "/sign-in", {"name": name, "password": password, "next": wish})
                self.assertEqual((answer.status, answer.headers["Location"]), (303, "/"))
        answer = self.box.browse("POST", "/sign-in", {"name": name, "password": password, "next": "/hosts/a?b=c"})
        self.assertEqual(answer.headers["Location"], "/hosts/a?b=c")

    def test_no_spelling_of_a_path_gets_past_the_door(self):
        for path in ["//api/hosts", "/api//hosts", "/api/./hosts", "/assets/../api/hosts", "/assets/..%2fapi/hosts",
                     "/%2e%2e/api/hosts", "/api/%2e%2e/api/hosts", "/api/hosts;a=b", "/api/hosts/", "/api%2fhosts",
                     "/API/hosts", "/api/hosts%00", "/%61pi/hosts", "/api/hosts?x=/health", "/health/../api/hosts",
                     "/sign-in/..;/api/hosts", "/ipxe/../api/hosts", "/api/boot/../hosts", "/netboot/%2e%2e/api/hosts",
                     "/api/hosts#", "http://a/api/hosts", "/api/hosts/1/installed/../..", "/boot/..%5capi/hosts"]:
            with self.subTest(path):
                status, answer = self.raw(path)
                self.assertIn(status, (400, 401, 404), answer[:300])
                self.assertNotIn(b'"hosts"', answer)
        for method in ["HEAD", "OPTIONS", "TRACE", "get", "POST"]:
            self.assertNotIn(self.raw("/api/hosts", method, "Content-Length: 0\r\n")[0], (200, 201), method)

    def test_nobody_outside_says_who_they_are_by_headers_of_the_inside(self):
        for headers in ["X-Real-IP: 127.0.0.1\r\n", "X-Sprout-Actor: root\r\n", "X-Forwarded-Proto: https\r\n",
                        "Authorization: Basic YWRtaW46YWRtaW4=\r\n", "Authorization: Bearer\r\n"]:
            self.assertEqual(self.raw("/api/hosts", headers=headers)[0], 401, headers)

    # Guessing

    def test_who_guesses_passwords_waits_longer_each_time(self):
        with Sprout() as box:
            box.new_user("anna", "admin")
            attempt = {"name": "anna", "password": "wrong wrong wrong", "next": "/"}
            answers = [box.browse("POST", "/sign-in", attempt) for _ in range(7)]
            self.assertEqual([answer.status for answer in answers[:5]], [401] * 5)
            self.assertEqual([answer.status for answer in answers[5:]], [429] * 2)
            self.assertGreaterEqual(int(answers[5].headers["Retry-After"]), 1)
            self.assertIn(b"That was wrong too often. Try again in", answers[5].body)
            # The right password waits too: whether it is right is not told by being let in.
            self.assertEqual(box.browse("POST", "/sign-in", {**attempt, "password": "correct horse battery"}).status, 429)
            time.sleep(int(answers[6].headers["Retry-After"]) + 0.1)
            self.assertEqual(box.browse("POST", "/sign-in", {**attempt, "password": "correct horse battery"}).status, 303)
            self.assertIn("did not know the password of anna", box.log())
            box.browse("POST", "/sign-in", {"name": "canary in the wrong field", "password": "x"})
            self.assertNotIn("canary", box.log())

    def test_many_guesses_at_once_are_no_way_around(self):
        with Sprout() as box:
            box.new_user("anna", "admin")
            form = {"name": "anna", "password": "wrong wrong wrong"}
            with ThreadPoolExecutor(20) as pool:
                statuses = list(pool.map(lambda _: box.browse("POST", "/sign-in", form).status, range(40)))
            self.assertLessEqual(statuses.count(401), 6, statuses)

    def test_an_account_is_not_locked_where_its_owner_has_signed_in_before(self):
        with Sprout() as box:
            name, password = box.new_user("anna", "admin")
            box.sign_in(name, password)

            def attempt(address, password, number):
                # As nginx says it of somebody elsewhere.
                return box.socket_request(
                    "command.sock", "POST", "/access/sign-in", {"name": name, "password": password, "address": address},
                    {"X-Request-Id": f"attempt-{number}"}).status

            statuses = [attempt(f"10.0.{number}.1", "wrong wrong wrong", number) for number in range(14)]
            self.assertEqual(statuses[:10], [401] * 10)
            self.assertEqual(set(statuses[10:]), {429})
            self.assertEqual(attempt("10.9.9.9", password, 98), 429, "elsewhere the account waits")
            self.assertEqual(attempt("127.0.0.1", password, 99), 201, "its owner does not")

    def test_who_may_sign_in_himself_gets_no_more_guesses_at_others(self):
        with Sprout() as box:
            box.sign_in(*box.new_user("anna", "admin"))
            eve, password = box.new_user("eve", "viewer")
            statuses = []
            for number in range(8):
                box.browse("POST", "/sign-in", {"name": eve, "password": password})
                statuses.append(box.browse("POST", "/sign-in", {"name": "anna", "password": "wrong wrong"}).status)
            self.assertEqual(statuses[:5], [401] * 5)
            self.assertEqual(set(statuses[5:]), {429})

    def test_a_name_that_nobody_has_takes_as_long(self):
        with Sprout() as box:
            box.new_user("anna", "admin")

            def seconds(name, number):
                began = time.monotonic()
                answer = box.socket_request(
                    "command.sock", "POST", "/access/sign-in",
                    {"name": name, "password": "wrong wrong wrong", "address": f"10.1.{number}.1"},
                    {"X-Request-Id": f"{name}-{number}"})
                self.assertEqual((answer.status, answer.json["detail"]), (401, "The name or the password is wrong."))
                return time.monotonic() - began

            seconds("warm-up", 200)
            known = statistics.median(seconds("anna", number) for number in range(9))
            unknown = statistics.median(seconds(f"nobody{number}", number + 100) for number in range(9))
            self.assertLess(abs(known - unknown), 0.5 * max(known, unknown), (known, unknown))

    def test_who_guesses_tokens_is_slowed_and_holds_up_nobody_else(self):
        with Sprout() as box:
            wrong = "sprout_" + "0" * 72

            def ask(token):
                return box.request("GET", "/api/hosts", headers={"Authorization": f"Bearer {token}"})

            statuses = [ask(wrong).status for _ in range(14)]
            self.assertEqual(statuses[:10], [401] * 10)
            self.assertIn(429, statuses[10:])
            self.assertGreaterEqual(int(next(
                answer for answer in (ask(wrong) for _ in range(5)) if answer.status == 429).headers["Retry-After"]), 1)
            self.assertEqual(ask(box.token).status, 200)
            for near in [box.token[:-1], box.token + "0", box.token[:-1] + ("0" if box.token[-1] != "0" else "1"), ""]:
                self.assertIn(ask(near).status, (401, 429))

    # Tokens

    def test_a_token_is_shown_once_kept_as_a_hash_and_worth_nothing_once_removed(self):
        made = self.box.cli("tokens", "create", "--role", "viewer", "--name", "shown", "--days", "3")
        token = made.stdout.splitlines()[-1]
        self.assertRegex(token, "^sprout_[0-9a-f]{72}$", made.stderr)
        headers = {"Authorization": f"Bearer {token}"}
        self.assertEqual(self.box.request("GET", "/api/account", headers=headers).json,
                         {"name": "the token shown", "role": "viewer", "by": "token", "session_ends": None})
        files = b"".join(path.read_bytes() for path in (self.box.state / "db").iterdir())
        self.assertNotIn(token.encode(), files + self.box.log().encode())
        entry = until(lambda: next((one for one in self.box.get("/api/tokens").json["tokens"]
                                   if one["name"] == "shown" and one.get("last_used")), None), 5, "the use of the token")
        self.assertNotIn("token", entry)
        self.assertIn(" on the box through sprout-web", entry["created_by"])
        again = self.box.cli("tokens", "create", "--role", "viewer", "--name", "shown")
        self.assertIn("There is a token shown already", again.stderr)
        self.assertEqual(self.box.cli("tokens", "remove", "shown").returncode, 0)
        gone = self.box.request("GET", "/api/hosts", headers=headers)
        self.assertEqual(gone.status, 401)
        self.assertIn("invalid_token", gone.headers["WWW-Authenticate"])

    def test_what_cannot_be_a_token_or_a_user_is_refused_at_its_field(self):
        for path, body, field in [
                ("/api/tokens", {"name": "a b", "role": "viewer"}, "name"),
                ("/api/tokens", {"name": "a", "role": "root"}, "role"),
                ("/api/tokens", {"name": "a", "role": "viewer", "days": 0}, "days"),
                ("/api/tokens", {"name": "a", "role": "viewer", "day": 1}, "day"),
                ("/api/users", {"name": "", "role": "viewer", "password": "long enough"}, "name"),
                ("/api/users", {"name": "c", "role": "boss", "password": "long enough"}, "role"),
                ("/api/users", {"name": "c", "role": "viewer", "password": "short"}, "password"),
                ("/api/users", {"name": "anna", "role": "viewer", "password": "long enough"}, "name")]:
            answer = self.box.request("POST", path, body)
            self.assertIn(answer.status, (409, 422), answer.body)
            self.assertEqual(answer.json["field"], field)

    def test_the_last_admin_stays_one(self):
        with Sprout() as box:
            box.new_user("anna", "admin")
            for method, path, body in [("DELETE", "/api/users/anna", None),
                                       ("PATCH", "/api/users/anna", {"role": "viewer"})]:
                answer = box.request(method, path, body)
                self.assertEqual(answer.status, 409)
                self.assertIn("anna is the last admin", answer.json["detail"])

    # The first start

    def test_the_code_of_the_first_start_makes_one_admin_and_no_other(self):
        with Sprout() as box:
            code = until(lambda: re.search(r"type the code (\S{4}-\S{4})\n", box.log()), 10, "the code")[1]
            self.assertEqual(box.cli("setup").stdout.splitlines()[-1], code)
            self.assertEqual(box.browse("GET", "/").headers["Location"], "/setup")
            self.assertEqual(box.browse("GET", "/sign-in").headers["Location"], "/setup")
            self.assertEqual(box.get("/api/setup").status, 403, "nobody on the network is told")
            form = {"code": "0000-0000", "name": "anna", "password": "correct horse battery"}
            wrong = box.browse("POST", "/setup", form)
            self.assertEqual(wrong.status, 403)
            self.assertIn(b"This is not the code that Sprout shows.", wrong.body)
            short = box.browse("POST", "/setup", {**form, "code": code, "password": "short"})
            self.assertEqual(short.status, 422)
            typed = code.replace("-", " ").lower()
            done = box.browse("POST", "/setup", {**form, "code": typed})
            self.assertEqual((done.status, done.headers["Location"]), (303, "/welcome"))
            cookie = done.headers["Set-Cookie"].partition(";")[0]
            self.assertEqual(box.browse("GET", "/users", cookie=cookie).status, 200)
            again = box.browse("POST", "/setup", {**form, "code": code, "name": "eve"})
            self.assertEqual(again.status, 409)
            self.assertEqual(box.cli("setup").returncode, 1)
            self.assertEqual(box.sql("SELECT name, role FROM user"), ["anna|admin"])
            self.assertEqual(box.sql("SELECT count(*) FROM setup_code"), ["0"])
            files = b"".join(path.read_bytes() for path in (box.state / "db").iterdir())
            self.assertNotIn(b"$y$", files, "not even the hash of a password is readable")
            box.stop()
            before = box.log()
            box.start()
            self.assertNotIn("type the code", box.log()[len(before):])
            self.assertEqual(box.browse("GET", "/", cookie=cookie).status, 200, "a restart ends no session")

    def test_who_guesses_the_code_is_slowed_from_wherever(self):
        with Sprout() as box:
            statuses = [box.socket_request(
                "command.sock", "POST", "/access/setup",
                {"code": f"0000-000{number % 10}", "name": "eve", "password": "evil evil evil", "address": f"10.2.{number}.1"},
                {"X-Request-Id": f"guess-{number}"}).status for number in range(13)]
            self.assertEqual(statuses[:10], [403] * 10)
            self.assertEqual(set(statuses[10:]), {429})

    # The box's own door, and what is told

    def test_on_the_box_the_socket_is_the_login_and_the_event_names_the_unix_user(self):
        self.assertEqual(self.box.cli("hosts", "add", "pve-here", "--mac", "52:54:00:7c:00:01", "--type", "vm").returncode, 0)
        actor = self.box.get("/api/hosts/pve-here/events").json[0]["actor"]
        self.assertTrue(actor.startswith(f"{pwd.getpwuid(os.getuid()).pw_name} on the box through sprout-web"), actor)

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("setpriv"), "Only root can be somebody else.")
    def test_a_unix_user_who_is_not_in_the_group_opens_no_door_of_the_box(self):
        for name in ["web.sock", "front.sock", "command.sock"]:
            done = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "curl", "--silent", "--unix-socket",
                 self.box.state / "run" / name, "http://sprout/api/hosts"], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (7, ""), name)

    def test_every_change_says_who_from_where_and_with_which_request(self):
        name, password = self.box.new_user("told", "operator")
        cookie = self.box.sign_in(name, password)
        page = self.box.browse("GET", "/", cookie=cookie)
        form = {"mac": "52:54:00:7d:00:01", "server_type": "vm", "hostname": "pve-told", "csrf": proof(page.body)}
        answer = self.box.browse("POST", "/hosts", form, cookie)
        self.assertEqual(answer.status, 303, answer.body)
        event = self.box.get("/api/hosts/pve-told/events").json[0]
        self.assertTrue(event["actor"].startswith("told at 127.0.0.1 through sprout-web"), event)
        self.assertEqual(event["request"], answer.headers["X-Request-Id"])
        kinds = {event["kind"]: event for event in self.box.get("/api/events?limit=200").json["events"]}
        self.assertIn("on the box", kinds["user.added"]["actor"])
        self.assertIn("at 127.0.0.1", kinds["user.signed_in"]["actor"])

    def test_secrets_and_trust_cross_no_network_in_plain_text_not_even_for_admins(self):
        for method, path, body in [("PUT", "/api/secrets/a", {"value": "x"}), ("DELETE", "/api/secrets/a", None),
                                   ("PUT", "/api/cluster/trust", {"fingerprint": "AA"}), ("POST", "/api/cluster/key", {})]:
            answer = self.box.request(method, path, body)
            self.assertEqual(answer.status, 403)
            self.assertIn("plain HTTP", answer.json["detail"])
        stored = self.box.socket_request(
            "front.sock", "PUT", "/api/secrets/over-tls", {"value": "x"},
            {"Authorization": f"Bearer {self.box.token}", "X-Forwarded-Proto": "https", "X-Request-Id": "tls-1", **JSON})
        self.assertEqual(stored.status, 204, stored.body)

    def test_the_command_line_asks_over_the_network_with_a_token(self):
        file = self.box.state / "token"
        file.write_text(self.box.token + "\n")
        cases = [([], {}, 1, "Say who you are"), (["--token-file", file], {}, 0, ""),
                 ([], {"SPROUT_TOKEN": self.tokens["viewer"]}, 0, ""),
                 (["--token-file", self.box.state / "none"], {}, 1, "it is to hold a token of `sprout tokens create`")]
        for words, environment, status, sentence in cases:
            done = subprocess.run(
                [PROGRAMS / "sprout", "hosts", "list", "--url", self.box.url, *words], capture_output=True, text=True,
                env={**os.environ, **environment}, timeout=30)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(sentence, done.stderr)


if __name__ == "__main__":
    unittest.main()
