// Package report draws what a scan found, and what a plan decided, as one HTML
// page for people.
//
// It owns: what to worry about first and in which order, the page's data, and
// the page itself, which needs nothing from the network: styles, scripts and
// data stand in the file, and its content security policy allows nothing else.
//
// It refuses: concluding anything about a workload that the inventory or the
// plan does not say (packages workload and plan do), and I/O of any kind.
package report
