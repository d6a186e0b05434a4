package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/follow"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/view"
)

const statusLong = `Show how the rollout of an endpoint goes.

With --wait it reports each change on stderr until the rollout has ended. Exit
codes: 0 promoted, still going on, or nothing to roll out; 3 rolled back or
aborted; 4 not ended within --timeout. (1 and 2 mean that the question could not
be answered, unlike kubectl diff, which uses 1 for a difference.)`

const statusExample = `  %[1]s rollout status churn
  %[1]s rollout status churn --wait --timeout 30m`

type statusOptions struct {
	session *session.Session
	output  string
	wait    bool
	timeout time.Duration
}

func newStatus(s *session.Session) *cobra.Command {
	o := &statusOptions{session: s}
	command := &cobra.Command{
		Use:     "status NAME",
		Short:   "Show how a rollout goes, or wait for its end",
		Long:    statusLong,
		Example: fmt.Sprintf(statusExample, s.Program),
		Args:    oneEndpoint(s),
		RunE:    func(command *cobra.Command, args []string) error { return o.run(command.Context(), args[0]) },

		ValidArgsFunction: complete.Endpoints(s),
	}
	flags := command.Flags()
	session.AddOutputFlag(command, &o.output, session.ReportFormats...)
	flags.BoolVar(&o.wait, "wait", false, "wait until the rollout has ended")
	flags.DurationVar(&o.timeout, "timeout", time.Hour, "how long to wait, as in 30m; 0 waits for ever")
	return command
}

func (o *statusOptions) run(ctx context.Context, name string) error {
	format, err := output.ParseFormat(o.output, session.ReportFormats...)
	if err != nil {
		return err
	}
	if o.timeout < 0 {
		return output.Usage("give a time such as 30m", "--timeout %s is negative", o.timeout)
	}
	cluster, err := o.session.Client()
	if err != nil {
		return err
	}
	endpoint, err := read(ctx, o.session, cluster, name)
	if err != nil {
		return err
	}
	if o.wait {
		if endpoint, err = o.await(ctx, cluster, endpoint); err != nil {
			return err
		}
	}
	if err := o.print(format, endpoint); err != nil {
		return err
	}
	stage, settled := view.Settled(endpoint)
	switch {
	case settled && (stage == v1alpha1.StageRolledBack || stage == v1alpha1.StageAborted):
		return output.ExitError{Code: output.ExitNo}
	case o.wait && !settled:
		return &output.Failure{
			What: "the rollout of " + name + " has not ended", Why: fmt.Sprintf("it did not within %s", o.timeout),
			Next: "raise --timeout, or see above what it waits for", Code: output.ExitTimeout,
		}
	}
	return nil
}

func (o *statusOptions) print(format output.Format, endpoint *v1alpha1.Endpoint) error {
	if format != output.FormatTable {
		endpoint.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Endpoint"))
		endpoint.SetManagedFields(nil)
		return o.session.PrintObject(format, endpoint)
	}
	detail := view.EndpointOf(endpoint, o.session.Now())
	return output.Endpoint(o.session.Out, o.session.Palette(o.session.Out), detail, o.session.Program, o.session.Scope())
}

// await follows an Endpoint until its rollout has ended or the time is up, and
// returns its last state.
func (o *statusOptions) await(ctx context.Context, cluster client.WithWatch, last *v1alpha1.Endpoint) (*v1alpha1.Endpoint, error) {
	name := last.Name
	waiting := ctx
	if o.timeout > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	log := output.NewLog(o.session.ErrOut, o.session.Palette(o.session.ErrOut), o.session.Now)
	follower := &follow.Follower{
		Client:  cluster,
		Lost:    o.session.WarnLost,
		List:    func() client.ObjectList { return &v1alpha1.EndpointList{} },
		Options: []client.ListOption{client.InNamespace(last.Namespace), client.MatchingFields{metav1.ObjectNameField: name}},
	}
	previous := ""
	err := follower.Run(waiting, func(event follow.Event) error {
		endpoint, ok := event.Object.(*v1alpha1.Endpoint)
		if !ok {
			return nil
		}
		if event.Deleted {
			return &output.Failure{What: "the rollout of " + name + " cannot end", Why: "the endpoint was deleted", Code: output.ExitNo}
		}
		last = endpoint
		if _, settled := view.Settled(endpoint); settled {
			return follow.ErrStop
		}
		change := view.ChangeOf(endpoint)
		if change.Key == previous {
			return nil
		}
		previous = change.Key
		log.Head(view.ChangeColumns())
		return log.Line(change.Cells)
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return last, nil
	}
	return last, o.session.Explain("cannot follow the endpoint "+name, err)
}
