#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Measure minireap beside the other inits that are installed, interleaved, each
# as PID 1 of a PID namespace of its own, and beside lower bounds: "loop", a
# loop without a C library (loop.c), "kernel", which has the kernel reap
# (ignore.c), and "none", no init at all.
#
# usage: sh bench/run.sh [NAME=COMMAND...]      more inits to measure
#
#   BENCH_TSV     write METRIC NAME MEDIAN QUARTILE QUARTILE to this file, too
#   BENCH_SVG     draw a chart to this file
#   BENCH_ORPHANS where at most 64 processes may be (default 20000)
#   and what common.sh says
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/common.sh
. "$here/common.sh"
results=$work/results

# What it takes to ship FILE: itself, and its libraries and loader if any.
bytes_to_ship() { # FILE
	{
		echo "$1"
		ldd "$1" 2>/dev/null | awk '{
			for (i = 1; i <= NF; i++)
				if ($i ~ "^/")
					print $i
		}'
	} | sort -u | xargs cat | wc -c
}

add_size() { # NAME=COMMAND
	file=${1#*=}
	file=${file%% *}
	[ -n "$file" ] || return 0
	bytes=$(bytes_to_ship "$file")
	printf 'bytes\t%s\t%d\t%d\t%d\n' "${1%%=*}" "$bytes" "$bytes" "$bytes"
}

measure_all() { # CANDIDATE...
	for candidate; do
		add_size "$candidate"
	done
	runner start "$rounds" "$@"
	runner calls 1 "$@"
	runner instructions 1 "$@"
	runner faults "$(few 8)" "$@"
	runner memory "$(few 8)" "$@"
	runner crowd 1 "$@"
	all_idle "$@"
	runner reap "$(few 8)" "$@"
	runner reap:1000 "$(few 16)" "$@"
	runner reap:10000 "$(at_most 2)" "$@" ||
		echo 'No 10,000 processes to be had: left out.' >&2
	runner signal "$(few 4)" "$@"
	runner storm:32 "$(at_most 3)" "$@"
	runner flood:32 "$(at_most 3)" "$@"
	[ -z "$group" ] || BENCH_GROUP=$group runner limited 1 "$@"
	runner exit "$rounds" "$@"
}

[ "$(id -u)" -eq 0 ] ||
	echo "As a plain user: each PID namespace is in a user namespace."
build_programs
limit_processes
list_peers >"$work/peers"
set -- "$@" "loop=$build/bench-loop" "kernel=$build/bench-ignore" none=
while read -r peer; do # the last one first
	set -- "$peer" "$@"
done <"$work/peers"
measure_all "minireap=$minireap" "$@" >"$results"
awk -f "$here/metrics.awk" -f "$here/table.awk" "$results"
[ -z "${BENCH_TSV:-}" ] || cp "$results" "$BENCH_TSV"
[ -z "${BENCH_SVG:-}" ] || {
	awk -f "$here/metrics.awk" -f "$here/style.awk" \
	    -f "$here/chart.awk" -v machine="$(machine)" "$results" \
	    >"$work/chart"
	cp "$work/chart" "$BENCH_SVG"
}
