package placement

import "testing"

// BenchmarkPlaceOne is what a plan pays for each workload that it looks at
// alone.
func BenchmarkPlaceOne(b *testing.B) {
	in := Input{Workloads: []Workload{workload("churn", ClassOnline, 1000, 2048, 3)}}
	for b.Loop() {
		Place(in)
	}
}
