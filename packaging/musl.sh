#!/bin/sh
# SPDX-License-Identifier: MIT
# musl.sh DIRECTORY: Debian's musl-dev of the architectures that make cross
# builds for, unpacked there for MUSL_ROOT.  The system's own list of
# architectures and packages stays as it is.  riscv64 has none in Debian 12.
set -eu
: "${ARCHES:=arm64 armhf ppc64el s390x}"
mkdir -p "$1/apt/lists/partial" "$1/apt/cache/archives/partial"
cd "$1"

for arch in $ARCHES; do
	set -- "$@" -o "APT::Architectures::=$arch"
	packages="${packages:-} musl-dev:$arch"
done
shift
apt() {
	apt-get -qq -o "Dir::State::lists=$PWD/apt/lists" \
	    -o "Dir::Cache=$PWD/apt/cache" -o Dir::State::status=/dev/null \
	    -o Acquire::Languages=none -o APT::Sandbox::User=root "$@"
}
# An archive without one of the architectures is no harm: main has them all.
apt "$@" update 2>apt/log || :
# shellcheck disable=SC2086 # words
apt "$@" download $packages || { cat apt/log >&2 && exit 1; }
for package in musl-dev_*.deb; do
	dpkg-deb -x "$package" .
	rm "$package"
done
rm -rf apt
