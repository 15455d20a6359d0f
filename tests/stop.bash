# SPDX-License-Identifier: MIT
# Helpers for the tests of a stop.  Times are in milliseconds.  The processes
# under test run tests/model/actor.c.

# shellcheck source=tests/helpers.bash
. "${BASH_SOURCE[0]%/*}/helpers.bash"

# shellcheck disable=SC2034 # used by the tests
readonly HUP=1 INT=2 QUIT=3 KILL=9 USR1=10 USR2=12 TERM=15 CONT=18 STOP=19

# build_actor: called once per file.  It is static, so that it runs in empty
# images too, and always built by cc: with musl 1.2.3 two of its verbs, which
# need threads and fork(2) while mmap(2) fails, do not work.
build_actor() {
	: "${MINIREAP:?is the program to test}"
	ACTOR=$BATS_FILE_TMPDIR/actor
	cc -D_GNU_SOURCE -O1 -static -pthread -o "$ACTOR" \
	    "$BATS_TEST_DIRNAME/model/actor.c"
	export ACTOR
}

# needs COMMAND...: skip if one is missing, or fail if MINIREAP_MUST_RUN is set.
needs() {
	local command
	for command; do
		command -v "$command" >/dev/null || lacks "$command"
	done
}

# lacks WHAT: skip, or fail if MINIREAP_MUST_RUN is set.
lacks() {
	if [ "${MINIREAP_MUST_RUN:-}" = 1 ]; then
		echo "no $1, and MINIREAP_MUST_RUN is set"
		return 1
	fi
	skip "no $1"
}

needs_namespaces() {
	unshare --pid --fork --mount-proc true 2>/dev/null 3>&- ||
		lacks "right to make PID namespaces"
}

# Files with a set-up of their own define it after they load this one.
setup_file() {
	build_actor
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	needs_namespaces
}

# read_clock: set NOW to the time of day.
read_clock() {
	NOW=$((${EPOCHREALTIME/[.,]/} / 1000))
}

# start_init COMMAND...: run it in the background as PID 1 of a new namespace.
# Set JOB to the shell that waits for it, INIT to its pid in this namespace and
# STARTED to the time; see await_exit.
start_init() {
	rm -f exited
	read_clock
	STARTED=$NOW
	exec {EXIT_FD}< <( # await_exit reads it, instead of polling
		exec 3>&-
		status=0
		env --default-signal=INT,QUIT unshare --pid --fork \
		    --mount-proc --kill-child "$@" </dev/null >out 2>err ||
			status=$?
		result="$status $EPOCHREALTIME"
		: >exited
		echo "$result"
	)
	JOB=$!
	UNSHARE='' INIT=''
	wait_until 5 find_init
	find_init || : # it may have exited since
}

# start [OPTION...] -- COMMAND...: minireap as PID 1.
start() {
	start_init "$MINIREAP" "$@"
}

# start_with_stranger OPTION... -- COMMAND...: minireap as PID 1, which may not
# signal the processes of others, and a sleep of another user in its namespace.
start_with_stranger() {
	start_init setpriv --bounding-set=-kill --inh-caps=-kill "$MINIREAP" "$@"
	nsenter --target "$INIT" --pid setpriv --reuid 4242 --clear-groups \
		sleep 20 <&- >&- 2>&- 3>&- &
	wait_until 10 pgrep --ns "$INIT" --nslist pid -x sleep
}

only_child() {
	local child
	read_child child "$1"
	echo "$child"
}

# read_child VARIABLE PID: set it to the first child of PID, if there is one.
read_child() {
	read -r "$1" _ <"/proc/$2/task/$2/children" || :
} 2>/dev/null

find_init() {
	[ ! -e exited ] || return 0 # already
	read_child UNSHARE "$JOB"
	[ -z "$UNSHARE" ] || read_child INIT "$UNSHARE"
	[ -n "$INIT" ]
}

# send NUMBER: send this signal to init, and set SENT to the time.
send() {
	read_clock
	SENT=$NOW
	kill -n "$1" "$INIT"
}

# await_stopped PID
await_stopped() {
	wait_until 10 is_stopped "$1"
}

is_stopped() {
	[ "$(state_of "$1")" = T ]
}

# await_exit: wait until init exits.  Set STATUS, EXITED to the time, and TOOK
# to how long init ran.
await_exit() {
	if ! read -rt 60 STATUS EXITED <&"$EXIT_FD"; then
		echo "init did not exit within 60 s"
		return 1
	fi
	exec {EXIT_FD}<&-
	EXITED=$((${EXITED/[.,]/} / 1000))
	TOOK=$((EXITED - STARTED))
	wait "$JOB"
	JOB=
}

# stop_actors: for teardown: leave no process of a failed test.
stop_actors() {
	if [ -n "${UNSHARE:-}" ] && [ -n "${JOB:-}" ] && [ ! -e exited ]; then
		kill -KILL "$UNSHARE" || :
		await_exit || :
	fi
	[ -z "${BATS_ERROR_STATUS:-}" ] || [ "$BATS_ERROR_STATUS" = 0 ] ||
		head -n 20 err 2>/dev/null || :
}

# await_lines FILE N: wait until FILE has at least N lines.
await_lines() {
	wait_until 10 has_lines "$1" "$2"
}

has_lines() {
	local lines
	[ -e "$1" ] && mapfile -t lines <"$1" && [ "${#lines[@]}" -ge "$2" ]
}

# count_noted FILE SIGNAL: how often FILE has SIGNAL, a regular expression.
# time_noted FILE NUMBER: the time of the first such signal.
count_noted() {
	awk -v sig="$2" '$1 ~ "^" sig "$" { n++ } END { print n + 0 }' \
	    "$1" 2>/dev/null || echo 0
}

time_noted() {
	awk -v sig="$2" '$1 == sig { print $3; exit }' "$1"
}

# within WHAT MIN MAX ACTUAL: compare milliseconds.  MIN is the time that the
# options ask for.  MAX is the promised TIME + 3 s, or is shorter than a wait
# that must not happen; it never depends on the machine.  stop-model.bats checks
# exact times, without a clock.
within() {
	local min=$(($2 - 10)) # two clocks, each rounded to a millisecond
	[ -n "$4" ] && [ "$4" -ge "$min" ] && [ "$4" -le "$3" ] && return
	echo "$1: expected $2 to $3 ms, actual ${4:-none}"
	return 1
}

# save_completed FILE: the worker had the time to write all of it.
save_completed() {
	equal "$1" "begin end" "$(tr '\n' ' ' <"$1" | sed 's/ $//')"
}

# save_cut_short FILE: the worker was killed while it wrote.
save_cut_short() {
	equal "$1" "begin" "$(tr '\n' ' ' <"$1" | sed 's/ $//')"
}

# as_fast_as CONTROL RUN: RUN takes at most 100 ms longer than CONTROL, the same
# work without the feature under test; both set TOOK.  One good try of five is
# enough: a busy machine is slow now and then, a bug every time.
as_fast_as() {
	local n control difference
	for n in 1 2 3 4 5; do
		"$1"
		control=$TOOK
		"$2"
		difference=$((TOOK - control))
		[ $difference -gt 100 ] || return 0
		echo "try $n: $TOOK ms, control $control ms"
	done
	return 1
}

# elapsed_since FILE: milliseconds from the last write to FILE to init's exit.
elapsed_since() {
	echo $((EXITED - $(date -r "$1" +%s%3N)))
}

# needs_little_more MS N FUNCTION: FUNCTION is a stop that lasts MS and ends with
# the death of N processes.  Less than 0.3 s are init's own: the rest is what the
# kernel alone takes to kill as many.  Other load may spoil two attempts.
needs_little_more() {
	local took try
	for try in 1 2 3; do
		rm -f ready crowd strange strangers
		"$3"
		took=$((EXITED - SENT))
		start -- "$ACTOR" ignore $TERM \
			times "$2" '{' fork '{' live '}' '}' mark crowd live
		await_lines crowd 1
		send $KILL
		await_exit
		! within "init's own time" -9999 299 \
			$((took - $1 - (EXITED - SENT))) || return 0
	done
	return 1
}

# has_messages N PATTERN: N of init's messages match.
has_messages() {
	equal "lines that match '$2'" "$1" "$(grep -cE "$2" err)"
}

no_messages() {
	equal "messages" "" "$(cat err)"
}

# run_below MARK N COMMAND...: in a PID namespace whose PID 1 is a shell, and
# that has processes unrelated to init (strangers), run COMMAND, which executes
# minireap.  If N is not 0, send it TERM once MARK has N lines.  Set STATUS;
# SENT to the time of the TERM or of the start, EXITED to that of the exit, and
# TOOK to the difference.  See only_strangers_survive.
run_below() {
	# shellcheck disable=SC2016 # that shell expands it
	start_init bash -c '. "$0" && host_shell "$@"' \
		"$BATS_TEST_DIRNAME/stop.bash" "$@"
	await_exit
	equal "the shell's status" 0 "$STATUS"
	read -r STATUS TOOK SENT <result
	EXITED=$((SENT + TOOK))
}

# host_shell MARK N COMMAND...: what PID 1 of that namespace does.
host_shell() {
	local mark=$1 n=$2 init status=0
	shift 2
	start_strangers
	"$@" &
	init=$!
	read_clock
	SENT=$NOW
	if [ "$n" -gt 0 ]; then
		await_lines "$mark" "$n"
		read_clock
		SENT=$NOW
		kill -TERM $init
	fi
	wait $init || status=$?
	read_clock
	echo "$status $((NOW - SENT)) $SENT" >result
	kill -STOP -1 # all but us: a process that keeps forking would be missed
	list_survivors >left
	mv left survivors
}

# start_strangers: one in init's group and session, one in a session of its own.
start_strangers() {
	"$ACTOR" name stranger note strange fork '{' session mark strangers live '}' \
		mark strangers live </dev/null >/dev/null 2>&1 &
	await_lines strangers 2
}

# list_survivors: the stat lines of live processes, up to the first 0.  A
# process whose first thread has exited looks like a zombie, but other threads
# may run.
list_survivors() {
	local process stat tasks
	for process in /proc/[0-9]*; do
		read -r stat <"$process/stat" || continue
		tasks=("$process"/task/*)
		[[ $stat == *") Z "* && ${#tasks[@]} = 1 || $stat == *") X "* ]] ||
			echo "${stat%% 0 *}"
	done 2>/dev/null
}

# only_strangers_survive: both strangers run and have received no signal, and no
# process of init is left.
only_strangers_survive() {
	equal "strangers" 2 "$(grep -c '(stranger)' survivors)"
	equal "signals to strangers" 0 "$(count_noted strange '.*')"
	equal "survivors" "" "$(grep -vE '\((stranger|bash)\)' survivors)"
}
