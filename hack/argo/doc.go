// Package argo checks the workflows that Landfall writes with Argo Workflows'
// own types and its own validation, the one behind `argo lint`.
//
// It owns the version of Argo that is checked against. It holds tests only, in a
// module of its own, as Argo needs other versions of Kubernetes' modules than
// Landfall.
package argo
