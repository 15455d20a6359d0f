# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# apt.sh, for musl.sh and tests/kernel/fetch.sh to source: apt for other
# architectures, which $options name.  Its lists and cache are below ./apt, so
# that the system's own architectures and packages stay as they are.

# apt_here PROGRAM WORD...: apt-get or apt-cache.
apt_here() {
	# shellcheck disable=SC2086 # words
	"$@" $options -qq -o "Dir::State::lists=$PWD/apt/lists" \
	    -o "Dir::Cache=$PWD/apt/cache" -o Dir::State::status=/dev/null \
	    -o Acquire::Languages=none -o APT::Sandbox::User=root
}

# Some archives lack some architectures: that is not a failure, as Debian's
# main archive has them all.
apt_update() {
	mkdir -p apt/lists/partial apt/cache/archives/partial
	apt_here apt-get update 2>apt/log || :
}

# Exit with what apt_update complained about.
apt_failed() {
	cat apt/log >&2
	exit 1
}
