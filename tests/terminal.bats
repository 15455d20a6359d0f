#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The terminal: minireap(1), TERMINALS.  tests/typist.py types on a real one.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	TYPIST=$BATS_TEST_DIRNAME/typist.py
	# A shell like a person's, but without files and colours of theirs.
	export HOME=/nonexistent ENV='' PS1='# ' TERM=dumb
	cd "$BATS_TEST_TMPDIR"
	ln -s "$MINIREAP" minireap
	# For main: dash, stopped in the middle of a vfork, hangs by itself.
	ln -s "$(command -v bash)" main
}

# type_into COMMAND... <SCRIPT: the typist's script must go through.
type_into() {
	timeout 60 python3 "$TYPIST" "$@" 3>&-
}

# The same steps for each shell: $1 is what its process is called.
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

@test "bash: ^Z stops init and main, fg gives main the terminal, ^C ends it" {
	job_steps bash | type_into bash --norc --noprofile
}

@test "dash: ^Z stops init and main, fg gives main the terminal, ^C ends it" {
	job_steps dash | type_into dash
}

@test "busybox ash: ^Z stops init and main, fg gives main the terminal" {
	job_steps busybox | type_into busybox ash
}

@test "started in the background it never takes the terminal, until fg" {
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

@test "brought to the foreground while it runs, it reads the terminal" {
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

@test "bg runs it without the terminal, and ^C does not reach it" {
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

@test "a pipeline around it stops and goes on as one job" {
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

@test "init inside init inside init: each key arrives once" {
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

@test "a new window size reaches main" {
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

# stop_key_is_undone STEP COMMAND...: it becomes cat, and when STEP is done ^Z has
# no effect on that.
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

@test "PID 1: ^Z on what nobody could continue does nothing" {
	needs_root
	stop_key_is_undone cooked unshare --pid --fork --mount-proc ./minireap -- cat
}

@test "a session's leader: ^Z on what nobody could continue does nothing" {
	stop_key_is_undone cooked ./minireap -- ./minireap -- cat
}

@test "a stop that init forwarded stands" {
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
		sleep 0.3 # to be undone would have taken no time
		state >state
		kill -TERM 1
	    ) &
	    exec cat' <<-'STEPS'
	foreground cat
	end 143
	STEPS
	[ "$(cat state)" = T ]
}

@test "... but no longer than until init is continued: ^Z is undone as ever" {
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

@test "... nor for a signal that stopped nothing: ^Z is undone as ever" {
	needs_root
	stop_key_is_undone 'expect ready' unshare --pid --fork --mount-proc ./minireap -- bash -c '
	    trap got=1 TTIN # as gunicorn: a worker more
	    kill -TTIN 1
	    until [ -n "$got" ]; do sleep 0.02; done
	    echo ready
	    exec cat'
}

@test "... nor when main alone is continued: ^Z is undone as ever" {
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
		until_is 1 /^State/ S # it has looked, and waits again
		echo ready
	    ) &
	    exec cat'
}

@test "a stop that init forwarded, answered with SIGSTOP in the background, stops init too" {
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

# A shell with job control, in a session of its own.
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

@test "--session: main leads a session that has the terminal, with job control" {
	session_steps | type_into ./minireap --session -- bash --norc --noprofile
}

@test "called dumb-init: likewise" {
	ln -s "$MINIREAP" dumb-init
	session_steps | type_into ./dumb-init -- bash --norc --noprofile
}

# outside_steps NAME INIT: ^Z at a shell outside of the session stops both.
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

@test "--session from a shell: ^Z stops both, fg continues both" {
	outside_steps minireap './minireap --session' |
	    type_into bash --norc --noprofile
}

@test "called dumb-init from a shell: ^Z stops both, fg continues both" {
	ln -s "$MINIREAP" dumb-init
	outside_steps dumb-init ./dumb-init |
	    type_into bash --norc --noprofile
}

@test "an interactive shell as main has job control, and no complaint" {
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

@test "the terminal is the shell's again when main was killed" {
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

# What init has used: CPU time in ticks, and how often it ran.
USED='used() {
	cut -d" " -f14,15 /proc/$PPID/stat | tr " " +
	awk "/ctxt/ { n += \$2 } END { print n }" /proc/$PPID/status
}'

@test "a terminal that hangs up: main gets SIGHUP once, init ends" {
	# It stays for a while, so that an init that spins is seen to.
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

@test "a terminal that hangs up under a shell: main gets SIGHUP, init ends" {
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

@test "a shell that ends leaves no stopped job: main gets SIGHUP and goes on" {
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

@test "stdin and stdout may be elsewhere: main still has the keyboard" {
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

@test "^Z stops init along with main, though init was started with TSTP ignored" {
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

# held PROCESS: what init, that process, holds of it once it has let go.
held() {
	cat <<-SH
	until [ "\$(readlink /proc/$1/cwd)" = / ]; do sleep 0.05; done
	for fd in /proc/$1/fd/*; do
	    case \$(readlink \$fd) in /dev/tty | /dev/pts/*) n=\$((n + 1)) ;; esac
	done
	echo "held \$n times"
	SH
}

@test "PID 1 holds the terminal by stderr alone, elsewhere once more" {
	needs_root
	type_into unshare --pid --fork --mount-proc ./minireap -- \
	    sh -c "$(held 1)" <<-'STEPS'
	expect held 1 times
	end 0
	STEPS
	type_into ./minireap -- sh -c "$(held '$PPID')" <<-'STEPS'
	expect held 2 times
	end 0
	STEPS
}

# bats test_tags=static
@test "what lies below the terminal's descriptor and above it is closed, by few calls" {
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

@test "stdout a pipe: the rest of the pipeline stops and goes on, ^C comes once" {
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

@test "stdout a pipe to less: less has the keyboard" {
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

@test "stdout a pipe to less: it has the keyboard again, if main has taken it" {
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

@test "stdin a pipe: less shows it, redraws for a new size, stops and goes on" {
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

@test "no controlling terminal: it runs, and main reads what it is given" {
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

@test "in the background: a SIGSTOP to main is its sender's, and stops no more" {
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

@test "no /dev/tty: the terminal that it was given, main has" {
	type_into unshare --mount sh -c 'mount -t tmpfs none /dev &&
	    exec ./minireap -- sh -c "read line; echo got \$line; exit 3"' <<-'STEPS'
	send word\n
	expect got word
	end 3
	STEPS
}

@test "^\\ ends main, and a shell goes on" {
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

# editor_steps NAME COMMAND [STEPS]: as a person edits, and does other things.
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

@test "vim: ^Z, bg, which stops it again, fg, a new window size" {
	command -v vim.tiny >/dev/null || skip "vim.tiny is not installed"
	editor_steps vim.tiny 'vim.tiny -u NONE' "$(cat <<-'STEPS'
	send bg; while [ -z "$(jobs -s)" ]; do sleep 0.05; done; jobs\n
	expect Stopped
	foreground bash
	STEPS
	)" | TERM=vt100 type_into bash --norc --noprofile
	[ "$(cat file)" = "lpha beta" ]
}

@test "busybox vi, which stops itself with SIGSTOP: ^Z, fg, a new window size" {
	editor_steps busybox 'busybox vi' |
	    TERM=vt100 type_into bash --norc --noprofile
	[ "$(cat file)" = "lpha beta" ]
}

@test "a main that stops itself with SIGSTOP at ^Z, as mutt does, stops init too" {
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

@test "stopped alone and put to the background, its end leaves the terminal" {
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

# dead_steps COMMAND: its process group is stopped by another than ^Z, and goes on
# when main has ended: the shell has the terminal by then.
dead_steps() {
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

@test "main ends while init is stopped: the shell keeps the terminal" {
	dead_steps ./minireap -- ./main main.sh |
	    type_into bash --norc --noprofile
}

@test "... and so it does with a script between them" {
	dead_steps sh -c "'./minireap -- ./main main.sh; exit 3'" |
	    type_into bash --norc --noprofile
}

@test "... with fg the script behind it has the terminal" {
	dead_steps sh -c "'./minireap -- ./main main.sh; read line; echo got \$line'" |
	    sed -e 's/^until kill -CONT.*/send fg\\n/' \
		-e 's/^until ! kill.*/foreground sh\ncooked\nsend word\\n\nexpect got word/' |
	    type_into bash --norc --noprofile
}

@test "in the background to its end: what is in the foreground stays there" {
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

@test "in the background, as PID 1 of a namespace, it never takes the terminal" {
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

@test "in the background with stty tostop: stopped by its output, fg shows it" {
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

# Bash sends nothing to a job that runs: init must tell by what it is sent.
fg_steps() {
	cat <<-'STEPS'
	foreground bash
	send ./minireap -- sh -c 'sh -c "echo \$\$ >pid; exec sleep 100"; exit 9' &\n
	until [ -s pid ] && grep sleep /proc/$(cat pid)/comm
	send fg\n
	foreground minireap
	STEPS
}

@test "brought to the foreground while it runs: ^C is for all of main's group" {
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

@test "brought to the foreground while it runs: ^Z is for all of main's group" {
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

@test "main left the terminal raw, killed: the terminal is dash's, as it is" {
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

@test "the terminal's mode is as before when main has ended" {
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

# LEFT: main ends and leaves what no key of main's group reaches.
# shellcheck disable=SC2089 # quotes for another shell
LEFT="env --default-signal=INT setsid bash -c '
    echo \$\$ >pid; exec sleep 100' &"

@test "-b: main has ended, the keys are for what is left: ^Z, fg, ^C" {
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

@test "-b as PID 1: main has ended, ^C is for what is left" {
	needs_root
	# A terminal of its own, as an engine gives it one.
	type_into unshare --pid --fork --mount-proc setsid --ctty \
	    ./minireap -b -- sh -c "$LEFT" <<-'STEPS'
	until [ -s pid ]
	foreground minireap
	send ^Z
	send ^C
	end 0
	STEPS
}

# stopped_in_background STATUS OPTION MAIN: that is the status of bash's job in
# time, whose MAIN is told to end, and writes init's number to a file init.
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

@test "-t: stopped for using the terminal in the background, main is killed in time" {
	stopped_in_background 137 '-t 1' \
	    'trap "stty sane </dev/tty; exit 9" TERM; echo $PPID >init; while :; do sleep 0.05; done'
}

@test "-d: stopped likewise meanwhile, main gets the stop signal in time" {
	stopped_in_background 143 '-d 1' \
	    'echo $PPID >init; until [ -e go ]; do sleep 0.05; done; stty sane </dev/tty'
}

# is_slow: who is told to end does so when there is a file go, with status 9.
is_slow() {
	cat >slow <<-'SLOW'
	trap ': >told; until [ -e go ]; do sleep 0.05; done; exit 9' TERM
	echo $$ >pid
	while :; do sleep 0.05; done
	SLOW
}

# told_steps WHO: meanwhile ^Z does nothing.
told_steps() {
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

@test "-t: once main was told to end, ^Z does nothing" {
	is_slow
	{
		cat <<-'STEPS'
		foreground bash
		send ./minireap -t 60 -- ./main slow\n
		until [ -s pid ] && kill -TERM $(ps -o ppid= $(cat pid))
		STEPS
		told_steps 9
	} | type_into bash --norc --noprofile
}

@test "-t: once main was told to end, ^Z does nothing, as PID 1" {
	needs_root
	is_slow
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

@test "-t: main has ended, ^Z does nothing while the rest has its time" {
	is_slow
	{
		cat <<-'STEPS'
		foreground bash
		send ./minireap -t 60 -- sh -c 'setsid bash slow & until [ -s pid ]; do sleep 0.05; done'\n
		STEPS
		told_steps 0
	} | type_into bash --norc --noprofile
}

@test "two inits in a pipeline: ^Z stops both, fg continues both, ^C ends them" {
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
