#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What processes of the same user, in init's container, can do to init.

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

# The end of most main scripts: after the attack, init (pid $1) must still
# forward a signal, notice main's exit, and stop the remaining processes.
readonly THEN_EXIT='
	trap "exit 7" USR1
	kill -USR1 $1
	for _ in {1..5000}; do sleep 0.01; done
	exit 99'

# survives_attack SCRIPT [OPTION]...: as main, bash runs SCRIPT against init,
# whose pid is $1 and 1, and then THEN_EXIT.
survives_attack() {
	local script=$1
	shift
	run -7 --separate-stderr timeout -s KILL 100 unshare --pid --fork \
	    --kill-child --mount-proc "$MINIREAP" -t 5 "$@" -- \
	    bash -c "$script $THEN_EXIT" bash 1
	echo "$stderr"
}

@test "PID 1: STOP from a process in its namespace: no effect" {
	survives_attack 'for _ in {1..100}; do kill -STOP $1 -1; done
	    trap : TERM CONT
	    read -r _ _ state _ </proc/1/stat
	    [ "$state" != T ] || exit 98'
}

@test "PID 1: KILL and every fatal signal from its namespace: keeps running" {
	# Main cannot ignore 32 and 33 in a shell, so they would kill it.
	survives_attack 'signals=$(echo {1..31} {34..64})
	    for n in $signals; do
		[ $n = 9 ] || [ $n = 19 ] || trap "" $n
	    done
	    for n in $signals; do kill -$n $1; done'
}

@test "not PID 1: stopped for a while: no signal and no orphan is lost" {
	run -7 timeout 100 "$MINIREAP" -t 5 -- bash -c '
	    kill -STOP $PPID
	    (sleep 0.3; kill -CONT $PPID) &
	    (sleep 0.05 &) # an orphan, reaped later
	    set -- $PPID'"$THEN_EXIT"
}

@test "not PID 1: stopped and continued repeatedly: still waits" {
	for options in '' '-t 5' '-d 0.2'; do
		run -7 timeout 100 "$MINIREAP" $options -- bash -c '
		    trap "exit 7" TERM
		    # It outlives main and leaves init running.
		    (trap "" TERM; for _ in {1..8}; do
			kill -STOP $PPID; kill -CONT $PPID; sleep 0.02
		    done) &
		    kill -TERM $PPID
		    for _ in {1..5000}; do sleep 0.01; done'
	done
}

# A function for main: poll CONDITION, or exit with 98.
readonly POLL='
	poll() {
		for _ in {1..5000}; do eval "$1" && return; sleep 0.01; done
		exit 98
	}'

@test "a tracer attaches to PID 1 and is killed: signals pass meanwhile and after" {
	needs strace
	survives_attack "$POLL"'
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

@test "a tracer holds PID 1, then detaches or is killed: pending work is done" {
	survives_attack "$POLL"'
	    trap "heard=yes" HUP
	    mkfifo go
	    for way in detach kill; do
		heard=no
		rm -f said
		"$PROBE" hold $1 <go >said & tracer=$!
		exec 8>go
		poll "grep -qs held said"
		(sleep 1 8>&- & echo $! >orphan) # it outlives the subshell
		orphan=$(<orphan)
		# It is a zombie, unless the kernel reaps it.
		poll "! grep -qs ^State:.[^Z] /proc/$orphan/status"
		kill -HUP $1
		sleep 0.3 # the tracer holds init meanwhile
		[ $heard = no ] || exit 97
		[ $way = detach ] || kill -KILL $tracer
		exec 8>&-
		poll "[ \$heard = yes ] && [ ! -e /proc/$orphan ]"
		wait $tracer
	    done 2>/dev/null'
}

@test "a full pipe as init's log: signals pass, and main's exit is noticed" {
	mkfifo pipe
	exec 8<>pipe # not read until the end
	start_init bash -c 'exec "$@" 2>&8' bash "$MINIREAP" -vv -t 5 -- bash -c '
	    trap "heard=yes" USR2
	    kill -USR2 1
	    until [ "$heard" ]; do sleep 0.01; done
	    # Fill the pipe; after that, a write to it blocks.
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
	equal 'lines before it was full' 1 "$(grep -ac 'signal SIGUSR2' said)"
	equal 'lines when it was full' 0 "$(grep -ac 'signal SIGUSR1' said)"
}

# What is queued counts for the user: other tests would miss signals.
# bats test_tags=alone
@test "200,000 signals from 4 senders: main gets TERM, and its exit is noticed" {
	local senders=()
	# Real-time signals are queued, so they also make a backlog.
	start -t 5 -- "$ACTOR" times 4 '{' fork '{' session ignore 12 mark ready \
	    sleep 60000 '}' '}' ignore 1 ignore 10 ignore 12 ignore 40 ignore 64 \
	    die $TERM 7 mark ready live
	await_lines ready 5
	for _ in 1 2 3 4; do
		"$PROBE" storm "$INIT" 20 1 10 12 40 64 >>flood 3>&- &
		senders+=($!)
	done
	wait_until 20 has_lines flood 20
	send $TERM # during the storm
	await_exit
	wait "${senders[@]}"
	equal status 7 "$STATUS"
	within 'time since TERM' 0 8000 $((EXITED - SENT)) # they send for 20 s
}

@test "RLIMIT_SIGPENDING 0: no signal can be queued: all still arrive" {
	start_init prlimit --sigpending=0 "$MINIREAP" -g -t 5 -- "$ACTOR" \
	    fork '{' session note rest mark ready live '}' \
	    note notes die $TERM 7 mark ready live
	await_lines ready 2
	# One with a value, which the kernel drops here, and plain ones.
	"$PROBE" queue "$INIT" $USR2 5
	await_lines notes 1
	send $USR1
	await_lines notes 2
	send $TERM
	await_lines notes 3
	await_lines rest 1
	kill -KILL "$(tail -n 1 /proc/"$INIT"/task/"$INIT"/children)"
	await_exit
	equal status 7 "$STATUS"
	equal USR1 1 "$(count_noted notes $USR1)"
	equal USR2 1 "$(count_noted notes $USR2)"
}

@test "/proc and /dev are unmounted: main exits: the orphan saves its file" {
	survives_attack 'umount -l /dev; while umount -l /proc; do :; done 2>/dev/null
	    ("$ACTOR" save saved 50 mark orphan live &)
	    until [ -e orphan ]; do sleep 0.01; done'
	save_completed saved
}

@test "/proc and /dev are faked, the root is read-only: the orphan saves its file" {
	# Opening such a FIFO would block, and a name read there would be printed.
	survives_attack 'mount --bind . . && cd "$PWD" && mount -o remount,bind,ro /
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

# make_root: make a root directory, new, with what main needs.
make_root() {
	needs busybox
	mkdir -p new/bin new/old
	cp "$ACTOR" new/actor
	cp "$(command -v busybox)" new/bin
	ln -s busybox new/bin/sleep
	ln -s busybox new/bin/umount
}

@test "main is in another root: a stop: the worker saves its file" {
	make_root
	start -t 5 -- chroot new /actor \
	    fork '{' session save saved 50 mark ready live '}' \
	    die $TERM 7 mark ready live
	await_lines new/ready 2
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	save_completed new/saved
}

@test "init's root is unmounted by pivot_root: main exits: the orphan saves its file" {
	make_root
	survives_attack 'mount --bind new new && cd new && busybox pivot_root . old &&
	    cd / && umount -l /old && [ ! -e /old/bin ] || exit 98
	    (/actor save saved 50 mark orphan live &)
	    until [ -e orphan ]; do sleep 0.01; done'
	save_completed new/saved
}

# bats test_tags=static
@test "PID 1: all its resource limits are set to 0: the orphan saves its file" {
	needs prlimit
	survives_attack 'prlimit --pid 1 --as=0 --core=0 --data=0 --fsize=0 --memlock=0 \
		--msgqueue=0 --nofile=0 --nproc=0 --rss=0 --sigpending=0 --stack=0
	    for _ in {1..20}; do (sleep 0.01 &); done
	    ("$ACTOR" save saved 50 mark orphan live &)
	    until [ -e orphan ]; do sleep 0.01; done' -w
	save_completed saved
}

# PID 1 does not need one.
@test "PID 1: no file descriptor is left: the orphans get TERM by kill(-1), and CONT" {
	needs prlimit busybox
	survives_attack 'prlimit --pid 1 --nofile=0:0
	    ("$ACTOR" save saved 50 mark orphan live &)
	    ("$ACTOR" save later 50 mark stopped live & echo $! >pid)
	    until [ -e orphan ] && [ -e stopped ]; do sleep 0.01; done
	    kill -STOP $(<pid)'
	save_completed saved
	save_completed later
}

# What main may do to what init reads.  $PPID is init's pid.
changes=(
	'mount -t tmpfs none /proc'
	'umount -l /proc'
	'mount -o remount,hidepid=2 /proc'
	'mkdir -p empty && mount --bind empty /proc/$PPID'
	'mount --bind /dev/null /proc/$PPID/stat && mount --bind /dev/null /proc/$$/stat'
	'mount -t tmpfs none /sys/fs/cgroup'
	'umount -lR /sys/fs/cgroup'
	'umount -lR /sys'
	'xargs -n 1 sh -c "echo \$1 >$MEMORY/../cgroup.procs" sh <"$MEMORY/cgroup.procs"
	    rmdir "$MEMORY"'
)

# survives_changes OPTIONS COMMAND...: with each line of OPTIONS, COMMAND starts
# init, and after each change a worker has time to save its file.
survives_changes() {
	local change option options=$1
	shift
	for change in "${changes[@]}"; do
		while read -r option; do
			limit_memory 1024
			# shellcheck disable=SC2086 # a list of words
			survives_change "$change" "$@" "$MINIREAP" -t 5 $option
			[ ! -d "$MEMORY" ] || wait_until 10 rmdir "$MEMORY"
		done <<<"$options"
	done
	MEMORY=
}

survives_change() {
	rm -f orphan saved
	export MEMORY
	run -7 timeout -s KILL 100 unshare --mount --pid --fork \
	    --kill-child --mount-proc sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' \
	    "$MEMORY" "${@:2}" -- bash -c "$1 || exit 98
		(\"\$ACTOR\" save saved 50 mark orphan live &)
		until [ -e orphan ]; do sleep 0.01; done
		set -- \$PPID
		$THEN_EXIT"
	echo "$*: $output"
	save_completed saved
}

@test "PID 1: main changes what init reads: every option that reads still works" {
	survives_changes $'\n-w\n-vv\n-T'"$PWD/end"
}

@test "not PID 1: main changes what init reads: every option that reads still works" {
	survives_changes $'\n-w\n-vv\n-T'"$PWD/end" bash -c '"$@"; exit $?' bash
}

@test "main changes what --zombies reads: a table, or one line and 125" {
	local change zombies='exec "$MINIREAP" --zombies'
	for change in "${changes[@]}"; do
		limit_memory 1024
		export MEMORY
		run unshare --mount --pid --fork --kill-child \
		    --mount-proc sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' \
		    "$MEMORY" "$MINIREAP" -- bash -c "$change || exit 98
			$zombies"
		echo "$change: $output"
		if [ "$status" = 125 ]; then
			# The sanitizers warn first if there is no /proc.
			[[ ${lines[-1]} =~ ^minireap:\ cannot\ look\ for\ zombies: ]]
		else
			equal status 0 "$status"
			[[ ${lines[-1]} =~ ^0\ zombies\ held\ by\ 0\ parents ]]
		fi
		[ ! -d "$MEMORY" ] || wait_until 10 rmdir "$MEMORY"
	done
	MEMORY=
}

# bats test_tags=static
@test "not PID 1, no descriptor for /proc: main's group is killed, with a message" {
	run_below ready 0 prlimit --nofile=3:1024 "$MINIREAP" -t 0.5 -- \
	    "$(command -v busybox)" sh -c 'ulimit -n 1024; exec "$@"' sh "$ACTOR" \
	    ignore $TERM fork '{' mark ready live '}' \
	    fork '{' fork '{' mark ready live '}' live '}' await ready 2 exit 7
	equal status 7 "$STATUS"
	only_strangers_survive
	has_messages 1 "^minireap: no usable /proc"
	has_messages 1 "killed .*: the main process's group$"
}

# limit_memory MIB: make MEMORY, a cgroup that may use MIB of memory.
limit_memory() {
	local root=/sys/fs/cgroup/memory limit=memory.limit_in_bytes
	[ -d $root ] || { root=/sys/fs/cgroup && limit=memory.max; }
	MEMORY=$root/minireap-hostile-memory-$$
	if ! mkdir "$MEMORY" 2>/dev/null || ! echo $(($1 << 20)) >"$MEMORY/$limit"; then
		MEMORY=
		lacks 'right to limit memory'
	fi
}

# limit_pids MAX: make CGROUP, a cgroup that may have MAX processes.
limit_pids() {
	local root=/sys/fs/cgroup/pids
	[ -d $root ] || root=/sys/fs/cgroup
	CGROUP=$root/minireap-hostile-$$
	if ! mkdir "$CGROUP" 2>/dev/null || ! echo "$1" >"$CGROUP/pids.max"; then
		CGROUP=
		lacks 'right to limit processes'
	fi
}

@test "pids limit reached: a stop: main gets TERM, and init exits in time" {
	limit_pids 20
	# Every process, main included, keeps trying to fork.
	start_init bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$CGROUP" \
	    "$MINIREAP" -t 1 -- "$ACTOR" die $TERM 7 \
	    times 30 '{' fork '{' fork '{' bomb '}' '}' '}' live
	wait_until 5 eval '[ "$(cat "$CGROUP/pids.current")" = 20 ]'
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	within 'time since TERM' 0 4000 $((EXITED - SENT))
}

# In cgroup v2 or v1.
oom_has_killed() {
	cat "$MEMORY"/memory.events "$MEMORY"/memory.oom_control 2>/dev/null |
	    grep -qE '^oom_kill [1-9]'
}

# bats test_tags=static
@test "memory and pids limits reached: a stop: init survives and exits in time" {
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
@test "a setuid main that init may not signal: a stop: init exits when main does" {
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
@test "main of another user survives the stop: init exits, and -T logs it" {
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
@test "a user namespace with one user: main exits: the same status, no message" {
	unshare --user --map-root-user true || lacks 'user namespaces'
	run -7 --separate-stderr timeout -s KILL 100 setpriv --reuid 4242 \
	    --regid 4242 --clear-groups unshare --user --map-root-user --pid --fork \
	    --kill-child --mount-proc "$MINIREAP" -t 5 -- bash -c "
	    (sleep 60 &); (sleep 0.05 &) $THEN_EXIT" bash 1
	equal stderr '' "$stderr"
}
