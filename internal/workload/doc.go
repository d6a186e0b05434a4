// Package workload concludes from an inventory what work there is in an
// account: which resources belong together, what they need, who uses them, how
// much it hurts when they stop and what they cost.
//
// It owns: the families of jobs, the rule that every resource belongs to
// exactly one workload, and the rules (ordered lists of small functions)
// behind every field of inventory.Workload. Each conclusion names its basis.
//
// It refuses: asking AWS, deciding where work should go (package plan does),
// and filling gaps with guesses: what nothing shows is unknown.
package workload
