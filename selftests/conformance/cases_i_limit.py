# SPDX-License-Identifier: GPL-2.0-only
"""The limits of docs/http.rst, each on both sides of its value; and tunables, set for one case."""

import html
import re
import urllib.parse

from case import (A, CLOSED, G, KEPT, POLICY, area, body, case, custom, empty, field, has, lacks,
                  last, page, part, says_close, text_lacks, want)
from docroot import FILES, OLD_IMF

# of docroot.py's directory of odd names, those that a listing shows
LISTED_FILES = [n[5:] for n in map(str, FILES) if n.startswith("list/") and "secret" not in n]

OK = A(200, body("probe.txt"))


def head_of(size, fill="X-Fill: "):
    """A request head of exactly so many bytes."""
    bare = G("/probe.txt", fill)
    return G("/probe.txt", fill + "a" * (size - len(bare)))


def limit(name, ref, data, *wanted, then=KEPT, **kw):
    case(name, ref, POLICY, data, *wanted, then=then, **kw)


area("limit")
limit("head-of-16384", "9110 5.4", head_of(16384), OK)
limit("head-of-16385", "9110 5.4", head_of(16385), A(431, page), then=CLOSED)
limit("target-of-8000", "9112 3", G("/probe.txt?" + "a" * (8000 - 11)), OK)
limit("target-of-8001", "9112 3", G("/probe.txt?" + "a" * (8001 - 11)), A(414, page), then=CLOSED)
limit("fields-100", "9110 5.4", G("/probe.txt", *[f"X-{i}: a" for i in range(99)]), OK)
limit("fields-101", "9110 5.4", G("/probe.txt", *[f"X-{i}: a" for i in range(100)]), A(431, page),
      then=CLOSED)
limit("method-of-32", "9112 3", G(m="M" * 32), A(501))
limit("method-of-33", "9112 3", G(m="M" * 33), A(501), then=CLOSED)
limit("body-of-65536", "9112 6.3", G("/probe.txt", "Content-Length: 65536", content=b"x" * 65536) +
      G(), OK, OK)
limit("body-of-65537", "9110 15.5.14", G("/probe.txt", "Content-Length: 65537",
                                         content=b"x" * 65537), A(413, page),
      then=CLOSED)
limit("body-of-2-to-the-63", "9110 15.5.14", G("/probe.txt", "Content-Length: 9223372036854775807"),
      A(413, says_close),
      then=CLOSED)
limit("extension-of-1000", "9112 7.1.1", G("/probe.txt", "Transfer-Encoding: chunked",
                                          content=b"1;" + b"a" * 1000 + b"\r\nx\r\n0\r\n\r\n") +
      G(), OK, OK)
limit("trailer-of-4000", "9110 6.5", G("/probe.txt", "Transfer-Encoding: chunked",
                                      content=b"0\r\nX: " + b"a" * 4000 + b"\r\n\r\n") + G(), OK,
      OK)
limit("ranges-8", "9110 14.2", G("/alphabet.txt", "Range: bytes=" +
                                 ",".join(f"{n}-{n}" for n in range(0, 16, 2))),
      A((206, 200), part("alphabet.txt", *[(n, n) for n in range(0, 16, 2)])))
limit("ranges-8-that-touch", "9110 14.2", G("/alphabet.txt", "Range: bytes=" +
                                            ",".join(f"{n}-{n}" for n in range(8))),
      A(206, part("alphabet.txt", (0, 7))))
limit("ranges-9-that-touch", "9110 14.2", G("/alphabet.txt", "Range: bytes=" +
                                            ",".join(f"{n}-{n}" for n in range(9))),
      A(200, body("alphabet.txt")))

area("tunable")
SMALL = {"max_header_len": "256"}
limit("max_header_len-holds", "9110 5.4", head_of(256), OK, settings=SMALL, then="done")
limit("max_header_len-431", "9110 5.4", head_of(257), A(431, page), settings=SMALL, then=CLOSED)
limit("max_header_len-414", "9112 3", G("/probe.txt?" + "a" * 300), A(414, page), settings=SMALL,
      then=CLOSED)
limit("max_object_size-403", "9110 15.5.4", G("/big.bin"), A(403, page),
      settings={"max_object_size": "299999"})
limit("max_object_size-holds", "9110 15.5.4", G("/big.bin"), A(200, body("big.bin")),
      settings={"max_object_size": "300000"})
limit("mode_forbidden", "9110 15.5.4", G("/alphabet.txt"), A(403, page),
      settings={"mode_forbidden": "0200"}, then="done")
limit("mode_allowed", "9110 15.5.4", G("/alphabet.txt"), A(403, page),
      settings={"mode_allowed": "0111"}, then="done")
limit("hide_dot_files", "9110 17.3", G("/.hidden") + G("/.well-known/x.txt"),
      A(200, body(".hidden")),
      A(200, body(".well-known/x.txt")), settings={"hide_dot_files": "0"})
limit("header_timeout-408", "9110 15.5.9", G()[:-2], A(408, page, says_close),
      settings={"header_timeout": "1"},
      then=CLOSED)
limit("header_timeout-without-a-byte", "9112 9.5", b"", A(0), settings={"header_timeout": "1"},
      then=CLOSED)
limit("header_timeout-within-body", "9112 9.5",
      G("/probe.txt", "Content-Length: 9", content=b"hello"), OK,
      settings={"header_timeout": "1"}, then=CLOSED)
limit("keepalive_timeout", "9112 9.5", G(), OK, settings={"keepalive_timeout": "1"}, then=CLOSED)

CACHED = {"cache_control": "public, max-age=60"}
SAYS = field("cache-control", "public, max-age=60")
limit("cache_control", "9111 5.2", G(), A(200, SAYS), settings=CACHED)
limit("cache_control-of-304", "9110 15.4.5", G("/probe.txt", "If-None-Match: *"), A(304, SAYS),
      settings=CACHED)
limit("cache_control-of-206", "9110 15.3.7", G("/alphabet.txt", "Range: bytes=0-4"),
      A(206, SAYS, part("alphabet.txt", (0, 4))), settings=CACHED)
limit("cache_control-of-head", "9110 9.3.2", G(m="HEAD"), A(200, SAYS, method="HEAD"),
      settings=CACHED)
limit("cache_control-not-of-404", "9111 5.2", G("/nothing") + G("/dir"),
      A(404, lacks("Cache-Control")),
      A(301, lacks("Cache-Control")), settings=CACHED)
limit("cache_control-by-default", "9111 5.2", G(), A(200, lacks("Cache-Control")))

UNTAGGED = {"generate_etags": "0"}
limit("generate_etags", "9110 8.8.3", G(), A(200, lacks("ETag"), has("Last-Modified")),
      settings=UNTAGGED)
limit("generate_etags-304-has-the-date", "9110 15.4.5",
      G("/probe.txt", f"If-Modified-Since: {OLD_IMF}"),
      A(304, lacks("ETag"), has("Last-Modified")), settings=UNTAGGED)
limit("generate_etags-no-tag-matches", "9110 13.1.1", G("/probe.txt", 'If-Match: "a"'), A(412),
      settings=UNTAGGED)
limit("generate_etags-star-matches", "9110 13.1.1", G("/probe.txt", "If-Match: *"), OK,
      settings=UNTAGGED)

LISTED = {"http_dir_indexing": "1"}
limit("http_dir_indexing", "9110 8.3", G("/list/") + G(),
      A(200, field("content-type", "text/html; charset=utf-8"),
        field("x-content-type-options", "nosniff"),
        lacks("ETag", "Last-Modified", "Accept-Ranges"), field("cache-control", "no-cache"),
        text_lacks("<b>", ".secret", "forbidden")), OK, settings=LISTED)
limit("http_dir_indexing-of-head", "9110 9.3.2", G("/list/", m="HEAD"),
      A(200, empty, method="HEAD"),
      settings=LISTED)
limit("http_dir_indexing-in-pieces", "9112 2.2", G("/list/"), A(200), settings=LISTED,
      deliver="byte by byte")
limit("http_dir_indexing-ignores-ranges", "9110 14.2", G("/list/", "Range: bytes=0-4"), A(200),
      settings=LISTED)
limit("http_dir_indexing-not-above-an-index", "9110 4.2.3", G("/dir/"),
      A(200, body("dir/index.html")),
      settings=LISTED)
limit("http_dir_indexing-off", "9110 15.5.5", G("/list/"), A(404, page))


@custom("http_dir_indexing-links-work", "3986 2.1", POLICY, settings=LISTED)
def links_work(ctx):
    """Every link of the page leads to the file that it names."""
    a = ctx.ask(last("/list/"))
    want(a.status == 200, f"status {a.status}")
    links = [html.unescape(h) for h in re.findall(r'href="([^"]*)"', a.body.decode())]
    links = [h for h in links if not h.startswith("..") and h != "/"]
    want(len(links) == len(LISTED_FILES), f"links: {links}")
    got = {ctx.ask(last(urllib.parse.urljoin("/list/", h))).body for h in links}
    want(got == {FILES[f"list/{n}"] for n in LISTED_FILES}, f"links: {links}")

area("precompressed")
CODED = {"http_precompressed": "1"}
VARIES = field("vary", "Accept-Encoding")


def coded(name, accept, coding, file, target="/page.html", *checks, status=200, fields=(), **kw):
    """This file is sent, in this coding (None: as it is)."""
    def check(a):
        want(a.get("content-encoding") == coding, f"coded as {a.get('content-encoding')}")
        want(a.method == "HEAD" or a.status != 200 or a.body == FILES[file], f"not {file}")
    limit(name, "9110 12.5.3", G(target, f"Accept-Encoding: {accept}", *fields,
                                 m=kw.get("method", "GET")),
          A(status, check, *checks, **kw), settings=CODED)


HTML = field("content-type", "text/html; charset=utf-8")
coded("gzip", "gzip", "gzip", "page.html.gz", "/page.html", VARIES, HTML)
coded("br", "br", "br", "page.html.br", "/page.html", VARIES, HTML)
coded("zstd", "zstd", "zstd", "page.html.zst", "/page.html", VARIES, HTML)
coded("best-of-equals", "gzip, zstd, br, deflate", "br", "page.html.br", "/page.html", VARIES)
coded("second-of-equals", "gzip, zstd", "zstd", "page.html.zst", "/page.html", VARIES)
coded("by-quality", "gzip;q=0.9, br;q=0.8, zstd;q=0.899", "gzip", "page.html.gz")
coded("by-quality-identity", "identity, gzip;q=0.5, br;q=0.5", None, "page.html", "/page.html",
      VARIES)
coded("star", "*", "br", "page.html.br")
coded("star-is-for-the-others", "*;q=0.1, gzip", "gzip", "page.html.gz")
coded("x-gzip", "x-gzip", "gzip", "page.html.gz")
coded("upper-case", "GZIP", "gzip", "page.html.gz")
coded("blanks", "\t gzip ; q=1.000 ,br ;q=0", "gzip", "page.html.gz")
coded("identity-varies", "identity", None, "page.html", "/page.html", VARIES, HTML)
coded("none-fits", "rot13", None, "page.html", "/page.html", VARIES)
coded("all-refused-but-identity", "gzip;q=0, br;q=0, zstd;q=0", None, "page.html")
for text, what in (("2", "two"), ("1.0000", "four-digits"), ("1.001", "above-one"), ("a", "letter"),
                   ("", "empty"), ("-1", "minus"), (".5", "no-zero")):
    coded(f"bad-weight-{what}", f"gzip;q={text}", None, "page.html")
coded("one-sibling", "br, gzip;q=0.1", "gzip", "onlygz.css.gz", "/onlygz.css", VARIES,
      field("content-type", "text/css; charset=utf-8"))
coded("no-sibling", "gzip, br, zstd", None, "alphabet.txt", "/alphabet.txt", lacks("Vary"))
coded("older-sibling", "gzip", None, "stale.html", "/stale.html")
coded("sibling-by-name", "gzip", None, "page.html.gz", "/page.html.gz", lacks("Vary"),
      field("content-type", "application/gzip"))
coded("head", "gzip", "gzip", "page.html.gz", "/page.html", VARIES, method="HEAD")
coded("range-of-the-coded", "gzip", "gzip", "page.html.gz", "/page.html", VARIES,
      part("page.html.gz", (0, 9)), status=206, fields=("Range: bytes=0-9",))
limit("nothing-acceptable", "9110 15.5.7", G("/page.html", "Accept-Encoding: *;q=0"), A(406, page),
      settings=CODED)
limit("identity-refused", "9110 12.5.3", G("/alphabet.txt", "Accept-Encoding: identity;q=0"),
      A(406, page), settings=CODED)
limit("identity-refused-but-coded", "9110 12.5.3",
      G("/page.html", "Accept-Encoding: identity;q=0, gzip"),
      A(200, VARIES, field("content-encoding",
                                                                                  "gzip")),
      settings=CODED)
limit("switched-off", "9110 12.5.3", G("/page.html", "Accept-Encoding: gzip, br"),
      A(200, body("page.html"), lacks("Content-Encoding", "Vary")),
      settings={"http_precompressed": "0"})


@custom("tag-of-the-coded", "9110 8.8.3.3", POLICY, settings=CODED)
def tag_of_the_coded(ctx):
    """The tag of one coding revalidates that coding alone; its 304 has tag and Vary."""
    accept = "Accept-Encoding: gzip"
    plain, packed = ctx.ask(last("/page.html")), ctx.ask(last("/page.html", accept))
    want(packed.get("content-encoding") == "gzip", "not coded")
    want(plain.get("etag") != packed.get("etag"), "both have the same tag")
    again = ctx.ask(last("/page.html", accept, f"If-None-Match: {packed.get('etag')}"))
    want(again.status == 304, f"status {again.status}")
    want(again.get("etag") == packed.get("etag"), f"tag {again.get('etag')}")
    VARIES(again)
    other = ctx.ask(last("/page.html", accept, f"If-None-Match: {plain.get('etag')}"))
    want(other.status == 200 and other.body == FILES["page.html.gz"], "the plain tag fits")
