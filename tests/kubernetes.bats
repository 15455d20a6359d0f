#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for a shell in a container to expand
# bats file_tags=static,engines
# examples/kubernetes: each file follows Kubernetes' schema, and runs under
# podman kube play, as far as podman 4.3 supports it.

bats_require_minimum_version 1.5.0

load podman

EXAMPLES=$BATS_TEST_DIRNAME/../examples/kubernetes
# .ci/run installs the packages with the schema there.
MODULES=${MINIREAP_MODULES:-$BATS_TEST_DIRNAME/../build/npm/node_modules}

setup_file() {
	podman_begin
	[ -z "$PODMAN_MISSING" ] || return 0
	local tree=$PODMAN_ROOT/tree
	image_tree "$tree"
	# An application that leaves orphans, and tidies up on SIGTERM.
	cat >"$tree/app" <<-'APP'
	#!/bin/sh
	trap 'echo tidied up; exit 42' TERM
	for i in 1 2 3; do (sleep 0.2 &); done
	echo "ready: $*"
	while :; do sleep 0.05; done
	APP
	chmod 755 "$tree/app"
	podman_import localhost/app:1 "$tree" 'ENV PATH=/bin' \
	    'ENTRYPOINT ["/minireap", "--"]' 'CMD ["/app"]'
	# An image of others has no minireap.
	mkdir "$PODMAN_ROOT/ours"
	mv "$tree/minireap" "$PODMAN_ROOT/ours/minireap"
	podman_import localhost/other:1 "$tree" 'ENV PATH=/bin'
	podman_import localhost/minireap:1 "$PODMAN_ROOT/ours" \
	    'ENTRYPOINT ["/minireap", "--"]'
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	case $BATS_TEST_DESCRIPTION in
	*'kube play'*) podman_must_run ;;
	esac
}

teardown() {
	podman_clean
}

teardown_file() {
	podman_end
}

# play FILE: run it.  podman 4.3 has neither emptyDir nor image volumes: a
# directory of this machine, empty or with minireap in it, replaces them.  It
# takes 20 s for an init container, which may fail: run_init_containers does it.
play() {
	local example=$EXAMPLES/$1 ours=$PODMAN_ROOT/ours
	EMPTY=$PWD/empty
	mkdir "$EMPTY"
	run_init_containers "$example"
	sed "s#emptyDir: {}#hostPath: {path: $EMPTY, type: Directory}#
	    /^      initContainers:/,/^      containers:/{
		/^      containers:/!d
	    }
	    /^ *image:\$/,/pullPolicy/c\\
          hostPath: {path: $ours, type: Directory}" "$example" >played.yaml
	podman_here kube play --network=none played.yaml >/dev/null
}

# run_init_containers FILE: run the one that FILE may have, with the emptyDir.
run_init_containers() {
	local section where
	local -a words
	section=$(sed -n '/initContainers:/,/ containers:/p' "$1")
	[ -n "$section" ] || return 0
	mapfile -t words < <(sed -En 's/^ *(command|args): //p' \
	    <<<"$section" | python3 -c '
import json, sys
for line in sys.stdin:
    print(*json.loads(line), sep="\n")')
	where=$(sed -n 's/^ *mountPath: //p' <<<"$section")
	podman_run --rm -v "$EMPTY:$where" --entrypoint '[]' \
	    localhost/minireap:1 "${words[@]}"
}

# runs_under_init NAME ARGUMENTS: that container of the pod, CONTAINER, was
# started with ARGUMENTS under minireap, which is INIT, and has no orphan left.
runs_under_init() {
	CONTAINER=$(podman_here ps -a --format '{{.Names}}' | grep -e "-$1\$")
	wait_until 20 has_logged "ready: $2"
	INIT=$(container_pid podman_here "$CONTAINER")
	is_minireap "$INIT"
	wait_until 10 has_children "$INIT" 1
}

has_logged() {
	podman_here logs "$CONTAINER" 2>&1 | grep -qxF -e "$1"
}

# stops_within MIN_MS MAX_MS: the application tidies up, and its status is kept.
stops_within() {
	takes_between "$1" "$2" podman_here stop -t 30 "$CONTAINER"
	has_logged 'tidied up'
	container_exited podman_here "$CONTAINER" 42
}

validate() {
	node "$BATS_TEST_DIRNAME/kubernetes/validate.mjs" "$MODULES" "$@"
}

@test "examples/kubernetes: schema: each file is valid and has no unknown field" {
	[ -d "$MODULES/kubernetes-models" ] || skip "no package kubernetes-models"
	run -0 validate "$EXAMPLES"/*.yaml
	equal output '' "$output"
}

@test "examples/kubernetes: schema: control: wrong, missing, misspelt and misplaced fields are found" {
	[ -d "$MODULES/kubernetes-models" ] || skip "no package kubernetes-models"
	local example=$EXAMPLES/any-image.yaml change n=0
	for change in 's/emptyDir:/emptydir:/' 's/  name: any-image/  nam: a/' \
	    's/terminationGracePeriodSeconds: 30/&s/' 's/readOnly: true/&r/' \
	    's/terminationGracePeriodSeconds/&s/' '/mountPath/d' \
	    's/IfNotPresent/ifNotPresent/' '/matchLabels/,+1d' \
	    's/      initContainers:/      shareProcessNamespace: 1\n&/' \
	    's/          command:/          terminationGracePeriod: 1\n&/'; do
		n=$((n + 1))
		sed "$change" "$example" >"wrong-$n.yaml"
		run ! cmp -s "$example" "wrong-$n.yaml"
	done
	run -1 validate "$example" wrong-*.yaml
	for ((; n > 0; n--)); do
		contains "$output" "wrong-$n.yaml: /"
	done
	run ! grep -F "$example" <<<"$output"
}

restricted() {
	node "$BATS_TEST_DIRNAME/kubernetes/restricted.mjs" "$MODULES" "$@"
}

# All but zombies.yaml, which has to see its node's processes.
@test "examples/kubernetes: Pod Security restricted: is met" {
	[ -d "$MODULES/kubernetes-models" ] || skip "no package kubernetes-models"
	local files=("$EXAMPLES"/[!z]*.yaml)
	run -0 restricted "${files[@]}"
	equal output '' "$output"
	run -1 restricted "$EXAMPLES/zombies.yaml"
	contains "$output" 'hostPID'
}

@test "examples/kubernetes: Pod Security restricted: control: each missing line is found" {
	[ -d "$MODULES/kubernetes-models" ] || skip "no package kubernetes-models"
	local example=$EXAMPLES/any-image.yaml change n=0
	for change in '/runAsNonRoot/d' '/seccompProfile/d' 's/runAsUser: 65534/runAsUser: 0/' \
	    '0,/allowPrivilegeEscalation/{/allowPrivilegeEscalation/d}' \
	    '0,/drop: /s/\[ALL\]/[KILL]/' 's/emptyDir: {}/hostPath: {path: \/}/' \
	    's/^      containers:/      hostPID: true\n&/'; do
		n=$((n + 1))
		sed "$change" "$example" >"wrong-$n.yaml"
		run -1 restricted "wrong-$n.yaml"
		contains "$output" "wrong-$n.yaml: "
	done
}

@test "examples/kubernetes: terminationGracePeriodSeconds: delay, grace and 2 s fit in" {
	for file in "$EXAMPLES"/*.yaml; do
		python3 - "$file" <<-'PYTHON'
		import re, sys
		text = re.sub(r"(?m)^\s*#.*$", "", open(sys.argv[1]).read())
		whole = re.findall(r"terminationGracePeriodSeconds: (\d+)", text)
		stops = re.findall(
		    r'(?:-d (\d+)s )?-t"?,? "?(\d+)s', text)
		assert len(whole) == 1 and stops, sys.argv[1]
		for delay, grace in stops:
		    spent = int(delay or 0) + int(grace) + 2
		    assert spent <= int(whole[0]), (sys.argv[1], spent)
		PYTHON
	done
}

@test "deployment.yaml: kube play: runs under the image's init and stops after -d" {
	play deployment.yaml
	runs_under_init app ''
	equal 'pid in the container' 1 "$(pid_inside "$INIT")"
	# The 5 s of -d, and not also the 20 s of -t.
	stops_within 5000 15000
}

@test "any-image.yaml: kube play: an init container installs minireap" {
	play any-image.yaml
	runs_under_init app '--port 8080'
	equal 'pid in the container' 1 "$(pid_inside "$INIT")"
	cmp "$MINIREAP" "$EMPTY/minireap"
	stops_within 0 10000
}

@test "image-volume.yaml: kube play: minireap is mounted and runs the command" {
	play image-volume.yaml
	runs_under_init app '--port 8080'
	equal 'pid in the container' 1 "$(pid_inside "$INIT")"
	stops_within 0 10000
}

@test "shared-processes.yaml: kube play: each container has its own init and stop" {
	play shared-processes.yaml
	runs_under_init helper helper
	helper=$INIT
	runs_under_init app ''
	[ "$(pid_inside "$INIT")" -gt 1 ]
	equal 'PID namespaces' "$(readlink "/proc/$helper/ns/pid")" \
	    "$(readlink "/proc/$INIT/ns/pid")"
	stops_within 0 10000
	equal 'state of the helper' S "$(state_of "$helper")"
	equal 'pid of the helper' "$helper" \
	    "$(container_pid podman_here shared-processes-helper)"
}
