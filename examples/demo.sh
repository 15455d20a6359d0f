#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh: show what an init does in a container, without Docker.  The same
# program runs twice in its own PID namespace: once under a PID 1 that does not
# wait for children, once under minireap.  Its helpers exit and leave one orphan
# each, whose parent is then PID 1; the orphans exit too, and PID 1 has to reap
# them.  No init can reap the children of a living parent that does not wait:
# minireap finds that parent and terminates it.
#
#	sh examples/demo.sh
#	sh examples/demo.sh --postgres	what the orphans do to PostgreSQL
#
# It builds minireap first.  Missing programs are installed by apt-get or apk as
# root; other users see the command.  Status: 0 if everything was as expected, 1
# if not, 2 if the demo cannot run here.
set -u

ORPHANS=4
LIFE=60      # seconds until all processes of a namespace exit by themselves
PATIENCE=20  # seconds for what takes a moment on a fast machine

# From here to the case: what runs in the namespace.

# Print a line for each process: PID PARENT STATE NAME.  From /proc, as ps may
# be missing.  NAME may have blanks and parentheses: it ends at the last one.
processes() {
	for stat in /proc/[0-9]*/stat; do
		{ read -r line <"$stat"; } 2>/dev/null || continue
		name=${line#*\(}
		# shellcheck disable=SC2086 # words
		set -- ${line%% *} ${line##*) }
		printf '%s %s %s %s\n' "$1" "$3" "$2" "${name%)*}"
	done
}

# Print the pids of the orphans in state $1: PID 1's children, except this shell.
orphans() {
	processes | while read -r pid parent state _; do
		# shellcheck disable=SC2254 # a pattern
		case "$parent $pid $state" in
		"1 $$ "?) ;;
		"1 $pid "$1) printf '%s\n' "$pid" ;;
		esac
	done
}

# Wait until there are $2 orphans in state $1, for at most $3 seconds.
await_orphans() {
	tries=0
	while [ "$(orphans "$1" | wc -l)" -ne "$2" ] &&
		[ $tries -lt $((${3:-$PATIENCE} * 20)) ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
}

# Print the number of zombies that process $1 has not waited for.
zombies_of() {
	processes | grep -c "^[0-9]* $1 Z "
}

# Send each process in the file $1 the signal $2, and note their number as $3.
signal_each() {
	while read -r pid; do
		kill -s "$2" "$pid"
	done <"$1"
	note "$3" $(($(wc -l <"$1")))
}

note() {
	printf '%s %s\n' "$1" "$2" >>"$notes/seen"
}

# Wait until minireap has logged the orphans that it reaped.
await_log() {
	tries=0
	while [ "$(grep -c reaped "$notes/log")" -lt $ORPHANS ] &&
		[ $tries -lt $((PATIENCE * 20)) ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	cp "$notes/log" "$notes/reaped"
}

# Start a parent that does not wait for its children, and let minireap, $1,
# terminate it.
neglect() {
	sh -c "sleep 0 & sleep 0 & sleep 0 & exec sleep $LIFE" &
	negligent=$!
	tries=0
	until [ "$(zombies_of $negligent)" -eq 3 ] ||
		[ $tries -gt $((PATIENCE * 20)) ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	"$1" --zombies >"$notes/held" 2>&1
	"$1" --zombies=TERM >"$notes/cured" 2>&1
	note cured $?
	wait "$negligent"
}

# A typical program: its helpers leave orphans, it has a lock file, and on
# SIGTERM it tidies up.  $1: the directory for its notes; $2: minireap; $3, if
# set: a function to call when the orphans have exited.
program() {
	notes=$1
	idle=''
	: >"$notes/lock"
	trap 'rm -f "$notes/lock"; kill "$idle"; exit 42' TERM
	n=0
	while [ $n -lt $ORPHANS ]; do
		(sleep $LIFE &)
		n=$((n + 1))
	done
	await_orphans '[!Z]' $ORPHANS
	orphans '[!Z]' >"$notes/orphans"
	signal_each "$notes/orphans" TERM left
	await_orphans '[!Z]' 0
	await_orphans Z 0 1 # a PID 1 that waits for them needs no longer
	"$2" --zombies >"$notes/found" 2>&1
	orphans Z >"$notes/zombies"
	signal_each "$notes/zombies" KILL zombies
	note killed $(($(orphans Z | wc -l)))
	if [ $# -gt 2 ]; then
		await_log
		"$3" "$2"
	fi
	sleep $LIFE &
	idle=$!
	: >"$notes/ready"
	wait "$idle"
}

case ${1-} in
--postgres)
	exec sh "$(dirname "$0")/postgres.sh"
	;;
--program)
	shift
	program "$@"
	exit
	;;
--careless-pid-1)
	sh "$0" --program "$2" "$3" &
	exec sleep $LIFE
	;;
esac

# From here on: what runs outside the namespace.

set_colours() {
	bold='' red='' green='' plain=''
	[ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM-dumb}" != dumb ] ||
		return 0
	escape=$(printf '\033')
	bold="${escape}[1m" plain="${escape}[0m"
	red="${escape}[31m" green="${escape}[32m"
}

say() {
	printf '%s\n' "$@"
}

give_up() {
	say "$@" >&2
	exit 2
}

# Set now, in hundredths of a second since the machine started.
look_at_clock() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}
}

seconds() {
	printf '%d.%02d s' $(($1 / 100)) $(($1 % 100))
}

# Print the file $1 and an empty line.
show() {
	sed 's/^/   /' "$1"
	say ''
}

compiles() {
	# shellcheck disable=SC2086 # CC may hold options
	printf '#include <unistd.h>\nint main(void) { return 0; }\n' |
		$1 -static -x c -o "$tmp/try" - 2>/dev/null
}

# Is there all that the build and the demo need?  CC as the Makefile chooses it.
is_complete() {
	command -v make >/dev/null && command -v unshare >/dev/null || return 1
	if [ -n "${CC-}" ]; then
		compiles "$CC"
	else
		compiles musl-gcc || compiles gcc || compiles clang ||
			compiles cc
	fi
}

install_needs() {
	if command -v apt-get >/dev/null; then
		command='apt-get update && apt-get install -y musl-tools make util-linux'
	elif command -v apk >/dev/null; then
		command='apk add gcc musl-dev make util-linux'
	else
		give_up 'demo: please install make, a C compiler, a static libc and unshare'
	fi
	if [ "$(id -u)" != 0 ]; then
		give_up 'demo: to build minireap, first run this as root:' \
			"  $command"
	fi
	say "Installing what is missing: $command" ''
	DEBIAN_FRONTEND=noninteractive sh -c "$command" </dev/null \
		>"$tmp/log" 2>&1 && is_complete && return
	cat "$tmp/log" >&2
	give_up 'demo: the installation failed'
}

# Set unshare to the command that makes a PID namespace on this machine.
find_unshare() {
	: >"$tmp/log"
	for unshare in 'unshare --pid --fork --mount-proc' \
		'unshare --user --map-root-user --pid --fork --mount-proc'; do
		# shellcheck disable=SC2016 # for the shell inside
		[ "$($unshare sh -c 'read -r pid _ </proc/self/stat; echo $pid' \
			2>>"$tmp/log")" = 1 ] && return
	done
	cat "$tmp/log" >&2
	[ "$(id -u)" = 0 ] || give_up \
		'demo: only root may make namespaces on this machine. As root:' \
		'  sh examples/demo.sh'
	give_up \
		'demo: root may not make namespaces here. A container needs more rights' \
		'for that than usual, such as those of docker run --privileged'
}

child_of() {
	processes | while read -r pid parent _; do
		[ "$parent" != "$1" ] || say "$pid"
	done
}

# Start $2... as PID 1 and wait until the program is ready.  $1: the directory
# for its notes.  Sets outer, the parent of PID 1, and init, the pid of PID 1 here.
start() {
	notes=$1
	shift
	mkdir "$notes"
	# shellcheck disable=SC2086 # a command and its options
	(trap '' HUP && exec $unshare "$@" </dev/null >"$notes/log" 2>&1) &
	outer=$!
	look_at_clock
	limit=$((now + PATIENCE * 100))
	until [ -e "$notes/ready" ]; do
		look_at_clock
		if ! kill -0 $outer 2>/dev/null || [ "$now" -gt $limit ]; then
			cat "$notes/log" >&2
			give_up "demo: the program is not ready after $PATIENCE s"
		fi
		sleep 0.02
	done
	init=$(child_of $outer)
}

# Does PID 1 exit within $1 hundredths of a second?
exits_within() {
	look_at_clock
	limit=$((now + $1))
	while kill -0 "$init" 2>/dev/null; do
		look_at_clock
		[ "$now" -lt $limit ] || return 1
		sleep 0.02
	done
}

# Stop as docker stop does: SIGTERM and, here after a second, SIGKILL.
stop() {
	look_at_clock
	begin=$now
	kill -s TERM "$init"
	if exits_within 100; then
		wait "$outer"
		note status $?
	else
		kill -s KILL "$init"
		wait "$outer" 2>/dev/null # its status differs between systems
		note status killed
	fi
	look_at_clock
	note time "$(seconds $((now - begin)))"
	init='' outer=''
	if [ -e "$notes/lock" ]; then
		note tidied no
	else
		note tidied yes
	fi
}

clean_up() {
	if [ -n "$outer" ]; then
		init=${init:-$(child_of "$outer")}
		# shellcheck disable=SC2086 # none, or one
		kill -s KILL $init "$outer" 2>/dev/null
		wait "$outer" 2>/dev/null
	fi
	rm -rf "$tmp"
}

# Print what was noted as $1, in the directory $2.
seen() {
	sed -n "s/^$1 //p" "${2:-$notes}/seen"
}

show_careless() {
	say "${bold}1. PID 1 is sleep, which does not wait for children${plain}" ''
	start "$tmp/sleep" sh "$self" --careless-pid-1 "$tmp/sleep" \
		"$build/minireap"
	say "   $(seen left) orphans have exited. minireap --zombies shows:" ''
	show "$notes/found"
	say "   After kill -9 of each there are still $(seen killed): a zombie cannot be killed."
	stop
	say '   SIGTERM to PID 1, as docker stop sends it: the kernel drops it, the program' \
		"   never receives it. SIGKILL after $(seen time): nothing is tidied up." ''
}

show_minireap() {
	say "${bold}2. PID 1 is minireap${plain}" ''
	start "$tmp/minireap" "$build/minireap" -w -- \
		sh "$self" --program "$tmp/minireap" "$build/minireap" neglect
	say "   The same program. $(seen left) orphans have exited:" ''
	show "$notes/reaped"
	show "$notes/found"
	say '   Now a living parent that does not wait: no init can reap its children.' ''
	show "$notes/held"
	say '   --zombies=TERM sends it SIGCHLD and, as that does not help, SIGTERM:' ''
	show "$notes/cured"
	stop
	say '   SIGTERM to PID 1: minireap forwards it, the program tidies up and exits.' \
		"   That took $(seen time). Its status, $(seen status), is the container's." ''
}

# Print a row: the label $1, what was noted as $2, and if not as expected, $3 and
# $4.
row() {
	left=$(seen "$2" "$tmp/sleep")
	right=$(seen "$2" "$tmp/minireap")
	bad='' good=''
	[ "$left" = "$right" ] || bad=$red good=$green
	verdict=''
	if [ "$left" != "${3-$left}" ] || [ "$right" != "${4-$right}" ]; then
		verdict="    expected: $3, $4"
		as_expected=no
	fi
	printf '   %-34s %s%-12s %s%s%s%s\n' "$1" "$bad" "$left" "$good" "$right" \
		"$plain" "$verdict"
}

compare() {
	as_expected=yes
	printf '   %s%-34s %-12s %s%s\n' "$bold" 'PID 1' sleep minireap "$plain"
	row 'orphans' left $ORPHANS $ORPHANS
	row 'zombies after they have exited' zombies $ORPHANS 0
	row 'zombies after kill -9' killed $ORPHANS 0
	row 'SIGTERM: does the program tidy up?' tidied no yes
	row 'SIGTERM: time until the exit' time
	row 'exit status' status killed 42
	[ $as_expected = yes ] && [ "$(seen cured "$tmp/minireap")" = 0 ]
}

main() {
	unset MINIREAP_OPTIONS
	LC_ALL=C
	export LC_ALL
	init='' outer=''
	tmp=$(mktemp -d) || exit 2
	trap clean_up EXIT
	for sig in HUP INT TERM; do
		# shellcheck disable=SC2064 # with this signal's name
		trap "trap - EXIT $sig; clean_up; kill -s $sig $$" $sig
	done
	set_colours
	cd "$(dirname "$0")/.." || exit 2
	self=$PWD/examples/${0##*/}
	is_complete || install_needs
	build=$PWD
	[ -w . ] || build=$tmp/build
	make -s BUILD="$build" || exit 2
	find_unshare
	show_careless
	show_minireap
	compare
}

main
