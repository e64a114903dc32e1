# SPDX-License-Identifier: GPL-2.0-only
"""Another client than ours: Node's, with an agent that keeps its connection."""

import json
import os
import subprocess

from case import MUST, POLICY, SHOULD, area, custom, want
from docroot import ALPHABET, FILES, OLD_IMF, PROBE

SCRIPT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "client.js")
REFUSALS = (200, 403, 404, 405, 411, 413, 501)


def node(ctx, *jobs):
    """What Node's client got for each of these requests."""
    done = subprocess.run(["/usr/bin/node", SCRIPT, ctx.addr[0], str(ctx.addr[1])],
                          input=json.dumps(jobs), capture_output=True, text=True, timeout=60,
                          check=False)
    want(done.returncode == 0, f"node: {done.stderr[-200:]}")
    answers = json.loads(done.stdout)
    for a in answers:
        want(not a.get("error"), f"Node's client: {a.get('error')}")
        a["body"] = bytes.fromhex(a["body"])
    return answers


area("node")


@custom("keeps-its-connection", "9112 9.3", SHOULD)
def keeps(ctx):
    """Ten requests, one connection."""
    got = node(ctx, *[{"path": "/probe.txt"}, {"path": "/alphabet.txt"}] * 5)
    want([a["body"] for a in got] == [PROBE, ALPHABET] * 5, "a body is wrong")
    want(all(a["reused"] for a in got[1:]), "a new connection was needed")


@custom("keeps-it-over-errors", "9112 9.3", POLICY)
def over_errors(ctx):
    """Errors, redirects, 304 and HEAD do not cost the connection."""
    got = node(ctx, {"path": "/nothing"}, {"path": "/dir"}, {"path": "/forbidden.txt"},
               {"path": "/probe.txt", "headers": {"If-None-Match": "*"}},
               {"path": "/big.bin", "method": "HEAD"}, {"path": "/probe.txt", "method": "POST"},
               {"path": "/alphabet.txt", "headers": {"Range": "bytes=99-"}},
               {"path": "/probe.txt"})
    statuses = [a["status"] for a in got]
    want(statuses == [404, 301, 403, 304, 200, 405, 416, 200], f"statuses {statuses}")
    want(all(a["reused"] for a in got[1:]), "a new connection was needed")


@custom("large-file", "9112 6.3", MUST)
def large_file(ctx):
    got = node(ctx, {"path": "/big.bin"}, {"path": "/probe.txt"})
    want(got[0]["body"] == FILES["big.bin"] and got[1]["body"] == PROBE, "a body is wrong")


@custom("post-with-length", "9112 6.3", MUST)
def post_length(ctx):
    got = node(ctx, {"path": "/probe.txt", "method": "POST", "body": "a=b",
                     "headers": {"Content-Length": "3"}}, {"path": "/probe.txt"})
    want(got[0]["status"] in REFUSALS and got[1]["body"] == PROBE, "the second answer is wrong")


@custom("post-in-chunks", "9112 7.1", MUST)
def post_chunks(ctx):
    got = node(ctx, {"path": "/probe.txt", "method": "POST",
                     "chunked": ["some", "thing", "x" * 9000]},
               {"path": "/probe.txt"})
    want(got[0]["status"] in REFUSALS and got[1]["body"] == PROBE, "the second answer is wrong")


@custom("expects-100", "9110 10.1.1", MUST)
def expects(ctx):
    got = node(ctx, {"path": "/probe.txt", "method": "PUT", "body": "12345",
                     "headers": {"Expect": "100-continue", "Content-Length": "5"}},
               {"path": "/probe.txt"})
    want(got[0]["status"] in REFUSALS, f"status {got[0]['status']}")
    want(got[1]["body"] == PROBE, "the second answer is wrong")
    want(not (ctx.ours and got[0]["continued"]), "a 100, although the answer was known")


@custom("revalidates", "9110 13.1", MUST)
def revalidates(ctx):
    first, = node(ctx, {"path": "/alphabet.txt"})
    tag = first["fields"].get("etag")
    fields = {"If-None-Match": tag} if tag else {"If-Modified-Since": OLD_IMF}
    second, third = node(ctx, {"path": "/alphabet.txt", "headers": fields},
                         {"path": "/alphabet.txt"})
    want(second["status"] == 304 and second["body"] == b"", f"status {second['status']}")
    want(third["body"] == ALPHABET, "the answer after it is wrong")


@custom("range", "9110 14.2", MUST)
def ranges(ctx):
    some, whole = node(ctx, {"path": "/big.bin", "headers": {"Range": "bytes=1000-70999"}},
                       {"path": "/alphabet.txt"})
    data = FILES["big.bin"]
    want(some["body"] == (data[1000:71000] if some["status"] == 206 else data), "a part is wrong")
    want(whole["body"] == ALPHABET, "the answer after it is wrong")
