// Package api tests Landfall's custom resources on a real API server: every
// rule accepting and rejecting, defaults, columns, short names and subresources.
//
// It owns no code besides tests; the types and their rules are in api/v1alpha1.
package api
