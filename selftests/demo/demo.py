# SPDX-License-Identifier: GPL-2.0-only
"""
demo - the whole of TUX in a few minutes, on any machine

Boots a guest, loads the module, serves a document root, fetches a page, changes
accept_limit with sysctl while the load runs, and compares with nginx under
httperf: reply rate and response time over the offered load, one packet a
connection, for tux at accept_limit 1, 50 and 0 (no limit) and for nginx.

It works in visits: selftests/qemu/with-server boots a guest with one server and
runs this program again inside the namespace (`demo.py visit NAME`).  What one
visit learns the next one finds in out/demo/state.json.  nginx is visited before
and after tux, so that a machine that changes its speed shows.

The offered loads follow from what the servers can do: a short closed-loop run
tells about where each is saturated (Q for nginx, P for tux), and all of them are offered
Q/2, Q, P, 2Q and 2P.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.realpath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(TOP, "selftests", "bench"))

import load          # noqa: E402 (the path is set above)
import plot          # noqa: E402
from progress import Progress, clock    # noqa: E402

OUT = os.path.join(TOP, "out", "demo")
STATE = os.path.join(OUT, "state.json")
WWW = os.path.join(OUT, "www")
KERNEL = os.environ.get("DEMO_KERNEL", "6.12")

LIMITS = (1, 50, 0)
BACKLOG = 128           # the paper's, the same for every server
WARMUP = 2.0            # seconds dropped
WINDOW = 6.0            # seconds measured; with the warm-up about 8 a run
RUN = WARMUP + WINDOW + 0.7
PROBE_CONNS = 64        # closed loop: enough to saturate, too few to overload
PROBE_WINDOW = 2.0
LIVE_SETTLE = 1.0       # after a change of accept_limit
LIVE_WINDOW = 4.0
LIVE_MOST = 12.0        # if no accept-phase ended in the window
BOOT = 8.0              # a guest's coming and going, about

ONE_PACKET = "/one-packet.html"     # with its head it fits one segment

PAGE = """<!doctype html>
<html><head><title>TUX</title></head>
<body><h1>It works</h1>
<p>This page came out of the kernel: TUX accepted the connection, parsed the
request, found the file and sent it without any user-space process.</p></body></html>
"""


# ---- what the visits share ----

def read_state():
    with open(STATE) as f:
        return json.load(f)


def write_state(state):
    with open(STATE + ".new", "w") as f:
        json.dump(state, f, indent=1)
    os.rename(STATE + ".new", STATE)


def guest(*args):
    """Run a command in the guest; its output."""
    done = subprocess.run([os.environ["GUEST"], *args], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=30, check=True)
    return done.stdout


def counters():
    return {name: int(value) for name, value in
            (line.split() for line in guest("cat", "/proc/net/tux/stat").splitlines())}


def say(progress, text=""):
    progress.clear()
    print(text, flush=True)


def patience(capacity):
    """
    Seconds that clients wait. On a machine so slow that a full accept queue takes
    longer than the usual timeout, every client would be gone when its turn comes.
    """
    return max(load.CLIENT_TIMEOUT, 2.5 * BACKLOG / min(capacity.values()))


def what_to_load(state):
    return {"addr": os.environ["SERVER_ADDR"], "uri": ONE_PACKET,
            "timeout": patience(state["capacity"])}


def probe(progress, name):
    """About how many connections a second saturate the server: closed loop."""
    progress.step("%s: how much is it worth offering" % name, PROBE_WINDOW + 1)
    got = load.tuxload(["--concurrency", str(PROBE_CONNS), "--uri", ONE_PACKET, "--expect", "200",
                        "--warmup", "1", "--window", "%g" % PROBE_WINDOW,
                        os.environ["SERVER_ADDR"]], 30)
    if not got["replies_per_s"] or got["bad_status"]:
        sys.exit("demo: %s does not answer as it should: %s" % (name, got))
    return got["replies_per_s"]


def grid(state):
    q, p = state["capacity"]["nginx"], state["capacity"]["tux"]
    return sorted({round(rate, -1) for rate in (q / 2, q, p, 2 * q, 2 * p)})


def measure(state, progress, series, rate):
    progress.step("%s, %d connections/s offered" % (series, rate), RUN)
    row = load.run(what_to_load(state), rate, WINDOW, WARMUP)
    row["series"] = series
    state["rows"].append(row)


# ---- the visits ----

def visit_nginx_first(state, progress):
    q = probe(progress, "nginx")
    state["capacity"]["nginx"] = q
    for rate in (q / 2, q):
        measure(state, progress, "nginx", round(rate, -1))


def fetch_page(progress):
    url = os.environ["SERVER_URL"].rstrip("/") + "/"
    done = subprocess.run(["curl", "-si", "--max-time", "10", url],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode or not done.stdout.startswith("HTTP/1.1 200 "):
        sys.exit("demo: the page was not served:\n%s" % done.stdout)
    say(progress, "The page at %s, served by the module in the guest:\n" % url)
    say(progress, "".join("    %s\n" % line.rstrip() for line in done.stdout.splitlines()))


def observe(limit):
    """
    Accept-phases under one accept_limit. A server that is slow and full may spend
    seconds in one work-phase; then it takes longer until a phase is over.
    """
    before, start = counters(), time.monotonic()
    while True:
        time.sleep(LIVE_WINDOW)
        after, seconds = counters(), time.monotonic() - start
        phases = after["accept_phases"] - before["accept_phases"]
        accepted = after["accepted"] - before["accepted"]
        if phases or seconds > LIVE_MOST:
            return (limit, accepted / seconds, phases / seconds,
                    accepted / phases if phases else float("nan"))


def live_change(state, progress):
    """accept_limit is changed while httperf runs; the phases tell."""
    rate = 1.2 * state["capacity"]["tux"]
    most = len(LIMITS) * (LIVE_SETTLE + LIVE_MOST + LIVE_WINDOW)
    enough = threading.Event()
    failed = []
    lines = []

    def offer():
        try:
            load.run(what_to_load(state), rate, most, stop=enough)
        except Exception as error:      # told to the main thread, which then fails
            failed.append(error)

    client = threading.Thread(target=offer)
    client.start()
    try:
        time.sleep(WARMUP)
        for limit in LIMITS:
            progress.step("accept_limit=%d while httperf offers %d connections/s" %
                          (limit, rate), LIVE_SETTLE + LIVE_WINDOW)
            guest("sysctl", "-q", "-w", "net.tux.accept_limit=%d" % limit)
            time.sleep(LIVE_SETTLE)
            lines.append(observe(limit))
    finally:
        enough.set()
        client.join()
    if failed:
        raise failed[0]
    state["live"] = {"rate": rate, "lines": lines}
    print_live(progress, state["live"])


def print_live(progress, live):
    say(progress, "accept_limit changed with sysctl while httperf offered %.0f connections/s:\n"
        % live["rate"])
    say(progress, "    sysctl -w                  accepts/s   accept-phases/s   accepts per phase")
    for limit, accepts, phases, mean in live["lines"]:
        say(progress, "    net.tux.accept_limit=%-5d %9.0f   %15.0f   %17.2f%s" %
            (limit, accepts, phases, mean, "  (no limit)" if limit == 0 else ""))
    say(progress)


def visit_tux(state, progress):
    progress.step("a page from the kernel", 1)
    fetch_page(progress)
    state["capacity"]["tux"] = probe(progress, "tux")
    live_change(state, progress)
    for rate in grid(state):
        for limit in LIMITS:
            guest("sysctl", "-q", "-w", "net.tux.accept_limit=%d" % limit)
            measure(state, progress, "tux %d" % limit, rate)


def visit_nginx_second(state, progress):
    q = round(state["capacity"]["nginx"], -1)
    have = {row["offered"] for row in state["rows"] if row["series"] == "nginx"}
    for rate in [r for r in grid(state) if r not in have] + [q]:
        measure(state, progress, "nginx", rate)


VISITS = {
    "nginx-first": ("nginx", visit_nginx_first, 1 + 2, PROBE_WINDOW + 1 + 2 * RUN),
    "tux": ("tux", visit_tux, 1 + 1 + 3 + 5 * len(LIMITS),
            1 + PROBE_WINDOW + 1 + 3 * (LIVE_SETTLE + LIVE_WINDOW) + 5 * len(LIMITS) * RUN),
    "nginx-second": ("nginx", visit_nginx_second, 4, 4 * RUN),
}


def visit(name):
    load.prepare_namespace()
    state = read_state()
    progress = Progress(**state["progress"])
    VISITS[name][1](state, progress)
    state["progress"] = progress.carry()
    progress.clear()
    write_state(state)


# ---- the outside ----

def make_docroot():
    shutil.rmtree(WWW, ignore_errors=True)
    os.makedirs(WWW)
    text = "One packet carries this page and the head before it. "
    for name, body in (("index.html", PAGE),
                       (ONE_PACKET[1:], (text * 20)[:999] + "\n")):
        path = os.path.join(WWW, name)
        with open(path, "w") as f:
            f.write(body)
        os.chmod(path, 0o644)


def go(name, progress):
    server = VISITS[name][0]
    progress.step("booting a guest with %s" % server, BOOT)
    state = read_state()
    state["progress"] = progress.carry()
    write_state(state)
    progress.clear()
    rc = subprocess.run(
        [load.WITH_SERVER, "--server", server, "--kernel", KERNEL, "--docroot", WWW,
         "--backlog", str(BACKLOG), "--",
         sys.executable, os.path.realpath(__file__), "visit", name],
        stdin=subprocess.DEVNULL).returncode
    if rc:
        sys.exit("demo: the visit to %s failed (exit status %d)" % (server, rc))
    return Progress(**read_state()["progress"])


def mean_row(rows):
    """Of runs with the same load; those in which nobody was answered have no time."""
    mean = {key: sum(r[key] for r in rows) / len(rows) for key in ("replies", "client_cpu")}
    times = [r["resp_mean_ms"] for r in rows if r["replies"]]
    mean["resp_mean_ms"] = sum(times) / len(times) if times else float("nan")
    return mean


def mean_rows(state):
    """{series: {offered: row}}; a load offered twice counts with its mean."""
    table = {}
    for row in state["rows"]:
        table.setdefault(row["series"], {}).setdefault(row["offered"], []).append(row)
    return {series: {offered: mean_row(rows) for offered, rows in loads.items()}
            for series, loads in table.items()}


def write_csv(state):
    path = os.path.join(OUT, "results.csv")
    with open(path, "w", newline="") as f:
        out = csv.DictWriter(f, ["series"] + load.FIELDS, extrasaction="ignore")
        out.writeheader()
        for row in state["rows"]:
            out.writerow({key: "%.6g" % value if isinstance(value, float) else value
                          for key, value in row.items()})
    return path


def print_table(table, names):
    width = 10
    print("One packet a connection (%d-byte file), one guest processor, kernel %s\n" %
          (os.path.getsize(WWW + ONE_PACKET), KERNEL))
    print("    offered  %-*s  %s" %
          (width * len(names), "   replies/s", "   mean response time, ms"))
    heads = "".join("%*s" % (width, name) for name in names)
    print("     conn/s  %s  %s" % (heads, heads))
    for offered in sorted(table[names[0]]):
        rates, times = "", ""
        for name in names:
            row = table[name].get(offered)
            rates += "%*.0f" % (width, row["replies"]) if row else " " * width
            # nobody was answered in the window: there is no time to tell
            answered = row and row["replies"] > 0
            times += "%*.1f" % (width, row["resp_mean_ms"]) if answered else "%*s" % (width, "-")
        print("    %7.0f  %s  %s" % (offered, rates, times))
    print("\n    (tux N: accept_limit N, 0 is no limit)\n")


def best(loads):
    return max(row["replies"] for row in loads.values())


def print_summary(table):
    nginx = best(table["nginx"])
    tux = {name: best(loads) for name, loads in table.items() if name != "nginx"}
    champion = max(tux, key=tux.get)
    print("Peak reply rates: " + ", ".join("%s %.0f/s" % item for item in
                                           sorted(tux.items())) + "; nginx %.0f/s" % nginx)
    print("tux over nginx:   %.2f (accept_limit %s)" % (tux[champion] / nginx,
                                                       champion.split()[1]))
    loads = table[champion]
    twice = min(loads, key=lambda offered: abs(offered - 2 * tux[champion]))
    print("Overload:         offered %.0f/s, %.1f times its peak, tux gives %.0f replies/s; "
          "nginx at its best %.0f" % (twice, twice / tux[champion],
                                      loads[twice]["replies"], nginx))
    busy = max(row["client_cpu"] for loads in table.values() for row in loads.values())
    if busy > 0.9:
        print("Mind:             the client's processor was busy to %.0f %%, so the highest "
              "rates may be its own" % (100 * busy))


def draw(table, names):
    titles = {name: "tux, accept_limit " + name.split()[1] if name != "nginx" else name
              for name in names}
    titles = {n: t + (" (no limit)" if n == "tux 0" else "") for n, t in titles.items()}

    def curves(key):
        return {titles[n]: [(o, r[key]) for o, r in table[n].items()] for n in names}

    path = os.path.join(OUT, "demo.png")
    title = "tux and nginx, one packet a connection, one guest processor, Linux %s" % KERNEL
    plot.draw(path, title, [
        {"title": "Reply rate", "x": "offered load (connections/s)", "y": "replies/s",
         "series": curves("replies"), "ideal": max(best(table[n]) for n in names)},
        {"title": "Response time", "x": "offered load (connections/s)",
         "y": "mean response time (ms, logarithmic)", "series": curves("resp_mean_ms"),
         "log": True}])
    return path


def main():
    started = time.time()
    os.makedirs(OUT, exist_ok=True)
    load.build()
    make_docroot()
    write_state({"capacity": {}, "rows": []})
    progress = Progress(sum(v[2] + 1 for v in VISITS.values()),
                        sum(v[3] + BOOT for v in VISITS.values()))
    for name in VISITS:
        progress = go(name, progress)
    progress.clear()
    state = read_state()
    table = mean_rows(state)
    names = ["tux %d" % limit for limit in LIMITS] + ["nginx"]
    print_table(table, names)
    print_summary(table)
    print("\nEvery run: %s\nPlot:      %s\nIt took %s." %
          (write_csv(state), draw(table, names), clock(time.time() - started)))


if __name__ == "__main__":
    try:
        if sys.argv[1:2] == ["visit"]:
            visit(sys.argv[2])
        else:
            main()
    except KeyboardInterrupt:
        sys.exit(130)
