#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# spin tries every order of events in model/loop.pml, a model of loop.c.  The
# program itself does not run here, so that testing one build is enough.

bats_require_minimum_version 1.5.0

load helpers

setup() {
	MODEL=$BATS_TEST_DIRNAME/model/loop.pml
	# A mistake, and the error that follows from it.
	MISTAKE='#ifn?def ([A-Z_]+)[[:space:]]/\* ([a-z_]+) \*/'
	command -v spin || skip 'spin is not installed'
	cd "$BATS_TEST_TMPDIR" || return
}

# verify FILE [-DNAME]: what spin finds is in $output.
verify() {
	local file=$1
	shift
	spin -a "$@" "$file" || return
	# Twice the memory that it needs.
	"${CC:-cc}" -O1 -w -DMEMLIM=3000 -o pan pan.c || return
	run -0 timeout 300 ./pan -a -m100000 -w24 3>&-
}

# errors COUNT
errors() {
	grep -E "errors: $1\$" <<<"$output" || {
		echo "$output"
		return 1
	}
}

# spin also finds no error if it gives up.
is_complete() {
	! grep -E 'not completed|too small|MEMLIM' <<<"$output"
}

# A statement that is never reached cannot cause an error.
all_is_reached() {
	local never
	never=$(sed -n '/^unreached in proctype/,/^$/p' <<<"$output" |
	    grep -E 'state [0-9]+' | grep -v -e '-end-' || :)
	[ -z "$never" ] || {
		echo "never reached: $never"
		return 1
	}
}

# mistakes: NAME ERROR, one a line.
mistakes() {
	sed -nE "s:^$MISTAKE\$:\1 \2:p" "$MODEL" | sort
}

# looks_for ERROR: the model without the checks for other errors.
looks_for() {
	sed -E "/^[[:space:]]:: [A-Z_]+ -> goto [a-z_]+\$/{/ $1\$/!d}
		/^[[:space:]]assert\(/{/ $1 \*\/\$/!d}" "$MODEL"
}

# finds COUNT ERROR: spin finds each of COUNT mistakes by this error alone.
finds() {
	local count=0 error=$2 kind='acceptance cycle' name
	looks_for "$error" >"$error.pml"
	! grep -q "^	assert(.*/\* $error \*/" "$error.pml" ||
		kind='assertion violated'
	while read -r name; do
		echo "$name"
		verify "$error.pml" "-D$name"
		errors 1
		grep "^pan:1: $kind " <<<"$output"
		count=$((count + 1))
	done < <(mistakes | sed -n "s/ $error\$//p")
	equal 'number of mistakes' "$1" "$count"
}

@test "loop model: every order of events: no error" {
	verify "$MODEL"
	errors 0
	is_complete
	all_is_reached
}

@test "loop model: each error in its list: follows from a mistake" {
	listed=$(sed -nE 's/^ \*   ([a-z_]+)  .*/\1/p' "$MODEL" | sort)
	equal 'number of errors' 9 "$(wc -l <<<"$listed")"
	diff <(echo "$listed") <(mistakes | cut -d' ' -f2 | sort -u)
}

@test "loop model: each error in its list: is checked at one place" {
	while read -r error; do
		echo "$error"
		checks=$(looks_for "$error" |
		    grep -cE '^[[:space:]](:: [A-Z_]+ -> goto|assert\()')
		equal "checks for $error" 1 "$checks"
	done < <(mistakes | cut -d' ' -f2 | sort -u)
}

@test "loop model: each function that it names: exists in that file" {
	grep -oE '[a-z/]+\.c: [a-z_]+\(\)' "$MODEL" | sort -u >named
	[ "$(wc -l <named)" -ge 16 ]
	while IFS=': ' read -r file function; do
		echo "$file: $function"
		grep -qE "^${function%()}\(" "$BATS_TEST_DIRNAME/../$file"
	done <named
}

@test "loop model: each #ifdef: is a mistake that one of the tests below tries" {
	tried=$(sed -nE 's/^	finds ([0-9]+) [a-z_]+$/\1/p' \
	    "$BATS_TEST_FILENAME" | paste -sd+)
	equal 'mistakes that are tried' "$(grep -cE '^#if' "$MODEL")" \
	    "$((tried))"
	equal 'mistakes' "$((tried))" "$(mistakes | wc -l)"
}

@test "loop model: sent SIGCHLD, or the switch, mishandled: main is not reaped" {
	finds 3 main_stays
}

@test "loop model: too few children reaped, or too late: a zombie stays" {
	finds 6 zombie_stays
}

@test "loop model: not every signal has its turn, or a held one its time: it is lost" {
	finds 5 signal_lost
}

@test "loop model: SIGCHLD accepted between batches: orphans delay other signals" {
	finds 1 signal_delayed
}

@test "loop model: ECHILD ignored: init does not exit" {
	finds 1 no_exit
}

@test "loop model: deadline not looked at, or always another: init does not exit" {
	finds 4 deadline_missed
}

@test "loop model: other events taken for the last exit: init exits too early" {
	finds 3 early_exit
}

@test "loop model: the status of an orphan, or none, kept: init exits with it" {
	finds 3 wrong_status
}

@test "loop model: signals still sent to main once it was reaped: its number is reused" {
	finds 2 main_reused
}
