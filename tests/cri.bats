#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # what is for a shell in a container to expand
# bats file_tags=static,engines
# Kubernetes' way: containerd, told by its container runtime interface what a
# kubelet would tell it; minireap as containers' init and as the pods' pause.

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

# start_pod MODE: whose the PID namespaces are, CONTAINER or POD; see POD.
start_pod() {
	MODE=$1
	POD=$(kubelet pod "$NAME" "$MODE")
}

# start IMAGE NAME [HOST:PATH]... -- [WORD]...: a container; ID is its.
start() {
	ID=$(kubelet run "$NAME" "$MODE" "$POD" "localhost/$1:test" \
	    "$NAME-$2" "$PWD/shared:/shared" "${@:3}")
	LOG=$CRI/logs/$NAME-$2.log
}

await_log() { # TEXT
	wait_until 20 grep -qF -e "$1" "$LOG" || {
		cat "$LOG"
		return 1
	}
}

# has_ended CODE: and is_status CODE waits for that.
has_ended() {
	[ "$(kubelet status "$ID")" = "EXITED $1" ]
}

is_status() {
	wait_until 10 has_ended "$1" || {
		echo "expected: EXITED $1; found: $(kubelet status "$ID")"
		return 1
	}
}

# stops_within MILLISECONDS SECONDS: by StopContainer with that grace.
stops_within() {
	takes_less_than "$1" kubelet stop "$ID" "$2"
}

# ------------------------------------------------------------------ sandbox

@test "the sandbox: minireap is its pause image, and goes with it" {
	start_pod CONTAINER
	equal state READY "$(kubelet pod-status "$POD")"
	pause=$(kubelet pod-pid "$POD")
	is_minireap "$pause"
	equal 'the command line' '/pause ' "$(command_line "$pause")"
	kubelet stop-pod "$POD"
	equal state NOTREADY "$(kubelet pod-status "$POD")"
	[ ! -e "/proc/$pause" ]
}

@test "a PID namespace of the pod's: pause reaps all containers' orphans" {
	start_pod POD
	start bare a -- sh -c "$ORPHANS"
	await_log left
	equal 'PID 1' 0 "$(kubelet exec "$ID" sh -c \
	    'grep -q ^/pause /proc/1/cmdline; echo $?')"
	pause=$(kubelet pod-pid "$POD")
	wait_until 10 has_children "$pause" 0

	# Under an init of its own, not PID 1 there, it is that which reaps.
	start init b -- sh -c "$ORPHANS"
	await_log left
	is_minireap "$(kubelet pid "$ID")"
	wait_until 10 has_children "$(kubelet pid "$ID")" 1
	has_children "$pause" 0
	stops_within 5000 20
	is_status 143
	equal state READY "$(kubelet pod-status "$POD")"
}

# --------------------------------------------------------------- containers

@test "a PID namespace of the container's: minireap is PID 1, and reaps" {
	start_pod CONTAINER
	start init a -- sh -c "$ORPHANS"
	await_log left
	init=$(kubelet pid "$ID")
	is_minireap "$init"
	equal 'its number in there' 1 "$(pid_inside "$init")"
	wait_until 10 has_children "$init" 1
	# As a probe of the kind exec does, every few seconds.
	run -0 kubelet exec "$ID" sh -c \
	    'for i in 1 2 3; do (sleep 0.2 >/dev/null 2>&1 &); done; echo ok'
	equal output ok "$output"
	wait_until 10 has_children "$init" 1
	stops_within 5000 20
	is_status 143
}

@test "ContainerStatus has the command's status, and init's own" {
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

@test "StopContainer: the command tidies up, and what it left has its grace" {
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

@test "StopContainer: who ignores SIGTERM is killed by -t, and it is said" {
	start_pod CONTAINER
	start bare a -- /minireap -t 1s -- sh -c \
	    'trap "" TERM; echo ready; while :; do sleep 0.05; done'
	await_log ready
	stops_within 9000 10
	is_status 137
	grep 'stderr.*minireap: .*kill' "$LOG"
}

@test "StopContainer: the image's STOPSIGNAL reaches the command" {
	start_pod CONTAINER
	start quit a -- sh -c 'trap "echo quit; exit 7" QUIT
	    echo ready; while :; do sleep 0.05; done'
	await_log ready
	stops_within 8000 10
	is_status 7
	await_log quit
}

@test "the termination log: a file of the kubelet's, read when it is over" {
	start_pod CONTAINER
	: >termination-log
	start bare a "$PWD/termination-log:/dev/termination-log" -- \
	    /minireap -T -- sh -c 'kill -SEGV $$'
	is_status 139
	grep SIGSEGV termination-log
}
