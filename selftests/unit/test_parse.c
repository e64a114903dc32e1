// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request head parser: every rule of RFC 9112 sections 2 to 7, and the limits.
 *
 * A case is one line: its name, the section that asks for it, the bytes, the
 * status (0: to be served; positive: a complete head that is answered with it; negative:
 * the head is refused and the connection closed), and words that must appear
 * in the description of the result, see describe(). Each input is also fed cut in
 * two at every position, byte by byte, and with another request behind it; the
 * description has to be the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_coding.h"
#include "http_parse.h"
#include "tap.h"

#define NL "\r\n"
#define H "Host: h\r\n"
#define GET(fields) "GET / HTTP/1.1" NL H fields NL
#define GET10(fields) "GET / HTTP/1.0" NL fields NL
#define POST(fields) "POST / HTTP/1.1" NL H fields NL

struct parse_case {
	const char *name;
	const char *rfc;
	const char *in;
	size_t len;
	int status;
	const char *words;
};

#define CASE(name, rfc, in, status, words) { name, rfc, in, sizeof(in) - 1, status, words }

static const struct parse_case cases[] = {
	/* request-line */
	CASE("simple GET", "9112 3", GET(""), 0, "GET 1.1 origin keep path=/ host=h"),
	CASE("HEAD", "9110 9.3.2", "HEAD /x HTTP/1.1" NL H NL, 0, "HEAD path=/x"),
	CASE("OPTIONS", "9110 9.3.7", "OPTIONS /x HTTP/1.1" NL H NL, 0, "OPTIONS path=/x"),
	CASE("httperf's request", "9112 3",
	     "GET /index.html HTTP/1.1" NL "User-Agent: httperf/0.9.0" NL "Host: 192.0.2.2" NL NL, 0,
	     "GET 1.1 keep path=/index.html host=192.0.2.2 ua=httperf/0.9.0"),
	CASE("lower-case method is another method", "9110 9.1", "get / HTTP/1.1" NL H NL, 501, "- keep"),
	CASE("mixed-case method", "9110 9.1", "Get / HTTP/1.1" NL H NL, 501, ""),
	CASE("method GETX", "9112 3.1", "GETX / HTTP/1.1" NL H NL, 501, ""),
	CASE("method G", "9112 3.1", "G / HTTP/1.1" NL H NL, 501, ""),
	CASE("unknown method keeps the connection", "9110 15.6.2", "FOO /x HTTP/1.1" NL H NL, 501, "keep path=/x"),
	CASE("WebDAV method", "9110 15.6.2", "PROPFIND / HTTP/1.1" NL H NL, 501, ""),
	CASE("method of odd token characters", "9110 5.6.2", "!#$%&'*+-.^_`|~ / HTTP/1.1" NL H NL, 501, ""),
	CASE("method of 32 letters", "9112 3", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1" NL H NL, 501, "keep"),
	CASE("method of 33 letters", "9112 3", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1" NL H NL, -501, "close"),
	CASE("POST", "9110 15.5.6", POST(""), 405, "POST keep"),
	CASE("PUT", "9110 15.5.6", "PUT / HTTP/1.1" NL H NL, 405, "PUT"),
	CASE("DELETE", "9110 15.5.6", "DELETE / HTTP/1.1" NL H NL, 405, "DELETE"),
	CASE("PATCH", "9110 15.5.6", "PATCH / HTTP/1.1" NL H NL, 405, "PATCH"),
	CASE("TRACE", "9110 9.3.8", "TRACE / HTTP/1.1" NL H NL, 405, "TRACE keep"),
	CASE("CONNECT", "9110 9.3.6", "CONNECT h:80 HTTP/1.1" NL H NL, 405, "CONNECT authority close host=h:80"),
	CASE("CONNECT without a port", "9112 3.2.3", "CONNECT h HTTP/1.1" NL H NL, -400, "close"),
	CASE("CONNECT with an empty port", "9112 3.2.3", "CONNECT h: HTTP/1.1" NL H NL, -400, "close"),
	CASE("CONNECT with a path", "9112 3.2.3", "CONNECT /x HTTP/1.1" NL H NL, -400, "close"),
	CASE("method with a colon", "9112 3.1", "GE:T / HTTP/1.1" NL H NL, -400, "close"),
	CASE("method with a control character", "9112 3.1", "G\x01T / HTTP/1.1" NL H NL, -400, "close"),
	CASE("method with an obs-text byte", "9112 3.1", "G\xc3\xa9T / HTTP/1.1" NL H NL, -400, "close"),
	CASE("method followed by a tab", "9112 3", "GET\t/ HTTP/1.1" NL H NL, -400, "close"),
	CASE("space before the method", "9112 3", " GET / HTTP/1.1" NL H NL, -400, "close"),
	CASE("two spaces before the target", "9112 3", "GET  / HTTP/1.1" NL H NL, -400, "close"),
	CASE("two spaces before the version", "9112 3", "GET /  HTTP/1.1" NL H NL, -400, "close"),
	CASE("space after the version", "9112 3", "GET / HTTP/1.1 " NL H NL, -400, "close"),
	CASE("tab before the version", "9112 3", "GET /\tHTTP/1.1" NL H NL, -400, "close"),
	CASE("no target", "9112 3", "GET HTTP/1.1" NL H NL, -400, "close"),
	CASE("method alone", "9112 3", "GET" NL H NL, -400, "close"),
	CASE("HTTP/0.9 request", "9112 3", "GET /" NL, -400, "close"),
	CASE("HTTP/0.9 request with a space", "9112 3", "GET / " NL, -400, "close"),
	CASE("a TLS client hello", "9112 3", "\x16\x03\x01\x02\x05\x01\x00\x02", -400, "close"),
	CASE("NUL in front", "9112 3", "\0GET / HTTP/1.1" NL H NL, -400, "close"),
	CASE("a response", "9112 2.1", "HTTP/1.1 200 OK" NL NL, -400, "close"),

	/* version */
	CASE("HTTP/1.0", "9112 2.3", GET10(""), 0, "1.0 close"),
	CASE("HTTP/1.2 is taken as 1.1", "9110 2.5", "GET / HTTP/1.2" NL H NL, 0, "1.1 keep"),
	CASE("HTTP/1.9 is taken as 1.1", "9110 2.5", "GET / HTTP/1.9" NL H NL, 0, "1.1 keep"),
	CASE("HTTP/2.0", "9110 15.6.6", "GET / HTTP/2.0" NL H NL, -505, "close"),
	CASE("HTTP/3.0", "9110 15.6.6", "GET / HTTP/3.0" NL H NL, -505, "close"),
	CASE("HTTP/0.9 as a version", "9110 15.6.6", "GET / HTTP/0.9" NL H NL, -505, "close"),
	CASE("preface of HTTP/2", "9113 3.4", "PRI * HTTP/2.0" NL NL "SM" NL NL, -505, "close"),
	CASE("HTTP/2 without a minor version", "9112 2.3", "GET / HTTP/2" NL H NL, -400, "close"),
	CASE("HTTP/11", "9112 2.3", "GET / HTTP/11" NL H NL, -400, "close"),
	CASE("HTTP/1.10", "9112 2.3", "GET / HTTP/1.10" NL H NL, -400, "close"),
	CASE("HTTP/01.1", "9112 2.3", "GET / HTTP/01.1" NL H NL, -400, "close"),
	CASE("HTTP/10.1", "9112 2.3", "GET / HTTP/10.1" NL H NL, -400, "close"),
	CASE("http/1.1 in lower case", "9112 2.3", "GET / http/1.1" NL H NL, -400, "close"),
	CASE("HTTP/1.x", "9112 2.3", "GET / HTTP/1.x" NL H NL, -400, "close"),
	CASE("HTTP/1,1", "9112 2.3", "GET / HTTP/1,1" NL H NL, -400, "close"),
	CASE("HTTP 1.1", "9112 2.3", "GET / HTTP 1.1" NL H NL, -400, "close"),
	CASE("HTTPS/1.1", "9112 2.3", "GET / HTTPS/1.1" NL H NL, -400, "close"),
	CASE("ICY/1.1", "9112 2.3", "GET / ICY/1.1" NL H NL, -400, "close"),

	/* line ends */
	CASE("bare LF after the request-line", "9112 2.2", "GET / HTTP/1.1\n" H NL, -400, "close"),
	CASE("bare LF after a field", "9112 2.2", "GET / HTTP/1.1" NL "Host: h\n" NL, -400, "close"),
	CASE("bare LF as the last line", "9112 2.2", "GET / HTTP/1.1" NL H "\n", -400, "close"),
	CASE("bare LF in front", "9112 2.2", "\nGET / HTTP/1.1" NL H NL, -400, "close"),
	CASE("bare CR after the request-line", "9112 2.2", "GET / HTTP/1.1\rHost: h" NL NL, -400, "close"),
	CASE("bare CR in a field value", "9112 2.2", GET("X: a\rb" NL), -400, "close"),
	CASE("bare CR in a field name", "9112 2.2", GET("X\rY: a" NL), -400, "close"),
	CASE("bare CR in the last line", "9112 2.2", "GET / HTTP/1.1" NL H "\rX", -400, "close"),
	CASE("bare CR in the target", "9112 2.2", "GET /a\rb HTTP/1.1" NL H NL, -400, "close"),
	CASE("CR CR LF after a field", "9112 2.2", GET("X: a\r" NL), -400, "close"),
	CASE("one empty line in front", "9112 2.2", NL GET(""), 0, "GET keep path=/"),
	CASE("four empty lines in front", "9112 2.2", NL NL NL NL GET(""), 0, "GET keep path=/ method=GET"),
	CASE("five empty lines in front", "9112 2.2", NL NL NL NL NL GET(""), -400, "close"),
	CASE("CR and no LF in front", "9112 2.2", "\rGET / HTTP/1.1" NL H NL, -400, "close"),

	/* request-target */
	CASE("path and query", "9112 3.2.1", "GET /a/b?c=d&e HTTP/1.1" NL H NL, 0, "path=/a/b query=c=d&e target=/a/b?c=d&e"),
	CASE("empty query", "9112 3.2.1", "GET /a? HTTP/1.1" NL H NL, 0, "path=/a query="),
	CASE("question mark in the query", "3986 3.4", "GET /a?b?c HTTP/1.1" NL H NL, 0, "path=/a query=b?c"),
	CASE("percent-encoded path", "3986 2.1", "GET /%61%20b HTTP/1.1" NL H NL, 0, "path=/a_b"),
	CASE("bad percent-encoding in the path", "3986 2.1", "GET /%zz HTTP/1.1" NL H NL, 0, "path=-400"),
	CASE("bad percent-encoding in the query is not looked at", "3986 2.1", "GET /?%zz HTTP/1.1" NL H NL, 0, "path=/ query=%zz"),
	CASE("fragment in the target", "9112 3.2", "GET /a#b HTTP/1.1" NL H NL, -400, "close"),
	CASE("quote in the target", "3986 2", "GET /\" HTTP/1.1" NL H NL, -400, "close"),
	CASE("angle bracket in the target", "3986 2", "GET /<x HTTP/1.1" NL H NL, -400, "close"),
	CASE("backslash in the target", "3986 2", "GET /a\\b HTTP/1.1" NL H NL, -400, "close"),
	CASE("raw UTF-8 in the target", "3986 2", "GET /\xc3\xa4 HTTP/1.1" NL H NL, -400, "close"),
	CASE("control character in the target", "3986 2", "GET /\x02 HTTP/1.1" NL H NL, -400, "close"),
	CASE("NUL in the target", "3986 2", "GET /\0x HTTP/1.1" NL H NL, -400, "close"),
	CASE("DEL in the target", "3986 2", "GET /\x7f HTTP/1.1" NL H NL, -400, "close"),
	CASE("characters that browsers leave bare", "URL Standard", "GET /[]^`{|}?[]^`{|} HTTP/1.1" NL H NL, 0, "path=/[]^`{|} query=[]^`{|}"),
	CASE("every character of a path segment", "3986 3.3", "GET /-._~!$&'()*+,;=:@ HTTP/1.1" NL H NL, 0, "path=/-._~!$&'()*+,;=:@"),
	CASE("two slashes in front stay a path", "9112 3.2.1", "GET //h/x HTTP/1.1" NL H NL, 0, "origin path=/h/x host=h"),
	CASE("target without a slash", "9112 3.2", "GET index.html HTTP/1.1" NL H NL, -400, "close"),
	CASE("target is a query alone", "9112 3.2", "GET ?x HTTP/1.1" NL H NL, -400, "close"),
	CASE("absolute-form", "9112 3.2.2", "GET http://a.b/c?d HTTP/1.1" NL H NL, 0, "absolute path=/c query=d host=a.b"),
	CASE("absolute-form in HTTP/1.0", "9112 3.2.2", "GET http://a/c HTTP/1.0" NL NL, 0, "1.0 absolute path=/c host=a"),
	CASE("absolute-form overrides Host", "9112 3.2.2", "GET http://a:81/ HTTP/1.1" NL "Host: b" NL NL, 0, "host=a:81"),
	CASE("absolute-form still needs Host", "9112 3.2", "GET http://a/ HTTP/1.1" NL NL, -400, "close"),
	CASE("absolute-form, scheme in capitals", "3986 3.1", "GET HTTP://a/x HTTP/1.1" NL H NL, 0, "absolute path=/x host=a"),
	CASE("absolute-form with an empty path", "9112 3.2.2", "GET http://a HTTP/1.1" NL H NL, 0, "absolute path=/ host=a"),
	CASE("absolute-form with a query and no path", "9112 3.2.2", "GET http://a?b HTTP/1.1" NL H NL, 0, "absolute path=/ query=b host=a"),
	CASE("absolute-form with an IPv6 address", "3986 3.2.2", "GET http://[::1]:80/x HTTP/1.1" NL H NL, 0, "host=[::1]:80 path=/x"),
	CASE("absolute-form without a host", "9110 4.2.1", "GET http:///x HTTP/1.1" NL H NL, -400, "close"),
	CASE("absolute-form with userinfo", "9110 4.2.4", "GET http://u@a/x HTTP/1.1" NL H NL, -400, "close"),
	CASE("absolute-form with a bad port", "3986 3.2.3", "GET http://a:8x/ HTTP/1.1" NL H NL, -400, "close"),
	CASE("absolute-form without slashes", "9112 3.2.2", "GET http:/x HTTP/1.1" NL H NL, -400, "close"),
	CASE("absolute-form of https on a plain connection", "9110 7.4", "GET https://a/x HTTP/1.1" NL H NL, 421, "keep host=a"),
	CASE("absolute-form of ftp", "9110 15.5.20", "GET ftp://a/x HTTP/1.1" NL H NL, 421, "keep"),
	CASE("authority-form with GET", "9112 3.2.3", "GET a:80 HTTP/1.1" NL H NL, -400, "close"),
	CASE("asterisk-form with OPTIONS", "9112 3.2.4", "OPTIONS * HTTP/1.1" NL H NL, 0, "OPTIONS asterisk keep"),
	CASE("OPTIONS of an absolute-form without a path", "9112 3.2.4", "OPTIONS http://a HTTP/1.1" NL H NL, 0, "asterisk host=a"),
	CASE("OPTIONS of an absolute-form with a path", "9112 3.2.4", "OPTIONS http://a/ HTTP/1.1" NL H NL, 0, "absolute host=a path=/"),
	CASE("asterisk-form with GET", "9112 3.2.4", "GET * HTTP/1.1" NL H NL, -400, "close"),
	CASE("asterisk and more", "9112 3.2.4", "OPTIONS *x HTTP/1.1" NL H NL, -400, "close"),

	/* field lines */
	CASE("field names have no case", "9110 5.1", "GET / HTTP/1.1" NL "hOsT: x" NL "USER-AGENT: y" NL NL, 0, "host=x ua=y"),
	CASE("no white space after the colon", "9112 5", "GET / HTTP/1.1" NL "Host:x" NL NL, 0, "host=x"),
	CASE("white space around a value", "9112 5", "GET / HTTP/1.1" NL "Host: \t x \t " NL NL, 0, "host=x"),
	CASE("white space within a value", "9110 5.5", GET("User-Agent:  a \t b  " NL), 0, "ua=a___b"),
	CASE("empty value", "9110 5.5", GET("User-Agent:" NL), 0, "ua="),
	CASE("value of white space alone", "9110 5.5", GET("User-Agent: \t " NL), 0, "ua="),
	CASE("obs-text in a value", "9110 5.5", GET("User-Agent: \xc3\xa4" NL), 0, "GET keep"),
	CASE("unknown fields are passed over", "9110 5.1", GET("X-Foo: bar" NL "Hosts: y" NL "Rang: z" NL), 0, "fields=4 host=h"),
	CASE("odd but valid field name", "9110 5.1", GET("!#$%&'*+-.^_`|~: x" NL), 0, "fields=2"),
	CASE("space before the colon", "9112 5.1", GET("X : y" NL), -400, "close"),
	CASE("tab before the colon", "9112 5.1", GET("X\t: y" NL), -400, "close"),
	CASE("space before the colon of Host", "9112 5.1", "GET / HTTP/1.1" NL "Host : h" NL NL, -400, "close"),
	CASE("obs-fold with a space", "9112 5.2", GET("X: y" NL " z" NL), -400, "close"),
	CASE("obs-fold with a tab", "9112 5.2", GET("X: y" NL "\tz" NL), -400, "close"),
	CASE("white space before the first field", "9112 2.2", "GET / HTTP/1.1" NL " Host: h" NL NL, -400, "close"),
	CASE("empty field name", "9112 5", GET(": x" NL), -400, "close"),
	CASE("field line without a colon", "9112 5", GET("Foo" NL), -400, "close"),
	CASE("parenthesis in a field name", "9110 5.1", GET("X(: y" NL), -400, "close"),
	CASE("slash in a field name", "9110 5.1", GET("X/Y: y" NL), -400, "close"),
	CASE("quote in a field name", "9110 5.1", GET("X\": y" NL), -400, "close"),
	CASE("NUL in a field name", "9110 5.1", GET("X\0Y: y" NL), -400, "close"),
	CASE("obs-text in a field name", "9110 5.1", GET("X\xe4: y" NL), -400, "close"),
	CASE("DEL in a field name", "9110 5.1", GET("X\x7f: y" NL), -400, "close"),
	CASE("NUL in a value", "9110 5.5", GET("X: a\0b" NL), -400, "close"),
	CASE("control character in a value", "9110 5.5", GET("X: abcdefgh\x01" NL), -400, "close"),
	CASE("unit separator in a value", "9110 5.5", GET("X: abc\037defghijkl" NL), -400, "close"),
	CASE("DEL in a value", "9110 5.5", GET("X: abcd\177fghijkl" NL), -400, "close"),
	CASE("vertical tab in a value", "9110 5.5", GET("X: a\vb" NL), -400, "close"),
	CASE("tabs in a long value", "9110 5.5", GET("User-Agent: a\tb\tcdefghijk\tlmnopqrstuvwxyz" NL), 0, "ua=a_b_cdefghijk_lmnopqrstuvwxyz"),
	CASE("colons in a value", "9112 5", GET("Referer: http://x:80/y" NL), 0, "referer=http://x:80/y"),
	CASE("the first of two User-Agents counts", "9110 5.3", GET("User-Agent: a" NL "User-Agent: b" NL), 0, "ua=a"),
	CASE("field names that differ in bit 5 are others", "9110 5.1", GET("content\rlength: 5" NL), -400, "close"),

	/* Host */
	CASE("Host is missing in 1.1", "9112 3.2", "GET / HTTP/1.1" NL NL, -400, "close"),
	CASE("Host is missing in 1.2", "9112 3.2", "GET / HTTP/1.2" NL NL, -400, "close"),
	CASE("Host is missing in 1.0", "9112 3.2", GET10(""), 0, "1.0"),
	CASE("two Hosts", "9112 3.2", GET("Host: h" NL), -400, "close"),
	CASE("two Hosts in 1.0", "9112 3.2", GET10("Host: h" NL "Host: h" NL), -400, "close"),
	CASE("empty Host", "9110 4.2.1", "GET / HTTP/1.1" NL "Host:" NL NL, -400, "close"),
	CASE("empty Host in 1.0", "9110 4.2.1", GET10("Host: " NL), -400, "close"),
	CASE("Host with a space", "9112 3.2", "GET / HTTP/1.1" NL "Host: a b" NL NL, -400, "close"),
	CASE("Host with a comma-separated list is a name", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: a,b" NL NL, 0, "host=a,b"),
	CASE("Host with a slash", "9112 3.2", "GET / HTTP/1.1" NL "Host: a/b" NL NL, -400, "close"),
	CASE("Host with userinfo", "9112 3.2", "GET / HTTP/1.1" NL "Host: u@a" NL NL, -400, "close"),
	CASE("Host with a scheme", "9112 3.2", "GET / HTTP/1.1" NL "Host: http://a" NL NL, -400, "close"),
	CASE("Host with obs-text", "9112 3.2", "GET / HTTP/1.1" NL "Host: \xe4" NL NL, -400, "close"),
	CASE("Host with percent-encoding", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: %C3%A4.x" NL NL, 0, "host=%C3%A4.x"),
	CASE("Host with bad percent-encoding", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: a%4" NL NL, -400, "close"),
	CASE("Host with a port", "9110 7.2", "GET / HTTP/1.1" NL "Host: a:8080" NL NL, 0, "host=a:8080"),
	CASE("Host with an empty port", "3986 3.2.3", "GET / HTTP/1.1" NL "Host: a:" NL NL, 0, "host=a:"),
	CASE("Host with port 65535", "9110 7.2", "GET / HTTP/1.1" NL "Host: a:65535" NL NL, 0, "host=a:65535"),
	CASE("Host with port 65536", "9110 7.2", "GET / HTTP/1.1" NL "Host: a:65536" NL NL, -400, "close"),
	CASE("Host with a huge port", "9110 7.2", "GET / HTTP/1.1" NL "Host: a:4294967376" NL NL, -400, "close"),
	CASE("Host with two ports", "9110 7.2", "GET / HTTP/1.1" NL "Host: a:1:2" NL NL, -400, "close"),
	CASE("Host is a port alone", "9110 7.2", "GET / HTTP/1.1" NL "Host: :80" NL NL, -400, "close"),
	CASE("Host with a negative port", "9110 7.2", "GET / HTTP/1.1" NL "Host: a:-1" NL NL, -400, "close"),
	CASE("Host ::1 in brackets", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [::1]" NL NL, 0, "host=[::1]"),
	CASE("Host :: in brackets", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [::]" NL NL, 0, "host=[::]"),
	CASE("Host with all groups", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [1:2:3:4:5:6:7:8]:80" NL NL, 0, "host=[1:2:3:4:5:6:7:8]:80"),
	CASE("Host with a gap at the end", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [2001:db8::]" NL NL, 0, "host=[2001:db8::]"),
	CASE("Host with a gap and 7 groups", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [1:2:3::5:6:7:8]" NL NL, 0, "host=[1:2:3::5:6:7:8]"),
	CASE("Host with an IPv4 tail", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [::ffff:192.0.2.1]" NL NL, 0, "host=[::ffff:192.0.2.1]"),
	CASE("Host with six groups and an IPv4 tail", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [1:2:3:4:5:6:1.2.3.4]" NL NL, 0, "host=[1:2:3:4:5:6:1.2.3.4]"),
	CASE("Host with nine groups", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [1:2:3:4:5:6:7:8:9]" NL NL, -400, "close"),
	CASE("Host with seven groups", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [1:2:3:4:5:6:7]" NL NL, -400, "close"),
	CASE("Host with a gap and 8 groups", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [1:2:3:4::5:6:7:8]" NL NL, -400, "close"),
	CASE("Host with two gaps", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [1::2::3]" NL NL, -400, "close"),
	CASE("Host with three colons", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [:::]" NL NL, -400, "close"),
	CASE("Host beginning with one colon", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [:1::2]" NL NL, -400, "close"),
	CASE("Host ending with one colon", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [1::2:]" NL NL, -400, "close"),
	CASE("Host with a group of five digits", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [::12345]" NL NL, -400, "close"),
	CASE("Host with a bad IPv4 tail", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [::1.2.3.256]" NL NL, -400, "close"),
	CASE("Host with a short IPv4 tail", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [::1.2.3]" NL NL, -400, "close"),
	CASE("Host with a zone", "6874", "GET / HTTP/1.1" NL "Host: [fe80::1%25eth0]" NL NL, -400, "close"),
	CASE("Host with an IPvFuture address", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [v1.x]" NL NL, -400, "close"),
	CASE("Host with empty brackets", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: []" NL NL, -400, "close"),
	CASE("Host with an open bracket", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [::1" NL NL, -400, "close"),
	CASE("Host with text after the bracket", "3986 3.2.2", "GET / HTTP/1.1" NL "Host: [::1]x" NL NL, -400, "close"),
	CASE("Host is not a list", "9112 3.2", "GET / HTTP/1.1" NL "Host: a, b" NL NL, -400, "close"),
	CASE("bad Host besides a good absolute-form", "9112 3.2", "GET http://a/ HTTP/1.1" NL "Host: b/" NL NL, -400, "close"),

	/* persistence */
	CASE("Connection: close", "9112 9.3", GET("Connection: close" NL), 0, "close"),
	CASE("Connection: Close in a list", "9112 9.3", GET("Connection: foo, Close" NL), 0, "close"),
	CASE("Connection: keep-alive in 1.1", "9112 9.3", GET("Connection: keep-alive" NL), 0, "keep"),
	CASE("keep-alive in 1.0", "9112 9.3", GET10("Connection: Keep-Alive" NL), 0, "1.0 keep"),
	CASE("keep-alive and close in 1.0", "9112 9.3", GET10("Connection: keep-alive, close" NL), 0, "close"),
	CASE("close wins on another line", "9112 9.3", GET("Connection: close" NL "Connection: keep-alive" NL), 0, "close"),
	CASE("Connection: closed is something else", "9110 7.6.1", GET("Connection: closed" NL), 0, "keep"),
	CASE("empty elements in Connection", "9110 5.6.1", GET("Connection: ,, ,close," NL), 0, "close"),
	CASE("Connection: upgrade", "9110 7.8", GET("Connection: upgrade" NL "Upgrade: h2c" NL), 0, "keep"),

	/* framing */
	CASE("Content-Length", "9112 6.3", POST("Content-Length: 5" NL), 405, "keep len=5"),
	CASE("Content-Length on GET", "9110 9.3.1", GET("Content-Length: 5" NL), 0, "keep len=5"),
	CASE("Content-Length: 0", "9110 8.6", POST("Content-Length: 0" NL), 405, "keep len=0"),
	CASE("Content-Length with leading zeros", "9110 8.6", POST("Content-Length: 0005" NL), 405, "len=5"),
	CASE("repeated Content-Length, same value", "9112 6.3", POST("Content-Length: 5" NL "Content-Length: 5" NL), -400, "close"),
	CASE("repeated Content-Length, other value", "9112 6.3", POST("Content-Length: 5" NL "Content-Length: 6" NL), -400, "close"),
	CASE("Content-Length as a list", "9112 6.3", POST("Content-Length: 5, 5" NL), -400, "close"),
	CASE("Content-Length without digits", "9112 6.3", POST("Content-Length: x" NL), -400, "close"),
	CASE("empty Content-Length", "9112 6.3", POST("Content-Length:" NL), -400, "close"),
	CASE("Content-Length with a plus", "9110 8.6", POST("Content-Length: +5" NL), -400, "close"),
	CASE("Content-Length with a minus", "9110 8.6", POST("Content-Length: -5" NL), -400, "close"),
	CASE("Content-Length in hexadecimal", "9110 8.6", POST("Content-Length: 0x5" NL), -400, "close"),
	CASE("Content-Length with a space inside", "9110 8.6", POST("Content-Length: 5 0" NL), -400, "close"),
	CASE("Content-Length beyond 64 bits", "9110 8.6", POST("Content-Length: 18446744073709551621" NL), -400, "close"),
	CASE("Content-Length of 30 digits", "9110 8.6", POST("Content-Length: 111111111111111111111111111111" NL), -400, "close"),
	CASE("Content-Length of 2^63 - 1", "9110 8.6", POST("Content-Length: 9223372036854775807" NL), 405, "len=9223372036854775807"),
	CASE("chunked", "9112 6.1", POST("Transfer-Encoding: chunked" NL), 405, "keep chunked"),
	CASE("Chunked has no case", "9112 7", POST("Transfer-Encoding: ChunKed" NL), 405, "chunked"),
	CASE("chunked on GET", "9110 9.3.1", GET("Transfer-Encoding: chunked" NL), 0, "keep chunked"),
	CASE("chunked in HTTP/1.0", "9112 6.1", "POST / HTTP/1.0" NL "Transfer-Encoding: chunked" NL NL, -400, "close"),
	CASE("chunked and Content-Length", "9112 6.1", POST("Transfer-Encoding: chunked" NL "Content-Length: 5" NL), -400, "close"),
	CASE("Content-Length and chunked", "9112 6.1", POST("Content-Length: 5" NL "Transfer-Encoding: chunked" NL), -400, "close"),
	CASE("gzip and chunked", "9112 6.1", POST("Transfer-Encoding: gzip, chunked" NL), -501, "close"),
	CASE("unknown coding and chunked", "9112 6.1", POST("Transfer-Encoding: foo;a=b, chunked" NL), -501, "close"),
	CASE("unknown coding and chunked on two lines", "9112 6.1", POST("Transfer-Encoding: foo" NL "Transfer-Encoding: chunked" NL), -501, "close"),
	CASE("unknown coding alone", "9112 6.3", POST("Transfer-Encoding: foo" NL), -400, "close"),
	CASE("identity", "9112 6.3", POST("Transfer-Encoding: identity" NL), -400, "close"),
	CASE("chunked is not the last", "9112 6.3", POST("Transfer-Encoding: chunked, gzip" NL), -400, "close"),
	CASE("chunked twice", "9112 6.1", POST("Transfer-Encoding: chunked, chunked" NL), -400, "close"),
	CASE("chunked on two lines", "9112 6.1", POST("Transfer-Encoding: chunked" NL "Transfer-Encoding: chunked" NL), -400, "close"),
	CASE("chunked with a parameter", "9112 7.1", POST("Transfer-Encoding: chunked;a=b" NL), -400, "close"),
	CASE("empty Transfer-Encoding", "9112 6.1", POST("Transfer-Encoding:" NL), -400, "close"),
	CASE("empty element before chunked", "9112 6.1", POST("Transfer-Encoding: ,chunked" NL), -400, "close"),
	CASE("chunked in quotes", "9112 6.1", POST("Transfer-Encoding: \"chunked\"" NL), -400, "close"),
	CASE("xchunked", "9112 6.1", POST("Transfer-Encoding: xchunked" NL), -400, "close"),
	CASE("vertical tab before chunked", "9112 6.1", POST("Transfer-Encoding: \vchunked" NL), -400, "close"),

	/* expectations */
	CASE("100-continue", "9110 10.1.1", POST("Expect: 100-continue" NL "Content-Length: 5" NL), 405, "expect close len=5"),
	CASE("100-Continue has no case", "9110 10.1.1", POST("Expect: 100-Continue" NL "Transfer-Encoding: chunked" NL), 405, "expect close"),
	CASE("100-continue without a body", "9110 10.1.1", GET("Expect: 100-continue" NL), 0, "expect keep"),
	CASE("100-continue in 1.0 is ignored", "9110 10.1.1", "GET / HTTP/1.0" NL "Expect: 100-continue" NL "Content-Length: 1" NL "Connection: keep-alive" NL NL, 0, "noexpect keep len=1"),
	CASE("another expectation", "9110 10.1.1", GET("Expect: tea" NL), 417, "keep"),
	CASE("100-continue and another one", "9110 10.1.1", GET("Expect: 100-continue, tea" NL), 417, "expect"),
	CASE("another expectation in 1.0", "9110 10.1.1", GET10("Expect: tea" NL), 0, "1.0"),
	CASE("unknown method comes before the expectation", "9110 10.1.1", "FOO / HTTP/1.1" NL H "Expect: tea" NL NL, 501, ""),

	/* fields for the evaluation */
	CASE("conditional fields are found", "9110 13.1",
	     GET("If-Match: a" NL "If-None-Match: b" NL "If-Modified-Since: c" NL
		 "If-Unmodified-Since: d" NL "If-Range: e" NL "Range: f" NL), 0,
	     "im=a inm=b ims=c ius=d ir=e range=f rep=0"),
	CASE("repeated fields are noticed", "9110 5.3",
	     GET("If-Match: a" NL "If-Match: b" NL "Range: f" NL "range: g" NL "If-Range: e" NL "If-Range: e" NL), 0,
	     "im=a range=f ir=e rep=49"),

	/* Accept-Encoding */
	CASE("no Accept-Encoding", "9110 12.5.3", GET(""), 0, "ae=8 order=3 refuses=0"),
	CASE("empty Accept-Encoding", "9110 12.5.3", GET("Accept-Encoding:" NL), 0, "ae=8 order=3 refuses=0"),
	CASE("a browser's Accept-Encoding", "9110 12.5.3", GET("Accept-Encoding: gzip, deflate, br, zstd" NL), 0, "ae=15 choose=0 order=0123"),
	CASE("gzip alone", "9110 12.5.3", GET("Accept-Encoding: gzip" NL), 0, "ae=12 choose=2"),
	CASE("x-gzip", "9110 8.4.1.3", GET("Accept-Encoding: x-gzip" NL), 0, "ae=12 choose=2"),
	CASE("codings have no case", "9110 8.4.1", GET("Accept-Encoding: GZip" NL), 0, "ae=12"),
	CASE("the higher quality wins", "9110 12.4.2", GET("Accept-Encoding: br;q=0.5, gzip;q=0.8" NL), 0, "choose=2 order=203"),
	CASE("three digits of quality", "9110 12.4.2", GET("Accept-Encoding: br;q=0.501, gzip;q=0.502" NL), 0, "choose=2"),
	CASE("white space around the weight", "9110 12.4.2", GET("Accept-Encoding: br ; q=0.1, gzip\t;\tQ=0.2" NL), 0, "choose=2"),
	CASE("quality 0 refuses", "9110 12.4.2", GET("Accept-Encoding: gzip;q=0, br;q=0.000" NL), 0, "ae=8 choose=3"),
	CASE("identity preferred", "9110 12.5.3", GET("Accept-Encoding: identity, gzip;q=0.5" NL), 0, "choose=3 order=32 refuses=0"),
	CASE("identity is wanted least when not mentioned", "9110 12.5.3", GET("Accept-Encoding: gzip;q=0.001" NL), 0, "choose=2"),
	CASE("identity refused", "9110 12.5.3", GET("Accept-Encoding: gzip, identity;q=0" NL), 0, "ae=4 choose=2 only-identity=-406 order=2 refuses=1"),
	CASE("everything else refused", "9110 12.5.3", GET("Accept-Encoding: gzip, *;q=0" NL), 0, "ae=4 only-identity=-406 order=2 refuses=1"),
	CASE("star refused, identity named", "9110 12.5.3", GET("Accept-Encoding: identity;q=0.5, *;q=0" NL), 0, "ae=8 choose=3 order=3 refuses=0"),
	CASE("star takes all", "9110 12.5.3", GET("Accept-Encoding: *" NL), 0, "ae=15 choose=0 order=0123 refuses=0"),
	CASE("nothing is taken", "9110 12.5.3", GET("Accept-Encoding: *;q=0" NL), 0, "ae=0 choose=-406 order= refuses=1"),
	CASE("star with a quality, gzip refused", "9110 12.5.3", GET("Accept-Encoding: *;q=0.2, gzip;q=0" NL), 0, "ae=11 choose=0 order=013"),
	CASE("two Accept-Encoding lines", "9110 5.3", GET("Accept-Encoding: gzip" NL "Accept-Encoding: br" NL), 0, "ae=13"),
	CASE("a malformed weight drops the element", "9110 12.4.2", GET("Accept-Encoding: br;q=2, gzip;q=x, zstd;q=0.5555" NL), 0, "ae=8"),
	CASE("weight 1.000 is the highest", "9110 12.4.2", GET("Accept-Encoding: gzip;q=1.000, br;q=0.999" NL), 0, "choose=2"),
	CASE("weight 1.001 is malformed", "9110 12.4.2", GET("Accept-Encoding: gzip;q=1.001" NL), 0, "ae=8"),
};

/* ---- what a result looks like -------------------------------------------- */

struct text {
	char s[8192];
	size_t len;
};

static void add(struct text *t, const char *name, const char *s, size_t len)
{
	size_t i;

	t->len += snprintf(t->s + t->len, sizeof(t->s) - t->len, " %s", name);
	for (i = 0; i < len && t->len + 2 < sizeof(t->s); i++)
		t->s[t->len++] = s[i] == ' ' || s[i] == '\t' ? '_' : s[i];
	t->s[t->len] = 0;
}

static void add_span(struct text *t, const char *name, const char *buf, struct http_span span)
{
	if (span.off)
		add(t, name, buf + span.off, span.len);
}

static void add_number(struct text *t, const char *name, long long n)
{
	char s[32];

	snprintf(s, sizeof(s), "%lld", n);
	add(t, name, s, strlen(s));
}

static void describe_head(struct text *t, const struct http_request *r, const char *buf)
{
	static const char *const forms[] = { "origin", "absolute", "authority", "asterisk" };
	u8 order[HTTP_NR_CODINGS];
	char digits[HTTP_NR_CODINGS];
	char path[4096];
	int i, n;

	add(t, forms[r->form], "", 0);
	add(t, "method=", buf + r->start, r->method_len);
	if (r->form <= HTTP_ABSOLUTE_FORM) {
		n = http_request_path(r, buf, path, sizeof(path));
		if (n < 0)
			add_number(t, "path=", n);
		else
			add(t, "path=", path, n);
	}
	add_span(t, "target=", buf, r->target);
	add_span(t, "query=", buf, r->query);
	add_span(t, "host=", buf, r->host);
	add_span(t, "ua=", buf, r->user_agent);
	add_span(t, "referer=", buf, r->referer);
	add_span(t, "im=", buf, r->if_match);
	add_span(t, "inm=", buf, r->if_none_match);
	add_span(t, "ims=", buf, r->if_modified_since);
	add_span(t, "ius=", buf, r->if_unmodified_since);
	add_span(t, "ir=", buf, r->if_range);
	add_span(t, "range=", buf, r->range);
	if (r->has_length)
		add_number(t, "len=", r->content_length);
	add(t, r->chunked ? "chunked" : "plain", "", 0);
	add(t, r->expect_100 ? "expect" : "noexpect", "", 0);
	add_number(t, "fields=", r->nr_headers);
	add_number(t, "rep=", r->repeated);
	add_number(t, "ae=", http_accepts_coding(r));
	add_number(t, "choose=", http_choose_coding(r, (1 << HTTP_NR_CODINGS) - 1));
	n = http_coding_order(r, (1 << HTTP_NR_CODINGS) - 1, order);
	for (i = 0; i < n; i++)
		digits[i] = '0' + order[i];
	add(t, "order=", digits, n);
	add_number(t, "refuses=", http_refuses_identity(r));
	add_number(t, "only-identity=", http_choose_coding(r, 1 << HTTP_CODING_IDENTITY));
}

static const char *const methods[HTTP_NR_METHODS] = {
	[HTTP_UNKNOWN] = "-",	    [HTTP_GET] = "GET",	    [HTTP_HEAD] = "HEAD",
	[HTTP_OPTIONS] = "OPTIONS", [HTTP_POST] = "POST",   [HTTP_PUT] = "PUT",
	[HTTP_DELETE] = "DELETE",   [HTTP_PATCH] = "PATCH", [HTTP_TRACE] = "TRACE",
	[HTTP_CONNECT] = "CONNECT",
};

/* everything a caller can see, as words */
static void describe(struct text *t, int rc, const struct http_request *r, const char *buf)
{
	t->len = 0;
	add_number(t, "rc=", rc);
	add_number(t, "status=", r->status);
	add(t, methods[r->method], "", 0);
	add(t, r->minor ? "1.1" : "1.0", "", 0);
	add(t, r->keep_alive ? "keep" : "close", "", 0);
	if (rc > 0)
		describe_head(t, r, buf);
	add(t, "", "", 0);
}

/* does the description contain each of the words? */
static const char *missing_word(const struct text *t, const char *words)
{
	static char word[512];

	while (*words) {
		size_t n = strcspn(words, " ");

		snprintf(word, sizeof(word), " %.*s ", (int)n, words);
		if (n && !strstr(t->s, word))
			return word;
		words += n;
		words += *words == ' ';
	}
	return NULL;
}

/* ---- feeding ------------------------------------------------------------- */

/* feed a piece of the input out of memory of exactly that size */
static int feed(struct http_request *req, const struct http_limits *lim, const char *in, size_t len)
{
	char *copy = exact_copy(in, len);
	int rc = http_parse(req, lim, copy, len);

	free(copy);
	return rc;
}

static int parse_split(struct http_request *req, const struct http_limits *lim, const char *in,
		       size_t len, size_t cut)
{
	int rc;

	http_request_init(req);
	rc = feed(req, lim, in, cut);
	return rc ? rc : feed(req, lim, in, len);
}

static int parse_bytes(struct http_request *req, const struct http_limits *lim, const char *in,
		       size_t len)
{
	size_t n;
	int rc = 0;

	http_request_init(req);
	for (n = 0; n <= len && !rc; n++)
		rc = feed(req, lim, in, n);
	return rc;
}

/* Is the outcome the same however the input is cut? Says where not. */
static bool same_when_cut(const struct http_limits *lim, const char *in, size_t len,
			  const struct text *want)
{
	struct http_request req;
	static struct text got;
	size_t cut;
	int rc;

	for (cut = 0; cut < len; cut++) {
		rc = parse_split(&req, lim, in, len, cut);
		describe(&got, rc, &req, in);
		if (strcmp(got.s, want->s)) {
			tap_note("cut at %zu: %s", cut, got.s);
			return false;
		}
	}
	rc = parse_bytes(&req, lim, in, len);
	describe(&got, rc, &req, in);
	if (strcmp(got.s, want->s)) {
		tap_note("byte by byte: %s", got.s);
		return false;
	}
	return true;
}

/* The bytes of a next request must make no difference to a complete head. */
static bool same_with_next(const struct http_limits *lim, const char *in, size_t len,
			   const struct text *want)
{
	static const char next[] = " GET /next HTTP/1.1\r\nX: y";
	struct http_request req;
	static struct text got;
	char *both = malloc(len + sizeof(next));
	int rc;

	memcpy(both, in, len);
	memcpy(both + len, next, sizeof(next));
	http_request_init(&req);
	rc = http_parse(&req, lim, both, len + sizeof(next));
	describe(&got, rc, &req, both);
	free(both);
	if (!strcmp(got.s, want->s))
		return true;
	tap_note("with a next request: %s", got.s);
	return false;
}

static void run_case(const struct parse_case *c)
{
	const struct http_limits lim = HTTP_DEFAULT_LIMITS;
	struct http_request req;
	static struct text got;
	const char *missing;
	bool ok;
	int rc;

	http_request_init(&req);
	rc = feed(&req, &lim, c->in, c->len);
	describe(&got, rc, &req, c->in);
	if (c->status < 0)
		ok = rc == c->status && req.status == -c->status && !req.keep_alive;
	else
		ok = rc == (int)c->len && req.status == c->status;
	missing = missing_word(&got, c->words);
	if (missing)
		tap_note("no \"%s\"", missing);
	ok = ok && !missing;
	if (!ok)
		tap_note("got%s", got.s);
	ok = same_when_cut(&lim, c->in, c->len, &got) && ok;
	if (rc > 0)
		ok = same_with_next(&lim, c->in, c->len, &got) && ok;
	corpus_add("parse", "", c->in, c->len);
	tap_ok(ok, "parse: %s (RFC %s)", c->name, c->rfc);
}

/* ---- limits -------------------------------------------------------------- */

static void check_limits(const char *name, const struct http_limits *lim, const char *in, int want)
{
	size_t len = strlen(in);
	struct http_request req;
	static struct text got;
	int rc;

	http_request_init(&req);
	rc = feed(&req, lim, in, len);
	describe(&got, rc, &req, in);
	if (want > 0)
		want = len;
	if (rc != want)
		tap_note("got%s", got.s);
	tap_ok(rc == want && same_when_cut(lim, in, len, &got), "limits: %s", name);
}

static void test_limits(void)
{
	struct http_limits lim = HTTP_DEFAULT_LIMITS;

	lim.max_uri = 5;
	check_limits("URI of exactly max_uri", &lim, "GET /2345 HTTP/1.1" NL H NL, 1);
	check_limits("URI of max_uri + 1: 414", &lim, "GET /23456 HTTP/1.1" NL H NL, -414);
	check_limits("URI with a query of max_uri + 1: 414", &lim, "GET /23?56 HTTP/1.1" NL H NL, -414);
	check_limits("URI of max_uri, a query at its end", &lim, "GET /234? HTTP/1.1" NL H NL, 1);
	check_limits("endless URI: 414 at once", &lim, "GET /23456", -414);
	lim.max_uri = 0xffffffff;
	check_limits("no limit on the URI", &lim, "GET /23456 HTTP/1.1" NL H NL, 1);
	lim = (struct http_limits)HTTP_DEFAULT_LIMITS;
	lim.max_headers = 2;
	check_limits("exactly max_headers", &lim, "GET / HTTP/1.1" NL H "A: b" NL NL, 1);
	check_limits("max_headers + 1: 431", &lim, "GET / HTTP/1.1" NL H "A: b" NL "C: d" NL NL, -431);
	check_limits("the line too many need not be complete", &lim, "GET / HTTP/1.1" NL H "A: b" NL "C", -431);
	lim = (struct http_limits)HTTP_DEFAULT_LIMITS;
	lim.max_header_len = sizeof("GET / HTTP/1.1" NL H "A: b" NL NL) - 1;
	check_limits("head of exactly max_header_len", &lim, "GET / HTTP/1.1" NL H "A: b" NL NL, 1);
	check_limits("head of max_header_len + 1: 431", &lim, "GET / HTTP/1.1" NL H "A: bc" NL NL, -431);
	check_limits("endless value: 431 at max_header_len", &lim, "GET / HTTP/1.1" NL "A: bbbbbbbbbbbbbb", -431);
	check_limits("endless name: 431 at max_header_len", &lim, "GET / HTTP/1.1" NL "Abbbbbbbbbbbbbbbb", -431);
	check_limits("empty lines count", &lim, NL "GET / HTTP/1.1" NL H "A: b" NL NL, -431);
	lim.max_header_len = 12;
	check_limits("request-line above max_header_len: 414", &lim, "GET / HTTP/1.1" NL H NL, -414);
	check_limits("method up to max_header_len: 414", &lim, "GETGETGETGETGET", -414);
	lim.max_header_len = 0;
	check_limits("max_header_len of 0: 414", &lim, "GET / HTTP/1.1" NL H NL, -414);
}

/* A head as large as offsets allow, and one larger: no offset may wrap around */
static void test_huge(void)
{
	struct http_limits lim = { .max_header_len = 0xffffffff, .max_uri = 0xffffffff,
				   .max_headers = 0xffffffff };
	static char in[80000];
	struct http_request req;
	int rc, n;

	memset(in, 'a', sizeof(in));
	n = snprintf(in, sizeof(in), "GET / HTTP/1.1" NL H "X: ");
	in[n] = 'a';
	http_request_init(&req);
	rc = http_parse(&req, &lim, in, sizeof(in));
	tap_ok(rc == -431, "limits: no head above 65535 bytes, whatever max_header_len says");
	memcpy(in + 65535 - 19, NL "User-Agent: z" NL NL, 19);
	http_request_init(&req);
	rc = http_parse(&req, &lim, in, sizeof(in));
	tap_ok(rc == 65535 && req.user_agent.len == 1 && in[req.user_agent.off] == 'z',
	       "limits: a head of 65535 bytes, with the right offsets");
	memset(in, 'a', sizeof(in));
	memcpy(in, "GET /", 5);
	http_request_init(&req);
	rc = http_parse(&req, &lim, in, sizeof(in));
	tap_ok(rc == -414, "limits: no request-line above 65535 bytes");
}

static void test_begun(void)
{
	const struct http_limits lim = HTTP_DEFAULT_LIMITS;
	struct http_request req;

	http_request_init(&req);
	tap_ok(!http_request_begun(&req), "begun: not before the first byte");
	http_parse(&req, &lim, "\r", 1);
	tap_ok(!http_request_begun(&req), "begun: not in an empty line");
	http_parse(&req, &lim, "\r\n", 2);
	tap_ok(!http_request_begun(&req), "begun: not after an empty line");
	http_parse(&req, &lim, "\r\nG", 3);
	tap_ok(http_request_begun(&req), "begun: with the first letter");
}

static void test_next_line(void)
{
	static const char in[] = GET("If-Match: a" NL "X-If-Match: n" NL "if-match:" NL
				     "If-Matches: n" NL "IF-MATCH:  b \t" NL "Y: z" NL);
	const struct http_limits lim = HTTP_DEFAULT_LIMITS;
	struct http_request req;
	struct http_span span;
	char *copy = exact_copy(in, sizeof(in) - 1);
	bool ok;

	http_request_init(&req);
	http_parse(&req, &lim, copy, sizeof(in) - 1);
	span = req.if_match;
	ok = http_next_line_of(&req, copy, "if-match", &span) && span.len == 0;
	tap_ok(ok, "next line: the second one, empty (RFC 9110 5.3)");
	ok = http_next_line_of(&req, copy, "if-match", &span) && span.len == 1 &&
	     copy[span.off] == 'b';
	tap_ok(ok, "next line: the third one, trimmed (RFC 9110 5.3)");
	tap_ok(!http_next_line_of(&req, copy, "if-match", &span), "next line: no fourth one");
	free(copy);
}

void test_parse(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	test_limits();
	test_huge();
	test_begun();
	test_next_line();
}
