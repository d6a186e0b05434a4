package render

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"landfall.dev/landfall/internal/placement"
)

// attributes are the arguments of the providers' resources that the files may
// use, by resource and block. Sources, as of 2026: the registry's pages of
// hashicorp/aws (aws_eks_node_group), hashicorp/google
// (google_container_node_pool, with node_config of google_container_cluster)
// and hashicorp/azurerm (azurerm_kubernetes_cluster_node_pool). lifecycle is
// Terraform's own. The providers' schemas themselves come only with the
// providers, which are no Go modules to be linked.
var attributes = map[string][]string{
	"aws_eks_node_group": {
		"cluster_name", "node_group_name", "node_role_arn", "subnet_ids", "ami_type", "capacity_type", "disk_size", "instance_types",
		"labels", "release_version", "tags", "version", "taint", "scaling_config", "update_config", "lifecycle",
	},
	"aws_eks_node_group.taint":          {"key", "value", "effect"},
	"aws_eks_node_group.scaling_config": {"desired_size", "max_size", "min_size"},
	"aws_eks_node_group.update_config":  {"max_unavailable", "max_unavailable_percentage"},
	"aws_eks_node_group.lifecycle":      {"ignore_changes"},
	"google_container_node_pool": {
		"cluster", "location", "name", "initial_node_count", "node_locations", "project", "autoscaling", "management", "node_config", "lifecycle",
	},
	"google_container_node_pool.autoscaling": {
		"min_node_count", "max_node_count", "total_min_node_count", "total_max_node_count", "location_policy",
	},
	"google_container_node_pool.node_config": {
		"machine_type", "disk_size_gb", "disk_type", "image_type", "labels", "oauth_scopes", "service_account", "spot", "taint", "guest_accelerator",
	},
	"google_container_node_pool.node_config.taint":                                            {"key", "value", "effect"},
	"google_container_node_pool.node_config.guest_accelerator":                                {"type", "count", "gpu_partition_size", "gpu_driver_installation_config", "gpu_sharing_config"},
	"google_container_node_pool.node_config.guest_accelerator.gpu_driver_installation_config": {"gpu_driver_version"},
	"google_container_node_pool.node_config.guest_accelerator.gpu_sharing_config":             {"gpu_sharing_strategy", "max_shared_clients_per_gpu"},
	"google_container_node_pool.lifecycle":                                                    {"ignore_changes"},
	"azurerm_kubernetes_cluster_node_pool": {
		"name", "kubernetes_cluster_id", "vm_size", "auto_scaling_enabled", "min_count", "max_count", "node_count", "node_labels",
		"node_taints", "priority", "eviction_policy", "spot_max_price", "vnet_subnet_id", "zones", "tags", "os_sku", "mode", "lifecycle",
	},
	"azurerm_kubernetes_cluster_node_pool.lifecycle": {"ignore_changes"},
}

// required arguments, by the same sources.
var required = map[string][]string{
	"aws_eks_node_group":                   {"cluster_name", "node_role_arn", "subnet_ids", "scaling_config"},
	"aws_eks_node_group.scaling_config":    {"desired_size", "max_size", "min_size"},
	"aws_eks_node_group.taint":             {"key", "effect"},
	"google_container_node_pool":           {"cluster"},
	"azurerm_kubernetes_cluster_node_pool": {"name", "kubernetes_cluster_id"},
}

func TestTerraformUsesKnownArguments(t *testing.T) {
	for provider, resource := range map[placement.Provider]string{
		placement.ProviderEKS: "aws_eks_node_group", placement.ProviderGKE: "google_container_node_pool",
		placement.ProviderAKS: "azurerm_kubernetes_cluster_node_pool",
	} {
		files, err := Tree(input(func(in *Input) { in.Plan.Target.Provider, in.Nodes = provider, []NodesForm{NodesTerraform} }))
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, f := range files {
			if !strings.HasSuffix(f.Path, "node_pools.tf") {
				continue
			}
			parsed, diagnostics := hclsyntax.ParseConfig(f.Data, f.Path, hcl.InitialPos)
			body, ok := parsed.Body.(*hclsyntax.Body)
			if diagnostics.HasErrors() || !ok {
				t.Fatal(diagnostics)
			}
			for _, block := range body.Blocks {
				if block.Type != "resource" || len(block.Labels) != 2 || block.Labels[0] != resource {
					t.Errorf("%s: a block %s %v", f.Path, block.Type, block.Labels)
					continue
				}
				seen++
				checkArguments(t, resource, block.Body)
			}
		}
		if want := len(planned().NodePools); seen != want {
			t.Errorf("%s: %d node pools, want %d", provider, seen, want)
		}
	}
}

func checkArguments(t *testing.T, place string, body *hclsyntax.Body) {
	t.Helper()
	var names []string
	for name := range body.Attributes {
		names = append(names, name)
	}
	for _, block := range body.Blocks {
		names = append(names, block.Type)
		checkArguments(t, place+"."+block.Type, block.Body)
	}
	for _, name := range names {
		if !slices.Contains(attributes[place], name) {
			t.Errorf("%s has no argument %s", place, name)
		}
	}
	for _, name := range required[place] {
		if !slices.Contains(names, name) {
			t.Errorf("%s lacks %s", place, name)
		}
	}
}
