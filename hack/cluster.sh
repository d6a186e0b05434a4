#!/usr/bin/env bash
# Starts, fills, describes and stops the cluster that CLUSTER names:
#   cluster.sh up | down | load | env
# `env` prints shell exports: KUBECONFIG, KUBECTL, NODE_ADDRESS and the images.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
kind_name=${KIND_CLUSTER:-landfall}
images=(landfall landfall-standin churn-classifier)

fail() {
	echo "cluster.sh: $*" >&2
	exit 1
}

# tag is the content of an image, so that a change is another name.
tag() { "$root/bin/image" digest "bin/images/$1" | sed 's/^sha256:\(.\{12\}\).*/\1/'; }

reference() {
	case $CLUSTER in
	local) echo "10.199.0.1:5000/landfall/$1:$(tag "$1")" ;;
	kind) echo "landfall.local/$1:$(tag "$1")" ;;
	current) echo "${REGISTRY:?set REGISTRY to where your cluster pulls images from}/$1:$(tag "$1")" ;;
	esac
}

up() {
	case $CLUSTER in
	local) bin/localcluster up ;;
	kind)
		command -v kind >/dev/null || fail "kind is not installed: https://kind.sigs.k8s.io"
		kind get clusters | grep -qx "$kind_name" || kind create cluster --name "$kind_name" --wait 2m
		;;
	current) kubectl version >/dev/null || fail "the current kubeconfig opens no cluster" ;;
	none) ;;
	*) fail "CLUSTER=$CLUSTER is unknown; want local, kind, current or none" ;;
	esac
}

load() {
	for name in "${images[@]}"; do
		case $CLUSTER in
		local) bin/localcluster load "bin/images/$name" "landfall/$name:$(tag "$name")" >/dev/null ;;
		kind)
			archive=$(mktemp)
			bin/image archive "bin/images/$name" "$(reference "$name")" "$archive"
			kind load image-archive --name "$kind_name" "$archive"
			rm -f "$archive"
			;;
			# PLAIN_HTTP=1 is for registries without TLS, such as one inside the cluster.
		current) bin/image push "bin/images/$name" "$(reference "$name")" ${PLAIN_HTTP:+--plain-http} ;;
		esac
	done
}

environment() {
	local kubectl=kubectl node
	case $CLUSTER in
	local)
		eval "$(bin/localcluster env)"
		kubectl=$KUBEBUILDER_ASSETS/kubectl
		node=$LOCALCLUSTER_NODE_ADDRESS
		echo "export KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS"
		;;
	kind)
		KUBECONFIG=$root/bin/kind.kubeconfig
		kind get kubeconfig --name "$kind_name" >"$KUBECONFIG"
		;;
	current) KUBECONFIG=${KUBECONFIG:-$HOME/.kube/config} ;;
	none) return ;;
	esac
	node=${NODE_ADDRESS:-${node:-$("$kubectl" --kubeconfig "$KUBECONFIG" get nodes -o 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}')}}
	cat <<-EOF
		export KUBECONFIG=$KUBECONFIG
		export KUBECTL=$(command -v "$kubectl")
		export NODE_ADDRESS=$node
		export HELM=$root/bin/helm
		export LANDFALL=$root/bin/landfall
		export LANDFALL_CHART=$root/charts/landfall
		export STANDIN_ACCOUNT=$root/test/standin/accounts/demo.yaml
		export LANDFALL_IMAGE=$(reference landfall)
		export STANDIN_IMAGE=$(reference landfall-standin)
		export CHURN_IMAGE=$(reference churn-classifier)
	EOF
}

down() {
	case $CLUSTER in
	local) if [ -x bin/localcluster ]; then bin/localcluster down; fi ;;
	kind) kind delete cluster --name "$kind_name" ;;
	*) echo "CLUSTER=$CLUSTER is yours: nothing to stop" ;;
	esac
}

case ${1:-} in
up) up ;;
down) down ;;
load) load ;;
env) environment ;;
*) fail "usage: cluster.sh up|down|load|env" ;;
esac
