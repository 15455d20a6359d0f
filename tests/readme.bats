#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# README.md is true: its commands run, its output is real, its options are those
# of --help and of the manual page.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	README=$ROOT/README.md
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	[ -z "${PUBLIC-}" ] || rm -rf "$PUBLIC"
}

# split_blocks LANGUAGE FILE: write the blocks of FILE to block-1, block-2...
split_blocks() {
	awk -v fence="\`\`\`$1" '
		$0 == "```" { inside = 0 }
		inside { print >("block-" n) }
		$0 == fence { inside = 1; n++ }
	' "$2"
}

# run_block FILE DIRECTORY: as if pasted into a shell there, without the
# environment of this suite.  "sh tests/run.sh" would start this very suite: that
# line alone is replaced by a check of the script's syntax.
run_block() {
	sed 's|^sh tests/run\.sh$|sh -n tests/run.sh|' "$1" >script
	(cd "$2" && exec env -i PATH="$PATH" HOME="$BATS_TEST_TMPDIR" \
	    sh -eu "$BATS_TEST_TMPDIR/script" 3>&-)
}

# long_options: the options in the text on stdin, sorted.
long_options() {
	grep -oE -e '--[a-z]+(-[a-z]+)*' | sort -u
}

# shape: replace what differs from run to run: numbers, the width of columns, and
# whether a process runs or sleeps.
shape() {
	sed -E 's/[0-9]+/N/g; s/running/sleeping/; s/ +/ /g; s/ $//'
}

# bats test_tags=slow
@test "README, recipes.md: sh blocks: each runs in a fresh clone" {
	split_blocks sh "$README"
	[ -s block-1 ]
	for block in block-*; do
		mv "$block" "readme-$block"
	done
	split_blocks sh "$ROOT/docs/recipes.md"
	[ -s block-1 ]
	for block in *block-*; do
		fresh_clone "tree-$block"
		run run_block "$block" "tree-$block"
		if [ "$status" -ne 0 ]; then
			echo "status $status: $(cat "$block")"
			echo "$output"
			return 1
		fi
	done
}

# bats test_tags=slow
@test "demo.md and README: output of the demo: is what the demo prints" {
	[ "$(id -u)" = 0 ] || skip "a plain user may not be allowed to make namespaces"
	fresh_clone tree
	run -0 env -i PATH="$PATH" sh tree/examples/demo.sh 3>&-
	split_blocks console "$ROOT/docs/demo.md"
	diff <(shape <block-1) <(echo "$output" | shape)
	# The README has some of its lines.
	split_blocks console "$README"
	shape <block-1 | sort -u >shortened
	echo "$output" | shape | sort -u | comm -13 - shortened >made-up
	diff /dev/null made-up
}

# bats test_tags=slow
@test "zombies.md: its commands, in one shell below minireap: print what it shows" {
	[ "$(id -u)" = 0 ] || skip "a plain user may not be allowed to make namespaces"
	ln -s "$MINIREAP" minireap
	# A command prints after a mark, by which its output is found.
	sed -n '/^```console$/,/^```$/p' "$ROOT/docs/zombies.md" | grep -v '^```' >shown
	sed -nE "s/^\\$ (.*)/echo '$ command'; \1/p" shown >script
	echo "exit 0" >>script
	run -0 unshare --pid --fork --kill-child --mount-proc \
	    env PATH="$PWD:$PATH" minireap -- bash script 3>&-
	echo "$output"
	diff <(sed 's/^\$ .*/$ command/' shown | grep -v ' bash$\| ps$' | shape) \
	    <(grep -v ' bash$\| ps$' <<<"$output" | shape)
}

# machine COMMAND...: a directory bin with the commands that run.sh calls itself,
# and programs that print their arguments: these, make, clang, package managers.
machine() {
	mkdir bin
	for command in sh dirname mktemp rm cat; do
		ln -s "$(command -v "$command")" bin/
	done
	for command in make apt-get apk clang "$@"; do
		[ -e "bin/$command" ] ||
			printf '#!/bin/sh\necho "%s $*"\n' "$command" >"bin/$command"
	done
	printf '#!/bin/sh\necho 1000\n' >bin/id
	find bin -type f -exec chmod 755 {} + # not what the links point to
}

# run_sh WORD...: run.sh, for a user whose PATH is that directory.
run_sh() {
	env -i PATH="$PWD/bin" sh "$ROOT/tests/run.sh" "$@" 3>&-
}

# The commands that the tests need, except those in an sbin directory.
commands() {
	tr '\n' ' ' <"$ROOT/tests/run.sh" |
	    grep -oE "[[:space:]]commands=['\"][^'\"]*" |
	    sed "s/.*=.//; s/[$][a-z_]*//g" | xargs -n 1 | sort -u |
	    grep -vx -e dockerd -e make
}

# bats test_tags=slow
@test "demo.sh: plain user, namespaces allowed: works" {
	plain=(setpriv --reuid 4242 --regid 4242 --clear-groups
	    env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/)
	"${plain[@]}" unshare --user --map-root-user --pid --fork --mount-proc \
	    true || skip 'plain users may not make namespaces here'
	fresh_clone tree
	PUBLIC=$(mktemp -d /tmp/minireap.XXXXXX) # bats keeps its own private
	cp -r tree "$PUBLIC"
	chown -R 4242 "$PUBLIC"
	run -0 "${plain[@]}" sh "$PUBLIC/tree/examples/demo.sh" 3>&-
	echo "$output"
	[[ $output =~ 'zombies after they have exited '\ +4\ +0 ]]
}

@test "tests/run.sh: nothing is missing: runs make" {
	# shellcheck disable=SC2046 # words
	machine $(commands) dockerd musl-gcc systemd-socket-activate vim.tiny spin
	run -0 run_sh BUILD=x
	equal core 'make -s check BUILD=x' "$output"
	run -0 run_sh core BUILD=x
	equal core 'make -s check BUILD=x' "$output"
	for tier in engines slow all; do
		run -0 run_sh $tier BUILD=x CC=cc
		equal $tier "make -s check-$tier BUILD=x CC=cc" "$output"
	done
}

@test "tests/run.sh: apk only: does not ask for systemd's program" {
	# shellcheck disable=SC2046 # words
	machine $(commands) dockerd
	rm bin/apt-get
	run -0 run_sh all
	equal all 'make -s check-all' "$output"
}

@test "tests/run.sh: the core tier needs no engine and no emulator" {
	machine
	run -125 run_sh
	contains "$output" ' strace '
	run ! grep -E 'docker|podman|containerd|qemu|clang|spin|tmux' <<<"$output"
	for tier in engines:docker.io slow:qemu-system-x86; do
		run -125 run_sh "${tier%:*}"
		contains "$output" " ${tier#*:} "
	done
}

@test "tests/run.sh: plain user, commands missing: names them and how to install them" {
	machine
	run -125 run_sh
	[[ $output == *' bats '*'as root:'*'apt-get update && apt-get install '*' bats '* ]]
	rm bin/apt-get
	run -125 run_sh
	[[ $output == *' bats '*'as root:'*'apk add '*' bats '* ]]
}

@test "README: options: exactly those of --help" {
	run -0 "${MINIREAP:-$ROOT/minireap}" --help
	diff <(echo "$output" | long_options) \
	    <(sed -n '/^## Options/,/^## /p' "$README" | long_options)
}

@test "manual page: options: exactly those of --help" {
	run -0 "${MINIREAP:-$ROOT/minireap}" --help
	diff <(echo "$output" | long_options) \
	    <(sed -n 's/^\.It.* Fl -\([a-z-]*\).*/--\1/p' "$ROOT/minireap.1" |
		sort -u)
}

@test "README, docs: links: lead to files that exist" {
	for page in "$README" "$ROOT"/docs/*.md "$ROOT"/*.md; do
		grep -oE '\]\([^):]+\)' "$page" | tr -d ']()' | sed 's/#.*//' |
		    while read -r file; do
			[ -e "$(dirname "$page")/$file" ] ||
			    { echo "$page: no $file" && exit 1; }
		done
	done
}

@test "design.md: tests it names: exist" {
	cat >names.py <<-'PYTHON'
	import re, sys
	root = sys.argv[1]
	text = re.sub(r"\s+", " ", open(root + "/docs/design.md").read())
	bad = 0
	for note in re.findall(r"\*([^*]*\.bats[^*]*)\*", text):
	    for file, names in re.findall(r"([a-z-]+\.bats)(?:: ([^;]*))?", note):
	        tests = open(f"{root}/tests/{file}").read()
	        for name in re.split(r"\.\.\.,? ?", names):
	            if f'@test "{name.strip(".")}' not in tests:
	                print(f"no {file}: {name}")
	                bad = 1
	sys.exit(bad)
	PYTHON
	run -0 python3 names.py "$ROOT"
}

@test "README: size: fits in 260 lines" {
	[ "$(wc -l <"$README")" -le 260 ]
}
