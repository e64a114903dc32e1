# SPDX-License-Identifier: GPL-2.0-only
"""
Request bodies: where a request ends. In each case something follows that would be answered if
the server found another end than the client, and nothing but the requests meant is ever
answered.
"""

from case import (A, AS_SAID, BYTES, CLOSED, G, KEPT, MUST, NO_MORE, POLICY, R, SHOULD, Wait, area,
                  body, case,
                  custom, no_interim, page, says_close, want)

# what a server may say to a request with a body that it does not want
ANY = (200, 400, 403, 404, 405, 411, 413, 415, 501)
EVIL = G("/alphabet.txt")
FOLLOWS = A(200, body("probe.txt"))
# content of a GET has no meaning: refusing it is allowed (RFC 9110 9.3.1)
GET = A((200, 400, 413), body("probe.txt"), ours=200)


def method(m):
    return A(ANY, ours={"GET": 200, "OPTIONS": 200, "BREW": 501}.get(m, 405))


def framed(name, ref, *fields, content, m="POST", level=MUST, **kw):
    """A body that is framed rightly: the request after it is answered."""
    case(name, ref, level, G("/probe.txt", *fields, m=m, content=content) + G(), method(m), FOLLOWS,
         then=kw.pop("then", AS_SAID), ours_then=KEPT, **kw)


def chunks(name, ref, content, level=MUST, m="POST", **kw):
    framed(name, ref, "Transfer-Encoding: chunked", content=content, level=level, m=m, **kw)


def doubt(name, ref, level, *fields, also=(), ours=400, content=b"hello" + EVIL, v="1.1", **kw):
    """Framing that must be refused."""
    case(name, ref, level, G("/probe.txt", *fields, m="POST", v=v, content=content),
         A((400, *also), ours=ours, ours_checks=(says_close, page)), then=kw.pop("then", CLOSED),
         **kw)


def broken(name, ref, content, level=MUST, m="POST", ours_then=CLOSED, **kw):
    """A chunked body that breaks off: it may be noticed after the answer, nothing follows."""
    case(name, ref, level, G("/probe.txt", "Transfer-Encoding: chunked", m=m, content=content +
                             EVIL),
         A(ANY, ours=(400, 405)), then=NO_MORE, **kw)


area("length")
framed("get", "9112 6.3", "Content-Length: 5", content=b"hello", m="GET")
framed("post", "9112 6.3", "Content-Length: 5", content=b"hello")
framed("put", "9112 6.3", "Content-Length: 5", content=b"hello", m="PUT")
framed("delete", "9112 6.3", "Content-Length: 5", content=b"hello", m="DELETE")
framed("options", "9112 6.3", "Content-Length: 5", content=b"hello", m="OPTIONS")
framed("unknown-method", "9112 6.3", "Content-Length: 5", content=b"hello", m="BREW")
framed("zero", "9110 8.6", "Content-Length: 0", content=b"", m="GET")
framed("leading-zeros", "9110 8.6", "Content-Length: 0005", content=b"hello", m="GET")
framed("content-is-a-request", "9112 6.3", f"Content-Length: {len(EVIL)}", content=EVIL)
framed("content-is-a-request-get", "9112 6.3", f"Content-Length: {len(EVIL)}", content=EVIL,
       m="GET")
framed("content-is-line-ends", "9112 6.3", "Content-Length: 4", content=b"\r\n\r\n")
framed("content-of-nuls", "9112 6.3", "Content-Length: 1000", content=bytes(1000))
framed("20000-bytes", "9112 6.3", "Content-Length: 20000", content=b"x" * 20000)
framed("60000-bytes", "9112 6.3", "Content-Length: 60000", content=b"x" * 60000)
framed("byte-by-byte", "9112 6.3", "Content-Length: 5", content=b"hello", deliver=BYTES)
case("in-a-second-segment", "9112 6.3", MUST,
     [G("/probe.txt", "Content-Length: 5", m="POST"), b"hello", G()], method("POST"), FOLLOWS)
case("head-with-content", "9112 6.3", MUST,
     G("/probe.txt", "Content-Length: 5", m="HEAD", content=b"hello") + G(),
     A((200, 400, 413), method="HEAD", ours=200), FOLLOWS,
     ours_then=KEPT)
case("of-nothing", "9112 6.3", MUST,
     G("/nothing", "Content-Length: 5", content=b"hello") + G(), A((404, 400)), FOLLOWS,
     ours_then=KEPT)
case("three-in-a-row", "9112 6.3", MUST,
     G("/probe.txt", "Content-Length: 5", content=b"hello") * 3 + G(), GET, GET, GET, FOLLOWS)
case("http10-kept", "9112 6.3", MUST,
     R("GET /probe.txt HTTP/1.0", "Connection: keep-alive", "Content-Length: 5", content=b"hello") +
     R("GET /alphabet.txt HTTP/1.0"), GET, A(200, body("alphabet.txt")), then=CLOSED)
case("closed-with-content", "9112 9.6", MUST,
     G("/probe.txt", "Content-Length: 5", "Connection: close", content=b"hello") + G(), GET,
     then=CLOSED)
for text, what in (("+5", "plus"), ("-5", "minus"), ("5a", "letters"), ("0x5", "hex"),
                   ("5 5", "blank"),
                   ("5.0", "point"), ("1e1", "exponent"), ("", "empty"), ('"5"', "quoted"),
                   ("five", "word"),
                   ("5;", "semicolon"), ("5\x0b", "vertical-tab"), ("٥", "arabic")):
    doubt(f"bad-{what}", "9112 6.3", MUST, f"Content-Length: {text}", also=(411,))
doubt("above-64-bits", "9110 8.6", MUST, "Content-Length: 18446744073709551621", also=(413,))
doubt("endless-digits", "9110 8.6", MUST, "Content-Length: " + "9" * 200, also=(413,))
doubt("twice-different", "9112 6.3", MUST, "Content-Length: 5", "Content-Length: 6")
doubt("list-different", "9112 6.3", MUST, "Content-Length: 5, 6")
case("twice-the-same", "9110 8.6", MUST,
     G("/probe.txt", "Content-Length: 5", "Content-Length: 5", content=b"hello") + G(),
     A((200, 400), ours=400), FOLLOWS, ours_then=CLOSED)
case("list-the-same", "9110 8.6", MUST,
     G("/probe.txt", "Content-Length: 5, 5", content=b"hello") + G(), A((200, 400), ours=400),
     FOLLOWS,
     ours_then=CLOSED)
doubt("zero-and-five", "9112 6.3", MUST, "Content-Length: 0", "Content-Length: 5")
doubt("five-and-zero", "9112 6.3", MUST, "Content-Length: 5", "Content-Length: 0")

area("coding")
ZERO = b"0\r\n\r\n"
doubt("with-length", "9112 6.1", MUST, "Content-Length: 5", "Transfer-Encoding: chunked",
      content=ZERO + EVIL,
      also=ANY, then=CLOSED)
doubt("with-length-after", "9112 6.1", MUST, "Transfer-Encoding: chunked", "Content-Length: 5",
      content=ZERO + EVIL, also=ANY, then=CLOSED)
doubt("in-http10", "9112 6.1", MUST, "Transfer-Encoding: chunked", content=ZERO + EVIL, v="1.0",
      also=ANY)
doubt("in-http10-kept", "9112 6.1", MUST, "Transfer-Encoding: chunked", "Connection: keep-alive",
      content=ZERO + EVIL, v="1.0", also=ANY)
for text, what in (("gzip", "gzip-alone"), ("identity", "identity"),
                   ("chunked, identity", "identity-last"),
                   ("chunked, gzip", "gzip-last"), ("xchunked", "longer-name"),
                   ("chunke", "shorter-name"),
                   ("chunked\x0b", "vertical-tab"), ("\x0bchunked", "vertical-tab-first"),
                   ("chun ked", "blank"),
                   ('"chunked"', "quoted"), ("chunked;", "semicolon")):
    doubt(f"bad-{what}", "9112 6.3", MUST, f"Transfer-Encoding: {text}", content=ZERO + EVIL,
          also=(501,))
doubt("chunked-twice", "9112 6.1", SHOULD, "Transfer-Encoding: chunked, chunked", content=ZERO +
      EVIL,
      also=(501,))
doubt("chunked-twice-in-two-lines", "9112 6.1", SHOULD, "Transfer-Encoding: chunked",
      "Transfer-Encoding: chunked", content=ZERO + EVIL, also=(501,))
doubt("chunked-then-gzip-in-two-lines", "9112 6.3", MUST, "Transfer-Encoding: chunked",
      "Transfer-Encoding: gzip", content=ZERO + EVIL, also=(501,))
doubt("chunked-with-parameter", "9112 7.1", POLICY, "Transfer-Encoding: chunked;a=b", content=ZERO +
      EVIL)
doubt("empty", "9112 6.1", POLICY, "Transfer-Encoding:", content=ZERO + EVIL)
doubt("empty-list-element", "9112 6.1", POLICY, "Transfer-Encoding: , chunked", content=ZERO + EVIL)
doubt("unknown-before-chunked", "9112 6.1", SHOULD, "Transfer-Encoding: gzip, chunked",
      content=ZERO + EVIL,
      also=(501,), ours=501)
doubt("unknown-before-chunked-in-two-lines", "9112 6.1", SHOULD, "Transfer-Encoding: gzip",
      "Transfer-Encoding: chunked", content=ZERO + EVIL, also=(501,), ours=501)
doubt("unknown-with-length", "9112 6.1", MUST, "Transfer-Encoding: gzip", "Content-Length: 5",
      also=(501,))
case("has-no-case", "9112 7", MUST, G("/probe.txt", "Transfer-Encoding: ChUnKeD", content=ZERO) +
     G(),
     A(ANY, ours=200), FOLLOWS, ours_then=KEPT)
case("blanks-around", "9112 5", MUST, G("/probe.txt", "Transfer-Encoding: \t chunked \t",
                                        content=ZERO) + G(),
     A(ANY, ours=200), FOLLOWS, ours_then=KEPT)

area("chunked")
chunks("empty", "9112 7.1", ZERO)
chunks("one", "9112 7.1", b"5\r\nhello\r\n" + ZERO)
chunks("get", "9112 7.1", b"5\r\nhello\r\n" + ZERO, m="GET")
chunks("options", "9112 7.1", b"5\r\nhello\r\n" + ZERO, m="OPTIONS")
chunks("unknown-method", "9112 7.1", b"5\r\nhello\r\n" + ZERO, m="BREW")
chunks("several", "9112 7.1", b"5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n" + ZERO)
chunks("hex-lower-case", "9112 7.1", b"a\r\n0123456789\r\n" + ZERO)
chunks("hex-upper-case", "9112 7.1", b"A\r\n0123456789\r\n" + ZERO)
chunks("leading-zeros", "9112 7.1", b"0005\r\nhello\r\n" + ZERO)
chunks("many-zeros-at-the-end", "9112 7.1", b"5\r\nhello\r\n00000\r\n\r\n")
chunks("content-is-line-ends", "9112 7.1", b"4\r\n\r\n\r\n\r\n" + ZERO)
chunks("content-looks-like-the-end", "9112 7.1", b"5\r\n0\r\n\r\n\r\n" + ZERO)
chunks("content-is-a-request", "9112 7.1", b"%x\r\n%s\r\n" % (len(EVIL), EVIL) + ZERO)
chunks("20000-bytes", "9112 7.1", b"4e20\r\n" + b"x" * 20000 + b"\r\n" + ZERO)
chunks("thousand-of-one-byte", "9112 7.1", b"1\r\nx\r\n" * 1000 + ZERO)
chunks("byte-by-byte", "9112 7.1", b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", deliver=BYTES)
chunks("extension", "9112 7.1.1", b"5;name\r\nhello\r\n" + ZERO)
chunks("extension-with-value", "9112 7.1.1", b"5;name=value\r\nhello\r\n" + ZERO)
chunks("extension-quoted", "9112 7.1.1", b'5;name="a;b=\\"c\\""\r\nhello\r\n' + ZERO)
chunks("extensions", "9112 7.1.1", b"5;a;b=c;d\r\nhello\r\n0;e=f\r\n\r\n")
chunks("extension-with-blanks", "9112 7.1.1", b"5 ; a = b\r\nhello\r\n" + ZERO, level=SHOULD)
chunks("trailer", "9112 7.1.2", b"5\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n")
chunks("trailers", "9112 7.1.2", b"5\r\nhello\r\n0\r\nX-One: a\r\nX-Two:\r\n\r\n")
chunks("trailer-cannot-frame", "9110 6.5.1",
       b"0\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n")
chunks("trailer-cannot-close", "9110 6.5.1", b"0\r\nConnection: close\r\n\r\n")
for text, what in ((b"g\r\nhello\r\n", "no-hex"), (b"0x5\r\nhello\r\n", "prefix"),
                   (b"-5\r\nhello\r\n", "minus"),
                   (b"+5\r\nhello\r\n", "plus"), (b"\r\nhello\r\n", "empty"),
                   (b"5 5\r\nhello\r\n", "two"),
                   (b"5,\r\nhello\r\n", "comma"), (b";a\r\nhello\r\n", "extension-alone"),
                   (b"5h\r\nhello\r\n", "letter-behind"), (b"\t5\r\nhello\r\n", "tab-first")):
    broken(f"bad-size-{what}", "9112 7.1", text + ZERO)
broken("bad-size-overflow-64", "9112 7.1", b"10000000000000005\r\nhello\r\n" + ZERO)
broken("bad-size-overflow-32", "9112 7.1", b"100000005\r\nhello\r\n" + ZERO)
broken("bad-size-largest", "9112 7.1", b"ffffffffffffffff\r\nhello\r\n" + ZERO)
broken("bad-size-endless", "9112 7.1", b"f" * 100 + b"\r\nhello\r\n" + ZERO)
broken("data-longer-than-size", "9112 7.1", b"5\r\nhello, world\r\n" + ZERO)
broken("data-without-line-end", "9112 7.1", b"5\r\nhello" + ZERO)
broken("data-with-cr-alone", "9112 7.1", b"5\r\nhello\r0\r\n\r\n")
broken("bare-cr-after-size", "9112 7.1", b"5\rhello\r\n" + ZERO)
broken("nul-after-size", "9112 7.1", b"5\0\r\nhello\r\n" + ZERO)
broken("bare-lf-after-size", "9112 7.1", b"5\nhello\r\n" + ZERO, level=POLICY)
broken("bare-lf-after-data", "9112 7.1", b"5\r\nhello\n" + ZERO, level=POLICY)
broken("bare-lf-in-extension", "9112 7.1.1", b"5;a\nhello\r\n" + ZERO, level=POLICY)
broken("control-in-extension", "9112 7.1.1", b"5;a\x01\r\nhello\r\n" + ZERO, level=POLICY)
broken("open-quote-in-extension", "9112 7.1.1", b'5;a="\r\nhello\r\n' + ZERO, level=POLICY)
broken("trailer-without-colon", "9112 7.1.2", b"0\r\nnonsense\r\n\r\n", level=POLICY)
broken("trailer-folded", "9112 7.1.2", b"0\r\nX: a\r\n b\r\n\r\n", level=POLICY)
broken("trailer-space-before-colon", "9112 7.1.2", b"0\r\nX : a\r\n\r\n", level=POLICY)
broken("trailer-endless", "9112 7.1.2", b"0\r\n" + b"X: aaaaaaaaaaaaaaaaaa\r\n" * 500 + b"\r\n",
       level=POLICY)
broken("extension-endless", "9112 7.1.1", b"5;" + b"a" * 5000 + b"\r\nhello\r\n" + ZERO,
       level=POLICY)

area("expect")
EXPECT = "Expect: 100-continue"


@custom("content-wanted-or-refused", "9110 10.1.1", MUST)
def content_wanted(ctx):
    """The answer comes before the content: 100, or what will be said in the end."""
    with ctx.peer() as p:
        p.send(G("/probe.txt", EXPECT, "Content-Length: 5", m="POST"))
        got = p.answer("POST", interim=True)
        want(got is not None, "the connection ended without an answer")
        if isinstance(got, int):
            want(got == 100, f"{got} in place of 100")
            p.send(b"hello")
            got = p.answer("POST")
        want(got.status in ANY, f"status {got.status}")
        ctx.judge(got)
        if ctx.ours:
            want(got.status == 405, f"status {got.status}, wanted 405")
            says_close(got)
        if got.says_close(False):
            want(p.ended(), "not closed, as announced")


case("without-content", "9110 10.1.1", MUST, G("/probe.txt", EXPECT), A(200, body("probe.txt")),
     ours_then=KEPT)
case("http10-ignored", "9110 10.1.1", MUST,
     R("GET /probe.txt HTTP/1.0", EXPECT, "Content-Length: 5", content=b"hello"),
     A((200, 400, 413), no_interim, body("probe.txt"), ours=200))
case("has-no-case", "9110 10.1.1", MUST, G("/probe.txt", "Expect: 100-Continue"),
     A(200, body("probe.txt")))
case("unknown", "9110 10.1.1", MUST, G("/probe.txt", "Expect: tea"),
     A((200, 417), body("probe.txt"), ours=417, ours_checks=(page,)), ours_then=KEPT)
case("content-sent-at-once", "9110 10.1.1", MUST,
     G("/probe.txt", EXPECT, "Content-Length: 5", content=b"hello"), A(ANY, ours=200),
     ours_then=CLOSED)
case("final-answer-without-100", "9110 10.1.1", POLICY,
     [G("/probe.txt", EXPECT, "Content-Length: 5"), Wait()], A(200, no_interim, says_close),
     then=CLOSED)
case("of-nothing", "9110 10.1.1", POLICY, [G("/nothing", EXPECT, "Content-Length: 5"), Wait()],
     A(404, no_interim, says_close), then=CLOSED)
case("not-asked-for", "9110 15.2", SHOULD, G("/probe.txt", "Content-Length: 5", m="POST",
                                             content=b"hello"),
     A(ANY, no_interim))
