#!/bin/sh
# SPDX-License-Identifier: MIT
# kernel.bats runs this in a virtual machine, as the main process of a minireap
# that the kernel has started as PID 1.  There is cgroup v2 alone.  For each
# promise it prints a line "ok ..." or "not ok ...".
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs none /tmp
cd /tmp || exit

# holds PROMISE COMMAND...: it does if COMMAND succeeds.
holds() {
	promise=$1
	shift
	if "$@"; then
		echo "ok $promise"
	else
		echo "not ok $promise"
		sed 's/^/    /' messages 2>/dev/null
	fi
}

# logs PATTERN: init has written one message, which matches.
logs() {
	[ "$(grep -c '^minireap' messages)" = 1 ] && grep -Eq "^minireap: $1\$" messages
}

is_silent() {
	! grep -q '^minireap' messages
}

# in_group GROUP COMMAND...: run it as PID 1 of a namespace, in a cgroup with a
# memory limit of 16 MiB.
in_group() {
	group=$1
	shift
	mkdir -p "/sys/fs/cgroup/$group" &&
	    echo 16M >"/sys/fs/cgroup/$group/memory.max"
	# shellcheck disable=SC2016 # for that shell
	sh -c 'echo $$ >"/sys/fs/cgroup/$0/cgroup.procs" && exec "$@"' \
	    "$group" unshare -m -p -f /bin/sh -c \
	    'mount -t proc none /proc && exec "$@"' sh "$@" 2>messages
	STATUS=$?
}

is_status() {
	[ "$STATUS" = "$1" ]
}

hog='exec dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null'
evidence='the OOM killer has killed 1 process here since the'
limits='memory limit 16384 KiB, peak 1638[0-9] KiB'

echo "kernel $(uname -r), cgroup v2 $(cat /sys/fs/cgroup/cgroup.controllers)"
echo '+memory +pids' >/sys/fs/cgroup/cgroup.subtree_control

count_zombies() {
	cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z '
}

no_zombie_remains() {
	n=0
	while [ "$n" -lt 100 ]; do
		(true & true) &
		n=$((n + 1))
	done
	wait
	sleep 1
	[ "$(count_zombies)" = 0 ]
}
holds 'PID 1: is minireap, started by the kernel' \
    grep -q '(init)' /proc/1/stat
holds 'orphans: all are reaped' no_zombie_remains

got=
trap 'got=USR1' USR1
kill -USR1 1
n=0
while [ -z "$got" ] && [ "$n" -lt 50 ]; do
	sleep 0.1
	n=$((n + 1))
done
holds 'PID 1: forwards a signal' [ "$got" = USR1 ]

in_group main /init -- sh -c "$hog"
holds 'OOM: main process killed: limit, peak and count are logged' \
    logs "main process [0-9]+ \(sh\) was killed by SIGKILL: $evidence cgroup was created, $limits"
holds 'OOM: main process killed: status 137' is_status 137
# shellcheck disable=SC2016 # for that shell
in_group someone /init -- sh -c 'kill -KILL $$'
holds 'OOM: a kill in another cgroup: not claimed' \
    logs 'main process [0-9]+ \(sh\) was killed by SIGKILL: no OOM kill was recorded in this cgroup'
: >log
# shellcheck disable=SC2016 # for that shell
in_group main /init -T/tmp/log -- sh -c 'kill -KILL $$'
holds 'OOM: a kill before the start: not claimed' \
    logs 'main process [0-9]+ \(sh\) was killed by SIGKILL: no OOM kill was recorded in this cgroup'
holds '-T: the file has the line' \
    grep -q 'was recorded in this cgroup; status=137 ran=' log
in_group worker /init -- sh -c "(sh -c '$hog'); exit 3"
holds 'OOM: worker killed: logged when the main process has failed' \
    logs "main process [0-9]+ \(sh\) exited with status 3; $evidence cgroup was created, $limits"
# shellcheck disable=SC2016 # for that shell
in_group orphan /init -w -- sh -c '(sh -c "$0" &)
    n=0; until grep -q "OOM killer" messages || [ $n -ge 100 ]; do
	sleep 0.2; n=$((n + 1)); done' "$hog"
holds 'OOM: worker killed, -w: logged when it happens' \
    grep -Eq "^minireap: $evidence start, $limits\$" messages

# The kernel kills the whole cgroup, init included.
mkdir -p /sys/fs/cgroup/whole
echo 1 >/sys/fs/cgroup/whole/memory.oom.group
in_group whole /init -- sh -c "$hog"
holds 'OOM: memory.oom.group: no message' is_silent

# listener OPTION...: start probe listen under init, the PID 1 of a namespace.
# INIT is its pid here.
listener() {
	: >received
	unshare -p -f /init "$@" -- /probe listen 64 >received &
	listener=$!
	until grep -q ready received; do sleep 0.1; done
	INIT=$(cut -d" " -f1 "/proc/$listener/task/$listener/children")
}

all_but_kill_and_stop() {
	seq 1 64 | grep -vE '^(9|19)$'
}

every_signal_arrives() {
	listener
	# shellcheck disable=SC2046 # words
	/probe send "$INIT" $(seq 1 8) $(seq 10 18)
	# The kernel drops a pending CONT (18) when a stop signal is sent.
	n=0
	until grep -q '^18 ' received || [ "$n" -eq 100 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	# shellcheck disable=SC2046 # words
	/probe send "$INIT" $(seq 20 64)
	wait "$listener"
	sed -n 's/^\([0-9]*\) .*/\1/p' received | sort -n >actual
	all_but_kill_and_stop | diff - actual
}
holds 'signals: each is forwarded once' every_signal_arrives

values_arrive() {
	listener
	/probe queue "$INIT" 40 -70000 3 >sender
	/probe send "$INIT" 64
	wait "$listener"
	sed -n 's/^40 -1 [0-9]* //p' received | tr '\n' ' ' >actual
	[ "$(cat actual)" = '-70000 -69999 -69998 ' ]
}
holds 'signals: queued: values and order are kept' values_arrive

# Before Linux 6.9, no value can be sent to a group.
group_receives() {
	listener -g
	/probe queue "$INIT" 10 5 >sender
	/probe send "$INIT" 64
	wait "$listener"
	grep -q '^10 ' received
}
holds '-g: a queued signal: arrives, if need be without its value' \
    group_receives

# shellcheck disable=SC2016 # for that shell
mask_is_kept() {
	/probe mask >before
	/init -- /probe mask | diff before -
	/probe mask block /probe mask >before
	/probe mask block /init -- /probe mask | diff before - && grep -q fff before
}
holds 'start: signal mask and dispositions are as init inherited them' mask_is_kept

/init -w -- sh -c '(sleep 0.2 &) ; sleep 0.5' 2>messages
holds 'orphans: not PID 1: adopted and reaped' logs 'reaped .*sleep.*'

# fails COMMAND...: run it under init; sets STATUS.
fails() {
	/init -- "$@" 2>messages
	STATUS=$?
}

# foreign CLASS ORDER MACHINE: make the ELF file foreign for another machine.
foreign() {
	printf '\177ELF%b%b\001\0\0\0\0\0\0\0\0\0\0\0%b' "$1" "$2" "$3" >foreign
	head -c 100 /dev/zero >>foreign
	chmod 755 foreign
}
machine=$(uname -m)
foreign '\002' '\002' '\000\025'
fails ./foreign
holds 'exec: a big-endian program of another machine: the machine is named' \
    logs ".*built for ppc64 \(64 bits\), this machine is $machine"
foreign '\001' '\001' '\010\000'
fails ./foreign
holds 'exec: a little-endian program of another machine: the machine is named' \
    logs ".*built for mipsel \(32 bits\), this machine is $machine"
holds 'exec: a program of another machine: status 126' is_status 126
mkdir noexec
mount -t tmpfs -o noexec none noexec
cp /probe noexec/
fails noexec/probe
holds 'exec: a file system mounted noexec: named' logs '.* mounted noexec'
fails nosuch
holds 'exec: no such command: status 127' is_status 127

mkdir -p /sys/fs/cgroup/alone
echo 1 >/sys/fs/cgroup/alone/pids.max
# shellcheck disable=SC2016 # for that shell
sh -c 'echo $$ >/sys/fs/cgroup/alone/cgroup.procs && exec /init true' 2>messages
STATUS=$?
holds 'start: no process slot left: the reason is logged' logs 'cannot .*: temporarily unavailable'
holds 'start: no process slot left: status 125' is_status 125

/init --install /tmp/copy
holds '--install: copies the program' cmp /init /tmp/copy

zombies_are_listed() {
	/probe zombies 3 never dead holder >made &
	until grep -q zombies made; do sleep 0.1; done
	/init --zombies >table
	status=$?
	kill -TERM $!
	[ "$status" = 1 ] && [ "$(grep -c ' dead ' table)" = 3 ]
}
holds '--zombies: lists those that are not reaped' zombies_are_listed

in_group stop /init -t 5 -- sh -c 'setsid sh -c "trap \"sleep 0.3; echo end >>file; exit\" TERM
    echo begin >file; while :; do sleep 0.1; done" & until [ -s file ]; do sleep 0.1; done; exit 7'
holds '-t: the status is that of the main process' is_status 7
holds '-t: a worker saves its file' [ "$(tail -n 1 file)" = end ]
echo 'guest.sh is done'
