#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What cannot be executed, and why: minireap(1), DIAGNOSTICS and EXIT STATUS.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	export PATH=/usr/sbin:/usr/bin:/bin
}

# refused STATUS LINE COMMAND [ARG]...: that status, that one line, no more.
refused() {
	local status_wanted=$1 line=$2
	shift 2
	run --separate-stderr "-$status_wanted" "$MINIREAP" -- "$@"
	equal stdout '' "$output"
	equal stderr "minireap: cannot execute $line" "$stderr"
}

# file NAME: what is on stdin, executable.
file() {
	cat >"$1"
	chmod 755 "$1"
}

# patched NAME OFFSET BYTES: /bin/true with other bytes there, as printf's.
patched() {
	cp /bin/true "$1"
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "no such command: the PATH that was searched is named" {
	refused 127 'nosuch: not found in PATH /usr/sbin:/usr/bin:/bin' nosuch
}

@test "PATH unset: the default that was searched is named" {
	run --separate-stderr -127 env -u PATH "$MINIREAP" nosuch
	contains "$stderr" 'not found in PATH /usr/local/sbin:/usr/local/bin:'
}

@test "a directory of PATH that may not be searched is not to blame" {
	needs_root
	mkdir -m 0 closed
	run --separate-stderr -127 setpriv --reuid 65534 --clear-groups \
	    env PATH="$PWD/closed:/usr/bin" "$MINIREAP" nosuch
	contains "$stderr" 'not found in PATH'
}

@test "of several in PATH the first that is there is named, with what is wrong with it" {
	needs_root
	chmod 755 .
	mkdir a b c
	printf '#!/nonexistent\n' >a/x
	chmod 755 a/x
	echo >b/x
	chmod 700 c
	as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	for path in a:c c:a a:b; do
		run --separate-stderr -127 "${as_nobody[@]}" env PATH=$path "$MINIREAP" x
		contains "$stderr" '(a/x): its interpreter /nonexistent does not exist'
	done
	run --separate-stderr -126 "${as_nobody[@]}" env PATH=b:a "$MINIREAP" x
	contains "$stderr" '(b/x): not executable'
}

@test "a name that is too long for any directory of PATH" {
	run --separate-stderr -127 "$MINIREAP" "$(printf '%5000s' x | tr ' ' y)"
	contains "$stderr" 'cannot execute yyy'
	equal 'bytes, with the end of line' 1024 $((${#stderr} + 1))
}

@test "what is in PATH and no program this machine knows ends the search" {
	mkdir first
	patched first/true 18 '\0\0'
	run --separate-stderr -126 env PATH="$PWD/first:/bin" "$MINIREAP" true
	contains "$stderr" "true ($PWD/first/true): built for machine number 0"
}

@test "no such path" {
	refused 127 './nosuch: no such file or directory' ./nosuch
}

@test "the first directory that is missing is named" {
	refused 127 '/bin/no/such/file: /bin/no does not exist' /bin/no/such/file
}

@test "a component that is no directory is named" {
	touch plain
	refused 127 './plain/x: ./plain is not a directory' ./plain/x
}

@test "a component that may not be searched is named" {
	needs_root
	mkdir -m 0 closed
	chmod 755 .
	run --separate-stderr -126 setpriv --reuid 65534 --clear-groups \
	    "$MINIREAP" ./closed/x
	equal stderr 'minireap: cannot execute ./closed/x: ./closed may not be searched' \
	    "$stderr"
}

@test "an empty name" {
	refused 127 ': the name is empty' ''
}

@test "a name with control characters is shown safely" {
	refused 127 './a\033[31m\n: no such file or directory' $'./a\e[31m\n'
}

@test "a directory" {
	refused 126 '/bin/: is a directory' /bin/
}

@test "no x bit" {
	echo : >script
	refused 126 './script: not executable (try chmod +x)' ./script
}

@test "a script without an x bit, though it has an interpreter" {
	echo '#!/bin/sh' >script
	refused 126 './script: not executable (try chmod +x)' ./script
}

@test "a script that may be executed and not read, without its interpreter" {
	needs_root
	chmod 755 .
	printf '#!/nonexistent\n' >script
	chmod 711 script
	run --separate-stderr -127 setpriv --reuid 65534 --regid 65534 --clear-groups \
	    "$MINIREAP" ./script
	equal stderr 'minireap: cannot execute ./script: what it needs to run does not exist' \
	    "$stderr"
}

@test "a directory that may be searched and not read does exist" {
	needs_root
	chmod 755 .
	mkdir -m 711 closed
	run --separate-stderr -127 setpriv --reuid 65534 --regid 65534 --clear-groups \
	    "$MINIREAP" ./closed/none/x
	equal stderr 'minireap: cannot execute ./closed/none/x: ./closed/none does not exist' \
	    "$stderr"
}

@test "a file with a slash behind it is no directory" {
	echo '#!/bin/sh' | file script
	refused 127 './script/: ./script is not a directory' ./script/
}

@test "found in PATH without an x bit: the file is named" {
	mkdir bin
	echo : >bin/zap
	PATH=$PWD/bin:$PATH refused 126 \
	    "zap ($PWD/bin/zap): not executable (try chmod +x)" zap
}

@test "a mount that forbids execution" {
	needs_root
	mkdir mount
	run --separate-stderr -126 unshare --mount sh -c '
	    mount -t tmpfs -o noexec none mount && cp /bin/true mount/ &&
	    exec "$0" mount/true' "$MINIREAP"
	equal stderr 'minireap: cannot execute mount/true: its file system is mounted noexec' \
	    "$stderr"
}

@test "an interpreter that is missing is named" {
	echo '#!/no/such/sh -e' | file script
	refused 127 './script: its interpreter /no/such/sh does not exist' ./script
}

@test "an interpreter with a CR at its end: Windows line ends" {
	printf '#!/bin/sh\r\necho\r\n' | file script
	refused 127 './script: its interpreter /bin/sh\r does not exist: the script has Windows line endings' \
	    ./script
}

@test "an interpreter missing from a script in PATH is named" {
	mkdir bin
	echo '#!/no/such/sh' | file bin/zap
	PATH=$PWD/bin:$PATH refused 127 \
	    "zap ($PWD/bin/zap): its interpreter /no/such/sh does not exist" \
	    zap
}

@test "an interpreter that may not be executed is named" {
	echo "#!$PWD/plain" | file script
	echo : >plain
	refused 126 "./script: its interpreter $PWD/plain cannot be executed: permission denied" \
	    ./script
}

@test "blanks behind a #! are not part of a name" {
	printf '#! \t/no/such/sh\n' | file script
	run --separate-stderr -127 "$MINIREAP" ./script
	contains "$stderr" 'its interpreter /no/such/sh '
}

@test "a #! that names nothing" {
	echo '#!' | file script
	refused 126 './script: its #! names no interpreter' ./script
}

@test "a #! that is too long" {
	printf '#!/%300s\n' x | tr ' ' y | file script
	refused 126 './script: its #! line is longer than 255 bytes' ./script
}

@test "a program whose loader is missing: glibc's" {
	cp /bin/true program
	sed -i 's#/lib64/ld-linux-x86-64.so.2#/lib64/ld-linux-x86-64.so.9#' program
	refused 127 './program: its loader /lib64/ld-linux-x86-64.so.9 does not exist: it was linked with glibc, which is not installed here' \
	    ./program
}

@test "a program whose loader is missing: musl's" {
	cp /bin/true program
	sed -i 's#/lib64/ld-linux-x86-64.so.2#/lib/ld-musl-x86_64.so.99#' program
	refused 127 './program: its loader /lib/ld-musl-x86_64.so.99 does not exist: it was linked with musl, which is not installed here' \
	    ./program
}

# program OFFSET LOADER: ELF headers that the kernel takes, the program's own
# at OFFSET, which name a loader.
program() {
	python3 - "$@" <<-'PYTHON' | file program
	import struct, sys
	at, loader = int(sys.argv[1]), sys.argv[2].encode() + b"\0"
	head = struct.pack("<4s12sHHIQQQIHHHHHH", b"\177ELF", b"\2\1\1", 2, 62, 1,
	    0x400000, at, 0, 0, 64, 56, 2, 0, 0, 0)
	parts = struct.pack("<IIQQQQQQ", 3, 4, at + 112, 0, 0, len(loader), len(loader), 1)
	parts += struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 64, 64, 4096)
	sys.stdout.buffer.write(head.ljust(at, b"\0") + parts + loader)
	PYTHON
}

@test "a loader of no known libc is named, and no libc" {
	program 64 /no/such/loader
	refused 127 './program: its loader /no/such/loader does not exist' ./program
}

@test "a loader that its first page does not name" {
	program 4096 /no/such/loader
	refused 127 './program: its loader, or a file it needs, is missing' ./program
	program 3980 /no/such/loader # the name lies behind the page
	refused 127 './program: its loader, or a file it needs, is missing' ./program
}

@test "what may be executed but not read: what is known without a look into it" {
	needs_root
	chmod 755 .
	program 64 /no/such/loader
	printf 'a\0b' | file data
	chmod 711 program data
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "$MINIREAP")
	run -127 "${nobody[@]}" ./program
	equal line 'minireap: cannot execute ./program: what it needs to run does not exist' \
	    "$output"
	run -126 "${nobody[@]}" ./data
	equal line 'minireap: cannot execute ./data: exec format error' "$output"
}

@test "a program of another machine: both are named" {
	patched arm 18 '\267\0'
	refused 126 './arm: built for aarch64 (64 bits), this machine is x86_64' ./arm
	patched s390 5 '\2'
	patched s390 18 '\0\26'
	printf '\2' | dd of=s390 bs=1 seek=5 conv=notrunc status=none
	refused 126 './s390: built for s390x (64 bits), this machine is x86_64' ./s390
	patched ppc 18 '\25\0'
	refused 126 './ppc: built for ppc64le (64 bits), this machine is x86_64' ./ppc
	patched riscv 18 '\363\0'
	refused 126 './riscv: built for riscv (64 bits), this machine is x86_64' ./riscv
}

@test "a program of another word size" {
	patched small 18 '\50\0'
	printf '\1' | dd of=small bs=1 seek=4 conv=notrunc status=none
	refused 126 './small: built for arm (32 bits), this machine is x86_64' ./small
}

@test "an empty file, a truncated program, and what is neither" {
	: | file empty
	refused 126 './empty: the file is empty' ./empty
	printf '\177ELF\2\1\1' | file short
	refused 126 './short: a truncated program' ./short
	printf 'a\0b' | file data
	refused 126 './data: neither a program nor text' ./data
}

@test "whatever stands in an ELF header, the answer is a line and 126 or 127" {
	python3 - <<-'PYTHON'
	import os, random
	for seed in range(1, 61):
	    random.seed(seed)
	    with open("/bin/true", "rb") as f:
	        data = bytearray(f.read())
	    for _ in range(random.randint(1, 6)):
	        data[random.randrange(4, 200)] = random.choice([0, 1, 127, 255, random.randrange(256)])
	    if random.random() < .3:
	        data = data[:random.randrange(4, 300)]
	    with open(f"fuzzed-{seed}", "wb") as f:
	        f.write(data)
	    os.chmod(f"fuzzed-{seed}", 0o755)
	PYTHON
	for seed in {1..60}; do
		status=0
		timeout 20 "$MINIREAP" ./fuzzed-$seed >out 2>err || status=$?
		case $status in
		126 | 127)
			contains "$(cat err)" "minireap: cannot execute ./fuzzed-$seed: "
			equal lines 1 "$(wc -l <err)"
			;;
		124) echo "seed $seed hangs" && return 1 ;;
		esac # else the kernel took it, and it ran or crashed
	done
}

@test "a text file without #! is run by /bin/sh, with its arguments" {
	echo 'echo "text $0 $*"' | file script
	run -0 "$MINIREAP" ./script a 'b c'
	equal output 'text ./script a b c' "$output"
}

# bats test_tags=static
@test "a text file without #! where there is no /bin/sh" {
	needs_root
	mkdir root
	cp "$MINIREAP" root/minireap
	echo 'echo text' | file root/script
	run --separate-stderr -127 chroot root /minireap /script
	equal stderr 'minireap: cannot execute /script: it has no #!, and there is no /bin/sh' \
	    "$stderr"
}

# bats test_tags=static
@test "all of it works where /proc is missing" {
	needs_root
	mkdir root
	cp "$MINIREAP" root/minireap
	cp /bin/true root/
	run --separate-stderr -127 chroot root /minireap /true
	contains "$stderr" 'cannot execute /true: its loader /lib64/ld-linux-x86-64.so.2 does not exist'
}

# bats test_tags=static
@test "too many arguments or open files, no memory: what the kernel lacks is said" {
	cp /bin/true x
	while read -r error reason; do
		run --separate-stderr -126 strace -f -o trace -P "$PWD/x" \
		    -e "inject=execve:error=$error" "$MINIREAP" "$PWD/x"
		equal "$error" "minireap: cannot execute $PWD/x: $reason" "$stderr"
	done <<-'LIST'
	E2BIG argument list too long
	EMFILE too many open files
	ENFILE too many open files in system
	ENOMEM cannot allocate memory
	EIO input/output error
	EPERM operation not permitted
	ELIBBAD corrupted shared library
	EAGAIN resource temporarily unavailable
	EUCLEAN error 117
	LIST
}

@test "a file that is being written to" {
	cp /bin/true busy
	run --separate-stderr -126 bash -c 'exec 9>>busy; exec "$0" ./busy 9>&9' "$MINIREAP"
	equal stderr 'minireap: cannot execute ./busy: text file busy' "$stderr"
}

@test "-q keeps the line: it is init's own failure" {
	run --separate-stderr -127 "$MINIREAP" -q nosuch
	contains "$stderr" 'not found in PATH'
}

@test "-e turns 126 and 127 into 0, the line stays" {
	run --separate-stderr -0 "$MINIREAP" -e 127 nosuch
	contains "$stderr" 'not found in PATH'
	run --separate-stderr -0 "$MINIREAP" -e 126 /bin/
}

@test "nothing runs, and no zombie stays, where main could not be executed" {
	needs_root
	as_pid_1 "$MINIREAP" -- sh -c '
	    "$0" nosuch 2>/dev/null
	    for stat in /proc/[0-9]*/stat; do cat "$stat"; done | grep " Z " && exit 1
	    exit 0' "$MINIREAP"
}
