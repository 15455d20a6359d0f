#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# Job control if sudo, su, script, tmux or ssh runs between the user's terminal
# and init.  typist.py is the user.

bats_require_minimum_version 1.5.0

setup() {
	TYPIST=$BATS_TEST_DIRNAME/typist.py
	export HOME=/nonexistent ENV='' PS1='# ' TERM=vt100 SHELL=/bin/bash
	cd "$BATS_TEST_TMPDIR"
	ln -s "$MINIREAP" minireap
	ln -s "$(command -v bash)" main
	# Records each SIGINT until the file go exists.
	cat >count <<-'COUNT'
	trap 'echo int >>ints' INT
	echo $$ >main.pid
	until [ -e go ]; do sleep 0.05; done
	exit 9
	COUNT
}

type_into() {
	timeout 60 python3 "$TYPIST" "$@" 3>&-
}

needs() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

needs_root_by() {
	needs "$1"
	[ "$(id -u)" = 0 ] || skip "$1 would ask for a password"
}

# job_steps COMMAND: run it as a job of bash, stop it, continue it, press ^C.
job_steps() {
	cat <<-STEPS
	expect #
	send $*\n
	until [ -s main.pid ]
	send ^Z
	expect Stopped
	expect #
	until grep '^State:.T' /proc/\$(cat main.pid)/status
	send fg\n
	until ! grep '^State:.T' /proc/\$(cat main.pid)/status
	send ^C
	until [ -s ints ]
	until touch go
	expect #
	send echo status=\$?\n
	expect status=9
	expect #
	send exit 5\n
	STEPS
}

# leader_steps: ^Z has no effect, as no shell could continue init; press ^C.
leader_steps() {
	cat <<-STEPS
	until [ -s main.pid ]
	send ^Z
	send ^C
	until [ -s ints ]
	until touch go
	end 9
	STEPS
}

# one_int: main received SIGINT exactly once.
one_int() {
	[ "$(cat ints)" = int ]
}

# With use_pty in sudoers(5), sudo puts a terminal of its own in between.
@test "sudo: ^Z stops the job, fg continues it, ^C arrives once" {
	needs sudo
	sudo -n true || skip "sudo wants a password"
	{
		job_steps sudo -n ./minireap -- ./main count
		echo end 5
	} | type_into bash --norc --noprofile
	one_int
}

@test "su -c, a session without a terminal: main runs and its status is returned" {
	needs_root_by su
	type_into su root -c "exec ./minireap -- ./main count" <<-'STEPS'
	until [ -s main.pid ]
	until touch go
	end 9
	STEPS
}

@test "su --session-command: ^Z stops the job, fg continues it, ^C arrives once" {
	needs_root_by su
	{
		job_steps su root --session-command \
		    "'exec ./minireap -- ./main count'"
		echo end 5
	} | type_into bash --norc --noprofile
	one_int
}

@test "su --pty: ^Z has no effect, ^C arrives once" {
	needs_root_by su
	leader_steps | type_into su --pty root -c \
	    "exec ./minireap -- ./main count"
	one_int
}

@test "script: ^Z has no effect, ^C arrives once" {
	needs script
	leader_steps | type_into script -qec \
	    'exec ./minireap -- ./main count' log
	one_int
}

@test "tmux: job control works, and main gets a new window size" {
	needs tmux
	{
		job_steps ./minireap -- ./main count | sed '$d'
		cat <<-'STEPS'
		send ./minireap -- bash -c 'trap "stty size; exit" WINCH; touch ready; while :; do sleep 0.1; done'\n
		until [ -e ready ]
		resize 33 90
		expect 32 90
		expect #
		send exit 5\n
		end 0
		STEPS
	} | type_into tmux -S "$PWD/socket" -f /dev/null new-session \
	    bash --norc --noprofile
	one_int
}

# configure_ssh: for a server that the client starts itself, without a port.
configure_ssh() {
	SSHD=$(PATH=$PATH:/usr/sbin command -v sshd) ||
		skip "sshd is not installed"
	[ "$(id -u)" = 0 ] || skip "sshd needs root"
	mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f key
	cat >sshd_config <<-CONFIG
	HostKey $PWD/key
	AuthorizedKeysFile $PWD/key.pub
	StrictModes no
	UsePAM no
	PermitRootLogin yes
	PidFile none
	LogLevel ERROR
	CONFIG
	cat >ssh_config <<-CONFIG
	Host testhost
	ProxyCommand $SSHD -i -f $PWD/sshd_config
	IdentityFile $PWD/key
	StrictHostKeyChecking no
	UserKnownHostsFile /dev/null
	LogLevel ERROR
	User root
	CONFIG
}

@test "ssh -t: ^Z has no effect, ^C arrives once" {
	configure_ssh
	leader_steps | type_into ssh -F ssh_config -tt testhost \
	    "cd $PWD && exec ./minireap -- ./main count"
	one_int
}

@test "ssh -t, a shell: job control works" {
	configure_ssh
	{
		job_steps ./minireap -- ./main count
		echo end 5
	} | type_into ssh -F ssh_config -tt testhost \
	    "cd $PWD && PS1='# ' exec bash --norc --noprofile -i"
	one_int
}

@test "ssh disconnects: main receives SIGHUP, init exits with main's status" {
	configure_ssh
	cat >hup <<-'HUP'
	trap 'echo hup >>hups; exit 9' HUP
	echo $PPID >init
	while :; do sleep 0.05; done
	HUP
	type_into ssh -F ssh_config -tt testhost \
	    "cd $PWD && exec ./minireap -v -- ./main hup 2>log" <<-'STEPS'
	until [ -s init ]
	send \n~.
	end 255
	until ! kill -0 $(cat init)
	STEPS
	[ "$(cat hups)" = hup ]
	grep 'exited with status 9' log
}
