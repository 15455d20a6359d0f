#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=autoreap
# The kernel reaps orphans, Linux 6.15: minireap(1), Reaping.  The other tests
# run both with this and without: see suite.sh, MINIREAP_REAPER.

bats_require_minimum_version 1.5.0
load helpers

PIDFD_SEND_SIGNAL=424 PIDFD_OPEN=434 # on all processors, for refuse.py
IOCTL=29 RT_SIGACTION=134
[ "$(uname -m)" != x86_64 ] || IOCTL=16 RT_SIGACTION=13

setup() {
	[ "$(uname -r | awk -F. '{ print $1 * 1000 + $2 }')" -ge 6015 ] ||
		skip 'needs Linux 6.15'
	cd "$BATS_TEST_TMPDIR"
	ORPHAN='(sleep 0.05 &)' # a shell's
}

# pidfd_of PID: the descriptor by which init knows main once the kernel reaps.
pidfd_of() {
	find "/proc/$1/fd/" -lname '*pidfd*' -printf '%f\n' 2>/dev/null
}

kernel_reaps() { # PID
	[ -n "$(pidfd_of "$1")" ]
}

no_child_but_main() { # PID
	[ "$(wc -w <"/proc/$1/task/$1/children")" -le 1 ]
}

@test "autoreap: no orphan: init opens no pidfd; after the first one: the kernel reaps" {
	start_ready "$MINIREAP" -- bash -c '
	    echo ready; until [ -e go ]; do sleep 0.05 # a child of its own
	    done; eval "$0"; sleep 30' "$ORPHAN"
	sleep 0.2
	run ! kernel_reaps $INIT
	touch go
	wait_until 10 kernel_reaps $INIT
	wait_until 10 no_child_but_main $INIT
	kill $INIT
	exits 143
}

@test "autoreap: the pidfd is above the standard descriptors and close-on-exec" {
	"$MINIREAP" -- bash -c "$ORPHAN"'; exec sleep 30' <&- >&- 2>&- 3>&- &
	INIT=$!
	wait_until 10 kernel_reaps $INIT
	fd=$(pidfd_of $INIT)
	[ "$fd" -ge 3 ]
	contains "$(cat /proc/$INIT/fdinfo/"$fd")" 'flags:	02000002'
	kill $INIT
	exits 143
}

@test "autoreap: -w, -vv, -T and --session, which see every child: init reaps" {
	for options in -w -vv "-T$PWD/log" --session; do
		start_ready "$MINIREAP" "$options" -- bash -c "$ORPHAN"'
		    sleep 0.3; echo ready; exec sleep 30'
		wait_until 10 no_child_but_main $INIT
		run ! kernel_reaps $INIT
		kill $INIT
		exits 143
	done
}

# watch PID SECONDS [COUNT]: of the children of PID, print how many were seen, and
# how many of them as a zombie, with one thread, for a millisecond or longer.  Stop
# once COUNT were seen.
watch() {
	python3 - "$@" 3>&- <<-'PYTHON'
	import sys, time
	parent, seconds, count = [*map(float, sys.argv[1:]), 1e9][:3]
	parent = int(parent)
	seen, first, stale = set(), {}, set()
	end = time.monotonic() + seconds
	while time.monotonic() < end and len(seen) < count:
	    with open(f"/proc/{parent}/task/{parent}/children") as file:
	        children = file.read().split()
	    for child in children:
	        before = time.monotonic()
	        try:
	            with open(f"/proc/{child}/stat") as file:
	                fields = file.read().rpartition(") ")[2].split()
	        except (FileNotFoundError, ProcessLookupError):
	            continue
	        key = child, fields[19]
	        seen.add(key)
	        if fields[0] == "Z" and fields[17] == "1":
	            if before - first.setdefault(key, time.monotonic()) >= 0.001:
	                stale.add(key)
	print(len(seen), len(stale))
	PYTHON
}

# orphans COMMAND...: start it with a main that makes orphans all the time.
orphans() {
	start_ready "$@" bash -c 'echo ready
	    for _ in {1..3000}; do (sleep 0.01 &); done; sleep 30'
}

@test "autoreap: a watcher of /proc: no orphan is a zombie for a millisecond" {
	orphans "$MINIREAP" --
	wait_until 10 kernel_reaps $INIT
	read -r seen stale < <(watch $INIT 25 100)
	echo "# $seen orphans seen"
	kill $INIT
	exits 143
	[ "$seen" -ge 100 ]
	equal 'seen as zombies' 0 "$stale"
}

@test "control: under a parent that does not wait, all orphans are seen as zombies" {
	start_ready python3 -c '
import ctypes, os, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) # PR_SET_CHILD_SUBREAPER
if os.fork() == 0:
    os.execvp("bash", ["bash", "-c", "for _ in {1..50}; do (sleep 0.01 &); done; echo ready"])
import time
time.sleep(30)'
	read -r seen stale < <(watch $INIT 1)
	kill $INIT
	exits 143
	[ "$stale" -ge 50 ]
}

@test "autoreap: main exits at any moment after the first orphan: its status is init's" {
	python3 - "$MINIREAP" "$PROBE" 3>&- <<-'PYTHON'
	import random, subprocess, sys
	minireap, probe = sys.argv[1:]
	random.seed(1)
	for turn in range(300):
	    status = random.choice([0, 1, 7, 125, 127, 128, 130, 137, 140, 143])
	    command = [minireap, "-q", "--", probe, "leaves", str(status)]
	    delay = 0 if turn % 3 == 0 else random.randrange(4000)
	    actual = subprocess.run([*command, str(delay)]).returncode
	    if actual != status:
	        sys.exit(f"expected {status}, actually {actual}, after {delay} us")
	PYTHON
}

# Init learns of main's exit before the kernel has stored its status.
@test "autoreap: main exits while both processors are busy: its status is init's" {
	python3 - "$MINIREAP" "$PROBE" 3>&- <<-'PYTHON'
	import os, subprocess, sys
	minireap, probe = sys.argv[1:]
	busy = []
	for _ in range(os.cpu_count()):
	    pid = os.fork()
	    if pid == 0:
	        while os.getppid() != 1:
	            pass
	        os._exit(0)
	    busy.append(pid)
	try:
	    for turn in range(100):
	        status = turn % 120
	        actual = subprocess.run([minireap, "-q", "--", probe, "leaves",
	                                 str(status), "2000"]).returncode
	        if actual != status:
	            sys.exit(f"expected {status}, actually {actual}")
	finally:
	    for pid in busy:
	        os.kill(pid, 9)
	        os.waitpid(pid, 0)
	PYTHON
}

@test "autoreap: the status comes late: init waits for it" {
	for status in 0 7 137; do
		# The first PIDFD_GET_INFO for main is the second one of all.
		run -"$status" strace -qq -o calls -e trace=ioctl,poll,ppoll \
		    -e inject=ioctl:error=ESRCH:when=2 "$MINIREAP" -q -- \
		    "$PROBE" leaves "$status" 300000
		grep -E '^p?poll\(.*revents=POLLHUP' calls
	done
}

# As if a filter refused it.
@test "autoreap: wait4 fails for a main that lives: init keeps running" {
	run -7 strace -qq -o calls -e trace=wait4,poll,ppoll \
	    -e inject=wait4:error=ECHILD:when=6 "$MINIREAP" -q -- \
	    bash -c "$ORPHAN"'; sleep 0.3; (:&); sleep 1.5; exit 7'
	grep -E '^p?poll.* = 0 \(Timeout\)' calls
}

@test "autoreap: 200 orphans become zombies before the switch: none remains" {
	start_ready "$MINIREAP" -- bash -c '
	    "$0" orphans-at-once 200; echo ready; exec sleep 30' "$PROBE"
	wait_until 10 no_child_but_main $INIT
	kernel_reaps $INIT
	kill $INIT
	exits 143
}

@test "autoreap: stopped at the switch, init finds every zombie afterwards" {
	start_ready "$MINIREAP" -- bash -c '
	    echo ready; until [ -e go ]; do read -rt 0.05 <><(:); done
	    for _ in {1..50}; do (:&); done
	    : >made; exec sleep 30'
	kill -STOP $INIT
	touch go
	wait_until 10 test -e made
	sleep 0.2
	[ "$(wc -w <"/proc/$INIT/task/$INIT/children")" -gt 1 ]
	kill -CONT $INIT
	wait_until 10 kernel_reaps $INIT
	wait_until 10 no_child_but_main $INIT
	kill $INIT
	exits 143
}

@test "autoreap: main is signalled: each signal once, values and senders included" {
	for options in '' -g; do
		# shellcheck disable=SC2086 # a list of options
		start_ready "$MINIREAP" $options -- bash -c "$ORPHAN"'
		    exec "$0" listen' "$PROBE"
		wait_until 10 kernel_reaps $INIT
		sender=$("$PROBE" queue $INIT 40 -5)
		"$PROBE" send $INIT 1 2 3 10 12 17 34 64
		wait_until 10 eval '[ "$(grep -c "^[1-9]" heard)" -ge 9 ]'
		kill $INIT
		exits 0
		equal value "40 -1 $sender -5" "$(grep '^40 ' heard)"
		equal numbers '1 2 3 10 12 15 17 34 40 64' \
		    "$(awk '$1 != "ready" && $2 <= 0 { print $1 }' heard | \
			sort -n | xargs)"
	done
}

@test "autoreap: -g, main is stopped or its group is gone: it is signalled" {
	start_ready "$MINIREAP" -g -- python3 -c '
import os, signal
if os.fork() == 0:
    os.fork() and os._exit(0)
    os._exit(0)
os.wait()
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    signal.pause()
while os.getpgid(child) != child: pass
os.setpgid(0, child)
print("ready", flush=True)
signal.signal(15, lambda *_: (os.kill(child, 9), os._exit(4)))
while True: signal.pause()'
	wait_until 10 kernel_reaps $INIT
	wait_until 10 no_child_but_main $INIT
	main=$(child_of $INIT)
	kill -STOP "$main"
	wait_until 10 eval '[ "$(state_of $main)" = T ]'
	kill $INIT
	exits 4
}

@test "autoreap: main exits under a tracer, or when that is killed: its status is init's" {
	for ends in detach kill; do
		start_ready "$MINIREAP" -- bash -c "$ORPHAN"'
		    trap "exit 6" TERM; echo ready; while :; do read -rt 1 <><(:); done'
		wait_until 10 kernel_reaps $INIT
		main=$(child_of $INIT)
		strace -qq -o trace -p "$main" 3>&- &
		tracer=$!
		wait_until 10 grep -q . trace
		[ $ends = detach ] || kill -KILL $tracer
		kill $INIT
		exits 6
		wait $tracer || :
	done
}

@test "autoreap: main's first thread exits before the others: init waits for them" {
	start_ready "$MINIREAP" -- bash -c "$ORPHAN"'; echo ready; exec python3 -c "
import ctypes, os, threading, time
def last():
    time.sleep(1)
    os._exit(9)
threading.Thread(target=last).start()
ctypes.CDLL(None).syscall(60 if os.uname().machine == \"x86_64\" else 93, 3)"'
	wait_until 10 kernel_reaps $INIT
	exits 9
}

@test "autoreap: main executes a program from another thread: it is signalled, and exits" {
	start_ready "$MINIREAP" -- bash -c "$ORPHAN"'; exec python3 -c "
import os, sys, threading, time
time.sleep(0.5)
threading.Thread(target=os.execv, args=(sys.argv[1], [\"probe\", \"listen\"])).start()
time.sleep(20)" "$0"' "$PROBE"
	wait_until 10 kernel_reaps $INIT
	"$PROBE" queue $INIT 40 3 >sender
	wait_until 10 grep -q '^40 -1' heard
	kill $INIT
	exits 0
}

@test "autoreap: an orphan is killed, then main: -v shows the OOM record once" {
	start_ready "$MINIREAP" -v -- bash -c "$ORPHAN"'
	    sleep 0.3; (sleep 20 & echo $! >killed); echo ready; exec sleep 30'
	wait_until 10 kernel_reaps $INIT
	kill -KILL "$(cat killed)"
	wait_until 10 no_child_but_main $INIT
	kill -KILL "$(child_of $INIT)"
	exits 137
	equal lines 1 "$(grep -c 'was killed by SIGKILL: ' said)"
}

@test "autoreap: init inherits SIGCHLD as ignored, or main ignores it: main's status is init's" {
	cat >main.py <<-'PYTHON'
	import os, signal, sys, time
	if sys.argv[1] == "main":
	    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
	if os.fork() == 0:
	    if os.fork() == 0:
	        time.sleep(0.1)
	    os._exit(0)
	time.sleep(0.4)
	kernel_reaps = len(os.listdir(f"/proc/{os.getppid()}/fd")) > 3
	os._exit(6 if kernel_reaps else 7)
	PYTHON
	run -6 "$MINIREAP" -- python3 main.py main
	run -6 env --ignore-signal=CHLD "$MINIREAP" -- python3 main.py init
}

@test "autoreap: --pause: orphans are reaped, INT and TERM exit with 0" {
	needs_root
	unshare --pid --fork --kill-child --mount-proc "$MINIREAP" --pause 3>&- &
	job=$!
	INIT=$(child_of $job)
	for _ in 1 2 3 4 5; do
		nsenter -t "$INIT" -p -m sh -c '(sleep 0.05 &)'
	done
	wait_until 10 eval '[ -z "$(cat /proc/'"$INIT/task/$INIT"'/children)" ]'
	kill "$INIT"
	wait $job
}

@test "autoreap: pidfds, or what is needed of them, refused: init reaps" {
	for refused in $PIDFD_OPEN $PIDFD_SEND_SIGNAL "$IOCTL,,0xc040ff0b" \
	    "$RT_SIGACTION,17"; do
		start_ready python3 "$BATS_TEST_DIRNAME/refuse.py" EPERM "$refused" -- \
		    "$MINIREAP" -- bash -c '
		    "$0" orphans 20; trap "exit 3" TERM; echo ready
		    while :; do read -rt 1 <><(:); done' "$PROBE"
		wait_until 10 no_child_but_main $INIT
		run ! kernel_reaps $INIT
		kill $INIT
		exits 3
	done
}

@test "autoreap: a pidfd has another status than wait4: init reaps" {
	# The call succeeds, and says what the kernel never says.
	run -7 strace -f -qq -o calls -e trace=rt_sigaction,ioctl \
	    -e inject=ioctl:retval=0 "$MINIREAP" -q -- "$PROBE" leaves 7 200000
	run ! grep SA_NOCLDWAIT calls
}
