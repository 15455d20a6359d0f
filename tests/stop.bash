# SPDX-License-Identifier: MIT
# Helpers of the tests of a stop: stop.bats, stop-tree.bats, stop-engines.bats.
# Times are milliseconds.  Processes play what tests/model/actor.c can.

# shellcheck source=tests/helpers.bash
. "${BASH_SOURCE[0]%/*}/helpers.bash"

# shellcheck disable=SC2034 # used by the tests
readonly HUP=1 INT=2 QUIT=3 KILL=9 USR1=10 USR2=12 TERM=15 CONT=18 STOP=19

# build_actor: once a file; static, because it also runs in empty images.  By
# cc, whatever the compiler of minireap is: musl 1.2.3 does not do what two of
# its verbs ask of threads and of fork(2) where mmap(2) is refused.
build_actor() {
	: "${MINIREAP:?is the program to test}"
	ACTOR=$BATS_FILE_TMPDIR/actor
	cc -D_GNU_SOURCE -O1 -static -pthread -o "$ACTOR" \
	    "$BATS_TEST_DIRNAME/model/actor.c"
	export ACTOR
}

# needs COMMAND...: skip where one is missing, fail where none may be.
needs() {
	local command
	for command; do
		command -v "$command" >/dev/null || lacks "$command"
	done
}

# lacks WHAT: skip, or fail where MINIREAP_MUST_RUN says so.
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

# clock: NOW is the time of day.
clock() {
	NOW=$((${EPOCHREALTIME/[.,]/} / 1000))
}

# start_init COMMAND...: it is PID 1 of a new namespace, in the background.
# JOB is who waits for it, INIT its pid here, STARTED when; see finish.
start_init() {
	rm -f ended
	clock
	STARTED=$NOW
	exec {END}< <( # which finish waits for, without polling
		exec 3>&-
		status=0
		env --default-signal=INT,QUIT unshare --pid --fork \
		    --mount-proc --kill-child "$@" </dev/null >out 2>err ||
			status=$?
		end="$status $EPOCHREALTIME"
		: >ended
		echo "$end"
	)
	JOB=$!
	UNSHARE='' INIT=''
	wait_until 5 find_init
	find_init || : # it may have ended since
}

# start [OPTION...] -- COMMAND...: minireap as PID 1.
start() {
	start_init "$MINIREAP" "$@"
}

only_child() {
	local child
	read_child child "$1"
	echo "$child"
}

# read_child VARIABLE PID: its first child, or nothing.
read_child() {
	read -r "$1" _ <"/proc/$2/task/$2/children" || :
} 2>/dev/null

find_init() {
	[ ! -e ended ] || return 0 # so soon
	read_child UNSHARE "$JOB"
	[ -z "$UNSHARE" ] || read_child INIT "$UNSHARE"
	[ -n "$INIT" ]
}

# send SIGNAL: to init, by its number; SENT is when.
send() {
	clock
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

# finish: wait for init's end.  STATUS, ENDED when, TOOK since it was started.
finish() {
	if ! read -rt 60 STATUS ENDED <&"$END"; then
		echo "init has not ended in 60 s"
		return 1
	fi
	exec {END}<&-
	ENDED=$((${ENDED/[.,]/} / 1000))
	TOOK=$((ENDED - STARTED))
	wait "$JOB"
	JOB=
}

# stop_actors: for teardown: nothing outlives a test that failed.
stop_actors() {
	if [ -n "${UNSHARE:-}" ] && [ -n "${JOB:-}" ] && [ ! -e ended ]; then
		kill -KILL "$UNSHARE" || :
		finish || :
	fi
	[ -z "${BATS_ERROR_STATUS:-}" ] || [ "$BATS_ERROR_STATUS" = 0 ] ||
		head -n 20 err 2>/dev/null || :
}

# await_lines FILE N: until it has as many.
await_lines() {
	wait_until 10 has_lines "$1" "$2"
}

has_lines() {
	local lines
	[ -e "$1" ] && mapfile -t lines <"$1" && [ "${#lines[@]}" -ge "$2" ]
}

# noted FILE SIGNAL: how often it was; noted_at: when first.
noted() {
	awk -v sig="$2" '$1 ~ "^" sig "$" { n++ } END { print n + 0 }' \
	    "$1" 2>/dev/null || echo 0
}

noted_at() {
	awk -v sig="$2" '$1 == sig { print $3; exit }' "$1"
}

# within WHAT LEAST MOST CAME, in milliseconds.  LEAST is what was asked for;
# MOST is the contract's TIME + 3 s, or less than what must not be waited for:
# never what this machine takes.  Exact times: stop-model.bats, without a clock.
within() {
	local least=$(($2 - 10)) # two clocks, each in whole milliseconds
	[ -n "$4" ] && [ "$4" -ge "$least" ] && [ "$4" -le "$3" ] && return
	echo "$1: expected $2 to $3 ms, came ${4:-nothing}"
	return 1
}

# whole FILE: as a worker writes it that is given the time.
whole() {
	equal "$1" "begin end" "$(tr '\n' ' ' <"$1" | sed 's/ $//')"
}

cut_short() {
	equal "$1" "begin" "$(tr '\n' ' ' <"$1" | sed 's/ $//')"
}

# at_once CONTROL RUN: RUN takes at most 100 ms longer than CONTROL, the same
# without what is tested; both leave in TOOK how long.  Was one try enough?  A
# busy machine is late now and then, a bug each time.
at_once() {
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

# since FILE: milliseconds to init's end from when FILE was last written.
since() {
	echo $((ENDED - $(date -r "$1" +%s%3N)))
}

# says N PATTERN: so many lines of init's match.
says() {
	equal "lines that match '$2'" "$1" "$(grep -cE "$2" err)"
}

silent() {
	equal "messages" "" "$(cat err)"
}

# ------------------------------------------------------------ not as PID 1

# below MARK N COMMAND...: in a PID namespace whose PID 1 is a shell, among
# strangers, run minireap by COMMAND; once MARK has N lines (N not 0) send it
# TERM.  STATUS is its, TOOK since SENT, the TERM or the start, to ENDED; see
# unharmed.
below() {
	# shellcheck disable=SC2016 # for that shell
	start_init bash -c '. "$0" && host "$@"' \
		"$BATS_TEST_DIRNAME/stop.bash" "$@"
	finish
	equal "the shell's status" 0 "$STATUS"
	read -r STATUS TOOK SENT <result
	ENDED=$((SENT + TOOK))
}

# That shell's part.
host() {
	local mark=$1 n=$2 init status=0
	shift 2
	neighbours
	"$@" &
	init=$!
	clock
	SENT=$NOW
	if [ "$n" -gt 0 ]; then
		await_lines "$mark" "$n"
		clock
		SENT=$NOW
		kill -TERM $init
	fi
	wait $init || status=$?
	clock
	echo "$status $((NOW - SENT)) $SENT" >result
	kill -STOP -1 # all but us: whoever hops on would not be seen
	survivors >left
	mv left survivors
}

# One in init's own group and session, one in a session of its own.
neighbours() {
	"$ACTOR" name stranger note strange fork '{' session mark strangers live '}' \
		mark strangers live </dev/null >/dev/null 2>&1 &
	await_lines strangers 2
}

# A first thread that has ended is a zombie, and its process may still live.
survivors() {
	local process stat tasks
	for process in /proc/[0-9]*; do
		read -r stat <"$process/stat" || continue
		tasks=("$process"/task/*)
		[[ $stat == *") Z "* && ${#tasks[@]} = 1 ]] ||
			echo "${stat%% 0 *}"
	done 2>/dev/null
}

# unharmed: no stranger was hurt, or sent anything; and none of ours is left.
unharmed() {
	equal "strangers" 2 "$(grep -c '(stranger)' survivors)"
	equal "signals to strangers" 0 "$(noted strange '.*')"
	equal "survivors" "" "$(grep -vE '\((stranger|bash)\)' survivors)"
}
