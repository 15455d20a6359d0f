#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=static,engines
# Images: Dockerfile.example built by Docker, and make image.  As there is no
# registry, debian:12-slim is an image made from files of this machine.

bats_require_minimum_version 1.5.0

load podman
load make

setup_file() {
	command -v musl-gcc >/dev/null || return 0
	podman_begin
	docker_begin
	[ -z "$ENGINE_MISSING" ] || return 0
	mkdir "$ENGINE/tree"
	image_tree "$ENGINE/tree"
	compiler_tree "$ENGINE/tree"
	image_import debian:12-slim "$ENGINE/tree"
}

setup() {
	make_setup
	must_have musl-gcc
	docker_must_run
}

teardown_file() {
	docker_end
	podman_end
}

# compiler_tree DIRECTORY: add this machine's compiler, so that apt-get has
# nothing to install, and an apt-get that does nothing.
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

# build TAG WORD...: build a stage of Dockerfile.example, without a network.
build() {
	local tag=$1
	shift
	docker build -q --network=none -f "$ROOT/Dockerfile.example" \
	    --build-arg COMMIT=1234567 "$@" -t "$tag" "$ROOT"
}

# label IMAGE NAME: the value of a label of the OCI image specification.
label() {
	docker inspect -f "{{index .Config.Labels \"org.opencontainers.image.$2\"}}" \
	    "$1"
}

# files_of IMAGE: the files in its layers.
files_of() {
	docker save "$1" | tar -x -O --wildcards '*/layer.tar' |
	    tar -t --ignore-zeros | LC_ALL=C sort
}

@test "Dockerfile.example: from-source: the image has the binary and nothing else" {
	build file --target from-source
	equal files minireap "$(files_of file)"
	docker create --name copy file /minireap >/dev/null
	docker cp copy:/minireap .
	docker rm copy >/dev/null
	run -0 ./minireap --version
	[[ $output == "minireap version "*" - git.1234567" ]]
	run -3 ./minireap -- sh -c 'exit 3'
}

@test "Dockerfile.example: .dockerignore: the build context has all sources" {
	build source --target build
	run -0 docker run --rm source sh -c \
	    'cd /src && find . -name "*.[ch]" | sort'
	copy_sources tree
	equal sources "$(cd tree && find . -name '*.[ch]' | LC_ALL=C sort)" \
	    "$output"
}

@test "Dockerfile.example: in-distribution: minireap is PID 1" {
	build shell --target in-distribution
	# shellcheck disable=SC2016 # for that shell to expand
	run -3 docker run --rm shell sh -c 'cat /proc/1/comm; exit 3'
	equal output minireap "$output"
	run -0 docker run --rm -i shell <<<'echo "$$ is $(cat /proc/$$/comm)"'
	[[ $output =~ ^[0-9]+\ is\ sh$ ]]
}

@test "Dockerfile.example: minireap: labels and user, as a base and to copy from" {
	build minireap --build-arg VERSION=1.2.3
	run -0 docker run --rm minireap
	[[ $output == "minireap version "*" - git.1234567" ]]
	equal files $'LICENSE\nminireap' "$(files_of minireap)"
	equal title minireap "$(label minireap title)"
	equal licences MIT "$(label minireap licenses)"
	equal version 1.2.3 "$(label minireap version)"
	equal revision 1234567 "$(label minireap revision)"
	equal user 65534:65534 "$(docker inspect -f '{{.Config.User}}' minireap)"

	# As an init container does, into a shared volume.
	mkdir -m 777 shared
	docker run --rm --read-only -v "$PWD/shared:/shared" \
	    --entrypoint /minireap minireap --install /shared/init
	equal owner "65534 755" "$(stat -c '%u %a' shared/init)"
	run -3 docker run --rm -v "$PWD/shared:/shared:ro" \
	    --entrypoint /shared/init debian:12-slim -- sh -c 'exit 3'

	# As a base, which the file's comment shows, and as a source to copy from.
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
		takes_less_than 5000 docker stop $image
		container_exited docker $image 143
		docker rm $image >/dev/null
	done
}

# block LANGUAGE N: print the Nth such block of README.md.
block() {
	awk -v fence="\`\`\`$1" -v wanted="$2" '
		$0 == "```" { inside = 0 }
		inside && n == wanted { print }
		$0 == fence { inside = 1; n++ }
	' "$ROOT/README.md"
}

@test "README: quick start: its commands and its Dockerfile, in a fresh clone" {
	fresh_clone clone
	block console 2 | grep '^\$ docker build ' | sed 's/^\$ //' >first
	block console 3 >second
	(cd clone && sh -eu ../first)
	mkdir app
	block dockerfile 1 >app/Dockerfile
	cd app
	sed -n 's/^\$ //p' ../second >commands
	run -0 sh -eu commands
	equal 'output' "$(grep -v '^\$' ../second)" "${lines[-1]}"
}

# Each Dockerfile has the layout of the other init's package or image.
@test "README: replace table: each COPY line puts minireap in the other init's place" {
	build minireap
	local path rows=0
	while read -r path; do
		rows=$((rows + 1))
		entrypoint="[\"$path\", \"--\"]"
		[ "$path" != /pause ] || entrypoint="[\"$path\"]"
		printf '%s\n' 'FROM debian:12-slim' 'RUN echo other >other' \
		    "COPY --from=minireap /minireap $path" \
		    "ENTRYPOINT $entrypoint" >Dockerfile
		docker build -q -t replaced .
		if [ "$path" = /pause ]; then
			docker run -d --name replaced replaced >/dev/null
			takes_less_than 5000 docker stop replaced
			container_exited docker replaced 0
			docker rm replaced >/dev/null
			continue
		fi
		# shellcheck disable=SC2016 # for that shell to expand
		run -3 docker run --rm replaced sh -c 'readlink /proc/1/exe; exit 3'
		equal 'PID 1' "$path" "$output"
	done < <(grep -oE '`COPY --from=minireap /minireap /[^`]+`' "$ROOT/README.md" |
	    sed 's/.* //; s/`$//')
	equal 'rows' 5 "$rows"
}

# make_image BUILDER DIRECTORY: make image, from the program under test.
make_image() {
	must_have "$1"
	make_as_built BUILDER="$1" DOCKER_HOST="$DOCKER_HOST" \
	    DOCKER_BUILDKIT=0 COMMIT=1234567 OUT="$2" image
}

# is_layout DIRECTORY: it is a layout as the OCI image specification demands,
# with the image of Dockerfile.example.
is_layout() {
	python3 - "$1" "$MINIREAP" "$ROOT/LICENSE" <<-'PYTHON'
	import hashlib, io, json, os, sys, tarfile
	layout, program, licence = sys.argv[1:]
	def read(*path):
	    return open(os.path.join(*path), "rb").read()
	def blob(descriptor):
	    kind, digest = descriptor["digest"].split(":")
	    content = read(layout, "blobs", kind, digest)
	    assert hashlib.sha256(content).hexdigest() == digest
	    assert len(content) == descriptor["size"]
	    return content
	media = "application/vnd.oci.image."
	assert json.loads(read(layout, "oci-layout")) == {
	    "imageLayoutVersion": "1.0.0"}
	index = json.loads(read(layout, "index.json"))
	entry, = index["manifests"]
	assert index["schemaVersion"] == 2
	assert entry["mediaType"] == media + "manifest.v1+json"
	manifest = json.loads(blob(entry))
	assert manifest["schemaVersion"] == 2
	assert manifest["config"]["mediaType"] == media + "config.v1+json"
	image = json.loads(blob(manifest["config"]))
	files, ids = {}, []
	for layer in manifest["layers"]:
	    assert layer["mediaType"].startswith(media + "layer.v1.tar")
	    tar = tarfile.open(fileobj=io.BytesIO(blob(layer)))
	    tar.fileobj.seek(0)
	    ids.append("sha256:" + hashlib.sha256(tar.fileobj.read()).hexdigest())
	    files.update({m.name: tar.extractfile(m).read()
	                  for m in tar.getmembers() if m.isfile()})
	    mode = {m.name: m.mode for m in tar.getmembers()}
	    assert mode.get("minireap", 0o755) & 0o7777 == 0o755
	assert files == {"minireap": read(program), "LICENSE": read(licence)}
	assert image["rootfs"]["diff_ids"] == ids, (image["rootfs"], ids)
	config = image["config"]
	assert config["User"] == "65534:65534"
	assert config["Entrypoint"] == ["/minireap", "--"]
	assert config["Cmd"] == ["/minireap", "--version"]
	label = "org.opencontainers.image."
	assert config["Labels"][label + "licenses"] == "MIT"
	assert config["Labels"][label + "revision"] == "1234567"
	version, = {entry["annotations"][label + "ref.name"],
	            config["Labels"][label + "version"]}
	PYTHON
}

# podman_runs DIRECTORY WORD...: run DIRECTORY/image.  podman rejects upper-case
# letters in a path, so DIRECTORY is relative.
podman_runs() {
	podman_run --rm "oci:$1/image" "${@:2}"
}

@test "make image: docker: makes an OCI layout that podman runs" {
	podman_must_run
	make_image docker "$PWD/out"
	is_layout out/image
	run -0 podman_runs out
	contains "$output" "$("$MINIREAP" --version)"
}

@test "make image: buildah and podman: make the same bytes, a layout that podman runs" {
	podman_must_run
	for builder in buildah podman; do
		make_image $builder "$PWD/$builder"
		is_layout $builder/image
		sleep 1.1 # so that a time of the build would differ
	done
	diff -r buildah podman
	run -0 podman_runs buildah
	contains "$output" "$("$MINIREAP" --version)"
	# Another command than the image's, with its own status.
	run -0 podman_runs buildah /minireap -e 125 -- /minireap -z
}
