#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh: what an init does in a container, before your eyes and without
# Docker.  The same program runs twice in a PID namespace of its own: once
# under a PID 1 that waits for nobody, once under minireap.  Its helpers end
# and leave a process behind each, which makes PID 1 the parent; then those
# processes end too, and somebody has to wait for them.  Where their parent
# lives and does not wait no init can: minireap finds it, and ends it.
#
#	sh examples/demo.sh
#
# Builds minireap first.  What is missing for that is installed by apt-get or
# apk as root; anybody else is told the command.  Status: 0 if everything was
# as it should be, 1 if not, 2 if it could not be shown here.
set -u

ORPHANS=4
LIFE=20      # seconds after which all in a namespace ends by itself
PATIENCE=500 # hundredths of a second to wait for the program to be ready

# ------------------------------------------- inside: the program, and PID 1

# Every process, a line each: PID PARENT STATE NAME.  From /proc, as there may
# be no ps.  NAME may hold blanks and parentheses: it ends at the last one.
processes() {
	for stat in /proc/[0-9]*/stat; do
		{ read -r line <"$stat"; } 2>/dev/null || continue
		name=${line#*\(}
		# shellcheck disable=SC2086 # words are what is wanted
		set -- ${line%% *} ${line##*) }
		printf '%s %s %s %s\n' "$1" "$3" "$2" "${name%)*}"
	done
}

# The pids of the orphans whose state matches $1: PID 1's children but us.
orphans() {
	processes | while read -r pid parent state _; do
		# shellcheck disable=SC2254 # a pattern is what is wanted
		case "$parent $pid $state" in
		"1 $$ "?) ;;
		"1 $pid "$1) printf '%s\n' "$pid" ;;
		esac
	done
}

# Wait until there are $2 orphans in state $1, at most for a second.
await_orphans() {
	tries=0
	while [ "$(orphans "$1" | wc -l)" -ne "$2" ] && [ $tries -lt 20 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
}

# Signal every process in list $1 with $2, and note how many there are as $3.
signal_each() {
	while read -r pid; do
		kill -s "$2" "$pid"
	done <"$1"
	note "$3" $(($(wc -l <"$1")))
}

note() {
	printf '%s %s\n' "$1" "$2" >>"$notes/seen"
}

# Wait until minireap has said what it has reaped, at most for a second.
await_log() {
	tries=0
	while [ "$(grep -c reaped "$notes/log")" -lt $ORPHANS ] &&
		[ $tries -lt 20 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	cp "$notes/log" "$notes/reaped"
}

# A parent that lives and does not wait for its children: who has them then?
neglect() {
	sh -c "sleep 0 & sleep 0 & sleep 0 & exec sleep $LIFE" &
	negligent=$!
	sleep 0.2
	"$1" --zombies >"$notes/held"
	"$1" --zombies=TERM >"$notes/cured"
	note cured $?
	wait "$negligent"
}

# A program as there are many: its helpers leave processes behind, it holds a
# lock, and when it is told to stop it tidies up.  $1: where its notes go; $2:
# minireap; $3, if there is one: what it does then.
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
	await_orphans Z 0 # PID 1 has a second's time to wait for them
	"$2" --zombies >"$notes/found"
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

# ------------------------------------------------------- outside: the words

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

# Sets now, hundredths of a second since the machine started.
look_at_clock() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}
}

seconds() {
	printf '%d.%02d s' $(($1 / 100)) $(($1 % 100))
}

# What a command printed, and a line of space.
show() {
	sed 's/^/   /' "$1"
	say ''
}

# ---------------------------------------------------- outside: what it takes

compiles() {
	# shellcheck disable=SC2086 # CC may hold options
	printf '#include <unistd.h>\nint main(void) { return 0; }\n' |
		$1 -static -x c -o "$tmp/try" - 2>/dev/null
}

# As the Makefile chooses.
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
	say "Installing what it takes: $command" ''
	DEBIAN_FRONTEND=noninteractive sh -c "$command" </dev/null \
		>"$tmp/log" 2>&1 && is_complete && return
	cat "$tmp/log" >&2
	give_up 'demo: that did not work'
}

# Sets unshare, the command that makes a PID namespace on this machine.
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
		'demo: plain users may not make namespaces on this machine. As root:' \
		'  sh examples/demo.sh'
	give_up \
		'demo: root may not make namespaces here. In a container that takes more' \
		'than the usual rights, such as those of docker run --privileged'
}

# ----------------------------------------------------- outside: the namespace

child_of() {
	processes | while read -r pid parent _; do
		[ "$parent" != "$1" ] || say "$pid"
	done
}

# Run $2... as PID 1, until the program is ready.  $1: where its notes go.
# Sets outer, the process that waits for PID 1, and init, PID 1 as seen here.
start() {
	notes=$1
	shift
	mkdir "$notes"
	# shellcheck disable=SC2086 # a command and its options
	(trap '' HUP && exec $unshare "$@" </dev/null >"$notes/log" 2>&1) &
	outer=$!
	look_at_clock
	limit=$((now + PATIENCE))
	until [ -e "$notes/ready" ]; do
		look_at_clock
		if ! kill -0 $outer 2>/dev/null || [ "$now" -gt $limit ]; then
			cat "$notes/log" >&2
			give_up 'demo: the program did not get ready'
		fi
		sleep 0.02
	done
	init=$(child_of $outer)
}

# Has PID 1 ended, or does it within $1 hundredths of a second?
ends_within() {
	look_at_clock
	limit=$((now + $1))
	while kill -0 "$init" 2>/dev/null; do
		look_at_clock
		[ "$now" -lt $limit ] || return 1
		sleep 0.02
	done
}

# As docker stop: SIGTERM, then, after a second here, SIGKILL.
stop() {
	look_at_clock
	begin=$now
	kill -s TERM "$init"
	if ends_within 100; then
		wait "$outer"
		note status $?
	else
		kill -s KILL "$init"
		wait "$outer" 2>/dev/null # its status is another one everywhere
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

# ---------------------------------------------------------- outside: the story

# What was noted under $1; $2: whose notes.
seen() {
	sed -n "s/^$1 //p" "${2:-$notes}/seen"
}

tell_careless() {
	say "${bold}1. PID 1 is sleep, which waits for nobody${plain}" ''
	start "$tmp/sleep" sh "$self" --careless-pid-1 "$tmp/sleep" \
		"$build/minireap"
	say "   $(seen left) processes were left behind, and have ended. minireap --zombies says:" ''
	show "$notes/found"
	say "   After kill -9 of each there are $(seen killed): the dead cannot be killed."
	stop
	say '   SIGTERM to PID 1, as docker stop sends it: the kernel drops it, the program' \
		"   hears nothing. SIGKILL after $(seen time); nothing is tidied up." ''
}

tell_minireap() {
	say "${bold}2. PID 1 is minireap${plain}" ''
	start "$tmp/minireap" "$build/minireap" -w -- \
		sh "$self" --program "$tmp/minireap" "$build/minireap" neglect
	say "   The same program. $(seen left) processes were left behind, and have ended:" ''
	show "$notes/reaped"
	show "$notes/found"
	say '   Now a parent that lives and does not wait: no init can reap for it.' ''
	show "$notes/held"
	say '   --zombies=TERM reminds it by SIGCHLD, and as it does not care, ends it:' ''
	show "$notes/cured"
	stop
	say '   SIGTERM to PID 1: minireap forwards it, the program tidies up and ends.' \
		"   That took $(seen time). Its status, $(seen status), is the container's." ''
}

# A row of the table: its label, what was noted under $2, what it should be.
row() {
	left=$(seen "$2" "$tmp/sleep")
	right=$(seen "$2" "$tmp/minireap")
	bad='' good=''
	[ "$left" = "$right" ] || bad=$red good=$green
	verdict=''
	if [ "$left" != "${3-$left}" ] || [ "$right" != "${4-$right}" ]; then
		verdict="    should be: $3, $4"
		as_it_should_be=no
	fi
	printf '   %-34s %s%-12s %s%s%s%s\n' "$1" "$bad" "$left" "$good" "$right" \
		"$plain" "$verdict"
}

tell_all() {
	as_it_should_be=yes
	printf '   %s%-34s %-12s %s%s\n' "$bold" 'PID 1' sleep minireap "$plain"
	row 'processes left behind' left $ORPHANS $ORPHANS
	row 'zombies after their end' zombies $ORPHANS 0
	row 'zombies after kill -9' killed $ORPHANS 0
	row 'SIGTERM: did the program tidy up?' tidied no yes
	row 'SIGTERM: time until the end' time
	row 'status' status killed 42
	[ $as_it_should_be = yes ] && [ "$(seen cured "$tmp/minireap")" = 0 ]
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
	tell_careless
	tell_minireap
	tell_all
}

main
