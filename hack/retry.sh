#!/usr/bin/env bash
# Runs a command that needs the network until it succeeds, up to four times with
# a pause between: retry.sh COMMAND ARG... Only the last try's standard output
# comes through, so that it can be read.
set -euo pipefail
output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
for pause in 1 3 9 0; do
	"$@" >"$output" && status=0 || status=$?
	[ "$status" -ne 0 ] || break
	if [ "$pause" -gt 0 ]; then
		echo "failed ($status), again in $pause s: $*" >&2
		sleep "$pause"
	else
		echo "failed four times ($status): $*" >&2
	fi
done
cat "$output"
exit "$status"
