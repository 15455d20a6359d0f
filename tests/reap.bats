#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Reaping: minireap(1), Reaping and end.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	GROUP=
}

teardown() {
	[ -z "$GROUP" ] || rmdir "$GROUP" || :
}

# limit_pids MAX: create a cgroup, GROUP, that allows at most MAX processes.
limit_pids() {
	local root=/sys/fs/cgroup/pids
	[ -d $root ] || root=/sys/fs/cgroup
	GROUP=$root/minireap-test-$$
	if ! mkdir "$GROUP" 2>/dev/null || ! echo "$1" >"$GROUP/pids.max"; then
		skip 'no right to limit processes by a control group'
	fi 2>/dev/null
}

# in_group COMMAND...: run it in GROUP.
in_group() {
	bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$GROUP" "$@"
}

# zombies: their number in this PID namespace.
zombies() {
	cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z '
}
export -f zombies

@test "reap: 50 orphans: no zombie remains" {
	needs_root
	run -0 as_pid_1 "$MINIREAP" -- bash -c '
	    "$0" orphans 50; for _ in {1..50}; do
		[ "$(zombies)" = 0 ] && exit 0; sleep 0.05; done; exit 1' "$PROBE"
}

# careless_pid_1 SCRIPT [COMMAND...]: run SCRIPT in a PID namespace whose PID 1
# is sleep, which reaps nothing, until SCRIPT is done.
careless_pid_1() {
	"${@:2}" unshare --pid --fork --kill-child --mount-proc bash -c '
	    (until [ "$(cat /proc/1/comm)" = sleep ]; do :; done # bash would reap
	    eval "$1"; touch done) &
	    exec sleep 60' "$PROBE" "$1" 3>&- &
	wait_until 10 test -e 'done'
	kill $!
	wait $! || :
}

@test "control: under a PID 1 that does not wait, all 50 zombies remain" {
	needs_root
	careless_pid_1 '"$0" orphans 50 >/dev/null; sleep 0.5; zombies >count'
	equal zombies 50 "$(cat count)"
}

# one_by_one COUNT: make COUNT orphans in turn, with at most 64 processes.
one_by_one() {
	limit_pids 64
	run -0 in_group unshare --pid --fork --kill-child --mount-proc \
	    "$MINIREAP" -- bash -c '"$0" orphans "$1" && for _ in {1..50}; do
		[ "$(zombies)" = 0 ] && exit 0; sleep 0.05; done; exit 1' \
	    "$PROBE" "$1"
}

@test "reap: 500 orphans in turn, at most 64 processes: fork never fails" {
	one_by_one 500
}

# bats test_tags=slow
@test "reap: 20,000 orphans in turn, at most 64 processes: fork never fails" {
	one_by_one 20000
}

@test "control: with sleep as PID 1 and at most 64 processes, fork fails" {
	limit_pids 64
	careless_pid_1 '"$0" orphans 500 >out 2>&1' in_group
	contains "$(cat out)" 'fork number'
}

# all_at_once COUNT: make COUNT orphans that exit at the same time.
all_at_once() {
	needs_root
	run -7 --separate-stderr as_pid_1 "$MINIREAP" -w -- \
	    "$PROBE" orphans-at-once "$1"
	run -0 as_pid_1 "$MINIREAP" -- bash -c '"$0" orphans-at-once "$1"
	    for _ in {1..100}; do
		[ "$(zombies)" = 0 ] && exit 0; sleep 0.05; done; exit 1' \
	    "$PROBE" "$1"
}

@test "reap: 300 orphans exit at once: no zombie remains, main's status is right" {
	all_at_once 300
}

# bats test_tags=slow
@test "reap: 10,000 orphans exit at once: no zombie remains, main's status is right" {
	all_at_once 10000
}

# figure NAME: the word after NAME in $output.
figure() {
	awk -v name="$1" '{ for (i = 1; i < NF; i++)
		if ($i == name) print $(i + 1) }' <<<"$output"
}

# bats test_tags=alone
@test "reap: 500 orphans exit at once, 4,000 children live: no zombie remains" {
	needs_root
	for options in '' --session; do
		# shellcheck disable=SC2086
		run -7 as_pid_1 "$MINIREAP" $options -- \
		    "$PROBE" many 4000 300 500
		echo "# $output"
		[ "$(figure burst)" -gt 0 ]
		equal switches 0 "$(figure switches)"
	done
}

# Signals 15 and 10 are numbered below SIGCHLD, 28 and 39 above it.
# bats test_tags=alone
@test "forward: 32 processes orphan children all the time: init uses at most 30 ms first" {
	needs_root
	run -0 as_pid_1 "$MINIREAP" -- "$PROBE" latency 32 40 15 10 28 39
	echo "# ours: $output"
	contains "$output" 'lost 0'
	[ "$(figure own)" -le 30000 ]
	[ "$(figure made)" -ge 1000 ]
}

@test "forward: a flood of low signals: a higher one and main's exit get through" {
	cat >flood.py <<-'PYTHON'
	import os, signal, sys, time
	minireap, probe = sys.argv[1:3]
	read, write = os.pipe()
	child = os.fork()
	if child == 0:
	    os.dup2(write, 1)
	    os.execv(minireap, ["minireap", "--", "python3", "-c", """
	import os, signal, time
	for n in (1, 2, 3, 10): signal.signal(n, signal.SIG_IGN)
	got = []
	signal.signal(12, lambda *_: got.append(1))
	os.write(1, b'r')
	end = time.monotonic() + 10
	while not got and time.monotonic() < end: time.sleep(0.005)
	os._exit(5 if got else 6)
	"""])
	os.read(read, 1)
	floods = []
	for n in (1, 2, 3, 10):
	    flood = os.fork()
	    if flood == 0:
	        end = time.monotonic() + 8
	        try:
	            while time.monotonic() < end: os.kill(child, n)
	        except ProcessLookupError: pass
	        os._exit(0)
	    floods.append(flood)
	time.sleep(0.3)
	start = time.monotonic()
	os.kill(child, 12)
	status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
	took = time.monotonic() - start
	for flood in floods:
	    os.kill(flood, 9)
	    os.waitpid(flood, 0)
	print(status, round(took, 3))
	sys.exit(not (status == 5 and took < 7)) # the flood lasts 8 s
	PYTHON
	sed -i 's/^\t//' flood.py
	run -0 timeout 60 python3 flood.py "$MINIREAP" "$PROBE" 3>&-
}

@test "reap: children inherited by exec: they are reaped" {
	needs_root
	run -0 as_pid_1 bash -c 'sleep 0.1 & exec "$0" -- bash -c "
	    for _ in {1..50}; do
		[ \"\$(cat /proc/[0-9]*/comm | grep -c sleep)\" = 0 ] && exit 0
		read -rt 0.05 <><(:)
	    done; exit 1"' "$MINIREAP"
}

@test "reap: zombies inherited by exec: they are reaped" {
	run -0 python3 - "$MINIREAP" 3>&- <<-'PYTHON'
	import os, sys
	child = os.fork() or os._exit(3)
	os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
	os.execv(sys.argv[1], [sys.argv[1], "--", "sh", "-c", f"""
	    for i in 1 2 3 4 5 6 7 8 9 10; do
		[ -d /proc/{child} ] || exit 0; sleep 0.1
	    done; cat /proc/{child}/stat; exit 1"""])
	PYTHON
}

@test "reap: orphans that entered the namespace by nsenter: they are reaped" {
	needs_root
	unshare --pid --fork --kill-child --mount-proc "$MINIREAP" -- \
	    sleep 20 3>&- &
	job=$!
	init=$(child_of $job)
	wait_until 5 has_child "$init"
	for _ in 1 2 3; do
		nsenter -t "$init" -p -m sh -c '(sleep 0.1 &)'
	done
	wait_until 5 eval '[ "$(wc -w <"/proc/'"$init/task/$init"'/children")" = 1 ]'
	kill -TERM "$init"
	wait $job || :
}

@test "reap: the first thread has exited, others run: init waits without spinning" {
	needs_root
	unshare --pid --fork --kill-child --mount-proc "$MINIREAP" -- bash -c '
	    "$0" leader-ends 2; echo ready; sleep 1.5; echo later; sleep 5' \
	    "$PROBE" >out 3>&- &
	job=$!
	init=$(child_of $job)
	wait_until 5 grep -q ready out
	before=$(awk '{ print $14 + $15 }' "/proc/$init/stat")
	wait_until 5 grep -q later out
	after=$(awk '{ print $14 + $15 }' "/proc/$init/stat")
	[ $((after - before)) -le 2 ] # clock ticks
	wait_until 5 eval '[ "$(wc -w <"/proc/'"$init/task/$init"'/children")" = 1 ]'
	kill -TERM "$init"
	wait $job || :
}

@test "reap: not PID 1: init adopts and reaps orphans" {
	run -0 "$MINIREAP" -- bash -c '(bash -c "echo \$\$ >orphan; sleep 0.2" &)
	    until [ -s orphan ]; do read -rt 0.05 <><(:); done
	    orphan=$(cat orphan)
	    for _ in {1..100}; do
		[ -e /proc/$orphan ] || exit 0; read -rt 0.05 <><(:); done; exit 1'
}

# Linux before 4.7 refuses waitid with __WALL in the same way.
@test "reap: waitid refused: main's exit is noticed, orphans are reaped" {
	waitid=247
	[ "$(uname -m)" = x86_64 ] || waitid=95
	for options in '-t 5' -w --session; do
		run -7 timeout 60 python3 "$BATS_TEST_DIRNAME/refuse.py" EINVAL \
		    $waitid -- "$MINIREAP" $options -- sh -c '(:) & exit 7'
	done
	run -7 --separate-stderr timeout 60 python3 \
	    "$BATS_TEST_DIRNAME/refuse.py" EINVAL $waitid -- "$MINIREAP" -w -- \
	    bash -c '(sleep 0.05 &); sleep 0.2; exit 7'
	contains "$stderr" 'minireap: reaped '
}

# As a filter may refuse it that knows only what another init calls.
@test "reap: wait4 refused: signals are forwarded, main's exit is noticed" {
	wait4=61
	[ "$(uname -m)" = x86_64 ] || wait4=260
	for status in 0 7 137; do
		python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM $wait4 -- \
		    "$MINIREAP" -- python3 -c '
import os, signal, sys, time
heard = []
signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))
if os.fork() == 0: os._exit(0)
print("ready", flush=True)
while not heard: time.sleep(0.02)
status = int(sys.argv[1])
if status > 128: os.kill(os.getpid(), status - 128)
os._exit(status)' $status >heard 2>said 3>&- &
		init=$!
		wait_until 10 grep -q ready heard
		before=$(awk '{ print $14 + $15 }' "/proc/$init/stat")
		sleep 0.5
		spent=$(($(awk '{ print $14 + $15 }' "/proc/$init/stat") - before))
		kill -USR1 $init
		actual=0
		wait $init || actual=$?
		equal status $status "$actual"
		run ! grep cannot said
		[ $spent -le 5 ] # clock ticks
	done
}

@test "reap: wait4 and waitid refused: one line, and signals are forwarded" {
	calls='61 247'
	[ "$(uname -m)" = x86_64 ] || calls='260 95'
	python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM $calls -- "$MINIREAP" -- \
	    "$PROBE" listen >heard 2>said 3>&- &
	init=$!
	wait_until 10 grep -q ready heard
	kill -USR1 $init
	kill -USR2 $init
	wait_until 10 eval '[ "$(wc -l <heard)" = 3 ]'
	equal message 'minireap: cannot wait for children: operation not permitted' \
	    "$(cat said)"
	before=$(awk '{ print $14 + $15 }' "/proc/$init/stat")
	sleep 0.5
	spent=$(($(awk '{ print $14 + $15 }' "/proc/$init/stat") - before))
	kill -KILL $init
	wait $init || :
	[ $spent -le 5 ] # clock ticks
}

@test "reap: rt_sigtimedwait refused: no busy loop, and main's exit is noticed" {
	waits=128
	[ "$(uname -m)" = x86_64 ] || waits=137
	python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM $waits -- "$MINIREAP" -- \
	    sh -c 'echo ready; sleep 1; exit 7' >heard 3>&- &
	init=$!
	wait_until 10 grep -q ready heard
	before=$(awk '{ print $14 + $15 }' "/proc/$init/stat")
	sleep 0.6
	spent=$(($(awk '{ print $14 + $15 }' "/proc/$init/stat") - before))
	status=0
	wait $init || status=$?
	equal status 7 "$status"
	[ $spent -le 10 ] # clock ticks
}
