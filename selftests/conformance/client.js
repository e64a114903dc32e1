// SPDX-License-Identifier: GPL-2.0-only
/*
 * client - Node's HTTP client talks to the server itself
 *
 *	node client.js ADDRESS PORT <JOBS
 *
 * JOBS is a JSON list of {"method", "path", "headers", "body", "chunked"}, done one after another
 * by an agent that keeps its connection. Prints a JSON list of {"status", "fields", "body" (hex),
 * "reused", "continued", "error"}.
 */
"use strict";

const http = require("http");

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.argv.slice(2);

function ask(job) {
	return new Promise((resolve) => {
		const options = { host, port, agent, method: job.method || "GET", path: job.path,
				  headers: { Host: "conf.example", ...job.headers }, timeout: 20000 };
		let continued = false;
		const req = http.request(options, (res) => {
			const parts = [];

			res.on("data", (d) => parts.push(d));
			res.on("error", (e) => resolve({ error: String(e) }));
			res.on("end", () => resolve({
				status: res.statusCode, fields: res.headers, continued,
				reused: req.reusedSocket, body: Buffer.concat(parts).toString("hex"),
			}));
		});

		req.on("error", (e) => resolve({ error: String(e) }));
		req.on("timeout", () => req.destroy(new Error("nothing in time")));
		req.on("continue", () => {
			continued = true;
			req.end(job.body);
		});
		if (job.chunked)
			for (const part of job.chunked)
				req.write(part);
		if (!(job.headers && job.headers.Expect))
			req.end(job.body);
		else
			req.flushHeaders();
	});
}

async function main() {
	const answers = [];
	let text = "";

	for await (const part of process.stdin)
		text += part;
	for (const job of JSON.parse(text))
		answers.push(await ask(job));
	process.stdout.write(JSON.stringify(answers));
	agent.destroy();
}

main();
