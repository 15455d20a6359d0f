#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch.sh ARCH PACKAGE DIRECTORY: Debian's kernel for ARCH, which PACKAGE
# depends on, as DIRECTORY/vmlinuz, and its static busybox.  Nothing is
# installed, and the system's own list of architectures and packages stays.
set -eu
arch=$1 package=$2
mkdir -p "$3/apt/lists/partial" "$3/apt/cache/archives/partial"
cd "$3"

apt() { # PROGRAM WORD...
	"$@" -qq -o "Dir::State::lists=$PWD/apt/lists" \
	    -o "Dir::Cache=$PWD/apt/cache" -o Dir::State::status=/dev/null \
	    -o Acquire::Languages=none -o APT::Sandbox::User=root \
	    -o "APT::Architecture=$arch" -o "APT::Architectures=$arch"
}

member() { # PACKAGE PATTERN: the one file of that name in it
	dpkg-deb --fsys-tarfile "$1"_*.deb | tar -xO --wildcards "$2"
}

# An archive without that architecture is no harm: main has them all.
apt apt-get update 2>apt/log || :
kernel=$(apt apt-cache depends "$package" |
	awk '/Depends: linux-image/ { print $2 }')
[ -n "$kernel" ] || { cat apt/log >&2 && exit 1; }
apt apt-get download "$kernel" busybox-static
member "$kernel" './boot/vmlinu[xz]-*' >vmlinuz
member busybox-static ./bin/busybox >busybox
chmod 755 busybox
rm -rf apt ./*.deb
[ -s vmlinuz ] && [ -s busybox ]
