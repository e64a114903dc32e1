#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The corners of HTTP's grammar, in the kernel: forms of the target and of Host,
# chunked bodies with extensions and trailers, every form of a date, lists of tags,
# weights and ranges. The parser's own tests have many more of each in user space; these
# show that the module is built of the same parser, and reach its lines there.
# timeout: 120

. "$(dirname "$0")/common.bash"

setup
TIME='Sun, 06 Nov 1994 08:49:37 GMT'
TZ=UTC0 touch -d '1994-11-06 08:49:37' "$DOCROOT/small.txt"
: >"$DOCROOT/empty.txt"
chmod a+r "$DOCROOT/empty.txt"

# answers REQUEST CODE: its status is that
answers()
{
	local got

	got=$(codes "$1")
	[ "$got" = "$2" ] || { echo "${1%%\\r\\n\\r\\n*}: $got, not $2"; return 1; }
}

# all FORMAT: for each line "CODE TEXT" of the standard input, FORMAT with TEXT in place
# of @ is answered with CODE
all()
{
	local code text bad=0

	while read -r code text; do
		answers "${1//@/"$text"}" "$code" || bad=1
	done
	return $bad
}

check "the target" all '@ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' <<'END'
200 GET http://a/small.txt
200 GET http://[::1]:80/small.txt
421 GET https://a/small.txt
400 GET http:///small.txt
400 GET *
200 OPTIONS *
200 OPTIONS http://a
200 OPTIONS /small.txt
405 CONNECT a:80
400 CONNECT a
501 GRANT /small.txt
END

check "Host" all 'GET /small.txt HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n' <<'END'
200 a%20b:80
400 a%2
200 [::]
200 [2001:db8::1]:80
200 [1:2:3:4:5:6:7:8]
200 [1:2:3:4:5:6:7::]
400 [1:2:3:4:5:6:7:8:9]
400 [1::2::3]
400 [1:2:3]
200 [::ffff:192.0.2.1]
200 [1:2:3:4:5:6:192.0.2.1]
400 [::192.0.2.256]
400 [::192.0.2]
400 [::01.2.3.4]
END

check "chunked" all 'GET /small.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: @' <<'END'
200 chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n
400 chunked, chunked\r\n\r\n0\r\n\r\n
501 gzip, chunked\r\n\r\n0\r\n\r\n
END
check "a body that is too long to be read" all 'GET /small.txt HTTP/1.1\r\nHost: a\r\n@\r\n\r\n' <<'END'
413 Content-Length: 999999999999
END

# The rest of a body is read after its request's answer: that the next one is answered says
# that the body was understood, and where it ended.
chunks()
{
	local wanted body bad=0

	while read -r wanted body; do
		answers "GET /small.txt HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n${body}GET /small.txt HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n" "${wanted/,/ }" ||
			bad=1
	done
	return $bad
}
check "extensions of chunks and trailers" chunks <<'END'
200,200 2\r\nab\r\n0\r\n\r\n
200,200 2;a\r\nab\r\n0\r\n\r\n
200,200 2 ; a = b ;c=d;e=\x22f\x5c\x22g\x22 ; h\r\nab\r\n0;z\r\n\r\n
200,200 2 \x09; a ;b= c\r\nab\r\n0\r\n\r\n
200,200 0\r\nA: b\r\nCd: e f\r\n\r\n
200 xy\r\n
200 2;\x01\r\nab\r\n0\r\n\r\n
END

check "dates" all 'GET /small.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n@\r\n\r\n' <<END
304 If-Modified-Since: $TIME
304 If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT
304 If-Modified-Since: Sun Nov  6 08:49:37 1994
200 If-Modified-Since: Sunday, 06-Nov-94 08:49:36 GMT
200 If-Modified-Since: Monday, 06-Nov-94 08:49:37 GMT
200 If-Modified-Since: Sun Nov 06 08:49 1994
200 If-Unmodified-Since: $TIME
412 If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT
206 If-Range: $TIME\\r\\nRange: bytes=0-1
200 If-Range: Sun, 06 Nov 1994 08:49:36 GMT\\r\\nRange: bytes=0-1
END

TAG=$(field ETag "$(send 'GET /small.txt HTTP/1.0\r\n\r\n')")
TAG=${TAG//\"/\\x22}
check "tags" all 'GET /small.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n@\r\n\r\n' <<END
304 If-None-Match: , W/\\x22none\\x22 , $TAG
304 If-None-Match: \\x22none\\x22\\r\\nIf-None-Match:  $TAG \\x09
200 If-None-Match: \\x22none\\x22\\r\\nIf-None-Match: \\x22neither\\x22
304 If-None-Match: W/$TAG
412 If-Match: \\x22none\\x22
200 If-Match: $TAG
206 If-Range: $TAG\\r\\nRange: bytes=0-1
END

check "ranges" all 'GET @\r\nConnection: close\r\n\r\n' <<'END'
206 /small.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=0-99999999999999999999
206 /small.txt HTTP/1.1\r\nHost: a\r\nRange: bytes= ,0-1, ,
416 /small.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=99999999999999999999-
200 /small.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=-x
200 /small.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=2-1
200 /small.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=1
200 /small.txt HTTP/1.1\r\nHost: a\r\nRange: lines=0-1
200 /empty.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=-5
END

check "other fields" all 'GET /small.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n@\r\n\r\n' <<'END'
200 Accept-Encoding: x-gzip \x09; \x09q=0.5, deflate;q=0
200 Expect: 100-continue\r\nReferer: http://b/
417 Expect: 200-ok
200 User-Agent: \x09 me \x09
END
for path in /small.txt /none; do
	is "HTTP/1.0 is told that the connection stays: $path" \
		"$(field Connection "$(send "GET $path HTTP/1.0\\r\\nConnection: keep-alive\\r\\n\\r\\nGET / HTTP/1.0\\r\\n\\r\\n")")" \
		keep-alive
done

mkdir -m 755 "$DOCROOT/names"
: >"$DOCROOT/names/it's"
check "listings of directories" tux_set http_dir_indexing 1
contains "a quote in a name" "$(send 'GET /names/ HTTP/1.0\r\n\r\n')" '>it&#39;s<'
