package endpoint

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cluster/routers"
	"landfall.dev/landfall/internal/status"
)

// Evidence is where the routers' reports come from.
type Evidence interface {
	Collect(ctx context.Context) (routers.Collection, error)
}

// Reconciler reconciles Endpoints.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Reader asks the API server itself.
	Reader client.Reader
	// Evidence asks the routers.
	Evidence Evidence
	// Events records what happened.
	Events status.Recorder
	// Metrics counts rollouts.
	Metrics *Metrics
	// AgentImage is the image of the init container that fetches models.
	AgentImage string
	// RouterNamespace is where the routers run.
	RouterNamespace string
	// Now is the clock.
	Now func() time.Time
}

// step is one part of a reconcile. It fills in the scope and never writes the
// status. What concerns one variant goes into that variant's problem.
type step func(context.Context, *scope) error

// Reconcile brings one Endpoint closer to its spec: load, steps, summary, and a
// single write of the status.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	read := &v1alpha1.Endpoint{}
	err := r.Client.Get(ctx, request.NamespacedName, read)
	if apierrors.IsNotFound(err) {
		r.Metrics.forget(request.Namespace, request.Name)
		return ctrl.Result{}, nil
	}
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("cannot read the Endpoint: %w", err)
	}
	if read.DeletionTimestamp != nil {
		return ctrl.Result{}, nil // its children go with it
	}
	s := newScope(read, r.Now())
	err = r.run(ctx, s)
	if err == nil {
		s.summarise()
		err = status.Write(ctx, r.Client, s.read, s.endpoint)
	}
	if err == nil {
		r.announce(s)
	}
	return status.Result(err, s.nextLook())
}

func (r *Reconciler) run(ctx context.Context, s *scope) error {
	for _, step := range []step{r.checkName, r.resolve, r.applyChildren, r.collectGarbage, r.observe, r.decide} {
		err := step(ctx, s)
		var stalled *status.StallError
		if errors.As(err, &stalled) {
			s.fatal = stalled
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// garbageLook is how soon routers are asked again whether they have let go of a
// removed variant.
const garbageLook = time.Second

// stalledLook is when an Endpoint with a problem is looked at again although
// nothing that is watched has changed.
const stalledLook = time.Minute

// nextLook is the soonest of what the parts want.
func (s *scope) nextLook() time.Duration {
	soonest := s.decision.NextLook
	want := func(look time.Duration) {
		if soonest == 0 || look < soonest {
			soonest = look
		}
	}
	if s.leftover {
		want(garbageLook)
	}
	if s.fatal != nil {
		want(stalledLook)
	}
	for _, v := range s.variants {
		if v.problem != nil {
			want(stalledLook)
		}
	}
	return soonest
}
