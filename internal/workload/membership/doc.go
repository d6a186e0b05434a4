// Package membership says which workload each endpoint and each resource of an
// inventory belongs to.
//
// It owns: the families of jobs, the forms of SageMaker's ARNs, and the rules
// by which jobs belong to what started them and supporting resources to what
// they support. Every resource belongs to exactly one workload.
//
// It refuses: concluding anything else about a workload (package workload
// does), and relations between workloads (package graph has them).
package membership
