#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Messages, and that writing them never blocks init: minireap(1), DIAGNOSTICS.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "messages: an ordinary run: nothing is printed" {
	needs_root
	run -0 as_pid_1 "$MINIREAP" -- sh -c '(sleep 0.1 &); sleep 0.3'
	equal output '' "$output"
	run -143 "$MINIREAP" -- sh -c 'kill $PPID; sleep 9'
	equal output '' "$output"
}

@test "-v: main's start and exit are logged" {
	needs_root
	run -3 --separate-stderr as_pid_1 "$MINIREAP" -v -- sh -c 'exit 3'
	equal stderr $'minireap: started main process 2 (sh)\nminireap: main process 2 (sh) exited with status 3' \
	    "$stderr"
	run -139 --separate-stderr as_pid_1 "$MINIREAP" -v -- sh -c \
	    'ulimit -c 0; kill -SEGV $$'
	contains "$stderr" 'minireap: main process 2 (sh) was killed by SIGSEGV'
}

@test "-vv: each signal and each reaped process is logged" {
	needs_root
	run -0 --separate-stderr as_pid_1 "$MINIREAP" -vv -r HUP:0 -r URG:36 \
	    -r 32:0 -- bash -c 'trap : USR1 RTMIN+2
	    for sig in USR1 HUP URG 32; do kill -$sig 1; done
	    sleep 0.3; exit 0'
	for line in 'signal SIGUSR1 from=2 sent=SIGUSR1' \
	    'signal SIGHUP from=2 sent=none' \
	    'signal SIGURG from=2 sent=SIGRTMIN+2' \
	    'signal SIG32 from=2 sent=none' \
	    'reaped 2 (bash) exit=0 cpu=0.0'; do
		contains "$stderr" "minireap: $line"
	done
}

@test "-vv: a timer's signal: it is logged as from the kernel" {
	run -142 python3 - "$MINIREAP" <<-'PYTHON' 3>&-
	import os, signal, sys
	signal.setitimer(signal.ITIMER_REAL, 1) # outlives exec, not fork
	os.dup2(1, 2)
	os.execv(sys.argv[1], [sys.argv[1], "-vv", "--", "sleep", "5"])
	PYTHON
	contains "$output" 'minireap: signal SIGALRM from=kernel sent=SIGALRM'
}

@test "-w: each orphan, but not main, is logged with name, status and CPU time" {
	needs_root
	as_pid_1 sh -c 'exec "$@" 2>log' sh "$MINIREAP" -w -- timeout 60 bash -c '
	    (bash -c "sleep 0.2; exit 5" & exec true)
	    (bash -c "sleep 0.2; kill -KILL \$\$" & exec true)
	    (python3 -c "
import time
while time.process_time() < 1.1: pass" & exec true)
	    until grep -q " (python3) exit=" log; do sleep 0.05; done'
	stderr=$(<log)
	equal lines 3 "$(wc -l <<<"$stderr")"
	[[ $stderr =~ 'minireap: reaped '[0-9]+' (bash) exit=5 cpu=0.0'[0-9][0-9]s ]]
	[[ $stderr =~ 'minireap: reaped '[0-9]+' (bash) signal=SIGKILL cpu=0.0' ]]
	[[ $stderr =~ 'minireap: reaped '[0-9]+' (python3) exit=0 cpu='[12]\. ]]
}

@test "-w: a name with control characters: it is escaped, on one line" {
	needs_root
	cat >named.py <<-'PYTHON'
	import ctypes, os
	if os.fork() == 0:
	    ctypes.CDLL(None).prctl(15, b"a b) (\n\x1b[1m")
	    import time; time.sleep(0.3)
	PYTHON
	run -0 --separate-stderr as_pid_1 "$MINIREAP" -w -- sh -c \
	    'python3 named.py; sleep 0.6'
	contains "$stderr" '(a b) (\n\033[1m) exit=0'
	equal lines 1 "$(wc -l <<<"$stderr")"
}

@test "-q: with -vv and -w: nothing is printed" {
	needs_root
	run -3 as_pid_1 "$MINIREAP" -q -vv -w -- sh -c '(sleep 0.1 &); sleep 0.3; exit 3'
	equal output '' "$output"
}

@test "-w: /proc of another PID namespace: no names are printed" {
	needs_root
	run -0 --separate-stderr unshare --pid --fork "$MINIREAP" -w -- sh -c \
	    '(sleep 0.1 &); sleep 0.4'
	[[ $stderr =~ ^'minireap: reaped '[0-9]+' (?) exit=0' ]]
}

# cat_chatter: a main that sends init 400 signals, so that init logs, and must
# receive them all.
cat_chatter() {
	cat <<-'PYTHON'
	import os, signal, sys, time
	heard = []
	piped = []
	signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))
	signal.signal(signal.SIGPIPE, lambda *_: piped.append(1))
	done = []
	signal.signal(signal.SIGUSR2, lambda *_: done.append(1))
	init = os.getppid()
	for n in range(400):
	    if n == 200:
	        open("half", "w").close()
	        end = time.monotonic() + 20
	        while not os.path.exists(os.environ.get("AWAIT", "half")) and time.monotonic() < end:
	            time.sleep(0.005)
	    before = len(heard)
	    os.kill(init, signal.SIGUSR1)
	    end = time.monotonic() + 5
	    while len(heard) == before and time.monotonic() < end:
	        time.sleep(0.0005)
	if os.fork() == 0:
	    os._exit(0)
	os.kill(init, signal.SIGUSR2)
	end = time.monotonic() + 5
	while not done and time.monotonic() < end:
	    time.sleep(0.01)
	os._exit(2 if piped else 0 if len(heard) >= 400 and done else 1)
	PYTHON
}

# log_to PYTHON: run init -vv with the stderr that the code opens as target.
log_to() {
	cat_chatter >chatter.py
	cat >opener.py <<-PYTHON
	import os, pty, signal, socket, subprocess, sys, termios, time
	$1
	child = subprocess.Popen([sys.argv[1], "-vv", "--", sys.executable, "chatter.py"],
	    stderr=target, restore_signals=False,
	    preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
	after = globals().get("after", lambda: None)
	try:
	    status = child.wait(20)
	except subprocess.TimeoutExpired:
	    child.kill()
	    status = 99
	after()
	sys.exit(status)
	PYTHON
	timeout 60 python3 opener.py "$MINIREAP" 3>&-
}

@test "messages: full pipe: init and main continue" {
	run -0 log_to 'read, target = os.pipe()
os.set_blocking(target, False)
try:
    while True: os.write(target, b"x" * 4096)
except BlockingIOError: pass
os.set_blocking(target, True)'
}

@test "control: dumb-init hangs on a full pipe" {
	command -v dumb-init || skip 'no dumb-init'
	cat >debug.py <<-'PYTHON'
	import os, subprocess, sys
	read, target = os.pipe()
	os.set_blocking(target, False)
	try:
	    while True: os.write(target, b"x" * 4096)
	except BlockingIOError: pass
	os.set_blocking(target, True)
	child = subprocess.Popen(["dumb-init", "-v", "--", "true"], stderr=target)
	try:
	    child.wait(2)
	except subprocess.TimeoutExpired:
	    child.kill()
	    sys.exit(0)
	sys.exit(1)
	PYTHON
	run -0 python3 debug.py 3>&-
}

@test "messages: closed pipe: init and main continue, main receives no SIGPIPE" {
	run -0 log_to 'read, target = os.pipe(); os.close(read)'
}

@test "messages: full disk: init and main continue" {
	run -0 log_to 'target = os.open("/dev/full", os.O_WRONLY)'
}

@test "messages: file at its size limit: init and main continue, no SIGXFSZ" {
	run -0 log_to 'import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
target = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)'
	equal size 2000 "$(stat -c %s log)"
}

@test "messages: full or closed socket: init and main continue" {
	run -0 log_to 'peer, s = socket.socketpair(); target = s.fileno()
s.setblocking(False)
try:
    while True: s.send(b"x" * 4096)
except BlockingIOError: pass
s.setblocking(True)'
	run -0 log_to 'peer, s = socket.socketpair(); peer.close(); target = s.fileno()'
}

@test "messages: socket: every line arrives whole" {
	run -0 python3 - "$MINIREAP" <<-'PYTHON' 3>&-
	import socket, subprocess, sys
	reader, writer = socket.socketpair()
	subprocess.run([sys.argv[1], "-v", "--", "true"], stderr=writer)
	writer.close()
	sys.stdout.write(reader.makefile().read())
	PYTHON
	equal lines 2 "${#lines[@]}"
	contains "${lines[0]}" 'minireap: started main process '
	contains "${lines[1]}" 'exited with status 0'
}

@test "messages: terminal stopped or not read: init and main continue" {
	run -0 log_to 'master, target = pty.openpty()'
	run -0 log_to 'master, target = pty.openpty()
termios.tcflow(target, termios.TCOOFF)'
}

# bats test_tags=static
@test "messages: terminal, no /proc: every line arrives whole" {
	needs_root
	timeout 60 python3 "$BATS_TEST_DIRNAME/typist.py" unshare --mount sh -c '
	    mount -t tmpfs none /proc && exec "$0" -v -- true' "$MINIREAP" \
	    3>&- >shown <<-'STEPS'
	expect minireap: started main process
	expect exited with status 0
	end 0
	STEPS
	run -0 cat -v shown
	equal lines 2 "${#lines[@]}"
	[[ ${lines[0]} =~ ^'minireap: started main process '[0-9]+' (true)^M'$ ]]
	[[ ${lines[1]} =~ ^'minireap: main process '[0-9]+' (true) exited with status 0^M'$ ]]
}

@test "messages: pipe: each line is one write that does not block" {
	strace -e trace=pwritev2,write,sendto,poll,openat -o trace "$MINIREAP" -v -- \
	    true 2>&1 | cat >said
	equal calls 2 "$(grep -c '^pwritev2(2, .*, RWF_NOWAIT) = ' trace)"
	run ! grep -E '^(write|sendto|poll)|/proc/self/fd' trace
}

@test "--help: short write: the rest is written by the next call" {
	"$MINIREAP" --help >whole
	strace -o trace -e trace=write -e "inject=write:retval=$(($(wc -c <whole) - 1)):when=1" \
	    "$MINIREAP" --help >rest
	equal rest '' "$(tr -d '\n' <rest)"
	equal bytes 1 "$(wc -c <rest)"
}

@test "messages: terminal returns EAGAIN once: no line is lost" {
	# The kernel returns EAGAIN while another process writes to it.
	timeout 60 python3 "$BATS_TEST_DIRNAME/typist.py" strace -o trace \
	    -e trace=write -e inject=write:error=EAGAIN:when=1 \
	    "$MINIREAP" -v -- true 3>&- <<-'STEPS'
	expect started main process
	end 0
	STEPS
	grep 'EAGAIN.*INJECTED' trace
}

@test "messages: file: every line arrives whole" {
	run -0 log_to 'target = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)'
	equal SIGUSR1 400 "$(grep -cx 'minireap: signal SIGUSR1 from=[0-9]* sent=SIGUSR1' log)"
	run ! grep -v '^minireap: ' log
}

@test "messages: full pipe is read again: the number of dropped lines is logged" {
	AWAIT=log run -0 log_to 'read, target = os.pipe()
os.set_blocking(target, False)
import fcntl
fcntl.fcntl(target, 1031, 4096)
try:
    while True: os.write(target, b"x" * 512)
except BlockingIOError: pass
os.set_blocking(target, True)
# From half way on, the pipe is read, and is so large that a slow reader does
# not matter.
import threading
def drain():
    while not os.path.exists("half"): time.sleep(0.005)
    fcntl.fcntl(target, 1031, 1 << 20)
    with open("log", "wb") as log:
        while True:
            data = os.read(read, 65536)
            if not data: break
            log.write(data); log.flush()
threading.Thread(target=drain, daemon=True).start()
after = lambda: time.sleep(0.5)'
	grep -E '^(x*)?minireap: [0-9]+ lines were dropped here$' log
	# It is logged only once, followed by ordinary lines.
	run ! grep -A 1 'lines were dropped here$' <(grep -A 99 'dropped here$' log | \
	    sed 1d)
}
