package render

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"landfall.dev/landfall/internal/placement"
)

// eksPool is an aws_eks_node_group.
func eksPool(body *hclwrite.Body, p placement.NodePool) {
	r := resourceBlock(body, "aws_eks_node_group", p)
	variableOf(r, "cluster_name", "cluster_name")
	setText(r, "node_group_name", p.Name)
	variableOf(r, "node_role_arn", "node_role_arn")
	variableOf(r, "subnet_ids", "subnet_ids")
	setText(r, "ami_type", amiType(p))
	setText(r, "capacity_type", map[bool]string{true: "SPOT", false: "ON_DEMAND"}[p.Spot])
	r.SetAttributeValue("instance_types", texts([]string{p.InstanceType}))
	r.SetAttributeValue("labels", textMap(nodeLabels(p)))
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

// gkePool is a google_container_node_pool.
func gkePool(body *hclwrite.Body, p placement.NodePool) {
	r := resourceBlock(body, "google_container_node_pool", p)
	setText(r, "name", p.Name)
	variableOf(r, "cluster", "cluster")
	variableOf(r, "location", "location")
	scaling := r.AppendNewBlock("autoscaling", nil).Body()
	setNumber(scaling, "total_min_node_count", int64(p.MinNodes))
	setNumber(scaling, "total_max_node_count", mostNodes(p))
	node := r.AppendNewBlock("node_config", nil).Body()
	setText(node, "machine_type", p.InstanceType)
	node.SetAttributeValue("spot", cty.BoolVal(p.Spot))
	variableOf(node, "service_account", "service_account")
	node.SetAttributeValue("oauth_scopes", texts([]string{"https://www.googleapis.com/auth/cloud-platform"}))
	node.SetAttributeValue("labels", textMap(p.Labels()))
	for _, text := range p.Taints {
		taint := placement.ParseTaint(text)
		if taint.Key == "nvidia.com/gpu" || strings.HasPrefix(taint.Key, "cloud.google.com/") {
			continue // GKE sets these by itself
		}
		block := node.AppendNewBlock("taint", nil).Body()
		setText(block, "key", taint.Key)
		setText(block, "value", taint.Value)
		setText(block, "effect", upperEffect(taint.Effect))
	}
	gkeGPU(node, p)
}

// gkeGPU asks for GPUs, and for GKE's own ways of sharing them.
func gkeGPU(node *hclwrite.Body, p placement.NodePool) {
	if p.GPU == nil {
		return
	}
	gpu := node.AppendNewBlock("guest_accelerator", nil).Body()
	setText(gpu, "type", gkeAccelerator(p.GPU))
	setNumber(gpu, "count", int64(p.GPU.Count))
	setText(gpu.AppendNewBlock("gpu_driver_installation_config", nil).Body(), "gpu_driver_version", "DEFAULT")
	switch p.GPU.Sharing {
	case placement.SharingMIG:
		setText(gpu, "gpu_partition_size", p.GPU.Profile)
	case placement.SharingTimeSlicing:
		sharing := gpu.AppendNewBlock("gpu_sharing_config", nil).Body()
		setText(sharing, "gpu_sharing_strategy", "TIME_SHARING")
		setNumber(sharing, "max_shared_clients_per_gpu", int64(p.GPU.Replicas))
	case placement.SharingNone:
	}
}

// gkeAccelerator is GKE's name of a GPU. Source: GKE's documentation, "About
// GPUs in GKE", of 2026.
func gkeAccelerator(gpu *placement.PoolGPU) string {
	names := map[string]string{
		"T4": "nvidia-tesla-t4", "L4": "nvidia-l4", "V100": "nvidia-tesla-v100", "A100": "nvidia-tesla-a100",
		"H100": "nvidia-h100-80gb", "H200": "nvidia-h200-141gb",
	}
	if gpu.Model == "A100" && gpu.MemoryMiBEach > 41_000 {
		return "nvidia-a100-80gb"
	}
	if name, known := names[gpu.Model]; known {
		return name
	}
	return "nvidia-" + slug(gpu.Model)
}

// aksPool is an azurerm_kubernetes_cluster_node_pool.
func aksPool(body *hclwrite.Body, p placement.NodePool) {
	r := resourceBlock(body, "azurerm_kubernetes_cluster_node_pool", p)
	setText(r, "name", aksName(p.Name))
	variableOf(r, "kubernetes_cluster_id", "kubernetes_cluster_id")
	variableOf(r, "vnet_subnet_id", "vnet_subnet_id")
	setText(r, "vm_size", p.InstanceType)
	r.SetAttributeValue("auto_scaling_enabled", cty.True)
	setNumber(r, "min_count", int64(p.MinNodes))
	setNumber(r, "max_count", mostNodes(p))
	if p.Spot {
		setText(r, "priority", "Spot")
		setText(r, "eviction_policy", "Delete")
		r.SetAttributeValue("spot_max_price", cty.NumberIntVal(-1))
	}
	r.SetAttributeValue("node_labels", textMap(nodeLabels(p)))
	var kept []string
	for _, taint := range p.Taints {
		if !strings.HasPrefix(taint, "kubernetes.azure.com/") { // AKS sets these by itself
			kept = append(kept, aksTaint(placement.ParseTaint(taint)))
		}
	}
	if len(kept) > 0 {
		r.SetAttributeValue("node_taints", texts(kept))
	}
}

// aksTaint writes a taint as AKS wants it: with a value.
func aksTaint(t placement.Taint) string {
	value := t.Value
	if value == "" {
		value = "present"
	}
	return t.Key + "=" + value + ":" + t.Effect
}
