// Package plan decides what becomes of each SageMaker endpoint: the document
// plan.yaml, which people edit.
//
// It owns: the decision per workload with its reasons, the size, replicas and
// names in the cluster, and keeping people's edits when the plan is made
// again.
//
// Edits are found by comparison: the document ends with `computed`, what
// Landfall itself would have written. A field that differs from its computed
// value was edited and is kept; every other field follows the new inventory.
// Deleting `computed` makes every field an edit.
//
// It refuses: asking AWS or a cluster, and deciding without evidence: what
// could not be read is Blocked, and what this version cannot move is MoveLater.
package plan
