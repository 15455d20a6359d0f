#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Exit statuses and the environment: minireap(1), EXIT STATUS, ENVIRONMENT.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "status: main exits: init exits with the same status, PID 1 or not" {
	needs_root
	for code in 0 1 3 125 255; do
		run -$code "$MINIREAP" -- sh -c "exit $code"
		equal output '' "$output"
		run -$code as_pid_1 "$MINIREAP" -- sh -c "exit $code"
		equal output '' "$output"
	done
}

@test "status: main is killed by signal n: init exits with 128 + n" {
	needs_root
	for n in 1 2 6 9 11 13 15 34 64; do
		run -$((128 + n)) "$MINIREAP" -- sh -c "kill -$n \$\$"
		run -$((128 + n)) as_pid_1 "$MINIREAP" -- sh -c "kill -$n \$\$"
	done
}

@test "-e: the listed statuses become 0, or what is given, others do not" {
	run -0 "$MINIREAP" -e 1,3 -e 143 -- sh -c 'exit 3'
	run -0 "$MINIREAP" -e 1,3 -e 143 -- sh -c 'exit 1'
	run -0 "$MINIREAP" -e 1,3 -e 143 -- sh -c 'kill $$'
	run -2 "$MINIREAP" -e 1,3 -e 143 -- sh -c 'exit 2'
	run -137 "$MINIREAP" -e 1,3 -e 143 -- sh -c 'kill -9 $$'
	run -0 "$MINIREAP" -e 127 -- nosuch
	run -75 "$MINIREAP" -e 143,137:75 -- sh -c 'kill -9 $$'
	run -0 "$MINIREAP" -e 143,137:75 -- sh -c 'kill $$'
	run -255 "$MINIREAP" -e 0:255 -e 1:0 -- true
	# It is done once: 3 becomes 4, and not 5.
	run -4 "$MINIREAP" -e 3:4,4:5 -- sh -c 'exit 3'
	run -6 "$MINIREAP" -e 3:4 -e 3:6 -- sh -c 'exit 3'
}

@test "start: fork fails: one line and status 125" {
	needs_root
	chmod 755 .
	run --separate-stderr -125 setpriv --reuid 4242 --clear-groups \
	    prlimit --nproc=1 "$MINIREAP" -- true
	equal line 'minireap: cannot start a process for true: temporarily unavailable' \
	    "$stderr"
	equal stdout '' "$output"
}

@test "status: SIGCHLD inherited as ignored: main's status, and main ignores it" {
	needs_root
	# The suite may have inherited more ignored signals: make 4.3 ignores
	# 32 and 33, by way of glibc's posix_spawn(3).
	without=$(env --ignore-signal=CHLD "$PROBE" mask)
	[[ $without =~ ignored\ [0-9a-f]{11}[13579bdf][0-9a-f]{4}$ ]] # CHLD
	run -0 timeout 60 env --ignore-signal=CHLD "$MINIREAP" -- "$PROBE" mask
	equal main "$without" "$output"
	run -3 timeout 60 env --ignore-signal=CHLD "$MINIREAP" -- sh -c 'exit 3'
	run -3 timeout -s KILL 5 unshare --pid --fork --kill-child --mount-proc \
	    env --ignore-signal=CHLD "$MINIREAP" -- sh -c 'exit 3'
}

@test "environment: LISTEN_PID and WATCHDOG_PID of init: main's pid replaces them" {
	needs_root
	run -0 bash -c 'LISTEN_PID=$$ WATCHDOG_PID=$$ LISTEN_FDS=2 \
	    LISTEN_PIDFDID=7 exec "$0" -- sh -c '\''
		echo "$LISTEN_PID $WATCHDOG_PID $LISTEN_FDS ${LISTEN_PIDFDID-none} $$"
	    '\' "$MINIREAP"
	[[ $output =~ ^([0-9]+)\ ([0-9]+)\ 2\ none\ ([0-9]+)$ ]]
	equal LISTEN_PID "${BASH_REMATCH[3]}" "${BASH_REMATCH[1]}"
	equal WATCHDOG_PID "${BASH_REMATCH[3]}" "${BASH_REMATCH[2]}"
	LISTEN_PID=1 run -0 as_pid_1 "$MINIREAP" -- sh -c 'echo $LISTEN_PID $$'
	equal 'as PID 1' "${output#* }" "${output% *}"
}

@test "environment: LISTEN_PID of init, no such command: the message is right" {
	# The changed environment was on the child's stack; AddressSanitizer
	# checks that nothing reads it afterwards.
	ASAN_OPTIONS=detect_stack_use_after_return=1 PATH=/usr/bin:/bin \
	    run -127 bash -c 'LISTEN_PID=$$ WATCHDOG_PID=$$ exec "$0" nosuch' \
	    "$MINIREAP"
	equal line 'minireap: cannot execute nosuch: not found in PATH /usr/bin:/bin' \
	    "$output"
}

@test "environment: only WATCHDOG_PID of init: LISTEN_PIDFDID is unchanged" {
	LISTEN_PID=1 LISTEN_PIDFDID=7 run -0 bash -c 'WATCHDOG_PID=$$ \
	    exec "$0" -- sh -c '\''
		[ "$WATCHDOG_PID" = $$ ] && echo "$LISTEN_PID $LISTEN_PIDFDID"
	    '\' "$MINIREAP"
	equal variables '1 7' "$output"
}

@test "environment: LISTEN_PID and WATCHDOG_PID of others: unchanged" {
	for pid in 1 '' x 99999; do
		LISTEN_PID=$pid WATCHDOG_PID=$pid LISTEN_PIDFDID=7 \
		    run -0 "$MINIREAP" -- sh -c \
		    'echo "$LISTEN_PID,$WATCHDOG_PID,$LISTEN_PIDFDID"'
		equal "with '$pid'" "$pid,$pid,7" "$output"
	done
}

# bats test_tags=slow
@test "environment: systemd's listening socket: main has it, init closes it" {
	command -v systemd-socket-activate || skip 'no systemd-socket-activate'
	cat >server.py <<-'PYTHON'
	import os, socket
	assert int(os.environ["LISTEN_PID"]) == os.getpid(), os.environ["LISTEN_PID"]
	server = socket.socket(fileno=3)
	client, _ = server.accept()
	client.send(b"served by %d for %d\n" % (os.getpid(), os.getppid()))
	server.close()
	client.close()
	# If init kept it open, connect would still succeed.
	while True:
	    again = socket.socket(socket.AF_UNIX)
	    try:
	        again.connect("socket")
	    except ConnectionRefusedError:
	        open("closed", "w").close()
	        break
	PYTHON
	systemd-socket-activate -l "$PWD/socket" "$MINIREAP" -- \
	    python3 server.py 3>&- 2>log &
	job=$!
	wait_until 10 test -S socket
	run -0 timeout 60 python3 -c '
import socket
client = socket.socket(socket.AF_UNIX)
client.connect("socket")
print(client.recv(100).decode())'
	contains "$output" 'served by'
	# The activator exec'd init, which so inherited the socket.
	wait_until 10 test -e closed
	wait $job
}
