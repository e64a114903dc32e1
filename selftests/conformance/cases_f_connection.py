# SPDX-License-Identifier: GPL-2.0-only
"""Connections: persistence, pipelining, half close, lingering close, and delivery in pieces."""

import socket

from case import (A, AS_SAID, BYTES, CLOSED, DONE, G, KEPT, MUST, NONE, POLICY, R, SHOULD, SPLITS,
                  Shut, Wait, area, body, case, custom, empty, last, part, says_close, says_keep,
                  want)
from docroot import ALPHABET, FILES, PROBE

OK = A(200, body("probe.txt"))
LETTERS = A(200, body("alphabet.txt"))
HOST = "Host: conf.example"


def conn(name, ref, level, value, wanted, v="1.1", **kw):
    fields = [f"Connection: {x}" for x in ([value] if isinstance(value, str) else value)]
    case(name, ref, level, G("/probe.txt", *fields, v=v), wanted, **kw)


SAYS_CLOSE = A(200, body("probe.txt"), says_close)

area("persistence")
case("http11-is-kept", "9112 9.3", SHOULD, G(), OK, then=KEPT)
case("http10-is-closed", "9112 9.3", MUST, G(v="1.0"), OK, then=CLOSED)
conn("close", "9112 9.6", MUST, "close", OK, then=CLOSED)
conn("close-is-announced", "9112 9.6", SHOULD, "close", SAYS_CLOSE)
conn("close-has-no-case", "9110 7.6.1", MUST, "cLoSe", OK, then=CLOSED)
conn("close-in-list", "9110 7.6.1", MUST, "x-other, close", OK, then=CLOSED)
conn("close-first-in-list", "9110 7.6.1", MUST, "close, x-other", OK, then=CLOSED)
conn("close-among-empty-elements", "9110 5.6.1.2", MUST, ", ,close ,", OK, then=CLOSED)
conn("close-on-second-line", "9110 5.3", MUST, ["x-other", "close"], OK, then=CLOSED)
conn("close-wins", "9112 9.3", MUST, "keep-alive, close", OK, then=CLOSED)
conn("close-wins-when-first", "9112 9.3", MUST, "close, keep-alive", OK, then=CLOSED)
conn("closed-is-not-close", "9110 7.6.1", SHOULD, "closed", OK, then=KEPT)
conn("close-within-a-word", "9110 7.6.1", SHOULD, "do-not-close", OK, then=KEPT)
conn("empty", "9110 7.6.1", SHOULD, "", OK, then=KEPT)
conn("keep-alive-http11", "9112 9.3", SHOULD, "keep-alive", OK, then=KEPT)
conn("keep-alive-http10", "9112 9.3", POLICY, "keep-alive", A(200, body("probe.txt"), says_keep),
     v="1.0", then=KEPT)
conn("keep-alive-http10-has-no-case", "9112 9.3", POLICY, "Keep-Alive", A(200, says_keep), v="1.0",
     then=KEPT)
conn("keep-alive-http10-in-list", "9112 9.3", POLICY, "a, keep-alive", A(200, says_keep), v="1.0",
     then=KEPT)
conn("keep-alive-and-close-http10", "9112 9.3", MUST, "keep-alive, close", OK, v="1.0", then=CLOSED)
conn("upgrade-is-ignored", "9110 7.8", POLICY,
     "Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", OK, then=KEPT)
conn("websocket-is-ignored", "9110 7.8", MUST,
     "Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13", OK)
conn("te-field-is-ignored", "9110 10.1.4", MUST, "TE\r\nTE: trailers, gzip;q=0.5", OK)
case("proxy-connection-means-nothing", "9112 C.2.2", SHOULD,
     G("/probe.txt", "Proxy-Connection: close"), OK, then=KEPT)
case("errors-keep-the-connection", "9112 9.3", POLICY, G("/nothing") + G("/forbidden.txt") +
     G("/dir"), A(404),
     A(403), A(301), then=KEPT)
case("nothing-after-close", "9112 9.6", MUST, last() + G("/alphabet.txt"), OK, then=CLOSED)
case("no-announcement-no-end", "9293 3.6", POLICY, [G(), Wait(), G("/alphabet.txt"), Wait()], OK,
     LETTERS, then=KEPT)
case("large-then-small", "9112 9.3", MUST, G("/big.bin") + G(), A(200, body("big.bin")), OK,
     ours_then=KEPT)
case("empty-file-is-framed", "9112 6.3", MUST, G("/size/0.bin") + G(), A(200, body("size/0.bin")),
     OK, ours_then=KEPT)


@custom("twenty-one-after-another", "9112 9.3", SHOULD)
def twenty(ctx):
    """The same connection serves twenty requests."""
    with ctx.peer() as p:
        for n in range(20):
            p.send(G("/alphabet.txt"))
            a = p.answer()
            want(a is not None, f"the connection ended after {n} answers")
            ctx.judge(a)
            want(a.status == 200 and a.body == ALPHABET, f"answer {n + 1} is wrong")


area("pipeline")
case("two", "9112 9.3.2", MUST, G() + G("/alphabet.txt"), OK, LETTERS, ours_then=KEPT)
case("ten", "9112 9.3.2", MUST, G() * 5 + G("/alphabet.txt") * 5, *[OK] * 5, *[LETTERS] * 5,
     ours_then=KEPT)
case("order", "9112 9.3.2", MUST, G("/big.bin") + G("/nothing") + G() + G("/dir") +
     G("/alphabet.txt"),
     A(200, body("big.bin")), A(404), OK, A((301, 302, 307, 308)), LETTERS)
case("of-both-versions", "9112 9.3.2", MUST, G() + G(v="1.0") + G("/alphabet.txt"), OK, OK,
     then=CLOSED)
case("head-and-get", "9112 6.3", MUST, (G(m="HEAD") + G()) * 3, *[A(200, method="HEAD"), OK] * 3,
     ours_then=KEPT)
case("error-in-the-middle", "9112 9.3.2", MUST, G() + G("/nothing") + G("/alphabet.txt"), OK,
     A(404), LETTERS,
     ours_then=KEPT)
case("malformed-in-the-middle", "9112 2.2", MUST, G() + R("GET / HTTP/1.1", "X Y: z", HOST) +
     G("/alphabet.txt"),
     OK, A((400, 200), ours=400), ours_then=CLOSED, then=DONE)
case("half-a-request-behind", "9112 9.3.2", MUST,
     [G() + G("/alphabet.txt")[:20], Wait(), G("/alphabet.txt")[20:]],
     OK, LETTERS, ours_then=KEPT)
case("three-in-three-segments", "9112 9.3.2", MUST, [G(), G("/alphabet.txt"), G()], OK, LETTERS, OK)


@custom("three-hundred", "9112 9.3.2", MUST)
def hundreds(ctx):
    """The answers of a long pipeline come completely and in order."""
    names = ["alphabet.txt", "probe.txt", "size/4097.bin"] * 100
    with ctx.peer() as p:
        p.send(b"".join(G("/" + n) for n in names))
        for i, n in enumerate(names):
            a = p.answer()
            if a is None and i:
                # a server may close, the client asks again (RFC 9112 9.3.2)
                want(not ctx.ours, f"the connection ended after {i} answers")
                return
            want(a is not None and a.status == 200 and a.body == FILES[n],
                 f"answer {i + 1} is wrong")
            if i % 50 == 0:
                ctx.judge(a)


@custom("of-large-files", "9112 9.3.2", MUST)
def large(ctx):
    """Three megabytes, asked for at once by a client that reads when all is sent."""
    with ctx.peer() as p:
        p.send(G("/big.bin") * 10)
        for i in range(10):
            a = p.answer()
            want(a is not None and a.body == FILES["big.bin"], f"answer {i + 1} is wrong")
        ctx.judge(a)


area("end")
case("half-close", "9293 3.6", POLICY, [G(), Shut()], OK, then=DONE)
case("half-close-http10", "9293 3.6", POLICY, [G(v="1.0"), Shut()], OK, then=CLOSED)
case("half-close-large-file", "9293 3.6", POLICY, [G("/big.bin"), Shut()], A(200, body("big.bin")),
     then=DONE)
case("half-close-pipeline", "9293 3.6", POLICY, [G() + G("/alphabet.txt") + G(), Shut()], OK,
     LETTERS, OK, then=DONE)
case("half-close-after-body", "9293 3.6", POLICY,
     [G("/probe.txt", "Content-Length: 5", content=b"hello"), Shut()],
     A((200, 400, 413), ours=200), then=DONE)
for text, what in ((b"", "nothing"), (b"GET", "method"),
                   (b"GET /probe.txt HTTP/1.1\r\n", "first-line"),
                   (b"GET /probe.txt HTTP/1.1\r\nHost: a\r\n", "fields"), (b"\r\n", "empty-line")):
    case(f"half-close-after-{what}", "9112 8", MUST, [text, Shut()], A((NONE, 400, 408)),
         then=CLOSED)
case("half-close-within-body", "9112 8", MUST,
     [G("/probe.txt", "Content-Length: 50", m="POST", content=b"hello"), Shut()],
     A((NONE, 200, 400, 403, 404, 405, 408, 411, 501)), then=DONE)


@custom("reset-by-the-client", "9112 9.5", MUST)
def client_reset(ctx):
    """A client that vanishes in the middle of a request, or of an answer, harms nobody."""
    for request in (b"GET /pro", G("/big.bin"), G() * 50, b""):
        p = ctx.peer()
        p.send(request)
        p.abort()
    a = ctx.ask(last())
    want(a.body == PROBE, "the next client is served wrongly")


def flood(ctx, request, size, statuses):
    """An error is noticed while the client still sends: it must not get lost in a reset."""
    with ctx.peer() as p:
        p.send(request)
        p.send(b"x" * size)
        a = p.answer("POST")
        want(a is not None, "the answer is lost" + (" in a reset" if p.reset else ""))
        ctx.judge(a)
        want(a.status in statuses, f"status {a.status}")
        p.shut()
        p.ended()
        want(not (ctx.ours and p.reset), "the connection ends with a reset")


@custom("lingers-after-malformed-request", "9112 9.6", SHOULD)
def linger_malformed(ctx):
    flood(ctx, R("GET / HTTP/1.1", "X : y", HOST), 200000, (400,))


@custom("lingers-after-refused-body", "9112 9.6", SHOULD)
def linger_body(ctx):
    flood(ctx, G("/probe.txt", "Content-Length: 200000", m="POST"), 200000,
          (200, 403, 404, 405, 411, 413, 501))


@custom("lingers-after-long-target", "9112 9.6", SHOULD)
def linger_target(ctx):
    flood(ctx, b"GET /" + b"a" * 100000, 100000, (400, 414, 431))


@custom("lingers-after-close", "9112 9.6", SHOULD)
def linger_close(ctx):
    """What comes behind a request with Connection: close does not cost its answer."""
    flood(ctx, last("/big.bin"), 100000, (200,))


@custom("lingers-after-bad-chunk", "9112 9.6", SHOULD)
def linger_chunk(ctx):
    flood(ctx, G("/probe.txt", "Transfer-Encoding: chunked", m="POST", content=b"zz\r\n"), 100000,
          (200, 400, 403, 404, 405, 411, 413, 501))


@custom("many-at-once", "9112 9.4", MUST)
def many(ctx):
    """Forty connections are open, each is answered, the last one first."""
    peers = [ctx.peer() for _ in range(40)]
    try:
        for p in reversed(peers):
            p.send(G())
            a = p.answer()
            want(a is not None and a.body == PROBE, "one of them is answered wrongly")
        ctx.judge(a)
    finally:
        for p in peers:
            p.sock.close()


@custom("urgent-byte", "6093 6", POLICY)
def urgent(ctx):
    """TCP's urgent pointer stops nothing; for us the byte is one of the request-target."""
    with ctx.peer() as p:
        data = last()
        p.send_acked(data[:10])
        p.sock.send(b"!", socket.MSG_OOB)
        p.send(data[10:])
        a = p.answer()
        want(a is not None, "the request is not served")
        ctx.judge(a)
        want(a.status == 404, f"status {a.status}, wanted 404")


area("delivery")


def ways(name, ref, data, *wanted, then=AS_SAID, **kw):
    """The answer does not depend on how the bytes come."""
    case(f"{name}-in-two", ref, MUST, data, *wanted, deliver=SPLITS, then=then, **kw)
    case(f"{name}-byte-by-byte", ref, MUST, data, *wanted, deliver=BYTES, then=then, **kw)


ways("get", "9112 2.2", G(), OK)
ways("head", "9112 2.2", G(m="HEAD"), A(200, empty, method="HEAD"))
ways("close", "9112 2.2", last(), OK, then=CLOSED)
ways("http10", "9112 2.2", R("GET /probe.txt HTTP/1.0"), OK, then=CLOSED)
ways("absolute-form", "9112 2.2", G("http://conf.example/probe.txt?q"), OK)
ways("pair", "9112 9.3.2", G() + G("/alphabet.txt"), OK, LETTERS)
ways("nothing", "9112 2.2", G("/nothing"), A(404))
ways("malformed", "9112 2.2", R("GET /probe.txt HTTP/1.1", "X : y", HOST), A(400), ours_then=CLOSED)
ways("empty-line", "9112 2.2", b"\r\n" + G(), A((200, 400), body("probe.txt"), ours=200))
ways("conditional", "9110 13.1.2", G("/alphabet.txt", "If-None-Match: *"), A(304, empty))
ways("range", "9110 14.2", G("/alphabet.txt", "Range: bytes=1-2"),
     A((206, 200), part("alphabet.txt", (1, 2)), ours=206))
ways("length", "9112 6.3", G("/probe.txt", "Content-Length: 4", content=b"\r\n\r\n") +
     G("/alphabet.txt"),
     A((200, 400, 413), ours=200), LETTERS)
ways("chunked", "9112 7.1", G("/probe.txt", "Transfer-Encoding: chunked",
                              content=b"2;a=b\r\nhi\r\n0\r\nX: y\r\n\r\n") +
     G("/alphabet.txt"), A((200, 400, 413), ours=200), LETTERS)
ways("escapes", "3986 2.1", G("/gr%C3%BC%C3%9Fe-%E2%98%83.txt"),
     A(200, body("gr\u00fc\u00dfe-\u2603.txt")))
