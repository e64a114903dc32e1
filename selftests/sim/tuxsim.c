// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuxsim - the accept policies at scales that no test machine has.
 *
 * A discrete-event simulation of a server: clients arrive in an open loop, make
 * their handshake, wait in an accept queue, and send their requests; workers
 * run kmod/policy.c, the very source of the module. It answers which policy
 * serves how many, how late, and what is thrown away, for any number of workers
 * and any cost of a step; it does not predict a machine's figures.
 *
 *	tuxsim [NAME=VALUE ...]		see params[] below; prints "name value" lines
 *
 * What is modelled:
 * - Each worker has a CPU, a listener with an accept queue (backlog + 1), and
 *   work_pending. Arrivals are spread over the workers at random, or as `skew`
 *   says.
 * - Packets are handled in softirq: their cost delays what the worker is doing. A
 *   SYN is refused while the accept queue is full, or with syn_admission=1
 *   while it has no room left for the handshakes that are under way, or with
 *   max_accept_wait as kmod/admission.c says; an ACK
 *   that finds it full is lost (ListenOverflow). Clients retransmit after 1 and
 *   3 s, data after 0.2, 0.6, 1.4 ... s.
 * - A session is one or more requests with time to think between them. A client
 *   that waits longer than `timeout` for its connection or for a reply gives up;
 *   the server learns that when it gets to the connection, and a reply that it
 *   sends after that is wasted.
 *
 * Time is counted in nanoseconds. The same seed gives the same run everywhere.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "policy.h"

#define NSEC 1000000000ULL
#define USEC 1000ULL
#define NR_SYN_TRIES 3

/* ------------------------------------------------------------ parameters */

enum param {
	P_ADAPTIVE, P_ACCEPT_LIMIT, P_ACCEPT_INTERVAL, P_ACCEPT_USECS, P_WORK_LIMIT, P_WORK_USECS,
	P_WORKERS, P_RATE, P_SECONDS, P_WARMUP, P_SEED, P_BACKLOG, P_MAXCONN, P_ADMISSION,
	P_ACCEPT_WAIT,
	P_REQUESTS, P_SPREAD, P_THINK, P_SERVICE, P_TAIL, P_BURST, P_SKEW, P_RTT, P_TIMEOUT,
	P_ACCEPT_COST, P_PACKET_COST, P_REFUSE_COST, P_PHASE_COST,
	NR_PARAMS
};

static struct {
	const char *name;
	double value;
	const char *what;
} params[NR_PARAMS] = {
	[P_ADAPTIVE]		= { "auto", 0, "1: accept_policy=auto" },
	[P_ACCEPT_LIMIT]	= { "accept_limit", 0, "the tunable" },
	[P_ACCEPT_INTERVAL]	= { "accept_interval", 1, "the tunable" },
	[P_ACCEPT_USECS]	= { "accept_phase_usecs", 0, "the tunable" },
	[P_WORK_LIMIT]		= { "work_limit", 0, "the tunable" },
	[P_WORK_USECS]		= { "work_phase_usecs", 0, "the tunable" },
	[P_WORKERS]		= { "workers", 1, "workers, each with a CPU" },
	[P_RATE]		= { "rate", 1000, "new connections a second" },
	[P_SECONDS]		= { "seconds", 10, "length of the steady window" },
	[P_WARMUP]		= { "warmup", 5, "seconds before it" },
	[P_SEED]		= { "seed", 1, "of the random numbers" },
	[P_BACKLOG]		= { "backlog", 128, "max_backlog" },
	[P_MAXCONN]		= { "max_connections", 1e6, "for each worker" },
	[P_ADMISSION]		= { "syn_admission", 0, "1: refuse SYNs without room" },
	[P_ACCEPT_WAIT]		= { "max_accept_wait", 0, "the tunable, milliseconds" },
	[P_REQUESTS]		= { "requests", 1, "mean requests a session" },
	[P_SPREAD]		= { "spread", 0, "1: their number is geometric" },
	[P_THINK]		= { "think", 0, "mean seconds between them" },
	[P_SERVICE]		= { "service", 300, "mean microseconds a request" },
	[P_TAIL]		= { "tail", 0, "0: exponential, 1: lognormal, sigma 1.5" },
	[P_BURST]		= { "burst", 1, "arrivals come in bursts of this mean size" },
	[P_SKEW]		= { "skew", 0, "share of the clients that hit worker 0" },
	[P_RTT]			= { "rtt", 200, "microseconds there and back" },
	[P_TIMEOUT]		= { "timeout", 5, "seconds that a client waits" },
	[P_ACCEPT_COST]		= { "accept_cost", 40, "microseconds an accept" },
	[P_PACKET_COST]		= { "packet_cost", 30, "microseconds a packet, softirq" },
	[P_REFUSE_COST]		= { "refuse_cost", 15, "microseconds a refused SYN" },
	[P_PHASE_COST]		= { "phase_cost", 1, "microseconds a phase" },
};

static double param(enum param p)
{
	return params[p].value;
}

static uint64_t usecs(double us)
{
	return (uint64_t)(us * USEC);
}

/* ---------------------------------------------------------- random numbers */

/*
 * Arrivals have a stream of their own and so has each client: policies that are
 * compared with the same seed see the same clients with the same requests.
 */
static uint64_t arrivals;

/* splitmix64: one word of state, every seed is good. */
static uint64_t rng(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* In (0, 1]. */
static double uniform(uint64_t *state)
{
	return ((double)(rng(state) >> 11) + 1) / 9007199254740992.0;
}

static double exponential(uint64_t *state, double mean)
{
	return -mean * log(uniform(state));
}

static double lognormal(uint64_t *state, double mean)
{
	const double sigma = 1.5;
	double n = sqrt(-2 * log(uniform(state))) * cos(2 * M_PI * uniform(state));

	return mean * exp(sigma * n - sigma * sigma / 2);
}

static unsigned int geometric(uint64_t *state, double mean)
{
	if (mean <= 1)
		return 1;
	return 1 + (unsigned int)(log(uniform(state)) / log(1 - 1 / mean));
}

/* ------------------------------------------------------------- the model */

enum client_state {
	C_SYN,			/* no answer to its SYN yet */
	C_CONNECTED,		/* handshake over for the client */
	C_WAITING,		/* a request is out */
	C_THINKING,
	C_GONE,			/* gave up, or done */
};

enum place {
	AT_NOWHERE,		/* the server does not know it */
	AT_HALF_OPEN,
	AT_ACCEPT_QUEUE,
	AT_PARKED,
	AT_WORK_PENDING,
};

struct client {
	struct client *next;	/* in a queue of the server, or free */
	uint32_t worker;
	uint32_t left;		/* requests to come, the one at hand included */
	uint8_t state;
	uint8_t place;
	uint8_t syns;		/* tries made */
	uint8_t acks;		/* tries of the first data */
	bool data;		/* the request at hand has reached the server */
	bool fin;		/* the client's FIN has */
	uint32_t life;		/* guards events against reuse of the struct */
	uint32_t turn;		/* and timeouts against the next request */
	uint64_t began;		/* the request's first byte was sent */
	uint64_t syn_at;	/* the server answered its SYN */
	uint64_t random;	/* its own stream */
};

struct fifo {
	struct client *head, **tail;
	uint32_t len;
};

struct worker {
	struct fifo accept_queue, work_pending;
	uint32_t half_open, connections;
	uint64_t stolen;	/* softirq time to be added to the current step */
	bool busy;
	struct tux_policy_plan plan;
	uint32_t done;		/* items of this phase */
	uint64_t phase_began;
	uint32_t work_phases, ahead;	/* for the policy */
	uint64_t popped;
	struct tux_pace pace;
	struct client *running;
};

enum event_kind {
	E_ARRIVAL, E_SYN, E_SYN_RETRY, E_SYNACK, E_ACK, E_REQUEST, E_REPLY, E_THOUGHT,
	E_CONNECT_TIMEOUT,
	E_REPLY_TIMEOUT, E_FIN, E_STEP,
};

struct event {
	uint64_t when, order;
	struct client *c;
	uint32_t guard, worker;
	enum event_kind kind;
};

static struct event *heap;
static size_t nr_events, heap_size;
static uint64_t now, next_order;
static struct worker *workers;
static struct client *free_clients;

enum counter {
	N_OFFERED, N_ACCEPTED, N_REPLIES, N_SESSIONS, N_WASTED, N_GAVE_UP_CONNECT, N_GAVE_UP_REPLY,
	N_DROP_SYN, N_DROP_ADMISSION, N_DROP_OVERFLOW, N_ACCEPT_PHASES, N_WORK_PHASES,
	N_WORK_ITEMS, N_SLEEPS, NR_COUNTERS
};

static const char * const counter_names[NR_COUNTERS] = {
	"offered", "accepted", "replies", "sessions", "wasted", "gave_up_connect", "gave_up_reply",
	"drop_acceptq_full", "drop_admission", "drop_listen_overflow", "accept_phases",
	"work_phases", "work_items", "sleeps",
};

static uint64_t counters[NR_COUNTERS];
static uint64_t window_begin, window_end;

/* Response times, a histogram with steps of one percent: no run is too long. */
#define NR_BUCKETS 2400
static uint64_t buckets[NR_BUCKETS], nr_times;

static void count(enum counter n)
{
	if (now >= window_begin && now < window_end)
		counters[n]++;
}

static void die(const char *why, const char *what)
{
	fprintf(stderr, "tuxsim: %s%s\n", why, what);
	exit(2);
}

static void *must(void *p)
{
	if (!p)
		die("no memory", "");
	return p;
}

static bool before(const struct event *a, const struct event *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void event_add(uint64_t delay, enum event_kind kind, struct client *c, uint32_t guard,
		      uint32_t worker)
{
	struct event e = { now + delay, next_order++, c, guard, worker, kind };
	size_t i;

	if (nr_events == heap_size) {
		heap_size = heap_size ? 2 * heap_size : 4096;
		heap = must(realloc(heap, heap_size * sizeof(*heap)));
	}
	for (i = nr_events++; i && before(&e, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = e;
}

static struct event event_take(void)
{
	struct event first = heap[0], last = heap[--nr_events];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < nr_events) {
		if (child + 1 < nr_events && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return first;
}

static void client_event(uint64_t delay, enum event_kind kind, struct client *c)
{
	event_add(delay, kind, c, c->life, c->worker);
}

static void fifo_add(struct fifo *f, struct client *c)
{
	c->next = NULL;
	*f->tail = c;
	f->tail = &c->next;
	f->len++;
}

static struct client *fifo_take(struct fifo *f)
{
	struct client *c = f->head;

	f->head = c->next;
	if (!f->head)
		f->tail = &f->head;
	f->len--;
	return c;
}

static struct client *client_new(void)
{
	struct client *c = free_clients;
	uint32_t life, turn;

	if (c)
		free_clients = c->next;
	else
		c = must(calloc(1, sizeof(*c)));
	life = c->life;
	turn = c->turn;
	memset(c, 0, sizeof(*c));
	c->life = life;
	c->turn = turn;
	return c;
}

/* Both sides are done with it; events that are still under way miss it. */
static void client_free(struct client *c)
{
	c->life++;
	c->turn++;
	c->next = free_clients;
	free_clients = c;
}

static void time_record(uint64_t ns)
{
	unsigned int b = ns < USEC ? 0 : (unsigned int)(log((double)ns / USEC) / log(1.01));

	if (now < window_begin || now >= window_end)
		return;
	buckets[b < NR_BUCKETS ? b : NR_BUCKETS - 1]++;
	nr_times++;
}

/* Microseconds below which @share of the replies came. */
static double percentile(double share)
{
	uint64_t seen = 0, want = (uint64_t)(share * (double)nr_times);
	unsigned int b;

	for (b = 0; b < NR_BUCKETS; b++) {
		seen += buckets[b];
		if (seen > want)
			return pow(1.01, b + 1);
	}
	return 0;
}

/* --------------------------------------------------------------- a worker */

static void worker_step(struct worker *w);

static struct tux_policy_in worker_look(const struct worker *w)
{
	return (struct tux_policy_in) {
		.accept_queue = w->accept_queue.len,
		.crowded = w->accept_queue.len > param(P_BACKLOG) / 2,
		.backlog = (uint32_t)param(P_BACKLOG),
		.ahead = w->ahead,
		.work_pending = w->work_pending.len,
		.free_slots = (uint32_t)(param(P_MAXCONN) - w->connections),
		.work_phases = w->work_phases,
		.conf = {
			.adaptive = param(P_ADAPTIVE) != 0,
			.accept_limit = (uint32_t)param(P_ACCEPT_LIMIT),
			.accept_interval = (uint32_t)param(P_ACCEPT_INTERVAL),
			.accept_phase_usecs = (uint32_t)param(P_ACCEPT_USECS),
			.work_limit = (uint32_t)param(P_WORK_LIMIT),
			.work_phase_usecs = (uint32_t)param(P_WORK_USECS),
		},
	};
}

static void worker_busy(struct worker *w, uint64_t ns)
{
	w->busy = true;
	event_add(ns, E_STEP, NULL, 0, (uint32_t)(w - workers));
}

static void worker_kick(struct worker *w)
{
	if (!w->busy)
		worker_step(w);
}

static bool phase_is_over(const struct worker *w)
{
	const struct tux_policy_plan *plan = &w->plan;

	if (plan->budget && w->done >= plan->budget)
		return true;
	if (plan->usecs && w->done && now - w->phase_began >= plan->usecs * USEC)
		return true;
	switch (plan->phase) {
	case TUX_PHASE_ACCEPT:
		return !w->accept_queue.len || w->connections >= param(P_MAXCONN);
	case TUX_PHASE_WORK:
		return !w->work_pending.len;
	default:
		return true;
	}
}

static void worker_next_phase(struct worker *w)
{
	struct tux_policy_in in = worker_look(w);

	w->plan = tux_policy_next(&in);
	w->ahead = tux_policy_ahead(&in, &w->plan);
	w->done = 0;
	w->phase_began = now;
	switch (w->plan.phase) {
	case TUX_PHASE_ACCEPT:
		w->work_phases = 0;
		count(N_ACCEPT_PHASES);
		break;
	case TUX_PHASE_WORK:
		if (w->work_phases < TUX_POLICY_RESTED)
			w->work_phases++;
		count(N_WORK_PHASES);
		break;
	case TUX_PHASE_SLEEP:
		w->work_phases = TUX_POLICY_RESTED;
		count(N_SLEEPS);
		break;
	}
}

static double service_time(struct client *c)
{
	double mean = param(P_SERVICE);

	return param(P_TAIL) ? lognormal(&c->random, mean) : exponential(&c->random, mean);
}

/* Begin the next step of the phase, or the next phase, or sleep. */
static void worker_step(struct worker *w)
{
	uint64_t cost = 0;

	if (phase_is_over(w)) {
		worker_next_phase(w);
		cost = usecs(param(P_PHASE_COST));
	}
	switch (w->plan.phase) {
	case TUX_PHASE_SLEEP:
		w->busy = false;
		return;
	case TUX_PHASE_ACCEPT:
		w->running = fifo_take(&w->accept_queue);
		w->popped++;
		cost += usecs(param(P_ACCEPT_COST));
		break;
	case TUX_PHASE_WORK:
		w->running = fifo_take(&w->work_pending);
		/* Without a request it is only a connection to be closed. */
		cost += w->running->data ? usecs(service_time(w->running)) : usecs(param(P_ACCEPT_COST) / 2);
		break;
	}
	w->done++;
	worker_busy(w, cost);
}

static void server_close(struct worker *w, struct client *c)
{
	w->connections--;
	c->place = AT_NOWHERE;
	if (c->state == C_GONE)
		client_free(c);
}

/* Something arrived for a connection that the server has accepted. */
static void server_queue(struct worker *w, struct client *c)
{
	c->place = AT_WORK_PENDING;
	fifo_add(&w->work_pending, c);
	worker_kick(w);
}

static void server_accepted(struct worker *w, struct client *c)
{
	w->connections++;
	count(N_ACCEPTED);
	c->place = AT_PARKED;
	if (c->data || c->fin) {
		c->place = AT_WORK_PENDING;
		fifo_add(&w->work_pending, c);
	}
}

static void server_worked(struct worker *w, struct client *c)
{
	count(N_WORK_ITEMS);
	if (!c->data) {
		server_close(w, c);
		return;
	}
	c->data = false;
	c->place = AT_PARKED;
	if (c->state == C_GONE) {
		count(N_WASTED);
		server_close(w, c);
		return;
	}
	client_event(usecs(param(P_RTT) / 2), E_REPLY, c);
	/* The last request says Connection: close. */
	if (c->left == 1)
		server_close(w, c);
}

static void on_step(struct worker *w)
{
	struct client *c = w->running;

	if (w->stolen) {
		uint64_t more = w->stolen;

		w->stolen = 0;
		worker_busy(w, more);
		return;
	}
	w->running = NULL;
	if (c->place == AT_ACCEPT_QUEUE)
		server_accepted(w, c);
	else
		server_worked(w, c);
	worker_step(w);
}

/* ---------------------------------------------------------------- packets */

static void softirq(struct worker *w, double us)
{
	if (w->busy)
		w->stolen += usecs(us);
}

static bool acceptq_is_full(const struct worker *w)
{
	return w->accept_queue.len > param(P_BACKLOG);
}

static bool is_late(struct worker *w)
{
	struct tux_pace_in in = {
		.now = now / USEC,
		.popped = w->popped,
		.limit = (u64)(param(P_ACCEPT_WAIT) * 1000),
		.queue = w->accept_queue.len,
	};

	if (!in.limit)
		return false;
	if (in.queue)
		in.head_since = w->accept_queue.head->syn_at / USEC;
	tux_pace_update(&w->pace, &in);
	return tux_pace_is_late(&w->pace, in.queue + w->half_open);
}

static void on_syn(struct worker *w, struct client *c)
{
	bool refuse = acceptq_is_full(w);

	if (!refuse && ((param(P_ADMISSION) &&
			 w->accept_queue.len + w->half_open > param(P_BACKLOG)) || is_late(w))) {
		refuse = true;
		count(N_DROP_ADMISSION);
	} else if (refuse) {
		count(N_DROP_SYN);
	}
	softirq(w, refuse ? param(P_REFUSE_COST) : param(P_PACKET_COST));
	if (refuse)
		return;
	if (c->place == AT_NOWHERE) {
		c->place = AT_HALF_OPEN;
		c->syn_at = now;
		w->half_open++;
	}
	client_event(usecs(param(P_RTT) / 2), E_SYNACK, c);
}

/* The end of the handshake, the first request with it. */
static void on_ack(struct worker *w, struct client *c)
{
	softirq(w, param(P_PACKET_COST));
	if (c->place != AT_HALF_OPEN)
		return;
	if (acceptq_is_full(w)) {
		count(N_DROP_OVERFLOW);
		if (c->state != C_GONE)
			client_event((NSEC / 5) << c->acks++, E_ACK, c);
		return;
	}
	w->half_open--;
	c->place = AT_ACCEPT_QUEUE;
	c->data = c->state != C_GONE;
	c->fin = c->state == C_GONE;
	fifo_add(&w->accept_queue, c);
	worker_kick(w);
}

static void on_request(struct worker *w, struct client *c)
{
	softirq(w, param(P_PACKET_COST));
	c->data = true;
	if (c->place == AT_PARKED)
		server_queue(w, c);
}

static void on_fin(struct worker *w, struct client *c)
{
	softirq(w, param(P_PACKET_COST));
	c->fin = true;
	switch (c->place) {
	case AT_PARKED:
		server_queue(w, c);
		break;
	case AT_HALF_OPEN:
		/* The next SYN-ACK is answered by a reset. */
		w->half_open--;
		client_free(c);
		break;
	case AT_NOWHERE:
		client_free(c);
		break;
	default:
		break;
	}
}

/* ---------------------------------------------------------------- clients */

static void client_syn(struct client *c)
{
	/* tcp_syn_retries would allow more than any timeout here lets happen */
	static const double waits[NR_SYN_TRIES] = { 1, 2, 4 };

	client_event(usecs(param(P_RTT) / 2), E_SYN, c);
	if (c->syns < NR_SYN_TRIES)
		client_event((uint64_t)(waits[c->syns] * NSEC), E_SYN_RETRY, c);
	c->syns++;
}

static void client_await(struct client *c, enum event_kind timeout)
{
	c->turn++;
	event_add((uint64_t)(param(P_TIMEOUT) * NSEC), timeout, c, c->turn, c->worker);
}

/* Gone for good: the server learns by a FIN, where it knows the client. */
static void client_leave(struct client *c)
{
	c->state = C_GONE;
	c->turn++;
	if (c->place == AT_NOWHERE)
		client_free(c);
	else
		client_event(usecs(param(P_RTT) / 2), E_FIN, c);
}

static void client_request(struct client *c)
{
	c->state = C_WAITING;
	c->began = now;
	client_await(c, E_REPLY_TIMEOUT);
}

static void on_synack(struct client *c)
{
	if (c->state != C_SYN)
		return;
	client_request(c);
	client_event(usecs(param(P_RTT) / 2), E_ACK, c);
}

static void client_think_over(struct client *c)
{
	client_request(c);
	client_event(usecs(param(P_RTT) / 2), E_REQUEST, c);
}

static void on_reply(struct client *c)
{
	if (c->state != C_WAITING)
		return;
	count(N_REPLIES);
	time_record(now - c->began);
	c->turn++;
	if (!--c->left) {
		count(N_SESSIONS);
		c->state = C_GONE;
		/* The server closed first, with the reply. */
		if (c->place == AT_NOWHERE)
			client_free(c);
		return;
	}
	c->state = C_THINKING;
	client_event((uint64_t)(exponential(&c->random, param(P_THINK)) * NSEC), E_THOUGHT, c);
}

static void on_timeout(struct client *c, enum client_state state, enum counter n)
{
	if (c->state != state)
		return;
	count(n);
	client_leave(c);
}

static void client_arrive(void)
{
	uint32_t nr = (uint32_t)param(P_WORKERS);
	struct client *c = client_new();

	count(N_OFFERED);
	c->random = rng(&arrivals);
	c->worker = (uint32_t)(rng(&c->random) % nr);
	if (uniform(&c->random) <= param(P_SKEW))
		c->worker = 0;
	c->left = (uint32_t)param(P_REQUESTS);
	if (param(P_SPREAD))
		c->left = geometric(&c->random, param(P_REQUESTS));
	client_await(c, E_CONNECT_TIMEOUT);
	client_syn(c);
}

static void on_arrival(void)
{
	unsigned int n = geometric(&arrivals, param(P_BURST));

	while (n--)
		client_arrive();
	event_add((uint64_t)(exponential(&arrivals, param(P_BURST) / param(P_RATE)) * NSEC), E_ARRIVAL, NULL,
		  0, 0);
}

/* ------------------------------------------------------------------- main */

static void dispatch(const struct event *e)
{
	struct worker *w = &workers[e->worker];
	bool timeout = e->kind == E_CONNECT_TIMEOUT || e->kind == E_REPLY_TIMEOUT;
	struct client *c = e->c;

	/* What was meant for somebody who is gone, or for an earlier request. */
	if (c && e->guard != (timeout ? c->turn : c->life))
		return;
	switch (e->kind) {
	case E_ARRIVAL:
		on_arrival();
		break;
	case E_SYN:
		on_syn(w, c);
		break;
	case E_SYN_RETRY:
		if (c->state == C_SYN)
			client_syn(c);
		break;
	case E_SYNACK:
		on_synack(c);
		break;
	case E_ACK:
		on_ack(w, c);
		break;
	case E_REQUEST:
		on_request(w, c);
		break;
	case E_REPLY:
		on_reply(c);
		break;
	case E_THOUGHT:
		if (c->state == C_THINKING)
			client_think_over(c);
		break;
	case E_CONNECT_TIMEOUT:
		on_timeout(c, C_SYN, N_GAVE_UP_CONNECT);
		break;
	case E_REPLY_TIMEOUT:
		on_timeout(c, C_WAITING, N_GAVE_UP_REPLY);
		break;
	case E_FIN:
		on_fin(w, c);
		break;
	case E_STEP:
		on_step(w);
		break;
	}
}

static void usage(void)
{
	unsigned int i;

	printf("usage: tuxsim [NAME=VALUE ...]\n\n");
	for (i = 0; i < NR_PARAMS; i++)
		printf("  %-20s %-8g %s\n", params[i].name, params[i].value, params[i].what);
	printf("\nPrints lines of name and value: counts within the window, rates a second,\n"
	       "response times in microseconds.\n");
}

static void parse(const char *arg)
{
	const char *eq = strchr(arg, '=');
	unsigned int i;
	char *end;

	for (i = 0; eq && i < NR_PARAMS; i++) {
		if (strlen(params[i].name) != (size_t)(eq - arg) ||
		    strncmp(params[i].name, arg, (size_t)(eq - arg)))
			continue;
		params[i].value = strtod(eq + 1, &end);
		if (end == eq + 1 || *end || !(params[i].value >= 0) || params[i].value > 1e9)
			die("not a number from 0 to 1e9: ", arg);
		return;
	}
	die("no such parameter (--help lists them): ", arg);
}

static void check(void)
{
	if (param(P_WORKERS) < 1 || param(P_RATE) <= 0 || param(P_REQUESTS) < 1 ||
	    param(P_BURST) < 1 || param(P_SECONDS) <= 0)
		die("workers, requests and burst are 1 at least; rate and seconds above 0", "");
}

static void report(void)
{
	double seconds = param(P_SECONDS);
	unsigned int i;

	for (i = 0; i < NR_COUNTERS; i++)
		printf("%s %" PRIu64 "\n", counter_names[i], counters[i]);
	printf("reply_rate %.1f\n", (double)counters[N_REPLIES] / seconds);
	printf("session_rate %.1f\n", (double)counters[N_SESSIONS] / seconds);
	printf("mean_accepts %.2f\n", counters[N_ACCEPT_PHASES] ?
	       (double)counters[N_ACCEPTED] / (double)counters[N_ACCEPT_PHASES] : 0);
	printf("p50 %.0f\np99 %.0f\n", percentile(0.5), percentile(0.99));
}

int main(int argc, char **argv)
{
	unsigned int i, nr;
	int arg;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		usage();
		return 0;
	}
	for (arg = 1; arg < argc; arg++)
		parse(argv[arg]);
	check();

	arrivals = (uint64_t)param(P_SEED);
	nr = (unsigned int)param(P_WORKERS);
	workers = must(calloc(nr, sizeof(*workers)));
	for (i = 0; i < nr; i++) {
		workers[i].accept_queue.tail = &workers[i].accept_queue.head;
		workers[i].work_pending.tail = &workers[i].work_pending.head;
		workers[i].work_phases = TUX_POLICY_RESTED;
	}
	window_begin = (uint64_t)(param(P_WARMUP) * NSEC);
	window_end = window_begin + (uint64_t)(param(P_SECONDS) * NSEC);
	event_add(0, E_ARRIVAL, NULL, 0, 0);
	while (now < window_end) {
		struct event e = event_take();

		now = e.when;
		dispatch(&e);
	}
	report();
	return 0;
}
