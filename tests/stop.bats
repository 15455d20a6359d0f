#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2086,SC2153 # for other shells; numbers of signals
# The order of a stop, as PID 1: minireap(1), -S, -d, -t and -b.

bats_require_minimum_version 1.5.0

setup_file() {
	load stop
	build_actor
}

setup() {
	load stop
	cd "$BATS_TEST_TMPDIR" || return
	needs_namespaces
}

teardown() {
	stop_actors
	[ -z "${CGROUP:-}" ] || rmdir "$CGROUP"
}

# A main that ends with 7 once its worker, in another session, is ready; the
# worker needs half a second to save its work.
main_with_worker() {
	main_with_worker=("$ACTOR" fork '{' session save file 500 mark ready
		live '}' await ready 1 exit 7)
	"$@" "${main_with_worker[@]}"
}

# ------------------------------------------------------- nothing is lost

@test "-t: a worker in a session of its own may save its file after main's end" {
	main_with_worker start -t 5 --
	finish
	equal status 7 "$STATUS"
	whole file
	within time 500 4999 "$TOOK"
	silent
}

@test "without -t that file is cut short, and the status is main's" {
	main_with_worker start --
	finish
	equal status 7 "$STATUS"
	cut_short file
}

@test "tini cuts that file short" {
	needs tini
	main_with_worker start_init tini --
	finish
	equal status 7 "$STATUS"
	cut_short file
}

@test "dumb-init cuts that file short" {
	needs dumb-init
	main_with_worker start_init dumb-init --
	finish
	equal status 7 "$STATUS"
	cut_short file
}

@test "catatonit cuts that file short" {
	needs catatonit
	main_with_worker start_init catatonit --
	finish
	equal status 7 "$STATUS"
	cut_short file
}

@test "-t: a stop lets main end first, then the rest, and no file is cut" {
	start -t 5 -- "$ACTOR" times 2 '{' fork '{' session save file 300 \
		note rest mark ready live '}' '}' save main 300 mark ready live
	await_lines ready 3
	send $TERM
	finish
	equal status 0 "$STATUS"
	whole main
	equal "lines of two workers" 4 "$(wc -l <file)"
	equal "TERMs to the workers" 2 "$(noted rest $TERM)"
	within "TERM to the workers" 300 4999 $(($(noted_at rest $TERM) - SENT))
	silent
}

@test "-t: main's own death of the stop signal is the status" {
	start -t 5 -- "$ACTOR" fork '{' session save file 300 mark ready \
		live '}' mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 143 "$STATUS"
	whole file
	silent
}

@test "-t: processes in other sessions and groups get TERM, each once" {
	start -t 5 -- "$ACTOR" \
		times 4 '{' fork '{' session note notes die $TERM 0 mark ready live '}' '}' \
		times 4 '{' fork '{' group note notes die $TERM 0 mark ready live '}' '}' \
		fork '{' fork '{' session note notes die $TERM 0 mark ready live '}' '}' \
		await ready 9 exit 3
	finish
	equal status 3 "$STATUS"
	equal "TERMs" 9 "$(noted notes $TERM)"
	equal "processes that got one" 9 "$(cut -d ' ' -f 2 notes | sort -u | wc -l)"
	within time 0 4999 "$TOOK"
}

# ------------------------------------------------------ bounded by the grace

@test "-t 1: a main that ignores TERM is killed at 1 s, status 137, one line" {
	start -t 1 -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time to the kill" 1000 4000 $((ENDED - SENT))
	equal "lines" 1 "$(wc -l <err)"
	says 1 '^minireap: .*main process .*(killed|KILL)'
}

@test "-t 1: a second process that ignores TERM is named when it is killed" {
	start -t 1 -- "$ACTOR" fork '{' session name 'deaf (and) dumb' \
		ignore $TERM mark deaf live '}' await deaf 1 mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 143 "$STATUS"
	within "time" 1000 4000 $((ENDED - SENT))
	equal "lines" 1 "$(wc -l <err)"
	grep -F "$(cat deaf) (deaf (and) dumb)" err
}

@test "-t 1: all that were killed are named in one line, none that obeyed" {
	start -t 0.5 -- "$ACTOR" times 3 '{' fork '{' session name deaf \
		ignore $TERM mark deaf live '}' '}' \
		fork '{' name obedient mark ready live '}' \
		await deaf 3 await ready 1 exit 0
	finish
	equal status 0 "$STATUS"
	equal "lines" 1 "$(wc -l <err)"
	while read -r pid; do
		grep -F "$pid (deaf)" err
	done <deaf
	says 0 obedient
}

@test "-t: main and the rest ignore TERM: both killed by TIME + 3 s, status 137" {
	start -t 1 -- "$ACTOR" fork '{' session name deaf ignore $TERM mark ready \
		live '}' ignore $TERM mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 2000 4000 $((ENDED - SENT))
	says 1 'main process'
	says 1 '\(deaf\)'
}

@test "-t: what main leaves of the grace is the rest's" {
	start -t 2 -- "$ACTOR" fork '{' session ignore $TERM mark ready live '}' \
		quit $TERM 500 4 mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 4 "$STATUS"
	within "time" 2000 5000 $((ENDED - SENT))
}

@test "-t: the rest has a second, even if main has used up the grace" {
	start -t 1.2 -- "$ACTOR" fork '{' session save file 700 mark ready live '}' \
		quit $TERM 1000 4 mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 4 "$STATUS"
	whole file
	within "time" 1700 4200 $((ENDED - SENT))
}

@test "-t: where the grace is less than a second, the rest has that" {
	start -t 0.4 -- "$ACTOR" fork '{' session ignore $TERM mark ready live '}' \
		ignore $TERM mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 800 3400 $((ENDED - SENT))
}

@test "-t: main ends by itself: the rest has all of the grace" {
	start -t 1.5 -- "$ACTOR" fork '{' session ignore $TERM mark ready live '}' \
		await ready 1 exit 6
	finish
	equal status 6 "$STATUS"
	within "time" 1500 4500 "$TOOK"
}

@test "-t 0: a stop kills at once" {
	start -t 0 -- "$ACTOR" fork '{' session ignore $TERM mark ready live '}' \
		ignore $TERM mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 0 3000 $((ENDED - SENT))
}

@test "-t: a second stop signal is forwarded and does not move the end" {
	start -t 3 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	first=$SENT
	await_lines notes 1
	sleep 1.5 # the time is what is tested
	send $TERM
	finish
	equal status 137 "$STATUS"
	equal "TERMs" 2 "$(noted notes $TERM)"
	within "time" 3000 4499 $((ENDED - first))
}

@test "-t: a stopped worker is continued when main ends, and saves its file" {
	start -t 5 -- "$ACTOR" fork '{' session save file 200 mark ready stop \
		live '}' await ready 1 mark main quit $USR1 0 8 live
	await_lines main 1
	await_stopped "$(only_child "$(only_child "$INIT")")"
	send $USR1
	finish
	equal status 8 "$STATUS"
	whole file
	within "time" 200 4999 $((ENDED - SENT))
	silent
}

@test "-t: a stopped main is continued to act on the stop signal" {
	start -t 5 -- "$ACTOR" save file 100 mark ready stop live
	await_lines ready 1
	await_stopped "$(only_child "$INIT")"
	send $TERM
	finish
	equal status 0 "$STATUS"
	whole file
	within "time" 100 4999 $((ENDED - SENT))
}

@test "-t: stopped processes that ignore TERM do not outlast the grace" {
	start -t 1 -- "$ACTOR" times 5 '{' fork '{' session ignore $TERM mark ready \
		stop live '}' '}' ignore $TERM await ready 5 mark main stop live
	await_lines main 1
	await_stopped "$(only_child "$INIT")"
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 2000 4000 $((ENDED - SENT))
}

@test "-t: a main that ignores TERM and is stopped is killed in time" {
	start -t 0.5 -- "$ACTOR" ignore $TERM ignore $CONT mark ready stop live
	await_lines ready 1
	await_stopped "$(only_child "$INIT")"
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 500 3500 $((ENDED - SENT))
}

# bats test_tags=alone
@test "-t: 2,000 leftovers that ignore TERM are gone by TIME + 3 s" {
	start -t 1 -- "$ACTOR" ignore $TERM times 2000 '{' fork '{' live '}' '}' \
		mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 137 "$STATUS"
	equal "lines" 2 "$(wc -l <err)"
	says 1 ' and [0-9]+ more$'
	within "time" 2000 4000 $((ENDED - SENT))
}

@test "-t: of those that were killed 12 are named, and others counted" {
	for more in 0 1; do
		rm -f ready
		start -t 0.1 -- "$ACTOR" ignore $TERM times $((12 + more)) \
			'{' fork '{' mark ready live '}' '}' \
			await ready $((12 + more)) exit 3
		finish
		equal status 3 "$STATUS"
		says $more ' and 1 more$'
		says $((1 - more)) '([0-9]+ \(actor\)(, )?){12}$'
	done
}

@test "-t: 2,000 leftovers that obey get TERM, all of them, and no line" {
	start -t 30 -- "$ACTOR" times 2000 '{' fork '{' die $TERM 0 mark ready live '}' '}' \
		await ready 2000 mark main quit $USR1 0 2 live
	await_lines main 1
	send $USR1
	finish
	equal status 2 "$STATUS"
	within "time" 0 29999 $((ENDED - SENT))
	silent
}

# bats test_tags=alone
@test "-t: a fork bomb that ignores TERM is gone by TIME + 3 s" {
	CGROUP=/sys/fs/cgroup/pids/minireap-stop-$$
	mkdir "$CGROUP" 2>/dev/null || { CGROUP='' && lacks "cgroup v1 of pids"; }
	echo 100 >"$CGROUP/pids.max"
	start_init sh -c 'echo $$ >"$0" && exec "$@"' "$CGROUP/cgroup.procs" \
		"$MINIREAP" -t 1 -- "$ACTOR" ignore $TERM \
		mark ready fork '{' session bomb '}' bomb
	await_lines ready 1
	# Until it has reached the limit.
	for _ in $(seq 500); do
		[ "$(cat "$CGROUP/pids.current")" -lt 95 ] || break
		sleep 0.01
	done
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 2000 4000 $((ENDED - SENT))
	says 1 'main process'
}

@test "-t -g: at the end of the grace main's group is killed with it" {
	start -g -t 0.5 -- "$ACTOR" ignore $TERM fork '{' name mate mark ready live '}' \
		mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 500 3500 $((ENDED - SENT))
	says 0 mate
}

@test "--session -t: main's group is told once that it is over" {
	start --session -t 2 -- "$ACTOR" fork '{' note notes quit $TERM 200 0 mark ready \
		live '}' await ready 1 exit 3
	finish
	equal status 3 "$STATUS"
	equal "TERMs" 1 "$(noted notes $TERM)"
	silent
}

@test "--session -b: main's group is told once of a stop's end of main" {
	for options in "-b" "-b -t 5"; do
		rm -f ready notes
		start --session $options -S QUIT -- "$ACTOR" fork '{' note notes \
			ignore $QUIT quit $USR1 0 0 mark ready live '}' \
			quit $QUIT 0 4 mark ready live
		await_lines ready 2
		send $QUIT
		await_lines notes 1
		sleep 0.1 # would be enough for another one
		send $USR1
		finish
		equal "status with $options" 4 "$STATUS"
		equal "TERMs with $options" 1 "$(noted notes $TERM)"
		silent
	done
}

@test "-t: a main whose first thread has ended is told, and killed" {
	start -t 0.5 -- "$ACTOR" note notes mark ready leaderless
	await_lines ready 1
	await_zombie "$(only_child "$INIT")"
	send $TERM
	finish
	equal status 137 "$STATUS"
	equal "TERMs" 1 "$(noted notes $TERM)"
	within "time" 500 3500 $((ENDED - SENT))
	says 1 'main process .* within 0\.500s'
}

# await_zombie PID: its first thread, at least, has ended.
await_zombie() {
	wait_until 10 eval '[ "$(state_of '"$1"')" = Z ]'
}

@test "-t: the grace may stand in MINIREAP_OPTIONS" {
	MINIREAP_OPTIONS='-t 0.5' start -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 500 3500 $((ENDED - SENT))
	says 1 'within 0\.500s'
}

@test "-t -q: nothing is said of those killed" {
	start -q -t 0.3 -- "$ACTOR" ignore $TERM fork '{' session mark ready live '}' \
		mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 137 "$STATUS"
	silent
}

@test "-t -e 137: the status of a killed main can be remapped" {
	start -t 0.3 -e 137 -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 0 "$STATUS"
}

@test "a main that ends in the grace leaves no line, and its status" {
	start -t 1 -- "$ACTOR" quit $TERM 300 9 mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 9 "$STATUS"
	within "time" 300 999 $((ENDED - SENT))
	silent
}

@test "-t: a main that can be killed but not reaped: init ends, status 137" {
	needs python3
	# Its tracer, stopped, is told of its death first, and does not listen.
	cat >tracer.py <<-'PYTHON'
	import ctypes, os, signal, sys
	libc = ctypes.CDLL(None, use_errno=True)
	SEIZE = 0x4206
	if libc.ptrace(SEIZE, int(sys.argv[1]), None, None) != 0:
	    sys.exit(1)
	open("traced", "w").write("yes\n")
	os.kill(os.getpid(), signal.SIGSTOP)
	PYTHON
	# Not PID 1: there the kernel itself would wait for main.
	rm -f ended
	start_init bash -c '"$@"; echo $? >status' bash \
		"$MINIREAP" -t 0.5 -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	init=$(only_child "$INIT")
	python3 tracer.py "$(only_child "$init")" 3>&- &
	tracer=$!
	if await_lines traced 1; then
		clock
		SENT=$NOW
		kill -TERM "$init"
		await_lines status 1
		clock
	fi
	kill -KILL $tracer
	finish
	equal status 137 "$(cat status)"
	within "time" 500 5500 $((NOW - SENT))
}

# ---------------------------------------------------------- nothing is left

# by_kernel: the actor itself is PID 1.  by_init: under minireap with $OPTIONS.
by_kernel() {
	start_init "$ACTOR" exit 5
	finish
	equal status 5 "$STATUS"
}

by_init() {
	start $OPTIONS -- "$ACTOR" exit 5
	finish
	equal status 5 "$STATUS"
	silent
}

@test "nothing left when main ends: init exits at once" {
	for OPTIONS in '' '-t 10' -b '-b -t 10' '-d 10'; do
		at_once by_kernel by_init
	done
}

@test "-t: the last of the rest ends: init exits at once" {
	start -t 10 -- "$ACTOR" fork '{' session ignore $TERM mark ready sleep 400 '}' \
		await ready 1 exit 5
	finish
	equal status 5 "$STATUS"
	within "time" 400 9999 "$TOOK"
	silent
}

@test "-t: orphans that end while main runs are reaped as ever" {
	start -t 10 -- "$ACTOR" times 20 '{' fork '{' fork '{' mark ready '}' '}' '}' \
		await ready 20 reap exit 0
	finish
	equal status 0 "$STATUS"
	silent
}

# -------------------------------------------------------------------- delay

@test "-d 2: the stop signal arrives after 2 s" {
	start -d 2 -- "$ACTOR" note notes die $TERM 0 mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 0 "$STATUS"
	equal "TERMs" 1 "$(noted notes $TERM)"
	within "TERM" 2000 5000 $(($(noted_at notes $TERM) - SENT))
}

@test "-d: a second stop signal makes it arrive then, and once" {
	start -d 2 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	first=$SENT
	sleep 0.5 # the time is what is tested
	equal "TERMs while it is held" 0 "$(noted notes $TERM)"
	send $TERM
	await_lines notes 1
	within "TERM" 500 1999 $(($(noted_at notes $TERM) - first))
	sleep 1.7 # beyond the delay
	equal "TERMs" 1 "$(noted notes $TERM)"
	send $TERM # and the third is not held
	await_lines notes 2
	within "the third" 0 1999 $((10#$(tail -n 1 notes | cut -d ' ' -f 3) - SENT))
}

@test "-d: main ends by itself during the delay: all ends at once" {
	start -d 5 -- "$ACTOR" fork '{' session note notes mark ready live '}' \
		quit $USR1 0 3 mark ready live
	await_lines ready 2
	send $TERM
	send $USR1
	finish
	equal status 3 "$STATUS"
	within "time" 0 4999 $((ENDED - SENT))
}

@test "-d -t: main ends by itself during the delay: the rest is told at once" {
	start -d 5 -t 5 -- "$ACTOR" fork '{' session save file 300 mark ready live '}' \
		quit $USR1 0 3 mark ready live
	await_lines ready 2
	send $TERM
	send $USR1
	finish
	equal status 3 "$STATUS"
	whole file
	within "time" 300 4999 $((ENDED - SENT))
}

@test "-d -b: main ends by itself during the delay: the rest is told at once" {
	start -d 5 -b -- "$ACTOR" fork '{' session save file 300 mark ready live '}' \
		quit $USR1 0 3 mark ready live
	await_lines ready 2
	send $TERM
	send $USR1
	finish
	equal status 3 "$STATUS"
	whole file
	within "time" 300 4999 $((ENDED - SENT))
}

@test "-d: other signals are not delayed" {
	start -d 2 -- "$ACTOR" note notes die $TERM 0 mark ready live
	await_lines ready 1
	send $TERM
	for sig in $HUP $INT $USR1 $CONT 40; do
		send "$sig"
	done
	await_lines notes 5
	finish
	equal status 0 "$STATUS"
	equal "the last of six" "6 $TERM" "$(awk 'END { print NR, $1 }' notes)"
}

@test "-d -t: the grace begins when the stop signal is forwarded" {
	start -d 0.5 -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "TERM" 500 3500 $(($(noted_at notes $TERM) - SENT))
	within "KILL" 1000 4000 $((ENDED - SENT))
}

@test "-d 0 holds nothing" {
	start -d 0 -- "$ACTOR" note notes die $TERM 0 mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 0 "$STATUS"
	within "time" 0 3000 $((ENDED - SENT))
}

@test "-d: what was queued with the stop signal arrives with it" {
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
	finish
	equal status 42 "$STATUS"
}

# ---------------------------------------------- stop signal and rewriting

@test "-S QUIT: QUIT starts the stop, TERM does not" {
	start -S QUIT -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	await_lines notes 1
	sleep 0.8 # longer than the grace
	[ ! -e ended ]
	send $QUIT
	finish
	equal status 137 "$STATUS"
	equal "QUITs" 1 "$(noted notes $QUIT)"
	within "time" 500 3500 $((ENDED - SENT))
}

@test "-S RTMIN+3 starts the stop" {
	start -S RTMIN+3 -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send 37
	finish
	equal status 137 "$STATUS"
	equal "RTMIN+3" 1 "$(noted notes 37)"
	equal "TERMs to main" 0 "$(noted notes $TERM)"
	within "time" 500 3500 $((ENDED - SENT))
}

@test "-S QUIT: the rest gets TERM, whatever the stop signal is" {
	start -S QUIT -t 5 -- "$ACTOR" fork '{' session note notes die $TERM 0 \
		mark ready live '}' die $QUIT 4 mark ready live
	await_lines ready 2
	send $QUIT
	finish
	equal status 4 "$STATUS"
	equal "TERMs to the rest" 1 "$(noted notes $TERM)"
	equal "QUITs to the rest" 0 "$(noted notes $QUIT)"
}

@test "-S QUIT -d: QUIT is held, TERM is not" {
	start -S QUIT -d 1 -- "$ACTOR" note notes die $QUIT 0 mark ready live
	await_lines ready 1
	send $QUIT
	first=$SENT
	send $TERM
	finish
	equal status 0 "$STATUS"
	within "TERM" 0 999 $(($(noted_at notes $TERM) - SENT))
	within "QUIT" 1000 4000 $(($(noted_at notes $QUIT) - first))
}

@test "-r TERM:USR1: TERM starts the stop, main gets USR1" {
	start -r TERM:USR1 -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 137 "$STATUS"
	equal "USR1s" 1 "$(noted notes $USR1)"
	equal "TERMs" 0 "$(noted notes $TERM)"
	within "time" 500 3500 $((ENDED - SENT))
}

@test "-S QUIT -r QUIT:USR1 -d: what was held is sent rewritten" {
	start -S QUIT -r QUIT:USR1 -d 0.4 -- "$ACTOR" note notes die $USR1 0 \
		mark ready live
	await_lines ready 1
	send $QUIT
	finish
	equal status 0 "$STATUS"
	equal "QUITs" 0 "$(noted notes $QUIT)"
	within "USR1" 400 3400 $(($(noted_at notes $USR1) - SENT))
}

@test "-r USR1:TERM: a signal sent as TERM does not start the stop" {
	start -r USR1:TERM -t 0.3 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $USR1
	await_lines notes 1
	equal "TERMs" 1 "$(noted notes $TERM)"
	sleep 0.6 # longer than the grace
	[ ! -e ended ]
}

@test "-r TERM:none: a dropped stop signal starts the clock all the same" {
	start -r TERM:none -t 0.5 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 137 "$STATUS"
	equal "signals" 0 "$(noted notes '.*')"
	within "time" 500 3500 $((ENDED - SENT))
}

@test "-r TERM:none -d: the clock of a dropped stop signal starts behind the delay" {
	start -r TERM:none -d 0.4 -t 0.4 -- "$ACTOR" note notes mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 800 3800 $((ENDED - SENT))
}

@test "-r: init's own TERM is not rewritten" {
	start -r TERM:USR1 -t 5 -- "$ACTOR" fork '{' session note notes die $TERM 0 \
		mark ready live '}' die $USR1 4 mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 4 "$STATUS"
	equal "TERMs" 1 "$(noted notes $TERM)"
	equal "USR1s" 0 "$(noted notes $USR1)"
}

@test "-r: init's own KILL is not rewritten, to main or to the rest" {
	start -r KILL:USR1 -t 0.4 -- "$ACTOR" fork '{' session note notes mark ready \
		live '}' note notes mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 137 "$STATUS"
	equal "USR1s" 0 "$(noted notes $USR1)"
	within "time" 800 3400 $((ENDED - SENT))
}

@test "-r: init's own CONT is not rewritten" {
	start -r CONT:USR1 -t 5 -- "$ACTOR" save file 100 mark ready stop live
	await_lines ready 1
	await_stopped "$(only_child "$INIT")"
	send $TERM
	finish
	equal status 0 "$STATUS"
	whole file
	within "time" 100 4999 $((ENDED - SENT))
}

# --------------------------------------------------------------------- wait

# A program that daemonises itself: two forks, a session, the parent ends 0.
daemon() {
	daemon=("$ACTOR" fork '{' session fork '{' name daemon "$@" mark ready
		live '}' '}' reap await ready 1 exit 0)
}

@test "-b: a program that daemonises itself keeps the container up, status 0" {
	daemon note notes quit $USR1 0 9
	start -b -- "${daemon[@]}"
	await_lines ready 1
	sleep 0.5 # nothing may happen in it
	[ ! -e ended ]
	equal "signals to the daemon" 0 "$(noted notes '.*')"
	send $USR1
	finish
	equal status 0 "$STATUS"
	within "time" 0 3000 $((ENDED - SENT))
	silent
}

@test "-b: a stop ends the daemon in order" {
	daemon save file 300
	start -b -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	finish
	equal status 0 "$STATUS"
	whole file
	within "time" 300 3300 $((ENDED - SENT))
	silent
}

# await_reaped_main: it was process 2 of the namespace.
await_reaped_main() {
	wait_until 10 main_is_gone
}

main_is_gone() {
	[ ! -e "/proc/$INIT/root/proc/2" ]
}

@test "-b -t: a daemon that ignores TERM is killed at the end of the grace" {
	daemon ignore $TERM
	start -b -t 0.5 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	sleep 0.8 # longer than the grace
	[ ! -e ended ]
	send $TERM
	finish
	equal status 0 "$STATUS"
	grep -F "$(cat ready) (daemon)" err
	within "time" 500 3500 $((ENDED - SENT))
}

@test "-b without -t: no deadline after a stop either" {
	daemon note notes
	start -b -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	await_lines notes 1
	sleep 1.5 # more than the second that the rest has at least
	[ ! -e ended ]
	equal "TERMs" 1 "$(noted notes $TERM)"
	kill -KILL "$(only_child "$INIT")"
	finish
	equal status 0 "$STATUS"
}

@test "-b: a stop while main runs ends main, then the rest" {
	start -b -- "$ACTOR" fork '{' session save file 300 note rest mark ready \
		live '}' quit $TERM 200 6 mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 6 "$STATUS"
	whole file
	within "TERM to the rest" 200 3200 $(($(noted_at rest $TERM) - SENT))
}

@test "-b -t: a main that ignores TERM is killed, then the rest is told" {
	start -b -t 0.5 -- "$ACTOR" fork '{' session save file 300 mark ready \
		live '}' ignore $TERM mark ready live
	await_lines ready 2
	send $TERM
	finish
	equal status 137 "$STATUS"
	whole file
	within "time" 800 3500 $((ENDED - SENT))
}

@test "-b -d: main has ended: the daemon gets the stop signal after the delay" {
	daemon note notes die $TERM 0
	start -b -d 0.5 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	finish
	equal status 0 "$STATUS"
	equal "TERMs" 1 "$(noted notes $TERM)"
	within "TERM" 500 3500 $(($(noted_at notes $TERM) - SENT))
}

@test "-b: a daemon that ends by itself during the delay ends everything" {
	daemon note notes quit $USR1 0 0
	start -b -d 5 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	send $USR1
	finish
	equal status 0 "$STATUS"
	within "time" 0 4999 $((ENDED - SENT))
}

@test "-b -r TERM:USR1: the daemon gets what TERM is rewritten to" {
	daemon note notes die $USR1 0
	start -b -r TERM:USR1 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	finish
	equal status 0 "$STATUS"
	equal "USR1s" 1 "$(noted notes $USR1)"
}

@test "-b -t -r TERM:none: a dropped stop signal starts the rest's clock, too" {
	daemon note notes
	start -b -t 0.4 -r TERM:none -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $TERM
	finish
	equal status 0 "$STATUS"
	equal "TERMs" 0 "$(noted notes $TERM)"
	within "time" 400 3400 $((ENDED - SENT))
	says 1 '\(daemon\)'
}

@test "-b -t: a stopped daemon is continued by a stop" {
	daemon save file 200 mark before stop
	start -b -t 5 -- "$ACTOR" fork '{' session fork '{' save file 200 mark ready \
		stop live '}' '}' reap await ready 1 exit 0
	await_lines ready 1
	await_reaped_main
	await_stopped "$(only_child "$INIT")"
	send $TERM
	finish
	equal status 0 "$STATUS"
	whole file
	within "time" 200 4999 $((ENDED - SENT))
}

# ----------------------------------------------------- signals for the rest

@test "-t: signals go to every descendant while the rest is waited for" {
	start -t 10 -- "$ACTOR" times 2 '{' fork '{' session note notes \
		quit $USR2 0 0 mark ready live '}' '}' await ready 2 exit 5
	await_lines notes 2 # the TERMs
	send $USR1
	send 39
	await_lines notes 6
	equal "USR1s" 2 "$(noted notes $USR1)"
	equal "RTMIN+5" 2 "$(noted notes 39)"
	send $USR2
	finish
	equal status 5 "$STATUS"
	equal "TERMs" 2 "$(noted notes $TERM)"
}

@test "-b: signals go to every descendant while the rest is waited for" {
	start -b -- "$ACTOR" times 2 '{' fork '{' session note notes \
		quit $USR2 0 0 mark ready live '}' '}' await ready 2 exit 5
	await_lines ready 2
	await_reaped_main
	send $HUP
	await_lines notes 2
	equal "HUPs" 2 "$(noted notes $HUP)"
	send $USR2
	finish
	equal status 5 "$STATUS"
}

@test "-r: signals for the rest are rewritten, or dropped, too" {
	start -b -r USR1:HUP -r INT:none -- "$ACTOR" times 2 '{' fork '{' session \
		note notes quit $USR2 0 0 mark ready live '}' '}' await ready 2 exit 5
	await_lines ready 2
	await_reaped_main
	send $INT
	send $USR1
	await_lines notes 2
	send $USR2
	finish
	equal "HUPs" 2 "$(noted notes $HUP)"
	equal "INTs" 0 "$(noted notes $INT)"
	equal "USR1s" 0 "$(noted notes $USR1)"
}

@test "-t: a stop signal while the rest is waited for is sent, and moves no end" {
	start -t 3 -- "$ACTOR" fork '{' session note notes mark ready live '}' \
		await ready 1 exit 5
	await_lines notes 1
	at=$(noted_at notes $TERM)
	send $TERM
	await_lines notes 2
	finish
	equal status 5 "$STATUS"
	equal "TERMs" 2 "$(noted notes $TERM)"
	within "time" 3000 6000 $((ENDED - at))
}

@test "-t: an injected process is signalled, but not waited for" {
	needs nsenter
	start -t 5 -- "$ACTOR" fork '{' session quit $TERM 400 0 mark ready live '}' \
		quit $USR1 0 7 mark ready live
	await_lines ready 2
	nsenter -t "$INIT" -p -m "$ACTOR" note "$PWD/notes" \
		mark "$PWD/injected" live 3>&- </dev/null >/dev/null 2>&1 &
	injector=$!
	await_lines injected 1
	send $USR1
	finish
	wait $injector || :
	equal status 7 "$STATUS"
	equal "TERMs" 1 "$(noted notes $TERM)"
	within "time" 400 4999 $((ENDED - SENT))
}

# ---------------------------------------------------------- what it costs

# switches: how often init went to sleep of itself.
switches() {
	awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$INIT/status"
}

@test "no wake-up while idle, whatever is set, where nothing is armed" {
	for options in "-t 5 -d 2" "-b" "-b -t 5 -d 1" "-S QUIT -t 0.1 -d 0.1"; do
		rm -f ready
		# shellcheck disable=SC2086
		start $options -- "$ACTOR" mark ready live
		await_lines ready 1
		sleep 0.2 # main has been started and init sleeps
		before=$(switches)
		sleep 1
		equal "wake-ups with $options" "$before" "$(switches)"
		kill -KILL "$UNSHARE"
		finish
	done
}

@test "-b: no wake-up while a daemon is waited for" {
	daemon note notes
	start -b -t 5 -d 5 -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	sleep 0.2 # init has reaped, and sleeps
	before=$(switches)
	sleep 1
	equal "wake-ups" "$before" "$(switches)"
}

# bats test_tags=static
@test "a run without these options makes no call for their sake" {
	needs strace
	# Main, an orphan, a signal that is forwarded, an end.
	strace -o calls "$MINIREAP" -- "$ACTOR" fork '{' fork '{' sleep 50 '}' '}' \
		reap die $USR1 5 die $TERM 6 mark ready live </dev/null 3>&- 2>err &
	await_lines ready 1
	init=$(only_child $!)
	sleep 0.2 # the orphan has ended
	kill -USR1 "$init"
	wait $! || equal status 5 $?
	# From main's start on: let go, then wait, forward and reap, no more.
	sed -n '/^v\?fork(/,$s/(.*//p' calls | sort -u >names
	run grep -vxE 'v?fork|clone|setpgid|getpid|close|open(at)?|fcntl|dup2|close_range|chdir|rt_sig(timedwait|procmask)|kill|wait4|exit_group' names
	equal "other calls" "" "$output"
	equal "files opened" "" "$(sed '1,/^v\?fork(/d' calls | grep '^open' |
		grep -v /dev/null)"
}

# ----------------------------------------------------------------- options

@test "a TIME is a number, decimals too, with ms, s, m, h or nothing behind" {
	for time in 1 1s 1.5s 500ms 2m 1h 0 0.001 00 1.25m 10000; do
		run -4 "$MINIREAP" -t "$time" "-d$time" -- "$ACTOR" exit 4 3>&-
		equal "output of -t $time" "" "$output"
		run -4 "$MINIREAP" "--grace=$time" --delay "$time" -- "$ACTOR" exit 4 3>&-
	done
}

# refuses WORD...: one line that has each of these, and no start.
refuses() { # without run, which costs more than the rest
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

@test "what is no TIME is refused with one line that names option and value" {
	for time in '' x 1x -1 +1 1. .s 1..5 1.5.5 s ms '1 s' ' 1' 1S 1sec 1d 0x10 1e3 \
		1.ms 1,5 99999999999999999999 1h1m inf; do
		for option in -t -d --grace --delay; do
			refuses "$option" "$time"
		done
	done
	MINIREAP_OPTIONS="-t 1x" run -125 "$MINIREAP" -- "$ACTOR" mark started 3>&-
	equal "lines" 1 "${#lines[@]}"
	[[ $output == "minireap: MINIREAP_OPTIONS"*-t*1x* ]]
	[ ! -e started ]
}

@test "a TIME is kept to the millisecond" {
	start -t 250ms -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	send $TERM
	finish
	equal status 137 "$STATUS"
	within "time" 250 3250 $((ENDED - SENT))
}

@test "what is no stop signal is refused with one line that names it" {
	for sig in '' 0 65 -1 FOO RTMIN+31 TERM: SIG; do
		refuses -S "$sig"
	done
}

@test "-t and -d want a value" {
	for option in -t -d -S --grace --delay --stop-signal; do
		run -125 "$MINIREAP" "$option" 3>&-
		equal "lines for $option" 1 "${#lines[@]}"
		[[ $output == "minireap: "*"$option"* ]]
	done
}

@test "--grace, --delay, --wait and --stop-signal are -t, -d, -b and -S" {
	daemon note notes
	start --wait --grace=0.4 --delay 0.3 --stop-signal=sigquit -- "${daemon[@]}"
	await_lines ready 1
	await_reaped_main
	send $QUIT
	finish
	equal status 0 "$STATUS"
	equal "QUITs" 1 "$(noted notes $QUIT)"
	within "QUIT" 300 3300 $(($(noted_at notes $QUIT) - SENT))
	within "time" 700 3700 $((ENDED - SENT))
}
