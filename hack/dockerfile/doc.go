// Package dockerfile checks the recipes for container images that bundles hold
// with BuildKit's own parser and linter, those behind `docker build`.
//
// It owns the version of BuildKit that is checked against. It holds tests only,
// in a module of its own, as nothing of BuildKit belongs into Landfall.
package dockerfile
