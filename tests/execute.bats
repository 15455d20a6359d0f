#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Why a command cannot be executed: minireap(1), DIAGNOSTICS and EXIT STATUS.

bats_require_minimum_version 1.5.0
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	export PATH=/usr/sbin:/usr/bin:/bin
}

# refused STATUS LINE COMMAND [ARG]...: init exits with STATUS and prints only
# LINE.
refused() {
	local status_wanted=$1 line=$2
	shift 2
	run --separate-stderr "-$status_wanted" "$MINIREAP" -- "$@"
	equal stdout '' "$output"
	equal stderr "minireap: cannot execute $line" "$stderr"
}

# file NAME: make an executable file from stdin.
file() {
	cat >"$1"
	chmod 755 "$1"
}

# patched NAME OFFSET BYTES: copy /bin/true and overwrite bytes at OFFSET with
# BYTES, a printf format.
patched() {
	cp /bin/true "$1"
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "exec: no such command: the message names the PATH searched" {
	refused 127 'nosuch: not found in PATH /usr/sbin:/usr/bin:/bin' nosuch
}

@test "exec: PATH unset: the message names the default PATH" {
	run --separate-stderr -127 env -u PATH "$MINIREAP" nosuch
	contains "$stderr" 'not found in PATH /usr/local/sbin:/usr/local/bin:'
}

@test "exec: no such command, a PATH directory is not searchable: not found" {
	needs_root
	mkdir -m 0 closed
	run --separate-stderr -127 setpriv --reuid 65534 --clear-groups \
	    env PATH="$PWD/closed:/usr/bin" "$MINIREAP" nosuch
	contains "$stderr" 'not found in PATH'
}

@test "exec: several unusable files in PATH: the message explains the first" {
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

@test "exec: name of 5,000 bytes: the message is cut to 1,024" {
	run --separate-stderr -127 "$MINIREAP" "$(printf '%5000s' x | tr ' ' y)"
	contains "$stderr" 'cannot execute yyy'
	equal 'bytes, with the end of line' 1024 $((${#stderr} + 1))
}

@test "exec: a program for another machine in PATH: the search stops there" {
	mkdir first
	patched first/true 18 '\0\0'
	run --separate-stderr -126 env PATH="$PWD/first:/bin" "$MINIREAP" true
	contains "$stderr" "true ($PWD/first/true): built for machine number 0"
}

@test "exec: no such path: the message says so" {
	refused 127 './nosuch: no such file or directory' ./nosuch
}

@test "exec: missing directories: the message names the first" {
	refused 127 '/bin/no/such/file: /bin/no does not exist' /bin/no/such/file
}

@test "exec: a path component is a file: the message names it" {
	touch plain
	refused 127 './plain/x: ./plain is not a directory' ./plain/x
}

@test "exec: a path component is not searchable: the message names it" {
	needs_root
	mkdir -m 0 closed
	chmod 755 .
	run --separate-stderr -126 setpriv --reuid 65534 --clear-groups \
	    "$MINIREAP" ./closed/x
	equal stderr 'minireap: cannot execute ./closed/x: ./closed may not be searched' \
	    "$stderr"
}

@test "exec: empty name: the message says so" {
	refused 127 ': the name is empty' ''
}

@test "exec: control characters in the name: they are escaped" {
	refused 127 './a\033[31m\n: no such file or directory' $'./a\e[31m\n'
}

@test "exec: directory: the message says so" {
	refused 126 '/bin/: is a directory' /bin/
}

@test "exec: file without x bit: the message suggests chmod +x" {
	echo : >script
	refused 126 './script: not executable (try chmod +x)' ./script
}

@test "exec: script without x bit: the message suggests chmod +x" {
	echo '#!/bin/sh' >script
	refused 126 './script: not executable (try chmod +x)' ./script
}

@test "exec: unreadable script, missing interpreter: the message is general" {
	needs_root
	chmod 755 .
	printf '#!/nonexistent\n' >script
	chmod 711 script
	run --separate-stderr -127 setpriv --reuid 65534 --regid 65534 --clear-groups \
	    "$MINIREAP" ./script
	equal stderr 'minireap: cannot execute ./script: what it needs to run does not exist' \
	    "$stderr"
}

@test "exec: missing directory below an unreadable one: the message names the former" {
	needs_root
	chmod 755 .
	mkdir -m 711 closed
	run --separate-stderr -127 setpriv --reuid 65534 --regid 65534 --clear-groups \
	    "$MINIREAP" ./closed/none/x
	equal stderr 'minireap: cannot execute ./closed/none/x: ./closed/none does not exist' \
	    "$stderr"
}

@test "exec: file name followed by a slash: the message says not a directory" {
	echo '#!/bin/sh' | file script
	refused 127 './script/: ./script is not a directory' ./script/
}

@test "exec: file without x bit in PATH: the message names its path" {
	mkdir bin
	echo : >bin/zap
	PATH=$PWD/bin:$PATH refused 126 \
	    "zap ($PWD/bin/zap): not executable (try chmod +x)" zap
}

@test "exec: file system mounted noexec: the message says so" {
	needs_root
	mkdir mount
	run --separate-stderr -126 unshare --mount sh -c '
	    mount -t tmpfs -o noexec none mount && cp /bin/true mount/ &&
	    exec "$0" mount/true' "$MINIREAP"
	equal stderr 'minireap: cannot execute mount/true: its file system is mounted noexec' \
	    "$stderr"
}

@test "exec: missing interpreter: the message names it" {
	echo '#!/no/such/sh -e' | file script
	refused 127 './script: its interpreter /no/such/sh does not exist' ./script
}

@test "exec: interpreter name ends in CR: the message mentions Windows line endings" {
	printf '#!/bin/sh\r\necho\r\n' | file script
	refused 127 './script: its interpreter /bin/sh\r does not exist: the script has Windows line endings' \
	    ./script
}

@test "exec: script in PATH, missing interpreter: the message names both" {
	mkdir bin
	echo '#!/no/such/sh' | file bin/zap
	PATH=$PWD/bin:$PATH refused 127 \
	    "zap ($PWD/bin/zap): its interpreter /no/such/sh does not exist" \
	    zap
}

@test "exec: interpreter is not executable: the message names it" {
	echo "#!$PWD/plain" | file script
	echo : >plain
	refused 126 "./script: its interpreter $PWD/plain cannot be executed: permission denied" \
	    ./script
}

@test "exec: blanks after #!: they are not part of the interpreter's name" {
	printf '#! \t/no/such/sh\n' | file script
	run --separate-stderr -127 "$MINIREAP" ./script
	contains "$stderr" 'its interpreter /no/such/sh '
}

@test "exec: #! without a name: the message says so" {
	echo '#!' | file script
	refused 126 './script: its #! names no interpreter' ./script
}

@test "exec: #! line too long: the message says so" {
	printf '#!/%300s\n' x | tr ' ' y | file script
	refused 126 './script: its #! line is longer than 255 bytes' ./script
}

@test "exec: glibc's loader is missing: the message names loader and libc" {
	cp /bin/true program
	sed -i 's#/lib64/ld-linux-x86-64.so.2#/lib64/ld-linux-x86-64.so.9#' program
	refused 127 './program: its loader /lib64/ld-linux-x86-64.so.9 does not exist: it was linked with glibc, which is not installed here' \
	    ./program
}

@test "exec: musl's loader is missing: the message names loader and libc" {
	cp /bin/true program
	sed -i 's#/lib64/ld-linux-x86-64.so.2#/lib/ld-musl-x86_64.so.99#' program
	refused 127 './program: its loader /lib/ld-musl-x86_64.so.99 does not exist: it was linked with musl, which is not installed here' \
	    ./program
}

# program OFFSET LOADER: make an ELF program that the kernel accepts, with its
# program headers at OFFSET and LOADER as its interpreter.
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

@test "exec: unknown loader is missing: the message names only the loader" {
	program 64 /no/such/loader
	refused 127 './program: its loader /no/such/loader does not exist' ./program
}

@test "exec: loader's name is not in the first page: the message is general" {
	program 4096 /no/such/loader
	refused 127 './program: its loader, or a file it needs, is missing' ./program
	program 3980 /no/such/loader # the name is after the first page
	refused 127 './program: its loader, or a file it needs, is missing' ./program
}

@test "exec: unreadable program: the message says what is known" {
	needs_root
	chmod 755 .
	program 64 /no/such/loader
	printf 'a\0b' | file data
	chmod 711 program data
	as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "$MINIREAP")
	run -127 "${as_nobody[@]}" ./program
	equal line 'minireap: cannot execute ./program: what it needs to run does not exist' \
	    "$output"
	run -126 "${as_nobody[@]}" ./data
	equal line 'minireap: cannot execute ./data: exec format error' "$output"
}

@test "exec: program for another machine: the message names both machines" {
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

@test "exec: program of another word size: the message names both machines" {
	patched small 18 '\50\0'
	printf '\1' | dd of=small bs=1 seek=4 conv=notrunc status=none
	refused 126 './small: built for arm (32 bits), this machine is x86_64' ./small
}

@test "exec: empty file, truncated program, binary data: the message says which" {
	: | file empty
	refused 126 './empty: the file is empty' ./empty
	printf '\177ELF\2\1\1' | file short
	refused 126 './short: a truncated program' ./short
	printf 'a\0b' | file data
	refused 126 './data: neither a program nor text' ./data
}

@test "exec: 60 random ELF headers: one line and status 126 or 127" {
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
		esac # otherwise it was executed, and ran or crashed
	done
}

@test "exec: text file without #!: /bin/sh runs it with its arguments" {
	echo 'echo "text $0 $*"' | file script
	run -0 "$MINIREAP" ./script a 'b c'
	equal output 'text ./script a b c' "$output"
}

# bats test_tags=static
@test "exec: text file without #!, no /bin/sh: the message says so" {
	needs_root
	mkdir root
	cp "$MINIREAP" root/minireap
	echo 'echo text' | file root/script
	run --separate-stderr -127 chroot root /minireap /script
	equal stderr 'minireap: cannot execute /script: it has no #!, and there is no /bin/sh' \
	    "$stderr"
}

# bats test_tags=static
@test "exec: no /proc, missing loader: the message names the loader" {
	needs_root
	mkdir root
	cp "$MINIREAP" root/minireap
	cp /bin/true root/
	run --separate-stderr -127 chroot root /minireap /true
	contains "$stderr" 'cannot execute /true: its loader /lib64/ld-linux-x86-64.so.2 does not exist'
}

# bats test_tags=static
@test "exec: other errors of execve: the message is the system's" {
	cp /bin/true x
	while read -r error reason; do
		run --separate-stderr -126 strace -f -o trace -P "$PWD/x" \
		    -e "inject=execve:error=$error" "$MINIREAP" "$PWD/x"
		equal "$error" "minireap: cannot execute $PWD/x: $reason" "$stderr"
	done <<-'LIST'
	E2BIG argument list too long
	EMFILE too many open files
	ENFILE too many files in system
	ENOMEM cannot allocate memory
	EIO input/output error
	EPERM operation not permitted
	ELIBBAD corrupted shared library
	EAGAIN temporarily unavailable
	EUCLEAN error 117
	LIST
}

@test "exec: file open for writing: the message says text file busy" {
	cp /bin/true busy
	run --separate-stderr -126 bash -c 'exec 9>>busy; exec "$0" ./busy 9>&9' "$MINIREAP"
	equal stderr 'minireap: cannot execute ./busy: text file busy' "$stderr"
}

@test "exec: no such command with -q: the message is printed" {
	run --separate-stderr -127 "$MINIREAP" -q nosuch
	contains "$stderr" 'not found in PATH'
}

@test "exec: -e 126 or 127: status 0, the message is printed" {
	run --separate-stderr -0 "$MINIREAP" -e 127 nosuch
	contains "$stderr" 'not found in PATH'
	run --separate-stderr -0 "$MINIREAP" -e 126 /bin/
}

@test "exec: a nested init fails to execute: it leaves no zombie" {
	needs_root
	as_pid_1 "$MINIREAP" -- sh -c '
	    "$0" nosuch 2>/dev/null
	    for stat in /proc/[0-9]*/stat; do cat "$stat"; done | grep " Z " && exit 1
	    exit 0' "$MINIREAP"
}
