#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=static,slow
# tests/mutate, which breaks the source to see whether the tests notice.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	needs_root
	cd "$BATS_TEST_TMPDIR" || return
	MUTATE=$BATS_TEST_DIRNAME/mutate
	# These builds must not inherit the settings of make check.
	unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES BUILD
}

# mutate STATUS OPTION...: run with a single file of tests, which takes a second.
mutate() {
	local status=$1
	shift
	run "-$status" timeout 300 sh "$MUTATE/run.sh" --workers 1 \
	    --tests status.bats "$@" 3>&-
	echo "$output"
}

@test "mutants that a test notices: the test is named" {
	mutate 0 --min 100 --file reaper.c --only 'STATUS_SIGNALLED|: \+ -> -'
	contains "$output" 'pass without a mutant'
	contains "$output" ': + -> -: noticed by status.bats: '
	contains "$output" 'reaper.c                2 of    2 noticed  100.0%'
	run ! grep SURVIVED <<<"$output"
}

@test "mutants that no test notices: survived, or not counted if they change nothing" {
	mutate 1 --min 1 --file stop/stop.c \
	    --only 'STOP_KILL_AGAIN|return STOP_NOTHING -> return 0'
	contains "$output" 'STOP_KILL_AGAIN -> return 0: SURVIVED'
	[[ ${lines[-1]} =~ ' 0.0%  ('[1-9]' more do not count)'$ ]]
	run ! grep 'noticed by' <<<"$output"
}

@test "a test fails without a mutant: status 125 and no result" {
	copy_sources tree
	mkdir tree/tests
	cp -r "$BATS_TEST_DIRNAME"/{probe,mutate,helpers.bash,status.bats} \
	    tree/tests
	sed -i 's/STATUS_SIGNALLED + /STATUS_SIGNALLED - /' tree/reaper.c
	MUTATE=tree/tests/mutate mutate 125
	contains "$output" 'mutate: fails without a mutant: status.bats: '
}

@test "box: kill(-1), kill(0) and writes have no effect outside" {
	sleep 60 3>&- &
	outside=$!
	# shellcheck disable=SC2016 # expanded by the shell in the box
	run -0 setsid --wait sh "$MUTATE/box.sh" "mutate-test-$$" \
	    "$BATS_TEST_DIRNAME/.." bash -c '
		trap "" TERM
		sleep 60 &
		touch /outside && exit 1
		kill -TERM 0 && kill -KILL -1 && wait
		set -- /proc/[0-9]*
		[ $# = 2 ] && echo "PID 1 and I"' 3>&-
	rmdir /sys/fs/cgroup/{pids,memory,.}/mutate-test-$$ 2>/dev/null || :
	kill "$outside"
	contains "$output" 'PID 1 and I'
	[ ! -e /outside ]
}
