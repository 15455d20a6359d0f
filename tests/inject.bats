#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# System calls that fail, each of them, and those that init needs at all.

bats_require_minimum_version 1.5.0
load stop

setup_file() {
	build_actor
	# Nowhere near minireap's own code: see tests/refuse.py.
	"${CC:-cc}" -D_GNU_SOURCE -O1 -fPIE -pie -pthread \
	    -o "$BATS_FILE_TMPDIR/elsewhere" "$BATS_TEST_DIRNAME/model/actor.c"
}

setup() {
	needs_root
	needs python3 strace setsid
	needs_namespaces
	cd "$BATS_TEST_TMPDIR"
}

# inject WORD...: what it has found, and where all was well how many it were.
inject() {
	if ! python3 -B "$BATS_TEST_DIRNAME/inject/run.py" "$MINIREAP" "$@" >result; then
		cat result
		return 1
	fi
	sed 's/^/# /' result >&3
}

# MINIREAP_INJECT=all are some 5,400, in seven minutes, as before a release.
# bats test_tags=static, slow
@test "whatever call fails: main's status is right, no signal is lost, none hangs or stays" {
	inject "$ACTOR"
}

# needed: the manual's list of system calls.
needed() {
	sed -n '/^\.Ss System calls/,/^\.S[hs] /p' \
	    "$BATS_TEST_DIRNAME/../minireap.1" | \
	    sed -n 's/^\.Li \([a-z].* .*[a-z0-9]\)$/\1/p' | grep -v ','
}

# bats test_tags=static, slow
@test "with no other system calls than the manual lists everything works, and each is used" {
	[ "$(uname -m)" = x86_64 ] || skip 'the list is for x86-64'
	is_musl || skip 'the list is for musl'
	calls=$(needed)
	inject "$BATS_FILE_TMPDIR/elsewhere" $calls
	grep 'with 4. system calls' result
}

# A sandbox, or a kernel of years ago.
# bats test_tags=static, slow
@test "without any of the calls that it can do without, all is done all the same" {
	[ "$(uname -m)" = x86_64 ] || skip 'the list is for x86-64'
	is_musl || skip 'the list is for musl'
	calls=$(needed)
	MINIREAP_INJECT_WITHOUT='close_range getrandom pidfd_open pidfd_send_signal
	    pwritev2 rt_sigqueueinfo sendto waitid' \
	    inject "$BATS_FILE_TMPDIR/elsewhere" $calls
}

# It stays in a group of another PID namespace, which has number 0 here.
# bats test_tags=static
@test "-t without /proc: the rest is told though main has no group of its own" {
	MINIREAP_INJECT=all MINIREAP_INJECT_ONLY='below -t, no /proc: child setpgid' \
	    inject "$ACTOR"
	grep '6 reached, . late, 0 failed' result
}
