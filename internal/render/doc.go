// Package render writes a plan and its bundles as a tree of files for a Git
// repository: manifests or Helm values per model, Argo CD's or Flux's objects,
// node pools for Karpenter and Terraform, all in the plan's phases.
//
// It owns the tree's layout and the form of every file in it. The same input
// gives the same bytes.
//
// It refuses: deciding (package plan does), reading bundles and writing files
// (the command does), and asking a cluster or a cloud.
package render
