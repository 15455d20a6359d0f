#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=static,slow
# Under random load for long: soak.py says which.  SOAK_SECONDS (20) is how long,
# SOAK_SEED a seed to try again; half an hour by hand before a release:
#	SOAK_SECONDS=1800 bats tests/soak.bats

bats_require_minimum_version 1.5.0
load helpers

setup() {
	needs_root
	cd "$BATS_TEST_TMPDIR"
	SEED=${SOAK_SEED:-$(date +%s)}
}

# soak SECONDS COMMAND...: what it says goes to standard output, in one line.
soak() {
	local seconds=$1
	shift
	timeout $((seconds + 120)) python3 "$BATS_TEST_DIRNAME/soak.py" \
	    "$seconds" "$SEED" "$@" 3>&-
}

@test "random load: what it holds does not grow, no signal is lost, it stops in time" {
	local jobs=() n=0 failed=0
	echo "# seed $SEED" >&3
	for options in '' '-g -w' -vv '-t 5 -b'; do
		soak "${SOAK_SECONDS:-20}" "$MINIREAP" $options >said.$n 2>&1 &
		jobs[n++]=$!
	done
	for n in "${!jobs[@]}"; do
		wait "${jobs[n]}" || failed=1
		cat said.$n
		sed 's/^/# /' said.$n >&3
	done
	[ $failed = 0 ]
}

@test "the same load finds what tini does not pass on: the test is real" {
	command -v tini >/dev/null || skip 'tini is not installed'
	run ! soak 3 tini
	echo "$output"
	contains "$output" "tini, seed $SEED, round "
}
