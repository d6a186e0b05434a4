package render

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"landfall.dev/landfall/internal/placement"
)

// argument is what a provider's schema says of one argument or block.
type argument struct {
	required bool
	// values are the only ones allowed; empty means any.
	values []string
}

var (
	optional = argument{}
	must     = argument{required: true}
)

// oneOf is an argument with a closed list of values.
func oneOf(values ...string) argument { return argument{values: values} }

var taintEffects = []string{"NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"}

// arguments are those of the providers' resources that the files may use, by
// resource and block, as the schemas of these versions have them: hashicorp/aws
// 5.100.0 (its own program's `terraform providers schema`), hashicorp/google
// 7.45.0 (services/container) and hashicorp/azurerm 5.2.0
// (services/containers). lifecycle is Terraform's own. package
// hack/schemas runs Terraform itself where its programs are there.
var arguments = map[string]map[string]argument{
	"aws_eks_node_group": {
		"cluster_name": must, "node_group_name": optional, "node_role_arn": must, "subnet_ids": must,
		"ami_type": oneOf("AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64", "CUSTOM", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64",
			"BOTTLEROCKET_ARM_64_FIPS", "BOTTLEROCKET_x86_64_FIPS", "BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA",
			"AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "AL2023_x86_64_NEURON", "AL2023_x86_64_NVIDIA", "AL2023_ARM_64_NVIDIA"),
		"capacity_type": oneOf("ON_DEMAND", "SPOT", "CAPACITY_BLOCK"),
		"disk_size":     optional, "instance_types": optional, "labels": optional, "tags": optional,
		"taint": optional, "scaling_config": must, "update_config": optional, "lifecycle": optional,
	},
	"aws_eks_node_group.taint":          {"key": must, "value": optional, "effect": {required: true, values: taintEffects}},
	"aws_eks_node_group.scaling_config": {"desired_size": must, "max_size": must, "min_size": must},
	"aws_eks_node_group.update_config":  {"max_unavailable": optional, "max_unavailable_percentage": optional},
	"aws_eks_node_group.lifecycle":      {"ignore_changes": optional},
	"aws_autoscaling_group_tag":         {"autoscaling_group_name": must, "tag": must},
	"aws_autoscaling_group_tag.tag":     {"key": must, "value": must, "propagate_at_launch": must},

	"google_container_node_pool": {
		"cluster": must, "location": optional, "name": optional, "node_locations": optional, "autoscaling": optional, "node_config": optional,
	},
	"google_container_node_pool.autoscaling": {
		"min_node_count": optional, "max_node_count": optional, "total_min_node_count": optional, "total_max_node_count": optional,
		"location_policy": oneOf("BALANCED", "ANY"),
	},
	"google_container_node_pool.node_config": {
		"machine_type": optional, "disk_size_gb": optional, "labels": optional, "oauth_scopes": optional, "resource_labels": optional,
		"service_account": optional, "spot": optional, "taint": optional, "guest_accelerator": optional,
	},
	"google_container_node_pool.node_config.taint": {"key": must, "value": must, "effect": {required: true, values: taintEffects}},
	"google_container_node_pool.node_config.guest_accelerator": {
		"type": must, "count": must, "gpu_partition_size": optional, "gpu_driver_installation_config": optional, "gpu_sharing_config": optional,
	},
	"google_container_node_pool.node_config.guest_accelerator.gpu_driver_installation_config": {
		"gpu_driver_version": {required: true, values: []string{"GPU_DRIVER_VERSION_UNSPECIFIED", "INSTALLATION_DISABLED", "DEFAULT", "LATEST"}},
	},
	"google_container_node_pool.node_config.guest_accelerator.gpu_sharing_config": {
		// The values are those of the API (GPUSharingConfig).
		"gpu_sharing_strategy": {required: true, values: []string{"TIME_SHARING", "MPS"}}, "max_shared_clients_per_gpu": must,
	},

	"azurerm_kubernetes_cluster_node_pool": {
		"name": must, "temporary_name_for_rotation": optional, "kubernetes_cluster_id": must, "vm_size": optional,
		"auto_scaling_enabled": optional, "min_count": optional, "max_count": optional, "node_labels": optional, "node_taints": optional,
		"priority": oneOf("Regular", "Spot"), "eviction_policy": oneOf("Delete", "Deallocate"), "spot_max_price": optional,
		"gpu_instance": oneOf("MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g"), "os_disk_size_gb": optional,
		"vnet_subnet_id": optional, "zones": optional, "tags": optional, "upgrade_settings": optional,
	},
	"azurerm_kubernetes_cluster_node_pool.upgrade_settings": {"max_surge": optional, "max_unavailable": optional},
}

// resources by provider: the one that a pool becomes, and those beside it.
var resources = map[placement.Provider][]string{
	placement.ProviderEKS: {"aws_eks_node_group", "aws_autoscaling_group_tag"},
	placement.ProviderGKE: {"google_container_node_pool"},
	placement.ProviderAKS: {"azurerm_kubernetes_cluster_node_pool"},
}

func TestTerraformUsesKnownArguments(t *testing.T) {
	for provider, known := range resources {
		t.Run(string(provider), func(t *testing.T) {
			pools := 0
			for _, block := range resourcesOf(t, provider) {
				if !slices.Contains(known, block.Labels[0]) {
					t.Errorf("a resource %v", block.Labels)
					continue
				}
				if block.Labels[0] == known[0] {
					pools++
				}
				checkArguments(t, block.Labels[0], block.Body)
			}
			if want := len(planned().NodePools); pools != want {
				t.Errorf("%d node pools, want %d", pools, want)
			}
		})
	}
}

// resourcesOf are the resources of a provider's module.
func resourcesOf(t *testing.T, provider placement.Provider) []*hclsyntax.Block {
	t.Helper()
	files, err := Tree(input(func(in *Input) { in.Nodes = []NodesForm{NodesTerraform}; onto(in, provider) }))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Path, "node_pools.tf") {
			continue
		}
		parsed, diagnostics := hclsyntax.ParseConfig(f.Data, f.Path, hcl.InitialPos)
		body, ok := parsed.Body.(*hclsyntax.Body)
		if diagnostics.HasErrors() || !ok {
			t.Fatal(diagnostics)
		}
		return body.Blocks
	}
	t.Fatal("no node_pools.tf")
	return nil
}

func checkArguments(t *testing.T, place string, body *hclsyntax.Body) {
	t.Helper()
	known := arguments[place]
	var names []string
	for name, attribute := range body.Attributes {
		names = append(names, name)
		value, unknown := attribute.Expr.Value(nil)
		if allowed := known[name].values; len(allowed) > 0 && (unknown.HasErrors() || !slices.Contains(allowed, value.AsString())) {
			t.Errorf("%s.%s is %v; want one of %v", place, name, value, allowed)
		}
	}
	for _, block := range body.Blocks {
		names = append(names, block.Type)
		checkArguments(t, place+"."+block.Type, block.Body)
	}
	for _, name := range names {
		if _, ok := known[name]; !ok {
			t.Errorf("%s has no argument %s", place, name)
		}
	}
	for name, argument := range known {
		if argument.required && !slices.Contains(names, name) {
			t.Errorf("%s lacks %s", place, name)
		}
	}
}

// A spot pool of AKS has the label and the taint that AKS adds: without, the
// provider would plan to take them away each time.
func TestSpotOfAKSIsWrittenDown(t *testing.T) {
	for _, block := range resourcesOf(t, placement.ProviderAKS) {
		text := func(name string) string {
			attribute, ok := block.Body.Attributes[name]
			if !ok {
				return ""
			}
			value, _ := attribute.Expr.Value(nil)
			return value.GoString()
		}
		spot := strings.Contains(text("priority"), "Spot")
		if got := strings.Contains(text("node_taints"), "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"); got != spot {
			t.Errorf("%s: the taint of spot nodes: %t", block.Labels[1], got)
		}
		if got := strings.Contains(text("node_labels"), labelAKSSpot); got != spot {
			t.Errorf("%s: the label of spot nodes: %t", block.Labels[1], got)
		}
		if got := slices.ContainsFunc(block.Body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == "upgrade_settings" }); got == spot {
			t.Errorf("%s: upgrade_settings: %t, and spot pools must have none", block.Labels[1], got)
		}
	}
}

// Every GPU machine type that plans know for GKE has an accelerator that GKE
// knows.
func TestGKEAccelerators(t *testing.T) {
	known := []string{
		"nvidia-l4", "nvidia-tesla-a100", "nvidia-a100-80gb", "nvidia-h100-80gb", "nvidia-h100-mega-80gb", "nvidia-h200-141gb", "nvidia-b200",
		"nvidia-tesla-t4", "nvidia-tesla-v100", "nvidia-rtx-pro-6000",
	}
	for _, machine := range placement.NodeTypes(placement.ProviderGKE) {
		if machine.Accelerator == nil {
			continue
		}
		// The plan names the GPU that it stands for, which may be another's.
		got := gkeAccelerator(placement.NodePool{InstanceType: machine.Name, GPU: &placement.PoolGPU{Model: "A10G", Count: 1}})
		if !slices.Contains(known, got) {
			t.Errorf("%s has the accelerator %q", machine.Name, got)
		}
	}
}
