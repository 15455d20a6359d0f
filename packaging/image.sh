#!/bin/sh
# SPDX-License-Identifier: MIT
# make image: OUT/image, the image "minireap" of Dockerfile.example as an OCI
# layout, with PROGRAM as make built it.  It needs no registry and no network.
# BUILDER is buildah, podman or docker; if unset, the first that is installed.
# With buildah and podman the same program and commit give the same bytes.
set -eu
: "${VERSION:?make image sets it}" "${COMMIT:?}" "${PROGRAM:?}" "${OUT:?}"
: "${BUILDER:=$(command -v buildah || command -v podman ||
	command -v docker || echo none)}"
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
umask 022

mkdir -p "$OUT"
layout=$(cd "$OUT" && pwd)/image
rm -rf "$layout"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# The stage "minireap", which copies from here instead of from the stage "build".
mkdir "$work/context"
sed -n '/ AS minireap$/,$ { s|--from=build /src/||; p; }' Dockerfile.example \
    >"$work/context/Dockerfile"
install -m 755 "$PROGRAM" "$work/context/minireap"
install -m 644 LICENSE "$work/context/LICENSE"

quietly() { # COMMAND...: print its output only if it fails
	"$@" >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		exit 1
	}
}

build() { # BUILDER [OPTION]... build [OPTION]...: write the image's id to id
	quietly "$@" --network none --build-arg VERSION="$VERSION" \
	    --build-arg COMMIT="$COMMIT" --iidfile "$work/id" "$work/context"
}

# A private store, so that the user's images are not touched.
with_buildah() {
	set -- "$BUILDER" --root "$work/store" --runroot "$work/run" \
	    --storage-driver vfs
	build "$@" build --format oci --layers=false --identity-label=false \
	    --timestamp "$SOURCE_DATE_EPOCH"
	quietly "$@" push --quiet "$(cat "$work/id")" "oci:$layout:$VERSION"
}

# blob TYPE FILE: copy FILE to the name that is its digest, and print the start
# of its descriptor, without the closing brace.
blob() {
	sum=$(sha256sum "$2" | cut -d' ' -f1)
	cp "$2" "$layout/blobs/sha256/$sum"
	printf '{ "mediaType": "application/vnd.oci.image.%s", ' "$1"
	printf '"digest": "sha256:%s", "size": %d' "$sum" "$(wc -c <"$2")"
}

# Turn the archive of docker save, which has its own format, into a layout.
with_docker() {
	build "$BUILDER" build
	quietly "$BUILDER" save -o "$work/saved.tar" "$(cat "$work/id")"
	quietly "$BUILDER" rmi "$(cat "$work/id")"
	mkdir -p "$work/saved" "$layout/blobs/sha256"
	cd "$work/saved"
	tar -xf ../saved.tar
	config=$(sed 's/.*"Config":"\([^"]*\)".*/\1/' manifest.json)
	layers=$(sed 's/.*"Layers":\[\([^]]*\)\].*/\1/; s/[",]/ /g' \
	    manifest.json)
	{
		echo '{ "schemaVersion": 2,'
		echo '  "mediaType": "application/vnd.oci.image.manifest.v1+json",'
		echo "  \"config\": $(blob config.v1+json "$config") },"
		echo '  "layers": ['
		comma=
		for layer in $layers; do
			echo "    $comma$(blob layer.v1.tar "$layer") }"
			comma=', '
		done
		echo '  ] }'
	} >manifest
	{
		echo '{ "schemaVersion": 2, "manifests": ['
		echo "  $(blob manifest.v1+json manifest), \"annotations\":"
		echo "    { \"org.opencontainers.image.ref.name\": \"$VERSION\" } }"
		echo '] }'
	} >"$layout/index.json"
	echo '{ "imageLayoutVersion": "1.0.0" }' >"$layout/oci-layout"
}

case $BUILDER in
*buildah | *podman) with_buildah ;;
*docker) with_docker ;;
*) echo 'make image: please install buildah, podman or docker' >&2 && exit 1 ;;
esac
echo "oci:$layout:$VERSION"
