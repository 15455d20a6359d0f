# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Container engines for a test file: a Docker daemon of its own, with images
# made from files of this machine, as no registry is needed or asked.
#
#	setup_file() { docker_begin; }	# its name in $DOCKER_HOST, $ENGINE
#	setup() { docker_must_run; }
#	teardown_file() { docker_end; }
#
# A daemon leaves containers, mounts and control groups to whoever forgets
# them.  So a keeper in a session of its own, which no ^C reaches, owns it: it
# cleans up when told to, and when the process that began has ended in
# whatever way.

ENGINE_LIBRARY=${BASH_SOURCE[0]}

# shellcheck source=tests/helpers.bash
. "${ENGINE_LIBRARY%/*}/helpers.bash"

# docker_begin [SETTING]: start a daemon whose `docker run --init` runs $MINIREAP,
# with this besides in its daemon.json.  Where there can be none,
# ENGINE_MISSING says why.
docker_begin() {
	export ENGINE='' ENGINE_MISSING='' DOCKER_HOST DOCKER_BUILDKIT=0
	export DOCKER_CONFIG
	ENGINE_MISSING=$(docker_why_not)
	[ -z "$ENGINE_MISSING" ] || return 0
	ENGINE=$(mktemp -d "${TMPDIR:-/tmp}/minireap.XXXXXX")
	chmod 755 "$ENGINE" # others than root run what is in it
	DOCKER_HOST=unix://$ENGINE/socket
	DOCKER_CONFIG=$ENGINE/config # nobody's own settings or plugins
	cp "$MINIREAP" "$ENGINE/minireap"
	echo "{ \"init-path\": \"$ENGINE/minireap\"${1:+, $1} }" \
	    >"$ENGINE/daemon.json"
	# shellcheck disable=SC2016 # for that shell to expand
	env --default-signal setsid bash -c '. "$0" && docker_keep "$1"' \
	    "$ENGINE_LIBRARY" "$$" </dev/null >"$ENGINE/keeper.log" 2>&1 3>&- &
	if ! wait_until 30 docker_answered ||
	    [ -e "$ENGINE/daemon-ended" ]; then
		ENGINE_MISSING="dockerd does not start: $(
			grep -v level=info "$ENGINE/dockerd.log" | tail -n 1)"
		docker_end
	fi
}

# docker_must_run: skip the test, saying why, where there is no daemon.
docker_must_run() {
	[ -z "$ENGINE_MISSING" ] || skip "$ENGINE_MISSING"
}

# docker_end: end the daemon, and wait until nothing is left of it.
docker_end() {
	[ -n "$ENGINE" ] || return 0
	: >"$ENGINE/stop"
	wait_until 60 test ! -e "$ENGINE" || {
		echo "left behind: $ENGINE"
		cat "$ENGINE/keeper.log"
		return 1
	}
}

# Why no daemon can run here; nothing where one could.
docker_why_not() {
	local program
	[ "$(id -u)" = 0 ] || echo "a Docker daemon needs root"
	for program in dockerd docker busybox setsid; do
		command -v "$program" >/dev/null ||
			echo "$program is not installed"
	done
}

docker_answered() {
	[ -e "$ENGINE/daemon-ended" ] || docker version >/dev/null 2>&1
}

# ------------------------------------------------------------- the keeper

# docker_keep OWNER: run the daemon until OWNER has ended or wants its end.
docker_keep() {
	local owner=$1 daemon
	# No bridge and no iptables: nothing outside is touched.
	dockerd --config-file "$ENGINE/daemon.json" \
	    --host "$DOCKER_HOST" --pidfile "$ENGINE/dockerd.pid" \
	    --data-root "$ENGINE/data" --exec-root "$ENGINE/exec" \
	    --bridge=none --iptables=false \
	    --exec-opt native.cgroupdriver=cgroupfs \
	    --cgroup-parent="/${ENGINE##*/}" >"$ENGINE/dockerd.log" 2>&1 &
	daemon=$!
	while [ ! -e "$ENGINE/stop" ] && kill -0 "$owner"; do
		kill -0 "$daemon" || : >"$ENGINE/daemon-ended"
		sleep 0.1
	done 2>/dev/null
	docker_remove_containers
	docker_stop_daemon "$daemon"
	remove_root "$ENGINE"
}

# A second round for those that an interrupted client was about to make.
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

# ----------------------------------------------------------------- images

# image_tree DIRECTORY: a small system there: busybox, the init, the probe.
image_tree() {
	local applet
	mkdir -p "$1/bin" "$1/tmp"
	chmod 1777 "$1/tmp"
	cp "$(command -v busybox)" "$1/bin/busybox"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -sf busybox "$1/bin/$applet"
	done
	cp "$MINIREAP" "$1/minireap"
	cp "$PROBE" "$1/probe"
	chroot "$1" /bin/busybox true || {
		echo "busybox is not static: install busybox-static"
		return 1
	}
}

# image_import NAME DIRECTORY [INSTRUCTION]...: as from a Dockerfile.
image_import() {
	local name=$1 directory=$2 instruction
	local -a changes=()
	shift 2
	for instruction; do
		changes+=(--change "$instruction")
	done
	tar -C "$directory" -c . |
	    docker import "${changes[@]}" - "$name" >/dev/null
}
