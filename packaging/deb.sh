#!/bin/sh
# SPDX-License-Identifier: MIT
# make deb: OUT/minireap_VERSION_ARCH.deb, with the files of make install.
# dpkg-deb is enough: the package has no configuration, dependencies or scripts.
# The same commit gives the same bytes.
# MAINTAINER, "Name <address>", is responsible for the package.
set -eu
: "${VERSION:?make deb sets it}" "${COMMIT?}" "${PROGRAM:?}" "${OUT:?}"
: "${MAINTAINER:=The minireap authors <minireap@packages.invalid>}"
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH
unset MAKEFLAGS MFLAGS
umask 022

arch=$(dpkg --print-architecture)
root=$(mktemp -d)
chmod 755 "$root"
trap 'rm -rf "$root"' EXIT
trap 'exit 130' INT TERM
doc=$root/usr/share/doc/minireap

# With these, make installs PROGRAM as it is and does not rebuild it.
make -s install DESTDIR="$root" PREFIX=/usr BUILD="$(dirname "$PROGRAM")" \
    VERSION="$VERSION" COMMIT="$COMMIT" --assume-old="$PROGRAM"
strip --remove-section=.comment "$root/usr/bin/minireap" # as dh_strip does
gzip -n9 "$root/usr/share/man/man1/minireap.1"

{
	echo 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/'
	echo 'Upstream-Name: minireap'
	echo
	echo 'Files: *'
	grep '^Copyright' LICENSE | sed 's/^Copyright (c)/Copyright:/'
	echo 'License: Expat'
	sed -n '/^Permission/,$ { s/^$/./; s/^/ /; p; }' LICENSE
} >"$doc/copyright"
rm "$doc/LICENSE"

{
	echo "minireap ($VERSION) unstable; urgency=medium"
	echo
	echo '  * See CHANGELOG.md.gz.'
	echo
	echo " -- $MAINTAINER  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -n9 >"$doc/changelog.gz"
gzip -n9c CHANGELOG.md >"$doc/CHANGELOG.md.gz"

install -d "$root/usr/share/lintian/overrides" "$root/DEBIAN"
install -m 644 packaging/lintian-overrides \
    "$root/usr/share/lintian/overrides/minireap"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) \
    >"$root/DEBIAN/md5sums"
cat >"$root/DEBIAN/control" <<CONTROL
Package: minireap
Version: $VERSION
Architecture: $arch
Maintainer: $MAINTAINER
Installed-Size: $(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)
Section: admin
Priority: optional
Multi-Arch: foreign
Description: tiny init for containers
 minireap runs one command as the first process of a container.  It forwards
 every signal, reaps every orphan, and exits with the command's status.  One
 small static binary, it replaces tini, dumb-init and catatonit under their own
 names, and the pause program of pods.
CONTROL
mkdir -p "$OUT"
dpkg-deb --root-owner-group -Zxz --build "$root" \
    "$OUT/minireap_${VERSION}_$arch.deb" >/dev/null
echo "$OUT/minireap_${VERSION}_$arch.deb"
