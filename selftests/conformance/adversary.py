# SPDX-License-Identifier: GPL-2.0-only
"""
adversary - servers that are wrong, each in its own way, to try the suite itself

A case that no wrong server can make fail would prove nothing. So the suite is run against
each of these on loopback, and every case must have failed at least once.
"""

import socket
import sys
import threading
import time

import suite
from wire import Answer

DATE = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"


def answer(status, body=b"x", fields=b""):
    return (b"HTTP/1.1 " + status + b"\r\n" + DATE + fields +
            b"Content-Length: %d\r\n\r\n" % len(body) + body)


PAGE = b"<!DOCTYPE html><title>400 </title>"
PAGED = b"Content-Type: text/html; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"

# name, what is sent to a new client, and to each that sends something; then closed or not.
# The last ones are coarse: few cases shall need them.
ALL = (
    ("refuses everything", b"", answer(b"400 Bad Request", PAGE, PAGED + b"Connection: close\r\n"),
     True),
    ("agrees to everything", b"", answer(b"200 OK", b"something else", b'ETag: "Tag"\r\n'), False),
    ("finds nothing", b"", answer(b"404 Not Found", PAGE, PAGED), False),
    ("answers twice", b"", answer(b"404 Not Found") * 2, False),
    ("sends malformed heads", b"", answer(b"200 OK", fields=b"X Y : z\r\n"), True),
    ("speaks unasked", answer(b"200 OK"), b"", False),
    ("hangs up", b"", b"", True),
)


def serve(listener, how):
    """Whatever comes gets the wrong answer."""
    while True:
        try:
            conn, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=one, args=(conn, how), daemon=True).start()


def one(conn, how):
    _, greeting, data, end = how
    with conn:
        try:
            conn.sendall(greeting)
            while conn.recv(1 << 20):
                conn.sendall(data)
                if end:
                    break
        except OSError:
            pass


def against(how, cases):
    """The names of the cases that fail."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=serve, args=(listener, how), daemon=True).start()
        ctx = suite.Context(f"http://127.0.0.1:{listener.getsockname()[1]}", "tux")
        ctx.tags["/alphabet.txt"] = b'"Tag"'
        results = suite.run_all(ctx, cases, 8, patience=1.0)
        suite.second_parser(results)
        # accept() does not notice close() by itself
        listener.shutdown(socket.SHUT_RDWR)
    return {r.case.name for r in results if r.state == "not ok"}


def second_parser_differs(c):
    """What Node reads has to be what h11 read: one byte, field or status more is noticed."""
    right = Answer("GET")
    right.raw = answer(b"200 OK", b"body")
    right.status, right.body = 200, b"body"
    right.fields = [("date", DATE[6:-2].decode()), ("content-length", "4")]
    wrong = []
    for change in ({}, {"status": 201}, {"body": b"bodY"}, {"fields": right.fields[:1]}):
        a = Answer("GET")
        a.__dict__.update(right.__dict__, **change)
        r = suite.Result.__new__(suite.Result)
        r.case, r.state, r.why, r.seen = c, "ok", "", [a]
        wrong.append(r)
    suite.second_parser(wrong)
    return [r.state for r in wrong] == ["ok"] + ["not ok"] * 3


def main():
    start = time.monotonic()
    # those that set tunables need a guest
    cases = [c for c in suite.load() if "guest" not in c.needs]
    left = {c.name for c in cases}
    for how in ALL:
        failed = against(how, [c for c in cases if c.name in left])
        left -= failed
        print(f"# a server that {how[0]}: {len(failed)} of these cases fail, {len(left)} left, "
              f"{time.monotonic() - start:.0f} s", flush=True)
    differs = second_parser_differs(cases[0])
    print("1..2")
    print(f"{'not ok' if left else 'ok'} 1 - conformance: each of {len(cases)} cases can fail")
    for name in sorted(left):
        print(f"# nothing makes {name} fail")
    print(f"{'ok' if differs else 'not ok'} 2 - conformance: the second parser can disagree")
    return 1 if left or not differs else 0


if __name__ == "__main__":
    sys.exit(main())
