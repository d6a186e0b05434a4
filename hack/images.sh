#!/usr/bin/env bash
# Builds the container images as OCI layouts under bin/images, without Docker.
# The layer of Debian packages under the model image is cached by its contents.
set -euo pipefail
cd "$(dirname "$0")/.."
out=bin/images
mkdir -p "$out"
certificates=/etc/ssl/certs/ca-certificates.crt

bin/image scratch --out "$out/landfall" --file "$certificates" --user 65532 \
	--binary bin/landfall-operator=/landfall-operator \
	--binary bin/landfall-router=/landfall-router \
	--binary bin/landfall-agent=/landfall-agent \
	--entrypoint /landfall-operator
bin/image scratch --out "$out/landfall-standin" --file "$certificates" --user 65532 \
	--binary bin/landfall-standin=/landfall-standin --entrypoint /landfall-standin

[ "${CLUSTER:-local}" != none ] || exit 0
base() {
	bin/image base --packages "$(paste -sd, examples/churn/packages.txt)" --out "$out/python-base" \
		--imports sklearn.linear_model,sklearn.ensemble,sklearn.datasets,uvicorn.workers,uvloop,httptools
}
# apt may have no lists, old ones, or a mirror that refuses.
base || {
	echo "once more, with new package lists" >&2
	[ "$(id -u)" -ne 0 ] || hack/retry.sh apt-get -q -o Acquire::Retries=3 update >/dev/null
	base
}
bin/image app --base "$out/python-base" --dir examples/churn/program --prefix /opt/program \
	--entrypoint /opt/program/churn --env PYTHONDONTWRITEBYTECODE=1 --expose 8080/tcp --out "$out/churn-classifier"
