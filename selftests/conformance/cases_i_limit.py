# SPDX-License-Identifier: GPL-2.0-only
"""The limits of docs/http.rst, each on both sides of its value; and tunables, set for one case."""

from case import (A, CLOSED, G, KEPT, POLICY, R, Shut, Wait, area, body, case, custom, lacks, page, part, says_close,
                  text_lacks, want)

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
limit("fields-101", "9110 5.4", G("/probe.txt", *[f"X-{i}: a" for i in range(100)]), A(431, page), then=CLOSED)
limit("method-of-32", "9112 3", G(m="M" * 32), A(501))
limit("method-of-33", "9112 3", G(m="M" * 33), A(501), then=CLOSED)
limit("body-of-65536", "9112 6.3", G("/probe.txt", "Content-Length: 65536", content=b"x" * 65536) + G(), OK, OK)
limit("body-of-65537", "9110 15.5.14", G("/probe.txt", "Content-Length: 65537", content=b"x" * 65537), A(413, page),
      then=CLOSED)
limit("body-of-2-to-the-63", "9110 15.5.14", G("/probe.txt", "Content-Length: 9223372036854775807"), A(413, says_close),
      then=CLOSED)
limit("extension-of-1000", "9112 7.1.1", G("/probe.txt", "Transfer-Encoding: chunked",
                                          content=b"1;" + b"a" * 1000 + b"\r\nx\r\n0\r\n\r\n") + G(), OK, OK)
limit("trailer-of-4000", "9110 6.5", G("/probe.txt", "Transfer-Encoding: chunked",
                                      content=b"0\r\nX: " + b"a" * 4000 + b"\r\n\r\n") + G(), OK, OK)
limit("ranges-8", "9110 14.2", G("/alphabet.txt", "Range: bytes=" + ",".join(f"{n}-{n}" for n in range(0, 16, 2))),
      A((206, 200), part("alphabet.txt", *[(n, n) for n in range(0, 16, 2)])))
limit("ranges-8-that-touch", "9110 14.2", G("/alphabet.txt", "Range: bytes=" + ",".join(f"{n}-{n}" for n in range(8))),
      A(206, part("alphabet.txt", (0, 7))))
limit("ranges-9-that-touch", "9110 14.2", G("/alphabet.txt", "Range: bytes=" + ",".join(f"{n}-{n}" for n in range(9))),
      A(200, body("alphabet.txt")))

area("tunable")
SMALL = {"max_header_len": "256"}
limit("max_header_len-holds", "9110 5.4", head_of(256), OK, settings=SMALL, then="done")
limit("max_header_len-431", "9110 5.4", head_of(257), A(431, page), settings=SMALL, then=CLOSED)
limit("max_header_len-414", "9112 3", G("/probe.txt?" + "a" * 300), A(414, page), settings=SMALL, then=CLOSED)
limit("max_object_size-403", "9110 15.5.4", G("/big.bin"), A(403, page), settings={"max_object_size": "299999"})
limit("max_object_size-holds", "9110 15.5.4", G("/big.bin"), A(200, body("big.bin")),
      settings={"max_object_size": "300000"})
limit("mode_forbidden", "9110 15.5.4", G("/alphabet.txt"), A(403, page), settings={"mode_forbidden": "0200"}, then="done")
limit("mode_allowed", "9110 15.5.4", G("/alphabet.txt"), A(403, page), settings={"mode_allowed": "0111"}, then="done")
limit("hide_dot_files", "9110 17.3", G("/.hidden") + G("/.well-known/x.txt"), A(200, body(".hidden")),
      A(200, body(".well-known/x.txt")), settings={"hide_dot_files": "0"})
limit("header_timeout-408", "9110 15.5.9", G()[:-2], A(408, page, says_close), settings={"header_timeout": "1"},
      then=CLOSED)
limit("header_timeout-without-a-byte", "9112 9.5", b"", A(0), settings={"header_timeout": "1"}, then=CLOSED)
limit("header_timeout-within-body", "9112 9.5", G("/probe.txt", "Content-Length: 9", content=b"hello"), OK,
      settings={"header_timeout": "1"}, then=CLOSED)
limit("keepalive_timeout", "9112 9.5", G(), OK, settings={"keepalive_timeout": "1"}, then=CLOSED)
