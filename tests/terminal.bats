#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Terminals: minireap(1), TERMINALS.  tests/typist.py types on a pseudoterminal.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	TYPIST=$BATS_TEST_DIRNAME/typist.py
	# An interactive shell without the user's start-up files and colours.
	export HOME=/nonexistent ENV='' PS1='# ' TERM=dumb
	cd "$BATS_TEST_TMPDIR"
	ln -s "$MINIREAP" minireap
	# Main is bash, as dash hangs when it is stopped during a vfork.
	ln -s "$(command -v bash)" main
}

# type_into COMMAND... <SCRIPT: run COMMAND on a terminal, typing SCRIPT.
type_into() {
	timeout 60 python3 "$TYPIST" "$@" 3>&-
}

# job_steps NAME: the steps for a shell whose process has this name.
job_steps() {
	cat <<-STEPS
	foreground $1
	send ./minireap -- cat\n
	foreground cat
	cooked
	send hello\n
	expect hello
	expect hello
	send ^Z
	expect Stopped
	foreground $1
	send fg\n
	foreground cat
	cooked
	send again\n
	expect again
	expect again
	send ^C
	foreground $1
	send echo status=\$?\n
	expect status=130
	send exit 5\n
	end 5
	STEPS
}

@test "terminal: bash: ^Z stops init and main, fg continues them, ^C kills main" {
	job_steps bash | type_into bash --norc --noprofile
}

@test "terminal: dash: ^Z stops init and main, fg continues them, ^C kills main" {
	job_steps dash | type_into dash
}

@test "terminal: busybox ash: ^Z stops init and main, fg continues them, ^C kills main" {
	job_steps busybox | type_into busybox ash
}

@test "terminal: --same-group: ^Z stops, fg continues, ^C arrives once" {
	cat >main.py <<-'PYTHON'
	import os, signal
	counts = {signal.SIGINT: 0, signal.SIGCONT: 0}
	def count(sig, _): counts[sig] += 1
	for sig in counts: signal.signal(sig, count)
	print("waits", flush=True)
	while not counts[signal.SIGINT]: signal.pause()
	import time
	time.sleep(0.3)
	print("INT", counts[signal.SIGINT], "CONT", counts[signal.SIGCONT], flush=True)
	PYTHON
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap --same-group -- python3 main.py\n
	expect waits
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	foreground minireap
	send ^C
	expect INT 1 CONT 1
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: started in the background: main reads it only after fg" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- cat &\n
	send while kill -0 %1 && [ -z "$(jobs -s)" ]; do sleep 0.1; done; jobs\n
	expect Stopped
	foreground bash
	send fg\n
	foreground cat
	cooked
	send more\n
	expect more
	expect more
	send ^D
	foreground bash
	send exit 4\n
	end 4
	STEPS
}

@test "terminal: fg while the job runs: main reads the terminal" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- sh -c 'touch there; until [ -e go ]; do sleep 0.05; done; exec cat' &\n
	until [ -e there ]
	send fg\n
	foreground minireap
	until touch go
	foreground cat
	cooked
	send hello\n
	expect hello
	expect hello
	send ^D
	foreground bash
	send exit 4\n
	end 4
	STEPS
}

@test "terminal: bg: the job runs in the background, ^C does not reach it" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- sleep 100\n
	foreground sleep
	send ^Z
	expect Stopped
	foreground bash
	send bg\n
	expect 100 &
	foreground bash
	send cat\n
	foreground cat
	send ^C
	foreground bash
	send jobs\n
	expect Running
	send kill %1; wait %1; echo status=$?\n
	expect status=143
	send exit 6\n
	end 6
	STEPS
}

@test "terminal: init in a pipeline: the job stops and continues as a whole" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send (./minireap -- cat | tr a-z A-Z)\n
	foreground cat
	cooked
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	foreground cat
	cooked
	send abc\n
	send ^D
	expect ABC
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: three nested inits: main receives each key's signal once" {
	cat >keys.py <<-'PYTHON'
	import signal
	seen = []
	signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH)
	signal.pthread_sigmask(signal.SIG_BLOCK, signals)
	print("ready", flush=True)
	while seen.count(signal.SIGINT) < 2:
	    seen.append(signal.sigwait(signals))
	    print(int(seen[-1]), flush=True)
	print("end after", len(seen))
	PYTHON
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- ./minireap -- ./minireap -- python3 keys.py\n
	expect ready
	foreground python3
	send ^C
	expect 2
	resize 33 44
	expect 28
	send ^\
	expect 3
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	foreground python3
	send ^C
	expect 2
	expect end after 4
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: the window size changes: main receives SIGWINCH" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- sh -c 'trap "stty size; exit" WINCH; touch ready; while :; do sleep 0.1; done'\n
	until [ -e ready ]
	resize 33 44
	expect 33 44
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

# stop_key_is_undone STEP COMMAND...: COMMAND becomes cat; after STEP, ^Z has no
# effect on it.
stop_key_is_undone() {
	local step=$1
	shift
	type_into "$@" <<-STEPS
	foreground cat
	$step
	send ^Z
	send still\n
	expect still
	expect still
	send ^C
	end 130
	STEPS
}

@test "terminal: PID 1: ^Z has no effect" {
	needs_root
	stop_key_is_undone cooked unshare --pid --fork --mount-proc ./minireap -- cat
}

@test "terminal: init leads its session: ^Z has no effect" {
	stop_key_is_undone cooked ./minireap -- ./minireap -- cat
}

@test "terminal: PID 1 forwards SIGTSTP: main stays stopped" {
	needs_root
	type_into unshare --pid --fork --mount-proc ./minireap -- bash -c '
	    state() { awk "/^State/ {print \$2}" /proc/$$/status; }
	    (
		until [ "$(cat /proc/$$/comm)" = cat ]; do sleep 0.05; done
		kill -TSTP 1
		for _ in $(seq 100); do
			[ "$(state)" = T ] && break
			sleep 0.05
		done
		sleep 0.3 # init would have continued it by now
		state >state
		kill -TERM 1
	    ) &
	    exec cat' <<-'STEPS'
	foreground cat
	end 143
	STEPS
	[ "$(cat state)" = T ]
}

@test "terminal: PID 1 forwards SIGTSTP, then SIGCONT: ^Z has no effect" {
	needs_root
	stop_key_is_undone 'expect ready' unshare --pid --fork --mount-proc ./minireap -- bash -c '
	    is() { [ "$(awk "$1 { print \$2 }" /proc/$$/status)" = "$2" ]; }
	    until_is() { until is "$@"; do sleep 0.02; done; }
	    (
		until_is /^Name/ cat
		kill -TSTP 1
		until_is /^State/ T
		kill -CONT 1
		until_is /^State/ S
		echo ready
	    ) &
	    exec cat'
}

@test "terminal: PID 1 forwards SIGTTIN, which main catches: ^Z has no effect" {
	needs_root
	stop_key_is_undone 'expect ready' unshare --pid --fork --mount-proc ./minireap -- bash -c '
	    trap got=1 TTIN # gunicorn adds a worker
	    kill -TTIN 1
	    until [ -n "$got" ]; do sleep 0.02; done
	    echo ready
	    exec cat'
}

@test "terminal: PID 1 forwards SIGTSTP, SIGCONT is sent to main: ^Z has no effect" {
	needs_root
	stop_key_is_undone 'expect ready' unshare --pid --fork --mount-proc ./minireap -- bash -c '
	    is() { [ "$(awk "$2 { print \$2 }" /proc/$1/status)" = "$3" ]; }
	    until_is() { until is "$@"; do sleep 0.02; done; }
	    (
		until_is $$ /^Name/ cat
		kill -TSTP 1
		until_is $$ /^State/ T
		kill -CONT $$
		until_is $$ /^State/ S
		until_is 1 /^State/ S # init has noticed, and waits
		echo ready
	    ) &
	    exec cat'
}

@test "terminal: background, main stops itself on a forwarded SIGTSTP: init stops too" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- ./main -c 'trap "kill -STOP \$\$" TSTP; echo $PPID >init; until [ -e go ]; do sleep 0.05; done; exit 9' &\n
	until [ -s init ]
	until kill -TSTP $(cat init)
	until grep '^State:.T' /proc/$(cat init)/status
	until touch go
	send fg; echo status=$?\n
	expect status=9
	send exit 0\n
	end 0
	STEPS
}

# session_steps: job control in a shell that leads its session.
session_steps() {
	cat <<-'STEPS'
	foreground bash
	send sleep 100\n
	foreground sleep
	send ^Z
	expect Stopped
	send fg\n
	foreground sleep
	send ^C
	foreground bash
	send exit 7\n
	end 7
	STEPS
}

@test "terminal: --session: main leads a session with the terminal and job control" {
	session_steps | type_into ./minireap --session -- bash --norc --noprofile
}

@test "terminal: as dumb-init: main leads a session with the terminal and job control" {
	ln -s "$MINIREAP" dumb-init
	session_steps | type_into ./dumb-init -- bash --norc --noprofile
}

# outside_steps NAME INIT: INIT, a process called NAME, runs under a shell that
# is outside main's session; ^Z stops both init and main.
outside_steps() {
	cat <<-STEPS
	foreground bash
	send $2 -- ./main -c 'echo \$\$ >pid; until [ -e go ]; do sleep 0.05; done; exit 7'\n
	until [ -s pid ]
	foreground $1
	send ^Z
	expect Stopped
	foreground bash
	until grep '^State:.T' /proc/\$(cat pid)/status
	send fg\n
	foreground $1
	until ! grep '^State:.T' /proc/\$(cat pid)/status
	until touch go
	foreground bash
	send echo status=\$?\n
	expect status=7
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: --session from a shell: ^Z stops init and main, fg continues them" {
	outside_steps minireap './minireap --session' |
	    type_into bash --norc --noprofile
}

@test "terminal: as dumb-init from a shell: ^Z stops init and main, fg continues them" {
	ln -s "$MINIREAP" dumb-init
	outside_steps dumb-init ./dumb-init |
	    type_into bash --norc --noprofile
}

@test "terminal: main is an interactive shell: it has job control without a warning" {
	output=$(type_into ./minireap -- dash <<-'STEPS'
	foreground dash
	send sleep 100\n
	foreground sleep
	send ^Z
	expect Stopped
	foreground dash
	send exit 3\n
	expect stopped
	send exit 3\n
	end 3
	STEPS
	)
	echo "$output"
	[[ $output != *"job control"* ]]
}

@test "terminal: main is killed or cannot be executed: the shell has the terminal again" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- sh -c 'kill -KILL $$'; ./minireap -- nosuch; echo over\n
	expect over
	foreground bash
	send sh -c './minireap -- true; read line; echo "got $line"'\n
	foreground sh
	send word\n
	expect got word
	send exit 0\n
	end 0
	STEPS
}

# used: init's CPU time in ticks and its number of context switches.
USED='used() {
	cut -d" " -f14,15 /proc/$PPID/stat | tr " " +
	awk "/ctxt/ { n += \$2 } END { print n }" /proc/$PPID/status
}'

@test "terminal: hangup: main receives SIGHUP once, init exits without spinning" {
	# Main runs on for a while, so that a spinning init is noticed.
	type_into ./minireap -- bash -c "$USED"'
	    trap "echo hup >>hups" HUP
	    echo ready; until [ -s hups ]; do sleep 0.05; done
	    sleep 0.2; used >before; sleep 1; used >after; exit 9' <<-'STEPS'
	expect ready
	hangup
	end 9
	STEPS
	[ "$(cat hups)" = hup ]
	cat before after
	[ $(($(head -n 1 after) - ($(head -n 1 before)))) -le 5 ]
	[ $(($(tail -n 1 after) - $(tail -n 1 before))) -le 5 ]
}

@test "terminal: hangup, init runs under a shell: main receives SIGHUP, init exits" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -v -- bash -c 'trap "exit 9" HUP; echo $PPID >init; touch there; while :; do sleep 0.05; done' 2>log\n
	until [ -e there ]
	hangup
	end 129
	until ! kill -0 $(cat init)
	STEPS
	grep 'exited with status 9' log
}

@test "terminal: the shell of a stopped job exits: main receives SIGHUP and continues" {
	type_into dash <<-'STEPS'
	foreground dash
	send ./minireap -- ./main -c 'trap "echo hup >>hups" HUP; echo $$ $PPID >pids; until [ -s hups ]; do sleep 0.05; done; exit 9'\n
	until [ -s pids ]
	foreground main
	send ^Z
	expect Stopped
	foreground dash
	send exit 3\n
	expect stopped
	send exit 3\n
	end 3
	until [ "$(cat hups)" = hup ]
	until ! kill -0 $(cut -d' ' -f1 pids) && ! kill -0 $(cut -d' ' -f2 pids)
	STEPS
}

@test "terminal: stdin and stdout are not the terminal: main reads /dev/tty" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- sh -c 'read line </dev/tty; echo "got $line" >/dev/tty' </dev/null | cat\n
	foreground sh
	send word\n
	expect got word
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: SIGTSTP inherited as ignored: ^Z stops init and main" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send (trap "" TSTP; exec ./minireap -- python3 -c 'import signal, time; signal.signal(signal.SIGTSTP, signal.SIG_DFL); open("there", "w"); time.sleep(20)')\n
	until [ -e there ]
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	foreground python3
	send ^C
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

# held PROCESS: how many descriptors of the terminal init, /proc/PROCESS, keeps
# open after the start.
held() {
	cat <<-SH
	until [ "\$(readlink /proc/$1/cwd)" = / ]; do sleep 0.05; done
	for fd in /proc/$1/fd/*; do
	    case \$(readlink \$fd) in /dev/tty | /dev/pts/*) n=\$((n + 1)) ;; esac
	done
	echo "held \$n times"
	SH
}

@test "terminal: after the start: PID 1 keeps 0 to 2, others stderr and one more" {
	needs_root
	type_into unshare --pid --fork --mount-proc ./minireap -- \
	    sh -c "$(held 1)" <<-'STEPS'
	expect held 3 times
	end 0
	STEPS
	type_into ./minireap -- sh -c "$(held '$PPID')" <<-'STEPS'
	expect held 2 times
	end 0
	STEPS
}

# bats test_tags=static
@test "terminal: descriptors below and above init's own: closed by at most two calls" {
	: >a
	look='until [ "$(readlink /proc/$PPID/cwd)" = / ]; do sleep 0.05; done
	    for fd in /proc/$PPID/fd/*; do
		case $(readlink $fd) in */a) n=$((n + 1)) ;; esac
	    done
	    echo "kept $((n)) of it"'
	for fds in 3 '3 4' '3 5' '4 5 6'; do
		type_into bash -c "for fd in {4..20}; do eval \"exec \$fd<&-\"; done
		    for fd in $fds; do eval \"exec \$fd<a\"; done
		    exec strace -o trace ./minireap -- sh -c '$look'" <<-'STEPS'
		expect kept 0 of it
		end 0
		STEPS
		echo "$fds"
		[ "$(grep -c '^close_range' trace)" -le 2 ]
		run ! grep -E '/proc/self/fd"|^close\([4-9]\)' trace
	done
}

@test "terminal: stdout is a pipe: the pipeline stops and continues, one SIGINT arrives" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- ./main -c 'trap "echo int >>ints" INT; touch there; until [ -e go ]; do sleep 0.05; done' | cat\n
	until [ -e there ]
	foreground main
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	foreground main
	send ^C
	until [ -s ints ]
	until touch go
	foreground bash
	send exit 0\n
	end 0
	STEPS
	[ "$(cat ints)" = int ]
}

@test "terminal: stdout is a pipe to less: less reads the keyboard" {
	seq 200 >lines
	TERM=vt100 type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- ./main -c 'cat lines; until [ -e go ]; do sleep 0.05; done' | less\n
	expect 23
	send  \n
	expect 40
	until touch go
	send q
	send echo ov""er\n
	expect over
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: main takes the terminal from less: less gets it back" {
	cat >take.py <<-'PYTHON'
	import os, signal, time
	signal.signal(signal.SIGTTOU, signal.SIG_IGN)
	print(*range(200), sep="\n", flush=True)
	tty = os.open("/dev/tty", os.O_RDWR)
	while os.tcgetpgrp(tty) == os.getpgrp():
	    time.sleep(0.02)
	os.tcsetpgrp(tty, os.getpgrp())
	open("took", "w").close()
	while not os.path.exists("go"):
	    time.sleep(0.02)
	PYTHON
	TERM=vt100 type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- python3 take.py | less\n
	expect 22
	until [ -e took ]
	send  \n
	expect 40
	foreground minireap
	until touch go
	send q
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: main is less, stdin a pipe: it redraws, stops and continues" {
	TERM=vt100 type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send seq 200 | ./minireap -- less\n
	expect 23
	foreground less
	resize 34 80
	expect 33
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	foreground less
	expect 33
	send q
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: no controlling terminal: main reads its stdin" {
	type_into setsid --wait ./minireap -- sh -c '
	    (: </dev/tty) || echo none
	    read line; echo "got $line"; exit 3' <<-'STEPS'
	expect none
	send word\n
	expect got word
	end 3
	STEPS
	run -3 setsid --wait ./minireap -- sh -c 'cat; exit 3' </dev/null
}

@test "terminal: background, main stops itself: init keeps running" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- ./main -c 'kill -STOP $$; exit 3' & init=$!\n
	send until main=$(pgrep -P $init) && [[ $(ps -o stat= $main) = T* ]]; do sleep 0.02; done; jobs\n
	expect Running
	send kill -CONT $main; wait $init; echo status=$?\n
	expect status=3
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: no /dev/tty: main reads the terminal on its stdin" {
	type_into unshare --mount sh -c 'mount -t tmpfs none /dev &&
	    exec ./minireap -- sh -c "read line; echo got \$line; exit 3"' <<-'STEPS'
	send word\n
	expect got word
	end 3
	STEPS
}

@test "terminal: ^\\: main is killed by SIGQUIT, the shell continues" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ulimit -c 0; ./minireap -- sleep 100\n
	foreground sleep
	send ^\
	foreground bash
	send echo status=$?\n
	expect status=131
	send exit 0\n
	end 0
	STEPS
}

# editor_steps NAME COMMAND [STEPS]: edit a file, with a stop and STEPS between.
editor_steps() {
	echo alpha beta >file
	cat <<-STEPS
	foreground bash
	send ./minireap -- $2 file\n
	foreground $1
	expect alpha beta
	resize 30 100
	expect alpha beta
	send ^Z
	expect Stopped
	foreground bash
	${3:-}
	send fg\n
	foreground $1
	expect alpha beta
	send x:wq\n
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: vim: ^Z, bg, fg and a new window size work" {
	command -v vim.tiny >/dev/null || skip "vim.tiny is not installed"
	editor_steps vim.tiny 'vim.tiny -u NONE' "$(cat <<-'STEPS'
	send bg; while [ -z "$(jobs -s)" ]; do sleep 0.05; done; jobs\n
	expect Stopped
	foreground bash
	STEPS
	)" | TERM=vt100 type_into bash --norc --noprofile
	[ "$(cat file)" = "lpha beta" ]
}

@test "terminal: busybox vi, which stops itself by SIGSTOP: ^Z, fg and resizing work" {
	editor_steps busybox 'busybox vi' |
	    TERM=vt100 type_into bash --norc --noprofile
	[ "$(cat file)" = "lpha beta" ]
}

@test "terminal: main stops its group by SIGSTOP at ^Z, like mutt: init stops too" {
	cat >mutt.py <<-'PYTHON'
	import os, signal
	stop = lambda n, _: (os.kill(0, signal.SIGSTOP), print("back", flush=True))
	signal.signal(signal.SIGTSTP, stop)
	print("ready", flush=True)
	while True:
	    signal.pause()
	PYTHON
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- python3 mutt.py\n
	expect ready
	foreground python3
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	expect back
	foreground python3
	send ^C
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: only init was stopped, then bg: main exits, the shell keeps the terminal" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- ./main -c 'echo $PPID >init; until [ -e go ]; do sleep 0.05; done'\n
	until [ -s init ]
	foreground main
	until kill -STOP $(cat init)
	expect Stopped
	foreground bash
	send bg\n
	expect &
	until touch go
	until ! kill -0 $(cat init)
	send echo st""ill\n
	expect still
	send exit 0\n
	end 0
	STEPS
}

# main_exits_steps COMMAND: init's process group is stopped by SIGSTOP and
# continued after main has exited, when the shell has the terminal.
main_exits_steps() {
	cat >main.sh <<-'MAIN'
	ps -o pgid= $PPID >group
	echo $$ >pid
	until [ -e go ]; do sleep 0.05; done
	MAIN
	cat <<-STEPS
	foreground bash
	send $*\n
	until [ -s pid ]
	foreground main
	until kill -STOP -\$(echo \$(cat group))
	expect Stopped
	foreground bash
	until touch go
	until grep '^State:.Z' /proc/\$(cat pid)/status
	until kill -CONT -\$(echo \$(cat group))
	until ! kill -0 -\$(echo \$(cat group))
	foreground bash
	send echo st""ill\n
	expect still
	send exit 5\n
	end 5
	STEPS
}

@test "terminal: main exits while init is stopped: the shell keeps the terminal" {
	main_exits_steps ./minireap -- ./main main.sh |
	    type_into bash --norc --noprofile
}

@test "terminal: main exits while init and a script are stopped: the shell keeps the terminal" {
	main_exits_steps sh -c "'./minireap -- ./main main.sh; exit 3'" |
	    type_into bash --norc --noprofile
}

@test "terminal: main exits while init and a script are stopped: after fg the script reads it" {
	main_exits_steps sh -c "'./minireap -- ./main main.sh; read line; echo got \$line'" |
	    sed -e 's/^until kill -CONT.*/send fg\\n/' \
		-e 's/^until ! kill.*/foreground sh\ncooked\nsend word\\n\nexpect got word/' |
	    type_into bash --norc --noprofile
}

@test "terminal: a background job exits: the foreground job keeps the terminal" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- sh -c 'echo $PPID >init; until [ -e go ]; do sleep 0.05; done' &\n
	until [ -s init ]
	send cat\n
	foreground cat
	until touch go
	until ! kill -0 $(cat init)
	foreground cat
	cooked
	send hello\n
	expect hello
	expect hello
	send ^D
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: PID 1 in a background job: the foreground job keeps the terminal" {
	needs_root
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send unshare --pid --fork --mount-proc ./minireap -- sh -c 'touch there; until [ -e go ]; do sleep 0.05; done' &\n
	until [ -e there ]
	foreground bash
	send cat\n
	foreground cat
	cooked
	send hello\n
	expect hello
	expect hello
	until touch go
	send ^D
	foreground bash
	send exit 3\n
	end 3
	STEPS
}

@test "terminal: background with stty tostop: output stops the job until fg" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send stty tostop; ./minireap -- sh -c 'echo wri""tten' &\n
	expect [1]
	send while [ -z "$(jobs -s)" ]; do sleep 0.05; done; jobs\n
	expect Stopped
	foreground bash
	send fg\n
	expect written
	foreground bash
	send exit 3\n
	end 3
	STEPS
}

# fg_steps: bash sends no signal to a running job that becomes the foreground
# job, so init finds out only when a key's signal arrives.
fg_steps() {
	cat <<-'STEPS'
	foreground bash
	send ./minireap -- sh -c 'sh -c "echo \$\$ >pid; exec sleep 100"; exit 9' &\n
	until [ -s pid ] && grep sleep /proc/$(cat pid)/comm
	send fg\n
	foreground minireap
	STEPS
}

@test "terminal: fg while the job runs: ^C reaches main's whole group" {
	{
		fg_steps
		cat <<-'STEPS'
		send ^C
		foreground bash
		send echo status=$?\n
		expect status=130
		until ! kill -0 $(cat pid)
		send exit 0\n
		end 0
		STEPS
	} | type_into bash --norc --noprofile
}

@test "terminal: fg while the job runs: ^Z stops main's whole group" {
	{
		fg_steps
		cat <<-'STEPS'
		send ^Z
		expect Stopped
		foreground bash
		until grep '^State:.T' /proc/$(cat pid)/status
		send fg\n
		until ! grep '^State:.T' /proc/$(cat pid)/status
		send ^C
		foreground bash
		until ! kill -0 $(cat pid)
		send exit 0\n
		end 0
		STEPS
	} | type_into bash --norc --noprofile
}

@test "terminal: main is killed in raw mode: dash gets the terminal, still raw" {
	type_into dash <<-'STEPS'
	foreground dash
	remember
	send ./minireap -- sh -c 'stty raw -echo; kill -KILL $$'\n
	raw
	foreground dash
	send stty sane; echo ag""ain^J
	expect again
	cooked
	send exit 3\n
	end 3
	STEPS
}

@test "terminal: main restores the mode and exits: the mode is unchanged" {
	type_into dash <<-'STEPS'
	foreground dash
	remember
	send ./minireap -- bash --norc --noprofile\n
	foreground bash
	raw
	send exit\n
	foreground dash
	unchanged
	send exit 3\n
	end 3
	STEPS
}

# LEFT: a script for main that leaves a process in another session, which the
# terminal's keys do not reach.
# shellcheck disable=SC2089 # quotes for another shell
LEFT="env --default-signal=INT setsid bash -c '
    echo \$\$ >pid; exec sleep 100' &"

@test "terminal: -b, main has exited: ^Z, fg and ^C reach the remaining processes" {
	# shellcheck disable=SC2090
	export LEFT
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -b -- sh -c "$LEFT"\n
	until [ -s pid ] && grep sleep /proc/$(cat pid)/comm
	foreground minireap
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	foreground minireap
	until ! grep '^State:.T' /proc/$(cat pid)/status
	send ^C
	foreground bash
	until ! kill -0 $(cat pid)
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: -b as PID 1, main has exited: ^C reaches the remaining processes" {
	needs_root
	# It has its own controlling terminal, as in a container.
	type_into unshare --pid --fork --mount-proc setsid --ctty \
	    ./minireap -b -- sh -c "$LEFT" <<-'STEPS'
	until [ -s pid ]
	foreground minireap
	send ^Z
	send ^C
	end 0
	STEPS
}

# stopped_in_background STATUS OPTION MAIN: stop a background job, whose script
# MAIN writes init's pid to the file init; bash reports STATUS for the job.
stopped_in_background() {
	type_into bash --norc --noprofile <<-STEPS
	foreground bash
	send ./minireap $2 -- ./main -c '$3' &\n
	until [ -s init ]
	until kill -TERM \$(cat init)
	until touch go
	until ! kill -0 \$(cat init)
	send wait %1; echo status=\$?\n
	expect status=$1
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: -t, main is stopped for terminal use in the background: it is killed" {
	stopped_in_background 137 '-t 1' \
	    'trap "stty sane </dev/tty; exit 9" TERM; echo $PPID >init; while :; do sleep 0.05; done'
}

@test "terminal: -d, main is stopped for terminal use in the background: SIGTERM follows" {
	stopped_in_background 143 '-d 1' \
	    'echo $PPID >init; until [ -e go ]; do sleep 0.05; done; stty sane </dev/tty'
}

# make_slow_script: after SIGTERM the script waits for the file go, and exits with
# status 9.
make_slow_script() {
	cat >slow <<-'SLOW'
	trap ': >told; until [ -e go ]; do sleep 0.05; done; exit 9' TERM
	echo $$ >pid
	while :; do sleep 0.05; done
	SLOW
}

# slow_stop_steps STATUS: before it exits, ^Z has no effect.
slow_stop_steps() {
	cat <<-STEPS
	until [ -e told ]
	send ^Z
	expect ^Z
	until touch go
	foreground bash
	send echo status=\$?\n
	expect status=$1
	send exit 0\n
	end 0
	STEPS
}

@test "terminal: -t, main has received the stop signal: ^Z has no effect" {
	make_slow_script
	{
		cat <<-'STEPS'
		foreground bash
		send ./minireap -t 60 -- ./main slow\n
		until [ -s pid ] && kill -TERM $(ps -o ppid= $(cat pid))
		STEPS
		slow_stop_steps 9
	} | type_into bash --norc --noprofile
}

@test "terminal: -t as PID 1, main has received the stop signal: ^Z has no effect" {
	needs_root
	make_slow_script
	type_into unshare --pid --fork --mount-proc ./minireap -t 60 -- \
	    ./main -c '(until [ -s pid ]; do sleep 0.05; done; kill -TERM 1) &
		. ./slow' <<-'STEPS'
	until [ -e told ]
	send ^Z
	expect ^Z
	until touch go
	end 9
	STEPS
}

@test "terminal: -t, main has exited, others have their grace: ^Z has no effect" {
	make_slow_script
	{
		cat <<-'STEPS'
		foreground bash
		send ./minireap -t 60 -- sh -c 'setsid bash slow & until [ -s pid ]; do sleep 0.05; done'\n
		STEPS
		slow_stop_steps 0
	} | type_into bash --norc --noprofile
}

@test "terminal: two inits in a pipeline: ^Z stops, fg continues and ^C kills both" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- ./main -c 'echo $$ >one; exec cat /dev/zero' | ./minireap -- ./main -c 'echo $$ >two; exec cat >/dev/null'\n
	until [ -s one ] && [ -s two ]
	send ^Z
	expect Stopped
	foreground bash
	until grep '^State:.T' /proc/$(cat one)/status
	until grep '^State:.T' /proc/$(cat two)/status
	send fg\n
	until ! grep '^State:.T' /proc/$(cat one)/status
	until ! grep '^State:.T' /proc/$(cat two)/status
	send ^C
	foreground bash
	send exit 0\n
	end 0
	STEPS
}
