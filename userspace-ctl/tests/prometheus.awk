# SPDX-License-Identifier: GPL-2.0-only
# Is this Prometheus' text exposition format, as strictly as it is meant here?
# Every metric: HELP, then TYPE, then its samples, all together and once;
# counters end in _total; no sample twice; integer values.

function bad(why) { print FILENAME ":" FNR ": " why ": " $0; failed = 1 }

/^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* ./ {
	if ($3 in helped) bad("second HELP")
	helped[$3] = 1
	next
}

/^# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge)$/ {
	if (!($3 in helped)) bad("no HELP before TYPE")
	if ($3 in type) bad("second TYPE")
	if ($4 == "counter" && $3 !~ /_total$/) bad("a counter without _total")
	if ($4 == "gauge" && $3 ~ /_total$/) bad("a gauge with _total")
	type[$3] = $4
	current = $3
	next
}

/^[a-zA-Z_:][a-zA-Z0-9_:]*([{][a-z]+="[^"\\]*"[}])? -?[0-9]+$/ {
	name = $1
	sub(/[{].*/, "", name)
	if (!(name in type)) bad("no TYPE")
	else if (name != current) bad("apart from its TYPE")
	if ($1 in seen) bad("sample given twice")
	seen[$1] = 1
	samples++
	next
}

{ bad("not understood") }

END {
	if (!samples) { print FILENAME ": no samples"; failed = 1 }
	exit failed
}
