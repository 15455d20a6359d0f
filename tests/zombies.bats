#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2119,SC2120 # for other shells; $1 may be left out
# Zombies whose parent lives and does not wait: minireap(1), Zombies.  They are
# in PID namespaces, so that no other process of the machine is signalled.

bats_require_minimum_version 1.5.0
load helpers

PIDFD_OPEN=434 # on all architectures, for refuse.py

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	chmod 755 .
	export -f hold wait_until
}

# hold COUNT WAY [NAME [OWN]]: start "probe zombies", a parent of COUNT zombies;
# HOLDER is its pid.
hold() {
	local made
	made=$(mktemp "$PWD/made.XXXXXX")
	"$PROBE" zombies "$@" >"$made" 3>&- &
	HOLDER=$!
	wait_until 10 test -s "$made"
}

# inside SCRIPT: run it by bash in a PID namespace whose PID 1 is minireap.
inside() {
	as_pid_1 "$MINIREAP" -- bash -c "$1" 3>&-
}

# as_nobody COMMAND...
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all "$@"
}

# process PID PARENT STATE NAME [START [PIDS]]: make an entry of ./proc.  PIDS:
# its pids from the outermost namespace to the innermost.
process() {
	mkdir -p "proc/$1"
	echo "$1 ($4) $3 $2 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${5-0} 0" \
	    >"proc/$1/stat"
	printf 'Name:\t%s\nPPid:\t%s\nUid:\t7\t8\t8\t8\nNSpid:\t%s\n' "$4" \
	    "$2" "${6-$1}" >"proc/$1/status"
}

# faked [GROUP]: run --zombies in GROUP, with ./proc as /proc and ./cgroup as
# /sys/fs/cgroup.  (The sanitizers need the real /proc: "static".)
faked() {
	mkdir -p cgroup
	unshare --mount bash -c '
	    mount --bind cgroup /sys/fs/cgroup
	    ln -sfn $$ proc/self
	    mkdir -p proc/$$
	    echo "$1" >proc/$$/cgroup
	    mount --bind proc /proc && exec "$0" --zombies' \
	    "$MINIREAP" "${1-}"
}

# rows: the rows of the table in $output.
rows() {
	awk '/: | zombies? held by / { exit } NR > 1' <<<"$output"
}

# column NUMBER: that column of the rows.
column() {
	rows | awk -v n="$1" '{ printf "%s%s", sep, $n; sep = " " }'
}

# ends_with TEXT: the last line of $output ends with TEXT.
ends_with() {
	contains "<$(tail -n 1 <<<"$output")>" "$1>"
}

# fails_to_look REASON COMMAND...: it prints only REASON and exits with 125.
fails_to_look() {
	local reason=$1
	shift
	run --separate-stderr -125 "$@"
	equal stdout '' "$output"
	equal line "minireap: cannot look for zombies: $reason" "$stderr"
}

@test "--zombies: no zombies: only the totals, status 0" {
	run -0 --separate-stderr inside '"$MINIREAP" --zombies'
	[[ $output =~ ^'0 zombies held by 0 parents; '[0-9]+' of '[0-9]+' process slots used'$ ]]
	equal stderr '' "$stderr"
}

@test "--zombies: several parents: a table, most zombies first, totals, status 1" {
	run -1 inside 'hold 1 never one first; one=$HOLDER
	    hold 3 never three second; three=$HOLDER
	    hold 2 never two third
	    echo $three $three $three $HOLDER $HOLDER $one >expected
	    "$MINIREAP" --zombies'
	equal header 'UID PID PPID AGE COMMAND PARENT' "$(xargs <<<"${lines[0]}")"
	equal PPID "$(cat expected)" "$(column 3)"
	equal COMMAND 'three three three two two one' "$(column 5)"
	equal PARENT 'second second second third third first' "$(column 6)"
	equal UID '0 0 0 0 0 0' "$(column 1)"
	[[ $(column 4) =~ ^([0-9]s ?){6}$ ]]
	column 2 | xargs -n 1 | head -n 3 | sort -n -c
	contains "${lines[-1]}" '6 zombies held by 3 parents; '
}

# bats test_tags=static
@test "--zombies: names of any bytes: each is one word, columns are aligned" {
	process 1 0 S init
	process 10 1 S 'a b) ('
	process 11 10 Z "$(printf 'x\033[1m\ty')"
	process 12 1 S ''
	process 1234567 12 Z long-long-name
	process 1234568 12 Z 'back\slash'
	process 1234569 12 Z "$(printf '%080d' 0)" # longer than any of the kernel's
	process 1234570 12 Z broken
	echo '1234570 (broken' >proc/1234570/stat
	run -1 faked
	contains "${lines[-1]}" '4 zombies held by 2 parents; '
	contains " $(column 5) " " $(printf '%063d' 0) "
	contains "$(column 5)" 'x\033[1m\011y'
	contains "$(column 5)" 'back\\slash'
	equal PARENT '- - - a\040b)\040(' "$(column 6)"
	awk '/held by/ { exit }
	    NR == 1 { for (i = 1; i <= NF; i++) at[i] = index($0, $i) }
	    { for (i in at) if ((i <= 5 || length($5) <= 16) && substr(" " $0, at[i], 2) !~ /^ [^ ]$/) bad = 1 }
	    / $/ { bad = 1 }
	    END { exit bad }' <<<"$output"
}

# bats test_tags=static
@test "--zombies: names with controls in UTF-8: escaped, other characters are not" {
	process 1 0 S init
	process 10 1 S parent
	while IFS=' ' read -r pid bytes _; do
		process "$pid" 10 Z "$(printf '%b' "$bytes")"
	done <<-'NAMES'
	11 a\0302\0233mRED a CSI of two bytes
	12 b\0233m of one
	13 c\0342\0200\0256d right-to-left override
	14 e\0342\0201\0246f isolate
	15 g\0342\0200\0250h line separator
	16 caf\0303\0251\0342\0234\0223 letters and signs
	17 \0360\0237\0232\0200 four bytes
	18 i\0303 cut off
	19 j\0300\0257k overlong
	20 l\0355\0240\0200m a surrogate
	21 n\0364\0220\0200\0200o beyond the last
	NAMES
	run -1 faked
	equal names "$(printf '%s ' 'a\302\233mRED' 'b\233m' 'c\342\200\256d' \
	    'e\342\201\246f' 'g\342\200\250h' $'caf\303\251\342\234\223' \
	    $'\360\237\232\200' 'i\303' 'j\300\257k' 'l\355\240\200m' \
	    'n\364\220\200\200o')" "$(rows | sort -nk 2 | awk '{ print $5 }' | tr '\n' ' ')"
}

# bats test_tags=static
@test "--zombies: the parent's namespaces follow 5,000 groups: a PID 1 is recognised" {
	process 1 0 S init
	for pid in 10 20 30; do
		process $pid 1 S parent$pid
		process $((pid + 1)) $pid Z dead
	done
	groups=$(seq 100000 105000 | xargs)
	printf 'Name:\tx\nPPid:\t1\nUid:\t0\t0\t0\t0\nGroups:\t%s\nNStgid:\t10\t1\nNSpid:\t10\t1\nNSpgid:\t10\t1\n' \
	    "$groups" >proc/10/status
	printf 'Name:\tx\nPPid:\t1\nUid:\t0\t0\t0\t0\nGroups:\t%s\nNSpid:\t20\t2\n' \
	    "$groups" >proc/20/status
	printf 'Name:\tx\nPPid:\t1\nUid:\t0\t0\t0\t0\nGroups:\t%s\n' \
	    "$groups" >proc/30/status
	run -1 faked
	contains "$output" '10 (parent10) is never signalled: a PID 1'
	contains "$output" '30 (parent30) is never signalled: a PID 1'
	run ! grep 'parent20) is never' <<<"$output"
}

# bats test_tags=static
@test "--zombies: UID is the zombie's, AGE is in seconds, minutes, hours or days" {
	process 1 0 S init
	now=$(awk '{ printf "%d", $1 * 100 }' /proc/uptime)
	for age in 0 119 120 7199 7200 172799 172800; do
		# Nothing is older than the machine's uptime.
		[ $((now - age * 100)) -gt 0 ] || break
		process $((10 + age)) 1 Z dead $((now - age * 100))
	done
	run -1 faked
	[[ $(column 1) =~ ^7( 7)+$ ]]
	# A few seconds may have passed.
	ages=$(rows | sort -n -k 2 | awk '{ print $4 }' | xargs)
	echo "$ages"
	[[ $ages =~ ^[0-3]s( (119s|2m)( 2m( (119m|2h)( 2h( (47|48)h( 2d)?)?)?)?)?)?$ ]]
}

@test "--zombies: reaped shortly afterwards: the zombie is not listed" {
	run -0 inside 'for i in 1 2 3 4 5; do
	    rm -f made; "$PROBE" zombies 3 waits >made 3>&- &
	    holder=$!
	    wait_until 5 test -s made
	    (sleep 0.02; kill -CHLD $holder) & "$MINIREAP" --zombies && exit 0
	    kill -KILL $holder
	done; exit 1'
}

@test "--zombies: only the first thread has exited: the process is not listed" {
	# exit: the shell must not become minireap, with a child that has exited.
	run -0 inside '"$PROBE" leader-ends 5 3>&-
	    gone() { grep -qs "(probe) Z" /proc/[0-9]*/stat; }
	    wait_until 5 gone; "$MINIREAP" --zombies; exit $?'
	contains "$output" '0 zombies held by 0 parents; '
}

# bats test_tags=static
@test "--zombies: the parent is outside the namespace: PPID is 0" {
	process 1 0 S init
	process 5 0 Z exec
	run -1 faked
	equal row '7 5 0 exec -' "$(awk 'NR == 2 { print $1, $2, $3, $5, $6 }' \
	    <<<"$output")"
	contains "$output" '0 () is never signalled: outside this PID namespace'
}

# bats test_tags=static
@test "--zombies: no /proc of this namespace: one line and status 125" {
	fails_to_look 'no /proc of this PID namespace' \
	    unshare --mount sh -c 'mount -t tmpfs none /proc &&
		exec "$0" --zombies' "$MINIREAP"
	fails_to_look 'no /proc of this PID namespace' \
	    unshare --pid --fork --kill-child "$MINIREAP" --zombies
}

# bats test_tags=static
@test "--zombies: out of memory: one line and status 125; -w still runs" {
	local mmap=9
	[ "$(uname -m)" = x86_64 ] || mmap=222
	refuse=(python3 "$BATS_TEST_DIRNAME/refuse.py" ENOMEM "$mmap" -- "$MINIREAP")
	fails_to_look 'cannot allocate memory' "${refuse[@]}" --zombies
	run -125 as_pid_1 "${refuse[@]}" -w -- "$MINIREAP" -z
	equal lines 1 "${#lines[@]}"
}

@test "--zombies: /proc cannot be opened or read: the reason and status 125" {
	fails_to_look 'too many open files' strace -o trace -P /proc \
	    -e inject=open,openat:error=EMFILE "$MINIREAP" --zombies
	for when in 1 2; do
		fails_to_look 'input/output error' strace -o trace \
		    -e inject=getdents64:error=EIO:when=$when "$MINIREAP" --zombies
	done
}

@test "--zombies=SIGNAL: 12 parents, few descriptors: all parents are killed" {
	run -0 inside 'for n in {1..12}; do hold 1 never; done
	    prlimit --nofile=8 "$MINIREAP" --zombies=KILL; exit $?'
	equal parents 12 "$(grep -c 'SIGKILL: its zombies are gone' <<<"$output")"
}

@test "--zombies=SIGNAL: the parent exits first: no such process is reported" {
	run -1 inside 'hold 1 never
	    strace -o trace -e inject=pidfd_send_signal,kill:error=ESRCH \
		"$MINIREAP" --zombies=KILL; exit $?'
	contains "$output" ': not signalled: no such process'
}

# lacking FILE CALLS WHEN [OPTION]: run --zombies, whose WHENth of CALLS on FILE
# of a zombie fails with EMFILE.
lacking() {
	inside 'hold 1 never
	    read -r zombie </proc/$HOLDER/task/$HOLDER/children
	    strace -o trace -P /proc/$zombie/'"$1"' \
		-e inject='"$2:error=EMFILE:when=$3"' "$MINIREAP" --zombies'"$4"'
	    status=$?
	    grep -q INJECTED trace || exit 98
	    exit $status'
}

@test "--zombies: a zombie's files cannot be read: the reason and status 125" {
	for what in 'stat open,openat' 'stat read' 'status open,openat' 'status read'; do
		fails_to_look 'too many open files' lacking $what 1
	done
}

@test "--zombies=SIGNAL: the parent's stat cannot be read: the message says why" {
	# The third open is just before SIGCHLD is sent.
	run -1 inside 'hold 1 never
	    strace -o trace -P /proc/$HOLDER/stat \
		-e inject=open,openat:error=EMFILE:when=3 "$MINIREAP" --zombies=KILL
	    exit $?'
	contains "${lines[0]}" ': not signalled: too many open files'
	contains "${lines[-1]}" '1 zombie held by 1 parent'
}

@test "--zombies=SIGNAL: a zombie cannot be read once: it still counts" {
	# The third open is after SIGCHLD was sent.
	run -0 lacking stat open,openat 3 =KILL
	contains "${lines[0]}" ': sent SIGCHLD, SIGKILL: its zombies are gone'
}

@test "--zombies: not root, /proc with hidepid: one line and status 125" {
	export -f as_nobody
	for hidden in 1 2; do
		fails_to_look "/proc hides other users' processes (hidepid): be root" \
		    inside "mount -o remount,hidepid=$hidden /proc
			as_nobody "'"$MINIREAP" --zombies'
	done
	run -0 inside 'mount -o remount,hidepid=2 /proc && "$MINIREAP" --zombies'
}

@test "--zombies: time namespace: AGE counts from the start of the process" {
	run -1 unshare --time --boottime 31536000 --pid --fork --kill-child \
	    --mount-proc bash -c '"$0" zombies 1 never >made &
	    until [ -s made ]; do sleep 0.01; done
	    "$1" --zombies; exit $?' "$PROBE" "$MINIREAP"
	[[ $(column 4) =~ ^[0-9]s$ ]] || equal AGE a-few-seconds "$(column 4)"
}

@test "--zombies: not root, no hidepid: all zombies are listed" {
	export -f as_nobody
	run -1 inside 'hold 2 never; as_nobody "$MINIREAP" --zombies'
	equal UID '0 0' "$(column 1)"
}

@test "--zombies: UID 4294967294: it is printed in full" {
	run -1 inside 'setpriv --reuid 4294967294 --clear-groups "$PROBE" zombies \
		1 never >made &
	    until [ -s made ]; do sleep 0.01; done
	    "$MINIREAP" --zombies'
	equal UID 4294967294 "$(column 1)"
}

@test "--zombies: stdout full, closed or a broken pipe: one line and status 125" {
	run -125 bash -c '"$MINIREAP" --zombies >/dev/full'
	equal full 'minireap: cannot write to stdout: no space left on device' \
	    "$output"
	run -125 bash -c '"$MINIREAP" --zombies >&-'
	equal none 'minireap: cannot write to stdout: bad file descriptor' \
	    "$output"
	mkfifo pipe
	run -125 bash -c 'exec 5<>pipe 6>pipe 5<&-; "$MINIREAP" --zombies >&6'
	equal closed 'minireap: cannot write to stdout: broken pipe' "$output"
}

@test "--zombies: with a word that is not a PID, or a value that is not a signal: status 125" {
	run -125 "$MINIREAP" --zombies touch ran
	equal line 'minireap: touch: not a PID' "$output"
	run -125 "$MINIREAP" --zombies 1 TERM
	equal line 'minireap: TERM: not a PID' "$output"
	for word in -1 1.5 0x1 99999999999999 ''; do
		run -125 "$MINIREAP" --zombies -- "$word"
		contains "$output" 'not a PID'
	done
	run -125 "$MINIREAP" --zombies=zork
	equal line 'minireap: option --zombies zork: not a signal' "$output"
	run -125 "$MINIREAP" --zombies=
	equal line "minireap: option --zombies '': not a signal" "$output"
	run -1 bash -c 'exec -a tini "$MINIREAP" --zombies true'
	equal line 'minireap: true: not a PID' "$output"
	[ ! -e ran ]
}

# bats test_tags=static,slow
@test "--zombies: 30,000 processes, 10,000 zombies: takes no longer than cat" {
	python3 - <<-'PYTHON'
	import os
	# No parent may have the program's own pid, which is treated specially.
	for pid in [*range(1, 27501), *range(4190001, 4192501)]:
	    os.makedirs(f"proc/{pid}")
	    zombie = 17500 < pid <= 27500
	    parent = 4190001 + pid % 2500 if zombie else 1
	    with open(f"proc/{pid}/stat", "w") as file:
	        file.write(f"{pid} (x) {'SZ'[zombie]} {parent} 1 1 0 -1 0 0 0 0 0 "
	                   f"0 0 0 0 20 0 1 0 5 0\n")
	    with open(f"proc/{pid}/status", "w") as file:
	        file.write(f"Name:\tx\nPPid:\t{parent}\nUid:\t0\t0\t0\t0\nNSpid:\t{pid}\n")
	PYTHON
	TIMEFORMAT='%U %S' # CPU time does not depend on the machine's load
	{ time find proc -name stat -exec cat {} + >/dev/null; } 2>control
	{ time faked >out; } 2>took || :
	cat control took
	equal lines 10002 "$(wc -l <out)"
	contains "$(tail -n 1 out)" '10000 zombies held by 2500 parents; '
	awk '{ took[NR] = $1 + $2 } END { exit took[2] > took[1] }' control took
}

# bats test_tags=slow
@test "--zombies: 3,000 real zombies of 30 parents: all are listed" {
	run -1 inside '"$PROBE" crowd 30 100 >made 3>&- &
	    wait_until 30 test -s made; time "$MINIREAP" --zombies >out'
	contains "$(tail -n 1 out)" '3000 zombies held by 30 parents; '
	equal lines 3002 "$(wc -l <out)"
}

@test "--zombies: cgroup v1: the slots are those of the nearest limit" {
	group=/sys/fs/cgroup/pids/minireap-zombies-$$
	mkdir "$group" 2>/dev/null || skip "no cgroup v1 of pids"
	echo 77 >"$group/pids.max"
	mkdir "$group/below"
	run bash -c 'echo $$ >"$0/below/cgroup.procs"; exec "$MINIREAP" --zombies' \
	    "$group"
	rmdir "$group/below" "$group"
	ends_with '; 1 of 77 process slots used'
}

# bats test_tags=static
@test "--zombies: cgroup v2: the slots are those of the nearest limit" {
	process 1 0 S init
	mkdir -p cgroup/a/b
	echo max >cgroup/a/b/pids.max
	echo 33 >cgroup/a/pids.max
	echo 12 >cgroup/a/pids.current
	run -0 faked 0::/a/b
	ends_with '; 12 of 33 process slots used'
	# The path may be the group's name outside the container.
	echo 44 >cgroup/pids.max
	echo 5 >cgroup/pids.current
	run -0 faked 0::/docker/0123
	ends_with '; 5 of 44 process slots used'
	run -0 faked "$(printf '9:pids:/\n0::/')"
	ends_with '; 5 of 44 process slots used'
}

# bats test_tags=static
@test "--zombies: no cgroup limit: the slots are the kernel's pid_max" {
	process 1 0 S init
	process 2 1 S other
	mkdir -p proc/sys/kernel
	echo 99 >proc/sys/kernel/pid_max
	run -0 faked 0::/
	ends_with '; 2 of 99 process slots used'
}

# bats test_tags=static
@test "--zombies: on a node: the container's id, for every engine's cgroup names" {
	id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
	tab=$(printf '\t')
	process 1 0 S systemd
	process 2 1 S runtime 0 "2${tab}1"
	n=10
	for path in "0::/docker/$id" \
	    "12:pids:/docker/$id" \
	    "0::/system.slice/docker-$id.scope" \
	    "3:cpu:/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/$id" \
	    "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod01.slice/cri-containerd-$id.scope" \
	    "0::/system.slice/containerd.service/kubepods-pod01.slice:cri-containerd:$id" \
	    "0::/kubepods.slice/kubepods-pod01.slice/crio-$id.scope" \
	    "0::/machine.slice/libpod-$id.scope/container" \
	    "9:devices:/libpod_parent/libpod-$id" \
	    "0::/docker/f$(cut -c 2- <<<"$id")/docker/$id (deleted)"; do
		process $n 2 Z dead 0 "$n${tab}4"
		printf '13:misc:/\n%s\n' "$path" >proc/$n/cgroup
		n=$((n + 1))
	done
	# With version 1 a zombie has left its cgroup, but its parent has not.
	process 3 1 S worker 0 "3${tab}7"
	echo "12:pids:/docker/$id" >proc/3/cgroup
	process $n 3 Z dead 0 "$n${tab}9"
	echo '12:pids:/' >proc/$n/cgroup
	process 4 1 S host
	process 99 4 Z none
	run -1 faked
	equal header 'UID PID PPID AGE COMMAND PARENT CONTAINER' \
	    "$(xargs <<<"${lines[0]}")"
	equal ids "$(printf '0123456789ab %.0s' {1..11})" \
	    "$(rows | awk '$5 == "dead" { printf "%s ", $7 }')"
	equal none - "$(rows | awk '$5 == "none" { print $7 }')"
	contains "$output" '2 (runtime) is never signalled: a PID 1 that'
}

@test "--zombies: zombies of a child namespace: they are listed with their parent" {
	run -1 inside 'unshare --pid --fork --kill-child --mount-proc \
		"$PROBE" zombies 2 never inner app >made 3>&- &
	    wait_until 5 test -s made; "$MINIREAP" --zombies'
	equal COMMAND 'inner inner' "$(column 5)"
	contains "${lines[0]}" CONTAINER
	contains "$output" '(app) is never signalled: a PID 1'
}

@test "--zombies=SIGNAL: parents that wait after SIGCHLD live, the others are killed" {
	run -1 inside 'hold 4 waits a careful; careful=$HOLDER
	    hold 3 never b careless; careless=$HOLDER
	    hold 2 ignores c deaf
	    echo $careful $careless $HOLDER >pids
	    "$MINIREAP" --zombies=TERM; status=$?
	    kill -0 $careful || echo died
	    ! kill -0 $careless 2>/dev/null || echo lives
	    exit $status'
	read -r careful careless deaf <pids
	equal careful "minireap: $careful (careful): sent SIGCHLD: its zombies are gone" \
	    "${lines[0]}"
	equal careless "minireap: $careless (careless): sent SIGCHLD, SIGTERM: its zombies are gone" \
	    "${lines[1]}"
	equal deaf "minireap: $deaf (deaf): sent SIGCHLD, SIGTERM: its zombies remain" \
	    "${lines[2]}"
	contains "${lines[3]}" 'UID '
	contains "${lines[6]}" '2 zombies held by 1 parent; '
	equal lines 7 "${#lines[@]}"
}

@test "--zombies PID...: only the zombies of those parents are listed, counted and signalled" {
	run -0 --separate-stderr inside 'hold 2 never a first; first=$HOLDER
	    hold 3 never b second; second=$HOLDER
	    hold 4 never c third; third=$HOLDER
	    "$MINIREAP" --zombies $second 77777; echo "status $?"
	    "$MINIREAP" --zombies 77777; echo "status $?"
	    "$MINIREAP" --zombies=KILL $first $third; echo "status $?"
	    kill -0 $second || echo "second died"
	    ! kill -0 $first $third 2>/dev/null || echo "another lives"
	    "$MINIREAP" --zombies; echo "status $?"
	    exit 0'
	echo "$output$stderr"
	local text=$output
	equal 'rows of the second' 'second second second second second second' \
	    "$(awk '$6 == "second" { print $6 }' <<<"$text" | xargs)"
	run ! grep -E ' (first|third)$' <<<"$text"
	equal 'totals and statuses' '3 by 1; status 1; 0 by 0; status 0; 0 by 0; status 0; 3 by 1; status 1;' \
	    "$(sed -nE 's/^([0-9]+) zombies? held by ([0-9]+) .*/\1 by \2;/p
	        s/^(status .)$/\1;/p' <<<"$text" | xargs)"
	run ! grep died <<<"$text"
	run ! grep 'another lives' <<<"$text"
}

@test "--zombies=SIGNAL: stdout has the table alone, remarks are on stderr" {
	run -1 --separate-stderr inside 'hold 2 ignores c deaf
	    hold 1 never d app & wait $!
	    "$MINIREAP" --zombies=TERM; exit $?'
	echo "$stderr"
	equal 'stdout' 'UID 0 0 2' "$(awk '{ print $1 }' <<<"$output" | xargs)"
	grep -E '^minireap: [0-9]+ \(deaf\): sent SIGCHLD, SIGTERM: its zombies remain$' \
	    <<<"$stderr"
}

@test "--zombies=SIGNAL: no zombies, or none afterwards: status 0 without delay" {
	run -0 inside '"$MINIREAP" --zombies=KILL'
	equal lines 1 "${#lines[@]}"
	# SIGCHLD is allowed 1 s and the signal 5 s more; listing has no delay.
	begin=$(now_ms)
	run -1 inside 'hold 4 waits; "$MINIREAP" --zombies; exit $?'
	list=$(($(now_ms) - begin))
	run -0 inside 'hold 4 waits; "$MINIREAP" --zombies=15; exit $?'
	contains "${lines[0]}" ': sent SIGCHLD: its zombies are gone'
	contains "${lines[1]}" '0 zombies held by 0 parents; '
	remind=$(($(now_ms) - begin - list))
	[ $remind -lt $((list + 1000)) ]
	run -0 inside 'hold 4 ignores; "$MINIREAP" --zombies=sigkill; exit $?'
	contains "$output" ': sent SIGCHLD, SIGKILL: its zombies are gone'
	[ $(($(now_ms) - begin - list - remind)) -lt $((list + 6000)) ]
}

@test "--zombies=SIGNAL: the parent is a PID 1: not signalled, an init is suggested" {
	as_pid_1 "$PROBE" zombies 2 never dead app >made 3>&- &
	job=$!
	first=$(child_of "$(child_of $job)")
	wait_until 5 test -s made
	run -1 nsenter --target "$first" --pid --mount "$MINIREAP" --zombies=KILL
	equal PPID '1 1' "$(column 3)"
	contains "$output" '1 (app) is never signalled: a PID 1 that does not wait for orphans; it should run under an init'
	kill -KILL "$first"
	wait $job || :
	# From the parent namespace, the kernel does not protect a PID 1.
	run -1 inside 'unshare --pid --fork --kill-child --mount-proc \
		"$PROBE" zombies 2 never inner app >made2 3>&- &
	    wait_until 5 test -s made2; "$MINIREAP" --zombies=KILL'
	equal COMMAND 'inner inner' "$(column 5)"
}

@test "--zombies=SIGNAL: the parent is another user's or minireap: not signalled" {
	export -f as_nobody
	run -1 inside 'hold 2 never a root
	    as_nobody "$MINIREAP" --zombies=KILL; status=$?
	    kill -0 $HOLDER || echo killed; exit $status'
	contains "${lines[0]}" ' (root): not signalled: operation not permitted'
	contains "${lines[-1]}" '2 zombies held by 1 parent'
	run -1 inside 'python3 -c "
import os
child = os.fork()
child or os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
os.execlp(os.environ[\"MINIREAP\"], \"minireap\", \"--zombies=KILL\")"'
	contains "$output" ' (minireap) is never signalled: minireap itself'
}

@test "--zombies=SIGNAL: no pidfds: the parent is still killed" {
	for error in ENOSYS EPERM; do
		run -0 inside "hold 2 never
		    python3 '$BATS_TEST_DIRNAME/refuse.py' $error $PIDFD_OPEN -- "'\
			"$MINIREAP" --zombies=TERM; exit $?'
		contains "$output" 'SIGTERM: its zombies are gone'
	done
}

@test "--zombies=SIGNAL: the pidfd is opened before the parent's identity is checked" {
	run -0 inside 'hold 2 never; echo $HOLDER >holder
	    strace -o calls "$MINIREAP" --zombies=TERM; exit $?'
	holder=$(cat holder)
	grep -oE "^pidfd_open\($holder,|\"/proc/$holder/stat\"|^pidfd_send_signal\([0-9]+, SIG[A-Z]+" calls |
	    sed 's/([0-9]*, / /; s/(.*//; s/".*"/stat/' |
	    sed -n '/pidfd_open/,/SIGTERM/p' >order
	diff order - <<-'LIST'
	pidfd_open
	stat
	pidfd_send_signal SIGCHLD
	pidfd_open
	stat
	pidfd_send_signal SIGTERM
	LIST
	run ! grep '^kill(' calls
}

# After SIGCHLD is sent, the fake /proc says that the holder's pid belongs to a
# process that was started later.
# bats test_tags=static
@test "--zombies=SIGNAL: the parent's pid is reused: the new process is not signalled" {
	for refused in $PIDFD_OPEN 0,4294967295; do # or, harmlessly, read(2) of descriptor -1
		rm -rf proc heard
		"$PROBE" listen 15 >heard 3>&- &
		holder=$!
		wait_until 5 grep -q ready heard
		process 1 0 S init
		process $holder 1 S holder 100
		process 4194303 $holder Z dead
		unshare --mount bash -c 'ln -sfn $$ proc/self
		    mount --bind proc /proc
		    exec "$@"' sh python3 "$BATS_TEST_DIRNAME/refuse.py" ENOSYS \
			"$refused" -- "$MINIREAP" --zombies=USR1 >out 2>&1 3>&- &
		job=$!
		wait_until 5 grep -q '^17 ' heard
		process $holder 1 S another 200
		wait $job || :
		contains "$(cat out)" \
		    "minireap: $holder (holder): sent SIGCHLD: no such process"
		kill $holder
		wait $holder
		run ! grep '^10 ' heard
		grep '^15 ' heard # and SIGTERM came next
	done
}

# watched COUNT [OPTION]...: run init over COUNT zombies and reap two orphans.
watched() {
	local count=$1
	shift
	as_pid_1 "$MINIREAP" "$@" -- bash -c 'hold '"$count"' never dead negligent
	    for i in 1 2 3 4 5; do (exec sleep 0 & exec true); sleep 0.2; done
	    echo $HOLDER' 3>&-
}

@test "-w: 32 zombies of one parent: logged once, at a second look" {
	run -0 --separate-stderr watched 40 -w
	# Up to three processes that have just exited may be counted, too.
	equal line "minireap: 4N zombies have a parent that does not wait, 40 of them $output (negligent): see --zombies" \
	    "$(grep zombies <<<"$stderr" | sed 's/ 4[0-3] z/ 4N z/')"
	run -0 --separate-stderr watched 28 -w # at most 31 with those
	contains "$stderr" 'reaped '
	run ! grep zombies <<<"$stderr"
	run -0 --separate-stderr watched 40 -vv
	contains "$stderr" 'reaped '
	run ! grep zombies <<<"$stderr"
}

# A parent that waits for one child after another is not called negligent.
@test "-w: 40 zombies that are reaped one by one: nothing is logged" {
	cat >slow.py <<-'PYTHON'
	import os, time
	for _ in range(40):
	    if os.fork() == 0:
	        os._exit(0)
	for _ in range(40):
	    time.sleep(0.1)
	    os.wait()
	PYTHON
	run -0 --separate-stderr as_pid_1 "$MINIREAP" -w -- bash -c '
	    python3 slow.py & for i in {1..12}; do
		(exec sleep 0 & exec true); sleep 0.1; done; wait'
	contains "$stderr" 'reaped '
	run ! grep zombies <<<"$stderr"
}

@test "-w: several orphans reaped: /proc is read twice a minute" {
	# strace as PID 1 would wait a minute for the holder.
	as_pid_1 bash -c 'strace -o calls "$0" -w -- bash -c "hold 40 never
	    for i in 1 2 3 4 5; do (exec sleep 0 & exec true); sleep 0.2; done"
	    exit $?' "$MINIREAP" 3>&- 2>/dev/null
	grep -q 'wait4.* = [1-9]' calls
	equal walks 0 "$(grep -c '"/proc", .*O_DIRECTORY' calls)" # not PID 1
	as_pid_1 "$MINIREAP" -w -- bash -c 'strace -o calls -p 1 2>traced &
	    wait_until 5 grep -q attached traced; hold 40 never
	    for i in 1 2 3 4 5; do (exec sleep 0 & exec true); sleep 0.2; done' \
	    3>&- 2>/dev/null
	equal walks 2 "$(grep -c '"/proc", .*O_DIRECTORY' calls)"
	[ "$(grep -c 'wait4.* = [1-9]' calls)" -ge 3 ]
}
