package render

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"landfall.dev/landfall/internal/placement"
)

const terraformFolder = "nodes/terraform"

// provider writes the node pools of one cloud.
type provider struct {
	name, source, version string
	variables             []variable
	pool                  func(*hclwrite.Body, placement.NodePool)
	// resource is the kind that a pool becomes; identity is what others refer to
	// a pool by.
	resource, identity string
}

// Types of variables, in Terraform's words.
const (
	kindText   = "string"
	kindTexts  = "list(string)"
	kindNumber = "number"
	kindMap    = "map(string)"
)

// variable is an input of the module. Without a default it has to be set.
type variable struct {
	name, kind, description string
	standard                cty.Value
}

// diskSizeGiB is room for a few images of machine learning frameworks, some
// 20 GiB each when unpacked, and for the models that pods keep on the node. The
// 20 GiB that EKS gives by itself hold hardly one.
const diskSizeGiB = 100

// diskSize is the module's variable for it.
var diskSize = variable{
	"disk_size_gib", kindNumber, "Size of the nodes' disks, which hold images and models.", cty.NumberIntVal(diskSizeGiB),
}

// none is the default of what may be left to the cloud.
var none = cty.NullVal(cty.DynamicPseudoType)

// providers by the plan's target. The versions are the oldest whose arguments
// and values the files use, by the providers' change logs: aws 5.100 is the
// oldest that knows all of amiType's values, azurerm 4.0 has
// auto_scaling_enabled, google 5.0 told GKE's own taints from the module's.
var providers = map[placement.Provider]provider{
	placement.ProviderEKS: {
		"aws", "hashicorp/aws", ">= 5.100", []variable{
			{"cluster_name", kindText, "Name of the EKS cluster.", cty.NilVal},
			{"node_role_arn", kindText, "ARN of the IAM role of the nodes.", cty.NilVal},
			{"subnet_ids", kindTexts, "Subnets of the nodes; their zones are the nodes'.", cty.NilVal},
			diskSize,
			{"tags", kindMap, "Tags of the node groups.", cty.MapValEmpty(cty.String)},
		}, eksPool, "aws_eks_node_group", "node_group_name",
	},
	placement.ProviderGKE: {
		"google", "hashicorp/google", ">= 5.0", []variable{
			{"cluster", kindText, "Name or id of the GKE cluster.", cty.NilVal},
			{"location", kindText, "Region or zone of the cluster.", cty.NilVal},
			{"service_account", kindText, "E-mail address of the nodes' service account.", cty.NilVal},
			{"node_locations", kindTexts, "Zones of the nodes; null leaves them to the cluster. Not every zone has every GPU.", none},
			diskSize,
			{"resource_labels", kindMap, "Labels of the nodes' machines, for billing.", cty.MapValEmpty(cty.String)},
		}, gkePool, "google_container_node_pool", "name",
	},
	placement.ProviderAKS: {
		"azurerm", "hashicorp/azurerm", ">= 4.0", []variable{
			{"kubernetes_cluster_id", kindText, "Resource id of the AKS cluster.", cty.NilVal},
			{"vnet_subnet_id", kindText, "Resource id of the nodes' subnet.", cty.NilVal},
			{"zones", kindTexts, "Availability zones of the nodes; null spreads them over none. Not every zone has every GPU.", none},
			diskSize,
			{"tags", kindMap, "Tags of the node pools.", cty.MapValEmpty(cty.String)},
		}, aksPool, "azurerm_kubernetes_cluster_node_pool", "name",
	},
}

// terraform writes the node pools as a module of its own.
func (t *tree) terraform() error {
	if !t.wants(NodesTerraform) || len(t.Plan.NodePools) == 0 {
		return nil
	}
	target := cmp.Or(t.Plan.Target.Provider, placement.ProviderEKS)
	p, known := providers[target]
	if !known {
		return fmt.Errorf("no Terraform is written for the provider %q; set the plan's target.provider to eks, gke or aks", target)
	}
	folder := terraformFolder + "/" + string(target)
	t.add(folder+"/versions.tf", p.versions())
	t.add(folder+"/variables.tf", p.variablesFile())
	t.add(folder+"/outputs.tf", p.outputs(t.Plan.NodePools))
	pools := hclwrite.NewEmptyFile()
	for i, pool := range t.Plan.NodePools {
		if i > 0 {
			pools.Body().AppendNewline()
		}
		for _, reason := range pool.Reasons {
			comment(pools.Body(), reason)
		}
		p.pool(pools.Body(), pool)
	}
	t.add(folder+"/node_pools.tf", pools.Bytes())
	return nil
}

func (p provider) versions() []byte {
	file := hclwrite.NewEmptyFile()
	terraform := file.Body().AppendNewBlock("terraform", nil).Body()
	terraform.SetAttributeValue("required_version", cty.StringVal(">= 1.5"))
	terraform.AppendNewBlock("required_providers", nil).Body().SetAttributeValue(p.name, cty.ObjectVal(map[string]cty.Value{
		"source": cty.StringVal(p.source), "version": cty.StringVal(p.version),
	}))
	return file.Bytes()
}

func (p provider) variablesFile() []byte {
	file := hclwrite.NewEmptyFile()
	for i, v := range p.variables {
		if i > 0 {
			file.Body().AppendNewline()
		}
		block := file.Body().AppendNewBlock("variable", []string{v.name}).Body()
		block.SetAttributeRaw("type", hclwrite.Tokens{{Type: hclsyntax.TokenIdent, Bytes: []byte(v.kind)}})
		block.SetAttributeValue("description", cty.StringVal(v.description))
		if v.standard != cty.NilVal {
			block.SetAttributeValue("default", v.standard)
		}
		if v.standard != none {
			block.SetAttributeValue("nullable", cty.False)
		}
	}
	return file.Bytes()
}

// outputs names what was made, by the pools' names in the plan, so that other
// modules wait for it or attach to it.
func (p provider) outputs(pools []placement.NodePool) []byte {
	file := hclwrite.NewEmptyFile()
	block := file.Body().AppendNewBlock("output", []string{"node_pools"}).Body()
	setText(block, "description", "Names of the node pools at the provider, by their names in the plan.")
	var items []hclwrite.ObjectAttrTokens
	for _, pool := range pools {
		items = append(items, hclwrite.ObjectAttrTokens{
			Name:  hclwrite.TokensForValue(cty.StringVal(pool.Name)),
			Value: hclwrite.TokensForIdentifier(strings.Join([]string{p.resource, identifier(pool.Name), p.identity}, ".")),
		})
	}
	block.SetAttributeRaw("value", hclwrite.TokensForObject(items))
	return hclwrite.Format(file.Bytes())
}

// comment writes a line of prose.
func comment(body *hclwrite.Body, text string) {
	body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + oneLine(text) + "\n")}})
}

// resourceBlock begins a resource whose Terraform name is the pool's.
func resourceBlock(body *hclwrite.Body, kind string, p placement.NodePool) *hclwrite.Body {
	return body.AppendNewBlock("resource", []string{kind, identifier(p.Name)}).Body()
}

// refer sets an argument to a reference, such as var.tags.
func refer(body *hclwrite.Body, argument, reference string) {
	body.SetAttributeRaw(argument, hclwrite.TokensForIdentifier(reference))
}

func setText(body *hclwrite.Body, argument, value string) {
	body.SetAttributeValue(argument, cty.StringVal(value))
}

func setNumber(body *hclwrite.Body, argument string, value int64) {
	body.SetAttributeValue(argument, cty.NumberIntVal(value))
}

func texts(values []string) cty.Value {
	list := make([]cty.Value, 0, len(values))
	for _, value := range values {
		list = append(list, cty.StringVal(value))
	}
	return cty.ListVal(list)
}

func textMap(values map[string]string) cty.Value {
	all := make(map[string]cty.Value, len(values))
	for key, value := range values {
		all[key] = cty.StringVal(value)
	}
	return cty.MapVal(all)
}
