package rollout

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/change"
	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/view"
)

type verbOptions struct {
	session *session.Session
	verb    verb

	target  string
	consent change.Consent
}

func newVerb(s *session.Session, v verb) *cobra.Command {
	o := &verbOptions{session: s, verb: v}
	command := &cobra.Command{
		Use:     v.name + " NAME",
		Short:   v.short,
		Long:    v.long + "\n\n" + change.Help,
		Example: fmt.Sprintf(v.example, s.Program),
		Args:    oneEndpoint(s),
		RunE:    func(command *cobra.Command, args []string) error { return o.run(command.Context(), args[0]) },

		ValidArgsFunction: complete.Endpoints(s),
	}
	o.consent.AddFlags(command)
	if v.takesTarget {
		command.Use += " --to VARIANT"
		command.Flags().StringVar(&o.target, "to", "", "the variant that should end up with the traffic")
		complete.Flag(command, "to", complete.Variants(s))
	}
	return command
}

func (o *verbOptions) run(ctx context.Context, name string) error {
	if err := o.consent.Check(); err != nil {
		return err
	}
	if o.verb.takesTarget && o.target == "" {
		return output.Usage(o.session.Program+" get endpoint "+name+o.session.Scope(), "say which variant should get the traffic: --to VARIANT")
	}
	cluster, err := o.session.Client()
	if err != nil {
		return err
	}
	before, err := read(ctx, o.session, cluster, name)
	if err != nil {
		return err
	}
	after := before.DeepCopy()
	effect, err := o.verb.change(after, request{target: o.target, command: o.command})
	if err != nil {
		return err
	}
	diff, err := difference(before, after)
	if err != nil {
		return err
	}
	if diff == "" {
		o.session.Notef("%s Nothing to change.", effect)
		return nil
	}
	return o.apply(ctx, cluster, before, after, diff, effect)
}

func (o *verbOptions) apply(ctx context.Context, cluster client.Client, before, after *v1alpha1.Endpoint, diff, effect string) error {
	if err := output.PrintDiff(o.session.Out, o.session.Palette(o.session.Out), diff); err != nil {
		return err
	}
	o.session.Notef("%s", effect)
	o.session.WarnOfManager(before.Name, before)
	if o.consent.ClientOnly() {
		o.session.Notef("endpoint %s: nothing was sent (dry run)", before.Name)
		return nil
	}
	if !o.consent.DryRun() {
		if err := o.session.Confirm(ctx, o.consent.Yes, o.verb.name+" the rollout of "+before.Name); err != nil {
			return err
		}
	}
	options := []client.PatchOption{client.FieldOwner(session.FieldOwner)}
	if o.consent.DryRun() {
		options = append(options, client.DryRunAll)
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := cluster.Patch(ctx, after, patch, options...); err != nil {
		return o.session.Explain(fmt.Sprintf("cannot change the endpoint %s/%s", before.Namespace, before.Name), err)
	}
	if o.consent.DryRun() {
		o.session.Notef("endpoint %s: the server would accept it (dry run)", before.Name)
		return nil
	}
	fmt.Fprintf(o.session.Out, "endpoint %s changed\n", before.Name)
	o.session.Suggest(view.Next{Message: "follow it", Command: []string{"get", "endpoint", before.Name, "-w"}})
	return nil
}

// command writes a command line of this program for the same cluster.
func (o *verbOptions) command(words ...string) string {
	return o.session.Program + " " + strings.Join(words, " ") + o.session.Scope()
}

// difference returns how two specs differ, as YAML a person may put into the
// object's source.
func difference(before, after *v1alpha1.Endpoint) (string, error) {
	texts := [2]string{}
	for i, endpoint := range []*v1alpha1.Endpoint{before, after} {
		data, err := yaml.Marshal(map[string]any{"spec": endpoint.Spec})
		if err != nil {
			return "", fmt.Errorf("cannot write the spec of %s as YAML: %w", endpoint.Name, err)
		}
		texts[i] = string(data)
	}
	return output.Diff("endpoint/"+before.Name, texts[0], texts[1])
}

func variantNames(endpoint *v1alpha1.Endpoint) string {
	var names []string
	for _, variant := range endpoint.Spec.Variants {
		names = append(names, variant.Name)
	}
	return strings.Join(names, ", ")
}
