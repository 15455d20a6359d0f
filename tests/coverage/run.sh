#!/bin/sh
# SPDX-License-Identifier: MIT
# Count the lines and branches of the source that the tests reach: see
# docs/testing.md.
# usage: sh tests/coverage/run.sh
#
#   TESTS, MINIREAP_TAGS  run other tests: see tests/suite.sh
#   MINIREAP_INJECT       how many system calls to make fail (default 1500)
#   SHOW=1                list the lines not run and the branches not taken
set -eu
cd "$(dirname "$0")/../.."

build=build/coverage
rm -rf "$build"
mkdir -p "$build"
dump=$PWD/$build/dump.o
gcc -O1 -c -o "$dump" tests/coverage/dump.c
make -s BUILD="$build" CC=gcc CFLAGS='-O0 -g --coverage -fprofile-update=single' \
    LDFLAGS="-static --coverage -Wl,--wrap=_exit $dump" \
    all "$build/obj/probe"
# Some tests run init as another user, which has to write its counters here.
chmod -R a+rwX "$build"
umask 0

suite() { # TIER [FILE]...; tests of sizes fail, because this build is large
	tier=$1
	shift
	MINIREAP=$PWD/$build/minireap PROBE=$PWD/$build/obj/probe TESTS=$* \
	    sh tests/suite.sh "$tier" | grep -E '^not ok|passed' | sort -u || :
}
# Under engines and emulators init makes the same calls.  Of the slow tests only
# those with failing system calls reach many more lines.
# shellcheck disable=SC2086 # a list of words
suite core ${TESTS:-}
# A failing call may damage the counter files, so these tests get their own.
if [ -z "${TESTS:-}" ]; then
	GCOV_PREFIX=$PWD/$build/injected
	export GCOV_PREFIX
	MINIREAP_INJECT=${MINIREAP_INJECT:-1500} suite slow tests/inject.bats
	injected=$GCOV_PREFIX$PWD/$build/obj
	unset GCOV_PREFIX
	gcov-tool merge -o "$build/merged" "$build/obj" "$injected"
	cp -r "$build/merged/." "$build/obj"
fi

# Run the model of a stop, and the fuzzers' corpus, with the same objects.
# shellcheck disable=SC2086 # lists of words
drive() { # NAME SOURCE... -- ARGUMENT...
	name=$1 sources=
	shift
	while [ "$1" != -- ]; do
		sources="$sources $1"
		shift
	done
	shift
	gcc -std=c11 -D_GNU_SOURCE -O1 -I. -no-pie -o "$build/$name" \
	    $sources "$build/all.a" -lgcov
	"$build/$name" "$@" >/dev/null
}
find "$build/obj" -name '*.o' ! -name 'probe*' ! -name init.o -exec \
    ar qc "$build/all.a" {} +
drive stop tests/model/stop_model.c -- 100000 1
for fuzzer in tests/fuzz/*.c; do
	name=$(basename "$fuzzer" .c)
	drive "$name" tests/coverage/feed.c "$fuzzer" -- \
	    tests/fuzz/corpus/"$name"/*
done

notes=$(find "$build/obj" -name '*.gcno' ! -name 'probe*' | sort)
# shellcheck disable=SC2086 # a list of words
gcov -n -b -c $notes 2>/dev/null | awk ' # a total follows the last file
	/^File / { file = $2; gsub(/\047/, "", file) }
	/^Lines executed/ && file ~ /^[^\/]/ && !(file in lines) {
		lines[file] = $0
		branches[file] = "Taken at least once:0.00% of 0" # if none
	}
	/^Taken at least/ && file in lines { branches[file] = $0 }
	function show(name, run, line_count, taken, branch_count) {
		printf "%-20s %5.0f of %4d lines %6.1f%%  %5.0f of %4d branches %6.1f%%\n",
		    name, run, line_count, 100 * run / line_count, taken,
		    branch_count, branch_count ? 100 * taken / branch_count : 100
	}
	END {
		for (file in lines) {
			split(lines[file], l, /[:% ]+/)
			split(branches[file], b, /[:% ]+/)
			run = l[3] * l[5] / 100
			taken = b[5] * b[7] / 100
			show(file, run, l[5], taken, b[7])
			all_lines += l[5]; all_run += run
			all_branches += b[7]; all_taken += taken
		}
		show("all", all_run, all_lines, all_taken, all_branches)
	}' | sort | tee "$build/totals"
# A branch not taken is shown as its line and its number on that line.
# shellcheck disable=SC2086 # a list of words
[ -z "${SHOW:-}" ] || gcov -b -c -t $notes 2>/dev/null | awk '
	/^ *-: *0:Source:/ { sub(/^ *-: *0:Source:/, ""); source = $0 }
	source ~ /^\// { next }
	/^ *#####/ { sub(/^ *#####: */, ""); print source ":" $0; line = "" }
	/^ *[0-9]+\*?: *[0-9]+:/ {
		sub(/^ *[0-9]+\*?: */, "")
		line = $0
	}
	line != "" && /^branch .*(taken 0|never)/ {
		print source ":" line "\t<- " $1 " " $2
	}'
# All tests together must reach 99 % of the lines and 95 % of the branches.
lines=99 branches=95
[ -z "${TESTS:-}" ] || lines=0 branches=0
awk -v lines="$lines" -v branches="$branches" '
	$1 == "all" { ok = $6 + 0 >= lines && $11 + 0 >= branches }
	END { exit !ok }' "$build/totals"
