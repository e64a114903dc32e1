# SPDX-License-Identifier: GPL-2.0-only
"""
measure - one run of an experiment, beside its server

Runs inside the namespace of selftests/qemu/with-server.  A Station is one started
machine with tux or userver on it; its measure() gives the server the settings of a
run, measures, and returns a row.  How it measures depends on the workload's kind:

    offered     httperf at a given rate; before and after the window a look at the
                server's counters: phases, accepts, drops
    idle        tuxload in a closed loop, while N other connections do nothing
    udp         datagrams to a number of ports
    hold        as many idle connections as it can hold, and what each costs
"""

import os
import statistics
import time

import beside
import experiments
import load

WINDOW = float(os.environ.get("WINDOW", 3 if experiments.QUICK else 10))
# Under overload a SYN that was refused comes again after a second: only then is the load
# what it stays.
WARMUP = 3.0 if experiments.QUICK else max(3.0, load.WARMUP)
# A virtual machine's processors may be taken from it: then a guest that is emulated stands
# still, and its clients see that. A run in which so much of their time was taken is made
# again, up to this many times in all, and the least disturbed one counts.
STOLEN_FINE = 0.05
TRIES = 3

# hold: opened in parts of this size, until memory or a part of them fails
HOLD_STEP = 5000
HOLD_PART = 0.99        # a lost packet is not the end
HOLD_MEMORY_LEFT = 0.06 # of the machine's memory; less, and it begins to kill. MemAvailable
                        # alone counts the inodes of a user-mode server's sockets as free
HOLD_PATIENCE = 1800.0
HOLD_WINDOWS = 1 if experiments.QUICK else 3    # a median of the rates without and with them

# All at nearly the same moment: one process reads what it can.
LOOK = """if [ -e /proc/net/tux/stat ]; then
	exec cat /proc/uptime /proc/net/netstat /proc/net/tux/stat
fi
[ ! -e /run/userver.stat ] || userver --show /run/userver.stat
exec cat /proc/uptime /proc/net/netstat"""
LOOK_LIMIT = 30.0

# what the server counted in the window, as columns a second
SERVER_RATES = ("accepted", "closed", "getevents", "accept_phases", "work_phases", "work_items",
                "sleeps", "requests")
KINDS = ("drop_synq_full", "drop_acceptq_full", "drop_request", "drop_listen_overflow",
         "drop_admission")


def seconds(program, kind, point):
    """What one run takes, about; userver is started anew for each."""
    window = WARMUP + WINDOW + 3
    if kind == "idle":
        return window + 5 + point / beside.IDLE_RATE
    if kind == "hold":
        return 2 * HOLD_WINDOWS * window + 20 + 1.5 * point / beside.IDLE_RATE
    if kind == "offered" and program == "userver":
        # until it answers at once, which after overload takes long
        return window + (3 if point < 1 else 11)
    return window


def look():
    """All counters of the server and of its kernel's TCP, by name."""
    lines = beside.guest("sh", "-c", LOOK, limit=LOOK_LIMIT).splitlines()
    # of all lines only that of uptime begins with a digit
    found = {"uptime": next(float(line.split()[0]) for line in lines if line[0].isdigit())}
    for names, values in zip(lines, lines[1:]):
        if names.startswith("TcpExt: ") and values.startswith("TcpExt: ") and \
           not names.split()[1].isdigit():
            found.update(zip(names.split()[1:], map(float, values.split()[1:])))
    for line in lines:
        word = line.split()
        if len(word) == 2 and not word[0].endswith(":") and word[0][0].isalpha():
            found[word[0]] = float(word[1])
    return found


def between(first, last):
    """What happened between two looks, a second."""
    passed = last["uptime"] - first["uptime"]

    def rate(name):
        return (last[name] - first[name]) / passed

    row = {"srv_" + name: rate(name) for name in SERVER_RATES if name in last}
    phases = last.get("accept_phases", 0) - first.get("accept_phases", 0)
    if phases:
        row["srv_accepts_per_phase"] = (last["accepted"] - first["accepted"]) / phases
    work = last.get("work_phases", 0) - first.get("work_phases", 0)
    if work:
        row["srv_items_per_work_phase"] = (last["work_items"] - first["work_items"]) / work
    # of any listener, packets: SYNs and last packets of handshakes
    row["qdrops"] = rate("ListenDrops")
    if "drop_acceptq_full" in last:
        row.update((name, rate(name)) for name in KINDS if name in last)
    else:
        # the kernel's counters do not tell a full accept queue at the SYN from one at the ACK
        full = rate("TCPReqQFullDrop")
        row.update({"drop_synq_full": full, "drop_acceptq_or_overflow": rate("ListenOverflows"),
                    "drop_request": rate("ListenDrops") - rate("ListenOverflows") - full})
    return row


def meminfo():
    text = beside.guest("cat", "/proc/meminfo", limit=LOOK_LIMIT)
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in text.splitlines()}


def processor_times():
    """Ticks of all processors of this machine: those that were taken from it, and all."""
    with open("/proc/stat") as f:
        ticks = [int(word) for word in f.readline().split()[1:9]]
    return ticks[7], sum(ticks)


def undisturbed(make, tries=TRIES):
    """The row of a run, with "stolen": the part of the processors' time that others had."""
    best = None
    while tries and (best is None or best["stolen"] > STOLEN_FINE):
        began = processor_times()
        row = make()
        ended = processor_times()
        row["stolen"] = (ended[0] - began[0]) / max(ended[1] - began[1], 1)
        if best is None or row["stolen"] < best["stolen"]:
            best = row
        tries -= 1
    return best


class Absent(Exception):
    """The module has no such tunable."""


class Station:
    """A machine with one program; knows what it was told last."""

    def __init__(self, program, out):
        self.program, self.out = program, out
        self.addr = os.environ["SERVER_ADDR"]
        self.now = None
        self.warm = False
        self.tunables = self.sysctls = None
        if program == "tux":
            names = beside.guest("ls", "/proc/sys/net/tux").split()
            values = beside.guest("sh", "-c", "cd /proc/sys/net/tux && for f in *; do "
                                  "cat $f | head -n 1; done").splitlines()
            self.tunables = dict(zip(names, values))

    # settings

    def configure(self, server, **more):
        if self.now == (server.name, more):
            return
        if server.sysctls:
            beside.guest("sysctl", "-qw", *("%s=%s" % one for one in server.sysctls.items()))
        if self.program == "tux":
            self.configure_tux(server)
        else:
            self.configure_userver(server, more)
        self.now = (server.name, more)

    def configure_tux(self, server):
        missing = [name for name in server.settings if name not in self.tunables]
        if missing:
            raise Absent(", ".join(missing))
        # back to what the module came with, then off with what is not the paper's
        values = {name: self.tunables[name] for server in experiments.SERVERS.values()
                  if server.program == "tux" for name in server.settings
                  if name in self.tunables}
        values.update((name, value) for name, value in experiments.NEUTRAL.items()
                      if name in self.tunables)
        values.update(server.settings, max_backlog=server.backlog)
        beside.guest("sysctl", "-qw", *("net.tux.%s=%s" % one for one in values.items()))

    def configure_userver(self, server, more):
        values = dict(server.settings, backlog=server.backlog, **more)
        text = "".join("%s=%s\n" % one for one in values.items())
        beside.guest("sh", "-c", "/rig/server stop && printf %s \"$0\" >/rig/set && "
                     "/rig/server start", text)

    # measuring

    def spec(self, workload):
        if workload == "specweb99":
            return {"addr": self.addr, "wsesslog": beside.session_log(self.out),
                    "calls": beside.SPEC_CALLS}
        return {"addr": self.addr, "uri": beside.WWW_ONE, "calls": 1}

    def saturation(self, server, workload):
        """The load that points of this workload are parts of."""
        self.configure(server)
        self.prepare()
        return beside.saturation(self.spec(workload), max(2.0, WINDOW / 3))

    def prepare(self):
        if not self.warm:
            beside.warm_cache()
            self.warm = True
        beside.settle()

    def measure(self, server, workload, point, base):
        # what is held takes long, and memory does not depend on the time it took
        return undisturbed(lambda: self.once(server, workload, point, base),
                           1 if workload.kind == "hold" else TRIES)

    def once(self, server, workload, point, base):
        if workload.kind == "udp":
            return self.udp(server, workload, point)
        self.configure(server)
        self.prepare()
        if workload.kind == "offered":
            return self.offered(workload, point, base)
        if workload.kind == "idle":
            return self.idle(point)
        return self.hold(point)

    def offered(self, workload, point, base):
        spec = self.spec(workload.name)
        row = load.run(spec, max(point * base, 1.0), WINDOW, WARMUP, look=look)
        looks = row.pop("looks")
        row.update(between(*looks))
        row["offered_requests"] = row["offered"] * spec["calls"]
        return row

    def closed_loop(self):
        first = look()
        got = beside.closed_loop(self.addr, ["--uri", beside.WWW_ONE], WINDOW,
                                 WARMUP + WINDOW + 60, WARMUP)
        row = between(first, look())
        row.update(replies=got["replies_per_s"], resp_p50_ms=got["response_p50_ms"],
                   resp_p99_ms=got["response_p99_ms"], timeouts=got["timeouts"],
                   resets=got["resets"])
        return row

    def middle(self):
        """The closed loop, repeated: the guest's speed is not constant."""
        rows = [self.closed_loop() for _ in range(HOLD_WINDOWS)]
        return sorted(rows, key=lambda row: row["replies"])[len(rows) // 2]

    def open_rate(self):
        got = beside.closed_loop(self.addr, ["--uri", beside.WWW_ONE], 1.0)
        return beside.open_rate(got["replies_per_s"])

    def idle(self, count):
        rate = self.open_rate() if count else 0
        with beside.Idle(self.addr) as idle:
            idle.add(count, rate, beside.WWW_ONE)
            row = self.closed_loop()
            lost = idle.release()
        row.update(held=idle.held - lost, failed=idle.failed, lost=lost)
        return row

    def udp(self, server, workload, ports):
        self.configure(server, mode="udp", udp_ports=ports)
        got = load.tuxload(["--ports", "80:%d" % ports, "--rate", str(workload.rate), "--warmup",
                            "%g" % WARMUP, "--window", "%g" % WINDOW, self.addr],
                           WARMUP + WINDOW + 30, program="udpload")
        return {"resp_mean_ms": got.get("response_mean_ms", float("nan")),
                "resp_p50_ms": got.get("response_p50_ms", float("nan")),
                "resp_p99_ms": got.get("response_p99_ms", float("nan")),
                "sent": got["sent"], "lost": got["lost"]}

    def hold(self, wanted):
        """Until all are there, or some cannot be, or memory is nearly gone."""
        # First, for a server just started is slower.
        rate = self.open_rate()
        alone = self.middle()
        before = meminfo()
        floor = HOLD_MEMORY_LEFT * before["MemTotal"]
        end = time.monotonic() + HOLD_PATIENCE
        why = "all that were wanted"
        with beside.Idle(self.addr) as idle:
            memory = [(0, before["MemAvailable"])]
            while idle.held < wanted:
                step = min(HOLD_STEP, wanted - idle.held)
                came = idle.add(step, rate, beside.WWW_ONE)
                now = meminfo()
                memory.append((idle.held, now["MemAvailable"]))
                if came < HOLD_PART * step:
                    why = "clients could not connect"
                elif min(now["MemAvailable"], now["MemFree"]) < floor:
                    why = "memory was nearly gone"
                elif time.monotonic() > end:
                    why = "time was over"
                if why != "all that were wanted":
                    break
            row = self.middle()
            lost = idle.release()
        slab = now["Slab"] - before["Slab"]
        row.update(held=idle.held - lost, failed=idle.failed, lost=lost, ended_because=why,
                   replies_alone=alone["replies"], slab_per_conn=slab / max(idle.held, 1),
                   bytes_per_conn=slope(memory))
        return row


def slope(memory):
    """Bytes a connection: the regression of memory that was left over connections."""
    if len(memory) < 3:
        return (memory[0][1] - memory[-1][1]) / max(memory[-1][0], 1)
    line = statistics.linear_regression([m[0] for m in memory], [m[1] for m in memory])
    return -line.slope
