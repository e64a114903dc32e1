# SPDX-License-Identifier: GPL-2.0-only
"""
beside - what measuring beside a server needs, whatever is measured

For programs that selftests/qemu/with-server runs beside a guest: a word with the guest,
waiting until its server is idle, finding out where it is saturated, holding many
idle connections; and, for the outside, the document root that is served.
"""

import os
import select
import shutil
import subprocess
import sys
import time

import load

WWW_ONE = "/one-packet.html"
WWW_1M = "/1m.bin"
SPEC_DIRS = 20          # 5 MB each: all of it stays in memory
SPEC_CALLS = 7.2        # requests a session, on average

PROBE_CONNS = 64        # closed loop: enough to saturate, too few to overload
SATURATED = 0.9         # replies below this part of the offered load

# the server is idle when this many requests in a row are answered in so many seconds,
# the start of curl included
CALM_TRIES = 5
CALM_ANSWER = 0.1
CALM_LIMIT = 20.0

# Idle connections: what one process may hold where nobody may raise its limit, and
# how many come from one address. connect() takes every other port first, of which there
# are 32,000, and searches all of these in vain for each connection beyond.
PER_HOLDER = 15000
PER_ADDRESS = 30000
IDLE_TIMEOUT = 5        # seconds: two lost SYNs are forgiven
# They are opened at this part of the rate at which the server can accept and answer; to
# accept alone costs less, so the opening is no overload. The second is only for estimates
# of time.
IDLE_SHARE = 0.8
IDLE_RATE = 700
# Of a machine that is to hold so many: its table of connections, which has 8,192 places in
# 1 GiB by default, so that each packet would look at a dozen of them.
IDLE_APPEND = "thash_entries=262144"
FIRST_ADDRESS = 10      # of the rig's network: 192.0.2.10 and on


def guest(*args, limit=120):
    """Run a command in the guest (on the server); its output."""
    return subprocess.run([os.environ["GUEST"], *args], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=limit, check=True).stdout


def clocks():
    """The guest's clock and ours, in seconds; the guest's is read in between."""
    before = time.monotonic()
    theirs = float(guest("cat", "/proc/uptime").split()[0])
    return theirs, (before + time.monotonic()) / 2


def lag(began, ended):
    """By which part of the time between two clocks() the guest's clock fell behind."""
    theirs, ours = ended[0] - began[0], ended[1] - began[1]
    return (ours - theirs) / ours


def settle():
    """
    Wait until the server is idle again.  After an overload it still works on connections
    whose clients have given up, and its queue is full of more: what is measured next
    would be that.  CALM_TRIES answers in a row that come at once, or CALM_LIMIT seconds.
    """
    end = time.time() + CALM_LIMIT
    calm = 0
    while calm < CALM_TRIES and time.time() < end:
        began = time.time()
        fine = subprocess.run(["curl", "-sf", "-o", "/dev/null", "--max-time", "1",
                               os.environ["SERVER_URL"] + WWW_ONE]).returncode == 0
        calm = calm + 1 if fine and time.time() - began < CALM_ANSWER else 0


def warm_cache():
    """From the first request on all files are in memory."""
    guest("sh", "-c", "find /srv/www -type f -exec cat {} + >/dev/null")


# ---- where is it saturated? ----

def closed_loop(addr, extra, window, limit=60.0, warmup=0.7):
    """PROBE_CONNS connections, each asking again when it was answered; tuxload's report."""
    return load.tuxload(["--concurrency", str(PROBE_CONNS), "--warmup", "%g" % warmup,
                         "--window", "%g" % window, *extra, addr], limit)


def saturation(spec, window):
    """About so many connections (sessions) a second; spec as for load.run()."""
    if "wsesslog" in spec:
        return saturation_by_doubling(spec, window)
    extra = ["--uri", spec["uri"], "--requests", str(spec["calls"])]
    for header in spec.get("headers", []):
        extra += ["--header", header]
    got = closed_loop(spec["addr"], extra, window)
    if got["bad_status"] or not got["replies_per_s"]:
        sys.exit("the server does not answer as it should: %s" % got)
    return got["replies_per_s"] / spec["calls"]


def saturation_by_doubling(spec, window):
    rate = 50.0
    while True:
        row = load.run(spec, rate, window, 1.0)
        if row["replies"] < SATURATED * rate * spec["calls"] or rate > 20000:
            return row["replies"] / spec["calls"]
        rate *= 2


# ---- connections that do nothing ----

def device_to(addr):
    out = subprocess.run(["ip", "-o", "route", "get", addr],
                         stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return out[out.index("dev") + 1]


def open_rate(replies_per_s):
    """How many to open a second on a server that gives so many replies in a closed loop."""
    return max(100.0, IDLE_SHARE * replies_per_s)


class Idle:
    """
    Idle connections, held by as many tuxloads as descriptors and ports ask for.  Used
    with `with`: they are gone afterwards.

    Each process has a source address; TUX_CLIENT_ADDRESSES names those that this machine
    has, else addresses of the rig's network are added.
    """

    def __init__(self, addr):
        self.addr = addr
        self.holders = []
        self.held = self.failed = 0
        self.names = os.environ.get("TUX_CLIENT_ADDRESSES", "").split()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for proc in self.holders:
            if proc.poll() is None:
                proc.kill()
            proc.wait()

    def source(self):
        index = self.held // PER_ADDRESS
        if self.names:
            return self.names[index % len(self.names)]
        name = "192.0.2.%d" % (FIRST_ADDRESS + index)
        subprocess.run(["ip", "addr", "replace", name + "/24", "dev", device_to(self.addr)],
                       check=True)
        return name

    def add(self, count, rate, uri="/"):
        """
        So many more; how many of them came to be.  None of a part that takes far too
        long: a server that cannot hold more lets clients wait.
        """
        before = self.held
        while count > 0:
            part = min(count, PER_HOLDER)
            args = [os.path.join(load.BIN, "tuxload"), "--idle", str(part), "--hold", "--idle-rate",
                    "%g" % rate, "--uri", uri, "--timeout", "%d" % IDLE_TIMEOUT,
                    "--source", self.source(), self.addr]
            proc = subprocess.Popen(["timeout", "-k", "2", "3600", *args], text=True,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.holders.append(proc)
            if not select.select([proc.stdout], [], [], 2 * part / rate + 20)[0]:
                proc.kill()
                self.failed += count
                break
            told = dict(proc.stdout.readline().split() for _ in range(3))
            self.held += int(told["idle_open"])
            self.failed += int(told["idle_failed"])
            count -= part
        return self.held - before

    def release(self):
        """Ask each for one reply and close; how many did not answer."""
        lost = 0
        for proc in self.holders:
            out = proc.communicate(timeout=300)[0]
            lost += sum(int(line.split()[1]) for line in out.splitlines()
                        if line.startswith("idle_lost "))
        return lost


# ---- what is served ----

def make_docroot(out):
    """Two roots below out: a small one, and the same with the SPECweb99-like set."""
    spec = os.path.join(out, "specweb99")
    small = os.path.join(out, "www")
    for where in (spec, small):
        shutil.rmtree(where, ignore_errors=True)
    subprocess.run([sys.executable, os.path.join(load.HERE, "mkspecweb99"), "--dirs",
                    str(SPEC_DIRS), "--logs", str(load.MAX_PROCESSES), spec], check=True)
    for where in (os.path.join(spec, "www"), small):
        os.makedirs(where, exist_ok=True)
        for name, size in ((WWW_ONE, 1000), (WWW_1M, 1 << 20)):
            with open(where + name, "wb") as f:
                f.write((b"0123456789abcde\n" * (size // 16 + 1))[:size])
            os.chmod(where + name, 0o644)
    return os.path.join(spec, "www"), small


def session_log(out):
    return os.path.join(out, "specweb99", "sessions.%d")
