# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# common.sh: shared by run.sh and growth.sh, which set $here and source it.
#
#   MINIREAP      the binary (default: minireap in the directory above bench/)
#   CC            the compiler for the bench's own programs
#   BUILD         where to put them (default: a temporary directory)
#   BENCH_ROUNDS  rounds of the main measurements (default 200)
#   BENCH_PEERS   other inits to measure if installed; the table reverses them

rounds=${BENCH_ROUNDS:-200}
minireap=${MINIREAP:-$(dirname "$here")/minireap}
group=

work=$(mktemp -d)
# shellcheck disable=SC2317 # called by trap
leave() {
	rm -rf "$work"
	[ -z "$group" ] || rmdir "$group"
}
trap leave EXIT
trap 'exit 1' HUP INT TERM
build=${BUILD:-$work}

[ -x "$minireap" ] || {
	echo "bench: no $minireap: run make first" >&2
	exit 1
}

build_programs() {
	mkdir -p "$build"
	build=$(cd "$build" && pwd)
	sh "$here/build.sh" "$build"
	export BENCH_LOAD="$build/bench-load"
	sync "$minireap" # see build.sh
}

# Print NAME=COMMAND for each of the other inits that is installed.
list_peers() {
	for peer in ${BENCH_PEERS-catatonit dumb-init tini-static tini}; do
		if file=$(command -v $peer); then
			echo "$peer=$file --"
		else
			echo "bench: skipping $peer: not installed" >&2
		fi
	done
}

runner() { # METRIC ROUNDS CANDIDATE...
	[ ! -t 2 ] || printf 'bench: %-20s\r' "$1" >&2
	"$build/bench-runner" "$@"
}

# Measures all candidates at the same time, since each one takes seconds.
run_idle() { # CANDIDATE...
	for candidate; do
		runner idle 1 "$candidate" >"$work/idle-${candidate%%=*}" &
	done
	wait
	cat "$work"/idle-*
}

fraction() { # DIVISOR: rounds / DIVISOR, but at least 3
	echo $((rounds / $1 > 3 ? rounds / $1 : 3))
}

at_most() { # MAX: rounds, but at most MAX
	echo $((rounds < $1 ? rounds : $1))
}

# Describe the machine, for drawings.
machine() {
	echo "$(uname -s) $(uname -r | cut -d. -f1,2), $(uname -m)," \
	    "$(getconf _NPROCESSORS_ONLN) CPUs"
}

# Create a cgroup for at most 64 processes: $group, empty if not permitted.
make_limited_group() {
	for root in /sys/fs/cgroup/pids /sys/fs/cgroup; do
		[ -d $root ] || continue
		group=$root/minireap-bench-$$
		if mkdir "$group" && echo 64 >"$group/pids.max"; then
			return
		fi 2>/dev/null
		rmdir "$group" 2>/dev/null || :
		group=
	done
	echo 'bench: skipping limited: cannot create a cgroup' >&2
}
