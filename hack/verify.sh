#!/usr/bin/env bash
# Fails when regenerating changed a file, or a module is untidy or unformatted.
set -euo pipefail
cd "$(dirname "$0")/.."
for module in . hack/image; do
	(cd "$module" && go mod tidy -diff && go vet ./...)
done
# Only what is ours: cmd/kube is Kubernetes, and vetting that takes minutes.
(cd localcluster && GOFLAGS=-trimpath CGO_ENABLED=0 go vet ./internal/... ./cmd/localcluster ./cmd/pause)
unformatted=$(gofmt -l api cmd internal test hack localcluster examples)
[ -z "$unformatted" ] || { echo "run gofmt on: $unformatted" >&2; exit 1; }
changed=$(git status --porcelain)
[ -z "$changed" ] || {
	echo "these files are not as generated; commit what \`make generate\` writes:" >&2
	echo "$changed" >&2
	exit 1
}
echo "everything generated is up to date"
