#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=static,slow
# As the PID 1 that the kernel itself starts, on another kernel than this one:
# Debian's, with cgroup v2 alone, in a virtual machine.  kernel/guest.sh is
# what runs there.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	[ "$(uname -m)" = x86_64 ] || skip 'the machine is for x86-64'
	for program in qemu-system-x86_64 cpio busybox; do
		command -v $program || skip "$program is not installed"
	done
}

# kernel_image: Debian's, unpacked to vmlinuz; not installed, as this machine
# is not to boot it.
kernel_image() {
	local package
	command -v apt-get >/dev/null || skip "no Debian, whose kernel this takes"
	package=$(cloud_package)
	[ -n "$package" ] || { apt-get update -qq && package=$(cloud_package); }
	[ -n "$package" ] || skip 'apt-cache knows no linux-image-cloud-amd64'
	apt-get download -q "$package" >download.log 2>&1 || {
		cat download.log
		return 1
	}
	dpkg-deb --fsys-tarfile "$package"_*.deb |
		tar -xO --wildcards './boot/vmlinuz-*' >vmlinuz
	[ -s vmlinuz ]
}

cloud_package() {
	apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		awk '/Depends: linux-image/ { print $2 }'
}

# initial_image: busybox, the probe, the guest's script, and minireap as /init.
initial_image() {
	mkdir -p root/bin root/proc root/sys root/dev root/tmp
	cp "$(command -v busybox)" root/bin/busybox
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -sf busybox "root/bin/$applet"
	done
	cp "$MINIREAP" root/init
	cp "$PROBE" root/probe
	cp "$BATS_TEST_DIRNAME/kernel/guest.sh" root/guest.sh
	(cd root && find . | cpio --quiet -o -H newc -R 0:0) >initrd
}

# boot WORD...: minireap's options and command, as the kernel's last words.
boot() {
	timeout 150 qemu-system-x86_64 -m 256 -display none -no-reboot -net none \
	    -serial file:console -kernel vmlinuz -initrd initrd \
	    -append "console=ttyS0 quiet panic=-1 -- $*" </dev/null 3>&-
	tr -d '\r' <console >lines
}

@test "Debian's kernel starts it as PID 1, with cgroup v2: the core promises" {
	kernel_image
	initial_image
	boot -v /bin/sh /guest.sh
	cat lines
	run ! grep '^not ok' lines
	equal promises "$(grep -c '^ *holds ' root/guest.sh)" \
	    "$(grep -c '^ok ' lines)"
	# Main has ended, so PID 1 has, which is the end of a machine.
	grep -q '^the end' lines
	grep -q '^minireap: main process [0-9]* (sh) exited with status 0' lines
	grep -q 'Attempted to kill init! exitcode=0x00000000' lines
}
