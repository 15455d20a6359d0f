#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the Makefile builds, installs and removes.

bats_require_minimum_version 1.5.0
load make

setup() {
	make_setup
}

@test "make install: DESTDIR and PREFIX: three files, which make uninstall removes" {
	copy_sources tree
	# The program under test, not a new one.
	mkdir bin
	cp "$MINIREAP" bin/minireap
	to=(make -s -C tree -o ../bin/minireap BUILD=../bin \
	    "DESTDIR=$PWD/root" PREFIX=/usr)
	(umask 077 && "${to[@]}" install)
	equal files '644 root/usr/share/doc/minireap/LICENSE
644 root/usr/share/man/man1/minireap.1
755 root/usr/bin/minireap' \
	    "$(find root -type f -printf '%m %p\n' | sort)"
	cmp bin/minireap root/usr/bin/minireap
	"${to[@]}" uninstall
	equal 'remaining files' '' "$(find root -type f; ls root/usr/share/doc)"
}

@test "make clean: after a build: leaves the tree as it was" {
	copy_sources tree
	find tree | sort >before
	mkdir tree/obj
	touch tree/minireap tree/obj/init.o tree/obj/probe
	make -s -C tree clean
	find tree | sort | diff before -
}

@test "build: 32-bit longs, 64-bit times of musl: compiles" {
	# As musl's bits/syscall.h on such a machine.
	cat >names.h <<-'C'
	#include <sys/syscall.h>
	#undef SYS_clock_gettime
	#define SYS_clock_gettime32 __NR_clock_gettime
	C
	copy_sources tree
	find tree -name '*.c' -exec "${CC:-cc}" -std=c11 -D_GNU_SOURCE -Itree \
	    -DMINIREAP_VERSION='""' -DMINIREAP_COMMIT='""' \
	    -include ./names.h -fsyntax-only {} +
}

# bats test_tags=slow
@test "the same bytes from two directories, at two times, for two users" {
	local other=()
	copy_sources one
	copy_sources elsewhere/of/another-length
	find elsewhere -exec touch -d '2001-02-03 04:05' {} +
	if [ "$(id -u)" = 0 ]; then # otherwise only USER differs
		chown -R 4242:4242 elsewhere
		chmod 755 . "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
		other=(setpriv --reuid 4242 --regid 4242 --clear-groups)
	fi
	# -Werror=date-time: the compiler rejects __DATE__ and __TIME__.
	(umask 077 && TZ=UTC+11 LC_ALL=C USER=a HOME=/a GIT_CEILING_DIRECTORIES=$PWD \
	    make -s -C one CPPFLAGS=-Werror=date-time minireap)
	(umask 022 && TZ=UTC-12 USER=b HOME=/b GIT_CEILING_DIRECTORIES=$PWD \
	    "${other[@]}" make -s -j2 -C elsewhere/of/another-length minireap)
	cmp one/minireap elsewhere/of/another-length/minireap
	run ! grep -aF -e "$PWD" -e "$ROOT" one/minireap
}

# bats test_tags=static
@test "no executable stack, no rwx segment, nothing to relocate, no path of the build" {
	file=$(readelf -hldW "$MINIREAP")
	equal 'stack' 'RW' "$(awk '$1 == "GNU_STACK" { print $7 }' <<<"$file")"
	run ! grep -E 'LOAD.* (RWE|WE|R?W.*E) ' <<<"$file"
	run ! grep -E 'TEXTREL|RPATH|RUNPATH|INTERP' <<<"$file"
	run ! grep -aF -e "$ROOT" -e "$BATS_TMPDIR/" "$MINIREAP"
	# The memory map of the running program agrees.
	"$MINIREAP" -- sleep 1 3>&- &
	wait_until 5 has_child $!
	maps=$(awk '{ print $2 }' "/proc/$!/maps")
	wait $!
	contains "$maps" r-xp
	run ! grep 'w.*x' <<<"$maps"
}
