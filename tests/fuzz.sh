#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # expanded by the inner shell
# Build the fuzzers of tests/fuzz, or those named, and run each for SECONDS,
# starting with its inputs in tests/fuzz/corpus.  Needs clang and its runtime
# libraries.
# usage: sh tests/fuzz.sh SECONDS [NAME]...
#
#   FUZZ_WORK  build here, and keep logs, new inputs and failing inputs here
#              (default: a temporary directory, kept only on failure)
#
# With 5 SECONDS or more, a fuzzer that tried fewer than 1,000 inputs has failed:
# on so busy a machine its result means nothing.
set -u
seconds=${1:?usage: fuzz.sh SECONDS [NAME]...}
shift
root=$(cd "$(dirname "$0")/.." && pwd) || exit 125
[ $# -gt 0 ] || for fuzzer in "$root"/tests/fuzz/*.c; do
	set -- "$@" "$(basename "$fuzzer" .c)"
done
work=${FUZZ_WORK:-$(mktemp -d)} || exit 125
mkdir -p "$work" && cd "$work" || exit 125

# This build must not inherit the settings of make check-slow.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
flags='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Werror'
jobs=$(nproc)
# An object of the archive is linked only if the fuzzer does not replace it.
build() {
	make -s -C "$root" -j "$jobs" BUILD="$PWD" CC=clang CPPFLAGS= \
	    CFLAGS="$flags -fsanitize=fuzzer-no-link" LDFLAGS= &&
	    rm -f all.a &&
	    find obj -name '*.o' ! -name init.o -exec ar qc all.a {} + &&
	    printf '%s\n' "$@" | xargs -P "$jobs" -I NAME sh -c 'clang $1 \
		-std=c11 -D_GNU_SOURCE -fsanitize=fuzzer -I "$2" -o "$3" \
		"$2/tests/fuzz/$3.c" all.a' sh "$flags" "$root" NAME
}

# -timeout is for a single input; it leaves time for a busy machine.
build "$@" && printf '%s\n' "$@" | xargs -P "$jobs" -I NAME sh -c '
	mkdir -p "grown/$1"
	if ./"$1" -max_total_time="$2" -timeout=20 -max_len=5000 \
	    -detect_leaks=0 -print_final_stats=1 -artifact_prefix="$1-" \
	    "grown/$1" "$3/tests/fuzz/corpus/$1" >"$1.log" 2>&1
	then
		inputs=$(sed -n "s/^stat::number_of_executed_units: *//p" \
		    "$1.log")
		echo "$1: ${inputs:-no} inputs"
		if [ -z "$inputs" ] || { [ "$2" -ge 5 ] &&
		    [ "$inputs" -lt 1000 ]; }
		then
			echo "$1: TOO FEW INPUTS in $2 s"
			exit 1
		fi
	else
		tail -n 60 "$1.log"
		echo "$1: FAILED, see $PWD"
		exit 1
	fi' sh NAME "$seconds" "$root"
status=$?
[ "$status" -ne 0 ] || [ -n "${FUZZ_WORK:-}" ] || rm -rf "$work"
exit "$status"
