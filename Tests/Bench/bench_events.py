"""How far browsers are behind what happens: fifty that follow, while a hundred events a second are made (P12).

The events are made by commands through nginx, as people and scripts send them. The peer is nchan, the module of nginx that
does nothing else than to pass on what is published; it keeps nothing on a disk. Clients are in a process of their own.
"""

import contextlib
import http.client
import json
import multiprocessing
import os
import pathlib
import re
import selectors
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from harness import Sprout, free_port, until

HOSTS, BROWSERS, EVENTS_A_SECOND, SECONDS, SENDERS = 200, 50, 100, 20, 8
# After so many seconds without a word nothing comes any more.
PATIENCE = 10
SENT = re.compile(rb"sent[^0-9]{1,8}([0-9]+)")
AT = re.compile(rb'"at":"([^"]+)"')
NCHAN = """
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 500; }}
http {{
    access_log off; keepalive_timeout 75s; keepalive_requests 100000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi; uwsgi_temp_path {folder}/uwsgi;
    server {{
        listen 127.0.0.1:{port};
        location /publish {{ nchan_publisher; nchan_channel_id hosts; }}
        location /events {{ nchan_subscriber eventsource; nchan_channel_id hosts; }}
    }}
}}
"""


# The clients


def moment(text):
    """Milliseconds since 1970 of `2026-11-20T18:40:12.345Z`."""
    seconds, _, rest = text.decode().partition(".")
    return (time.mktime(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) - time.timezone) * 1000 + int(rest[:3])


def follow(port, total, permit, pipe):
    """Follows with all browsers until each has all events, or nothing comes any more.

    Gives for each event of each how late it came, in milliseconds: after its own time, where it has one, and after its
    command was sent."""
    selector = selectors.DefaultSelector()
    rests = {}
    for _ in range(BROWSERS):
        client = socket.create_connection(("127.0.0.1", port))
        permits = "".join(f"{name}: {value}\r\n" for name, value in permit.items())
        client.sendall(f"GET /events HTTP/1.0\r\nHost: bench\r\nAccept: text/event-stream\r\n{permits}\r\n".encode())
        selector.register(client, selectors.EVENT_READ)
        rests[client] = b""
    pipe.send("following")
    after_event, after_command, counts = [], [], dict.fromkeys(rests, 0)
    while min(counts.values()) < total and (ready := selector.select(PATIENCE)):
        for key, _ in ready:
            client = key.fileobj
            bytes_ = client.recv(1 << 18)
            assert bytes_, "a stream ended"
            now = time.time() * 1000
            *events, rests[client] = (rests[client] + bytes_).split(b"\n\n")
            for event in events:
                if not (sent := SENT.search(event)):
                    continue
                counts[client] += 1
                after_command.append(now - int(sent[1]))
                if at := AT.search(event):
                    after_event.append(now - moment(at[1]))
    pipe.send((after_event, after_command, sorted(counts.values())))


@contextlib.contextmanager
def browsers(port, total, permit):
    """Runs the clients; gives a function that waits for what they saw."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=follow, args=(port, total, permit, theirs), daemon=True)
    process.start()
    try:
        assert ours.recv() == "following"

        yield ours.recv
    finally:
        process.join(5)
        process.kill()


# What happens


def make_events(port, total, permit, command):
    """Sends commands at a steady pace, by several senders; gives how many a second that were."""
    began, lock = time.monotonic(), threading.Lock()
    numbers = iter(range(total))
    failures = []

    def send():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            time.sleep(max(0, began + number / EVENTS_A_SECOND - time.monotonic()))
            method, path, body = command(number, int(time.time() * 1000))
            connection.request(method, path, body, {"Content-Type": "application/json", **permit})
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 201, 202):
                failures.append((answer.status, path))

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    return total / (time.monotonic() - began)


def measure(port, permit, command):
    total = EVENTS_A_SECOND * SECONDS
    with browsers(port, total, permit) as seen:
        rate = make_events(port, total, permit, command)
        after_event, after_command, counts = seen()
    assert counts == [total] * BROWSERS, f"{counts[0]} to {counts[-1]} of {total} events came"
    return after_event, after_command, rate


def row(say, name, values):
    p95 = statistics.quantiles(values, n=20)[-1]
    say(f"  {name:34} p50 {statistics.median(values):6.1f} ms   p95 {p95:6.1f} ms   worst {max(values):6.1f} ms")


def sprout(say):
    with Sprout() as box:
        for number in range(1, HOSTS + 1):
            assert box.register(number).status == 201
        hosts = [host["id"] for host in box.hosts()]

        def change(number, now):
            return "PATCH", f"/api/hosts/{hosts[number % HOSTS]}", json.dumps({"labels": {"sent": str(now)}})

        after_event, after_command, rate = measure(box.port, box.authorization(), change)
    row(say, "Sprout, from event to client", after_event)
    row(say, "Sprout, from command to client", after_command)
    return rate


@contextlib.contextmanager
def nchan():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        port = free_port()
        pathlib.Path(folder, "nginx.conf").write_text(NCHAN.format(folder=folder, port=port))
        process = subprocess.Popen(
            ["nginx", "-c", f"{folder}/nginx.conf", "-p", folder, "-e", f"{folder}/nginx.log"], stdin=subprocess.DEVNULL)
        try:
            until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 10, "nginx to listen")
            yield port
        finally:
            process.terminate()
            process.wait(10)


def figures(say):
    say(f"{EVENTS_A_SECOND} events a second for {SECONDS} s, {HOSTS} hosts, {BROWSERS} clients through nginx"
        " (aim: p95 of 500 ms or less)")
    rate = sprout(say)
    padding = "x" * 700
    with nchan() as port:
        def publish(number, now):
            return "POST", "/publish", json.dumps({"labels": {"sent": str(now)}, "rest": padding})

        _, after_command, _ = measure(port, {}, publish)
    row(say, "nchan, from command to client", after_command)
    say(f"  made by Sprout {rate:.0f} a second; each client got each event once; load average {os.getloadavg()[0]:.1f}")
