# SPDX-License-Identifier: GPL-2.0-only
"""Paths: percent-decoding, dot segments, what is outside, redirects, index files."""

from case import (A, G, KEPT, MUST, POLICY, R, SHOULD, area, body, case, has, lacks, location, page,
                  text_lacks)


def path(name, ref, level, target, *wanted, then=None, **kw):
    case(name, ref, level, G(target), *wanted, ours_then=then or KEPT, **kw)


def served(name, ref, level, target, file):
    path(name, ref, level, target, A(200, body(file)))


area("path")
served("letters", "3986 3.3", MUST, "/alphabet.txt", "alphabet.txt")
served("escaped-letter", "3986 6.2.2.2", MUST, "/%61lphabet.txt", "alphabet.txt")
served("all-escaped", "3986 6.2.2.2", MUST, "/" + "".join(f"%{ord(c):02x}" for c in "alphabet.txt"),
       "alphabet.txt")
served("upper-and-lower-hex", "3986 2.1", MUST, "/gr%c3%bC%C3%9fe-%e2%98%83.txt",
       "gr\u00fc\u00dfe-\u2603.txt")
served("decoded-once", "3986 2.4", MUST, "/%2541.txt", "%41.txt")
served("decoded-at-all", "3986 2.4", MUST, "/%41.txt", "A.txt")
served("escaped-space", "3986 2.1", MUST, "/sp%20ace.txt", "sp ace.txt")
served("plus-is-plus", "3986 2.2", MUST, "/a+b.txt", "a+b.txt")
served("escaped-plus", "3986 2.2", MUST, "/a%2Bb.txt", "a+b.txt")
served("blank-is-no-plus", "3986 2.2", MUST, "/a%20b.txt", "a b.txt")
served("escaped-question-mark", "3986 2.2", MUST, "/q%3Fmark.txt", "q?mark.txt")
served("escaped-hash", "3986 2.2", MUST, "/h%23ash.txt", "h#ash.txt")
served("semicolon", "3986 3.3", MUST, "/semi;colon.txt", "semi;colon.txt")
served("escaped-semicolon", "3986 3.3", MUST, "/semi%3bcolon.txt", "semi;colon.txt")
served("ampersand-and-equals", "3986 3.3", MUST, "/am&per=sand.txt", "am&per=sand.txt")
served("sub-delims", "3986 3.3", MUST, "/~tilde!$'()*,:@.txt", "~tilde!$'()*,:@.txt")
served("escaped-brackets", "3986 2.2", MUST, "/b%5B1%5D.txt", "b[1].txt")
served("bare-brackets", "3986 2.2", POLICY, "/b[1].txt", "b[1].txt")
served("utf-8", "3986 2.5", MUST, "/gr%C3%BC%C3%9Fe-%E2%98%83.txt", "gr\u00fc\u00dfe-\u2603.txt")
served("latin-1", "3986 2.5", POLICY, "/latin-%E9.txt", b"latin-\xe9.txt")
path("has-case", "3986 6.2.2.1", MUST, "/ALPHABET.TXT", A(404))
path("other-nothing", "9110 15.5.5", MUST, "/nothing", A(404, ours_checks=(page,)))
path("below-nothing", "9110 15.5.5", MUST, "/no/such/thing.txt", A(404))
path("file-as-directory", "9110 15.5.5", POLICY, "/alphabet.txt/", A(404))
path("below-a-file", "9110 15.5.5", POLICY, "/alphabet.txt/x", A(404))
path("parameter-is-part-of-the-name", "3986 3.3", POLICY, "/alphabet.txt;v=1", A(404))
path("long-name", "9110 15.5.5", MUST, "/" + "n" * 300, A((404, 403, 414), ours=404))
path("deep", "9110 15.5.5", MUST, "/d" * 200, A((404, 414), ours=404))
path("long-path", "9112 3", MUST, "/" + "x/" * 2500, A((404, 414)))
for text, what in (("%", "alone"), ("%4", "one-digit"), ("%zz", "letters"), ("%4g", "half"),
                   ("%%41", "twice"),
                   ("%u0041", "u")):
    path(f"malformed-escape-{what}", "3986 2.1", SHOULD, f"/A{text}.txt",
         A((400, 404), ours=400, ours_checks=(page,)))
served("malformed-escape-in-query", "3986 2.1", POLICY, "/probe.txt?%zz", "probe.txt")
for octet in (0x00, 0x01, 0x0a, 0x0d, 0x1f, 0x7f):
    path(f"escaped-control-{octet:02x}", "3986 7.3", POLICY, f"/a%{octet:02x}b.txt", A(400))
path("nul-does-not-end-the-name", "3986 7.3", MUST, "/alphabet.txt%00.html",
     A((400, 404), ours=400))
path("line-end-does-not-split", "9110 17.5", MUST, "/dir%0d%0aX-Injected:%20a",
     A((400, 404, 403), lacks("X-Injected"),
                                                                           ours=400))
path("escaped-slash", "3986 2.2", POLICY, "/dir%2findex.html", A(404))
served("doubled-slash", "3986 3.3", POLICY, "//alphabet.txt", "alphabet.txt")
served("doubled-slash-within", "3986 3.3", POLICY, "/dir//sub///file.txt", "dir/sub/file.txt")

area("dots")
REF = "3986 5.2.4"
served("here", REF, SHOULD, "/./alphabet.txt", "alphabet.txt")
served("here-within", REF, SHOULD, "/dir/./sub/././file.txt", "dir/sub/file.txt")
served("up", REF, SHOULD, "/dir/../alphabet.txt", "alphabet.txt")
served("up-twice", REF, SHOULD, "/dir/sub/../../alphabet.txt", "alphabet.txt")
served("up-and-down", REF, SHOULD, "/dir/../dir/sub/../index.html", "dir/index.html")
served("up-out-of-nothing", REF, SHOULD, "/nothing/../alphabet.txt", "alphabet.txt")
served("up-at-the-end", REF, SHOULD, "/dir/sub/..", "dir/index.html")
served("here-at-the-end", REF, SHOULD, "/dir/.", "dir/index.html")
served("up-and-slash-at-the-end", REF, SHOULD, "/dir/sub/../", "dir/index.html")
served("escaped", "3986 6.2.2.2", SHOULD, "/dir/%2e%2e/alphabet.txt", "alphabet.txt")
served("half-escaped", "3986 6.2.2.2", SHOULD, "/dir/.%2E/%2e/alphabet.txt", "alphabet.txt")
served("in-the-query", "3986 3.4", POLICY, "/probe.txt?/../../x", "probe.txt")
path("three-are-a-name", REF, POLICY, "/...", A(404))
path("name-that-begins-with-two", REF, MUST, "/..nothing", A(404))
path("name-that-ends-with-two", REF, MUST, "/nothing..", A(404))
path("above-the-root", REF, POLICY, "/../alphabet.txt", A(400))
path("above-the-root-later", REF, POLICY, "/dir/../../alphabet.txt", A(400))
OUTSIDE = text_lacks("root:x:0:0")
for text, what in (("/../../../../etc/passwd", "plain"),
                   ("/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "escaped"),
                   ("/..%2f..%2f..%2fetc/passwd", "escaped-slashes"),
                   ("/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "all-escaped"),
                   ("/..%5c..%5cetc%5cpasswd", "backslashes"),
                   ("/%252e%252e/%252e%252e/etc/passwd", "escaped-twice"),
                   ("/....//....//etc/passwd", "four-dots"),
                   ("/dir/../../../etc/passwd", "from-below"),
                   ("/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", "overlong-utf-8"),
                   ("//etc/passwd", "doubled-slash"),
                   ("/./../.././../etc/passwd", "mixed"),
                   ("/..;/..;/etc/passwd", "with-parameters"),
                   ("/..%00/..%00/etc/passwd", "with-nul"),
                   ("/dir/..%2f..%2f..%2fetc/passwd", "half-escaped"),
                   ("/etc/passwd", "none")):
    path(f"outside-{what}", "9110 17.3", MUST, text, A((400, 403, 404), OUTSIDE), then="as said")
path("outside-in-absolute-form", "9110 17.3", MUST, "http://conf.example/../../../etc/passwd",
     A((400, 403, 404), OUTSIDE))

area("file")
path("hidden", "9110 17.3", POLICY, "/.hidden", A(404))
path("hidden-directory", "9110 17.3", POLICY, "/.well-known/x.txt", A(404))
path("not-readable-for-others", "9110 15.5.4", MUST, "/forbidden.txt",
     A((403, 404), text_lacks("forbidden\n"), ours=403,
                                                                        ours_checks=(page,)))
served("link", "9110 17.3", POLICY, "/link.txt", "alphabet.txt")
path("link-to-the-outside", "9110 17.3", POLICY, "/outside.txt", A(404, OUTSIDE))
path("link-that-climbs", "9110 17.3", POLICY, "/climb.txt", A(404, OUTSIDE))
served("index", "9110 4.2.3", POLICY, "/", "index.html")
served("index-of-a-directory", "9110 4.2.3", POLICY, "/dir/", "dir/index.html")
path("directory-without-index", "9110 15.5.5", MUST, "/noindex/",
     A((403, 404), text_lacks("file.txt"), ours=404))

area("redirect")
REDIRECT = (301, 302, 307, 308)
path("directory", "9110 15.4.2", SHOULD, "/dir",
     A(REDIRECT, location("/dir/"), ours=301, ours_checks=(page,)))
path("has-location", "9110 10.2.2", SHOULD, "/dir/sub",
     A((*REDIRECT, 403, 404), location("/dir/sub/"), ours=301))
path("keeps-the-query", "9110 15.4", POLICY, "/dir?a=b&c", A(301, location("/dir/?a=b&c")))
path("keeps-escapes", "9110 10.2.2", MUST, "/sp%20dir",
     A(REDIRECT, location("/sp%20dir/"), ours=301))
path("after-normalisation", "9110 10.2.2", MUST, "/dir/../dir",
     A(REDIRECT, location("/dir/", "/dir/../dir/"), ours=301))
path("not-to-another-host", "3986 4.2", MUST, "//dir",
     A((*REDIRECT, 400, 404), location("/dir/", "http://conf.example//dir/"),
                                                     ours=301))
path("not-to-another-host-escaped", "3986 4.2", MUST, "/%2fdir",
     A((*REDIRECT, 400, 404), location("/dir/", "/%2fdir/", "/%2Fdir/"),
                                                              ours=404))
path("not-to-the-backslash-host", "3986 4.2", MUST, "/%5cevil.example/..%5c/dir",
     A((400, 403, 404)))
case("query-is-not-markup", "9110 17.5", MUST,
     G("/dir?\"><script>alert(1)</script>".replace("<", "%3C").replace(">", "%3E")
                                                 .replace('"', "%22")),
     A((*REDIRECT, 400), text_lacks("<script>"), ours=301))
case("http10-without-host", "9110 10.2.2", MUST, R("GET /dir HTTP/1.0"),
     A((*REDIRECT, 200), has("Location"), ours=301))
path("of-the-index-directory", "9110 15.4.2", POLICY, "/noindex", A(301, location("/noindex/")))
