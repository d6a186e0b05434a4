#!/usr/bin/env bash
# Proves the code: test.sh unit | api | all. Prints the slowest tests of each
# part and the wall time of each stage. Fails when any part failed.
set -euo pipefail
cd "$(dirname "$0")/.."
scope=${1:-all}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
started=$SECONDS

stage() {
	local name=$1 began=$SECONDS
	shift
	echo "── $name"
	"$@"
	echo "── $name took $((SECONDS - began)) s (of $((SECONDS - started)) s)"
}

# limit is how long the tests of one package may take. internal/sagemaker takes 8
# minutes under the race detector on two cores with a load of 18. A package that
# hangs ends then, and shows where each of its goroutines stands.
limit=15m

# room warns when a folder's disk has less than so many GiB free: what fails for
# want of room rarely says so.
room() {
	mkdir -p "$1"
	local free
	free=$(df -Pk "$1" | awk 'NR == 2 {print int($4 / 1048576)}')
	[ "$free" -ge "$2" ] || echo "only $free GiB are free in $1; $3 may need $2" >&2
}

# part runs one module's tests and names its slowest.
part() {
	local name=$1 folder=$2
	shift 2
	(cd "$folder" && "$OLDPWD_ROOT/bin/gotestsum" --format pkgname-and-test-fails --hide-summary=skipped \
		--jsonfile "$results/$name.json" -- -timeout "$limit" "$@") || failed+=("$name")
	echo "slowest of $name:"
	bin/gotestsum tool slowest --num 10 --jsonfile "$results/$name.json" | sed 's/^/  /'
	skips "$name"
}

# skips names every skipped test with its reason.
skips() {
	grep -h '"Action":"output"' "$results/$1.json" | grep -hoE '_test\.go:[0-9]+: [^"]*(skip|cannot run|unset|not installed|no cluster)[^"]*' |
		sed -e 's/\\n$//' -e 's/^/  skipped: /' | sort | uniq -c | sort -rn | head -40 || true
}

prepare_containers() {
	local reason
	if [ "$CLUSTER" = local ] && ! reason=$(bin/localcluster probe 2>&1); then
		echo "containers cannot run here: $reason"
		export LANDFALL_NO_CONTAINERS=$reason CLUSTER=none
		bin/localcluster build
		return
	fi
	hack/cluster.sh up
	make image
	hack/cluster.sh load
	if [ "$(id -u)" -eq 0 ]; then
		# The model's program is tested as it is in its image.
		export CHURN_ROOTFS=$PWD/bin/churn-rootfs
		rm -rf "$CHURN_ROOTFS"
		bin/image unpack bin/images/churn-classifier "$CHURN_ROOTFS"
	fi
}

room "${TMPDIR:-/tmp}" 5 "linking and testing"
room "$(go env GOCACHE)" 8 "compiling everything once"
room "$(go env GOMODCACHE)" 3 "the modules"

export OLDPWD_ROOT=$PWD
export CLUSTER=${CLUSTER:-local}
failed=()
case $scope in
unit)
	stage "Go modules" hack/fetch.sh
	stage "build tools" make tools
	stage "unit tests" part unit . -race ./api/... ./internal/... ./cmd/...
	;;
api)
	stage "Go modules" hack/fetch.sh
	stage "build tools" make tools
	stage "build Kubernetes" bin/localcluster build
	eval "$(bin/localcluster env)"
	stage "tests on an API server" part api . -race ./api/... ./internal/... ./cmd/... ./test/api/... ./test/chart/... ./test/docs/... ./test/schedule/... ./test/script/...
	;;
all)
	stage "Debian packages" hack/packages.sh
	stage "Go modules" hack/fetch.sh
	stage "build" make build
	stage "cluster and images" prepare_containers
	eval "$(bin/localcluster env)"
	[ "$CLUSTER" = none ] || eval "$(hack/cluster.sh env)"
	stage "tests of the parts" part parts . -race $(go list ./... | grep -v /test/e2e)
	stage "the main job, end to end" part e2e . -count=1 -timeout 20m ./test/e2e
	stage "tests of the image builder" part image hack/image ./...
	stage "manifests against the real CRDs" part schemas hack/schemas ./...
	stage "workflows against Argo itself" part argo hack/argo ./...
	stage "container recipes against BuildKit" part dockerfile hack/dockerfile ./...
	# The flags are those of the cluster's own programs, whose packages are
	# compiled already.
	export CGO_ENABLED=0 GOFLAGS=-trimpath
	stage "tests of the local cluster" part localcluster localcluster ./internal/...
	;;
*)
	echo "usage: test.sh unit|api|all" >&2
	exit 2
	;;
esac

total=$(cat "$results"/*.json | grep -c '"Action":"pass".*"Test":' || true)
broken=$(cat "$results"/*.json | grep -c '"Action":"fail".*"Test":' || true)
skipped=$(cat "$results"/*.json | grep -c '"Action":"skip".*"Test":' || true)
echo "took $((SECONDS - started)) s"
[ ${#failed[@]} -eq 0 ] || echo "failed: ${failed[*]}" >&2
echo "$total passed, $broken failed, $skipped skipped"
[ ${#failed[@]} -eq 0 ]
