#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for a shell in a container to expand
# bats file_tags=static,engines
# minireap as podman's init and as PID 1 of its pods; socket activation.

bats_require_minimum_version 1.5.0

load podman

setup_file() {
	podman_begin
	[ -z "$PODMAN_MISSING" ] || return 0
	image_tree "$PODMAN_ROOT/tree"
	podman_import bare "$PODMAN_ROOT/tree" 'ENV PATH=/bin'
	cp -p "$CONTAINERS_CONF" "$PODMAN_ROOT/plain.conf"
}

setup() {
	podman_must_run
	cd "$BATS_TEST_TMPDIR" || return
	NAME=test-$BATS_TEST_NUMBER
}

teardown() {
	runc --root "$PWD/runc" delete -f bundle >/dev/null 2>&1 || :
	cp -p "$PODMAN_ROOT/plain.conf" "$CONTAINERS_CONF"
	podman_clean
}

teardown_file() {
	podman_end
}

# configure LINE: add it to the section "containers" of containers.conf.
configure() {
	sed -i "s#^\[containers\]#&\n$1#" "$CONTAINERS_CONF"
}

# is_status EXPECTED [NAME]: the container has exited with that status.
is_status() {
	container_exited podman_here "${2:-$NAME}" "$1"
}

# has_logged NUMBER PATTERN: the log has at least that many lines that match.
has_logged() {
	[ "$(podman_here logs "$NAME" 2>&1 | grep -c -e "$2")" -ge "$1" ]
}

first_process() { # [NAME]
	container_pid podman_here "${1:-$NAME}"
}

# runs_as_init [OPTION]...: with these, podman run --init uses minireap, under
# podman's name for an init.
runs_as_init() {
	local name=$NAME
	run -3 podman_run --rm --init "$@" bare sh -c 'exit 3'
	podman_run -d --name "$name" --init "$@" -e MINIREAP_OPTIONS=-w bare \
	    sh -c "env; $ORPHANS" >/dev/null
	wait_until 10 has_logged 5 '^minireap: reaped .*(sleep)'
	run ! has_logged 1 MINIREAP_OPTIONS
	is_minireap "$(first_process)"
	equal 'the command line' '/run/podman-init -- sh -c' \
	    "$(command_line "$(first_process)" | cut -d' ' -f1-4)"
	podman_here stop -t 10 "$name" >/dev/null
	is_status 143
}

@test "podman run --init: --init-path: the command runs under minireap" {
	runs_as_init --init-path "$MINIREAP"
}

@test "podman run --init: init_path in containers.conf: the command runs under minireap" {
	configure "init_path = \"$MINIREAP\""
	runs_as_init
}

# start_pod [OPTION]...: start a pod.  Its first process is podman's pause
# program, catatonit -P from helper_binaries_dir, in the container INFRA.
start_pod() {
	podman_here pod create --name "$NAME" \
	    --cgroup-parent "/${PODMAN_ROOT##*/}" \
	    --infra-name "$NAME-infra" "$@" >/dev/null
	INFRA=$NAME-infra
	podman_here pod start "$NAME" >/dev/null
}

@test "podman pod: infra container: runs minireap as catatonit -P" {
	start_pod
	equal 'the command line' '/catatonit -P ' \
	    "$(command_line "$(first_process "$INFRA")")"
	is_minireap "$(first_process "$INFRA")"
	podman_here pod stop -t 10 "$NAME" >/dev/null
	is_status 0 "$INFRA"
}

@test "podman pod: infra container: exits 0 on TERM and INT, ignores other signals" {
	start_pod
	for sig in TERM INT; do
		for other in HUP QUIT USR1; do
			podman_here kill -s $other "$INFRA" >/dev/null
		done
		kill -0 "$(first_process "$INFRA")"
		podman_here kill -s $sig "$INFRA" >/dev/null
		podman_here wait "$INFRA" >/dev/null
		is_status 0 "$INFRA"
		podman_here start "$INFRA" >/dev/null
	done
}

@test "podman pod: --share +pid: minireap reaps the orphans of all containers" {
	start_pod --share +pid
	podman_here run -d --pod "$NAME" --name "$NAME-a" bare \
	    sh -c "$ORPHANS" >/dev/null
	infra=$(first_process "$INFRA")
	equal 'PID 1 is catatonit' 1 \
	    "$(podman_here exec "$NAME-a" grep -c catatonit /proc/1/cmdline)"
	wait_until 10 has_reaped "$infra"
	podman_here stop -t 0 "$NAME-a" >/dev/null
	podman_here pod stop -t 10 "$NAME" >/dev/null
	is_status 0 "$INFRA"
}

# has_reaped PID: the orphans were started, and it has no child left.
has_reaped() {
	podman_here logs "$NAME-a" | grep -q left &&
	    has_children "$1" 0
}

# activate COMMAND...: connect to a socket that systemd passes to COMMAND as
# descriptor 3, and print the answer; see probe serve.
activate() {
	systemd-socket-activate -l "$PWD/socket" -E CONTAINERS_CONF -E PATH \
	    "$@" >activated 2>&1 3>&- &
	ACTIVATED=$!
	wait_until 10 test -S socket
	# The file exists before anything listens.
	timeout 20 python3 -c '
import socket, time
while True:
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect("socket")
        break
    except ConnectionRefusedError:
        time.sleep(0.02)
print(client.recv(100).decode().strip())'
}

# command_answered: the output is LISTEN_PID and the pid of probe serve, the
# same and not init's, and probe serve has closed the socket.
command_answered() {
	echo "$output"
	[[ $output =~ ^([0-9]+)\ ([0-9]+)$ ]]
	equal 'LISTEN_PID' "${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}"
	[ "${BASH_REMATCH[2]}" != 1 ]
	wait_until 10 test -e shared/closed
}

# is_listened_to: some process still has the socket open.
is_listened_to() {
	python3 -c '
import socket
socket.socket(socket.AF_UNIX).connect("socket")' 2>/dev/null
}

# has_no_socket PID: among its descriptors.
has_no_socket() {
	run ls -l "/proc/$1/fd"
	[[ $output != *socket:* ]]
}

@test "socket activation: podman run --init: the command answers, init has no socket" {
	command -v systemd-socket-activate || skip "no systemd-socket-activate"
	podman_command
	mkdir shared
	run -0 activate "${PODMAN[@]}" run -d --name "$NAME" \
	    --cgroup-parent "/${PODMAN_ROOT##*/}" --init \
	    --init-path "$MINIREAP" -v "$PWD/shared:/shared" bare \
	    /probe serve /shared/closed
	command_answered
	is_minireap "$(first_process)"
	has_no_socket "$(first_process)"
	podman_here stop -t 10 "$NAME" >/dev/null
	is_status 143
}

# podman's conmon keeps the socket open too; runc leaves no process of its own.
@test "socket activation: runc: a socket that the command closes is closed" {
	command -v systemd-socket-activate || skip "no systemd-socket-activate"
	mkdir shared bundle
	runc spec -b bundle
	python3 - "$PODMAN_ROOT" "$PWD" <<-'PYTHON'
	import json, os, sys
	root, here = sys.argv[1:]
	with open("bundle/config.json") as file:
	    spec = json.load(file)
	spec["root"] = {"path": root + "/tree", "readonly": True}
	spec["process"].update(terminal=False, rlimits=[], args=[
	    "/minireap", "--", "/probe", "serve", "/tmp/closed"])
	spec["mounts"].append({"destination": "/tmp", "type": "bind",
	    "source": here + "/shared", "options": ["rbind", "rw"]})
	spec["linux"]["cgroupsPath"] = "/%s/runc" % os.path.basename(root)
	with open("bundle/config.json", "w") as file:
	    json.dump(spec, file)
	PYTHON
	run -0 activate runc --root "$PWD/runc" run -d -b bundle bundle
	command_answered
	equal state running "$(runc --root "$PWD/runc" state bundle |
	    sed -n 's/.*"status": "\(.*\)",/\1/p')"
	run ! is_listened_to
	runc --root "$PWD/runc" kill bundle TERM
	wait_until 10 eval 'runc --root "$PWD/runc" state bundle | grep -q stopped'
}
