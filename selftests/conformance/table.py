# SPDX-License-Identifier: GPL-2.0-only
"""
table - results of several servers as reStructuredText

	table.py --kernel K --nginx VERSION --lighttpd VERSION FILE...

FILEs are what suite.py --results wrote, one for each server. First the totals, then a row a
case and a table an area.
"""

import argparse
import json

LEVELS = ("must", "should", "policy")


def row(*cells):
    return "   " + ", ".join(f'"{c}"' for c in cells)


def table(title, head, rows):
    print(f".. csv-table:: {title}\n   :header: " + ", ".join(f'"{h}"' for h in head) + "\n")
    for r in rows:
        print(row(*r))
    print()


def total(cases, level):
    """Passed of those that said anything about this server."""
    words = [c[3] for c in cases if c[2] == level and c[3] != "n/a"]
    return f"{sum(w in ('ok', 'same') for w in words)} of {len(words)}"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--kernel", required=True)
    p.add_argument("--nginx", required=True)
    p.add_argument("--lighttpd", required=True)
    p.add_argument("files", nargs="+")
    o = p.parse_args()
    runs = []
    for name in o.files:
        with open(name, encoding="utf-8") as f:
            runs.append(json.load(f))
    names = [r["server"] for r in runs]
    rows = list(zip(*(r["cases"] for r in runs)))
    assert all(len({c[0] for c in cases}) == 1 for cases in rows)

    print(".. SPDX-License-Identifier: GPL-2.0-only\n\n"
          ".. written by selftests/conformance/compare\n")
    print(f"Linux {o.kernel} of Debian; nginx {o.nginx}, lighttpd {o.lighttpd}; "
          f"{len(rows)} cases.\n")
    table("totals", ["level", *names],
          [[level, *(total(r["cases"], level) for r in runs)] for level in LEVELS])
    areas = []
    for cases in rows:
        area = cases[0][0].partition("/")[0]
        if area not in areas:
            areas.append(area)
    for area in areas:
        mine = [cases for cases in rows if cases[0][0].partition("/")[0] == area]
        table(area, ["case", "RFC", "level", *names],
              [[c[0][0].partition("/")[2], c[0][1], c[0][2], *(x[3] for x in c)] for c in mine])


if __name__ == "__main__":
    main()
