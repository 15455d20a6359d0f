#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=static,docker,slow
# Images: Dockerfile.example by a real builder, and make image.  There is no
# registry to pull from: what stands for debian:12-slim is made of this machine.

bats_require_minimum_version 1.5.0

load engine

setup_file() {
	command -v musl-gcc gcc >/dev/null || return 0
	docker_begin
	[ -z "$ENGINE_MISSING" ] || return 0
	mkdir "$ENGINE/tree"
	image_tree "$ENGINE/tree"
	compiler_tree "$ENGINE/tree"
	image_import debian:12-slim "$ENGINE/tree"
}

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return
	command -v musl-gcc gcc >/dev/null || skip "musl-gcc is not installed"
	docker_must_run
}

teardown_file() {
	[ -z "${ENGINE:-}" ] || docker_end
}

# compiler_tree DIRECTORY: stands for the distribution's image, as there is no
# registry to pull it from: busybox, and this machine's compiler, so that
# nothing is left for apt-get to install.
compiler_tree() {
	local machine libgcc musl programs
	machine=$(gcc -dumpmachine)
	musl=${machine/gnu/musl}
	libgcc=$(dirname "$(gcc -print-libgcc-file-name)")
	programs=$(command -v make gcc "$machine-gcc" musl-gcc as ld &&
	    gcc -print-prog-name=cc1 && gcc -print-prog-name=collect2)
	# shellcheck disable=SC2086 # words
	{
		echo "$programs"
		ldd $programs 2>/dev/null | grep -o '/[^ :]*' | sort -u
		ls "$libgcc"/*.[ao] "$libgcc/liblto_plugin.so"
		echo "$libgcc/include" "/usr/include/$musl" "/usr/lib/$musl"
	} | xargs tar -C / --dereference -c 2>/dev/null | tar -C "$1" -x
	printf '#!/bin/sh\n' >"$1/bin/apt-get"
	chmod 755 "$1/bin/apt-get"
}

# build TAG WORD...: a stage of Dockerfile.example, without a network.
build() {
	local tag=$1
	shift
	docker build -q --network=none -f "$ROOT/Dockerfile.example" \
	    --build-arg COMMIT=1234567 "$@" -t "$tag" "$ROOT"
}

# label IMAGE NAME: of the OCI image specification's own names.
label() {
	docker inspect -f "{{index .Config.Labels \"org.opencontainers.image.$2\"}}" \
	    "$1"
}

# files_of IMAGE: those that its layers hold.
files_of() {
	docker save "$1" | tar -x -O --wildcards '*/layer.tar' |
	    tar -t --ignore-zeros | LC_ALL=C sort
}

@test "Dockerfile.example, from source to scratch: the file, and nothing else" {
	build file --target from-source
	equal files minireap "$(files_of file)"
	docker create --name copy file /minireap >/dev/null
	docker cp copy:/minireap .
	docker rm copy >/dev/null
	run -0 ./minireap --version
	[[ $output == "minireap version "*" - git.1234567" ]]
	run -3 ./minireap -- sh -c 'exit 3'
}

@test "Dockerfile.example, in a distribution: it is the first process there" {
	build shell --target in-distribution
	# shellcheck disable=SC2016 # for that shell to expand
	run -3 docker run --rm shell sh -c 'cat /proc/1/comm; exit 3'
	equal output minireap "$output"
	run -0 docker run --rm -i shell <<<'echo "$$ is $(cat /proc/$$/comm)"'
	[[ $output =~ ^[0-9]+\ is\ sh$ ]]
}

@test "Dockerfile.example, the image minireap: labels, nobody's user, a base" {
	build minireap --build-arg VERSION=1.2.3
	run -0 docker run --rm minireap
	[[ $output == "minireap version "*" - git.1234567" ]]
	equal files $'LICENSE\nminireap' "$(files_of minireap)"
	equal title minireap "$(label minireap title)"
	equal licences MIT "$(label minireap licenses)"
	equal version 1.2.3 "$(label minireap version)"
	equal revision 1234567 "$(label minireap revision)"
	equal user 65534:65534 "$(docker inspect -f '{{.Config.User}}' minireap)"

	# As an init container does, into a volume that others share.
	mkdir -m 777 shared
	docker run --rm --read-only -v "$PWD/shared:/shared" \
	    --entrypoint /minireap minireap --install /shared/init
	equal owner "65534 755" "$(stat -c '%u %a' shared/init)"
	run -3 docker run --rm -v "$PWD/shared:/shared:ro" \
	    --entrypoint /shared/init debian:12-slim -- sh -c 'exit 3'

	# As its comment tells the reader to; and to copy from.
	cp "$ENGINE/tree/bin/busybox" sleep
	printf '%s\n' 'FROM minireap' 'COPY sleep /sleep' \
	    'CMD ["/sleep", "600"]' >Dockerfile
	docker build -q -t based .
	printf '%s\n' 'FROM debian:12-slim' \
	    'COPY --from=minireap /minireap /minireap' 'COPY sleep /sleep' \
	    'ENTRYPOINT ["/minireap", "--"]' 'CMD ["/sleep", "600"]' >Dockerfile
	docker build -q -t copied .
	for image in based copied; do
		docker run -d --name $image $image >/dev/null
		before=$(now_ms)
		docker stop $image >/dev/null
		[ $(($(now_ms) - before)) -lt 5000 ]
		equal status 143 "$(docker inspect -f '{{.State.ExitCode}}' $image)"
		docker rm $image >/dev/null
	done
}
