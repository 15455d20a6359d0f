#!/bin/sh
# SPDX-License-Identifier: MIT
# make cross: build OUT/minireap-VERSION-ARCH, static, for each of ARCHES, with
# Debian's cross compilers.  The libc is musl if it is installed or below
# MUSL_ROOT (see musl.sh), otherwise glibc, which makes the program ten times
# as large.  Prints "ARCH LIBC VERSION COMPILER VERSION" for each.
set -eu
: "${VERSION:?make cross sets it}" "${COMMIT?}" "${OUT:?}"
: "${ARCHES:=amd64 arm64 armhf riscv64 ppc64el s390x}"
: "${MUSL_ROOT:=}"
# The caller's compiler and flags are for this machine.
unset MAKEFLAGS MFLAGS CC CFLAGS CPPFLAGS LDFLAGS
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

triplet() { # ARCH LIBC
	case $1 in
	amd64) echo "x86_64-linux-$2" ;;
	arm64) echo "aarch64-linux-$2" ;;
	armhf) echo "arm-linux-${2}eabihf" ;;
	riscv64) echo "riscv64-linux-$2" ;;
	ppc64el) echo "powerpc64le-linux-$2" ;;
	s390x) echo "s390x-linux-$2" ;;
	*) echo "make cross: unknown architecture $1" >&2 && exit 1 ;;
	esac
}

# Print the root, with a final slash, that has musl for ARCH; nothing if none.
musl_root() { # ARCH
	for root in "$MUSL_ROOT" ''; do
		[ ! -e "$root/usr/lib/$(triplet "$1" musl)/libc.a" ] ||
			{ echo "$root/" && return; }
	done
}

# Print the option that makes gcc use the musl below ROOT.
specs() { # ARCH ROOT
	sed "s|/usr/|$2usr/|g" "$2usr/lib/$(triplet "$1" musl)/musl-gcc.specs" \
	    >"$work/$1.specs"
	echo "-specs $work/$1.specs"
}

libc_version() { # ARCH ROOT COMPILER
	if [ -n "$2" ]; then
		strings -a "$2usr/lib/$(triplet "$1" musl)/libc.a" |
		    sed -n 's/^\([0-9]*\.[0-9]*\.[0-9]*\)$/musl \1/p'
	else
		echo '__GLIBC__.__GLIBC_MINOR__' |
		    $3 -E -P -include features.h - |
		    sed -n '$ { s/ //g; s/^/glibc /; p; }'
	fi
}

build() { # ARCH
	compiler=$(triplet "$1" gnu)-gcc
	command -v "$compiler" >/dev/null || {
		echo "make cross: please install gcc-$(triplet "$1" gnu |
		    tr _ -) and libc6-dev-$1-cross" >&2
		exit 1
	}
	root=$(musl_root "$1")
	cc=$compiler
	[ -z "$root" ] || cc="$compiler $(specs "$1" "$root")"
	make -s -j2 BUILD="$work/$1" CC="$cc" CFLAGS=-Os CPPFLAGS='' \
	    LDFLAGS=-static VERSION="$VERSION" COMMIT="$COMMIT"
	install -m 755 "$work/$1/minireap" "$OUT/minireap-$VERSION-$1"
	echo "$1 $(libc_version "$1" "$root" "$compiler")" \
	    "gcc $($compiler -dumpfullversion)"
}

mkdir -p "$OUT"
for arch in $ARCHES; do
	build "$arch"
done
