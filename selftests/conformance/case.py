# SPDX-License-Identifier: GPL-2.0-only
"""
case - what a conformance case consists of, and the words to write one down with

A case sends bytes and says what each answer has to be. It accepts everything that the named
section of the RFC leaves free, so that any server can be judged by it; what our own documents
promise beyond that stands in `ours`, `ours_checks` and `ours_then`, which count for tux alone.

	area("request-line")
	case("get", "9112 3", MUST, G("/probe.txt"), A(200, body("probe.txt")))

What comes after the answers is checked, too; `then` says how:

	AS_SAID	the connection does what the last answer announced: closed after
		"Connection: close", else it answers one request more (the default)
	KEPT	it answers one request more
	CLOSED	the server closes it, nothing else is sent
	NO_MORE	the server closes it, at most after an error; no request that the client did
		not mean to send is ever answered
	DONE	not looked at
"""

import re

import docroot
from wire import Fail, byteranges

MUST, SHOULD, POLICY = "must", "should", "policy"
AS_SAID, KEPT, CLOSED, NO_MORE, DONE = "as said", "kept", "closed", "no more", "done"

# how the bytes of a case are delivered
WHOLE = "whole"
BYTES = "byte by byte"
SPLITS = "in two at every byte"

HOST = b"conf.example"
NONE = 0                # as a status: the connection ends without an answer
SPACE = b"@ETAG@", b"@OPAQUE@", b"@SWAPPED@"

CASES = []
_area = [""]


class Case:
    """One named case; see case() for what it holds."""

    def __init__(self, **kw):
        self.__dict__.update(kw)


class A:
    """What an answer has to be: its status is one of those given, and all checks hold."""

    def __init__(self, status, *checks, ours=None, ours_checks=(), method="GET"):
        self.status = status if isinstance(status, tuple) else (status,)
        self.checks = checks
        self.ours = (ours,) if isinstance(ours, int) else ours
        self.ours_checks = ours_checks
        self.method = method


class Wait:
    """As a piece of what is sent: wait for the next answer, the interim one included."""


class Shut:
    """As a piece of what is sent: half close."""


def area(name):
    _area[0] = name


def case(name, ref, level, send, *want, then=AS_SAID, ours_then=None, deliver=WHOLE, needs=(),
         settings=None, http10=None):
    """
    send	bytes, or a list of bytes, Wait() and Shut()
    want	an A() for each answer, in order
    needs	what the server has to have: "etag", "strong", "guest"
    settings	tunables of tux for the time of this case
    """
    if isinstance(send, (bytes, type(Wait), type(Shut))):
        send = [send]
    if http10 is None:
        http10 = b" HTTP/1.0\r\n" in b"".join(p for p in send if isinstance(p, bytes))
    if settings:
        needs = tuple(needs) + ("guest",)
    _add(name, ref, level, send=send, want=want, then=then, ours_then=ours_then, deliver=deliver,
         needs=needs, settings=settings, http10=http10, run=None)


def custom(name, ref, level, needs=(), settings=None):
    """Decorator: a case that is a function of the suite's context, and raises Fail."""
    def add(fn):
        _add(name, ref, level, send=[], want=(), then=DONE, ours_then=None, deliver=WHOLE,
             needs=tuple(needs) + (("guest",) if settings else ()), settings=settings,
             http10=False, run=fn)
        return fn
    return add


def _add(name, ref, level, **kw):
    full = f"{_area[0]}/{name}"
    assert not any(c.name == full for c in CASES), full
    CASES.append(Case(name=full, area=_area[0], ref=ref, level=level, **kw))


# --- requests ------------------------------------------------------------------------------


def raw(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def R(line, *fields, content=b""):
    """A request: its first line, field lines, content; nothing is added."""
    return b"\r\n".join([raw(line), *(raw(f) for f in fields), b"", raw(content)])


def G(target="/probe.txt", *fields, m="GET", v="1.1", content=b""):
    """A request with a Host field."""
    return R(raw(m) + b" " + raw(target) + b" HTTP/" + raw(v), b"Host: " + HOST, *fields,
             content=content)


def last(target="/probe.txt", *fields, **kw):
    return G(target, "Connection: close", *fields, **kw)


# --- checks: functions of an answer that raise Fail -----------------------------------------


def want(condition, text):
    if not condition:
        raise Fail(text)


def body(name):
    """A 200 holds this file, and nothing but it."""
    def check(a):
        if a.status == 200 and a.method != "HEAD":
            data = docroot.FILES[name]
            want(a.body == data, f"{len(a.body)} bytes that are not {name}: {a.body[:40]!r}")
    return check


def text_lacks(*parts):
    def check(a):
        for part in parts:
            want(raw(part) not in a.body, f"{part!r} is in the body")
    return check


def has(*names):
    def check(a):
        for name in names:
            want(a.get(name) is not None, f"no {name}")
    return check


def lacks(*names):
    def check(a):
        for name in names:
            want(a.get(name) is None, f"{name}: {a.get(name)}")
    return check


def field(name, value):
    """Exactly this value; a regular expression that matches all of it."""
    def check(a):
        got = a.get(name)
        want(got is not None and re.fullmatch(value, got), f"{name} is {got!r}, wanted {value!r}")
    return check


def allows(*methods):
    def check(a):
        for m in methods:
            want(m.lower() in a.tokens("allow"), f"Allow is {a.get('allow')!r}, without {m}")
    return check


def says_close(a):
    want("close" in a.tokens("connection"), "Connection: close is not announced")


def says_keep(a):
    want("keep-alive" in a.tokens("connection"), "no Connection: keep-alive")
    want("close" not in a.tokens("connection"), "Connection: close")


def no_interim(a):
    want(not a.interims, f"an interim answer: {a.interims}")


def empty(a):
    want(a.body == b"", f"a body of {len(a.body)} bytes")


def only(statuses, check):
    """The check counts for these statuses."""
    def wrapped(a):
        if a.status in (statuses if isinstance(statuses, tuple) else (statuses,)):
            check(a)
    return wrapped


def part(name, *ranges):
    """
    A 206 holds exactly these bytes (first, last) of the file: in one part, or in a part for
    each, or in fewer that cover the same; a 200 holds all of it.
    """
    def check(a):
        data = docroot.FILES[name]
        body(name)(a)
        if a.status != 206:
            return
        if a.get("content-range"):
            r = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", a.get("content-range"))
            want(r, f"bad Content-Range {a.get('content-range')!r}")
            parts = [tuple(int(x) for x in r.groups()) + (a.body,)]
            want(len(a.body) == parts[0][1] - parts[0][0] + 1,
                 f"{len(a.body)} bytes for {r[0]!r}")
        else:
            parts = byteranges(a)
        sent = set()
        for first, end, size, got in parts:
            want(size == len(data), f"the size is {size}, not {len(data)}")
            want(got == data[first:end + 1], f"not the bytes {first}-{end}")
            sent.update(range(first, end + 1))
        for first, end in ranges:
            want(sent.issuperset(range(first, end + 1)), f"bytes {first}-{end} are missing")
        wanted = set()
        for first, end in ranges:
            wanted.update(range(first, end + 1))
        # between close ranges a server may send what lies between (RFC 9110 15.3.7.2)
        want(len(ranges) > 1 or sent == wanted, "more than what was asked for")
    return check


def unsatisfiable(size):
    """416 tells the size (RFC 9110 15.5.17)."""
    return only(416, field("content-range", rf"bytes \*/{size}"))


def page(a):
    """An error has a short page, typed and measured (docs/http.rst)."""
    want(a.get("content-type") == "text/html; charset=utf-8", f"type {a.get('content-type')!r}")
    want(a.get("x-content-type-options") == "nosniff", "no nosniff")
    want(a.get("content-length") is not None, "no Content-Length")
    if a.method != "HEAD":
        want(a.body.startswith(b"<!DOCTYPE html>"), f"no page: {a.body[:40]!r}")
        want(f"{a.status} ".encode() in a.body, "the page does not name its status")
        want(len(a.body) < 1000, "the page is long")


def location(*paths):
    """A redirect leads to one of these paths on this host, whatever form Location has."""
    def check(a):
        if not 300 <= a.status < 400 or a.status == 304:
            return
        got = a.get("location") or ""
        want(not got.startswith("//"), f"Location {got!r} leads to another host")
        path = re.sub(r"^http://" + re.escape(HOST.decode()) + r"(:80)?(?=/)", "", got)
        want(path in paths, f"Location is {got!r}, wanted {paths}")
    return check
