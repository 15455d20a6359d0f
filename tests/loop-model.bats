#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# The loop of supervise.c as a model, model/loop.pml: spin tries every order of
# what may happen.  It says nothing of this build: one build's run will do.

bats_require_minimum_version 1.5.0

setup() {
	MODEL=$BATS_TEST_DIRNAME/model/loop.pml
	command -v spin || skip 'spin is not installed'
	cd "$BATS_TEST_TMPDIR" || return
}

# verify [-DNAME]...: what spin finds in all lives of the model is in $output.
verify() {
	spin -a "$@" "$MODEL" || return
	# 1.5 GB are enough; what takes more is another model.
	"${CC:-cc}" -O2 -w -DMEMLIM=2500 -o pan pan.c || return
	run -0 timeout 200 ./pan -a -m100000 3>&-
}

# errors COUNT
errors() {
	grep -E "errors: $1\$" <<<"$output" || {
		echo "$output"
		return 1
	}
}

# Where spin gives up it has found no error either.
all_was_tried() {
	! grep -E 'not completed|too small|MEMLIM' <<<"$output"
}

# spin tells of what was never reached: a promise would be kept for that.
all_was_reached() {
	local never
	never=$(sed -n '/^unreached in proctype/,/^$/p' <<<"$output" |
	    grep -E 'state [0-9]+' | grep -v -e '-end-' || :)
	[ -z "$never" ] || {
		echo "never reached: $never"
		return 1
	}
}

@test "the loop: no end, zombie or signal is missed, and all comes to its end" {
	verify
	errors 0
	all_was_tried
	all_was_reached
}

@test "the loop: nor is one where sweeps are costly and a deadline runs, too" {
	verify -DCOSTLY
	errors 0
	all_was_tried
}

finds() { # NAME [-DCOSTLY]
	grep -qE "^#ifn?def $1\$" "$MODEL"
	verify "-D$1" "${@:2}"
	errors 1
}

@test "every function that the model names stands in the file it names" {
	grep -oE '[a-z]+\.c: [a-z_]+\(\)' "$MODEL" | sort -u >named
	[ "$(wc -l <named)" -ge 12 ]
	while IFS=': ' read -r file function; do
		echo "$file: $function"
		grep -qE "^${function%()}\(" "$BATS_TEST_DIRNAME/../$file"
	done <named
}

@test "a loop is found wrong that does not look again behind a full batch" {
	finds FORGET_TO_LOOK_AGAIN
}

@test "a loop is found wrong that signals main behind its reaping" {
	finds SIGNAL_THE_DEAD
}

@test "a loop is found wrong that sees no other signal in a storm of orphans" {
	finds STAY_DEAF
}

@test "a loop is found wrong in each other way that the model knows" {
	seeded=$(sed -nE 's/^#ifn?def ([A-Z_]+)$/\1/p' "$MODEL" | sort -u)
	[ "$(wc -l <<<"$seeded")" -eq 15 ]
	for name in $seeded; do
		echo "$name"
		case $name in
		FORGET_TO_LOOK_AGAIN | SIGNAL_THE_DEAD | STAY_DEAF) ;;
		SLEEP_THE_PAUSE_OUT | SLEEP_TILL_THE_DEADLINE)
			finds "$name" -DCOSTLY
			;;
		*) finds "$name" ;;
		esac
	done
}
