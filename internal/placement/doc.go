// Package placement decides which nodes work runs on: how large its pods are,
// which class of nodes they belong to, and how many nodes of which type that
// takes.
//
// It owns: node pools, the sizes of pods from measured use, the number of
// replicas that carry the peak, and packing pods onto nodes.
//
// It refuses: deciding what moves (package plan does), and asking a cluster.
package placement
