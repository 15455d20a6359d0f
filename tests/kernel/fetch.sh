#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch.sh ARCH PACKAGE DIRECTORY: download Debian's kernel for ARCH, which
# PACKAGE depends on, as DIRECTORY/vmlinuz, and its static busybox.  Nothing is
# installed.
set -eu
# shellcheck source=packaging/apt.sh
. "$(dirname "$0")/../../packaging/apt.sh"
package=$2
options="-o APT::Architecture=$1 -o APT::Architectures=$1"
mkdir -p "$3"
cd "$3"

member() { # PACKAGE PATTERN: print the one file in it that matches
	dpkg-deb --fsys-tarfile "$1"_*.deb | tar -xO --wildcards "$2"
}

apt_update
kernel=$(apt_here apt-cache depends "$package" |
	awk '/Depends: linux-image/ { print $2 }')
[ -n "$kernel" ] || apt_failed
apt_here apt-get download "$kernel" busybox-static
member "$kernel" './boot/vmlinu[xz]-*' >vmlinuz
member busybox-static ./bin/busybox >busybox
chmod 755 busybox
rm -rf apt ./*.deb
[ -s vmlinuz ] && [ -s busybox ]
