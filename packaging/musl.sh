#!/bin/sh
# SPDX-License-Identifier: MIT
# musl.sh DIRECTORY: unpack Debian's musl-dev for the architectures of make cross
# there, to be its MUSL_ROOT.  Nothing is installed.  Debian 12 has none for
# riscv64.
set -eu
: "${ARCHES:=arm64 armhf ppc64el s390x}"
# shellcheck source=packaging/apt.sh
. "$(dirname "$0")/apt.sh"
mkdir -p "$1"
cd "$1"

options='' packages=''
for arch in $ARCHES; do
	options="$options -o APT::Architectures::=$arch"
	packages="$packages musl-dev:$arch"
done
apt_update
# shellcheck disable=SC2086 # words
apt_here apt-get download $packages || apt_failed
for package in musl-dev_*.deb; do
	dpkg-deb -x "$package" .
	rm "$package"
done
rm -rf apt
