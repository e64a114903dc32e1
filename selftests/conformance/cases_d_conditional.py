# SPDX-License-Identifier: GPL-2.0-only
"""Conditional requests, in the order of RFC 9110 13.2.2, and If-Range."""

from case import (A, G, KEPT, MUST, POLICY, SHOULD, area, body, case, custom, empty, has, lacks,
                  last, page,
                  part, want)
from docroot import (EARLIER_850, EARLIER_ASC, EARLIER_IMF, LATER_850, LATER_ASC, LATER_IMF,
                     OLD_850,
                     OLD_ASC, OLD_IMF)

FILE = "/alphabet.txt"
WHOLE = A(200, body("alphabet.txt"))
FAILED = A(412, lacks("etag-of-nothing"), ours_checks=(page,))
SAME = A(304, has("Date"), empty)
TAGGED = A(304, has("Date", "ETag"), empty)
PART = A((206, 200), part("alphabet.txt", (0, 4)), ours=206)


def cond(name, ref, level, fields, wanted, needs=None, target=FILE, **kw):
    """A GET with these field lines."""
    fields = fields if isinstance(fields, (list, tuple)) else [fields]
    if needs is None:
        needs = ("etag",) if any("@" in f for f in fields) else ()
    case(name, ref, level, G(target, *fields), wanted, needs=needs, ours_then=KEPT, **kw)


area("if-none-match")
REF = "9110 13.1.2"
cond("same", REF, MUST, "If-None-Match: @ETAG@", TAGGED)
cond("weak-form", REF, MUST, "If-None-Match: W/@OPAQUE@", TAGGED)
cond("strong-form", REF, MUST, "If-None-Match: @OPAQUE@", TAGGED)
cond("another", REF, MUST, 'If-None-Match: "something-else"', WHOLE)
cond("another-case", "9110 8.8.3", MUST, "If-None-Match: @SWAPPED@", WHOLE, needs=("letters",))
cond("star", REF, MUST, "If-None-Match: *", SAME)
cond("first-of-list", REF, MUST, 'If-None-Match: @ETAG@, "b", "c"', TAGGED)
cond("middle-of-list", REF, MUST, 'If-None-Match: "a", @ETAG@, "c"', TAGGED)
cond("last-of-list", REF, MUST, 'If-None-Match: "a", W/"b", @ETAG@', TAGGED)
cond("list-without-blanks", REF, MUST, 'If-None-Match: "a",@ETAG@,"c"', TAGGED)
cond("empty-list-elements", "9110 5.6.1.2", MUST, 'If-None-Match: ,, "a" , ,@ETAG@,', TAGGED)
cond("not-in-list", REF, MUST, 'If-None-Match: "a", "b", W/"c"', WHOLE)
cond("two-lines", "9110 5.3", MUST, ['If-None-Match: "a"', "If-None-Match: @ETAG@"], TAGGED)
cond("comma-within-tag", "9110 8.8.3", MUST, 'If-None-Match: "a,b", @ETAG@', TAGGED)
cond("tag-within-tag", "9110 8.8.3", MUST, 'If-None-Match: "a, b", "c,"', WHOLE)
cond("empty-tag", "9110 8.8.3", MUST, 'If-None-Match: "", @ETAG@', TAGGED)
cond("high-bytes-in-tag", "9110 8.8.3", MUST, 'If-None-Match: "grüße", @ETAG@', TAGGED)
cond("empty-value", REF, MUST, "If-None-Match:", WHOLE)
cond("star-in-list", REF, POLICY, 'If-None-Match: "a", *', WHOLE)
cond("unquoted", "9110 8.8.3", POLICY, "If-None-Match: something", WHOLE)
cond("long-list", REF, SHOULD, "If-None-Match: " + ", ".join(f'"{n}"' for n in range(300)) +
     ", @ETAG@", TAGGED)
cond("of-nothing", "9110 13.2.1", MUST, "If-None-Match: *", A(404), target="/nothing")
cond("of-a-redirect", "9110 13.2.1", MUST, 'If-None-Match: *', A((301, 302, 307, 308)),
     target="/dir")
case("head", REF, MUST, G(FILE, "If-None-Match: @ETAG@", m="HEAD"),
     A(304, has("ETag"), empty, method="HEAD"),
     needs=("etag",), ours_then=KEPT)
case("http10", REF, MUST, G(FILE, "If-None-Match: @ETAG@", v="1.0"), TAGGED, needs=("etag",))
case("pipelined", "9112 6.3", MUST, G(FILE, "If-None-Match: @ETAG@") + G(), TAGGED,
     A(200, body("probe.txt")),
     needs=("etag",), then=KEPT)
case("byte-by-byte", REF, MUST, G(FILE, "If-None-Match: @ETAG@"), TAGGED, needs=("etag",),
     deliver="byte by byte")
cond("304-repeats-the-tag", "9110 15.4.5", MUST, "If-None-Match: @ETAG@", A(304, has("ETag")))
cond("304-has-no-metadata", "9110 15.4.5", SHOULD, "If-None-Match: @ETAG@",
     A(304, lacks("Content-Type", "Content-Encoding", "Content-Range", "Accept-Ranges")))

area("if-modified-since")
REF = "9110 13.1.3"
cond("same", REF, MUST, f"If-Modified-Since: {OLD_IMF}", SAME)
cond("later", REF, MUST, f"If-Modified-Since: {LATER_IMF}", SAME)
cond("long-after", REF, MUST, "If-Modified-Since: Sat, 01 Jan 2022 00:00:00 GMT", SAME)
cond("earlier", REF, MUST, f"If-Modified-Since: {EARLIER_IMF}", WHOLE)
cond("rfc850-same", "9110 5.6.7", MUST, f"If-Modified-Since: {OLD_850}", SAME)
cond("rfc850-earlier", "9110 5.6.7", MUST, f"If-Modified-Since: {EARLIER_850}", WHOLE)
cond("rfc850-later", "9110 5.6.7", MUST, f"If-Modified-Since: {LATER_850}", SAME)
cond("asctime-same", "9110 5.6.7", MUST, f"If-Modified-Since: {OLD_ASC}", SAME)
cond("asctime-earlier", "9110 5.6.7", MUST, f"If-Modified-Since: {EARLIER_ASC}", WHOLE)
cond("asctime-later", "9110 5.6.7", MUST, f"If-Modified-Since: {LATER_ASC}", SAME)
cond("leap-second", "9110 5.6.7", MUST, "If-Modified-Since: Sat, 31 Dec 2016 23:59:60 GMT", SAME)
cond("leap-day", "9110 5.6.7", MUST, "If-Modified-Since: Thu, 29 Feb 1996 00:00:00 GMT", SAME)
cond("before-1970", "9110 5.6.7", MUST, "If-Modified-Since: Mon, 01 Jan 1900 00:00:00 GMT", WHOLE)
for text, what in (("yesterday", "word"), ("784111777", "number"), ("", "empty"),
                   ("Tue, 32 Jan 2024 00:00:00 GMT", "day-32"),
                   ("Mon, 01 Foo 2024 00:00:00 GMT", "no-month"),
                   ("Mon, 01 Jan 2024 25:00:00 GMT", "hour-25"),
                   ("Mon, 01 Jan 2024 00:60:00 GMT", "minute-60"),
                   ("Mon, 01 Jan 2024 00:00:00 +0000", "numeric-zone"),
                   ("Mon, 01 Jan 2024 00:00:00", "no-zone"),
                   ("2024-01-01T00:00:00Z", "iso-8601")):
    cond(f"invalid-{what}", REF, MUST, f"If-Modified-Since: {text}", WHOLE)
for text, what in (("Wed, 30 Feb 2022 00:00:00 GMT", "february-30"),
                   ("Tue, 01 Jan 2024 00:00:00 GMT", "wrong-weekday"),
                   ("Wed, 29 Feb 2023 00:00:00 GMT", "no-leap-year"),
                   ("Mon, 1 Jan 2024 00:00:00 GMT", "short-day"),
                   ("mon, 01 jan 2024 00:00:00 gmt", "lower-case"),
                   ("Mon, 01 Jan 2024 00:00:00 GMT ; x", "more-behind"),
                   ("Mon, 01 Jan 2024 00:00:00 UTC", "utc")):
    cond(f"invalid-{what}", "9110 5.6.7", POLICY, f"If-Modified-Since: {text}", WHOLE)
cond("twice", "9110 5.3", POLICY, [f"If-Modified-Since: {OLD_IMF}"] * 2, WHOLE)
cond("of-nothing", "9110 13.2.1", MUST, f"If-Modified-Since: {OLD_IMF}", A(404), target="/nothing")
case("post", REF, MUST, G(FILE, f"If-Modified-Since: {OLD_IMF}", m="POST", content=b""),
     A((405, 501, 403, 411, 404), ours=405))
case("head", REF, MUST, G(FILE, f"If-Modified-Since: {OLD_IMF}", m="HEAD"),
     A(304, empty, method="HEAD"))
case("http10", REF, MUST, G(FILE, f"If-Modified-Since: {OLD_IMF}", v="1.0"), SAME)

area("if-match")
REF = "9110 13.1.1"
cond("same", REF, MUST, "If-Match: @ETAG@", WHOLE, needs=("strong",))
cond("star", REF, MUST, "If-Match: *", WHOLE)
cond("another", REF, MUST, 'If-Match: "something-else"', FAILED)
cond("compares-strongly", "9110 8.8.3.2", MUST, "If-Match: W/@OPAQUE@", FAILED)
cond("in-list", REF, MUST, 'If-Match: "a", @ETAG@', WHOLE, needs=("strong",))
cond("two-lines", "9110 5.3", MUST, ['If-Match: "a"', "If-Match: @ETAG@"], WHOLE, needs=("strong",))
cond("not-in-list", REF, MUST, 'If-Match: "a", W/"b"', FAILED)
cond("of-nothing", "9110 13.2.1", MUST, 'If-Match: "a"', A((404, 412), ours=404), target="/nothing")
case("head", REF, MUST, G(FILE, 'If-Match: "a"', m="HEAD"), A(412, empty, method="HEAD"),
     ours_then=KEPT)

area("if-unmodified-since")
REF = "9110 13.1.4"
cond("same", REF, MUST, f"If-Unmodified-Since: {OLD_IMF}", WHOLE)
cond("later", REF, MUST, f"If-Unmodified-Since: {LATER_IMF}", WHOLE)
cond("earlier", REF, MUST, f"If-Unmodified-Since: {EARLIER_IMF}", FAILED)
cond("rfc850", "9110 5.6.7", MUST, f"If-Unmodified-Since: {EARLIER_850}", FAILED)
cond("rfc850-two-digit-year", "9110 5.6.7", MUST,
     "If-Unmodified-Since: Tuesday, 01-Jan-80 00:00:00 GMT", FAILED)
cond("asctime", "9110 5.6.7", MUST, f"If-Unmodified-Since: {EARLIER_ASC}", FAILED)
cond("invalid", REF, MUST, "If-Unmodified-Since: yesterday", WHOLE)

area("precedence")
REF = "9110 13.2.2"
cond("tag-before-date-other-tag", "9110 13.1.3", MUST,
     ['If-None-Match: "a"', f"If-Modified-Since: {OLD_IMF}"], WHOLE)
cond("tag-before-date-same-tag", "9110 13.1.3", MUST,
     ["If-None-Match: @ETAG@", f"If-Modified-Since: {EARLIER_IMF}"], TAGGED)
cond("tag-before-date-in-any-order", "9110 13.1.3", MUST,
     [f"If-Modified-Since: {OLD_IMF}", 'If-None-Match: "a"'], WHOLE)
cond("match-before-unmodified", "9110 13.1.4", MUST,
     ["If-Match: @ETAG@", f"If-Unmodified-Since: {EARLIER_IMF}"],
     WHOLE, needs=("strong",))
cond("match-fails-first", REF, MUST, ['If-Match: "a"', "If-None-Match: @ETAG@"], FAILED)
cond("match-fails-before-unmodified", "9110 13.1.4", MUST,
     ['If-Match: "a"', f"If-Unmodified-Since: {OLD_IMF}"],
     FAILED)
cond("match-then-none-match", REF, MUST, ["If-Match: *", "If-None-Match: @ETAG@"], TAGGED)
cond("unmodified-fails-first", REF, MUST, [f"If-Unmodified-Since: {EARLIER_IMF}",
                                           "If-None-Match: @ETAG@"],
     FAILED)
cond("unmodified-then-none-match", REF, MUST,
     [f"If-Unmodified-Since: {OLD_IMF}", "If-None-Match: @ETAG@"],
     TAGGED)
cond("unmodified-and-modified", REF, MUST,
     [f"If-Unmodified-Since: {OLD_IMF}", f"If-Modified-Since: {OLD_IMF}"], SAME)
cond("match-before-range", REF, MUST, ['If-Match: "a"', "Range: bytes=0-4"], FAILED)
cond("none-match-before-range", REF, MUST, ["If-None-Match: @ETAG@", "Range: bytes=0-4"], TAGGED)
cond("none-match-before-bad-range", REF, MUST, ["If-None-Match: @ETAG@", "Range: bytes=99-"],
     TAGGED)
cond("modified-before-range", REF, MUST, [f"If-Modified-Since: {OLD_IMF}", "Range: bytes=0-4"],
     SAME)
cond("true-ones-and-range", REF, MUST, ["If-Match: *", f"If-Modified-Since: {EARLIER_IMF}",
                                        "Range: bytes=0-4"],
     PART)

area("if-range")
REF = "9110 13.1.5"
RANGE = "Range: bytes=0-4"
cond("same-tag", REF, MUST, [RANGE, "If-Range: @ETAG@"], PART, needs=("strong",))
cond("another-tag", REF, MUST, [RANGE, 'If-Range: "a"'], WHOLE)
cond("weak-tag", REF, MUST, [RANGE, "If-Range: W/@OPAQUE@"], WHOLE)
cond("list-of-tags", REF, POLICY, [RANGE, 'If-Range: "a", @ETAG@'], WHOLE)
cond("two-lines", REF, POLICY, [RANGE, "If-Range: @ETAG@", "If-Range: @ETAG@"], WHOLE)
cond("same-date", REF, MUST, [RANGE, f"If-Range: {OLD_IMF}"], PART)
cond("same-date-rfc850", "9110 5.6.7", MUST, [RANGE, f"If-Range: {OLD_850}"], PART)
cond("same-date-asctime", "9110 5.6.7", MUST, [RANGE, f"If-Range: {OLD_ASC}"], PART)
cond("earlier-date", REF, MUST, [RANGE, f"If-Range: {EARLIER_IMF}"], WHOLE)
cond("later-date", REF, MUST, [RANGE, f"If-Range: {LATER_IMF}"], WHOLE)
cond("invalid", REF, MUST, [RANGE, "If-Range: yesterday"], WHOLE)
cond("star", REF, POLICY, [RANGE, "If-Range: *"], WHOLE)
cond("without-range", REF, MUST, 'If-Range: "a"', WHOLE)
cond("false-and-unsatisfiable", REF, MUST, ["Range: bytes=99-", 'If-Range: "a"'], WHOLE)
cond("true-and-unsatisfiable", REF, MUST, ["Range: bytes=99-", "If-Range: @ETAG@"],
     A((416, 200), ours=416),
     needs=("strong",))

area("caching")
TAG = "If-None-Match: @ETAG@"
cond("age-is-for-caches", "9111 5.1", SHOULD, "Accept: */*", A(200, lacks("Age")))
cond("no-cache-revalidates", "9111 5.2.1.4", MUST, ["Cache-Control: no-cache", TAG], TAGGED)
cond("no-store-revalidates", "9111 5.2.1.5", MUST, ["Cache-Control: no-store", TAG], TAGGED)
cond("max-age-0-revalidates", "9111 5.2.1.1", MUST, ["Cache-Control: max-age=0", TAG], TAGGED)
cond("pragma-means-nothing", "9111 5.4", MUST, ["Pragma: no-cache", TAG], TAGGED)
cond("only-if-cached-is-for-caches", "9111 5.2.1.7", MUST, "Cache-Control: only-if-cached", WHOLE)
cond("unknown-directive", "9111 5.2.3", MUST, 'Cache-Control: x-new="a, b", min-fresh', WHOLE)


@custom("freshness-is-not-guessed", "9111 5.3", POLICY)
def not_guessed(ctx):
    """Nobody asked for it, so nothing is said about how long a file is good."""
    for target in ("/alphabet.txt", "/nothing", "/dir"):
        for name in ("Expires", "Age", "Cache-Control", "Pragma", "Warning"):
            lacks(name)(ctx.ask(last(target)))


area("validator")
REF = "9110 8.8.3"


@custom("tag-stays", REF, MUST, needs=("etag",))
def tag_stays(ctx):
    """A file that did not change has the tag that it had."""
    tags = {ctx.ask(last(FILE)).get("etag") for _ in range(3)}
    want(len(tags) == 1, f"tags of one file: {tags}")


@custom("tag-differs", REF, MUST, needs=("etag",))
def tag_differs(ctx):
    """Two versions of one file cannot be made here; two files of one time and size do."""
    one, two = ctx.ask(last("/size/16384.bin")), ctx.ask(last("/size/16385.bin"))
    want(one.get("etag") != two.get("etag"), f"both are {one.get('etag')}")


@custom("tag-of-head", "9110 9.3.2", SHOULD, needs=("etag",))
def tag_of_head(ctx):
    """HEAD tells the validators of GET."""
    get, head = ctx.ask(last(FILE)), ctx.ask(last(FILE, m="HEAD"), "HEAD")
    for name in ("etag", "last-modified"):
        want(get.get(name) == head.get(name), f"{name}: {get.get(name)} and {head.get(name)}")


cond("tag-is-sent", "9110 8.8.3", SHOULD, "Accept: */*", A(200, has("ETag")))
cond("last-modified-is-sent", "9110 8.8.2", SHOULD, "Accept: */*",
     A(200, lambda a: want(a.get("last-modified") == OLD_IMF, f"it is {a.get('last-modified')}")))
cond("of-the-future", "9110 8.8.2.1", MUST, "Accept: */*", A(200, body("future.txt")),
     target="/future.txt")
cond("strong-for-an-old-file", "9110 8.8.1", POLICY, "Accept: */*",
     A(200, lambda a: want(not a.get("etag").startswith("W/"), "the tag is weak")))
