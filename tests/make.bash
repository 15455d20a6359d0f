# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Builds of this tree, for the tests that make some of their own.

# shellcheck source=tests/helpers.bash
. "${BASH_SOURCE[0]%/*}/helpers.bash"

# make_setup: ROOT is the tree; the settings of make check do not apply to the
# builds that a test makes.
make_setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES BUILD
	cd "$BATS_TEST_TMPDIR"
}

# must_have PROGRAM...: skip the test if one is not installed.
must_have() {
	local program
	for program; do
		command -v "$program" >/dev/null ||
			skip "$program is not installed"
	done
}

# compiler_of ARCH: by Debian's name of the architecture.
compiler_of() {
	case $1 in
	amd64) echo x86_64-linux-gnu-gcc ;;
	arm64) echo aarch64-linux-gnu-gcc ;;
	armhf) echo arm-linux-gnueabihf-gcc ;;
	riscv64) echo riscv64-linux-gnu-gcc ;;
	ppc64el) echo powerpc64le-linux-gnu-gcc ;;
	s390x) echo s390x-linux-gnu-gcc ;;
	esac
}

# make_in DIRECTORY WORD...: without the caller's environment.
make_in() {
	local directory=$1
	shift
	env -i PATH="$PATH" HOME="$BATS_TEST_TMPDIR" \
	    GIT_CEILING_DIRECTORIES="$BATS_TEST_TMPDIR" \
	    ${MUSL_ROOT:+MUSL_ROOT="$MUSL_ROOT"} \
	    make -s -C "$directory" "$@" 3>&-
}

# make_as_built WORD...: with the program under test, not a new one.
make_as_built() {
	make_in "$ROOT" BUILD="$(dirname "$MINIREAP")" -o "$MINIREAP" "$@"
}
