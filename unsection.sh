#!/bin/sh
# SPDX-License-Identifier: MIT
# unsection.sh FILE: take away the table of sections from the end of an ELF
# program.  Linkers and debuggers read it, the kernel does not: without its
# symbols it is of no more use to anybody, and 1 KB.  (GNU ld 2.41 can do it
# by -z nosectionheader.)  Of a file that is not as expected nothing is taken.
set -eu

# number OFFSET SIZE: a number in FILE's header, in its own order of bytes.
number() {
	od -A n -t u1 -j "$1" -N "$2" "$file" | awk -v big="$big" '{
		for (i = 1; i <= NF; i++)
			n = big ? n * 256 + $i : n + $i * 256 ^ (i - 1)
	} END { printf "%.0f\n", n }'
}

zero() { # OFFSET SIZE
	dd if=/dev/zero of="$file" bs=1 seek="$1" count="$2" conv=notrunc \
	    2>/dev/null
}

file=$1
big=0
[ "$(number 0 4)" = 1179403647 ] || exit 0 # \177ELF
big=$(($(number 5 1) - 1))
if [ "$(number 4 1)" = 2 ]; then
	word=8 programs=32 sections=40 sizes=52 at=8 size=32
else
	word=4 programs=28 sections=32 sizes=40 at=4 size=16
fi
table=$(number $programs $word)
entry=$(number $((sizes + 2)) 2)
count=$(number $((sizes + 4)) 2)

# Behind the last byte that any segment has in the file.
end=0
while [ "$count" -gt 0 ]; do
	last=$(($(number $((table + at)) $word) + $(number $((table + size)) $word)))
	[ "$last" -le "$end" ] || end=$last
	table=$((table + entry))
	count=$((count - 1))
done
[ "$end" -gt 0 ] && [ "$(number $sections $word)" -ge "$end" ] || exit 0
zero $sections $word
zero $((sizes + 8)) 4 # how many there are, and which has the names
dd if=/dev/null of="$file" bs=1 seek="$end" 2>/dev/null
