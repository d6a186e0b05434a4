// Package export turns a planned workload into what runs in the cluster.
//
// It owns: the one conversion from SageMaker's endpoint (as the inventory has
// it) to a Model and an Endpoint, the findings that name every assumption of
// SageMaker that the cluster does not share, and the form of a bundle's files.
// Every field of the inventory is carried over, decided by the plan, reported
// as a finding, or known to matter to nobody; a test goes through them all.
//
// It refuses: I/O (package bundle reads and writes the bytes), and exporting
// what the plan does not move.
package export
