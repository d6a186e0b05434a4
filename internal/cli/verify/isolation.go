package verify

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

// isolationSeconds is how long a network gets to heed a policy.
const isolationSeconds = 12

// isolationPatience is how long its pod may take to start: the rest of the run
// can do without it.
const isolationPatience = 2 * time.Minute

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
	starting, cancel := context.WithTimeout(ctx, isolationPatience)
	defer cancel()
	if err := r.startProbe(starting, pod); err != nil {
		return r.notIsolated(ctx, err)
	}
	var seen []core.Reach
	var denied, last time.Time
	err = r.listen(ctx, pod.Name, core.PhaseIsolation, func(o core.Observation) error {
		if o.Reach == nil {
			return nil
		}
		if seen = append(seen, *o.Reach); len(seen) == 1 {
			err := r.denyEgress(ctx, pod.Name)
			denied = r.session.Now()
			return err
		}
		last = r.session.Now()
		return nil
	})
	const wanted = 2 // before the policy, and after
	if err != nil || len(seen) < wanted {
		if err == nil {
			err = errEnded
		}
		return r.notIsolated(ctx, err)
	}
	if tooSoon(seen[len(seen)-1], last.Sub(denied)) {
		return r.notIsolated(ctx, errLate)
	}
	a := r.found.Figures.Answers
	r.found.Figures.Isolation = core.Isolate(seen[0], seen[len(seen)-1], a != nil && a.Sent > a.Failed)
	return nil
}

// errLate is that the policy came to hold when the pod was done trying.
var errLate = errors.New("the API server was away or slow while it was tried; repeat it")

// tooSoon says that what was still reached proves nothing, as the policy had held
// for so short a time: the API server may be away between the two looks.
func tooSoon(after core.Reach, held time.Duration) bool {
	return len(after.Reached) > 0 && held < isolationSeconds*time.Second/2
}

// notIsolated skips the step: nothing else rests on it.
func (r *run) notIsolated(ctx context.Context, err error) error {
	r.skip(core.StepIsolation, "it could not be told whether the network enforces policies: "+short(r.session.Why(err)), "")
	return ctx.Err()
}

// modelAddress is host:port of a model's pod.
func (r *run) modelAddress(ctx context.Context, name string) (string, error) {
	model, err := r.pod(ctx, name)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(model.Status.PodIP, strconv.Itoa(naming.ModelPort)), nil
}
