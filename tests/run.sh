#!/bin/sh
# SPDX-License-Identifier: MIT
# Install the packages that a tier of the tests needs, if they are missing, and
# run it: on Debian, Ubuntu or Alpine, with a shell and a package manager.
# usage: sh tests/run.sh [core|engines|slow|all] [VARIABLE=VALUE]...
# Default: core.  Variables are for make: CC=clang.  See suite.sh for the tiers.
set -u
cd "$(dirname "$0")/.." || exit 125

tier=core target=check
case ${1:-} in
core) shift ;;
engines | slow | all) tier=$1 target=check-$1 && shift ;;
esac

# What the tests call, and the packages that have it.
commands='make cc bats strace python3 unshare nsenter setpriv dash bash busybox
	ps less tini dumb-init catatonit'
debian='make gcc libc6-dev musl-tools bats strace python3 util-linux dash bash
	busybox-static procps less vim-tiny tini dumb-init catatonit'
alpine='make gcc musl-dev linux-headers bats strace python3 util-linux setpriv
	dash bash busybox-static procps coreutils less tini tini-static
	dumb-init catatonit'
debian_commands='musl-gcc vim.tiny'

case $tier in
engines | all)
	commands="$commands dockerd docker runc podman containerd ctr protoc
		docker-compose"
	debian="$debian docker.io runc podman systemd containerd
		protobuf-compiler python3-protobuf python3-grpcio docker-compose"
	alpine="$alpine docker runc podman containerd containerd-ctr protoc
		py3-protobuf py3-grpcio docker-compose"
	debian_commands="$debian_commands systemd-socket-activate"
	;;
esac
case $tier in
slow | all)
	commands="$commands qemu-system-x86_64 cpio sudo su script tmux"
	debian="$debian qemu-system-x86 cpio sudo bsdutils tmux systemd spin clang"
	alpine="$alpine qemu-system-x86_64 cpio sudo util-linux-login
		util-linux-misc tmux"
	debian_commands="$debian_commands systemd-socket-activate spin clang"
	;;
esac

# A plain user's PATH leaves out where dockerd and others are.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH
apt=$(command -v apt-get)
apk=$(command -v apk)
# Alpine has no packages of these: the tests for them are skipped there.
[ -z "$apt" ] || commands="$commands $debian_commands"

missing=
for command in $commands; do
	command -v "$command" >/dev/null 2>&1 || missing="$missing $command"
done

# clang's runtime has a name for each version of it, or is a part of it.
lacks_fuzzer() {
	case $commands in *clang*) ;; *) return 1 ;; esac
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	    clang -fsanitize=fuzzer -x c -o /dev/null - >/dev/null 2>&1 &&
		return 1
	return 0
}
! lacks_fuzzer || missing="$missing libclang-rt-dev"

install_all() {
	if [ -n "$apt" ]; then
		export DEBIAN_FRONTEND=noninteractive
		# shellcheck disable=SC2086 # a list of words
		apt-get update -qq &&
		    apt-get install -y -qq --no-install-recommends $debian
		! lacks_fuzzer || apt-get install -y -qq --no-install-recommends \
		    "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
	else
		# shellcheck disable=SC2086 # a list of words
		apk add -q $alpine
	fi >&2
}

# shellcheck disable=SC2086 # lists of words
if [ -n "$missing" ]; then
	if [ -z "$apt$apk" ]; then
		echo "tests/run.sh: please install:$missing" >&2
	elif [ "$(id -u)" != 0 ]; then
		echo "tests/run.sh: missing:$missing; please run, as root:" >&2
		[ -z "$apt" ] || echo "    apt-get update && apt-get install" \
		    $debian >&2
		[ -n "$apt" ] || echo "    apk add" $alpine >&2
		exit 125
	else
		# A package less may still do: the tests say what they miss.
		log=$(mktemp)
		install_all 2>"$log" || cat "$log" >&2
		rm -f "$log"
	fi
fi
exec make -s "$target" "$@"
