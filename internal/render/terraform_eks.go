package render

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"landfall.dev/landfall/internal/placement"
)

// eksPool is an aws_eks_node_group.
func eksPool(body *hclwrite.Body, p placement.NodePool) {
	r := resourceBlock(body, "aws_eks_node_group", p)
	refer(r, "cluster_name", "var.cluster_name")
	setText(r, "node_group_name", p.Name)
	refer(r, "node_role_arn", "var.node_role_arn")
	refer(r, "subnet_ids", "var.subnet_ids")
	setText(r, "ami_type", amiType(p))
	setText(r, "capacity_type", map[bool]string{true: "SPOT", false: "ON_DEMAND"}[p.Spot])
	r.SetAttributeValue("instance_types", texts([]string{p.InstanceType}))
	refer(r, "disk_size", "var.disk_size_gib")
	r.SetAttributeValue("labels", textMap(nodeLabels(p)))
	refer(r, "tags", "var.tags")
	for _, text := range p.Taints {
		taint := placement.ParseTaint(text)
		block := r.AppendNewBlock("taint", nil).Body()
		setText(block, "key", taint.Key)
		if taint.Value != "" {
			setText(block, "value", taint.Value)
		}
		setText(block, "effect", upperEffect(taint.Effect))
	}
	scaling := r.AppendNewBlock("scaling_config", nil).Body()
	setNumber(scaling, "min_size", int64(p.MinNodes))
	setNumber(scaling, "max_size", mostNodes(p))
	setNumber(scaling, "desired_size", int64(p.MinNodes))
	setNumber(r.AppendNewBlock("update_config", nil).Body(), "max_unavailable", 1)
	// The cluster's autoscaler changes the number of nodes.
	r.AppendNewBlock("lifecycle", nil).Body().SetAttributeRaw("ignore_changes", hclwrite.TokensForTuple([]hclwrite.Tokens{
		hclwrite.TokensForIdentifier("scaling_config[0].desired_size"),
	}))
	eksScaleFromZero(body, p)
}

// eksScaleFromZero tells the cluster autoscaler what a node of an empty pool will
// have. It knows labels, taints and whole GPUs by itself (it asks EKS and knows
// the instance types), and not the shares that a device plugin makes of GPUs:
// https://github.com/kubernetes/autoscaler, cloudprovider/aws/README.md,
// "Auto-Discovery Setup".
func eksScaleFromZero(body *hclwrite.Body, p placement.NodePool) {
	resource, shares := shares(p)
	if shares == 0 {
		return
	}
	body.AppendNewline()
	comment(body, "The cluster autoscaler cannot know the shares of a GPU while the pool has no node.")
	r := body.AppendNewBlock("resource", []string{"aws_autoscaling_group_tag", identifier(p.Name) + "_shares"}).Body()
	refer(r, "autoscaling_group_name", "aws_eks_node_group."+identifier(p.Name)+".resources[0].autoscaling_groups[0].name")
	tag := r.AppendNewBlock("tag", nil).Body()
	setText(tag, "key", "k8s.io/cluster-autoscaler/node-template/resources/"+resource)
	setText(tag, "value", strconv.FormatInt(shares, 10))
	tag.SetAttributeValue("propagate_at_launch", cty.False)
}

// shares are the shares of GPUs that a node of a pool has, and their resource;
// none where GPUs are whole.
func shares(p placement.NodePool) (resource string, number int64) {
	if p.GPU == nil || p.GPU.Sharing == placement.SharingNone || p.GPU.Sharing == "" {
		return "", 0
	}
	return p.GPU.Resource, p.Allocatable.GPUs
}

// amiType is one of the EKS API's names.
func amiType(p placement.NodePool) string {
	arm := p.Architecture == "arm64"
	switch {
	case p.GPU != nil && strings.HasPrefix(p.GPU.Resource, "aws.amazon.com/"):
		return "AL2023_x86_64_NEURON"
	case p.GPU != nil && arm:
		return "AL2023_ARM_64_NVIDIA"
	case p.GPU != nil:
		return "AL2023_x86_64_NVIDIA"
	case arm:
		return "AL2023_ARM_64_STANDARD"
	}
	return "AL2023_x86_64_STANDARD"
}

// upperEffect writes NoSchedule as NO_SCHEDULE, as EKS and GKE do.
func upperEffect(effect string) string {
	switch effect {
	case "NoExecute":
		return "NO_EXECUTE"
	case "PreferNoSchedule":
		return "PREFER_NO_SCHEDULE"
	}
	return "NO_SCHEDULE"
}
