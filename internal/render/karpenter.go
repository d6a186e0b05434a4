package render

import (
	"fmt"
	"math"
	"slices"
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

// karpenterOverlay is a NodeOverlay (karpenter.sh/v1alpha1, Karpenter 1.7 and
// later with the feature gate NodeOverlay): what nodes of a pool have beside what
// their instance type says.
type karpenterOverlay struct {
	Requirements []karpenterRequirement `json:"requirements"`
	Capacity     map[string]string      `json:"capacity"`
}

type ec2NodeClass struct {
	AMISelectorTerms           []map[string]string            `json:"amiSelectorTerms"`
	Role                       string                         `json:"role"`
	SubnetSelectorTerms        []map[string]map[string]string `json:"subnetSelectorTerms"`
	SecurityGroupSelectorTerms []map[string]map[string]string `json:"securityGroupSelectorTerms"`
	BlockDeviceMappings        []ec2BlockDevice               `json:"blockDeviceMappings"`
}

type ec2BlockDevice struct {
	DeviceName string `json:"deviceName"`
	EBS        struct {
		VolumeSize          string `json:"volumeSize"`
		VolumeType          string `json:"volumeType"`
		Encrypted           bool   `json:"encrypted"`
		DeleteOnTermination bool   `json:"deleteOnTermination"`
	} `json:"ebs"`
}

const (
	karpenterFolder = "nodes/karpenter"
	nodeClassName   = "landfall"
	// expireAfter renews nodes every 30 days, Karpenter's own default.
	expireAfter = "720h"
	// consolidateAfter is how long a node may be underused before its pods are
	// moved: models that load for minutes should not wander.
	consolidateAfter = "10m"
	// rootDevice is that of Amazon Linux 2023.
	rootDevice = "/dev/xvda"
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
		overlay, shared := nodeOverlay(p)
		if !shared {
			continue
		}
		files = append(files, p.Name+"-shares.yaml")
		if err := t.object(karpenterFolder+"/"+p.Name+"-shares.yaml", overlay); err != nil {
			return err
		}
	}
	return t.kustomization(karpenterFolder, files)
}

// nodeOverlay tells Karpenter of the shares of GPUs that a device plugin makes:
// it knows whole GPUs alone, and would never start a node for a pod that asks for
// a share.
func nodeOverlay(p placement.NodePool) (o object, shared bool) {
	resource, number := shares(p)
	if number == 0 {
		return object{}, false
	}
	return object{
		APIVersion: "karpenter.sh/v1alpha1", Kind: "NodeOverlay", Metadata: meta{Name: p.Name + "-shares", Labels: labels()},
		Spec: karpenterOverlay{
			Requirements: []karpenterRequirement{{Key: "karpenter.sh/nodepool", Operator: "In", Values: []string{p.Name}}},
			Capacity:     map[string]string{resource: strconv.FormatInt(number, 10)},
		},
	}, true
}

// nodeClass follows the names that Karpenter's own installation guide gives to a
// cluster's role and discovery tags.
func nodeClass(cluster string) ec2NodeClass {
	discovery := []map[string]map[string]string{{"tags": {"karpenter.sh/discovery": cluster}}}
	root := ec2BlockDevice{DeviceName: rootDevice}
	root.EBS.VolumeSize, root.EBS.VolumeType = fmt.Sprintf("%dGi", diskSizeGiB), "gp3"
	root.EBS.Encrypted, root.EBS.DeleteOnTermination = true, true
	return ec2NodeClass{
		AMISelectorTerms: []map[string]string{{"alias": "al2023@latest"}}, Role: "KarpenterNodeRole-" + cluster,
		SubnetSelectorTerms: discovery, SecurityGroupSelectorTerms: discovery, BlockDeviceMappings: []ec2BlockDevice{root},
	}
}

func nodePool(p placement.NodePool) karpenterPool {
	capacity := "on-demand"
	if p.Spot {
		capacity = "spot"
	}
	pool := karpenterPool{
		Limits:     limits(p),
		Disruption: karpenterDisruption{ConsolidationPolicy: consolidation(p.Class), ConsolidateAfter: consolidateAfter},
	}
	pool.Template.Metadata.Labels = nodeLabels(p)
	pool.Template.Spec = karpenterNode{
		NodeClassRef: karpenterClassRef{Group: "karpenter.k8s.aws", Kind: "EC2NodeClass", Name: nodeClassName},
		ExpireAfter:  expireAfter,
		Requirements: []karpenterRequirement{
			{Key: corev1.LabelInstanceTypeStable, Operator: "In", Values: []string{p.InstanceType}},
			{Key: "karpenter.sh/capacity-type", Operator: "In", Values: []string{capacity}},
			{Key: corev1.LabelOSStable, Operator: "In", Values: []string{"linux"}},
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

// consolidation moves pods that answer requests to fewer nodes, which they bear:
// others take their place first. Jobs begin anew when they are moved, so that
// their nodes go only once they are empty.
func consolidation(class placement.Class) string {
	if class == placement.ClassOnline {
		return "WhenEmptyOrUnderutilized"
	}
	return "WhenEmpty"
}

// limits are those of a number of nodes somewhat above the plan's. Karpenter
// starts no node that would take a pool over its limits, and counts what machines
// have, which is more than pods get of them.
func limits(p placement.NodePool) map[string]string {
	nodes := mostNodes(p)
	cpu, memoryGiB := machine(p)
	all := map[string]string{"cpu": strconv.FormatInt(nodes*cpu, 10), "memory": fmt.Sprintf("%dGi", nodes*memoryGiB)}
	if p.GPU != nil && p.GPU.Resource != "" {
		resource, number := p.GPU.Resource, int64(p.GPU.Count)
		if name, shared := shares(p); shared > 0 {
			resource, number = name, shared
		}
		all[resource] = strconv.FormatInt(nodes*number, 10)
	}
	return all
}

// headroomPercent is what a machine of an unknown type is taken to have, of what
// pods get of it.
const headroomPercent = 130

// machine is what a pool's machines have, in vCPU and GiB, rounded up.
func machine(p placement.NodePool) (cpu, memoryGiB int64) {
	types := placement.NodeTypes(placement.ProviderEKS)
	at := slices.IndexFunc(types, func(t placement.NodeType) bool { return t.Name == p.InstanceType })
	if at >= 0 {
		return int64(types[at].VCPU), int64(math.Ceil(types[at].MemoryGiB))
	}
	return ceilDiv(p.Allocatable.CPUMillis*headroomPercent, 100*1000), ceilDiv(p.Allocatable.MemoryMiB*headroomPercent, 100*1024)
}

// mostNodes is the most that an autoscaler may start.
func mostNodes(p placement.NodePool) int64 {
	return max(ceilDiv(int64(p.Nodes)*limitPercent, 100), int64(p.Nodes)+1)
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }

func (t *tree) wants(form NodesForm) bool { return slices.Contains(t.Nodes, form) }
