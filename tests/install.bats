#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --install FILE: the whole file, or none and one message with the reason.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir to
}

# refused REASON FILE: --install FILE fails: status 125, and one message.
refused() {
	run --separate-stderr -125 "$MINIREAP" --install "$2"
	equal stdout '' "$output"
	equal line "minireap: cannot install $2: $1" "$stderr"
}

@test "--install: a new file: the same bytes, mode 0755 under any umask, no output" {
	for mask in 000 022 777; do
		run -0 bash -c 'umask "$1"; exec "$0" --install "to/$1"' \
		    "$MINIREAP" $mask
		equal output '' "$output"
		cmp "$MINIREAP" to/$mask
		equal mode 755 "$(stat -c %a to/$mask)"
	done
	equal files $'000\n022\n777' "$(ls -A to)"
	run -3 to/777 -- sh -c 'exit 3'
}

@test "--install: FILE is a file, a symlink, a running program, itself: replaced" {
	echo old >old
	ln old to/file
	ln -s ../old to/link
	"$MINIREAP" --install to/file
	"$MINIREAP" --install to/link
	equal old old "$(cat old)"
	cmp "$MINIREAP" to/file
	[ ! -L to/link ]
	cmp "$MINIREAP" to/link
	to/file -- sleep 30 3>&- &
	wait_until 5 has_child $!
	to/file --install to/file
	kill -TERM $!
	cmp "$MINIREAP" to/file
	equal files $'file\nlink' "$(ls -A to)"
}

@test "--install: a name of 255 bytes: installed" {
	long=$(printf '%0255d' 0)
	"$MINIREAP" --install "to/$long"
	cmp "$MINIREAP" "to/$long"
	(cd to && "$MINIREAP" --install here)
	equal files "$long"$'\nhere' "$(ls -A to)"
}

@test "--install: argv[0] is an arbitrary word: installs the running program" {
	run -0 bash -c 'exec -a any-name "$0" --install to/file' "$MINIREAP"
	cmp "$MINIREAP" to/file
}

# bats test_tags=static
@test "--install: without /proc: status 125, and nothing is installed" {
	needs_root
	run --separate-stderr -125 unshare --mount bash -c '
	    mount -t tmpfs none /proc && exec "$0" --install to/no' "$MINIREAP"
	equal line 'minireap: cannot install to/no: no such file or directory' \
	    "$stderr"
	equal files '' "$(ls -A to)"
}

@test "--install: FILE cannot be written: one message, status 125, nothing left behind" {
	echo file >to/file
	mkdir to/full
	refused 'no such file or directory' to/missing/file
	refused 'not a directory' to/file/below
	for directory in to to/ to/full . / ..; do
		refused 'is a directory' $directory
	done
	refused 'file name too long' "to/$(printf '%0300d' 1)"
	run --separate-stderr -125 "$MINIREAP" --install "$(printf '%05000d' 1)"
	equal lines 1 "$(wc -l <<<"$stderr")"
	refused 'no such file or directory' ''
	equal files $'file\nfull' "$(ls -A to)"
	equal file file "$(cat to/file)"
	: >log
	run -125 "$MINIREAP" -T"$PWD/log" --install to
	contains "$(cat log)" 'cannot install to: is a directory'
	# Under another init's name, its own failures have that init's status.
	run -1 bash -c 'exec -a tini "$0" --install to' "$MINIREAP"
}

@test "--install: disk full or read-only: one message, status 125, the old file stays" {
	needs_root
	run -0 unshare --mount bash -ec '
		mount -t tmpfs -o size=16k none to
		echo old >to/old
		for file in to/new to/old; do
			status=0
			"$0" --install $file 2>>lines || status=$?
			[ $status = 125 ]
		done
		ls -A to
		cat to/old
		mount -o remount,ro to
		"$0" --install to/new 2>>lines || [ $? = 125 ]
		ls -A to' "$MINIREAP"
	equal files $'old\nold\nold' "$output"
	equal lines "\
minireap: cannot install to/new: no space left on device
minireap: cannot install to/old: no space left on device
minireap: cannot install to/new: read-only file system" "$(cat lines)"
}

# bats test_tags=static
@test "--install: order: the data is on the disk before the file has its name" {
	strace -o trace "$MINIREAP" --install to/file
	# With O_SYNC, what was written is on the disk when write(2) returns.
	grep -E '^open.*"to/\.[0-9]+", .*O_EXCL.*O_SYNC' trace
	last=$(grep -nE '^write\(' trace | tail -n 1)
	rename=$(grep -nE '^rename.*"to/\.[0-9]+".*"to/file"\) += 0' trace)
	[ "${last%%:*}" -lt "${rename%%:*}" ]
}

# bats test_tags=static
@test "--install: HUP and TERM while it writes: installs the whole file" {
	# The first write is delayed by 2 s, so that the signals arrive meanwhile.
	strace -f -e trace=write -e inject=write:delay_enter=2s:when=1 -o trace \
	    "$MINIREAP" --install to/file 3>&- &
	job=$!
	wait_until 5 eval '[ -n "$(ls -A to)" ]'
	init=$(child_of $job)
	kill -HUP "$init"
	kill -TERM "$init"
	wait $job
	equal files file "$(ls -A to)"
	cmp "$MINIREAP" to/file
}

@test "--install: a command or no FILE: rejected; under the name pause: works" {
	run --separate-stderr -125 "$MINIREAP" --install to/file true
	equal line 'minireap: true: --pause and --install take no command' "$stderr"
	run --separate-stderr -125 "$MINIREAP" --install
	equal line 'minireap: option --install: needs a value' "$stderr"
	equal files '' "$(ls -A to)"
	run -0 bash -c 'exec -a pause "$0" --install=to/file' "$MINIREAP"
	MINIREAP_OPTIONS='--install to/other' run -0 "$MINIREAP"
	equal files $'file\nother' "$(ls -A to)"
}
