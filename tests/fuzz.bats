#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# Fuzz the parsers, and all that reads /proc and the cgroups, each for
# FUZZ_SECONDS (default 5), starting with the inputs in fuzz/corpus, which has
# those that failed once.

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

teardown() {
	[ ! -L proc ] || rm -rf "$(readlink proc)"
}

# copy_tree: the sources and fuzzers, for a test to change.
copy_tree() {
	copy_sources tree
	mkdir tree/tests
	cp -r "$FUZZ" "$FUZZ.sh" tree/tests
}

@test "parsers of options, signals, times, /proc, cgroups and programs, and false trees: no input breaks them" {
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

# finds FUZZER CHANGE: it fails once sed has made this CHANGE in system/proc.c.
finds() {
	copy_tree
	sed -i "$2" tree/system/proc.c
	run ! cmp tree/system/proc.c "$BATS_TEST_DIRNAME/../system/proc.c"
	run -123 sh tree/tests/fuzz.sh 60 "$1" 3>&-
	contains "$output" "$1: FAILED"
}

@test "a parser without one of its checks: failure" {
	finds stat "s/rest\[1\] != ' '/false/"
}

@test "a parent above the highest pid that is not refused: failure" {
	finds trees 's/SYSTEM_PID_LIMIT - 1 : INT64_MAX/INT_MAX : INT64_MAX/'
}

# make_proc: ./proc, in memory if possible: 140,000 entries are slow on some disks.
make_proc() {
	if [ -w /dev/shm ]; then
		ln -s "$(mktemp -d /dev/shm/minireap.XXXXXX)" proc
	else
		mkdir proc
	fi
}

# false_process PID: the directory of a zombie whose parent is 4000001.
false_process() {
	mkdir "proc/$1"
	echo "$1 (false) Z 4000001 5 5 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 500" >"proc/$1/stat"
	printf 'Name:\tfalse\nPPid:\t4000001\nUid:\t7\t7\t7\t7\nNSpid:\t%d\n' "$1" >"proc/$1/status"
}

# zombies_of_false_proc: run the program as if ./proc and ./cgroup were mounted.
zombies_of_false_proc() {
	sh -c 'mkdir -p proc/$$ && ln -sfn $$ proc/self &&
		echo 0::/below/../../outside >proc/$$/cgroup &&
		exec build/minireap --zombies' 3>&-
}

# Each entry of the large directory is a link to the same zombie.
@test "--zombies: real false files, and more zombies than are looked at: all are survived" {
	copy_tree
	make -s -C tree CC=clang BUILD="$PWD/build" LDFLAGS= \
	    CPPFLAGS="-DSYSTEM_PROC='\"proc\"' -DSYSTEM_CGROUP='\"cgroup\"'" \
	    CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'
	make_proc
	mkdir -p cgroup/below outside
	echo 1000 >outside/pids.max
	echo 5 >outside/pids.current
	for pid in 1 4000001 4000002 4000003 4000004 4000005 4000006; do
		false_process "$pid"
	done
	sed -i 's/Z 4000001/S 0/' proc/1/stat proc/4000001/stat
	rm proc/400000[2-5]/stat
	mkfifo proc/4000002/stat
	ln -s /dev/null proc/4000003/stat
	ln -s nothing proc/4000004/stat
	ln -s /dev/full proc/4000005/stat
	run -1 zombies_of_false_proc
	equal 'zombies and totals' '1 zombie held by 1 parent; 5 of 1000 process slots used' "${lines[-1]}"

	rm proc/4000002/stat
	mkdir proc/4000002/stat
	run -125 zombies_of_false_proc
	contains "$output" 'cannot look for zombies: is a directory'

	rm -r proc/4000002
	python3 -c 'import os
for pid in range(4050000, 4190000):
	os.symlink("4000006", "proc/%d" % pid)'
	zombies_of_false_proc >table || equal status 1 $?
	equal totals '131072 zombies held by 1 parent; 5 of 1000 process slots used' "$(tail -n 1 table)"
	equal rows 131072 "$(grep -c '^7  ' table)"
}
