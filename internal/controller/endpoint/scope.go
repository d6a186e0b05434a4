package endpoint

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cluster/routers"
	desired "landfall.dev/landfall/internal/desired/endpoint"
	"landfall.dev/landfall/internal/status"
	"landfall.dev/landfall/internal/traffic"
)

// scope is one reconcile: what was read, what the steps found, and the Endpoint
// whose status they fill in.
type scope struct {
	// read is the Endpoint as it was read; endpoint is the copy to change.
	read, endpoint *v1alpha1.Endpoint
	now            time.Time

	// fatal is what keeps the whole Endpoint from being served.
	fatal *status.StallError
	// variants are the spec's variants, in its order.
	variants []*variant
	// failed is why children could not be written; trying again may help.
	failed []error
	// leftover says that children of removed variants wait to be deleted.
	leftover bool
	// routers is what the routers said, if they were asked.
	routers routers.Collection
	asked   bool
	// decision is what package traffic made of it all.
	decision traffic.Output
}

// variant is one of the spec's variants and what is known of it.
type variant struct {
	spec *v1alpha1.Variant
	// problem is why its children cannot be what the spec says.
	problem *status.StallError
	// desired is what its children are made from; nil for SageMaker variants
	// and where something it refers to is missing.
	desired *desired.Variant
	// hash identifies its content; empty when that is not known.
	hash string
	// deployment and pods are what runs, as far as it is the Endpoint's own.
	deployment *appsv1.Deployment
	pods       []corev1.Pod
	// updating says that this reconcile wrote the Deployment, or could not, so
	// that what is observed is not what the spec says.
	updating bool
	// failed is why its children could not be written.
	failed   error
	observed observation
}

func newScope(read *v1alpha1.Endpoint, now time.Time) *scope {
	s := &scope{read: read, endpoint: read.DeepCopy(), now: now}
	for i := range s.endpoint.Spec.Variants {
		s.variants = append(s.variants, &variant{spec: &s.endpoint.Spec.Variants[i]})
	}
	return s
}

func (s *scope) find(name string) *variant {
	for _, v := range s.variants {
		if v.spec.Name == name {
			return v
		}
	}
	return nil
}

// carries says whether routers may send requests to the variant: its own share
// or copies of others'.
func (s *scope) carries(name string) bool {
	return carries(s.endpoint.Status.Traffic, name)
}

func carries(shares []v1alpha1.VariantTraffic, name string) bool {
	for _, share := range shares {
		if share.Name == name && (share.WeightBasisPoints > 0 || share.MirrorBasisPoints > 0) {
			return true
		}
	}
	return false
}

// fixedReplicas returns spec.replicas where it governs the variant: it is live,
// becoming so, or was and is still the way back. A variant that carries
// requests never loses pods because live moved on.
func (s *scope) fixedReplicas(name string) int32 {
	e := s.endpoint
	governed := name == e.Spec.Live || name == e.Status.Live || s.carries(name) ||
		e.Status.Previous != nil && name == e.Status.Previous.Name
	if !governed {
		return 0
	}
	return e.Spec.FixedReplicas()
}

// governsPods says that spec.replicas fixes the number of pods of some variant.
func (s *scope) governsPods() bool {
	return slices.ContainsFunc(s.variants, func(v *variant) bool {
		return v.spec.Pods != nil && s.fixedReplicas(v.spec.Name) > 0
	})
}

// holdsScaleIn says that a rollback would give all the traffic back to the
// variant while a rollout has taken some of it: its autoscaler must not take
// away the pods that this needs.
func (s *scope) holdsScaleIn(name string) bool {
	rollout := s.endpoint.Status.Rollout
	return rollout != nil && rollout.Stage == v1alpha1.StageShifting && rollout.From == name
}

// rolling says that the traffic is not where it should end.
func (s *scope) rolling() bool {
	rollout := s.endpoint.Status.Rollout
	return s.endpoint.Status.Live != s.endpoint.Spec.Live || rollout != nil && !rollout.Stage.Ended()
}
