package render

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"landfall.dev/landfall/internal/placement"
)

//go:embed readme.md.tmpl
var readmeText string

var readmeTemplate = template.Must(template.New("readme").Funcs(template.FuncMap{"oneLine": oneLine}).Parse(readmeText))

// readmePhase is a phase as the README shows it.
type readmePhase struct {
	Number    int
	Title     string
	Folder    string
	Workloads []exported
}

// Key is the workload's short key.
func (e exported) KeyText() string { return e.Key.String() }

// Folder is where its files lie.
func (e exported) Folder() string { return e.folder }

// readme tells people what lies where, and in which order it is applied.
func (t *tree) readme() error {
	in := struct {
		Phases    []readmePhase
		Missing   []string
		Pools     []placement.NodePool
		Namespace string
		Helm      bool
		Delivery  Delivery
		Root      string
		Karpenter bool
		Terraform bool
		Provider  string
		Sharing   string
	}{
		Missing: Missing(t.Plan, t.Bundles), Pools: t.Plan.NodePools, Namespace: t.Namespace, Helm: t.Form == FormHelm, Delivery: t.Delivery,
		Karpenter: t.wants(NodesKarpenter), Terraform: t.wants(NodesTerraform), Provider: t.provider(),
	}
	in.Root = map[Delivery]string{DeliveryArgoCD: "delivery/argocd/root.yaml", DeliveryFlux: "delivery/flux"}[t.Delivery]
	for _, p := range t.Plan.NodePools {
		if p.GPU != nil && p.GPU.Sharing != placement.SharingNone {
			in.Sharing = sharingConfigMap
		}
	}
	phases, byPhase := t.phases()
	for _, p := range phases {
		in.Phases = append(in.Phases, readmePhase{Number: p.Number, Title: p.Title, Folder: phaseFolder(p), Workloads: byPhase[p.Number]})
	}
	var out bytes.Buffer
	if err := readmeTemplate.Execute(&out, in); err != nil {
		return fmt.Errorf("cannot write the tree's README: %w", err)
	}
	t.add("README.md", []byte(strings.TrimSpace(out.String())+"\n"))
	return nil
}
