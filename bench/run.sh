#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Measure minireap, the other inits that are installed, and lower bounds, in
# turn, each as PID 1 of its own PID namespace.  The lower bounds are "loop", an
# init without a C library (loop.c), "kernel", which has the kernel reap
# (ignore.c), and "none", no init at all.
#
# usage: sh bench/run.sh [NAME=COMMAND...]      measure these inits, too
#
#   BENCH_TSV      also write METRIC NAME MEDIAN QUARTILE QUARTILE to this file
#   BENCH_SVG      draw a chart to this file
#   BENCH_TABLE    write the table, as Markdown, to this file
#   BENCH_REBUILT  empty: do not measure the others rebuilt by peers.sh as well
#   BENCH_ORPHANS  orphans to make in a cgroup of 64 processes (default 20000)
#
# For MINIREAP, CC, BUILD, BENCH_ROUNDS and BENCH_PEERS see common.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/common.sh
. "$here/common.sh"
results=$work/results

# The size of FILE with the shared libraries and the loader that it needs.
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
	runner faults "$(fraction 8)" "$@"
	runner memory "$(fraction 8)" "$@"
	runner crowd 1 "$@"
	run_idle "$@"
	runner reap "$(fraction 8)" "$@"
	runner reap:1000 "$(fraction 16)" "$@"
	runner reap:10000 "$(at_most 2)" "$@" ||
		echo 'bench: skipping reap:10000: too few processes' >&2
	runner signal "$(fraction 4)" "$@"
	runner storm:32 "$(at_most 3)" "$@"
	runner flood:32 "$(at_most 3)" "$@"
	[ -z "$group" ] || BENCH_GROUP=$group runner limited 1 "$@"
	runner exit "$rounds" "$@"
}

[ "$(id -u)" -eq 0 ] ||
	echo 'bench: not root: each PID namespace needs a user namespace'
build_programs
make_limited_group
list_peers >"$work/peers"
[ -z "${BENCH_REBUILT-yes}" ] ||
	sh "$here/peers.sh" "$work/rebuilt" >>"$work/peers"
set -- "$@" "loop=$build/bench-loop" "kernel=$build/bench-ignore" none=
while read -r peer; do # reverses the order
	set -- "$peer" "$@"
done <"$work/peers"
measure_all "minireap=$minireap" "$@" >"$results"
awk -f "$here/metrics.awk" -f "$here/table.awk" "$results" | tee "$work/table"
[ -z "${BENCH_TSV:-}" ] || cp "$results" "$BENCH_TSV"
[ -z "${BENCH_SVG:-}" ] || {
	awk -f "$here/metrics.awk" -f "$here/style.awk" \
	    -f "$here/chart.awk" -v machine="$(machine)" "$results" \
	    >"$work/chart"
	cp "$work/chart" "$BENCH_SVG"
}
[ -z "${BENCH_TABLE:-}" ] || {
	echo '# Benchmarks'
	echo
	echo "\`make bench BENCH_TABLE=docs/benchmarks.md\` wrote this on $(date +%F):"
	echo "$(machine). minireap and the inits named -musl are linked with musl, static,"
	echo 'at -Os; the latter are built from the sources of the Debian packages.'
	echo 'tini-static, tini, dumb-init and catatonit are those packages, with glibc.'
	echo
	echo '```'
	cat "$work/table"
	echo '```'
} >"$BENCH_TABLE"
