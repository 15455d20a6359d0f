#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# System calls that fail, each of them.

bats_require_minimum_version 1.5.0
load stop

setup_file() {
	build_actor
}

setup() {
	needs_root
	needs python3 strace setsid
	needs_namespaces
}

# MINIREAP_INJECT=all are some 4,600, in five minutes.
# bats test_tags=static, slow
@test "whatever call fails: main's status is right, no signal is lost, none hangs or stays" {
	run -0 python3 "$BATS_TEST_DIRNAME/inject.py" "$MINIREAP" "$ACTOR"
	echo "# $output" >&3
}
