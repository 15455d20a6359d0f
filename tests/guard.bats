#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The cost of a start in units that do not depend on the machine; cost.bats has
# system calls, bytes and wake-ups.  Each bound is a little above what was
# measured; a change that exceeds it must give the reason and move the bound.
# The bench's runner counts, by ptrace(2), because perf has no counters in most
# virtual machines.

bats_require_minimum_version 1.5.0
load helpers

# The paths of both are short and have a fixed length, because every character
# of a path costs instructions.
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

# bounded WHAT MEASURED MUSL GLIBC: MEASURED is at most the bound for the libc.
bounded() {
	local max=$3
	is_musl || max=$4
	echo "$2 $1, at most $max"
	[ "$2" -gt 0 ]
	[ "$2" -le "$max" ]
}

# 4,590 with musl at plain -Os (3,210 with -Oz and LTO, which the build no
# longer uses); 13,000 with glibc, which detects the features of the CPU.
# bats test_tags=static
@test "start: user-space instructions from the exec of init to main's: bounded" {
	bounded instructions "$(measured instructions 1)" 4750 16000
}

# 3 or 4, depending on where the kernel puts the stack; 24 with glibc.
# bats test_tags=static
@test "start: page faults of init, and those that it adds to main: bounded" {
	bounded 'page faults' "$(measured faults 9)" 6 30
}

# The kernel's own for a process with a stack, a program and a vDSO is 24.
# bats test_tags=static
@test "idle: page tables: as small as the peers'" {
	tables=$(BENCH_LOAD=$GUARD/bench-load "$GUARD/bench-runner" memory 9 \
	    "minireap=$GUARD/minireap" none= | awk '$1 == "tables" { print $3 + 0; exit }')
	bounded 'KiB of page tables' "$tables" 28 40
}

# bats test_tags=static
@test "control: the smallest possible init needs far fewer instructions" {
	run -0 env BENCH_LOAD="$GUARD/bench-load" "$GUARD/bench-runner" \
	    instructions 1 "loop=$GUARD/bench-loop"
	echo "$output"
	[ "$(cut -f 3 <<<"$output" | cut -d. -f 1)" -le 100 ]
}
