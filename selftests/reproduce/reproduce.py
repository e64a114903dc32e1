# SPDX-License-Identifier: GPL-2.0-only
"""
reproduce - the papers' experiments, with one command

Takes the figures that are asked for (ONLY, else all) out of experiments.py, makes the
runs that are not there yet, and writes the report.  Runs are kept in
out/reproduce/runs.jsonl, one a line, as soon as each is over: whoever interrupts and
starts again goes on where it was.  QUICK=1 has runs of its own (out/reproduce/quick/).

`reproduce.py docs` writes what docs/reproduction-results.rst shows of it.

Runs with the same program are made in one visit, a started guest; each visit that
measures memory has a fresh one.  Runs itself again inside the namespace of
with-server: `reproduce.py visit PROGRAM`, with its orders in out/.../orders.json.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "bench"))

# pylint: disable=wrong-import-position
import beside                                   # noqa: E402
import experiments                              # noqa: E402
import load                                     # noqa: E402
import measure                                  # noqa: E402
import report                                   # noqa: E402
from progress import Progress, clock            # noqa: E402

QUICK = experiments.QUICK
OUT = os.path.join(load.TOP, "out", "reproduce", *(["quick"] if QUICK else []))
RUNS = os.path.join(OUT, "runs.jsonl")
ORDERS = os.path.join(OUT, "orders.json")
STATE = os.path.join(OUT, "state.json")
KERNEL = os.environ.get("KERNEL", "6.12")
ROUNDS = int(os.environ.get("ROUNDS", 1 if QUICK else 2))

# the speed of a guest's processor is constant where a rate is the result (with-server)
STEADY = os.environ.get("STEADY", "1") not in ("", "0")

BOOT = 10.0
BASE_SECONDS = 6.0
MEM = "1G"              # the server's, in all three papers at least
SYNCOOKIES = "0"        # as in the paper: else full queues do not drop
BASE_SERVER = "tux-2048"
# at most this much longer than expected, and this many seconds, then a visit is ended
SLACK, SLACK_SECONDS = 3, 600


def read_json(path, default):
    try:
        with open(path) as f:
            return json.load(f)
    except FileNotFoundError:
        return default


def write_json(path, what):
    with open(path + ".new", "w") as f:
        json.dump(what, f, indent=1)
    os.rename(path + ".new", path)


def read_runs():
    """Every run with this kernel that is over; a line that was cut off does not count."""
    try:
        with open(RUNS) as f:
            rows = [json.loads(line) for line in f if line.endswith("\n")]
    except FileNotFoundError:
        return []
    return [row for row in rows if row["kernel"] == KERNEL]


def mend_runs():
    """A line that was cut off by an interrupt goes."""
    try:
        with open(RUNS) as f:
            lines = f.readlines()
    except FileNotFoundError:
        return
    if lines and not lines[-1].endswith("\n"):
        with open(RUNS + ".new", "w") as f:
            f.writelines(lines[:-1])
        os.rename(RUNS + ".new", RUNS)


def key(row):
    return row["server"], row["workload"], row["point"], row["round"]


def expected(server, workload, point):
    return measure.seconds(server.program, workload.kind, point)


# ---- beside the server ----

class Visit:
    """All that there is to do with one started machine."""

    def __init__(self, program):
        self.orders = read_json(ORDERS, None)
        self.state = read_json(STATE, {})
        self.progress = Progress(**self.orders["progress"])
        self.station = measure.Station(program, OUT)

    def base(self, workload, turn):
        """Connections a second that saturate tux; points of the x axis are parts of it."""
        self.progress.step("round %d, %s: where it saturates" % (turn, workload.name),
                           BASE_SECONDS)
        rate = self.station.saturation(experiments.SERVERS[BASE_SERVER], workload.name)
        self.state.setdefault("base", {})[workload.name] = rate
        write_json(STATE, self.state)

    def one(self, server, workload, point, turn):
        if point is None:
            return self.base(workload, turn)
        self.progress.step("round %d, %s, %s: %g" % (turn, server.name, workload.name, point),
                           expected(server, workload, point))
        row = self.station.measure(server, workload, point,
                                   self.state.get("base", {}).get(workload.name))
        row.update(server=server.name, workload=workload.name, point=point, round=turn,
                   kernel=KERNEL, time=time.strftime("%Y-%m-%dT%H:%M:%S"))
        with open(RUNS, "a") as f:
            f.write(json.dumps(row) + "\n")

    def run(self):
        """What fails is told and left out: the next start tries it again."""
        failed = 0
        for name, workload, point, turn in self.orders["runs"]:
            try:
                self.one(experiments.SERVERS[name], experiments.WORKLOADS[workload], point, turn)
                self.state.get("absent", {}).pop(name, None)
            except measure.Absent as why:
                self.state.setdefault("absent", {})[name] = str(why)
                write_json(STATE, self.state)
            except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as why:
                self.progress.clear()
                print("reproduce: %s, %s, %s: %s" % (name, workload, point, why),
                      file=sys.stderr)
                self.station.now = None
                failed += 1
                if failed >= 5:
                    sys.exit("reproduce: too much fails here; ending this visit")
        self.progress.clear()
        self.orders["progress"] = self.progress.carry()
        write_json(ORDERS, self.orders)


def visit(program):
    load.prepare_namespace()
    Visit(program).run()


# ---- outside ----

def chosen():
    """The figures that ONLY names: fig10, fig5.1, table6; or a paper: A, D, E."""
    only = os.environ.get("ONLY", "").replace(",", " ").split()
    for name in only:
        if name not in experiments.FIGURES and name not in report.PAPERS:
            sys.exit("reproduce: ONLY=%s: there is no such figure. There are:\n%s" % (
                name, " ".join(experiments.FIGURES)))
    return [figure for figure in experiments.FIGURES.values()
            if not only or figure.name in only or figure.paper in only]


def visits(left):
    """
    (program, runs): what is held wants a machine for itself, the rest may share one of
    the same kind.
    """
    shared, own = {}, []
    for run in left:
        program = experiments.SERVERS[run[0]].program
        if experiments.WORKLOADS[run[1]].kind == "hold":
            own.append((program, [run]))
        else:
            shared.setdefault((run[3], not is_steady([run]), program), []).append(run)
    # tux first in each round: it finds out what the loads are parts of
    return [(program, runs) for (_, _, program), runs in sorted(shared.items())] + own


def is_steady(runs):
    """A machine of constant speed is a slow one: not where many clients are the question."""
    return STEADY and experiments.WORKLOADS[runs[0][1]].kind == "offered"


def cost(runs):
    return BOOT + sum(BASE_SECONDS if point is None else
                      expected(experiments.SERVERS[name], experiments.WORKLOADS[workload], point)
                      for name, workload, point, _ in runs)


def bases_missing(left):
    known = read_json(STATE, {}).get("base", {})
    return sorted({run[1] for run in left
                   if experiments.WORKLOADS[run[1]].kind == "offered"} - set(known))


def go(program, runs, roots, progress):
    """One visit; True if it went well."""
    progress.step("starting a machine with %s" % program, BOOT)
    write_json(ORDERS, {"runs": runs, "progress": progress.carry()})
    progress.clear()
    hold = experiments.WORKLOADS[runs[0][1]].kind == "hold"
    proc = subprocess.Popen(
        [load.WITH_SERVER, "--server", program, "--kernel", KERNEL, "--mem", MEM,
         "--backlog", "128", "--syncookies", SYNCOOKIES,
         *(["--steady"] if is_steady(runs) else []),
         *(["--append", beside.IDLE_APPEND] if hold else []), "--docroot",
         roots[1] if hold else roots[0], "--",
         sys.executable, os.path.realpath(__file__), "visit", program],
        stdin=subprocess.DEVNULL)
    try:
        rc = proc.wait(SLACK * cost(runs) + SLACK_SECONDS)
    except subprocess.TimeoutExpired:
        print("reproduce: this takes far too long; ending it", file=sys.stderr)
        rc = -1
    finally:
        if proc.poll() is None:
            proc.terminate()
            proc.wait()
    if rc:
        print("reproduce: the visit with %s failed (exit status %d)" % (program, rc),
              file=sys.stderr)
    return not rc


def plan(figures):
    """What is left to do, as visits; first of all what the loads are parts of."""
    done = {key(row) for row in read_runs()}
    left = [run for run in experiments.runs(figures, ROUNDS) if run not in done]
    return visits([(BASE_SERVER, workload, None, 1) for workload in bases_missing(left)] + left)


def count(work, but=()):
    return sum(run[0] not in but for _, runs in work for run in runs)


def alone():
    """One at a time for each directory; held until this process ends."""
    lock = open(os.path.join(OUT, "lock"), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("reproduce: somebody else measures into %s" % OUT)
    os.set_inheritable(lock.fileno(), False)
    return lock


def ending(*_):
    sys.exit(143)


def main():
    started = time.time()
    # both, also where a shell that started us in the background ignores one
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, ending)
    figures = chosen()
    os.makedirs(OUT, exist_ok=True)
    lock = alone()
    mend_runs()
    work = plan(figures)
    good = True
    if work:
        load.build()
        roots = beside.make_docroot(OUT)
        load.send_to_clients(os.path.join(load.TOP, "selftests"),
                             os.path.join(OUT, "specweb99"))
        progress = Progress(len(work) + count(work), sum(cost(runs) for _, runs in work))
        for program, runs in work:
            good = go(program, runs, roots, progress) and good
            progress = Progress(**read_json(ORDERS, None)["progress"])
            report.write(OUT, figures, read_runs(), read_json(STATE, {}))
        progress.clear()
    text = report.write(OUT, figures, read_runs(), read_json(STATE, {}))
    print(text)
    print("%s: report.rst, CSV files and plots; it took %s" %
          (OUT, clock(time.time() - started)))
    left = count(plan(figures), read_json(STATE, {}).get("absent", {}))
    lock.close()
    if left:
        print("reproduce: %d runs are missing; start again to make them" % left, file=sys.stderr)
    return 0 if good and not left else 1


if __name__ == "__main__":
    try:
        if sys.argv[1:2] == ["visit"]:
            sys.exit(visit(sys.argv[2]))
        if sys.argv[1:] == ["docs"]:
            sys.exit(report.write_docs(OUT, os.path.join(load.TOP, "docs"), read_runs(),
                                       read_json(STATE, {})))
        if sys.argv[1:]:
            sys.exit("usage: run [docs]; what is measured is set by the environment")
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
