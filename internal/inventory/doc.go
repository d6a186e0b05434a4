// Package inventory holds what a scan of an AWS account found: the document
// inventory.yaml and the knowledge needed to read it.
//
// It owns: the document's form and version, its order (the same account gives
// the same bytes), the rule by which values that may be secret are masked, the
// modes of endpoints, and small tables of AWS's instance types and container
// images.
//
// It refuses: asking AWS (package sagemaker does), judging what should move
// (package plan does), and I/O of any kind.
package inventory

//go:generate go test . -run TestSchemaIsFresh -update
