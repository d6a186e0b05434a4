#!/usr/bin/env bash
# Fetches the Go modules that building and testing need, so that a proxy that
# refuses once is asked again, and one that refuses for good is named.
set -euo pipefail
cd "$(dirname "$0")/.."

# list lists packages of a module, which fetches what holds them.
list() {
	local folder=$1
	shift
	hack/retry.sh go -C "$folder" list -deps "$@" >/dev/null || {
		echo "cannot fetch the modules of $folder/go.mod; see go's own words above (go env GOPROXY: $(go env GOPROXY))" >&2
		return 1
	}
}

fetch() { list "$1" -test ./...; }
tools() { list "$1" tool; }

fetch .
tools hack/tools tool
tools hack/helm tool
fetch hack/image
fetch hack/schemas
fetch hack/argo
fetch hack/dockerfile
export GOWORK=off
fetch localcluster
tools localcluster/runtime tool
