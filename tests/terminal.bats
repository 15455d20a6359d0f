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
	send ./minireap -v -- sh -c 'until [ -e go ]; do sleep 0.1; done; exec cat' &\n
	expect started main
	send (sleep 1; touch go) & fg %1\n
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
	send dash -c 'sleep 50'\n
	foreground dash
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
	# No shell: dash, stopped in the middle of a vfork, hangs by itself.
	cat >keys.py <<-'PYTHON'
	import signal
	seen = []
	signals = (signal.SIGINT, signal.SIGWINCH)
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
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	foreground python3
	send ^C
	expect 2
	expect end after 3
	send exit 0\n
	end 0
	STEPS
}

@test "a new window size reaches main" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap -- sh -c 'trap "stty size" WINCH; echo rea""dy; while :; do sleep 0.1; done'\n
	expect ready
	resize 33 44
	expect 33 44
	send ^C
	foreground bash
	send exit 0\n
	end 0
	STEPS
}

@test "PID 1: ^Z on what nobody could continue does nothing" {
	needs_root
	type_into unshare --pid --fork --mount-proc ./minireap -- cat <<-'STEPS'
	foreground cat
	cooked
	send ^Z
	send still\n
	expect still
	expect still
	send ^C
	end 130
	STEPS
}

@test "a session's leader: ^Z on what nobody could continue does nothing" {
	type_into ./minireap -- ./minireap -- cat <<-'STEPS'
	foreground cat
	cooked
	send ^Z
	send still\n
	expect still
	expect still
	send ^C
	end 130
	STEPS
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

@test "--session: main leads a session that has the terminal, with job control" {
	type_into ./minireap --session -- bash --norc --noprofile <<-'STEPS'
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

@test "--session from a shell: ^Z stops both, fg continues both" {
	type_into bash --norc --noprofile <<-'STEPS'
	foreground bash
	send ./minireap --session -- sh -c 'n=0; while [ $n -lt 30 ]; do n=$((n+1)); sleep 0.1; done; echo over' &\n
	send fg\n
	foreground minireap
	send ^Z
	expect Stopped
	foreground bash
	send fg\n
	expect over
	foreground bash
	send exit 0\n
	end 0
	STEPS
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

@test "a terminal that hangs up: main gets SIGHUP once, init ends" {
	type_into ./minireap -- bash -c '
	    trap "echo hup >>hups; exit 9" HUP
	    echo ready; while :; do sleep 0.1; done' <<-'STEPS'
	expect ready
	hangup
	end 9
	STEPS
	[ "$(cat hups)" = hup ]
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
