#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What init costs, in units that do not depend on the machine.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# calls FILE: the names of the system calls in the output of strace -f, after
# init's exec, in order, without "resumed" lines and exits.
calls() {
	sed -n '/execve("[^"]*minireap"/,$p' "$1" | sed 1d |
	    sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p'
}

# The calls of parent and child from init's exec to main's, as PID 1:
#	arch_prctl, set_tid_address	musl's start-up: errno is thread-local
#	rt_sigprocmask		block all signals: from now on none is lost
#	rt_sigaction		if SIGCHLD is ignored, there are no statuses
#	getpid			PID 1 needs no subreaper or parent-death signal
#	open			/dev/tty: the terminal to hand over, if any
#	clone			sharing memory, on a stack below init's
#	setpgid			in the child: main's own group, for -g and ^C
#	rt_sigprocmask		the mask that init inherited
#	execve
# bats test_tags=static
@test "cost: PID 1, from init's exec to main's: 10 system calls" {
	needs_root
	strace -f -o trace unshare --pid --fork --mount-proc "$MINIREAP" \
	    /bin/true
	calls trace | sed '/^execve$/q' | sed '/^execve$/d' >seen
	# glibc's start-up makes more calls; musl's few count.
	! is_musl || [ "$(wc -l <seen)" -le 12 ]
	diff - <(sed -n '/^rt_sigprocmask$/,$p' seen |
	    sed 's/^openat$/open/') <<-LIST
	rt_sigprocmask
	rt_sigaction
	getpid
	open
	clone
	setpgid
	rt_sigprocmask
	LIST
}

# prctl for subreaper and parent-death signal, and getppid in case the parent
# has already exited.
# bats test_tags=static
@test "cost: not PID 1, from init's exec to main's: three more system calls" {
	strace -f -o trace "$MINIREAP" /bin/true
	sed -n 1d trace
	calls <(sed '1s/^\([0-9]*\) execve/\1 execve/' trace) |
	    sed '/^execve$/q' | sed '/^execve$/d' >seen
	! is_musl || [ "$(wc -l <seen)" -le 15 ]
	equal prctl 2 "$(grep -c '^prctl$' seen)"
	equal getppid 1 "$(grep -c '^getppid$' seen)"
}

# A wait that returns SIGCHLD, a wait4 that reaps, and one that finds no more
# zombies; or, once the kernel reaps, a wait4 that finds main alive.  Every 16th
# turn checks for other signals.
# bats test_tags=static
@test "cost: each orphan: fewer than four system calls" {
	needs_root
	unshare --pid --fork --kill-child --mount-proc "$MINIREAP" -- bash -c '
	    touch ready; until [ -e go ]; do sleep 0.05; done
	    exec "$0" orphans 300' "$PROBE" 3>&- &
	job=$!
	init=$(child_of $job)
	wait_until 5 test -e ready
	strace -o trace -p "$init" 3>&- 2>/dev/null &
	tracer=$!
	wait_until 5 eval '[ "$(awk "/^TracerPid/ {print \$2}" /proc/'"$init"'/status)" != 0 ]'
	touch go
	wait $job
	wait $tracer || :
	all=$(wc -l <trace)
	echo "$all calls for 300 orphans"
	[ "$all" -ge 100 ]
	[ "$all" -lt 1200 ]
}

# bats test_tags=static
@test "cost: no options: neither the clock nor /proc is read" {
	strace -f -o trace "$MINIREAP" -- sh -c 'sleep 0.05 & kill -USR1 $$' 2>&1 | \
	    cat || :
	init=$(head -n 1 trace | cut -d' ' -f1)
	# Skip the calls of glibc's start-up.
	sed -n "/^$init  *rt_sigprocmask/,\$p" trace >ours
	grep -E "^$init +clone" ours
	run ! grep -E "^$init +(clock_gettime|readlink|kill|pidfd_open)" ours
	run ! grep -E "^$init .*\"/proc" ours
	equal 'mappings' 0 "$(grep -cE "^$init +(brk|mmap)" ours)"
}

# bats test_tags=static
@test "cost: main exits: init calls only wait4 and exit_group" {
	# Main exits while init waits.
	strace -f -o trace "$MINIREAP" -- sleep 0.5
	init=$(head -n 1 trace | cut -d' ' -f1)
	after=$(awk -v init="$init" '
		on && $1 == init && $2 ~ /^[a-z]/ { print $2 }
		$1 == init && /rt_sigtimedwait/ { on = 1 }' trace | sed 's/(.*//')
	equal calls $'wait4\nexit_group' "$after"
}

idle_switches() { # PID
	awk '/ctxt_switches/ { sum += $2 } END { print sum }' "/proc/$1/status"
}

# bats test_tags=slow
@test "cost: idle, any options: no wake-ups" {
	needs_root
	inits=
	for options in '' '-g -vv -w' '-t 5 -d 1 -b -S QUIT' --session; do
		# shellcheck disable=SC2086
		unshare --pid --fork --kill-child --mount-proc "$MINIREAP" \
		    $options -- sleep 300 2>/dev/null 3>&- &
		init=$(child_of $!)
		wait_until 5 has_child "$init"
		inits+=" $init"
	done
	sleep 1 # for the start to finish
	for init in $inits; do idle_switches "$init"; done >before
	sleep "${MINIREAP_IDLE_SECONDS:-60}"
	for init in $inits; do idle_switches "$init"; done >after
	for init in $inits; do kill -KILL "$init"; done
	diff before after
}

# bats test_tags=static
@test "cost: idle: at most 20 KiB of private dirty memory" {
	needs_root
	# The pages of a newly written file count as dirty, too.
	sync -f "$MINIREAP"
	unshare --pid --fork --kill-child --mount-proc "$MINIREAP" -- \
	    sleep 300 3>&- &
	init=$(child_of $!)
	wait_until 5 has_child "$init"
	# The stack takes 3 or 4 pages, as its start address is random.
	dirty=$(awk '/^Private_Dirty/ { print $2 }' "/proc/$init/smaps_rollup")
	resident=$(awk '/^Rss/ { print $2 }' "/proc/$init/smaps_rollup")
	pages=$(awk '/^[0-9a-f]+-/ { file = $6 } /^Rss/ { print file, $2 }' \
	    "/proc/$init/smaps")
	kill -KILL "$init"
	echo "$dirty KiB dirty, $resident KiB resident: $pages"
	# glibc's start-up alone dirties more.
	[ "$dirty" -le 20 ] || { ! is_musl && [ "$dirty" -le 80 ]; }
}

# bats test_tags=static
@test "cost: musl binary: at most 45,056 bytes, no writable and executable segment" {
	size=$(stat -c %s "$MINIREAP")
	echo "$size bytes"
	is_musl || [ "$size" -gt 600000 ] # glibc: no limit
	! is_musl || [ "$size" -le 45056 ]
	segments=$(readelf -lW "$MINIREAP" | awk '$1 == "LOAD" || $1 == "GNU_STACK"')
	run ! grep -E 'RWE| E .*W' <<<"$segments"
}
