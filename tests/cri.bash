# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A containerd for a test file, spoken to as a kubelet does, by its container
# runtime interface; CRI is its directory:
#
#	setup_file() { cri_begin; }
#	setup() { cri_must_run; }
#	teardown_file() { cri_end; }
#
# As in engine.bash a keeper owns it, which cleans up in any case.

CRI_LIBRARY=${BASH_SOURCE[0]}
CRI_FILES=${CRI_LIBRARY%/*}/cri

# shellcheck source=tests/engine.bash
. "${CRI_LIBRARY%/*}/engine.bash"

# cri_begin: start a containerd; where there can be none, CRI_MISSING says why.
cri_begin() {
	export CRI='' CRI_MISSING='' KUBELET=''
	CRI_MISSING=$(cri_missing)
	[ -z "$CRI_MISSING" ] || return 0
	CRI=$(mktemp -d "${TMPDIR:-/tmp}/minireap.XXXXXX")
	KUBELET=$(a_python_with_grpc)
	protoc -I "$CRI_FILES" --python_out="$CRI" api.proto
	cri_configure
	keeper_start "$CRI" "$CRI_LIBRARY" cri_keep
	wait_until 30 cri_answers || {
		cat "$CRI"/*.log
		return 1
	}
}

# cri_must_run: skip the test, saying why, where there is no containerd.
cri_must_run() {
	[ -z "$CRI_MISSING" ] || skip "$CRI_MISSING"
}

# Print why no containerd can run here; nothing if one can.
cri_missing() {
	engine_missing containerd containerd containerd-shim-runc-v2 ctr \
	    runc protoc busybox setsid python3
	a_python_with_grpc >/dev/null || echo "no python3 has grpc"
}

# The system's packages are not for other pythons that may stand before it.
a_python_with_grpc() {
	local python
	for python in python3 /usr/bin/python3; do
		"$python" -c 'import grpc, google.protobuf' 2>/dev/null || continue
		"$python" -c 'import sys; print(sys.executable)'
		return
	done
	return 1
}

cri_configure() {
	mkdir "$CRI/logs"
	cat >"$CRI/config.toml" <<-TOML
	version = 2
	root = "$CRI/root"
	state = "$CRI/state"
	[grpc]
	address = "$CRI/socket"
	[plugins."io.containerd.grpc.v1.cri"]
	sandbox_image = "localhost/pause:test"
	disable_apparmor = true
	restrict_oom_score_adj = true
	[plugins."io.containerd.grpc.v1.cri".containerd]
	snapshotter = "native"
	[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
	runtime_type = "io.containerd.runc.v2"
	[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
	Root = "$CRI/runc"
	TOML
}

cri_answers() {
	kubelet has-image none 2>&1 | {
		! grep .
	}
}

# cri_import NAME DIRECTORY [KEY=JSON]...: localhost/NAME:test; see image.py.
cri_import() {
	local name=localhost/$1:test
	python3 "$CRI_FILES/image.py" "$name" "${@:2}" |
	    ctr -a "$CRI/socket" -n k8s.io images import \
		--snapshotter native - >/dev/null
	wait_until 10 kubelet has-image "$name"
}

# kubelet WORD...: one call; see kubelet.py.
kubelet() {
	"$KUBELET" "$CRI_FILES/kubelet.py" "$@"
}

# cri_end: stop it and wait until everything of it is removed.
cri_end() {
	keeper_stop "$CRI"
}

# cri_keep OWNER: the keeper of a containerd.
cri_keep() {
	local daemon
	containerd --config "$CRI/config.toml" >"$CRI/containerd.log" 2>&1 &
	daemon=$!
	keeper_watch "$CRI" "$1" "$daemon"
	cri_remove_tasks
	kill "$daemon"
	wait "$daemon"
	remove_root "$CRI"
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
