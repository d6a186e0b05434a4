#!/usr/bin/env bash
# Runs the benchmarks: each prints its own figures beside those of a peer in the
# same run. Compare ratios; the absolute times of a busy machine mean little.
set -euo pipefail
cd "$(dirname "$0")/.."
go test -run '^$' -bench . -benchmem ./internal/...
