#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is handed to others: an installation, a Debian package, a release.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	cd "$BATS_TEST_TMPDIR"
}

# must_have PROGRAM...
must_have() {
	local program
	for program; do
		command -v "$program" >/dev/null ||
			skip "$program is not installed"
	done
}

# make_in DIRECTORY WORD...: what make or CI have set for this suite is none of
# its business.
make_in() {
	local directory=$1
	shift
	env -i PATH="$PATH" HOME="$BATS_TEST_TMPDIR" ${MUSL_ROOT:+MUSL_ROOT="$MUSL_ROOT"} \
	    make -s -C "$directory" "$@" 3>&-
}

# make_as_built WORD...: with the program that is being tested, not another.
make_as_built() {
	make_in "$ROOT" BUILD="$(dirname "$MINIREAP")" -o "$MINIREAP" "$@"
}

# debian_package: make it; its name is in $DEB.
debian_package() {
	make_as_built deb OUT="$PWD" SOURCE_DATE_EPOCH=1700000000 >/dev/null
	DEB=$(echo "$PWD"/minireap_*.deb)
}

# dpkg_in ROOT WORD...: of a system that has nothing but what this installs.
dpkg_in() {
	local root=$1
	shift
	dpkg --root="$root" --log=/dev/null "$@" >/dev/null
}

# bats test_tags=static
@test "make deb: it installs, runs and goes without a trace" {
	must_have dpkg-deb dpkg
	[ "$(id -u)" = 0 ] || skip "dpkg wants root"
	debian_package
	mkdir -p root/var/lib/dpkg/updates root/var/lib/dpkg/info
	: >root/var/lib/dpkg/status
	dpkg_in "$PWD/root" -i "$DEB"
	# There is one program to run in there: its wrong option is remapped.
	run -0 chroot root /usr/bin/minireap -e 125 -- /usr/bin/minireap -z
	run -0 chroot root /usr/bin/minireap --version
	contains "$output" "minireap version $(dpkg-deb -f "$DEB" Version) - "
	for file in copyright changelog.gz CHANGELOG.md.gz; do
		[ -s root/usr/share/doc/minireap/$file ]
	done
	diff <(gzip -dc root/usr/share/man/man1/minireap.1.gz) \
	    "$ROOT/minireap.1"
	dpkg_in "$PWD/root" -P minireap
	equal files '' "$(find root ! -type d ! -path '*/var/lib/dpkg/*')"
	[ ! -e root/usr ]
}

# bats test_tags=slow
@test "make deb: lintian complains of nothing but what is explained" {
	must_have dpkg-deb lintian
	debian_package
	run -0 lintian --allow-root -EviIL '>=pedantic' --fail-on \
	    error,warning,info,pedantic --no-tag-display-limit "$DEB"
	equal complaints '' "$(grep '^[A-Z]: ' <<<"$output" | grep -v '^N: ')"
	# No override without its reason in the line above.
	awk '!/^#/ && last !~ /^#/ { exit 1 } { last = $0 }' \
	    "$ROOT/packaging/lintian-overrides"
}

@test "make deb: the same bytes from the same commit" {
	must_have dpkg-deb
	debian_package
	mv "$DEB" first.deb
	umask 077
	TZ=Pacific/Auckland debian_package
	cmp first.deb "$DEB"
}
