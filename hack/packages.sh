#!/usr/bin/env bash
# Installs the Debian packages that the local cluster and the tests need and the
# machine lacks. Without root or apt-get it says what is missing and goes on:
# what needs them is skipped by name later.
set -euo pipefail
cd "$(dirname "$0")"
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
# Another apt may hold the lock, and mirrors refuse or stall now and then.
apt=(apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Acquire::http::Timeout=60)
install=("${apt[@]}" install -y --no-install-recommends "${missing[@]}")
# The lists on the machine are often good; if not, or if an earlier run was
# killed, what it left is put right first.
"${install[@]}" >/dev/null 2>&1 || {
	dpkg --configure -a >/dev/null
	./retry.sh "${apt[@]}" update >/dev/null
	./retry.sh "${install[@]}" >/dev/null
} || {
	echo "cannot install the Debian packages ${missing[*]}: see apt's own words above" >&2
	exit 1
}
