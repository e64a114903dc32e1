# SPDX-License-Identifier: GPL-2.0-only
"""Header fields: their syntax, and Host."""

from case import (A, CLOSED, G, KEPT, MUST, NONE, NO_MORE, POLICY, R, SHOULD, area, body, case,
                  page, says_close)

OK = A(200, body("probe.txt"))
REFUSED = A(400, ours_checks=(says_close, page))
LINE = "GET /probe.txt HTTP/1.1"


def fields(name, ref, level, text, *want, **kw):
    """A request with these field lines after Host."""
    case(name, ref, level, G("/probe.txt", text), *want, **kw)


def host(name, ref, level, value, *want, **kw):
    value = value if isinstance(value, bytes) else value.encode()
    case(name, ref, level, R(LINE, b"Host: " + value), *want, **kw)


def bad(name, ref, level, text, also=(), **kw):
    """400, or what else the RFC leaves; the connection is in no doubt closed by us."""
    fields(name, ref, level, text, A((400, *also), body("probe.txt"), ours=400,
                                     ours_checks=(says_close, page)), ours_then=CLOSED, **kw)


area("header")
fields("unknown-field", "9110 5.1", MUST, "X-Anything: goes", OK, ours_then=KEPT)
case("names-have-no-case", "9110 5.1", MUST, R(LINE, "hOsT: conf.example", "cOnNeCtIoN: cLoSe"), OK,
     then=CLOSED)
case("no-space-around-value", "9112 5", MUST, R(LINE, "Host:conf.example"), OK)
case("blanks-around-value", "9112 5", MUST, R(LINE, "Host: \t conf.example \t "), OK)
fields("empty-value", "9110 5.5", MUST, "X-Empty:", OK)
fields("blank-value", "9110 5.5", MUST, "X-Empty: \t ", OK)
fields("tab-in-value", "9110 5.5", MUST, "X-Tab: a\tb", OK)
fields("high-bytes-in-value", "9110 5.5", SHOULD, b"X-Text: gr\xfc\xdfe \xff", OK)
fields("colons-in-value", "9112 5", MUST, "X-Colon: a:b::c", OK)
fields("repeated-field", "9110 5.2", MUST, "X-Same: a\r\nX-Same: b", OK)
fields("underscore-in-name", "9110 5.1", POLICY, "X_Name: a", OK)
fields("odd-letters-in-name", "9110 5.6.2", POLICY, "!#$%&'*+-.^_`|~9: a", OK)
fields("quoted-text", "9110 5.6.4", MUST, 'X-Quoted: "a, \\"b\\""', OK)

bad("space-before-colon", "9112 5.1", MUST, "X-Space : a")
bad("tab-before-colon", "9112 5.1", MUST, "X-Tab\t: a")
case("space-before-colon-of-host", "9112 5.1", MUST, R(LINE, "Host : conf.example"), REFUSED,
     ours_then=CLOSED)
bad("space-before-colon-of-length", "9112 5.1", MUST, "Content-Length : 5")
bad("space-before-colon-of-coding", "9112 5.1", MUST, "Transfer-Encoding : chunked")
bad("folded-with-space", "9112 5.2", MUST, "X-Fold: a\r\n b", (200,))
bad("folded-with-tab", "9112 5.2", MUST, "X-Fold: a\r\n\tb", (200,))
bad("folded-and-empty", "9112 5.2", MUST, "X-Fold: a\r\n \r\n b", (200,))
bad("folded-length", "9112 5.2", MUST, "Content-Length:\r\n 0", (200,))
case("folded-host", "9112 5.2", MUST, R(LINE, "Host:\r\n conf.example"),
     A((400, 200), body("probe.txt"), ours=400), ours_then=CLOSED)
case("white-space-before-first-field", "9112 2.2", MUST,
     R(LINE, " X-Space: a", "Host: conf.example"), A((400, 200), body("probe.txt"), ours=400),
     ours_then=CLOSED)
case("framing-hidden-by-white-space", "9112 2.2", MUST,
     R(LINE, " Content-Length: 5", "Host: conf.example") + G("/alphabet.txt"),
     A((400, 200), body("probe.txt"), ours=400), A(200, body("alphabet.txt")), ours_then=CLOSED)
bad("bare-cr-in-value", "9110 5.5", MUST, b"X-Cr: a\rb", (200, NONE))
bad("bare-cr-hides-a-field", "9110 5.5", MUST, b"X-Cr: a\rContent-Length: 5", (200, NONE))
bad("bare-cr-in-name", "9112 2.2", SHOULD, b"X-\rCr: a", (NONE,))
bad("bare-lf-ends-a-line", "9112 2.2", SHOULD, b"X-Lf: a\nX-Other: b", (200,))
case("bare-lf-ends-the-head", "9112 2.2", SHOULD, b"GET /probe.txt HTTP/1.1\r\nHost: a\r\n\n",
     A((400, 200), body("probe.txt"), ours=400), ours_then=CLOSED)
bad("two-crs", "9112 2.2", SHOULD, b"X-Cr: a\r", (200, NONE))
bad("nul-in-value", "9110 5.5", MUST, b"X-Nul: a\0b", (200, NONE))
bad("nul-in-name", "9112 5", SHOULD, b"X-\0Nul: a", (NONE,))
case("nul-in-host", "9112 3.2", MUST, R(LINE, b"Host: conf\0.example"), A((400, NONE), ours=400),
     ours_then=CLOSED)
for octet in (0x01, 0x08, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f):
    fields(f"control-{octet:02x}-in-value", "9110 5.5", POLICY, b"X-Control: a%cb" % octet, A(400),
           then=CLOSED)
bad("empty-name", "9112 5", SHOULD, ": a")
bad("line-without-colon", "9112 5", SHOULD, "nonsense")
bad("space-in-name", "9112 5", SHOULD, "X Space: a")
for char, what in (("(", "parenthesis"), ("@", "at-sign"), ("/", "slash"), ('"', "quote"),
                   ("[", "bracket"), ("=", "equals"), ("\x7f", "delete"), (b"\xe9", "high-byte")):
    char = char if isinstance(char, bytes) else char.encode()
    bad(f"{what}-in-name", "9110 5.6.2", SHOULD, b"X" + char + b"Y: a")

fields("fifty-fields", "9110 5.4", POLICY, "\r\n".join(f"X-{i}: {i}" for i in range(50)), OK)
fields("field-of-8000-bytes", "9110 5.4", POLICY, "X-Long: " + "a" * 7990, OK)
fields("endless-field", "9110 5.4", MUST, "X-Long: " + "a" * 100000,
       A((431, 400, 413, 414, 494), ours=431, ours_checks=(page,)), then=NO_MORE)
fields("endless-name", "9110 5.4", MUST, "X" * 100000 + ": a",
       A((431, 400, 413, 414, 494), ours=431), then=NO_MORE)
fields("endless-fields", "9110 5.4", MUST, "\r\n".join(f"X-{i}: {i}" for i in range(9000)),
       A((431, 400, 413, 414, 494), ours=431), then=NO_MORE)

area("host")
case("missing", "9112 3.2", MUST, R(LINE), REFUSED, ours_then=CLOSED)
case("missing-with-other-fields", "9112 3.2", MUST, R(LINE, "Accept: */*", "Hos: a", "Hostx: b"),
     REFUSED, ours_then=CLOSED)
case("twice", "9112 3.2", MUST, R(LINE, "Host: a", "Host: b"), REFUSED, ours_then=CLOSED)
case("twice-the-same", "9112 3.2", MUST, R(LINE, "Host: a", "Host: a"), REFUSED, ours_then=CLOSED)
case("twice-http10", "9112 3.2", MUST, R("GET /probe.txt HTTP/1.0", "Host: a", "Host: b"), REFUSED)
case("twice-with-absolute-form", "9112 3.2", MUST,
     R("GET http://a/probe.txt HTTP/1.1", "Host: a", "Host: b"), REFUSED, ours_then=CLOSED)
case("last-of-many", "9110 7.2", MUST,
     R(LINE, *(f"X-{i}: a" for i in range(30)), "Host: conf.example"), OK, ours_then=KEPT)
host("empty", "9110 4.2.1", POLICY, "", A(400), then=CLOSED)
for text, what in (("a b", "space"), ("a/b", "path"), ("a@b", "userinfo"), ("a?b", "query"),
                   ("a#b", "fragment"), ("http://a", "uri"), ("a\\b", "backslash"),
                   ("a<b>", "angles"),
                   ("a:b", "port-of-letters"), ("a:-1", "negative-port"), ("a:80:80", "two-ports"),
                   ("[::1", "open-bracket"), ("::1]", "closing-bracket-alone"),
                   ("[]", "empty-brackets"),
                   ("[::1]x", "text-after-bracket"), ("[gggg::]", "bad-ipv6"),
                   ("[1:2:3:4:5:6:7:8:9]", "long-ipv6"), ("a%zz", "bad-escape"), ("a\tb", "tab"),
                   (b"a\xffb", "high-byte"), ("a^b", "caret"), ("::1", "ipv6-without-brackets")):
    host(f"invalid-{what}", "9112 3.2", MUST, text, A(400, ours_checks=(says_close,)),
         ours_then=CLOSED)
host("port-above-65535", "9110 4.2.1", POLICY, "a:65536", A(400), then=CLOSED)
for text, what in (("a:80", "port"), ("a:", "empty-port"), ("127.0.0.1:8080", "ipv4"),
                   ("[::1]", "ipv6"),
                   ("[2001:db8::1]:80", "ipv6-and-port"), ("[::ffff:192.0.2.1]", "ipv4-in-ipv6"),
                   ("A.Example", "upper-case"), ("a.example.", "final-dot"),
                   ("xn--gre-6ka8i.example", "idna")):
    host(f"valid-{what}", "9110 7.2", MUST, text, OK)
host("valid-underscore", "3986 3.2.2", POLICY, "a_b.example", OK)
host("valid-escape", "3986 3.2.2", POLICY, "%61.example", OK)
host("valid-sub-delims", "3986 3.2.2", POLICY, "a!$&'()*+,;=b", OK)
