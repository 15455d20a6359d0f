#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the Makefile makes of the tree: minireap's files, here and there.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return
	# What make check was told is none of these builds' business.
	unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
}

@test "it compiles where longs have 32 bits and musl's times 64" {
	# There the call's number has another name: see musl's bits/syscall.h.
	cat >names.h <<-'C'
	#include <sys/syscall.h>
	#undef SYS_clock_gettime
	#define SYS_clock_gettime32 __NR_clock_gettime
	C
	for file in "$ROOT"/*.c; do
		"${CC:-cc}" -std=c11 -D_GNU_SOURCE -DMINIREAP_VERSION='""' \
		    -DMINIREAP_COMMIT='""' -include ./names.h \
		    -fsyntax-only "$file"
	done
}
