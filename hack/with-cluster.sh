#!/usr/bin/env bash
# Runs a command with the cluster's environment.
set -euo pipefail
eval "$("$(dirname "$0")/cluster.sh" env)"
exec "$@"
