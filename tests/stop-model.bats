#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Random stops, of the state machine in stop/stop.c alone (model/stop_model.c)
# and of the program (model/schedules.py).  MINIREAP_SEED is the first seed,
# MINIREAP_SCHEDULES the number of stops of the program.

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

@test "stop model: 100,000 random schedules: each action is the one that is due" {
	build_model
	run -0 timeout 60 ./model 100000 "${MINIREAP_SEED:-1}" 3>&-
	[[ $output == "100000 schedules, "* ]]
}

@test "stop model: 100,000 schedules with today's seed: each action is the one that is due" {
	build_model
	run -0 timeout 60 ./model 100000 "$(date +%Y%m%d)000000" 3>&-
}

# bats test_tags=slow
@test "random stops: the program: right status, in time, reaped main not signalled" {
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
