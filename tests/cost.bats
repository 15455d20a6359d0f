#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What init costs, in units that do not depend on the machine.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# calls FILE: the names of the calls in strace's -f output, from init's exec
# on, in order.  "resumed" halves and exits are left out.
calls() {
	sed -n '/execve("[^"]*minireap"/,$p' "$1" | sed 1d |
	    sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p'
}

# Each call between the exec of init and that of main, both sides, as PID 1:
#	arch_prctl, set_tid_address	musl's start: errno is a thread's own
#	rt_sigprocmask		block all: what comes from here on is heard
#	rt_sigaction		is SIGCHLD ignored?  Then no status would come
#	getpid			PID 1 does not adopt and is tied to nobody
#	open			/dev/tty: is there a terminal to hand over?
#	mmap			a stack for the child
#	clone		on a stack of its own, without a copy of memory
#	setpgid			in the child: main's group, which -g and ^C need
#	rt_sigprocmask		main's mask, as init got it
#	execve
# bats test_tags=static
@test "11 system calls between exec of init and exec of main, each with a reason" {
	needs_root
	strace -f -o trace unshare --pid --fork --mount-proc "$MINIREAP" \
	    /bin/true
	calls trace | sed '/^execve$/q' | sed '/^execve$/d' >seen
	# What a libc's start does is its own affair, and musl's is short.
	! is_musl || [ "$(wc -l <seen)" -le 13 ]
	diff - <(sed -n '/^rt_sigprocmask$/,$p' seen |
	    sed 's/^openat$/open/') <<-LIST
	rt_sigprocmask
	rt_sigaction
	getpid
	open
	mmap
	clone
	setpgid
	rt_sigprocmask
	LIST
}

# Beside these: subreaper, parent-death signal, and has the parent died?
# bats test_tags=static
@test "not PID 1: three more" {
	strace -f -o trace "$MINIREAP" /bin/true
	sed -n 1d trace
	calls <(sed '1s/^\([0-9]*\) execve/\1 execve/' trace) |
	    sed '/^execve$/q' | sed '/^execve$/d' >seen
	! is_musl || [ "$(wc -l <seen)" -le 16 ]
	equal prctl 2 "$(grep -c '^prctl$' seen)"
	equal getppid 1 "$(grep -c '^getppid$' seen)"
}

# One wait that says SIGCHLD, one wait4 that reaps, one that finds no more; every
# eighth of those looks at the clock three times, for what it costs; and every
# 16th turn looks at the other signals.
# bats test_tags=static
@test "less than four system calls for an orphan" {
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
	reaped=$(grep -c '^wait4.*= [1-9]' trace)
	[ "$reaped" -ge 280 ] # the last ones end with the namespace
	all=$(wc -l <trace)
	echo "$all calls for $reaped reaped"
	[ "$all" -lt $((reaped * 4)) ]
}

# bats test_tags=static
@test "nothing of the clock, or of /proc, without an option that needs it" {
	strace -f -o trace "$MINIREAP" -- sh -c 'sleep 0.05 & kill -USR1 $$' || :
	init=$(head -n 1 trace | cut -d' ' -f1)
	# From the first call of ours on; glibc has made some before.
	sed -n "/^$init  *rt_sigprocmask/,\$p" trace >ours
	grep -E "^$init +clone" ours
	run ! grep -E "^$init +(clock_gettime|waitid|readlink|kill|pidfd_open)" ours
	run ! grep -E "^$init .*\"/proc" ours
	equal 'mappings' 1 "$(grep -cE "^$init +(brk|mmap)" ours)"
}

# bats test_tags=static
@test "main's end to init's: the reaping, and exit" {
	# It ends when init waits.
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
@test "idle: not a single wake-up, whatever is armed" {
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
	sleep 1 # the start is over
	for init in $inits; do idle_switches "$init"; done >before
	sleep "${MINIREAP_IDLE_SECONDS:-60}"
	for init in $inits; do idle_switches "$init"; done >after
	for init in $inits; do kill -KILL "$init"; done
	diff before after
}

# bats test_tags=static
@test "idle: at most 20 KiB of private dirty memory" {
	needs_root
	# The pages of a file that was just written are dirty, too.
	sync -f "$MINIREAP"
	unshare --pid --fork --kill-child --mount-proc "$MINIREAP" -- \
	    sleep 300 3>&- &
	init=$(child_of $!)
	wait_until 5 has_child "$init"
	# A stack is 3 or 4 pages, as it begins at random.
	dirty=$(awk '/^Private_Dirty/ { print $2 }' "/proc/$init/smaps_rollup")
	resident=$(awk '/^Rss/ { print $2 }' "/proc/$init/smaps_rollup")
	pages=$(awk '/^[0-9a-f]+-/ { file = $6 } /^Rss/ { print file, $2 }' \
	    "/proc/$init/smaps")
	kill -KILL "$init"
	echo "$dirty KiB dirty, $resident KiB resident: $pages"
	# glibc's own start takes more than that.
	[ "$dirty" -le 20 ] || { ! is_musl && [ "$dirty" -le 80 ]; }
}

# bats test_tags=static
@test "the musl binary has at most 45,056 bytes and no segment that is rwx" {
	size=$(stat -c %s "$MINIREAP")
	echo "$size bytes"
	is_musl || [ "$size" -gt 600000 ] # glibc's, of which one asks no more
	! is_musl || [ "$size" -le 45056 ]
	segments=$(readelf -lW "$MINIREAP" | awk '$1 == "LOAD" || $1 == "GNU_STACK"')
	run ! grep -E 'RWE| E .*W' <<<"$segments"
}
