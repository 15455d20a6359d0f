#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for a shell in a container to expand
# bats file_tags=static,engines
# Interactive sessions under docker run -it, with keys typed by typist.py.

bats_require_minimum_version 1.5.0

load engine

setup_file() {
	docker_begin
	[ -z "$ENGINE_MISSING" ] || return 0
	image_tree "$ENGINE/tree"
	add_program dash bash
	# Prints how many ^C it received, once /tmp/go exists.
	cat >"$ENGINE/tree/bin/count" <<-'COUNT'
	#!/bin/busybox ash
	n=0
	trap 'n=$((n + 1))' INT
	echo counting
	until [ -e /tmp/go ]; do sleep 0.1; done
	echo "count is $n"
	COUNT
	# runs WORD...: is there a process with that command line?
	printf '#!/bin/busybox ash\nps -o args | grep -qx "$*"\n' \
	    >"$ENGINE/tree/bin/runs"
	# front WORD...: is there one in the foreground of its terminal?
	cat >"$ENGINE/tree/bin/front" <<-'FRONT'
	#!/bin/busybox ash
	for process in /proc/[0-9]*; do
		[ "$(tr '\0' ' ' <$process/cmdline)" = "$* " ] &&
			awk '{ exit $5 != $8 }' $process/stat && exit 0
	done 2>/dev/null
	exit 1
	FRONT
	chmod 755 "$ENGINE/tree/bin/count" "$ENGINE/tree/bin/runs" \
	    "$ENGINE/tree/bin/front"
	image_import init "$ENGINE/tree" 'ENTRYPOINT ["/minireap", "--"]' \
	    'ENV PS1=in>' 'ENV TERM=vt100' 'ENV ENV='
}

setup() {
	docker_must_run
	cd "$BATS_TEST_TMPDIR" || return
	export NAME=test-$BATS_TEST_NUMBER PS1='# ' ENV='' HOME=/nonexistent
}

teardown() {
	docker rm -f "$NAME" >/dev/null 2>&1 || :
}

teardown_file() {
	docker_end
}

# add_program NAME...: add programs and their libraries to the image.
add_program() {
	local name
	for name; do
		cp "$(command -v "$name")" "$ENGINE/tree/bin/"
		ldd "$(command -v "$name")" 2>/dev/null |
		    grep -o '/[^ :]*' || :
	done | sort -u | xargs -r tar -C / --dereference -c 2>/dev/null |
	    tar -C "$ENGINE/tree" -x
}

# typed_to_cat KEY: run cat, wait until it has copied a line, and type KEY.
typed_to_cat() {
	cat <<-STEPS
	send cat\n
	until docker exec $NAME front cat
	send hello\n
	expect hello
	expect hello
	send $1
	STEPS
}

# session_steps SHELL...: a session with that shell in a container, started from
# dash.
session_steps() {
	cat <<-STEPS
	foreground dash
	remember
	send docker run -it --name $NAME init $*\n
	expect in>
	send stty size | grep -q 24.80 || sleep 1; stty size\n
	expect 24 80
	resize 33 90
	send until [ "\$(stty size)" = "33 90" ]; do sleep 0.1; done; echo resi""zed\n
	expect resized
	expect in>

	send count\n
	expect counting
	send ^C
	until sleep 0.2 && docker exec $NAME touch /tmp/go
	expect count is 1
	expect in>

	$(typed_to_cat ^C)
	expect in>
	send echo status=\$?\n
	expect status=130
	$(typed_to_cat ^\\)
	expect in>
	send echo status=\$?\n
	expect status=131

	$(typed_to_cat ^Z)
	expect Stopped
	expect in>
	send jobs\n
	expect Stopped
	expect in>
	send fg\n
	until docker exec $NAME front cat
	send again\n
	expect again
	expect again
	send ^D
	expect in>
	send sleep 100\n
	until docker exec $NAME front sleep 100
	send ^Z
	expect Stopped
	expect in>
	send bg\n
	expect in>
	send jobs\n
	expect Running
	expect in>
	send fg\n
	until docker exec $NAME front sleep 100
	send ^C
	expect in>

	send cat | tr a-z A-Z\n
	until docker exec $NAME front cat
	send whisper\n^D
	expect WHISPER
	expect in>

	send echo alpha beta >/tmp/file; busybox vi /tmp/file\n
	expect alpha beta
	expect /tmp/file
	resize 40 100
	expect alpha beta
	send :q\n
	expect in>

	send ^P^Q
	foreground dash
	unchanged
	send docker attach $NAME\n
	send \n
	expect in>
	send echo atta""ched\n
	expect attached
	expect in>
	send exit 3\n
	foreground dash
	unchanged
	send echo status=\$?\n
	expect status=3
	send exit 0\n
	end 0
	STEPS
}

# session SHELL...: run it, without a complaint of the shell or minireap.
session() {
	output=$(session_steps "$@" | timeout 120 python3 \
	    "$BATS_TEST_DIRNAME/typist.py" dash 3>&-) || {
		echo "$output"
		return 1
	}
	[[ $output != *"job control"* && $output != *minireap* ]]
}

@test "docker run -it: a session in busybox ash: keys, jobs, resizing and attaching work" {
	session ash
}

@test "docker run -it: a session in dash: keys, jobs, resizing and attaching work" {
	session dash
}

@test "docker run -it: a session in bash: keys, jobs, resizing and attaching work" {
	session bash --norc --noprofile
}

@test "docker run -it: -b, only a worker remains: ^C terminates it" {
	timeout 60 python3 "$BATS_TEST_DIRNAME/typist.py" docker run --rm -it \
	    --name "$NAME" --entrypoint /minireap init -b -- bash -mc '
	    setsid sleep 600 & echo started' 3>&- <<-STEPS
	expect started
	until docker exec $NAME runs sleep 600
	send ^Z
	send ^C
	end 0
	STEPS
}
