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

# It stays in a group of another PID namespace, which has number 0 here.
# bats test_tags=static
@test "-t without /proc: the rest is told though main has no group of its own" {
	MINIREAP_INJECT=all MINIREAP_INJECT_ONLY='below -t, no /proc: child setpgid' \
	    run -0 python3 "$BATS_TEST_DIRNAME/inject.py" "$MINIREAP" "$ACTOR"
	contains "$output" '4 reached, 0 failed'
}
