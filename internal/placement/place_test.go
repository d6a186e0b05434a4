package placement

import (
	"testing"

	"landfall.dev/landfall/internal/inventory"
)

// workload is one with a pod of that size; tests change what they are about.
func workload(name string, class Class, cpuMillis, memoryMiB int64, pods int32) Workload {
	amounts := Amounts{CPUMillis: cpuMillis, MemoryMiB: memoryMiB}
	return Workload{
		Key: inventory.WorkloadKey{
			Place: inventory.Place{AccountID: "123456789012", Region: "us-east-1"}, Kind: inventory.WorkloadEndpoint, Name: name,
		},
		Class: class, Criticality: inventory.CriticalityMedium,
		Size:     PodSize{Requests: amounts, Limits: amounts},
		Replicas: Bounds{Min: pods, Max: 2 * pods},
	}
}

func TestPlaceOneWorkload(t *testing.T) {
	in := Input{Workloads: []Workload{workload("churn", ClassOnline, 1000, 2048, 2)}}
	got := Place(in)
	t.Logf("%+v", got)
	if len(got.Pools) != 1 || got.Pools[0].Name != "online" || got.Pools[0].MinNodes < 2 {
		t.Errorf("pools %+v", got.Pools)
	}
}
