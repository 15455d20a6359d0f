#!/bin/sh
# SPDX-License-Identifier: MIT
# Install what the tests need, if it is not there, and run them: on Debian,
# Ubuntu or Alpine, with nothing but a shell and a package manager.
# usage: sh tests/run.sh [check-slow] [VARIABLE=VALUE]...   for make, as CC=clang
set -u
cd "$(dirname "$0")/.." || exit 125

# What is called, and what it is called in the packages of each system.
commands='make cc bats strace python3 unshare nsenter setpriv dash bash busybox
	dockerd docker runc podman tini dumb-init catatonit
	qemu-system-x86_64 cpio containerd ctr protoc docker-compose less
	sudo su script tmux'
debian='make gcc libc6-dev musl-tools bats strace python3 util-linux
	dash bash busybox-static docker.io runc podman systemd tini dumb-init
	catatonit procps qemu-system-x86 cpio containerd protobuf-compiler
	python3-protobuf python3-grpcio docker-compose less vim-tiny sudo
	bsdutils tmux spin clang'
alpine='make gcc musl-dev linux-headers bats strace python3 util-linux
	setpriv dash bash busybox-static docker runc podman tini tini-static
	dumb-init catatonit procps coreutils qemu-system-x86_64 cpio
	containerd containerd-ctr protoc py3-protobuf py3-grpcio
	docker-compose less sudo util-linux-login util-linux-misc tmux'

# A plain user's PATH leaves out where dockerd and others are.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH
apt=$(command -v apt-get)
apk=$(command -v apk)
# Nothing has them in Alpine: the tests for them are skipped there.
[ -z "$apt" ] || commands="$commands systemd-socket-activate vim.tiny spin clang"

missing=
for command in $commands; do
	command -v "$command" >/dev/null 2>&1 || missing="$missing $command"
done

has_fuzzer() {
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	    clang -fsanitize=fuzzer -x c -o /dev/null - >/dev/null 2>&1
}
[ -z "$apt" ] || has_fuzzer || missing="$missing libclang-rt-dev"

# clang's runtime has a name for each version of it, or is a part of it.
install_all() {
	if [ -n "$apt" ]; then
		export DEBIAN_FRONTEND=noninteractive
		# shellcheck disable=SC2086 # a list of words
		apt-get update -qq &&
		    apt-get install -y -qq --no-install-recommends $debian
		has_fuzzer || apt-get install -y -qq --no-install-recommends \
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
case " $* " in
*' check-slow '*) exec make -s "$@" ;;
esac
exec make -s check "$@"
