#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for a shell in a container to expand
# bats file_tags=static,engines
# minireap as the init of containers and as the pods' pause process, under a
# containerd that is called as a kubelet calls it.

bats_require_minimum_version 1.5.0

load cri

setup_file() {
	cri_begin
	[ -z "$CRI_MISSING" ] || return 0
	mkdir "$CRI/pause"
	cp "$MINIREAP" "$CRI/pause/pause"
	cri_import pause "$CRI/pause" 'Entrypoint=["/pause"]'
	image_tree "$CRI/tree"
	cri_import bare "$CRI/tree" 'Env=["PATH=/bin"]'
	cri_import init "$CRI/tree" 'Env=["PATH=/bin"]' \
	    'Entrypoint=["/minireap", "--"]'
	cri_import quit "$CRI/tree" 'Env=["PATH=/bin"]' \
	    'Entrypoint=["/minireap", "-S", "QUIT", "-t", "5s", "--"]' \
	    'StopSignal="SIGQUIT"'
}

teardown_file() {
	cri_end
}

setup() {
	cri_must_run
	cd "$BATS_TEST_TMPDIR" || return
	mkdir shared
	NAME=pod-$BATS_TEST_NUMBER
	POD=
}

teardown() {
	[ -z "$POD" ] || kubelet remove "$POD"
}

# start_pod MODE: start the pod POD with a PID namespace for each CONTAINER, or
# one for the POD.
start_pod() {
	MODE=$1
	POD=$(kubelet pod "$NAME" "$MODE")
}

# start IMAGE NAME [HOST:PATH]... -- [WORD]...: start the container ID, with the
# log LOG.
start() {
	ID=$(kubelet run "$NAME" "$MODE" "$POD" "localhost/$1:test" \
	    "$NAME-$2" "$PWD/shared:/shared" "${@:3}")
	LOG=$CRI/logs/$NAME-$2.log
}

# await_log TEXT: wait until the container has printed it.
await_log() {
	wait_until 20 grep -qF -e "$1" "$LOG" || {
		cat "$LOG"
		return 1
	}
}

# has_exited STATUS: the container has exited with that status.
has_exited() {
	[ "$(kubelet status "$ID")" = "EXITED $1" ]
}

# is_status STATUS: wait for that.
is_status() {
	wait_until 10 has_exited "$1" || {
		echo "expected: EXITED $1; actual: $(kubelet status "$ID")"
		return 1
	}
}

# stops_within MAX_MS SECONDS: by StopContainer with that grace period.
stops_within() {
	takes_less_than "$1" kubelet stop "$ID" "$2"
}

@test "RunPodSandbox: minireap as the pause image: ready, and gone after the stop" {
	start_pod CONTAINER
	equal state READY "$(kubelet pod-status "$POD")"
	pause=$(kubelet pod-pid "$POD")
	is_minireap "$pause"
	equal 'the command line' '/pause ' "$(command_line "$pause")"
	kubelet stop-pod "$POD"
	equal state NOTREADY "$(kubelet pod-status "$POD")"
	[ ! -e "/proc/$pause" ]
}

@test "PID namespace of the pod: pause reaps the orphans of all containers" {
	start_pod POD
	start bare a -- sh -c "$ORPHANS"
	await_log left
	equal 'PID 1' 0 "$(kubelet exec "$ID" sh -c \
	    'grep -q ^/pause /proc/1/cmdline; echo $?')"
	pause=$(kubelet pod-pid "$POD")
	wait_until 10 has_children "$pause" 0

	# The init of a container, which is not PID 1 here, reaps its orphans.
	start init b -- sh -c "$ORPHANS"
	await_log left
	is_minireap "$(kubelet pid "$ID")"
	wait_until 10 has_children "$(kubelet pid "$ID")" 1
	has_children "$pause" 0
	stops_within 5000 20
	is_status 143
	equal state READY "$(kubelet pod-status "$POD")"
}

@test "PID namespace of the container: minireap is PID 1 and reaps" {
	start_pod CONTAINER
	start init a -- sh -c "$ORPHANS"
	await_log left
	init=$(kubelet pid "$ID")
	is_minireap "$init"
	equal 'pid in the container' 1 "$(pid_inside "$init")"
	wait_until 10 has_children "$init" 1
	# As an exec probe does, every few seconds.
	run -0 kubelet exec "$ID" sh -c \
	    'for i in 1 2 3; do (sleep 0.2 >/dev/null 2>&1 &); done; echo ok'
	equal output ok "$output"
	wait_until 10 has_children "$init" 1
	stops_within 5000 20
	is_status 143
}

@test "ContainerStatus: exit code: the command's, or init's own" {
	start_pod CONTAINER
	start init a -- sh -c 'exit 3'
	is_status 3
	start init b -- true
	is_status 0
	start init c -- no-such-command
	is_status 127
	await_log 'no-such-command'
	start init d -- /shared
	is_status 126
	start init e -- sh -c 'kill -9 $$'
	is_status 137
}

@test "StopContainer: the command tidies up, and its worker gets the grace" {
	start_pod CONTAINER
	start bare a -- /minireap -t 8s -- sh -c '
	    sh -c "trap \"sleep 0.5; echo whole >/shared/worker; exit\" TERM
		echo >/shared/ready; while :; do sleep 0.05; done" &
	    trap "echo tidied up; exit 42" TERM
	    until [ -e /shared/ready ]; do sleep 0.05; done
	    echo ready; while :; do sleep 0.05; done'
	await_log ready
	stops_within 8000 10
	is_status 42
	await_log 'tidied up'
	equal 'the worker' whole "$(cat shared/worker)"
}

@test "StopContainer: -t 1s: a command that ignores SIGTERM is killed and logged" {
	start_pod CONTAINER
	start bare a -- /minireap -t 1s -- sh -c \
	    'trap "" TERM; echo ready; while :; do sleep 0.05; done'
	await_log ready
	stops_within 9000 10
	is_status 137
	grep 'stderr.*minireap: .*kill' "$LOG"
}

@test "StopContainer: STOPSIGNAL of the image: the command receives it" {
	start_pod CONTAINER
	start quit a -- sh -c 'trap "echo quit; exit 7" QUIT
	    echo ready; while :; do sleep 0.05; done'
	await_log ready
	stops_within 8000 10
	is_status 7
	await_log quit
}

@test "-T: the kubelet's termination log: has the signal" {
	start_pod CONTAINER
	: >termination-log
	start bare a "$PWD/termination-log:/dev/termination-log" -- \
	    /minireap -T -- sh -c 'kill -SEGV $$'
	is_status 139
	grep SIGSEGV termination-log
}
