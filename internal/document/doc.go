// Package document reads and writes Landfall's files: inventories, plans,
// bundles and manifests.
//
// It owns: their form (YAML in the order of the Go fields, so that people find
// the important things first and diffs are small), the check of apiVersion and
// kind, and strict reading, in which a misspelt field is an error.
//
// It refuses: knowing what is in the files, and touching the disk.
package document
