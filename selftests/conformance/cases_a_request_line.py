# SPDX-License-Identifier: GPL-2.0-only
"""The request-line: method, target, version, and the line ends around it."""

from case import (A, CLOSED, G, KEPT, MUST, NONE, NO_MORE, POLICY, R, SHOULD, allows, area, body,
                  case, empty, has, only, page, says_close)

HOST = "Host: conf.example"
OK = A(200, body("probe.txt"))
REFUSED = A((400, 501, 505, NONE), ours=400, ours_checks=(says_close, page))


def line(name, ref, level, text, *want, **kw):
    """A request with this first line."""
    case(name, ref, level, R(text, HOST), *want, **kw)


area("request-line")
line("get", "9112 3", MUST, "GET /probe.txt HTTP/1.1", OK, ours_then=KEPT)
line("get-http10", "9112 2.3", MUST, "GET /probe.txt HTTP/1.0", OK, ours_then=CLOSED)
line("answer-to-http10-is-1.1", "9110 2.5", SHOULD, "GET /probe.txt HTTP/1.0",
     A(200, lambda a: None if a.raw.startswith(b"HTTP/1.1 ") else has("version 1.1")(a)))
case("get-http10-without-host", "9112 3.2", MUST, R("GET /probe.txt HTTP/1.0"), OK)

# the shape of the line
line("two-spaces-before-target", "9112 3", SHOULD, "GET  /probe.txt HTTP/1.1",
     A((200, 400), body("probe.txt"), ours=400), ours_then=CLOSED)
line("two-spaces-before-version", "9112 3", SHOULD, "GET /probe.txt  HTTP/1.1",
     A((200, 400, 404), body("probe.txt"), ours=400), ours_then=CLOSED)
line("space-at-the-end", "9112 3", SHOULD, "GET /probe.txt HTTP/1.1 ",
     A((200, 400), body("probe.txt"), ours=400), ours_then=CLOSED)
line("space-in-front", "9112 3", SHOULD, " GET /probe.txt HTTP/1.1",
     A((200, 400, 501), body("probe.txt"), ours=400), ours_then=CLOSED)
line("tabs-for-spaces", "9112 3", SHOULD, "GET\t/probe.txt\tHTTP/1.1",
     A((200, 400), body("probe.txt"), ours=400), ours_then=CLOSED)
line("vertical-tab", "9112 3", SHOULD, "GET\x0b/probe.txt HTTP/1.1",
     A((200, 400, 501, NONE), body("probe.txt"), ours=400), ours_then=CLOSED)
line("space-within-target", "9112 3.2", SHOULD, "GET /sp ace.txt HTTP/1.1",
     A((400, 404), ours=400), ours_then=CLOSED)
line("no-target", "9112 3", SHOULD, "GET HTTP/1.1", REFUSED)
line("method-alone", "9112 3", SHOULD, "GET", REFUSED)
line("no-method", "9112 3", SHOULD, "/probe.txt HTTP/1.1", REFUSED)
line("nonsense", "9112 3", SHOULD, "hello, is anybody there?", A((400, 405, 501), ours=400),
     then=NO_MORE)
case("bare-lf", "9112 2.2", SHOULD, b"GET /probe.txt HTTP/1.1\nHost: conf.example\r\n\r\n",
     A((200, 400), body("probe.txt"), ours=400), ours_then=CLOSED)
case("bare-lf-everywhere", "9112 2.2", SHOULD, b"GET /probe.txt HTTP/1.1\nHost: conf.example\n\n",
     A((200, 400), body("probe.txt"), ours=400), ours_then=CLOSED)
case("bare-cr-at-the-end", "9112 2.2", MUST,
     b"GET /probe.txt HTTP/1.1\rHost: conf.example\r\n\r\n", A((400, NONE), ours=400),
     then=CLOSED)
line("bare-cr-in-target", "9112 2.2", SHOULD, b"GET /probe\r.txt HTTP/1.1", A((400, 404), ours=400),
     ours_then=CLOSED)
line("nul-in-target", "9112 3.2", SHOULD, b"GET /probe.txt\0.html HTTP/1.1",
     A((400, 404, NONE), ours=400), ours_then=CLOSED)
line("control-in-target", "9112 3.2", SHOULD, b"GET /pro\x01be.txt HTTP/1.1",
     A((400, 404), ours=400), ours_then=CLOSED)
line("nul-in-method", "9112 3", SHOULD, b"G\0ET /probe.txt HTTP/1.1", REFUSED)
line("nul-in-version", "9112 3", SHOULD, b"GET /probe.txt HTTP/1\0.1", REFUSED)
case("empty-line-first", "9112 2.2", SHOULD, b"\r\n" + G(), OK)
case("four-empty-lines-first", "9112 2.2", POLICY, b"\r\n" * 4 + G(), OK)
case("five-empty-lines-first", "9112 2.2", POLICY, b"\r\n" * 5 + G(), A(400), then=CLOSED)
case("empty-line-between", "9112 2.2", SHOULD, G() + b"\r\n" + G("/alphabet.txt"), OK,
     A(200, body("alphabet.txt")))
case("only-empty-lines", "9112 2.2", POLICY, b"\r\n" * 9, A(400), then=CLOSED)
case("tls-hello", "9112 3", SHOULD, bytes.fromhex("1603010200010001fc0303") + bytes(40) +
     b"\r\n\r\n",
     REFUSED, then=CLOSED)

# methods
line("lower-case-method", "9110 9.1", MUST, "get /probe.txt HTTP/1.1",
     A((501, 405, 400), ours=501), ours_then=KEPT)
line("unknown-method", "9110 9.1", SHOULD, "BREW /probe.txt HTTP/1.1", A((501, 405), ours=501),
     ours_then=KEPT)
line("method-with-odd-letters", "9110 5.6.2", MUST, "M!#$%&'*+-.^_`|~9 /probe.txt HTTP/1.1",
     A((501, 405, 400), ours=501), ours_then=KEPT)
line("method-is-no-token", "9110 9.1", SHOULD, "GE(T /probe.txt HTTP/1.1",
     A((400, 405, 501), ours=400),
     ours_then=CLOSED)
line("method-with-colon", "9110 9.1", SHOULD, "GET: /probe.txt HTTP/1.1",
     A((400, 405, 501), ours=400),
     ours_then=CLOSED)
line("method-of-high-bytes", "9110 9.1", SHOULD, b"G\xc9T /probe.txt HTTP/1.1",
     A((400, 405, 501), ours=400), ours_then=CLOSED)
line("method-that-begins-like-get", "9110 9.1", MUST, "GETX /probe.txt HTTP/1.1",
     A((501, 405, 400), ours=501))
line("method-that-is-half-of-get", "9110 9.1", MUST, "GE /probe.txt HTTP/1.1",
     A((501, 405, 400), ours=501))
line("long-method", "9112 3", SHOULD, "A" * 200 + " /probe.txt HTTP/1.1",
     A((501, 405, 400), ours=501), ours_then=CLOSED)
line("endless-method", "9112 3", SHOULD, "A" * 70000 + " /probe.txt HTTP/1.1",
     A((501, 400, 405, 414, 431), ours=501), then=NO_MORE)

# versions
line("http09", "9112 2.3", POLICY, "GET /probe.txt", A(400), then=CLOSED)
line("version-without-minor", "9112 2.3", SHOULD, "GET /probe.txt HTTP/1", A((400, 505), ours=400),
     ours_then=CLOSED)
line("version-with-two-digits", "9112 2.3", SHOULD, "GET /probe.txt HTTP/1.10",
     A((400, 505), ours=400), ours_then=CLOSED)
line("version-with-leading-zero", "9112 2.3", SHOULD, "GET /probe.txt HTTP/01.1",
     A((400, 505), ours=400), ours_then=CLOSED)
line("version-in-lower-case", "9112 2.3", SHOULD, "GET /probe.txt http/1.1",
     A((400, 505), ours=400), ours_then=CLOSED)
line("version-of-another-name", "9112 2.3", SHOULD, "GET /probe.txt HTTPS/1.1",
     A((400, 505), ours=400), ours_then=CLOSED)
line("version-with-comma", "9112 2.3", SHOULD, "GET /probe.txt HTTP/1,1",
     A((400, 505), ours=400), ours_then=CLOSED)
line("version-with-more-behind", "9112 2.3", SHOULD, "GET /probe.txt HTTP/1.1x",
     A((400, 505), ours=400), ours_then=CLOSED)
line("version-1.2", "9110 2.5", SHOULD, "GET /probe.txt HTTP/1.2", OK, ours_then=KEPT)
line("version-1.9", "9110 2.5", SHOULD, "GET /probe.txt HTTP/1.9", OK, ours_then=KEPT)
line("version-0.9", "9110 15.6.6", SHOULD, "GET /probe.txt HTTP/0.9", A((400, 505), ours=505),
     ours_then=CLOSED)
line("version-2.0", "9110 15.6.6", SHOULD, "GET /probe.txt HTTP/2.0", A((400, 505), ours=505),
     ours_then=CLOSED)
line("version-9.9", "9110 15.6.6", SHOULD, "GET /probe.txt HTTP/9.9", A((400, 505), ours=505),
     ours_then=CLOSED)
case("http2-preface", "9113 3.4", POLICY, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
     A(505), then=NO_MORE)

# forms of the target
line("target-without-slash", "9112 3.2", SHOULD, "GET probe.txt HTTP/1.1", A((400, 404), ours=400),
     ours_then=CLOSED)
line("absolute-form", "9112 3.2.2", MUST, "GET http://conf.example/probe.txt HTTP/1.1", OK,
     ours_then=KEPT)
case("absolute-form-overrides-host", "9112 3.2.2", MUST,
     R("GET http://conf.example/probe.txt HTTP/1.1", "Host: other.example"), OK)
case("absolute-form-needs-a-host-field", "9112 3.2", MUST,
     R("GET http://conf.example/probe.txt HTTP/1.1"), A(400), ours_then=CLOSED)
line("absolute-form-scheme-has-no-case", "3986 3.1", MUST,
     "GET HTTP://conf.example/probe.txt HTTP/1.1", OK)
line("absolute-form-empty-path", "9110 4.2.3", MUST, "GET http://conf.example HTTP/1.1",
     A(200, body("index.html")))
line("absolute-form-query-alone", "9110 4.2.3", MUST, "GET http://conf.example?x=1 HTTP/1.1",
     A(200, body("index.html")))
case("absolute-form-with-port", "9112 3.2.2", MUST,
     R("GET http://conf.example:80/probe.txt HTTP/1.1", "Host: conf.example:80"), OK)
line("absolute-form-http10", "9112 3.2.2", MUST, "GET http://conf.example/probe.txt HTTP/1.0", OK)
line("absolute-form-userinfo", "9110 4.2.4", SHOULD,
     "GET http://me:pw@conf.example/probe.txt HTTP/1.1", A(400), ours_then=CLOSED)
line("absolute-form-empty-host", "9110 4.2.1", MUST, "GET http:///probe.txt HTTP/1.1", A(400),
     ours_then=CLOSED)
line("absolute-form-bad-port", "3986 3.2.3", SHOULD, "GET http://conf.example:x/probe.txt HTTP/1.1",
     A(400), ours_then=CLOSED)
line("absolute-form-https", "9110 7.4", MUST, "GET https://conf.example/probe.txt HTTP/1.1",
     A((400, 403, 404, 421), ours=421), ours_then=KEPT)
line("absolute-form-ftp", "9110 7.4", POLICY, "GET ftp://conf.example/probe.txt HTTP/1.1", A(421),
     then=KEPT)
line("asterisk-form-is-for-options", "9112 3.2.4", SHOULD, "GET * HTTP/1.1",
     A((400, 404), ours=400), ours_then=CLOSED)
line("asterisk-with-more", "9112 3.2.4", SHOULD, "OPTIONS *x HTTP/1.1",
     A((400, 404, 405), ours=400),
     ours_then=CLOSED)
line("authority-form-is-for-connect", "9112 3.2.3", SHOULD, "GET conf.example:80 HTTP/1.1",
     A((400, 404), ours=400), ours_then=CLOSED)
line("fragment-in-target", "9112 3.2.1", POLICY, "GET /probe.txt#part HTTP/1.1", A(400),
     then=CLOSED)
line("quote-in-target", "3986 2", POLICY, 'GET /pro"be.txt HTTP/1.1', A(400), then=CLOSED)
line("angle-in-target", "3986 2", POLICY, "GET /pro<be.txt HTTP/1.1", A(400), then=CLOSED)
line("backslash-in-target", "3986 2", POLICY, "GET /pro\\be.txt HTTP/1.1", A(400), then=CLOSED)
line("high-bytes-in-target", "3986 2", POLICY, "GET /grüße-☃.txt HTTP/1.1", A(400), then=CLOSED)
line("browsers-bare-characters", "3986 2", POLICY, "GET /probe.txt?[]^`{|} HTTP/1.1", OK, then=KEPT)
line("query-is-ignored", "9110 4.2.1", POLICY, "GET /probe.txt?a=b&c=/../d?e HTTP/1.1", OK)
line("empty-query", "3986 3.4", POLICY, "GET /probe.txt? HTTP/1.1", OK)
line("query-of-a-directory", "3986 3.4", POLICY, "GET /?x HTTP/1.1", A(200, body("index.html")))

# lengths
line("line-of-8000-bytes", "9112 3", SHOULD, "GET /probe.txt?" + "x" * (8000 - 26) + " HTTP/1.1",
     OK)
line("endless-target", "9112 3", MUST, "GET /" + "a" * 70000 + " HTTP/1.1",
     A((414, 431), ours=414, ours_checks=(page,)),
     then=NO_MORE)
line("endless-query", "9112 3", MUST, "GET /probe.txt?" + "a" * 70000 + " HTTP/1.1",
     A((414, 431), ours=414),
     then=NO_MORE)

area("method")
line("head", "9110 9.3.2", MUST, "HEAD /probe.txt HTTP/1.1", A(200, empty, method="HEAD"),
     ours_then=KEPT)
line("head-http10", "9110 9.3.2", MUST, "HEAD /probe.txt HTTP/1.0", A(200, empty, method="HEAD"))
line("head-of-nothing", "9110 9.3.2", MUST, "HEAD /nothing HTTP/1.1", A(404, empty, method="HEAD"),
     ours_then=KEPT)
line("head-of-a-directory", "9110 9.3.2", MUST, "HEAD /dir HTTP/1.1",
     A((301, 302, 307, 308), empty, has("Location"), method="HEAD", ours=301), ours_then=KEPT)
line("head-of-a-large-file", "9110 9.3.2", MUST, "HEAD /big.bin HTTP/1.1",
     A(200, empty, method="HEAD"), ours_then=KEPT)
case("head-then-get", "9112 6.3", MUST, G(m="HEAD") + G(), A(200, method="HEAD"), OK, then=KEPT)
ALLOW = allows("GET", "HEAD", "OPTIONS")
NOT_ALLOWED = A((405, 501), ours=405, ours_checks=(ALLOW, page))
line("options", "9110 9.3.7", POLICY, "OPTIONS /probe.txt HTTP/1.1", A(200, ALLOW, empty),
     then=KEPT)
line("options-of-the-server", "9110 9.3.7", SHOULD, "OPTIONS * HTTP/1.1",
     A((200, 204, 405, 501), ours=200, ours_checks=(ALLOW, empty)), ours_then=KEPT)
line("options-of-the-server-absolute", "9112 3.2.4", SHOULD, "OPTIONS http://conf.example HTTP/1.1",
     A((200, 204, 405, 501), ours=200, ours_checks=(ALLOW,)))
line("options-http10", "9110 9.3.7", POLICY, "OPTIONS * HTTP/1.0", A(200, ALLOW))
for method in ("POST", "PUT", "DELETE", "PATCH"):
    line(method.lower(), "9110 15.5.6", MUST, f"{method} /probe.txt HTTP/1.1",
         A((405, 501, 403, 411, 404), ours=405, ours_checks=(ALLOW, page)), ours_then=KEPT)
line("405-has-allow", "9110 15.5.6", MUST, "DELETE /probe.txt HTTP/1.1",
     A((405, 501, 403), only(405, has("Allow"))))
line("post-of-nothing", "9110 15.5.6", MUST, "POST /nothing HTTP/1.1",
     A((405, 501, 403, 411, 404), ours=405, ours_checks=(ALLOW,)), ours_then=KEPT)
line("trace", "9110 9.3.8", POLICY, "TRACE /probe.txt HTTP/1.1", A(405, ALLOW, page), then=KEPT)
line("trace-echoes-no-secret", "9110 9.3.8", SHOULD, "TRACE / HTTP/1.1\r\nCookie: secret",
     A((200, 405, 501, 400), lambda a: None if b"secret" not in a.body else has("no echo")(a)))
case("connect", "9110 9.3.6", MUST, R("CONNECT conf.example:80 HTTP/1.1", "Host: conf.example:80"),
     A((400, 403, 404, 405, 501), method="CONNECT", ours=405, ours_checks=(ALLOW,)),
     ours_then=CLOSED)
case("connect-and-a-tunnel", "9110 9.3.6", POLICY,
     R("CONNECT conf.example:80 HTTP/1.1", "Host: conf.example:80") + G(),
     A((405, 400), method="CONNECT"), then=CLOSED)
line("connect-without-port", "9112 3.2.3", SHOULD, "CONNECT conf.example HTTP/1.1",
     A((400, 405, 501), method="CONNECT", ours=400), ours_then=CLOSED)
line("connect-origin-form", "9112 3.2.3", SHOULD, "CONNECT /probe.txt HTTP/1.1",
     A((400, 405, 501), method="CONNECT", ours=400), ours_then=CLOSED)
for method in ("PROPFIND", "MKCOL", "LOCK", "NOTIFY"):
    line(method.lower(), "9110 9.1", SHOULD, f"{method} /probe.txt HTTP/1.1",
         A((501, 405), ours=501, ours_checks=(page,)), ours_then=KEPT)
