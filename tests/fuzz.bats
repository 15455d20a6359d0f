#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# Fuzz the parsers, each for FUZZ_SECONDS (default 5), starting with the inputs
# in fuzz/corpus, which has those that failed once.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	command -v clang || skip 'clang is not installed'
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	    clang -fsanitize=fuzzer,address -x c -o "$BATS_TEST_TMPDIR/probe" - ||
	    skip 'clang comes without libFuzzer here'
	cd "$BATS_TEST_TMPDIR" || return
	FUZZ=$BATS_TEST_DIRNAME/fuzz
	export FUZZ_WORK=$BATS_TEST_TMPDIR/work
}

# copy_tree: the sources and fuzzers, for a test to change.
copy_tree() {
	copy_sources tree
	mkdir tree/tests
	cp -r "$FUZZ" "$FUZZ.sh" tree/tests
}

@test "parsers of options, signals, times, /proc, cgroups and programs: no input breaks them" {
	run -0 sh "$FUZZ.sh" "${FUZZ_SECONDS:-5}" 3>&-
	echo "$output"
	equal 'fuzzers that ran' "$(find "$FUZZ" -name '*.c' | wc -l)" \
	    "$(grep -cE '^[a-z]+: [0-9]+ inputs$' <<<"$output")"
}

@test "a fuzzer that tries too few inputs: failure" {
	copy_tree
	sed -i 's/^	check_line(data, size);/	usleep(20000);/' tree/tests/fuzz/stat.c
	run -123 sh tree/tests/fuzz.sh 5 stat 3>&-
	[[ $output =~ 'stat: TOO FEW INPUTS in 5 s' ]]
}

@test "a parser without one of its checks: failure" {
	copy_tree
	sed -i "s/rest\[1\] != ' '/false/" tree/system/proc.c
	run ! cmp tree/system/proc.c "$BATS_TEST_DIRNAME/../system/proc.c"
	run -123 sh tree/tests/fuzz.sh 60 stat 3>&-
	contains "$output" 'stat: FAILED'
}
