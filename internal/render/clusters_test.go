package render

import (
	"slices"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/internal/plan"
)

// inTwoClusters sends the ranker and its pool to a cluster of GKE; the rest
// stays in the default one.
func inTwoClusters(in *Input) {
	in.Delivery, in.Nodes, in.ClusterName = DeliveryFlux, []NodesForm{NodesKarpenter, NodesTerraform}, "ml-prod"
	in.Repository = Repository{URL: "https://git.example.com/ml/models", Path: "production"}
	in.Plan.Clusters = []plan.Cluster{{
		Name: "berlin", Target: placement.Target{Provider: placement.ProviderGKE, Region: "europe-west3"}, Places: []plan.Places{{Region: "eu-central-1"}},
	}}
	for i := range in.Plan.Workloads {
		if in.Plan.Workloads[i].Name == "ranker" {
			in.Plan.Workloads[i].Cluster = "berlin"
		}
	}
	for i := range in.Plan.NodePools {
		if in.Plan.NodePools[i].Name == "online-a100" {
			in.Plan.NodePools[i].Cluster = "berlin"
		}
	}
}

func TestEachClusterHasItsOwnTree(t *testing.T) {
	files, err := Tree(input(inTwoClusters))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for i, f := range files {
		texts[f.Path] = string(f.Data)
		if i > 0 && files[i-1].Path >= f.Path {
			t.Errorf("%s stands after %s", f.Path, files[i-1].Path)
		}
		if f.Path != "README.md" && !strings.HasPrefix(f.Path, "clusters/default/") && !strings.HasPrefix(f.Path, "clusters/berlin/") {
			t.Errorf("%s is of no cluster", f.Path)
		}
		if strings.HasPrefix(f.Path, "clusters/berlin/") && strings.Contains(string(f.Data), "churn-prod") {
			t.Errorf("%s names what runs in the other cluster", f.Path)
		}
	}
	for path, want := range map[string]string{
		"README.md": "| berlin | `clusters/berlin` | gke europe-west3 | 1 | 1 to 1 in 1 pools |",
		"clusters/berlin/phases/2-online-cpu-and-gpu/ranker/endpoint.yaml":                                   "name: ranker",
		"clusters/default/phases/1-online-non-critical/churn-prod/endpoint.yaml":                             "name: churn-prod",
		"clusters/berlin/nodes/terraform/gke/node_pools.tf":                                                  "google_container_node_pool",
		"clusters/default/nodes/terraform/eks/node_pools.tf":                                                 "aws_eks_node_group",
		"clusters/default/nodes/karpenter/ec2nodeclass.yaml":                                                 "KarpenterNodeRole-ml-prod",
		"clusters/berlin/delivery/flux/" + firstWith(files, "clusters/berlin/delivery/flux/", "production/"): "production/clusters/berlin/",
	} {
		if !strings.Contains(texts[path], want) {
			t.Errorf("%s does not say %q:\n%s", path, want, texts[path])
		}
	}
	if slices.ContainsFunc(files, func(f File) bool { return strings.HasPrefix(f.Path, "clusters/berlin/nodes/karpenter") }) {
		t.Error("Karpenter starts nodes of GKE")
	}
}

// firstWith is the name of the first file of a folder that holds a text.
func firstWith(files []File, folder, text string) string {
	for _, f := range files {
		if name, in := strings.CutPrefix(f.Path, folder); in && strings.Contains(string(f.Data), text) {
			return name
		}
	}
	return "(none)"
}

func TestClustersThatCannotBeRendered(t *testing.T) {
	cases := map[string]struct {
		change func(*Input)
		want   string
	}{
		"no cluster of EKS": {func(in *Input) {
			in.Plan.Target.Provider, in.Nodes = placement.ProviderAKS, []NodesForm{NodesKarpenter}
		}, "no cluster of the plan is one"},
		"a cluster that is gone": {func(in *Input) { in.Plan.Clusters[0].Name = "munich" }, "berlin, which the plan does not have"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Tree(input(func(in *Input) { inTwoClusters(in); tc.change(in) }))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v; want one with %q", err, tc.want)
			}
		})
	}
}
