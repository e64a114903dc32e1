# SPDX-License-Identifier: GPL-2.0-only
"""
wire - bytes to a server and answers from it

A Peer is one TCP connection. It sends what it is given, byte for byte, and reads answers with
h11, a strict parser that knows nothing of any server; strict() adds the rules that h11 leaves
to its user. Nothing here waits for a time: every wait ends with an event or, after PATIENCE
seconds without one, in a failure.
"""

import datetime
import fcntl
import re
import select
import socket
import struct
import termios
import time

PATIENCE = 20.0         # seconds until an answer is missing; a guest under emulation is slow
TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
VALUE = re.compile(rb"([\x21-\x7e\x80-\xff]([\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?\Z")
ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"\Z')
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# fields of which an answer has one at most
SINGLE = ("content-length", "content-type", "content-range", "content-encoding", "date", "etag",
          "last-modified", "location", "server", "age", "expires", "retry-after")


class Fail(Exception):
    """A case is not as it should be; the text says how."""


def parse_date(text):
    """Seconds since 1970 of an IMF-fixdate, the one form that may be sent (RFC 9110 5.6.7)."""
    m = re.match(r"(...), (\d\d) (...) (\d{4}) (\d\d):(\d\d):(\d\d) GMT\Z", text)
    if not m or m[1] not in DAYS or m[3] not in MONTHS:
        raise Fail(f"not an IMF-fixdate: {text!r}")
    try:
        t = datetime.datetime(int(m[4]), MONTHS.index(m[3]) + 1, int(m[2]), int(m[5]),
                              int(m[6]), int(m[7]), tzinfo=datetime.timezone.utc)
    except ValueError as e:
        raise Fail(f"{text!r}: {e}") from None
    if DAYS[t.weekday()] != m[1]:
        raise Fail(f"wrong day of the week: {text!r}")
    return int(t.timestamp())


class Answer:
    """One final response, with the statuses of the interim ones before it."""

    def __init__(self, method):
        self.method = method
        self.status = 0
        self.fields = []        # (name in lower case, value)
        self.body = b""
        self.interims = []
        self.raw = b""          # the final response alone
        self.until_close = False
        self.pieces = 0

    def all(self, name):
        return [v for n, v in self.fields if n == name.lower()]

    def get(self, name):
        values = self.all(name)
        return ", ".join(values) if values else None

    def tokens(self, name):
        return [t.strip().lower() for t in (self.get(name) or "").split(",") if t.strip()]

    def says_close(self, http10):
        tokens = self.tokens("connection")
        http10 = http10 or self.raw.startswith(b"HTTP/1.0")
        return "close" in tokens or (http10 and "keep-alive" not in tokens)

    def __str__(self):
        return self.raw.split(b"\r\n\r\n")[0][:400].decode("latin-1")


def strict_head(head):
    """The rules of RFC 9112 for a head, on its bytes (which end before the empty line)."""
    lines = head.split(b"\r\n")
    if b"\n" in head.replace(b"\r\n", b"") or b"\r" in head.replace(b"\r\n", b""):
        raise Fail("a bare CR or LF in the head (RFC 9112 2.2)")
    if not re.match(rb"HTTP/1\.[01] [1-5]\d\d [\t \x21-\x7e\x80-\xff]*\Z", lines[0]):
        raise Fail(f"bad status-line {lines[0]!r} (RFC 9112 4)")
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or not TOKEN.match(name):
            raise Fail(f"bad field line {line!r} (RFC 9112 5)")
        if not VALUE.match(value.strip(b" \t")):
            raise Fail(f"bad field value {line!r} (RFC 9110 5.5)")


def strict_fields(a):
    for name in SINGLE:
        if len(a.all(name)) > 1:
            raise Fail(f"{name} is there {len(a.all(name))} times (RFC 9110 5.3)")
    length = a.get("content-length")
    if length is not None and not re.match(r"\d+\Z", length):
        raise Fail(f"bad Content-Length {length!r} (RFC 9110 8.6)")
    if length is not None and a.get("transfer-encoding") is not None:
        raise Fail("Content-Length and Transfer-Encoding (RFC 9112 6.2)")
    if a.status in (204, 304) and a.get("transfer-encoding") is not None:
        raise Fail(f"Transfer-Encoding in a {a.status} (RFC 9112 6.1)")
    if a.status == 204 and length is not None:
        raise Fail("Content-Length in a 204 (RFC 9110 8.6)")
    if a.get("etag") is not None and not ETAG.match(a.get("etag")):
        raise Fail(f"bad ETag {a.get('etag')!r} (RFC 9110 8.8.3)")
    if a.get("date") is None and a.status < 500:
        raise Fail("no Date (RFC 9110 6.6.1)")
    date = parse_date(a.get("date")) if a.get("date") is not None else None
    if a.get("last-modified") is not None:
        modified = parse_date(a.get("last-modified"))
        if date is not None and modified > date:
            raise Fail("Last-Modified is later than Date (RFC 9110 8.8.2.1)")


def strict_meaning(a, http10):
    multipart = (a.get("content-type") or "").lower().startswith("multipart/byteranges")
    if a.status == 206 and (a.get("content-range") is None) != multipart:
        raise Fail("206 needs either Content-Range or multipart/byteranges (RFC 9110 15.3.7)")
    if a.status == 206 and multipart and a.method != "HEAD":
        byteranges(a)
    if a.status not in (206, 416) and a.get("content-range") is not None:
        raise Fail(f"Content-Range in a {a.status} (RFC 9110 14.4)")
    if http10 and a.get("transfer-encoding") is not None:
        raise Fail("Transfer-Encoding sent to HTTP/1.0 (RFC 9112 6.1)")
    if http10 and a.interims:
        raise Fail(f"{a.interims} sent to HTTP/1.0 (RFC 9110 15.2)")


def strict(a, http10=False):
    """Rules that hold for every answer, whatever was asked."""
    strict_head(a.raw.split(b"\r\n\r\n", 1)[0])
    strict_fields(a)
    strict_meaning(a, http10)


def byteranges(a):
    """The parts of multipart/byteranges, as (first, last, size, body) (RFC 9110 14.6)."""
    m = re.search(r'boundary=(?:"([^"]+)"|([!-:<-~]+))', a.get("content-type"))
    if not m:
        raise Fail("multipart/byteranges without a boundary (RFC 9110 14.6)")
    mark = b"--" + (m[1] or m[2]).encode("latin-1")
    pieces = (b"\r\n" + a.body).split(b"\r\n" + mark)
    if pieces[0] not in (b"", b"\r\n") or not pieces[-1].startswith(b"--") or len(pieces) < 3:
        raise Fail("multipart/byteranges is not closed by its boundary (RFC 2046 5.1.1)")
    parts = []
    for piece in pieces[1:-1]:
        if not piece.startswith(b"\r\n"):
            raise Fail("a boundary line does not end (RFC 2046 5.1.1)")
        head, blank, body = piece[2:].partition(b"\r\n\r\n")
        r = re.search(rb"(?im)^content-range: *bytes (\d+)-(\d+)/(\d+)\r?$", head + b"\r\n")
        if not blank or not r:
            raise Fail(f"a part without Content-Range: {head!r} (RFC 9110 15.3.7.2)")
        first, last, size = (int(x) for x in r.groups())
        if last - first + 1 != len(body):
            raise Fail(f"a part of {len(body)} bytes says {r[0]!r} (RFC 9110 14.4)")
        parts.append((first, last, size, body))
    return parts


class Peer:
    """A connection to the server under test."""

    def __init__(self, addr, patience=PATIENCE):
        self.end = time.monotonic() + patience
        self.sock = socket.create_connection(addr, timeout=patience)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.buf = b""          # received, not yet part of an answer
        self.eof = False
        self.reset = False      # the end came as a reset
        self.broken = False     # the server takes no more

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    def _wait(self, write=False):
        left = self.end - time.monotonic()
        if left <= 0:
            raise Fail("nothing happens any more: " + (f"{self.buf[:80]!r} so far" if self.buf
                                                       else "no answer"))
        r, w, _ = select.select([] if self.eof else [self.sock], [self.sock] if write else [],
                                [], left)
        return bool(r), bool(w)

    def _take(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
            self.reset = True
        if not data:
            self.eof = True
        self.buf += data

    def send(self, data):
        """All of it; answers that come meanwhile are taken in, so nobody gets stuck."""
        view = memoryview(data)
        while view and not self.broken:
            readable, writable = self._wait(write=True)
            if readable:
                self._take()
            if writable:
                try:
                    view = view[self.sock.send(view[:65536]):]
                except BlockingIOError:
                    pass
                except OSError:
                    self.broken = True

    def send_acked(self, data):
        """Send, and wait until the other side's TCP has it: it arrives apart from the rest."""
        self.send(data)
        while not self.broken and not self.eof:
            left = fcntl.ioctl(self.sock, termios.TIOCOUTQ, b"\0\0\0\0")
            if struct.unpack("i", left)[0] == 0:
                return
            if select.select([self.sock], [], [], 0.0005)[0]:
                self._take()
            if time.monotonic() > self.end:
                raise Fail("the server does not take what is sent")

    def shut(self):
        """Half close: this side has said all."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.broken = True

    def abort(self):
        """End with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def more(self):
        """Wait for bytes or for the end."""
        if self._wait()[0]:
            self._take()

    def ended(self):
        """Wait for the end of the connection; False when something else comes first."""
        while not self.eof and not self.buf:
            self.more()
        return not self.buf

    def answer(self, method="GET", interim=False):
        """
        The next final answer, read by h11; None when the connection ended before its first
        byte. With interim=True returns at an interim response as well (its status).
        """
        import h11

        while not self.buf and not self.eof:
            self.more()
        if not self.buf:
            return None
        conn = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 18)
        conn.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        conn.send(h11.EndOfMessage())
        a = Answer(method)
        fed = self.buf
        self.buf = b""
        try:
            conn.receive_data(fed)
            while True:
                event = conn.next_event()
                if event is h11.NEED_DATA:
                    if self.eof:
                        conn.receive_data(b"")
                        a.until_close = True
                        continue
                    self.more()
                    fed += self.buf
                    if self.buf:
                        conn.receive_data(self.buf)
                    self.buf = b""
                elif isinstance(event, h11.InformationalResponse):
                    a.interims.append(event.status_code)
                    fed = fed.partition(b"\r\n\r\n")[2]
                    if interim:
                        self.buf = fed
                        return event.status_code
                elif isinstance(event, h11.Response):
                    a.status = event.status_code
                    a.fields = [(n.decode(), v.decode("latin-1")) for n, v in event.headers]
                    # a tunnel would begin here
                    if method == "CONNECT" and 200 <= a.status < 300:
                        break
                elif isinstance(event, h11.Data):
                    a.body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    break
                else:
                    raise Fail(f"h11: {event!r}")
        except h11.RemoteProtocolError as e:
            if self.reset:
                raise Fail(f"reset in the middle of an answer ({e})") from None
            raise Fail(f"h11: {e}; the answer begins {fed[:80]!r}") from None
        rest = conn.trailing_data[0]
        a.raw = fed[:len(fed) - len(rest)]
        self.buf = rest
        return a
