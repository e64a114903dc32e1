// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: HTTP on one side, files on the other.
 *
 * tux_request_next() takes the next request from the receive buffer, finds what
 * it asks for and writes the answer's head, and its body where that is small,
 * into the transmit buffer. A larger body is left to conn.c as a file and a
 * range. The rules are elsewhere: http_*.c knows the protocol, file.c what may
 * be served.
 *
 * Context: the worker's thread, for the connection that it owns. Never blocks:
 * what would goes to the miss pool, and when the connection comes back the same
 * request is answered from its result.
 */
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "conn.h"
#include "dirlist.h"
#include "docroot.h"
#include "file.h"
#include "http_cond.h"
#include "http_response.h"
#include "http_url.h"
#include "limits.h"
#include "miss.h"
#include "request.h"
#include "tux.h"
#include "variant.h"

/*
 * Room in tx before a request is looked at: the largest head, and a Location
 * made of the longest path with every byte escaped.
 */
#define TUX_TX_HEAD_ROOM	(HTTP_RESPONSE_MAX + 6 * TUX_PATH_MAX)

/**
 * struct tux_head - what is prepared once for each file: tux_file_head()
 * @entity: the file for the HTTP code; refers to @cache_control and @type
 * @prepared: the unchanging part of its heads; refers to @text
 * @cache_control: the tunable as it was
 * @type: media type
 * @text: storage of @prepared
 */
struct tux_head {
	struct http_entity	entity;
	struct http_prepared	prepared;
	char			cache_control[HTTP_CACHE_CONTROL_MAX + 1];
	char			type[TUX_MIME_MAX + 1];
	char			text[];
};

static u32 tux_tx_room(const struct tux_io *io)
{
	return TUX_TX_SIZE - io->tx_len;
}

static char *tux_tx_end(const struct tux_io *io)
{
	return io->tx + io->tx_len;
}

static const char *tux_rx_start(const struct tux_io *io)
{
	return io->rx + io->rx_off;
}

static void tux_count_status(struct tux_conn *c, unsigned int status)
{
	tux_stat_inc(&c->worker->stats, TUX_STATUS_BASE + http_status_index(status));
}

static u8 tux_head_flag(const struct http_request *req)
{
	return req->method == HTTP_HEAD ? HTTP_RESPONSE_HEAD : 0;
}

/* The request is answered: step over it, and over its body if it has one. */
static enum tux_verdict tux_request_done(struct tux_conn *c, struct tux_io *io, bool keep)
{
	c->end = keep ? TUX_END_KEEP : TUX_END_CLOSE;
	c->requests++;
	io->rx_off += io->req.head_len;
	c->skipping = keep && io->body_follows;
	/* A request after an unread body cannot be told from the body. */
	if (!keep && (io->body_follows || io->rx_off < io->rx_len))
		c->end = TUX_END_LINGER;
	http_request_init(&io->req);
	return TUX_ANSWERED;
}

/* A request that lost its framing: what comes behind it is thrown away. */
static enum tux_verdict tux_request_refused(struct tux_conn *c, struct tux_io *io)
{
	c->end = TUX_END_LINGER;
	c->requests++;
	c->skipping = false;
	io->rx_off = io->rx_len;
	http_request_init(&io->req);
	return TUX_ANSWERED;
}

/* Append a short answer without a file: errors, redirects, OPTIONS. */
static void tux_put_short(struct tux_conn *c, struct tux_io *io, struct http_response *r)
{
	int n;

	r->date = c->worker->date;
	n = http_short_response(tux_tx_end(io), tux_tx_room(io), r);
	if (WARN_ON_ONCE(n < 0))
		return;
	io->tx_len += n;
	tux_count_status(c, r->status);
}

static enum tux_verdict tux_answer_status(struct tux_conn *c, struct tux_io *io,
					  unsigned int status)
{
	bool keep = io->req.keep_alive;
	struct http_response r = {
		.status = status,
		.flags = tux_head_flag(&io->req),
		.connection = http_connection_for(&io->req, keep),
	};

	tux_put_short(c, io, &r);
	return tux_request_done(c, io, keep);
}

static enum tux_verdict tux_answer_options(struct tux_conn *c, struct tux_io *io)
{
	bool keep = io->req.keep_alive;
	struct http_response r = {
		.status = 200,
		.flags = HTTP_RESPONSE_ALLOW,
		.connection = http_connection_for(&io->req, keep),
	};

	tux_put_short(c, io, &r);
	return tux_request_done(c, io, keep);
}

/* A directory that was asked for without its slash. */
static enum tux_verdict tux_answer_redirect(struct tux_conn *c, struct tux_io *io)
{
	const struct http_span *query = &io->req.query;
	bool keep = io->req.keep_alive;
	struct http_response r = {
		.status = 301,
		.flags = tux_head_flag(&io->req),
		.connection = http_connection_for(&io->req, keep),
		.location = io->location,
	};
	int n;

	n = http_location(io->location, sizeof(io->location), io->path, strlen(io->path),
			  query->off ? tux_rx_start(io) + query->off : NULL, query->len);
	if (n < 0)
		return tux_answer_status(c, io, 414);
	r.location_len = n;
	tux_put_short(c, io, &r);
	return tux_request_done(c, io, keep);
}

static enum tux_verdict tux_answer_errno(struct tux_conn *c, struct tux_io *io, int err)
{
	switch (err) {
	case -EISDIR:
		return tux_answer_redirect(c, io);
	case -ENOENT:
	case -ENOTDIR:
	case -ELOOP:
	case -ENAMETOOLONG:
		return tux_answer_status(c, io, 404);
	case -EACCES:
	case -EPERM:
	case -EFBIG:
	case -EXDEV:
		return tux_answer_status(c, io, 403);
	case TUX_NOT_ACCEPTABLE:
		return tux_answer_status(c, io, 406);
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
	case -EBUSY:
	case -ESTALE:
		return tux_answer_status(c, io, 503);
	default:
		return tux_answer_status(c, io, 500);
	}
}

/*
 * The ETag, always a strong one (file.h). A sibling's ends in its coding: under
 * another name it may be a file of its own.
 */
static void tux_put_etag(struct http_validators *v, const struct tux_file *f, unsigned int coding)
{
	static const char * const ends[HTTP_NR_CODINGS] = { "-br", "-zst", "-gz", "" };

	v->etag_len = snprintf(v->etag, sizeof(v->etag), "\"%016llx-%llx%s\"", f->tag,
			       (u64)f->size, ends[coding]);
}

static void tux_entity_init(struct http_entity *e, const struct tux_file *f, unsigned int coding,
			    const struct tux_worker *w)
{
	struct http_validators *v = &e->v;

	memset(e, 0, sizeof(*e));
	v->size = f->size;
	v->mtime = f->mtime.tv_sec;
	/* RFC 9110 8.8.2.1: never later than Date. */
	v->has_mtime = f->settled && v->mtime <= w->date_sec;
	if (f->settled && READ_ONCE(w->srv->tn->conf.generate_etags))
		tux_put_etag(v, f, coding);
	e->coding = coding;
	if (f->siblings || coding != HTTP_CODING_IDENTITY)
		e->flags |= HTTP_ENTITY_VARY;
}

static void tux_copy_cache_control(struct tux_net *tn, char *to)
{
	spin_lock(&tn->strings_lock);
	strscpy(to, tn->conf.cache_control, HTTP_CACHE_CONTROL_MAX + 1);
	spin_unlock(&tn->strings_lock);
}

/* Tunables that go into it are followed by tux_file_renew(). */
static noinline_for_stack struct tux_head *tux_head_make(const struct tux_worker *w,
							 const struct tux_file *f,
							 unsigned int coding)
{
	char type[TUX_MIME_MAX + 1];
	char cache_control[HTTP_CACHE_CONTROL_MAX + 1];
	char text[HTTP_PREPARED_MAX];
	struct http_prepared p;
	struct http_entity e;
	struct tux_head *h;
	int n;

	tux_entity_init(&e, f, coding, w);
	if (coding == HTTP_CODING_IDENTITY)
		memcpy(type, f->type, sizeof(type));
	else
		tux_file_plain_type(f, tux_sibling_suffix[coding], type);
	e.content_type = type;
	tux_copy_cache_control(w->srv->tn, cache_control);
	e.cache_control = cache_control[0] ? cache_control : NULL;
	n = http_prepare_object_head(&p, text, sizeof(text), &e);
	if (WARN_ON_ONCE(n < 0))
		return NULL;

	h = kmalloc(struct_size(h, text, n), GFP_KERNEL | __GFP_NOWARN);
	if (!h)
		return NULL;
	h->entity = e;
	h->prepared = p;
	memcpy(h->type, type, sizeof(type));
	h->entity.content_type = h->type;
	memcpy(h->cache_control, cache_control, sizeof(cache_control));
	if (e.cache_control)
		h->entity.cache_control = h->cache_control;
	memcpy(h->text, text, n);
	h->prepared.text = h->text;
	return h;
}

/*
 * The prepared head of a file: kept with it, made at its first request. But one without
 * Last-Modified is the caller's, for this answer only: with time the file may get it.
 */
static struct tux_head *tux_head_of(struct tux_conn *c, struct tux_file *f, unsigned int coding)
{
	enum tux_file_role role = coding == HTTP_CODING_IDENTITY ? TUX_ROLE_PLAIN :
								   TUX_ROLE_SIBLING;
	struct tux_head *h = tux_file_head(f, role);

	if (h)
		return h;
	h = tux_head_make(c->worker, f, coding);
	return h && h->entity.v.has_mtime ? tux_file_set_head(f, role, h) : h;
}

/*
 * Append the body behind its head when it is small; else leave it to be sent
 * from the page cache. @body holds it when the miss pool has read it. Returns
 * 0, or an error with nothing appended; takes over the reference to @f where
 * it succeeds.
 */
static int tux_put_body(struct tux_conn *c, struct tux_io *io, struct tux_file *f, loff_t pos,
			u64 len, const void *body)
{
	ssize_t n = len;

	if (len > TUX_COPY_MAX) {
		c->out.file = f;
		c->out.pos = pos;
		c->out.left = len;
		return 0;
	}
	if (body)
		memcpy(tux_tx_end(io), body, len);
	else
		n = tux_file_read(f, pos, tux_tx_end(io), len, true);
	if (n < 0)
		return n;
	if (n < len)
		return -ESTALE;
	io->tx_len += len;
	tux_file_put(f);
	return 0;
}

/*
 * Append a part of multipart/byteranges with its bytes, where they are few and
 * in memory: else -EAGAIN. With an error nothing is appended.
 */
static int tux_copy_part(struct tux_io *io, struct tux_file *f, const struct http_response *r,
			 unsigned int i)
{
	const struct http_range *range = &r->plan->range[i];
	ssize_t n;
	int head;

	/* Room for the end of the whole is kept besides. */
	if (range->len > TUX_COPY_MAX || range->len + 2 * HTTP_PART_MAX > tux_tx_room(io))
		return -EAGAIN;
	head = http_multipart_head(tux_tx_end(io), tux_tx_room(io), r, i);
	if (WARN_ON_ONCE(head < 0))
		return head;
	n = tux_file_read(f, range->start, tux_tx_end(io) + head, range->len, true);
	if (n < 0)
		return n;
	if (n < range->len)
		return -ESTALE;
	io->tx_len += head + n;
	return 0;
}

/* The parts from @first on, for conn.c to send one after another. */
static struct tux_parts *tux_parts_new(const struct http_response *r, unsigned int first)
{
	const struct http_plan *plan = r->plan;
	unsigned int i, nr = plan->nr_ranges + 1 - first;
	u64 room = http_multipart_length(r);
	struct tux_parts *parts;
	char *text;

	for (i = 0; i < plan->nr_ranges; i++)
		room -= plan->range[i].len;
	parts = kmalloc(struct_size(parts, part, nr) + room, GFP_KERNEL | __GFP_NOWARN);
	if (!parts)
		return NULL;
	parts->next = 0;
	parts->nr = nr;
	text = (char *)&parts->part[nr];
	parts->text = text;
	for (i = 0; i < nr; i++) {
		bool last = i == nr - 1;
		int n = http_multipart_head(text, room, r, first + i);

		if (WARN_ON_ONCE(n < 0)) {
			kfree(parts);
			return NULL;
		}
		text += n;
		room -= n;
		parts->part[i].text_len = n;
		parts->part[i].pos = last ? 0 : plan->range[first + i].start;
		parts->part[i].len = last ? 0 : plan->range[first + i].len;
	}
	return parts;
}

/*
 * Append the parts of multipart/byteranges as long as they are small; from the
 * first that is not on they are left to be sent from the page cache. Returns as
 * tux_put_body().
 */
static int tux_put_parts(struct tux_conn *c, struct tux_io *io, struct tux_file *f,
			 const struct http_response *r)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < r->plan->nr_ranges; i++) {
		err = tux_copy_part(io, f, r, i);
		if (err)
			break;
	}
	if (!err) {
		io->tx_len += http_multipart_head(tux_tx_end(io), tux_tx_room(io), r, i);
		tux_file_put(f);
		return 0;
	}
	if (err != -EAGAIN)
		return err;
	c->out.parts = tux_parts_new(r, i);
	if (!c->out.parts)
		return -ENOMEM;
	c->out.file = f;
	c->out.left = 0;
	return 0;
}

static int tux_put_head(struct tux_io *io, const struct tux_head *h, const struct http_response *r)
{
	int n;

	switch (r->status) {
	case 200:
	case 304:
		n = http_finish_head(tux_tx_end(io), tux_tx_room(io), &h->prepared, r);
		break;
	case 206:
		n = http_response_head(tux_tx_end(io), tux_tx_room(io), r);
		break;
	default:
		n = http_short_response(tux_tx_end(io), tux_tx_room(io), r);
		break;
	}
	if (n > 0)
		io->tx_len += n;
	return n;
}

/* What to send of the file. */
static void tux_plan(struct tux_io *io, const struct tux_head *h, time64_t now,
		     struct http_plan *plan)
{
	plan->status = 200;
	plan->nr_ranges = 0;
	if (!http_is_conditional(&io->req))
		return;
	http_evaluate(&io->req, tux_rx_start(io), &h->entity.v, now, plan);
}

/* To the miss pool with the errand, if there was memory for it. */
static enum tux_verdict tux_miss(struct tux_conn *c, struct tux_io *io, struct tux_miss *m)
{
	if (!m)
		return tux_answer_status(c, io, 503);
	tux_stat_inc(&c->worker->stats, TUX_misses);
	return TUX_IN_MISS_POOL;
}

/* The body could not be had: because it is not in memory, or at all. */
static enum tux_verdict tux_body_failed(struct tux_conn *c, struct tux_io *io, struct tux_file *f,
					u8 coding, loff_t pos, u64 len, int err)
{
	struct tux_miss *m;

	if (err == -EAGAIN) {
		m = tux_miss_read(c, f, coding, pos, len);
		if (!m)
			tux_file_put(f);
		return tux_miss(c, io, m);
	}
	tux_file_put(f);
	if (err == -ESTALE)
		tux_stat_inc(&c->worker->stats, TUX_truncated);
	return tux_answer_status(c, io, err == -ESTALE || err == -ENOMEM ? 503 : 500);
}

static bool tux_body_fits(const struct tux_io *io, u64 len)
{
	return !io->tx_len || len > TUX_COPY_MAX || len + TUX_TX_HEAD_ROOM <= tux_tx_room(io);
}

/* Did the miss pool read just this part? */
static const void *tux_body_read(const struct tux_miss *m, loff_t pos, u64 len)
{
	return m && m->body && m->pos == pos && m->len == len ? m->body : NULL;
}

/* The bytes behind the head: a whole file, a range, or several. */
static int tux_put_content(struct tux_conn *c, struct tux_io *io, struct tux_file *f,
			   const struct http_response *r, loff_t pos, u64 len,
			   const struct tux_miss *m)
{
	if (r->plan->nr_ranges > 1)
		return tux_put_parts(c, io, f, r);
	if (len)
		return tux_put_body(c, io, f, pos, len, tux_body_read(m, pos, len));
	tux_file_put(f);
	return 0;
}

/* As tux_answer_file(), with this head. */
static enum tux_verdict tux_answer_head(struct tux_conn *c, struct tux_io *io, struct tux_file *f,
					const struct tux_head *h, u8 coding,
					const struct tux_miss *m)
{
	u32 start = io->tx_len;
	struct http_plan plan;
	struct http_response r = {
		.flags = tux_head_flag(&io->req),
		.connection = http_connection_for(&io->req, io->req.keep_alive),
		.date = c->worker->date,
		.plan = &plan,
	};
	loff_t pos = 0;
	u64 len = 0;
	int err;

	tux_plan(io, h, c->worker->date_sec, &plan);
	r.entity = &h->entity;
	r.status = plan.status;
	if (plan.nr_ranges > 1) {
		r.boundary = get_random_u64();
	} else if (plan.nr_ranges) {
		pos = plan.range[0].start;
		len = plan.range[0].len;
	} else if (plan.status == 200 && io->req.method != HTTP_HEAD) {
		len = h->entity.v.size;
	}
	if (!tux_body_fits(io, len)) {
		tux_file_put(f);
		return TUX_NEED_ROOM;
	}

	if (WARN_ON_ONCE(tux_put_head(io, h, &r) < 0)) {
		tux_file_put(f);
		return tux_answer_status(c, io, 500);
	}
	err = tux_put_content(c, io, f, &r, pos, len, m);
	if (err) {
		io->tx_len = start;
		return tux_body_failed(c, io, f, coding, pos, len, err);
	}
	tux_count_status(c, plan.status);
	return tux_request_done(c, io, io->req.keep_alive);
}

/*
 * Answer with a file, which is in this coding. Takes over the reference to @f. @m is
 * the errand that the connection came back with, or NULL.
 */
static enum tux_verdict tux_answer_file(struct tux_conn *c, struct tux_io *io, struct tux_file *f,
					u8 coding, const struct tux_miss *m)
{
	struct tux_head *h = tux_head_of(c, f, coding);
	struct tux_head *own = NULL;
	enum tux_verdict verdict;

	if (unlikely(!h)) {
		tux_file_put(f);
		return tux_answer_status(c, io, 503);
	}
	if (unlikely(!h->entity.v.has_mtime))
		own = h;
	verdict = tux_answer_head(c, io, f, h, coding, m);
	if (unlikely(own))
		kfree(own);
	return verdict;
}

/* The tunables that decide what may be served, as they are now. */
struct tux_file_policy tux_file_policy_of(const struct tux_server *srv)
{
	const struct tux_conf *conf = &srv->tn->conf;
	/* First: what changes while the rest is read counts as seen too early. */
	u32 generation = tux_file_generation();

	return (struct tux_file_policy) {
		.generation = generation,
		.index = srv->index,
		.mode_allowed = READ_ONCE(conf->mode_allowed),
		.mode_forbidden = READ_ONCE(conf->mode_forbidden),
		.hide_dot_files = READ_ONCE(conf->hide_dot_files),
		.max_object_size = READ_ONCE(conf->max_object_size),
		.siblings = READ_ONCE(conf->http_precompressed),
	};
}

/* A directory without an index file, and such are to be listed? */
static bool tux_wants_list(const struct tux_conn *c, const struct tux_io *io)
{
	return READ_ONCE(c->worker->srv->tn->conf.http_dir_indexing) &&
	       io->path[strlen(io->path) - 1] == '/';
}

/* Have it listed in the miss pool, unless it is known that there is no such thing. */
static enum tux_verdict tux_want_list(struct tux_conn *c, struct tux_io *io)
{
	struct tux_file_policy policy = tux_file_policy_of(c->worker->srv);
	size_t len = strlen(io->path);
	int err = -EISDIR;
	struct tux_file *f;

	if (len > 1) {
		io->path[len - 1] = '\0';
		err = tux_file_lookup(c->worker->srv->root, &policy, io->path, TUX_LOOKUP_NOWAIT,
				      &f);
		io->path[len - 1] = '/';
		if (!err) {
			tux_file_put(f);
			err = -ENOENT;
		}
	}
	if (err == -EISDIR || err == -EAGAIN)
		return tux_miss(c, io, tux_miss_list(c, io->path));
	return tux_answer_errno(c, io, err);
}

/* The lookup failed. */
static enum tux_verdict tux_answer_refusal(struct tux_conn *c, struct tux_io *io, int err)
{
	if (err == -ENOENT && tux_wants_list(c, io))
		return tux_want_list(c, io);
	return tux_answer_errno(c, io, err);
}

/*
 * Answer with the page that the miss pool made; tx is empty. The head goes into
 * the room in front of the page, and both to conn.c.
 */
static enum tux_verdict tux_answer_list(struct tux_conn *c, struct tux_io *io, struct tux_miss *m)
{
	const struct http_entity entity = {
		.v.size = m->len,
		.content_type = "text/html; charset=utf-8",
		.cache_control = "no-cache",
		.coding = HTTP_CODING_IDENTITY,
		.flags = HTTP_ENTITY_NO_RANGES,
	};
	struct http_plan plan = { .status = 200 };
	struct http_response r = {
		.flags = tux_head_flag(&io->req),
		.connection = http_connection_for(&io->req, io->req.keep_alive),
		.date = c->worker->date,
		.entity = &entity,
		.plan = &plan,
	};
	int n;

	if (http_is_conditional(&io->req))
		http_evaluate(&io->req, tux_rx_start(io), &entity.v, c->worker->date_sec, &plan);
	if (plan.status == 412)
		return tux_answer_status(c, io, 412);
	/* There are no ranges of it: only "not changed" is left, and the page. */
	if (plan.status != 304)
		plan.status = 200;
	plan.nr_ranges = 0;
	r.status = plan.status;
	n = http_response_head(io->tx, TUX_DIRLIST_HEADROOM, &r);
	if (WARN_ON_ONCE(n < 0))
		return tux_answer_status(c, io, 500);
	if (r.status == 304 || io->req.method == HTTP_HEAD) {
		io->tx_len = n;
	} else {
		c->out.buf = m->body;
		c->out.off = TUX_DIRLIST_HEADROOM - n;
		c->out.len = TUX_DIRLIST_HEADROOM + m->len;
		memcpy(c->out.buf + c->out.off, io->tx, n);
		m->body = NULL;
	}
	tux_count_status(c, r.status);
	return tux_request_done(c, io, io->req.keep_alive);
}

/* Is there room in tx for what the errand brought? */
static bool tux_missed_fits(const struct tux_io *io, const struct tux_miss *m)
{
	if (!m->body)
		return true;
	return m->kind == TUX_MISS_LIST ? !io->tx_len : tux_body_fits(io, m->len);
}

/* The connection came back from the miss pool with @c->miss. */
static enum tux_verdict tux_answer_missed(struct tux_conn *c, struct tux_io *io)
{
	enum tux_verdict verdict;
	struct tux_miss *m = c->miss;
	struct tux_file *f = m->file;
	int err = m->err;

	if (!tux_missed_fits(io, m))
		return TUX_NEED_ROOM;
	/* Another errand may follow, and what is in this one is needed still. */
	c->miss = NULL;
	m->file = NULL;
	if (err && m->kind == TUX_MISS_LIST) {
		verdict = tux_answer_errno(c, io, err);
	} else if (err) {
		tux_file_put(f);
		verdict = tux_answer_refusal(c, io, err);
	} else if (m->kind == TUX_MISS_LIST) {
		verdict = tux_answer_list(c, io, m);
	} else {
		verdict = tux_answer_file(c, io, f, m->coding, m);
	}
	tux_miss_free(m);
	return verdict;
}

/*
 * There is a choice, or a lookup that may block. @n: what the lookup said;
 * then @f is the file that was found.
 */
static enum tux_verdict tux_answer_variant(struct tux_conn *c, struct tux_io *io,
					   const struct tux_file_policy *policy, int n,
					   struct tux_file *f)
{
	struct tux_wanted wanted;

	tux_wanted_init(&wanted, &io->req);
	if (!n)
		n = tux_variant_choose(c->worker->srv->root, policy, io->path, &wanted,
				       TUX_LOOKUP_NOWAIT, &f);
	if (n == -EAGAIN)
		return tux_miss(c, io, tux_miss_lookup(c, io->path, &wanted));
	if (n < 0)
		return tux_answer_errno(c, io, n);
	return tux_answer_file(c, io, f, n, NULL);
}

static enum tux_verdict tux_answer_path(struct tux_conn *c, struct tux_io *io)
{
	struct tux_server *srv = c->worker->srv;
	struct tux_file_policy policy;
	struct tux_file *f;
	int n;

	n = http_request_path(&io->req, tux_rx_start(io), io->path, sizeof(io->path));
	if (n < 0)
		return tux_answer_status(c, io, -n);
	if (c->miss)
		return tux_answer_missed(c, io);

	policy = tux_file_policy_of(srv);
	n = tux_file_lookup(srv->root, &policy, io->path, TUX_LOOKUP_NOWAIT, &f);
	if (n == -EAGAIN || (!n && tux_variant_asked(f, &io->req)))
		return tux_answer_variant(c, io, &policy, n, f);
	if (n)
		return tux_answer_refusal(c, io, n);
	return tux_answer_file(c, io, f, HTTP_CODING_IDENTITY, NULL);
}

/* A complete head: its length and its body are known, the rest is content. */
static enum tux_verdict tux_request_answer(struct tux_conn *c, struct tux_io *io)
{
	struct http_request *req = &io->req;
	int body = http_body_init(&c->body, req, &io->limits);

	io->body_follows = body != 1;
	if (body < 0) {
		req->keep_alive = false;
		return tux_answer_status(c, io, -body);
	}
	if (req->status)
		return tux_answer_status(c, io, req->status);
	if (req->method == HTTP_OPTIONS)
		return tux_answer_options(c, io);
	return tux_answer_path(c, io);
}

/* The rest of the body of a request that was answered. */
static enum tux_verdict tux_request_skip(struct tux_conn *c, struct tux_io *io)
{
	u32 used;
	int ret;

	ret = http_body_skip(&c->body, tux_rx_start(io), io->rx_len - io->rx_off, &used);
	io->rx_off += used;
	if (ret < 0)
		return TUX_HANG_UP;
	c->skipping = !ret;
	return TUX_NEED_INPUT;
}

static enum tux_verdict tux_request_error(struct tux_conn *c, struct tux_io *io, int status)
{
	struct http_response r = {
		.status = status,
		.flags = tux_head_flag(&io->req),
		.connection = HTTP_CONN_CLOSE,
	};

	tux_stat_inc(&c->worker->stats, TUX_requests);
	tux_put_short(c, io, &r);
	return tux_request_refused(c, io);
}

/**
 * tux_request_next - answer the next request in the receive buffer
 * @c: the connection
 * @io: its buffers
 *
 * Context: the worker's thread. Never blocks.
 * Return: see enum tux_verdict.
 */
enum tux_verdict tux_request_next(struct tux_conn *c, struct tux_io *io)
{
	int n;

	if (c->skipping) {
		if (tux_request_skip(c, io) == TUX_HANG_UP)
			return TUX_HANG_UP;
		if (c->skipping)
			return TUX_NEED_INPUT;
	}
	if (io->rx_off == io->rx_len)
		return TUX_NEED_INPUT;
	if (tux_tx_room(io) < TUX_TX_HEAD_ROOM)
		return TUX_NEED_ROOM;

	/* Complete already: it was in the miss pool, or waited for room. */
	if (!io->req.head_len) {
		n = http_parse(&io->req, &io->limits, tux_rx_start(io), io->rx_len - io->rx_off);
		if (!n)
			return TUX_NEED_INPUT;
		if (n < 0)
			return tux_request_error(c, io, -n);
		tux_stat_inc(&c->worker->stats, TUX_requests);
	}
	return tux_request_answer(c, io);
}

/**
 * tux_request_begun - is the connection in the middle of a request?
 * @c: the connection
 * @io: its buffers
 *
 * Return: true when bytes of a request, or of its body, have arrived and more
 * are needed: then the header timeout runs, else the keep-alive timeout.
 */
bool tux_request_begun(const struct tux_conn *c, const struct tux_io *io)
{
	return c->skipping || io->rx_off < io->rx_len;
}

/**
 * tux_request_timeout - tell a client that its request took too long
 * @c: a connection whose header timeout ran out
 * @io: buffers, with nothing in tx
 *
 * RFC 9110 15.5.9: only when a request had begun.
 */
void tux_request_timeout(struct tux_conn *c, struct tux_io *io)
{
	struct http_response r = {
		.status = 408,
		.connection = HTTP_CONN_CLOSE,
	};

	if (!c->skipping && c->in)
		tux_put_short(c, io, &r);
}
