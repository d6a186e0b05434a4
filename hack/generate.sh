#!/usr/bin/env bash
# Regenerates everything that is generated: deep copies, CRDs and the chart's
# copy of them, reference pages, dependency lists.
set -euo pipefail
cd "$(dirname "$0")/.."
bin/controller-gen object paths=./api/...
rm -f config/crd/*.yaml
bin/controller-gen crd paths=./api/... output:crd:dir=config/crd
go generate ./...
hack/deps.sh
