# SPDX-License-Identifier: GPL-2.0-only
"""Ranges of 26 letters, and of a larger file. A server may always send all (RFC 9110 14.2)."""

from case import (A, G, KEPT, MUST, POLICY, SHOULD, area, body, case, custom, empty, field, lacks,
                  last, page, part, unsatisfiable, want)

FILE = "/alphabet.txt"
WHOLE = A(200, body("alphabet.txt"), lacks("Content-Range"))


def rng(name, ref, level, value, wanted, target=FILE, **kw):
    case(name, ref, level, G(target, f"Range: {value}"), wanted, ours_then=KEPT, **kw)


def one(name, value, first, last_, ref="9110 14.1.2"):
    """A satisfiable range: exactly these bytes, or all."""
    rng(name, ref, MUST, f"bytes={value}", A((206, 200), part("alphabet.txt", (first, last_)),
                                             ours=206))


area("range")
one("first-five", "0-4", 0, 4)
one("first", "0-0", 0, 0)
one("one-in-the-middle", "5-5", 5, 5)
one("last", "25-25", 25, 25)
one("to-the-end", "20-", 20, 25)
one("all", "0-", 0, 25)
one("all-by-numbers", "0-25", 0, 25)
one("beyond-the-end", "20-99", 20, 25)
one("far-beyond-the-end", "20-18446744073709551621", 20, 25)
one("endless-number", "20-" + "9" * 100, 20, 25)
one("leading-zeros", "0000-0004", 0, 4)
one("suffix", "-5", 21, 25)
one("suffix-of-one", "-1", 25, 25)
one("suffix-of-all", "-26", 0, 25)
one("suffix-longer-than-all", "-99", 0, 25)
one("suffix-far-longer", "-18446744073709551621", 0, 25)
one("empty-list-elements", ", ,0-4,", 0, 4, "9110 5.6.1.2")
rng("unit-has-no-case", "9110 14.1", MUST, "BYTES=0-4",
    A((206, 200), part("alphabet.txt", (0, 4)), ours=206))

BEYOND = A((416, 200), body("alphabet.txt"), ours=416, ours_checks=(page, unsatisfiable(26)))
for text, what in (("26-", "at-the-end"), ("26-30", "behind-the-end"), ("99-", "far-behind"),
                   ("-0", "suffix-of-none"),
                   ("18446744073709551616-", "2-to-the-64"),
                   ("9223372036854775808-9223372036854775809", "2-to-the-63"),
                   ("30-40,50-", "all-of-several")):
    rng(f"unsatisfiable-{what}", "9110 14.1.2", MUST, f"bytes={text}", BEYOND)
rng("416-tells-the-size", "9110 15.5.17", SHOULD, "bytes=99-", A((416, 200), unsatisfiable(26)))
case("416-is-not-for-head", "9110 14.2", MUST, G(FILE, "Range: bytes=99-", m="HEAD"),
     A(200, empty, method="HEAD"))

INVALID = A((200, 400, 416), body("alphabet.txt"), ours=200)
for text, what in (("bytes=5-2", "backwards"), ("bytes=a-b", "letters"), ("bytes=", "nothing"),
                   ("bytes=-", "dash"),
                   ("bytes 0-4", "blank-for-equals"), ("bytes=0-4;", "semicolon"),
                   ("bytes=--5", "two-dashes"),
                   ("bytes==0-4", "two-equals"), ("0-4", "no-unit"),
                   ("bytes=1-2-3", "three-numbers"),
                   ("bytes=0x0-0x4", "hex"), ("bytes=0.0-4.0", "points"), ("bytes", "unit-alone"),
                   ("=0-4", "empty-unit"), ("bytes=0-4 5-6", "no-comma"), ("", "empty")):
    rng(f"invalid-{what}", "9110 14.2", MUST, text, INVALID)
for text, what in (("bytes=+0-4", "plus"), ("bytes=0-4,a", "one-of-two"),
                   ("bytes=0 - 4", "blanks-within")):
    rng(f"invalid-{what}", "9110 14.2", POLICY, text, WHOLE)
rng("unknown-unit", "9110 14.2", MUST, "letters=0-4", WHOLE)
rng("unit-that-begins-alike", "9110 14.2", MUST, "bytess=0-4", WHOLE)
case("two-lines", "9110 5.3", POLICY, G(FILE, "Range: bytes=0-4", "Range: bytes=6-7"), WHOLE)
case("head", "9110 14.2", MUST, G(FILE, "Range: bytes=0-4", m="HEAD"),
     A(200, empty, lacks("Content-Range"), field("content-length", "26"), method="HEAD"),
     ours_then=KEPT)
case("post", "9110 14.2", MUST, G(FILE, "Range: bytes=0-4", "Content-Length: 0", m="POST"),
     A((200, 405, 501, 403, 411, 404), ours=405))
case("http10", "9110 14.2", MUST, G(FILE, "Range: bytes=0-4", v="1.0"),
     A((206, 200), part("alphabet.txt", (0, 4)), ours=206))
rng("of-nothing", "9110 14.2", MUST, "bytes=0-4", A(404), target="/nothing")
rng("of-a-redirect", "9110 14.2", MUST, "bytes=0-4", A((301, 302, 307, 308)), target="/dir")
rng("of-an-empty-file", "9110 14.1.2", MUST, "bytes=0-",
    A((416, 200), ours=416, ours_checks=(unsatisfiable(0),)),
    target="/size/0.bin")
rng("suffix-of-an-empty-file", "9110 14.1.2", POLICY, "bytes=-5", A(200, body("size/0.bin")),
    target="/size/0.bin")
case("pipelined", "9112 6.3", MUST, G(FILE, "Range: bytes=0-4") + G(FILE, "Range: bytes=-1") + G(),
     A((206, 200), part("alphabet.txt", (0, 4))), A((206, 200), part("alphabet.txt", (25, 25))),
     A(200, body("probe.txt")), ours_then=KEPT)
case("byte-by-byte", "9110 14.2", MUST, G(FILE, "Range: bytes=0-4"),
     A((206, 200), part("alphabet.txt", (0, 4)), ours=206), deliver="byte by byte")

BIG = 300000
for first, end in ((0, 0), (4095, 4096), (16383, 16384), (16384, 32767), (65535, 65536),
                   (100000, 199999),
                   (1, BIG - 1), (BIG - 1, BIG - 1), (BIG - 65537, BIG - 1)):
    rng(f"big-{first}-{end}", "9110 14.1.2", MUST, f"bytes={first}-{end}",
        A((206, 200), part("big.bin", (first, end)), ours=206), target="/big.bin")
rng("big-suffix", "9110 14.1.2", MUST, "bytes=-70000",
    A((206, 200), part("big.bin", (BIG - 70000, BIG - 1)), ours=206), target="/big.bin")
case("big-pipelined", "9112 6.3", MUST, G("/big.bin", "Range: bytes=5-99999") + G(),
     A((206, 200), part("big.bin", (5, 99999))), A(200, body("probe.txt")), ours_then=KEPT)

area("206")
SENT = ("Date", "ETag", "Cache-Control", "Expires", "Content-Location", "Vary")


@custom("repeats-fields-of-200", "9110 15.3.7", MUST)
def repeats(ctx):
    """What a 200 would have said stands in the 206, too."""
    whole, some = ctx.ask(last(FILE)), ctx.ask(last(FILE, "Range: bytes=0-4"))
    for name in SENT:
        if whole.get(name) is not None and some.status == 206:
            want(some.get(name) is not None, f"{name} is missing")
            want(name == "Date" or some.get(name) == whole.get(name),
                 f"{name}: {some.get(name)!r} in place of {whole.get(name)!r}")


rng("length-of-the-part", "9110 8.6", MUST, "bytes=3-7",
    A((206, 200), lambda a: want(a.status == 200 or a.get("content-length") == "5", "not 5")))
rng("has-its-type", "9110 8.3", SHOULD, "bytes=3-7",
    A((206, 200), field("content-type", "text/plain.*")))
case("accept-ranges", "9110 14.3", POLICY, G(FILE), A(200, field("accept-ranges", "bytes")))

area("ranges")
REF = "9110 15.3.7.2"


def several(name, value, *parts, ref=REF, level=MUST):
    rng(name, ref, level, f"bytes={value}", A((206, 200), part("alphabet.txt", *parts)))


several("two", "0-1,10-11", (0, 1), (10, 11))
several("two-with-blanks", "0-1 , 10-11", (0, 1), (10, 11))
several("three", "0-1,10-11,-2", (0, 1), (10, 11), (24, 25))
several("descending", "20-21,0-1", (0, 1), (20, 21))
several("overlapping", "0-10,5-15", (0, 15))
several("adjoining", "0-4,5-9", (0, 9))
several("the-same-twice", "3-4,3-4", (3, 4))
several("one-within-another", "0-20,5-6", (0, 20))
several("one-unsatisfiable", "0-4,99-", (0, 4))
several("first-unsatisfiable", "99-,0-4", (0, 4))
several("empty-elements", "0-1,,10-11,", (0, 1), (10, 11), ref="9110 5.6.1.2")


def bounded(limit):
    def check(a):
        want(len(a.body) <= limit, f"{len(a.body)} bytes for a file of {limit // 4}")
    return check


rng("thousand-overlapping", "9110 14.2", SHOULD, "bytes=" + ",".join(["0-"] * 1000),
    A((200, 206, 400, 416, 431), bounded(4 * BIG)), target="/big.bin")
rng("hundred-of-all", "9110 14.2", SHOULD, "bytes=" + ",".join(["0-299999"] * 100),
    A((200, 206, 400, 416), bounded(4 * BIG)), target="/big.bin")
rng("hundred-small", "9110 14.2", SHOULD, "bytes=" +
    ",".join(f"{n * 10}-{n * 10}" for n in range(100)),
    A((200, 206, 400, 416), bounded(4 * BIG)), target="/big.bin")
rng("nine-are-too-many", "9110 14.2", POLICY, "bytes=" +
    ",".join(f"{n}-{n}" for n in range(0, 18, 2)), WHOLE)
