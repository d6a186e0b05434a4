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
// status. What concerns one variant goes into that variant's problem, and what
// could not be written into the scope's failures: where the traffic goes is
// decided all the same.
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
		err = s.unwritten(ctx)
	}
	return status.Result(err, s.nextLook())
}

// unwritten is why children could not be written, for the work queue to try
// again ever later. A rollout cannot wait so long between two looks: it tries
// again at each.
func (s *scope) unwritten(ctx context.Context) error {
	err := errors.Join(s.failed...)
	if err != nil && s.nextLook() > 0 {
		ctrl.LoggerFrom(ctx).Error(err, "children could not be written; trying again", "after", s.nextLook())
		return nil
	}
	return err
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

// movedLook is how soon children follow traffic that this reconcile moved: what
// they should be hangs on it, and no watch tells of the operator's own status.
const movedLook = 100 * time.Millisecond

// moved says that the traffic, or the stage of its rollout, is another than it
// was when the children were applied.
func (s *scope) moved() bool {
	before, after := &s.read.Status, &s.endpoint.Status
	return before.TrafficRevision != after.TrafficRevision || before.Live != after.Live || stage(before) != stage(after)
}

func stage(of *v1alpha1.EndpointStatus) v1alpha1.RolloutStage {
	if of.Rollout == nil {
		return ""
	}
	return of.Rollout.Stage
}

// nextLook is the soonest of what the parts want.
func (s *scope) nextLook() time.Duration {
	soonest := s.decision.NextLook
	want := func(look time.Duration) {
		if soonest == 0 || look < soonest {
			soonest = look
		}
	}
	if s.moved() {
		want(movedLook)
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
