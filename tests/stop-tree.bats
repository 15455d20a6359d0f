#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2086,SC2153 # other shells; signal numbers
# A stop by an init that is not PID 1: it signals all its descendants and no
# other process.

bats_require_minimum_version 1.5.0

load stop

teardown() {
	stop_actors
	[ -z "${CGROUP:-}" ] || rmdir "$CGROUP"
}

@test "not PID 1: a stop: all descendants get TERM, strangers do not" {
	run_below ready 6 "$MINIREAP" -t 5 -- "$ACTOR" \
		times 2 '{' fork '{' session save file 200 note notes mark ready live '}' '}' \
		times 2 '{' fork '{' group save file 200 note notes mark ready live '}' '}' \
		fork '{' fork '{' session save file 200 note notes mark ready live '}' '}' \
		note main quit $TERM 50 4 mark ready live
	equal status 4 "$STATUS"
	equal "lines of five workers" 10 "$(wc -l <file)"
	equal "TERMs to the workers" 5 "$(count_noted notes $TERM)"
	equal "TERMs to main" 1 "$(count_noted main $TERM)"
	within time 250 4999 "$TOOK"
	only_strangers_survive
	no_messages
}

@test "not PID 1: main exits: a worker saves its file, the status is main's" {
	run_below ready 0 "$MINIREAP" -t 5 -- "$ACTOR" fork '{' session save file 300 \
		mark ready live '}' await ready 1 exit 7
	equal status 7 "$STATUS"
	save_completed file
	only_strangers_survive
	no_messages
}

@test "not PID 1: processes ignore TERM: killed at the end of the grace and named" {
	run_below ready 3 "$MINIREAP" -t 0.5 -- "$ACTOR" ignore $TERM \
		fork '{' session name 'deaf) S 1 (' mark deaf mark ready live '}' \
		fork '{' fork '{' group name dumb mark dumb mark ready live '}' '}' \
		mark ready live
	equal status 137 "$STATUS"
	within time 1000 3500 "$TOOK"
	grep -F "$(cat deaf) (deaf) S 1 ()" err
	grep -F "$(cat dumb) (dumb)" err
	equal lines 2 "$(wc -l <err)"
	only_strangers_survive
}

# exit_below_shell: run the actor alone; exit_below_init: under minireap.
exit_below_shell() {
	remove_marks
	run_below ready 0 "$ACTOR" exit 5
	equal status 5 "$STATUS"
}

exit_below_init() {
	remove_marks
	run_below ready 0 "$MINIREAP" -t 10 -- "$ACTOR" exit 5
	equal status 5 "$STATUS"
	only_strangers_survive
	no_messages
}

remove_marks() {
	rm -f ready strange strangers
}

# bats test_tags=static
@test "not PID 1: main exits and leaves no process: init exits at once" {
	as_fast_as exit_below_shell exit_below_init
}

@test "not PID 1: main exits while a worker is stopped: continued, and saves its file" {
	run_below ready 0 "$MINIREAP" -t 5 -- "$ACTOR" fork '{' session save file 200 \
		mark ready stop live '}' await ready 1 sleep 100 exit 7
	equal status 7 "$STATUS"
	save_completed file
	within time 300 4999 "$(elapsed_since ready)"
	only_strangers_survive
}

@test "not PID 1, -b: a stop: the daemon saves its file" {
	run_below ready 1 "$MINIREAP" -b -- "$ACTOR" fork '{' session fork '{' \
		save file 200 sleep 200 mark ready live '}' '}' reap exit 0
	equal status 0 "$STATUS"
	save_completed file
	only_strangers_survive
	no_messages
}

@test "not PID 1, -b: signals after main exited: reach every descendant, no stranger" {
	run_below ready 3 "$MINIREAP" -b -r TERM:USR1 -- "$ACTOR" \
		times 2 '{' fork '{' session note notes quit $USR1 0 0 mark ready live '}' '}' \
		fork '{' fork '{' note notes quit $USR1 0 0 sleep 200 mark ready live '}' '}' \
		await ready 2 exit 0
	equal status 0 "$STATUS"
	equal "USR1s" 3 "$(count_noted notes $USR1)"
	only_strangers_survive
}

end_2000() {
	run_below ready 1 "$MINIREAP" -t 1 -- "$ACTOR" ignore $TERM \
		times 2000 '{' fork '{' live '}' '}' mark ready live
	equal status 137 "$STATUS"
	only_strangers_survive
	within time 2000 4000 "$TOOK"
}

# bats test_tags=alone
@test "not PID 1: 2,000 descendants ignore TERM: killed within TIME + 3 s" {
	needs_little_more 2000 2000 end_2000
}

# bats test_tags=alone
@test "not PID 1: a chain of 1,000 processes: the last gets TERM, all are killed in time" {
	run_below ready 1 "$MINIREAP" -t 1 -- "$ACTOR" ignore $TERM chain 1000 \
		'{' note notes mark chained live '}' await chained 1 mark ready live
	equal status 137 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	only_strangers_survive
	within time 2000 4000 "$TOOK"
}

@test "tree walk: parents die during the walk: their children get TERM too" {
	# A supervisor that waits for its children when it gets TERM, as many do.
	run_below ready 0 "$MINIREAP" -t 5 -- "$ACTOR" fork '{' ignore $TERM times 300 '{' \
		fork '{' default $TERM fork '{' note notes quit $TERM 100 0 mark ready \
		live '}' live '}' '}' reap exit 0 '}' await ready 300 exit 3
	equal status 3 "$STATUS"
	equal "TERMs" 300 "$(count_noted notes $TERM)"
	within time 100 4999 "$(elapsed_since ready)"
	only_strangers_survive
	no_messages
}

@test "tree walk: the first thread of a process has exited: it is killed in time" {
	run_below ready 0 "$MINIREAP" -t 0.5 -- "$ACTOR" fork '{' ignore $TERM mark ready \
		leaderless '}' await ready 1 sleep 50 exit 3
	equal status 3 "$STATUS"
	within time 550 3550 "$(elapsed_since ready)"
	only_strangers_survive
}

@test "tree walk: the first thread of a worker has exited: it gets TERM" {
	run_below ready 0 "$MINIREAP" -t 3 -- "$ACTOR" fork '{' note notes quit $TERM 0 0 \
		mark ready leaderless '}' await ready 1 sleep 50 exit 3
	equal status 3 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	within time 50 2999 "$(elapsed_since ready)"
	only_strangers_survive
}

@test "tree walk: a stopped process without its first thread: continued" {
	run_below ready 0 "$MINIREAP" -t 3 -- "$ACTOR" fork '{' session note notes \
		quit $TERM 0 0 frozen ready '}' await ready 1 sleep 100 exit 3
	equal status 3 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	within time 100 2999 "$(elapsed_since ready)"
	only_strangers_survive
	no_messages
}

@test "tree walk: a stranger reuses a pid: it and its child get no signal" {
	needs python3
	[ -w /proc/sys/kernel/ns_last_pid ] || lacks "ns_last_pid"
	# As soon as our first worker has exited, the stranger forks a child with that
	# pid, which forks one with a pid that the walk has not reached.
	cat >stranger.py <<-'PYTHON'
	import os, pathlib, signal, time
	def wait_until(done):
	    end = time.monotonic() + 10
	    while not done() and time.monotonic() < end:
	        pass
	def note(sig, _):
	    with open("strange", "a") as f:
	        f.write(f"{sig} {os.getpid()} 0\n")
	def fork_as(pid):
	    with open("/proc/sys/kernel/ns_last_pid", "w") as f:
	        f.write(str(pid - 1))
	    return os.fork()
	def is_free(pid):
	    try:
	        os.kill(pid, 0)
	    except ProcessLookupError:
	        return True
	victim = int(pathlib.Path("victim").read_text())
	for sig in (signal.SIGTERM, signal.SIGCONT):
	    signal.signal(sig, note)
	pathlib.Path("watching").write_text("yes\n")
	wait_until(lambda: is_free(victim))
	for attempt in range(20):
	    child = fork_as(victim)
	    if child == 0 and os.getpid() != victim:
	        os._exit(0)
	    if child == 0:
	        fork_as(30000)
	    if child in (0, victim):
	        break
	wait_until(pathlib.Path("over").exists)
	PYTHON
	run_below ready 0 bash -c '
		"$@" & init=$!
		until [ -e ready ]; do sleep 0.02; done
		python3 stranger.py &
		wait $init; status=$?
		touch over; exit $status' bash \
		"$MINIREAP" -t 0.1 -- "$ACTOR" fork '{' session ignore $TERM ignore 17 \
			fork '{' default $TERM mark victim live '}' await victim 1 \
			times 2500 '{' fork '{' live '}' '}' mark ready live '}' \
		await watching 1 exit 3
	equal status 3 "$STATUS"
	equal "signals to strangers" 0 "$(count_noted strange '.*')"
}

# refuse_call NUMBER ERROR COMMAND...: set the array refused to a command that
# executes COMMAND, for which this system call fails with ERROR.
refuse_call() {
	needs python3
	refused=(python3 "$BATS_TEST_DIRNAME/refuse.py" "$2" "$1" -- "${@:3}")
}

@test "tree walk: pidfd calls fail with EPERM: all get TERM, then KILL" {
	local call
	for call in 424 434; do # pidfd_send_signal, pidfd_open
		rm -f ready notes strange strangers
		refuse_call $call EPERM "$MINIREAP" -t 0.2 -- "$ACTOR" ignore $TERM \
			fork '{' session fork '{' note notes mark ready live '}' live '}' \
			await ready 1 exit 3
		run_below ready 0 "${refused[@]}"
		equal status 3 "$STATUS"
		equal "TERMs" 1 "$(count_noted notes $TERM)"
		only_strangers_survive
	done
}

# limited PIDS COMMAND...: run_below executes COMMAND, for which at most PIDS
# processes are allowed at a time.
limited() {
	CGROUP=/sys/fs/cgroup/pids/minireap-tree-$$
	mkdir -p "$CGROUP" 2>/dev/null || { CGROUP='' && lacks "cgroup v1 of pids"; }
	echo "$1" >"$CGROUP/pids.max"
	shift
	limited=(sh -c 'echo $$ >"$0" && exec "$@"' "$CGROUP/cgroup.procs" "$@")
}

@test "tree walk: processes that fork and exit again and again: killed in time" {
	for n in 1 2 3; do
		rm -f ready strange strangers
		# Else zombies may use up the pids of a busy machine.
		limited 500 "$MINIREAP" -t 0.2 -- "$ACTOR" ignore $TERM \
			times "$n" '{' fork '{' session mark ready hop '}' '}' \
			await ready "$n" exit 3
		run_below ready 0 "${limited[@]}"
		equal status 3 "$STATUS"
		within time 200 3200 "$(elapsed_since ready)"
		only_strangers_survive
	done
}

@test "tree walk: the same, and pids wrap around at 400: killed in time" {
	local release major minor
	release=$(uname -r)
	IFS=.- read -r major minor _ <<<"$release"
	[ "$major" -gt 6 ] || { [ "$major" = 6 ] && [ "$minor" -ge 14 ]; } ||
		skip "a pid_max of a namespace's own needs Linux 6.14"
	run_below ready 0 sh -c 'echo 400 >/proc/sys/kernel/pid_max && exec "$@"' sh \
		"$MINIREAP" -t 0.2 -- "$ACTOR" ignore $TERM \
		times 2 '{' fork '{' session mark ready hop '}' '}' \
		await ready 2 sleep 100 exit 3
	equal status 3 "$STATUS"
	within time 300 3300 "$(elapsed_since ready)"
	only_strangers_survive
}

# bats test_tags=alone
@test "tree walk: a fork bomb that ignores TERM: killed within TIME + 3 s" {
	limited 200 "$MINIREAP" -t 1 -- "$ACTOR" ignore $TERM \
		fork '{' session bomb '}' sleep 500 mark ready live
	run_below ready 1 "${limited[@]}"
	equal status 137 "$STATUS"
	within time 2000 4000 "$TOOK"
	only_strangers_survive
}

# bats test_tags=static
@test "tree walk: system calls: no signal to all, none to main once reaped" {
	needs strace
	run_below ready 0 strace -o calls "$MINIREAP" -t 0.3 -- "$ACTOR" \
		fork '{' session ignore $TERM mark ready live '}' \
		fork '{' fork '{' group mark ready live '}' '}' \
		mark main await ready 2 exit 3
	equal status 3 "$STATUS"
	main=$(cat main)
	grep -q 'SIGKILL' calls # control: KILL was sent
	equal "calls to all" "" "$(grep '^kill(-1,' calls)"
	sed "1,/^wait4(.* = $main\$/d" calls >after
	[ -s after ]
	equal "calls to main" "" \
		"$(grep -E "^(kill|rt_sigqueueinfo|pidfd_open)\(-?$main," after)"
	grep '(stranger)' survivors
}

# bats test_tags=static
@test "tree walk: system calls: TERM goes by pidfd, and all memory is unmapped" {
	needs strace
	run_below ready 0 strace -o trace "$MINIREAP" -t 3 -- "$ACTOR" \
		times 3 '{' fork '{' session quit $TERM 0 0 mark ready live '}' '}' \
		await ready 3 sleep 50 exit 3
	equal status 3 "$STATUS"
	equal "by pidfd" 3 "$(grep -c '^pidfd_send_signal(.*SIGTERM, NULL, 0) *= 0' trace)"
	equal "by number" '' "$(grep '^kill(.*SIGTERM' trace)"
	grep -oE '^mmap\(NULL, [0-9]+' trace | grep -oE '[0-9]+$' >mapped
	[ -s mapped ]
	grep -oE '^munmap\(.*, [0-9]+' trace | grep -oE '[0-9]+$' | diff mapped -
}

# without_proc COMMAND...: set the array without_proc to a command that mounts
# an empty directory over /proc and executes COMMAND.
without_proc() {
	without_proc=(unshare --mount sh -c
		'mount -t tmpfs none /proc && exec "$@"' sh "$@")
}

# bats test_tags=static
@test "no /proc: main exits: its group gets TERM, and a worker saves its file" {
	without_proc "$MINIREAP" -t 5 -- "$ACTOR" \
		fork '{' save file 300 mark ready live '}' await ready 1 exit 3
	run_below ready 0 "${without_proc[@]}"
	equal status 3 "$STATUS"
	save_completed file
	only_strangers_survive
	has_messages 1 '^minireap: no usable /proc'
	equal lines 1 "$(wc -l <err)"
}

# bats test_tags=static
@test "no /proc: a group ignores TERM: killed at the end of the grace" {
	without_proc "$MINIREAP" -t 0.5 -- "$ACTOR" ignore $TERM \
		fork '{' mark ready live '}' fork '{' mark ready live '}' \
		await ready 2 exit 3
	run_below ready 0 "${without_proc[@]}"
	equal status 3 "$STATUS"
	only_strangers_survive
	has_messages 1 "^minireap: killed .*: the main process's group$"
	has_messages 1 '^minireap: no usable /proc'
	equal lines 2 "$(wc -l <err)"
}

@test "no /proc: a process in another group: not signalled, and waited for briefly" {
	without_proc "$MINIREAP" -t 0.5 -- "$ACTOR" \
		fork '{' session name hidden note notes mark ready live '}' \
		await ready 1 exit 3
	run_below ready 0 "${without_proc[@]}"
	equal status 3 "$STATUS"
	within time 2500 3500 "$TOOK"
	equal signals 0 "$(count_noted notes '.*')"
	grep '(hidden)' survivors
	has_messages 1 '^minireap: no usable /proc'
}

@test "no /proc: two processes of main's group: each gets TERM once" {
	without_proc "$MINIREAP" -t 3 -- "$ACTOR" \
		fork '{' fork '{' note notes quit $TERM 300 0 mark ready live '}' \
			note notes quit $TERM 100 0 mark ready live '}' await ready 2 exit 3
	run_below ready 0 "${without_proc[@]}"
	equal status 3 "$STATUS"
	equal "TERMs" 2 "$(count_noted notes $TERM)"
	only_strangers_survive
}

exit_without_proc() {
	remove_marks
	without_proc "$ACTOR" exit 5
	run_below ready 0 "${without_proc[@]}"
	equal status 5 "$STATUS"
}

exit_under_init_without_proc() {
	remove_marks
	without_proc "$MINIREAP" -t 10 -- "$ACTOR" exit 5
	run_below ready 0 "${without_proc[@]}"
	equal status 5 "$STATUS"
	only_strangers_survive
	no_messages
}

# bats test_tags=static
@test "no /proc: main exits and leaves no process: init exits at once, without a line" {
	as_fast_as exit_without_proc exit_under_init_without_proc
}

@test "no /proc, -b -t: main exits: its group gets TERM only on a stop" {
	without_proc "$MINIREAP" -b -t 5 -- "$ACTOR" fork '{' note notes \
		quit $TERM 0 0 mark daemon sleep 400 mark ready live '}' \
		await daemon 1 exit 3
	run_below ready 1 "${without_proc[@]}"
	equal status 3 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	[ "$(time_noted notes $TERM)" -ge "$SENT" ]
	only_strangers_survive
}

@test "no /proc, -b --session: main exits, then a stop: its group gets TERM and USR1" {
	without_proc "$MINIREAP" -b --session -r TERM:USR1 -- "$ACTOR" fork '{' \
		note notes mark daemon await notes 1 mark ready die $USR1 0 live '}' \
		await daemon 1 exit 3
	run_below ready 1 "${without_proc[@]}"
	equal status 3 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	only_strangers_survive
}

# bats test_tags=static
@test "no /proc, PID 1: main exits: the rest gets TERM and KILL, no names are printed" {
	start_init sh -c 'mount -t tmpfs none /proc && exec "$@"' sh \
		"$MINIREAP" -t 0.5 -- "$ACTOR" fork '{' session note notes mark ready live '}' \
		fork '{' session save file 200 mark ready stop live '}' \
		await ready 2 sleep 100 exit 3
	await_exit
	equal status 3 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	save_completed file
	within time 600 3600 "$(elapsed_since ready)"
	equal lines 1 "$(wc -l <err)"
	has_messages 1 /proc
	has_messages 0 '\('
}

@test "foreign /proc: main exits: no wrong names, no stranger signalled" {
	# In that /proc, our pids belong to the shell and to strangers.
	run_below ready 0 unshare --pid --fork sh -c '"$@"; exit $?' sh \
		"$MINIREAP" -t 0.5 -- "$ACTOR" ignore $TERM name ours \
		fork '{' session mark ready live '}' fork '{' mark ready live '}' \
		await ready 2 exit 3
	equal status 3 "$STATUS"
	only_strangers_survive
	has_messages 0 'stranger|bash|\(sh\)|unshare'
	has_messages 1 '/proc'
}

@test "foreign /proc, PID 1: main exits: no wrong names" {
	run_below ready 0 unshare --pid --fork \
		"$MINIREAP" -t 0.5 -vv -- "$ACTOR" ignore $TERM name ours \
		fork '{' session mark ready live '}' fork '{' mark ready live '}' \
		await ready 2 exit 3
	equal status 3 "$STATUS"
	only_strangers_survive
	has_messages 0 'stranger|bash|\(sh\)|unshare'
	has_messages 1 '/proc'
}

@test "not PID 1: children from before init was executed: get TERM as descendants" {
	# A shell with children executes minireap: to the kernel they are its children,
	# so init signals them and their descendants.
	run_below ready 2 sh -c '"$0" note notes die '$TERM' 0 mark ready live & exec "$@"' \
		"$ACTOR" "$MINIREAP" -t 2 -- "$ACTOR" mark ready live
	equal status 143 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	only_strangers_survive
}

@test "not PID 1: an init under an init: a stop: a worker saves its file" {
	run_below ready 2 "$MINIREAP" -t 5 -- "$MINIREAP" -t 5 -- "$ACTOR" \
		fork '{' session save file 200 mark ready live '}' \
		quit $TERM 50 6 mark ready live
	equal status 6 "$STATUS"
	save_completed file
	only_strangers_survive
	no_messages
}
