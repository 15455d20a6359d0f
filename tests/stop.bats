#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2086,SC2153 # other shells; signal numbers
# The order of a stop, as PID 1: minireap(1), -S, -d, -t and -b.

bats_require_minimum_version 1.5.0

load stop

teardown() {
	stop_actors
	[ -z "${CGROUP:-}" ] || rmdir "$CGROUP"
}

# main_with_worker COMMAND...: append a main to COMMAND and run that.  The main
# exits with 7 once its worker, in another session, is ready; the worker needs
# half a second to save its file.
main_with_worker() {
	main_with_worker=("$ACTOR" fork '{' session save file 500 mark ready
		live '}' await ready 1 exit 7)
	"$@" "${main_with_worker[@]}"
}

@test "-t: a worker in its own session: saves its file after main exits" {
	main_with_worker start -t 5 --
	await_exit
	equal status 7 "$STATUS"
	save_completed file
	within time 500 4999 "$TOOK"
	no_messages
}

@test "without -t: main exits: the worker's file is cut short, the status is main's" {
	main_with_worker start --
	await_exit
	equal status 7 "$STATUS"
	save_cut_short file
}

@test "control: tini: main exits: the worker's file is cut short" {
	needs tini
	main_with_worker start_init tini --
	await_exit
	equal status 7 "$STATUS"
	save_cut_short file
}

@test "control: dumb-init: main exits: the worker's file is cut short" {
	needs dumb-init
	main_with_worker start_init dumb-init --
	await_exit
	equal status 7 "$STATUS"
	save_cut_short file
}

@test "control: catatonit: main exits: the worker's file is cut short" {
	needs catatonit
	main_with_worker start_init catatonit --
	await_exit
	equal status 7 "$STATUS"
	save_cut_short file
}

@test "-t: a stop: main exits first, then the rest, and no file is cut short" {
	start -t 5 -- "$ACTOR" times 2 '{' fork '{' session save file 300 \
		note rest mark ready live '}' '}' save main 300 mark ready live
	await_lines ready 3
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	save_completed main
	equal "lines of two workers" 4 "$(wc -l <file)"
	equal "TERMs to the workers" 2 "$(count_noted rest $TERM)"
	within "TERM to the workers" 300 4999 $(($(time_noted rest $TERM) - SENT))
	no_messages
}

@test "-t: main is killed by the stop signal: status 143" {
	start -t 5 -- "$ACTOR" fork '{' session save file 300 mark ready \
		live '}' mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 143 "$STATUS"
	save_completed file
	no_messages
}

@test "-t: processes in other sessions and groups: each gets TERM once" {
	start -t 5 -- "$ACTOR" \
		times 4 '{' fork '{' session note notes die $TERM 0 mark ready live '}' '}' \
		times 4 '{' fork '{' group note notes die $TERM 0 mark ready live '}' '}' \
		fork '{' fork '{' session note notes die $TERM 0 mark ready live '}' '}' \
		await ready 9 exit 3
	await_exit
	equal status 3 "$STATUS"
	equal "TERMs" 9 "$(count_noted notes $TERM)"
	equal "processes that got one" 9 "$(cut -d ' ' -f 2 notes | sort -u | wc -l)"
	within time 0 4999 "$TOOK"
}

@test "-t 1: main ignores TERM: killed after 1 s, status 137, one line" {
	start -t 1 -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time to the kill" 1000 4000 $((EXITED - SENT))
	equal "lines" 1 "$(wc -l <err)"
	has_messages 1 '^minireap: .*main process .*(killed|KILL)'
}

@test "-t 1: another process ignores TERM: killed and named" {
	start -t 1 -- "$ACTOR" fork '{' session name 'deaf (and) dumb' \
		ignore $TERM mark deaf live '}' await deaf 1 mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 143 "$STATUS"
	within "time" 1000 4000 $((EXITED - SENT))
	equal "lines" 1 "$(wc -l <err)"
	grep -F "$(cat deaf) (deaf (and) dumb)" err
}

@test "-t: some processes ignore TERM: one line names them, and no others" {
	start -t 0.5 -- "$ACTOR" times 3 '{' fork '{' session name deaf \
		ignore $TERM mark deaf live '}' '}' \
		fork '{' name obedient mark ready live '}' \
		await deaf 3 await ready 1 exit 0
	await_exit
	equal status 0 "$STATUS"
	equal "lines" 1 "$(wc -l <err)"
	while read -r pid; do
		grep -F "$pid (deaf)" err
	done <deaf
	has_messages 0 obedient
}

@test "-t: main and the rest ignore TERM: killed within TIME + 3 s, status 137" {
	start -t 1 -- "$ACTOR" fork '{' session name deaf ignore $TERM mark ready \
		live '}' ignore $TERM mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 2000 4000 $((EXITED - SENT))
	has_messages 1 'main process'
	has_messages 1 '\(deaf\)'
}

@test "-t: main uses part of the grace: the rest has the remainder" {
	start -t 2 -- "$ACTOR" fork '{' session ignore $TERM mark ready live '}' \
		quit $TERM 500 4 mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 4 "$STATUS"
	within "time" 2000 5000 $((EXITED - SENT))
}

@test "-t: main uses nearly all of the grace: the rest still has a second" {
	start -t 1.2 -- "$ACTOR" fork '{' session save file 700 mark ready live '}' \
		quit $TERM 1000 4 mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 4 "$STATUS"
	save_completed file
	within "time" 1700 4200 $((EXITED - SENT))
}

@test "-t 0.4: main and the rest ignore TERM: each has 0.4 s" {
	start -t 0.4 -- "$ACTOR" fork '{' session ignore $TERM mark ready live '}' \
		ignore $TERM mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 800 3400 $((EXITED - SENT))
}

@test "-t: main exits on its own: the rest has the whole grace" {
	start -t 1.5 -- "$ACTOR" fork '{' session ignore $TERM mark ready live '}' \
		await ready 1 exit 6
	await_exit
	equal status 6 "$STATUS"
	within "time" 1500 4500 "$TOOK"
}

@test "-t 0: a stop: kills at once" {
	start -t 0 -- "$ACTOR" fork '{' session ignore $TERM mark ready live '}' \
		ignore $TERM mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 0 3000 $((EXITED - SENT))
}

@test "-t: a second stop signal: forwarded, without moving the deadline" {
	start -t 3 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	first=$SENT
	await_lines notes 1
	sleep 1.5 # the time is what is tested
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	equal "TERMs" 2 "$(count_noted notes $TERM)"
	within "time" 3000 4499 $((EXITED - first))
}

@test "-t: main exits while a worker is stopped: continued, and saves its file" {
	start -t 5 -- "$ACTOR" fork '{' session save file 200 mark ready stop \
		live '}' await ready 1 mark main quit $USR1 0 8 live
	await_lines main 1
	await_stopped "$(only_child "$(only_child "$INIT")")"
	send $USR1
	await_exit
	equal status 8 "$STATUS"
	save_completed file
	within "time" 200 4999 $((EXITED - SENT))
	no_messages
}

@test "-t: a stop while main is stopped: continued, and saves its file" {
	start -t 5 -- "$ACTOR" save file 100 mark ready stop live
	await_lines ready 1
	await_stopped "$(only_child "$INIT")"
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	save_completed file
	within "time" 100 4999 $((EXITED - SENT))
}

@test "-t: stopped processes ignore TERM: killed at the end of the grace" {
	start -t 1 -- "$ACTOR" times 5 '{' fork '{' session ignore $TERM mark ready \
		stop live '}' '}' ignore $TERM await ready 5 mark main stop live
	await_lines main 1
	await_stopped "$(only_child "$INIT")"
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 2000 4000 $((EXITED - SENT))
}

@test "-t: main is stopped and ignores TERM and CONT: killed in time" {
	start -t 0.5 -- "$ACTOR" ignore $TERM ignore $CONT mark ready stop live
	await_lines ready 1
	await_stopped "$(only_child "$INIT")"
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 500 3500 $((EXITED - SENT))
}

end_2000() {
	start -t 1 -- "$ACTOR" ignore $TERM times 2000 '{' fork '{' live '}' '}' \
		mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	equal "lines" 2 "$(wc -l <err)"
	has_messages 1 ' and [0-9]+ more$'
	within "time" 2000 4000 $((EXITED - SENT))
}

# bats test_tags=alone
@test "-t: 2,000 descendants ignore TERM: killed within TIME + 3 s" {
	needs_little_more 2000 2000 end_2000
}

@test "-t: 12 or 13 processes are killed: 12 are named, the others counted" {
	for more in 0 1; do
		rm -f ready
		start -t 0.1 -- "$ACTOR" ignore $TERM times $((12 + more)) \
			'{' fork '{' mark ready live '}' '}' \
			await ready $((12 + more)) exit 3
		await_exit
		equal status 3 "$STATUS"
		has_messages $more ' and 1 more$'
		has_messages $((1 - more)) '([0-9]+ \(actor\)(, )?){12}$'
	done
}

@test "-t: 2,000 descendants obey TERM: all exit in time, without a line" {
	start -t 30 -- "$ACTOR" die $TERM 0 times 2000 '{' fork '{' live '}' '}' \
		mark main quit $USR1 0 2 live
	await_lines main 1
	send $USR1
	await_exit
	equal status 2 "$STATUS"
	within "time" 0 29999 $((EXITED - SENT))
	no_messages
}

# bats test_tags=alone
@test "-t: a fork bomb that ignores TERM: killed within TIME + 3 s" {
	CGROUP=/sys/fs/cgroup/pids/minireap-stop-$$
	mkdir "$CGROUP" 2>/dev/null || { CGROUP='' && lacks "cgroup v1 of pids"; }
	echo 100 >"$CGROUP/pids.max"
	start_init sh -c 'echo $$ >"$0" && exec "$@"' "$CGROUP/cgroup.procs" \
		"$MINIREAP" -t 1 -- "$ACTOR" ignore $TERM \
		mark ready fork '{' session bomb '}' bomb
	await_lines ready 1
	# Wait until it reaches the limit.
	for _ in $(seq 500); do
		[ "$(cat "$CGROUP/pids.current")" -lt 95 ] || break
		sleep 0.01
	done
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 2000 4000 $((EXITED - SENT))
	has_messages 1 'main process'
}

@test "-t -g: main ignores TERM: its group is killed with it" {
	start -g -t 0.5 -- "$ACTOR" ignore $TERM fork '{' name mate mark ready live '}' \
		mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 500 3500 $((EXITED - SENT))
	has_messages 0 mate
}

@test "--session -t: main exits: its group gets TERM once" {
	start --session -t 2 -- "$ACTOR" fork '{' note notes quit $TERM 200 0 mark ready \
		live '}' await ready 1 exit 3
	await_exit
	equal status 3 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	no_messages
}

@test "--session -b: main exits on a stop: its group gets TERM once" {
	for options in "-b" "-b -t 5"; do
		rm -f ready notes
		start --session $options -S QUIT -- "$ACTOR" fork '{' note notes \
			ignore $QUIT quit $USR1 0 0 mark ready live '}' \
			quit $QUIT 0 4 mark ready live
		await_lines ready 2
		send $QUIT
		await_lines notes 1
		sleep 0.1 # enough for a second TERM
		send $USR1
		await_exit
		equal "status with $options" 4 "$STATUS"
		equal "TERMs with $options" 1 "$(count_noted notes $TERM)"
		no_messages
	done
}

@test "-t: main's first thread has exited: main gets TERM and is killed" {
	start -t 0.5 -- "$ACTOR" note notes mark ready leaderless
	await_lines ready 1
	await_zombie "$(only_child "$INIT")"
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	within "time" 500 3500 $((EXITED - SENT))
	has_messages 1 'main process .* within 0\.500s'
}

# await_zombie PID: wait until its first thread, at least, has exited.
await_zombie() {
	wait_until 10 eval '[ "$(state_of '"$1"')" = Z ]'
}

@test "MINIREAP_OPTIONS: -t 0.5: main is killed after that grace" {
	MINIREAP_OPTIONS='-t 0.5' start -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 500 3500 $((EXITED - SENT))
	has_messages 1 'within 0\.500s'
}

@test "-t -q: processes are killed: no line" {
	start -q -t 0.3 -- "$ACTOR" ignore $TERM fork '{' session mark ready live '}' \
		mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	no_messages
}

@test "-t -e 137: main is killed: status 0" {
	start -t 0.3 -e 137 -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 0 "$STATUS"
}

@test "-t: main exits within the grace: its own status and no line" {
	start -t 1 -- "$ACTOR" quit $TERM 300 9 mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 9 "$STATUS"
	within "time" 300 999 $((EXITED - SENT))
	no_messages
}

@test "-t: main is killed but cannot be reaped: init exits, status 137" {
	needs python3
	# The kernel notifies its tracer first; that is stopped and does not wait.
	cat >tracer.py <<-'PYTHON'
	import ctypes, os, signal, sys
	libc = ctypes.CDLL(None, use_errno=True)
	SEIZE = 0x4206
	if libc.ptrace(SEIZE, int(sys.argv[1]), None, None) != 0:
	    sys.exit(1)
	open("traced", "w").write("yes\n")
	os.kill(os.getpid(), signal.SIGSTOP)
	PYTHON
	# Not as PID 1: when that exits, the kernel itself would wait for main.
	rm -f exited
	start_init bash -c '"$@"; echo $? >status' bash \
		"$MINIREAP" -t 0.5 -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	init=$(only_child "$INIT")
	python3 tracer.py "$(only_child "$init")" 3>&- &
	tracer=$!
	if await_lines traced 1; then
		read_clock
		SENT=$NOW
		kill -TERM "$init"
		await_lines status 1
		read_clock
	fi
	kill -KILL $tracer
	await_exit
	equal status 137 "$(cat status)"
	within "time" 500 5500 $((NOW - SENT))
}

# exit_as_pid_1: the actor itself is PID 1.  exit_under_init: minireap is, with
# $OPTIONS.
exit_as_pid_1() {
	start_init "$ACTOR" exit 5
	await_exit
	equal status 5 "$STATUS"
}

exit_under_init() {
	start $OPTIONS -- "$ACTOR" exit 5
	await_exit
	equal status 5 "$STATUS"
	no_messages
}

# bats test_tags=static
@test "PID 1: main exits and leaves no process: init exits at once" {
	for OPTIONS in '' '-t 10' -b '-b -t 10' '-d 10'; do
		as_fast_as exit_as_pid_1 exit_under_init
	done
}

@test "-t: the last of the rest exits: init exits at once" {
	start -t 10 -- "$ACTOR" fork '{' session ignore $TERM mark ready sleep 400 '}' \
		await ready 1 exit 5
	await_exit
	equal status 5 "$STATUS"
	within "time" 400 9999 "$TOOK"
	no_messages
}

@test "-t: orphans exit while main runs: reaped" {
	start -t 10 -- "$ACTOR" times 20 '{' fork '{' fork '{' mark ready '}' '}' '}' \
		await ready 20 reap exit 0
	await_exit
	equal status 0 "$STATUS"
	no_messages
}

@test "-d 2: a stop signal: reaches main after 2 s" {
	start -d 2 -- "$ACTOR" note notes die $TERM 0 mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	within "TERM" 2000 5000 $(($(time_noted notes $TERM) - SENT))
}

@test "-d: a second stop signal: main gets one at once, and the next undelayed" {
	start -d 2 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	first=$SENT
	sleep 0.5 # the time is what is tested
	equal "TERMs during the delay" 0 "$(count_noted notes $TERM)"
	send $TERM
	await_lines notes 1
	within "TERM" 500 1999 $(($(time_noted notes $TERM) - first))
	sleep 1.7 # until after the delay
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	send $TERM # not delayed
	await_lines notes 2
	within "the third" 0 1999 $((10#$(tail -n 1 notes | cut -d ' ' -f 3) - SENT))
}

@test "-d: main exits during the delay: init exits at once" {
	start -d 5 -- "$ACTOR" fork '{' session note notes mark ready live '}' \
		quit $USR1 0 3 mark ready live
	await_lines ready 2
	send $TERM
	send $USR1
	await_exit
	equal status 3 "$STATUS"
	within "time" 0 4999 $((EXITED - SENT))
}

@test "-d -t: main exits during the delay: the rest gets TERM at once" {
	start -d 5 -t 5 -- "$ACTOR" fork '{' session save file 300 mark ready live '}' \
		quit $USR1 0 3 mark ready live
	await_lines ready 2
	send $TERM
	send $USR1
	await_exit
	equal status 3 "$STATUS"
	save_completed file
	within "time" 300 4999 $((EXITED - SENT))
}

@test "-d -b: main exits during the delay: the rest gets TERM at once" {
	start -d 5 -b -- "$ACTOR" fork '{' session save file 300 mark ready live '}' \
		quit $USR1 0 3 mark ready live
	await_lines ready 2
	send $TERM
	send $USR1
	await_exit
	equal status 3 "$STATUS"
	save_completed file
	within "time" 300 4999 $((EXITED - SENT))
}

@test "-d: other signals: not delayed" {
	start -d 2 -- "$ACTOR" note notes die $TERM 0 mark ready live
	await_lines ready 1
	send $TERM
	for sig in $HUP $INT $USR1 $CONT 40; do
		send "$sig"
	done
	await_lines notes 5
	await_exit
	equal status 0 "$STATUS"
	equal "the last of six" "6 $TERM" "$(awk 'END { print NR, $1 }' notes)"
}

@test "-d -t: a stop: the grace begins when the stop signal is forwarded" {
	start -d 0.5 -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "TERM" 500 3500 $(($(time_noted notes $TERM) - SENT))
	within "KILL" 1000 4000 $((EXITED - SENT))
}

@test "-d 0: a stop signal: not delayed" {
	start -d 0 -- "$ACTOR" note notes die $TERM 0 mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	within "time" 0 3000 $((EXITED - SENT))
}

@test "-d: a stop signal queued with a value: arrives with the value" {
	cat >take.c <<-'C'
	#include <signal.h>
	#include <stdio.h>
	int main(void)
	{
		sigset_t set;
		siginfo_t info;
		FILE *file = fopen("ready", "w");
		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		sigprocmask(SIG_BLOCK, &set, NULL);
		fputs("ready\n", file);
		fclose(file);
		sigwaitinfo(&set, &info);
		return info.si_code == SI_QUEUE ? info.si_value.sival_int : 99;
	}
	C
	"${CC:-cc}" -D_GNU_SOURCE -static -o take take.c
	start -d 0.3 -- ./take
	await_lines ready 1
	env kill -s TERM -q 42 "$INIT"
	await_exit
	equal status 42 "$STATUS"
}

@test "-S QUIT: TERM, then QUIT: only QUIT starts the stop" {
	start -S QUIT -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	await_lines notes 1
	sleep 0.8 # longer than the grace
	[ ! -e exited ]
	send $QUIT
	await_exit
	equal status 137 "$STATUS"
	equal "QUITs" 1 "$(count_noted notes $QUIT)"
	within "time" 500 3500 $((EXITED - SENT))
}

@test "-S RTMIN+3: RTMIN+3: starts the stop" {
	start -S RTMIN+3 -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send 37
	await_exit
	equal status 137 "$STATUS"
	equal "RTMIN+3" 1 "$(count_noted notes 37)"
	equal "TERMs to main" 0 "$(count_noted notes $TERM)"
	within "time" 500 3500 $((EXITED - SENT))
}

@test "-S TERM,QUIT: either starts the stop; the command line replaces the variable's" {
	for sig in $TERM $QUIT; do
		rm -f ready
		MINIREAP_OPTIONS='-S INT' start -S TERM -S QUIT -t 0.3 -- "$ACTOR" \
			note notes mark ready live
		await_lines ready 1
		send $INT
		await_lines notes 1
		sleep 0.5 # longer than the grace
		[ ! -e exited ]
		send $sig
		await_exit
		equal status 137 "$STATUS"
		within "time" 300 3300 $((EXITED - SENT))
		rm notes
	done
}

@test "-S TERM,QUIT -d: TERM, then QUIT: both at once, the held one first" {
	start -vv -S TERM,QUIT -d 20 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	wait_until 5 grep -q held err
	equal "during the delay" 0 "$(count_noted notes '.*')"
	send $QUIT
	await_lines notes 2
	sed -n 's/.*signal //p' err >signals
	equal log "$(printf '%s\n' 'SIGTERM from=0 held' 'SIGTERM from=0 sent=SIGTERM' \
	    'SIGQUIT from=0 sent=SIGQUIT')" "$(cat signals)"
	send $KILL
	await_exit
}

# hints: the hints in err.
hints() {
	grep -c 'received from outside; if it asks for a stop, use -S' err
}

@test "-t, PID 1: QUIT, INT, PWR or RTMIN+3 from outside: one hint at -S" {
	for sig in $QUIT $INT 30 37; do
		rm -f ready notes
		start -t 5 -- "$ACTOR" note notes mark ready live
		await_lines ready 1
		send $sig
		await_lines notes 1
		send $sig
		await_lines notes 2
		send $KILL
		await_exit
		equal "hints for $sig" 1 "$(hints)"
	done
	has_messages 1 '^minireap: SIGRTMIN\+3 received from outside; if it asks for a stop, use -S RTMIN\+3$'
}

@test "no hint: not from outside, another signal, a stop signal, -q, or without -t and -d" {
	start -t 5 -- "$ACTOR" note notes mark ready kill 1 $QUIT live
	await_lines notes 1
	send 28
	await_lines notes 2
	send $KILL
	await_exit
	equal "from inside, WINCH" 0 "$(hints)"
	for options in '-S QUIT -d 0' '-q -t 5' ''; do
		rm -f ready notes
		start $options -- "$ACTOR" note notes mark ready live
		await_lines ready 1
		send $QUIT
		await_lines notes 1
		send $KILL
		await_exit
		equal "$options" 0 "$(hints)"
	done
}

@test "-S QUIT: a stop: the rest gets TERM, not QUIT" {
	start -S QUIT -t 5 -- "$ACTOR" fork '{' session note notes die $TERM 0 \
		mark ready live '}' die $QUIT 4 mark ready live
	await_lines ready 2
	send $QUIT
	await_exit
	equal status 4 "$STATUS"
	equal "TERMs to the rest" 1 "$(count_noted notes $TERM)"
	equal "QUITs to the rest" 0 "$(count_noted notes $QUIT)"
}

@test "-S QUIT -d: QUIT and TERM: only QUIT is delayed" {
	start -S QUIT -d 1 -- "$ACTOR" note notes die $QUIT 0 mark ready live
	await_lines ready 1
	send $QUIT
	first=$SENT
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	within "TERM" 0 999 $(($(time_noted notes $TERM) - SENT))
	within "QUIT" 1000 4000 $(($(time_noted notes $QUIT) - first))
}

@test "-r TERM:USR1: TERM: starts the stop, and main gets USR1" {
	start -r TERM:USR1 -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	equal "USR1s" 1 "$(count_noted notes $USR1)"
	equal "TERMs" 0 "$(count_noted notes $TERM)"
	within "time" 500 3500 $((EXITED - SENT))
}

@test "-S QUIT -r QUIT:USR1 -d: QUIT: main gets USR1 after the delay" {
	start -S QUIT -r QUIT:USR1 -d 0.4 -- "$ACTOR" note notes die $USR1 0 \
		mark ready live
	await_lines ready 1
	send $QUIT
	await_exit
	equal status 0 "$STATUS"
	equal "QUITs" 0 "$(count_noted notes $QUIT)"
	within "USR1" 400 3400 $(($(time_noted notes $USR1) - SENT))
}

@test "-r USR1:TERM: USR1: main gets TERM, and no stop starts" {
	start -r USR1:TERM -t 0.3 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $USR1
	await_lines notes 1
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	sleep 0.6 # longer than the grace
	[ ! -e exited ]
}

@test "-r TERM:none: TERM: dropped, but the grace begins" {
	start -r TERM:none -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	equal "signals" 0 "$(count_noted notes '.*')"
	within "time" 500 3500 $((EXITED - SENT))
}

@test "-r TERM:none -d: TERM: the grace begins after the delay" {
	start -r TERM:none -d 0.4 -t 0.4 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 800 3800 $((EXITED - SENT))
}

@test "-r TERM:USR1: init's own TERM: not rewritten" {
	start -r TERM:USR1 -t 5 -- "$ACTOR" fork '{' session note notes die $TERM 0 \
		mark ready live '}' die $USR1 4 mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 4 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	equal "USR1s" 0 "$(count_noted notes $USR1)"
}

@test "-r CONT:USR1: init's own CONT: not rewritten" {
	start -r CONT:USR1 -t 5 -- "$ACTOR" save file 100 mark ready stop live
	await_lines ready 1
	await_stopped "$(only_child "$INIT")"
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	save_completed file
	within "time" 100 4999 $((EXITED - SENT))
}

# daemon VERB...: set the array daemon to a main that daemonises itself: it
# forks twice, calls setsid(2) in between, and exits with 0.  The daemon does
# VERB....
daemon() {
	daemon=("$ACTOR" fork '{' session fork '{' name daemon "$@" mark ready
		live '}' '}' reap await ready 1 exit 0)
}

@test "-b: main daemonises itself: init waits for the daemon, status 0" {
	daemon note notes quit $USR1 0 9
	start -b -- "${daemon[@]}"
	await_lines ready 1
	sleep 0.5 # time for init to exit or to signal, wrongly
	[ ! -e exited ]
	equal "signals to the daemon" 0 "$(count_noted notes '.*')"
	send $USR1
	await_exit
	equal status 0 "$STATUS"
	within "time" 0 3000 $((EXITED - SENT))
	no_messages
}

@test "-b: a stop: the daemon saves its file" {
	daemon save file 300
	start -b -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	save_completed file
	within "time" 300 3300 $((EXITED - SENT))
	no_messages
}

# await_reaped_main: wait until process 2 of the namespace is gone.
await_reaped_main() {
	wait_until 10 main_is_gone
}

main_is_gone() {
	[ ! -e "/proc/$INIT/root/proc/2" ]
}

@test "-b -t: a daemon that ignores TERM: killed at the end of the grace" {
	daemon ignore $TERM
	start -b -t 0.5 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	sleep 0.8 # longer than the grace
	[ ! -e exited ]
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	grep -F "$(cat ready) (daemon)" err
	within "time" 500 3500 $((EXITED - SENT))
}

@test "-b without -t: a stop: no deadline" {
	daemon note notes
	start -b -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	await_lines notes 1
	sleep 1.5 # longer than the second that -t grants the rest at least
	[ ! -e exited ]
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	kill -KILL "$(only_child "$INIT")"
	await_exit
	equal status 0 "$STATUS"
}

@test "-b: a stop while main runs: main exits first, then the rest" {
	start -b -- "$ACTOR" fork '{' session save file 300 note rest mark ready \
		live '}' quit $TERM 200 6 mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 6 "$STATUS"
	save_completed file
	within "TERM to the rest" 200 3200 $(($(time_noted rest $TERM) - SENT))
}

@test "-b -t: main ignores TERM: killed, then the rest gets TERM" {
	start -b -t 1 -- "$ACTOR" fork '{' session save file 200 mark ready \
		live '}' ignore $TERM mark ready live
	await_lines ready 2
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	save_completed file
	within "time" 1200 4000 $((EXITED - SENT))
}

@test "-b -d: a stop after main exited: the daemon gets TERM after the delay" {
	daemon note notes die $TERM 0
	start -b -d 0.5 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	equal "TERMs" 1 "$(count_noted notes $TERM)"
	within "TERM" 500 3500 $(($(time_noted notes $TERM) - SENT))
}

@test "-b -d: the daemon exits during the delay: init exits at once" {
	daemon note notes quit $USR1 0 0
	start -b -d 5 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	send $USR1
	await_exit
	equal status 0 "$STATUS"
	within "time" 0 4999 $((EXITED - SENT))
}

@test "-b -r TERM:USR1: TERM after main exited: the daemon gets USR1" {
	daemon note notes die $USR1 0
	start -b -r TERM:USR1 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	equal "USR1s" 1 "$(count_noted notes $USR1)"
}

@test "-b -t -r TERM:none: TERM after main exited: dropped, but the grace begins" {
	daemon note notes
	start -b -t 0.4 -r TERM:none -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	equal "TERMs" 0 "$(count_noted notes $TERM)"
	within "time" 400 3400 $((EXITED - SENT))
	has_messages 1 '\(daemon\)'
}

@test "-b -t: a stop while the daemon is stopped: continued, and saves its file" {
	daemon save file 200 mark before stop
	start -b -t 5 -- "$ACTOR" fork '{' session fork '{' save file 200 mark ready \
		stop live '}' '}' reap await ready 1 exit 0
	await_lines ready 1
	await_reaped_main
	await_stopped "$(only_child "$INIT")"
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	save_completed file
	within "time" 200 4999 $((EXITED - SENT))
}

@test "-t: signals after main exited: reach every descendant" {
	start -t 10 -- "$ACTOR" times 2 '{' fork '{' session note notes \
		quit $USR2 0 0 mark ready live '}' '}' await ready 2 exit 5
	await_lines notes 2 # the TERMs
	send $USR1
	send 39
	await_lines notes 6
	equal "USR1s" 2 "$(count_noted notes $USR1)"
	equal "RTMIN+5" 2 "$(count_noted notes 39)"
	send $USR2
	await_exit
	equal status 5 "$STATUS"
	equal "TERMs" 2 "$(count_noted notes $TERM)"
}

@test "-b: signals after main exited: reach every descendant" {
	start -b -- "$ACTOR" times 2 '{' fork '{' session note notes \
		quit $USR2 0 0 mark ready live '}' '}' await ready 2 exit 5
	await_lines ready 2
	await_reaped_main
	send $HUP
	await_lines notes 2
	equal "HUPs" 2 "$(count_noted notes $HUP)"
	send $USR2
	await_exit
	equal status 5 "$STATUS"
}

@test "-r: signals after main exited: rewritten or dropped" {
	start -b -r USR1:HUP -r INT:none -- "$ACTOR" times 2 '{' fork '{' session \
		note notes quit $USR2 0 0 mark ready live '}' '}' await ready 2 exit 5
	await_lines ready 2
	await_reaped_main
	send $INT
	send $USR1
	await_lines notes 2
	send $USR2
	await_exit
	equal "HUPs" 2 "$(count_noted notes $HUP)"
	equal "INTs" 0 "$(count_noted notes $INT)"
	equal "USR1s" 0 "$(count_noted notes $USR1)"
}

@test "-t: a stop signal after main exited: sent, without moving the deadline" {
	start -t 3 -- "$ACTOR" fork '{' session note notes mark ready live '}' \
		await ready 1 exit 5
	await_lines notes 1
	at=$(time_noted notes $TERM)
	send $TERM
	await_lines notes 2
	await_exit
	equal status 5 "$STATUS"
	equal "TERMs" 2 "$(count_noted notes $TERM)"
	within "time" 3000 6000 $((EXITED - at))
}

# count_switches: how often init has gone to sleep.
count_switches() {
	awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$INIT/status"
}

@test "-t, -d, -b, -S: idle before a stop: no wake-up" {
	for options in "-t 5 -d 2" "-b" "-b -t 5 -d 1" "-S QUIT -t 0.1 -d 0.1"; do
		rm -f ready
		# shellcheck disable=SC2086
		start $options -- "$ACTOR" mark ready live
		await_lines ready 1
		sleep 0.2 # init has started main and sleeps
		before=$(count_switches)
		sleep 1
		equal "wake-ups with $options" "$before" "$(count_switches)"
		kill -KILL "$UNSHARE"
		await_exit
	done
}

@test "-b: idle while a daemon runs: no wake-up" {
	daemon note notes
	start -b -t 5 -d 5 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	sleep 0.2 # init has reaped main and sleeps
	before=$(count_switches)
	sleep 1
	equal "wake-ups" "$before" "$(count_switches)"
}

# bats test_tags=static
@test "without stop options: a run: only the system calls of the loop" {
	needs strace
	# Start main, reap an orphan, forward a signal, exit.
	strace -o calls "$MINIREAP" -- "$ACTOR" fork '{' fork '{' sleep 50 '}' '}' \
		reap die $USR1 5 die $TERM 6 mark ready live </dev/null 3>&- 2>err &
	await_lines ready 1
	init=$(only_child $!)
	sleep 0.2 # the orphan has exited
	kill -USR1 "$init"
	wait $! || equal status 5 $?
	# After main's start: close files, then only wait, forward and reap.
	sed -n '/^v\?fork(/,$s/(.*//p' calls | sort -u >names
	run grep -vxE 'v?fork|clone|setpgid|getpid|close|open(at)?|fcntl|dup2|close_range|chdir|rt_sig(timedwait|procmask)|kill|wait4|exit_group' names
	equal "other calls" "" "$output"
	equal "files opened" "" "$(sed '1,/^v\?fork(/d' calls | grep '^open' |
		grep -v /dev/null)"
}

@test "TIME: decimals, with ms, s, m, h or no unit: accepted" {
	for time in 1 1s 1.5s 500ms 2m 1h 0 0.001 00 1.25m 10000; do
		run -4 "$MINIREAP" -t "$time" "-d$time" -- "$ACTOR" exit 4 3>&-
		equal "output of -t $time" "" "$output"
		run -4 "$MINIREAP" "--grace=$time" --delay "$time" -- "$ACTOR" exit 4 3>&-
	done
}

# rejects_option WORD...: minireap prints one line that has each WORD and does
# not start the command.  It does without bats' run, which is slow.
rejects_option() {
	local status=0 word line
	"$MINIREAP" "$@" -- "$ACTOR" mark started >line 2>&1 3>&- || status=$?
	equal "status of $*" 125 "$status"
	equal "lines for $*" 1 "$(wc -l <line)"
	line=$(<line)
	for word; do
		[[ $line == "minireap: "*"$word"* ]] || equal "$*" "$word" "$line"
	done
	[ ! -e started ]
}

@test "TIME: any other text: rejected in one line with option and value" {
	for time in '' x 1x -1 +1 1. .s 1..5 1.5.5 s ms '1 s' ' 1' 1S 1sec 1d 0x10 1e3 \
		1.ms 1,5 99999999999999999999 1h1m inf; do
		for option in -t -d --grace --delay; do
			rejects_option "$option" "$time"
		done
	done
	MINIREAP_OPTIONS="-t 1x" run -125 "$MINIREAP" -- "$ACTOR" mark started 3>&-
	equal "lines" 1 "${#lines[@]}"
	[[ $output == "minireap: MINIREAP_OPTIONS"*-t*1x* ]]
	[ ! -e started ]
}

@test "TIME: 250ms: kept to the millisecond" {
	start -t 250ms -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	within "time" 250 3250 $((EXITED - SENT))
}

@test "-S: not a signal: rejected in one line that names it" {
	for sig in '' 0 65 -1 FOO RTMIN+31 TERM: SIG; do
		rejects_option -S "$sig"
	done
}

@test "-t, -d, -S: no value: rejected in one line" {
	for option in -t -d -S --grace --delay --stop-signal; do
		run -125 "$MINIREAP" "$option" 3>&-
		equal "lines for $option" 1 "${#lines[@]}"
		[[ $output == "minireap: "*"$option"* ]]
	done
}

@test "--grace, --delay, --wait, --stop-signal: a stop: same as -t, -d, -b, -S" {
	daemon note notes
	start --wait --grace=0.4 --delay 0.3 --stop-signal=sigquit -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $QUIT
	await_exit
	equal status 0 "$STATUS"
	equal "QUITs" 1 "$(count_noted notes $QUIT)"
	within "QUIT" 300 3300 $(($(time_noted notes $QUIT) - SENT))
	within "time" 700 3700 $((EXITED - SENT))
}
