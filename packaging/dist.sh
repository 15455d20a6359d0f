#!/bin/sh
# SPDX-License-Identifier: MIT
# make dist: make a release of the last commit in OUT: the source as a tar file,
# the programs that cross.sh builds from it, a bill of materials (SPDX 2.3) and
# SHA256SUMS.  The same commit and tools give the same bytes, in any place and
# at any time.
set -eu
: "${VERSION:?make dist sets it}" "${COMMIT:?}" "${OUT:?}"
umask 022
LC_ALL=C
TZ=UTC
export LC_ALL TZ

name=minireap-$VERSION
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) || {
	echo 'make dist: not a git repository: there is no commit to release' >&2
	exit 1
}
export SOURCE_DATE_EPOCH
git diff --quiet HEAD || echo 'make dist: uncommitted changes are left out' >&2
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
[ -z "${MUSL_ROOT:-}" ] || MUSL_ROOT=$(cd "$MUSL_ROOT" && pwd)
export OUT MUSL_ROOT VERSION COMMIT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

rm -f "$OUT/$name"[-.]* "$OUT/SHA256SUMS"
git -c tar.umask=0022 archive --prefix="$name/" HEAD | gzip -n9 \
    >"$OUT/$name.tar.gz"
gzip -dc "$OUT/$name.tar.gz" | tar -C "$work" -x
cd "$work/$name"
sh packaging/cross.sh >"$work/built"
sh packaging/spdx.sh <"$work/built" >"$OUT/$name.spdx.json"
cd "$OUT"
sha256sum "$name"[-.]* >SHA256SUMS
cat SHA256SUMS
