#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The syntax of options, and messages about invalid ones: minireap(1), Options.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# accepted WORD...: with these options init runs a command.
accepted() {
	rm -f ran
	"$MINIREAP" "$@" -- touch ran </dev/null || echo "status $?"
	[ -e ran ] || { echo "refused: $*" && return 1; }
}

# refused OBJECT WORD...: init prints one line about OBJECT and exits with 125.
refused() {
	local object=$1 status=0 lines
	shift
	rm -f ran
	"$MINIREAP" "$@" -- touch ran >out 2>err || status=$? # faster than run
	equal "$*: status" 125 "$status"
	[ ! -s out ] || equal stdout '' "$(cat out)"
	mapfile -t lines <err
	equal lines 1 "${#lines[@]}"
	[[ ${lines[0]} == "minireap: $object: "* ]] || equal "$*" "$object" "${lines[0]}"
	[ ! -e ran ] || { echo "started: $*" && return 1; }
}

@test "options: short: single or grouped, value attached or separate" {
	accepted -c
	accepted -g
	accepted -s -v -w -q
	accepted -gsvwq
	accepted -e 3
	accepted -e3
	accepted -ge3
	accepted -ge 3 -t5 -d 0
	accepted -b
}

@test "options: long: value after = or separate" {
	accepted --group --single-child --session --subreaper --verbose --warn \
	    --quiet
	accepted --remap=3 --remap 4 --rewrite=TERM:INT --rewrite 1:2 \
	    --parent-death=HUP --parent-death 15 --stop-signal=QUIT \
	    --stop-signal 3 --grace=1s --grace 1 --delay=0 --delay 0 --wait
}

@test "options: first word that is not an option: parsing stops" {
	run -0 "$MINIREAP" echo -h --version
	equal output '-h --version' "$output"
	run -0 "$MINIREAP" -- echo -- -g
	equal output '-- -g' "$output"
	printf '#!/bin/sh\necho "dash $*"\n' >- && chmod +x -- -
	PATH=$PWD:$PATH run -0 "$MINIREAP" - -g
	equal output 'dash -g' "$output"
}

@test "options: unknown, without a value, or with an unexpected one: refused" {
	refused 'option -z' -z
	refused 'option -z' -gz
	refused 'option --zork' --zork
	refused 'option --zork' --zork=3
	refused "option --remap ''" --remap=
	refused 'option --group x' --group=x
	refused 'option --gro' --gro
	for option in -e --remap -r --rewrite -p -S -d -t; do
		run --separate-stderr -125 "$MINIREAP" $option
		equal "$option" "minireap: option $option: needs a value" "$stderr"
	done
}

@test "options: long name or control characters: cut and escaped in the message" {
	run --separate-stderr -125 "$MINIREAP" "--$(printf '%3000s' x | tr ' ' y)"
	[ ${#stderr} -lt 200 ]
	run --separate-stderr -125 "$MINIREAP" $'--a\nb\e[1m'
	equal line 'minireap: option --a\nb\033[1m: unknown (see --help)' "$stderr"
}

@test "options: no command, or -P with a command: refused" {
	run --separate-stderr -125 "$MINIREAP"
	equal line 'minireap: no command (see --help)' "$stderr"
	run --separate-stderr -125 "$MINIREAP" -g --
	equal line 'minireap: no command (see --help)' "$stderr"
	run --separate-stderr -125 "$MINIREAP" -P true
	equal line 'minireap: true: --pause and --install take no command' "$stderr"
}


@test "options: signal names: any case, with or without SIG" {
	n=0
	for name in HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 \
	    PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU \
	    XFSZ VTALRM PROF WINCH IO PWR SYS; do
		n=$((n + 1))
		for form in $name SIG$name ${name,,} Sig${name,,} $n; do
			accepted -r "URG:$form"
			case $n in
			9 | 19) ;; # cannot be caught
			*) equal "$form" "$n" "$(named "$form")" ;;
			esac
		done
	done
	run -137 "$MINIREAP" -r URG:kill -- bash -c 'kill -URG $PPID; sleep 9'
}

# named SIGNAL: the number of the signal that main receives as SIGNAL.
named() {
	timeout 60 "$PROBE" mask pend 10 "$MINIREAP" -r USR1:"$1" -- \
	    "$PROBE" hear
}

@test "options: real-time signals: SIGRTMIN is 34 with any libc" {
	for pair in RTMIN:34 SIGRTMIN:34 rtmin+0:34 RTMIN+1:35 RTMIN+30:64 \
	    RTMAX:64 RTMAX-0:64 RTMAX-30:34 sigrtmax-1:63 32:32 33:33 64:64 \
	    IOT:6 CLD:17 POLL:29; do
		equal "${pair%:*}" "${pair#*:}" "$(named "${pair%:*}")"
	done
}

@test "options: not a signal: refused" {
	for word in 0 65 -1 +1 1.5 RTMIN+31 RTMAX-31 RTMIN-1 RTMAX+1 RTMIN+ FOO '~' \
	    '' 9x ' 9' SIG SIGSIGTERM TERMX none 99999999999999999999; do
		refused "option -p ${word:-''}" -p "$word"
		refused "option --stop-signal ${word:-''}" --stop-signal "$word"
	done
}

@test "-r: two signals, the second may be none: other values are refused" {
	for pair in 1:2 TERM:QUIT SIGTERM:sigquit rtmin:RTMAX-1 3:3 15:9 15:0 15:none; do
		accepted -r "$pair"
	done
	for pair in TERM TERM: :TERM : X:TERM TERM:X 0:15 15:65 1:2:3 none:1 \
	    KILL:USR1 STOP:TERM; do
		refused "option -r $pair" -r "$pair"
	done
}

@test "--same-group: with -g or --session: refused" {
	accepted --same-group -c
	refused 'option -g' --same-group -g
	refused 'option --same-group' --session --same-group
	equal line 'minireap: option --same-group: --same-group excludes -g and --session' \
	    "$(cat err)"
}

@test "-S: a list of signals: other values, KILL and STOP are refused" {
	for list in QUIT TERM,QUIT 15,3,RTMIN+3 sigterm,SIG32; do
		accepted -S "$list" --stop-signal="$list"
	done
	for list in TERM, ,TERM , TERM,,QUIT TERM,X 'TERM, QUIT' KILL TERM,STOP 9; do
		refused "option -S $list" -S "$list"
	done
}

@test "options: a time that is not zero is rounded to milliseconds, but never to zero" {
	# The clock ends a main that ignores TERM.
	for time in 0.0005h 0.03m 1.8s 1800ms; do
		run -137 --separate-stderr env --default-signal=TERM \
		    "$MINIREAP" -t "$time" -- bash -c "trap '' TERM
			kill -TERM \$PPID; while :; do sleep 1; done"
		contains "$stderr" 'did not exit within 1.800s'
	done
	run -137 --separate-stderr "$MINIREAP" -t 0.0000001ms -- bash -c "trap '' TERM
	    kill -TERM \$PPID; while :; do sleep 1; done"
	contains "$stderr" 'did not exit within 0.001s'
}

@test "-e: statuses from 0 to 255 separated by commas: other values are refused" {
	for codes in 0 255 1,2,3 007 0:255 1:2,3 143,130:0,137:75; do
		accepted -e "$codes"
	done
	for codes in 256 -1 x 1, ,1 1,,2 1,256 '1 2' 1.0 1: :1 1:256 \
	    1:2:3 1:x 1:-1 3:4:,5; do
		refused "option -e $codes" -e "$codes"
	done
}

@test "options: times with unit and decimals: other values are refused" {
	for time in 0 1 90 1s 1.5s 0.25 500ms 2m 1h 1.5h 0.0005 1.123456789s; do
		accepted -d 0 -t "$time"
	done
	for time in '' x 1x -1 1. .5 1..5 s ms 1.5.5 '1 s' 1S 999999999999h; do
		refused "option -t ${time:-''}" -t "$time"
		refused "option --delay ${time:-''}" --delay "$time"
	done
}

@test "MINIREAP_OPTIONS: split at white space and read before the command line" {
	export MINIREAP_OPTIONS=$'  -e 3\t-e4,5 --remap=6\n'
	for code in 3 4 5 6; do
		run -0 "$MINIREAP" -- sh -c "exit $code"
	done
	run -7 "$MINIREAP" -- sh -c 'exit 7'
	run -0 "$MINIREAP" -e 7 -- sh -c 'exit 7'
	MINIREAP_OPTIONS='-g' run -0 "$MINIREAP" -- true
	MINIREAP_OPTIONS='' run -0 "$MINIREAP" -- true
}

@test "MINIREAP_OPTIONS: invalid option: the message names the variable" {
	MINIREAP_OPTIONS='-g -z' refused 'MINIREAP_OPTIONS: option -z'
	MINIREAP_OPTIONS='-e 300' refused 'MINIREAP_OPTIONS: option -e 300'
	MINIREAP_OPTIONS='-g -e' refused 'MINIREAP_OPTIONS: option -e'
	MINIREAP_OPTIONS='-g ls' refused 'MINIREAP_OPTIONS: ls'
	MINIREAP_OPTIONS='--' refused 'MINIREAP_OPTIONS: --'
	MINIREAP_OPTIONS="-e '3'" refused "MINIREAP_OPTIONS: option -e '3'"
}

@test "MINIREAP_OPTIONS: removed from main's environment, the rest is unchanged" {
	run -0 env -i A=1 MINIREAP_OPTIONS=-g B= MINIREAP_OPTIONS2=x \
	    LISTEN_PID=77 A=2 "$MINIREAP" /usr/bin/env
	equal output $'A=2\nB=\nMINIREAP_OPTIONS2=x\nLISTEN_PID=77' "$output"
}

@test "options: --version, --help and --license: stdout and status 0" {
	for option in -V --version; do
		run --separate-stderr -0 "$MINIREAP" $option
		[[ $output =~ ^minireap\ version\ [0-9]+\.[0-9]+\.[0-9]+\ -\ git\.([0-9a-f]{7}|unknown)$ ]]
		equal stderr '' "$stderr"
	done
	for option in -h --help; do
		run --separate-stderr -0 "$MINIREAP" $option
		contains "$output" 'usage: minireap'
	done
	for option in -l -L --license; do
		run --separate-stderr -0 "$MINIREAP" $option
		contains "$output" "$(head -n 1 "$BATS_TEST_DIRNAME/../LICENSE")"
		contains "$output" "$(grep '^Copyright' "$BATS_TEST_DIRNAME/../LICENSE")"
		contains "$output" 'SPDX-License-Identifier: MIT'
	done
}

@test "--help: stdout full or a broken pipe: one line and status 125" {
	run --separate-stderr -125 bash -c '"$0" --help >/dev/full' "$MINIREAP"
	equal line 'minireap: cannot write to stdout: no space left on device' \
	    "$stderr"
	run -125 --separate-stderr bash -c '
	    exec 8> >(:); wait $!; "$0" --help >&8' "$MINIREAP"
	equal line 'minireap: cannot write to stdout: broken pipe' "$stderr"
}

@test "options: minireap as a script's interpreter: the script runs" {
	printf '#!%s /bin/sh\necho "ran $*"\n' "$MINIREAP" >script
	chmod +x script
	run -0 ./script a b
	equal output 'ran a b' "$output"
}

@test "-P: orphans are reaped; only SIGINT and SIGTERM make it exit, with 0" {
	needs_root
	for sig in INT TERM; do
		env --default-signal=INT,QUIT unshare --pid --fork --kill-child \
		    --mount-proc "$MINIREAP" -P 3>&- &
		job=$!
		init=$(child_of $job)
		wait_until 5 eval '[ "$(readlink /proc/$init/cwd)" = / ]'
		nsenter -t "$init" -p -m sh -c '(sleep 0.1 &)'
		kill -HUP "$init"
		kill -USR1 "$init"
		kill -QUIT "$init"
		wait_until 5 eval '! has_child "$init"'
		kill -$sig "$init"
		wait $job
	done
	env --default-signal=INT,QUIT "$MINIREAP" --pause 3>&- &
	job=$!
	wait_until 5 eval '[ "$(readlink /proc/$job/cwd)" = / ]'
	kill -TERM $job
	wait $job
}
