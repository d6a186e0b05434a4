package render

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"landfall.dev/landfall/internal/placement"
)

// gkePool is a google_container_node_pool. It sets no number of nodes to begin
// with: a change of that one would make the pool anew.
func gkePool(body *hclwrite.Body, p placement.NodePool) {
	r := resourceBlock(body, "google_container_node_pool", p)
	setText(r, "name", p.Name)
	refer(r, "cluster", "var.cluster")
	refer(r, "location", "var.location")
	refer(r, "node_locations", "var.node_locations")
	scaling := r.AppendNewBlock("autoscaling", nil).Body()
	setNumber(scaling, "total_min_node_count", int64(p.MinNodes))
	setNumber(scaling, "total_max_node_count", mostNodes(p))
	node := r.AppendNewBlock("node_config", nil).Body()
	setText(node, "machine_type", p.InstanceType)
	node.SetAttributeValue("spot", cty.BoolVal(p.Spot))
	refer(node, "disk_size_gb", "var.disk_size_gib")
	refer(node, "service_account", "var.service_account")
	node.SetAttributeValue("oauth_scopes", texts([]string{"https://www.googleapis.com/auth/cloud-platform"}))
	node.SetAttributeValue("labels", textMap(p.Labels()))
	refer(node, "resource_labels", "var.resource_labels")
	for _, text := range p.Taints {
		taint := placement.ParseTaint(text)
		if taint.Key == "nvidia.com/gpu" {
			continue // GKE sets it by itself
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
	setText(gpu, "type", gkeAccelerator(p))
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

// gkeAccelerators are the GPUs that machine types bring along, by the beginning
// of their names. Source: Compute Engine's documentation, "GPU machine types",
// and GKE's "About GPUs in GKE", of 2026.
var gkeAccelerators = []struct{ machine, accelerator string }{
	{"g2-standard-", "nvidia-l4"},
	{"g4-standard-", "nvidia-rtx-pro-6000"},
	{"a2-highgpu-", "nvidia-tesla-a100"},
	{"a2-megagpu-", "nvidia-tesla-a100"},
	{"a2-ultragpu-", "nvidia-a100-80gb"},
	{"a3-highgpu-", "nvidia-h100-80gb"},
	{"a3-edgegpu-", "nvidia-h100-80gb"},
	{"a3-megagpu-", "nvidia-h100-mega-80gb"},
	{"a3-ultragpu-", "nvidia-h200-141gb"},
	{"a4-highgpu-", "nvidia-b200"},
}

// gkeAccelerator is GKE's name of a pool's GPU: the one that its machine type
// brings along, and on machines that GPUs are added to (n1), the plan's.
func gkeAccelerator(p placement.NodePool) string {
	for _, a := range gkeAccelerators {
		if strings.HasPrefix(p.InstanceType, a.machine) {
			return a.accelerator
		}
	}
	names := map[string]string{
		"T4": "nvidia-tesla-t4", "L4": "nvidia-l4", "V100": "nvidia-tesla-v100", "A100": "nvidia-tesla-a100",
		"P4": "nvidia-tesla-p4", "P100": "nvidia-tesla-p100", "H100": "nvidia-h100-80gb", "H200": "nvidia-h200-141gb",
	}
	if p.GPU.Model == "A100" && p.GPU.MemoryMiBEach > 41_000 {
		return "nvidia-a100-80gb"
	}
	if name, known := names[p.GPU.Model]; known {
		return name
	}
	return "nvidia-" + slug(p.GPU.Model)
}
