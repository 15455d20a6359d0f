#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# Init's messages go to a file whose file system hangs, as a network's may: a
# write to it does not return until it is thawed.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	needs_root
	cd "$BATS_TEST_TMPDIR" || return
	truncate -s 16M disk
	mkfs.ext4 -q disk
	mkdir hung
	mount -o loop disk hung
	ERRORS=hung/log
	INIT=
	touch hung/log hung/end
}

teardown() {
	thaw 2>/dev/null || :
	[ -z "$INIT" ] || kill -KILL "$INIT" 2>/dev/null || :
	umount -l hung
}

freeze() {
	fsfreeze --freeze hung
}

thaw() {
	fsfreeze --unfreeze hung
}

# start_init OPTION...: main, a shell, makes an orphan, $ORPHAN; the two append
# what they receive to "heard" and "orphan-heard".
start_init() {
	"$MINIREAP" "$@" -- bash -c '
		trap "echo TERM >>heard; exit 0" TERM
		trap "echo WINCH >>heard" WINCH
		(bash -c "trap \"echo TERM >>orphan-heard; exit\" TERM
		    while :; do sleep 0.01; done" & echo $! >orphan)
		echo $$ >main
		echo ready >>heard
		while :; do sleep 0.01; done' 2>"$ERRORS" 3>&- &
	INIT=$!
	wait_until 5 grep -qs ready heard
	ORPHAN=$(<orphan)
	wait_until 5 orphan_has_trap
}

orphan_has_trap() {
	((0x$(signals_of "$ORPHAN" SigCgt) >> 14 & 1))
}

@test "log on a hung file system: a stop reaches main" {
	start_init -vv -t 5
	freeze
	kill "$INIT"
	wait_until 2 grep -q TERM heard
	# The same signal is logged later.
	thaw
	exits 0
	grep 'signal SIGTERM from=[0-9]* sent=SIGTERM$' hung/log
}

@test "log on a hung file system: an orphan is reaped: a pending signal is sent first" {
	start_init -w
	freeze
	kill -STOP "$INIT"
	wait_until 5 init_is_stopped
	# WINCH comes after CHLD.
	kill -KILL "$ORPHAN"
	kill -WINCH "$INIT"
	kill -CONT "$INIT"
	wait_until 2 grep -q WINCH heard
	thaw
	wait_until 5 grep "reaped $ORPHAN .* signal=SIGKILL" hung/log
	kill "$INIT"
	exits 0
}

init_is_stopped() {
	[ "$(state_of "$INIT")" = T ]
}

@test "termination log on a hung file system: the remaining processes have their TERM" {
	ERRORS=log
	start_init -t 5 -T"$PWD/hung/end"
	freeze
	kill -KILL "$(<main)"
	wait_until 2 grep -qs TERM orphan-heard
	thaw
	exits 137
	grep 'status=137' hung/end
}
