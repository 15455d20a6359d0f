#!/bin/sh
# SPDX-License-Identifier: MIT
#
# postgres.sh: PostgreSQL as PID 1 of a container adopts the orphans of health
# checks.  It takes one that exits with 2 for a server process of its own that
# has crashed, and restarts all of them.  Under minireap nothing happens.
#
#	sh examples/demo.sh --postgres
#
# As root.  It builds minireap, and installs PostgreSQL if it is missing (Debian,
# Ubuntu).  Status: 0 if everything was as expected, 1 if not, 2 if it cannot run.
set -u
cd "$(dirname "$0")/.." || exit 2

give_up() {
	echo "demo: $*" >&2
	exit 2
}

[ "$(id -u)" = 0 ] || give_up 'must be root, to change users'
if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
	command -v apt-get >/dev/null || give_up 'please install PostgreSQL'
	echo 'Installing what is missing: apt-get install postgresql'
	{ apt-get update && apt-get install -y --no-install-recommends postgresql
	} >/dev/null 2>&1 || give_up 'PostgreSQL cannot be installed'
fi
make -s || give_up 'minireap cannot be built'

work=$(mktemp -d /tmp/minireap.XXXXXX)
job=
clean_up() {
	[ -z "$job" ] || kill -s KILL "$job" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The last version that is installed.
for bin in /usr/lib/postgresql/*/bin; do :; done
as_postgres='setpriv --reuid postgres --regid postgres --clear-groups'
cp minireap "$work/minireap"
chown -R postgres "$work"
$as_postgres "$bin/initdb" -D "$work/data" -A trust >/dev/null ||
	give_up 'PostgreSQL cannot make a cluster'
printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$work'" \
	fsync=off >>"$work/data/postgresql.conf"

# wait_for TEXT: in the server's log, for 20 s.
wait_for() {
	tries=200
	until grep -qs "$1" "$work/log"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# scene [INIT...]: start PostgreSQL below it, let an orphan exit with 2, and stop.
scene() {
	rm -f "$work/log"
	# shellcheck disable=SC2086 # words
	unshare --pid --fork --mount-proc --kill-child $as_postgres "$@" \
		"$bin/postgres" -D "$work/data" >"$work/log" 2>&1 &
	job=$!
	wait_for 'ready to accept' || { cat "$work/log" && exit 1; }
	read -r init _ <"/proc/$job/task/$job/children"
	echo '   A health check is killed, and leaves an orphan that exits with 2.'
	# shellcheck disable=SC2086 # words
	nsenter --target "$init" --pid --mount $as_postgres \
		sh -c '(sleep 0.2; exit 2) & exit 0'
	sleep 1
	crashes=$(grep -c 'terminating any other active server' "$work/log")
	sed -nE 's/^.*(LOG:  (server process|terminating|all server).*)/     \1/p' "$work/log"
	kill -s INT "$init"
	wait "$job"
	job=
}

echo '1. PID 1 is PostgreSQL'
scene
first=$crashes
[ "$first" = 0 ] || echo '   All of its processes are restarted.'
echo
echo '2. PID 1 is minireap, and runs PostgreSQL'
scene "$work/minireap" -S INT -t 60 --
[ "$crashes" != 0 ] || echo '   Nothing happens.'
[ "$first" = 1 ] && [ "$crashes" = 0 ]
