#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=static,engines
# minireap as the init of all containers by daemon.json, and under Compose.

bats_require_minimum_version 1.5.0

load engine

setup_file() {
	docker_begin '"init": true'
	[ -z "$ENGINE_MISSING" ] || return 0
	image_tree "$ENGINE/tree"
	# An application that tidies up on SIGTERM, as its worker does.
	cat >"$ENGINE/tree/app" <<-'APP'
	#!/bin/sh
	(trap 'sleep 0.3; echo worker done; exit' TERM
	    echo worker ready; while :; do sleep 0.05; done) &
	trap 'echo tidied up; exit 42' TERM
	echo "ready: $*"
	while :; do sleep 0.05; done
	APP
	chmod 755 "$ENGINE/tree/app"
	image_import app:1 "$ENGINE/tree" 'ENTRYPOINT ["/minireap", "--"]' \
	    'CMD ["/app"]'
	rm "$ENGINE/tree/minireap"
	image_import other:1 "$ENGINE/tree"
}

setup() {
	docker_must_run
	cd "$BATS_TEST_TMPDIR" || return
	# The test's daemon has no network, and adds an init everywhere.
	cat >override.yaml <<-'YAML'
	services:
	  app: {network_mode: none, init: false}
	  other: {network_mode: none}
	YAML
}

teardown() {
	docker ps -aq | xargs -r docker rm -f >/dev/null 2>&1 || :
}

teardown_file() {
	docker_end
}

compose() {
	docker-compose -p test -f "$BATS_TEST_DIRNAME/../examples/compose.yaml" \
	    -f override.yaml "$@" 3>&-
}

# has_logged SERVICE TEXT
has_logged() {
	container_logged docker "$(container_of "$1")" "$2"
}

container_of() {
	docker ps -aq --filter "label=com.docker.compose.service=$1"
}

# init_of CONTAINER: the command line of its first process, which is minireap.
init_of() {
	local pid
	pid=$(container_pid docker "$1")
	is_minireap "$pid" && command_line "$pid"
}

@test "daemon.json: init and init-path: every container has minireap, unless --init=false" {
	id=$(docker run -d other:1 sleep 600)
	equal 'the first process' '/sbin/docker-init -- sleep 600 ' \
	    "$(init_of "$id")"
	run -3 docker run --rm -e MINIREAP_OPTIONS=-v other:1 sh -c 'exit 3'
	contains "$output" 'minireap: started main process'
	run -0 docker run --rm --init=false other:1 cat /proc/1/cmdline
	[[ $output == cat* ]]
	run -0 docker info
	contains "$output" 'Init Binary: '"$ENGINE/minireap"
	[[ $output != *WARN*init* ]]
}

@test "compose.yaml: stop: both services, and their workers, tidy up" {
	command -v docker-compose || skip "docker-compose is not installed"
	compose up -d
	for service in app other; do
		wait_until 20 has_logged $service ready:
		wait_until 20 has_logged $service 'worker ready'
	done
	equal app '/minireap -- /app ' "$(init_of "$(container_of app)")"
	equal other '/sbin/docker-init -- /app --port 8080 ' \
	    "$(init_of "$(container_of other)")"
	compose stop
	for service in app other; do
		container_exited docker "$(container_of $service)" 42
		has_logged $service 'tidied up'
		has_logged $service 'worker done'
	done
	compose down
}
