// Package render is the command that writes a plan and its bundles as a tree of
// files for a Git repository.
//
// It owns the command's flags, reading the bundles, and writing the tree without
// harm to what people added. It refuses to decide what the files say: package
// render of the migration core does.
package render

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"landfall.dev/landfall/charts"
	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/render"
)

const long = `Write a plan and the bundles of its workloads as a tree for a Git repository: manifests
or Helm values per model, in the plan's phases, with what Argo CD or Flux needs to bring
them into the cluster, and the node pools for Karpenter or Terraform.

The tree is the same each time it is rendered from the same plan and bundles. Rendering
again replaces what it wrote before, and leaves everything else alone. A file that
somebody changed stays as it is while rendering has nothing new to say in it, and is
refused to be replaced otherwise, unless told to with --force. Files that the plan no
longer has are named, and removed with --prune.

Every Endpoint begins with its traffic on SageMaker. A commit that sets live moves it;
rendering again keeps live as it is in the tree.

Alerts, autoscaling by KEDA and pipelines are written when asked for, as the cluster has
to know their kinds; what is left out is named in the tree's README.md. Alerts and
pipelines come from the inventory.`

const example = `  %[1]s render plan.yaml --bundle churn --bundle fraud -n team-a -o models

  # For Argo CD, as Helm values, with node pools for Terraform
  %[1]s render plan.yaml --bundle churn -n team-a --form helm --delivery argocd \
    --repo-url https://git.example.com/ml/models --repo-path production --nodes terraform -o models/production

  # For Flux and Karpenter, with alerts and pipelines, of all bundles in a folder
  %[1]s render plan.yaml --bundle bundles --delivery flux --repo-url ssh://git@git.example.com/ml/models \
    --nodes karpenter --cluster-name ml-prod --prometheus-operator --argo-workflows -o models`

type options struct {
	session *session.Session
	core.Options

	form, delivery string
	nodes          []string
	bundles        []string
	output         string
	consent        consent
	// inventory names what the plan was made from.
	inventory string
	// noInventory says where it was looked for in vain.
	noInventory string
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	command := &cobra.Command{
		Use:     "render PLAN --bundle FOLDER -o FOLDER",
		Short:   "Write a tree for a Git repository",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args:    session.OneArgument("plan", s.Program+" plan inventory.yaml -o plan.yaml"),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(args[0]) },
	}
	flags := command.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the folder to write the tree to")
	flags.StringArrayVar(&o.bundles, "bundle", nil, "the folder of an exported workload, or one that holds several; may be repeated")
	session.AddInventoryFlag(command, &o.inventory)
	flags.StringVarP(&o.Namespace, "namespace", "n", "default", "the namespace of the models")
	flags.StringVar(&o.form, "form", string(core.FormManifests), "what a model's files are: manifests or helm")
	flags.StringVar(&o.delivery, "delivery", string(core.DeliveryNone), "the tool that brings the tree into the cluster: argocd, flux or none")
	flags.StringVar(&o.Repository.URL, "repo-url", "", "the address of the repository that the tree will lie in")
	flags.StringVar(&o.Repository.Revision, "repo-revision", "main", "the branch that the tool follows")
	flags.StringVar(&o.Repository.Path, "repo-path", "", "the tree's folder in the repository; unset means its root")
	flags.StringSliceVar(&o.nodes, "nodes", nil, "write the node pools for karpenter, terraform or both")
	flags.StringVar(&o.ClusterName, "cluster-name", "", "the EKS cluster that Karpenter starts nodes for")
	flags.BoolVar(&o.PrometheusOperator, "prometheus-operator", false, "write alerts and a PodMonitor, for the Prometheus Operator")
	flags.BoolVar(&o.KEDA, "keda", false, "write ScaledObjects where a workload's autoscaling needs KEDA")
	flags.BoolVar(&o.ArgoWorkflows, "argo-workflows", false, "write the pipelines that move as WorkflowTemplates of Argo Workflows")
	flags.StringVar(&o.RouterNamespace, "router-namespace", naming.SystemNamespace, "where Landfall's routers run, for the PodMonitor")
	flags.BoolVar(&o.consent.force, "force", false, "replace rendered files that somebody changed")
	flags.BoolVar(&o.consent.prune, "prune", false, "remove rendered files that the plan no longer has")
	for flag, values := range map[string][]string{"form": forms, "delivery": deliveries, "nodes": nodeForms} {
		complete.Flag(command, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return command
}

var (
	forms      = []string{string(core.FormManifests), string(core.FormHelm)}
	deliveries = []string{string(core.DeliveryArgoCD), string(core.DeliveryFlux), string(core.DeliveryNone)}
	nodeForms  = []string{string(core.NodesKarpenter), string(core.NodesTerraform)}
)

func (o *options) run(planPath string) error {
	if err := o.check(); err != nil {
		return err
	}
	planned, err := o.session.ReadPlan(planPath)
	if err != nil {
		return err
	}
	in := core.Input{Plan: planned, Options: o.Options}
	if in.Bundles, err = o.readBundles(planned); err != nil {
		return err
	}
	in.Inventory, err = o.session.FindInventoryOf(planned, o.inventory, planPath)
	where, none := session.NoInventory(err)
	if err != nil && !none {
		return err
	}
	o.noInventory = where
	if err := keepLive(o.output, in.Bundles); err != nil {
		return err
	}
	if in.Chart, err = charts.Model(); err != nil {
		return err
	}
	files, err := core.Tree(in)
	if err != nil {
		return &output.Failure{What: "cannot render", Why: err.Error(), Next: "correct the flag, or the plan, that is named", Cause: err}
	}
	result, err := write(o.output, files, o.consent)
	if err != nil {
		return err
	}
	o.tell(planPath, result, in)
	return nil
}

func (o *options) check() error {
	next := o.session.Program + " render --help"
	switch {
	case o.output == "":
		return output.Usage(next, "say where to write the tree: -o FOLDER")
	case !slices.Contains(forms, o.form):
		return output.Usage(next, "--form is %q; want one of %v", o.form, forms)
	case !slices.Contains(deliveries, o.delivery):
		return output.Usage(next, "--delivery is %q; want one of %v", o.delivery, deliveries)
	case len(validation.IsDNS1123Label(o.Namespace)) > 0:
		return output.Usage(next, "--namespace is %q; want a name of lower-case letters, digits and '-'", o.Namespace)
	case len(validation.IsDNS1123Label(o.RouterNamespace)) > 0:
		return output.Usage(next, "--router-namespace is %q; want a name of lower-case letters, digits and '-'", o.RouterNamespace)
	case o.Repository.Path != "" && !filepath.IsLocal(strings.Trim(o.Repository.Path, "/")):
		return output.Usage(next, "--repo-path is %q; want a folder below the repository's root", o.Repository.Path)
	case o.delivery != string(core.DeliveryNone) && o.Repository.URL == "":
		return output.Usage(next, "--delivery %s needs --repo-url", o.delivery)
	}
	o.Form, o.Delivery = core.Form(o.form), core.Delivery(o.delivery)
	for _, form := range o.nodes {
		if !slices.Contains(nodeForms, form) {
			return output.Usage(next, "--nodes has %q; want some of %v", form, nodeForms)
		}
		o.Nodes = append(o.Nodes, core.NodesForm(form))
	}
	if slices.Contains(o.nodes, string(core.NodesKarpenter)) && o.ClusterName == "" {
		return output.Usage(next, "--nodes karpenter needs --cluster-name")
	}
	return nil
}

// tell says what was written, and what could not be.
func (o *options) tell(planPath string, r written, in core.Input) {
	o.session.Notef("%s in %s: %d new, %d changed, %d removed", output.Plural(r.files, "file"), o.output, r.added, r.changed, len(r.removed))
	for _, name := range r.removed {
		o.session.Notef("  removed %s", name)
	}
	o.warnAll("somebody's changes are kept in %s; --force replaces them:", r.kept)
	o.warnAll("the plan no longer has %s that were rendered before; --prune removes them:", r.stale)
	if o.noInventory != "" && (o.PrometheusOperator || o.ArgoWorkflows) {
		o.session.Warnf("the alarms and pipelines of SageMaker are not in the tree: %s", o.noInventory)
	}
	if missing := core.Missing(in.Plan, in.Bundles); len(missing) > 0 {
		o.session.Warnf("Not in the tree, because no bundle of them was given: %s that the plan moves:", output.Plural(len(missing), "workload"))
		for _, name := range missing {
			o.session.Notef("  %s", name)
		}
		o.session.SuggestCommand("export one", "export", planName(planPath), "--workload", missing[0], "-o", "bundle")
		return
	}
	o.session.Notef("Next: read %s/README.md, and commit the folder", o.output)
}

// warnAll names files that a person should look at.
func (o *options) warnAll(what string, names []string) {
	if len(names) == 0 {
		return
	}
	o.session.Warnf(what, output.Plural(len(names), "file"))
	for _, name := range names {
		o.session.Notef("  %s", name)
	}
}

// planName is a plan's file in a suggested command, also where it came through a
// pipe.
func planName(path string) string {
	if path == "-" {
		return "plan.yaml"
	}
	return path
}
