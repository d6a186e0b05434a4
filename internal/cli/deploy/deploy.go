// Package deploy is the command that brings an exported bundle to the cluster.
//
// It owns reading the bundle, showing the difference, applying it and waiting
// until its pods are ready. It refuses to move traffic: rollout does.
package deploy

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/internal/cli/change"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/view"
)

const long = `Apply the manifests of a bundle that export wrote, or of any folder or file.

The pods of the new variant start beside the endpoint on SageMaker. The traffic
stays where it is, also when the bundle is deployed again after it moved: only
rollout start moves it. Objects are applied server-side under the field owner
` + session.FieldOwner + `, so that fields of other owners are left alone.

` + change.Help + `

Exit codes: 0 deployed (with --wait: and ready), 3 refused, or waits for a person,
4 not ready within --timeout.`

const example = `  # Look at what would change
  %[1]s deploy bundle -n team-a --dry-run=server

  # Deploy, and wait until the model has loaded
  %[1]s deploy bundle -n team-a --wait --timeout 15m

  # In a script
  %[1]s deploy bundle -n team-a --wait --yes`

type options struct {
	session        *session.Session
	consent        change.Consent
	wait           bool
	timeout        time.Duration
	forceConflicts bool
}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	command := &cobra.Command{
		Use:     "deploy BUNDLE",
		Short:   "Run an exported endpoint in the cluster, beside SageMaker",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args:    session.OneArgument("folder or file", s.Program+" deploy --help"),
		RunE:    func(command *cobra.Command, args []string) error { return o.run(command.Context(), args[0]) },
	}
	s.AddKubeFlags(command)
	o.consent.AddFlags(command)
	flags := command.Flags()
	flags.BoolVar(&o.wait, "wait", false, "wait until the endpoints' pods are ready")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Minute, "how long to wait, as in 15m; 0 waits for ever")
	flags.BoolVar(&o.forceConflicts, "force-conflicts", false, "take over fields that other owners set")
	return command
}

func (o *options) run(ctx context.Context, path string) error {
	if err := o.consent.Check(); err != nil {
		return err
	}
	if o.timeout < 0 {
		return output.Usage("give a time such as 15m", "--timeout %s is negative", o.timeout)
	}
	manifests, err := load(path)
	if err != nil {
		return err
	}
	if o.consent.ClientOnly() {
		return o.list(manifests)
	}
	namespace, err := o.session.Namespace()
	if err != nil {
		return err
	}
	cluster, err := o.session.DiscoveringClient()
	if err != nil {
		return err
	}
	plans, err := o.planAll(ctx, cluster, manifests, namespace)
	if err != nil {
		return err
	}
	if err := o.show(plans); err != nil || o.consent.DryRun() {
		return err
	}
	if err := o.applyAll(ctx, cluster, plans, namespace); err != nil {
		return err
	}
	return o.finish(ctx, cluster, plans, namespace)
}

// list is the dry run without a cluster: the files were read and checked.
func (o *options) list(manifests []manifest) error {
	t := view.Table{Columns: []view.Column{{Name: "OBJECT"}, {Name: "FILE"}}}
	for _, m := range manifests {
		t.Rows = append(t.Rows, []view.Cell{view.Text(m.name()), view.Text(m.file)})
	}
	o.session.Notef("%s would be applied; nothing was sent (dry run)", output.Plural(len(manifests), "object"))
	return o.session.PrintTable(t, true)
}

func (o *options) planAll(ctx context.Context, cluster client.Client, manifests []manifest, namespace string) ([]*planned, error) {
	var plans []*planned
	for _, m := range manifests {
		if err := o.place(cluster, m, namespace); err != nil {
			return nil, err
		}
		p, err := o.plan(ctx, cluster, m)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	return plans, nil
}

func (o *options) show(plans []*planned) error {
	palette := o.session.Palette(o.session.Out)
	for _, p := range plans {
		if err := output.PrintDiff(o.session.Out, palette, p.diff); err != nil {
			return err
		}
		if p.live != nil && p.action == configured {
			o.session.WarnOfManager(p.name(), p.live)
		}
	}
	if o.consent.DryRun() {
		o.session.Notef("The API server would accept this (dry run):")
		return o.session.PrintTable(summary(plans), true)
	}
	return nil
}

func (o *options) applyAll(ctx context.Context, cluster client.Client, plans []*planned, namespace string) error {
	changes := 0
	for _, p := range plans {
		if p.action != unchanged {
			changes++
		}
	}
	if changes > 0 {
		if err := o.session.Confirm(ctx, o.consent.Yes, fmt.Sprintf("apply %s to namespace %s", output.Plural(changes, "object"), namespace)); err != nil {
			return err
		}
	}
	for _, p := range plans {
		// Traffic may have moved while somebody looked at the difference.
		if err := o.readLive(ctx, cluster, p); err != nil {
			return err
		}
		// Unchanged objects are applied too: that records this owner's fields.
		if err := o.apply(ctx, cluster, p.object); err != nil {
			return o.explainApply(p.manifest, err)
		}
	}
	return o.session.PrintTable(summary(plans), true)
}
