#!/bin/sh
# SPDX-License-Identifier: MIT
# Test the tests: which mutants of the source do the fast ones notice?  See
# docs/testing.md.  usage: sh tests/mutate/run.sh [OPTION]..., or --help
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || {
	echo "mutate: must be root, to create namespaces" >&2
	exit 125
}
# A script's background jobs start with these signals ignored.
exec nice -n 10 env --default-signal=INT,QUIT python3 -B tests/mutate/run.py "$@"
