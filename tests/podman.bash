# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# podman for the tests, with private storage, and images made from files of
# this machine:
#
#	setup_file() { podman_begin; }	# sets PODMAN_ROOT, a directory
#	setup() { podman_must_run; }
#	teardown() { podman_clean; }
#	teardown_file() { podman_end; }

# shellcheck source=tests/engine.bash
. "${BASH_SOURCE[0]%/*}/engine.bash"

# podman_begin: configure podman to keep everything below PODMAN_ROOT.  If it
# cannot run here, PODMAN_MISSING says why.
podman_begin() {
	export PODMAN_ROOT='' PODMAN_MISSING='' CONTAINERS_CONF
	PODMAN_MISSING=$(engine_missing podman podman runc busybox)
	[ -z "$PODMAN_MISSING" ] || return 0
	PODMAN_ROOT=$(mktemp -d "${TMPDIR:-/tmp}/minireap.XXXXXX")
	CONTAINERS_CONF=$PODMAN_ROOT/containers.conf
	# The init of podman's pods is the catatonit in this directory.
	mkdir "$PODMAN_ROOT/helpers"
	cp "$MINIREAP" "$PODMAN_ROOT/helpers/catatonit"
	# podman's own limits need the right to raise them, and crun refuses a
	# mixture of cgroup v1 and v2.
	cat >"$CONTAINERS_CONF" <<-CONF
	[containers]
	default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
	netns = "none"
	[engine]
	runtime = "runc"
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	lock_type = "file"
	helper_binaries_dir = ["$PODMAN_ROOT/helpers"]
	CONF
}

# podman_must_run: skip the test, with the reason, if podman cannot run.
podman_must_run() {
	[ -z "$PODMAN_MISSING" ] || skip "$PODMAN_MISSING"
}

# podman_command: set PODMAN to the words of its command, for other programs to
# run.
podman_command() {
	PODMAN=(env -u DOCKER_CONFIG -u DOCKER_HOST
	    "CONTAINERS_CONF=$CONTAINERS_CONF" podman
	    --root "$PODMAN_ROOT/root" --runroot "$PODMAN_ROOT/run"
	    --tmpdir "$PODMAN_ROOT/tmp" --storage-driver=vfs)
}

podman_here() {
	local -a PODMAN
	podman_command
	"${PODMAN[@]}" "$@" 3>&-
}

# podman_run [WORD]...: podman run, in a cgroup that podman_end finds.
podman_run() {
	podman_here run --cgroup-parent "/${PODMAN_ROOT##*/}" "$@"
}

# podman_import NAME DIRECTORY [INSTRUCTION]...: as image_import.
podman_import() {
	image_import_with 'podman_here import -q' "$@"
}

# podman_clean: remove all containers and pods, and the pods' cgroups: podman
# 4.3 leaves them behind if there are several hierarchies.
podman_clean() {
	local pod
	[ -n "$PODMAN_ROOT" ] || return 0
	for pod in $(podman_here pod ps -q --no-trunc); do
		podman_here pod rm -f -t 0 "$pod"
		find /sys/fs/cgroup -depth -type d -path "*/$pod*" \
		    -exec rmdir {} +
	done
	podman_here rm -fa -t 0
} >/dev/null 2>&1

# podman_end: remove everything that podman has left.
podman_end() {
	[ -n "${PODMAN_ROOT:-}" ] || return 0
	podman_clean
	remove_root "$PODMAN_ROOT"
	# The parent of kube play's cgroups stays if other pods are in it.
	rmdir /sys/fs/cgroup/{,*/}libpod_parent/{conmon,} || :
} >/dev/null 2>&1
