#!/bin/sh
# SPDX-License-Identifier: MIT
#
# How cost grows: with the children that live, the orphans that end, and the
# signals that come; minireap, the other inits that are installed, and loop.c.
# Writes build/growth.tsv, docs/growth.svg, and the part of docs/growth.md that
# is made of numbers.  Takes two minutes.
#
# usage: sh bench/growth.sh
#
#   GROWTH_DOCS   where growth.md is, and growth.svg will be (default: docs)
#   GROWTH_MOST   no more than so many of anything (default: 1000000)
#   BENCH_TSV     instead of build/growth.tsv
#   and what common.sh says
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/common.sh
. "$here/common.sh"
docs=${GROWTH_DOCS:-$(dirname "$here")/docs}
most=${GROWTH_MOST:-1000000}
results=${BENCH_TSV:-$(dirname "$here")/build/growth.tsv}
mkdir -p "$(dirname "$results")"

# METRIC, and NUMBER:ROUNDS each, 0 standing for none; then -- CANDIDATE...
curve() {
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
		[ "$number" -le "$most" ] || continue
		name=$metric:$number
		[ "$number" != 0 ] || name=$metric
		runner "$name" "$(at_most "${point#*:}")" "$@" ||
			echo "$name is left out." >&2
	done
}

measure_all() { # CANDIDATE...
	curve reap 0:9 10:9 100:9 1000:9 3000:5 10000:3 -- "$@"
	curve burst 1:25 10:25 100:9 1000:9 10000:3 100000:1 -- "$@"
	curve rate 1000:5 10000:5 100000:5 1000000:5 -- "$@"
	# For the pods: what one init costs.
	runner start "$rounds" "$@" none=
	runner crowd 1 "$@"
	all_idle "$@"
	set -- "minireap=$minireap -P"
	catatonit=$(command -v catatonit) && set -- "$@" "catatonit=$catatonit -P"
	runner pause 1 "$@"
}

# Put text, a file, where growth.md has its numbers.
insert() {
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
# One of tini's builds will do.
if grep -q '^tini-static=' "$work/peers"; then
	sed -i '/^tini=/d' "$work/peers"
fi
while read -r peer; do # the last one first
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
