package plan

import (
	"fmt"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
)

// TestALaterVersionIsNamed only where the descriptions agree.
func TestALaterVersionIsNamed(t *testing.T) {
	job := func(name, image, role string) inventory.Resource {
		return inventory.Resource{
			Kind: inventory.KindTrainingJob, Name: name, Detail: inventory.Described, Status: "Completed", CreatedAt: "2026-11-01T00:00:00Z",
			Spec: inventory.Spec(fmt.Sprintf(`{"AlgorithmSpecification":{"TrainingImage":%q},"RoleArn":%q}`, image, role)),
		}
	}
	const image, role = "registry.example.com/rank:1", "arn:aws:iam::123456789012:role/rank"
	inv := account()
	inv.Resources = []inventory.Resource{
		job("ranking-v7", image, role), job("ranking-v8", image, role), job("ranking-v9", image, role), job("ranking-v10", "registry.example.com/other:1", role),
		job("ranking-v11", image, role+"-2"), job("rank-v12", image, role), job("ranking", image, role),
	}
	d, _ := built(t, inv, nil, Options{})
	for name, want := range map[string]string{
		"ranking-v7": "Training/ranking-v9 is a later version of the same work", "ranking-v8": "Training/ranking-v9", "ranking-v9": "", "ranking-v10": "",
		"ranking-v11": "", "rank-v12": "", "ranking": "",
	} {
		named := d.Named(name)
		if len(named) != 1 {
			t.Fatalf("%d workloads are named %s", len(named), name)
		}
		text := strings.Join(named[0].Reasons, "\n")
		if !strings.Contains(text, want) || strings.Contains(text, "later version") != (want != "") {
			t.Errorf("%s is %s for %q; want %q in it", name, named[0].Decision, text, want)
		}
	}
}
