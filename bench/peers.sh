#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rebuild tini, dumb-init and catatonit from the source packages of the Debian
# release that runs here, as minireap is built: by musl, static, -Os, stripped.
# So the libc does not decide the comparison.  Only the upstream tar file is
# used, not Debian's changes.
#
# usage: sh bench/peers.sh DIRECTORY      prints NAME=COMMAND for each one built
#
# apt keeps its lists below DIRECTORY; the machine's own are not touched.
set -u
directory=${1:?usage: peers.sh DIRECTORY}
mkdir -p "$directory/lists/partial" "$directory/archives/partial" || exit 1
cd "$directory" || exit 1

skip() { # NAME REASON
	echo "bench: skipping $1 with musl: $2" >&2
}

# The machine's sources, as source packages.
sources() {
	cat /etc/apt/sources.list.d/*.sources 2>/dev/null |
		sed 's/^Types:.*/Types: deb-src/' >sources.sources
	grep -hs '^deb ' /etc/apt/sources.list /etc/apt/sources.list.d/*.list |
		sed 's/^deb /deb-src /' >sources.list
}

apt() {
	apt-get -q -o Dir::Etc::SourceList="$PWD/sources.list" \
	    -o Dir::Etc::SourceParts="$PWD/parts" -o Dir::State::Lists="$PWD/lists" \
	    -o Dir::Cache::Archives="$PWD/archives" \
	    -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= "$@"
}

unpack() { # NAME: into the directory NAME
	apt source --download-only "$1" >"$1.log" 2>&1 ||
		ls "$1"_*.orig.tar.* >/dev/null 2>&1 || return 1
	rm -rf "$1"
	mkdir "$1" && tar -C "$1" --strip-components 1 -xf "$1"_*.orig.tar.*
}

compile() { # NAME WORD...
	name=$1
	shift
	musl-gcc -Os -static -s -D_GNU_SOURCE -ffunction-sections -fdata-sections \
	    -Wl,--gc-sections -w "$@" -o "$name-musl" >>"$name.log" 2>&1
}

build_tini() {
	for name in VERSION GIT; do
		echo "#define TINI_$name \"\""
	done >tini/src/tiniConfig.h
	compile tini tini/src/tini.c
}

build_dumb_init() {
	compile dumb-init dumb-init/dumb-init.c
}

build_catatonit() {
	for name in NAME VERSION URL BUGURL LICENSE; do
		echo "#define PROGRAM_$name \"\""
	done >catatonit/config.h
	compile catatonit -DHAVE_CONFIG_H -Icatatonit catatonit/catatonit.c
}

if ! command -v musl-gcc >/dev/null || ! command -v apt-get >/dev/null; then
	skip 'all peers' 'needs musl-gcc and apt-get'
	exit 0
fi
mkdir -p parts
sources
cp sources.sources parts/
apt update >update.log 2>&1 || :
for name in tini dumb-init catatonit; do
	if ! unpack $name; then
		skip $name "no source package: see $PWD/$name.log"
	elif ! "build_$(echo $name | tr - _)"; then
		skip $name "does not compile: see $PWD/$name.log"
	else
		# See build.sh: pages that are not on the disk yet count as dirty.
		sync "$name-musl"
		echo "$name-musl=$PWD/$name-musl --"
	fi
done
