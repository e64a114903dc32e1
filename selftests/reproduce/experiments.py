# SPDX-License-Identifier: GPL-2.0-only
"""
experiments - which figure of which paper is made from which runs

Three tables: servers with their settings, workloads, and figures.  A figure names
the servers that it compares, the workload, and what is drawn over what; the runs
follow from that.  A run that several figures need is made once.

    a run = (server with its settings, workload, point on the x axis, round)

The papers:
    A   Brecht, Pariag, Gammo: accept()able Strategies for Improving Web Server
        Performance
    D   Event dispatch mechanisms in virtual hosts (a thesis)
    E   Connectivity of Erlang systems (a thesis, and a paper of the same authors)
"""

import collections
import os

QUICK = os.environ.get("QUICK", "0") not in ("", "0")

# ---- servers ----

# name: as in runs.jsonl; label: as in plots; settings: tunables of tux, options of
# userver; backlog: of the listening socket; sysctls: of the server's machine
Server = collections.namedtuple("Server", "name label program settings backlog sysctls",
                                defaults=({}, 128, {}))

# What tux does beyond the paper's is off unless a server below says otherwise.  Names that
# a module does not have are left alone, those of a server below are missed.
NEUTRAL = {"accept_policy": "fixed", "accept_limit": 0, "accept_interval": 1,
           "accept_phase_usecs": 0, "work_limit": 0, "work_phase_usecs": 0,
           "syn_admission": 0, "max_accept_wait": 0, "abort_half_closed": 0,
           "reset_refused": 0, "threads": 1,
           "max_connections": 15000}

BIG = 2048              # the default of tux, and of its time
PAPER_THREADS = 1000    # Knot's, section 5.2
# an idle connection is closed by nobody, and there is room for all of them
TUX_PATIENT = {"header_timeout": 0, "keepalive_timeout": 0, "max_connections": 400000}
USER_PATIENT = {"timeout": 0, "max_connections": 400000}
# SYN admission, a short max_accept_wait, and a RST for whoever is refused
ALL = {"syn_admission": 1, "max_accept_wait": 10, "reset_refused": 1}
LARGE_WINDOW = {"net.ipv4.tcp_rmem": "4096 6291456 6291456",
                "net.ipv4.tcp_wmem": "4096 6291456 6291456"}
SMALL_WINDOW = {"net.ipv4.tcp_rmem": "4096 8192 8192",
                "net.ipv4.tcp_wmem": "4096 8192 8192"}


def tux(name, label, backlog=128, sysctls=None, **settings):
    return Server(name, "TUX, " + label, "tux", settings, backlog, sysctls or {})


def userver(name, label, backlog=128, sysctls=None, **settings):
    return Server(name, label, "userver", settings, backlog, sysctls or {})


def knot(limit):
    return userver("knot-%d" % limit, "Knot-like, accept-limit %d" % limit, mode="knot-c",
                   threads=PAPER_THREADS, accept_limit=limit)


SERVERS = [
    # A: tux, accept limits of figures 6, 7, 10, 11
    tux("tux-1", "accept-limit 1", accept_limit=1),
    tux("tux-50", "accept-limit 50", accept_limit=50),
    tux("tux-inf", "accept-limit Inf", accept_limit=0),
    # A: its user-mode servers; select, as in the paper
    userver("userver-1", "userver, accept-limit 1", events="select", accept_limit=1),
    userver("userver-10", "userver, accept-limit 10", events="select", accept_limit=10),
    userver("userver-inf", "userver, accept-limit Inf", events="select", accept_limit=0),
    knot(1), knot(10), knot(50), knot(100),
    # A: what its future work asks for
    tux("tux-auto", "auto", accept_policy="auto"),
    tux("tux-interval", "1 accept for every 4 items", accept_limit=1, accept_interval=4,
        work_limit=1),
    tux("tux-items", "work_limit 50", work_limit=50),
    tux("tux-times", "phases of 0.5 and 2 ms", accept_phase_usecs=500, work_phase_usecs=2000),
    tux("tux-admission", "Inf, SYN admission", syn_admission=1),
    tux("tux-1-admission", "1, SYN admission", accept_limit=1, syn_admission=1),
    tux("tux-wait", "Inf, max_accept_wait 50", max_accept_wait=50),
    tux("tux-1-wait", "1, max_accept_wait 50", accept_limit=1, max_accept_wait=50),
    tux("tux-gone", "Inf, abort_half_closed", abort_half_closed=1),
    tux("tux-both", "Inf, both", syn_admission=1, max_accept_wait=50),
    tux("tux-1-both", "1, both", accept_limit=1, syn_admission=1, max_accept_wait=50),
    tux("tux-auto-both", "auto, both", accept_policy="auto", syn_admission=1,
        max_accept_wait=50),
    # and as low a response time as can be had
    tux("tux-all", "Inf, all three", **ALL),
    tux("tux-auto-all", "auto, all three", accept_policy="auto", **ALL),
    tux("tux-1-2048", "accept-limit 1, backlog 2048", BIG, accept_limit=1),
    tux("tux-2048", "accept-limit Inf, backlog 2048", BIG),
    tux("tux-2048-wait", "Inf, backlog 2048, max_accept_wait 50", BIG, max_accept_wait=50),
    tux("tux-2048-gone", "Inf, backlog 2048, abort_half_closed", BIG, abort_half_closed=1),
    # D: event dispatch
    userver("select", "select", BIG, events="select", **USER_PATIENT),
    userver("poll", "poll", BIG, events="poll", **USER_PATIENT),
    userver("epoll", "epoll", BIG, events="epoll", **USER_PATIENT),
    tux("in-kernel", "in the kernel", BIG, **TUX_PATIENT),
    # E: many clients
    userver("hold-poll", "userver, poll", BIG, events="poll", **USER_PATIENT),
    userver("hold-epoll", "userver, epoll", BIG, events="epoll", **USER_PATIENT),
    tux("hold-tux", "default windows", BIG, **TUX_PATIENT),
    userver("hold-epoll-large", "userver, epoll, large windows", BIG, LARGE_WINDOW,
            events="epoll", **USER_PATIENT),
    userver("hold-epoll-small", "userver, epoll, small windows", BIG, SMALL_WINDOW,
            events="epoll", **USER_PATIENT),
    tux("hold-tux-large", "large windows", BIG, LARGE_WINDOW, **TUX_PATIENT),
    tux("hold-tux-small", "small windows", BIG, SMALL_WINDOW, **TUX_PATIENT),
]
SERVERS = {server.name: server for server in SERVERS}

# ---- workloads ----

# kind: how it is measured (measure.py); points: the x axis, for the full and the quick
# length; rate: of udp, packets a second
Workload = collections.namedtuple("Workload", "name kind x points rate", defaults=(0,))

# Parts of the load that saturates tux in a closed loop, the same connections a second for
# every server: the paper's graphs end at 1.5 times of where the best server peaks.
LOADS = (0.6, 1.0, 2.0) if QUICK else (0.6, 0.8, 0.95, 1.05, 1.2, 1.5, 2.0)
if os.environ.get("LOADS"):
    LOADS = tuple(map(float, os.environ["LOADS"].split()))
IDLES = (0, 20000) if QUICK else (0, 1000, 5000, 10000, 15000, 20000)
PORTS = (10, 1000, 5000) if QUICK else (10, 100, 500, 1000, 2000, 5000)
# as many as this, or until it cannot hold more
CLIENTS = (10000,) if QUICK else (200000,)

WORKLOADS = [
    Workload("one_packet", "offered", "offered load (requests/s)", LOADS),
    Workload("specweb99", "offered", "offered load (requests/s)", LOADS),
    Workload("idle", "idle", "idle connections", IDLES),
    Workload("udp10", "udp", "ports", PORTS, 10),
    Workload("udp100", "udp", "ports", PORTS, 100),
    Workload("hold", "hold", "clients that try", CLIENTS),
]
WORKLOADS = {workload.name: workload for workload in WORKLOADS}

# ---- figures ----

# draw: lines (y over x), kinds (queue drops by kind, at the loads from 1 on) or
# table (y for each server)
Figure = collections.namedtuple("Figure", "name paper title workload servers y draw",
                                defaults=("lines",))

TUX = ("tux-1", "tux-50", "tux-inf")
USERVER = ("userver-1", "userver-10", "userver-inf")
KNOT = ("knot-1", "knot-10", "knot-50", "knot-100")
BOTH = ("tux-1", "tux-inf", "userver-1", "userver-inf")
BOUNDS = ("tux-1", "tux-inf", "tux-auto", "tux-times")
OVERLOAD = ("tux-1", "tux-inf", "tux-both", "tux-auto", "tux-auto-both", "tux-auto-all")
BACKLOGS = ("tux-1", "tux-1-2048", "tux-inf", "tux-2048")
# each bound and each remedy alone takes its time
if not QUICK:
    BOUNDS += ("tux-interval", "tux-items")
    OVERLOAD += ("tux-1-admission", "tux-1-wait", "tux-1-both", "tux-admission", "tux-wait",
                 "tux-gone", "tux-all")
    BACKLOGS += ("tux-2048-wait", "tux-2048-gone")
DISPATCH = ("select", "poll", "epoll", "in-kernel")
UDP = ("select", "poll", "epoll")

REPLIES, DROPS, LATENCY = "replies", "qdrops", "resp_mean_ms"

FIGURES = [
    Figure("fig2", "A", "userver, SPECweb99-like", "specweb99", USERVER, REPLIES),
    Figure("fig3", "A", "userver queue drops, SPECweb99-like", "specweb99", USERVER, DROPS),
    Figure("fig4", "A", "Knot-like, SPECweb99-like", "specweb99", KNOT, REPLIES),
    Figure("fig5", "A", "Knot-like queue drops, SPECweb99-like", "specweb99", KNOT, DROPS),
    Figure("fig6", "A", "TUX, SPECweb99-like", "specweb99", TUX, REPLIES),
    Figure("fig7", "A", "TUX queue drops, SPECweb99-like", "specweb99", TUX, DROPS),
    Figure("fig8", "A", "userver, one packet", "one_packet", USERVER, REPLIES),
    Figure("fig9", "A", "userver queue drops, one packet", "one_packet", USERVER, DROPS),
    Figure("fig10", "A", "TUX, one packet", "one_packet", TUX, REPLIES),
    Figure("fig11", "A", "TUX queue drops, one packet", "one_packet", TUX, DROPS),
    Figure("fig12", "A", "Knot-like, one packet", "one_packet", KNOT, REPLIES),
    Figure("fig13", "A", "Knot-like queue drops, one packet", "one_packet", KNOT, DROPS),
    Figure("fig14", "A", "userver and TUX, SPECweb99-like", "specweb99", BOTH, REPLIES),
    Figure("fig15", "A", "userver and TUX, one packet", "one_packet", BOTH, REPLIES),
    Figure("fig16", "A", "queue drops by kind, one packet", "one_packet", BOTH, DROPS, "kinds"),
    Figure("fig17", "A", "response times, SPECweb99-like", "specweb99", BOTH, LATENCY),
    Figure("bounds-one", "A", "auto and bounded phases, one packet", "one_packet", BOUNDS,
           REPLIES),
    Figure("bounds-spec", "A", "auto and bounded phases, SPECweb99-like", "specweb99", BOUNDS,
           REPLIES),
    Figure("overload-one", "A", "remedies for overload, one packet", "one_packet", OVERLOAD,
           REPLIES),
    Figure("overload-spec", "A", "remedies for overload, SPECweb99-like", "specweb99", OVERLOAD,
           REPLIES),
    Figure("backlog-one", "A", "a longer backlog, one packet", "one_packet", BACKLOGS, REPLIES),
    Figure("fig5.1", "D", "event mechanisms without idle connections", "one_packet", DISPATCH,
           REPLIES),
    Figure("fig5.2", "D", "event mechanisms with idle connections", "idle", DISPATCH, REPLIES),
    Figure("fig5.3", "D", "10 datagrams a second to many ports", "udp10", UDP, LATENCY),
    Figure("fig5.4", "D", "100 datagrams a second to many ports", "udp100", UDP, LATENCY),
    Figure("table1", "E", "clients held by 1 GiB, poll", "hold", ("hold-poll",), "held",
           "table"),
    Figure("table2", "E", "clients held by 1 GiB, epoll and in the kernel", "hold",
           ("hold-epoll", "hold-tux"), "held", "table"),
    Figure("table6", "E", "clients held by 1 GiB, large and small windows", "hold",
           ("hold-epoll-large", "hold-epoll-small", "hold-tux-large", "hold-tux-small"),
           "held", "table"),
]
FIGURES = {figure.name: figure for figure in FIGURES}


def runs(figures, rounds):
    """
    (server, workload, point, round) of all that these figures need, in an order in
    which servers alternate at each point.  What is held is measured once.
    """
    seen = {}
    for turn in range(1, rounds + 1):
        for figure in figures:
            workload = WORKLOADS[figure.workload]
            if turn > 1 and workload.kind == "hold":
                continue
            for point in workload.points:
                for server in figure.servers:
                    seen[server, workload.name, point, turn] = None
    order = {name: i for i, name in enumerate(WORKLOADS)}
    return sorted(seen, key=lambda run: (run[3], order[run[1]], run[2]))
