#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for a shell in a container to expand
# bats file_tags=static,engines
# minireap as PID 1 of containers, under a real Docker daemon.

bats_require_minimum_version 1.5.0

load engine

setup_file() {
	docker_begin
	[ -z "$ENGINE_MISSING" ] || return 0
	image_tree "$ENGINE/tree"
	: >"$ENGINE/tree/not-executable"
	image_import bare "$ENGINE/tree"
	image_import init "$ENGINE/tree" 'ENTRYPOINT ["/minireap", "--"]'
	image_import group "$ENGINE/tree" \
	    'ENTRYPOINT ["/minireap", "-g", "--"]'
	mkdir "$ENGINE/scratch"
	cp "$MINIREAP" "$ENGINE/scratch/minireap"
	cp "$PROBE" "$ENGINE/scratch/probe"
	image_import scratch "$ENGINE/scratch" 'ENTRYPOINT ["/minireap", "--"]'
}

setup() {
	docker_must_run
	cd "$BATS_TEST_TMPDIR" || return
	NAME=test-$BATS_TEST_NUMBER
}

teardown() {
	docker rm -f "$NAME" >/dev/null 2>&1 || :
}

teardown_file() {
	docker_end
}

# start [OPTION]... IMAGE [WORD]...: the container $NAME, in the background.
start() {
	docker run -d --name "$NAME" "$@" >/dev/null
}

# await_log TEXT: wait until the container has printed it.
await_log() {
	wait_until 20 has_logged "$1" || {
		docker logs "$NAME" 2>&1
		return 1
	}
}

has_logged() {
	container_logged docker "$NAME" "$1"
}

# has_lines NUMBER [PATTERN]: the log has at least that many that match.
has_lines() {
	[ "$(docker logs "$NAME" 2>&1 | grep -c -e "${2:-}")" -ge "$1" ]
}

# is_status EXPECTED: the container has exited with that status.
is_status() {
	container_exited docker "$NAME" "$1"
}

# is_one_line PATTERN: the output is one message of minireap, which matches.
is_one_line() {
	# shellcheck disable=SC2053 # a pattern
	[[ ${#lines[@]} -eq 1 && $output == "minireap: "*$1* ]] || {
		echo "expected: one line that matches $1"
		echo "actual: $output"
		return 1
	}
}

# await_children NUMBER [STATE]: wait until PID 1 has that many, in that state.
await_children() {
	local pid
	pid=$(container_pid docker "$NAME")
	wait_until 10 has_children "$pid" "$@" || {
		ps -o pid,stat,args --ppid "$pid"
		return 1
	}
}

# What most Dockerfiles do: a shell runs one program and waits for it.
PARENT='echo ready; sleep 600; echo over'

@test "docker run: exit status: the command's, and 143 after SIGTERM" {
	run -0 docker run --rm init true
	run -3 docker run --rm init sh -c 'exit 3'
	run -143 docker run --rm init sh -c 'kill -TERM $$'
}

@test "docker run: no such command: status 127 and one message" {
	run -127 docker run --rm init no-such-command
	is_one_line 'no-such-command*not found'
}

@test "docker run: command not executable: status 126 and one message" {
	run -126 docker run --rm init /not-executable
	is_one_line /not-executable
}

@test "docker run: --pids-limit 1: status 125 and one message" {
	run -125 docker run --rm --pids-limit 1 init true
	is_one_line 'cannot start*true'
}

@test "docker stop: a program with a SIGTERM handler: runs it and exits at once" {
	start init sh -c '
	    trap "echo tidied up; exit 42" TERM
	    echo ready; while :; do sleep 0.05; done'
	await_log ready
	takes_less_than 3000 docker stop "$NAME"
	is_status 42
	has_logged 'tidied up'
}

@test "docker stop: a shell that waits for a child: exits at once" {
	start init sh -c "$PARENT"
	await_log ready
	takes_less_than 3000 docker stop "$NAME"
	is_status 143
}

@test "docker stop: control: the same shell as PID 1 has to be killed" {
	start bare sh -c "$PARENT"
	await_log ready
	docker stop -t 1 "$NAME"
	is_status 137
}

@test "docker kill: signals 1..31 and 34..64: each arrives once" {
	start init /probe listen 64
	await_log ready
	for sig in {1..31} {34..64}; do
		case $sig in
		9 | 19) continue ;; # KILL and STOP cannot be caught
		esac
		docker kill -s "$sig" "$NAME" >/dev/null
		echo "$sig"
	done >sent
	wait_until 10 has_lines 62 || :
	docker logs "$NAME" | sed 1d | cut -d' ' -f1 >arrived
	diff sent arrived
}

@test "docker stop: --stop-signal RTMIN+3: the program receives it" {
	start --stop-signal RTMIN+3 init /probe listen 64
	await_log ready
	docker stop -t 1 "$NAME"
	docker logs "$NAME" | grep '^37 '
	is_status 137 # killed: the probe only logs signals
}

@test "docker run: ^C at the client: terminates the command" {
	env --default-signal=INT docker run --name "$NAME" init sh -c \
	    'echo ready; sleep 600' >out 2>&1 3>&- &
	client=$!
	await_log ready
	kill -INT "$client"
	wait "$client" || found=$?
	equal "the client's status" 130 "$found"
	is_status 130
}

@test "docker stop: ENTRYPOINT with -g: SIGTERM reaches the command's children" {
	script='(trap "echo child received it >/tmp/it" TERM; sleep 600 & wait) &
	    trap : TERM
	    echo ready; wait; n=0
	    while [ ! -s /tmp/it ] && [ $n -lt 20 ]; do
		sleep 0.05; n=$((n + 1))
	    done
	    cat /tmp/it; exit 4'
	start group sh -c "$script"
	await_log ready
	takes_less_than 3000 docker stop "$NAME"
	is_status 4
	has_logged 'child received it'

	docker rm "$NAME"
	start init sh -c "$script"
	await_log ready
	docker stop "$NAME"
	is_status 4
	run ! has_logged 'child received it'
}

@test "docker run -i: stdin at end of file: the command reads end of file" {
	run -0 docker run --rm -i init cat </dev/null
	equal output '' "$output"
}

@test "docker run -i: 3 MB through cat: arrive unchanged" {
	head -c 3000000 /dev/urandom >data
	docker run --rm -i init cat <data >found
	cmp data found
}

@test "docker run -it: a shell: has job control and does not complain" {
	output=$(timeout 60 python3 "$BATS_TEST_DIRNAME/typist.py" \
	    docker run --rm -it --name "$NAME" init sh 3>&- <<-'STEPS'
	expect #
	send sh -c 'echo sta""rted; exec sleep 100'\n
	expect started
	send ^C
	expect #
	send sh -c 'echo sta""rted; exec sleep 100'\n
	expect started
	send ^Z
	expect Stopped
	expect #
	send exit 3\n
	expect stopped jobs
	expect #
	send exit 3\n
	end 3
	STEPS
	)
	echo "$output"
	[[ $output != *"job control"* ]]
	[[ $output != *minireap* ]]
}

@test "orphans: control: a PID 1 that does not wait leaves zombies" {
	start bare sh -c "$ORPHANS"
	await_log left
	await_children 5 Z
}

@test "orphans: minireap as PID 1: all are reaped" {
	start --entrypoint /minireap bare -w -- sh -c "$ORPHANS"
	await_log left
	await_children 1
	has_children "$(container_pid docker "$NAME")" 0 Z
	has_lines 5 '^minireap: reaped .*(sleep)'
}

@test "orphans: from docker exec: reaped by minireap, left by sleep as PID 1" {
	leave='for i in 1 2 3; do (sleep 0.2 >/dev/null 2>&1 &); done'
	start bare sleep 600
	docker exec "$NAME" sh -c "$leave"
	await_children 3 Z

	docker rm -f "$NAME"
	start --entrypoint /minireap bare -w -- sleep 600
	docker exec "$NAME" sh -c "$leave"
	wait_until 10 has_lines 3 '^minireap: reaped .*(sleep)'
	await_children 1
}

@test "orphans: --pid=host, so not PID 1: reaped" {
	start --pid=host --entrypoint /minireap bare -w -- sh -c "$ORPHANS"
	await_log left
	await_log 'minireap: reaped'
	await_children 1
	takes_less_than 3000 docker stop "$NAME"
	is_status 143
}

# A read-only root, no capabilities, an unknown user, and tight limits.
HARDENED='--read-only --cap-drop ALL --security-opt no-new-privileges
	--user 65534:65534 --pids-limit 64 -m 8m'

@test "hardened container: orphans are reaped, the status is the command's" {
	# shellcheck disable=SC2086 # words
	start $HARDENED --entrypoint /minireap bare -w -- sh -c \
	    '(sleep 0.1 &); trap "exit 7" TERM; id -u; while :; do
	    sleep 0.05; done'
	await_log 65534
	await_log 'minireap: reaped'
	docker stop "$NAME"
	is_status 7
}

@test "docker run -m: an OOM kill: the log has the limit and the count" {
	start -m 16m --memory-swap 16m init sh -c \
	    'exec dd if=/dev/zero of=/dev/null bs=64M count=1'
	run -0 timeout 20 docker wait "$NAME"
	is_status 137
	await_log 'was killed by SIGKILL: the OOM killer has killed 1 process here since the cgroup was created, memory limit 16384 KiB, peak 163'
}

@test "docker run -m: SIGKILL from outside or inside: not taken for an OOM kill" {
	start -m 16m init sleep 60
	docker kill -s KILL "$NAME"
	run -0 timeout 20 docker wait "$NAME"
	is_status 137
	run ! has_logged minireap
	docker rm "$NAME"
	start -m 16m init sh -c 'kill -KILL $$'
	run -0 timeout 20 docker wait "$NAME"
	is_status 137
	await_log '(sh) was killed by SIGKILL: no OOM kill was recorded in this cgroup'
}

@test "-T: a file mounted as /dev/termination-log: has the reason" {
	touch log
	start -v "$PWD/log:/dev/termination-log" -e MINIREAP_OPTIONS=-T init \
	    sh -c 'exit 3'
	run -0 timeout 20 docker wait "$NAME"
	is_status 3
	[[ $(<log) =~ ^'minireap: main process '[0-9]+' (sh) exited with status 3; status=3 ran=' ]]
	run ! has_logged minireap
}

@test "hardened container: docker stop: exits at once" {
	# shellcheck disable=SC2086 # words
	start $HARDENED init sh -c "$PARENT"
	await_log ready
	takes_less_than 3000 docker stop "$NAME"
	is_status 143
}

# Without -m: the kernel uncharges the memory of exited processes late.
@test "--pids-limit 64: 2,000 orphans: never fill it; without minireap they do" {
	leave='n=0; while [ $n -lt 2000 ]; do (true &); n=$((n + 1)); done'
	start --pids-limit 64 init sleep 600
	run -0 docker exec "$NAME" /probe orphans 2000
	equal output '2000 orphans' "$output"

	docker rm -f "$NAME"
	start --pids-limit 64 bare sleep 600
	run docker exec "$NAME" sh -c "$leave; echo all"
	contains "$output" "can't fork"
}

@test "FROM scratch: with the binary alone: runs" {
	cp "$MINIREAP" minireap
	cat >Dockerfile <<-'DOCKERFILE'
	FROM scratch
	COPY minireap /minireap
	ENTRYPOINT ["/minireap"]
	CMD ["--version"]
	DOCKERFILE
	docker build -q -t only-minireap .
	run -0 docker run --rm only-minireap
	equal output "$("$MINIREAP" --version)" "$output"
	run -127 docker run --rm only-minireap -- /no-such-command
	run -0 docker run --rm only-minireap /minireap /minireap --version
}

@test "FROM scratch: with one static program: runs it and stops it" {
	cp "$ENGINE/tree/minireap" "$ENGINE/tree/bin/busybox" .
	cat >Dockerfile <<-'DOCKERFILE'
	FROM scratch
	COPY busybox minireap /
	ENTRYPOINT ["/minireap", "--"]
	CMD ["/busybox", "sleep", "600"]
	DOCKERFILE
	docker build -q -t one-program .
	run -5 docker run --rm one-program /busybox sh -c 'exit 5'
	start one-program
	takes_less_than 3000 docker stop "$NAME"
	is_status 143
}

@test "docker run --init: with init-path: the command runs under minireap" {
	run -3 docker run --rm --init bare sh -c 'exit 3'
	start --init bare sh -c "$ORPHANS"
	await_log left
	await_children 1
	run -0 docker exec "$NAME" cat /proc/1/cmdline
	[[ $output == /sbin/docker-init--sh-c* ]]
	docker exec "$NAME" cmp /sbin/docker-init /minireap
	takes_less_than 3000 docker stop "$NAME"
	is_status 143
}

@test "docker run --init: MINIREAP_OPTIONS: applied, and hidden from the command" {
	run -0 docker run --rm --init -e MINIREAP_OPTIONS='-e 3' bare sh -c \
	    'env; exit 3'
	contains "$output" PATH=
	[[ $output != *MINIREAP* ]]
}

@test "docker info: minireap as init: shows the commit and no warning" {
	commit=$("$MINIREAP" --version | sed -n 's/.* - git\.//p')
	equal 'the init' "$ENGINE/minireap $commit" \
	    "$(docker info -f '{{.InitBinary}} {{.InitCommit.ID}}')"
	run -0 docker info
	contains "$output" "init version: $commit"
	[[ $output != *WARN*init* ]]
	run ! grep -i 'warn.*init' "$ENGINE/dockerd.log"
}

@test "--zombies: docker exec in an image from scratch: lists and fixes them" {
	start --pids-limit 100 scratch /probe crowd 1 30
	await_log zombies
	run -1 docker exec "$NAME" /minireap --zombies
	equal header 'UID PID PPID AGE COMMAND PARENT' "$(xargs <<<"${lines[0]}")"
	equal rows 30 "$(grep -c ' dead  *probe$' <<<"$output")"
	[[ ${lines[-1]} == '30 zombies held by 1 parent; 3'?' of 100 process slots used' ]]
	run -0 docker exec "$NAME" /minireap --zombies=TERM
	contains "$output" '(probe): sent SIGCHLD, SIGTERM: its zombies are gone'
	contains "$output" '0 zombies held by 0 parents; '
	run -0 docker exec "$NAME" /minireap --zombies
}

@test "--zombies: on the host: names the container" {
	start scratch /probe crowd 1 3
	await_log zombies
	run -1 "$MINIREAP" --zombies
	id=$(docker inspect -f '{{.Id}}' "$NAME")
	contains "${lines[0]}" CONTAINER
	equal rows 3 "$(grep -c " dead  *probe  *${id::12}\$" <<<"$output")"
}

@test "--zombies: their parent is PID 1: never signalled" {
	start --entrypoint /probe scratch zombies 2 never dead app
	await_log zombies
	run -1 docker exec "$NAME" /minireap --zombies=KILL
	contains "$output" '1 (app) is never signalled: a PID 1'
	equal running true "$(docker inspect -f '{{.State.Running}}' "$NAME")"
}
