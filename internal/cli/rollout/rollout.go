// Package rollout is the command that moves an Endpoint's traffic: start,
// status, pause, resume, abort, retry and undo.
//
// It owns which fields of an Endpoint each verb writes and what it tells the
// user before and after. It refuses to decide: the operator does, and the verbs
// only change what it is asked for.
package rollout

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
)

const long = `Move the traffic of an endpoint from one variant to another, and back.

A rollout begins when spec.live of an Endpoint changes, whoever changes it: these
commands, kubectl, or a commit that a GitOps tool applies. It mirrors requests to
the target and compares the answers, then gives it a growing share of the
traffic, and returns the traffic when a gate fails.`

const example = `  # Move the traffic of churn to its variant cluster, then follow it
  %[1]s rollout start churn --to cluster
  %[1]s get endpoint churn -w

  # In a script: wait for the outcome (exit code 0 promoted, 3 rolled back)
  %[1]s rollout status churn --wait --timeout 1h

  # Take it back
  %[1]s rollout undo churn`

// New returns the command.
func New(s *session.Session) *cobra.Command {
	command := &cobra.Command{
		Use:     "rollout",
		Short:   "Move the traffic of an endpoint, and take it back",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args:    s.NoSuchCommand,
		RunE:    func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	s.AddKubeFlags(command)
	command.AddCommand(newStatus(s))
	for _, verb := range verbs {
		command.AddCommand(newVerb(s, verb))
	}
	return command
}

// oneEndpoint checks that there is one argument, the name of an Endpoint.
func oneEndpoint(s *session.Session) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if len(args) == 1 && args[0] != "" {
			return nil
		}
		return output.Usage(s.Program+" get endpoints", "%s takes the name of one endpoint, not %d", command.Name(), len(args))
	}
}

func read(ctx context.Context, s *session.Session, cluster client.Client, name string) (*v1alpha1.Endpoint, error) {
	namespace, err := s.Namespace()
	if err != nil {
		return nil, err
	}
	endpoint := &v1alpha1.Endpoint{}
	if err := cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, endpoint); err != nil {
		return nil, s.Explain(fmt.Sprintf("cannot read the endpoint %s/%s", namespace, name), err)
	}
	return endpoint, nil
}
