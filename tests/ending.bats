#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Why main exited: minireap(1), The last line, and -T.  Each reason that init
# can report also has a test in which it does not hold and is not reported.

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

# main_line_is LINE ERR: ERR is one line: main's pid and name, then LINE.
main_line_is() {
	[[ $2 =~ ^'minireap: main process '[0-9]+\ \([a-z]+\)\ (.*)$ ]] ||
		equal line "minireap: main process N (NAME) $1" "$2"
	equal line "$1" "${BASH_REMATCH[1]}"
}

@test "last line: main is killed by a signal not from init: one line names it" {
	for name in ABRT SEGV BUS ILL FPE TRAP SYS TERM QUIT USR1 ALRM RTMIN+3 \
	    RTMAX; do
		n=$(kill -l "$name")
		run "-$((128 + n))" --separate-stderr \
		    env --default-signal=QUIT "$MINIREAP" -- sh -c \
		    "ulimit -c 0; kill -$n \$\$"
		[ "$name" != RTMAX ] || name=RTMIN+30
		main_line_is "was killed by SIG$name" "$stderr"
	done
}

@test "last line: main is killed by INT, HUP or PIPE: no line" {
	for name in INT HUP PIPE; do
		run "-$((128 + $(kill -l $name)))" "$MINIREAP" -- bash -c \
		    "kill -$name \$\$"
		equal $name '' "$output"
	done
}

@test "last line: main is killed by a signal that init forwarded: no line" {
	for name in TERM QUIT USR2 RTMIN+1; do
		run "-$((128 + $(kill -l $name)))" \
		    env --default-signal=QUIT "$MINIREAP" -- sh -c \
		    "ulimit -c 0; kill -$(kill -l $name) \$PPID; exec sleep 5"
		equal $name '' "$output"
	done
	run -137 "$MINIREAP" -r TERM:KILL -- bash -c 'kill $PPID; exec sleep 5'
	equal rewritten '' "$output"
}

@test "last line: main is killed by another signal than the forwarded one: one line" {
	run -139 --separate-stderr "$MINIREAP" -- bash -c \
	    'trap : USR1; kill -USR1 $PPID; ulimit -c 0; sleep 0.2; kill -SEGV $$'
	main_line_is 'was killed by SIGSEGV' "$stderr"
}

@test "last line: main dumps core: the line and -vv mention it" {
	pattern=$(cat /proc/sys/kernel/core_pattern)
	case $pattern in
	'|'* | /*) ;; # written elsewhere, but still written
	*) [ -w . ] ;;
	esac
	run -139 --separate-stderr "$MINIREAP" -- bash -c \
	    'ulimit -c unlimited; kill -SEGV $$'
	main_line_is 'was killed by SIGSEGV (core dumped)' "$stderr"
	run -139 "$MINIREAP" -vv -- bash -c 'ulimit -c unlimited; kill -SEGV $$'
	contains "$output" ' (bash) signal=SIGSEGV core cpu='
}

@test "last line: main exits, with any status: no line" {
	needs_root
	for status in 0 1 3 137 143 255; do
		run -$status as_pid_1 "$MINIREAP" -- sh -c "exit $status"
		equal $status '' "$output"
	done
}

@test "-q: main is killed by a signal: no line" {
	run -139 "$MINIREAP" -q -- bash -c 'ulimit -c 0; kill -SEGV $$'
	equal output '' "$output"
}

# bats test_tags=static
@test "last line: main exits normally: no cgroup, clock or file is read" {
	for main in 'exit 0' '(sleep 0.05 &); kill $PPID; exec sleep 5'; do
		strace -f -o trace "$MINIREAP" -- sh -c "$main" || :
		init=$(head -n 1 trace | cut -d' ' -f1)
		# Skip what the libc does at startup.
		run ! grep -E "^$init .*(cgroup|clock_gettime|\"/proc)" \
		    <(sed '1,/rt_sigprocmask/d' trace)
		[ -n "$init" ] && grep -q "^$init .*rt_sigprocmask" trace
	done
}

# with_memory_limit GROUP MIB COMMAND...: run it in that cgroup (v1), which may
# use MIB of memory.
with_memory_limit() {
	mkdir -p "$1" 2>/dev/null ||
		skip "no right to make a memory cgroup (v1) in $1"
	echo $(($2 << 20)) >"$1/memory.limit_in_bytes"
	echo $(($2 << 20)) 2>/dev/null >"$1/memory.memsw.limit_in_bytes" || :
	local group=$1
	shift 2
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}

# Allocate more memory than any limit in this file.
hog='dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null'

# Let an orphan do so, and wait until it has been reaped.  Start no other
# process: the OOM killer might choose that one.
hogs="(exec $hog & echo \$! >orphan); read -r orphan <orphan
    while [ -e /proc/\$orphan ]; do read -rt 0.02 <>idle; done; true"

evidence='the OOM killer has killed 1 process here since the'
limits=', memory limit 16384 KiB, peak 163[0-9][0-9] KiB$'

@test "OOM: main is killed: one line with limit, peak and count" {
	needs_root
	run -137 --separate-stderr with_memory_limit "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    bash -c "exec $hog"
	[[ $stderr =~ 'main process 2 (bash) was killed by SIGKILL: '$evidence' cgroup was created'$limits ]] ||
		equal line "$evidence cgroup was created$limits" "$stderr"
	equal lines 1 "$(wc -l <<<"$stderr")"
}

@test "OOM: -v, -w or -T: the count is since the start" {
	needs_root
	touch log
	for option in -v -w "-T$PWD/log"; do
		run -137 --separate-stderr with_memory_limit "$GROUP" 16 "${AS_PID_1[@]}" \
		    "$MINIREAP" $option -- bash -c "exec $hog"
		[[ $stderr =~ 'was killed by SIGKILL: '$evidence' start'$limits ]] ||
			equal "$option" "$evidence start$limits" "$stderr"
	done
	grep -E "was killed by SIGKILL: $evidence start.*; status=137 ran=.* cpu=.* peak=[0-9]+KiB$" log
}

@test "OOM: SIGKILL by a process: not reported as OOM" {
	needs_root
	run -137 --separate-stderr with_memory_limit "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_line_is 'was killed by SIGKILL: no OOM kill was recorded in this cgroup' \
	    "$stderr"
	run -137 --separate-stderr with_memory_limit "$GROUP" 16 "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_line_is 'was killed by SIGKILL: no OOM kill was recorded in this cgroup' \
	    "$stderr"
}

@test "OOM: a kill in another cgroup: not reported" {
	needs_root
	run with_memory_limit "$GROUP-2" 16 sh -c "$hog; :"
	[ "$(awk '$1 == "oom_kill" { print $2 }' "$GROUP-2/memory.oom_control")" = 1 ]
	run -137 --separate-stderr with_memory_limit "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_line_is 'was killed by SIGKILL: no OOM kill was recorded in this cgroup' \
	    "$stderr"
}

@test "OOM: a kill before main started: not reported as the reason" {
	needs_root
	run with_memory_limit "$GROUP" 16 sh -c "$hog; :"
	for option in -v -w; do
		run -137 --separate-stderr with_memory_limit "$GROUP" 16 "${AS_PID_1[@]}" \
		    "$MINIREAP" $option -- sh -c 'kill -KILL $$'
		main_line_is 'was killed by SIGKILL: no OOM kill was recorded in this cgroup' \
		    "$(grep killed <<<"$stderr")"
	done
	# Without these options init did not read the count at its start; the line
	# has the count since the cgroup was created.
	run -137 --separate-stderr with_memory_limit "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	contains "$stderr" "$evidence cgroup was created"
	# Nor is it reported for another signal or for an exit.
	run -139 --separate-stderr with_memory_limit "$GROUP" 16 "$MINIREAP" -- \
	    bash -c 'ulimit -c 0; kill -SEGV $$'
	main_line_is 'was killed by SIGSEGV' "$stderr"
	run -3 with_memory_limit "$GROUP" 16 "$MINIREAP" -- sh -c 'exit 3'
	equal output '' "$output"
	run -3 with_memory_limit "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -w -- sh -c 'exit 3'
	equal output '' "$output"
}

@test "OOM: a worker is killed while main runs: reported when main exits" {
	needs_root
	run -3 --separate-stderr with_memory_limit "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    sh -c "$hog; exit 3"
	[[ $stderr =~ 'exited with status 3; '$evidence' cgroup was created'$limits ]] ||
		equal line "$evidence cgroup was created" "$stderr"
	# Main ignores it, but init has reaped the killed orphan.
	mkfifo idle
	run -0 --separate-stderr with_memory_limit "$GROUP-2" 16 "${AS_PID_1[@]}" "$MINIREAP" -- \
	    bash -c "$hogs"
	[[ $stderr =~ 'exited with status 0; '$evidence' cgroup was created'$limits ]] ||
		equal line "$evidence cgroup was created" "$stderr"
}

@test "-w: a worker is killed by the OOM killer: reported at once" {
	needs_root
	mkfifo idle
	run -0 --separate-stderr with_memory_limit "$GROUP" 16 "${AS_PID_1[@]}" "$MINIREAP" -w -- \
	    bash -c "$hogs; echo later >&2"
	[[ ${stderr_lines[0]} =~ 'minireap: reaped '[0-9]+' ('[a-z]+') signal=SIGKILL cpu=' ]]
	[[ ${stderr_lines[1]} =~ ^'minireap: '$evidence' start'$limits ]]
	equal third later "${stderr_lines[2]}"
}

# with_cgroup_v2 PATH COMMAND...: run it with a cgroup v2 at PATH that consists
# of the files in ./v2.
with_cgroup_v2() {
	local path=$1
	shift
	unshare --mount --pid --fork --mount-proc --kill-child sh -c '
		mount -t tmpfs none /sys/fs/cgroup &&
		mkdir -p "/sys/fs/cgroup/$1" && cp v2/* "/sys/fs/cgroup/$1" &&
		echo "0::$2" >cgroup && mount --bind cgroup /proc/1/cgroup &&
		shift 2 && exec "$@"' sh "$path" "${CGROUP_PATH-$path}" "$@"
}

write_v2_files() { # OOM_KILLS MAX PEAK
	mkdir -p v2
	printf 'low 0\nhigh 0\nmax 7\noom 9\noom_kill %d\noom_group_kill 0\n' \
	    "$1" >v2/memory.events
	echo "$2" >v2/memory.max
	echo "$3" >v2/memory.peak
}

@test "OOM, cgroup v2: main is killed: limit, peak and count" {
	needs_root
	write_v2_files 2 16777216 16773120
	line='was killed by SIGKILL: the OOM killer has killed 2 processes here since the cgroup was created, memory limit 16384 KiB, peak 16380 KiB'
	run -137 --separate-stderr with_cgroup_v2 / "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_line_is "$line" "$stderr"
	run -137 --separate-stderr with_cgroup_v2 /a.slice/b "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_line_is "$line" "$stderr"
	# In a container the path may be the host's, and the mount's root our cgroup.
	CGROUP_PATH=/docker/0123 run -137 --separate-stderr with_cgroup_v2 / "$MINIREAP" -- \
	    sh -c 'kill -KILL $$'
	main_line_is "$line" "$stderr"
}

@test "OOM, cgroup v2: a path of 900 bytes: read" {
	needs_root
	write_v2_files 1 16777216 16773120
	path=$(printf '/%0200d' 1 2 3 4)/$(printf '%090d' 5)
	run -137 --separate-stderr with_cgroup_v2 "$path" "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_line_is "was killed by SIGKILL: $evidence cgroup was created, memory limit 16384 KiB, peak 16380 KiB" \
	    "$stderr"
}

@test "OOM, cgroup v2: no limit and no peak: left out" {
	needs_root
	write_v2_files 1 max 0
	rm v2/memory.peak
	run -137 --separate-stderr with_cgroup_v2 / "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_line_is "was killed by SIGKILL: $evidence cgroup was created" "$stderr"
}

@test "OOM, cgroup v2: no OOM kill: not reported as one" {
	needs_root
	write_v2_files 0 16777216 16773120
	run -137 --separate-stderr with_cgroup_v2 / "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_line_is 'was killed by SIGKILL: no OOM kill was recorded in this cgroup' \
	    "$stderr"
}

@test "OOM: no readable count: the line claims nothing" {
	needs_root
	mkdir v2
	: >v2/cgroup.procs
	run -137 --separate-stderr with_cgroup_v2 / "$MINIREAP" -- sh -c 'kill -KILL $$'
	main_line_is 'was killed by SIGKILL: the sender is not on record' "$stderr"
	# memory.events as of old kernels, or malformed
	for text in 'low 0\noom 4\n' '' 'oom_killer 5\n' 'oom_kill x\n' \
	    'xoom_kill 5\n'; do
		# shellcheck disable=SC2059
		printf "$text" >v2/memory.events
		run -137 --separate-stderr with_cgroup_v2 / "$MINIREAP" -- \
		    sh -c 'kill -KILL $$'
		main_line_is 'was killed by SIGKILL: the sender is not on record' \
		    "$stderr"
	done
}

costs='ran=[0-9]+\.[0-9]{3}s cpu=[0-9]+\.[0-9]{3}s peak=[0-9]+KiB'

@test "-T: runs whose status is not 0: one line each is appended" {
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

@test "-T: run time, CPU time and peak memory: as measured" {
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

@test "-T, -e, -q: the status is remapped: the line does not change" {
	touch log
	run -0 "$MINIREAP" -e 3 -q "-T$PWD/log" -- sh -c 'exit 3'
	equal output '' "$output"
	[[ $(<log) =~ 'exited with status 3; status=3 '$costs$ ]]
}

@test "-T: a command that cannot be executed, and init's own failures: logged" {
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
	minireap: cannot start a process for true: temporarily unavailable; status=125
	LOG
}

@test "-T: main is killed at the end of the grace: logged" {
	needs_root
	touch log
	run -137 --separate-stderr as_pid_1 "$MINIREAP" "-T$PWD/log" -t 0.2 -- \
	    bash -c 'trap "" TERM; kill 1; while :; do sleep 0.1; done'
	contains "$stderr" 'did not exit within 0.200s of the stop signal: killed'
	[[ $(<log) =~ ^'minireap: main process 2 (bash) was killed by SIGKILL; status=137 '$costs$ ]]
}

@test "-T: without FILE: /dev/termination-log" {
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

@test "-T: FILE is relative or empty: rejected; as a separate word: the command" {
	run -125 --separate-stderr "$MINIREAP" -Tlog -- true
	equal -Tlog 'minireap: option -T log: not an absolute path' "$stderr"
	run -125 --separate-stderr "$MINIREAP" --termination-log=log -- true
	equal long 'minireap: option --termination-log log: not an absolute path' \
	    "$stderr"
	run -125 --separate-stderr "$MINIREAP" --termination-log= -- true
	contains "$stderr" 'option --termination-log'
	# A separate word is the command.
	run -127 --separate-stderr "$MINIREAP" -T /nosuch
	contains "$stderr" 'cannot execute /nosuch'
}

# warns_once REASON FILE: minireap -T FILE prints one warning, or with -q none,
# and returns main's status.
warns_once() {
	run -3 --separate-stderr "$MINIREAP" "-T$2" -- sh -c 'exit 3'
	equal "$2" "minireap: cannot write to termination log $2: $1" "$stderr"
	run -3 "$MINIREAP" -q "-T$2" -- sh -c 'exit 3'
	equal "-q $2" '' "$output"
	run -0 "$MINIREAP" "-T$2" -- true
	equal "$2, status 0" '' "$output"
}

@test "-T: FILE cannot be written to: one warning, and main's status" {
	needs_root
	warns_once 'no such file or directory' "$PWD/missing"
	[ ! -e missing ] # not created
	warns_once 'is a directory' "$PWD"
	warns_once 'not a directory' /dev/null/log
	touch log && ln -s log link && ln -s nowhere dangling && mkfifo fifo
	warns_once 'not a regular file' "$PWD/link"
	warns_once 'not a regular file' "$PWD/dangling"
	equal linked '' "$(cat log)"
	warns_once 'not a regular file' "$PWD/fifo"
	sleep 60 <>fifo 3>&- & # now the FIFO has a reader
	reader=$!
	warns_once 'not a regular file' "$PWD/fifo"
	kill $reader
	warns_once 'no space left on device' /dev/full
	chmod 444 log
	run -3 --separate-stderr setpriv --reuid 65534 --clear-groups \
	    "$MINIREAP" "-T$PWD/log" -- sh -c 'exit 3'
	contains "$stderr" 'permission denied'
}

@test "-T: a disk is full, nearly full or read-only: one warning, and main's status" {
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
	# No free page; then 20 free bytes, in the log's own page.
	for case in '8 0' '4 4076'; do
		# shellcheck disable=SC2086
		run -4 --separate-stderr unshare --mount sh full.sh "$MINIREAP" $case
		equal full "minireap: cannot write to termination log $PWD/disk/log: no space left on device" \
		    "${stderr_lines[0]}"
		equal read-only "minireap: cannot write to termination log $PWD/disk/log: read-only file system" \
		    "${stderr_lines[1]}"
	done
}

@test "-T: a name of 3,000 bytes: the line is at most 4,096 bytes" {
	touch log
	name=$(printf 'x%.0s' $(seq 3000))
	run -127 "$MINIREAP" "-T$PWD/log" -- "/nosuch/$name"
	equal lines 1 "$(wc -l <log)"
	[ "$(stat -c %s log)" -le 4096 ]
	grep -q '^minireap: cannot execute /nosuch/xxx' log
}
