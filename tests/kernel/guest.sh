#!/bin/sh
# SPDX-License-Identifier: MIT
# What kernel.bats runs in a virtual machine, as main of a minireap that the
# kernel itself has started as PID 1, on a kernel with cgroup v2 alone.  Each
# promise is a line "ok ..." or "not ok ...".
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs none /tmp
cd /tmp || exit

# holds PROMISE COMMAND...
holds() {
	promise=$1
	shift
	if "$@"; then
		echo "ok $promise"
	else
		echo "not ok $promise"
		sed 's/^/    /' said 2>/dev/null
	fi
}

# says PATTERN: what init said last, in one line, and no more.
says() {
	[ "$(grep -c '^minireap' said)" = 1 ] && grep -Eq "^minireap: $1\$" said
}

is_silent() {
	! grep -q '^minireap' said
}

# in_group GROUP COMMAND...: as PID 1 of a namespace, in a group of 16 MiB.
in_group() {
	group=$1
	shift
	mkdir -p "/sys/fs/cgroup/$group" &&
	    echo 16M >"/sys/fs/cgroup/$group/memory.max"
	# shellcheck disable=SC2016 # for that shell
	sh -c 'echo $$ >"/sys/fs/cgroup/$0/cgroup.procs" && exec "$@"' \
	    "$group" unshare -m -p -f /bin/sh -c \
	    'mount -t proc none /proc && exec "$@"' sh "$@" 2>said
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

# ------------------------------------------------- PID 1 of the machine

count_zombies() {
	cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z '
}

no_zombie_stays() {
	n=0
	while [ "$n" -lt 100 ]; do
		(true & true) &
		n=$((n + 1))
	done
	wait
	sleep 1
	[ "$(count_zombies)" = 0 ]
}
holds 'the kernel started minireap, and it is PID 1' \
    grep -q '(init)' /proc/1/stat
holds 'orphans are reaped: no zombie stays' no_zombie_stays

got=
trap 'got=USR1' USR1
kill -USR1 1
n=0
while [ -z "$got" ] && [ "$n" -lt 50 ]; do
	sleep 0.1
	n=$((n + 1))
done
holds 'PID 1 forwards what it is sent' [ "$got" = USR1 ]

# ----------------------------------------------------- why main ended

in_group main /init -- sh -c "$hog"
holds 'OOM: main was killed by it: limit, peak and count' \
    says "main process [0-9]+ \(sh\) was killed by SIGKILL: $evidence cgroup was created, $limits"
holds 'OOM: status 137' is_status 137
# shellcheck disable=SC2016 # for that shell
in_group someone /init -- sh -c 'kill -KILL $$'
holds "OOM: another group's is not told of" \
    says 'main process [0-9]+ \(sh\) was killed by SIGKILL: sent by a process, not by the OOM killer'
: >log
# shellcheck disable=SC2016 # for that shell
in_group main /init -T/tmp/log -- sh -c 'kill -KILL $$'
holds "OOM: from before main's start is not main's" \
    says 'main process [0-9]+ \(sh\) was killed by SIGKILL: sent by a process, not by the OOM killer'
holds '-T: the line is in the file' \
    grep -q 'not by the OOM killer; status=137 ran=' log
in_group worker /init -- sh -c "(sh -c '$hog'); exit 3"
holds 'OOM: a worker that was taken is told of at the end' \
    says "main process [0-9]+ \(sh\) exited with status 3; $evidence cgroup was created, $limits"
in_group orphan /init -w -- sh -c "(sh -c '$hog' &); sleep 1"
holds '-w: ... and when it happens' \
    grep -Eq "^minireap: $evidence start, $limits\$" said

# The whole group is killed, init too, and nothing can be said.
mkdir -p /sys/fs/cgroup/whole
echo 1 >/sys/fs/cgroup/whole/memory.oom.group
in_group whole /init -- sh -c "$hog"
holds 'memory.oom.group: nothing is said' is_silent

# ------------------------------------- what processors and kernels differ in

# listener OPTION...: probe listen below init, PID 1 of a namespace; INIT.
listener() {
	: >heard
	unshare -p -f /init "$@" -- /probe listen 64 >heard &
	listener=$!
	until grep -q ready heard; do sleep 0.1; done
	INIT=$(cut -d" " -f1 "/proc/$listener/task/$listener/children")
}

all_but_kill_and_stop() {
	seq 1 64 | grep -vE '^(9|19)$'
}

every_signal_comes() {
	listener
	# shellcheck disable=SC2046 # words
	/probe send "$INIT" $(all_but_kill_and_stop)
	wait "$listener"
	sed -n 's/^\([0-9]*\) .*/\1/p' heard | sort -n >came
	all_but_kill_and_stop | diff - came
}
holds 'every signal is forwarded, once' every_signal_comes

values_come() {
	listener
	/probe queue "$INIT" 40 -70000 3 >sender
	/probe send "$INIT" 64
	wait "$listener"
	sed -n 's/^40 -1 [0-9]* //p' heard | tr '\n' ' ' >came
	[ "$(cat came)" = '-70000 -69999 -69998 ' ]
}
holds 'queued signals keep their values and their order' values_come

# Before Linux 6.9.
group_hears() {
	listener -g
	/probe queue "$INIT" 10 5 >sender
	/probe send "$INIT" 64
	wait "$listener"
	grep -q '^10 ' heard
}
holds '-g: a queued signal arrives where a group cannot be sent its value' \
    group_hears

# shellcheck disable=SC2016 # for that shell
mask_is_kept() {
	/probe mask >before
	/init -- /probe mask | diff before -
	/probe mask block /probe mask >before
	/probe mask block /init -- /probe mask | diff before - && grep -q fff before
}
holds 'main has the mask and the actions that init was given' mask_is_kept

/init -w -- sh -c '(sleep 0.2 &) ; sleep 0.5' 2>said
holds 'not PID 1: it adopts and reaps orphans' says 'reaped .*sleep.*'

# fails COMMAND...: under init; STATUS and what it said.
fails() {
	/init -- "$@" 2>said
	STATUS=$?
}

# foreign CLASS ORDER MACHINE: the head of a program for that.
foreign() {
	printf '\177ELF%b%b\001\0\0\0\0\0\0\0\0\0\0\0%b' "$1" "$2" "$3" >foreign
	head -c 100 /dev/zero >>foreign
	chmod 755 foreign
}
machine=$(uname -m)
foreign '\002' '\002' '\000\025'
fails ./foreign
holds 'a program for another processor, high byte first, is named' \
    says ".*built for ppc64 \(64 bits\), this machine is $machine"
foreign '\001' '\001' '\010\000'
fails ./foreign
holds 'a program for another processor, low byte first, is named' \
    says ".*built for mips \(32 bits\), this machine is $machine"
holds 'status 126' is_status 126
mkdir noexec
mount -t tmpfs -o noexec none noexec
cp /probe noexec/
fails noexec/probe
holds 'a file system without exec is named' says '.* mounted noexec'
fails nosuch
holds 'no such command: status 127' is_status 127

mkdir -p /sys/fs/cgroup/alone
echo 1 >/sys/fs/cgroup/alone/pids.max
# shellcheck disable=SC2016 # for that shell
sh -c 'echo $$ >/sys/fs/cgroup/alone/cgroup.procs && exec /init true' 2>said
STATUS=$?
holds 'no process to be had: the reason' says 'cannot .*: resource temporarily unavailable'
holds 'status 125' is_status 125

/init --install /tmp/copy
holds '--install copies the program' cmp /init /tmp/copy

zombies_are_told() {
	/probe zombies 3 never dead holder >made &
	until grep -q zombies made; do sleep 0.1; done
	/init --zombies >told
	status=$?
	kill -TERM $!
	[ "$status" = 1 ] && [ "$(grep -c ' dead ' told)" = 3 ]
}
holds '--zombies tells of those that nobody waits for' zombies_are_told

in_group stop /init -t 5 -- sh -c 'setsid sh -c "trap \"sleep 0.3; echo end >>file; exit\" TERM
    echo begin >file; while :; do sleep 0.1; done" & until [ -s file ]; do sleep 0.1; done; exit 7'
holds '-t: a worker may save its file, the status is main'"'"'s' is_status 7
holds '-t: the file is whole' [ "$(tail -n 1 file)" = end ]
echo 'the end'
