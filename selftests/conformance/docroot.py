# SPDX-License-Identifier: GPL-2.0-only
"""
docroot - the document root that the suite asks for

Every file has known bytes and a known time, so that an answer can be judged without a look
at the server's disk:

	docroot.py DIR		makes it there

The suite itself takes contents and times from here.
"""

import gzip
import os
import random
import struct
import sys

# Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples
OLD = 784111777
OLD_IMF = "Sun, 06 Nov 1994 08:49:37 GMT"
OLD_850 = "Sunday, 06-Nov-94 08:49:37 GMT"
OLD_ASC = "Sun Nov  6 08:49:37 1994"
EARLIER_IMF = "Sun, 06 Nov 1994 08:49:36 GMT"
EARLIER_850 = "Sunday, 06-Nov-94 08:49:36 GMT"
EARLIER_ASC = "Sun Nov  6 08:49:36 1994"
LATER_IMF = "Sun, 06 Nov 1994 08:49:38 GMT"
LATER_850 = "Monday, 07-Nov-94 08:49:37 GMT"
LATER_ASC = "Mon Nov  7 08:49:37 1994"
FUTURE = 4102444800     # 2100

ALPHABET = b"abcdefghijklmnopqrstuvwxyz"
PROBE = b"this is what follows\n"
PAGE = b"<!DOCTYPE html>\n<title>page</title>\n" + b"<p>A line that compresses well.</p>\n" * 40

SIZES = (0, 1, 4095, 4096, 4097, 16383, 16384, 16385, 65536, 300000)
SUFFIXES = ("html", "css", "js", "txt", "png", "jpg", "gif", "svg", "json", "woff2", "wasm", "xml",
            "pdf", "mp4", "ico", "webp", "HTML", "unknown-suffix")


def noise(size):
    return random.Random(size).randbytes(size)


def brotli_stored(data):
    """A brotli stream of one uncompressed meta-block (RFC 7932 9.2), and its end."""
    # WBITS 16: 0; ISLAST: 0; MNIBBLES: 4; MLEN - 1 in 16 bits; ISUNCOMPRESSED: 1
    bits = (len(data) - 1) << 4 | 1 << 20
    return struct.pack("<I", bits)[:3] + data + b"\x03"


def zstd_stored(data):
    """A zstd frame of one raw block (RFC 8878 3.1.1)."""
    return (b"\x28\xb5\x2f\xfd" + b"\x60" + struct.pack("<H", len(data) - 256) +
            struct.pack("<I", len(data) << 3 | 1)[:3] + data)


FILES = {
    "index.html": b"<!DOCTYPE html>\n<title>root</title>\n<p>The root.\n",
    "alphabet.txt": ALPHABET,
    "probe.txt": PROBE,
    "big.bin": noise(300000),
    "dir/index.html": b"<!DOCTYPE html>\n<title>dir</title>\n",
    "dir/sub/file.txt": b"deep\n",
    "noindex/file.txt": b"no index here\n",
    "sp dir/index.html": b"<!DOCTYPE html>\n<title>space</title>\n",
    "sp ace.txt": b"space\n",
    "a+b.txt": b"plus\n",
    "a b.txt": b"blank\n",
    "%41.txt": b"percent\n",
    "A.txt": b"letter\n",
    "q?mark.txt": b"question\n",
    "h#ash.txt": b"hash\n",
    "semi;colon.txt": b"semicolon\n",
    "am&per=sand.txt": b"ampersand\n",
    "~tilde!$'()*,:@.txt": b"punctuation\n",
    "b[1].txt": b"brackets\n",
    "gr\u00fc\u00dfe-\u2603.txt": b"utf-8\n",
    b"latin-\xe9.txt": b"latin-1\n",
    "...": b"three dots\n",
    ".hidden": b"hidden\n",
    ".well-known/x.txt": b"hidden, too\n",
    "forbidden.txt": b"forbidden\n",
    "future.txt": b"future\n",
    "page.html": PAGE,
    "page.html.gz": gzip.compress(PAGE, mtime=0),
    "page.html.br": brotli_stored(PAGE),
    "page.html.zst": zstd_stored(PAGE),
    "onlygz.css": PAGE,
    "onlygz.css.gz": gzip.compress(PAGE, mtime=0),
    "stale.html": b"<!DOCTYPE html>\n<title>newer than its sibling</title>\n",
    "stale.html.gz": gzip.compress(b"<!DOCTYPE html>\n<title>old</title>\n", mtime=0),
    "noext": b"no suffix\n",
    "list/plain.txt": b"plain\n",
    "list/<b>&'\"bold\".txt": b"markup\n",
    "list/a b#c?d%41;e:f.txt": b"delimiters\n",
    "list/gr\u00fc\u00dfe.txt": b"utf-8 in a list\n",
    "list/javascript:alert(1)": b"scheme\n",
    "list/.secret": b"hidden in a list\n",
    "list/secret-forbidden.txt": b"forbidden in a list\n",
}
FILES.update({f"size/{n}.bin": noise(n) for n in SIZES})
FILES.update({f"type/file.{s}": s.encode() + b"\n" for s in SUFFIXES})
LINKS = {
    "link.txt": "alphabet.txt",
    "outside.txt": "/etc/passwd",
    "climb.txt": "../../../../etc/passwd",
}
MODES = {"forbidden.txt": 0o600, "list/secret-forbidden.txt": 0o600}
TIMES = {"future.txt": FUTURE, "stale.html": OLD + 10}


def make(top):
    top = os.fsencode(top)
    os.makedirs(top, exist_ok=True)
    for name, data in FILES.items():
        path = os.path.join(top, os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, MODES.get(name, 0o644))
        os.utime(path, (OLD, TIMES.get(name, OLD)))
    for name, target in LINKS.items():
        path = os.path.join(top, os.fsencode(name))
        if not os.path.islink(path):
            os.symlink(target, path)
    for where, _, _ in os.walk(top):
        os.chmod(where, 0o755)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: docroot.py DIR")
    make(sys.argv[1])
