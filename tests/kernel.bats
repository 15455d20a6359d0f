#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=static,slow
# minireap as the PID 1 that a kernel starts: Debian's kernels with cgroup v2
# alone, for several architectures, in virtual machines.  kernel/guest.sh runs
# in them.

bats_require_minimum_version 1.5.0
load engine
load make

setup() {
	make_setup
}

# kernel_of ARCH PACKAGE: fetch Debian's kernel and busybox.
kernel_of() {
	must_have apt-get dpkg-deb
	grep -q '^ID=debian' /etc/os-release || skip 'the kernel is taken from Debian'
	sh "$BATS_TEST_DIRNAME/kernel/fetch.sh" "$1" "$2" . >fetched 2>&1 || {
		cat fetched
		return 1
	}
}

# built_for ARCH: build minireap and the probe.
built_for() {
	make_in "$ROOT" ARCHES="$1" cross OUT="$PWD/built" >/dev/null
	mv built/minireap-*-"$1" minireap
	"$(compiler_of "$1")" -D_GNU_SOURCE -O1 -static -pthread -o probe \
	    "$BATS_TEST_DIRNAME"/probe/*.c
}

# initial_image MINIREAP PROBE: make an initrd of these, busybox and guest.sh.
initial_image() {
	mkdir -p root/proc root/sys root/dev root/tmp
	busybox_tree root busybox
	cp "$1" root/init
	cp "$2" root/probe
	cp "$BATS_TEST_DIRNAME/kernel/guest.sh" root/guest.sh
	(cd root && find . | cpio --quiet -o -H newc -R 0:0) >initrd
}

# boot CONSOLE COMMAND...: boot the machine that COMMAND emulates.  The kernel
# passes the words after -- to minireap.
boot() {
	local console=$1
	shift
	timeout 150 "$@" -m 512 -display none -no-reboot -net none \
	    -serial file:console -kernel vmlinuz -initrd initrd \
	    -append "console=$console quiet panic=-1 -- -v /bin/sh /guest.sh" \
	    </dev/null 3>&-
	tr -d '\r' <console >lines
}

# promises_hold: each promise of guest.sh holds, and the machine has stopped.
promises_hold() {
	cat lines
	run ! grep '^not ok' lines
	equal promises "$(grep -c '^ *holds ' root/guest.sh)" \
	    "$(grep -c '^ok ' lines)"
	# The main process exited, so PID 1 did, and the kernel panicked.
	grep -q '^guest.sh is done' lines
	grep -q '^minireap: main process [0-9]* (sh) exited with status 0' lines
	grep -q 'Attempted to kill init! exitcode=0x00000000' lines
}

# boots_on ARCH PACKAGE CONSOLE QEMU WORD...: the promises hold for ARCH, on the
# machine that QEMU emulates.
boots_on() {
	local arch=$1 package=$2 console=$3
	shift 3
	must_have "$1" "$(compiler_of "$arch")" cpio busybox
	kernel_of "$arch" "$package"
	built_for "$arch"
	initial_image minireap probe
	boot "$console" "$@"
	promises_hold
}

@test "x86-64: PID 1 of Debian's kernel: keeps the core promises, with musl and glibc" {
	[ "$(uname -m)" = x86_64 ] || skip 'this machine is not x86-64'
	must_have qemu-system-x86_64 cpio busybox gcc
	kernel_of amd64 linux-image-cloud-amd64
	make_in "$ROOT" BUILD="$PWD/glibc" CC=gcc "$PWD/glibc/minireap"
	[ "$(stat -c %s glibc/minireap)" -gt 100000 ] # so it is not musl's
	for program in "$MINIREAP" glibc/minireap; do
		initial_image "$program" "$PROBE"
		boot ttyS0 qemu-system-x86_64
		promises_hold
	done
}

@test "s390x: PID 1 of Debian's kernel, big-endian: keeps the core promises" {
	boots_on s390x linux-image-s390x \
	    ttysclp0 qemu-system-s390x -M s390-ccw-virtio
}

@test "arm64: PID 1 of Debian's kernel: keeps the core promises" {
	boots_on arm64 linux-image-cloud-arm64 \
	    ttyAMA0 qemu-system-aarch64 -M virt -cpu cortex-a57
}

@test "ppc64el: PID 1 of Debian's kernel: keeps the core promises" {
	boots_on ppc64el linux-image-powerpc64le \
	    hvc0 qemu-system-ppc64 -M pseries
}

@test "armhf: PID 1 of Debian's kernel, 32 bits: keeps the core promises" {
	boots_on armhf linux-image-armmp \
	    ttyAMA0 qemu-system-arm -M virt
}
