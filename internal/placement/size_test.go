package placement

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/inventory"
)

// xlarge is ml.m5.xlarge: 4 vCPU, 16 GiB.
func xlarge() Measured {
	return Measured{InstanceType: "ml.m5.xlarge", Instance: inventory.InstanceOf("ml.m5.xlarge"), LookbackDays: 14}
}

func TestSize(t *testing.T) {
	type want struct {
		Requests, Limits Amounts
		Load             Load
		Measured         bool
	}
	cases := map[string]struct {
		reason string
		change func(*Measured)
		want   want
		says   []string
	}{
		"traffic scales the median": {
			reason: "20 % median × 4 = 80 % at the peak, below the 90 % that were seen; twice that is 1600m",
			change: func(m *Measured) {
				m.Usage = &inventory.Usage{CPU: &inventory.Use{Median: 20, Max: 90}, Memory: &inventory.Use{Median: 20, Max: 25}}
				m.MedianRequestsPerSecond, m.PeakRequestsPerSecond, m.LatencyP95Milliseconds = 5, 20, 50
			},
			want: want{
				// 1600m × 1.1 and 1.5; (25 % + 5 %) of 16384 MiB = 4915.2 × 1.1 = 5406.7 and × 1.5 = 7372.8.
				Requests: Amounts{CPUMillis: 1760, MemoryMiB: 5408}, Limits: Amounts{CPUMillis: 2400, MemoryMiB: 7376},
				Load: Load{RequestsPerSecond: 40, SafeRequestsPerSecond: 40, BurstRequestsPerSecond: 60, Concurrency: 2}, Measured: true,
			},
			says: []string{"the median of 20 % times 4", "over 14 days on ml.m5.xlarge", "at 2 times the peak"},
		},
		"the highest measurement bounds": {
			reason: "20 % × 10 would be 200 %, and no more than 90 % was ever seen",
			change: func(m *Measured) {
				m.Usage = &inventory.Usage{CPU: &inventory.Use{Median: 20, Max: 90}}
				m.MedianRequestsPerSecond, m.PeakRequestsPerSecond = 2, 20
			},
			want: want{
				Requests: Amounts{CPUMillis: 1980, MemoryMiB: 13760}, Limits: Amounts{CPUMillis: 2700, MemoryMiB: 13760},
				Load: Load{RequestsPerSecond: 40, SafeRequestsPerSecond: 40, BurstRequestsPerSecond: 60}, Measured: true,
			},
			says: []string{"the highest measurement, 90 %", "memory: request and limit 13760 MiB: no use was measured; this is what a node as large as ml.m5.xlarge gives to pods"},
		},
		"an instance in full use": {
			reason: "380 % of 400 % leave no room for twice the peak: 4000/3800 of it, and the request is what a node gives",
			change: func(m *Measured) {
				m.Usage = &inventory.Usage{CPU: &inventory.Use{Median: 300, Max: 380}, Memory: &inventory.Use{Median: 10, Max: 10}}
				m.PeakRequestsPerSecond = 19
			},
			want: want{
				Requests: Amounts{CPUMillis: 3670, MemoryMiB: 1808}, Limits: Amounts{CPUMillis: 6000, MemoryMiB: 2464},
				Load: Load{RequestsPerSecond: 20, SafeRequestsPerSecond: 19, BurstRequestsPerSecond: 20}, Measured: true,
			},
			says: []string{"the request is bounded by what a node of that size gives to pods"},
		},
		"hardly any use": {
			reason: "nothing asks for less than 100m and 256 MiB",
			change: func(m *Measured) {
				m.Usage = &inventory.Usage{CPU: &inventory.Use{Median: 0.1, Max: 0.2}, Memory: &inventory.Use{Median: 0.2, Max: 0.3}}
			},
			want: want{
				Requests: Amounts{CPUMillis: 100, MemoryMiB: 256}, Limits: Amounts{CPUMillis: 100, MemoryMiB: 256}, Measured: true,
			},
		},
		"nothing is measured": {
			reason: "the whole instance, as a node gives it",
			change: func(*Measured) {},
			want: want{
				Requests: Amounts{CPUMillis: 3670, MemoryMiB: 13760}, Limits: Amounts{CPUMillis: 3670, MemoryMiB: 13760},
			},
			says: []string{"CPU: request and limit 3670m: no use was measured"},
		},
		"an inference component reserves": {
			reason: "what SageMaker sets aside counts more than the instance",
			change: func(m *Measured) { m.Reserved = &Amounts{CPUMillis: 2000, MemoryMiB: 4096} },
			want: want{
				Requests: Amounts{CPUMillis: 2000, MemoryMiB: 4096}, Limits: Amounts{CPUMillis: 2000, MemoryMiB: 4096},
			},
			says: []string{"what SageMaker reserves for it"},
		},
		"a serverless variant": {
			reason: "AWS tells its memory, and not how much CPU goes with it",
			change: func(m *Measured) { *m = Measured{Reserved: &Amounts{MemoryMiB: 2048}} },
			want: want{
				Requests: Amounts{CPUMillis: 1000, MemoryMiB: 2048}, Limits: Amounts{CPUMillis: 1000, MemoryMiB: 2048},
			},
			says: []string{"a core to begin with"},
		},
		"nothing is known at all": {
			reason: "the least, and it is said",
			change: func(m *Measured) { *m = Measured{} },
			want: want{
				Requests: Amounts{CPUMillis: 100, MemoryMiB: 256}, Limits: Amounts{CPUMillis: 100, MemoryMiB: 256},
			},
			says: []string{"neither use nor the instance is known"},
		},
		"the model needs more than it was seen to use": {
			reason: "no request is below the memory of the loaded model",
			change: func(m *Measured) {
				m.Usage = &inventory.Usage{Memory: &inventory.Use{Median: 1, Max: 1}}
				m.WarmMemoryMiB = 3000
			},
			want: want{
				Requests: Amounts{CPUMillis: 3670, MemoryMiB: 3008}, Limits: Amounts{CPUMillis: 3670, MemoryMiB: 3008}, Measured: true,
			},
			says: []string{"never less than the 3000 MiB that the model takes once loaded"},
		},
		"the model needs more than SageMaker reserves": {
			reason: "also without measurements",
			change: func(m *Measured) { m.Reserved, m.WarmMemoryMiB = &Amounts{CPUMillis: 500, MemoryMiB: 1024}, 2000 },
			want: want{
				Requests: Amounts{CPUMillis: 500, MemoryMiB: 2000}, Limits: Amounts{CPUMillis: 500, MemoryMiB: 2000},
			},
		},
		"landfall verify has measured": {
			reason: "medians under twice the peak are taken as they are, whatever CloudWatch says",
			change: func(m *Measured) {
				m.Usage = &inventory.Usage{CPU: &inventory.Use{Median: 300, Max: 380}, Memory: &inventory.Use{Median: 90, Max: 95}}
				m.Verified = &Verified{CPUMillis: 1000, MemoryMiB: 2000, SafeConcurrency: 8, SafeRequestsPerSecond: 100}
			},
			want: want{
				Requests: Amounts{CPUMillis: 1100, MemoryMiB: 2208}, Limits: Amounts{CPUMillis: 1500, MemoryMiB: 3008},
				Load: Load{RequestsPerSecond: 100, SafeRequestsPerSecond: 100, BurstRequestsPerSecond: 100, Concurrency: 8, Proven: true}, Measured: true,
			},
			says: []string{"landfall verify measured 1000m"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := xlarge()
			tc.change(&m)
			got := Size(m)
			if diff := cmp.Diff(tc.want, want{got.Requests, got.Limits, got.Load, got.Measured}, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			text := strings.Join(got.Reasons, "\n")
			for _, says := range tc.says {
				if !strings.Contains(text, says) {
					t.Errorf("the reasons do not say %q:\n%s", says, text)
				}
			}
		})
	}
}

func TestSizeOfGPUWork(t *testing.T) {
	g5 := Measured{InstanceType: "ml.g5.xlarge", Instance: inventory.InstanceOf("ml.g5.xlarge"), NeedsGPU: true}
	cases := map[string]struct {
		reason    string
		change    func(*Measured)
		want      *GPUNeed
		wantGPUs  int64
		wantLoad  float64
		wantSafe  float64
		wantsText string
	}{
		"measured": {
			reason: "20 % × 2 × 1.1 of the time; (30 % + 10 %) of 22888 MiB × 1.1",
			change: func(m *Measured) {
				m.Usage = &inventory.Usage{CPU: &inventory.Use{Max: 10}, GPU: &inventory.Use{Median: 10, Max: 20}, GPUMemory: &inventory.Use{Median: 20, Max: 30}}
				m.PeakRequestsPerSecond = 10
			},
			want:     &GPUNeed{Vendor: "NVIDIA", Model: "A10G", MemoryMiBEach: 22888, UsedMemoryMiB: 10080, UsedPercent: 44},
			wantGPUs: 1, wantLoad: 20, wantSafe: 20,
		},
		"the GPU is the bottleneck": {
			reason: "80 % leave 1.25 times the peak, of which 70 % are less than the 8 that it was seen to carry",
			change: func(m *Measured) {
				m.Usage = &inventory.Usage{CPU: &inventory.Use{Max: 10}, GPU: &inventory.Use{Median: 80, Max: 80}}
				m.PeakRequestsPerSecond = 8
			},
			want:     &GPUNeed{Vendor: "NVIDIA", Model: "A10G", MemoryMiBEach: 22888, UsedPercent: 100},
			wantGPUs: 1, wantLoad: 10, wantSafe: 8,
		},
		"the GPU is half busy": {
			reason: "100 % under twice the peak, of which 70 % count",
			change: func(m *Measured) {
				m.Usage = &inventory.Usage{CPU: &inventory.Use{Max: 10}, GPU: &inventory.Use{Median: 50, Max: 50}}
				m.PeakRequestsPerSecond = 10
			},
			want:     &GPUNeed{Vendor: "NVIDIA", Model: "A10G", MemoryMiBEach: 22888, UsedPercent: 100},
			wantGPUs: 1, wantLoad: 20, wantSafe: 14,
		},
		"not measured": {
			reason: "a whole GPU that carries what it carries now",
			change: func(m *Measured) { m.PeakRequestsPerSecond = 8 },
			want:   &GPUNeed{Vendor: "NVIDIA", Model: "A10G", MemoryMiBEach: 22888}, wantGPUs: 1, wantLoad: 8, wantSafe: 8,
			wantsText: "no use was measured",
		},
		"verified": {
			reason: "GPU memory from landfall verify, and 10 % of air",
			change: func(m *Measured) { m.Verified = &Verified{GPUMemoryMiB: 8000} },
			want:   &GPUNeed{Vendor: "NVIDIA", Model: "A10G", MemoryMiBEach: 22888, UsedMemoryMiB: 8800}, wantGPUs: 1,
		},
		"idle": {
			reason: "no GPU for work that does not use it",
			change: func(m *Measured) { m.NeedsGPU = false }, wantsText: "measurements show it idle",
		},
		"several GPUs": {
			reason: "as many as it has, each whole",
			change: func(m *Measured) {
				m.InstanceType, m.Instance = "ml.g5.12xlarge", inventory.InstanceOf("ml.g5.12xlarge")
				m.Usage = &inventory.Usage{GPU: &inventory.Use{Median: 10, Max: 10}, GPUMemory: &inventory.Use{Median: 10, Max: 10}}
			},
			want: &GPUNeed{Vendor: "NVIDIA", Model: "A10G", MemoryMiBEach: 22888}, wantGPUs: 4,
		},
		"a component's share of several": {
			reason: "what SageMaker reserves",
			change: func(m *Measured) {
				m.InstanceType, m.Instance = "ml.g5.12xlarge", inventory.InstanceOf("ml.g5.12xlarge")
				m.Reserved = &Amounts{CPUMillis: 1000, MemoryMiB: 1024, GPUs: 2}
			},
			want: &GPUNeed{Vendor: "NVIDIA", Model: "A10G", MemoryMiBEach: 22888}, wantGPUs: 2,
		},
		"an unknown instance": {
			reason: "some GPU of NVIDIA",
			change: func(m *Measured) { m.Instance = nil },
			want:   &GPUNeed{Vendor: "NVIDIA"}, wantGPUs: 1,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := g5
			tc.change(&m)
			got := Size(m)
			if diff := cmp.Diff(tc.want, got.GPU); diff != "" || got.Requests.GPUs != tc.wantGPUs || got.Load.RequestsPerSecond != tc.wantLoad || got.Load.SafeRequestsPerSecond != tc.wantSafe {
				t.Errorf("%s: %d GPUs, load %v (-want +got):\n%s", tc.reason, got.Requests.GPUs, got.Load, diff)
			}
			if text := strings.Join(got.Reasons, "\n"); !strings.Contains(text, tc.wantsText) {
				t.Errorf("the reasons do not say %q:\n%s", tc.wantsText, text)
			}
		})
	}
}

// TestSizeHolds: whatever is measured, requests are above 0, limits not below
// them, the memory holds the model, and no CPU request is above what a node of
// the instance's size gives.
func TestSizeHolds(t *testing.T) {
	use := rapid.Custom(func(t *rapid.T) *inventory.Use {
		highest := rapid.Float64Range(0, 900).Draw(t, "max")
		return &inventory.Use{Max: highest, Median: highest * rapid.Float64Range(0, 1).Draw(t, "median")}
	})
	maybe := rapid.OneOf(rapid.Just((*inventory.Use)(nil)), use)
	rapid.Check(t, func(t *rapid.T) {
		m := Measured{
			InstanceType: rapid.SampledFrom([]string{"ml.m5.large", "ml.c5.18xlarge", "ml.g5.xlarge", "ml.r5.24xlarge", "ml.t2.medium"}).Draw(t, "type"),
			Usage: &inventory.Usage{
				CPU: maybe.Draw(t, "cpu"), Memory: maybe.Draw(t, "memory"), GPU: maybe.Draw(t, "gpu"), GPUMemory: maybe.Draw(t, "gpuMemory"),
			},
			NeedsGPU:                rapid.Bool().Draw(t, "needsGPU"),
			PeakRequestsPerSecond:   rapid.Float64Range(0, 1e6).Draw(t, "peak"),
			MedianRequestsPerSecond: rapid.Float64Range(0, 1e6).Draw(t, "median"),
			WarmMemoryMiB:           rapid.Int64Range(0, 1<<20).Draw(t, "warm"),
		}
		m.Instance = inventory.InstanceOf(m.InstanceType)
		got := Size(m)
		r, l := got.Requests, got.Limits
		if r.CPUMillis < leastCPUMillis || r.MemoryMiB < leastMemoryMiB || r.MemoryMiB < m.WarmMemoryMiB {
			t.Fatalf("requests %+v for %+v", r, m)
		}
		if l.CPUMillis < r.CPUMillis || l.MemoryMiB < r.MemoryMiB || l.GPUs != r.GPUs {
			t.Fatalf("limits %+v below requests %+v", l, r)
		}
		if most := likeInstance(m.InstanceType, m.Instance).CPUMillis; r.CPUMillis > max(most, leastCPUMillis) {
			t.Fatalf("%dm CPU where a node gives %dm", r.CPUMillis, most)
		}
		if l := got.Load; !l.Proven && (l.SafeRequestsPerSecond < m.PeakRequestsPerSecond || l.SafeRequestsPerSecond > l.RequestsPerSecond*(1+tolerance)) {
			t.Fatalf("load %+v, where an instance was seen to carry %v", got.Load, m.PeakRequestsPerSecond)
		}
		if got.Load.RequestsPerSecond > LoadFactor*m.PeakRequestsPerSecond*(1+tolerance) {
			t.Fatalf("load %+v for a peak of %v", got.Load, m.PeakRequestsPerSecond)
		}
		if g := got.GPU; (g != nil) != m.NeedsGPU || g != nil && (g.UsedPercent > 100 || g.UsedMemoryMiB > g.MemoryMiBEach*11/10+memoryStepMiB) {
			t.Fatalf("GPU %+v", g)
		}
	})
}
