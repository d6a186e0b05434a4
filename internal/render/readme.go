package render

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/zclconf/go-cty/cty"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

//go:embed readme.md.tmpl
var readmeText string

var readmeTemplate = template.Must(template.New("readme").Funcs(template.FuncMap{"oneLine": oneLine, "cell": cell}).Parse(readmeText))

// readme is what the README says.
type readme struct {
	Phases    []readmePhase
	Pipelines []readmeFile
	Gaps      []readmeGaps
	// Secrets are those that the models name and nobody wrote.
	Secrets []readmeSecret
	// Missing have no bundle; ByHand become something else than files here.
	Missing, ByHand []string
	Pools           []placement.NodePool
	Namespace       string
	Helm            bool
	Delivery        Delivery
	// Root is what a person applies once.
	Root, Tool           string
	Karpenter, Terraform bool
	Provider, Sharing    string
	// Variables have to be set when the Terraform module is called. NodeRole is
	// that of Karpenter's nodes; Shares says that some of them share GPUs.
	Variables []string
	NodeRole  string
	Shares    bool
	// Device says where the device plugin comes from; empty without GPUs.
	Device string
	// Needs are what the cluster has to have beside Landfall.
	Needs                            []string
	PrometheusOperator, NoPrometheus bool
	// NoWorkflows says that pipelines would be there with --argo-workflows;
	// Scaled that something has an autoscaler of its own.
	NoWorkflows, Scaled bool
}

// readmePhase is a phase as the README shows it.
type readmePhase struct {
	Number        int
	Title, Folder string
	Workloads     []readmeFile
}

// readmeFile is a workload and where its files lie.
type readmeFile struct {
	Label, Name, Folder, File string
	// Beside names what else lies there.
	Beside string
}

// readmeSecret is a Secret that has to be there before a model starts.
type readmeSecret struct {
	Name, Label string
	// What is in it: its keys, or what for it is where Kubernetes says which.
	What string
}

// readmeGaps are those of one workload.
type readmeGaps struct {
	Label string
	Gaps  []gap.Gap
}

// readme tells people what lies where, in which order it is applied, and what is
// left to them.
func (t *tree) readme() error {
	in := readme{
		Missing: Missing(t.Plan, t.Bundles), ByHand: t.byHandSorted(), Pools: t.Plan.NodePools, Namespace: t.Namespace,
		Helm: t.Form == FormHelm, Delivery: t.Delivery,
		Karpenter: t.wants(NodesKarpenter) && len(t.Plan.NodePools) > 0, Terraform: t.wants(NodesTerraform) && len(t.Plan.NodePools) > 0,
		Provider: t.provider(), PrometheusOperator: t.PrometheusOperator, NoPrometheus: !t.PrometheusOperator,
		NoWorkflows: !t.ArgoWorkflows && len(t.moving(inventory.WorkloadPipeline)) > 0,
	}
	in.Root = map[Delivery]string{DeliveryArgoCD: "delivery/argocd/root.yaml", DeliveryFlux: "delivery/flux"}[t.Delivery]
	in.Tool = map[Delivery]string{DeliveryArgoCD: "Argo CD", DeliveryFlux: "Flux"}[t.Delivery]
	t.describeNodes(&in)
	t.describePhases(&in)
	for _, w := range t.pipelines {
		in.Pipelines = append(in.Pipelines, readmeFile{Label: w.label, Name: w.name, File: w.File()})
		in.addGaps(w.label, w.gaps)
	}
	in.Needs = t.needs()
	var out bytes.Buffer
	if err := readmeTemplate.Execute(&out, in); err != nil {
		return fmt.Errorf("cannot write the tree's README: %w", err)
	}
	t.add("README.md", []byte(strings.TrimSpace(out.String())+"\n"))
	return nil
}

// describeNodes says what people have to know of node pools.
func (t *tree) describeNodes(in *readme) {
	target := cmp.Or(t.Plan.Target.Provider, placement.ProviderEKS)
	for _, v := range providers[target].variables {
		if v.standard == cty.NilVal {
			in.Variables = append(in.Variables, v.name)
		}
	}
	if t.ClusterName != "" {
		in.NodeRole = nodeClass(t.ClusterName).Role
	}
	for _, p := range t.Plan.NodePools {
		if p.GPU == nil {
			continue
		}
		in.Device = "you install (the nodes' images do not bring it)"
		if target == placement.ProviderGKE {
			in.Device = "GKE brings, with the driver"
		}
		if _, number := shares(p); number > 0 {
			in.Shares = true
			if target != placement.ProviderGKE { // which shares GPUs by itself
				in.Sharing = sharingConfigMap
			}
		}
	}
}

func (t *tree) describePhases(in *readme) {
	for _, p := range t.phases {
		shown := readmePhase{Number: p.Number, Title: p.Title, Folder: phaseFolder(p.Phase)}
		for _, e := range p.exports {
			var beside []string
			for _, m := range e.extra {
				beside = append(beside, m.Name)
			}
			shown.Workloads = append(shown.Workloads, readmeFile{
				Label: e.label, Name: e.endpoint.Name, Folder: e.folder, Beside: strings.Join(beside, ", "),
			})
			in.addGaps(e.label, e.gaps)
			in.addSecrets(e.label, e.model)
			in.Scaled = in.Scaled || e.scaled
		}
		in.Phases = append(in.Phases, shown)
	}
}

// addSecrets lists what a model takes from Secrets.
func (in *readme) addSecrets(label string, model *v1alpha1.Model) {
	keys := map[string][]string{}
	for _, variable := range model.Spec.Container.Env {
		if from := variable.ValueFrom; from != nil && from.SecretKeyRef != nil {
			keys[from.SecretKeyRef.Name] = append(keys[from.SecretKeyRef.Name], "`"+from.SecretKeyRef.Key+"`")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		in.Secrets = append(in.Secrets, readmeSecret{Name: name, Label: label, What: "the keys " + strings.Join(keys[name], ", ")})
	}
	if artifact := model.Spec.Artifact; artifact != nil && artifact.CredentialsSecretRef != nil {
		in.Secrets = append(in.Secrets, readmeSecret{Name: artifact.CredentialsSecretRef.Name, Label: label, What: "what opens the store of the model's files"})
	}
	for _, pull := range model.Spec.Container.ImagePullSecrets {
		in.Secrets = append(in.Secrets, readmeSecret{Name: pull.Name, Label: label, What: "what opens the image's registry"})
	}
}

func (in *readme) addGaps(label string, gaps []gap.Gap) {
	if len(gaps) > 0 {
		in.Gaps = append(in.Gaps, readmeGaps{Label: label, Gaps: gaps})
	}
}

// needs are what the cluster has to have for the files that were asked for.
func (t *tree) needs() []string {
	var all []string
	for _, need := range []struct {
		asked bool
		name  string
	}{
		{t.PrometheusOperator, "the Prometheus Operator, with a Prometheus that selects these objects (kube-prometheus-stack does with\n  `ruleSelectorNilUsesHelmValues` and `podMonitorSelectorNilUsesHelmValues` set to false)"},
		{t.KEDA, "KEDA"},
		{len(t.pipelines) > 0, "Argo Workflows"},
		{t.wants(NodesKarpenter), "Karpenter"},
		{t.Delivery == DeliveryArgoCD, "Argo CD"},
		{t.Delivery == DeliveryFlux, "Flux"},
	} {
		if need.asked {
			all = append(all, need.name)
		}
	}
	return all
}

// cell keeps a text within a cell of a table.
func cell(text string) string { return strings.ReplaceAll(oneLine(text), "|", `\|`) }
