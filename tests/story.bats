#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # $output
# -v tells the story of a stop, one line a step, and names what main leaves.

bats_require_minimum_version 1.5.0
load stop

teardown() {
	stop_actors
}

# tells: init's messages are the lines on standard input, in which TIME stands
# for a time and PID for a pid.
tells() {
	diff - <(sed -E 's/^minireap: //
	    s/[0-9]+\.[0-9]{3}s/TIME/g
	    s/[0-9]+ \(/PID (/g' err)
}

# times_left: print the times left of each line that waits, in milliseconds.
times_left() {
	sed -nE 's/.*waiting for .*; ([0-9]+)\.([0-9]{3})s left$/\1\2/p' err |
	    sed 's/^0*//'
}

@test "-v: a good stop: each step, and the workers that save their files" {
	start -v -t 5 -- "$ACTOR" \
	    times 2 '{' fork '{' name worker quit $TERM 300 0 mark ready live '}' '}' \
	    die $TERM 7 mark ready live
	await_lines ready 3
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	tells <<-'END'
		started main process PID (actor)
		SIGTERM forwarded; TIME left
		main process PID (actor) exited with status 7 after TIME
		waiting for 2 processes: PID (worker), PID (worker); TIME left
		everything exited after TIME
	END
	took=$(sed -nE 's/.*everything exited after ([0-9]+)\.([0-9]+)s/\1\2/p' err)
	within 'time told' 300 $((EXITED - SENT + 10)) $((10#$took))
}

@test "-v: a slow stop: what remains at half and nine tenths of the time" {
	start -v -t 1 -- "$ACTOR" \
	    fork '{' name deaf ignore $TERM mark ready live '}' \
	    fork '{' name slow quit $TERM 700 0 mark ready live '}' \
	    die $TERM 0 mark ready live
	await_lines ready 3
	send $TERM
	await_exit
	equal status 0 "$STATUS"
	tells <<-'END'
		started main process PID (actor)
		SIGTERM forwarded; TIME left
		main process PID (actor) exited with status 0 after TIME
		waiting for 2 processes: PID (deaf), PID (slow); TIME left
		waiting for 2 processes: PID (deaf), PID (slow); TIME left
		waiting for 1 process: PID (deaf); TIME left
		killed the remaining processes: PID (deaf)
		everything exited after TIME
	END
	mapfile -t left < <(times_left)
	within 'left at half' 300 500 "${left[1]}"
	within 'left at nine tenths' 0 100 "${left[2]}"
}

@test "-v: main ignores TERM: it is among those that are waited for, then killed" {
	start -v -t 0.5 -- "$ACTOR" ignore $TERM mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	tells <<-'END'
		started main process PID (actor)
		SIGTERM forwarded; TIME left
		waiting for 1 process: PID (actor); TIME left
		waiting for 1 process: PID (actor); TIME left
		main process PID (actor) did not exit within TIME of the stop signal: killed
		main process PID (actor) was killed by SIGKILL after TIME
		everything exited after TIME
	END
}

@test "-v: the stop signal is held, and many follow: one line each" {
	start -v -d 30 -t 30 -- "$ACTOR" note noted quit $TERM 200 3 mark ready live
	await_lines ready 1
	send $TERM
	wait_until 10 grep -q 'received and held' err
	for _ in 1 2 3 4 5; do
		send $TERM
		send $HUP
	done
	await_exit
	equal status 3 "$STATUS"
	tells <<-'END'
		started main process PID (actor)
		SIGTERM received and held; TIME left
		SIGTERM forwarded; TIME left
		main process PID (actor) exited with status 3 after TIME
		everything exited after TIME
	END
}

@test "-v, -r TERM:none: the stop signal is dropped: the line says so" {
	start -v -r TERM:none -t 0.2 -- "$ACTOR" mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 137 "$STATUS"
	equal lines 1 "$(grep -c 'SIGTERM dropped; 0\.[12][0-9]*s left$' err)"
}

@test "-v, -b: main exits: what is waited for, without a time" {
	start -v -b -- "$ACTOR" fork '{' name worker mark ready sleep 300 exit 0 '}' \
	    await ready 1 exit 0
	await_exit
	tells <<-'END'
		started main process PID (actor)
		main process PID (actor) exited with status 0
		waiting for 1 process: PID (worker)
		everything exited after TIME
	END
}

@test "-v, PID 1: what outlives main is named: 12 processes, the others counted" {
	start -v -- "$ACTOR" times 15 '{' fork '{' name worker mark ready live '}' '}' \
	    await ready 15 exit 4
	await_exit
	equal status 4 "$STATUS"
	grep -E 'left behind: 15 processes: ([0-9]+ \(worker\), ){11}[0-9]+ \(worker\) and 3 more$' err
}

@test "-v, not PID 1: what outlives main is named, and not signalled" {
	run_below ready 0 "$MINIREAP" -v -- "$ACTOR" \
	    fork '{' session name agent note noted mark ready live '}' \
	    await ready 1 exit 4
	equal status 4 "$STATUS"
	tells <<-'END'
		started main process PID (actor)
		main process PID (actor) exited with status 4
		left behind: 1 process: PID (agent)
	END
	equal 'signals to it' 0 "$(count_noted noted '.*')"
	grep -q '(agent)' survivors
}

@test "-v: main leaves nothing: no line more than its exit" {
	start -v -t 5 -- "$ACTOR" fork '{' exit 0 '}' reap exit 0
	await_exit
	tells <<-'END'
		started main process PID (actor)
		main process PID (actor) exited with status 0
	END
}

@test "-v, no /proc: nothing is claimed" {
	start_init bash -c 'umount -l /proc && exec "$@"' bash "$MINIREAP" -v -t 0.5 -- \
	    "$ACTOR" fork '{' ignore $TERM mark ready live '}' await ready 1 exit 0
	await_exit
	tells <<-'END'
		started main process PID (actor)
		main process PID (actor) exited with status 0
		killed the remaining processes: all, unnamed without a usable /proc
	END
}

@test "-v: a process that init may not signal: no line says that everything exited" {
	needs_root
	start_with_stranger -v -t 5 -- "$ACTOR" quit $TERM 100 7 mark ready live
	await_lines ready 1
	send $TERM
	await_exit
	equal status 7 "$STATUS"
	tells <<-'END'
		started main process PID (actor)
		SIGTERM forwarded; TIME left
		cannot signal PID (sleep): operation not permitted
		main process PID (actor) exited with status 7 after TIME
	END
}
