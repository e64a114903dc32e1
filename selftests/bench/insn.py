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
within half a per cent (smp: five), or it is said and the exit status is 1.

Three further measurements, each against the same without it, some minutes each:

`insn.py files`: what one of 100,000 distinct files (FILES=N, thousands) costs, once all
are cached, against a single one of them, asked for again and again.  They are made in the
guest, on tmpfs.
`insn.py idle`: with 10,000 idle connections (IDLE=N) beside the one that works.
`insn.py smp`: on two processors, instructions of both together.

What this cannot show: caches, waiting, processors that work at the same time.
"""

import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import typing

import load
from progress import Progress

OUT = os.path.join(load.TOP, "out", "bench-insn")
SERVERS = os.environ.get("SERVERS", "tux null nginx lighttpd h2o").split()
KERNEL = os.environ.get("KERNEL", "6.12")
RUNS = int(os.environ.get("RUNS", 2))

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

# `insn.py idle`
IDLE = int(os.environ.get("IDLE", 10000))
IDLE_NAME = "_idle_%dk" % (IDLE // 1000)
PLAIN_WORKLOADS = [w for w in WORKLOADS if w[0] in ("one_packet", "keepalive")]
IDLE_WORKLOADS = PLAIN_WORKLOADS + [
    (name + IDLE_NAME, [*args, "--idle", str(IDLE), "--idle-rate", "5000"], key)
    for name, args, key in PLAIN_WORKLOADS]

# null has one canned answer: no files, no conditions
NULL_WORKLOADS = tuple(w[0] for w in IDLE_WORKLOADS)

VISIT_LIMIT = 900


class Mode(typing.NamedTuple):
    """One measurement."""
    workloads: list
    seconds: int            # of a visit, about, for the progress line
    options: list           # of with-server, for every visit
    smp: tuple = (1,)       # processors; more than one: compared with one
    pairs: tuple = ()       # workloads, the second compared with the first; its name
    limit: float = 0        # and so many times as much is too much
    tolerance: float = 0.005


MODES = {
    "": Mode(WORKLOADS, 30, []),
    "files": Mode(FILES_WORKLOADS, 120, ["--fs", "tmpfs", "--mem", "2G"],
                  pairs=(("files_1", FILES_NAME, FILES_NAME + "_over_1"),), limit=1.1),
    "idle": Mode(IDLE_WORKLOADS, 60, ["--mem", "2G"],
                 pairs=tuple((w[0], w[0] + IDLE_NAME, w[0] + IDLE_NAME + "_over_none")
                             for w in PLAIN_WORKLOADS), limit=1.01),
    # Which processor does what is the scheduler's choice, and differs from run to run.
    "smp": Mode(PLAIN_WORKLOADS, 60, [], smp=(1, 2), limit=1.1, tolerance=0.05),
}

terminal = threading.Lock()


def workloads(server, mode):
    return [w for w in mode.workloads if server != "null" or w[0] in NULL_WORKLOADS]


# ---- inside the namespace: one server ----

def guest(args, limit, stdin=subprocess.DEVNULL):
    return subprocess.run([os.environ["GUEST"], *args], stdin=stdin,
                          stdout=subprocess.PIPE, text=True, timeout=limit, check=True).stdout


def visit(server, path, mode):
    mode = MODES[mode]
    with open(os.path.join(load.BIN, "tuxload"), "rb") as program:
        guest(["sh", "-c", "cat >/tmp/tuxload && chmod 755 /tmp/tuxload"], 60, program)
    if mode.workloads is FILES_WORKLOADS:
        guest(["sh", "-c", MAKE_FILES], VISIT_LIMIT)
    results = {}
    for name, args, key in workloads(server, mode):
        out = guest(["/tmp/tuxload", *args, "127.0.0.1"], VISIT_LIMIT)
        got = {k: float(v) for k, v in (line.split() for line in out.splitlines())}
        wrong = {k: got[k] for k in ("bad_status", "bad_length", "bad_content", "idle_lost")
                 if got.get(k)}
        if "--idle" in args and got["idle_open"] != IDLE:
            wrong["idle_open"] = got["idle_open"]
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


def go(server, smp, www, name):
    """One visit; its results, or None when it failed (it has said why)."""
    with tempfile.NamedTemporaryFile("r", dir=OUT) as answer:
        done = subprocess.run(
            [load.WITH_SERVER, "--server", server, "--kernel", KERNEL, "--icount", "--cpu", "-",
             "--append", "nokaslr norandmaps", "--smp", str(smp),
             "--docroot", www, *MODES[name].options, "--",
             sys.executable, os.path.realpath(__file__), "visit", server, answer.name, name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        if done.returncode:
            with terminal:
                sys.stderr.write("bench-insn: %s: exit status %d\n%s\n" %
                                 (server, done.returncode, done.stdout))
            return None
        return json.load(answer)


def called(server, smp):
    return server if smp == 1 else "%s_smp%d" % (server, smp)


def summarise(results, servers, mode):
    """Lines `name value` for the summary, rows for the table, and what differs too much."""
    lines, rows, bad = [], [], []
    for name, _, key in mode.workloads:
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
            if spread > mode.tolerance:
                bad.append("%s differs by %.2f %%" % (metric, 100 * spread))
    return lines, rows, bad


def compare(results, mode):
    """What the measurement is about: one figure in terms of another."""
    lines, bad = [], []

    def cost(server, workload):
        return sum(r[workload] for r in results[server] if r)

    def ratio(name, server, more, less):
        if not less or not more:
            return
        lines.append("insn_%s %.3f" % (name, more / less))
        if server.startswith("tux") and more / less > mode.limit:
            bad.append("insn_%s is above %g" % (name, mode.limit))

    for server in results:
        for alone, beside, label in mode.pairs:
            ratio("%s_%s" % (label, server), server, cost(server, beside), cost(server, alone))
        one = server.split("_smp")[0]
        for workload, _, _ in mode.workloads if one != server else ():
            ratio("%s_%s_over_%s" % (workload, server, one), server, cost(server, workload),
                  cost(one, workload))
    return lines, bad


def write_results(out, lines, rows):
    with open(os.path.join(out, "summary.txt"), "w") as f:
        f.write("\n".join(lines) + "\n")
    with open(os.path.join(out, "results.csv"), "w") as f:
        f.write("name,run,instructions,client_thread\n")
        for metric, _, runs, _, client in rows:
            for i, value in enumerate(runs):
                f.write("%s,%d,%.4f,%.4f\n" % (metric, i + 1, value, client))


def main(name):
    mode = MODES[name]
    servers = SERVERS if not name else os.environ.get("SERVERS", "tux").split()
    out = os.path.join(OUT, name)
    os.makedirs(out, exist_ok=True)
    load.build()
    www = make_docroot()
    jobs = [(run, server, smp) for run in range(RUNS) for server in servers for smp in mode.smp]
    at_once = min(len(os.sched_getaffinity(0)), len(jobs))
    progress = Progress(len(jobs), mode.seconds * len(jobs) / at_once)
    results = {called(server, smp): [] for server in servers for smp in mode.smp}

    def job(which):
        run, server, smp = which
        with terminal:
            progress.step("%s, run %d of %d" % (called(server, smp), run + 1, RUNS),
                          mode.seconds / at_once)
        # QEMU has been seen to die of instructions counted on several processors.
        tries = 1 if smp == 1 else 3
        return called(server, smp), next(filter(None, (go(server, smp, www, name)
                                                       for _ in range(tries))), None)

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for server, got in pool.map(job, jobs):
            results[server].append(got)
    progress.clear()
    lines, rows, bad = summarise(results, list(results), mode)
    more, worse = compare(results, mode)
    write_results(out, lines + more, rows)
    print("Guest instructions, client included, kernel %s (runs: %d; client's thread alone)\n"
          % (KERNEL, RUNS))
    for metric, digits, runs, spread, client in rows:
        print("%-32s %s  %5.2f %%  %10.*f" % (
            metric, " ".join("%10.*f" % (digits, r) for r in runs), 100 * spread, digits, client))
    if more:
        print("\n" + "\n".join(more))
    print("\n%s" % os.path.join(out, "summary.txt"))
    failed = [s for s in results if None in results[s]]
    for line in bad + worse + ["%s: a run failed" % s for s in failed]:
        print("bench-insn: " + line, file=sys.stderr)
    return 1 if bad or worse or failed else 0


def usage():
    sys.exit("usage: bench-insn [%s]\n%s" % ("|".join(m for m in MODES if m),
                                             "SERVERS, KERNEL, RUNS, FILES and IDLE: see its head"))


if __name__ == "__main__":
    try:
        if sys.argv[1:2] == ["visit"]:
            sys.exit(visit(*sys.argv[2:]))
        if len(sys.argv) > 2 or (len(sys.argv) == 2 and not MODES.get(sys.argv[1])):
            usage()
        sys.exit(main(*sys.argv[1:] or [""]))
    except KeyboardInterrupt:
        sys.exit(130)
