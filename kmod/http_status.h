/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every status the server can send: one table for code, name, reason phrase and counter.
 *
 * Whoever wants one thing per status (an enum, a counter, a line of output)
 * expands HTTP_STATUS_LIST(X) with X(code, NAME, "Reason Phrase"). A status
 * that is not in this list cannot be sent.
 */
#ifndef TUX_HTTP_STATUS_H
#define TUX_HTTP_STATUS_H

#include "http_platform.h"

#define HTTP_STATUS_LIST(X)                                    \
	X(200, OK, "OK")                                       \
	X(206, PARTIAL_CONTENT, "Partial Content")             \
	X(301, MOVED_PERMANENTLY, "Moved Permanently")         \
	X(304, NOT_MODIFIED, "Not Modified")                   \
	X(400, BAD_REQUEST, "Bad Request")                     \
	X(403, FORBIDDEN, "Forbidden")                         \
	X(404, NOT_FOUND, "Not Found")                         \
	X(405, METHOD_NOT_ALLOWED, "Method Not Allowed")       \
	X(406, NOT_ACCEPTABLE, "Not Acceptable")               \
	X(408, REQUEST_TIMEOUT, "Request Timeout")             \
	X(412, PRECONDITION_FAILED, "Precondition Failed")     \
	X(413, CONTENT_TOO_LARGE, "Content Too Large")         \
	X(414, URI_TOO_LONG, "URI Too Long")                   \
	X(416, RANGE_NOT_SATISFIABLE, "Range Not Satisfiable") \
	X(417, EXPECTATION_FAILED, "Expectation Failed")       \
	X(421, MISDIRECTED_REQUEST, "Misdirected Request")     \
	X(431, HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large") \
	X(500, INTERNAL_SERVER_ERROR, "Internal Server Error") \
	X(501, NOT_IMPLEMENTED, "Not Implemented")             \
	X(503, SERVICE_UNAVAILABLE, "Service Unavailable")     \
	X(505, VERSION_NOT_SUPPORTED, "HTTP Version Not Supported")

/* HTTP_STATUS_OK = 200, ...: the codes by name */
enum http_status {
#define X(code, name, reason) HTTP_STATUS_##name = code,
	HTTP_STATUS_LIST(X)
#undef X
};

/* HTTP_SI_OK = 0, ...: dense indices, for arrays with one entry a status */
enum http_status_index {
#define X(code, name, reason) HTTP_SI_##name,
	HTTP_STATUS_LIST(X)
#undef X
	HTTP_NR_STATUS
};

/**
 * http_status_index() - where a status has its place in an array of HTTP_NR_STATUS entries
 * @status: a status code of the list
 *
 * Context: any.
 * Return: the index; that of 500 for a code that is not in the list.
 */
static inline unsigned int http_status_index(unsigned int status)
{
	switch (status) {
#define X(code, name, reason)  \
	case code:             \
		return HTTP_SI_##name;
		HTTP_STATUS_LIST(X)
#undef X
	}
	return HTTP_SI_INTERNAL_SERVER_ERROR;
}

#endif /* TUX_HTTP_STATUS_H */
