#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2086,SC2153 # other shells; signal numbers
# bats file_tags=static,engines
# docker stop and podman stop, of a tree of processes with three levels.

bats_require_minimum_version 1.5.0

load podman

setup_file() {
	load stop
	build_actor
	docker_begin
	[ -n "$ENGINE_MISSING" ] || {
		image_tree "$ENGINE/tree"
		cp "$ACTOR" "$ENGINE/tree/actor"
		image_import init "$ENGINE/tree" 'ENTRYPOINT ["/minireap", "-t", "8", "--"]'
		image_import bare "$ENGINE/tree"
	}
	podman_begin
	[ -n "$PODMAN_MISSING" ] || {
		image_tree "$PODMAN_ROOT/tree"
		cp "$ACTOR" "$PODMAN_ROOT/tree/actor"
		podman_import stop:init "$PODMAN_ROOT/tree" \
		    'ENTRYPOINT ["/minireap", "-t", "8", "--"]'
	}
}

teardown_file() {
	load stop
	docker_end
	podman_end
}

setup() {
	load stop
	cd "$BATS_TEST_TMPDIR" || return
	mkdir work
	chmod 777 work
	NAME=stop-$BATS_TEST_NUMBER
}

teardown() {
	[ -n "$ENGINE_MISSING" ] ||
		docker rm -f "$NAME" "$NAME-b" >/dev/null 2>&1 || :
}

# start_in ENGINE [OPTION]... IMAGE [WORD]...: start the container $NAME, with
# ./work as /work.
start_in() {
	local run="$1 run"
	[ "$1" = docker ] || run=podman_run
	$run -d --name "$NAME" -v "$PWD/work:/work" "${@:2}" >/dev/null
}

# stop_in ENGINE CONTAINER STATUS: stop it; it exits with that status.
stop_in() {
	run -0 "$1" stop -t 10 "$2" 3>&-
	container_exited "$@"
}

# The main process, a shell, has two children in their own sessions, and each of
# them has one child.  All of them save a file; the shell's status is 5.
tree='
	trap "sleep 0.3; echo whole >/work/main; exit 5" TERM
	for n in 1 2; do
		/actor session save /work/worker-$n 500 note /work/notes \
		    fork { session save /work/helper-$n 700 note /work/notes \
			mark /work/ready live } \
		    mark /work/ready live &
	done
	while :; do sleep 0.05; done
'

tree_stopped_in_order() {
	equal main whole "$(cat work/main)"
	for file in work/worker-[12] work/helper-[12]; do
		save_completed "$file"
	done
	equal "TERMs" 4 "$(count_noted work/notes $TERM)"
}

@test "docker stop: -t 8: each process gets TERM, each file is complete" {
	docker_must_run
	start_in docker init sh -c "$tree"
	await_lines work/ready 4
	takes_between 900 5000 docker stop -t 10 "$NAME" 3>&-
	container_exited docker "$NAME" 5
	tree_stopped_in_order
	equal "log" "" "$(docker logs "$NAME" 2>&1)"
}

@test "docker stop: control: without -t the files are cut short" {
	docker_must_run
	start_in docker bare /minireap -- sh -c "$tree"
	await_lines work/ready 4
	stop_in docker "$NAME" 5
	save_cut_short work/worker-1
	save_cut_short work/helper-2
}

@test "docker stop: -t by MINIREAP_OPTIONS under --init: each file is complete" {
	docker_must_run
	start_in docker --init -e MINIREAP_OPTIONS='-t 8' bare sh -c "$tree"
	await_lines work/ready 4
	stop_in docker "$NAME" 5
	tree_stopped_in_order
}

@test "docker stop: -t 1: processes that ignore TERM are killed and named" {
	docker_must_run
	start_in docker bare \
		/minireap -t 1 -- /actor ignore 15 fork '{' session name deaf \
		mark /work/ready live '}' mark /work/ready live
	await_lines work/ready 2
	takes_between 1800 4500 docker stop -t 10 "$NAME" 3>&-
	container_exited docker "$NAME" 137
	docker logs "$NAME" >log 2>&1
	equal "lines" 2 "$(wc -l <log)"
	grep '(deaf)' log
}

@test "docker stop: STOPSIGNAL QUIT and -S QUIT: the worker saves its file" {
	docker_must_run
	start_in docker --stop-signal QUIT bare \
		/minireap -S QUIT -t 5 -- /actor fork '{' session save /work/file 300 \
		mark /work/ready live '}' die 3 4 mark /work/ready live
	await_lines work/ready 2
	stop_in docker "$NAME" 4
	save_completed work/file
}

# exec_saves_file ENGINE IMAGE: a process of exec has its time, too.
exec_saves_file() {
	start_in "$1" "$2" /actor die 15 6 mark /work/ready live
	await_lines work/ready 1
	"$1" exec -d "$NAME" /actor save /work/exec 500 mark /work/injected live
	await_lines work/injected 1
	stop_in "$1" "$NAME" 6
	save_completed work/exec
}

# quit_is_a_stop ENGINE IMAGE: as images of nginx and php-fpm have it.
quit_is_a_stop() {
	start_in "$1" --stop-signal QUIT --entrypoint /minireap "$2" \
		-S TERM,QUIT -t 2 -- /actor fork '{' session save /work/file 300 \
		mark /work/ready live '}' die 3 4 mark /work/ready live
	await_lines work/ready 2
	stop_in "$1" "$NAME" 4
	save_completed work/file
}

# streams_are_the_log ENGINE IMAGE: what cron jobs and log links write to.
streams_are_the_log() {
	start_in "$1" "$2" sh -c '
	    sh -c "echo a job >>/proc/1/fd/1 2>&1; echo its error >/proc/1/fd/2"
	    : >/work/ready; exec sleep 600'
	wait_until 20 test -e work/ready
	wait_until 20 container_logged "$1" "$NAME" 'a job'
	wait_until 20 container_logged "$1" "$NAME" 'its error'
	"$1" kill "$NAME"
}

@test "docker stop: a process of docker exec: saves its file" {
	docker_must_run
	exec_saves_file docker init
}

@test "docker stop: STOPSIGNAL QUIT and -S TERM,QUIT: the worker saves its file" {
	docker_must_run
	quit_is_a_stop docker bare
}

@test "docker stop: STOPSIGNAL QUIT without -S: a hint" {
	docker_must_run
	start_in docker --stop-signal QUIT init /actor die 3 4 mark /work/ready live
	await_lines work/ready 1
	stop_in docker "$NAME" 4
	container_logged docker "$NAME" \
		'SIGQUIT received from outside; if it asks for a stop, use -S QUIT'
}

@test "docker logs: /proc/1/fd/1 and /proc/1/fd/2 are in it" {
	docker_must_run
	streams_are_the_log docker init
}

@test "docker stop: --pid=container:NAME: the other container keeps running" {
	docker_must_run
	start_in docker bare \
		/actor name other note /work/other mark /work/there live
	await_lines work/there 1
	docker run -d --name "$NAME-b" --pid="container:$NAME" \
		-v "$PWD/work:/work" init sh -c "$tree" >/dev/null
	await_lines work/ready 4
	stop_in docker "$NAME-b" 5
	tree_stopped_in_order
	equal "the other container" running "$(docker inspect \
		-f '{{.State.Status}}' "$NAME")"
	equal "signals to the other container" 0 "$(count_noted work/other '.*')"
	equal "processes in it" 1 "$(docker top "$NAME" -o pid,comm | grep -c '[0-9]')"
}

@test "podman stop: -t 8: each process gets TERM, each file is complete" {
	podman_must_run
	start_in podman_here stop:init sh -c "$tree"
	await_lines work/ready 4
	stop_in podman_here "$NAME" 5
	tree_stopped_in_order
}

@test "podman stop: -t by MINIREAP_OPTIONS under --init: each file is complete" {
	podman_must_run
	start_in podman_here --init --init-path "$MINIREAP" --entrypoint '[]' \
		-e MINIREAP_OPTIONS='-t 8' stop:init sh -c "$tree"
	await_lines work/ready 4
	stop_in podman_here "$NAME" 5
	tree_stopped_in_order
}

@test "podman stop: a process of podman exec: saves its file" {
	podman_must_run
	exec_saves_file podman_here stop:init
}

@test "podman stop: STOPSIGNAL QUIT and -S TERM,QUIT: the worker saves its file" {
	podman_must_run
	quit_is_a_stop podman_here stop:init
}

@test "podman logs: /proc/1/fd/1 and /proc/1/fd/2 are in it" {
	podman_must_run
	streams_are_the_log podman_here stop:init
}
