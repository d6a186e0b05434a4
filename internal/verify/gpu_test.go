package verify

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// As nvidia-smi --query-gpu=index,memory.used,memory.total,name --format=csv
// writes it.
const smi = "index, memory.used [MiB], memory.total [MiB], name\n" +
	"0, 1532 MiB, 23028 MiB, NVIDIA A10G\n" +
	"1, 4 MiB, 23028 MiB, NVIDIA A10G\n"

func TestParseGPUs(t *testing.T) {
	got, err := ParseGPUs(smi)
	want := []GPU{{0, "NVIDIA A10G", 1532, 23028}, {1, "NVIDIA A10G", 4, 23028}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	head := "index, memory.used [MiB], memory.total [MiB], name\n"
	for text, part := range map[string]string{
		"": "wrote no table", "No devices were found\n": "want index", head: "names no GPU",
		head + "0, [N/A], [N/A], NVIDIA A100-SXM4-40GB MIG 1g.5gb\n":       `gives no figures of the GPU "0": used "[N/A]"`,
		head + "0, [Insufficient Permissions], 40960 MiB, NVIDIA A100\n":   "[Insufficient Permissions]",
		head + "0, 1532, 23028, NVIDIA A10G\n":                             `used "1532"`,
		head + "0, -4 MiB, 23028 MiB, NVIDIA A10G\n":                       `used "-4 MiB"`,
		"Failed to initialize NVML: Driver/library version mismatch\n":     "want index",
		"NVIDIA-SMI has failed because it couldn't communicate\n\"torn, x": "wrote no table",
	} {
		if _, err := ParseGPUs(text); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: error %v; want %q", text, err, part)
		}
	}
}

func FuzzParseGPUs(f *testing.F) {
	f.Add(smi)
	f.Add("index, memory.used [MiB], memory.total [MiB], name\n0, [N/A], [N/A], x\n")
	f.Fuzz(func(t *testing.T, text string) {
		gpus, err := ParseGPUs(text)
		if (err == nil) != (len(gpus) > 0) {
			t.Fatalf("%v with %v", gpus, err)
		}
		for _, g := range gpus {
			if g.UsedMiB < 0 || g.TotalMiB < 0 || g.Index < 0 {
				t.Errorf("%+v", g)
			}
		}
	})
}

func TestGPUFigures(t *testing.T) {
	f := &GPUFigures{}
	f.Add([]GPU{{0, "A10G", 1500, 23028}, {1, "A10G", 10, 23028}}, true)
	f.Add([]GPU{{0, "A10G", 9000, 23028}, {1, "A10G", 4, 23028}}, false)
	want := &GPUFigures{Samples: 2, Devices: []GPUMemory{{0, "A10G", 23028, 1500, 9000}, {1, "A10G", 23028, 10, 10}}}
	if diff := cmp.Diff(want, f); diff != "" || f.HighestMiB() != 9000 {
		t.Errorf("highest %d (-want +got):\n%s", f.HighestMiB(), diff)
	}
}
