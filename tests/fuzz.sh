#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # what a shell below expands
# Build the fuzzers of tests/fuzz and run each for SECONDS, on inputs that grow
# from those in tests/fuzz/corpus.  Needs clang with its runtime libraries.
# usage: sh tests/fuzz.sh SECONDS [NAME]...
# One that has tried next to nothing in SECONDS >= 5, on a starved machine say,
# has failed: it tells nothing.
# FUZZ_WORK: where all is made, and where finds, and what has been grown, stay;
# a directory of its own that goes again unless something was found.
set -u
seconds=${1:?usage: fuzz.sh SECONDS [NAME]...}
shift
root=$(cd "$(dirname "$0")/.." && pwd) || exit 125
[ $# -gt 0 ] || for harness in "$root"/tests/fuzz/*.c; do
	set -- "$@" "$(basename "$harness" .c)"
done
work=${FUZZ_WORK:-$(mktemp -d)} || exit 125
mkdir -p "$work" && cd "$work" || exit 125

unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
flags='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Werror'
jobs=$(nproc)
# A harness takes from the archive what it does not include or replace itself.
build() {
	make -s -C "$root" -j "$jobs" BUILD="$PWD" CC=clang CPPFLAGS= \
	    CFLAGS="$flags -fsanitize=fuzzer-no-link" LDFLAGS= &&
	    rm -f all.a &&
	    find obj -name '*.o' ! -name init.o -exec ar qc all.a {} + &&
	    printf '%s\n' "$@" | xargs -P "$jobs" -I NAME sh -c 'clang $1 \
		-std=c11 -D_GNU_SOURCE -fsanitize=fuzzer -I "$2" -o "$3" \
		"$2/tests/fuzz/$3.c" all.a' sh "$flags" "$root" NAME
}

# -timeout: of one input, that a loaded machine may take its time for.
build "$@" && printf '%s\n' "$@" | xargs -P "$jobs" -I NAME sh -c '
	mkdir -p "grown/$1"
	if ./"$1" -max_total_time="$2" -timeout=20 -max_len=5000 \
	    -detect_leaks=0 -print_final_stats=1 -artifact_prefix="$1-" \
	    "grown/$1" "$3/tests/fuzz/corpus/$1" >"$1.log" 2>&1
	then
		inputs=$(sed -n "s/^stat::number_of_executed_units: *//p" \
		    "$1.log")
		echo "$1: inputs: ${inputs:-unknown}"
		if [ -z "$inputs" ] || { [ "$2" -ge 5 ] &&
		    [ "$inputs" -lt 1000 ]; }
		then
			echo "$1: TOO FEW INPUTS in $2 s"
			exit 1
		fi
	else
		tail -n 60 "$1.log"
		echo "$1: FOUND SOMETHING, see $PWD"
		exit 1
	fi' sh NAME "$seconds" "$root"
status=$?
[ "$status" -ne 0 ] || [ -n "${FUZZ_WORK:-}" ] || rm -rf "$work"
exit "$status"
