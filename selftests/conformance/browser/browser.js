// SPDX-License-Identifier: GPL-2.0-only
/*
 * browser - load a page in headless Chromium and look at what it saw
 *
 *	SERVER_URL=... GUEST=... node browser.js PROFILE-DIRECTORY
 *
 * Runs below selftests/qemu/with-server. Speaks the DevTools protocol over a pipe (file
 * descriptors 3 and 4 of the browser, messages that end with a NUL), so no port is opened. What
 * the browser reports is compared with the server's own counters. Prints TAP. Exit status: 0 all
 * passed, 1 something failed.
 */
"use strict";

const { spawn, execFileSync } = require("child_process");

const URL_OF_SERVER = process.env.SERVER_URL;
const PATIENCE = 60000;		/* milliseconds for any one answer; a guest is slow */
const PARTS = ["", "style.css", "script.js", "image.png", "font.ttf"];

let points = 0, failed = 0;

function point(name, good, why) {
	points++;
	if (!good)
		failed++;
	console.log(`${good ? "ok" : "not ok"} ${points} - browser: ${name}`);
	if (!good && why !== undefined)
		console.log(`#   ${JSON.stringify(why)}`);
}

/* The server's counters. */
function counters() {
	const text = execFileSync(process.env.GUEST, ["cat", "/proc/net/tux/stat"],
				  { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

	return Object.fromEntries(text.trim().split("\n").map((l) => {
		const [name, value] = l.split(/\s+/);

		return [name, Number(value)];
	}));
}

/* The browser and the protocol: commands are promises, events go to listeners. */
class Browser {
	constructor(profile) {
		this.child = spawn("/usr/bin/chromium", [
			"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--remote-debugging-pipe", `--user-data-dir=${profile}`, "--no-first-run",
			"--no-proxy-server", "--disable-background-networking", "--disable-sync",
			"--disable-component-update", "--disable-extensions", "--disable-breakpad",
			"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE " + new URL(URL_OF_SERVER).hostname,
			"about:blank",
		], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
		     env: { ...process.env, HOME: profile } });
		this.next = 1;
		this.waiting = new Map();
		this.listeners = [];
		this.session = undefined;
		let rest = "";
		this.child.stdio[4].setEncoding("utf8");
		this.child.stdio[4].on("data", (data) => {
			const messages = (rest + data).split("\0");

			rest = messages.pop();
			for (const m of messages)
				this.take(JSON.parse(m));
		});
		this.gone = new Promise((resolve) => this.child.on("exit", resolve));
	}

	take(m) {
		if (m.id) {
			const [resolve, reject] = this.waiting.get(m.id);

			this.waiting.delete(m.id);
			if (m.error)
				reject(new Error(m.error.message));
			else
				resolve(m.result);
			return;
		}
		for (const l of this.listeners)
			l(m.method, m.params);
	}

	send(method, params = {}) {
		const id = this.next++;

		this.child.stdio[3].write(JSON.stringify({ id, method, params,
							   sessionId: this.session }) + "\0");
		return inTime(method, Promise.race([
			new Promise((resolve, reject) => this.waiting.set(id, [resolve, reject])),
			this.gone.then(() => { throw new Error("the browser ended"); }),
		]));
	}

	event(method) {
		return inTime(method, new Promise((resolve) => {
			const listener = (name, params) => {
				if (name !== method)
					return;
				this.listeners.splice(this.listeners.indexOf(listener), 1);
				resolve(params);
			};
			this.listeners.push(listener);
		}));
	}

	async open() {
		const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
		const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });

		this.session = sessionId;
		for (const domain of ["Page", "Network", "Runtime", "Log"])
			await this.send(`${domain}.enable`);
	}

	async close() {
		this.session = undefined;
		await this.send("Browser.close").catch(() => {});
		await inTime("the browser's end", this.gone).catch(() => this.child.kill("SIGKILL"));
	}
}

function inTime(what, promise) {
	let timer;

	return Promise.race([
		promise,
		new Promise((_, reject) => {
			timer = setTimeout(() => reject(new Error(`${what}: nothing in time`)), PATIENCE);
		}),
	]).finally(() => clearTimeout(timer));
}

/* What comes over the wire during one load: statuses by path, and complaints. */
class Watch {
	constructor(browser) {
		this.browser = browser;
		this.urls = new Map();
		this.answers = [];
		this.complaints = [];
		this.unfinished = new Set();
		this.done = () => {};
		this.listener = (name, p) => {
			this.see(name, p);
			if (!this.unfinished.size)
				this.done();
		};
		browser.listeners.push(this.listener);
	}

	see(name, p) {
		switch (name) {
		case "Network.requestWillBeSent":
			if (p.request.url.startsWith("http")) {
				this.urls.set(p.requestId, p.request.url);
				this.unfinished.add(p.requestId);
			}
			break;
		case "Network.responseReceivedExtraInfo":
			this.answers.push([p.requestId, p.statusCode]);
			break;
		case "Network.loadingFailed":
			this.complaints.push(`${this.urls.get(p.requestId)}: ${p.errorText}`);
			this.unfinished.delete(p.requestId);
			break;
		case "Network.loadingFinished":
			this.unfinished.delete(p.requestId);
			break;
		case "Runtime.consoleAPICalled":
			this.complaints.push(`console.${p.type}`);
			break;
		case "Runtime.exceptionThrown":
			this.complaints.push(p.exceptionDetails.text);
			break;
		case "Log.entryAdded":
			this.complaints.push(`${p.entry.level}: ${p.entry.text}`);
			break;
		}
	}

	/* path below /site/ -> statuses as the server sent them */
	statuses() {
		const all = {};

		for (const [id, status] of this.answers) {
			const path = (this.urls.get(id) || "").replace(`${URL_OF_SERVER}/site`, "")
				.replace(/^\//, "");

			(all[path] = all[path] || []).push(status);
		}
		return all;
	}

	finished() {
		return new Promise((resolve) => {
			this.done = resolve;
			if (!this.unfinished.size)
				resolve();
		});
	}

	end() {
		this.browser.listeners.splice(this.browser.listeners.indexOf(this.listener), 1);
	}
}

/* Runs in the page. */
const LOOK = `(async () => {
	await document.fonts.ready;
	const h = document.getElementById("heading"), i = document.getElementById("image");
	const s = getComputedStyle(h);
	return {
		ran: h.dataset.ran, color: s.color, text: h.textContent,
		fonts: [...document.fonts].map((f) => f.family.replaceAll('"', "") + " " + f.status),
		image: i.complete ? [i.naturalWidth, i.naturalHeight] : "incomplete",
		type: document.contentType, charset: document.characterSet,
	};
})()`;
const SEEN = {
	ran: "yes", color: "rgb(1, 2, 3)", text: "Gr\u00fc\u00dfe \u2603",
	fonts: ["Of the site loaded"], image: [60, 40], type: "text/html", charset: "UTF-8",
};

/* Do something that loads a page, until it and all that it needs are there. */
async function load(browser, action) {
	const watch = new Watch(browser);
	const loaded = browser.event("Page.loadEventFired");

	await action();
	await loaded;
	await browser.send("Runtime.evaluate", { expression: "document.fonts.ready.then(() => 1)",
						 awaitPromise: true });
	await inTime("the end of all requests", watch.finished());
	watch.end();
	return watch;
}

async function look(browser) {
	const { result } = await browser.send("Runtime.evaluate",
		{ expression: LOOK, awaitPromise: true, returnByValue: true });

	return result.value;
}

function same(a, b) {
	return JSON.stringify(a) === JSON.stringify(b);
}

/* every part answered once with this status, and nothing else asked for */
function each(statuses, status, also = {}) {
	const wanted = { ...also };

	for (const p of PARTS)
		wanted[p] = [...(wanted[p] || []), status];
	return Object.keys(wanted).length === Object.keys(statuses).length &&
		Object.keys(wanted).every((p) => same(wanted[p], statuses[p]));
}

async function visit(browser) {
	let before = counters(), after, watch;

	/* without the slash: the browser follows the redirect */
	watch = await load(browser, () => browser.send("Page.navigate", { url: `${URL_OF_SERVER}/site` }));
	after = counters();
	point("the page is redirected to, and comes with all its parts",
	      each(watch.statuses(), 200, { "": [301] }), watch.statuses());
	point("style, script, image and font do what they should", same(await look(browser), SEEN),
	      await look(browser));
	point("nothing on the console", watch.complaints.length === 0, watch.complaints);
	point("the server counted five 200 and a 301",
	      after.status_200 - before.status_200 === PARTS.length &&
	      after.status_301 - before.status_301 === 1,
	      [before, after]);

	before = after;
	watch = await load(browser, () => browser.send("Page.reload"));
	after = counters();
	point("a reload is answered with 304 for each part", each(watch.statuses(), 304),
	      watch.statuses());
	point("the page is the same after it", same(await look(browser), SEEN), await look(browser));
	point("nothing on the console after it", watch.complaints.length === 0, watch.complaints);
	point("the server counted five 304 and no 200",
	      after.status_304 - before.status_304 === PARTS.length &&
	      after.status_200 === before.status_200,
	      [before, after]);

	before = after;
	watch = await load(browser, () => browser.send("Page.reload", { ignoreCache: true }));
	after = counters();
	point("a reload without the cache is answered with 200", each(watch.statuses(), 200),
	      watch.statuses());
	point("the server counted five 200 and no 304",
	      after.status_200 - before.status_200 === PARTS.length &&
	      after.status_304 === before.status_304,
	      [before, after]);

	watch = await load(browser, () =>
		browser.send("Page.navigate", { url: `${URL_OF_SERVER}/site/broken.html` }));
	point("missing parts are told of on the console: nothing there means nothing wrong",
	      watch.complaints.filter((c) => c.includes("404")).length === 2, watch.complaints);
}

async function main() {
	const browser = new Browser(process.argv[2]);

	console.log("TAP version 13");
	try {
		await browser.open();
		await visit(browser);
	} catch (e) {
		point("the visit comes to its end", false, String(e));
	}
	await browser.close();
	console.log(`1..${points}`);
	process.exit(failed ? 1 : 0);
}

main();
