#!/bin/sh
# SPDX-License-Identifier: MIT
# spdx.sh: print the bill of materials of the release in OUT, an SPDX 2.3
# document: the source, each program built from it, its libc and its compiler.
# stdin is the output of cross.sh, a line for each program:
# ARCH LIBC VERSION COMPILER VERSION.
set -eu
: "${VERSION:?dist.sh sets it}" "${COMMIT:?}" "${OUT:?}" "${SOURCE_DATE_EPOCH:?}"
name=minireap-$VERSION
built=$(cat)
comma= # precedes each element of a list but the first

# package ID NAME VERSION LICENCE PURPOSE [FILE]: those with a file are minireap's.
package() {
	file=${6:-}
	copyright=${file:+$(grep ^Copyright LICENSE)}
	printf '    %s{\n' "$comma"
	printf '      "%s": "%s",\n' SPDXID "SPDXRef-$1" name "$2" \
	    versionInfo "$3" licenseConcluded "$4" licenseDeclared "$4" \
	    primaryPackagePurpose "$5" downloadLocation NOASSERTION \
	    copyrightText "${copyright:-NOASSERTION}"
	if [ -n "$file" ]; then
		printf '      "packageFileName": "%s",\n' "$file"
		printf '      "checksums": [ { "algorithm": "SHA256", %s } ],\n' \
		    "\"checksumValue\": \"$(sum "$file")\""
	fi
	printf '      "filesAnalyzed": false\n    }\n'
	comma=', '
}

sum() { # FILE
	sha256sum "$OUT/$1" | cut -d' ' -f1
}

related() { # ID TYPE ID
	printf '    %s{ "spdxElementId": "SPDXRef-%s", ' "$comma" "$1"
	printf '"relationshipType": "%s", ' "$2"
	printf '"relatedSpdxElement": "SPDXRef-%s" }\n' "$3"
	comma=', '
}

licence() { # LIBRARY
	case $1 in
	musl) echo MIT ;;
	*) echo LGPL-2.1-or-later ;;
	esac
}

packages() {
	comma=
	package source minireap "$VERSION" MIT SOURCE "$name.tar.gz"
	echo "$built" | cut -d' ' -f2,3 | sort -u | while read -r libc version; do
		package "$libc-$version" "$libc" "$version" \
		    "$(licence "$libc")" LIBRARY
	done
	echo "$built" | cut -d' ' -f4,5 | sort -u | while read -r gcc version; do
		package "$gcc-$version" "$gcc" "$version" \
		    'GPL-3.0-or-later WITH GCC-exception-3.1' APPLICATION
	done
	echo "$built" | while read -r arch libc _; do
		licence=$(licence "$libc")
		[ "$licence" = MIT ] || licence="MIT AND $licence"
		package "$arch" "minireap-$arch" "$VERSION" "$licence" \
		    APPLICATION "$name-$arch"
	done
}

relationships() {
	comma=
	related DOCUMENT DESCRIBES source
	echo "$built" | while read -r arch libc version gcc gcc_version; do
		related DOCUMENT DESCRIBES "$arch"
		related "$arch" GENERATED_FROM source
		related "$arch" STATIC_LINK "$libc-$version"
		related "$gcc-$gcc_version" BUILD_TOOL_OF "$arch"
	done
}

cat <<JSON
{
  "spdxVersion": "SPDX-2.3",
  "dataLicense": "CC0-1.0",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "$name",
  "documentNamespace": "https://spdx.org/spdxdocs/$name-$COMMIT-$(sum "$name.tar.gz")",
  "creationInfo": {
    "created": "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)",
    "creators": [ "Organization: the minireap authors", "Tool: minireap-spdx.sh-$VERSION" ]
  },
  "packages": [
$(packages)
  ],
  "relationships": [
$(relationships)
  ]
}
JSON
