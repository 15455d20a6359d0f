#!/bin/sh
# SPDX-License-Identifier: MIT
# small.sh: the options of the compiler CC that make a program small and that
# -Os does not take upon itself: the most of them that it knows.
# small.sh link: that of its linker for layout.ld, if it can do that.  It is
# made for musl: what a static glibc starts with is left where it is.
compiles() { # OPTION...: a program
	echo 'int main(void) { return 0; }' |
	    ${CC:-cc} "$@" -x c -o /dev/null - 2>/dev/null
}

is_musl() {
	! echo '#include <features.h>' | ${CC:-cc} -E -dM - 2>/dev/null |
	    grep -q __GLIBC__
}

if [ "${1:-}" = link ]; then
	option=-Wl,-T,layout.ld
	! is_musl || ! compiles -static -no-pie $option || echo $option
	exit
fi

all='-Oz -flto -ffat-lto-objects -fno-jump-tables -fconserve-stack
	-fno-inline-functions-called-once -fno-expensive-optimizations
	-fno-optimize-sibling-calls -fno-caller-saves -fno-forward-propagate
	-fno-bit-tests -fno-if-conversion -fno-move-loop-invariants
	-fno-partial-inlining -fno-tree-ch -fno-tree-dominator-opts'
for options in "$all -malign-data=abi" "$all" -Oz -Os; do
	# shellcheck disable=SC2086 # words
	if compiles -Werror $options; then
		echo $options
		exit
	fi
done
