# SPDX-License-Identifier: GPL-2.0-only
"""
claims - what the papers say, each beside a rule that judges it by the runs

A rule takes the runs (report.Data) and returns a verdict and what was measured; it
returns nothing where runs are missing, and then the claim is "not measured yet".
Two rates differ when they do by more than NOISE or the spread of the rounds.
Nothing is written here by hand about what was measured.
"""

import collections

NOISE = 0.03
HOLDS, NOT, UNTESTABLE, MISSING = ("holds", "does not hold", "cannot be tested here",
                                   "not measured yet")

# why: what a reader has to know beside the figures
Claim = collections.namedtuple("Claim", "paper figure text rule why", defaults=("",))

ONE, SPEC = "one_packet", "specweb99"


def per_cent(ratio):
    # against nothing, or nearly
    return "many times more" if ratio > 20 else "%+.0f %%" % (100 * (ratio - 1))


class Missing(Exception):
    """There is no such run."""


def need(value):
    if value is None:
        raise Missing
    return value


def at(data, server, workload, point, column="replies"):
    return need(data.value(server, workload, point, column))


def loads(data, least, workload, *servers):
    """The points from least on that all of these servers have."""
    points = [p for p in data.points(servers[0], workload)
              if p >= least and all(p in data.points(s, workload) for s in servers)]
    if not points:
        raise Missing
    return points


def peak(data, server, workload):
    return max(at(data, server, workload, p) for p in loads(data, 0, workload, server))


def noise(data, workload, point, *servers):
    return max([NOISE] + [data.spread(s, workload, point, "replies") for s in servers])


def verdict(good):
    return HOLDS if good else NOT


# ---- rules: each returns a function of the runs ----

def more_under_overload(better, worse, workload, by):
    """More replies at some load from saturation on, and at none less."""
    def rule(data):
        best, where, real, never_less = 0.0, 0.0, 0.0, True
        for p in loads(data, 1.0, workload, better, worse):
            ratio = at(data, better, workload, p) / max(at(data, worse, workload, p), 1)
            wide = noise(data, workload, p, better, worse)
            never_less = never_less and ratio > 1 - wide
            if ratio - wide > best:
                best, where, real = ratio - wide, p, ratio
        return (verdict(never_less and best > 1),
                "at most %s, at %.2f of the saturating load (there: %s)" % (
                    per_cent(real), where, by))
    return rule


def higher_peak(better, worse, workload, by):
    def rule(data):
        ratio = peak(data, better, workload) / max(peak(data, worse, workload), 1)
        return verdict(ratio > 1 + NOISE), "peak %s (there: %s)" % (per_cent(ratio), by)
    return rule


def not_better(better, worse, workload):
    """A higher limit gains nothing, neither at the peak nor beyond."""
    def rule(data):
        ratio = peak(data, better, workload) / max(peak(data, worse, workload), 1)
        last = loads(data, 1.0, workload, better, worse)[-1]
        beyond = at(data, better, workload, last) / max(at(data, worse, workload, last), 1)
        return (verdict(ratio < 1 + NOISE and beyond < 1 + NOISE),
                "peak %s, at %.1f of the saturating load %s" % (per_cent(ratio), last,
                                                                per_cent(beyond)))
    return rule


def fewer_drops(better, worse, workload, column="qdrops"):
    """In sum over the loads from saturation on, beyond a tenth."""
    def rule(data):
        points = loads(data, 1.0, workload, better, worse)
        few = sum(at(data, better, workload, p, column) for p in points) / len(points)
        many = sum(at(data, worse, workload, p, column) for p in points) / len(points)
        return (verdict(few < 0.9 * many),
                "%.0f drops/s against %.0f on average under overload" % (few, many))
    return rule


def accept_rate(better, worse, workload, by):
    """Equation 1 taken apart at the highest load: rate, phases, and accepts a phase."""
    def rule(data):
        p = loads(data, 1.0, workload, better, worse)[-1]
        told = []
        for server in (better, worse):
            accepted = at(data, server, workload, p, "srv_accepted")
            mean = data.value(server, workload, p, "srv_accepts_per_phase")
            told.append("%s: %.0f accepts/s " % (server, accepted) + (
                "in a phase that did not end" if mean is None else "= %.1f phases/s x %.2f" % (
                    at(data, server, workload, p, "srv_accept_phases"), mean)))
        ratio = at(data, better, workload, p, "srv_accepted") / \
            max(at(data, worse, workload, p, "srv_accepted"), 1)
        return verdict(ratio > 1 + NOISE), "; ".join(told) + " (there: %s)" % by
    return rule


def equal_peaks(first, second, workload, within):
    def rule(data):
        ratio = peak(data, first, workload) / max(peak(data, second, workload), 1)
        return verdict(ratio > 1 - within), "peak %s" % per_cent(ratio)
    return rule


def higher_peak_that_falls(better, worse, workload):
    def rule(data):
        up = peak(data, better, workload) / max(peak(data, worse, workload), 1)
        last = loads(data, 1.0, workload, better, worse)[-1]
        beyond = at(data, better, workload, last) / max(at(data, worse, workload, last), 1)
        return (verdict(up > 1 + NOISE and beyond < 1 - NOISE),
                "peak %s, at the highest load %s" % (per_cent(up), per_cent(beyond)))
    return rule


def select_amortised(data):
    p = loads(data, 1.0, ONE, "userver-1", "userver-inf")[0]
    few = at(data, "userver-inf", ONE, p, "srv_getevents")
    many = at(data, "userver-1", ONE, p, "srv_getevents")
    items = [need(data.value(s, ONE, p, "srv_items_per_work_phase"))
             for s in ("userver-inf", "userver-1")]
    return (verdict(many > 2 * few and items[0] > 2 * items[1]),
            "%.0f calls of select a second against %.0f; %.1f and %.1f connections a "
            "work-phase (there: 267 and 12,507; 184.9 and 3.6)" % (few, many, *items))


def no_syn_queue_drops(data):
    drops = sum(at(data, s, ONE, p, "drop_synq_full")
                for s in ("tux-1", "tux-inf", "userver-1", "userver-inf")
                for p in loads(data, 1.0, ONE, s))
    return verdict(drops < 1), "%.0f drops/s in all" % drops


def quickest(server, others, workload):
    def rule(data):
        points = loads(data, 1.0, workload, server, *others)
        wins = sum(all(at(data, server, workload, p, "resp_mean_ms") <
                       at(data, o, workload, p, "resp_mean_ms") for o in others)
                   for p in points)
        last = points[-1]
        told = ", ".join("%s %.1f ms" % (s, at(data, s, workload, last, "resp_mean_ms"))
                         for s in (server, *others))
        return (verdict(wins > len(points) / 2), "at %d of %d loads; at the highest: %s" % (
            wins, len(points), told))
    return rule


def never_worse(server, others, column="replies"):
    """Against the best of the others at each load, both workloads."""
    def rule(data):
        worst = 10.0
        for workload in (ONE, SPEC):
            for p in loads(data, 0, workload, server, *others):
                best = max(at(data, o, workload, p, column) for o in others)
                worst = min(worst, at(data, server, workload, p, column) / max(best, 1))
        return (verdict(worst > 1 - NOISE),
                "%s of the best fixed limit at the least" % per_cent(worst))
    return rule


def flat_without_idle(data):
    peaks = {s: peak(data, s, ONE) for s in ("select", "poll", "epoll", "in-kernel")}
    ratio = min(peaks["select"], peaks["poll"]) / max(peaks["epoll"], 1)
    return verdict(ratio > 0.9), ", ".join("%s %.0f/s" % one for one in peaks.items())


def keeps_with_idle(server):
    def rule(data):
        points = loads(data, 0, "idle", server)
        if len(points) < 2:
            raise Missing
        ratio = at(data, server, "idle", points[-1]) / max(at(data, server, "idle", points[0]), 1)
        return ratio, "%s %s" % (server, per_cent(ratio))
    return rule


def idle_connections(data):
    kept = {s: keeps_with_idle(s)(data) for s in ("select", "poll", "epoll", "in-kernel")}
    good = kept["select"][0] < 0.7 and kept["poll"][0] < 0.7 and kept["epoll"][0] > 0.9
    points = loads(data, 0, "idle", "epoll")
    return verdict(good), "with %d idle connections: %s" % (
        points[-1], ", ".join(text for _, text in kept.values()))


def many_ports(workload):
    def rule(data):
        told, grown = [], {}
        for server in ("select", "poll", "epoll"):
            points = loads(data, 0, workload, server)
            first, last = (at(data, server, workload, p, "resp_mean_ms")
                           for p in (points[0], points[-1]))
            grown[server] = last / max(first, 1e-6)
            told.append("%s %.2f to %.2f ms" % (server, first, last))
        good = grown["epoll"] < 1.3 and grown["select"] > 1.3 and grown["poll"] > 1.3
        return verdict(good), "from %d to %d ports: %s" % (points[0], points[-1],
                                                           ", ".join(told))
    return rule


def held(data, server):
    return at(data, server, "hold", loads(data, 0, "hold", server)[-1], "held")


def holds_more(better, worse):
    """Nothing is said if both held all that came."""
    def rule(data):
        more, less = held(data, better), held(data, worse)
        wanted = loads(data, 0, "hold", worse)[-1]
        if less == wanted:
            return UNTESTABLE, "both held all %d that came" % wanted
        return verdict(more > 1.05 * less), "%.0f against %.0f" % (more, less)
    return rule


def windows_matter_little(data):
    told, good = [], True
    for server in ("hold-epoll", "hold-tux"):
        large, small = held(data, server + "-large"), held(data, server + "-small")
        good = good and abs(large / max(small, 1) - 1) < 0.05
        told.append("%s: %.0f with large, %.0f with small windows" % (server, large, small))
    return verdict(good), "; ".join(told)


def two_hundred_thousand(data):
    point = loads(data, 0, "hold", "hold-tux")[-1]
    if point < 200000:
        raise Missing
    count = held(data, "hold-tux")
    each = at(data, "hold-tux", "hold", point, "slab_per_conn")
    ratio = at(data, "hold-tux", "hold", point) / \
        max(at(data, "hold-tux", "hold", point, "replies_alone"), 1)
    return (verdict(count >= 200000 and each < 4096 and ratio > 1 - NOISE),
            "%.0f held, %.0f bytes of kernel memory each, replies %s for the others" % (
                count, each, per_cent(ratio)))


def untestable(_):
    return UNTESTABLE, "\\-"


CLAIMS = [
    Claim("A", "fig2", "userver: accept-limit Inf answers up to 39 % more than 1 under overload",
          more_under_overload("userver-inf", "userver-1", SPEC, "39 %")),
    Claim("A", "fig2", "userver: its accept rate is higher with Inf than with 1",
          accept_rate("userver-inf", "userver-1", SPEC, "1,571 and 1,127/s")),
    Claim("A", "fig3", "userver: fewer queue drops with Inf than with 1",
          fewer_drops("userver-inf", "userver-1", SPEC)),
    Claim("A", "fig4", "Knot: accepting more aggressively gains nothing (100 against 1)",
          not_better("knot-100", "knot-1", SPEC),
          "kernel threads here, Capriccio's there"),
    Claim("A", "fig5", "Knot: fewer queue drops with 50 than with 1",
          fewer_drops("knot-50", "knot-1", SPEC)),
    Claim("A", "fig6", "TUX: accept-limit 1 has a 12 % higher peak than Inf",
          higher_peak("tux-1", "tux-inf", SPEC, "12 %")),
    Claim("A", "fig6", "TUX: and up to 19 % more replies under overload",
          more_under_overload("tux-1", "tux-inf", SPEC, "19 %")),
    Claim("A", "fig6, Eq. 1", "TUX accepts faster with limit 1 than with Inf: more phases "
          "outweigh fewer accepts in each",
          accept_rate("tux-1", "tux-inf", SPEC, "faster, no figures")),
    Claim("A", "fig7", "TUX: fewer queue drops with 1 than with Inf",
          fewer_drops("tux-1", "tux-inf", SPEC)),
    Claim("A", "fig8", "userver: Inf answers up to 71 % more than 1 under overload",
          more_under_overload("userver-inf", "userver-1", ONE, "71 %")),
    Claim("A", "fig8", "userver: limit 10 has a 13 % higher peak than 1",
          higher_peak("userver-10", "userver-1", ONE, "13 %")),
    Claim("A", "fig8", "userver: limit 10 peaks slightly higher than Inf and falls more beyond",
          higher_peak_that_falls("userver-10", "userver-inf", ONE)),
    Claim("A", "fig9", "userver: fewer queue drops with Inf than with 1",
          fewer_drops("userver-inf", "userver-1", ONE)),
    Claim("A", "Eq. 1", "userver: a lower limit lowers its accept rate, for each phase costs a "
          "call of select", accept_rate("userver-inf", "userver-1", ONE, "lower, no figures")),
    Claim("A", "fig10", "TUX: accept-limit 1 has a 14 % higher peak than Inf",
          higher_peak("tux-1", "tux-inf", ONE, "14 %")),
    Claim("A", "fig10", "TUX: and up to 36 % more replies under overload",
          more_under_overload("tux-1", "tux-inf", ONE, "36 %")),
    Claim("A", "fig11", "TUX: fewer queue drops with 1 than with Inf",
          fewer_drops("tux-1", "tux-inf", ONE)),
    Claim("A", "fig12", "Knot: limit 50 has a 17 % higher peak than 1",
          higher_peak("knot-50", "knot-1", ONE, "17 %"),
          "kernel threads here, Capriccio's there"),
    Claim("A", "fig12", "Knot: limit 50 answers 24 to 32 % more under overload",
          more_under_overload("knot-50", "knot-1", ONE, "24 to 32 %")),
    Claim("A", "fig12", "Knot: limit 100 peaks slightly higher than 1 and falls more beyond",
          higher_peak_that_falls("knot-100", "knot-1", ONE)),
    Claim("A", "fig13", "Knot: slightly fewer queue drops with 50 than with 1",
          fewer_drops("knot-50", "knot-1", ONE)),
    Claim("A", "fig14", "TUX with Inf answers up to 28 % more than a badly tuned userver (1)",
          more_under_overload("tux-inf", "userver-1", SPEC, "28 %")),
    Claim("A", "fig15", "and up to 84 % more with one packet a connection",
          more_under_overload("tux-inf", "userver-1", ONE, "84 %")),
    Claim("A", "fig14", "A well tuned userver (Inf) rivals TUX (Inf): within 10 % of its peak",
          equal_peaks("userver-inf", "tux-inf", SPEC, 0.1)),
    Claim("A", "fig15", "and with one packet a connection",
          equal_peaks("userver-inf", "tux-inf", ONE, 0.1)),
    Claim("A", "fig16", "No SYN is dropped because the SYN queue is full", no_syn_queue_drops,
          "today max_backlog bounds both queues; there the SYN queue had 1,024 entries"),
    Claim("A", "fig16", "userver: Inf has far fewer DropRequests than 1", untestable,
          "this kind needs a SYN queue that may grow beyond three quarters of "
          "tcp_max_syn_backlog; since Linux 4.3 the listener's backlog, 128, bounds it "
          "before that"),
    Claim("A", "fig16", "TUX: limit 1 mostly reduces AcceptQFull",
          fewer_drops("tux-1", "tux-inf", ONE, "drop_acceptq_full")),
    Claim("A", "section 6.3", "userver: limit 1 pays for many more calls of select than Inf",
          select_amortised),
    Claim("A", "fig17", "userver with limit 1 answers quickest of all under overload",
          quickest("userver-1", ("userver-inf", "tux-1", "tux-inf"), SPEC)),
    Claim("A", "fig17", "TUX answers quicker with limit 1 than with Inf",
          quickest("tux-1", ("tux-inf",), SPEC)),
    Claim("A", "future work", "A dynamic policy (auto) is as good as the best fixed limit, "
          "at every load of both workloads",
          never_worse("tux-auto", ("tux-1", "tux-50", "tux-inf"))),
    Claim("A", "future work", "Bounding the time of the phases is as good as the best fixed limit",
          never_worse("tux-times", ("tux-1", "tux-50", "tux-inf"))),
    Claim("D", "fig5.1", "Without idle connections select and poll do as well as epoll "
          "(within 10 %)", flat_without_idle),
    Claim("D", "fig5.2", "With them select and poll fall rapidly, epoll stays", idle_connections),
    Claim("D", "fig5.3", "10 datagrams/s: the response time grows with the ports under select "
          "and poll, not under epoll", many_ports("udp10")),
    Claim("D", "fig5.4", "100 datagrams/s: the same", many_ports("udp100")),
    Claim("D", "figs. 5.1-5.5", "FreeBSD, Solaris and Windows compared with Linux", untestable,
          "the rig has Linux guests only"),
    Claim("E", "tables 1, 2", "A server with 1 GiB holds about 24,000 clients at best", untestable,
          "that server is an XMPP application in Erlang, whose own memory for each client "
          "is what limits it; the tables here tell what sockets alone allow"),
    Claim("E", "tables 1, 2", "With kernel poll a server holds more clients than with poll",
          holds_more("hold-epoll", "hold-poll")),
    Claim("E", "table 3", "Kernel poll lowers the system's processor time from 82 to 3 %",
          untestable, "its load, chat clients that send now and then, is not reproduced; "
          "figure 5.2 shows the effect on rates"),
    Claim("E", "table 6", "The size of TCP windows matters little (within 5 %)",
          windows_matter_little),
    Claim("E", "beyond", "In the kernel 200,000 clients fit into 1 GiB, at less than 4 KiB of "
          "kernel memory each, and without loss for the active ones", two_hundred_thousand),
]


def judge(data):
    """(claim, (verdict, evidence)) for each."""
    for claim in CLAIMS:
        try:
            yield claim, claim.rule(data)
        except Missing:
            yield claim, (MISSING, "\\-")
