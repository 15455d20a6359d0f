#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How init starts main and what it releases afterwards: minireap(1), Start.

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

# start COMMAND...: run it in the background and wait for the file ready.
start() {
	rm -f ready over
	"$@" 3>&- &
	JOB=$!
	wait_until 10 test -e ready
}

# finish: let main exit, and return its status.
finish() {
	touch over
	wait $JOB
}

# Main: creates ready and runs until finish, or for a minute.
WAITS='touch ready; for i in $(seq 1200); do [ ! -e over ] || exit 0; sleep 0.05; done'

# descriptors PID: lines such as "0 /dev/null".
descriptors() {
	for fd in /proc/"$1"/fd/*; do
		echo "${fd##*/} $(readlink "$fd")"
	done
}

@test "start: main leads a process group of its own" {
	needs_root
	group='read -r _ _ _ _ group _ </proc/$$/stat; [ "$group" = $$ ]'
	run -0 "$MINIREAP" -- bash -c "$group"
	run -0 as_pid_1 "$MINIREAP" -- bash -c "$group"
}

# group_of PID
group_of() {
	local stat
	stat=$(<"/proc/$1/stat")
	awk '{ print $3 }' <<<"${stat##*) }"
}

# dies_with_its_group COMMAND...: init and main are in one process group, and a
# signal to that ends both, as "timeout -s KILL" sends it.
dies_with_its_group() {
	rm -f ready main
	setsid "$@" sh -c "echo \$\$ >main; $WAITS" 3>&- &
	JOB=$!
	wait_until 10 test -s main
	main=$(cat main)
	init=$(awk '$1 == "PPid:" { print $2 }' "/proc/$main/status")
	wait_until 10 test -e ready
	equal group "$(group_of "$init")" "$(group_of "$main")"
	kill -KILL -- "-$(group_of "$init")"
	wait_until 10 eval '[ ! -e /proc/$main ] || [ "$(state_of $main)" = Z ]'
	wait $JOB || :
}

@test "--same-group, and -c as dumb-init: main dies with init's group" {
	ln -s "$MINIREAP" dumb-init
	dies_with_its_group "$MINIREAP" --same-group --
	dies_with_its_group ./dumb-init -c --
	dies_with_its_group ./dumb-init --single-child --
	DUMB_INIT_SETSID=0 dies_with_its_group ./dumb-init --
	MINIREAP_OPTIONS=--same-group dies_with_its_group "$MINIREAP" -t 1 --
}

@test "--same-group: signals reach main once, by its pid; CONT does not" {
	start "$MINIREAP" --same-group -- bash -c '
	    trap "echo TERM >>heard; exit 3" TERM; trap "echo CONT >>heard" CONT
	    trap "echo USR1 >>heard" USR1
	    touch ready; while :; do read -rt 0.05 <><(:); done'
	kill -CONT $JOB
	kill -USR1 $JOB
	wait_until 10 test -s heard
	kill -TERM $JOB
	status=0
	wait $JOB || status=$?
	equal status 3 "$status"
	equal heard 'USR1 TERM' "$(xargs <heard)"
}

@test "start: main inherits directory, arguments and descriptors" {
	echo text >file
	exec 7<file
	run -0 "$MINIREAP" -- sh -c 'pwd; echo "$0 $*"; cat <&7' 'a b' c ''
	equal output "$PWD"$'\na b c \ntext' "$output"
	exec 7<&-
}

@test "start: not PID 1: init keeps open only stderr, and changes to /" {
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

# streams COMMAND...: as PID 1, run a shell that uses /proc/1/fd.
streams() {
	echo said | as_pid_1 "$@" sh -c '
	    read -r line </proc/1/fd/0
	    echo "1 $line" >>/proc/1/fd/1
	    echo "2 $line" >>/proc/1/fd/2'
}

@test "start: PID 1: /proc/1/fd/0 to 2 are the streams of the container" {
	needs_root
	for name in minireap tini dumb-init catatonit docker-init podman-init; do
		ln -sf "$MINIREAP" $name
		for options in '' -q; do
			[ "$name $options" != 'catatonit -q' ] || continue
			# shellcheck disable=SC2086 # a list of options
			run -0 --separate-stderr streams ./$name $options --
			equal "$name $options: stdout" '1 said' "$output"
			equal "$name $options: stderr" '2 said' "$stderr"
		done
	done
}

@test "start: PID 1: on a terminal and with files, 0 to 2 stay open" {
	needs_root
	run -0 script -qec "unshare --pid --fork --mount-proc '$MINIREAP' -- sh -c '
	    echo tty >/proc/1/fd/1; readlink /proc/1/fd/0'" /dev/null </dev/null
	contains "$output" tty
	contains "$output" /dev/pts/
	released='until [ "$(readlink /proc/1/cwd)" = / ]; do sleep 0.02; done'
	as_pid_1 "$MINIREAP" -q -- sh -c "$released; readlink /proc/1/fd/*" \
	    </etc/passwd >out 2>err
	equal files "/etc/passwd $PWD/out $PWD/err" "$(xargs <out)"
	as_pid_1 "$MINIREAP" -- sh -c "$released; ls /proc/1/fd >out" \
	    <&- 2>&- 3>&-
	equal 'descriptors' 1 "$(xargs <out)"
}

@test "start: not PID 1, main closes its stdout, a pipe: the reader sees end-of-file" {
	mkfifo pipe
	"$MINIREAP" -- sh -c "exec >&-; $WAITS" >pipe 3>&- &
	JOB=$!
	timeout 30 cat pipe
	finish
}

# bats test_tags=static
@test "start: init has no heap, thread, handler or writable executable memory" {
	start "$MINIREAP" -- sh -c "$WAITS"
	equal handlers 0000000000000000 "$(signals_of $JOB SigCgt)"
	equal threads 1 "$(signals_of $JOB Threads)"
	run ! grep rwx /proc/$JOB/maps
	# glibc's start-up always makes a heap.
	if is_musl; then
		run ! grep '\[heap\]' /proc/$JOB/maps
		equal lines 6 "$(grep -cv '\[vvar_vclock\]' /proc/$JOB/maps)" ||
			[ "$(grep -c . /proc/$JOB/maps)" -le 8 ]
	fi
	finish
}

@test "start: any of 0, 1 and 2 closed: main has the same ones closed" {
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

@test "start: not PID 1, init is killed: main is killed" {
	start "$MINIREAP" -- sh -c 'echo $$ >main; touch ready; sleep 60'
	main=$(cat main)
	kill -KILL $JOB
	wait_until 5 eval '[ ! -e /proc/$main ] || [ "$(state_of $main)" = Z ]'
}

@test "start: parent-death signal of main: none under PID 1, otherwise SIGKILL" {
	needs_root
	asks='import ctypes, sys
n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)'
	equal 'PID 1' 0 "$(as_pid_1 "$MINIREAP" -- python3 -c "$asks")"
	equal elsewhere 9 "$("$MINIREAP" -- python3 -c "$asks")"
}

# bats test_tags=static
@test "start: not PID 1, init exits before main's prctl: main is killed" {
	# The first getppid returns a pid that is not init's.
	run -137 strace -f -o trace -e trace=getppid \
	    -e inject=getppid:retval=1:when=1 "$MINIREAP" -- touch ran
	contains "$(cat trace)" INJECTED
	[ ! -e ran ]
}

@test "start: under unshare --pid: main is PID 1 of the new namespace" {
	needs_root
	run -3 unshare --pid "$MINIREAP" -- sh -c 'echo $$; exit 3'
	equal output 1 "$output"
	LISTEN_PID=1 run -0 bash -c 'LISTEN_PID=$$ exec unshare --pid "$0" -- \
	    sh -c "echo \$LISTEN_PID"' "$MINIREAP"
	equal LISTEN_PID 1 "$output"
}

@test "start: init, as PID 1, faults: it is killed" {
	needs_root
	ulimit -c 0
	unshare --pid --fork --kill-child --mount-proc "$MINIREAP" -- \
	    sleep 20 3>&- &
	job=$!
	init=$(child_of $job)
	wait_until 5 eval '[ "$(readlink /proc/$init/cwd)" = / ]'
	# Overwrite the code that it returns to from its system call.
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

@test "start: subreaper refused: one warning, none with -q" {
	run -5 --separate-stderr python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM \
	    $PRCTL,$SUBREAPER -- "$MINIREAP" -- sh -c 'echo out; exit 5'
	equal warning 'minireap: cannot adopt orphans: operation not permitted' \
	    "$stderr"
	equal stdout out "$output"
	run -5 --separate-stderr python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM \
	    $PRCTL,$SUBREAPER -- "$MINIREAP" -q -- sh -c 'exit 5'
	equal silence '' "$stderr"
}

@test "start: CLONE_VM refused: main's start, group and status are right" {
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

# A profile that was recorded under another init allows clone and execve only.
@test "start: vfork, fork, clone3 and shared memory refused, in any combination: main starts" {
	[ "$(uname -m)" = x86_64 ] || skip 'fork and vfork exist on few processors'
	for vfork in '' 58; do
		for fork in '' 57; do
			for clone3 in '' 435; do
				for shared in '' "$CLONE,$SHARES_MEMORY"; do
					run -3 timeout 60 python3 \
					    "$BATS_TEST_DIRNAME/refuse.py" EPERM \
					    0xffff $vfork $fork $clone3 $shared -- \
					    "$MINIREAP" -g -t 1 -- bash -c 'exit 3'
				done
			done
		done
	done
}

@test "start: CLONE_VM refused, exec fails: one line explains it" {
	run -127 --separate-stderr env PATH=/usr/bin python3 \
	    "$BATS_TEST_DIRNAME/refuse.py" EPERM "$CLONE,$SHARES_MEMORY" -- \
	    "$MINIREAP" nosuch
	equal stderr \
	    'minireap: cannot execute nosuch: not found in PATH /usr/bin' "$stderr"
	run -126 --separate-stderr python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM \
	    "$CLONE,$SHARES_MEMORY" -- "$MINIREAP" /
	equal stderr 'minireap: cannot execute /: is a directory' "$stderr"
}

@test "start: clone refused: one line and status 125" {
	run -125 --separate-stderr python3 "$BATS_TEST_DIRNAME/refuse.py" EAGAIN \
	    "$CLONE" -- "$MINIREAP" true
	equal stderr "minireap: cannot start a process for true: \
temporarily unavailable" "$stderr"
}

@test "start: close_range refused: descriptors are closed all the same" {
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
@test "start: RLIMIT_NOFILE=3: main runs" {
	run -6 prlimit --nofile=3 "$MINIREAP" -- "$(command -v busybox)" \
	    sh -c 'exit 6'
	equal output '' "$output"
}

# bare_root: a root directory with only a few static programs.
bare_root() {
	mkdir -p root/bin
	cp "$MINIREAP" root/minireap
	cp "$(command -v busybox)" root/bin/busybox
	ln -s busybox root/bin/sh
	ln -s busybox root/bin/sleep
	ln -s busybox root/bin/seq
}

# bats test_tags=static
@test "start: no /proc and no /dev: main runs, init closes 0 and 1" {
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
@test "start: read-only root, unknown user, no capabilities: main runs" {
	needs_root
	run -6 unshare --mount sh -c 'mount -o bind,ro / /mnt 2>/dev/null &&
	    mount -o remount,bind,ro /mnt
	    exec setpriv --reuid 54321 --regid 54321 --clear-groups \
		--bounding-set -all --inh-caps -all --no-new-privs \
		"$0" -- sh -c "(sleep 0.1 &); exit 6"' "$MINIREAP"
	equal output '' "$output"
}
