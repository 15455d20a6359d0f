# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A private containerd for the tests, which they call as a kubelet does: by the
# container runtime interface.
#
#	setup_file() { cri_begin; }	# sets CRI, a directory
#	setup() { cri_must_run; }
#	teardown_file() { cri_end; }
#
# A keeper owns it, as in engine.bash.

CRI_LIBRARY=${BASH_SOURCE[0]}
CRI_FILES=${CRI_LIBRARY%/*}/cri

# shellcheck source=tests/engine.bash
. "${CRI_LIBRARY%/*}/engine.bash"

# cri_begin: start a containerd.  If none can run here, CRI_MISSING says why.
cri_begin() {
	export CRI='' CRI_MISSING='' KUBELET=''
	CRI_MISSING=$(cri_missing)
	[ -z "$CRI_MISSING" ] || return 0
	CRI=$(mktemp -d "${TMPDIR:-/tmp}/minireap.XXXXXX")
	KUBELET=$(python_with_grpc)
	protoc -I "$CRI_FILES" --python_out="$CRI" api.proto
	cri_configure
	keeper_start "$CRI" "$CRI_LIBRARY" cri_keep
	wait_until 30 cri_answers || {
		cat "$CRI"/*.log
		return 1
	}
}

# cri_must_run: skip the test, with the reason, if there is no containerd.
cri_must_run() {
	[ -z "$CRI_MISSING" ] || skip "$CRI_MISSING"
}

# Print why no containerd can run here; nothing if one can.
cri_missing() {
	engine_missing containerd containerd containerd-shim-runc-v2 ctr \
	    runc protoc busybox setsid python3
	python_with_grpc >/dev/null || echo "python3 has no module grpc"
}

# Another python3 that comes first in PATH does not see the system's modules.
python_with_grpc() {
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

# cri_import NAME DIRECTORY [KEY=JSON]...: make the image localhost/NAME:test,
# as image.py does.
cri_import() {
	local name=localhost/$1:test
	python3 "$CRI_FILES/image.py" "$name" "${@:2}" |
	    ctr -a "$CRI/socket" -n k8s.io images import \
		--snapshotter native - >/dev/null
	wait_until 10 kubelet has-image "$name"
}

# kubelet WORD...: one call to the runtime; see kubelet.py.
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

# The shims of running tasks outlive the daemon.
cri_remove_tasks() {
	local task
	for task in $(cri_ctr tasks ls -q); do
		cri_ctr tasks rm -f "$task"
	done
}

cri_ctr() {
	timeout 20 ctr -a "$CRI/socket" -n k8s.io "$@"
}
