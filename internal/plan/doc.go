// Package plan decides what becomes of each workload of a SageMaker account:
// the document plan.yaml, which people edit.
//
// It owns: the decision per workload with its reasons and blockers, by ordered
// rules for each kind; the phases, in which nothing moves before what it
// depends on; the names in the cluster; the comparison of costs; and keeping
// people's edits when the plan is made again. Sizes, replicas and nodes come
// from package placement, scaling from autoscaling, steps of pipelines from
// pipeline, alarms from alarm.
//
// Edits are found by comparison: the document ends with `computed`, what
// Landfall itself would have written. A field that differs from its computed
// value was edited and is kept; every other field follows the new inventory.
// Deleting `computed` makes every field an edit. What a person edited counts
// for everything else: a size for the packing, a criticality for the phase, a
// phase for what depends on the workload. What is computed for a field never
// rests on an edit of the same field, or the edit would be forgotten.
//
// It refuses: asking AWS or a cluster, and deciding without evidence: what
// could not be read is Blocked, and what this version cannot move is MoveLater
// with what is missing.
package plan
