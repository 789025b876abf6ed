"""The API, through nginx as a browser or a script sees it."""

import concurrent.futures
import pathlib
import socket
import subprocess
import time
import unittest

from harness import Sprout, until


class APITest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = Sprout()
        cls.addClassCleanup(lambda: cls.box.__exit__(None))
        cls.box.start()

    def test_P1_a_host_is_registered_shown_and_removed(self):
        body = {"hostname": "pve-1", "mac": "AA-BB-CC-00-00-01", "server_type": "ms01", "labels": {"rack": "a"}}
        made = self.box.request("POST", "/api/hosts", body)
        self.assertEqual(made.status, 201, made.body)
        host = made.json
        self.assertEqual(
            {key: host[key] for key in ["hostname", "mac", "server_type", "state", "labels"]},
            {"hostname": "pve-1", "mac": "aa:bb:cc:00:00:01", "server_type": "ms01", "state": "registered",
             "labels": {"rack": "a"}})
        for reference in [host["id"], "pve-1", "aabb.cc00.0001"]:
            self.assertEqual(self.box.get(f"/api/hosts/{reference}").json, host)
        self.assertIn(host, self.box.hosts())
        self.assertEqual(self.box.request("DELETE", f"/api/hosts/{host['id']}").status, 204)
        self.assertEqual(self.box.get(f"/api/hosts/{host['id']}").status, 404)

    def test_P1_what_is_wrong_is_refused_with_its_field(self):
        self.box.request("POST", "/api/hosts", {"hostname": "taken", "mac": "52:54:00:ff:00:01", "server_type": "vm"})
        good = {"mac": "52:54:00:ff:00:02", "server_type": "vm"}
        for change, status, field, sentence in [
            ({"mac": "nonsense"}, 422, "mac", "six pairs"),
            ({"mac": "01:00:5e:00:00:01"}, 422, "mac", "multicast"),
            ({"mac": "5254.00FF.0001"}, 409, "mac", "already belongs to the host taken"),
            ({"hostname": "Taken"}, 409, "hostname", "52:54:00:ff:00:01"),
            ({"hostname": "4711"}, 422, "hostname", "digits alone"),
            ({"hostname": "a_b"}, 422, "hostname", "letters, digits and hyphens"),
            ({"server_type": "toaster"}, 422, "server_type", "There are: ms01, vm"),
            ({"server_typ": "vm"}, 422, "server_typ", "there is no such field"),
            ({"mac": 7}, 422, "mac", "another type"),
        ]:
            with self.subTest(change=change):
                answer = self.box.request("POST", "/api/hosts", {**good, **change})
                self.assertEqual(answer.status, status, answer.body)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                self.assertEqual(answer.json["field"], field)
                self.assertIn(sentence, answer.json["detail"])
        without = self.box.request("POST", "/api/hosts", {"server_type": "vm"})
        self.assertEqual((without.status, without.json["field"]), (422, "mac"))

    def test_what_is_no_host_at_all_is_refused(self):
        for body, headers, status in [
            (b"", {"Content-Type": "application/json"}, 400),
            (b"{", {"Content-Type": "application/json"}, 400),
            (b"[]", {"Content-Type": "application/json"}, 400),
            (b'{"mac":"52:54:00:ff:00:03","server_type":"vm"}', {"Content-Type": "text/plain"}, 415),
            (b"x" * (2 << 20), {"Content-Type": "application/json"}, 413),
        ]:
            with self.subTest(body=body[:20]):
                self.assertEqual(self.box.request("POST", "/api/hosts", body, headers).status, status)
        self.assertEqual(self.box.request("PUT", "/api/hosts", b"").status, 405)
        self.assertEqual(self.box.get("/api/nothing").status, 404)
        self.assertEqual(self.box.get("/api/hosts?limit=0").status, 400)
        self.assertEqual(self.box.get("/api/hosts?limit=x").json["field"], "limit")

    def test_every_response_names_its_request(self):
        for path in ["/api/hosts", "/api/hosts/nobody", "/"]:
            self.assertRegex(self.box.get(path).headers["X-Request-Id"], "^[0-9a-f]{32}$")

    def test_a_form_of_another_site_is_refused(self):
        form = b"mac=52:54:00:ff:00:09&server_type=vm"
        for headers in [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}]:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            self.assertEqual(self.box.request("POST", "/hosts", form, headers).status, 403)

    def test_a_stranger_cannot_name_the_actor(self):
        self.box.request("POST", "/api/hosts", {"mac": "52:54:00:ff:00:0a", "server_type": "vm", "hostname": "who"},
                         {"X-Real-IP": "6.6.6.6", "X-Sprout-Actor": "root", "X-Request-Id": "mine"})
        event = self.box.get("/api/hosts/who/events").json[0]
        self.assertTrue(event["actor"].startswith("the token test at 127.0.0.1 through sprout-web"), event)
        self.assertNotEqual(event["request"], "mine")

    def test_paths_that_climb_get_nowhere(self):
        for path in ["/assets/../../../../../etc/passwd", "/assets/%2e%2e/%2e%2e/nginx.conf", "//etc/passwd",
                     "/hosts/..%2f..%2fetc"]:
            with socket.create_connection(("127.0.0.1", self.box.port)) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            self.assertRegex(answer.split(b"\r\n")[0], b"^HTTP/1.1 (400|404) ", path)
            self.assertNotIn(b"root:", answer)


class ChangeTest(unittest.TestCase):
    def test_a_host_is_changed_where_it_is_given_and_refused_with_its_field(self):
        with Sprout() as box:
            host = box.register(1, hostname="pve-1").json
            box.register(2, hostname="taken")
            path = f"/api/hosts/{host['id']}"
            with box.events() as next_event:
                changed = box.request("PATCH", path, {"mac": "5254.0000.0009", "labels": {"rack": "b"}})
                self.assertEqual(changed.status, 200, changed.body)
                self.assertEqual(changed.json, {**host, "mac": "52:54:00:00:00:09", "macs": ["52:54:00:00:00:09"],
                                                "labels": {"rack": "b"}})
                event = next_event("host.changed")["data"]
                self.assertEqual(event["current"]["mac"], "52:54:00:00:00:09")
            for body, status, field in [
                ({"mac": "52:54:00:00:00:02"}, 409, "mac"), ({"hostname": "taken"}, 409, "hostname"),
                ({"mac": "x"}, 422, "mac"), ({"macs": []}, 422, "macs"), ({"labels": []}, 422, "labels"),
            ]:
                answer = box.request("PATCH", path, body)
                self.assertEqual((answer.status, answer.json["field"]), (status, field), answer.body)
            self.assertEqual(box.request("PATCH", path, b"{}", {"Content-Type": "text/plain"}).status, 415)
            self.assertEqual(box.request("PATCH", "/api/hosts/nobody", {}).status, 404)
            self.assertEqual(box.get(path).json, changed.json)
            for _ in range(2):
                answer = box.command("PATCH", f"/hosts/{host['id']}", {"hostname": "pve-2"}, "the-same")
                self.assertEqual((answer.status, answer.json["hostname"]), (200, "pve-2"))
            self.assertEqual(len([one for one in box.get(f"{path}/events").json if one["kind"] == "host.changed"]), 2)


    def test_the_form_on_the_page_of_a_host_chooses_how_it_netboots(self):
        with Sprout() as box:
            host = box.register(1, hostname="pve-1").json
            form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
            page = f"/hosts/{host['id']}"
            wish = b"local_boot=file&loader=%2FEFI%2Fproxmox%2Fgrubx64.efi&netboot_program=ipxe"
            saved = box.request("POST", f"{page}/netboot", wish, form)
            self.assertEqual(saved.status, 200)
            self.assertIn('value="\\EFI\\proxmox\\grubx64.efi"', saved.body.decode())
            self.assertIn('<option value="ipxe" selected>', saved.body.decode())
            now = box.get("/api/hosts/pve-1").json
            self.assertEqual((now["local_boot"], now["netboot_program"]), ("file:\\EFI\\proxmox\\grubx64.efi", "ipxe"))
            refused = box.request("POST", f"{page}/netboot", b"local_boot=file&loader=%3Cb%3E&netboot_program=auto", form)
            self.assertEqual(refused.status, 422)
            text = refused.body.decode()
            self.assertIn('value="&lt;b&gt;"', text)
            self.assertIn("write it from the root of its disk up to .efi", text)
            self.assertIn('<option value="file" selected>', text)
            self.assertEqual(box.get("/api/hosts/pve-1").json, now)
            foreign = box.request("POST", f"{page}/netboot", wish, {**form, "Origin": "http://evil.example"})
            self.assertEqual(foreign.status, 403)


class EventStreamTest(unittest.TestCase):
    def test_P1_a_host_registered_anywhere_is_told_within_a_second(self):
        with Sprout() as box, box.events() as next_event:
            for number, way in enumerate(["API", "CLI", "form"]):
                mac = f"52:54:00:00:01:0{number}"
                start = time.monotonic()
                if way == "API":
                    box.request("POST", "/api/hosts", {"mac": mac, "server_type": "vm"})
                elif way == "CLI":
                    self.assertEqual(box.cli("hosts", "add", "--mac", mac, "--type", "vm").returncode, 0)
                else:
                    box.request("POST", "/hosts", f"mac={mac}&server_type=vm&hostname=".encode(),
                                {"Content-Type": "application/x-www-form-urlencoded"})
                event = next_event("host.registered")
                self.assertLess(time.monotonic() - start, 1, way)
                self.assertEqual(event["data"]["current"]["mac"], mac)
                self.assertEqual(event["data"]["current"]["state"], "registered")

    def test_a_client_that_was_away_resumes_with_nothing_missed(self):
        with Sprout() as box:
            with box.events(after=0) as next_event:
                box.register(1)
                event = next_event("host.registered")
            ids = [int(event["id"])]
            for number in range(2, 30):
                box.register(number)
            with box.events(last_event_id=ids[0]) as next_event:
                macs = [next_event("host.registered")["data"]["current"]["mac"] for _ in range(2, 30)]
            self.assertEqual(macs, [f"52:54:00:00:00:{number:02x}" for number in range(2, 30)])

    def test_P12_after_thousands_of_events_a_client_resumes_without_a_gap_and_without_a_reset(self):
        with Sprout() as box:
            hosts = [box.register(number).json["id"] for number in range(1, 9)]
            with box.events(after=0) as next_event:
                seen = int(next_event("host.registered")["id"])

            def change(host):
                for number in range(400):
                    answer = box.request("PATCH", f"/api/hosts/{host}", {"labels": {"number": str(number)}})
                    self.assertEqual(answer.status, 200, answer.body)

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                done = [pool.submit(change, host) for host in hosts]
                until(lambda: int(box.sql("SELECT max(id) FROM event")[0]) > seen + 2800, 60, "thousands of events")
                # It comes back while more is happening.
                with box.events(last_event_id=seen) as next_event:
                    received = []
                    for host in done:
                        host.result()
                    newest = int(box.sql("SELECT max(id) FROM event")[0])
                    while not received or int(received[-1]["id"]) < newest:
                        received.append(next_event())
            self.assertEqual([event.get("event") for event in received], [None] * len(received))
            self.assertEqual([int(event["id"]) for event in received], list(range(seen + 1, newest + 1)))

    def test_a_point_that_is_not_in_the_database_calls_for_a_reset(self):
        with Sprout() as box, box.events(last_event_id=1_000_000) as next_event:
            self.assertEqual(next_event()["event"], "reset")

    def test_a_stream_goes_on_when_its_sources_are_restarted(self):
        with Sprout() as box, box.events() as next_event:
            box.register(1)
            self.assertEqual(next_event("host.registered")["data"]["current"]["mac"], "52:54:00:00:00:01")
            subprocess.run(["kill", "-9", str(box.pid("sprout-orchestrator"))], check=True)
            box.register(2)
            event = next_event("host.registered")
            self.assertEqual(event["data"]["current"]["mac"], "52:54:00:00:00:02")


class LifecycleTest(unittest.TestCase):
    def test_P16_no_order_of_commands_reaches_a_state_outside_the_table(self):
        table = {}
        for line in (pathlib.Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text().splitlines():
            cells = [cell.strip(" `") for cell in line.split("|")]
            if len(cells) == 6 and cells[1] not in ("state", "---"):
                table[cells[1], cells[2]] = cells[3]
        events = sorted({event for _, event in table})
        self.assertEqual(len(table), 29, "the page shows the whole table")
        with Sprout() as box:
            host = box.register(1).json
            state, order = host["state"], 1
            for step in range(400):
                order = order * 1103515245 + 12345 & 0x7FFFFFFF
                event = events[(order >> 8) % len(events)]
                answer = box.command("POST", f"/hosts/{host['id']}/advance", {"event": event}, f"step-{step}")
                expected = table.get((state, event))
                self.assertEqual(answer.status, 200 if expected else 409, (state, event, answer.body))
                state = expected or state
                self.assertEqual(box.get(f"/api/hosts/{host['id']}").json["state"], state)
            self.assertEqual(box.command("POST", f"/hosts/{host['id']}/advance", {"event": "teleport"}).status, 422)
            self.assertIn("refused: ", box.log())

    def test_P15_a_host_under_way_is_not_removed(self):
        with Sprout() as box:
            host = box.register(1, hostname="busy").json
            box.command("POST", f"/hosts/{host['id']}/advance", {"event": "rebuild"})
            answer = box.request("DELETE", f"/api/hosts/{host['id']}")
            self.assertEqual(answer.status, 409)
            self.assertEqual(answer.json["detail"], "busy is pxe_ready: an operation is under way. Cancel it first.")


class DiscoveriesTest(unittest.TestCase):
    def found(self, box, count):
        found = {one["mac"]: one for one in box.get("/api/discoveries").json["discoveries"]}
        return found if len(found) == count else None

    def test_S2_a_machine_that_was_seen_is_listed_adopted_or_ignored(self):
        with Sprout() as box:
            with box.events() as next_event:
                box.saw("52:54:00:00:0f:01", architecture=7, vendor_class="PXEClient:Arch:00007")
                self.assertIn("52:54:00:00:0f:01", next_event("discovery.appeared")["data"]["message"])
            box.saw("52:54:00:00:0f:02", product="X" * 5000 + "\u001b[2J", serial="a\nb")
            found = until(lambda: self.found(box, 2), 3, "both machines")
            self.assertEqual(found["52:54:00:00:0f:01"]["architecture"], 7)
            self.assertEqual(len(found["52:54:00:00:0f:02"]["product"]), 100)
            self.assertEqual(found["52:54:00:00:0f:02"]["serial"], "a b")
            self.assertEqual(box.hosts(), [], "a machine is never a host by itself")
            listed = box.cli("discoveries", "list").stdout
            self.assertIn("52:54:00:00:0f:01  a UEFI machine", listed)
            self.assertEqual(box.cli("discoveries", "ignore", "52-54-00-00-0f-02").returncode, 0)
            self.assertNotIn("0f:02", box.cli("discoveries", "list").stdout)
            self.assertIn("0f:02", box.cli("discoveries", "list", "--ignored").stdout)
            adopted = box.request(
                "POST", "/api/discoveries/5254.0000.0f01/accept", {"server_type": "ms01", "labels": {"rack": "a"}})
            self.assertEqual((adopted.status, adopted.json["hostname"]), (201, "pve-ms-01"), adopted.body)
            self.assertEqual(box.get("/api/discoveries").json["discoveries"], [])
            for path, body, status in [
                ("52:54:00:00:0f:09/accept", {"server_type": "vm"}, 404), ("nonsense/accept", {"server_type": "vm"}, 422),
                ("52:54:00:00:0f:02/accept", {"server_type": "toaster"}, 422), ("52:54:00:00:0f:02/accept", {}, 422),
                ("52:54:00:00:0f:09/ignore", {"ignored": True}, 404),
            ]:
                self.assertEqual(box.request("POST", f"/api/discoveries/{path}", body).status, status, path)

    def test_a_machine_gets_its_script_in_any_spelling_of_its_address(self):
        with Sprout() as box:
            box.register(1, hostname="pve-1")
            for spelling in ["52:54:00:00:00:01", "52-54-00-00-00-01", "525400000001", "5254.0000.0001"]:
                answer = box.get(f"/ipxe/{spelling}")
                self.assertEqual(answer.status, 200)
                self.assertTrue(answer.body.startswith(b"#!ipxe\n"))
                self.assertIn(b"echo Host     pve-1: known, and left alone", answer.body)
            self.assertEqual(box.get("/ipxe/nonsense").status, 400)
            stranger = box.get("/ipxe/52:54:00:00:00:02").body.decode()
            self.assertIn(f"http://127.0.0.1:{box.port}/ipxe/52:54:00:00:00:02/report?uuid=${{uuid}}", stranger)
            box.get("/ipxe/52:54:00:00:00:02/report?uuid=u&serial=s%201&product=MS-01&manufacturer=")
            found = until(lambda: [one for one in box.get("/api/discoveries").json["discoveries"] if "serial" in one])
            self.assertEqual((found[0]["mac"], found[0]["serial"]), ("52:54:00:00:00:02", "s 1"))
            self.assertEqual(found[0]["address"], "127.0.0.1")

    def test_an_armed_host_waits_and_a_failed_one_is_told_why(self):
        with Sprout() as box:
            host = box.register(1, hostname="pve-1").json
            box.command("POST", f"/hosts/{host['id']}/advance", {"event": "rebuild"})
            question = box.get("/ipxe/52:54:00:00:00:01")
            self.assertIn("/ipxe/52:54:00:00:00:01?memory=${smbios/0.17.12.2:hexraw}-", question.body.decode())
            waiting = box.get("/ipxe/52:54:00:00:00:01?memory=0020" + 15 * "-")
            self.assertEqual((waiting.status, waiting.headers["Retry-After"]), (503, "10"))
            box.command("POST", f"/hosts/{host['id']}/advance", {"event": "broke", "reason": "no disk"})
            self.assertIn(b"echo Host     pve-1: failed: no disk", box.get("/ipxe/52:54:00:00:00:01").body)


class ParallelTest(unittest.TestCase):
    def test_one_name_wished_by_many_at_once_is_given_once(self):
        with Sprout() as box, concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda number: box.register(number, hostname="wanted").status, range(1, 41)))
            self.assertEqual(sorted(set(answers)), [201, 409])
            self.assertEqual(answers.count(201), 1)
            names = list(pool.map(lambda number: box.register(number).json["hostname"], range(100, 140)))
            self.assertEqual(sorted(names), [f"vm-{number:02}" for number in range(1, 41)])


if __name__ == "__main__":
    unittest.main()
