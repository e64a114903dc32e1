# SPDX-License-Identifier: GPL-2.0-only
"""
site - a small site for a browser to look at

	site.py DIR FONT	makes it in DIR; FONT is a TrueType file to go with it

site/index.html needs its style sheet, script, image and font to look as it says; broken.html
refers to an image and a script that are not there.
"""

import os
import shutil
import struct
import sys
import zlib

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>A page</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script src="script.js" defer></script>
</head>
<body>
<h1 id="heading">Gr\u00fc\u00dfe \u2603</h1>
<p><img id="image" src="image.png" alt="a square"></p>
</body>
</html>
"""

STYLE = """@font-face {
	font-family: "Of the site";
	src: url("font.ttf") format("truetype");
}
h1 {
	color: rgb(1, 2, 3);
	font-family: "Of the site", monospace;
}
"""

SCRIPT = """"use strict";
document.getElementById("heading").dataset.ran = "yes";
"""

BROKEN = """<!DOCTYPE html>
<title>Broken</title>
<link rel="icon" href="data:,">
<img src="missing.png" alt="missing">
<script src="missing.js"></script>
"""


def png(width, height):
    """A red square."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    rows = (b"\0" + b"\xff\0\0" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR",
                                         struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def main():
    top = os.path.join(sys.argv[1], "site")
    os.mkdir(top)
    files = {"index.html": PAGE.encode(), "style.css": STYLE.encode(), "script.js": SCRIPT.encode(),
             "image.png": png(60, 40), "broken.html": BROKEN.encode()}
    for name, data in files.items():
        with open(os.path.join(top, name), "wb") as f:
            f.write(data)
    shutil.copyfile(sys.argv[2], os.path.join(top, "font.ttf"))
    for name in os.listdir(top):
        os.chmod(os.path.join(top, name), 0o644)
    os.chmod(top, 0o755)


if __name__ == "__main__":
    main()
