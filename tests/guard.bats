#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a start costs in units that depend on no machine, beside the system
# calls, bytes and wake-ups of cost.bats.  Each bound is what was measured and a
# little more: who goes above it says why, and moves it.  The bench's own runner
# counts, by ptrace: perf counts nothing in most virtual machines.

bats_require_minimum_version 1.5.0
load helpers

# Both are part of what is executed, and each of their letters takes time.
setup_file() {
	export GUARD
	GUARD=$(mktemp -d /tmp/minireap.XXXXXX)
	CC=cc sh "$BATS_TEST_DIRNAME/../bench/build.sh" "$GUARD"
	cp "$MINIREAP" "$GUARD/minireap"
}

teardown_file() {
	rm -rf "$GUARD"
}

setup() {
	case $(uname -m) in
	x86_64 | aarch64) ;;
	*) skip 'the bench knows x86_64 and aarch64 only' ;;
	esac
	needs_root
}

# measured METRIC ROUNDS: the median for minireap.
measured() {
	BENCH_LOAD=$GUARD/bench-load "$GUARD/bench-runner" "$1" "$2" \
	    "minireap=$GUARD/minireap" none= |
	    awk '$2 == "minireap" { printf "%d\n", $3 }'
}

# bounded WHAT MEASURED MUSL GLIBC: at most so many, whatever it is built with.
bounded() {
	local most=$3
	is_musl || most=$4
	echo "$2 $1, at most $most"
	[ "$2" -gt 0 ]
	[ "$2" -le "$most" ]
}

# 3,207 by musl; 13,000 by glibc, which asks the processor what it can.
# bats test_tags=static
@test "user-space instructions from exec of init to exec of main" {
	bounded instructions "$(measured instructions 1)" 3450 16000
}

# 3 or 4, by where the kernel has put the stack; 24 by glibc.
# bats test_tags=static
@test "page faults of a start, init's and those that main has more by it" {
	bounded 'page faults' "$(measured faults 9)" 6 30
}

# bats test_tags=static
@test "the least there can be is far below: the test counts" {
	run -0 env BENCH_LOAD="$GUARD/bench-load" "$GUARD/bench-runner" \
	    instructions 1 "loop=$GUARD/bench-loop"
	echo "$output"
	[ "$(cut -f 3 <<<"$output" | cut -d. -f 1)" -le 100 ]
}
