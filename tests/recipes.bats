#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# shellcheck disable=SC2016 # backquotes of Markdown, other shells
# docs/recipes.md: real servers, stopped while they work.  Each test greps there
# for the options that it uses.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	needs_root
	RECIPES=$BATS_TEST_DIRNAME/../docs/recipes.md
	PATH=$PATH:/usr/sbin:/usr/lib/postgresql/15/bin
	WORK=$(mktemp -d /tmp/minireap.XXXXXX) # the path of a socket is short
	chmod 777 "$WORK"
	cd "$WORK" || return
	JOB=
}

teardown() {
	[ -z "$JOB" ] || kill -KILL "$JOB" 2>/dev/null || :
	rm -rf "$WORK"
}

must_have() {
	command -v "$1" || skip "no $1"
}

# pid_1 COMMAND...: in the background, as PID 1, without a network but
# loopback.  Sets JOB, and INIT to its pid here.
pid_1() {
	rm -f log
	env --default-signal=INT,QUIT unshare --pid --net --fork --kill-child \
	    --mount-proc sh -c 'ip link set lo up; exec "$@"' sh "$@" >log 2>&1 3>&- &
	JOB=$!
	INIT=$(child_of "$JOB")
}

# stopped_by SIGNAL: INIT's exit status is STATUS.
stopped_by() {
	kill "-$1" "$INIT"
	STATUS=0
	wait "$JOB" || STATUS=$?
	JOB=
}

# recipe TEXT: the document has it.
recipe() {
	grep -qF -e "$1" "$RECIPES"
}

# server_of_files: a directory with a file that takes two seconds to download.
server_of_files() {
	mkdir www
	head -c 3000000 /dev/urandom >www/file
	chmod -R a+rX .
	cat >nginx.conf <<-CONF
	user root;
	worker_processes 1;
	pid $WORK/pid;
	error_log stderr;
	events {}
	http {
		access_log off;
		server { listen 127.0.0.1:8080; root $WORK/www; limit_rate 1500k; }
	}
	CONF
	cat >httpd.conf <<-CONF
	ServerRoot $WORK
	ServerName recipe
	Listen 127.0.0.1:8080
	PidFile $WORK/pid
	$(for module in mpm_event authz_core env filter ratelimit; do
		echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
	done)
	User nobody
	Group nogroup
	DocumentRoot $WORK/www
	ErrorLog $WORK/errors
	<Location />
	SetOutputFilter RATE_LIMIT
	SetEnv rate-limit 1500
	</Location>
	CONF
}

# download_during SIGNAL COMMAND...: stop PID 1, which runs COMMAND, a server of
# files, in the middle of a download.  Sets STATUS; COMPLETE is yes or no.
download_during() {
	local signal=$1 client
	shift
	rm -f got pid
	pid_1 "$@"
	wait_until 10 test -s pid
	wait_until 10 is_listening
	nsenter --target "$INIT" --net curl -s http://127.0.0.1:8080/file -o got 3>&- &
	client=$!
	wait_until 10 has_begun
	stopped_by "$signal"
	wait "$client" || :
	COMPLETE=no
	! cmp -s www/file got || COMPLETE=yes
}

is_listening() {
	nsenter --target "$INIT" --net sh -c ': >/dev/tcp/127.0.0.1/8080' 2>/dev/null ||
	    grep -q ' 0100007F:1F90 .* 0A ' "/proc/$INIT/net/tcp"
}

has_begun() {
	[ -s got ] && [ "$(stat -c %s got)" -gt 500000 ]
}

# completes_downloads NAME SIGNAL COMMAND...: the recipe for the server NAME, with
# SIGNAL by -S and with SIGTERM by -r; the control is SIGTERM alone.
completes_downloads() {
	local name=$1 signal=$2
	shift 2
	recipe "| $name | SIG$signal | \`-S $signal -t 8\` | \`-r TERM:$signal -t 8\` |"
	download_during "$signal" "$MINIREAP" -S "$signal" -t 8 -- "$@"
	equal 'complete, status' 'yes 0' "$COMPLETE $STATUS"
	download_during TERM "$MINIREAP" -r "TERM:$signal" -t 8 -- "$@"
	equal 'complete, status' 'yes 0' "$COMPLETE $STATUS"
	download_during TERM "$MINIREAP" -t 8 -- "$@"
	equal 'control: complete' no "$COMPLETE"
}

@test "nginx: SIGQUIT by -S, SIGTERM by -r: a download is completed; control: SIGTERM cuts it" {
	must_have nginx
	must_have curl
	server_of_files
	completes_downloads nginx QUIT nginx -c "$WORK/nginx.conf" -g 'daemon off;'
}

@test "httpd: SIGWINCH by -S, SIGTERM by -r: a download is completed; control: SIGTERM cuts it" {
	must_have apache2
	must_have curl
	server_of_files
	completes_downloads 'Apache httpd' WINCH apache2 -f "$WORK/httpd.conf" -DFOREGROUND
}

@test "Redis: a key is saved by the stop" {
	must_have redis-server
	recipe '| Redis | SIGTERM | `-t 8` | `-t 8` |'
	pid_1 "$MINIREAP" -t 8 -- redis-server --port 0 --unixsocket "$WORK/socket" \
	    --dir "$WORK" --save 3600 1
	wait_until 10 test -S socket
	redis-cli -s socket set key value
	[ ! -e dump.rdb ]
	stopped_by TERM
	equal status 0 "$STATUS"
	grep -q key dump.rdb
}

as_postgres() {
	setpriv --reuid postgres --regid postgres --clear-groups "$@"
}

# postgres_as_pid_1 [INIT WORD...]: start it and wait until it answers.
postgres_as_pid_1() {
	if [ ! -d data ]; then
		export -f as_postgres
		chown postgres .
		as_postgres initdb -D "$WORK/data" -A trust >/dev/null
		printf '%s\n' "listen_addresses = ''" fsync=off \
		    "unix_socket_directories = '$WORK'" >>data/postgresql.conf
	fi
	pid_1 setpriv --reuid postgres --regid postgres --clear-groups "$@" \
	    postgres -D "$WORK/data"
	wait_until 20 grep -q 'ready to accept' log
}

# As the processes of a health check that timed out.
orphan_exits_with_2() {
	nsenter --target "$INIT" --pid --mount setpriv --reuid postgres \
	    --regid postgres --clear-groups sh -c '(sleep 0.1; exit 2) & exit 0'
	wait_until 10 eval '[ -z "$(pgrep --ns $INIT --nslist pid -x sleep)" ]'
}

@test "PostgreSQL: as PID 1 an orphan restarts it; under minireap nothing happens" {
	must_have postgres
	postgres_as_pid_1
	orphan_exits_with_2
	wait_until 10 grep -q 'terminating any other active server processes' log
	stopped_by INT
	postgres_as_pid_1 "$MINIREAP" -S INT -t 60 --
	orphan_exits_with_2
	stopped_by INT
	equal status 0 "$STATUS"
	run ! grep 'terminating any other active' log
}

@test "PostgreSQL: SIGINT by -S, SIGTERM by -r: a fast shutdown with a client connected" {
	must_have postgres
	recipe '| PostgreSQL | SIGINT | `-S INT -t 60` | `-r TERM:INT -t 60` |'
	for way in 'INT -S INT -t 60' 'TERM -r TERM:INT -t 60'; do
		# shellcheck disable=SC2086 # a list of words
		postgres_as_pid_1 "$MINIREAP" ${way#* } --
		as_postgres psql -h "$WORK" -c 'select pg_sleep(60)' postgres \
		    >/dev/null 2>&1 3>&- &
		client=$!
		wait_until 10 pgrep --ns "$INIT" --nslist pid -f 'SELECT$'
		began=$(now_ms)
		stopped_by "${way%% *}"
		[ $(($(now_ms) - began)) -lt 30000 ]
		equal status 0 "$STATUS"
		grep -q 'database system is shut down' log
		wait "$client" || :
	done
}

any_pid() {
	sed 's/(PID [0-9]*)/(PID N)/'
}

@test "demo.sh --postgres: prints what demo.md shows" {
	must_have postgres
	ROOT=$BATS_TEST_DIRNAME/..
	fresh_clone tree
	run -0 env -i PATH="$PATH" sh tree/examples/demo.sh --postgres 3>&-
	echo "$output"
	diff <(awk '$0 == "```" { inside = 0 } inside && n == 2 { print }
	    $0 == "```console" { inside = 1; n++ }' "$ROOT/docs/demo.md" | any_pid) \
	    <(echo "$output" | any_pid)
}
