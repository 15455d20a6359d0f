#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# The loop of supervise.c as a model, model/loop.pml: spin tries every order of
# what may happen.  It says nothing of this build: one build's run will do.

bats_require_minimum_version 1.5.0

setup() {
	MODEL=$BATS_TEST_DIRNAME/model/loop.pml
	# A way to get the loop wrong, what it breaks, and in which run.
	SEED='#ifn?def ([A-Z_]+)[[:space:]]/\* ([a-z_]+)(, with (COSTLY))? \*/'
	command -v spin || skip 'spin is not installed'
	cd "$BATS_TEST_TMPDIR" || return
}

# verify MODEL [-DNAME]...: what spin finds in all its lives is in $output.
verify() {
	local model=$1
	shift
	spin -a "$@" "$model" || return
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

# NAME PROPERTY [COSTLY] of each
seeds() {
	sed -nE "s:^$SEED\$:\1 \2 \4:p" "$MODEL" | sort
}

# What else it breaks does not count: the claim is of that property alone, but
# for assertions, which cannot be left out.
finds() { # NAME
	local name property with error='acceptance cycle'
	read -r name property with < <(seeds | grep "^$1 ")
	[ "$property" != assert ] || error='assertion violated'
	sed -E "/^[[:space:]]:: [A-Z_]+ -> goto [a-z_]+\$/{/ $property\$/!d}" \
	    "$MODEL" >"$property.pml"
	verify "$property.pml" "-D$name" ${with:+"-D$with"}
	errors 1
	grep "^pan:1: $error " <<<"$output"
}

@test "the loop: no end, zombie or signal is missed, and all comes to its end" {
	verify "$MODEL"
	errors 0
	all_was_tried
	all_was_reached
}

@test "the loop: nor is one where sweeps are costly and a deadline runs, too" {
	verify "$MODEL" -DCOSTLY
	errors 0
	all_was_tried
}

@test "every promise of the model is broken by a loop that is found wrong" {
	promised=$(sed -nE 's/^ \*   ([a-z_]+)  .*/\1/p' "$MODEL" | sort)
	[ "$(wc -l <<<"$promised")" -eq 6 ]
	diff <(echo "$promised") <(seeds | cut -d' ' -f2 | sort -u)
	[ "$(grep -cE '^#ifn?def' "$MODEL")" -eq "$(seeds | wc -l)" ]
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
	local count=0
	while read -r name _; do
		echo "$name"
		count=$((count + 1))
		case $name in
		FORGET_TO_LOOK_AGAIN | SIGNAL_THE_DEAD | STAY_DEAF) ;;
		*) finds "$name" ;;
		esac
	done < <(seeds)
	[ "$count" -eq 16 ]
}
