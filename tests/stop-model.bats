#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Random stops: stop.c alone judged by a model of its own (model/stop_model.c),
# and the program itself (model/schedules.py).  MINIREAP_SEED is where the
# seeds begin, MINIREAP_SCHEDULES how many lives the program has to live.

bats_require_minimum_version 1.5.0

setup() {
	load stop
	MODEL=$BATS_TEST_DIRNAME/model
	cd "$BATS_TEST_TMPDIR" || return
}

build_model() {
	"${CC:-cc}" -D_GNU_SOURCE -std=c11 -O1 -I"$BATS_TEST_DIRNAME/.." \
	    -o model "$MODEL/stop_model.c" "$BATS_TEST_DIRNAME/../stop/stop.c"
}

@test "100,000 random stops: the state machine does what the contract says" {
	build_model
	run -0 timeout 60 ./model 100000 "${MINIREAP_SEED:-1}" 3>&-
	[[ $output == "100000 schedules, "* ]]
}

@test "100,000 more, from a seed of today" {
	build_model
	run -0 timeout 60 ./model 100000 "$(date +%Y%m%d)000000" 3>&-
}

# bats test_tags=slow
@test "random stops of the program: right status, in time, no call to the dead" {
	needs python3
	needs strace
	needs_namespaces
	build_actor
	run -0 timeout 120 python3 "$MODEL/schedules.py" "$MINIREAP" "$ACTOR" \
	    "${MINIREAP_SCHEDULES:-200}" "${MINIREAP_SEED:-1}" 3>&-
}

build_actor() {
	ACTOR=$BATS_TEST_TMPDIR/actor
	"${CC:-cc}" -D_GNU_SOURCE -O1 -static -pthread -o "$ACTOR" \
	    "$MODEL/actor.c"
}
