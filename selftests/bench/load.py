# SPDX-License-Identifier: GPL-2.0-only
"""
load - offer load with httperf, and measure what comes back inside a window

N httperf processes are added up, as the paper added up its client machines:
Debian's httperf uses select(2) and so holds about a thousand connections a
process.  Load is offered open loop: connections (or sessions) begin at a given
rate whether or not the server keeps up.  Each httperf carries replycount.so,
which counts in shared memory what httperf itself reads, so

    rate = replies between two looks at the counters / time between the looks

and neither the start nor the tail, in which connections time out, is in it.
After the second look the processes are sent SIGINT, on which httperf prints its
own summary; the errors by kind are read from there (they cover the whole run).

Used by the programs beside it (loadgen, visit) and by selftests/demo; runs inside the
namespace that selftests/qemu/with-server makes.  It starts processes, bounds each of
them in time, and leaves none behind.
"""

import csv
import mmap
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import time

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
HERE = os.path.join(TOP, "selftests", "bench")
BIN = os.path.join(TOP, "out", "bin")

# Who starts the server and runs us beside it.  Real machines have their own way of
# doing that: docs/benchmarking.rst says what such a program must do.
WITH_SERVER = os.environ.get("TUX_WITH_SERVER",
                             os.path.join(TOP, "selftests", "qemu", "with-server"))

# struct shared of replycount.c
HIST_SUB = 16
HIST_BUCKETS = 512
SHARED_WORDS = 1 + 1 + 6 + 1 + 1 + 1 + HIST_BUCKETS

# select(2) allows 1,024 descriptors; httperf needs a few for itself.
CONNS_PER_PROCESS = 1000
MIN_PROCESSES = 8
MAX_PROCESSES = 32

# One lost SYN (1 s) is forgiven, the second is not (it would be 3 s).
CLIENT_TIMEOUT = 2.0
WARMUP = 2.0

ERRORS = ("client-timo", "socket-timo", "connrefused", "connreset",
          "fd-unavail", "addrunavail", "ftab-full", "other")

# the columns of a result, in the order in which CSV files have them
FIELDS = ["offered", "attempted", "replies", "ok", "mbit", "resp_mean_ms",
          "resp_p50_ms", "resp_p90_ms", "resp_p99_ms", "connect_ms",
          "timeouts", "refused", "resets", "fd_unavail", "other_errors",
          "client_cpu", "processes", "window_s"]


def build():
    """Compile the clients when their sources are newer than they."""
    os.makedirs(BIN, exist_ok=True)
    jobs = [("replycount.so", ["-shared", "-fPIC"], "replycount.c", []),
            ("tuxload", ["-static"], "tuxload.c", ["-lm"]),
            ("udpload", ["-static"], "udpload.c", [])]
    for out, flags, source, libs in jobs:
        target = os.path.join(BIN, out)
        sources = [os.path.join(HERE, name) for name in (source, "hist.h", "window.h")]
        if os.path.exists(target) and \
           os.path.getmtime(target) >= max(map(os.path.getmtime, sources)):
            continue
        # under another name first: two runs may build at once
        fresh = "%s.%d" % (target, os.getpid())
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", *flags,
                        "-o", fresh, sources[0], *libs], check=True)
        os.rename(fresh, target)


def hist_value(bucket):
    """The middle of a histogram bucket in microseconds, as hist.h has it."""
    octave, step = divmod(bucket, HIST_SUB)
    return bucket if octave == 0 else (HIST_SUB + step + 0.5) * 2 ** (octave - 1)


def percentile(hist, share):
    """Value below which `share` of the histogram lies, in milliseconds."""
    left = share * sum(hist)
    if not left:
        return float("nan")
    for bucket, count in enumerate(hist):
        left -= count
        if left <= 0:
            return hist_value(bucket) / 1000
    return hist_value(len(hist) - 1) / 1000


def cpu_seconds(pids):
    """Processor time that these processes have used so far."""
    ticks = 0
    for pid in pids:
        with open("/proc/%d/stat" % pid) as stat:
            fields = stat.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def client_cpus():
    """
    Where the client runs: TUX_CLIENT_CPUS, else all processors but the first,
    which the rig gives to the guest, else what there is.
    """
    allowed = os.sched_getaffinity(0)
    asked = os.environ.get("TUX_CLIENT_CPUS")
    if asked:
        return {int(c) for c in asked.split(",")}
    return allowed - {0} or allowed


def bound(cpus, seconds):
    """
    Runs in the child.  The alarm outlives exec and us: whatever happens, httperf
    ends after so many seconds, as under timeout(1) but without a second process.
    """
    os.sched_setaffinity(0, cpus)
    signal.alarm(int(seconds))


class Counters:
    """The shared memory of one httperf."""

    def __init__(self, path):
        self.path = path
        with open(path, "w+b") as f:
            f.truncate(8 * SHARED_WORDS)
            self.map = mmap.mmap(f.fileno(), 8 * SHARED_WORDS)

    def read(self):
        return struct.unpack_from("%dQ" % SHARED_WORDS, self.map)


def add_up(counters):
    return [sum(words) for words in zip(*(c.read() for c in counters))]


def processes_for(rate, timeout):
    """Enough that a server which answers nobody cannot run us out of descriptors."""
    need = -(-rate * timeout // CONNS_PER_PROCESS)
    return int(min(max(need, MIN_PROCESSES), MAX_PROCESSES))


def wsesslog(load, conns, index):
    """A %d in the name is the number of the process."""
    return "%d,0,%s" % (conns, load["wsesslog"].replace("%d", str(index)))


def httperf_args(load, rate, processes, seconds, index):
    # more than there is time for: SIGINT ends httperf, not the count
    conns = int(2 * rate / processes * seconds) + 1000
    args = ["httperf", "--server", load["addr"], "--port", str(load.get("port", 80)),
            "--timeout", "%g" % load.get("timeout", CLIENT_TIMEOUT),
            "--rate", "%.4f" % (rate / processes)]
    if load.get("wsesslog"):
        return args + ["--wsesslog", wsesslog(load, conns, index)]
    args += ["--uri", load.get("uri", "/"), "--num-conns", str(conns),
             "--num-calls", str(load.get("calls", 1))]
    for header in load.get("headers", []):
        args += ["--add-header", header + "\\n"]
    return args


def parse_summary(text, sums):
    """Add one httperf's own summary to sums; False if it printed none."""
    found = dict(re.findall(r"([a-z-]+) (\d+)(?= |$)",
                            " ".join(re.findall(r"^Errors: (.*)$", text, re.M))))
    if "client-timo" not in found:
        return False
    for kind in ERRORS:
        sums[kind] = sums.get(kind, 0) + int(found.get(kind, 0))
    connect = re.search(r"connect ([\d.]+)", text)
    made = re.search(r"connections (\d+)", text)
    replies = re.search(r"replies (\d+) test", text)
    if connect and made:
        sums["connect"] = sums.get("connect", 0) + float(connect[1]) * int(made[1])
        sums["made"] = sums.get("made", 0) + int(made[1])
    if replies:
        sums["replies"] = sums.get("replies", 0) + int(replies[1])
    return True


def interrupt(procs, outputs):
    """SIGINT, so that each httperf prints its summary; returns the texts."""
    for proc in procs:
        if proc.poll() is None:
            proc.send_signal(signal.SIGINT)
    deadline = time.monotonic() + 10
    for proc in procs:
        try:
            proc.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            proc.kill()
            proc.wait()
    texts = []
    for out in outputs:
        out.seek(0)
        texts.append(out.read())
        out.close()
    return texts


def clients():
    """Client machines (TUX_CLIENTS, names for ssh); none: this one is the client."""
    return os.environ.get("TUX_CLIENTS", "").split()


def ssh(host, *command):
    """The arguments that run a command on a host; TUX_SSH says with what."""
    return [*os.environ.get("TUX_SSH", "ssh").split(), host,
            " ".join(shlex.quote(word) for word in command)]


def send_to_clients(*paths):
    """The same files at the same place on every client machine."""
    for host in clients():
        subprocess.run(["rsync", "-aR", "-e", os.environ.get("TUX_SSH", "ssh"), *paths,
                        host + ":/"], check=True)


def loadgen_args(load, rate, window, warmup):
    args = [os.path.join(HERE, "loadgen"), "--server", load["addr"], "--window", "%g" % window,
            "--warmup", "%g" % warmup, "--port", str(load.get("port", 80)),
            "--timeout", "%g" % load.get("timeout", CLIENT_TIMEOUT)]
    if load.get("wsesslog"):
        args += ["--wsesslog", load["wsesslog"]]
    else:
        args += ["--uri", load.get("uri", "/"), "--calls", str(load.get("calls", 1))]
    for header in load.get("headers", []):
        args += ["--header", header]
    return args + ["%g" % rate]


def add_rows(rows):
    """
    The results of several client machines as one.  Rates and errors are added up, times
    weighted with the replies; a percentile of all cannot be had from theirs, the
    weighted mean stands for it.
    """
    total = {name: sum(row[name] for row in rows) for name in FIELDS}
    for name in FIELDS:
        if name.endswith("_ms"):
            told = [row for row in rows if row[name] == row[name]]
            weight = sum(row["replies"] for row in told)
            total[name] = sum(row[name] * row["replies"] for row in told) / weight \
                if weight else float("nan")
    total["client_cpu"] = max(row["client_cpu"] for row in rows)
    total["window_s"] = max(row["window_s"] for row in rows)
    return total


def run_on_clients(load, rate, window, warmup, look):
    """As run(), on client machines at the same time; each offers its part."""
    hosts = clients()
    args = loadgen_args(load, rate / len(hosts), window, warmup)
    procs = [subprocess.Popen(ssh(host, *args), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True) for host in hosts]
    try:
        time.sleep(warmup)
        looks = [look()] if look else []
        time.sleep(window)
        looks += [look()] if look else []
        texts = [proc.communicate(timeout=60)[0] for proc in procs]
    finally:
        for proc in procs:
            if proc.poll() is None:
                proc.kill()
            proc.wait()
    rows = []
    for host, proc, text in zip(hosts, procs, texts):
        found = list(csv.DictReader(text.splitlines()))
        if proc.returncode or len(found) != 1:
            raise RuntimeError("loadgen on %s: exit status %d" % (host, proc.returncode))
        rows.append({name: float(value) for name, value in found[0].items()})
    return dict(add_rows(rows), looks=looks)


def run(load, rate, window, warmup=WARMUP, stop=None, look=None):
    """
    Offer `rate` connections (sessions) a second and measure for `window` seconds, or
    until `stop`, a threading.Event, is set.

    load: addr, port, uri or wsesslog, calls (a connection), headers, timeout,
    processes.  Returns a dict of FIELDS; `offered` and `attempted` are
    connections a second, `replies` and `ok` (status 2xx and 3xx) replies a
    second.  look: called right before the window and right after it, to see what
    the server has counted; both results are in "looks".

    With TUX_CLIENTS all of this happens on those machines, see run_on_clients().
    """
    if clients() and not stop:
        return run_on_clients(load, rate, window, warmup, look)
    cpus = client_cpus()
    timeout = load.get("timeout", CLIENT_TIMEOUT)
    n = load.get("processes") or processes_for(rate, timeout)
    seconds = warmup + window + 3
    where = tempfile.mkdtemp(prefix="load.", dir="/dev/shm")
    procs, outputs, counters = [], [], []
    try:
        for i in range(n):
            counters.append(Counters(os.path.join(where, str(i))))
            outputs.append(tempfile.TemporaryFile("w+", dir=where))
            env = dict(os.environ, REPLYCOUNT_FILE=counters[i].path,
                       LD_PRELOAD=os.path.join(BIN, "replycount.so"), LC_ALL="C")
            procs.append(subprocess.Popen(
                httperf_args(load, rate, n, seconds, i), env=env,
                stdin=subprocess.DEVNULL, stdout=outputs[i], stderr=subprocess.STDOUT,
                preexec_fn=lambda: bound(cpus, seconds + 10)))
        pids = [proc.pid for proc in procs]
        time.sleep(warmup)
        looks = [look()] if look else []
        t0, first, cpu0 = time.monotonic(), add_up(counters), cpu_seconds(pids)
        stop.wait(window) if stop else time.sleep(window)
        t1, last, cpu1 = time.monotonic(), add_up(counters), cpu_seconds(pids)
        looks += [look()] if look else []
        dead = [i for i, proc in enumerate(procs) if proc.poll() is not None]
        texts = interrupt(procs, outputs)
        end = add_up(counters)
    finally:
        for proc in procs:
            if proc.poll() is None:
                proc.kill()
                proc.wait()
        shutil.rmtree(where, ignore_errors=True)
    sums = {}
    told = sum(parse_summary(text, sums) for text in texts)
    if dead or told < n:
        raise RuntimeError("httperf: %d of %d ended early, %d told no summary; one said:\n%s"
                           % (len(dead), n, n - told, texts[(dead or [-1])[0]][-2000:]))
    delta = [b - a for a, b in zip(first, last)]
    result = summarise(delta, t1 - t0, sums)
    result["looks"] = looks
    result["offered"] = rate
    result["processes"] = n
    result["client_cpu"] = (cpu1 - cpu0) / (t1 - t0) / len(cpus)
    result["counted_total"] = end[1]
    result["httperf_total"] = sums.get("replies", 0)
    return result


def summarise(delta, window, sums):
    connects, replies = delta[0], delta[1]
    status, bytes_read, time_us, timed = delta[2:8], delta[8], delta[9], delta[10]
    hist = delta[11:]
    return {
        "attempted": connects / window,
        "replies": replies / window,
        "ok": (status[2] + status[3]) / window,
        "mbit": bytes_read * 8 / 1e6 / window,
        "resp_mean_ms": time_us / timed / 1000 if timed else float("nan"),
        "resp_p50_ms": percentile(hist, 0.5),
        "resp_p90_ms": percentile(hist, 0.9),
        "resp_p99_ms": percentile(hist, 0.99),
        "connect_ms": sums["connect"] / sums["made"] if sums.get("made") else float("nan"),
        "timeouts": sums["client-timo"] + sums["socket-timo"],
        "refused": sums["connrefused"],
        "resets": sums["connreset"],
        "fd_unavail": sums["fd-unavail"] + sums["ftab-full"] + sums["addrunavail"],
        "other_errors": sums["other"],
        "window_s": window,
    }


def tuxload(args, timeout, program="tuxload"):
    """Run tuxload, or udpload; its `name value` lines as a dict of numbers."""
    cpus = client_cpus()
    done = subprocess.run(
        ["timeout", "-k", "2", "%g" % timeout, os.path.join(BIN, program), *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    if done.returncode:
        raise RuntimeError("%s %s: exit status %d" % (program, " ".join(args), done.returncode))
    return {name: float(value) for name, value in
            (line.split() for line in done.stdout.splitlines())}


def prepare_namespace():
    """
    What a client that opens thousands of connections a second needs: all ports,
    and none held in TIME_WAIT.  Only inside a namespace of the rig.
    """
    for path, value in (("ipv4/ip_local_port_range", "1024 65535"),
                        ("ipv4/tcp_max_tw_buckets", "0")):
        with open("/proc/sys/net/" + path, "w") as f:
            f.write(value)
