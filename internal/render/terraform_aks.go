package render

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"landfall.dev/landfall/internal/placement"
)

// aksPool is an azurerm_kubernetes_cluster_node_pool.
func aksPool(body *hclwrite.Body, p placement.NodePool) {
	r := resourceBlock(body, "azurerm_kubernetes_cluster_node_pool", p)
	setText(r, "name", aksName(p.Name))
	// Another machine type or disk is brought in by way of a second pool.
	setText(r, "temporary_name_for_rotation", aksName(p.Name+"-rotation"))
	refer(r, "kubernetes_cluster_id", "var.kubernetes_cluster_id")
	refer(r, "vnet_subnet_id", "var.vnet_subnet_id")
	refer(r, "zones", "var.zones")
	setText(r, "vm_size", p.InstanceType)
	refer(r, "os_disk_size_gb", "var.disk_size_gib")
	if profile := aksGPUInstance(p.GPU); profile != "" {
		setText(r, "gpu_instance", profile)
	}
	r.SetAttributeValue("auto_scaling_enabled", cty.True)
	setNumber(r, "min_count", int64(p.MinNodes))
	setNumber(r, "max_count", mostNodes(p))
	if p.Spot {
		setText(r, "priority", "Spot")
		setText(r, "eviction_policy", "Delete")
		r.SetAttributeValue("spot_max_price", cty.NumberIntVal(-1))
	}
	r.SetAttributeValue("node_labels", textMap(aksLabels(p)))
	var taints []string
	for _, taint := range p.Taints {
		taints = append(taints, aksTaint(placement.ParseTaint(taint)))
	}
	if len(taints) > 0 {
		r.SetAttributeValue("node_taints", texts(taints))
	}
	refer(r, "tags", "var.tags")
	if !p.Spot {
		// AKS sets it where nothing is said, and Terraform would want it gone
		// again each time. Spot pools have none.
		setText(r.AppendNewBlock("upgrade_settings", nil).Body(), "max_surge", "10%")
	}
}

// labelAKSSpot and its taint are on all spot nodes. The provider wants both
// written down, or takes what AKS adds for a change that somebody made: see
// "priority" in its documentation of azurerm_kubernetes_cluster_node_pool.
const labelAKSSpot = "kubernetes.azure.com/scalesetpriority"

// aksLabels are the pool's own, with those that AKS adds. AKS itself cuts GPUs
// into instances, so that NVIDIA's MIG manager has nothing to do.
func aksLabels(p placement.NodePool) map[string]string {
	labels := nodeLabels(p)
	delete(labels, labelMIGConfig)
	if p.Spot {
		labels[labelAKSSpot] = "spot"
	}
	return labels
}

// aksGPUInstance is AKS's name of a MIG profile: MIG1g of 1g.10gb.
func aksGPUInstance(gpu *placement.PoolGPU) string {
	if gpu == nil || gpu.Sharing != placement.SharingMIG {
		return ""
	}
	slices, _, _ := strings.Cut(gpu.Profile, ".")
	return "MIG" + slices
}

// aksTaint writes a taint as AKS wants it: with a value.
func aksTaint(t placement.Taint) string {
	value := t.Value
	if value == "" {
		value = "present"
	}
	return t.Key + "=" + value + ":" + t.Effect
}
