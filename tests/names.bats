#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Called as another init: minireap(1), Other names.  The other inits are run as
# well, if they are installed, and must behave the same.

bats_require_minimum_version 1.5.0
load engine

NAMES='tini tini-static docker-init podman-init dumb-init catatonit pause'

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	local name
	mkdir bin
	for name in $NAMES; do
		ln -s "$MINIREAP" "bin/$name"
	done
}

teardown() {
	[ -z "${PAUSE:-}" ] || kill -KILL "$PAUSE"
}

# as NAME COMMAND...: run init by that name.
as() {
	local name=$1
	shift
	"bin/$name" "$@"
}

shopt -s extglob

# rows FUNCTION: call it for each line of stdin, with the cells as arguments,
# empty ones as ''; "#" begins a comment.
rows() {
	local function=$1 line count=0
	local -a cells
	while IFS= read -r line; do
		[[ -n $line && $line != \#* ]] || continue
		IFS='|' read -r -a cells <<<"$line|"
		# Trim the blanks around each cell.
		cells=("${cells[@]##+([[:blank:]])}")
		cells=("${cells[@]%%+([[:blank:]])}")
		echo "the row: $line" # visible if the test fails here
		"$function" "${cells[@]}" </dev/null
		count=$((count + 1))
	done
	[ "$count" -gt 0 ]
}

@test "other names: init's own failures: status 1, others are unchanged" {
	for name in $NAMES; do
		run -1 as $name -z
		run -1 as $name -e 256 -- true
		run -1 env MINIREAP_OPTIONS=-z "bin/$name" -- true
		run -3 as $name -- sh -c 'exit 3'
		run -143 as $name -- sh -c 'kill $$'
		run -127 as $name -- nosuch
		run -126 as $name -- /
		[ "$name" = pause ] || run -1 as $name
	done
	cp "$MINIREAP" tini && run -1 ./tini -z
	mkdir sbin && mv tini sbin/docker-init
	run -1 "$PWD/sbin/docker-init" -z
	run -125 "$MINIREAP" -z
	ln -s "$MINIREAP" other
	run -125 ./other -z
	ln -s "$MINIREAP" tini2
	run -125 ./tini2 -z
}

@test "other names: fork fails: one line and status 1" {
	needs_root
	chmod 755 .
	for name in $NAMES; do
		run --separate-stderr -1 setpriv --reuid 4242 --clear-groups \
		    prlimit --nproc=1 "bin/$name" -- true
		equal lines 1 "$(wc -l <<<"$stderr")"
	done
}

@test "other names: --version: as tini it begins like tini's, which dockerd requires" {
	for name in $NAMES; do
		run -0 as $name --version
		case $name in
		tini* | docker-init | catatonit) version='tini version [0-9.]+ \(minireap\)' ;;
		*) version='minireap version [0-9.]+' ;;
		esac
		[[ $output =~ ^$version\ -\ git\.([0-9a-f]{7}|unknown)$ ]] ||
			equal "$name" "$version" "$output"
	done
}

# needs_python: set PYTHON to the interpreter itself, as a launcher is slow.
needs_python() {
	needs_root
	command -v python3 >/dev/null || skip "python3 is not installed"
	PYTHON=$(python3 -c 'import sys; print(sys.executable)')
}

# scope_of INIT...: print whether INIT signals main, its group, or its session.
# Main's child, in the same group, looks for the first signal among its pending
# ones after main has received the second.
scope_of() {
	cat >scope.py <<-'PYTHON'
	import os, signal
	first, second = signal.SIGUSR1, signal.SIGUSR2
	signal.pthread_sigmask(signal.SIG_BLOCK, {first, second})
	leads = os.getsid(0) == os.getpid()
	asked, ask = os.pipe()
	child = os.fork()
	if child == 0:
	    os.close(ask)
	    os.read(asked, 1)
	    with open("scope", "w") as file: # tini prints to stdout too
	        file.write("session" if leads else "group" if first in
	            signal.sigpending() else "main")
	    os._exit(first in signal.sigpending())
	for sig in first, second:
	    os.kill(1, sig)
	    signal.sigwait({sig})
	os.close(ask)
	in_group = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
	assert in_group or not leads, "a session, but its group hears nothing"
	PYTHON
	rm -f scope
	as_pid_1 "$@" "$PYTHON" -I -S scope.py >said 2>&1 || cat said
	cat scope
}

has_scope() { # NAME VARIABLES OPTIONS SCOPE
	# shellcheck disable=SC2086 # words
	equal "$2 $1 $3" "$4" "$(scope_of env $2 "bin/$1" $3)"
	# The real one, if it is installed, must do the same.
	type -P "$1" >/dev/null || return 0
	# shellcheck disable=SC2086 # words
	equal "the real $2 $1 $3" "$4" "$(scope_of env $2 "$1" $3)"
}

@test "other names: variables and options: the real one's processes are signalled" {
	needs_python
	rows has_scope <<-'TABLE'
	# name       | variables                   | options          | scope
	tini         |                             | --               | main
	tini         |                             | -g --            | group
	tini         |                             | -s -g -v --      | group
	tini         | TINI_KILL_PROCESS_GROUP=1   | --               | group
	tini         | TINI_KILL_PROCESS_GROUP=    | --               | group
	tini         | TINI_SUBREAPER= TINI_VERBOSITY=3 | --          | main
	tini         | DUMB_INIT_SETSID=1          | --               | main
	tini-static  |                             | --               | main
	tini-static  | TINI_KILL_PROCESS_GROUP=1   | --               | group
	docker-init  |                             | --               | main
	docker-init  | TINI_KILL_PROCESS_GROUP=1   | --               | group
	podman-init  |                             | --               | main
	podman-init  | TINI_KILL_PROCESS_GROUP=1   | --               | group
	dumb-init    |                             | --               | session
	dumb-init    |                             |                  | session
	dumb-init    |                             | -v --            | session
	dumb-init    |                             | -c --            | main
	dumb-init    |                             | --single-child   | main
	dumb-init    |                             | -cv              | main
	dumb-init    | DUMB_INIT_SETSID=0          | --               | main
	dumb-init    | DUMB_INIT_SETSID=1          | --               | session
	dumb-init    | DUMB_INIT_SETSID=0          | -c               | main
	dumb-init    | TINI_KILL_PROCESS_GROUP=1   | -c               | main
	catatonit    |                             | --               | main
	catatonit    |                             | -g --            | group
	catatonit    | CATATONIT_DEBUG=1           | --               | main
	catatonit    | TINI_KILL_PROCESS_GROUP=1   | --               | main
	pause        |                             | --               | main
	pause        | TINI_KILL_PROCESS_GROUP=1   | -c --            | main
	TABLE
}

@test "names: called minireap: other inits' variables are ignored" {
	needs_python
	export TINI_KILL_PROCESS_GROUP=1 TINI_SUBREAPER=1 TINI_VERBOSITY=3
	export DUMB_INIT_SETSID=1 DUMB_INIT_DEBUG=1 CATATONIT_DEBUG=1
	equal scope main "$(scope_of "$MINIREAP" --)"
	run -0 --separate-stderr "$MINIREAP" -- true
	equal messages '' "$stderr"
}

@test "other names: MINIREAP_OPTIONS overrides their defaults, the command line both" {
	needs_python
	export MINIREAP_OPTIONS=-c
	equal 'dumb-init, -c' main "$(scope_of bin/dumb-init --)"
	equal 'dumb-init, -c, then -g' group "$(scope_of bin/dumb-init -g --)"
}

logs() { # NAME VARIABLES OPTIONS TEXT
	# shellcheck disable=SC2086 # words
	run -0 --separate-stderr env $2 "bin/$1" $3 sh -c 'sleep 0 & wait'
	equal "$1's stdout" '' "$output"
	if [ "$4" = nothing ]; then
		equal "$2 $1 $3" '' "$stderr"
	else
		contains "$stderr" "$4"
	fi
}

@test "other names: variables and options: the right messages are logged" {
	rows logs <<-'TABLE'
	# name      | variables         | options | what is logged
	tini        |                   | --      | nothing
	tini        |                   | -v --   | started main process
	tini        |                   | -vvv    | started main process
	tini        | TINI_VERBOSITY=0  | --      | nothing
	tini        | TINI_VERBOSITY=1  | --      | nothing
	tini        | TINI_VERBOSITY=2  | --      | started main process
	tini-static | TINI_VERBOSITY=2  | --      | started main process
	docker-init | TINI_VERBOSITY=3  | --      | minireap: reaped
	podman-init | TINI_VERBOSITY=3  | --      | minireap: reaped
	dumb-init   | TINI_VERBOSITY=3  | --      | nothing
	dumb-init   | DUMB_INIT_DEBUG=1 | --      | started main process
	dumb-init   | DUMB_INIT_DEBUG=0 | --      | nothing
	dumb-init   |                   | -v      | started main process
	dumb-init   |                   | --verbose | started main process
	catatonit   | CATATONIT_DEBUG=1 | --      | started main process
	catatonit   | DUMB_INIT_DEBUG=1 | --      | nothing
	tini        | CATATONIT_DEBUG=1 | --      | nothing
	catatonit   | TINI_VERBOSITY=3  | --      | nothing
	pause       | CATATONIT_DEBUG=1 | --      | nothing
	pause       | DUMB_INIT_DEBUG=1 | --      | nothing
	pause       | TINI_VERBOSITY=3  | --      | nothing
	TABLE
	TINI_VERBOSITY=2 run -0 bin/tini -- sh -c 'sleep 0 & wait'
	[[ $output != *reaped* ]]
}

# start_pause COMMAND...: run it in the background as JOB, set PAUSE to init's
# pid, and wait until init has changed to /: by then signals are blocked.
start_pause() {
	"$@" 3>&- &
	JOB=$!
	PAUSE=$JOB
	[ "$1" != unshare ] || PAUSE=$(child_of $JOB)
	wait_until 10 eval '[ "$(readlink "/proc/$PAUSE/cwd")" = / ]'
}

# exits_on SIGNAL COMMAND...: it exits with 0 on SIGNAL, but not on others.
exits_on() {
	local sig=$1 other
	start_pause "${@:2}"
	for other in HUP QUIT USR1 USR2 WINCH; do
		kill -$other $PAUSE
	done
	# Wait until init has consumed them all.
	wait_until 10 eval '[ -z "$(signals_of $PAUSE ShdPnd | tr -d 0)" ]'
	equal "after the others it is" S "$(state_of $PAUSE)"
	kill -"$sig" $PAUSE
	wait $JOB
	PAUSE=
}

@test "other names: pause, catatonit -P: only SIGINT and SIGTERM make it exit, with 0" {
	needs_root
	# As podman starts it outside containers: not PID 1, signals ignored.
	ignoring='env --ignore-signal=INT,HUP,QUIT,PIPE,TERM,CHLD'
	first='unshare --pid --fork --kill-child --mount-proc'
	for start in env "$first" "$ignoring"; do
		for sig in INT TERM; do
			# shellcheck disable=SC2086 # words
			exits_on $sig $start bin/pause
			# shellcheck disable=SC2086 # words
			exits_on $sig $start bin/catatonit -P
		done
	done
	exits_on TERM env bin/pause -P -v
}

# example_root: a root directory with the programs that the examples run.
example_root() {
	local program
	image_tree root
	mkdir root/your root/my
	for program in your/program my/script docker-entrypoint.sh \
	    bin/my-server; do
		printf '#!/bin/sh\necho "$0${*:+ $*}"\n' >root/$program
		chmod 755 root/$program
	done
	printf '#!/bin/sh\nexec sh "$@"\n' >root/bin/bash
	printf '#!/bin/sh\necho prepared\n' >root/bin/do-some-pre-start-thing
	# Some users make dumb-init the interpreter of a script.
	printf '#!/usr/bin/dumb-init /bin/sh\necho "$0 $*"\n' >root/bin/service
	chmod 755 root/bin/*
}

example() { # STATUS OUTPUT COMMAND
	local status=0 found file
	eval "set -- \"\$1\" \"\$2\" $3"
	for file in "$3" bin/dumb-init usr/bin/dumb-init; do
		[[ $file == */* ]] || file=bin/$file
		mkdir -p "root/${file%/*}"
		[ -e "root/$file" ] || cp "$MINIREAP" "root/$file"
	done
	# A background job of a shell would ignore SIGINT and SIGQUIT.
	found=$(env --default-signal=INT,QUIT unshare --pid --fork \
	    --kill-child --mount-proc chroot root "${@:3}" 2>/dev/null) ||
		status=$?
	equal "the status" "$1" "$status"
	equal "what it prints" "$2" "${found//$'\n'/ }"
}

# bats test_tags=static
@test "other names: the examples in their manuals run unchanged" {
	needs_root
	example_root
	rows example <<-'TABLE'
	# status | output | command
	# tini's README
	0 | /your/program -and -its arguments | /tini -- /your/program -and -its arguments
	0 | /your/program | /tini -v -- /your/program
	0 | /docker-entrypoint.sh | /tini -- /docker-entrypoint.sh
	0 | /docker-entrypoint.sh start | /tini /docker-entrypoint.sh start
	0 | /your/program | /sbin/tini -- /your/program
	0 | /your/program -x | /usr/bin/tini-static -- /your/program -x
	0 | up | tini -s -- sh -c 'echo up'
	0 | | tini -e 143 -- sh -c 'kill -TERM $$'
	143 | | tini -- sh -c 'kill -TERM $$'
	0 | | tini -e 143 -e 130 -- sh -c 'exit 130'
	0 | up | tini -p SIGTERM -- echo up
	143 | | tini -g -- sh -c 'kill -TERM 1; sleep 9'
	1 | | tini -v -- bash -c 'exit 1'
	0 | | tini -vv -- true
	0 | / | tini -vvv -- pwd
	0 | | tini -w -- true
	# dumb-init's README
	0 | /my/script --with --args | /usr/bin/dumb-init -- /my/script --with --args
	0 | /my/script --with --args | dumb-init --rewrite 2:3 -- /my/script --with --args
	4 | quit | dumb-init --rewrite 2:3 -- sh -c 'trap "echo quit; exit 4" QUIT; kill -INT 1; while :; do sleep 0.1; done'
	4 | quit | dumb-init --rewrite 15:3 sh -c 'trap "echo quit; exit 4" QUIT; kill -TERM 1; while :; do sleep 0.1; done'
	4 | quit | dumb-init -r 15:3 -r 2:3 -- sh -c 'trap "echo quit; exit 4" QUIT; kill -INT 1; while :; do sleep 0.1; done'
	7 | | dumb-init --rewrite 15:0 -- sh -c 'kill -TERM 1; sleep 0.3; exit 7'
	0 | oh, hi | dumb-init dumb-init echo 'oh, hi'
	0 | prepared /bin/my-server | /usr/bin/dumb-init -- bash -c 'do-some-pre-start-thing && exec my-server'
	0 | up | dumb-init --single-child -- echo up
	0 | up | dumb-init -c -v echo up
	143 | | dumb-init -- sh -c 'kill -TERM 1; sleep 9'
	0 | /bin/service a b | /bin/service a b
	# the engines' own lines
	0 | /your/program -x | /sbin/docker-init -- /your/program -x
	0 | /your/program -x | /run/podman-init -- /your/program -x
	0 | /your/program -x | /dev/init -- /your/program -x
	0 | /your/program | /usr/bin/catatonit -- /your/program
	0 | /your/program | catatonit -g /your/program
	143 | | catatonit -g -- sh -c 'kill -TERM 1; sleep 9'
	TABLE
}

@test "other names: their options for help, licence and version: stdout and status 0" {
	for words in 'tini -h' 'tini -l' 'tini-static -h' 'docker-init -h' \
	    'dumb-init -h' 'dumb-init --help' 'dumb-init -V' \
	    'dumb-init --version' 'catatonit -h' 'catatonit -L' \
	    'catatonit -V' 'pause --version'; do
		# shellcheck disable=SC2086 # words
		run -0 --separate-stderr as $words
		[ -n "$output" ]
		equal 'on stderr' '' "$stderr"
	done
}
