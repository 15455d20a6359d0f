#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=static,slow
# A long run under random load: see soak.py.  SOAK_SECONDS is how long (default:
# 20), SOAK_SEED repeats a run.  Before a release, run half an hour by hand:
#	SOAK_SECONDS=1800 bats tests/soak.bats

bats_require_minimum_version 1.5.0
load helpers

setup() {
	needs_root
	cd "$BATS_TEST_TMPDIR"
	SEED=${SOAK_SEED:-$(date +%s)}
}

# soak SECONDS COMMAND...: prints one line.
soak() {
	local seconds=$1
	shift
	timeout $((seconds + 120)) python3 "$BATS_TEST_DIRNAME/soak.py" \
	    "$seconds" "$SEED" "$@" 3>&-
}

@test "random load: init does not grow, no signal is lost, it stops in time" {
	local jobs=() n=0 failed=0
	echo "# seed $SEED" >&3
	for options in '' '-g -w' -vv '-t 5 -b'; do
		soak "${SOAK_SECONDS:-20}" "$MINIREAP" $options >result.$n 2>&1 &
		jobs[n++]=$!
	done
	for n in "${!jobs[@]}"; do
		wait "${jobs[n]}" || failed=1
		cat result.$n
		sed 's/^/# /' result.$n >&3
	done
	[ $failed = 0 ]
}

@test "control: under tini the same load finds signals that are not forwarded" {
	command -v tini >/dev/null || skip 'tini is not installed'
	run ! soak 3 tini
	echo "$output"
	contains "$output" "tini, seed $SEED, round "
}
