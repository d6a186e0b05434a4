// Package schedule checks the plan's node pools with the real kube-scheduler on
// a simulated cluster: a kube-apiserver with nodes that nobody runs.
//
// Nodes are made as KWOK makes them, with its label and annotation, but KWOK
// itself does not run: without a node lifecycle controller nothing marks a node
// as lost, and a pod counts as placed once it is bound. Nobody has to play
// kubelet.
//
// It owns no code besides tests; the packing is in internal/placement.
package schedule
