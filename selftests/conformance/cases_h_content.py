# SPDX-License-Identifier: GPL-2.0-only
"""What answers carry: types, lengths, dates, codings, error pages."""

import email.utils
import time

from case import (A, G, KEPT, MUST, POLICY, R, SHOULD, area, body, case, custom, empty, field,
                  lacks, last, page, text_lacks, want)
from docroot import FILES, OLD_IMF, SIZES
from wire import parse_date

NOSNIFF = field("x-content-type-options", "nosniff")

area("type")
TYPES = {
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8", "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif",
    "svg": r"image/svg\+xml", "json": "application/json", "woff2": "font/woff2",
    "wasm": "application/wasm",
    "xml": "text/xml; charset=utf-8", "pdf": "application/pdf", "mp4": "video/mp4",
    "ico": "image/vnd.microsoft.icon",
    "webp": "image/webp", "HTML": "text/html; charset=utf-8",
    "unknown-suffix": "application/octet-stream",
}
for suffix, media in TYPES.items():
    name = "upper-case-suffix" if suffix == "HTML" else suffix
    case(name, "9110 8.3", POLICY, G(f"/type/file.{suffix}"),
         A(200, body(f"type/file.{suffix}"), field("content-type", media), NOSNIFF))
case("no-suffix", "9110 8.3", POLICY, G("/noext"),
     A(200, field("content-type", "application/octet-stream")))
case("is-sent", "9110 8.3", SHOULD, G("/alphabet.txt"),
     A(200, field("content-type", "text/plain.*")))
case("of-html-is-sent", "9110 8.3", SHOULD, G("/"), A(200, field("content-type", "text/html.*")))

area("content")
for size in SIZES:
    case(f"of-{size}-bytes", "9110 8.6", MUST, G(f"/size/{size}.bin"),
         A(200, body(f"size/{size}.bin"), field("content-length", str(size))), ours_then=KEPT)
    case(f"of-{size}-bytes-http10", "9112 6.3", MUST, G(f"/size/{size}.bin", v="1.0"),
         A(200, body(f"size/{size}.bin")))


@custom("head-says-what-get-says", "9110 9.3.2", SHOULD)
def head_parity(ctx):
    """The header fields of HEAD are those of GET."""
    for target in ("/alphabet.txt", "/", "/big.bin", "/nothing", "/dir", "/size/0.bin",
                   "/forbidden.txt", "/%zz"):
        get, head = ctx.ask(last(target)), ctx.ask(last(target, m="HEAD"), "HEAD")
        want(get.status == head.status, f"{target}: {get.status} and {head.status}")
        for name in {n for n, _ in get.fields} - {"date", "connection", "keep-alive"}:
            # what only follows from generating the content may be left out
            if name in ("content-length", "transfer-encoding",
                        "vary") and head.get(name) is None and not ctx.ours:
                continue
            want(get.get(name) == head.get(name),
                 f"{target}: {name}: {get.get(name)!r} and {head.get(name)!r}")


@custom("date-is-now", "9110 6.6.1", MUST)
def date_is_now(ctx):
    """The clocks of two machines may differ by some seconds."""
    date = parse_date(ctx.ask(last()).get("date"))
    want(abs(date - time.time()) < 120, f"{email.utils.formatdate(date)} is not now")


case("server", "9110 10.2.4", POLICY, G(), A(200, field("server", "TUX")))
case("last-modified", "9110 8.8.2", SHOULD, G(), A(200, field("last-modified", OLD_IMF)))
case("last-modified-of-the-future", "9110 8.8.2.1", MUST, G("/future.txt"),
     A(200, body("future.txt")))
case("range-is-offered", "9110 14.3", POLICY, G(), A(200, field("accept-ranges", "bytes")))

area("error")
PAGE = dict(ours_checks=(page,))


def error(name, ref, status, data, **kw):
    """Errors and redirects have a page of our own (docs/http.rst); HEAD has its head alone."""
    case(name, ref, POLICY, data, A(status, page, text_lacks("<script>"), **kw))


error("400", "9110 15.5.1", 400, R("GET / HTTP/1.1"))
error("403", "9110 15.5.4", 403, G("/forbidden.txt"))
error("404", "9110 15.5.5", 404, G("/nothing"))
error("405", "9110 15.5.6", 405, G(m="POST"))
error("412", "9110 15.5.13", 412, G("/", 'If-Match: "a"'))
error("413", "9110 15.5.14", 413, G("/", "Content-Length: 99999999"))
error("414", "9110 15.5.15", 414, G("/" + "a" * 9000))
error("416", "9110 15.5.17", 416, G("/alphabet.txt", "Range: bytes=99-"))
error("417", "9110 15.5.18", 417, G("/", "Expect: tea"))
error("421", "9110 15.5.20", 421, G("https://conf.example/"))
error("431", "6585 5", 431, G("/", "X: " + "a" * 17000))
error("501", "9110 15.6.2", 501, G(m="BREW"))
error("505", "9110 15.6.6", 505, G(v="2.0"))
error("301", "9110 15.4.2", 301, G("/dir"))
case("404-of-head", "9110 9.3.2", MUST, G("/nothing", m="HEAD"),
     A(404, empty, method="HEAD", ours_checks=(page,)),
     ours_then=KEPT)
case("400-of-head", "9110 9.3.2", MUST, R("HEAD / HTTP/1.1"),
     A(400, method="HEAD", ours_checks=(page, empty)))
case("412-of-head", "9110 9.3.2", MUST, G("/", 'If-Match: "a"', m="HEAD"),
     A((412, 200), empty, method="HEAD", ours=412, ours_checks=(page,)), ours_then=KEPT)
case("reflects-no-markup", "9110 17.5", MUST, G("/%3Cscript%3Ealert(1)%3C/script%3E"),
     A(404, text_lacks("<script>")))
case("404-http10", "9110 15.5.5", MUST, R("GET /nothing HTTP/1.0"), A(404, ours_checks=(page,)),
     then="closed")
case("has-no-validators", "9110 8.8", POLICY, G("/nothing"),
     A(404, lacks("ETag", "Last-Modified", "Accept-Ranges")))

area("coding-of-content")
SIBLINGS = {"gzip": "page.html.gz", "br": "page.html.br", "zstd": "page.html.zst"}


def negotiated(*accepted):
    """The page, plain or in a coding that the request accepts; a chosen one is told of in Vary."""
    def check(a):
        if a.status == 200:
            coding = a.get("content-encoding")
            want(coding is None or coding in accepted, f"coded as {coding}, accepted: {accepted}")
            want(a.method == "HEAD" or a.body == FILES[SIBLINGS.get(coding, "page.html")],
                 f"not the page in {coding}")
            want(coding is None or "accept-encoding" in a.tokens("vary"),
                 "coded, without Vary: Accept-Encoding")
            want((a.get("content-type") or "").startswith("text/html"),
                 f"type {a.get('content-type')}")
    return check


def accept(name, value, *accepted, ref="9110 12.5.3", statuses=(200,), **kw):
    case(name, ref, MUST,
         G("/page.html", *([f"Accept-Encoding: {value}"] if value is not None else [])),
         A(statuses, negotiated(*accepted), **kw), ours_then=KEPT)


accept("nothing-said", None)
accept("empty", "")
accept("identity", "identity")
accept("gzip", "gzip", "gzip")
accept("br", "br", "br")
accept("zstd", "zstd", "zstd")
accept("gzip-has-no-case", "GZip", "gzip")
accept("x-gzip", "x-gzip", "gzip")
accept("browser", "gzip, deflate, br, zstd", "gzip", "br", "zstd")
accept("gzip-refused", "gzip;q=0")
accept("gzip-refused-by-decimals", "gzip;q=0.000, br;q=0.0")
accept("others-refused", "gzip, *;q=0", "gzip", statuses=(200, 406))
accept("unknown", "rot13")
accept("star-but-gzip", "*, gzip;q=0", "br", "zstd")
accept("list-with-empty-elements", ", ,gzip,", "gzip", ref="9110 5.6.1.2")
accept("two-lines", "br;q=0\r\nAccept-Encoding: gzip", "gzip", ref="9110 5.3")
accept("identity-refused", "gzip, identity;q=0", "gzip", statuses=(200, 406))
accept("all-refused", "*;q=0", "identity", statuses=(200, 406))


@custom("tags-of-codings-differ", "9110 8.8.3.3", MUST)
def coded_tags(ctx):
    """The page and its coded form are two representations, so their strong tags differ."""
    tags = {}
    for coding in ("identity", "gzip", "br", "zstd"):
        a = ctx.ask(last("/page.html", f"Accept-Encoding: {coding}"))
        got = a.get("content-encoding") or "identity"
        tag = a.get("etag")
        if tag and not tag.startswith("W/"):
            want(tags.get(tag, got) == got, f"{tag} is the tag of {got} and of {tags.get(tag)}")
            tags[tag] = got


case("not-of-a-range", "9110 14.2", MUST, G("/page.html", "Accept-Encoding: gzip",
                                            "Range: bytes=0-9"),
     A((200, 206), lambda a: want(a.status == 200 or
                                  a.body == FILES[SIBLINGS.get(a.get("content-encoding"),
                                                               "page.html")][:10],
                                  "not the first bytes of what is coded so")))
case("file-named-gz-is-no-coding", "9110 8.4", POLICY, G("/page.html.gz"),
     A(200, body("page.html.gz"), lacks("Content-Encoding"),
       field("content-type", "application/gzip")))
