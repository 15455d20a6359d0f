#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Why main ended: minireap(1), The last line, and -T.  No wrong story: beside
# each claim is a test that it is not made where it is not true.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	chmod 755 .
	AS_PID_1=(unshare --pid --fork --kill-child --mount-proc)
	GROUP=/sys/fs/cgroup/memory/minireap-$$
}

teardown() {
	for group in "$GROUP" "$GROUP-2"; do
		[ ! -d "$group" ] || wait_until 10 rmdir "$group" 2>/dev/null
	done
}

# main_is_told LINE ERR: one line on stderr, behind main's pid and name.
main_is_told() {
	[[ $2 =~ ^'minireap: main process '[0-9]+\ \([a-z]+\)\ (.*)$ ]] ||
		equal line "minireap: main process N (NAME) $1" "$2"
	equal line "$1" "${BASH_REMATCH[1]}"
}

# ------------------------------------------------------------ the last line

@test "a death that init did not cause is one line" {
	for name in ABRT SEGV BUS ILL FPE TRAP SYS TERM QUIT USR1 ALRM RTMIN+3 \
	    RTMAX; do
		n=$(kill -l "$name")
		run "-$((128 + n))" --separate-stderr \
		    env --default-signal=QUIT "$MINIREAP" -- sh -c \
		    "ulimit -c 0; kill -$n \$\$"
		[ "$name" != RTMAX ] || name=RTMIN+30
		main_is_told "was killed by SIG$name" "$stderr"
	done
}

@test "INT, HUP and PIPE come with terminals and pipes: no line" {
	for name in INT HUP PIPE; do
		run "-$((128 + $(kill -l $name)))" "$MINIREAP" -- bash -c \
		    "kill -$name \$\$"
		equal $name '' "$output"
	done
}

@test "a death of what init was sent, and forwarded, is no line" {
	for name in TERM QUIT USR2 RTMIN+1; do
		run "-$((128 + $(kill -l $name)))" \
		    env --default-signal=QUIT "$MINIREAP" -- sh -c \
		    "ulimit -c 0; kill -$(kill -l $name) \$PPID; exec sleep 5"
		equal $name '' "$output"
	done
	run -137 "$MINIREAP" -r TERM:KILL -- bash -c 'kill $PPID; exec sleep 5'
	equal rewritten '' "$output"
}

@test "... but what is forwarded does not explain another death" {
	run -139 --separate-stderr "$MINIREAP" -- bash -c \
	    'trap : USR1; kill -USR1 $PPID; ulimit -c 0; sleep 0.2; kill -SEGV $$'
	main_is_told 'was killed by SIGSEGV' "$stderr"
}

@test "a core dump is told of where there was one" {
	pattern=$(cat /proc/sys/kernel/core_pattern)
	case $pattern in
	'|'* | /*) ;; # goes elsewhere, and is made all the same
	*) [ -w . ] ;;
	esac
	run -139 --separate-stderr "$MINIREAP" -- bash -c \
	    'ulimit -c unlimited; kill -SEGV $$'
	main_is_told 'was killed by SIGSEGV (core dumped)' "$stderr"
	run -139 "$MINIREAP" -vv -- bash -c 'ulimit -c unlimited; kill -SEGV $$'
	contains "$output" ' (bash) signal=SIGSEGV core cpu='
}

@test "an exit is no line, whatever its status" {
	needs_root
	for status in 0 1 3 137 143 255; do
		run -$status as_pid_1 "$MINIREAP" -- sh -c "exit $status"
		equal $status '' "$output"
	done
}

@test "-q: no line" {
	run -139 "$MINIREAP" -q -- bash -c 'ulimit -c 0; kill -SEGV $$'
	equal output '' "$output"
}

# bats test_tags=static
@test "a run that ends well looks at no cgroup, no clock and no file" {
	for main in 'exit 0' '(sleep 0.05 &); kill $PPID; exec sleep 5'; do
		strace -f -o trace "$MINIREAP" -- sh -c "$main" || :
		init=$(head -n 1 trace | cut -d' ' -f1)
		# What a libc's start does is its own affair.
		run ! grep -E "^$init .*(cgroup|clock_gettime|\"/proc)" \
		    <(sed '1,/rt_sigprocmask/d' trace)
		[ -n "$init" ] && grep -q "^$init .*rt_sigprocmask" trace
	done
}

# ------------------------------------------------------- the OOM killer, v1

# limited GROUP MIB COMMAND...: in that group, which may use so much memory.
limited() {
	mkdir -p "$1" 2>/dev/null ||
		skip "no right to make a memory cgroup (v1) in $1"
	echo $(($2 << 20)) >"$1/memory.limit_in_bytes"
	echo $(($2 << 20)) 2>/dev/null >"$1/memory.memsw.limit_in_bytes" || :
	local group=$1
	shift 2
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}

# A process that takes more memory than any limit here.
hog='dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null'

# An orphan that does so; it has been reaped when this ends.  No more processes:
# each of them could be the one that is killed.
hogs="(exec $hog & echo \$! >orphan); read -r orphan <orphan
    while [ -e /proc/\$orphan ]; do read -rt 0.02 <>idle; done; true"

evidence='the OOM killer has killed 1 process here since the'
limits=', memory limit 16384 KiB, peak 163[0-9][0-9] KiB$'

@test "OOM: main was killed by it: limit, peak and count are told" {
	needs_root
	run -137 --separate-stderr limited "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    bash -c "exec $hog"
	[[ $stderr =~ 'main process 2 (bash) was killed by SIGKILL: '$evidence' cgroup was created'$limits ]] ||
		equal line "$evidence cgroup was created$limits" "$stderr"
	equal lines 1 "$(wc -l <<<"$stderr")"
}

@test "OOM: with -v, -w or -T since the start is told" {
	needs_root
	touch log
	for option in -v -w "-T$PWD/log"; do
		run -137 --separate-stderr limited "$GROUP" 16 "${AS_PID_1[@]}" \
		    "$MINIREAP" $option -- bash -c "exec $hog"
		[[ $stderr =~ 'was killed by SIGKILL: '$evidence' start'$limits ]] ||
			equal "$option" "$evidence start$limits" "$stderr"
	done
	grep -E "was killed by SIGKILL: $evidence start.*; status=137 ran=.* cpu=.* peak=[0-9]+KiB$" log
}

@test "OOM: a kill by somebody is not the OOM killer's" {
	needs_root
	run -137 --separate-stderr limited "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_is_told 'was killed by SIGKILL: sent by a process, not by the OOM killer' \
	    "$stderr"
	run -137 --separate-stderr limited "$GROUP" 16 "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_is_told 'was killed by SIGKILL: sent by a process, not by the OOM killer' \
	    "$stderr"
}

@test "OOM: of another group is not told of" {
	needs_root
	run limited "$GROUP-2" 16 sh -c "$hog; :"
	[ "$(awk '$1 == "oom_kill" { print $2 }' "$GROUP-2/memory.oom_control")" = 1 ]
	run -137 --separate-stderr limited "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_is_told 'was killed by SIGKILL: sent by a process, not by the OOM killer' \
	    "$stderr"
}

@test "OOM: from before main's start is not main's" {
	needs_root
	run limited "$GROUP" 16 sh -c "$hog; :"
	for option in -v -w; do
		run -137 --separate-stderr limited "$GROUP" 16 "${AS_PID_1[@]}" \
		    "$MINIREAP" $option -- sh -c 'kill -KILL $$'
		main_is_told 'was killed by SIGKILL: sent by a process, not by the OOM killer' \
		    "$(grep killed <<<"$stderr")"
	done
	# Without an option nothing was looked at before: it says since when.
	run -137 --separate-stderr limited "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	contains "$stderr" "$evidence cgroup was created"
	# Nor is another death, or an exit, given that reason.
	run -139 --separate-stderr limited "$GROUP" 16 "$MINIREAP" -- \
	    bash -c 'ulimit -c 0; kill -SEGV $$'
	main_is_told 'was killed by SIGSEGV' "$stderr"
	run -3 limited "$GROUP" 16 "$MINIREAP" -- sh -c 'exit 3'
	equal output '' "$output"
	run -3 limited "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -w -- sh -c 'exit 3'
	equal output '' "$output"
}

@test "OOM: a worker that was taken while main lived is told of at the end" {
	needs_root
	run -3 --separate-stderr limited "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    sh -c "$hog; exit 3"
	[[ $stderr =~ 'exited with status 3; '$evidence' cgroup was created'$limits ]] ||
		equal line "$evidence cgroup was created" "$stderr"
	# Main takes no notice, but init has reaped the dead orphan.
	mkfifo idle
	run -0 --separate-stderr limited "$GROUP-2" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    bash -c "$hogs"
	[[ $stderr =~ 'exited with status 0; '$evidence' cgroup was created'$limits ]] ||
		equal line "$evidence cgroup was created" "$stderr"
}

@test "-w: a worker that the OOM killer takes is told of when it happens" {
	needs_root
	mkfifo idle
	run -0 --separate-stderr limited "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -w -- \
	    bash -c "$hogs; echo later >&2"
	[[ ${stderr_lines[0]} =~ 'minireap: reaped '[0-9]+' ('[a-z]+') signal=SIGKILL cpu=' ]]
	[[ ${stderr_lines[1]} =~ ^'minireap: '$evidence' start'$limits ]]
	equal third later "${stderr_lines[2]}"
}

# ------------------------------------------------------------- v2, by files

# as_v2 PATH COMMAND...: where init reads there is a cgroup v2 at PATH only,
# made of what the directory v2 holds.
as_v2() {
	local path=$1
	shift
	unshare --mount --pid --fork --mount-proc --kill-child sh -c '
		mount -t tmpfs none /sys/fs/cgroup &&
		mkdir -p "/sys/fs/cgroup/$1" && cp v2/* "/sys/fs/cgroup/$1" &&
		echo "0::$2" >cgroup && mount --bind cgroup /proc/1/cgroup &&
		shift 2 && exec "$@"' sh "$path" "${CGROUP_PATH-$path}" "$@"
}

v2_files() { # OOM_KILLS MAX PEAK
	mkdir -p v2
	printf 'low 0\nhigh 0\nmax 7\noom 9\noom_kill %d\noom_group_kill 0\n' \
	    "$1" >v2/memory.events
	echo "$2" >v2/memory.max
	echo "$3" >v2/memory.peak
}

@test "OOM, cgroup v2: limit, peak and count are told" {
	needs_root
	v2_files 2 16777216 16773120
	line='was killed by SIGKILL: the OOM killer has killed 2 processes here since the cgroup was created, memory limit 16384 KiB, peak 16380 KiB'
	run -137 --separate-stderr as_v2 / "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_is_told "$line" "$stderr"
	run -137 --separate-stderr as_v2 /a.slice/b "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_is_told "$line" "$stderr"
	# In a container the path may be the host's, and the mount's root ours.
	CGROUP_PATH=/docker/0123 run -137 --separate-stderr as_v2 / "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_is_told "$line" "$stderr"
}

@test "OOM, cgroup v2: the path of a group may have 900 bytes" {
	needs_root
	v2_files 1 16777216 16773120
	path=$(printf '/%0200d' 1 2 3 4)/$(printf '%090d' 5)
	run -137 --separate-stderr as_v2 "$path" "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_is_told "was killed by SIGKILL: $evidence cgroup was created, memory limit 16384 KiB, peak 16380 KiB" \
	    "$stderr"
}

@test "OOM, cgroup v2: no limit and no peak are left out" {
	needs_root
	v2_files 1 max 0
	rm v2/memory.peak
	run -137 --separate-stderr as_v2 / "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_is_told "was killed by SIGKILL: $evidence cgroup was created" "$stderr"
}

@test "OOM, cgroup v2: none is none" {
	needs_root
	v2_files 0 16777216 16773120
	run -137 --separate-stderr as_v2 / "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_is_told 'was killed by SIGKILL: sent by a process, not by the OOM killer' \
	    "$stderr"
}

@test "OOM: where nothing can be read, nothing is claimed" {
	needs_root
	mkdir v2
	: >v2/cgroup.procs
	run -137 --separate-stderr as_v2 / "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_is_told 'was killed by SIGKILL: the sender is not on record' "$stderr"
	# memory.events of old kernels, or what is no such file at all
	for text in 'low 0\noom 4\n' '' 'oom_killer 5\n' 'oom_kill x\n' \
	    'xoom_kill 5\n'; do
		# shellcheck disable=SC2059
		printf "$text" >v2/memory.events
		run -137 --separate-stderr as_v2 / "$MINIREAP" -- \
		    sh -c 'kill -KILL $$'
		main_is_told 'was killed by SIGKILL: the sender is not on record' \
		    "$stderr"
	done
}

# ------------------------------------------------------------------- -T FILE

costs='ran=[0-9]+\.[0-9]{3}s cpu=[0-9]+\.[0-9]{3}s peak=[0-9]+KiB'

@test "-T: each end whose status is not 0 is appended, a line each" {
	needs_root
	echo before >log
	for main in 'exit 3' 'kill -TERM $$' 'exit 0' 'kill -INT $$'; do
		run as_pid_1 "$MINIREAP" "-T$PWD/log" -- sh -c "$main"
	done
	run -0 as_pid_1 "$MINIREAP" -v "-T$PWD/log" -- true
	run -143 as_pid_1 "$MINIREAP" --termination-log="$PWD/log" -- \
	    sh -c 'kill 1; exec sleep 5'
	cat log
	expected=(before
	    "minireap: main process 2 \(sh\) exited with status 3; status=3 $costs"
	    "minireap: main process 2 \(sh\) was killed by SIGTERM; status=143 $costs"
	    "minireap: main process 2 \(sh\) was killed by SIGINT; status=130 $costs"
	    "minireap: main process 2 \(sh\) was killed by SIGTERM; status=143 $costs")
	mapfile -t lines <log
	equal lines "${#expected[@]}" "${#lines[@]}"
	for i in "${!expected[@]}"; do
		[[ ${lines[i]} =~ ^${expected[i]}$ ]] ||
			equal "$i" "${expected[i]}" "${lines[i]}"
	done
}

@test "-T: how long main ran, its CPU time and its peak are what they were" {
	touch log
	run -3 "$MINIREAP" "-T$PWD/log" -- python3 -c '
import time
text = bytearray(60 << 20)
end = time.process_time() + 0.4
while time.process_time() < end: pass
time.sleep(0.5)
exit(3)'
	[[ $(<log) =~ ran=([0-9]+)\.([0-9]+)s\ cpu=([0-9]+)\.([0-9]+)s\ peak=([0-9]+)KiB ]]
	ran=$((10#${BASH_REMATCH[1]}${BASH_REMATCH[2]}))
	cpu=$((10#${BASH_REMATCH[3]}${BASH_REMATCH[4]}))
	peak=${BASH_REMATCH[5]}
	[ "$ran" -ge 900 ] && [ "$ran" -le 20000 ]
	[ "$cpu" -ge 400 ] && [ "$cpu" -le 2000 ] && [ "$cpu" -lt "$ran" ]
	[ "$peak" -ge 61440 ] && [ "$peak" -le 120000 ]
}

@test "-T: -e and -q change nothing in it" {
	touch log
	run -0 "$MINIREAP" -e 3 -q "-T$PWD/log" -- sh -c 'exit 3'
	equal output '' "$output"
	[[ $(<log) =~ 'exited with status 3; status=3 '$costs$ ]]
}

@test "-T: what could not be executed, and init's own failures" {
	needs_root
	touch log
	PATH=/usr/bin:/bin run -127 "$MINIREAP" "-T$PWD/log" -- nosuch
	run -126 "$MINIREAP" "-T$PWD/log" -- /
	run -125 "$MINIREAP" "-T$PWD/log" -z
	run -125 "${AS_PID_1[@]}" strace -o trace -e inject=clone:error=EAGAIN \
	    "$MINIREAP" "-T$PWD/log" -- true
	diff log - <<-'LOG'
	minireap: cannot execute nosuch: not found in PATH /usr/bin:/bin; status=127
	minireap: cannot execute /: is a directory; status=126
	minireap: option -z: unknown (see --help); status=125
	minireap: cannot start a process for true: resource temporarily unavailable; status=125
	LOG
}

@test "-T: a main that was killed at the end of the grace" {
	needs_root
	touch log
	run -137 --separate-stderr as_pid_1 "$MINIREAP" "-T$PWD/log" -t 0.2 -- \
	    bash -c 'trap "" TERM; kill 1; while :; do sleep 0.1; done'
	contains "$stderr" 'did not exit within 0.200s of the stop signal: killed'
	[[ $(<log) =~ ^'minireap: main process 2 (bash) was killed by SIGKILL; status=137 '$costs$ ]]
}

@test "-T: without a FILE it is /dev/termination-log" {
	needs_root
	touch log
	run -3 unshare --mount sh -c 'mount -t tmpfs none /dev &&
	    touch /dev/termination-log && mount --bind log /dev/termination-log &&
	    exec "$0" -T -- sh -c "exit 3"' "$MINIREAP"
	contains "$(<log)" 'exited with status 3; status=3'
	run -3 unshare --mount sh -c 'mount -t tmpfs none /dev &&
	    touch /dev/termination-log && mount --bind log /dev/termination-log &&
	    exec "$0" --termination-log -- sh -c "exit 3"' "$MINIREAP"
	equal lines 2 "$(wc -l <log)"
}

@test "-T: its FILE is joined to it, and an absolute path" {
	run -125 --separate-stderr "$MINIREAP" -Tlog -- true
	equal -Tlog 'minireap: option -T log: not an absolute path' "$stderr"
	run -125 --separate-stderr "$MINIREAP" --termination-log=log -- true
	equal long 'minireap: option --termination-log log: not an absolute path' \
	    "$stderr"
	run -125 --separate-stderr "$MINIREAP" --termination-log= -- true
	contains "$stderr" 'option --termination-log'
	# A word of its own is the command.
	run -127 --separate-stderr "$MINIREAP" -T /nosuch
	contains "$stderr" 'cannot execute /nosuch'
}

# warned REASON FILE: one warning, and main's status.
warned() {
	run -3 --separate-stderr "$MINIREAP" "-T$2" -- sh -c 'exit 3'
	equal "$2" "minireap: cannot write to termination log $2: $1" "$stderr"
	run -3 "$MINIREAP" -q "-T$2" -- sh -c 'exit 3'
	equal "-q $2" '' "$output"
	run -0 "$MINIREAP" "-T$2" -- true
	equal "$2, status 0" '' "$output"
}

@test "-T: a file that cannot be written to is a warning and no more" {
	needs_root
	warned 'no such file or directory' "$PWD/missing"
	[ ! -e missing ] # never created
	warned 'is a directory' "$PWD"
	warned 'not a directory' /dev/null/log
	touch log && ln -s log link && ln -s nowhere dangling && mkfifo fifo
	warned 'not a regular file' "$PWD/link"
	warned 'not a regular file' "$PWD/dangling"
	equal linked '' "$(cat log)"
	warned 'not a regular file' "$PWD/fifo"
	sleep 60 <>fifo 3>&- & # somebody could read there
	reader=$!
	warned 'not a regular file' "$PWD/fifo"
	kill $reader
	warned 'no space left on device' /dev/full
	chmod 444 log
	run -3 --separate-stderr setpriv --reuid 65534 --clear-groups \
	    "$MINIREAP" "-T$PWD/log" -- sh -c 'exit 3'
	contains "$stderr" 'permission denied'
}

@test "-T: a disk that is full, or nearly, and one that is read-only" {
	needs_root
	cat >full.sh <<-'SH'
	mount -t tmpfs -o size=8k none disk && touch disk/log || exit 9
	dd if=/dev/zero of=disk/rest bs=1k count=$2 2>/dev/null
	dd if=/dev/zero of=disk/log bs=1 count=$3 2>/dev/null
	"$1" "-T$PWD/disk/log" -- sh -c 'exit 3'
	[ $? = 3 ] || exit 9
	mount -o remount,ro disk && "$1" "-T$PWD/disk/log" -- sh -c 'exit 4'
	exit $?
	SH
	mkdir disk
	# No page is left; 20 bytes of the log's own page are.
	for case in '8 0' '4 4076'; do
		# shellcheck disable=SC2086
		run -4 --separate-stderr unshare --mount sh full.sh "$MINIREAP" $case
		equal full "minireap: cannot write to termination log $PWD/disk/log: no space left on device" \
		    "${stderr_lines[0]}"
		equal read-only "minireap: cannot write to termination log $PWD/disk/log: read-only file system" \
		    "${stderr_lines[1]}"
	done
}

@test "-T: a line is at most 4096 bytes, whatever the name" {
	touch log
	name=$(printf 'x%.0s' $(seq 3000))
	run -127 "$MINIREAP" "-T$PWD/log" -- "/nosuch/$name"
	equal lines 1 "$(wc -l <log)"
	[ "$(stat -c %s log)" -le 4096 ]
	grep -q '^minireap: cannot execute /nosuch/xxx' log
}
