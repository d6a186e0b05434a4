#!/usr/bin/env bash
# Writes the modules that each program links to docs/reference/dependencies/,
# so that a new dependency shows in review. The tags are those of the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=docs/reference/dependencies
mkdir -p "$folder"
for program in landfall landfall-operator landfall-router landfall-agent; do
	go list -deps -tags disable_grpc_modules,grpcnotrace -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}' "./cmd/$program" |
		sort -u >"$folder/$program.txt"
done
