#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Measure minireap beside the other inits that are installed, interleaved, each
# as PID 1 of a PID namespace of its own, and beside two lower bounds: "loop",
# a loop without a C library (loop.c), and "none", no init at all.
#
# usage: sh bench/run.sh [NAME=COMMAND...]      more inits to measure
#
#   MINIREAP      the binary (default: the one beside bench/)
#   CC            compiler of the bench's own programs
#   BUILD         where they go (default: a temporary directory)
#   BENCH_ROUNDS  rounds of the main measurements (default 200)
#   BENCH_TSV     write METRIC NAME MEDIAN QUARTILE QUARTILE to this file, too
set -eu

here=$(cd "$(dirname "$0")" && pwd)
rounds=${BENCH_ROUNDS:-200}
minireap=${MINIREAP:-$(dirname "$here")/minireap}
cc=${CC:-$(command -v musl-gcc || echo cc)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
build=${BUILD:-$work}
results=$work/results

compile() {
	# shellcheck disable=SC2086 # a compiler may come with options
	$cc -std=gnu11 -Wall -Wextra -D_GNU_SOURCE "$@"
}

compile_without_libc() {
	compile -Os -static -nostdlib -ffreestanding -fno-pie \
	    -fno-stack-protector -fno-asynchronous-unwind-tables -s \
	    -Wl,--build-id=none,-z,norelro,-z,noseparate-code "$@"
}

build_programs() {
	mkdir -p "$build"
	build=$(cd "$build" && pwd)
	compile -O2 -o "$build/bench-runner" "$here/runner.c" \
	    "$here/sandbox.c" "$here/measure.c" "$here/calls.c"
	compile_without_libc -o "$build/bench-load" "$here/load.c"
	compile_without_libc -o "$build/bench-loop" "$here/loop.c"
	export BENCH_LOAD="$build/bench-load"
	# The pages of a file count as dirty memory until they are on disk.
	sync "$build/bench-loop" "$minireap"
}

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

few() { # DIVISOR: that part of the rounds, at least 3
	echo $((rounds / $1 > 3 ? rounds / $1 : 3))
}

runner() { # METRIC ROUNDS CANDIDATE...
	"$build/bench-runner" "$@"
}

measure_all() { # CANDIDATE...
	for candidate; do
		add_size "$candidate"
	done
	runner start "$rounds" "$@"
	runner calls 3 "$@"
	runner memory "$(few 8)" "$@"
	runner crowd 1 "$@"
	runner reap "$(few 4)" "$@"
	runner reap1000 "$(few 16)" "$@"
	runner signal "$(few 4)" "$@"
	runner exit "$rounds" "$@"
	# Seconds of doing nothing: all at once.
	for candidate; do
		runner idle 1 "$candidate" >"$work/idle-${candidate%%=*}" &
	done
	wait
	cat "$work"/idle-*
}

print_table() {
	awk -F '\t' '
	function row(metric, label, format) {
		if (!(metric in measured))
			return
		line = sprintf("%-32s", label)
		best = ""
		for (i = 1; i <= count; i++) {
			key = metric SUBSEP names[i]
			line = line sprintf("%13s", cell(key, format))
			if (names[i] ~ peers && key in middle &&
			    (best == "" || middle[key] < best))
				best = middle[key]
		}
		print line sprintf("%8s", ratio(metric, best))
	}
	function cell(key, format) {
		if (!(key in middle))
			return "-"
		if (format != "time")
			return sprintf(format, middle[key])
		return sprintf("%.1f (%.1f)", middle[key], spread[key])
	}
	function ratio(metric, best) {
		if (best == "" || !((metric, "minireap") in middle))
			return "-"
		if (best == 0)
			return middle[metric, "minireap"] == 0 ? "same" : "-"
		return sprintf("%.2f", middle[metric, "minireap"] / best)
	}
	BEGIN {
		peers = "^(tini|tini-static|dumb-init|catatonit)$"
	}
	{
		measured[$1] = 1
		if (!seen[$2]++)
			names[++count] = $2
		middle[$1, $2] = $3 + 0
		spread[$1, $2] = ($5 - $4) / 2
	}
	END {
		line = sprintf("%-32s", "")
		for (i = 1; i <= count; i++)
			line = line sprintf("%13s", names[i])
		print line "   ratio"
		row("bytes", "bytes to ship, libc included", "%d")
		row("start", "added start time, us", "time")
		row("calls", "system calls before main", "%d")
		row("rss", "Rss, idle, KiB", "%d")
		row("dirty", "private dirty, KiB", "%d")
		row("tables", "page tables, KiB", "%d")
		row("crowd", "Pss + tables, each of 100, KiB", "%.1f")
		row("idle", "context switches, 5 s idle", "%d")
		row("reap", "CPU per orphan, us", "time")
		row("reap1000", "the same, 1000 others live, us", "time")
		row("signal", "signal through init, us", "time")
		row("exit", "added time at the end, us", "time")
		print "(n): half the distance between the quartiles." \
		    "  ratio: minireap to the best of the others."
		print "none: no init between; where it says added, the time" \
		    " that was taken away from the others."
	}' "$1"
}

[ -x "$minireap" ] || {
	echo "bench: no $minireap: run make first" >&2
	exit 1
}
[ "$(id -u)" -eq 0 ] ||
	echo "As a plain user: each PID namespace is in a user namespace."
set -- "$@" "loop=$build/bench-loop" none=
for peer in catatonit dumb-init tini-static tini; do
	if file=$(command -v $peer); then
		set -- "$peer=$file --" "$@"
	else
		echo "$peer is not installed and left out."
	fi
done
set -- "minireap=$minireap" "$@"
build_programs
measure_all "$@" >"$results"
print_table "$results"
[ -z "${BENCH_TSV:-}" ] || cp "$results" "$BENCH_TSV"
