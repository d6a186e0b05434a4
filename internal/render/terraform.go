package render

import (
	"cmp"
	"fmt"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"landfall.dev/landfall/internal/placement"
)

const terraformFolder = "nodes/terraform"

// provider writes the node pools of one cloud.
type provider struct {
	name, source, version string
	// variables with their descriptions; the ones that lists are of are marked.
	variables []variable
	pool      func(*hclwrite.Body, placement.NodePool)
}

// kindText is Terraform's type of texts.
const kindText = "string"

type variable struct {
	name, kind, description string
}

// providers by the plan's target. The versions are the oldest whose attributes
// the files use.
var providers = map[placement.Provider]provider{
	placement.ProviderEKS: {"aws", "hashicorp/aws", ">= 5.60", []variable{
		{"cluster_name", kindText, "Name of the EKS cluster."},
		{"node_role_arn", kindText, "ARN of the IAM role of the nodes."},
		{"subnet_ids", "list(string)", "Subnets of the nodes."},
	}, eksPool},
	placement.ProviderGKE: {"google", "hashicorp/google", ">= 5.0", []variable{
		{"cluster", kindText, "Name or id of the GKE cluster."},
		{"location", kindText, "Region or zone of the cluster."},
		{"service_account", kindText, "E-mail address of the nodes' service account."},
	}, gkePool},
	placement.ProviderAKS: {"azurerm", "hashicorp/azurerm", ">= 4.0", []variable{
		{"kubernetes_cluster_id", kindText, "Resource id of the AKS cluster."},
		{"vnet_subnet_id", kindText, "Resource id of the nodes' subnet."},
	}, aksPool},
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
	}
	return file.Bytes()
}

// comment writes a line of prose.
func comment(body *hclwrite.Body, text string) {
	body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + oneLine(text) + "\n")}})
}

// resourceBlock begins a resource whose Terraform name is the pool's.
func resourceBlock(body *hclwrite.Body, kind string, p placement.NodePool) *hclwrite.Body {
	return body.AppendNewBlock("resource", []string{kind, identifier(p.Name)}).Body()
}

// variableOf refers to a variable of the module.
func variableOf(body *hclwrite.Body, attribute, name string) {
	body.SetAttributeRaw(attribute, hclwrite.TokensForIdentifier("var."+name))
}

func setText(body *hclwrite.Body, attribute, value string) {
	body.SetAttributeValue(attribute, cty.StringVal(value))
}

func setNumber(body *hclwrite.Body, attribute string, value int64) {
	body.SetAttributeValue(attribute, cty.NumberIntVal(value))
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
