# SPDX-License-Identifier: MIT
# helpers.bash: functions that several test files use.

# wait_until SECONDS COMMAND...: poll until the command succeeds.  SECONDS are for
# a fast machine; the actual limit, for slow ones, is six times as long.
wait_until() {
	local seconds=$(($1 * 6))
	shift
	! "$@" || return 0
	# In a subshell, as <() sets $!.  Waiting by read needs no process.
	if ! (
		exec {idle}<> <(:)
		SECONDS=0
		until "$@"; do
			((SECONDS <= seconds)) || exit 1
			read -rt 0.02 -u "$idle" || :
		done
	); then
		echo "waited in vain for: $*"
		return 1
	fi
}

# equal WHAT EXPECTED ACTUAL
equal() {
	[ "$2" = "$3" ] && return
	printf '%s\n  expected: %q\n  actual:   %q\n' "$1" "$2" "$3"
	return 1
}

# contains TEXT PART
contains() {
	[[ $1 == *"$2"* ]] && return
	printf 'expected in it: %q\n  actual: %q\n' "$2" "$1"
	return 1
}

# needs_root: skip the test unless root runs it.
needs_root() {
	[ "$(id -u)" = 0 ] || skip 'only root may do what this takes'
}

# as_pid_1 COMMAND...: run it as PID 1 of a new PID namespace with its own /proc;
# when it exits, the kernel kills the remaining processes.
as_pid_1() {
	unshare --pid --fork --kill-child --mount-proc "$@"
}

# child_of PID: wait until it has a child, and print the first one's pid.
child_of() {
	wait_until 5 has_child "$1" >&2 && awk '{ print $1 }' \
	    "/proc/$1/task/$1/children"
}

has_child() {
	[ -n "$(cat "/proc/$1/task/$1/children" 2>/dev/null)" ]
}

# start_ready COMMAND...: run init in the background, set INIT to its pid, and
# return once main has printed "ready".  Main's output goes to the file "heard",
# init's messages to "said".
start_ready() {
	rm -f heard
	env --default-signal=INT,QUIT "$@" >heard 2>said 3>&- &
	INIT=$!
	wait_until 10 grep -q ready heard
}

# exits STATUS [PID]: wait for init and check its exit status.
exits() {
	local status=0
	wait "${2:-$INIT}" || status=$?
	equal 'exit status' "$1" "$status"
}

# signals_of PID FIELD: print that field of /proc/PID/status, such as SigCgt.
signals_of() {
	awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

# state_of PID: R, S, T, Z...; empty if it no longer exists.
state_of() {
	awk '$1 == "State:" { print $2 }' "/proc/$1/status" 2>/dev/null
}

# is_musl: the binary is linked with musl; with glibc it is much larger.
is_musl() {
	[ "$(stat -c %s "$MINIREAP")" -lt 200000 ]
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# copy_sources DIRECTORY: copy what make needs to build and install the program.
copy_sources() {
	local from=$BATS_TEST_DIRNAME/.. folders name
	folders=$(make -s -C "$from" --eval='folders: ; @echo $(FOLDERS)' folders)
	mkdir -p "$1"
	cp "$from"/*.[ch] "$1"
	for name in Makefile LICENSE minireap.1 $folders; do
		cp -r "$from/$name" "$1"
	done
}

# fresh_clone DIRECTORY: copy the files of $ROOT that a clone would have.
fresh_clone() {
	mkdir "$1"
	if git -C "$ROOT" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$ROOT" ls-files -z --cached --others --exclude-standard
	else # from a release's tar file
		(cd "$ROOT" && find . -type f ! -path './obj/*' \
		    ! -path './build/*' ! -path './dist/*' \
		    ! -path ./minireap -print0)
	fi >list
	tar -C "$ROOT" --null -T list --ignore-failed-read -c | tar -C "$1" -x
}

mounts_below() { # DIRECTORY
	awk -v below="$1/" 'index($2, below) == 1 { print $2 }' /proc/mounts
}

# remove_root DIRECTORY: remove an engine's files, mounts and empty cgroups.  If
# anything is still mounted below, no file is deleted.
remove_root() {
	mounts_below "$1" | sort -r | xargs -r umount -l
	find /sys/fs/cgroup -depth -type d -path "*/${1##*/}*" -exec rmdir {} +
	[ -n "$(mounts_below "$1")" ] || rm -rf "$1"
}
