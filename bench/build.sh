#!/bin/sh
# SPDX-License-Identifier: MIT
# Build the bench's own programs with CC.  usage: sh bench/build.sh DIRECTORY
set -eu
to=$(cd "$1" && pwd)
cc=${CC:-$(command -v musl-gcc || echo cc)}
cd "$(dirname "$0")"

compile() {
	# shellcheck disable=SC2086 # CC may contain options
	$cc -std=gnu11 -Wall -Wextra -D_GNU_SOURCE "$@"
}

compile_without_libc() {
	compile -Os -static -nostdlib -ffreestanding -fno-pie \
	    -fno-stack-protector -fno-asynchronous-unwind-tables -s \
	    -Wl,--build-id=none,-z,norelro,-z,noseparate-code "$@" entry.c
}

compile -O2 -o "$to/bench-runner" runner.c sandbox.c observe.c measure.c \
    latency.c reap.c trace.c
compile_without_libc -o "$to/bench-load" load.c orphans.c
compile_without_libc -o "$to/bench-loop" loop.c
compile_without_libc -o "$to/bench-ignore" ignore.c
# Until a file has been written to disk, its pages count as dirty memory.
sync "$to/bench-loop" "$to/bench-ignore"
