# SPDX-License-Identifier: GPL-2.0-only
"""
insn - guest instructions per request, a gauge that noise cannot touch

The guest runs with QEMU's -icount shift=0,sleep=off and one processor, so that its
clock advances by one nanosecond an instruction and by nothing else while
something runs.  Client (tuxload --serial) and server are both in the guest, back
to back over its loopback: while one waits the other works, and the time between
the first request and the last reply is the number of instructions that both of
them and the kernel below took.  The client's part is in the numbers, the same for
every server.

Everything is run twice (RUNS=N: N times), in guests of their own.  They must agree
within half a per cent, or it is said and the exit status is 1.

`insn.py files` is a measurement of its own (some minutes): what one of 100,000 distinct
files (FILES=N, thousands) costs, once all are cached, against a single one of them,
asked for again and again.  They are made in the guest, on tmpfs.

What this cannot show: caches, waiting, more than one processor.
"""

import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

import load
from progress import Progress

OUT = os.path.join(load.TOP, "out", "bench-insn")
SERVERS = os.environ.get("SERVERS", "tux null nginx lighttpd h2o").split()
KERNEL = os.environ.get("KERNEL", "6.12")
RUNS = int(os.environ.get("RUNS", 2))
TOLERANCE = 0.005

ONE_PACKET_SIZE = 1000      # with its head one segment
FILE_1M_SIZE = 1 << 20

# name, arguments of tuxload, which result counts.  Each is long enough (3e8
# instructions and more) for a timer tick more or less not to show.
WORKLOADS = [
    ("one_packet", ["--serial", "2000", "--skip", "300", "--uri", "/one-packet.html",
                    "--expect", "200", "--length", str(ONE_PACKET_SIZE)], "ns_per_request"),
    ("keepalive", ["--serial", "5000", "--skip", "500", "--requests", "100",
                   "--uri", "/one-packet.html", "--expect", "200",
                   "--length", str(ONE_PACKET_SIZE)], "ns_per_request"),
    ("304", ["--serial", "5000", "--skip", "500", "--requests", "100",
             "--uri", "/one-packet.html", "--conditional", "--expect", "304"],
     "ns_per_request"),
    ("404", ["--serial", "5000", "--skip", "500", "--requests", "100",
             "--uri", "/nothing.html", "--expect", "404"], "ns_per_request"),
    ("file_1m_per_byte", ["--serial", "40", "--skip", "8", "--requests", "100",
                          "--uri", "/1m.bin", "--expect", "200",
                          "--length", str(FILE_1M_SIZE)], "ns_per_byte"),
]

# `insn.py files`: the hot one first, then all.  Each is seen once before the clock starts.
FILES = int(os.environ.get("FILES", 100000)) // 1000 * 1000
FILES_NAME = "files_%dk" % (FILES // 1000)
FILES_URI = "/many/##/###.html"
FILES_ARGS = ["--requests", "100", "--uri", FILES_URI, "--expect", "200",
              "--length", str(ONE_PACKET_SIZE)]
FILES_WORKLOADS = [
    ("files_1", ["--serial", "20000", "--skip", "500", *FILES_ARGS], "ns_per_request"),
    (FILES_NAME, ["--serial", "20000", "--skip", str(FILES), "--files", str(FILES),
                  *FILES_ARGS], "ns_per_request"),
]
FILES_LIMIT = 1.1       # times the instructions of the hot one
MAKE_FILES = """
set -e
umask 022
one=$(cat /srv/www/one-packet.html; echo .)
mkdir /srv/www/many
d=0
while [ $d -lt %d ]; do
    dir=/srv/www/many/$(printf %%02d $d)
    mkdir $dir
    cd $dir
    d=$((d + 1))
    for f in 0 1 2 3 4 5 6 7 8 9; do for g in 0 1 2 3 4 5 6 7 8 9; do
        for h in 0 1 2 3 4 5 6 7 8 9; do
            printf %%s "${one%%.}" >$f$g$h.html
        done
    done; done
done
""" % (FILES // 1000)

# null has one canned answer: no files, no conditions
NULL_WORKLOADS = ("one_packet", "keepalive")

VISIT_SECONDS = 30      # about, for the progress line
FILES_SECONDS = 120
VISIT_LIMIT = 900

terminal = threading.Lock()


def workloads(server, files):
    if files:
        return FILES_WORKLOADS
    return [w for w in WORKLOADS if server != "null" or w[0] in NULL_WORKLOADS]


# ---- inside the namespace: one server ----

def guest(args, limit, stdin=subprocess.DEVNULL):
    return subprocess.run([os.environ["GUEST"], *args], stdin=stdin,
                          stdout=subprocess.PIPE, text=True, timeout=limit, check=True).stdout


def visit(server, path, files=""):
    with open(os.path.join(load.BIN, "tuxload"), "rb") as program:
        guest(["sh", "-c", "cat >/tmp/tuxload && chmod 755 /tmp/tuxload"], 60, program)
    if files:
        guest(["sh", "-c", MAKE_FILES], VISIT_LIMIT)
    results = {}
    for name, args, key in workloads(server, files):
        out = guest(["/tmp/tuxload", *args, "127.0.0.1"], VISIT_LIMIT)
        got = {k: float(v) for k, v in (line.split() for line in out.splitlines())}
        wrong = {k: got[k] for k in ("bad_status", "bad_length", "bad_content") if got[k]}
        if wrong:
            sys.exit("bench-insn: %s, %s: wrong replies: %s" % (server, name, wrong))
        results[name] = got[key]
        results["client_" + name] = got["client_ns"] / got["elapsed_ns"] * got[key]
    with open(path, "w") as f:
        json.dump(results, f)


# ---- outside ----

def make_docroot():
    where = os.path.join(OUT, "www")
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    for name, size in (("one-packet.html", ONE_PACKET_SIZE), ("1m.bin", FILE_1M_SIZE)):
        path = os.path.join(where, name)
        with open(path, "wb") as f:
            f.write((b"0123456789abcde\n" * (size // 16 + 1))[:size])
        os.chmod(path, 0o644)
    return where


def go(server, www, files):
    """One visit; its results, or None when it failed (it has said why)."""
    where = ["--fs", "tmpfs", "--mem", "2G"] if files else []
    with tempfile.NamedTemporaryFile("r", dir=OUT) as answer:
        done = subprocess.run(
            [load.WITH_SERVER, "--server", server, "--kernel", KERNEL, "--icount", "--cpu", "-",
             "--append", "nokaslr norandmaps",
             "--docroot", www, *where, "--", sys.executable, os.path.realpath(__file__),
             "visit", server, answer.name, *(["files"] if files else [])],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        if done.returncode:
            with terminal:
                sys.stderr.write("bench-insn: %s: exit status %d\n%s\n" %
                                 (server, done.returncode, done.stdout))
            return None
        return json.load(answer)


def summarise(results, servers, wanted):
    """Lines `name value` for the summary, rows for the table, and what differs too much."""
    lines, rows, bad = [], [], []
    for name, _, key in wanted:
        digits = 3 if key == "ns_per_byte" else 0
        for server in servers:
            runs = [r[name] for r in results[server] if r and name in r]
            if not runs:
                continue
            mean = sum(runs) / len(runs)
            spread = (max(runs) - min(runs)) / mean
            client = sum(r["client_" + name] for r in results[server] if r) / len(runs)
            metric = "insn_%s_%s" % (name, server)
            lines.append("%s %.*f" % (metric, digits, mean))
            rows.append((metric, digits, runs, spread, client))
            if spread > TOLERANCE:
                bad.append("%s differs by %.2f %%" % (metric, 100 * spread))
    return lines, rows, bad


def compare_files(results, servers):
    """What one of many costs, in terms of the hot one."""
    lines, bad = [], []
    for server in servers:
        cost = {}
        for name, _, _ in FILES_WORKLOADS:
            cost[name] = sum(r[name] for r in results[server] if r)
        if not cost["files_1"]:
            continue
        ratio = cost[FILES_NAME] / cost["files_1"]
        lines.append("insn_%s_over_1_%s %.3f" % (FILES_NAME, server, ratio))
        if server == "tux" and ratio >= FILES_LIMIT:
            bad.append("one of %d files costs %.3f times the hot one" % (FILES, ratio))
    return lines, bad


def write_results(out, lines, rows):
    with open(os.path.join(out, "summary.txt"), "w") as f:
        f.write("\n".join(lines) + "\n")
    with open(os.path.join(out, "results.csv"), "w") as f:
        f.write("name,run,instructions,client_thread\n")
        for metric, _, runs, _, client in rows:
            for i, value in enumerate(runs):
                f.write("%s,%d,%.4f,%.4f\n" % (metric, i + 1, value, client))


def main(files):
    servers = os.environ.get("SERVERS", "tux").split() if files else SERVERS
    out = os.path.join(OUT, "files") if files else OUT
    seconds = FILES_SECONDS if files else VISIT_SECONDS
    os.makedirs(out, exist_ok=True)
    load.build()
    www = make_docroot()
    jobs = [(run, server) for run in range(RUNS) for server in servers]
    at_once = min(len(os.sched_getaffinity(0)), len(jobs))
    progress = Progress(len(jobs), seconds * len(jobs) / at_once)
    results = {server: [] for server in servers}

    def job(which):
        run, server = which
        with terminal:
            progress.step("%s, run %d of %d" % (server, run + 1, RUNS),
                          seconds / at_once)
        return server, go(server, www, files)

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for server, got in pool.map(job, jobs):
            results[server].append(got)
    progress.clear()
    lines, rows, bad = summarise(results, servers, FILES_WORKLOADS if files else WORKLOADS)
    if files:
        more, worse = compare_files(results, servers)
        lines += more
        bad += worse
    write_results(out, lines, rows)
    print("Guest instructions, client included, kernel %s (runs: %d; client's thread alone)\n"
          % (KERNEL, RUNS))
    for metric, digits, runs, spread, client in rows:
        print("%-32s %s  %5.2f %%  %10.*f" % (
            metric, " ".join("%10.*f" % (digits, r) for r in runs), 100 * spread, digits, client))
    if files:
        print("\n" + "\n".join(more))
    print("\n%s" % os.path.join(out, "summary.txt"))
    failed = [s for s in servers if None in results[s]]
    for line in bad + ["%s: a run failed" % s for s in failed]:
        print("bench-insn: " + line, file=sys.stderr)
    return 1 if bad or failed else 0


if __name__ == "__main__":
    try:
        sys.exit(visit(*sys.argv[2:]) if sys.argv[1:2] == ["visit"] else
                 main(sys.argv[1:2] == ["files"]))
    except KeyboardInterrupt:
        sys.exit(130)
