# Landfall's targets; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Some runners of continuous integration set no HOME; Go's caches and the local
# cluster's state are below it.
ifndef HOME
export HOME := $(shell getent passwd "$$(id -u)" | cut -d: -f6)
endif

# CLUSTER chooses where things run: local (built from source by localcluster/),
# kind (needs Docker), current (your kubeconfig; set REGISTRY to where it pulls
# from), or none (tests that need containers are skipped by name).
CLUSTER ?= local
export CLUSTER
export REGISTRY
KEEP ?= 0
FUZZTIME ?= 10s
BIN := $(CURDIR)/bin
PROGRAMS := landfall landfall-operator landfall-router landfall-agent
# Version and commit come from the version control that go build reads.
# The tags leave out what the library for Google Cloud Storage brings along for
# gRPC, which nothing here speaks: the client's own (disable_grpc_modules) and
# gRPC's tracing pages, which keep the linker from dropping unused methods.
GO_TAGS := disable_grpc_modules,grpcnotrace
GO_BUILD := CGO_ENABLED=0 go build -buildvcs=auto -trimpath -tags $(GO_TAGS) -ldflags '-s -w'

export PATH := $(BIN):$(PATH)

##@ Use
help: ## Show this list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*##/ {printf "  make %-14s %s\n", $$1, $$2}' Makefile
	@echo; echo "  Settings: CLUSTER=local|kind|current|none  KEEP=1  FUZZTIME=10s  REGISTRY=host/path"

demo: up ## Play the whole move on a real cluster; KEEP=1 leaves it running
	@hack/with-cluster.sh env KEEP=$(KEEP) go run ./test/journey/cmd/landfall-demo

up: packages image ## Start the cluster and load the images into it
	@hack/cluster.sh up
	@hack/cluster.sh load

down: ## Stop the cluster and remove everything it left on the machine
	@hack/cluster.sh down

##@ Build
build: tools ## Build the programs into bin/
	@mkdir -p $(BIN)
	@for program in $(PROGRAMS); do \
		$(GO_BUILD) -o $(BIN)/$$program ./cmd/$$program; \
	done
	@$(GO_BUILD) -o $(BIN)/landfall-standin ./test/standin/cmd/landfall-standin

image: build ## Build the container images without Docker, into bin/images
	@hack/images.sh

packages: ## Install the Debian packages that are missing (root only)
	@hack/packages.sh

tools: $(BIN)/controller-gen $(BIN)/gotestsum $(BIN)/helm $(BIN)/image $(BIN)/localcluster ## Build the tools into bin/

$(BIN)/controller-gen: hack/tools/go.mod
	@cd hack/tools && go build -o $@ sigs.k8s.io/controller-tools/cmd/controller-gen
$(BIN)/gotestsum: hack/tools/go.mod
	@cd hack/tools && go build -o $@ gotest.tools/gotestsum
$(BIN)/helm: hack/helm/go.mod
	@cd hack/helm && go build -o $@ helm.sh/helm/v4/cmd/helm
$(BIN)/golangci-lint: hack/lint/go.mod
	@cd hack/lint && go build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(BIN)/image: $(shell find hack/image -name '*.go' -o -name 'go.mod')
	@cd hack/image && go build -o $@ .
$(BIN)/localcluster: $(shell find localcluster -name '*.go' -o -name 'go.mod')
	@cd localcluster && GOWORK=off go build -o $@ ./cmd/localcluster

##@ Prove
test: ## Everything that proves the code; prints the slowest tests
	@hack/test.sh all

test-unit: ## Only what needs neither a cluster nor an API server
	@hack/test.sh unit

test-api: ## Unit tests and those on a real API server
	@hack/test.sh api

fuzz: ## Fuzz every parser for FUZZTIME each
	@hack/fuzz.sh $(FUZZTIME)

bench-scan: build ## Scan an account of 20,000 resources at 2 requests a second; minutes
	@go run ./bench/scan

bench: ## Measure against peers; prints tables, fails on nothing
	@hack/bench.sh

lint: $(BIN)/golangci-lint ## Check style
	@$(BIN)/golangci-lint run ./...
	@cd hack/image && $(BIN)/golangci-lint run --config ../../.golangci.yml ./...
	@cd hack/schemas && $(BIN)/golangci-lint run --config ../../.golangci.yml ./...
	@cd hack/argo && $(BIN)/golangci-lint run --config ../../.golangci.yml ./...
	@cd hack/dockerfile && $(BIN)/golangci-lint run --config ../../.golangci.yml ./...
	@cd localcluster && GOFLAGS=-trimpath CGO_ENABLED=0 $(BIN)/golangci-lint run --config ../.golangci.yml ./internal/... ./cmd/localcluster ./cmd/pause

generate: $(BIN)/controller-gen ## Regenerate everything that is generated
	@hack/generate.sh

verify: generate ## Regenerate, and fail if anything changed
	@hack/verify.sh

.PHONY: help demo up down build image packages tools test test-unit test-api fuzz bench bench-scan lint generate verify
