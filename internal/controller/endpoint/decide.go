package endpoint

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/traffic"
)

// decide has package traffic say where the traffic should be, and writes it
// into the status. The revision only ever rises by one from the status that was
// read, and the write fails if anyone wrote since.
func (r *Reconciler) decide(ctx context.Context, s *scope) error {
	e := s.endpoint
	if s.rolling() {
		if err := r.ask(ctx, s); err != nil {
			return err
		}
	}
	input := traffic.Input{
		Spec: &e.Spec, Status: *s.read.Status.DeepCopy(),
		Ready: map[string]traffic.Readiness{}, TargetHash: map[string]string{},
		Evidence: s.merged(), RoutersExpected: s.routers.Expected, Now: s.now,
	}
	for _, v := range s.variants {
		input.Ready[v.spec.Name] = traffic.Readiness{Ready: v.observed.ready, Message: v.observed.message}
		input.TargetHash[v.spec.Name] = v.hash
	}
	s.decision = traffic.Step(input)
	e.Status.Live, e.Status.Previous = s.decision.Live, s.decision.Previous
	e.Status.Traffic, e.Status.Rollout = s.decision.Traffic, s.decision.Rollout
	if s.decision.TrafficChanged {
		e.Status.TrafficRevision++
	}
	e.Status.Split = traffic.Words(e.Status.Traffic)
	s.describeVariants()
	return nil
}

// ask has the routers report, once in a reconcile.
func (r *Reconciler) ask(ctx context.Context, s *scope) error {
	if s.asked {
		return nil
	}
	collection, err := r.Evidence.Collect(ctx)
	if err != nil {
		return fmt.Errorf("cannot collect evidence: %w", err)
	}
	s.routers, s.asked = collection, true
	return nil
}

// merged is what the routers measured under the revision that was read.
func (s *scope) merged() evidence.Merged {
	e := s.read
	return evidence.Merge(s.routers.Reports, e.Namespace, e.Name, string(e.UID), e.Status.TrafficRevision)
}

// describeVariants fills in the parts of the status that tell about variants.
func (s *scope) describeVariants() {
	st := &s.endpoint.Status
	st.Variants, st.Findings, st.Replicas, st.Selector = nil, nil, 0, ""
	for _, v := range s.variants {
		st.Variants = append(st.Variants, v1alpha1.VariantStatus{
			Name: v.spec.Name, Ready: v.observed.ready, Message: v.observed.message,
			Replicas: v.observed.replicas, ReadyReplicas: v.observed.readyReplicas,
		})
		if v.desired != nil {
			st.Findings = append(st.Findings, v.desired.Findings()...)
		}
	}
	if v := s.scaled(); v != nil {
		st.Replicas = v.observed.replicas
		st.Selector = labels.SelectorFromSet(naming.SelectorLabels(s.endpoint.Name, v.spec.Name)).String()
	}
}

// scaled is the variant that the scale subresource speaks of: the one becoming
// live, else the live one, where it is served by pods.
func (s *scope) scaled() *variant {
	for _, name := range []string{s.endpoint.Spec.Live, s.endpoint.Status.Live} {
		if v := s.find(name); v != nil && v.spec.Pods != nil {
			return v
		}
	}
	return nil
}
