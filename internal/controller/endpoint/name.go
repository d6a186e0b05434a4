package endpoint

import (
	"cmp"
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/status"
)

// checkName sees to it that a name that callers use means one Endpoint: of two
// in a namespace the older one has it, and the other serves nobody.
func (r *Reconciler) checkName(ctx context.Context, s *scope) error {
	e := s.endpoint
	e.Status.ObservedGeneration = e.Generation
	e.Status.Path = naming.EndpointPath(e.Namespace, e.GetEndpointName())
	rivals := v1alpha1.EndpointList{}
	err := r.Client.List(ctx, &rivals, client.InNamespace(e.Namespace), client.MatchingFields{indexEndpointName: e.GetEndpointName()})
	if err != nil {
		return fmt.Errorf("cannot list the Endpoints called %s: %w", e.GetEndpointName(), err)
	}
	for i := range rivals.Items {
		rival := &rivals.Items[i]
		if rival.UID != e.UID && rival.DeletionTimestamp == nil && older(rival, e) {
			if len(e.Status.Traffic) > 0 {
				e.Status.TrafficRevision++
			}
			e.Status.Path, e.Status.Traffic, e.Status.Split = "", nil, ""
			return status.Stall(v1alpha1.ReasonNameConflict,
				"Endpoint %s is older and answers to %q already: give one of them another spec.endpointName (a new Endpoint), or delete one",
				rival.Name, e.GetEndpointName())
		}
	}
	return nil
}

// older orders Endpoints by age, and those of the same second by name.
func older(a, b *v1alpha1.Endpoint) bool {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name)) < 0
}
