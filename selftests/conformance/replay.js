// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay - Node's HTTP client as the second reader of recorded answers
 *
 * Each line of standard input is {"method", "raw": hex, "close"}: the bytes of one answer. They
 * are given to http.request() by a stream that takes the place of the connection. For each a
 * line is printed: {"status", "fields", "body"} or {"error"}.
 */
"use strict";

const http = require("http");
const readline = require("readline");
const { Duplex } = require("stream");

class Recorded extends Duplex {
	constructor(raw, close) {
		super();
		this.raw = raw;
		this.close = close;
	}
	_read() {}
	_write(chunk, encoding, done) {
		if (this.raw) {
			const raw = this.raw;

			this.raw = null;
			setImmediate(() => {
				this.push(raw);
				if (this.close)
					this.push(null);
			});
		}
		done();
	}
	setTimeout() { return this; }
	setNoDelay() { return this; }
	setKeepAlive() { return this; }
	ref() { return this; }
	unref() { return this; }
}

function read(job) {
	return new Promise((resolve) => {
		const stream = new Recorded(Buffer.from(job.raw, "hex"), job.close);
		const timer = setTimeout(() => resolve({ error: "never complete" }), 5000);
		const finish = (r) => {
			clearTimeout(timer);
			stream.destroy();
			resolve(r);
		};
		const req = http.request({
			method: job.method, host: "x", path: job.method === "CONNECT" ? "x:1" : "/",
			insecureHTTPParser: false, createConnection: () => stream,
		}, (res) => {
			const parts = [];

			res.on("data", (d) => parts.push(d));
			res.on("error", (e) => finish({ error: String(e) }));
			res.on("end", () => {
				const fields = [];

				for (let i = 0; i < res.rawHeaders.length; i += 2)
					fields.push([res.rawHeaders[i], res.rawHeaders[i + 1]]);
				finish({ status: res.statusCode, fields,
					 body: Buffer.concat(parts).toString("hex") });
			});
		});
		// a refused CONNECT is told in another way; the body is not read then
		req.on("connect", (res, socket, head) => {
			const fields = [];
			const text = head.toString("hex");

			for (let i = 0; i < res.rawHeaders.length; i += 2)
				fields.push([res.rawHeaders[i], res.rawHeaders[i + 1]]);
			finish({ status: res.statusCode, fields, body: text });
		});
		req.on("error", (e) => finish({ error: String(e) }));
		req.end();
	});
}

async function main() {
	for await (const line of readline.createInterface({ input: process.stdin }))
		process.stdout.write(JSON.stringify(await read(JSON.parse(line))) + "\n");
}

main();
