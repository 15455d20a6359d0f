#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Processes of the same user in init's container, and what they may do to it.

bats_require_minimum_version 1.5.0
load stop

setup_file() {
	build_actor
}

setup() {
	needs_root
	needs_namespaces
	cd "$BATS_TEST_TMPDIR"
	chmod 755 .
	CGROUP=
	MEMORY=
}

teardown() {
	stop_actors
	[ -z "$CGROUP" ] || rmdir "$CGROUP"
	[ -z "$MEMORY" ] || wait_until 10 rmdir "$MEMORY" 2>/dev/null
}

# The main of most: it has done its worst, and now a signal by way of init, $1,
# and its own end must work, and all that is left end before that.
readonly ENDS='
	trap "exit 7" USR1
	kill -USR1 $1
	for _ in {1..5000}; do sleep 0.01; done
	exit 99'

# attacked SCRIPT [OPTION]...: bash is main, and does SCRIPT to init, $1 and PID
# 1 first.
attacked() {
	local script=$1
	shift
	run -7 --separate-stderr timeout -s KILL 100 unshare --pid --fork \
	    --kill-child --mount-proc "$MINIREAP" -t 5 "$@" -- \
	    bash -c "$script $ENDS" bash 1
	echo "$stderr"
}

@test "STOP to PID 1 by its neighbours has no effect" {
	attacked 'for _ in {1..100}; do kill -STOP $1 -1; done
	    trap : TERM CONT
	    read -r _ _ state _ </proc/1/stat
	    [ "$state" != T ] || exit 98'
}

@test "KILL, and every signal that ends a process by default, do not end PID 1" {
	# No shell can ignore 32 and 33, which would end main.
	attacked 'signals=$(echo {1..31} {34..64})
	    for n in $signals; do
		[ $n = 9 ] || [ $n = 19 ] || trap "" $n
	    done
	    for n in $signals; do kill -$n $1; done'
}

@test "not PID 1: stopped for a while it loses nothing" {
	run -7 timeout 100 "$MINIREAP" -t 5 -- bash -c '
	    kill -STOP $PPID
	    (sleep 0.3; kill -CONT $PPID) &
	    (sleep 0.05 &) # an orphan, to be reaped later
	    set -- $PPID'"$ENDS"
}

@test "not PID 1: stopped and continued again and again, it still waits" {
	for options in '' '-t 5' '-d 0.2'; do
		run -7 timeout 100 "$MINIREAP" $options -- bash -c '
		    trap "exit 7" TERM
		    # It ends later than main, and leaves nobody stopped.
		    (trap "" TERM; for _ in {1..8}; do
			kill -STOP $PPID; kill -CONT $PPID; sleep 0.02
		    done) &
		    kill -TERM $PPID
		    for _ in {1..5000}; do sleep 0.01; done'
	done
}

# For main: poll CONDITION, or fail.
readonly POLL='
	poll() {
		for _ in {1..5000}; do eval "$1" && return; sleep 0.01; done
		exit 98
	}'

@test "a tracer attaches to PID 1, and is killed: signals pass meanwhile and after" {
	needs strace
	attacked "$POLL"'
	    trap "let heard+=1" HUP
	    for n in 1 3 5; do
		rm -f said
		strace -o /dev/null -p $1 2>said & tracer=$!
		poll "grep -qs attached said"
		kill -HUP $1
		poll "[ \$heard = $n ]"
		kill -HUP $1
		kill -KILL $tracer
		wait $tracer
		poll "[ \$heard = $((n + 1)) ]"
	    done 2>/dev/null'
}

@test "a tracer holds PID 1, then detaches or is killed: all is made up for" {
	attacked "$POLL"'
	    trap "heard=yes" HUP
	    mkfifo go
	    for way in detach kill; do
		heard=no
		rm -f said
		"$PROBE" hold $1 <go >said & tracer=$!
		exec 8>go
		poll "grep -qs held said"
		(sleep 1 8>&- & echo $! >orphan) # it outlives the shell between
		orphan=$(<orphan)
		poll "grep -qs ^State:.Z /proc/$orphan/status"
		kill -HUP $1
		sleep 0.3 # it is held all the while
		[ $heard = no ] && [ -e /proc/$orphan ] || exit 97
		[ $way = detach ] || kill -KILL $tracer
		exec 8>&-
		poll "[ \$heard = yes ] && [ ! -e /proc/$orphan ]"
		wait $tracer
	    done 2>/dev/null'
}

@test "its log is a pipe that a neighbour keeps full: signals pass, the end is noticed" {
	mkfifo pipe
	exec 8<>pipe # nobody reads it
	start_init bash -c 'exec "$@" 2>&8' bash "$MINIREAP" -vv -t 5 -- bash -c '
	    trap "heard=yes" USR2
	    kill -USR2 1
	    until [ "$heard" ]; do sleep 0.01; done
	    # What is written to it now fills it, or waits.
	    dd if=/dev/zero of=/proc/1/fd/2 bs=4096 oflag=nonblock 2>/dev/null
	    yes >/proc/1/fd/2 &
	    (sleep 0.01 &)
	    exec "$ACTOR" note notes die '$TERM' 7 mark ready live'
	await_lines ready 1
	for n in {1..20}; do
		send $USR1
		await_lines notes $n
	done
	send $TERM
	await_exit
	exec 9<pipe 8>&-
	cat <&9 >said
	equal status 7 "$STATUS"
	equal 'lines while there was room' 1 "$(grep -ac 'signal SIGUSR2' said)"
	equal 'lines then' 0 "$(grep -ac 'signal SIGUSR1' said)"
}

@test "200,000 signals, by 4 senders: main gets TERM, its end is noticed" {
	local senders=()
	# Real-time signals are queued, so there is a backlog, too.
	start -t 5 -- "$ACTOR" times 4 '{' fork '{' session ignore 12 mark ready \
	    sleep 60000 '}' '}' ignore 1 ignore 10 ignore 12 ignore 40 ignore 64 \
	    die $TERM 7 mark ready live
	await_lines ready 5
	for _ in 1 2 3 4; do
		"$PROBE" storm "$INIT" 20 1 10 12 40 64 >>flood 3>&- &
		senders+=($!)
	done
	wait_until 20 has_lines flood 20
	send $TERM # in the middle of it
	await_exit
	wait "${senders[@]}"
	equal status 7 "$STATUS"
	within 'time since TERM' 0 8000 $((EXITED - SENT)) # they send for 20 s
}

@test "no signal can be queued, for lack of RLIMIT_SIGPENDING: all still come" {
	start_init prlimit --sigpending=0 "$MINIREAP" -g -t 5 -- "$ACTOR" \
	    fork '{' session note rest mark ready live '}' \
	    note notes die $TERM 7 mark ready live
	await_lines ready 2
	# One with a value, which the kernel takes from nobody here, and plain ones.
	"$PROBE" queue "$INIT" $USR2 5 || :
	send $USR1
	await_lines notes 1
	send $TERM
	await_lines notes 2
	await_lines rest 1
	kill -KILL "$(tail -n 1 /proc/"$INIT"/task/"$INIT"/children)"
	await_exit
	equal status 7 "$STATUS"
	equal USR1 1 "$(count_noted notes $USR1)"
}

@test "/proc and /dev unmounted under it: it stops all in order" {
	attacked 'umount -l /dev; while umount -l /proc; do :; done 2>/dev/null
	    ("$ACTOR" save saved 50 mark orphan live &)
	    until [ -e orphan ]; do sleep 0.01; done'
	save_completed saved
}

@test "/proc and /dev of lies mounted over its own, the root read-only: likewise" {
	# Whoever opened a FIFO there, or believed a name, would wait or tell it.
	attacked 'mount --bind . . && cd "$PWD" && mount -o remount,bind,ro /
	    mount -t tmpfs none /dev; mount -t tmpfs none /proc
	    mkfifo /dev/tty
	    for n in self {2..40}; do
		mkdir /proc/$n; mkfifo /proc/$n/{stat,status,cgroup}
	    done
	    for _ in {1..20}; do (sleep 0.01 &); done
	    ("$ACTOR" save saved 50 mark orphan live &)
	    until [ -e orphan ]; do sleep 0.01; done' -w
	save_completed saved
}

# new_root: a directory, new, with what a main needs to live in it.
new_root() {
	needs busybox
	mkdir -p new/bin new/old
	cp "$ACTOR" new/actor
	cp "$(command -v busybox)" new/bin
	ln -s busybox new/bin/sleep
	ln -s busybox new/bin/umount
}

@test "main is in another root: it stops all in order" {
	new_root
	start -t 5 -- chroot new /actor \
	    fork '{' session save saved 50 mark ready live '}' \
	    die $TERM 7 mark ready live
	await_lines new/ready 2
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	save_completed new/saved
}

@test "its own root is taken away, by pivot_root and umount: likewise" {
	new_root
	attacked 'mount --bind new new && cd new && busybox pivot_root . old &&
	    cd / && umount -l /old && [ ! -e /old/bin ] || exit 98
	    (/actor save saved 50 mark orphan live &)
	    until [ -e orphan ]; do sleep 0.01; done'
	save_completed new/saved
}

# bats test_tags=static
@test "a neighbour takes all limits of PID 1 to nothing: likewise" {
	needs prlimit
	attacked 'prlimit --pid 1 --as=0 --core=0 --data=0 --fsize=0 --memlock=0 \
		--msgqueue=0 --nofile=0 --nproc=0 --rss=0 --sigpending=0 --stack=0
	    for _ in {1..20}; do (sleep 0.01 &); done
	    ("$ACTOR" save saved 50 mark orphan live &)
	    until [ -e orphan ]; do sleep 0.01; done' -w
	save_completed saved
}

# As PID 1 it needs none.
@test "a neighbour takes all descriptors from PID 1: the rest is ended, by kill(-1)" {
	needs prlimit busybox
	attacked 'prlimit --pid 1 --nofile=0:0
	    ("$ACTOR" save saved 50 mark orphan live &)
	    until [ -e orphan ]; do sleep 0.01; done'
	save_completed saved
}

# bats test_tags=static
@test "not PID 1, no descriptor for /proc: main's group is killed, and a line says so" {
	run_below ready 0 prlimit --nofile=3:1024 "$MINIREAP" -t 0.5 -- \
	    "$(command -v busybox)" sh -c 'ulimit -n 1024; exec "$@"' sh "$ACTOR" \
	    ignore $TERM fork '{' mark ready live '}' \
	    fork '{' fork '{' mark ready live '}' live '}' await ready 2 exit 7
	equal status 7 "$STATUS"
	only_strangers_survive
	has_messages 1 "^minireap: no usable /proc"
	has_messages 1 "killed .*: the main process's group$"
}

# limit_memory MIB: likewise, MEMORY, for at most so much memory.
limit_memory() {
	local root=/sys/fs/cgroup/memory limit=memory.limit_in_bytes
	[ -d $root ] || { root=/sys/fs/cgroup && limit=memory.max; }
	MEMORY=$root/minireap-hostile-memory-$$
	if ! mkdir "$MEMORY" 2>/dev/null || ! echo $(($1 << 20)) >"$MEMORY/$limit"; then
		MEMORY=
		lacks 'right to limit memory'
	fi
}

# limit_pids MOST: a control group, CGROUP, for at most that many processes.
limit_pids() {
	local root=/sys/fs/cgroup/pids
	[ -d $root ] || root=/sys/fs/cgroup
	CGROUP=$root/minireap-hostile-$$
	if ! mkdir "$CGROUP" 2>/dev/null || ! echo "$1" >"$CGROUP/pids.max"; then
		CGROUP=
		lacks 'right to limit processes'
	fi
}

@test "no process is to be had: main gets TERM, orphans are reaped, all ends" {
	limit_pids 20
	# Who is refused tries again, for ever; main too.
	start_init bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$CGROUP" \
	    "$MINIREAP" -t 1 -- "$ACTOR" die $TERM 7 \
	    times 30 '{' fork '{' fork '{' bomb '}' '}' '}' live
	wait_until 5 eval '[ "$(cat "$CGROUP/pids.current")" = 20 ]'
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	within 'time since TERM' 0 4000 $((EXITED - SENT))
}

# Of cgroup v2, or v1.
oom_has_killed() {
	cat "$MEMORY"/memory.events "$MEMORY"/memory.oom_control 2>/dev/null |
	    grep -qE '^oom_kill [1-9]'
}

# bats test_tags=static
@test "neither memory nor process is to be had: it lives, and all ends" {
	limit_memory 64
	limit_pids 40
	start_init bash -c 'for group; do
		[ "$group" != -- ] || break
		echo $$ >"$group/cgroup.procs"; shift
	    done; shift; exec "$@"' bash "$CGROUP" "$MEMORY" -- \
	    "$MINIREAP" -w -t 1 -- "$ACTOR" die $TERM 7 \
	    times 4 '{' fork '{' expendable hog '}' '}' \
	    times 30 '{' fork '{' expendable fork '{' bomb '}' '}' '}' live
	wait_until 10 oom_has_killed
	wait_until 5 eval '[ "$(cat "$CGROUP/pids.current")" -ge 39 ]'
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	within 'time since TERM' 0 4000 $((EXITED - SENT))
}

# bats test_tags=static
@test "a setuid main that init may not signal: its end is noticed, the time bounded" {
	cp "$(command -v setpriv)" sudo
	chmod 4755 sudo
	start_init setpriv --reuid 4242 --regid 4242 --clear-groups \
	    "$MINIREAP" -t 1 -- ./sudo --reuid 0 --clear-groups \
	    "$ACTOR" fork '{' mark ready live '}' mark ready sleep 700 exit 7
	await_lines ready 2
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	has_messages 1 'cannot signal main process'
	within 'time since TERM' 600 4000 $((EXITED - SENT))
}

# bats test_tags=static
@test "a main of another user outlives the stop: init ends without it, and -T says so" {
	: >log
	chmod 777 .
	start_init setpriv --bounding-set=-kill --inh-caps=-kill \
	    "$MINIREAP" -t 0.1 -T"$PWD/log" -- setpriv --reuid 4242 --clear-groups \
	    "$ACTOR" mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	line='minireap: main process 2 (setpriv) has outlived SIGKILL'
	equal line "$line" "$(tail -n 1 err)"
	equal log "$line; status=137" "$(cat log)"
}

# bats test_tags=static
@test "a user namespace with one mapped user: all the same" {
	unshare --user --map-root-user true || lacks 'user namespaces'
	run -7 --separate-stderr timeout -s KILL 100 setpriv --reuid 4242 \
	    --regid 4242 --clear-groups unshare --user --map-root-user --pid --fork \
	    --kill-child --mount-proc "$MINIREAP" -t 5 -- bash -c "
	    (sleep 60 &); (sleep 0.05 &) $ENDS" bash 1
	equal stderr '' "$stderr"
}
