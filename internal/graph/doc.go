// Package graph relates everything in an inventory: what depends on what, and
// in which order things have to move.
//
// It owns: the nodes and relations, matching what one job writes with what
// another reads, what stands beside a workload, and the order in which nothing
// stands before what it depends on.
//
// It refuses: deciding what moves or when (package plan does), and concluding
// anything about a workload (package workload does).
package graph
