package render

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"landfall.dev/landfall/internal/placement"
)

// The objects are those of Karpenter 1 (karpenter.sh/v1) and of its provider for
// AWS (karpenter.k8s.aws/v1). Only the fields that are written stand here: the
// module with Karpenter's own types brings all of its machinery along.
type karpenterPool struct {
	Template   karpenterTemplate   `json:"template"`
	Limits     map[string]string   `json:"limits"`
	Disruption karpenterDisruption `json:"disruption"`
}

type karpenterTemplate struct {
	Metadata struct {
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec karpenterNode `json:"spec"`
}

type karpenterNode struct {
	NodeClassRef karpenterClassRef      `json:"nodeClassRef"`
	Taints       []corev1.Taint         `json:"taints,omitempty"`
	Requirements []karpenterRequirement `json:"requirements"`
	ExpireAfter  string                 `json:"expireAfter"`
}

type karpenterClassRef struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

type karpenterRequirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

type karpenterDisruption struct {
	ConsolidationPolicy string `json:"consolidationPolicy"`
	ConsolidateAfter    string `json:"consolidateAfter"`
}

type ec2NodeClass struct {
	AMISelectorTerms           []map[string]string            `json:"amiSelectorTerms"`
	Role                       string                         `json:"role"`
	SubnetSelectorTerms        []map[string]map[string]string `json:"subnetSelectorTerms"`
	SecurityGroupSelectorTerms []map[string]map[string]string `json:"securityGroupSelectorTerms"`
}

const (
	karpenterFolder = "nodes/karpenter"
	nodeClassName   = "landfall"
	// expireAfter renews nodes every 30 days, Karpenter's own default.
	expireAfter = "720h"
	// consolidateAfter is how long a node may be underused before its pods are
	// moved: models that load for minutes should not wander.
	consolidateAfter = "10m"
	// limitPercent of the planned nodes is the most that Karpenter may start.
	limitPercent = 150
)

// karpenter writes a NodePool for each of the plan's, and one EC2NodeClass.
func (t *tree) karpenter() error {
	if !t.wants(NodesKarpenter) || len(t.Plan.NodePools) == 0 {
		return nil
	}
	files := []string{"ec2nodeclass.yaml"}
	if err := t.object(karpenterFolder+"/ec2nodeclass.yaml", object{
		APIVersion: "karpenter.k8s.aws/v1", Kind: "EC2NodeClass", Metadata: meta{Name: nodeClassName, Labels: labels()},
		Spec: nodeClass(t.ClusterName),
	}); err != nil {
		return err
	}
	for _, p := range t.Plan.NodePools {
		files = append(files, p.Name+".yaml")
		if err := t.object(karpenterFolder+"/"+p.Name+".yaml", object{
			APIVersion: "karpenter.sh/v1", Kind: "NodePool", Metadata: meta{Name: p.Name, Labels: labels()}, Spec: nodePool(p),
		}); err != nil {
			return err
		}
	}
	return t.kustomization(karpenterFolder, files)
}

// nodeClass follows the names that Karpenter's own installation guide gives to a
// cluster's role and discovery tags.
func nodeClass(cluster string) ec2NodeClass {
	discovery := []map[string]map[string]string{{"tags": {"karpenter.sh/discovery": cluster}}}
	return ec2NodeClass{
		AMISelectorTerms: []map[string]string{{"alias": "al2023@latest"}}, Role: "KarpenterNodeRole-" + cluster,
		SubnetSelectorTerms: discovery, SecurityGroupSelectorTerms: discovery,
	}
}

func nodePool(p placement.NodePool) karpenterPool {
	capacity := "on-demand"
	if p.Spot {
		capacity = "spot"
	}
	pool := karpenterPool{
		Limits:     limits(p),
		Disruption: karpenterDisruption{ConsolidationPolicy: "WhenEmptyOrUnderutilized", ConsolidateAfter: consolidateAfter},
	}
	pool.Template.Metadata.Labels = nodeLabels(p)
	pool.Template.Spec = karpenterNode{
		NodeClassRef: karpenterClassRef{Group: "karpenter.k8s.aws", Kind: "EC2NodeClass", Name: nodeClassName},
		ExpireAfter:  expireAfter,
		Requirements: []karpenterRequirement{
			{Key: corev1.LabelInstanceTypeStable, Operator: "In", Values: []string{p.InstanceType}},
			{Key: "karpenter.sh/capacity-type", Operator: "In", Values: []string{capacity}},
			{Key: corev1.LabelArchStable, Operator: "In", Values: []string{kubernetesArchitecture(p.Architecture)}},
		},
	}
	for _, text := range p.Taints {
		taint := placement.ParseTaint(text)
		pool.Template.Spec.Taints = append(pool.Template.Spec.Taints, corev1.Taint{
			Key: taint.Key, Value: taint.Value, Effect: corev1.TaintEffect(taint.Effect),
		})
	}
	return pool
}

// kubernetesArchitecture is what kubernetes.io/arch says.
func kubernetesArchitecture(architecture string) string {
	if architecture == "arm64" {
		return "arm64"
	}
	return "amd64"
}

// limits are those of a number of nodes somewhat above the plan's. Karpenter
// counts what nodes have, of which pods get a little less.
func limits(p placement.NodePool) map[string]string {
	nodes := mostNodes(p)
	all := map[string]string{
		"cpu":    strconv.FormatInt(nodes*ceilDiv(p.Allocatable.CPUMillis, 1000), 10),
		"memory": fmt.Sprintf("%dGi", nodes*ceilDiv(p.Allocatable.MemoryMiB, 1024)),
	}
	if p.GPU != nil && p.GPU.Resource == "nvidia.com/gpu" {
		all[p.GPU.Resource] = strconv.FormatInt(nodes*int64(p.GPU.Count), 10)
	}
	return all
}

// mostNodes is the most that an autoscaler may start.
func mostNodes(p placement.NodePool) int64 {
	return max(ceilDiv(int64(p.Nodes)*limitPercent, 100), int64(p.Nodes)+1)
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }

func (t *tree) wants(form NodesForm) bool {
	for _, asked := range t.Nodes {
		if asked == form {
			return true
		}
	}
	return false
}
