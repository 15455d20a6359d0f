#!/bin/sh
# SPDX-License-Identifier: MIT
# Which small mistakes in the source the fast tests notice: docs/mutation.md.
# usage: sh tests/mutate/run.sh [OPTION]...; see --help
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || {
	echo "mutate: only root may make the namespaces that this needs" >&2
	exit 125
}
# A background job of a script starts with both ignored.
exec nice -n 10 env --default-signal=INT,QUIT python3 -B tests/mutate/run.py "$@"
