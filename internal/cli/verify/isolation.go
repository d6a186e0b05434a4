package verify

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

// isolationSeconds is how long a network gets to heed a policy.
const isolationSeconds = 12

// isolation finds out whether the network enforces the policy that holds for
// the model: another pod tries what it closes before it is put under it, and
// after.
func (r *run) isolation(ctx context.Context) error {
	address, err := r.modelAddress(ctx, r.modelName())
	if err != nil {
		return err
	}
	pod := r.trial.IsolationPod("http://"+address, isolationSeconds)
	r.session.Notef("Finding out whether the network keeps the model apart")
	if err := r.startProbe(ctx, pod); err != nil {
		r.skip(core.StepIsolation, err.Error(), "")
		return ctx.Err()
	}
	var seen []core.Reach
	err = r.listen(ctx, pod.Name, core.PhaseIsolation, func(o core.Observation) error {
		if o.Reach == nil {
			return nil
		}
		if seen = append(seen, *o.Reach); len(seen) == 1 {
			return r.denyEgress(ctx, pod.Name)
		}
		return nil
	})
	const wanted = 2 // before the policy, and after
	if err != nil || len(seen) < wanted {
		if err == nil {
			err = errEnded
		}
		return fmt.Errorf("cannot tell whether the network enforces policies: %w", err)
	}
	a := r.found.Figures.Answers
	r.found.Figures.Isolation = core.Isolate(seen[0], seen[len(seen)-1], a != nil && a.Sent > a.Failed)
	return nil
}

// modelAddress is host:port of a model's pod.
func (r *run) modelAddress(ctx context.Context, name string) (string, error) {
	model, err := r.pod(ctx, name)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(model.Status.PodIP, strconv.Itoa(naming.ModelPort)), nil
}
