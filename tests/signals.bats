#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Signals: minireap(1), Forwarding.  The probe, as main, says what arrives.

bats_require_minimum_version 1.5.0
load helpers

ALL_BUT="$(seq 1 8) $(seq 10 18) $(seq 20 64)" # KILL and STOP none can have

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# start COMMAND...: init in the background; INIT is its pid.  What main prints
# goes to "heard", and main is ready when this returns.
start() {
	rm -f heard
	env --default-signal=INT,QUIT "$@" >heard 2>said 3>&- &
	INIT=$!
	wait_until 10 grep -q ready heard
}

# start_pid_1 COMMAND...: likewise as PID 1; INIT is its pid out here.
start_pid_1() {
	rm -f heard
	env --default-signal=INT,QUIT unshare --pid --fork --kill-child \
	    --mount-proc "$@" >heard 2>said 3>&- &
	WAITED=$!
	wait_until 10 grep -q ready heard
	INIT=$(child_of $WAITED)
}

# numbers [FILE]: those that a process sent, in the order of arrival.
numbers() {
	awk '$1 != "ready" && $2 <= 0 { print $1 }' "${1:-heard}"
}

# hears WHAT NUMBERS [FILE]: just these arrived there.  In which order those
# that are pending together do is the kernel's affair.
hears() {
	equal "$1" "$(xargs -n 1 <<<"$2" | sort -n | xargs)" \
	    "$(numbers "${3:-heard}" | sort -n | xargs)"
}

# ends STATUS [PID]: init does, with it.
ends() {
	local ended=0
	wait "${2:-$INIT}" || ended=$?
	equal 'exit status' "$1" "$ended"
}

# main_pid: the probe's, if it runs as a plain child.
main_pid() {
	awk '$1 == "ready" { print $2; exit }' heard
}

# each_arrives_once HOW OPTIONS...: of all that can be sent, TERM at the end.
# CONT goes before: a stop signal takes a pending CONT away, by the kernel's
# rule.  In which order those that are pending together arrive is its affair.
each_arrives_once() {
	local wanted how=$1
	shift
	# shellcheck disable=SC2086
	wanted=$(printf '%s\n' $ALL_BUT | grep -vxe 15 -e 18)
	"$how" "$MINIREAP" "$@" -- "$PROBE" listen
	"$PROBE" send "$INIT" 18
	wait_until 5 grep -q '^18 ' heard
	# shellcheck disable=SC2086
	"$PROBE" send $INIT $wanted
	wait_until 5 eval '[ "$(numbers | wc -l)" -ge 61 ]'
	"$PROBE" send "$INIT" 15
	ends 0 $!
	# shellcheck disable=SC2086
	equal main "$(printf '%s\n' $ALL_BUT | sort -n)" "$(numbers | sort -n)"
}

@test "every signal that can be caught is forwarded, once" {
	each_arrives_once start
}

@test "-g: every signal that can be caught is forwarded, once" {
	each_arrives_once start -g
}

@test "--session: every signal that can be caught is forwarded, once" {
	each_arrives_once start --session -r TSTP:TSTP -r TTIN:TTIN \
	    -r TTOU:TTOU
}

@test "PID 1: every signal that can be caught is forwarded, once" {
	needs_root
	each_arrives_once start_pid_1
}

@test "PID 1, -g: every signal that can be caught is forwarded, once" {
	needs_root
	each_arrives_once start_pid_1 -g
}

@test "PID 1: a neighbour's signals are forwarded like those from outside" {
	needs_root
	as_pid_1 "$MINIREAP" -- bash -c '
	    (until grep -q ready heard; do sleep 0.05; done 2>/dev/null
	     "$0" send 1 1 2 3 4 5 6 7 8 11 31 17 34 64 15) &
	    exec "$0" listen >heard' "$PROBE"
	hears main '1 2 3 4 5 6 7 8 11 31 17 34 64 15'
}

@test "PID 1: a neighbour's queued value and pid arrive" {
	needs_root
	as_pid_1 "$MINIREAP" -- bash -c '
	    (until grep -q ready heard; do sleep 0.05; done 2>/dev/null
	     "$0" queue 1 10 77 >sender
	     "$0" queue 1 64 78 >>sender
	     "$0" send 1 15) &
	    exec "$0" listen >heard' "$PROBE"
	equal queued "$(awk 'NR == 1 { print "10 -1", $1, 77 }
	    NR == 2 { print "64 -1", $1, 78 }' sender)" \
	    "$(grep -e ' -1 ' heard)"
}

@test "a queued value and its sender's pid arrive" {
	start "$MINIREAP" -- "$PROBE" listen
	sender=$("$PROBE" queue $INIT 10 1234)
	second=$("$PROBE" queue $INIT 40 -5)
	kill $INIT
	ends 0
	equal standard "10 -1 $sender 1234" "$(sed -n 2p heard)"
	equal real-time "40 -1 $second -5" "$(sed -n 3p heard)"
}

@test "-g: a queued value and its sender's pid arrive (Linux 6.9)" {
	start "$MINIREAP" -g -- "$PROBE" listen
	sender=$("$PROBE" queue $INIT 10 1234)
	kill $INIT
	ends 0
	if [ "$(uname -r | awk -F. '{ print $1 * 1000 + $2 }')" -ge 6009 ]; then
		equal signal "10 -1 $sender 1234" "$(sed -n 2p heard)"
	else
		contains "$(sed -n 2p heard)" '10 '
	fi
}

@test "1,000 real-time signals in a burst are 1,000" {
	start "$MINIREAP" -- "$PROBE" listen
	"$PROBE" queue $INIT 36 0 1000
	wait_until 10 eval '[ "$(grep -c "^36 " heard)" -eq 1000 ]'
	kill $INIT
	ends 0
	equal order "$(seq 0 999)" "$(awk '$1 == 36 { print $4 }' heard)"
}

@test "1,000 real-time signals by kill are 1,000" {
	start "$MINIREAP" -- "$PROBE" listen
	python3 -c '
import os, sys
for i in range(1000): os.kill(int(sys.argv[1]), 37)' $INIT
	wait_until 10 eval '[ "$(grep -c "^37 " heard)" -eq 1000 ]'
	kill $INIT
	ends 0
	equal count 1000 "$(grep -c '^37 ' heard)"
}

@test "-r sends another signal, or none, and rewrites once" {
	start "$MINIREAP" -r USR1:USR2 -r 12:HUP -r WINCH:0 -r URG:none \
	    -r RTMIN:3 -- "$PROBE" listen
	"$PROBE" send $INIT 10 12 28 23 34 15
	ends 0
	hears main '12 1 3 15'
}

@test "-r TERM:KILL is what it says" {
	start "$MINIREAP" -r TERM:KILL -- "$PROBE" listen
	kill $INIT
	ends 137
}

# A main with a child in its group; both say what they hear.
family() {
	cat <<-'SH'
	"$0" listen >child 3>&- & exec "$0" listen
	SH
}

@test "-c: main alone is sent the signals" {
	start "$MINIREAP" -- bash -c "$(family)" "$PROBE"
	wait_until 5 grep -q ready child
	"$PROBE" send $INIT 10 15
	ends 0
	hears main '10 15'
	equal child ready "$(cut -d' ' -f1 child)"
	kill "$(cut -d' ' -f2 child)"
}

@test "-g: main's group is sent the signals" {
	start "$MINIREAP" -g -- bash -c "$(family)" "$PROBE"
	wait_until 5 grep -q ready child
	"$PROBE" send $INIT 10 15
	ends 0
	hears main '10 15'
	wait_until 5 grep -q '^15 ' child
	hears child '10 15' child
}

@test "-g: main is sent the signals when its group is gone" {
	start "$MINIREAP" -g -- python3 -c '
import os, sys, time
# A child leads a group that main joins: nobody is left in main'\''s own.
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    time.sleep(5)
    os._exit(0)
while os.getpgid(child) != child: time.sleep(0.01)
os.setpgid(0, child)
os.execv(sys.argv[1], ["probe", "listen"])' "$PROBE"
	"$PROBE" send $INIT 10 15
	ends 0
	hears main '10 15'
}

@test "--session: main leads a session; TSTP, TTIN and TTOU arrive as STOP" {
	for sig in TSTP TTIN TTOU; do
		start "$MINIREAP" --session -- "$PROBE" listen
		main=$(main_pid)
		equal session "$main" "$(ps -o sid= -p "$main" | tr -d ' ')"
		kill -$sig $INIT
		wait_until 5 eval '[ "$(state_of $main)" = T ]'
		kill -CONT $INIT
		wait_until 5 grep -q '^18 ' heard
		kill -TERM $INIT
		ends 0
	done
}

@test "--session -r TSTP:TSTP: the signal that was asked for" {
	start "$MINIREAP" --session -r TSTP:TSTP -- "$PROBE" listen
	"$PROBE" send $INIT 20 15
	ends 0
	hears main '20 15'
}

@test "--session: at main's end what is left of its group gets TERM" {
	start "$MINIREAP" --session -- bash -c '
	    "$0" listen >child 3>&- &
	    until grep -q ready child; do sleep 0.02; done
	    echo ready; exit 4' "$PROBE"
	ends 4
	wait_until 5 grep -q '^15 ' child
}

@test "a stop signal to a stopped main is followed by CONT" {
	start "$MINIREAP" -- bash -c 'trap "echo bye; exit 5" TERM
	    echo "ready $$"; while :; do read -rt 0.1 <><(:) || :; done'
	main=$(main_pid)
	kill -STOP "$main"
	wait_until 5 eval '[ "$(state_of $main)" = T ]'
	kill -TERM $INIT
	ends 5
	contains "$(cat heard)" bye
}

@test "a stop signal to a running main is not followed by CONT" {
	start "$MINIREAP" -- "$PROBE" listen 10
	"$PROBE" send $INIT 15 10
	ends 0
	hears main '15 10'
}

@test "main another user's, and no right to signal it: one warning, no more" {
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
	ends 0
	equal lines 1 "$(wc -l <said)"
	equal line "minireap: cannot signal main process $main (setpriv): operation not permitted" \
	    "$(cat said)"
}

@test "-p: main gets the signal when init's parent has died" {
	# The shell is init's parent; the outer one sees the rest.
	bash -c '"$0" -p USR1 -- "$1" listen 10 >heard 3>&- &
	    until grep -q ready heard; do sleep 0.02; done
	    kill -KILL $$' "$MINIREAP" "$PROBE" || :
	wait_until 5 grep -q '^10 ' heard
}

# bats test_tags=static
@test "-p: a parent that dies while init asks counts too" {
	strace -o trace -e trace=getppid -e inject=getppid:retval=1:when=1 \
	    "$PROBE" mask block "$MINIREAP" -p USR1 -- "$PROBE" listen 10 5 \
	    >heard
	contains "$(cat trace)" INJECTED
	hears main 10
}

@test "a CHLD that a process sent is forwarded, and reaps besides" {
	start "$MINIREAP" -- bash -c '
	    (bash -c "echo \$\$ >orphan; until [ -e go ]; do sleep 0.05; done" &)
	    exec "$0" listen' "$PROBE"
	wait_until 5 test -s orphan
	orphan=$(cat orphan)
	# One CHLD for both: the one that was there first.
	kill -STOP $INIT
	wait_until 5 eval '[ "$(state_of $INIT)" = T ]'
	kill -CHLD $INIT
	touch go
	wait_until 5 eval '[ "$(state_of $orphan)" = Z ]'
	kill -CONT $INIT
	wait_until 5 test ! -e "/proc/$orphan"
	kill $INIT
	ends 0
	hears main '17 18 15'
}

# bats test_tags=static
@test "blocked and ignored signals are main's as they were given to init" {
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

@test "what init inherited as ignored is forwarded all the same" {
	start "$PROBE" mask ignore "$MINIREAP" -- "$PROBE" listen
	"$PROBE" send $INIT 1 2 13 17 28 34 15
	ends 0
	hears main '1 2 13 17 28 34 15'
}

@test "a signal that was pending when init was started reaches main, once" {
	for sig in 1 11 15 18 20 32 33 34 64; do
		"$PROBE" mask pend $sig "$MINIREAP" -- "$PROBE" listen $sig 2 \
		    >heard
		hears "signal $sig" $sig
	done
}

@test "a CHLD that was pending when init was started reaches main" {
	"$PROBE" mask pend 17 "$MINIREAP" -- "$PROBE" listen 17 2 >heard
	hears main 17
}

@test "a CHLD that was pending reaches main where it was ignored, too" {
	"$PROBE" mask ignore "$PROBE" mask pend 17 "$MINIREAP" -- \
	    "$PROBE" listen 17 2 >heard
	hears main 17
}

@test "a signal that who started init had sent itself reaches main" {
	"$PROBE" mask self 10 "$MINIREAP" -- "$PROBE" listen 10 2 >heard
	hears main 10
}

# Each TERM at another moment of another start: TERM is blocked by whoever
# starts init, so that even before its own mask is set nothing may be lost.
@test "200 TERMs at random moments after the start: main gets each, once" {
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
	timeout 60 python3 starts.py "$MINIREAP" "$PROBE" 3>&-
}

@test "init in init in init: a signal arrives once" {
	start "$MINIREAP" -- "$MINIREAP" -g -- "$MINIREAP" --session -- \
	    "$PROBE" listen
	"$PROBE" send $INIT 10 17 28 40 15
	ends 0
	hears main '10 17 28 40 15'
}
