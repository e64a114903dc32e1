// SPDX-License-Identifier: GPL-2.0-only
/*
 * rawtcp - handshakes by hand, for states that a TCP stack does not stay in
 *
 *	rawtcp IFACE SOURCE FIRST_PORT N DEST PORT STEP...
 *
 * Plays N clients at SOURCE (an IPv4 address that this machine does not have,
 * so that no kernel answers for it), with ports from FIRST_PORT on. The steps,
 * in their order:
 *
 *	syn		send a SYN for each client
 *	synack:MS	collect SYN-ACKs for MS milliseconds, or until all have one;
 *			prints "synacks N"
 *	ack		acknowledge those SYN-ACKs; prints "acked N"
 *	get		send a request on each of these connections
 *	window:N	from now on all segments say that there is room for N bytes (at
 *			first: 65535)
 *	answer:MS	collect answers for MS milliseconds, or until all have the
 *			beginning of one; prints "answers N"
 *	rst		reset them
 *	wait		wait for a line on the input
 *
 * Segments go out through an IPPROTO_RAW socket; IFACE is where the answers
 * come in.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLIENTS	4096
#define FIRST_SEQ	1000
#define REQUEST		"GET / HTTP/1.0\r\n\r\n"

#define ANSWER		"HTTP/1."

struct client {
	bool answered;		/* has a SYN-ACK */
	bool served;		/* has an answer */
	uint32_t server_seq;
};

static struct client clients[MAX_CLIENTS];
static struct in_addr source, dest;
static int first_port, nr, port;
static int out, in;
static uint16_t window = 65535;
/* Of the next segment, the same for all clients. */
static uint32_t seq = FIRST_SEQ + 1;

static void die(const char *what)
{
	fprintf(stderr, "rawtcp: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t sum16(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;

	for (; len > 1; len -= 2, p += 2)
		sum += p[0] << 8 | p[1];
	return len ? sum + (p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* One segment of client @i; @data may be NULL. */
static void send_segment(int i, bool syn, bool ack, bool rst, const char *data)
{
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
		char data[64];
	} p = { 0 };
	size_t len = data ? strlen(data) : 0;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = dest };
	uint32_t sum;

	p.ip.version = 4;
	p.ip.ihl = 5;
	p.ip.ttl = 64;
	p.ip.protocol = IPPROTO_TCP;
	p.ip.saddr = source.s_addr;
	p.ip.daddr = dest.s_addr;
	p.tcp.source = htons(first_port + i);
	p.tcp.dest = htons(port);
	p.tcp.seq = htonl(syn ? FIRST_SEQ : seq);
	p.tcp.ack_seq = ack ? htonl(clients[i].server_seq + 1) : 0;
	p.tcp.doff = 5;
	p.tcp.syn = syn;
	p.tcp.ack = ack;
	p.tcp.rst = rst;
	p.tcp.psh = len > 0;
	p.tcp.window = htons(window);
	if (len)
		memcpy(p.data, data, len);
	sum = sum16(&p.ip.saddr, 8, IPPROTO_TCP + sizeof(p.tcp) + len);
	p.tcp.check = fold(sum16(&p.tcp, sizeof(p.tcp) + len, sum));
	if (sendto(out, &p, sizeof(p.ip) + sizeof(p.tcp) + len, 0, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		die("send");
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Take from a packet for one of the clients what it says. */
static void take_packet(const uint8_t *buf, ssize_t len)
{
	const struct iphdr *ip = (const void *)buf;
	const struct tcphdr *tcp;
	ssize_t head;
	int i;

	if (len < (ssize_t)sizeof(*ip) || ip->protocol != IPPROTO_TCP ||
	    len < ip->ihl * 4 + (ssize_t)sizeof(*tcp) || ip->daddr != source.s_addr)
		return;
	tcp = (const void *)(buf + ip->ihl * 4);
	i = ntohs(tcp->dest) - first_port;
	if (i < 0 || i >= nr)
		return;
	head = ip->ihl * 4 + tcp->doff * 4;
	if (tcp->syn && tcp->ack && !clients[i].answered) {
		clients[i].answered = true;
		clients[i].server_seq = ntohl(tcp->seq);
	} else if (len >= head + (ssize_t)strlen(ANSWER) &&
		   memcmp(buf + head, ANSWER, strlen(ANSWER)) == 0) {
		clients[i].served = true;
	}
}

static int answered(void)
{
	int i, n = 0;

	for (i = 0; i < nr; i++)
		n += clients[i].answered;
	return n;
}

static int served(void)
{
	int i, n = 0;

	for (i = 0; i < nr; i++)
		n += clients[i].served;
	return n;
}

static void collect(int ms, int (*how_many)(void))
{
	long until = now_ms() + ms;
	struct pollfd p = { .fd = in, .events = POLLIN };
	uint8_t buf[2048];
	long left;

	while (how_many() < nr && (left = until - now_ms()) > 0) {
		if (poll(&p, 1, left) <= 0)
			continue;
		take_packet(buf, recv(in, buf, sizeof(buf), 0));
	}
}

static void each(const char *step)
{
	bool get = strcmp(step, "get") == 0;
	bool rst = strcmp(step, "rst") == 0;
	int i;

	for (i = 0; i < nr; i++) {
		if (strcmp(step, "syn") == 0)
			send_segment(i, true, false, false, NULL);
		else if (clients[i].answered)
			send_segment(i, false, !rst, rst, get ? REQUEST : NULL);
	}
	if (get)
		seq += strlen(REQUEST);
}

static void run(const char *step)
{
	char line[256];

	if (strncmp(step, "synack:", 7) == 0) {
		collect(atoi(step + 7), answered);
		printf("synacks %d\n", answered());
	} else if (strncmp(step, "answer:", 7) == 0) {
		collect(atoi(step + 7), served);
		printf("answers %d\n", served());
	} else if (strncmp(step, "window:", 7) == 0) {
		window = atoi(step + 7);
	} else if (strcmp(step, "wait") == 0) {
		printf("waiting\n");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			return;
	} else if (strcmp(step, "syn") == 0 || strcmp(step, "ack") == 0 ||
		   strcmp(step, "get") == 0 || strcmp(step, "rst") == 0) {
		each(step);
		if (strcmp(step, "ack") == 0)
			printf("acked %d\n", answered());
	} else {
		fprintf(stderr, "rawtcp: no step '%s'\n", step);
		exit(2);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	int i;

	if (argc < 8 || !inet_aton(argv[2], &source) || !inet_aton(argv[5], &dest)) {
		fprintf(stderr,
			"usage: rawtcp IFACE SOURCE FIRST_PORT N DEST PORT STEP...\n");
		return 2;
	}
	first_port = atoi(argv[3]);
	nr = atoi(argv[4]);
	port = atoi(argv[6]);
	if (nr < 1 || nr > MAX_CLIENTS || first_port < 1 || first_port + nr > 65536) {
		fprintf(stderr, "rawtcp: bad numbers\n");
		return 2;
	}
	ll.sll_ifindex = if_nametoindex(argv[1]);
	if (!ll.sll_ifindex)
		die(argv[1]);
	in = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (in < 0 || out < 0)
		die("socket");
	if (bind(in, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		die("bind");
	for (i = 7; i < argc; i++)
		run(argv[i]);
	return 0;
}
