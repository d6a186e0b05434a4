// Package schemas checks the manifests that Landfall writes for other projects
// (KEDA, the Prometheus Operator, Argo Workflows) against those projects' own
// definitions, and every PromQL expression in them with Prometheus' parser.
//
// It owns the versions that are checked against. The definitions come from the
// projects' Go modules when the tests run; none is kept here. It holds tests
// only, in a module of its own, as nothing of this belongs into Landfall.
package schemas
