// Package status is how controllers leave their mark in the cluster: conditions
// as kstatus reads them, one status write per reconcile, server-side apply of
// child objects, and the mapping of errors to what happens next.
//
// It owns the mechanics, the same for every kind. It refuses to know any kind:
// what a condition says is the caller's business.
package status
