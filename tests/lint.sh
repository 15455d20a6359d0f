#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317,SC2086 # functions by name, lists of words
# make lint: what machines can say about the code.  SOURCES, HEADERS and
# OBJECTS come from make.  Every check runs; the status says whether one complained.
set -u
: "${SOURCES:?}" "${HEADERS:?}" "${OBJECTS:?}"
flags='-I. -D_GNU_SOURCE -DMINIREAP_VERSION=__FILE__ -DMINIREAP_COMMIT=__FILE__
	-std=c11'
failed=0

check() { # NAME COMMAND...: quiet where all is well
	name=$1
	shift
	if ! command -v "$1" >/dev/null; then
		echo "lint: $name: $1 is not installed" >&2
		failed=1
	elif output=$("$@" 2>&1); then
		echo "lint: $name: ok"
	else
		printf '%s\n' "$output"
		echo "lint: $name: FAILED" >&2
		failed=1
	fi
}

# Whatever init writes to, it writes to its stack.
writable_data() {
	size -A $OBJECTS | awk '
		/:$/ || / :$/ { file = $1 }
		/^\.(data|bss)/ && !/^\.data\.rel\.ro/ && $2 > 0 { print file ": " $1 " " $2; bad = 1 }
		END { exit bad }'
}

long_functions() { # more than a screen
	awk 'FNR == 1 { start = 0 }
		/^\{/ { start = FNR }
		/^\}/ && start {
			if (FNR - start > 41) {
				print FILENAME ":" start ": " FNR - start - 1
				bad = 1
			}
			start = 0
		}
		END { exit bad }' $SOURCES
}

# Includes lead downwards only, so that the diagram in docs/design.md stays true:
# a file may include its own header, minireap.h and the headers of lower floors.
include_arrows() {
	awk 'BEGIN {
			floor["init"] = 1; floor["loop"] = 2
			floor["modes"] = floor["options"] = 3
			floor["start"] = floor["stop"] = 3
			floor["report"] = 4
			floor["terminal"] = floor["reaper"] = 5
			floor["signals"] = 6; floor["system"] = 7
			floor["minireap"] = 8
		}
		function room(path) { sub(/[\/.].*/, "", path); return path }
		FNR == 1 { here = room(FILENAME) }
		/^#include "/ {
			there = room(substr($2, 2))
			if (here != there && floor[here] >= floor[there]) {
				print FILENAME ": includes " $2
				bad = 1
			}
		}
		END { exit bad }' $SOURCES $HEADERS
}

headers_fit_a_page() {
	wc -l $HEADERS | awk '$2 != "total" && $1 > 160 {
		print $2 ": " $1 " lines"
		bad = 1
	}
	END { exit bad }'
}

analyzer() {
	gcc $flags -O2 -fanalyzer -flto -Wall -Wextra -Werror -o /dev/null \
	    $SOURCES
}

tidy() { # counts of suppressed warnings go to stderr; only findings matter
	clang-tidy --quiet $SOURCES -- $flags
}

# It cannot see that the table says which option has a value.
cpp_check() {
	cppcheck --quiet --enable=warning,style,performance,portability \
	    --std=c11 --inline-suppr --error-exitcode=1 \
	    --suppress=ctunullpointer --suppress=unusedStructMember --suppress=variableScope \
	    -I. -D_GNU_SOURCE $SOURCES
}

shells() {
	find . -name '*.sh' -not -path './build/*' -exec \
	    shellcheck -e SC2086 {} + && shellcheck .ci/run &&
	    shellcheck -s bash -e SC2016,SC2086,SC2094,SC2153,SC2258,SC2030,SC2031,SC2034,SC2154,SC2164 \
	        tests/*.bats tests/*.bash
}

set -- $SOURCES
check format clang-format --dry-run -Werror "$@" $HEADERS
check tidy tidy
check cppcheck cpp_check
check analyzer analyzer
check writable-data writable_data
check long-functions long_functions
check include-arrows include_arrows
check headers headers_fit_a_page
check shellcheck shells
check manual mandoc -T lint -W warning minireap.1
exit $failed
