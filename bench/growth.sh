#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Measure how the cost of minireap, the other inits that are installed, and
# loop.c grows with the number of live children, exiting orphans and signals.
# Writes build/growth.tsv, docs/growth.svg and the numbers in docs/growth.md.
# Takes two minutes.
#
# usage: sh bench/growth.sh
#
#   GROWTH_DOCS   where growth.md and growth.svg are (default: docs)
#   GROWTH_MOST   the largest number of children or signals (default: 1000000)
#   BENCH_TSV     write the results here instead of to build/growth.tsv
#
# For MINIREAP, CC, BUILD, BENCH_ROUNDS and BENCH_PEERS see common.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/common.sh
. "$here/common.sh"
docs=${GROWTH_DOCS:-$(dirname "$here")/docs}
max=${GROWTH_MOST:-1000000}
results=${BENCH_TSV:-$(dirname "$here")/build/growth.tsv}
mkdir -p "$(dirname "$results")"

curve() { # METRIC NUMBER:ROUNDS... -- CANDIDATE...; NUMBER 0: METRIC alone
	metric=$1
	shift
	points=
	while [ "$1" != -- ]; do
		points="$points $1"
		shift
	done
	shift
	for point in $points; do
		number=${point%:*}
		[ "$number" -le "$max" ] || continue
		name=$metric:$number
		[ "$number" != 0 ] || name=$metric
		runner "$name" "$(at_most "${point#*:}")" "$@" ||
			echo "bench: skipping $name" >&2
	done
}

measure_all() { # CANDIDATE...
	curve reap 0:9 10:9 100:9 1000:9 3000:5 10000:3 -- "$@"
	curve burst 1:25 10:25 100:9 1000:9 10000:3 100000:1 -- "$@"
	curve rate 1000:5 10000:5 100000:5 1000000:5 -- "$@"
	# From these numbers.awk computes the cost for a node with many pods.
	runner start "$rounds" "$@" none=
	runner crowd 1 "$@"
	run_idle "$@"
	set -- "minireap=$minireap -P"
	catatonit=$(command -v catatonit) && set -- "$@" "catatonit=$catatonit -P"
	runner pause 1 "$@"
}

# Replace the numbers in growth.md.
insert() { # FILE
	awk -v text="$1" '
		/^<!-- end/ { inside = 0 }
		!inside { print }
		/^<!-- numbers/ {
			inside = 1
			while ((getline line <text) > 0)
				print line
		}' "$docs/growth.md" >"$work/page"
	cp "$work/page" "$docs/growth.md"
}

build_programs
set -- "loop=$build/bench-loop"
list_peers >"$work/peers"
# Measure only one of tini's two builds.
if grep -q '^tini-static=' "$work/peers"; then
	sed -i '/^tini=/d' "$work/peers"
fi
while read -r peer; do # reverses the order
	set -- "$peer" "$@"
done <"$work/peers"
measure_all "minireap=$minireap" "$@" >"$work/results"
cp "$work/results" "$results"
draw="awk -f $here/metrics.awk -f $here/style.awk"
$draw -f "$here/growth.awk" -v machine="$(machine)" "$results" >"$work/svg"
$draw -f "$here/numbers.awk" -v machine="$(machine)" "$results" >"$work/text"
cp "$work/svg" "$docs/growth.svg"
insert "$work/text"
cat "$work/text"
