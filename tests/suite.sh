#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for the shells of xargs
# Run one tier of the tests, or all of them, on MINIREAP.
# usage: suite.sh [core|engines|slow|all]      default: all
#   core     needs Linux namespaces only: every test without another tier's tag
#   engines  tests tagged engines: docker, podman, containerd
#   slow     tests tagged slow: models, emulators, fuzzing, long runs
# TESTS: run only the tests in these files.  MINIREAP_TAGS: run only tests with
# these tags ("static,!engines": bats --filter-tags).  MINIREAP_JOBS: how many
# files run at a time.  MINIREAP_REAPER=init: as before Linux 6.15, the kernel
# does not reap orphans, but init.  MINIREAP_MUST_RUN=1: a skipped test counts as failed.
# The last line is "N passed, N failed, N skipped".
set -u
: "${MINIREAP:?make check sets it}" "${PROBE:?make check sets it}"
export MINIREAP PROBE
cd "$(dirname "$0")/.." || exit 125

if [ "${MINIREAP_REAPER:-}" = init ]; then
	unset MINIREAP_REAPER
	MINIREAP_TAGS="${MINIREAP_TAGS:+$MINIREAP_TAGS,}!autoreap"
	export MINIREAP_TAGS
	# PIDFD_GET_INFO; ioctl(2) is number 29 on most other processors.
	ioctl=29
	[ "$(uname -m)" != x86_64 ] || ioctl=16
	exec python3 tests/refuse.py ENOTTY $ioctl,,0xc040ff0b -- sh tests/suite.sh "$@"
fi

output=$(mktemp -d) || exit 125
: >"$output/status"
trap 'rm -rf "$output"' EXIT
trap 'exit 130' INT TERM

# with_tags TAG...: the filter that selects tests with all of them.
with_tags() {
	echo "$*${MINIREAP_TAGS:+ $MINIREAP_TAGS}" | tr ' ' ,
}

# files_with TAG: those with tests that have it.
files_with() {
	# shellcheck disable=SC2086 # a list of words
	grep -lE "^# bats (file|test)_tags=.*\<$1\>" ${TESTS:-tests/*.bats}
}

# core_files: those that are not as a whole in another tier.
core_files() {
	# shellcheck disable=SC2086 # a list of words
	grep -LE '^# bats file_tags=.*\<(engines|slow)\>' ${TESTS:-tests/*.bats}
}

# split FILE...: "REGEX FILE" lines, the file with most tests first.  A file of
# many tests is run in several parts: those whose names have a length of 0, 1...
# modulo their number.  (bats --jobs would spend more on itself than on tests.)
split() {
	grep -c '^@test' /dev/null "$@" | sort -t : -k 2 -rn |
	    awk -F : '$2 > 0 {
		parts = int(($2 + 29) / 30)
		group = skip = ""
		for (i = 0; i < parts; i++) group = group "."
		for (i = 0; i < parts; i++) {
			print "^" skip "(" group ")*$", $1
			skip = skip "."
		}
	    }'
}

# side_by_side JOBS TAGS FILE...: each file's results as a whole, in order.
side_by_side() {
	jobs=$1
	tags=$2
	shift 2
	[ $# -gt 0 ] || return
	split "$@" | nl -w 1 -s ' ' >"$output/parts"
	env --default-signal \
	    xargs -P "${MINIREAP_JOBS:-$jobs}" -n 3 sh -c '
		bats --tap --timing \
		    --filter-tags "$1" --filter "$3" "$4" >"$0/$2" 2>&1
		echo "$?" >"$0/$2.status"' "$output" "$tags" <"$output/parts" &
	while read -r part _; do
		until [ -e "$output/$part.status" ]; do
			kill -0 $! 2>/dev/null || [ -e "$output/$part.status" ] ||
				exit 125
			sleep 0.1
		done
		cat "$output/$part"
	done <"$output/parts"
	cat "$output"/*.status >>"$output/status"
	rm -f "$output"/*.status
}

# one_by_one TAGS FILE...
one_by_one() {
	tags=$1
	shift
	[ $# -gt 0 ] || return
	env --default-signal bats --tap --timing \
	    --filter-tags "$tags" "$@" 2>&1
	echo "$?" >>"$output/status"
}

# Tests tagged alone measure what other load would falsify.  Most core tests
# sleep most of the time, most slow ones do not.
core() {
	# shellcheck disable=SC2046 # a list of words
	side_by_side $(($(nproc) * 3)) \
	    "$(with_tags '!engines' '!slow' '!alone')" $(core_files)
	# shellcheck disable=SC2046 # a list of words
	one_by_one "$(with_tags '!engines' '!slow' alone)" $(files_with alone)
}

engines() {
	# shellcheck disable=SC2046 # a list of words
	one_by_one "$(with_tags engines)" $(files_with engines)
}

slow() {
	# shellcheck disable=SC2046 # a list of words
	side_by_side $(($(nproc) + 1)) \
	    "$(with_tags '!engines' slow '!alone')" $(files_with slow)
	# shellcheck disable=SC2046 # a list of words
	one_by_one "$(with_tags '!engines' slow alone)" $(files_with alone)
}

# As one run of bats would number it.
renumber() {
	awk '/^1\.\.[0-9]+$/ { next }
	    /^(not )?ok [0-9]+ / { sub(/ok [0-9]+/, "ok " ++n) }
	    { print; fflush() }
	    END { print "1.." n + 0 }'
}

tier=${1:-all}
case $tier in
core | engines | slow) "$tier" ;;
all) core; engines; slow ;;
*) echo "suite.sh: no tier $tier" >&2 && exit 125 ;;
esac 3>&- | renumber | tee "$output/tap"

skipped=$(grep -cE '^ok .* # skip' "$output/tap")
passed=$(($(grep -c '^ok ' "$output/tap") - skipped))
failed=$(grep -c '^not ok ' "$output/tap")
# Something went wrong that is no test's failure: a file that does not load.
[ "$failed" -gt 0 ] || ! grep -qvx 0 "$output/status" || failed=1
grep '^not ok ' "$output/tap"
status=0
if [ "$skipped" -gt 0 ] && [ "${MINIREAP_MUST_RUN:-0}" = 1 ]; then
	echo 'These tests must run here, but were skipped:'
	grep -E '^ok .* # skip' "$output/tap"
	status=1
fi
[ "$passed" -gt 0 ] || status=1
echo "$passed passed, $failed failed, $skipped skipped"
[ "$status" -eq 0 ] && [ "$failed" -eq 0 ]
