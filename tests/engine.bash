# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Container engines for the tests: a private Docker daemon, and images made
# from files of this machine, so that no registry is needed.
#
#	setup_file() { docker_begin; }	# sets ENGINE (a directory), DOCKER_HOST
#	setup() { docker_must_run; }
#	teardown_file() { docker_end; }
#
# A daemon that is killed leaves containers, mounts and cgroups.  So a keeper
# owns it: a process in its own session, out of reach of ^C, which cleans up
# when asked to, or when the process that started it has exited for any reason.

ENGINE_LIBRARY=${BASH_SOURCE[0]}

# shellcheck source=tests/helpers.bash
. "${ENGINE_LIBRARY%/*}/helpers.bash"

# docker_begin [SETTING]: start a daemon whose `docker run --init` runs
# $MINIREAP, with SETTING added to its daemon.json.  If none can run here,
# ENGINE_MISSING says why.
docker_begin() {
	export ENGINE='' ENGINE_MISSING='' DOCKER_HOST DOCKER_BUILDKIT=0
	export DOCKER_CONFIG
	ENGINE_MISSING=$(engine_missing dockerd dockerd docker busybox setsid)
	[ -z "$ENGINE_MISSING" ] || return 0
	ENGINE=$(mktemp -d "${TMPDIR:-/tmp}/minireap.XXXXXX")
	chmod 755 "$ENGINE" # other users run programs in it
	DOCKER_HOST=unix://$ENGINE/socket
	DOCKER_CONFIG=$ENGINE/config # not the user's settings and plugins
	cp "$MINIREAP" "$ENGINE/minireap"
	echo "{ \"init-path\": \"$ENGINE/minireap\"${1:+, $1} }" \
	    >"$ENGINE/daemon.json"
	keeper_start "$ENGINE" "$ENGINE_LIBRARY" docker_keep
	if ! wait_until 30 docker_answered ||
	    [ -e "$ENGINE/daemon-exited" ]; then
		ENGINE_MISSING="dockerd does not start: $(
			grep -v level=info "$ENGINE/dockerd.log" | tail -n 1)"
		docker_end
	fi
}

# docker_must_run: skip the test, with the reason, if there is no daemon.
docker_must_run() {
	[ -z "$ENGINE_MISSING" ] || skip "$ENGINE_MISSING"
}

# docker_end: stop the daemon and wait until everything of it is removed.
docker_end() {
	keeper_stop "$ENGINE"
}

# engine_missing ENGINE PROGRAM...: print why ENGINE cannot run here; nothing
# if it can.
engine_missing() {
	local engine=$1 program
	shift
	[ "$(id -u)" = 0 ] || echo "$engine needs root"
	for program; do
		command -v "$program" >/dev/null ||
			echo "$program is not installed"
	done
}

docker_answered() {
	[ -e "$ENGINE/daemon-exited" ] || docker version >/dev/null 2>&1
}

# keeper_start DIRECTORY LIBRARY FUNCTION: start a keeper of DIRECTORY, which
# sources LIBRARY and calls FUNCTION with the pid of its owner, this process.
keeper_start() {
	# shellcheck disable=SC2016 # for that shell to expand
	env --default-signal setsid bash -c '. "$0" && "$1" "$2"' \
	    "$2" "$3" "$$" </dev/null >"$1/keeper.log" 2>&1 3>&- &
}

# keeper_watch DIRECTORY OWNER DAEMON: return when keeper_stop was called or
# OWNER has exited.
keeper_watch() {
	while [ ! -e "$1/stop" ] && kill -0 "$2"; do
		kill -0 "$3" || : >"$1/daemon-exited"
		sleep 0.1
	done 2>/dev/null
}

# keeper_stop DIRECTORY: wait until the keeper has cleaned up and removed it.
keeper_stop() {
	[ -n "$1" ] || return 0
	: >"$1/stop"
	wait_until 60 test ! -e "$1" || {
		echo "left behind: $1"
		cat "$1/keeper.log"
		return 1
	}
}

# docker_keep OWNER: the keeper of a Docker daemon.
docker_keep() {
	local daemon
	# No bridge and no iptables: nothing outside is touched.
	dockerd --config-file "$ENGINE/daemon.json" \
	    --host "$DOCKER_HOST" --pidfile "$ENGINE/dockerd.pid" \
	    --data-root "$ENGINE/data" --exec-root "$ENGINE/exec" \
	    --bridge=none --iptables=false \
	    --exec-opt native.cgroupdriver=cgroupfs \
	    --cgroup-parent="/${ENGINE##*/}" >"$ENGINE/dockerd.log" 2>&1 &
	daemon=$!
	keeper_watch "$ENGINE" "$1" "$daemon"
	docker_remove_containers
	docker_stop_daemon "$daemon"
	remove_root "$ENGINE"
}

# Twice: an interrupted client may have been about to create one.
docker_remove_containers() {
	local round
	for round in 1 2; do
		timeout 10 docker ps -aq | timeout 20 xargs -r docker rm -f
	done
}

docker_stop_daemon() { # PID
	local containerd
	containerd=$(cat "$ENGINE/exec/containerd/containerd.pid")
	kill "$1"
	wait_until 15 engine_is_gone "$1" || kill -KILL "$1" "$containerd"
	wait "$1"
}

engine_is_gone() {
	! kill -0 "$1" 2>/dev/null
}

# busybox_tree DIRECTORY BUSYBOX: a bin there with BUSYBOX under all its names.
busybox_tree() {
	local applet
	mkdir -p "$1/bin"
	cp "$2" "$1/bin/busybox"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -sf busybox "$1/bin/$applet"
	done
}

# image_tree DIRECTORY: a small system there: busybox, the init, the probe.
image_tree() {
	busybox_tree "$1" "$(command -v busybox)"
	mkdir -p "$1/tmp"
	chmod 1777 "$1/tmp"
	cp "$MINIREAP" "$1/minireap"
	cp "$PROBE" "$1/probe"
	chroot "$1" /bin/busybox true || {
		echo "busybox is not static: install busybox-static"
		return 1
	}
}

# image_import NAME DIRECTORY [INSTRUCTION]...: make an image of DIRECTORY,
# with instructions as in a Dockerfile.
image_import() {
	image_import_with 'docker import' "$@"
}

# image_import_with COMMAND NAME DIRECTORY [INSTRUCTION]...: the same, by the
# engine whose import command COMMAND is.
image_import_with() {
	local command=$1 name=$2 directory=$3 instruction
	local -a changes=()
	shift 3
	for instruction; do
		changes+=(--change "$instruction")
	done
	tar -C "$directory" -c . |
	    $command "${changes[@]}" - "$name" >/dev/null
}

# ENGINE below is the command of an engine: docker, or podman_here.

# container_pid ENGINE CONTAINER: the pid of its first process, as seen here.
container_pid() {
	"$1" inspect -f '{{.State.Pid}}' "$2"
}

# container_exited ENGINE CONTAINER STATUS: it is not running; its status.
container_exited() {
	equal "state of $2" "exited $3" "$("$1" inspect \
	    -f '{{.State.Status}} {{.State.ExitCode}}' "$2")"
}

# container_logged ENGINE CONTAINER TEXT
container_logged() {
	"$1" logs "$2" 2>&1 | grep -qF -e "$3"
}

# A command that leaves five orphans, which soon exit, and then becomes a
# program that never waits.
# shellcheck disable=SC2034 # used by the tests
ORPHANS='for i in 1 2 3 4 5; do (sleep 0.2 &); done; echo left; exec sleep 600'

# has_children PID NUMBER [STATE]: exactly that many, in that state.
has_children() {
	[ -e "/proc/$1" ] &&
	    ps -o stat= --ppid "$1" | awk -v number="$2" -v state="${3:-.}" '
		$1 ~ "^" state { n++ }
		END { exit n + 0 != number }'
}

# is_minireap PID: by its file, whatever name it runs under.
is_minireap() {
	cmp "$MINIREAP" "/proc/$1/exe"
}

# command_line PID: its words, each followed by a blank.
command_line() {
	tr '\0' ' ' <"/proc/$1/cmdline"
}

# pid_inside PID: the pid that it has in its own PID namespace.
pid_inside() {
	awk '$1 == "NSpid:" { print $NF }' "/proc/$1/status"
}

# takes_less_than MAX_MS COMMAND...
takes_less_than() {
	takes_between 0 "$@"
}

# takes_between MIN_MS MAX_MS COMMAND...: the maximum is too long.
takes_between() {
	local start min=$1 max=$2 took
	shift 2
	start=$(now_ms)
	"$@"
	took=$(($(now_ms) - start))
	if [ "$took" -lt "$min" ] || [ "$took" -ge "$max" ]; then
		echo "$*: took $took ms, expected $min to $max ms"
		return 1
	fi
}
