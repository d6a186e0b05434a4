package placement

import (
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
)

func TestShare(t *testing.T) {
	low, high := inventory.CriticalityLow, inventory.CriticalityHigh
	cases := map[string]struct {
		reason      string
		class       Class
		criticality inventory.CriticalityLevel
		model       string
		eachMiB     int
		usedMiB     int
		usedPercent float64
		want        sharing
		says        string
	}{
		"a seventh of an A100": {
			"14 % of the time and 4.4 GiB", ClassOnline, high, "A100", 40960, 4400, 14, sharing{SharingMIG, "1g.5gb", 7}, "MIG profile 1g.5gb (1 of 7 slices, at least 4505 MiB)",
		},
		"more memory than a seventh has": {
			"a slice with a quarter of the memory", ClassOnline, high, "A100", 40960, 4600, 14, sharing{SharingMIG, "1g.10gb", 4}, "",
		},
		"more time than a seventh": {
			"15 % are more than 1/7", ClassOnline, high, "A100", 40960, 4400, 15, sharing{SharingMIG, "2g.10gb", 3}, "",
		},
		"the larger A100": {
			"its slices have other names", ClassOnline, high, "A100", 81920, 9000, 14, sharing{SharingMIG, "1g.10gb", 7}, "",
		},
		"half an H200": {
			"3 of 7 slices, half of the memory", ClassBatch, high, "H200", 144384, 60000, 42, sharing{SharingMIG, "3g.71gb", 2}, "",
		},
		"most of an H100": {
			"no slice is that large", ClassOnline, low, "H100", 81920, 60000, 80, whole, "a whole GPU: it needs 80 % of a H100",
		},
		"training": {
			"takes what it gets", ClassTraining, low, "A100", 40960, 4000, 5, whole, "training takes what it gets",
		},
		"not measured": {
			"nothing is guessed", ClassExperiment, low, "T4", 16384, 0, 0, whole, "was not measured",
		},
		"an experiment": {
			"four take turns", ClassExperiment, high, "T4", 16384, 3600, 25, sharing{kind: SharingTimeSlicing, perGPU: 4}, "one of 4 turns",
		},
		"an experiment with more memory": {
			"two take turns", ClassExperiment, high, "T4", 16384, 3700, 25, sharing{kind: SharingTimeSlicing, perGPU: 2}, "nothing keeps pods out of each other's memory",
		},
		"low criticality": {
			"may take turns", ClassOnline, low, "A10G", 22888, 5000, 20, sharing{kind: SharingTimeSlicing, perGPU: 4}, "",
		},
		"high criticality": {
			"may not", ClassOnline, high, "A10G", 22888, 5000, 20, whole, "taking turns is for experiments",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := onGPU(workload("w", tc.class, 1000, 2048, 1), tc.model, tc.eachMiB, tc.usedMiB, tc.usedPercent)
			w.Criticality = tc.criticality
			got, why := share(&w)
			if got != tc.want || !strings.Contains(why, tc.says) {
				t.Errorf("%s: %+v, want %+v; %s", tc.reason, got, tc.want, why)
			}
		})
	}
}

// TestMIGProfilesFillAGPU: the slices of one profile never exceed the GPU, and
// profiles come in the order in which they are tried.
func TestMIGProfilesFillAGPU(t *testing.T) {
	for model, bySize := range migProfiles {
		for memory, profiles := range bySize {
			last := migProfile{}
			for _, p := range profiles {
				if p.perGPU*p.slices > 7 || p.perGPU*p.eighths > 8 || p.slices < last.slices || p.eighths < last.eighths {
					t.Errorf("%s with %d MiB: %+v after %+v", model, memory, p, last)
				}
				last = p
			}
		}
	}
}

// TestSharingHasToPay: three small parts of different sizes would take three
// nodes of eight H100s, and the GPUs of one are enough.
func TestSharingHasToPay(t *testing.T) {
	part := func(name string, usedMiB int, usedPercent float64) Workload {
		// Too much memory for the node with one H100.
		return onGPU(workload(name, ClassOnline, 1000, 400_000, 1), "H100", 81920, usedMiB, usedPercent)
	}
	got := Place(Input{Workloads: []Workload{part("a", 5000, 10), part("b", 12000, 10), part("c", 30000, 40)}})
	if len(got.Pools) != 1 || got.Pools[0].GPU.Sharing != SharingNone || got.Pools[0].InstanceType != "p5.48xlarge" {
		t.Errorf("pools %+v", got.Pools)
	}
	text := strings.Join(got.ByWorkload["123456789012/us-east-1/Endpoint/a"].Reasons, "\n")
	if !strings.Contains(text, "sharing GPUs would not make these nodes cheaper") {
		t.Errorf("the reasons do not say why nothing is shared:\n%s", text)
	}
}

func TestWhatPodsAskFor(t *testing.T) {
	mig, turns := sharing{kind: SharingMIG, profile: "1g.10gb", perGPU: 7}, sharing{kind: SharingTimeSlicing, perGPU: 4}
	for _, c := range []struct {
		provider Provider
		sharing  sharing
		vendor   string
		want     string
	}{
		{ProviderEKS, whole, vendorNVIDIA, "nvidia.com/gpu"},
		{ProviderEKS, mig, vendorNVIDIA, "nvidia.com/mig-1g.10gb"},
		{ProviderAKS, turns, vendorNVIDIA, "nvidia.com/gpu.shared"},
		{ProviderGKE, mig, vendorNVIDIA, "nvidia.com/gpu"},
		{ProviderGKE, turns, vendorNVIDIA, "nvidia.com/gpu"},
		{ProviderEKS, whole, vendorAWS, "aws.amazon.com/neuron"},
	} {
		if got := c.sharing.resource(c.provider, c.vendor); got != c.want {
			t.Errorf("%s %+v: %s, want %s", c.provider, c.sharing, got, c.want)
		}
	}
}
