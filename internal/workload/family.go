package workload

import "landfall.dev/landfall/internal/workload/membership"

// Family returns the name of a job without the parts that differ between runs
// of the same work: times, dates, uuids, hashes, commit ids and counters of
// three digits or more. It is never empty for a name that is not, and the
// family of a family is itself.
func Family(name string) string { return membership.Family(name) }
