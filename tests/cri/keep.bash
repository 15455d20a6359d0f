# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The owner of a containerd in $CRI, as engine.bash has one of a dockerd: it
# cleans up when told to, and when the process that began has ended.

# shellcheck source=tests/helpers.bash
. "${BASH_SOURCE[0]%/*}/../helpers.bash"

# cri_keep OWNER: run the daemon until OWNER has ended or wants its end.
cri_keep() {
	local owner=$1 daemon
	containerd --config "$CRI/config.toml" >"$CRI/containerd.log" 2>&1 &
	daemon=$!
	while [ ! -e "$CRI/stop" ] && kill -0 "$owner"; do
		sleep 0.1
	done 2>/dev/null
	cri_remove_tasks
	kill "$daemon"
	wait "$daemon"
	cri_remove_files
}

# Their shims would outlive the daemon.
cri_remove_tasks() {
	local task
	for task in $(cri_ctr tasks ls -q); do
		cri_ctr tasks rm -f "$task"
	done
}

cri_ctr() {
	timeout 20 ctr -a "$CRI/socket" -n k8s.io "$@"
}

# While anything is mounted below $CRI, nothing is deleted there.
cri_remove_files() {
	cri_mounts | sort -r | xargs -r umount -l
	find /sys/fs/cgroup -depth -type d -path "*/${CRI##*/}*" \
	    -exec rmdir {} +
	[ -n "$(cri_mounts)" ] || rm -rf "$CRI"
}

cri_mounts() {
	awk -v below="$CRI/" 'index($2, below) == 1 { print $2 }' /proc/mounts
}
