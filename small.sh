#!/bin/sh
# SPDX-License-Identifier: MIT
# small.sh: the options of the compiler CC that make a program small and that
# -Os does not take upon itself: the most of them that it knows.
all='-Oz -flto -ffat-lto-objects -fno-jump-tables -fconserve-stack
	-fno-inline-functions-called-once -fno-expensive-optimizations
	-fno-optimize-sibling-calls'
for options in "$all -malign-data=abi" "$all" -Oz -Os; do
	# shellcheck disable=SC2086 # words
	if echo 'int main(void) { return 0; }' |
	    ${CC:-cc} -Werror $options -x c -o /dev/null - 2>/dev/null; then
		echo $options
		exit
	fi
done
