#!/usr/bin/env bash
# Installs the Debian packages that the local cluster and the tests need and the
# machine lacks. Without root or apt-get it says what is missing and goes on:
# what needs them is skipped by name later.
set -euo pipefail
packages=(nftables iproute2 gcc libc6-dev libseccomp-dev pkg-config ca-certificates python3-boto3 chromium)
missing=()
for package in "${packages[@]}"; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "missing Debian packages, to be installed by root: ${missing[*]}" >&2
	exit 0
fi
echo "installing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || {
	apt-get update >/dev/null
	apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
}
