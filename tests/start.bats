#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Main's start, and what init lets go of then: minireap(1), Start.

bats_require_minimum_version 1.5.0
load helpers

# System calls of x86-64, for refuse.py.
PRCTL=157
CLOSE_RANGE=436
CLONE=56
SHARES_MEMORY=$((0x4111)) # CLONE_VM, CLONE_VFORK and SIGCHLD
SUBREAPER=36

setup() {
	cd "$BATS_TEST_TMPDIR"
	chmod 755 .
	[ "$(uname -m)" = x86_64 ] || CLOSE_RANGE=436 PRCTL=167 CLONE=220
}

# start COMMAND...: in the background, until main has made the file ready.
start() {
	rm -f ready over
	"$@" 3>&- &
	JOB=$!
	wait_until 10 test -e ready
}

# finish: main ends when it sees this; its status is the test's.
finish() {
	touch over
	wait $JOB
}

# Main: says that it runs, and does until it is told, or for a minute.
WAITS='touch ready; for i in $(seq 1200); do [ ! -e over ] || exit 0; sleep 0.05; done'

# descriptors PID: "0 /dev/null" and so on.
descriptors() {
	for fd in /proc/"$1"/fd/*; do
		echo "${fd##*/} $(readlink "$fd")"
	done
}

@test "main has a process group of its own" {
	needs_root
	group='read -r _ _ _ _ group _ </proc/$$/stat; [ "$group" = $$ ]'
	run -0 "$MINIREAP" -- bash -c "$group"
	run -0 as_pid_1 "$MINIREAP" -- bash -c "$group"
}

@test "main has init's directory, arguments and descriptors" {
	echo text >file
	exec 7<file
	run -0 "$MINIREAP" -- sh -c 'pwd; echo "$0 $*"; cat <&7' 'a b' c ''
	equal output "$PWD"$'\na b c \ntext' "$output"
	exec 7<&-
}

@test "init keeps no descriptor but stderr, and no directory" {
	exec 7</dev/zero
	start "$MINIREAP" -- sh -c "$WAITS" </etc/passwd >out 2>err
	equal directory / "$(readlink /proc/$JOB/cwd)"
	equal descriptors $'0 /dev/null\n1 /dev/null\n2 '"$PWD/err" \
	    "$(descriptors $JOB)"
	finish
	start "$MINIREAP" -q -- sh -c "$WAITS" </etc/passwd >out 2>err
	equal 'with -q' $'0 /dev/null\n1 /dev/null\n2 /dev/null' \
	    "$(descriptors $JOB)"
	exec 7<&-
	finish
}

@test "a pipe reaches its end when main closes it, init or not" {
	mkfifo pipe
	"$MINIREAP" -- sh -c "exec >&-; $WAITS" >pipe 3>&- &
	JOB=$!
	timeout 30 cat pipe
	finish
}

# bats test_tags=static
@test "init has no heap, thread or handler, nor memory writable and executable" {
	start "$MINIREAP" -- sh -c "$WAITS"
	equal handlers 0000000000000000 "$(signals_of $JOB SigCgt)"
	equal threads 1 "$(signals_of $JOB Threads)"
	run ! grep rwx /proc/$JOB/maps
	# glibc's own start makes a heap, whoever needs one.
	if is_musl; then
		run ! grep '\[heap\]' /proc/$JOB/maps
		equal lines 6 "$(grep -cv '\[vvar_vclock\]' /proc/$JOB/maps)" ||
			[ "$(grep -c . /proc/$JOB/maps)" -le 8 ]
	fi
	finish
}

@test "any of 0, 1, 2 may be closed: main has just these closed" {
	for closed in '' 0 1 2 '0 1' '0 2' '1 2' '0 1 2'; do
		redirections=
		for fd in $closed; do
			redirections+=" $fd>&-"
		done
		rm -f seen
		run -4 timeout 60 bash -c "exec \"\$0\" -- bash -c '
		    seen=
		    for fd in 0 1 2; do
			[ -e /proc/\$\$/fd/\$fd ] || seen+=\"\$fd \"
		    done
		    echo \"\$seen\" >seen; exit 4' $redirections" "$MINIREAP"
		equal "closed: $closed" "${closed:+$closed }" "$(cat seen)"
	done
}

@test "not PID 1: main does not outlive a kill -9 of init" {
	start "$MINIREAP" -- sh -c 'echo $$ >main; touch ready; sleep 60'
	main=$(cat main)
	kill -KILL $JOB
	wait_until 5 eval '[ ! -e /proc/$main ] || [ "$(state_of $main)" = Z ]'
}

@test "PID 1: main has no parent-death signal, elsewhere KILL" {
	needs_root
	asks='import ctypes, sys
n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)'
	equal 'PID 1' 0 "$(as_pid_1 "$MINIREAP" -- python3 -c "$asks")"
	equal elsewhere 9 "$("$MINIREAP" -- python3 -c "$asks")"
}

# bats test_tags=static
@test "not PID 1: an init that ended before main asked takes main with it" {
	# Whoever is its parent then is not init.
	run -137 strace -f -o trace -e trace=getppid \
	    -e inject=getppid:retval=1:when=1 "$MINIREAP" -- touch ran
	contains "$(cat trace)" INJECTED
	[ ! -e ran ]
}

@test "main may be PID 1 of a namespace that init is not in: unshare --pid" {
	needs_root
	run -3 unshare --pid "$MINIREAP" -- sh -c 'echo $$; exit 3'
	equal output 1 "$output"
	LISTEN_PID=1 run -0 bash -c 'LISTEN_PID=$$ exec unshare --pid "$0" -- \
	    sh -c "echo \$LISTEN_PID"' "$MINIREAP"
	equal LISTEN_PID 1 "$output"
}

@test "a fault of init's own kills it, as PID 1 too" {
	needs_root
	ulimit -c 0
	unshare --pid --fork --kill-child --mount-proc "$MINIREAP" -- \
	    sleep 20 3>&- &
	job=$!
	init=$(child_of $job)
	wait_until 5 eval '[ "$(readlink /proc/$init/cwd)" = / ]'
	# Where it will go on once it is woken there is no instruction left.
	python3 - "$init" <<-'PYTHON'
	import os, sys, time
	process = "/proc/" + sys.argv[1]
	while True:
	    call = open(process + "/syscall").read().split()
	    if call[0] not in ("running", "-1"): break
	    time.sleep(0.01)
	with open(process + "/mem", "r+b", buffering=0) as memory:
	    memory.seek(int(call[-1], 16))
	    memory.write(bytes(16))
	PYTHON
	kill -USR1 "$init"
	ended=0
	wait $job || ended=$?
	[ $ended -eq 132 ] || equal status 139 $ended # SIGILL or SIGSEGV
}

@test "a refusal to adopt is one warning, and -q silences it" {
	run -5 --separate-stderr python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM \
	    $PRCTL,$SUBREAPER -- "$MINIREAP" -- sh -c 'echo out; exit 5'
	equal warning 'minireap: cannot adopt orphans: operation not permitted' \
	    "$stderr"
	equal stdout out "$output"
	run -5 --separate-stderr python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM \
	    $PRCTL,$SUBREAPER -- "$MINIREAP" -q -- sh -c 'exit 5'
	equal silence '' "$stderr"
}

@test "clone with CLONE_VM refused: main's start, group and statuses are right" {
	needs_root
	without=(python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM
	    "$CLONE,$SHARES_MEMORY" -- "$MINIREAP")
	run -3 "${without[@]}" -- sh -c 'exit 3'
	run -0 "${without[@]}" -e 127 nosuch
	run -138 "${without[@]}" -g -- bash -c '
	    read -r _ _ _ _ group _ </proc/$$/stat
	    [ "$group" = $$ ] && kill -USR1 $PPID; sleep 5'
	LISTEN_PID=1 run -0 as_pid_1 "${without[@]}" --session -- \
	    sh -c 'echo $$ $LISTEN_PID'
	equal 'pid and LISTEN_PID' "${output% *}" "${output#* }"
}

@test "clone with CLONE_VM refused: a failed exec is explained in one line" {
	run -127 --separate-stderr env PATH=/usr/bin python3 \
	    "$BATS_TEST_DIRNAME/refuse.py" EPERM "$CLONE,$SHARES_MEMORY" -- \
	    "$MINIREAP" nosuch
	equal stderr \
	    'minireap: cannot execute nosuch: not found in PATH /usr/bin' "$stderr"
	run -126 --separate-stderr python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM \
	    "$CLONE,$SHARES_MEMORY" -- "$MINIREAP" /
	equal stderr 'minireap: cannot execute /: is a directory' "$stderr"
}

@test "clone refused altogether: status 125 and one line" {
	run -125 --separate-stderr python3 "$BATS_TEST_DIRNAME/refuse.py" EAGAIN \
	    "$CLONE" -- "$MINIREAP" true
	equal stderr "minireap: cannot start a process for true: resource \
temporarily unavailable" "$stderr"
}

@test "close_range refused: everything is closed all the same" {
	for error in ENOSYS EPERM; do
		exec 7</dev/zero 200</dev/zero
		start python3 "$BATS_TEST_DIRNAME/refuse.py" $error \
		    $CLOSE_RANGE -- "$MINIREAP" -- sh -c "$WAITS" 2>err
		equal "$error" $'0 /dev/null\n1 /dev/null\n2 '"$PWD/err" \
		    "$(descriptors $JOB)"
		exec 7<&- 200<&-
		finish
	done
}

# bats test_tags=static
@test "no descriptor to spare: RLIMIT_NOFILE=3" {
	run -6 prlimit --nofile=3 "$MINIREAP" -- "$(command -v busybox)" \
	    sh -c 'exit 6'
	equal output '' "$output"
}

# A root with nothing in it but what is named here, all of it static.
bare_root() {
	mkdir -p root/bin
	cp "$MINIREAP" root/minireap
	cp "$(command -v busybox)" root/bin/busybox
	ln -s busybox root/bin/sh
	ln -s busybox root/bin/sleep
	ln -s busybox root/bin/seq
}

# bats test_tags=static
@test "no /proc, no /dev: it works, and 0 and 1 are closed" {
	needs_root
	bare_root
	run -6 chroot root /minireap -- sh -c 'exit 6'
	equal output '' "$output"
	chroot root /minireap -- sh -c \
	    '>ready; for i in $(seq 600); do [ ! -e /over ] || exit 0; sleep 0.1; done' \
	    >out 3>&- &
	init=$!
	wait_until 5 test -e root/ready
	equal descriptors "2 $(readlink "/proc/$init/fd/2")" \
	    "$(descriptors "$init")"
	touch root/over
	wait $init
}

# bats test_tags=static
@test "a read-only root, a user without a name, no capability" {
	needs_root
	run -6 unshare --mount sh -c 'mount -o bind,ro / /mnt 2>/dev/null &&
	    mount -o remount,bind,ro /mnt
	    exec setpriv --reuid 54321 --regid 54321 --clear-groups \
		--bounding-set -all --inh-caps -all --no-new-privs \
		"$0" -- sh -c "(sleep 0.1 &); exit 6"' "$MINIREAP"
	equal output '' "$output"
}
