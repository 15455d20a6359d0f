# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# common.sh: what run.sh and growth.sh share: the bench's own programs, the
# inits that there are to measure, and how.  Sourced, with $here set.
#
#   MINIREAP      the binary (default: the one beside bench/)
#   CC            compiler of the bench's own programs
#   BUILD         where they go (default: a temporary directory)
#   BENCH_ROUNDS  rounds of the main measurements (default 200)
#   BENCH_PEERS   inits to look for, the last one first in the table

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
	sync "$minireap" # else its pages count as dirty memory
}

# The inits, NAME=COMMAND each, that are installed.
list_peers() {
	for peer in ${BENCH_PEERS-catatonit dumb-init tini-static tini}; do
		if file=$(command -v $peer); then
			echo "$peer=$file --"
		else
			echo "$peer is not installed and left out." >&2
		fi
	done
}

runner() { # METRIC ROUNDS CANDIDATE...
	[ ! -t 2 ] || printf 'bench: %-20s\r' "$1" >&2
	"$build/bench-runner" "$@"
}

# Seconds of doing nothing: all at once.
all_idle() { # CANDIDATE...
	for candidate; do
		runner idle 1 "$candidate" >"$work/idle-${candidate%%=*}" &
	done
	wait
	cat "$work"/idle-*
}

few() { # DIVISOR: that part of the rounds, at least 3
	echo $((rounds / $1 > 3 ? rounds / $1 : 3))
}

at_most() { # MOST: so many rounds, or fewer if fewer are asked for
	echo $((rounds < $1 ? rounds : $1))
}

# For a drawing: what the figures depend on.
machine() {
	echo "$(uname -s) $(uname -r | cut -d. -f1,2), $(uname -m)," \
	    "$(getconf _NPROCESSORS_ONLN) CPUs"
}

# A control group that at most 64 processes may be in, or none: see $group.
limit_processes() {
	for root in /sys/fs/cgroup/pids /sys/fs/cgroup; do
		[ -d $root ] || continue
		group=$root/minireap-bench-$$
		if mkdir "$group" && echo 64 >"$group/pids.max"; then
			return
		fi 2>/dev/null
		rmdir "$group" 2>/dev/null || :
		group=
	done
	echo 'No right to make a control group: pids.max is left out.' >&2
}
