#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=slow
# What packagers and users receive: a Debian package, a release.

bats_require_minimum_version 1.5.0
load make

setup() {
	make_setup
}

# debian_package: make the package DEB.
debian_package() {
	make_as_built deb OUT="$PWD" SOURCE_DATE_EPOCH=1700000000 >/dev/null
	DEB=$(echo "$PWD"/minireap_*.deb)
}

# dpkg_in ROOT WORD...: dpkg, on an empty system below ROOT.
dpkg_in() {
	local root=$1
	shift
	dpkg --root="$root" --log=/dev/null "$@" >/dev/null
}

# bats test_tags=static
@test "make deb: dpkg: installs, runs, and is removed without a trace" {
	must_have dpkg-deb dpkg
	needs_root
	debian_package
	mkdir -p root/var/lib/dpkg/updates root/var/lib/dpkg/info
	: >root/var/lib/dpkg/status
	dpkg_in "$PWD/root" -i "$DEB"
	# The only program there to run is minireap itself.
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

@test "make deb: lintian: reports nothing, and each override has a reason" {
	must_have dpkg-deb lintian
	debian_package
	run -0 lintian --allow-root -EviIL '>=pedantic' --fail-on \
	    error,warning,info,pedantic --no-tag-display-limit "$DEB"
	equal complaints '' "$(grep '^[A-Z]: ' <<<"$output" | grep -v '^N: ')"
	# Each override has its reason in the line above.
	awk '!/^#/ && last !~ /^#/ { exit 1 } { last = $0 }' \
	    "$ROOT/packaging/lintian-overrides"
}

@test "make deb: another umask and time zone: the same bytes" {
	must_have dpkg-deb
	debian_package
	mv "$DEB" first.deb
	umask 077
	TZ=Pacific/Auckland debian_package
	cmp first.deb "$DEB"
}

# release: make the release RELEASE from COMMITTED, a repository with this tree
# as its only commit.  Once for all tests of this file.
release() {
	local arch
	must_have git musl-gcc
	for arch in amd64 arm64 armhf riscv64 ppc64el s390x; do
		must_have "$(compiler_of $arch)"
	done
	RELEASE=$BATS_FILE_TMPDIR/release COMMITTED=$BATS_FILE_TMPDIR/tree
	[ ! -e "$RELEASE/SHA256SUMS" ] || return 0
	rm -rf "$COMMITTED"
	fresh_clone "$COMMITTED"
	env -i PATH="$PATH" GIT_COMMITTER_DATE='1700000000 +0100' \
	    GIT_AUTHOR_DATE='1700000000 +0100' bash -ec 'cd "$0"
		git init -q
		git add .
		git -c user.name=x -c user.email=x@example.org commit -qm x' \
	    "$COMMITTED"
	make_in "$COMMITTED" dist OUT="$RELEASE" >/dev/null
}

@test "make dist: source, six programs, materials, sums: the same bytes elsewhere" {
	release
	version=$("$MINIREAP" --version | cut -d' ' -f3)
	equal files "SHA256SUMS
minireap-$version-amd64
minireap-$version-arm64
minireap-$version-armhf
minireap-$version-ppc64el
minireap-$version-riscv64
minireap-$version-s390x
minireap-$version.spdx.json
minireap-$version.tar.gz" "$(LC_ALL=C ls "$RELEASE")"
	(cd "$RELEASE" && sha256sum --quiet -c SHA256SUMS)
	equal summed 8 "$(wc -l <"$RELEASE/SHA256SUMS")"

	# Another directory, umask, time zone, and older files.
	mkdir -p "a/much/longer way"
	git clone -q "$COMMITTED" "a/much/longer way/to it"
	touch -d 2001-01-01 "a/much/longer way/to it/"*
	umask 077
	TZ=Pacific/Auckland make_in "a/much/longer way/to it" dist >/dev/null
	diff -r "$RELEASE" "a/much/longer way/to it/dist"
}

@test "make dist: without git: fails and leaves no file" {
	fresh_clone tree
	run ! make_in tree dist
	[ ! -e tree/dist ]
}

@test "make dist: source: builds the released program" {
	release
	tar -xzf "$RELEASE"/minireap-*.tar.gz
	cd minireap-*/
	diff <(git -C "$COMMITTED" ls-files | LC_ALL=C sort) \
	    <(find . -type f -printf '%P\n' | LC_ALL=C sort)
	commit=$(git -C "$COMMITTED" rev-parse --short=7 HEAD)
	make_in . COMMIT="$commit" CC=musl-gcc
	cmp minireap "$RELEASE"/minireap-*-amd64
}

@test "make dist: bill of materials: SPDX 2.3 that names each part" {
	release
	must_have python3
	python3 - "$RELEASE" <<-'PYTHON'
	import hashlib, json, os, re, sys
	release = sys.argv[1]
	document, = [f for f in os.listdir(release) if f.endswith(".spdx.json")]
	spdx = json.load(open(os.path.join(release, document)))
	assert spdx["spdxVersion"] == "SPDX-2.3"
	assert spdx["dataLicense"] == "CC0-1.0"
	assert spdx["SPDXID"] == "SPDXRef-DOCUMENT"
	assert re.fullmatch(r"https://\S+", spdx["documentNamespace"])
	assert spdx["creationInfo"]["created"] == "2023-11-14T22:13:20Z"
	ids = [p["SPDXID"] for p in spdx["packages"]]
	assert len(ids) == len(set(ids))
	assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", i) for i in ids)
	for package in spdx["packages"]:
	    for field in ("name", "versionInfo", "downloadLocation",
	                  "licenseConcluded", "licenseDeclared", "copyrightText"):
	        assert package[field], (package, field)
	files = {p["packageFileName"]: p["checksums"][0]["checksumValue"]
	         for p in spdx["packages"] if "packageFileName" in p}
	there = {f for f in os.listdir(release)
	         if f not in (document, "SHA256SUMS")}
	assert set(files) == there, (files, there)
	for name, digest in files.items():
	    content = open(os.path.join(release, name), "rb").read()
	    assert hashlib.sha256(content).hexdigest() == digest, name
	relations = {(r["spdxElementId"], r["relationshipType"],
	              r["relatedSpdxElement"]) for r in spdx["relationships"]}
	for a, _, b in relations:
	    assert {a, b} <= set(ids) | {"SPDXRef-DOCUMENT"}, (a, b)
	for arch in "amd64 arm64 armhf riscv64 ppc64el s390x".split():
	    ref = "SPDXRef-" + arch
	    assert (ref, "GENERATED_FROM", "SPDXRef-source") in relations
	    linked = [b for a, t, b in relations if (a, t) == (ref, "STATIC_LINK")]
	    assert len(linked) == 1 and re.match("SPDXRef-(musl|glibc)-", linked[0])
	PYTHON
}

# Not tested here, as qemu-user cannot do it: PR_SET_CHILD_SUBREAPER fails, so
# that only PID 1 adopts; a SIGSEGV from another process counts as a fault; qemu
# keeps some real-time signals and renumbers others; the main process, a program
# of this machine, inherits qemu's signal mask and dispositions.

# on_arch WORD...: replace this shell by minireap for $ARCH, as PID 1.  Its
# commands are programs of this machine.
on_arch() {
	exec env --default-signal=INT,QUIT unshare --pid --fork --kill-child \
	    --mount-proc "qemu-$QEMU-static" -0 "${CALLED:-minireap}" "$PROGRAM" "$@"
}

# core_tests ARCH QEMU MACHINE: the core promises on another architecture, which
# qemu-QEMU-static emulates and readelf calls MACHINE.
core_tests() {
	ARCH=$1 QEMU=$2
	needs_root
	release
	must_have "qemu-$QEMU-static" readelf
	PROGRAM=$(echo "$RELEASE"/minireap-*-"$ARCH")
	contains "$(readelf -hW "$PROGRAM")" "$3"
	run ! grep -E 'INTERP|RWE' <<<"$(readelf -lW "$PROGRAM")"
	[ "$(stat -c %s "$PROGRAM")" -lt 1000000 ]
	options_and_statuses
	signals
	orphans
	stops
	zombies
	CALLED=pause on_arch 3>&- &
	exits_with 0 "$(child_of $!)" TERM $!
	run -0 on_arch --install copy
	cmp copy "$PROGRAM"
}

options_and_statuses() {
	run -0 on_arch --version
	contains "$output" "minireap version $("$MINIREAP" --version |
		cut -d' ' -f3) - git."
	run -7 on_arch -- sh -c 'exit 7'
	run -0 on_arch -e 7,9 -- sh -c 'exit 7'
	run -143 on_arch -- sh -c 'kill -TERM $$'
	run -127 on_arch no-such-command
	contains "$output" 'no-such-command: not found in PATH'
	echo >not-executable
	run -126 on_arch ./not-executable
	run -125 on_arch -z
	CALLED=tini run -1 on_arch -z
}

# exits_with STATUS INIT SIGNAL JOB: init exits with STATUS after SIGNAL.
exits_with() {
	local status=0 init=$2
	wait_until 10 eval '[ "$(readlink "/proc/$init/cwd")" = / ]'
	kill -"$3" "$init"
	wait "$4" || status=$?
	equal "status after $3" "$1" "$status"
}

# Each arrives once, rewritten if -r says so, and no other.
signals() {
	local job init sig
	on_arch -g -r USR1:USR2 -r WINCH:0 -- "$PROBE" listen >received 3>&- &
	job=$!
	init=$(child_of $job)
	wait_until 10 grep -q ready received
	for sig in HUP QUIT ABRT USR1 ALRM WINCH; do
		kill -$sig "$init"
	done
	wait_until 10 eval '[ "$(wc -l <received)" -ge 6 ]'
	exits_with 0 "$init" TERM $job
	equal received '1 3 6 12 14 15' \
	    "$(sed 1d received | cut -d' ' -f1 | sort -n | paste -sd ' ')"
}

orphans() {
	run -0 on_arch -- bash -c '"$0" orphans 50 >/dev/null
	    for _ in {1..100}; do
		grep -q ") Z " /proc/[0-9]*/stat 2>/dev/null || exit 0
		sleep 0.05
	    done; exit 1' "$PROBE"
}

# The main process ignores SIGTERM, and a descendant tidies up.
stops() {
	local job
	on_arch -t 1 -- bash -c '
	    setsid bash -c "trap \"echo tidied >tidied\" TERM; : >ready
		while [ ! -e tidied ]; do sleep 0.05; done" &
	    trap "" TERM; while :; do sleep 0.1; done' 2>messages 3>&- &
	job=$!
	wait_until 10 test -e ready
	exits_with 137 "$(child_of $job)" TERM $job
	contains "$(cat messages)" 'did not exit within 1.000s of the stop signal'
	equal tidied tidied "$(cat tidied)"
	rm ready tidied
}

# After a year of uptime, of a uid that needs 32 bits.
zombies() {
	run -1 unshare --time --boottime 31536000 --pid --fork --kill-child \
	    --mount-proc bash -c 'setpriv --reuid 4294967294 --clear-groups \
		"$0" zombies 1 never >made &
	    until [ -s made ]; do sleep 0.01; done
	    "$@" --zombies' "$PROBE" "qemu-$QEMU-static" -0 minireap "$PROGRAM"
	[[ ${lines[1]} =~ ^4294967294' '+[0-9]+' '+[0-9]+' '+[0-9]'s ' ]] || {
		echo "$output"
		return 1
	}
}

@test "make cross: amd64: statuses, signals, orphans, stops, --install" {
	core_tests amd64 x86_64 'X86-64'
}

@test "make cross: arm64: statuses, signals, orphans, stops, --install" {
	core_tests arm64 aarch64 'AArch64'
}

@test "make cross: armhf: statuses, signals, orphans, stops, --install" {
	core_tests armhf arm 'ARM'
}

@test "make cross: riscv64: statuses, signals, orphans, stops, --install" {
	core_tests riscv64 riscv64 'RISC-V'
}

@test "make cross: ppc64el: statuses, signals, orphans, stops, --install" {
	core_tests ppc64el ppc64le 'PowerPC64'
}

@test "make cross: s390x: statuses, signals, orphans, stops, --install" {
	core_tests s390x s390x 'IBM S/390'
}
