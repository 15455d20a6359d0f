#!/bin/sh
# SPDX-License-Identifier: MIT
# Run COMMAND in a box in which a broken init, as root, cannot harm the machine.
# Its kill(-1) reaches only a PID namespace, its kill(0) only a session.  It can
# write only to a private /tmp, and to TREE, which is /tmp/tree in the box.
# cgroups called NAME limit processes and memory, if they can be created.  When
# this process exits, the whole box is killed.
# usage: exec sh box.sh NAME TREE COMMAND...
set -eu
name=$1
tree=$2
shift 2

groups=
for root in /sys/fs/cgroup/pids /sys/fs/cgroup/memory /sys/fs/cgroup; do
	[ -e "$root/cgroup.procs" ] || continue
	mkdir -p "$root/$name" 2>/dev/null || continue
	echo 6000 >"$root/$name/pids.max" || :
	echo 4G >"$root/$name/memory.limit_in_bytes" || :
	echo 4G >"$root/$name/memory.max" || :
	echo $$ >"$root/$name/cgroup.procs" || continue
	groups="$groups $root/$name"
done 2>/dev/null

# shellcheck disable=SC2016 # expanded by the shell in the box
exec unshare --pid --fork --kill-child --cgroup --mount --mount-proc sh -c '
	set -eu
	for group in $1; do
		mount --bind "$group" "${group%/*}"
	done
	mount -t tmpfs -o size=2g,mode=1777 none /mnt
	mkdir /mnt/tree
	mount --bind "$2" /mnt/tree
	mount --rbind /mnt /tmp
	umount -l /mnt
	mount -o remount,bind,ro /
	cd /tmp/tree
	shift 2
	setsid --wait "$@"' sh "$groups" "$tree" "$@"
