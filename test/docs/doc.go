// Package docs holds the tests of what is written: that manifests in the pages
// are accepted, that commands and links in them exist, and that the reference
// pages are complete.
//
// It owns no code that ships. It refuses to judge prose.
package docs

//go:generate go test . -run TestMetricsReference -update
