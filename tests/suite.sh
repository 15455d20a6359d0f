#!/bin/sh
# SPDX-License-Identifier: MIT
# make check, check-slow: run the tests of TESTS, or all, on MINIREAP with
# PROBE's help: those that are not tagged slow, or those that are.
# MINIREAP_TAGS chooses further (bats --filter-tags, commas between them).
# usage: suite.sh [check|check-slow]      without: both
# MINIREAP_MUST_RUN=1: a test that is skipped has failed.
# The last line is "N passed, N failed, N skipped".
set -u
: "${MINIREAP:?make check sets it}" "${PROBE:?make check sets it}"
export MINIREAP PROBE
cd "$(dirname "$0")/.." || exit 125

output=$(mktemp) || exit 125
trap 'rm -f "$output"' EXIT
trap 'exit 130' INT TERM

case ${1:-} in
check) tags='!slow' ;;
check-slow) tags=slow ;;
*) tags= ;;
esac
# bats 1.8: tags with a comma must all match.
tags=$tags${MINIREAP_TAGS:+${tags:+,}$MINIREAP_TAGS}
# shellcheck disable=SC2086
set -- ${TESTS:-tests/*.bats}
[ -z "$tags" ] || set -- --filter-tags "$tags" "$@"
{
	# A background job of a script starts with both ignored.
	env --default-signal=INT,QUIT bats --tap "$@" 3>&-
	echo "$?" >"$output.status"
} | tee "$output"
status=$(cat "$output.status")
rm -f "$output.status"

skipped=$(grep -cE '^ok .* # skip' "$output")
passed=$(grep -c '^ok ' "$output")
failed=$(grep -c '^not ok ' "$output")
passed=$((passed - skipped))
# Something went wrong that is no test's failure: a file that does not load.
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
if [ "$skipped" -gt 0 ] && [ "${MINIREAP_MUST_RUN:-0}" = 1 ]; then
	echo 'These tests must run here, but were skipped:'
	grep -E '^ok .* # skip' "$output"
	status=1
fi
[ "$passed" -gt 0 ] || status=1
echo "$passed passed, $failed failed, $skipped skipped"
[ "$status" -eq 0 ] && [ "$failed" -eq 0 ]
