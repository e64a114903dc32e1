# SPDX-License-Identifier: GPL-2.0-only
"""
suite - ask a web server for 300 things and judge the answers by the RFCs

	suite.py --url http://ADDR[:PORT] [--server NAME] [--only TEXT[,TEXT...]]
		[--results FILE] [--jobs N]
	suite.py --list			one line a case: name, section, level
	suite.py --export DIR		the raw requests, a file for each

The server has to serve what docroot.py makes. --server tux judges by our own documents as
well; for other servers a `policy` case only tells whether they do as we do. With GUEST in
the environment (selftests/qemu/with-server) and tux, cases that change a tunable run, too.

Each answer is read by h11, by the rules of wire.strict(), and once more by Node's HTTP
client (node.js), which has to see the same. Prints TAP; progress goes to standard error. Exit
status: 0 all passed, 1 a case failed, 2 usage.
"""

import argparse
import concurrent.futures
import contextlib
import glob
import itertools
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse

import case as words
import wire
from case import AS_SAID, BYTES, CLOSED, DONE, KEPT, NO_MORE, NONE, POLICY, SPLITS, Shut, Wait
from wire import Fail, Peer

HERE = os.path.dirname(os.path.realpath(__file__))
SAMPLE_TAG = b'"a-1a-18ea3ebc"'
NODE_SECONDS = 60


class Skip(Exception):
    """The case says nothing about this server; the text says why."""


def load():
    for path in sorted(glob.glob(os.path.join(HERE, "cases_*.py"))):
        __import__(os.path.basename(path)[:-3])
    return words.CASES


def fill(data, tag):
    """The entity tag of the server in place of @ETAG@, its opaque part for @OPAQUE@."""
    opaque = tag[2:] if tag.startswith(b"W/") else tag
    return (data.replace(b"@ETAG@", tag).replace(b"@OPAQUE@", opaque)
            .replace(b"@SWAPPED@", opaque.swapcase()))


class Context:
    """The server under test, and what is known about it."""

    def __init__(self, url, server):
        parts = urllib.parse.urlsplit(url)
        self.addr = (parts.hostname, parts.port or 80)
        self.server = server
        self.ours = server == "tux"
        self.guest = os.environ.get("GUEST") if self.ours else None
        self.lock = threading.Lock()
        self.tags = {}
        self.local = threading.local()
        self.tunables = set()
        self.patience = wire.PATIENCE

    def peer(self):
        return Peer(self.addr, self.patience)

    def ask(self, request, method="GET"):
        """One request on a connection of its own: its answer, read strictly."""
        with self.peer() as p:
            p.send(request)
            a = p.answer(method)
        if a is None:
            raise Fail("the connection ended without an answer")
        self.judge(a)
        return a

    def judge(self, a, http10=False):
        wire.strict(a, http10)
        # what Node shall read, too
        self.local.seen.append(a)

    def tag(self, target="/alphabet.txt"):
        with self.lock:
            if target not in self.tags:
                with self.peer() as p:
                    p.send(words.last(target))
                    a = p.answer()
                self.tags[target] = (a.get("etag") or "").encode("latin-1") if a else b""
            return self.tags[target]

    @contextlib.contextmanager
    def tuned(self, settings):
        """These tunables are set; as far as there is a tux that has them."""
        old = {}
        self.tunables = set()
        try:
            if self.guest:
                for name, value in settings.items():
                    was = self.set(name, value)
                    if was is not None:
                        old[name] = was
            self.tunables = set(old)
            yield
        finally:
            for name, value in old.items():
                self.set(name, value)

    def set(self, name, value):
        """A tunable of tux; returns what it was, None when there is no such tunable."""
        # not sysctl -w: an empty value is one, too
        script = 'cd /proc/sys/net/tux && [ -e "$1" ] || exit 9; cat "$1" && echo "$2" >"$1"'
        done = subprocess.run([self.guest, "sh", "-c", script, "sh", name, value], check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode not in (0, 9):
            raise OSError(f"{name}={value}: {done.stderr.strip()}")
        return None if done.returncode else done.stdout.strip()


# --- one case --------------------------------------------------------------------------------


def needed(c, ctx):
    """Skip when the server has not what the case is about."""
    if "guest" in c.needs and not ctx.guest:
        raise Skip("sets tunables of tux in a guest")
    if set(c.settings or ()) - ctx.tunables:
        raise Skip("there is no tunable " + ", ".join(c.settings))
    if {"etag", "strong", "letters"} & set(c.needs):
        tag = ctx.tag()
        if not tag:
            raise Skip("no ETag")
        if "strong" in c.needs and tag.startswith(b"W/"):
            raise Skip("its ETag is weak")
        if "letters" in c.needs and tag[2:].swapcase() == tag[2:]:
            raise Skip("its ETag has no letters")


def filled(c, ctx):
    """What is sent, with this server's tag in place."""
    sent = [p for p in c.send if isinstance(p, bytes)]
    tag = ctx.tag() if any(s in p for p in sent for s in words.SPACE) else b""
    return [fill(p, tag) if isinstance(p, bytes) else p for p in c.send]


def variants(c, pieces):
    """The ways of delivery: lists of pieces, each piece in a segment of its own."""
    if c.deliver == BYTES:
        yield [bytes([b]) for b in b"".join(pieces)]
    elif c.deliver == SPLITS:
        data = b"".join(pieces)
        for i in range(1, len(data)):
            yield [data[:i], data[i:]]
    else:
        yield pieces


def deliver(c, p, pieces, methods):
    """Send the pieces; answers for which one waits meanwhile are returned."""
    early = []
    for piece in pieces:
        if isinstance(piece, Shut):
            p.shut()
        elif isinstance(piece, Wait):
            got = p.answer(methods[len([a for a in early if not isinstance(a, int)])],
                           interim=True)
            early.append(got)
        elif c.deliver != words.WHOLE:
            p.send_acked(piece)
        else:
            p.send(piece)
    return early


def judge_answer(ctx, c, a, w, i):
    where = f"answer {i + 1}: " if len(c.want) > 1 else ""
    if a is None:
        if NONE in (w.ours if ctx.ours and w.ours else w.status):
            return
        raise Fail(f"{where}the connection ended without one" +
                   (", by a reset" if ctx.local.peer.reset else ""))
    try:
        ctx.judge(a, c.http10)
        allowed = w.ours if ctx.ours and w.ours else w.status
        words.want(a.status in allowed,
                   f"status {a.status}, wanted " + " or ".join(str(s) for s in allowed))
        for check in (*w.checks, *(w.ours_checks if ctx.ours else ())):
            check(a)
    except Fail as e:
        raise Fail(f"{where}{e}\n{a}") from None


def probe(ctx, p, must_be_kept):
    """One request more, which only a server that read the ones before rightly understands."""
    p.send(words.last())
    a = p.answer()
    if a is None:
        # Closing without a word is no mistake of framing, but unkind (RFC 9112 9.6: SHOULD)
        if must_be_kept or ctx.ours:
            raise Fail("the connection is closed, although no answer said so")
        return
    ctx.judge(a)
    if a.status != 200 or a.body != words.docroot.PROBE:
        raise Fail(f"the request that follows is answered wrongly\n{a}")
    if not p.ended():
        raise Fail(f"more is sent than was asked for: {p.buf[:80]!r}")


def closed(ctx, p, errors_pass):
    if errors_pass:
        a = p.answer()
        if a is not None:
            ctx.judge(a)
            if a.status < 400:
                raise Fail(f"something that is no request was answered\n{a}")
    if not p.ended():
        raise Fail(f"more is sent after the last answer: {p.buf[:80]!r}")
    if ctx.ours and p.reset:
        raise Fail("the connection ends with a reset")


def after(ctx, c, p, answers):
    then = c.ours_then if ctx.ours and c.ours_then else c.then
    final = answers[-1] if answers else None
    if then == DONE:
        return
    if final is None:
        return closed(ctx, p, False)
    announced = final.says_close(c.http10) or final.until_close
    if then == KEPT and announced:
        raise Fail(f"the connection shall be kept\n{final}")
    if then == CLOSED or (then == AS_SAID and announced):
        return closed(ctx, p, False)
    if then == NO_MORE:
        return closed(ctx, p, True)
    return probe(ctx, p, then == KEPT)


def exchange(ctx, c, pieces):
    """All of a case but custom ones, over one connection."""
    methods = [w.method for w in c.want] + ["GET"]
    with ctx.peer() as p:
        ctx.local.peer = p
        early = deliver(c, p, pieces, methods)
        finals = [a for a in early if not isinstance(a, int)]
        interims = [a for a in early if isinstance(a, int)]
        answers = []
        for i, w in enumerate(c.want):
            a = finals[i] if i < len(finals) else p.answer(w.method)
            if a is not None and i == 0:
                a.interims = interims + a.interims
            # Nothing more is owed once the end was announced, or came.
            if a is None and answers and (answers[-1].says_close(c.http10) or not ctx.ours) and \
                    c.then != KEPT:
                break
            judge_answer(ctx, c, a, w, i)
            answers.append(a)
        after(ctx, c, p, answers)
        return [(a.status, a.body) for a in answers if a is not None]


def perform(ctx, c):
    ctx.local.seen = []
    needed(c, ctx)
    if c.run:
        c.run(ctx)
        return
    pieces = filled(c, ctx)
    first = None
    for n, variant in enumerate(variants(c, pieces)):
        try:
            got = exchange(ctx, c, variant)
        except Fail as e:
            if c.deliver == SPLITS:
                raise Fail(f"cut after byte {n + 1}: {e}") from None
            raise
        if first is None:
            first = got
            # the rest of the cuts has to be the same, so Node need not read it
            keep = list(ctx.local.seen)
        words.want(got == first, f"cut after byte {n + 1} the answer is another one")
        ctx.local.seen = keep


class Result:
    """How a case ended: "ok", "not ok", or "skip", and why."""

    def __init__(self, c, ctx):
        self.case = c
        self.state, self.why = "ok", ""
        try:
            perform(ctx, c)
        except Fail as e:
            self.state, self.why = "not ok", str(e)
        except Skip as e:
            self.state, self.why = "skip", str(e)
        except OSError as e:
            self.state, self.why = "not ok", f"{type(e).__name__}: {e}"
        self.seen = ctx.local.seen


# --- the second parser -----------------------------------------------------------------------


def second_parser(results):
    """Node's client reads every answer that was taken for well-formed; it must agree."""
    jobs = []
    for r in results:
        if r.state == "ok":
            jobs += [(r, a) for a in r.seen]
    lines = "".join(json.dumps({"method": a.method, "raw": a.raw.hex(),
                                "close": a.until_close}) + "\n" for _, a in jobs)
    done = subprocess.run(["/usr/bin/node", os.path.join(HERE, "replay.js")], input=lines,
                          capture_output=True, text=True, timeout=NODE_SECONDS, check=False)
    out = done.stdout.splitlines()
    if done.returncode or len(out) != len(jobs):
        raise SystemExit(f"suite: node: {done.stderr[-500:]}")
    for (r, a), line in zip(jobs, out):
        n = json.loads(line)
        same = (not n.get("error") and n["status"] == a.status and
                n["body"] == a.body.hex() and
                [(k.lower(), v) for k, v in n["fields"]] == a.fields)
        if not same:
            r.state = "not ok"
            r.why = f"Node's client reads something else: {line[:300]}\n{a}"
    return len(jobs)


# --- the run ---------------------------------------------------------------------------------


def chosen(only):
    cases = load()
    if only:
        cases = [c for c in cases if any(o in c.name for o in only.split(","))]
    return cases


def export(top):
    """One file for each request that can stand alone; for the fuzzers."""
    os.makedirs(top, exist_ok=True)
    for c in load():
        data = b"".join(p for p in c.send if isinstance(p, bytes))
        if data:
            name = "".join(x if x.isalnum() or x in "-." else "_" for x in c.name)
            with open(os.path.join(top, name), "wb") as f:
                f.write(fill(data, SAMPLE_TAG))


def run_all(ctx, cases, jobs, patience=wire.PATIENCE):
    """Cases that change tunables come last and one at a time, those of one setting together."""
    ctx.patience = patience
    live = [c for c in cases if not c.settings]
    results = {}
    show = Progress(len(cases))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for r in pool.map(lambda c: Result(c, ctx), live):
            results[r.case.name] = r
            show.step(r)
    for settings, some in itertools.groupby((c for c in cases if c.settings),
                                            lambda c: c.settings):
        with ctx.tuned(settings):
            for c in some:
                results[c.name] = Result(c, ctx)
                show.step(results[c.name])
    return [results[c.name] for c in cases]


class Progress:
    """A line on standard error each few seconds."""

    def __init__(self, total):
        self.total, self.n, self.bad = total, 0, 0
        self.start = self.told = time.monotonic()

    def step(self, r):
        self.n += 1
        self.bad += r.state == "not ok"
        now = time.monotonic()
        if now - self.told >= 5 or self.n == self.total:
            self.told = now
            print(f"# {self.n} of {self.total} cases, {self.bad} failed, "
                  f"{now - self.start:.0f} s", file=sys.stderr, flush=True)


def verdict(r, ours):
    """The word for the table."""
    if r.state == "skip":
        return "n/a"
    if r.state == "ok":
        return "ok" if ours or r.case.level != POLICY else "same"
    return "fails" if ours or r.case.level != POLICY else "other"


def report(results, ctx):
    print("TAP version 13")
    print(f"1..{len(results)}")
    bad = 0
    for n, r in enumerate(results, 1):
        name = f"{n} - {r.case.name} (RFC {r.case.ref}, {r.case.level})"
        why = r.why.replace("\r", "").split("\n")
        word = verdict(r, ctx.ours)
        if word == "fails":
            bad += 1
            print(f"not ok {name}")
            for line in why:
                print(f"#   {line}")
        elif word in ("n/a", "other"):
            print(f"ok {name} # SKIP {'our own choice: ' if word == 'other' else ''}{why[0]}")
        else:
            print(f"ok {name}")
    return bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--url", default=os.environ.get("SERVER_URL"))
    p.add_argument("--server", default="other")
    p.add_argument("--only")
    p.add_argument("--list", action="store_true")
    p.add_argument("--export", metavar="DIR")
    p.add_argument("--results", metavar="FILE")
    p.add_argument("--jobs", type=int, default=6)
    o = p.parse_args()
    if o.export:
        export(o.export)
        return 0
    cases = chosen(o.only)
    if not cases:
        p.error("no such case; --list names them")
    if o.list:
        for c in cases:
            print(f"{c.name}\tRFC {c.ref}\t{c.level}")
        return 0
    if not o.url:
        p.error("--url is missing")
    ctx = Context(o.url, o.server)
    start = time.monotonic()
    results = run_all(ctx, cases, o.jobs)
    answers = second_parser(results)
    bad = report(results, ctx)
    words_of = [verdict(r, ctx.ours) for r in results]
    counts = {w: words_of.count(w) for w in ("ok", "same", "other", "fails", "n/a")}
    print(f"# {o.server}: " + ", ".join(f"{n} {w}" for w, n in counts.items() if n) +
          f"; {answers} answers read by both parsers; {time.monotonic() - start:.0f} s")
    if o.results:
        with open(o.results, "w", encoding="utf-8") as f:
            json.dump({"server": o.server, "counts": counts,
                       "cases": [[r.case.name, r.case.ref, r.case.level, verdict(r, ctx.ours),
                                  r.why.split("\n")[0]] for r in results]}, f, indent=1)
    return 1 if bad else 0


if __name__ == "__main__":
    # `import case` of the case files and of this file must be the same module
    sys.path.insert(0, HERE)
    sys.exit(main())
