#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Init when its system calls fail, and with no calls but those in the manual.

bats_require_minimum_version 1.5.0
load stop

setup_file() {
	build_actor
	# Position-independent, so that its addresses do not overlap with those
	# of minireap: see tests/refuse.py.
	"${CC:-cc}" -D_GNU_SOURCE -O1 -fPIE -pie -pthread \
	    -o "$BATS_FILE_TMPDIR/pie-actor" "$BATS_TEST_DIRNAME/model/actor.c"
}

setup() {
	needs_root
	needs python3 strace setsid
	needs_namespaces
	cd "$BATS_TEST_TMPDIR"
}

# inject ACTOR [CALL...]: run inject/run.py; print what it found if it fails,
# or its summary as a comment.
inject() {
	if ! python3 -B "$BATS_TEST_DIRNAME/inject/run.py" "$MINIREAP" "$@" >result; then
		cat result
		return 1
	fi
	sed 's/^/# /' result >&3
}

# MINIREAP_INJECT=all, for releases: some 5,400 injections, in seven minutes.
# bats test_tags=static, slow
@test "system call fails: main's status is kept, no signal is lost, no process hangs or remains" {
	inject "$ACTOR"
}

# listed_calls: the system calls that the manual lists.
listed_calls() {
	sed -n '/^\.Ss System calls/,/^\.S[hs] /p' \
	    "$BATS_TEST_DIRNAME/../minireap.1" | \
	    sed -n 's/^\.Li \([a-z].* .*[a-z0-9]\)$/\1/p' | grep -v ',' | \
	    tr ' ' '\n' | sort -u
}

# bats test_tags=static, slow
@test "only the system calls listed in the manual: every scenario works, every call is used" {
	[ "$(uname -m)" = x86_64 ] || skip 'the list is for x86-64'
	is_musl || skip 'the list is for musl'
	calls=$(listed_calls)
	inject "$BATS_FILE_TMPDIR/pie-actor" $calls
	grep 'with 4. system calls' result
}

# As in a sandbox or on an old kernel.
# bats test_tags=static, slow
@test "optional system calls refused: every scenario works" {
	[ "$(uname -m)" = x86_64 ] || skip 'the list is for x86-64'
	is_musl || skip 'the list is for musl'
	calls=$(listed_calls)
	MINIREAP_INJECT_WITHOUT='close_range getrandom pidfd_open pidfd_send_signal
	    pwritev2 rt_sigqueueinfo sendto waitid' \
	    inject "$BATS_FILE_TMPDIR/pie-actor" $calls
}
