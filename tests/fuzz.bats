#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# What is parsed, fed with what a fuzzer thinks of, FUZZ_SECONDS for each
# parser; the inputs of fuzz/corpus, what was found once among them, come first.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	command -v clang || skip 'clang is not installed'
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	    clang -fsanitize=fuzzer,address -x c -o "$BATS_TEST_TMPDIR/probe" - ||
	    skip 'clang has no libFuzzer here'
	cd "$BATS_TEST_TMPDIR" || return
	FUZZ=$BATS_TEST_DIRNAME/fuzz
	export FUZZ_WORK=$BATS_TEST_TMPDIR/work
}

# copy_tree: to break something in it.
copy_tree() {
	copy_sources tree
	mkdir tree/tests
	cp -r "$FUZZ" "$FUZZ.sh" tree/tests
}

@test "no input breaks a parser: options, signals, times, /proc, cgroups, programs" {
	run -0 sh "$FUZZ.sh" "${FUZZ_SECONDS:-5}" 3>&-
	echo "$output"
	# None is left out.
	[ "$(grep -cE '^[a-z]+: inputs: [0-9]+$' <<<"$output")" = \
	    "$(find "$FUZZ" -name '*.c' | wc -l)" ]
}

@test "a fuzzer that has tried next to nothing is a failure" {
	copy_tree
	sed -i 's/^	judge_any(data, size);/	usleep(20000);/' tree/tests/fuzz/stat.c
	run -123 sh tree/tests/fuzz.sh 5 stat 3>&-
	[[ $output =~ 'stat: TOO FEW INPUTS in 5 s' ]]
}

@test "a parser that has lost a check is found out" {
	copy_tree
	sed -i "s/rest\[2\] == '.0'/false/" tree/system/proc.c
	run ! cmp tree/system/proc.c "$BATS_TEST_DIRNAME/../system/proc.c"
	run -123 sh tree/tests/fuzz.sh 60 stat 3>&-
	[[ $output == *"stat: FOUND SOMETHING"* ]]
}
