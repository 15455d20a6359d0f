#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2086,SC2153 # other shells; signal numbers
# A stop with processes that init did not start, may not signal, or cannot kill:
# minireap(1), -t and -b.

bats_require_minimum_version 1.5.0

KILL_CALL=62 QUEUE_CALL=129 PIDFD_SEND_SIGNAL=424 # on x86-64, for refuse.py

load stop

teardown() {
	[ -z "${FROZEN:-}" ] || thaw
	stop_actors
	[ -z "${FROZEN:-}" ] || wait_until 10 rmdir "$FROZEN"
}

# enter WORD...: an actor in init's namespace, as docker exec starts one: its
# parent is outside.  Sets GUEST to its pid.
enter() {
	(exec nsenter --target "$INIT" --pid "$ACTOR" "$@") <&- >&- 2>&- 3>&- &
	wait_until 10 has_child $!
	GUEST=$(child_of $!)
}

@test "PID 1, -t: a process of docker exec: gets TERM and the time to save its file" {
	start -t 5 -- "$ACTOR" die $TERM 7 mark ready live
	enter save file 500 mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	save_completed file
	no_messages
	within 'time' 500 4999 $((EXITED - SENT))
}

@test "control: without -t the kernel kills it in the middle" {
	start -- "$ACTOR" die $TERM 7 mark ready live
	enter save file 500 mark ready live
	await_lines ready 2
	kill -TERM $GUEST
	wait_until 10 test -s file
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	save_cut_short file
}

@test "PID 1, -b: main exits: a process of docker exec is waited for" {
	start -b -- "$ACTOR" await go 1 exit 3
	enter mark go sleep 700 mark late exit 0
	await_exit
	equal status 3 "$STATUS"
	[ -s late ]
	no_messages
}

@test "PID 1, -t: docker exec ignores TERM, with a child: killed after the grace" {
	start -t 1 -- "$ACTOR" die $TERM 7 mark ready live
	enter ignore $TERM fork '{' mark ready live '}' mark ready live
	await_lines ready 3
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	has_messages 1 'killed the remaining processes: '
	within 'time' 1000 4000 $((EXITED - SENT))
}

@test "PID 1, -t: a nested PID namespace ignores TERM: it costs the grace" {
	start -t 1 -- "$ACTOR" die $TERM 7 mark ready live
	nsenter --target "$INIT" --pid unshare --pid --fork --kill-child \
		"$ACTOR" mark ready live <&- >&- 2>&- 3>&- &
	await_lines ready 2
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	within 'time' 1000 4000 $((EXITED - SENT))
}

@test "PID 1, -t: a zombie of a parent outside: init does not wait for it" {
	start -t 20 -- "$ACTOR" die $TERM 7 mark ready live
	python3 - "$INIT" 3>&- <<-'PYTHON' &
	import ctypes, os, sys, time
	namespace = os.open(f"/proc/{sys.argv[1]}/ns/pid", os.O_RDONLY)
	ctypes.CDLL(None).setns(namespace, 0x20000000) # CLONE_NEWPID
	if os.fork() == 0:
	    os._exit(0)
	open("made", "w").write("1")
	time.sleep(30)
	PYTHON
	holder=$!
	wait_until 10 test -s made
	await_lines ready 1
	send $TERM
	# Init exits, but the kernel lets it go only without the zombie.
	wait_until 3 eval '! grep -q VmRSS /proc/$INIT/status'
	read_clock
	within 'time' 0 9999 $((NOW - SENT))
	kill $holder
	await_exit
	equal status 7 "$STATUS"
}

@test "PID 1, -t: a process that init may not signal: named once, not waited for" {
	start_with_stranger -t 5 -- "$ACTOR" die $TERM 7 mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	has_messages 1 '^minireap: cannot signal [0-9]+ \(sleep\): operation not permitted$'
	equal lines 1 "$(wc -l <err)"
	within 'time' 0 4999 $((EXITED - SENT))
}

# As AppArmor and SELinux do it.
@test "signals refused with EACCES: a warning, and init exits in time" {
	[ "$(uname -m)" = x86_64 ] || skip 'the numbers are for x86-64'
	for runner in start_init run_plain; do
		rm -f ready
		$runner python3 "$BATS_TEST_DIRNAME/refuse.py" EACCES \
			$KILL_CALL $QUEUE_CALL $PIDFD_SEND_SIGNAL -- \
			"$MINIREAP" -t 0.3 -- "$ACTOR" fork '{' mark ready live '}' \
			mark ready live
		await_lines ready 2
		send $TERM
		await_exit
		equal status 137 "$STATUS"
		has_messages 1 '^minireap: cannot signal main process [0-9]+ \(actor\): permission denied$'
		has_messages 0 ': killed$'
		has_messages 0 'killed the remaining'
		has_messages 1 'has outlived SIGKILL'
		within 'time' 600 5600 $((EXITED - SENT))
	done
}

# run_plain COMMAND...: as start_init, but not as PID 1.
run_plain() {
	start_init bash -c '"$@" & echo $! >init; wait $!' bash "$@"
	wait_until 10 test -s init
	INIT=$(host_pid "$(<init)")
}

# host_pid PID: the pid here of a process of the namespace of start_init.
host_pid() {
	local namespace process
	namespace=$(readlink "/proc/$INIT/ns/pid")
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/ns/pid")" != "$namespace" ] ||
			! grep -q "^NSpid:.*	$1\$" "$process/status" || {
			echo "${process#/proc/}"
			return
		}
	done 2>/dev/null
}

thaw() {
	echo THAWED >"$FROZEN/freezer.state"
}

# Even SIGKILL waits for the freezer of cgroup v1.
@test "-t: main is stuck in the kernel: the others get TERM and their time" {
	FROZEN=/sys/fs/cgroup/freezer/minireap-test-$$
	mkdir "$FROZEN" 2>/dev/null || { FROZEN='' && lacks 'freezer of cgroup v1'; }
	run_plain "$MINIREAP" -t 1 -- "$ACTOR" \
		fork '{' save file 500 mark ready live '}' mark main live
	await_lines ready 1
	await_lines main 1
	host_pid "$(<main)" >"$FROZEN/cgroup.procs"
	echo FROZEN >"$FROZEN/freezer.state"
	send $TERM
	wait_until 10 grep -q 'has outlived SIGKILL' err
	thaw
	await_exit
	equal status 137 "$STATUS"
	save_completed file
	within 'time' 5000 7000 $((EXITED - SENT))
}
