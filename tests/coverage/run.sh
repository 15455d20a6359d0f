#!/bin/sh
# SPDX-License-Identifier: MIT
# Which lines and branches of the source the fast tests reach: see
# docs/coverage.md.  usage: sh tests/coverage/run.sh
# TESTS and MINIREAP_TAGS choose other tests; SHOW=1 shows what was not run.
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
# Whoever init runs as has to write there.
chmod -R a+rwX "$build"
umask 0

# Engines and emulators see the same calls; what is slow says little more.
if [ -z "${TESTS:-}" ]; then
	for file in tests/*.bats; do
		case $file in
		*/build.bats | */docker.bats | */kernel.bats | *-engines.bats) ;;
		*) TESTS="${TESTS:-} $file" ;;
		esac
	done
fi
# Of cost and memory this build has its own, so that some tests fail.
MINIREAP=$PWD/$build/minireap PROBE=$PWD/$build/obj/probe TESTS=$TESTS \
    sh tests/suite.sh | grep -E '^not ok|passed' || :

for source in *.c; do
	gcov -n -b -c -o "$build/obj" "$source"
done 2>/dev/null | awk '
	/^File / { file = $2; gsub(/.*\/|\047/, "", file) }
	/^Lines executed/ && file != "" { lines[file] = $0 }
	/^Taken at least/ && file != "" { branches[file] = $0 }
	/^$/ { file = "" }
	function show(name, run, of, taken, branches) {
		printf "%-15s %5.0f of %4d lines %6.1f%%  %5.0f of %4d branches %6.1f%%\n",
		    name, run, of, 100 * run / of,
		    taken, branches, branches ? 100 * taken / branches : 100
	}
	END {
		for (file in lines) {
			split(lines[file], l, /[:% ]+/)
			split(branches[file], b, /[:% ]+/)
			run = l[3] * l[5] / 100
			taken = b[5] * b[7] / 100
			show(file, run, l[5], taken, b[7])
			all += l[5]; all_run += run
			every += b[7]; every_taken += taken
		}
		show("all", all_run, all, every_taken, every)
	}' | sort
[ -n "${SHOW:-}" ] || exit 0
for source in *.c; do
	gcov -t -o "$build/obj" "$source" | sed -n "s/^ *#####: */$source:/p"
done
