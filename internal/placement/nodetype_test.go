package placement

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
)

func TestNodeTypes(t *testing.T) {
	for provider, want := range map[Provider]int{ProviderEKS: 120, ProviderGKE: 40, ProviderAKS: 40, ProviderOther: 120, "": 120} {
		types := NodeTypes(provider)
		if len(types) < want {
			t.Errorf("%d types of %q, want at least %d", len(types), provider, want)
		}
		names := map[string]bool{}
		for _, nodeType := range types {
			a := nodeType.Allocatable()
			if names[nodeType.Name] || a.CPUMillis <= 0 || a.MemoryMiB <= 0 || a.CPUMillis >= int64(nodeType.VCPU)*millisPerCore {
				t.Errorf("%s twice, or gives %+v", nodeType.Name, a)
			}
			names[nodeType.Name] = true
		}
	}
}

// TestTypesOfEKSArePriced: what has no price there is named, so that nobody
// wonders.
func TestTypesOfEKSArePriced(t *testing.T) {
	var unpriced []string
	for _, nodeType := range NodeTypes(ProviderEKS) {
		if _, ok := cost.Prices().Node(nodeType.Name, false); !ok {
			unpriced = append(unpriced, nodeType.Name)
		}
	}
	if diff := cmp.Diff([]string{"p5e.48xlarge"}, unpriced); diff != "" {
		t.Errorf("types without a price (-want +got):\n%s", diff)
	}
}

// TestTypesAgreeWithTheInventory: EC2's types have the same figures under
// SageMaker's names.
func TestTypesAgreeWithTheInventory(t *testing.T) {
	compared := 0
	for _, nodeType := range NodeTypes(ProviderEKS) {
		instance := inventory.InstanceOf("ml." + nodeType.Name)
		if instance == nil {
			continue
		}
		compared++
		got := inventory.Instance{
			VCPU: nodeType.VCPU, MemoryGiB: nodeType.MemoryGiB, Architecture: nodeType.Architecture, Accelerator: nodeType.Accelerator,
		}
		if diff := cmp.Diff(*instance, got); diff != "" {
			t.Errorf("%s (-inventory +node type):\n%s", nodeType.Name, diff)
		}
	}
	if compared < 100 {
		t.Errorf("only %d types are known to both", compared)
	}
}

func TestAllocatable(t *testing.T) {
	cases := map[string]struct {
		provider Provider
		name     string
		want     Amounts
	}{
		// 16384 × 0.925 = 15155; - (255 + 11 × 58) - 100. CPU: 60 + 10 + 2 × 5.
		"EKS": {ProviderEKS, "m5.xlarge", Amounts{CPUMillis: 3920, MemoryMiB: 14162}},
		// 15155 - (1024 + 819 + a tenth of the remaining 6963) - 100.
		"GKE": {ProviderGKE, "e2-standard-4", Amounts{CPUMillis: 3920, MemoryMiB: 12515}},
		// The lesser of 50 + 20 × 110 = 2250 and 15155 / 4.
		"AKS":        {ProviderAKS, "Standard_D4s_v5", Amounts{CPUMillis: 3860, MemoryMiB: 12805}},
		"AKS, small": {ProviderAKS, "Standard_F2s_v2", Amounts{CPUMillis: 1900, MemoryMiB: 2741}},
		"AKS, large": {ProviderAKS, "Standard_D64s_v5", Amounts{CPUMillis: 63260, MemoryMiB: 240133}},
		"a GPU":      {ProviderEKS, "g5.12xlarge", Amounts{CPUMillis: 47810, MemoryMiB: 178757, GPUs: 4}},
		"GKE, large": {ProviderGKE, "a2-ultragpu-8g", Amounts{CPUMillis: 95690, MemoryMiB: 1255405, GPUs: 8}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			types := NodeTypes(tc.provider)
			i := slices.IndexFunc(types, func(n NodeType) bool { return n.Name == tc.name })
			if i < 0 {
				t.Fatalf("%s is not in the table", tc.name)
			}
			if diff := cmp.Diff(tc.want, types[i].Allocatable()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.name, diff)
			}
		})
	}
}

func TestBrokenNodeTypes(t *testing.T) {
	const head = "provider,type,vcpu,memoryGiB,architecture,maxPods,v,m,c,g\n"
	for name, tc := range map[string]struct{ text, want string }{
		"empty":        {"", "empty"},
		"few columns":  {"a,b\n", "cannot read"},
		"vcpu":         {head + "eks,t,x,1,x86_64,1,,,,\n", `vcpu is "x"`},
		"no memory":    {head + "eks,t,1,0,x86_64,1,,,,\n", `memoryGiB is "0"`},
		"memory":       {head + "eks,t,1,NaN,x86_64,1,,,,\n", `memoryGiB is "NaN"`},
		"architecture": {head + "eks,t,1,1,mips,1,,,,\n", `architecture is "mips"`},
		"pods":         {head + "eks,t,1,1,arm64,-1,,,,\n", `maxPods is "-1"`},
		"accelerators": {head + "eks,t,1,1,arm64,1,V,M,0,1\n", "acceleratorCount"},
		"GPU memory":   {head + "eks,t,1,1,arm64,1,V,M,1,\n", "acceleratorMemoryMiB"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseNodeTypes(tc.text); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func FuzzParseNodeTypes(f *testing.F) {
	const head = "provider,type,vcpu,memoryGiB,architecture,maxPods,v,m,c,g\n"
	f.Add(head + "eks,t,1,1,arm64,1,V,M,1,1\n")
	f.Add(head + "eks,t,1,1e9,x86_64,1,,,,\n# comment\n")
	f.Add("\"")
	f.Fuzz(func(t *testing.T, text string) {
		types, err := parseNodeTypes(text)
		if err != nil {
			return
		}
		for _, nodeType := range types {
			if nodeType.VCPU <= 0 || !(nodeType.MemoryGiB > 0) || nodeType.MaxPods <= 0 {
				t.Errorf("accepted %+v", nodeType)
			}
		}
	})
}
