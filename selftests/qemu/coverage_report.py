#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# What the counts of a module that counts (GCOV_PROFILE) say about its lines.
#
#	coverage_report.py [--tap] [--partial WHY] OUT DIR...
#
# Each DIR has what `coverage --collect` fetched from one guest; counts of several are
# added up.  A line of a header, which is compiled into several objects, is one line.
# Each DIR is kept by those who made it, so that after a change of the reasons the report
# can be had again: coverage_report.py --tap out/coverage out/coverage/counts/*
#
# Written to OUT:
#
#	summary.txt	lines and those reached, by file; also printed
#	unreached.txt	the lines that were not reached, below the reason for it
#	FILE.gcov	the source with a count at each line, ##### where it is 0
#
# The reasons are in the file `unreached` beside this script; its head says how they are
# written.  With --tap what is printed is a report of points: enough of the lines were
# reached; few enough were missed without a reason; the list of reasons speaks of lines
# that are there.  With --partial, because something did not run, the first two
# are skipped, for WHY.  Exit status: 0, or 1 when there are no counts or a point failed.

import argparse
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
# Of the lines, so many of a hundred have to be reached.
ENOUGH = 90
# Of the lines, so many of a hundred may be missed without a reason: in a single run, some
# paths that two processors have to be in the right moment for are not taken.
BY_CHANCE = 1


def fail(why):
    print(f"coverage: {why}", file=sys.stderr)
    sys.exit(1)


def plain(text):
    return " ".join(text.split())


class Source:
    """One file: its text, the function of each line, the counts of lines."""

    def __init__(self, name, path):
        self.name = name
        self.counts = {}
        with open(path, encoding="utf-8") as f:
            self.text = [""] + f.read().split("\n")
        self.function = [None] * len(self.text)
        # Kernel style: the braces of a function, and no others, stand in column 0
        # on lines of their own.
        head, inside = 0, None
        for number, line in enumerate(self.text):
            if line == "{":
                names = re.findall(r"(\w+)\(", " ".join(self.text[head:number]))
                inside = names[0] if names else None
                self.function[head:number] = [inside] * (number - head)
            self.function[number] = inside
            if line.startswith("}"):
                inside = None
            elif re.match(r"[A-Za-z_]", line) and not line.endswith(":"):
                head = number

    def reached(self):
        return sum(1 for count in self.counts.values() if count)

    def unreached(self):
        return [number for number in sorted(self.counts) if not self.counts[number]]


def add_guest(sources, top):
    """Add the counts of one guest."""
    counts = []
    for where, _, files in os.walk(top):
        counts += [os.path.join(where, f) for f in files if f.endswith(".gcda")]
    if not counts:
        fail(f"no counts in {top}")
    said = subprocess.run(["gcov", "--json-format", "--stdout", *sorted(counts)], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=top).stdout
    for line in said.decode().splitlines():
        if not line.strip():
            continue
        unit = json.loads(line)
        for file in unit["files"]:
            path = os.path.normpath(os.path.join(unit["current_working_directory"],
                                                 file["file"]))
            if "/kmod/" not in path:
                continue		# the kernel's own headers
            name = path.rsplit("/kmod/", 1)[1]
            if name not in sources:
                sources[name] = Source(name, top + path)
            into = sources[name].counts
            for entry in file["lines"]:
                number = entry["line_number"]
                into[number] = into.get(number, 0) + entry["count"]


def read_reasons(path):
    """The list of reasons: [(reason, [(file, function, text or None)])]."""
    reasons = []
    fresh = True
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("#") or not line.strip():
                fresh = True
            elif not line[0].isspace():
                if fresh or reasons[-1][1]:
                    reasons.append(["", []])
                reasons[-1][0] = plain(reasons[-1][0] + " " + line)
                fresh = False
            else:
                where, _, text = line.partition(" | ")
                file, function = where.split()
                reasons[-1][1].append((file, function, plain(text) or None))
                fresh = False
    return reasons


def match(sources, reasons):
    """The reason of lines, {(file, line): reason}, and entries for which there is none."""
    why, stale = {}, []
    for reason, entries in reasons:
        for file, function, text in entries:
            source = sources.get(file)
            lines = [number for number in range(1, len(source.text))
                     if source.function[number] == function and
                     (text is None or plain(source.text[number]) == text)] if source else []
            if not lines:
                stale.append(f"{file} {function}" + (f" | {text}" if text else ""))
            for number in lines:
                why[file, number] = reason
    return why, stale


def write_gcov(out, source):
    with open(os.path.join(out, source.name.replace("/", "-") + ".gcov"), "w",
              encoding="utf-8") as f:
        for number, text in enumerate(source.text[1:], 1):
            count = source.counts.get(number)
            shown = "-" if count is None else str(count or "#####")
            print(f"{shown:>9}:{number:5}:{text}", file=f)


def row(name, reached, lines):
    # Rounded down: 89.96 are not 90.
    share = reached * 1000 // lines / 10
    return f"{name:<24} {reached:>8} {lines:>8} {share:>6.1f}%"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--tap", action="store_true")
    options.add_argument("--partial", metavar="WHY")
    options.add_argument("out")
    options.add_argument("dirs", nargs="+")
    options = options.parse_args()

    sources = {}
    for top in options.dirs:
        add_guest(sources, os.path.realpath(top))
    files = [sources[name] for name in sorted(sources)]
    reasons = read_reasons(os.path.join(HERE, "unreached"))
    why, stale = match(sources, reasons)

    os.makedirs(options.out, exist_ok=True)
    reached = sum(source.reached() for source in files)
    lines = sum(len(source.counts) for source in files)
    table = [f"{'file':<24} {'reached':>8} {'lines':>8} {'share':>7}"]
    table += [row(source.name, source.reached(), len(source.counts)) for source in files]
    table += [row("all", reached, lines)]
    with open(os.path.join(options.out, "summary.txt"), "w", encoding="utf-8") as f:
        print("\n".join(table), file=f)
    for source in files:
        write_gcov(options.out, source)

    by_reason = {}
    for source in files:
        for number in source.unreached():
            told = f"{source.name}:{number}\t{source.function[number]}\t" + \
                plain(source.text[number])
            by_reason.setdefault(why.get((source.name, number)), []).append(told)
    unexplained = by_reason.pop(None, [])
    with open(os.path.join(options.out, "unreached.txt"), "w", encoding="utf-8") as f:
        for reason, missed in [*by_reason.items(), ("Without a reason", unexplained)]:
            print(f"{reason} ({len(missed)} lines)", *missed, sep="\n\t", end="\n\n", file=f)

    if not options.tap:
        print("\n".join(table))
        return 0
    bad = 0
    skip = f" # SKIP {options.partial}" if options.partial else ""

    def point(number, holds, name):
        nonlocal bad
        bad += not holds
        print(f"{'' if holds else 'not '}ok {number} - {name}")

    print("# " + "\n# ".join(table))
    print(f"# not reached: {lines - reached} lines, {len(unexplained)} without a reason:")
    for told in unexplained:
        print("#   " + told.expandtabs(4))
    point(1, skip or reached * 100 >= lines * ENOUGH,
          f"at least {ENOUGH} % of the lines of kmod/ were reached{skip}")
    point(2, skip or len(unexplained) * 100 <= lines * BY_CHANCE,
          f"at most {BY_CHANCE} % were not reached without a reason{skip}")
    point(3, not stale, "each reason is for a line that is there")
    for entry in stale:
        print("# not there: " + entry)
    print("1..3")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
