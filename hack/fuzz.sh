#!/usr/bin/env bash
# Runs every fuzz test for the given time: fuzz.sh 10s
set -euo pipefail
cd "$(dirname "$0")/.."
grep -rlE '^func Fuzz' --include '*_test.go' internal api test | xargs -n1 dirname | sort -u | while read -r package; do
	for name in $(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$package"/*_test.go | sed 's/^func //'); do
		echo "$package $name"
		go test "./$package" -run '^$' -fuzz "^$name\$" -fuzzminimizetime 10x -fuzztime "${1:-10s}"
	done
done
