// Package v1alpha1 holds Landfall's custom resources: what a user writes to run
// models and what Landfall reports back.
//
// It owns the Go types, their validation (OpenAPI and CEL markers, enforced by
// the API server) and the vocabulary of conditions and reasons. It refuses
// behaviour: defaulting beyond the markers, reconciling and deciding live in
// other packages, so that a client can import this one with apimachinery alone.
//
// +kubebuilder:object:generate=true
// +groupName=landfall.dev
package v1alpha1

// The chart installs the generated CRDs, and Helm reads no file outside a chart.
//go:generate sh -c "cp ../../config/crd/*.yaml ../../charts/landfall/files/crds/"
