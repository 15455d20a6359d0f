#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# Eva of Frama-C shows that no input breaks the parsers: see prove.sh.  The
# program itself does not run here, so that testing one build is enough.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	command -v frama-c || skip 'frama-c is not installed'
	cd "$BATS_TEST_TMPDIR" || return
}

@test "parsers: every input: no undefined behaviour" {
	run -0 make -s -C "$BATS_TEST_DIRNAME/.." prove 3>&-
	echo "$output"
	[[ ${lines[-1]} =~ ^[0-9]+' proven, 0 alarms'$ ]]
	equal 'proofs that ran' \
	    "$(find "$BATS_TEST_DIRNAME/prove" -name '*.c' | wc -l)" \
	    "$(grep -cE '^[a-z]+: [0-9]+ functions, [0-9]+ s$' <<<"$output")"
}

@test "a parent beyond the largest pid: the proof fails and names it" {
	copy_sources tree
	mkdir tree/tests
	cp -r "$BATS_TEST_DIRNAME"/prove* tree/tests
	sed -i 's/i < START ? SYSTEM_PID_LIMIT - 1 : INT64_MAX/i < START ? INT_MAX : INT64_MAX/' \
	    tree/system/proc.c
	run ! cmp tree/system/proc.c "$BATS_TEST_DIRNAME/../system/proc.c"
	run -1 sh tree/tests/prove.sh proc 3>&-
	contains "$output" "assertion 'parent_is_a_pid' got status unknown"
	contains "$output" 'proc: NOT PROVEN'
}
