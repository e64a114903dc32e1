# SPDX-License-Identifier: GPL-2.0-only
"""
report - CSV files, plots and the report, from the runs that there are

Every figure has NAME.csv (medians over the rounds, with the spread) and NAME.png; all
runs with all columns are in runs.csv; report.rst shows the figures, the phases
behind them, and the claims.  Made anew after each visit, so that there is always
one that fits what was measured so far; what is missing is said to be.
"""

import csv
import os
import statistics

import claims
import experiments
import measure
import plot

PAPERS = {
    "A": "accept()able Strategies for Improving Web Server Performance",
    "D": "Event dispatch in virtual hosts",
    "E": "Connectivity of Erlang systems",
}

UNITS = {"replies": "replies/s", "qdrops": "queue drops/s",
         "resp_mean_ms": "mean response time (ms)",
         "held": "clients held"}

# what stands behind a rate: columns of a figure's table, as far as they were measured
BEHIND = [("srv_accepted", "accepts/s"), ("srv_accept_phases", "accept-phases/s"),
          ("srv_accepts_per_phase", "accepts a phase"),
          ("srv_items_per_work_phase", "items a work-phase"),
          ("srv_getevents", "get-events/s"), ("qdrops", "queue drops/s"),
          ("resp_mean_ms", "response, ms"), ("client_cpu", "client's processor")]
HOLD = [("held", "held"), ("ended_because", "ended because"),
        ("bytes_per_conn", "bytes each, all memory"), ("slab_per_conn", "bytes each, slab"),
        ("lost", "lost"), ("replies_alone", "replies/s without"), ("replies", "replies/s with")]
KINDS = [("drop_synq_full", "SynQFull"), ("drop_acceptq_full", "AcceptQFull"),
         ("drop_request", "DropRequest"), ("drop_listen_overflow", "ListenOverflow"),
         ("drop_acceptq_or_overflow", "AcceptQFull or ListenOverflow"),
         ("drop_admission", "SYN admission")]


# of A: what is compared with the paper's TUX
TUX_SETTINGS = [name for name, server in experiments.SERVERS.items()
                if server.program == "tux" and name.startswith("tux-")]


class Data:
    """Runs by what they are of."""

    def __init__(self, rows, absent):
        self.rows, self.absent = rows, absent
        self.found = {}
        for row in rows:
            self.found.setdefault((row["server"], row["workload"]), {}).setdefault(
                row["point"], []).append(row)

    def points(self, server, workload):
        return sorted(self.found.get((server, workload), {}))

    def values(self, server, workload, point, column):
        rows = self.found.get((server, workload), {}).get(point, [])
        return [row[column] for row in rows if column in row]

    def value(self, server, workload, point, column):
        """The median over the rounds (of words: the last); None if there is none."""
        values = self.values(server, workload, point, column)
        if values and isinstance(values[0], str):
            return values[-1]
        values = [v for v in values if v == v]
        return statistics.median(values) if values else None

    def spread(self, server, workload, point, column):
        values = self.values(server, workload, point, column)
        middle = statistics.median(values) if values else 0
        return (max(values) - min(values)) / middle if middle else 0.0

    def x(self, server, workload, point):
        if experiments.WORKLOADS[workload].kind == "offered":
            return self.value(server, workload, point, "offered_requests")
        return point

    def curve(self, server, workload, column):
        pairs = [(self.x(server, workload, p), self.value(server, workload, p, column))
                 for p in self.points(server, workload)]
        return [(x, y) for x, y in pairs if x is not None and y is not None]


def cell(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else "%.5g" % value


def number(value):
    """For people: large ones without a fraction."""
    if not isinstance(value, (int, float)):
        return value or "-"
    return "{:,.0f}".format(value) if abs(value) >= 100 else "%.3g" % value


# ---- CSV ----

def write_figure_csv(out, figure, data):
    behind = [name for name, _ in (HOLD if figure.draw == "table" else BEHIND + KINDS)]
    names = ["server", "point", "x", figure.y, figure.y + "_spread", "rounds"]
    names += [name for name in behind if name not in names]
    with open(os.path.join(out, figure.name + ".csv"), "w", newline="") as f:
        lines = csv.writer(f)
        lines.writerow(names)
        for server in figure.servers:
            for point in data.points(server, figure.workload):
                what = (server, figure.workload, point)
                lines.writerow([server, point, cell(data.x(*what)),
                                cell(data.value(*what, figure.y)),
                                "%.4f" % data.spread(*what, figure.y)
                                if figure.y != "ended_because" else "",
                                len(data.values(*what, figure.y))] +
                               [cell(data.value(*what, name)) for name in names[6:]])


def write_runs_csv(out, rows):
    first = ["server", "workload", "point", "round"]
    names = first + sorted({name for row in rows for name in row} - set(first))
    with open(os.path.join(out, "runs.csv"), "w", newline="") as f:
        lines = csv.DictWriter(f, names)
        lines.writeheader()
        for row in rows:
            lines.writerow({k: "%.6g" % v if isinstance(v, float) else v
                            for k, v in row.items()})


# ---- plots ----

def draw_lines(path, figure, data):
    workload = experiments.WORKLOADS[figure.workload]
    series = {}
    for name in figure.servers:
        curve = data.curve(name, figure.workload, figure.y)
        if curve:
            series[experiments.SERVERS[name].label] = curve
    if not series:
        return False
    spec = {"title": UNITS[figure.y], "x": workload.x, "y": UNITS[figure.y], "series": series}
    if figure.y == "replies" and workload.kind == "offered":
        spec["ideal"] = max(y for points in series.values() for _, y in points)
    plot.draw(path, "%s: %s" % (figure.name, figure.title), [spec])
    return True


def draw_kinds(path, figure, data):
    groups = []
    for point in experiments.WORKLOADS[figure.workload].points:
        for name in figure.servers:
            if point < 1 or data.x(name, figure.workload, point) is None:
                continue
            label = "%s, %.0f/s" % (name, data.x(name, figure.workload, point))
            groups.append((label, [data.value(name, figure.workload, point, kind) or 0
                                   for kind, _ in KINDS]))
    if not groups:
        return False
    plot.bars(path, "%s: %s" % (figure.name, figure.title), "queue drops/s",
              [title for _, title in KINDS], groups)
    return True


def draw(out, figure, data):
    """True if there is now a plot."""
    path = os.path.join(out, figure.name + ".png")
    if figure.draw == "lines":
        return draw_lines(path, figure, data)
    return figure.draw == "kinds" and draw_kinds(path, figure, data)


# ---- the report ----

def rst_table(head, rows):
    """A list-table: any text fits into its cells."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [head] + rows:
        for i, text in enumerate(row):
            lines.append("   %s %s" % ("* -" if i == 0 else "  -", text or "\\-"))
    return lines + [""]


def heading(text, line):
    return [text, line * len(text), ""]


def server_name(name, data):
    label = experiments.SERVERS[name].label
    if name in data.absent:
        label += " (not measured: this module has no %s)" % data.absent[name]
    return label


def hold_table(figure, data):
    rows = []
    for name in figure.servers:
        for point in data.points(name, figure.workload):
            rows.append([server_name(name, data)] +
                        [number(data.value(name, figure.workload, point, column))
                         for column, _ in HOLD])
    return rst_table(["server"] + [title for _, title in HOLD], rows) if rows else []


def figure_table(figure, data):
    """The server's side at each load."""
    columns = [(name, title) for name, title in BEHIND if name != figure.y]
    rows = []
    for name in figure.servers:
        for point in data.points(name, figure.workload):
            what = (name, figure.workload, point)
            rows.append([server_name(name, data), number(data.x(*what)),
                         with_spread(data, *what, figure.y)] +
                        [number(data.value(*what, column)) for column, _ in columns])
    used = [i for i in range(len(columns)) if any(row[3 + i] != "-" for row in rows)]
    head = ["server", experiments.WORKLOADS[figure.workload].x, UNITS[figure.y]]
    return rst_table(head + [columns[i][1] for i in used],
                     [row[:3] + [row[3 + i] for i in used] for row in rows]) if rows else []


def with_spread(data, *what):
    text = number(data.value(*what))
    if len(data.values(*what)) > 1:
        text += " ±%.1f %%" % (100 * data.spread(*what))
    return text


def overload_loads(data):
    """(workload, load): where it saturates, and the highest; those that all servers share."""
    found = []
    for workload in ("one_packet", "specweb99"):
        points = [set(data.points(name, workload)) for name in TUX_SETTINGS
                  if data.points(name, workload)]
        shared = sorted(p for p in set.intersection(*points) if p >= 0.95) if points else []
        found += [(workload, p) for p in dict.fromkeys(shared[:1] + shared[-1:])]
    return found


def settings_table(data):
    """Each policy, bound and remedy of tux against the workloads, under overload."""
    loads = overload_loads(data)
    head = ["TUX, backlog 128 unless said"]
    for workload, load in loads:
        head += ["%s at %g, replies/s" % (workload, load), "p99, ms"]
    rows = []
    for name in TUX_SETTINGS:
        if any(data.points(name, workload) for workload, _ in loads):
            row = [experiments.SERVERS[name].label.removeprefix("TUX, ")]
            for what in loads:
                row += [with_spread(data, name, *what, "replies"),
                        number(data.value(name, *what, "resp_p99_ms"))]
            rows.append(row)
    if not rows:
        return ["Not measured yet.", ""]
    return ["Loads are parts of what saturates; ± is the range of the rounds over the median.",
            ""] + rst_table(head, rows)


def figure_head(figure, data, drawn, where=""):
    lines = heading("%s: %s" % (figure.name, figure.title), "-")
    if drawn:
        lines += [".. image:: %s%s.png" % (where, figure.name), ""]
    return lines


def figure_text(figure, data, drawn):
    lines = figure_head(figure, data, drawn)
    table = hold_table(figure, data) if figure.draw == "table" else figure_table(figure, data)
    missing = [name for name in figure.servers if not data.points(name, figure.workload)]
    if missing:
        lines += ["Not measured yet: %s." % ", ".join(server_name(name, data)
                                                      for name in missing), ""]
    return lines + table


def conditions(rows, state):
    if not rows:
        return ["Nothing has been measured yet.", ""]
    kernels = sorted({row["kernel"] for row in rows})
    windows = sorted({round(row["window_s"]) for row in rows if "window_s" in row})
    lines = ["%d runs, Linux %s, windows of %s s." % (
        len(rows), " and ".join(kernels), " and ".join(map(str, windows)) or "-")]
    disturbed = [row["stolen"] for row in rows if row.get("stolen", 0) > measure.STOLEN_FINE]
    if disturbed:
        lines.append("%d of them are doubtful: of this machine's processors others had more than "
                     "%.0f %% at that time, up to %.0f %%." % (
                         len(disturbed), 100 * measure.STOLEN_FINE, 100 * max(disturbed)))
    for workload, rate in state.get("base", {}).items():
        lines.append("TUX was saturated by about %.0f connections/s of %s." % (rate, workload))
    return lines + [""]


def claims_table(data):
    rows = []
    for claim, (verdict, evidence) in claims.judge(data):
        rows.append(["%s, %s" % (claim.paper, claim.figure), claim.text, evidence,
                     "**%s**" % verdict, claim.why])
    return rst_table(["Where", "The paper says", "Measured here", "Verdict", "Why"], rows)


SPDX = [".. SPDX-License-Identifier: GPL-2.0-only", ""]


def store(path, lines):
    with open(path, "w") as f:
        f.write("\n".join(lines).rstrip("\n") + "\n")


def write(out, figures, rows, state):
    """All of it; returns a summary for the terminal."""
    data = Data(rows, state.get("absent", {}))
    if rows:
        write_runs_csv(out, rows)
    text = SPDX + heading("The papers' experiments, reproduced", "=") + conditions(rows, state)
    text += heading("Policies and tunables", "=") + settings_table(data)
    text += heading("Claims", "=") + claims_table(data)
    for paper, title in PAPERS.items():
        text += heading("%s: %s" % (paper, title), "=")
        for figure in experiments.FIGURES.values():
            if figure.paper == paper:
                write_figure_csv(out, figure, data)
                text += figure_text(figure, data, draw(out, figure, data))
    store(os.path.join(out, "report.rst"), text)
    return summary(figures, data)


def write_docs(out, docs, rows, state):
    """What the documentation shows of it: conditions, settings, claims, plots; no runs."""
    data = Data(rows, state.get("absent", {}))
    images = os.path.join(docs, "images", "reproduce")
    text = SPDX + heading("The papers' experiments: results", "=")
    text += ["Made by ``selftests/reproduce/run docs``; docs/reproduction.rst tells how to "
             "read it.", ""]
    text += conditions(rows, state)
    text += heading("Policies and tunables", "=") + settings_table(data)
    text += heading("Claims", "=") + claims_table(data)
    text += heading("Figures", "=")
    for figure in experiments.FIGURES.values():
        os.makedirs(images, exist_ok=True)
        if draw(images, figure, data):
            text += figure_head(figure, data, True, "images/reproduce/")
        elif figure.draw == "table" and hold_table(figure, data):
            text += figure_head(figure, data, False) + hold_table(figure, data)
        else:
            text += figure_head(figure, data, False) + ["Not measured yet.", ""]
    store(os.path.join(docs, "reproduction-results.rst"), text)


def summary(figures, data):
    """A line for each server of the figures: its best, and at the highest load."""
    lines = []
    for figure in figures:
        lines.append("%s: %s" % (figure.name, figure.title))
        for name in figure.servers:
            curve = data.curve(name, figure.workload, figure.y)
            if curve:
                lines.append("    %-34s best %10s   last %10s   %s" % (
                    experiments.SERVERS[name].label,
                    number((max if figure.y in ("replies", "held") else min)(
                        y for _, y in curve)), number(curve[-1][1]), UNITS[figure.y]))
            else:
                lines.append("    %s: not measured" % server_name(name, data))
    return "\n".join(lines)
