#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Signals: minireap(1), Forwarding.  The probe runs as main and prints each
# signal that it receives.

bats_require_minimum_version 1.5.0
load helpers

ALL_BUT="$(seq 1 8) $(seq 10 18) $(seq 20 64)" # SIGKILL and SIGSTOP cannot be caught

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# start_pid_1 COMMAND...: start it as PID 1 of a new PID namespace; INIT is its
# pid in this one.
start_pid_1() {
	rm -f heard
	env --default-signal=INT,QUIT unshare --pid --fork --kill-child \
	    --mount-proc "$@" >heard 2>said 3>&- &
	WAITED=$!
	wait_until 10 grep -q ready heard
	INIT=$(child_of $WAITED)
}

# numbers [FILE]: the signals that were sent by a process, in order of arrival.
numbers() {
	awk '$1 != "ready" && $2 <= 0 { print $1 }' "${1:-heard}"
}

# received WHAT NUMBERS [FILE]: exactly these signals were received, in any
# order: the kernel chooses which of several pending signals it delivers first.
received() {
	equal "$1" "$(xargs -n 1 <<<"$2" | sort -n | xargs)" \
	    "$(numbers "${3:-heard}" | sort -n | xargs)"
}

# main_pid: the probe's pid, unless it runs in a PID namespace.
main_pid() {
	awk '$1 == "ready" { print $2; exit }' heard
}

# each_arrives_once START OPTIONS...: send every catchable signal.  SIGCONT is
# first, as a stop signal discards a pending SIGCONT; SIGTERM, which makes the
# probe exit, is last.
each_arrives_once() {
	local wanted start=$1
	shift
	# shellcheck disable=SC2086
	wanted=$(printf '%s\n' $ALL_BUT | grep -vxe 15 -e 18)
	"$start" "$MINIREAP" "$@" -- "$PROBE" listen
	"$PROBE" send "$INIT" 18
	wait_until 5 grep -q '^18 ' heard
	# shellcheck disable=SC2086
	"$PROBE" send $INIT $wanted
	wait_until 5 eval '[ "$(numbers | wc -l)" -ge 61 ]'
	"$PROBE" send "$INIT" 15
	exits 0 $!
	# shellcheck disable=SC2086
	equal main "$(printf '%s\n' $ALL_BUT | sort -n)" "$(numbers | sort -n)"
}

@test "forward: plain child: main receives every catchable signal once" {
	each_arrives_once start_ready
}

@test "forward: -g: main receives every catchable signal once" {
	each_arrives_once start_ready -g
}

@test "forward: --session: main receives every catchable signal once" {
	each_arrives_once start_ready --session -r TSTP:TSTP -r TTIN:TTIN \
	    -r TTOU:TTOU
}

@test "forward: PID 1: main receives every catchable signal once" {
	needs_root
	each_arrives_once start_pid_1
}

@test "forward: PID 1 with -g: main receives every catchable signal once" {
	needs_root
	each_arrives_once start_pid_1 -g
}

@test "forward: signals from inside the PID namespace: main receives them" {
	needs_root
	as_pid_1 "$MINIREAP" -- bash -c '
	    (until grep -q ready heard; do sleep 0.05; done 2>/dev/null
	     "$0" send 1 1 2 3 4 5 6 7 8 11 31 17 34 64 15) &
	    exec "$0" listen >heard' "$PROBE"
	received main '1 2 3 4 5 6 7 8 11 31 17 34 64 15'
}

@test "forward: queued inside the PID namespace: main receives value and sender pid" {
	needs_root
	as_pid_1 "$MINIREAP" -- bash -c '
	    (until grep -q ready heard; do sleep 0.05; done 2>/dev/null
	     "$0" queue 1 10 77 >sender
	     "$0" queue 1 64 78 >>sender
	     until [ "$(grep -c " -1 " heard)" -eq 2 ]; do sleep 0.05; done
	     "$0" send 1 15) &
	    exec "$0" listen >heard' "$PROBE"
	equal queued "$(awk 'NR == 1 { print "10 -1", $1, 77 }
	    NR == 2 { print "64 -1", $1, 78 }' sender)" \
	    "$(grep -e ' -1 ' heard)"
}

@test "forward: queued signal: main receives value and sender pid" {
	start_ready "$MINIREAP" -- "$PROBE" listen
	sender=$("$PROBE" queue $INIT 10 1234)
	second=$("$PROBE" queue $INIT 40 -5)
	# A handler runs before those of signals that arrived with it.
	wait_until 10 eval '[ "$(grep -c " -1 " heard)" -eq 2 ]'
	kill $INIT
	exits 0
	equal standard "10 -1 $sender 1234" "$(sed -n 2p heard)"
	equal real-time "40 -1 $second -5" "$(sed -n 3p heard)"
}

@test "forward: queued signal with -g, Linux 6.9: main receives value and sender pid" {
	start_ready "$MINIREAP" -g -- "$PROBE" listen
	sender=$("$PROBE" queue $INIT 10 1234)
	wait_until 10 grep -q '^10 ' heard
	kill $INIT
	exits 0
	if [ "$(uname -r | awk -F. '{ print $1 * 1000 + $2 }')" -ge 6009 ]; then
		equal signal "10 -1 $sender 1234" "$(sed -n 2p heard)"
	else
		contains "$(sed -n 2p heard)" '10 '
	fi
}

@test "forward: 1,000 queued real-time signals: all arrive in order" {
	start_ready "$MINIREAP" -- "$PROBE" listen
	"$PROBE" queue $INIT 36 0 1000
	wait_until 10 eval '[ "$(grep -c "^36 " heard)" -eq 1000 ]'
	kill $INIT
	exits 0
	equal order "$(seq 0 999)" "$(awk '$1 == 36 { print $4 }' heard)"
}

@test "forward: 1,000 real-time signals sent by kill: all arrive" {
	start_ready "$MINIREAP" -- "$PROBE" listen
	python3 -c '
import os, sys
for i in range(1000): os.kill(int(sys.argv[1]), 37)' $INIT
	wait_until 10 eval '[ "$(grep -c "^37 " heard)" -eq 1000 ]'
	kill $INIT
	exits 0
	equal count 1000 "$(grep -c '^37 ' heard)"
}

@test "-r: signals are replaced or dropped, and replaced only once" {
	start_ready "$MINIREAP" -r USR1:USR2 -r 12:HUP -r WINCH:0 -r URG:none \
	    -r RTMIN:3 -- "$PROBE" listen
	"$PROBE" send $INIT 10 12 28 23 34 15
	exits 0
	received main '12 1 3 15'
}

@test "-r TERM:KILL: SIGTERM to init kills main" {
	start_ready "$MINIREAP" -r TERM:KILL -- "$PROBE" listen
	kill $INIT
	exits 137
}

# family: main with a child in its group; both print what they receive.
family() {
	cat <<-'SH'
	"$0" listen >child 3>&- & exec "$0" listen
	SH
}

@test "-c: main's child in the same group: only main is signalled" {
	start_ready "$MINIREAP" -- bash -c "$(family)" "$PROBE"
	wait_until 5 grep -q ready child
	"$PROBE" send $INIT 10 15
	exits 0
	received main '10 15'
	equal child ready "$(cut -d' ' -f1 child)"
	kill "$(cut -d' ' -f2 child)"
}

@test "-g: main's child in the same group: both are signalled" {
	start_ready "$MINIREAP" -g -- bash -c "$(family)" "$PROBE"
	wait_until 5 grep -q ready child
	"$PROBE" send $INIT 10 15
	exits 0
	received main '10 15'
	wait_until 5 grep -q '^15 ' child
	received child '10 15' child
}

@test "-g: main's group no longer exists: main is signalled" {
	start_ready "$MINIREAP" -g -- python3 -c '
import os, sys, time
# Main joins the group of its child, which leaves its own group empty.
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    time.sleep(5)
    os._exit(0)
while os.getpgid(child) != child: time.sleep(0.01)
os.setpgid(0, child)
os.execv(sys.argv[1], ["probe", "listen"])' "$PROBE"
	"$PROBE" send $INIT 10 15
	exits 0
	received main '10 15'
}

@test "--session: TSTP, TTIN and TTOU stop main, a session leader" {
	for sig in TSTP TTIN TTOU; do
		start_ready "$MINIREAP" --session -- "$PROBE" listen
		main=$(main_pid)
		equal session "$main" "$(ps -o sid= -p "$main" | tr -d ' ')"
		kill -$sig $INIT
		wait_until 5 eval '[ "$(state_of $main)" = T ]'
		kill -CONT $INIT
		wait_until 5 grep -q '^18 ' heard
		kill -TERM $INIT
		exits 0
	done
}

@test "--session: -r TSTP:TSTP: main receives SIGTSTP" {
	start_ready "$MINIREAP" --session -r TSTP:TSTP -- "$PROBE" listen
	"$PROBE" send $INIT 20 15
	exits 0
	received main '20 15'
}

@test "--session: main exits: the rest of its group receives SIGTERM" {
	start_ready "$MINIREAP" --session -- bash -c '
	    "$0" listen >child 3>&- &
	    until grep -q ready child; do sleep 0.02; done
	    echo ready; exit 4' "$PROBE"
	exits 4
	wait_until 5 grep -q '^15 ' child
}

@test "stop signal: main is stopped: SIGCONT follows" {
	start_ready "$MINIREAP" -- bash -c 'trap "echo bye; exit 5" TERM
	    echo "ready $$"; while :; do read -rt 0.1 <><(:) || :; done'
	main=$(main_pid)
	kill -STOP "$main"
	wait_until 5 eval '[ "$(state_of $main)" = T ]'
	kill -TERM $INIT
	exits 5
	contains "$(cat heard)" bye
}

@test "stop signal: main is running: no SIGCONT follows" {
	start_ready "$MINIREAP" -- "$PROBE" listen 10
	"$PROBE" send $INIT 15 10
	exits 0
	received main '15 10'
}

@test "forward: init may not signal main: one warning only" {
	needs_root
	setpriv --bounding-set -kill --inh-caps -kill "$MINIREAP" -- \
	    setpriv --reuid 65534 --clear-groups "$PROBE" listen \
	    >heard 2>said 3>&- &
	INIT=$!
	wait_until 5 grep -q ready heard
	"$PROBE" send $INIT 1 10 12
	wait_until 5 grep -q cannot said
	main=$(main_pid)
	kill -TERM "$main"
	exits 0
	equal lines 1 "$(wc -l <said)"
	equal line "minireap: cannot signal main process $main (setpriv): operation not permitted" \
	    "$(cat said)"
}

@test "-p: init's parent is killed: main receives the signal" {
	# The inner shell, init's parent, is killed.
	bash -c '"$0" -p USR1 -- "$1" listen 10 >heard 3>&- &
	    until grep -q ready heard; do sleep 0.02; done
	    kill -KILL $$' "$MINIREAP" "$PROBE" || :
	wait_until 5 grep -q '^10 ' heard
}

# bats test_tags=static
@test "-p: the parent exits just before prctl: main receives the signal" {
	strace -o trace -e trace=getppid -e inject=getppid:retval=1:when=1 \
	    "$PROBE" mask block "$MINIREAP" -p USR1 -- "$PROBE" listen 10 5 \
	    >heard
	contains "$(cat trace)" INJECTED
	received main 10
}

@test "forward: SIGCHLD sent by a process: it is forwarded and orphans are reaped" {
	start_ready "$MINIREAP" -- bash -c '
	    (bash -c "echo \$\$ >orphan; until [ -e go ]; do sleep 0.05; done" &)
	    exec "$0" listen' "$PROBE"
	wait_until 5 test -s orphan
	orphan=$(cat orphan)
	# The sent SIGCHLD is still pending when the orphan exits, so that the
	# kernel's own is merged into it.
	kill -STOP $INIT
	wait_until 5 eval '[ "$(state_of $INIT)" = T ]'
	kill -CHLD $INIT
	touch go
	wait_until 5 eval '[ "$(state_of $orphan)" = Z ]'
	kill -CONT $INIT
	wait_until 5 test ! -e "/proc/$orphan"
	kill $INIT
	exits 0
	received main '17 18 15'
}

# bats test_tags=static
@test "signal mask: blocked and ignored signals: main inherits them unchanged" {
	expected=$("$PROBE" mask block "$PROBE" mask ignore "$PROBE" mask)
	equal "all of them" \
	    'blocked fffffffffffbfeff ignored fffffffffffbfeff' "$expected"
	for options in '' -g --session; do
		# shellcheck disable=SC2086
		equal "with '$options'" "$expected" "$("$PROBE" mask block \
		    "$PROBE" mask ignore "$MINIREAP" $options -- "$PROBE" mask)"
	done
	equal none "$("$PROBE" mask)" "$("$MINIREAP" -- "$PROBE" mask)"
}

@test "forward: inherited as ignored: main still receives the signals" {
	start_ready "$PROBE" mask ignore "$MINIREAP" -- "$PROBE" listen
	"$PROBE" send $INIT 1 2 13 17 28 34 15
	exits 0
	received main '1 2 13 17 28 34 15'
}

@test "pending signal: sent before init's exec: main receives it once" {
	for sig in 1 11 15 18 20 32 33 34 64; do
		"$PROBE" mask pend $sig "$MINIREAP" -- "$PROBE" listen $sig 2 \
		    >heard
		received "signal $sig" $sig
	done
}

@test "pending SIGCHLD: sent before init's exec: main receives it" {
	"$PROBE" mask pend 17 "$MINIREAP" -- "$PROBE" listen 17 2 >heard
	received main 17
}

@test "pending SIGCHLD: inherited as ignored: main receives it" {
	"$PROBE" mask ignore "$PROBE" mask pend 17 "$MINIREAP" -- \
	    "$PROBE" listen 17 2 >heard
	received main 17
}

@test "pending signal: sent by init's own process before exec: main receives it" {
	"$PROBE" mask self 10 "$MINIREAP" -- "$PROBE" listen 10 2 >heard
	received main 10
}

# SIGTERM is blocked when init starts, so that it must not get lost even before
# init sets its own mask.
@test "forward: SIGTERM at 200 random moments of a start: main receives each once" {
	cat >starts.py <<-'PYTHON'
	import os, random, signal, subprocess, sys, time
	minireap, probe = sys.argv[1:3]
	random.seed(7)
	signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
	bad = 0
	for n in range(201):
	    options = [[], ["-g"], ["--session"]][n % 3]
	    child = subprocess.Popen([minireap, *options, "--", probe, "listen"],
	                             stdout=subprocess.PIPE, text=True)
	    wait = random.uniform(0, 0.005)
	    end = time.perf_counter() + wait
	    while time.perf_counter() < end:
	        pass
	    child.send_signal(signal.SIGTERM)
	    try:
	        heard = child.communicate(timeout=10)[0].split("\n")
	    except subprocess.TimeoutExpired:
	        child.kill()
	        heard = ["lost"]
	    terms = [line for line in heard if line.split(" ")[0] == "15"]
	    if len(terms) != 1 or child.returncode != 0:
	        bad += 1
	        print(options, wait, heard, child.returncode)
	sys.exit(bad != 0)
	PYTHON
	timeout 300 python3 starts.py "$MINIREAP" "$PROBE" 3>&-
}

@test "forward: three nested inits: main receives each signal once" {
	start_ready "$MINIREAP" -- "$MINIREAP" -g -- "$MINIREAP" --session -- \
	    "$PROBE" listen
	"$PROBE" send $INIT 10 17 28 40 15
	exits 0
	received main '10 17 28 40 15'
}
