#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The benchmark measures each metric of each init and draws valid charts.  Values
# that depend on the machine are not checked.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return
	case $(uname -m) in
	x86_64 | aarch64) ;;
	*) skip 'the benchmark supports x86_64 and aarch64 only' ;;
	esac
}

# figures: the metric and init of each line of the TSV on stdin, sorted.
figures() {
	awk -F '\t' 'NF == 5 && $3 ~ /^-?[0-9.]+$/ { print $1, $2 }' | sort
}

# expected INIT... -- METRIC...: each metric with each init, in that form.
expected() {
	local inits=() init metric
	while [ "$1" != -- ]; do
		inits+=("$1")
		shift
	done
	shift
	for metric; do
		for init in "${inits[@]}"; do echo "$metric $init"; done
	done | sort
}

is_xml() {
	python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$1"
}

# figure FILE METRIC INIT: the value in that TSV.
figure() {
	awk -F '\t' -v metric="$2" -v init="$3" \
	    '$1 == metric && $2 == init { print $3 }' "$1"
}

# bats test_tags=slow
@test "bench: all metrics: in the table, the TSV and the chart, for each init" {
	needs_root
	run -0 --separate-stderr env BENCH_ROUNDS=1 BENCH_ORPHANS=1000 \
	    BENCH_PEERS=catatonit BENCH_REBUILT= BENCH_TSV=tsv BENCH_SVG=svg \
	    BENCH_TABLE=table CC=cc sh "$ROOT/bench/run.sh" 3>&-
	echo "$output$stderr"
	equal stderr '' "$stderr"
	{
		expected minireap catatonit loop kernel -- bytes calls \
		    instructions rss dirty tables crowd idle reap reap1000 \
		    reap10000 late32 p9932 flood32 failed
		expected minireap catatonit loop kernel none -- start faults \
		    signal exit
	} | sort | diff - <(figures <tsv)
	# A row for each metric, with a number or "-" for each init.
	[ "$(awk '/[0-9)-] +([0-9.]+|same|-)$/' <<<"$output" | wc -l)" -eq 19 ]
	diff <(echo "$output") <(sed '1,/^```$/d; /^```$/,$d' table)
	is_xml svg
	[ "$(grep -c 'class="b">' svg)" -eq 24 ] # titles, and minireap's values
	# These differ by a lot on any machine.
	[ "$(figure tsv bytes loop)" -lt "$(figure tsv bytes catatonit)" ]
	awk -v ours="$(figure tsv instructions minireap)" \
	    -v theirs="$(figure tsv instructions loop)" \
	    'BEGIN { exit !(ours > theirs * 5) }'
	! is_musl || awk -v ours="$(figure tsv bytes minireap)" \
	    -v theirs="$(figure tsv bytes catatonit)" \
	    'BEGIN { exit !(ours < theirs / 10) }'
}

# bats test_tags=slow
@test "bench: the other inits are rebuilt with musl: static, and they work" {
	command -v musl-gcc || skip 'no musl-gcc'
	run -0 --separate-stderr sh "$ROOT/bench/peers.sh" rebuilt 3>&-
	echo "$output$stderr"
	# A mirror may lack a source package, which is then named.
	equal 'built or named' 3 "$(printf '%s\n' "${lines[@]}" "${stderr_lines[@]}" |
	    grep -cE '^(bench: skipping )?(tini|dumb-init|catatonit)')"
	for init in rebuilt/*-musl; do
		run -3 "$init" -- sh -c 'exit 3'
		run ! ldd "$init"
	done
}

# bats test_tags=slow
@test "growth: one run: makes the curves and the numbers of growth.md" {
	needs_root
	mkdir docs
	cp "$ROOT/docs/growth.md" docs
	run -0 --separate-stderr env BENCH_ROUNDS=1 BENCH_PEERS=catatonit \
	    GROWTH_MOST=1000 GROWTH_DOCS=docs BENCH_TSV=tsv CC=cc \
	    sh "$ROOT/bench/growth.sh" 3>&-
	echo "$output$stderr"
	expected minireap catatonit loop -- reap reap10 reap100 reap1000 \
	    burst1 burst10 burst100 burst1000 pace1 pace10 pace100 pace1000 \
	    passed1000 passing1000 start crowd idle |
	    sort - <(echo 'start none') <(expected minireap catatonit -- pause) |
	    diff - <(figures <tsv)
	is_xml docs/growth.svg
	[ "$(grep -c '<path class="s0"' docs/growth.svg)" -ge 5 ]
	# The text around the numbers has not changed, and the numbers are those
	# that were printed.
	diff <(sed '/^<!-- numbers/,/^<!-- end/d' "$ROOT/docs/growth.md") \
	    <(sed '/^<!-- numbers/,/^<!-- end/d' docs/growth.md)
	diff <(printf '%s\n\n' "$output") <(sed '1,/^<!-- numbers/d; /^<!-- end/,$d' \
	    docs/growth.md)
	contains "$output" 'A node with 500 pods'
}

@test "charts: in the documents: are valid XML and complete" {
	for drawing in "$ROOT"/docs/*.svg; do
		is_xml "$drawing"
		[ "$(wc -c <"$drawing")" -lt 20000 ]
		run ! grep -E 'NaN|nan|inf|href|url\(' "$drawing"
	done
	for drawing in bench growth; do
		[ -s "$ROOT/docs/$drawing.svg" ]
		grep -q "$drawing.svg" "$ROOT"/README.md "$ROOT"/docs/*.md
	done
}

@test "bench: no binary: one message, nothing is measured" {
	for script in run growth; do
		run -1 env MINIREAP="$PWD/none" sh "$ROOT/bench/$script.sh"
		equal output "bench: no $PWD/none: run make first" "$output"
	done
}

# bats test_tags=slow
@test "bench: an init that does not run its command: an error" {
	needs_root
	sh "$ROOT/bench/build.sh" . 3>&-
	run -1 env BENCH_LOAD="$PWD/bench-load" ./bench-runner start 1 \
	    "bad=/bin/false"
	contains "$output" 'bench: bad hold: main has ended'
}
