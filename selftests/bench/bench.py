# SPDX-License-Identifier: GPL-2.0-only
"""
bench - the performance table: tux, a floor, and what user space has to offer

Boots one guest after another, each with one server (a visit), and measures all
workloads there.  tux, null and nginx take turns in three rounds, so that a machine
that becomes slower or faster shows as spread and not as a difference; lighttpd and h2o
have one.  The medians go to out/bench/summary.txt, every run to results.csv.

Where a server's peak lies is searched in its first visit: a closed loop (or, for
sessions, doubling) tells about where it is saturated; then loads around that are
offered in full windows, and further ones as long as the best is at an end of
what was tried.  Later visits offer the best load found and the next higher one.  The
peak of a visit is the best reply rate seen in it.

The guest's processor has a constant speed (with-server --steady), so that what else
the machine does hardly shows; STEADY=0 lets it run as fast as it can.  Whether the
machine kept up is measured: clock_lag_SERVER is the part of a visit by which the
guest's clock fell behind.

Runs itself again inside the namespace of selftests/qemu/with-server:
`bench.py visit SERVER ROUND`.  What a visit finds it leaves in out/bench/state.json.
"""

import csv
import json
import math
import os
import statistics
import subprocess
import sys
import time

import beside
import load
import plot
from progress import Progress, clock

OUT = os.path.join(load.TOP, "out", "bench")
STATE = os.path.join(OUT, "state.json")
QUICK = os.environ.get("QUICK", "0") not in ("", "0")
KERNEL = os.environ.get("KERNEL", "6.12")
SERVERS = os.environ.get("SERVERS", "tux null nginx lighttpd h2o").split()
ROUNDS = int(os.environ.get("ROUNDS", 1 if QUICK else 3))
ONE_ROUND = ("lighttpd", "h2o", "userver")

WINDOW = float(os.environ.get("WINDOW", 3 if QUICK else 10))
WARMUP = 1.5 if QUICK else load.WARMUP
RUN = WINDOW + WARMUP + 0.8
SEED_WINDOW = 1.0 if QUICK else 2.0
BOOT = 12.0             # with a docroot of 100 MB
MEM = "1G"
STEADY = os.environ.get("STEADY", "1") not in ("", "0")
LAG_FINE = 0.01         # the guest's clock may fall behind by this part of a visit

KEEPALIVE_CALLS = 100
IDLE = int(os.environ.get("IDLE", 0 if QUICK else 200000))
IDLE_NAME = "idle_%dk" % (IDLE // 1000)
IDLE_MEM = "4G"
IDLE_SECONDS = IDLE / beside.IDLE_RATE + 80
IDLE_WINDOWS = 3        # without and with them, of half the length
IDLE_PART = 0.99        # with fewer of them the loss says nothing
# nobody closes them or turns them away, and there is room for all of them
IDLE_SETTINGS = ["max_connections=400000", "header_timeout=0", "keepalive_timeout=0",
                 "max_accept_wait=0"]

# the loads of a search, as parts of what saturates; more on demand, and then some between
SEARCH = (0.95, 1.1)
STEP = 1.15
MAX_STEPS = 1 if QUICK else 3
BETWEEN = 0 if QUICK else 1
ALL_ANSWERED = 0.98     # there is room for more
SATURATED = beside.SATURATED
HALF = 0.5              # for the curves and for times without queueing

WWW_ONE = beside.WWW_ONE
WWW_1M = beside.WWW_1M

# what httperf offers; null has one canned answer and takes part where that fits
WORKLOADS = {
    "one_packet": {"uri": WWW_ONE, "calls": 1},
    "keepalive": {"uri": WWW_ONE, "calls": KEEPALIVE_CALLS},
    "304": {"uri": WWW_ONE, "calls": KEEPALIVE_CALLS, "conditional": True},
    "specweb99": {"wsesslog": beside.session_log(OUT), "calls": beside.SPEC_CALLS},
}
# what a server cannot do is not asked of it: null has no files, userver no conditions
LIMITED = {"null": ("one_packet", "keepalive"),
           "userver": ("one_packet", "keepalive", "specweb99")}


def read_state():
    with open(STATE) as f:
        return json.load(f)


def write_state(state):
    with open(STATE + ".new", "w") as f:
        json.dump(state, f)
    os.rename(STATE + ".new", STATE)


def workloads(server):
    return LIMITED.get(server, WORKLOADS)


# ---- inside the namespace ----

def last_modified(uri):
    out = subprocess.run(["curl", "-sI", "--max-time", "10", os.environ["SERVER_URL"] + uri],
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in out.splitlines():
        if line.lower().startswith("last-modified:"):
            return line.split(":", 1)[1].strip()
    sys.exit("bench: the server sends no Last-Modified for %s" % uri)


class Visit:
    """One server, one round; results go into state["rows"] and ["values"]."""

    def __init__(self, server, turn, state):
        self.server, self.turn, self.state = server, turn, state
        self.progress = Progress(**state["progress"])
        self.addr = os.environ["SERVER_ADDR"]

    def brief(self):
        """The servers that are there for comparison have less in the quick length."""
        return QUICK and self.server in ONE_ROUND

    def value(self, name, value):
        self.state["values"].setdefault(name, []).append(value)

    def what(self, workload):
        spec = dict(WORKLOADS[workload], addr=self.addr)
        if spec.pop("conditional", False):
            spec["headers"] = ["If-Modified-Since: " + last_modified(spec["uri"])]
        return spec

    def measure(self, workload, rate, note=""):
        """One full window; the row."""
        beside.settle()
        rate = max(rate, 1.0)       # a server that answered nobody has a peak of 0
        self.progress.step("%s, round %d, %s%s: %.0f connections/s" % (
            self.server, self.turn, workload, note, rate), RUN)
        row = load.run(self.what(workload), rate, WINDOW, WARMUP)
        row.update(server=self.server, round=self.turn, workload=workload, note=note.strip())
        self.state["rows"].append(row)
        if workload == "304" and row["ok"] and row["mbit"] * 1e6 / 8 / row["ok"] > 900:
            sys.exit("bench: %s answered the conditional requests with bodies" % self.server)
        return row

    # where is it saturated?

    def seed(self, workload):
        beside.settle()
        self.progress.step("%s, %s: where to look" % (self.server, workload), SEED_WINDOW + 1)
        return beside.saturation(self.what(workload), SEED_WINDOW)

    def search(self, workload):
        """Full windows around the estimate, and on while an end is the best."""
        base = self.seed(workload)
        rates = {base * part: 0.0 for part in SEARCH}
        for rate in rates:
            rates[rate] = self.measure(workload, rate)["replies"]
        for _ in range(MAX_STEPS):
            best = max(rates, key=rates.get)
            if best == max(rates) and rates[best] > SATURATED * best * self.calls(workload):
                rate = best * STEP
            elif best == min(rates) and \
                    rates[best] < SATURATED * best * self.calls(workload):
                rate = best / STEP
            else:
                break
            rates[rate] = self.measure(workload, rate)["replies"]
        for _ in range(BETWEEN):
            rate = self.between(workload, rates)
            rates[rate] = self.measure(workload, rate)["replies"]
        best = max(rates, key=rates.get)
        above = min((rate for rate in rates if rate > best), default=best * STEP)
        self.state["best"].setdefault(self.server, {})[workload] = [best, above, rates[best]]
        return rates[best]

    def between(self, workload, rates):
        """Where the peak is if at none of these: above the best if that was all answered."""
        best = max(rates, key=rates.get)
        if rates[best] > ALL_ANSWERED * best * self.calls(workload):
            other = min((rate for rate in rates if rate > best), default=best * STEP)
        else:
            other = max((rate for rate in rates if rate < best), default=best / STEP)
        return math.sqrt(best * other)

    @staticmethod
    def calls(workload):
        return WORKLOADS[workload]["calls"]

    def peak(self, workload):
        known = self.state["best"].get(self.server, {}).get(workload)
        if known:
            value = max(self.measure(workload, rate)["replies"] for rate in known[:2])
        else:
            value = self.search(workload)
        self.value("%s_peak_%s" % (workload, self.server), value)

    # the workloads beside the peaks

    def overload(self):
        peak = self.state["best"][self.server]["one_packet"][2]
        for times in (2,) if self.brief() else (2, 3):
            row = self.measure("one_packet", times * peak, " overload %dx" % times)
            self.value("one_packet_overload%dx_%s" % (times, self.server), row["replies"])

    def times_at_half(self):
        """Percentiles, which need tuxload, where nothing queues."""
        rate = HALF * self.state["best"][self.server]["one_packet"][2]
        if not QUICK:
            self.measure("one_packet", rate, " half")
        beside.settle()
        self.progress.step("%s, response times at %.0f connections/s" % (self.server, rate), RUN)
        got = load.tuxload(["--rate", "%.2f" % rate, "--poisson", "--uri", WWW_ONE,
                            "--warmup", "%g" % WARMUP, "--window", "%g" % WINDOW, self.addr],
                           RUN + 20)
        for point in ("p50", "p99"):
            self.value("one_packet_half_%s_ms_%s" % (point, self.server),
                       got["response_%s_ms" % point])

    def file_1m(self):
        beside.settle()
        self.progress.step("%s, round %d, 1 MiB files" % (self.server, self.turn), RUN)
        got = load.tuxload(["--concurrency", "16", "--requests", str(KEEPALIVE_CALLS),
                            "--uri", WWW_1M, "--expect", "200", "--length", str(1 << 20),
                            "--timeout", "20", "--warmup", "%g" % WARMUP,
                            "--window", "%g" % WINDOW, self.addr], RUN + 40)
        if got["bad_status"] or got["bad_length"]:
            sys.exit("bench: %s, 1 MiB files: wrong replies: %s" % (self.server, got))
        self.value("file_1m_mbps_%s" % self.server, got["mbit_per_s"])

    def run(self):
        clock_began = beside.clocks()
        self.measure_all()
        self.value("clock_lag_%s" % self.server, beside.lag(clock_began, beside.clocks()))
        return True

    def measure_all(self):
        first = self.turn == 1
        for workload in workloads(self.server):
            if workload == "specweb99":
                beside.warm_cache()
            self.peak(workload)
            if workload == "one_packet":
                self.overload()
                if first and not self.brief():
                    self.times_at_half()
        if self.server != "null":
            self.file_1m()

    # connections that do nothing: a visit of its own

    def rate_beside(self):
        """Replies a second in a closed loop. This guest has no constant speed: a median."""
        return statistics.median(
            beside.closed_loop(self.addr, ["--uri", WWW_ONE], WINDOW / 2, RUN + 60,
                               2)["replies_per_s"] for _ in range(IDLE_WINDOWS))

    def idle(self):
        self.progress.step("%s without idle connections" % self.server, IDLE_WINDOWS * RUN)
        alone = self.rate_beside()
        self.progress.step("%s with %d idle connections" % (self.server, IDLE), IDLE_SECONDS)
        with beside.Idle(self.addr) as idle:
            idle.add(IDLE, beside.open_rate(alone))
            self.value(IDLE_NAME + "_held_" + self.server, idle.held)
            if idle.held < IDLE_PART * IDLE:
                print("bench: only %d of %d idle connections could be opened, so their cost is "
                      "not measured; look into tuxctl stat for who refused them" %
                      (idle.held, IDLE), file=sys.stderr)
                return False
            with_idle = self.rate_beside()
            lost = idle.release()
        self.value(IDLE_NAME + "_dropped_" + self.server, lost)
        self.value(IDLE_NAME + "_loss_" + self.server, 1 - with_idle / alone)
        return True


def visit(server, turn):
    load.prepare_namespace()
    state = read_state()
    one = Visit(server, int(turn) if turn != "idle" else 1, state)
    good = one.idle() if turn == "idle" else one.run()
    state["progress"] = one.progress.carry()
    one.progress.clear()
    write_state(state)
    return 0 if good else 1


# ---- outside ----

def plan():
    """(server, round) in the order of the visits, and the steps and seconds of each."""
    visits = [(server, turn) for turn in range(1, ROUNDS + 1) for server in SERVERS
              if turn == 1 or server not in ONE_ROUND]
    if IDLE and "tux" in SERVERS:
        visits.append(("tux", "idle"))
    return visits


def cost(server, turn):
    n = len(workloads(server))
    if turn == "idle":
        return 3, BOOT + RUN + IDLE_SECONDS
    brief = QUICK and server in ONE_ROUND
    windows = n * (len(SEARCH) + 0.5 if turn == 1 else 2) + (1 if brief else 2) + \
        (server != "null")
    extra = 0
    if turn == 1:
        windows += 0 if brief else 1 if QUICK else 2
        extra = n * (SEED_WINDOW + 1)
    return 1 + int(windows) + (n if turn == 1 else 0), BOOT + windows * RUN + extra


def go(server, turn, roots, progress):
    progress.step("booting a guest with %s" % server, BOOT)
    state = read_state()
    state["progress"] = progress.carry()
    write_state(state)
    progress.clear()
    idle = turn == "idle"
    settings = [word for one in IDLE_SETTINGS for word in ("--set", one)] if idle else []
    rc = subprocess.run(
        [load.WITH_SERVER, "--server", server, "--kernel", KERNEL, "--mem",
         IDLE_MEM if idle else MEM, *settings,
         *(["--append", beside.IDLE_APPEND] if idle else []),
         *(["--steady"] if STEADY and not idle else []), "--docroot",
         roots[1] if idle or server == "null" else roots[0], "--",
         sys.executable, os.path.realpath(__file__), "visit", server, str(turn)],
        stdin=subprocess.DEVNULL).returncode
    if rc:
        print("bench: %s, round %s failed (exit status %d)" % (server, turn, rc),
              file=sys.stderr)
    return Progress(**read_state()["progress"]), not rc


def spread(values):
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def summarise(values):
    """name -> (median, spread, number of values), and the ratios."""
    table = {name: (statistics.median(v), spread(v), len(v)) for name, v in values.items()}
    for workload in WORKLOADS:
        tux = table.get("%s_peak_tux" % workload)
        for other in SERVERS:
            theirs = table.get("%s_peak_%s" % (workload, other))
            if other != "tux" and tux and theirs and theirs[0]:
                table["%s_peak_tux_over_%s" % (workload, other)] = (tux[0] / theirs[0], None, 1)
    nginx, twice = table.get("one_packet_peak_nginx"), table.get("one_packet_overload2x_tux")
    if nginx and twice:
        table["one_packet_overload2x_tux_over_peak_nginx"] = (twice[0] / nginx[0], None, 1)
    files = [table.get("file_1m_mbps_" + s) for s in ("tux", "nginx")]
    if all(files):
        table["file_1m_mbps_tux_over_nginx"] = (files[0][0] / files[1][0], None, 1)
    return table


def write_results(state, table):
    with open(os.path.join(OUT, "summary.txt"), "w") as f:
        for name, (value, wide, _) in table.items():
            f.write("%s %.6g\n" % (name, value))
            if wide is not None:
                f.write("%s_spread %.4f\n" % (name, wide))
    with open(os.path.join(OUT, "results.csv"), "w", newline="") as f:
        out = csv.DictWriter(f, ["server", "round", "workload", "note"] + load.FIELDS,
                             extrasaction="ignore")
        out.writeheader()
        for row in state["rows"]:
            out.writerow({k: "%.6g" % v if isinstance(v, float) else v for k, v in row.items()})


def curves(rows, workload, key):
    """{server: [(offered requests/s, mean)]}: each load counts once."""
    out = {}
    for server in SERVERS:
        loads = {}
        for row in rows:
            if row["server"] == server and row["workload"] == workload:
                loads.setdefault(row["offered"] * WORKLOADS[workload]["calls"],
                                 []).append(row[key])
        if loads:
            out[server] = [(o, sum(v) / len(v)) for o, v in loads.items()]
    return out


def draw(rows):
    for workload in WORKLOADS:
        replies = curves(rows, workload, "replies")
        if not replies:
            continue
        plot.draw(os.path.join(OUT, workload + ".png"),
                  "%s, one guest processor, Linux %s" % (workload, KERNEL), [
                      {"title": "Reply rate", "x": "offered load (requests/s)",
                       "y": "replies/s", "series": replies,
                       "ideal": max(y for points in replies.values() for _, y in points)},
                      {"title": "Response time", "x": "offered load (requests/s)",
                       "y": "mean response time (ms, logarithmic)", "log": True,
                       "series": curves(rows, workload, "resp_mean_ms")}])


def print_table(table, rows):
    names = list(WORKLOADS)
    lines = [("one packet a connection, peak replies/s", "one_packet_peak_%s"),
             ("  at twice its peak", "one_packet_overload2x_%s"),
             ("  at three times its peak", "one_packet_overload3x_%s"),
             ("  p50 at half its peak, ms", "one_packet_half_p50_ms_%s"),
             ("  p99 at half its peak, ms", "one_packet_half_p99_ms_%s"),
             ("100 requests a connection, peak", "keepalive_peak_%s"),
             ("304s, 100 a connection, peak", "304_peak_%s"),
             ("SPECweb99-like, peak", "specweb99_peak_%s"),
             ("1 MiB files, Mbit/s", "file_1m_mbps_%s")]
    if IDLE:
        lines.append(("loss with %d idle connections" % IDLE, IDLE_NAME + "_loss_%s"))
    print("%-42s%s" % ("median, spread (max - min) in per cent",
                       "".join("%17s" % s for s in SERVERS)))
    for text, name in lines:
        cells = []
        for server in SERVERS:
            value = table.get(name % server)
            cells.append("%17s" % ("" if value is None else "%.5g%s" % (
                value[0], " ±%.1f%%" % (100 * value[1]) if value[2] > 1 else "")))
        print("%-42s%s" % (text, "".join(cells)))
    print()
    for name in table:
        if "_over_" in name:
            print("%-48s %.2f" % (name, table[name][0]))
    for server in SERVERS:
        lag = table.get("clock_lag_" + server)
        if lag and lag[0] > LAG_FINE:
            print("mind: %s: the guest's clock fell behind by %.1f %%: this machine was too slow" %
                  (server, 100 * lag[0]))
    for server in SERVERS:
        for workload in names:
            busy = [r["client_cpu"] for r in rows
                    if r["server"] == server and r["workload"] == workload]
            if busy and max(busy) > 0.9:
                print("mind: %s, %s: the client's processor was busy to %.0f %%" %
                      (server, workload, 100 * max(busy)))


def main():
    started = time.time()
    os.makedirs(OUT, exist_ok=True)
    load.build()
    roots = beside.make_docroot(OUT)
    write_state({"best": {}, "rows": [], "values": {}})
    costs = [cost(*one) for one in plan()]
    progress = Progress(sum(c[0] for c in costs), sum(c[1] for c in costs))
    good = True
    for server, turn in plan():
        progress, fine = go(server, turn, roots, progress)
        good = good and fine
        state = read_state()
        table = summarise(state["values"])
        write_results(state, table)
    progress.clear()
    draw(state["rows"])
    print_table(table, state["rows"])
    print("\n%s, results.csv and plots beside it; it took %s" %
          (os.path.join(OUT, "summary.txt"), clock(time.time() - started)))
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(visit(*sys.argv[2:]) if sys.argv[1:2] == ["visit"] else main())
    except KeyboardInterrupt:
        sys.exit(130)
